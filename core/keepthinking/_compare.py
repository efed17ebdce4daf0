"""Whether two values say the same, and where they do not.

Rule 1: memory is compared by what it means to the provider: texts and seals by bytes, arguments by bytes or as an
ordered JSON value by their kind, base64 by the bytes it spells.
Rule 2: what a projection calls `output` or `spelling` is not compared; a `link` may be absent and is equal if present.
Rule 3: what is on no wire is not compared: author, origin, native, extras of a later version.
Rule 4: blocks are compared in order. What became of a block that moved or vanished is the judge's question (`audit`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias, TypeGuard

from msgspec import UNSET, UnsetType

from keepthinking._equal import (
    Difference,
    DifferenceKind,
    arguments_diff,
    first_difference,
    matters,
    same_data,
    seal_equal,
    seal_statements,
    seals_diff,
    value_diff,
)
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._leaves import compare, equal_as_written
from keepthinking._messages import (
    Block,
    Conversation,
    Field,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Place,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._projection import Keep, Projection
from keepthinking._turns import MODEL_ROLES
from keepthinking.dialects._wire import Spelling

Comparable: TypeAlias = Conversation | Request | Response | Message | Block

__all__ = [
    "NEUTRAL",
    "Comparable",
    "Difference",
    "DifferenceKind",
    "Held",
    "block_diff",
    "diff",
    "first_difference",
    "matters",
    "message_diff",
    "same",
    "seal_equal",
    "seal_statements",
    "visible_blocks",
]

NEUTRAL = Projection((), {})
"""The projection without a dialect: typed attributes are memory, unknown members are links."""


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


def visible_blocks(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """Give the blocks that count, with their positions: an empty unsealed text says nothing.

    Source: providers send `"content": ""` beside tool calls and accept its absence (recorded traffic of eight hosts).
    """
    return [(i, block) for i, block in enumerate(blocks) if not _is_empty(block)]


class Held(NamedTuple):
    """A block with the item that holds it, if one does."""

    block: Block
    item: Item | None = None

    @classmethod
    def of(cls, block: Block, items: Sequence[Item]) -> Held:
        """Find the item of a block among those of its message."""
        return cls(block, None if isinstance(block.item, UnsetType) or block.item >= len(items) else items[block.item])


def block_diff(a: Held, b: Held, projection: Projection) -> Iterator[Difference]:
    """List the differences of two blocks, with the items that hold them, apart from the messages they stand in."""
    return _blocks(a, b, projection, "")


def message_diff(a: Message, b: Message, projection: Projection) -> Iterator[Difference]:
    """List the differences of two messages apart from their blocks: the name, and members that no block holds."""
    yield from value_diff(a.name, b.name, "link", "name")
    yield from _fields(a.fields, b.fields, projection, "", "fields")


def _is_empty(block: Block) -> bool:
    if isinstance(block, Opaque):
        return (block.dialect, block.kind) in _MARKS
    return isinstance(block, Text) and block.text == "" and not block.seals


_MARKS = frozenset({("bedrock-converse", "cachePoint")})
"""Blocks that say nothing to the model: they mark a prefix for reuse, as `cache_control` does elsewhere
(https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html, verified 2026-11-24)."""


def _diff(a: Comparable, b: Comparable, projection: Projection, path: str) -> Iterator[Difference]:
    if isinstance(a, Message) and isinstance(b, Message):
        yield from _messages(a, b, projection, path)
    elif isinstance(a, Conversation) and isinstance(b, Conversation):
        yield from _conversations(a, b, projection, path)
    elif isinstance(a, Request) and isinstance(b, Request):
        yield from _conversations(a.conversation, b.conversation, projection, _join(path, "conversation"))
    elif isinstance(a, Response) and isinstance(b, Response):
        yield from _sequence(a.messages, b.messages, projection, _join(path, "messages"))
    elif isinstance(a, _BLOCKS) and isinstance(b, _BLOCKS):
        yield from _blocks(Held(a), Held(b), projection, path)
    else:
        raise TypeError(f"cannot compare {type(a).__name__} with {type(b).__name__}")


_BLOCKS = (Text, Thinking, ToolCall, ToolResult, Media, Opaque)


def _conversations(a: Conversation, b: Conversation, projection: Projection, path: str) -> Iterator[Difference]:
    here = _join(path, "tools")
    if isinstance(a.tools, tuple) and isinstance(b.tools, tuple):
        for i, (left, right) in enumerate(zip(a.tools, b.tools, strict=False)):
            yield from _tools(left, right, f"{here}[{i}]")
        yield from _rest(len(a.tools), len(b.tools), here)
    else:
        yield from value_diff(a.tools, b.tools, "memory", here)
    yield from _sequence(a.messages, b.messages, projection, _join(path, "messages"))


def _tools(a: Tool, b: Tool, path: str) -> Iterator[Difference]:
    for name in ("name", "description", "parameters", "kind"):
        yield from value_diff(getattr(a, name), getattr(b, name), "memory", _join(path, name))
    yield from _fields(a.fields, b.fields, NEUTRAL, "", _join(path, "fields"))


def _sequence(a: Sequence[Message], b: Sequence[Message], projection: Projection, path: str) -> Iterator[Difference]:
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        if left is not right:
            yield from _diff(left, right, projection, f"{path}[{i}]")
    yield from _rest(len(a), len(b), path)


def _rest(a: int, b: int, path: str) -> Iterator[Difference]:
    """List what one of two lists has behind the end of the other."""
    yield from (Difference(kind="missing", keep="memory", path=f"{path}[{i}]") for i in range(b, a))
    yield from (Difference(kind="extra", keep="memory", path=f"{path}[{i}]") for i in range(a, b))


def _messages(a: Message, b: Message, projection: Projection, path: str) -> Iterator[Difference]:
    yield from value_diff(_speaker(a.role), _speaker(b.role), "memory", _join(path, "role"))
    yield from value_diff(a.name, b.name, "link", _join(path, "name"))
    yield from _fields(a.fields, b.fields, projection, "", _join(path, "fields"))
    left, right = visible_blocks(a.blocks), visible_blocks(b.blocks)
    for i, j in _aligned([block for _, block in left], [block for _, block in right]):
        here = _join(path, f"blocks[{left[i][0] if i is not None else right[j or 0][0]}]")
        if j is None:
            yield Difference(kind="missing", keep="memory", path=here)
        elif i is None:
            yield Difference(kind="extra", keep="memory", path=here)
        else:
            yield from _blocks(Held.of(left[i][1], a.items), Held.of(right[j][1], b.items), projection, here)
    yield from _empty_items(a, b, projection, path)


def _speaker(role: str) -> str:
    """Give who speaks: wires call the model by several names."""
    return "assistant" if role in MODEL_ROLES else role


def _empty_items(a: Message, b: Message, projection: Projection, path: str) -> Iterator[Difference]:
    """Compare the items of the model that hold no block: they were on the wire all the same."""
    left, right = _without_blocks(a), _without_blocks(b)
    for (i, item), (_, other) in zip(left, right, strict=False):
        yield from _item(item, other, projection, _join(path, f"items[{i}]"))
    for kind, there in (("missing", left[len(right) :]), ("extra", right[len(left) :])):
        for i, _ in there:
            yield Difference(
                kind="missing" if kind == "missing" else "extra", keep="memory", path=_join(path, f"items[{i}]")
            )


def _without_blocks(message: Message) -> list[tuple[int, Item]]:
    held = {block.item for block in message.blocks}
    return [(i, item) for i, item in enumerate(message.items) if i not in held and not _is_echo(item)]


def _is_echo(item: Item) -> bool:
    """Tell whether an item repeats what another said: an answer may hold it, and a history has it as a message."""
    return "role" in _words(item.fields)


def _aligned(a: Sequence[Block], b: Sequence[Block]) -> Iterator[tuple[int | None, int | None]]:
    """Pair the blocks of two messages in order, by what they show at a glance."""
    matcher = SequenceMatcher(None, [_glance(block) for block in a], [_glance(block) for block in b], autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        i, j = i1, j1
        while i < i2 and j < j2 and type(a[i]) is type(b[j]):
            yield i, j
            i, j = i + 1, j + 1
        yield from ((left, None) for left in range(i, i2))
        yield from ((None, right) for right in range(j, j2))


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


def _blocks(held: Held, other: Held, projection: Projection, path: str) -> Iterator[Difference]:
    a, b = held.block, other.block
    if type(a) is not type(b):
        yield Difference(kind="altered", keep="memory", path=path)
        return
    yield from _item(held.item, other.item, projection, _join(path, "item"))
    yield from seals_diff(a.seals, b.seals, _join(path, "seals"))
    if isinstance(a, Opaque) and isinstance(b, Opaque):
        yield from _opaques(a, b, projection, path)
        return
    home = projection.homes.get(_NAMES[type(a)], "")
    yield from _fields(a.fields, b.fields, projection, home, _join(path, "fields"))
    if isinstance(a, Thinking) and isinstance(b, Thinking):
        yield from _thinking(a, b, path)
    elif isinstance(a, ToolResult) and isinstance(b, ToolResult):
        yield from _results(a, b, projection, path)
    else:
        if isinstance(a, Text) and isinstance(b, Text) and _same_value(a.text, b.text, a):
            return
        for name, keep in _ATTRIBUTES[type(a)].items():
            yield from value_diff(getattr(a, name), getattr(b, name), keep, _join(path, name))
        if isinstance(a, ToolCall) and isinstance(b, ToolCall):
            yield from value_diff(a.id, b.id, projection.ids, _join(path, "id"))
            yield from arguments_diff(a, b, path)
        elif isinstance(a, Media) and isinstance(b, Media) and not same_data(a.data, b.data):
            yield from value_diff(a.data, b.data, "memory", _join(path, "data"))


_NAMES: Mapping[type, str] = {
    Text: "text",
    Thinking: "thinking",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    Media: "media",
}
_ATTRIBUTES: Mapping[type, Mapping[str, Keep]] = {
    Text: {"text": "memory"},
    ToolCall: {"name": "memory", "server": "memory"},
    ToolResult: {"name": "link", "server": "memory"},
    Media: {"kind": "memory", "mime": "link", **dict.fromkeys(("url", "file_id", "text", "filename"), "memory")},
}
"""A file's name is passed to the model (openai 3.54.0, `types/chat/chat_completion_content_part_param.py` and
`types/responses/response_input_file_param.py`, read 2026-11-28)."""


def _opaques(a: Opaque, b: Opaque, projection: Projection, path: str) -> Iterator[Difference]:
    for name in ("dialect", "kind", "slot"):
        yield from value_diff(getattr(a, name), getattr(b, name), "memory", _join(path, name))
    home = f"{a.slot}[]" if a.slot else projection.homes.get("opaque", "")
    # nobody here knows what of it is memory, so all is, but what a row excepts
    yield from _fields(a.body, b.body, projection, home, _join(path, "body"), "memory")


def _thinking(a: Thinking, b: Thinking, path: str) -> Iterator[Difference]:
    said, others = _said(a.segments), _said(b.segments)
    if said != others:
        if a.text == b.text and len(said) != len(others) and a.text:
            yield Difference(kind="grouping", keep="memory", path=_join(path, "segments"))
        else:
            yield from _segments(said, others, _join(path, "segments"))
    if a.places and b.places and not any(_same_place(left, right) for left in a.places for right in b.places):
        # the same tags with other white space around the words: the words came back, but not as they were
        respaced = any(_same_tags(left, right) for left in a.places for right in b.places)
        yield Difference(kind="altered" if respaced else "place", keep="memory", path=_join(path, "places"))


def _said(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Give the segments that say something: a part of a summary without words is no summary.

    Source: clients write one where the answer has an empty list, and the provider takes it (recorded traffic of OpenAI,
    2025-10 and 2026-08).
    """
    return tuple(one for one in segments if one.channel != "summary" or one.text or one.fields is not UNSET)


def _same_place(a: Place, b: Place) -> bool:
    if isinstance(a, Field):
        return isinstance(b, Field) and a.name == b.name
    return (
        isinstance(b, Inline)
        and _same_tags(a, b)
        and (a.lead, a.before, a.after, a.trail) == (b.lead, b.before, b.after, b.trail)
    )


def _same_tags(a: Place, b: Place) -> bool:
    return isinstance(a, Inline) and isinstance(b, Inline) and (a.open, a.close) == (b.open, b.close)


def _segments(a: Sequence[Segment], b: Sequence[Segment], path: str) -> Iterator[Difference]:
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        yield from value_diff(left.channel, right.channel, "memory", f"{path}[{i}].channel")
        yield from value_diff(left.text, right.text, "memory", f"{path}[{i}].text")
        yield from _fields(left.fields, right.fields, NEUTRAL, "", f"{path}[{i}].fields")
    yield from _rest(len(a), len(b), path)


def _results(a: ToolResult, b: ToolResult, projection: Projection, path: str) -> Iterator[Difference]:
    yield from value_diff(a.call_id, b.call_id, projection.ids, _join(path, "call_id"))
    for name, keep in _ATTRIBUTES[ToolResult].items():
        yield from value_diff(getattr(a, name), getattr(b, name), keep, _join(path, name))
    # a wire's flag of failure is optional and false if absent, so `ok` and `unspecified` say the same
    yield from value_diff(a.status == "error", b.status == "error", "memory", _join(path, "status"))
    left, right = _parts(a.content), _parts(b.content)
    here = _join(path, "content")
    if isinstance(left, tuple) and isinstance(right, tuple):
        seen, others = visible_blocks(left), visible_blocks(right)
        for (i, one), (_, other) in zip(seen, others, strict=False):
            if isinstance(one, Text) and isinstance(other, Text) and _same_value(one.text, other.text, a):
                continue
            yield from _blocks(Held(one), Held(other), projection, f"{here}[{i}]")
        yield from _rest(len(seen), len(others), here)
    else:
        yield from value_diff(left, right, "memory", here)


_VALUES = frozenset({("as", "json"), ("as", "value"), ("response", "object")})
"""What the spelling of a result, or of a text, says where its words are a JSON value on the wire: Bedrock's `json`, an
object that Gemini takes for the response as a whole, and one that Workers AI puts in place of the content. Clients
write such a value anew."""


def _same_value(a: str, b: str, one: Block) -> bool:
    """Tell whether two texts are the same JSON value, where the first is a value and no words."""
    return a == b or (_is_value(one) and equal_as_written(a, b))


def _is_value(block: Block) -> bool:
    words = Spelling(block.spelling).words
    return any(words.get(key) == word for key, word in _VALUES)


def _parts(content: str | tuple[Block, ...] | None | UnsetType) -> tuple[Block, ...] | None | UnsetType:
    return (Text(text=content),) if isinstance(content, str) else content


def _item(a: Item | None, b: Item | None, projection: Projection, path: str) -> Iterator[Difference]:
    if a is None or b is None:
        return  # a mirrored thought may come back in the place that has no item; `place` speaks of that
    home = projection.homes.get("item", "")
    yield from value_diff(a.kind, b.kind, "memory", _join(path, "kind"))
    for name in ("id", "phase", "status"):
        keep = projection.keep(_join(home, name))
        if keep in {"memory", "link"} and not (name == "id" and b.id in _other_ids(a)):
            yield from value_diff(getattr(a, name), getattr(b, name), keep, _join(path, name))
    yield from _fields(a.fields, b.fields, projection, home, _join(path, "fields"))


def _other_ids(item: Item) -> frozenset[str]:
    """Give the ids that a provider stated for an item besides the one that stands; no client can send all of them."""
    words = _words(item.spelling)
    return frozenset(word for key, word in words.items() if key.startswith("id[") and isinstance(word, str))


def _words(held: Json | UnsetType) -> Mapping[str, object]:
    value: object = held.value if isinstance(held, Json) else None
    return value if _is_object(value) else {}  # a value made by hand may be anything


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _fields(  # noqa: PLR0913, PLR0917 - two values, the table with its place, and where to report
    a: Json | UnsetType, b: Json | UnsetType, projection: Projection, home: str, path: str, otherwise: Keep = "link"
) -> Iterator[Difference]:
    for leaf in compare(a, b, projection, home, otherwise):
        yield Difference(kind=leaf.kind, keep=leaf.keep, path=_join(path, leaf.path))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
