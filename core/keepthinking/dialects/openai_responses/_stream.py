"""A streamed response, in.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two.

Rule 1: the object of the event that ends the stream is the answer, as in the vendor's own client (openai 3.54.0,
`lib/streaming/responses/_responses.py`, read 2026-11-24). What it leaves out or leaves empty and an earlier event
said stands all the same, items and their members alike: some servers end with an empty `output`.
Rule 2: an item of `response.output_item.done` wins over what deltas made of it, and that over
`response.output_item.added`; in a stream that was cut the best statement of each item stands.
Rule 3: a seal may be stated more than once, and not always in the same words (recorded traffic). All complete
statements are kept as its `alternates`. That of `added` is none: it may be a beginning (recorded: 932 and 1,572
characters for one item).
Rule 4: some gateways give an item another id in each event (recorded traffic). The last one stands, the others are its
spelling: whoever sends one of them back has changed nothing.
Rule 5: a server that was asked to stream and answers with one JSON object has answered all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, Outcome, Response
from keepthinking._json import Slices, dump_string, elements, members, string, utf8
from keepthinking._messages import Block, Item, Message
from keepthinking.dialects._sse import Frame, SSEDecoder, Whole
from keepthinking.dialects._text import Halves
from keepthinking.dialects._wire import Spelling, array, is_array, is_json, is_null, is_object, is_string
from keepthinking.dialects.openai_responses._fuller import says_nothing
from keepthinking.dialects.openai_responses._grow import GROWING, flat, number, text_of
from keepthinking.dialects.openai_responses._items import Items
from keepthinking.dialects.openai_responses._merge import Merged, merge
from keepthinking.dialects.openai_responses._names import COMPLETED, FAILED, INCOMPLETE, OUTPUT
from keepthinking.dialects.openai_responses._shown import Shown

_BEGINS = frozenset({"response.created", "response.queued", "response.in_progress"})
"""Events with a response that has not ended."""

_CANCELLED, _DONE = "response.cancelled", "response.done"
_ENDS: Mapping[str, Outcome] = {
    f"response.{COMPLETED}": "complete",
    f"response.{INCOMPLETE}": "truncated",
    f"response.{FAILED}": "failed",
    _CANCELLED: "truncated",
    _DONE: "complete",
}
"""Events that end a stream, and the outcome where the response itself states no status. The last two are a status
(openai 3.54.0, `types/responses/response_status.py`), and how the vendor's Realtime wire ends its answers
(`types/realtime/response_done_event.py`): servers of several wires share their code."""

_ERRORS = frozenset({"error", "response.error"})


class ResponsesStreamDecoder:
    """Bytes of one streamed response in, events out."""

    def __init__(self, decode: Callable[[Slices], Response]) -> None:
        self._decode = decode
        self._frames = SSEDecoder()
        self._object = Whole()
        self._halves = Halves()
        self._body: Slices = {}
        self._items = Items()
        self._shown = Shown()
        self._count = 0
        self._begun = False
        self._ended = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events: Iterator[Event] = (event for found in self._frames.feed(chunk) for event in self._frame(found))
        if self._object.feed(chunk) and not self._begun:
            events = self._answer()
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Raises:
            DecodeError: The stream held neither a response nor an error, or an event of it is no event.
        """
        for found in self._frames.finish():
            for _ in self._frame(found):
                pass
        if not self._begun and self._object.raw():
            for _ in self._answer():
                pass
        body = dict(self._body)
        if not self._begun and "error" not in body:
            raise DecodeError("the stream holds neither a response nor an error", where="byte 0", culprit="provider")
        merged: list[Merged] = []
        if self._begun:
            merged = merge(self._stated(), self._items)
            body[OUTPUT] = array([one.raw for one in merged])
        response = _with_alternates(self._decode(body), merged)
        outcome = response.outcome
        if not self._ended:
            # The client too takes a response as whole at the event that ends it alone.
            outcome = outcome if outcome == "failed" else "truncated"
        elif not isinstance(response.stop_reason, str):
            outcome = _ENDS.get(self._ended, outcome)
        return replace(response, outcome=outcome)

    def _stated(self) -> list[bytes]:
        """Give the items of the event that ended the stream."""
        output = self._body.get(OUTPUT)
        if not self._ended or output is None or not is_array(output):
            return []
        return [bytes(item) for item in elements(output, "the last event, $.response.output", "provider")]

    def _frame(self, found: Frame) -> Iterator[Event]:
        if not found.data.strip() or found.data == "[DONE]":  # some servers end every stream as chat does
            return
        where = f"event {self._count}"
        self._count += 1
        data = utf8(found.data)
        if found.event == "error" and not is_json(data):
            yield from self._failed(dump_string(found.data))
            return
        event = members(data, where, "provider")
        tag = event.pop("type", None)
        type_ = found.event if tag is None or not is_string(tag) else string(tag, f"{where}, $.type", "provider")
        raw = event.get("response")
        response = members(raw, f"{where}, $.response", "provider") if raw is not None and is_object(raw) else {}
        error = event.get("error", b"null")
        # An event of a later version, and `keepalive`, change nothing.
        if type_ in _ERRORS or (not is_null(error) and (type_ in _ENDS or not type_.startswith("response."))):
            yield from self._failed(bytes(error) if "error" in event else flat(event))
        if not type_ and text_of(response, "status") in _STATUS:
            type_ = _STATUS[text_of(response, "status")]
        if type_ in _ENDS or (type_ in _BEGINS and not self._ended):
            yield from self._snapshot(response, type_, where)
        elif type_ == "response.output_item.added":
            yield from self._begin()
            yield from self._shown.added(self._items.added(number(event, _INDEX, where), _item(event, where)))
        elif type_ == "response.output_item.done":
            yield from self._begin()
            left = _item(event, where)
            item = self._items.done(number(event, _INDEX, where), left)
            item.state(bytes(event["item"]), left)
            yield from self._shown.done(item.key, item.whole(), where)
        elif type_.rpartition(".")[0] in GROWING:
            yield from self._begin()
            base, _, verb = type_.rpartition(".")
            how = GROWING[base]
            item = self._items.growing(number(event, _INDEX, where), how, event)
            yield from self._shown.said(item.key, how.list, how.shows, item.grow(how, verb, event, where))

    def _begin(self) -> Iterator[Event]:
        if not self._begun:
            self._begun = True
            yield Event(kind="start")

    def _failed(self, error: bytes) -> Iterator[Event]:
        self._body["error"] = error
        yield Event(kind="error")

    def _answer(self) -> Iterator[Event]:
        """Take an answer that was not streamed at all."""
        left = members(self._object.raw(), "$", "provider")
        if OUTPUT in left or "status" in left:
            yield from self._snapshot(left, _DONE, "$")
        elif not is_null(left.get("error", b"null")):
            yield from self._failed(bytes(left["error"]))

    def _snapshot(self, response: Slices, type_: str, where: str) -> Iterator[Event]:
        yield from self._begin()
        known = {key: raw for key, raw in self._body.items() if not is_null(raw)}
        if not self._ended and type_ in _ENDS:
            known.pop("status", None)  # how it stood is not how it ended
        self._body = {**known, **{key: bytes(raw) for key, raw in response.items()}}
        for key in ("error", OUTPUT):
            if key in known and says_nothing(self._body[key]):
                self._body[key] = known[key]
        if type_ in _BEGINS:
            return
        first, self._ended = not self._ended, type_
        merged = merge(self._stated(), self._items, f"{where}, $.response.{OUTPUT}")
        for n, one in enumerate(merged):
            which = len(self._items) + n if one.growing is None else one.growing.key
            yield from self._shown.done(which, one.raw, where)
        if not first:
            return
        if not is_null(self._body.get("usage", b"null")):
            yield Event(kind="usage")
        if "error" not in known and not is_null(self._body.get("error", b"null")):
            yield Event(kind="error")
        yield Event(kind="end")


_INDEX = "output_index"
_STATUS: Mapping[str, str] = {
    COMPLETED: f"response.{COMPLETED}",
    INCOMPLETE: f"response.{INCOMPLETE}",
    FAILED: f"response.{FAILED}",
    "cancelled": _CANCELLED,
}
"""Which event an event without any name is, by the status of its response."""


def _with_alternates(response: Response, merged: Sequence[Merged]) -> Response:
    """Add to each seal, and to each item, what else was stated of it."""
    if not any(one.alternates or one.ids for one in merged) or not response.messages:
        return response
    message = response.message

    def block(held: Block) -> Block:
        known = merged[held.item].alternates if isinstance(held.item, int) else {}
        if not any(seal.slot in known for seal in held.seals):
            return held
        seals = (replace(seal, alternates=tuple(known.get(seal.slot, ()))) for seal in held.seals)
        return replace(held, seals=tuple(seals))

    def item(held: Item, ids: Sequence[str]) -> Item:
        spelling = Spelling(held.spelling)
        for n, id_ in enumerate(ids):
            spelling.note(f"id[{n}]", id_)
        return replace(held, spelling=spelling.json()) if ids and isinstance(held.id, str) else held

    changed: Message = message.replace(
        blocks=tuple(map(block, message.blocks)),
        items=tuple(item(held, one.ids) for held, one in zip(message.items, merged, strict=True)),
    )
    return replace(response, messages=(changed, *response.messages[1:]))


def _item(event: Slices, where: str) -> Slices:
    raw = event.get("item")
    if raw is None or not is_object(raw):
        raise DecodeError("an event of an item has no `item`", where=where, culprit="provider")
    return members(raw, f"{where}, $.item", "provider")
