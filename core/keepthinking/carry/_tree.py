"""Any value of a framework as JSON, with holes where a block's own words stand.

Rule 1: a value has its type back: a tuple is no list, NaN is no null, 1.0 is no 1.
Rule 2: what a block says stands in the block alone. In its place is a hole, which is filled with what the block says
when the value is made again: so an edit of the block is an edit of the framework's message.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, cast

from keepthinking._messages import Block, Media, Text, Thinking, ToolCall, ToolResult
from keepthinking.carry._fingerprint import value_of

__all__ = ["Hole", "Path", "freeze", "holes", "leaves", "thaw"]

Path: TypeAlias = tuple[str | int, ...]

_MARK: Final = "$"
_DIGITS: Final = 10**4000  # Python writes no integer of more than 4,300 digits (sys.get_int_max_str_digits)
_LEAVES: Final = ("text", "arguments", "id", "name", "call_id", "url", "data", "file_id", "content")
_NAMED: Final = {
    "id": ("id", "call_id", "tool_call_id"),
    "call_id": ("tool_call_id", "tool_use_id", "call_id"),
    "name": ("name", "tool_name"),
}
"""Short words that could stand anywhere: where to look for them."""


class Hole(NamedTuple):
    """A place that a block fills.

    Attributes:
        block: Which block, by its place in the message.
        leaf: What of it.
    """

    block: int
    leaf: str


def leaves(block: Block) -> dict[str, Any]:
    """Give the words of a block that a framework may show, by name."""
    found: dict[str, Any] = {f"seals.{i}": seal.wire for i, seal in enumerate(block.seals)}
    match block:
        case Text():
            found["text"] = block.text
        case Thinking():
            found["text"] = block.text
            if len(block.segments) > 1:
                found |= {f"segments.{i}": s.text for i, s in enumerate(block.segments) if isinstance(s.text, str)}
        case ToolCall():
            found |= {
                "arguments": block.arguments,
                "value": value_of(block.arguments),
                "name": block.name,
                "id": block.id,
            }
        case ToolResult():
            found |= {"call_id": block.call_id, "name": block.name}
            if isinstance(block.content, tuple):
                for i, part in enumerate(block.content):
                    found |= {f"content.{i}.{name}": value for name, value in leaves(part).items()}
            else:
                found["content"] = block.content
        case Media():
            found |= {"url": block.url, "data": block.data, "file_id": block.file_id, "text": block.text}
            found["filename"] = block.filename
        case _:
            pass
    return {name: value for name, value in found.items() if isinstance(value, str | dict)}


def holes(value: object, at: Path, number: int, block: Block) -> dict[Path, Hole]:
    """Find the places under a path of a value that show the words of a block."""
    root = value
    for key in at:
        root = cast("Any", root)[key]
    found: dict[Path, Hole] = {}
    for leaf, said in leaves(block).items():
        for path in _search(root, said, at, _NAMED.get(leaf.rpartition(".")[2])):
            found.setdefault(path, Hole(number, leaf))
    return found


def _search(value: object, said: object, at: Path, names: tuple[str, ...] | None) -> list[Path]:
    if names is None:
        if said not in ("", {}) and (at[-1:] != ("type",)) and _same(value, said):
            return [at]
    elif at and at[-1] in names and value == said:
        return [at]
    match value:
        case dict():
            pairs = cast("dict[Any, object]", value).items()
            return [
                path for key, item in pairs if isinstance(key, str) for path in _search(item, said, (*at, key), names)
            ]
        case list():
            items = enumerate(cast("list[object]", value))
            return [path for i, item in items for path in _search(item, said, (*at, i), names)]
        case _:
            return []


def _same(a: object, b: object) -> bool:
    """Tell whether two values are the same, with their types and the order of their keys."""
    return type(a) is type(b) and (a == b if isinstance(a, str) else repr(a) == repr(b))


def freeze(value: object, found: Mapping[Path, Hole], lost: Callable[[Path, object], None], at: Path = ()) -> object:  # noqa: PLR0911 - one row a type
    """Write a value as JSON.

    Args:
        value: The value.
        found: Its holes.
        lost: Called with the place of what JSON cannot hold, and with it; None stands there then.
        at: Where the value stands.
    """
    if at in found:
        return {_MARK: "hole", "v": list(found[at])}
    kind = type(value)
    if value is None or kind in {str, bool} or (kind is int and abs(cast("int", value)) < _DIGITS):
        return value
    if kind is float:
        return value if math.isfinite(cast("float", value)) else {_MARK: "float", "v": repr(value)}
    if kind is bytes:
        return {_MARK: "bytes", "v": base64.b64encode(cast("bytes", value)).decode()}
    if kind in {list, tuple}:
        items = [freeze(item, found, lost, (*at, i)) for i, item in enumerate(cast("list[object]", value))]
        return items if kind is list else {_MARK: "tuple", "v": items}
    if kind is dict:
        held = cast("dict[Any, object]", value)
        if all(type(key) is str for key in held) and _MARK not in held:
            return {key: freeze(item, found, lost, (*at, key)) for key, item in held.items()}
        pairs = [[freeze(k, {}, lost, at), freeze(v, found, lost, (*at, k))] for k, v in held.items()]
        return {_MARK: "dict", "v": pairs}
    lost(at, value)
    return None


def thaw(value: object, fill: Callable[[Hole], object]) -> Any:  # noqa: PLR0911 - one row a mark
    """Make a value again. Raises `KeyError`, `TypeError` or `ValueError` for what `freeze` never wrote."""
    if isinstance(value, list):
        return [thaw(item, fill) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    match held.get(_MARK):
        case None:
            return {key: thaw(item, fill) for key, item in held.items()}
        case "hole":
            return fill(Hole(*held["v"]))
        case "float":
            return float(held["v"])
        case "bytes":
            return base64.b64decode(held["v"])
        case "tuple":
            return tuple(thaw(item, fill) for item in held["v"])
        case "dict":
            return {_key(thaw(k, fill)): thaw(v, fill) for k, v in held["v"]}
        case other:
            raise ValueError(f"no mark named {other!r}")


def _key(value: Any) -> Any:
    hash(value)
    return value
