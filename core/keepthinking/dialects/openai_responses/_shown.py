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
from keepthinking.dialects.openai_responses._grow import Growing, Words
from keepthinking.dialects.openai_responses._names import CALLS, CONTENT, SEGMENTS
from keepthinking.dialects.openai_responses._read import read_made

_Key = tuple[int, str, int]
"""Key of an item, its list, and the number of the part in it."""


class Shown:
    """What of one answer was shown so far."""

    def __init__(self) -> None:
        self._texts: dict[_Key, Grow] = {}
        self._numbers: dict[str, dict[tuple[int, int], int]] = {}
        self._once: set[tuple[int, str, int | str]] = set()

    def added(self, item: Growing) -> Iterator[Event]:
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
            yield from self._call(item.key, made)

    def said(self, key: int, name: str, kind: EventKind | None, words: Words) -> Iterator[Event]:
        """Show what is new of the words of a part of an item."""
        if kind is None:
            return
        if words.whole:
            yield from self._rest(key, name, words.part, kind, words.text)
        else:
            yield from self._words(key, name, words.part, kind, words.text)

    def done(self, key: int, raw: Slice, where: str) -> Iterator[Event]:
        """Show what was not shown yet of an item that is complete."""
        message = read_made([members(raw, where, "provider")], f"{where}, $.output", "provider")
        for n, block in enumerate(message.blocks):
            yield from self._block(key, n, block)

    def _words(self, key: int, name: str, part: int, kind: EventKind, text: str) -> Iterator[Event]:
        if text:
            self._texts.setdefault((key, name, part), Grow()).add(text)
            yield Event(kind=kind, index=self._number(kind, key, part), text=text)

    def _block(self, key: int, n: int, block: Block) -> Iterator[Event]:
        if isinstance(block, Text):
            yield from self._rest(key, CONTENT, n, "text", block.text)
        elif isinstance(block, Thinking):
            for name, how in SEGMENTS.items():
                texts = [segment.text for segment in block.segments if segment.channel == how.channel]
                for part, text in enumerate(texts):
                    yield from self._rest(key, name, part, "thinking", text if isinstance(text, str) else "")
            for seal in block.seals:
                if self._first(key, "seal", seal.slot):
                    yield Event(kind="seal", index=self._number("thinking", key, 0), name=seal.slot)
        elif isinstance(block, ToolCall):
            yield from self._call(key, block)
            yield from self._rest(key, "", 0, "arguments", block.arguments)
        elif self._first(key, "block", n):
            kind = getattr(block, "kind", "")
            yield Event(kind="block", index=self._number("block", key, n), name=kind)

    def _rest(self, key: int, name: str, part: int, kind: EventKind, text: str) -> Iterator[Event]:
        shown = join_surrogates(str(self._texts.get((key, name, part), "")))
        if text.startswith(shown):
            yield from self._words(key, name, part, kind, text[len(shown) :])

    def _call(self, key: int, call: ToolCall) -> Iterator[Event]:
        if self._first(key, "tool_call", 0):
            yield Event(
                kind="tool_call",
                index=self._number("arguments", key, 0),
                name=call.name,
                id=call.id if isinstance(call.id, str) else UNSET,
                server=call.server,
                freeform=call.kind == "freeform",
            )

    def _first(self, key: int, what: str, which: int | str) -> bool:
        """Tell whether something that is shown once was not shown yet."""
        found = (key, what, which) not in self._once
        self._once.add((key, what, which))
        return found

    def _number(self, kind: str, key: int, part: int) -> int:
        """Give the number of a block of its kind, in the order in which they began; a thought is one block."""
        known = self._numbers.setdefault(kind, {})
        return known.setdefault((key, part if kind in {"text", "block"} else 0), len(known))
