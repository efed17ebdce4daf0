"""Whether two values say the same, and where they do not.

Rule 1: memory is compared by what it means to the provider: texts and seals by bytes, arguments by bytes or as an
ordered JSON value by their kind, base64 by the bytes it spells.
Rule 2: what a projection calls `output` or `spelling` is not compared; a `link` may be absent and is equal if present.
Rule 3: blocks are compared in order. What became of a block that moved or vanished is the judge's question (`audit`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from keepthinking._exchange import Request, Response
from keepthinking._json import Json, ordered
from keepthinking._messages import (
    Block,
    Conversation,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Place,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Value,
)
from keepthinking._projection import Keep, Projection

Comparable: TypeAlias = Conversation | Request | Response | Message | Block
DifferenceKind = Literal["altered", "respelled", "missing", "extra", "place", "grouping"]

NEUTRAL = Projection((), {})
"""The projection without a dialect: typed attributes are memory, unknown members are links."""


class Difference(Value, frozen=True, kw_only=True):
    """One place where two values differ.

    Attributes:
        kind: `altered`; `respelled` (arguments that are equal as JSON but not by bytes); `missing` and `extra` as seen
            from the second value; `place` (thinking in another member); `grouping` (same words, other pieces).
        keep: What the place is by the projection: `memory` or `link`.
        path: Where in the first value, such as `blocks[1].seals[0].wire`.
        at: First differing byte of a text that both sides have.
    """

    kind: DifferenceKind
    keep: Keep
    path: str
    at: int | UnsetType = UNSET


def same(a: Comparable, b: Comparable, projection: Projection | None = None) -> bool:
    """Tell whether two values say the same: equal in memory, and in every link that both hold.

    Args:
        a: What came from the provider.
        b: What is compared with it, of the same type.
        projection: The dialect's table; without one, members that have no typed place are links.

    Raises:
        TypeError: The two are of different types.
    """
    return not any(matters(difference) for difference in _diff(a, b, projection or NEUTRAL, ""))


def diff(a: Comparable, b: Comparable, projection: Projection | None = None) -> tuple[Difference, ...]:
    """List every difference in memory and links, in the order of the first value.

    A link that only one side holds is listed, though it leaves the two values the same.

    Raises:
        TypeError: The two are of different types.
    """
    return tuple(_diff(a, b, projection or NEUTRAL, ""))


def matters(difference: Difference) -> bool:
    """Tell whether a difference makes two values differ: a link may come or go."""
    return difference.keep == "memory" or difference.kind == "altered"


def first_difference(a: str, b: str) -> int:
    """Give the first differing byte of two texts, in UTF-8."""
    left, right = a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass")
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low < high:  # slices compare at the speed of memory, one byte at a time does not
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def seal_equal(a: Seal, b: Seal) -> bool:
    """Tell whether two seals are the same proof: any complete statement of one is a statement of the other."""
    return a.slot == b.slot and bool(_statements(a) & _statements(b))


def visible_blocks(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """Give the blocks that count, with their positions: an empty unsealed text says nothing.

    Source: providers send `"content": ""` beside tool calls and accept its absence (recorded traffic of eight hosts).
    """
    return [(i, block) for i, block in enumerate(blocks) if not (isinstance(block, Text) and block.text == "" and not block.seals)]


def _diff(a: Comparable, b: Comparable, projection: Projection, path: str) -> Iterator[Difference]:
    if a is b:
        return
    if isinstance(a, Message) and isinstance(b, Message):
        yield from _messages(a, b, projection, path)
    elif isinstance(a, Conversation) and isinstance(b, Conversation):
        yield from _conversations(a, b, projection, path)
    elif isinstance(a, Request) and isinstance(b, Request):
        yield from _conversations(a.conversation, b.conversation, projection, _join(path, "conversation"))
    elif isinstance(a, Response) and isinstance(b, Response):
        yield from _sequence(a.messages, b.messages, projection, _join(path, "messages"))
    elif isinstance(a, _BLOCKS) and isinstance(b, _BLOCKS):
        yield from _blocks(a, b, (), (), projection, path)
    else:
        raise TypeError(f"cannot compare {type(a).__name__} with {type(b).__name__}")


_BLOCKS = (Text, Thinking, ToolCall, ToolResult, Media, Opaque)


def _conversations(a: Conversation, b: Conversation, projection: Projection, path: str) -> Iterator[Difference]:
    yield from _value(a.tools, b.tools, "memory", _join(path, "tools"))
    yield from _sequence(a.messages, b.messages, projection, _join(path, "messages"))


def _sequence(a: Sequence[Message], b: Sequence[Message], projection: Projection, path: str) -> Iterator[Difference]:
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        yield from _diff(left, right, projection, f"{path}[{i}]")
    yield from (Difference(kind="missing", keep="memory", path=f"{path}[{i}]") for i in range(len(b), len(a)))
    yield from (Difference(kind="extra", keep="memory", path=f"{path}[{i}]") for i in range(len(a), len(b)))


def _messages(a: Message, b: Message, projection: Projection, path: str) -> Iterator[Difference]:
    yield from _value(a.role, b.role, "memory", _join(path, "role"))
    yield from _value(a.name, b.name, "link", _join(path, "name"))
    yield from _fields(a.fields, b.fields, projection, "", _join(path, "fields"))
    left, right = visible_blocks(a.blocks), visible_blocks(b.blocks)
    for i, j in _aligned([block for _, block in left], [block for _, block in right]):
        here = _join(path, f"blocks[{left[i][0] if i is not None else right[j or 0][0]}]")
        if j is None:
            yield Difference(kind="missing", keep="memory", path=here)
        elif i is None:
            yield Difference(kind="extra", keep="memory", path=here)
        else:
            yield from _blocks(left[i][1], right[j][1], a.items, b.items, projection, here)


def _aligned(a: Sequence[Block], b: Sequence[Block]) -> Iterator[tuple[int | None, int | None]]:
    """Pair the blocks of two messages in order, by what they show at a glance."""
    matcher = SequenceMatcher(None, [_glance(block) for block in a], [_glance(block) for block in b], autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op in {"equal", "replace"}:
            both = min(i2 - i1, j2 - j1)
            kinds_agree = all(type(a[i1 + n]) is type(b[j1 + n]) for n in range(both))
            if kinds_agree:
                yield from ((i1 + n, j1 + n) for n in range(both))
                i1, j1 = i1 + both, j1 + both  # noqa: PLW2901 - the rest of this stretch is one-sided
        yield from ((i, None) for i in range(i1, i2))
        yield from ((None, j) for j in range(j1, j2))


def _glance(block: Block) -> tuple[object, ...]:
    match block:
        case Text():
            return ("text", block.text)
        case Thinking():
            return ("thinking", block.text, tuple(seal.slot for seal in block.seals))
        case ToolCall():
            return ("call", block.name, block.arguments)
        case ToolResult():
            return ("result", block.content if isinstance(block.content, str) else "")
        case Media():
            return ("media", block.kind)
        case Opaque():
            return ("opaque", block.kind)


def _blocks(a: Block, b: Block, a_items: Sequence[Item], b_items: Sequence[Item], projection: Projection, path: str) -> Iterator[Difference]:
    if type(a) is not type(b):
        yield Difference(kind="altered", keep="memory", path=path)
        return
    yield from _item(_item_of(a, a_items), _item_of(b, b_items), projection, _join(path, "item"))
    yield from _seals(a.seals, b.seals, _join(path, "seals"))
    if isinstance(a, Opaque) and isinstance(b, Opaque):
        yield from _value(a.kind, b.kind, "memory", _join(path, "kind"))
        yield from _json(a.body, b.body, _join(path, "body"))
        return
    home = projection.homes.get(_NAMES[type(a)], "")
    yield from _fields(a.fields, b.fields, projection, home, _join(path, "fields"))
    if isinstance(a, Thinking) and isinstance(b, Thinking):
        yield from _thinking(a, b, path)
        return
    if isinstance(a, ToolResult) and isinstance(b, ToolResult):
        yield from _results(a, b, projection, path)
        return
    for name, keep in _ATTRIBUTES[type(a)].items():
        left, right = getattr(a, name), getattr(b, name)
        here = _join(path, name)
        if isinstance(a, ToolCall) and name == "arguments":
            yield from _arguments(a, b, here)
        elif isinstance(a, Media) and name == "data" and isinstance(left, str) and isinstance(right, str):
            yield from _value(_base64(left), _base64(right), keep, here)
        else:
            yield from _value(left, right, keep, here)


_NAMES: Mapping[type, str] = {Text: "text", Thinking: "thinking", ToolCall: "tool_call", ToolResult: "tool_result", Media: "media"}
_ATTRIBUTES: Mapping[type, Mapping[str, Keep]] = {
    Text: {"text": "memory"},
    ToolCall: {"id": "memory", "name": "memory", "arguments": "memory", "server": "memory"},
    ToolResult: {"call_id": "memory", "name": "link", "status": "memory", "server": "memory"},
    Media: {"kind": "memory", "mime": "link", "url": "memory", "data": "memory", "file_id": "memory"},
}


def _thinking(a: Thinking, b: Thinking, path: str) -> Iterator[Difference]:
    if a.segments != b.segments:
        if a.text == b.text and len(a.segments) != len(b.segments) and a.text:
            yield Difference(kind="grouping", keep="memory", path=_join(path, "segments"))
        else:
            yield from _segments(a.segments, b.segments, _join(path, "segments"))
    if a.places and b.places and not _share(a.places, b.places):
        yield Difference(kind="place", keep="memory", path=_join(path, "places"))


def _segments(a: Sequence[Segment], b: Sequence[Segment], path: str) -> Iterator[Difference]:
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        yield from _value(left.channel, right.channel, "memory", f"{path}[{i}].channel")
        yield from _value(left.text, right.text, "memory", f"{path}[{i}].text")
        yield from _fields(left.fields, right.fields, NEUTRAL, "", f"{path}[{i}].fields")
    yield from (Difference(kind="missing", keep="memory", path=f"{path}[{i}]") for i in range(len(b), len(a)))
    yield from (Difference(kind="extra", keep="memory", path=f"{path}[{i}]") for i in range(len(a), len(b)))


def _share(a: Sequence[Place], b: Sequence[Place]) -> bool:
    """Tell whether a thought came back in at least one of the places it stood in."""
    return any(left == right if not isinstance(left, Inline) else isinstance(right, Inline) and left == right for left in a for right in b)


def _results(a: ToolResult, b: ToolResult, projection: Projection, path: str) -> Iterator[Difference]:
    for name, keep in _ATTRIBUTES[ToolResult].items():
        yield from _value(getattr(a, name), getattr(b, name), keep, _join(path, name))
    left, right = _parts(a.content), _parts(b.content)
    here = _join(path, "content")
    if isinstance(left, tuple) and isinstance(right, tuple):
        for i, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from _blocks(one, other, (), (), projection, f"{here}[{i}]")
        yield from (Difference(kind="missing", keep="memory", path=f"{here}[{i}]") for i in range(len(right), len(left)))
        yield from (Difference(kind="extra", keep="memory", path=f"{here}[{i}]") for i in range(len(left), len(right)))
    else:
        yield from _value(left, right, "memory", here)


def _parts(content: str | tuple[Block, ...] | None | UnsetType) -> tuple[Block, ...] | None | UnsetType:
    return (Text(text=content),) if isinstance(content, str) else content


def _arguments(a: ToolCall, b: Block, path: str) -> Iterator[Difference]:
    if not isinstance(b, ToolCall) or a.arguments == b.arguments:
        return
    exact = "object" in {a.kind, b.kind} and _ordered_equal(a.arguments, b.arguments)
    if exact:
        return
    kind: DifferenceKind = "respelled" if a.kind != "freeform" and _json_equal(a.arguments, b.arguments) else "altered"
    yield Difference(kind=kind, keep="memory", path=path, at=first_difference(a.arguments, b.arguments))


def _ordered_equal(a: str, b: str) -> bool:
    try:
        return bool(ordered(a) == ordered(b))
    except ValueError:
        return False


def _json_equal(a: str, b: str) -> bool:
    try:
        left, right = json.loads(a), json.loads(b)
        return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True) or bool(left == right)
    except (ValueError, RecursionError):
        return False


def _seals(a: Sequence[Seal], b: Sequence[Seal], path: str) -> Iterator[Difference]:
    left = list(enumerate(b))
    for i, seal in enumerate(a):
        found = next((pair for pair in left if pair[1].slot == seal.slot), None)
        if found is None:
            yield Difference(kind="missing", keep="memory", path=f"{path}[{i}]")
            continue
        left.remove(found)
        if not seal_equal(seal, found[1]):
            yield Difference(kind="altered", keep="memory", path=f"{path}[{i}].wire", at=first_difference(seal.wire, found[1].wire))
    yield from (Difference(kind="extra", keep="memory", path=f"{path}[{i}]") for i, _ in left)


def _statements(seal: Seal) -> set[str]:
    spell = _base64 if seal.encoding == "base64" else str
    return {spell(wire) for wire in (seal.wire, *seal.alternates)}


def _base64(text: str) -> str:
    """Give one spelling for all spellings of the same bytes: both alphabets, with and without padding."""
    return text.rstrip("=").replace("-", "+").replace("_", "/")


def _item_of(block: Block, items: Sequence[Item]) -> Item | None:
    return None if isinstance(block.item, UnsetType) or block.item >= len(items) else items[block.item]


def _item(a: Item | None, b: Item | None, projection: Projection, path: str) -> Iterator[Difference]:
    if a is None or b is None:
        return  # a mirrored thought may come back in the place that has no item; `place` speaks of that
    home = projection.homes.get("item", "")
    yield from _value(a.kind, b.kind, "memory", _join(path, "kind"))
    for name in ("id", "phase", "status"):
        keep = projection.keep(_join(home, name))
        if keep in {"memory", "link"}:
            yield from _value(getattr(a, name), getattr(b, name), keep, _join(path, name))
    yield from _fields(a.fields, b.fields, projection, home, _join(path, "fields"))


def _fields(a: Json | UnsetType, b: Json | UnsetType, projection: Projection, home: str, path: str) -> Iterator[Difference]:
    if a == b:
        return
    left, right = _leaves(a, home), _leaves(b, home)
    for where, (wire, value) in left.items():
        keep = projection.keep(wire)
        if keep not in {"memory", "link"}:
            continue
        if where not in right:
            yield Difference(kind="missing", keep=keep, path=_join(path, where))
        elif right[where][1] != value:
            yield Difference(kind="altered", keep=keep, path=_join(path, where))
    for where, (wire, _) in right.items():
        if where not in left and (keep := projection.keep(wire)) in {"memory", "link"}:
            yield Difference(kind="extra", keep=keep, path=_join(path, where))


def _leaves(fields: Json | UnsetType, home: str) -> dict[str, tuple[str, Any]]:
    """Flatten `fields`: path inside them to the wire path for the projection, and the value."""
    if isinstance(fields, UnsetType):
        return {}
    found: dict[str, tuple[str, Any]] = {}
    stack: list[tuple[str, str, Any]] = [("", home, ordered(fields.raw))]
    while stack:
        where, wire, value = stack.pop()
        kind, inner = value if isinstance(value, tuple) else ("", value)
        if kind == "object" and inner:
            stack.extend((_join(where, key), _join(wire, key), below) for key, below in reversed(inner))
        elif kind == "array" and inner:
            stack.extend((f"{where}[{i}]", f"{wire}[]", below) for i, below in reversed(list(enumerate(inner))))
        else:
            found[where] = (wire, value)
    return found


def _json(a: Json, b: Json, path: str) -> Iterator[Difference]:
    if a != b and not _ordered_equal(a.raw.decode(), b.raw.decode()):
        yield Difference(kind="altered", keep="memory", path=path)


def _value(a: object, b: object, keep: Keep, path: str) -> Iterator[Difference]:
    if a == b and type(a) is type(b):
        return
    if b is UNSET:
        yield Difference(kind="missing", keep=keep, path=path)
    elif a is UNSET:
        yield Difference(kind="extra", keep=keep, path=path)
    else:
        at = first_difference(a, b) if isinstance(a, str) and isinstance(b, str) else UNSET
        yield Difference(kind="altered", keep=keep, path=path, at=at)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
