"""Tools: a wire tool holds several declarations of functions, or tools that the provider runs.

Rule 1: each declaration is a `Tool`; what else a wire tool holds is one server `Tool`, whose members are its `fields`.
Rule 2: declarations that follow each other stand in one wire tool, a server tool in one of its own; where it was
otherwise, `spelling` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, elements, members, string
from keepthinking._messages import Tool
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._cache import Written
from keepthinking.dialects._wire import Spelling, Tree, array, is_array, is_string, put, rest, take_nullable, write
from keepthinking.dialects.gemini._names import DECLARATIONS, ID, PARAMETERS, SCHEMA, TOOLS
from keepthinking.dialects.gemini._spelt import key_for, key_of, note, read_raw, write_spelt

_OBJECT = "object"
"""The word for where a tool stands: a `new` wire tool, or the one of those before it (`joined`)."""
_FROM = "tool"
"""The word for a tool that looks like that of another dialect and is of this one."""


def read_tools(raw: Slice, culprit: Culprit) -> tuple[Tool, ...]:
    """Read the list of wire tools. Raises `DecodeError`."""
    found: list[Tool] = []
    for i, one in enumerate(elements(raw, f"$.{TOOLS}", culprit)):
        found += _read(one, f"$.{TOOLS}[{i}]", culprit, after_function=bool(found) and found[-1].kind == "function")
    return tuple(found)


def _read(raw: Slice, path: str, culprit: Culprit, *, after_function: bool) -> Iterator[Tool]:
    left = members(raw, path, culprit)
    key = key_of(left, DECLARATIONS)
    declared: list[Slice] = []
    if key is not None and is_array(left[key]):
        declared = elements(left[key], f"{path}.{key}", culprit)
    if key is not None and declared:
        del left[key]
    for n, one in enumerate(declared):
        spelling = Spelling()
        note(spelling, DECLARATIONS, key or DECLARATIONS)
        if n == 0 and after_function:
            spelling.note(_OBJECT, "new")
        yield _function(one, f"{path}.{key}[{n}]", spelling, culprit)
    if left or not declared:
        spelling = Spelling()
        if declared:
            spelling.note(_OBJECT, "joined")
        if "type" in left:
            spelling.note(_FROM, ID)  # it came from this wire, so it may go back to it
        yield Tool(kind="server", fields=rest(left), spelling=spelling.json())


def _function(raw: Slice, path: str, spelling: Spelling, culprit: Culprit) -> Tool:
    left = members(raw, path, culprit)
    name = take_nullable(left, "name", path)
    description = take_nullable(left, "description", path)
    parameters: Json | UnsetType = UNSET
    where = next((where for where in (SCHEMA, PARAMETERS) if key_of(left, where) is not None), None)
    if where is not None:
        parameters = read_raw(left, where, spelling)
        if where != _usual(parameters):
            spelling.note(PARAMETERS, where)
    return Tool(name=name, description=description, parameters=parameters, fields=rest(left), spelling=spelling.json())


def _usual(parameters: Json | UnsetType) -> str:
    """Tell which member holds a schema: the vendor's own kind of schema names its types in capitals."""
    if isinstance(parameters, UnsetType) or not parameters.raw.lstrip().startswith(b"{"):
        return SCHEMA
    type_ = members(parameters.raw, SCHEMA, "caller").get("type")
    own = type_ is not None and is_string(type_) and string(type_, SCHEMA, "caller").isupper()
    return PARAMETERS if own else SCHEMA


def write_tools(tools: Sequence[Tool]) -> Written:
    """Write tools as the list of wire tools."""
    losses: list[Loss] = []
    objects: list[_Object] = []
    for i, tool in enumerate(tools):
        path, how = f"{TOOLS}[{i}]", Spelling(tool.spelling)
        before = objects[-1] if objects and objects[-1].open else None
        if tool.kind == "function":
            if before is None or how.of(_OBJECT, "") == "new":
                objects.append(before := _Object(key_for(how, DECLARATIONS)))
            before.declared.append(_write(tool, how))
        elif (why := _not_ours(tool)) is not None:
            kind: LossKind = "content" if tool.kind == "freeform" else "foreign"
            losses.append(Loss(kind=kind, path=path, what=f"the tool `{tool.name or ''}`", why=why))
        else:
            if before is None or how.of(_OBJECT, "") != "joined":
                objects.append(before := _Object(DECLARATIONS))
            before.open = False
            before.fields = tool.fields
            if tool.description is not UNSET or tool.parameters is not UNSET:
                what = "the description and the parameters of a server's tool"
                losses.append(Loss(kind="content", path=path, what=what, why="it has none here"))
    return Written(array([one.body() for one in objects]), tuple(losses))


class _Object:
    """One wire tool on its way out; while it is open, more functions may be declared in it."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.declared: list[bytes] = []
        self.fields: Json | UnsetType = UNSET
        self.open = True

    def body(self) -> bytes:
        """Write it."""
        return write({self.key: array(self.declared)} if self.declared else {}, self.fields)


def _not_ours(tool: Tool) -> str | None:
    if tool.kind == "freeform":
        return "a tool takes a JSON object here, no free text"
    if tool.name is not UNSET:
        return "a tool that the provider runs has no name here"
    own = Spelling(tool.spelling).of(_FROM, "") == ID
    if not own and tool.fields is not UNSET and "type" in members(tool.fields.raw, "fields", "caller"):
        return "it is of another dialect"
    return None


def _write(tool: Tool, spelling: Spelling) -> bytes:
    typed: dict[str, bytes | Tree] = {}
    put(typed, "name", tool.name)
    put(typed, "description", tool.description)
    where = spelling.of(PARAMETERS, "")
    put(typed, where if where in {PARAMETERS, SCHEMA} else _usual(tool.parameters), tool.parameters)
    return write_spelt(typed, tool.fields, spelling)
