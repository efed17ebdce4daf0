"""A streamed response, in.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two.

Rule 1: the object of the event that ends the stream is the answer, as in the vendor's own client (openai 3.54.0,
`lib/streaming/responses/_responses.py`, read 2026-11-24). Where it leaves out items that were streamed before, they
stand all the same: some servers end with an empty `output`.
Rule 2: an item of `response.output_item.done` wins over what deltas made of it, and that over
`response.output_item.added`; in a stream that was cut the best statement of each item stands.
Rule 3: a seal may be stated more than once, and not always in the same words (recorded traffic). All complete
statements are kept as its `alternates`. That of `added` is none: it may be a beginning (recorded: 932 and 1,572
characters for one item).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, Outcome, Response
from keepthinking._json import Slice, Slices, elements, members, string, utf8
from keepthinking._messages import Block, Message
from keepthinking.dialects._sse import Frame, SSEDecoder
from keepthinking.dialects._text import Halves
from keepthinking.dialects._wire import array, is_array, is_null, is_object, is_string
from keepthinking.dialects.openai_responses._grow import GROWING, Growing, Merged, flat, merge, number
from keepthinking.dialects.openai_responses._names import COMPLETED, FAILED, INCOMPLETE, OUTPUT
from keepthinking.dialects.openai_responses._shown import Shown

_BEGINS = frozenset({"response.created", "response.queued", "response.in_progress"})
"""Events with a response that has not ended; any other event that holds one ends the stream."""

_ENDS: dict[str, Outcome] = {
    f"response.{COMPLETED}": "complete",
    f"response.{INCOMPLETE}": "truncated",
    f"response.{FAILED}": "failed",
}
"""The outcome where the response itself states no status."""


class ResponsesStreamDecoder:
    """Bytes of one streamed response in, events out."""

    def __init__(self, decode: Callable[[Slices], Response]) -> None:
        self._decode = decode
        self._frames = SSEDecoder()
        self._halves = Halves()
        self._body: Slices = {}
        self._items: dict[int, Growing] = {}
        self._shown = Shown()
        self._count = 0
        self._begun = False
        self._ended = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events = (event for found in self._frames.feed(chunk) for event in self._frame(found))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Raises:
            DecodeError: The stream held neither a response nor an error, or an event of it is no event.
        """
        for found in self._frames.finish():
            for _ in self._frame(found):
                pass
        body = dict(self._body)
        if not self._begun and "error" not in body:
            raise DecodeError("the stream holds neither a response nor an error", where="byte 0", culprit="provider")
        merged = Merged([], {})
        if self._begun:
            merged = merge(self._stated(body.get(OUTPUT)), self._items)
            body[OUTPUT] = array(merged.items)
        response = _with_alternates(self._decode(body), merged)
        outcome = response.outcome
        if not self._ended:
            # The client too takes a response as whole at the event that ends it alone.
            outcome = outcome if outcome == "failed" else "truncated"
        elif not isinstance(response.stop_reason, str):
            outcome = _ENDS.get(self._ended, outcome)
        return replace(response, outcome=outcome)

    def _stated(self, output: Slice | None) -> list[bytes]:
        """Give the items of the event that ended the stream."""
        if not self._ended or output is None or not is_array(output):
            return []
        return [bytes(item) for item in elements(output, "the last event, $.response.output", "provider")]

    def _frame(self, found: Frame) -> Iterator[Event]:
        if not found.data.strip() or found.data == "[DONE]":  # some servers end every stream as chat does
            return
        where = f"event {self._count}"
        event = members(utf8(found.data), where, "provider")
        self._count += 1
        tag = event.pop("type", None)
        type_ = found.event if tag is None or not is_string(tag) else string(tag, f"{where}, $.type", "provider")
        response = event.get("response")
        # An event of a later version, and `keepalive`, change nothing.
        if response is not None and is_object(response):
            yield from self._snapshot(members(response, f"{where}, $.response", "provider"), type_, where)
        elif type_ == "response.output_item.added":
            yield from self._begin()
            index = number(event, "output_index", where)
            self._items[index] = Growing(_item(event, where))
            yield from self._shown.added(index, self._items[index])
        elif type_ == "response.output_item.done":
            yield from self._begin()
            yield from self._done(number(event, "output_index", where), bytes(_raw(event, where)), where)
        elif type_ == "error" or ("error" in event and not type_.startswith("response.")):
            self._body["error"] = bytes(event["error"]) if "error" in event else flat(event)
            yield Event(kind="error")
        elif type_.rpartition(".")[0] in GROWING:
            yield from self._begin()
            yield from self._grow(event, type_, where)

    def _begin(self) -> Iterator[Event]:
        if not self._begun:
            self._begun = True
            yield Event(kind="start")

    def _snapshot(self, response: Slices, type_: str, where: str) -> Iterator[Event]:
        yield from self._begin()
        kept = {"error": self._body["error"]} if "error" in self._body else {}
        self._body = {key: bytes(raw) for key, raw in response.items()}
        if kept and is_null(self._body.get("error", b"null")):
            self._body.update(kept)
        if type_ in _BEGINS:
            return
        self._ended = type_
        for index, raw in enumerate(self._stated(self._body.get(OUTPUT))):
            if index not in self._items:
                yield from self._shown.done(index, raw, where)
        if not is_null(self._body.get("usage", b"null")):
            yield Event(kind="usage")
        if not is_null(self._body.get("error", b"null")):
            yield Event(kind="error")
        yield Event(kind="end")

    def _done(self, index: int, raw: bytes, where: str) -> Iterator[Event]:
        item = self._items.setdefault(index, Growing(members(raw, f"{where}, $.item", "provider")))
        item.statements.append(raw)
        yield from self._shown.done(index, raw, where)

    def _grow(self, event: Slices, type_: str, where: str) -> Iterator[Event]:
        index = number(event, "output_index", where)
        base, _, verb = type_.rpartition(".")
        how = GROWING[base]
        item = self._items.get(index)
        if item is None:
            item = self._items[index] = Growing.of(how)
        part = number(event, how.number, where) if how.number else 0
        yield from self._shown.words(index, how.list, part, how.shows, item.grow(how, verb, event, where))


def _with_alternates(response: Response, merged: Merged) -> Response:
    """Add to each seal what else was stated of it."""
    if not merged.alternates or not response.messages:
        return response
    message = response.message

    def one(block: Block) -> Block:
        known = merged.alternates.get(block.item, {}) if isinstance(block.item, int) else {}
        if not any(seal.slot in known for seal in block.seals):
            return block
        seals = (replace(seal, alternates=tuple(known.get(seal.slot, ()))) for seal in block.seals)
        return replace(block, seals=tuple(seals))

    changed: Message = message.replace(blocks=tuple(map(one, message.blocks)))
    return replace(response, messages=(changed, *response.messages[1:]))


def _raw(event: Slices, where: str) -> Slice:
    raw = event.get("item")
    if raw is None or not is_object(raw):
        raise DecodeError("an event of an item has no `item`", where=where, culprit="provider")
    return raw


def _item(event: Slices, where: str) -> Slices:
    return members(_raw(event, where), f"{where}, $.item", "provider")
