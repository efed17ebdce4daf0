"""A message again, of a record and of what a framework shows now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, cast

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._json import Json
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
    ToolResult: _Row("a tool result", "result.unaltered", "result.unaltered", "result.unaltered"),
    Media: _Row("media", "prefix.unaltered", "prefix.unaltered", "prefix.unaltered"),
    Opaque: _Row("an unknown block", "opaque.unaltered", "opaque.kept", "opaque.unaltered"),
}
"""Which check speaks of an altered, a missing and an added block of each kind."""


def mend(  # noqa: PLR0913 - both sides, how they belong together, and how to speak of it
    base: Message,
    entries: Sequence[Entry],
    plain: Message,
    pairs: Sequence[Pair],
    *,
    path: str,
    on_edit: Literal["keep", "drop"],
) -> tuple[Message, tuple[Finding, ...], tuple[int | None, ...]]:
    """Put a message together again.

    Args:
        base: The message of the record, all blocks hollow.
        entries: The blocks of the record.
        plain: The message as the framework alone tells it.
        pairs: Which of them belong together, in order.
        path: Where the message stands, for findings.
        on_edit: Whether thinking goes where visible words were edited.

    Returns:
        The message, what was found, and for each block which one of `plain` shows it.
    """
    bench = _Bench(base, plain, path, is_edited=any(_is_edit(pair, entries, plain) for pair in pairs))
    for pair in pairs:
        if pair.old is None:
            bench.add(cast("int", pair.new))
        elif pair.new is None:
            bench.miss(entries[pair.old])
        else:
            bench.keep(entries[pair.old], pair.new, same=pair.same)
    if bench.is_edited and on_edit == "drop":
        bench.drop_thinking()
    if bench.has_other_words:
        bench.drop_fields()
    return bench.message(), tuple(bench.findings), tuple(sight for _, sight in bench.blocks)


class _Bench:
    """A message while it is put together."""

    def __init__(self, base: Message, plain: Message, path: str, *, is_edited: bool) -> None:
        self.is_edited = is_edited
        self.has_other_words = False
        self.findings: list[Finding] = []
        self.blocks: list[tuple[Block, int | None]] = []
        self._base = base
        self._plain = plain
        self._path = path
        self._items = list(base.items)
        self._fields = base.fields

    def message(self) -> Message:
        whole = replace(self._base, items=tuple(self._items), fields=self._fields)
        return whole.with_blocks([block for block, _ in self.blocks])

    def add(self, new: int) -> None:
        """Take a block that the record does not know."""
        block = self._plain.blocks[new]
        if block == Text(text="") and self.blocks and self.blocks[-1] == (block, None):
            self.blocks[-1] = (block, new)  # an empty text that had not been shown before
            return
        if block.item is not UNSET:
            self._items.append(self._plain.items[block.item])
            block = replace(block, item=len(self._items) - 1)
        self._find(_ROWS[type(block)].new, block, "invented", "was added")
        self.blocks.append((block, new))

    def miss(self, entry: Entry) -> None:
        """Take a block that is not shown: it never was, or it is gone."""
        block = entry.block
        if not entry.prints:
            self.blocks.append((block, None))
        elif not isinstance(block, Thinking):
            self.has_other_words = True
            self._find(_ROWS[type(block)].gone, block, "dropped", "was taken out; it stays out")
        else:
            is_mended = not self.is_edited and not any(entry.cut.get("lengths", ())) and "seals" not in entry.cut
            has_words = any(segment.text is not UNSET for segment in block.segments)
            check = "thinking.kept.in-loop" if has_words else "redacted.kept"
            what = "Thinking was taken out" + (" and is put back." if is_mended else "; what it was is lost.")
            self._report(check, "warn" if is_mended else "fail", "dropped", what)
            if is_mended:
                self.blocks.append((block, None))

    def keep(self, entry: Entry, new: int, *, same: bool) -> None:
        """Take a block of the record with what is shown of it now."""
        seen = self._plain.blocks[new]
        if same:
            block = refill(entry.block, entry.cut, seen)
        elif isinstance(entry.block, Thinking) and isinstance(seen, Thinking):
            block = self._damaged(entry, entry.block, seen)
        else:
            block = self._edited(entry.block, seen)
        self.blocks.append((block, new))

    def drop_thinking(self) -> None:
        """Leave out all thinking of a message whose visible words were edited."""
        kept = [one for one in self.blocks if not isinstance(one[0], Thinking)]
        if len(kept) < len(self.blocks):
            what = "Thinking is left out: its message was edited, and it may hold what the edit took out."
            self._report("thinking.kept.in-loop", "fail", "dropped", what)
        self.blocks = kept

    def drop_fields(self) -> None:
        """Leave out what else the wire said of a message whose words were changed: it may say the old words."""
        self._fields = _wordless(self._base.fields)
        if self._fields != self._base.fields:
            what = "Other members of the message are left out: they may hold what the edit took out."
            finding = Finding(
                check="prefix.unaltered", status="warn", level="SHOULD", fate="dropped", what=what, path=self._path
            )
            self.findings.append(finding)

    def _edited(self, old: Block, seen: Block) -> Block:
        self.has_other_words = True
        if old.item is not UNSET:
            self._items[old.item] = replace(self._items[old.item], fields=_wordless(self._items[old.item].fields))
        match old, seen:
            case ToolCall(), ToolCall():
                block: Block = _edited_call(old, seen)
            case ToolResult(), ToolResult():
                status = old.status if (old.status == "error") == (seen.status == "error") else seen.status
                call_id = old.call_id if seen.call_id is UNSET else seen.call_id or old.call_id
                fields = _wordless(old.fields)
                block = replace(old, content=seen.content, call_id=call_id, status=status, seals=(), fields=fields)
            case _:
                block = replace(seen, item=old.item)
        seal = ", and the seal that was made for the old words is left out" if old.seals else ""
        self._find(_ROWS[type(seen)].altered, seen, "altered", f"was edited; the edit stands{seal}")
        return block

    def _damaged(self, entry: Entry, old: Thinking, seen: Thinking) -> Block:
        if words(entry.prints[0]) != words(fingerprint(seen)):
            self.has_other_words = True
            self._report("thinking.unaltered", "fail", "altered", "Thinking was changed; what it was is lost.")
            return replace(seen, item=old.item, places=old.places or seen.places)
        block = refill(old, entry.cut, seen)
        is_mended = "seals" not in entry.cut
        is_lost = not is_mended and len(block.seals) < len(old.seals)
        how = "is mended" if is_mended else "what it was is lost"
        what = f"A seal of thinking was {'lost' if is_lost else 'changed'}; {how}."
        self._report("seal.kept" if is_lost else "seal.unaltered", "warn" if is_mended else "fail", "altered", what)
        return block

    def _find(self, check: str, block: Block, fate: Fate, what: str) -> None:
        status: Status = "fail" if isinstance(block, Thinking) else "warn"
        self._report(check, status, fate, f"{_ROWS[type(block)].name.capitalize()} {what}.")

    def _report(self, check: str, status: Status, fate: Fate, what: str) -> None:
        level: Level = "MUST" if status == "fail" else "SHOULD"
        path = f"{self._path}.blocks[{len(self.blocks)}]" if self._path else f"blocks[{len(self.blocks)}]"
        self.findings.append(Finding(check=check, status=status, level=level, fate=fate, what=what, path=path))


def _is_edit(pair: Pair, entries: Sequence[Entry], plain: Message) -> bool:
    if pair.same or (pair.old is not None and not entries[pair.old].prints):
        return False
    block = plain.blocks[cast("int", pair.new)] if pair.old is None else entries[pair.old].block
    return not isinstance(block, Thinking) and not (pair.old is None and block == Text(text=""))


def _edited_call(old: ToolCall, seen: ToolCall) -> ToolCall:
    arguments, kind = seen.arguments, old.kind
    value = value_of(arguments)
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    only = next(iter(held.values())) if len(held) == 1 else None
    if kind == "freeform" and isinstance(only, str):
        arguments = only
    elif kind == "freeform" or (kind == "object" and not isinstance(value, dict)):
        kind = "json"
    call_id = seen.id if isinstance(seen.id, str) else old.id
    fields = _wordless(old.fields)
    return replace(old, id=call_id, name=seen.name, arguments=arguments, kind=kind, seals=(), fields=fields)


def _wordless(fields: Json | UnsetType) -> Json | UnsetType:
    """Give of some fields only what can hold no word: nulls, flags and what is empty."""
    value: object = None if fields is UNSET else fields.value
    if fields is UNSET or not isinstance(value, dict):
        return UNSET
    kept = _silent(cast("dict[str, object]", value))
    return fields if kept == value else Json.of(kept) if kept else UNSET


def _silent(value: dict[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for key, item in value.items():
        if item is None or isinstance(item, bool) or item in ("", [], {}):
            kept[key] = item
        elif isinstance(item, dict) and (inner := _silent(cast("dict[str, object]", item))):
            kept[key] = inner
    return kept
