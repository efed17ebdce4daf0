"""A message again, of a record and of what a framework shows now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._reports import Fate, Finding, Level, Status
from keepthinking.carry._align import Entry, Pair
from keepthinking.carry._fingerprint import fingerprint, value_of, words
from keepthinking.carry._hollow import refill

__all__ = ["mend"]


class _Row(NamedTuple):
    name: str
    altered: str
    gone: str
    new: str


_ROWS: Final[dict[type[Block], _Row]] = {
    Text: _Row("text", "text.unaltered", "text.kept", "text.not-invented"),
    Thinking: _Row("thinking", "thinking.unaltered", "thinking.kept.in-loop", "thinking.not-invented"),
    ToolCall: _Row("a tool call", "arguments.equal", "call.kept", "call.not-invented"),
    ToolResult: _Row("a tool result", "result.unaltered", "ids.paired", "ids.paired"),
    Media: _Row("media", "prefix.unaltered", "prefix.unaltered", "prefix.unaltered"),
    Opaque: _Row("an unknown block", "opaque.unaltered", "opaque.kept", "opaque.unaltered"),
}
"""Which check speaks of an altered, a missing and an added block of each kind."""


def mend(
    base: Message,
    entries: Sequence[Entry],
    plain: Message,
    pairs: Sequence[Pair],
    *,
    path: str,
    on_edit: Literal["keep", "drop"],
) -> tuple[Message, tuple[Finding, ...]]:
    """Put a message together again.

    Args:
        base: The message of the record, all blocks hollow.
        entries: The blocks of the record.
        plain: The message as the framework alone tells it.
        pairs: Which of them belong together, in order.
        path: Where the message stands, for findings.
        on_edit: Whether thinking goes where visible words were edited.
    """
    findings: list[Finding] = []
    is_edited = any(_is_edit(pair, entries, plain) for pair in pairs)
    blocks: list[Block] = []
    items = list(base.items)
    for pair in pairs:
        here = f"{path}.blocks[{len(blocks)}]" if path else f"blocks[{len(blocks)}]"
        if pair.old is None:
            block = plain.blocks[pair.new or 0]
            if block == Text(text="") and blocks and blocks[-1] == block:
                continue  # an empty text that had not been shown before
            if block.item is not UNSET:
                items.append(plain.items[block.item])
                block = replace(block, item=len(items) - 1)
            blocks.append(block)
            findings.append(_finding(_ROWS[type(block)].new, block, "invented", here, "was added"))
            continue
        entry = entries[pair.old]
        if pair.new is None:
            if not entry.prints or (not is_edited and _is_whole(entry)):
                blocks.append(entry.block)
            if entry.prints:
                findings.append(_gone(entry.block, here, mended=not is_edited and _is_whole(entry)))
            continue
        seen = plain.blocks[pair.new]
        if pair.same:
            blocks.append(refill(entry.block, entry.cut, seen))
            continue
        block, finding = _edited(entry, seen, here)
        blocks.append(block)
        findings.append(finding)
    if is_edited and on_edit == "drop" and any(isinstance(block, Thinking) for block in blocks):
        blocks = [block for block in blocks if not isinstance(block, Thinking)]
        what = "Thinking was dropped: visible words of its message were edited, and it may hold what they held."
        findings.append(_report("thinking.kept.in-loop", "fail", "dropped", path, what))
    whole = replace(base, items=tuple(items))
    return whole.with_blocks(blocks), tuple(findings)


def _is_edit(pair: Pair, entries: Sequence[Entry], plain: Message) -> bool:
    if pair.same or (pair.old is not None and not entries[pair.old].prints):
        return False
    block = plain.blocks[pair.new or 0] if pair.old is None else entries[pair.old].block
    return not isinstance(block, Thinking) and block != Text(text="")


def _is_whole(entry: Entry) -> bool:
    """Tell whether a block of thinking can be put back without what was shown of it."""
    if not isinstance(entry.block, Thinking):
        return False
    return not any(entry.cut.get("lengths", ())) and "seals" not in entry.cut


def _edited(entry: Entry, seen: Block, path: str) -> tuple[Block, Finding]:
    old, row = entry.block, _ROWS[type(seen)]
    what = "was edited; the edit stands"
    if isinstance(old, Thinking) and isinstance(seen, Thinking):
        return _damaged(entry, old, seen, path)
    block: Block
    match old, seen:
        case ToolCall(), ToolCall():
            block = _edited_call(old, seen)
        case ToolResult(), ToolResult():
            status = old.status if (old.status == "error") == (seen.status == "error") else seen.status
            block = replace(old, content=seen.content, call_id=seen.call_id or old.call_id, status=status, seals=())
        case _:
            block = seen
    if isinstance(old, Text | Media | Opaque) and old.item is not UNSET:
        block = replace(block, item=old.item)
    if old.seals:
        what += ", and the seal that was made for the old words is gone"
    return block, _finding(row.altered, seen, "altered", path, what)


def _edited_call(old: ToolCall, seen: ToolCall) -> ToolCall:
    arguments, kind = seen.arguments, old.kind
    value = value_of(arguments)
    if (
        kind == "freeform"
        and isinstance(value, dict)
        and len(value) == 1
        and isinstance(only := [*value.values()][0], str)
    ):
        arguments = only
    elif kind == "freeform" or (kind == "object" and not isinstance(value, dict)):
        kind = "json"
    call_id = old.id if seen.id is None else seen.id
    return replace(old, id=call_id, name=seen.name, arguments=arguments, kind=kind, seals=())


def _damaged(entry: Entry, old: Thinking, seen: Thinking, path: str) -> tuple[Block, Finding]:
    if words(entry.prints[0]) == words(fingerprint(seen)):
        block = refill(old, entry.cut, seen)
        lost = len(old.seals) - len(block.seals)
        check = "seal.kept" if lost else "seal.unaltered"
        how = "lost" if lost else "changed"
        mended = "seals" not in entry.cut
        what = f"A seal of thinking was {how}" + (" and is mended." if mended else "; nothing has the one it had.")
        return block, _report(check, "warn" if mended else "fail", "altered", path, what)
    places = old.places or seen.places
    block = replace(seen, item=old.item, places=places)
    return block, _report("thinking.unaltered", "fail", "altered", path, "Thinking was changed; what it was is lost.")


def _gone(block: Block, path: str, *, mended: bool) -> Finding:
    if not isinstance(block, Thinking):
        return _finding(_ROWS[type(block)].gone, block, "dropped", path, "was taken out; it stays out")
    check = "thinking.kept.in-loop"
    if not any(segment.text is not UNSET for segment in block.segments):
        check = "redacted.kept"
    what = "Thinking was taken out" + (" and is put back." if mended else "; what it was is lost.")
    return _report(check, "warn" if mended else "fail", "dropped", path, what)


def _finding(check: str, block: Block, fate: Fate, path: str, what: str) -> Finding:
    status: Status = "fail" if isinstance(block, Thinking) else "warn"
    return _report(check, status, fate, path, f"{_ROWS[type(block)].name.capitalize()} {what}.")


def _report(check: str, status: Status, fate: Fate, path: str, what: str) -> Finding:
    level: Level = "MUST" if status == "fail" else "SHOULD"
    return Finding(check=check, status=status, level=level, fate=fate, what=what, path=path)
