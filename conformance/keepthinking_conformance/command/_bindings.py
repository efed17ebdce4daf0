"""Choosing which of a scaffold's own tools the script may call, and with what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking import Tool
from keepthinking.dialects._text import is_dict
from keepthinking_conformance.command._kinds import (
    KINDS,
    NUMBERS,
    WHY,
    WHY_TEXT,
    Kind,
    plain_name,
    tool_names,
)
from keepthinking_conformance.command._rules import Rules
from keepthinking_conformance.scenarios import Binding


class Choice(NamedTuple):
    """Which tools may be called.

    Attributes:
        bindings: Those, the best first.
        refused: The others by name, each with the reason.
    """

    bindings: tuple[Binding, ...]
    refused: Mapping[str, str]


def choose(tools: Sequence[Tool], rules: Rules) -> Choice:
    """Choose among the tools that a scaffold declares.

    Args:
        tools: The tools.
        rules: What the user says; where that names tools, no others are called.
    """
    names = {name: tool for tool in tools if isinstance(name := tool.name, str)}
    if rules.tools:
        found = [pin.binding for pin in rules.tools if pin.name in names]
        pinned = {pin.name for pin in rules.tools}
        return Choice(tuple(found), {name: "the rule file does not name it" for name in names if name not in pinned})
    ranked: list[tuple[int, Binding]] = []
    refused: dict[str, str] = {}
    for name, tool in names.items():
        kinds = [(n, kind) for n, kind in enumerate(KINDS) if kind.names.intersection(tool_names(name))]
        made = [(n, _bound(name, tool, kind)) for n, kind in kinds]
        good = [(n, one) for n, one in made if isinstance(one, Binding)]
        if good:
            ranked.append(good[0])
        elif made:
            refused[name] = str(made[0][1])
        else:
            refused[name] = "no table knows it as one that only looks"
    return Choice(tuple(binding for _, binding in sorted(ranked, key=lambda one: one[0])), refused)


def _bound(name: str, tool: Tool, kind: Kind) -> Binding | str:
    """Bind a tool of a kind, or tell why it cannot be."""
    if tool.kind != "function":
        return "it takes no arguments by name"
    schema = _schema(tool)
    held = schema.get("properties")
    properties: dict[str, Any] = held if is_dict(held) else {}
    required = [one for one in _listed(schema.get("required")) if isinstance(one, str)]
    ordered = sorted(properties, key=lambda one: one not in required)
    aim = next((one for one in ordered if plain_name(one) in kind.wanted), None)
    if aim is None:
        return f"it has no parameter that says what it {kind.title.partition(' ')[0]}"
    aimed = _aimed(_Schema(properties[aim], schema), kind)
    if isinstance(aimed, UnsetType):
        return f"its parameter `{aim}` takes no text"
    arguments: dict[str, Any] = {aim: aimed}
    for other in ordered:
        wanted = kind.also.get(plain_name(other), UNSET)
        value = _filled(other, _Schema(properties[other], schema), wanted)
        if other == aim or (other not in required and wanted is UNSET):
            continue
        if isinstance(value, UnsetType):
            return f"its parameter `{other}` cannot be filled safely"
        arguments[other] = value
    if missing := [one for one in kind.also if one == "command" and one not in map(plain_name, arguments)]:
        return f"it has no parameter `{missing[0]}` that makes it look and do nothing else"
    return Binding(tool=name, arguments=arguments, finds=kind.finds)


class _Schema:
    """A part of a JSON Schema, as far as it has to be understood.

    Attributes:
        types: The types that a value may have, in small letters; none where nothing is said.
        all: All that may hold: the schema itself, and its alternatives.
    """

    def __init__(self, held: object, root: Mapping[str, Any]) -> None:
        self.root = root
        self.all = list(_alternatives(held, root, _DEEPEST))
        self.types = {
            kind.lower()
            for one in self.all
            for kind in (*_listed(one.get("type")), one.get("type"))
            if isinstance(kind, str)
        }

    def said(self, name: str) -> Iterator[Any]:
        """Give what the alternatives say of something."""
        return (one[name] for one in self.all if name in one)


_DEEPEST: Final = 8
"""So deep alternatives and references are followed: a schema may refer to itself."""


def _alternatives(held: object, root: Mapping[str, Any], left: int) -> Iterator[dict[str, Any]]:
    if not is_dict(held) or not left:
        return
    yield held
    target = held.get("$ref")
    if isinstance(target, str) and target.startswith("#/"):
        found: object = root
        for step in target[2:].split("/"):
            found = found.get(step) if is_dict(found) else None
        yield from _alternatives(found, root, left - 1)
    for name in ("anyOf", "oneOf", "allOf"):
        for one in _listed(held.get(name)):
            yield from _alternatives(one, root, left - 1)


def _aimed(schema: _Schema, kind: Kind) -> Any:
    """Give what the parameter gets that says at what a tool looks; UNSET where it takes nothing of the kind."""
    if "string" in schema.types or not schema.types:
        return kind.text
    if "array" not in schema.types:
        return UNSET
    inner = _Schema(next(schema.said("items"), None), schema.root)
    if "object" not in inner.types:
        return list(kind.parts or (kind.text,)) if "string" in inner.types or not inner.types else UNSET
    properties = [name for one in inner.said("properties") if is_dict(one) for name in one]
    required = [name for one in inner.said("required") for name in _listed(one)]
    aim = next((one for one in properties if plain_name(one) in kind.wanted), None)
    if aim is None or any(one != aim for one in required):
        return UNSET
    return [{aim: kind.text}]


def _filled(name: str, schema: _Schema, wanted: Any) -> Any:
    """Give what another parameter gets; UNSET where nothing is known to be safe."""
    choices = [value for some in schema.said("enum") for value in _listed(some)]
    if wanted is not UNSET:
        return wanted if not choices or wanted in choices else UNSET
    if said := [value for name in ("const", "default") for value in schema.said(name)]:
        return said[0]
    if "null" in schema.types or any(one.get("nullable") is True for one in schema.all):
        return None
    if choices:
        return choices[0] if len(choices) == 1 else UNSET
    return next((value for fits, value in _guesses(plain_name(name), schema) if fits), UNSET)


def _guesses(plain: str, schema: _Schema) -> Iterator[tuple[bool, Any]]:
    """Give what a parameter may get, each with whether its type and its name say so."""
    yield "boolean" in schema.types, False
    yield "string" in schema.types and plain in WHY, WHY_TEXT
    yield bool(schema.types & {"integer", "number"}) and plain in NUMBERS, _between(NUMBERS.get(plain, 0), schema)
    yield "array" in schema.types and not any(schema.said("minItems")), []


def _between(number: int, schema: _Schema) -> int:
    least = next((one for one in schema.said("minimum") if isinstance(one, int)), number)
    most = next((one for one in schema.said("maximum") if isinstance(one, int)), number)
    return min(max(number, least), most)


def _schema(tool: Tool) -> dict[str, Any]:
    held = None if isinstance(tool.parameters, UnsetType) else tool.parameters.value
    return held if is_dict(held) else {}


def _listed(held: object) -> list[Any]:
    return list(held) if isinstance(held, list) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # any JSON


def told(tools: Iterable[Tool], refused: Mapping[str, str], fails: str = "") -> str:
    """Tell which tools were seen, and what to write where none of them is called.

    Args:
        tools: The tools.
        refused: Why each of them is not called.
        fails: How the command fails even where nothing is called; no rule file mends that.
    """
    names = [name for tool in tools if isinstance(name := tool.name, str)]
    if not names:
        return "it declares no tool, so its model has nothing to think between"
    shown = "; ".join(f"`{name}`: {refused.get(name, 'it brought no result back')}" for name in names[:_SHOWN])
    more = f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    if fails:
        return f"it fails also where nothing is called ({fails}), and none of its tools can be called ({shown}{more})"
    return f"none of its tools may be called ({shown}{more}); name one under [[tools]] in a rule file (`--rules`)"


_SHOWN: Final = 12
"""So many tools are named in a reason."""
