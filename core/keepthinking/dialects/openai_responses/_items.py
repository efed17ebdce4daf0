"""Which item an event of a stream is about.

The vendor numbers items (`output_index`), and so do most servers; not all do, and not all do it well:

Rule 1: a number holds items of one type each: another type under the same number is another item, and so is another
id of a call, or another id where an item begins.
Rule 2: among several the id decides, which on some servers is that of the call (llama.cpp, `tools/server/
server-task.cpp`, read 2026-11-24). Where no id fits, it is an item that is not done: some gateways give an item
another id in each event.
Rule 3: an event without a number is about the item that its id names, else about one of its type that is not done; if
there is none, an item begins behind the last.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking._json import Slices, dump_string, members
from keepthinking.dialects._wire import is_object
from keepthinking.dialects.openai_responses._grow import THOUGHTS, Growing, How, text_of
from keepthinking.dialects.openai_responses._names import ASSISTANT, LISTS, MESSAGE, REASONING, STRINGS


class Items:
    """The items of one answer while it is streamed."""

    def __init__(self) -> None:
        self._all: list[Growing] = []

    def __iter__(self) -> Iterator[Growing]:
        """Give the items in the order of the answer; those under one number in the order in which they came."""
        return iter(sorted(self._all, key=lambda item: (item.index, item.key)))

    def __len__(self) -> int:
        return len(self._all)

    def added(self, index: int | None, left: Slices) -> Growing:
        """Find or begin the item that an event says was added."""
        id_, call_id = text_of(left, "id"), text_of(left, "call_id")
        for item in self._at(index):
            if item.kind == text_of(left, "type") and not _conflict(item, call_id):
                known = item.names & {id_, call_id}
                unnamed = index is not None and not item.statements and not (item.names and (id_ or call_id))
                if known or unnamed:
                    if not item.statements:
                        item.begin(left)
                    return item
        return self._new(index, left)

    def done(self, index: int | None, left: Slices) -> Growing:
        """Find or begin the item that an event says is done."""
        id_, call_id = text_of(left, "id"), text_of(left, "call_id")
        known = self._at(index)
        for item in known:
            if item.names & {id_, call_id} and not _conflict(item, call_id):
                return item
        like = [item for item in known if item.kind == text_of(left, "type") and not _conflict(item, call_id)]
        waiting = [item for item in like if not item.statements]
        if waiting:
            return waiting[-1]  # the one that began first
        if index is not None and like and not (id_ and like[0].names):
            return like[0]
        return self._new(index, left)

    def growing(self, index: int | None, how: How, event: Slices) -> Growing:
        """Find or begin the item that an event lets grow."""
        kind = _kind(how, event)
        known = self._at(index)
        like = [item for item in known if item.kind == kind or (how.member == "part" and how.list in _lists(item))]
        name = text_of(event, "item_id")
        open_ = [item for item in like if not item.statements]
        named = [item for item in like or known if name and name in item.names]
        strange = [item for item in known if index is not None and not _lists(item) and item.kind not in STRINGS]
        for found in (named, open_, like if index is not None else [], strange):
            if found:
                return found[0]
        start: Slices = {"type": dump_string(kind)}
        return self._new(index, {**start, "role": dump_string(ASSISTANT)} if kind == MESSAGE else start)

    def _at(self, index: int | None) -> list[Growing]:
        """Give the items under a number, the newest first; all of them where there is no number."""
        return [item for item in reversed(self._all) if index is None or item.index == index]

    def _new(self, index: int | None, left: Slices) -> Growing:
        if index is None:
            index = max((item.index for item in self._all), default=-1) + 1
        item = Growing(len(self._all), index, left)
        self._all.append(item)
        return item


def _kind(how: How, event: Slices) -> str:
    """Give the type of the item that an event lets grow: thoughts and texts are parts alike."""
    raw = event.get("part")
    if how.member == "part" and raw is not None and is_object(raw):
        return REASONING if text_of(members(raw, "$.part", "provider"), "type") in THOUGHTS else how.kind
    return how.kind


def _lists(item: Growing) -> frozenset[str]:
    return frozenset(LISTS.get(item.kind, ()))


def _conflict(item: Growing, call_id: str) -> bool:
    return bool(call_id and item.call_id and call_id != item.call_id)
