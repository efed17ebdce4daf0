"""A block without what the framework shows of it anyway, and the whole block again.

Rule 1: a visible word has one home, the framework's own field. What is cut out here is put back from there.
Rule 2: nothing is cut that could not be put back exactly.
Rule 3: thinking without words keeps its seals also here: it is what frameworks take for nothing and drop.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias, cast

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._json import Json
from keepthinking._messages import Block, Media, Opaque, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.carry._fingerprint import fingerprint, stored_as, value_of
from keepthinking.carry._spelling import fill, mark, spell, spelling

__all__ = ["Cut", "hollow", "is_shown", "refill"]

Cut: TypeAlias = dict[str, Any]
"""What was cut out of a block and how to put it back, as JSON."""

_MEDIA = ("url", "data", "file_id", "text", "filename")


def hollow(block: Block, plain: Block) -> tuple[Block, Cut]:  # noqa: PLR0911 - one row a kind of block
    """Take out of a block what the framework shows.

    Args:
        block: The block.
        plain: The same block as the framework alone tells it.
    """
    match block, plain:
        case Text(), Text():
            marks = mark(block.text, plain.text)
            return (block, {}) if marks is None else (replace(block, text=""), {"text": marks})
        case Thinking(), Thinking():
            return _hollow_thinking(block, plain)
        case ToolCall(), ToolCall():
            cut = _cut_arguments(block, plain)
            return (block, {}) if cut is None else (replace(block, arguments=""), cut)
        case ToolResult(), ToolResult():
            return _hollow_result(block, plain)
        case Media(), Media():
            found = {name: mark(a, b) for name in _MEDIA if _both(a := getattr(block, name), b := getattr(plain, name))}
            cuts = {name: marks for name, marks in found.items() if marks is not None}
            return replace(block, **dict.fromkeys(cuts, "")), dict(cuts)
        case Opaque(), Opaque():
            value = value_of(plain.body.raw.decode())
            raw = block.body.raw.decode()
            how = _respelt(raw, value)
            return (block, {}) if how is None else (replace(block, body=Json(b"null")), {"body": how})
        case _:
            return block, {}


def refill(block: Block, cut: Cut, plain: Block) -> Block:  # noqa: PLR0911 - one row a kind of block
    """Put back what was cut out, from what the framework shows now. The kinds of the two blocks are equal."""
    match block, plain:
        case Text(), Text():
            return replace(block, text=fill(plain.text, cut["text"])) if "text" in cut else block
        case Thinking(), Thinking():
            return _refill_thinking(block, cut, plain)
        case ToolCall(), ToolCall():
            return _refill_call(block, cut, plain)
        case ToolResult(), ToolResult():
            return _refill_result(block, cut, plain)
        case Media(), Media():
            return replace(block, **{name: fill(getattr(plain, name), marks) for name, marks in cut.items()})
        case Opaque(), Opaque() if "body" in cut:
            return replace(block, body=Json(spell(value_of(plain.body.raw.decode()), cut["body"]).encode()))
        case _:
            return block


def is_shown(block: Block, plain: Block) -> bool:
    """Tell whether what a framework tells can be a sight of this block."""
    match block, plain:
        case Text(), Text():
            return mark(block.text, plain.text) is not None
        case Thinking(), Thinking():
            return mark(block.text, plain.text) is not None
        case ToolCall(), ToolCall():
            return _cut_arguments(block, plain) is not None
        case (ToolResult(), ToolResult()) | (Media(), Media()):
            return True
        case Opaque(), Opaque():
            return block.kind == plain.kind
        case _:
            return False


def _both(a: object, b: object) -> bool:
    return isinstance(a, str) and isinstance(b, str)


def _hollow_thinking(block: Thinking, plain: Thinking) -> tuple[Thinking, Cut]:
    cut: Cut = {}
    marks = mark(block.text, plain.text)
    if marks is not None:
        cut["text"] = marks
        cut["lengths"] = [len(s.text) if isinstance(s.text, str) else 0 for s in block.segments]
        segments = tuple(replace(s, text="") if isinstance(s.text, str) else s for s in block.segments)
        block = replace(block, segments=segments)
    if sum(cut.get("lengths", [0])):
        seen = [i for i, seal in enumerate(block.seals) if _same_seal(seal, plain)]
        if seen:
            cut["seals"] = seen
            seals = (replace(seal, wire="") if i in seen else seal for i, seal in enumerate(block.seals))
            block = replace(block, seals=tuple(seals))
    return block, cut


def _same_seal(seal: Seal, plain: Thinking) -> bool:
    found = _seal(plain, seal.slot)
    # A seal with half an emoji in it could not be told from one that a store has altered.
    return found is not None and found.wire == seal.wire and seal.wire.isascii()


def _seal(plain: Thinking, slot: str) -> Seal | None:
    return next((seal for seal in plain.seals if seal.slot == slot), None)


def _refill_thinking(block: Thinking, cut: Cut, plain: Thinking) -> Thinking:
    if "text" in cut:
        text, at = fill(plain.text, cut["text"]), 0
        segments: list[Segment] = []
        for segment, length in zip(block.segments, cut["lengths"], strict=True):
            segments.append(replace(segment, text=text[at : at + length]) if isinstance(segment.text, str) else segment)
            at += length
        block = replace(block, segments=tuple(segments))
    if "seals" in cut:
        seals: list[Seal] = [*block.seals]
        numbers: list[int] = sorted(cut["seals"], reverse=True)
        for i in numbers:
            found = _seal(plain, seals[i].slot)
            if found is None:
                del seals[i]
            else:
                seals[i] = replace(seals[i], wire=found.wire)
        block = replace(block, seals=tuple(seals))
    return block


def _cut_arguments(block: ToolCall, plain: ToolCall) -> Cut | None:
    marks = mark(block.arguments, plain.arguments)
    if marks is not None:
        return {"text": marks}
    value = value_of(plain.arguments)
    if block.kind == "freeform" and isinstance(only := _only(value), str):
        marks = mark(block.arguments, only)
        return None if marks is None else {"only": marks}
    how = _respelt(block.arguments, value)
    return how if how is None else {"spelling": how}


def _respelt(raw: str, value: object) -> dict[str, Any] | None:
    if isinstance(value, str) and value == raw:
        return {"raw": raw}
    how = spelling(raw, value)
    mine = value_of(raw)
    if "raw" not in how:
        if spell(value, how) != raw:
            return {"raw": raw}
        # Tokens make any text of any value; they are believed again only where it says the same.
        return how if "tokens" not in how or _alike(mine, value) else None
    empty = raw == "" and value == {}
    return how if empty or (type(mine) is type(value) and _alike(mine, value)) else None


def _alike(a: object, b: object) -> bool:
    one = Opaque(dialect="", kind="", body=Json(_text(a)))
    return fingerprint(one) == fingerprint(replace(one, body=Json(_text(b))))


def _text(value: object) -> bytes:
    return json.dumps(stored_as(value)).encode()


def _only(value: object) -> object:
    """Give the value of an object's only member."""
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return next(iter(held.values())) if len(held) == 1 else UNSET


def _refill_call(block: ToolCall, cut: Cut, plain: ToolCall) -> ToolCall:
    if "text" in cut:
        return replace(block, arguments=fill(plain.arguments, cut["text"]))
    if "only" in cut and isinstance(only := _only(value_of(plain.arguments)), str):
        return replace(block, arguments=fill(only, cut["only"]))
    if "spelling" in cut:
        value = value_of(plain.arguments)
        arguments = spell(value, cut["spelling"])
        if "tokens" in cut["spelling"] and not _alike(value_of(arguments), value):
            arguments = json.dumps(value, ensure_ascii=False)  # a store has sorted the keys: no token is in its place
        return replace(block, arguments=arguments)
    return block


def _hollow_result(block: ToolResult, plain: ToolResult) -> tuple[ToolResult, Cut]:
    plain = _as_parts(block, plain)
    if isinstance(block.content, str) and isinstance(plain.content, str):
        marks = mark(block.content, plain.content)
        return (block, {}) if marks is None else (replace(block, content=""), {"text": marks})
    if isinstance(block.content, tuple) and isinstance(plain.content, tuple):
        if len(block.content) != len(plain.content):
            return block, {}
        pairs = [hollow(part, seen) for part, seen in zip(block.content, plain.content, strict=True)]
        return replace(block, content=tuple(part for part, _ in pairs)), {"parts": [cut for _, cut in pairs]}
    return block, {}


def _as_parts(block: ToolResult, plain: ToolResult) -> ToolResult:
    """Give a result that shows as one text as one part where it has one: some frameworks have one word for both."""
    if isinstance(block.content, tuple) and len(block.content) == 1 and isinstance(plain.content, str):
        return replace(plain, content=(Text(text=plain.content),))
    return plain


def _refill_result(block: ToolResult, cut: Cut, plain: ToolResult) -> ToolResult:
    plain = _as_parts(block, plain)
    if "text" in cut and isinstance(plain.content, str):
        return replace(block, content=fill(plain.content, cut["text"]))
    if "parts" in cut and isinstance(block.content, tuple) and isinstance(plain.content, tuple):
        whole = zip(block.content, cut["parts"], plain.content, strict=True)
        return replace(block, content=tuple(refill(part, inner, seen) for part, inner, seen in whole))
    return block
