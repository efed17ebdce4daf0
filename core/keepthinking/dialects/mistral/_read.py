"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; a chunk of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Json, Slice, Slices, elements, members, string
from keepthinking._messages import (
    ArgumentsKind,
    Block,
    Media,
    Message,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking.dialects._base import role_of, unknown
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    put_back,
    rest,
    take_json,
    take_nullable,
    take_string,
    write_members,
)
from keepthinking.dialects.mistral._names import (
    CALLS,
    CONTENT,
    FOREIGN_ROLES,
    ID,
    MEDIA,
    MEMBERS,
    SIGNATURE,
    THINKING,
    TOOL,
)


def read_message(left: Slices, path: str, culprit: Culprit) -> Message:
    role = role_of(left, path, culprit)
    spelling = Spelling()
    if role in FOREIGN_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    if role == TOOL:
        blocks = _result(left, path, culprit)
        if not blocks:
            spelling.note(CONTENT, "absent")
    else:
        blocks = _content(left, path, spelling, culprit)
        blocks += _calls(left, path, spelling, culprit)
    return Message(role=role, blocks=tuple(blocks), fields=rest(left), spelling=spelling.json())


def _result(left: Slices, path: str, culprit: Culprit) -> list[Block]:
    call_id = take_nullable(left, "tool_call_id", path)
    name = take_nullable(left, "name", path)
    raw = left.pop(CONTENT, None)
    content: str | tuple[Block, ...] | None | UnsetType = UNSET
    if raw is not None and is_null(raw):
        content = None
    elif raw is not None and is_string(raw):
        content = string(raw, f"{path}.{CONTENT}", culprit)
    elif raw is not None:
        content = tuple(_parts(raw, f"{path}.{CONTENT}", culprit))
    if call_id is UNSET and name is UNSET and content is UNSET:
        return []
    return [ToolResult(call_id=call_id, name=name, content=content)]


def _content(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(CONTENT, None)
    if raw is None:
        spelling.note(CONTENT, "absent")
        return []
    if is_null(raw):
        return []
    if is_string(raw):
        return [Text(text=string(raw, f"{path}.{CONTENT}", culprit))]
    spelling.note(CONTENT, "list")  # still a list when all but one of its chunks are taken out
    return list(_parts(raw, f"{path}.{CONTENT}", culprit))


def _parts(raw: Slice, path: str, culprit: Culprit) -> Iterator[Block]:
    if not is_array(raw):
        raise DecodeError("`content` is neither a string, an array nor null", where=path, culprit=culprit)
    for i, slice_ in enumerate(elements(raw, path, culprit)):
        yield _part(slice_, f"{path}[{i}]", culprit)


def _part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one chunk; a chunk of unknown shape is kept whole, in place."""
    if not is_object(raw):
        return unknown(ID, raw, path)
    left = members(raw, path, culprit)
    bare = _untyped(left)
    type_ = take_string(left, "type", path)
    block: Block | None = None
    if type_ == "text" or bare:
        text = take_string(left, "text", path)
        spelling = Spelling()
        if bare:
            spelling.note("type", "absent")
        block = None if isinstance(text, UnsetType) else Text(text=text, fields=rest(left), spelling=spelling.json())
    elif type_ == THINKING:
        block = _thinking_part(left, path, culprit)
    elif isinstance(type_, str) and type_ in MEDIA:
        block = _media_part(type_, left, path, culprit)
    return unknown(ID, raw, path, seals=(SIGNATURE,) if type_ == THINKING else ()) if block is None else block


def _thinking_part(left: Slices, path: str, culprit: Culprit) -> Thinking | None:
    raw = left.pop(THINKING, None)
    spelling = Spelling()
    if raw is not None and is_string(raw):
        spelling.note(THINKING, "string")
        segments: tuple[Segment, ...] = (Segment(text=string(raw, f"{path}.{THINKING}", culprit)),)
    elif raw is not None and is_array(raw):
        pieces = elements(raw, f"{path}.{THINKING}", culprit)
        if not all(map(is_object, pieces)):
            return None
        inner = [members(piece, f"{path}.{THINKING}[{i}]", culprit) for i, piece in enumerate(pieces)]
        for i in (i for i, piece in enumerate(inner) if "type" not in piece):
            spelling.note(f"{i}.type", "absent")
        segments = tuple(_segment(piece, f"{path}.{THINKING}[{i}]") for i, piece in enumerate(inner))
    else:
        return None
    # Text, not base64: the vendor documents no bytes.
    signature = take_string(left, SIGNATURE, path)
    seals = () if isinstance(signature, UnsetType) else (Seal(slot=SIGNATURE, wire=signature),)
    return Thinking(segments=segments, seals=seals, fields=rest(left), spelling=spelling.json())


def _segment(left: Slices, path: str) -> Segment:
    """Read a piece of a thought: words of the model, or a reference to what it read, whose type stays in `fields`."""
    bare = _untyped(left)
    text = take_nullable(left, "text", path)
    words = bytes(left.get("type", b"")) == b'"text"'
    if words:
        del left["type"]
        return Segment(channel="raw", text=text, fields=rest(left))
    return Segment(channel="raw" if bare else "reference", text=text, fields=rest(left))


def _untyped(left: Slices) -> bool:
    """Tell whether a chunk that names no type is a text, as the vendor's own client takes it.

    Source: mistralai 3.7.0, `client/models/textchunk.py`: `text` is the default of `type` (read 2026-11-24).
    """
    return "type" not in left and "text" in left and is_string(left["text"])


def _media_part(type_: str, left: Slices, path: str, culprit: Culprit) -> Media | None:
    kind, attribute = MEDIA[type_]
    member = MEMBERS.get(type_, type_)
    spelling = Spelling()
    raw = left.get(member)
    if type_ == "image_url" and raw is not None and is_object(raw):
        spelling.note(type_, "object")
        inner = members(raw, f"{path}.{type_}", culprit)
        value = take_string(inner, "url", f"{path}.{type_}")
        if isinstance(value, str):
            del left[type_]
            put_back(left, type_, inner)
    else:
        value = take_string(left, member, path)
    if isinstance(value, UnsetType):
        return None
    if attribute == "data" and is_address(value):
        attribute = "url"
    return replace(Media(kind=kind, fields=rest(left), spelling=spelling.json()), **{attribute: value})


def is_address(value: str) -> bool:
    """Tell whether a sound is named by its address, which stands where its bytes may stand."""
    return value.startswith(("https://", "http://", "data:"))


def _calls(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(CALLS, None)
    if raw is None:
        return []
    if is_null(raw):
        spelling.note(CALLS, "null")
        return []
    if not is_array(raw):
        raise DecodeError("`tool_calls` is neither an array nor null", where=f"{path}.{CALLS}", culprit=culprit)
    entries = elements(raw, f"{path}.{CALLS}", culprit)
    if not entries:
        spelling.note(CALLS, "empty")
    return [_call(entry, f"{path}.{CALLS}[{i}]", culprit) for i, entry in enumerate(entries)]


def _call(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one tool call; an entry that names no tool is kept whole, in place."""
    if not is_object(raw):
        return unknown(ID, raw, path, slot=CALLS)
    left = members(raw, path, culprit)
    spelling = Spelling()
    type_ = left.pop("type", None)
    body = left.get("function")
    if body is None or not is_object(body) or (type_ is not None and bytes(type_) != b'"function"'):
        return unknown(ID, raw, path, slot=CALLS)
    inner = members(body, f"{path}.function", culprit)
    name = take_string(inner, "name", f"{path}.function")
    if isinstance(name, UnsetType):
        return unknown(ID, raw, path, slot=CALLS)
    if type_ is None:
        spelling.note("type", "absent")
    arguments, kind = _take_arguments(inner, f"{path}.function", spelling)
    del left["function"]
    put_back(left, "function", inner)
    return ToolCall(
        id=take_nullable(left, "id", path),
        name=name,
        arguments=arguments,
        kind=kind,
        fields=rest(left),
        spelling=spelling.json(),
    )


def _take_arguments(inner: Slices, path: str, spelling: Spelling) -> tuple[str, ArgumentsKind]:
    raw = inner.get("arguments")
    if raw is not None and is_object(raw):
        del inner["arguments"]
        return bytes(raw).decode(), "object"
    text = take_string(inner, "arguments", path)
    if isinstance(text, str):
        return text, "json"
    spelling.note("arguments", "absent")  # also where something stays in `fields` that is neither
    return "", "json"


def read_tool(left: Slices, path: str, culprit: Culprit) -> Tool:
    raw = left.get("function")
    word = bytes(left.get("type", b'"function"'))
    if raw is None or not is_object(raw) or word != b'"function"':
        return Tool(kind="server", fields=Json(write_members(left)))
    spelling = Spelling()
    if left.pop("type", None) is None:
        spelling.note("type", "absent")
    inner = members(raw, f"{path}.function", culprit)
    name = take_nullable(inner, "name", f"{path}.function")
    description = take_nullable(inner, "description", f"{path}.function")
    parameters = take_json(inner, "parameters")
    del left["function"]
    put_back(left, "function", inner)
    return Tool(name=name, description=description, parameters=parameters, fields=rest(left), spelling=spelling.json())
