"""What a stream shows to a user who watches it.

Rule 1: the words of all events of a kind, joined, are the words of the final blocks of that kind: what no delta said
is shown when the item is done.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from keepthinking._exchange import Event, EventKind
from keepthinking._json import Slice, join_surrogates, members, string
from keepthinking._messages import Block, Text, Thinking, ToolCall
from keepthinking.dialects._text import Grow
from keepthinking.dialects._wire import is_string
from keepthinking.dialects.openai_responses._grow import Growing
from keepthinking.dialects.openai_responses._names import CALLS, CONTENT, SEGMENTS
from keepthinking.dialects.openai_responses._read import read_made

_Key = tuple[int, str, int]
"""Index of an item, its list, and the number of the part in it."""


class Shown:
    """What of one answer was shown so far."""

    def __init__(self) -> None:
        self._texts: dict[_Key, Grow] = {}
        self._numbers: dict[str, dict[tuple[int, int], int]] = {}
        self._called: set[int] = set()

    def added(self, index: int, item: Growing) -> Iterator[Event]:
        """Show what is known of an item when it begins: the name of a call."""
        name = item.start.get("name", b"")
        if item.kind in CALLS and name and is_string(name):
            id_ = item.start.get("call_id", b"")
            made = ToolCall(
                id=string(id_, "call_id") if id_ and is_string(id_) else UNSET,
                name=string(name, "name"),
                arguments="",
                kind=CALLS[item.kind][1],
            )
            yield from self._call(index, made)

    def words(self, index: int, name: str, part: int, kind: EventKind | None, text: str) -> Iterator[Event]:
        """Show new words of a part of an item."""
        if not text or kind is None:
            return
        self._texts.setdefault((index, name, part), Grow()).add(text)
        yield Event(kind=kind, index=self._number(kind, index, part), text=text)

    def done(self, index: int, raw: Slice, where: str) -> Iterator[Event]:
        """Show what was not shown yet of an item that is complete."""
        message = read_made([members(raw, where, "provider")], f"{where}, $.output", "provider")
        for n, block in enumerate(message.blocks):
            yield from self._block(index, n, block)

    def _block(self, index: int, n: int, block: Block) -> Iterator[Event]:
        if isinstance(block, Text):
            yield from self._rest(index, CONTENT, n, "text", block.text)
        elif isinstance(block, Thinking):
            for name, how in SEGMENTS.items():
                texts = [segment.text for segment in block.segments if segment.channel == how.channel]
                for part, text in enumerate(texts):
                    yield from self._rest(index, name, part, "thinking", text if isinstance(text, str) else "")
            for seal in block.seals:
                yield Event(kind="seal", index=self._number("thinking", index, 0), name=seal.slot)
        elif isinstance(block, ToolCall):
            yield from self._call(index, block)
            yield from self._rest(index, "", 0, "arguments", block.arguments)
        else:
            kind = getattr(block, "kind", "")
            yield Event(kind="block", index=self._number("block", index, n), name=kind)

    def _rest(self, index: int, name: str, part: int, kind: EventKind, text: str) -> Iterator[Event]:
        shown = join_surrogates(str(self._texts.get((index, name, part), "")))
        if text.startswith(shown):
            yield from self.words(index, name, part, kind, text[len(shown) :])

    def _call(self, index: int, call: ToolCall) -> Iterator[Event]:
        if index not in self._called:
            self._called.add(index)
            yield Event(
                kind="tool_call",
                index=self._number("arguments", index, 0),
                name=call.name,
                id=call.id if isinstance(call.id, str) else UNSET,
                server=call.server,
                freeform=call.kind == "freeform",
            )

    def _number(self, kind: str, index: int, part: int) -> int:
        """Give the number of a block of its kind, in the order in which they began; a thought is one block."""
        known = self._numbers.setdefault(kind, {})
        return known.setdefault((index, part if kind in {"text", "block"} else 0), len(known))
