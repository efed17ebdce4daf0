"""A streamed message, in.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two. Members keep the bytes they came in, so numbers and unknown members are
spelled as the provider spelled them.

Which block a delta belongs to: the block of its index, as long as it is of the same kind and not at its end. A union
has one member, so what is of another kind is another block, in the next free place; nothing of either is lost. An
event without an index, as proxies send them, belongs to the block before it by the same rule.

How a block grows: texts, arguments and signatures are joined, bytes (base64) are joined as bytes, citations and parts
of results are appended, and a member that nobody here knows grows by its type. No page says that a signature comes in
one piece; where it does, joined pieces are the same.

Every event may hold a `p`, random padding against the measuring of lengths; it is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, EventKind, Outcome, Response
from keepthinking._json import Slice, Slices, members, string
from keepthinking.dialects._eventstream import EventStreamDecoder, Frame
from keepthinking.dialects._text import Halves
from keepthinking.dialects._wire import NULL, array, is_array, is_null, is_object, is_string, write_members
from keepthinking.dialects.bedrock_converse._grow import Growing, Path
from keepthinking.dialects.bedrock_converse._names import (
    CALL,
    CALL_ID,
    CITATIONS,
    CITED,
    CONTENT,
    ERROR,
    FAMILIES,
    INPUT,
    MESSAGE,
    OUTPUT,
    REDACTED,
    RESULT,
    SERVER_CALL,
    SIGNATURE,
    TEXT,
    THINKING,
    WORDS,
)

How: TypeAlias = Literal["join", "json", "bytes", "append", "extend"]

DELTAS: Mapping[Path, tuple[Path, How]] = {
    (TEXT,): ((TEXT,), "join"),
    (THINKING, TEXT): ((THINKING, WORDS, TEXT), "join"),
    (THINKING, SIGNATURE): ((THINKING, WORDS, SIGNATURE), "join"),
    (THINKING, REDACTED): ((THINKING, REDACTED), "bytes"),
    (CALL, INPUT): ((CALL, INPUT), "json"),
    (RESULT,): ((RESULT, CONTENT), "extend"),
    ("citation",): ((CITED, CITATIONS), "append"),
    ("image", "source", "bytes"): (("image", "source", "bytes"), "bytes"),
}
"""Where a member of a delta stands, where the member of the block stands that it grows, and how."""

_SHOWN: Mapping[Path, tuple[EventKind, str]] = {
    (TEXT,): ("text", ""),
    (THINKING, TEXT): ("thinking", ""),
    (CALL, INPUT): ("arguments", ""),
    (THINKING, SIGNATURE): ("seal", SIGNATURE),
    (THINKING, REDACTED): ("seal", REDACTED),
}
_STREAMED = frozenset({TEXT, THINKING, CALL, "citation"})
"""Members of deltas that have events of their own, or none."""
_PADDING = "p"


class ConverseStreamDecoder:
    """Bytes of one streamed message in, events out."""

    def __init__(self, decode: Callable[[Slices], Response]) -> None:
        self._decode = decode
        self._frames = EventStreamDecoder()
        self._halves = Halves()
        self._body: dict[str, Slice] = {}
        self._message: dict[str, Slice] = {}
        self._blocks: dict[int, Growing] = {}
        self._places: dict[int | None, int] = {}
        self._seen: set[tuple[int, Path]] = set()
        self._count = 0
        self._begun = False
        self._ended = False
        self._readers: Mapping[str, Callable[[Slices, str], Iterator[Event]]] = {
            "messageStart": self._start,
            "contentBlockStart": self._block_start,
            "contentBlockDelta": self._block_delta,
            "contentBlockStop": self._block_stop,
            "messageStop": self._stop,
            "metadata": self._metadata,
        }

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events = (event for found in self._frames.feed(chunk) for event in self._frame(found))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Half a frame at the end is dropped: its checksum has not come, so it says nothing.

        Raises:
            DecodeError: The stream held neither a message nor an error.
        """
        body = dict(self._body)
        if self._begun or self._blocks:
            content = array([self._blocks[place].done(ended=self._ended) for place in sorted(self._blocks)])
            message = {"role": b'"assistant"', **self._message}
            if self._blocks or CONTENT not in message:
                message[CONTENT] = content
            raw = body.get(OUTPUT)
            output = members(raw, OUTPUT, "provider") if raw is not None and is_object(raw) else {}
            body[OUTPUT] = write_members({**output, MESSAGE: write_members(message)})
        elif not self._body:
            what = "the stream holds neither `messageStart` nor an exception"
            raise DecodeError(what, where="byte 0", culprit="provider")
        response = self._decode(body)
        whole = self._ended or response.outcome == "failed"
        outcome: Outcome = response.outcome if whole else "truncated"
        return replace(response, outcome=outcome)

    def _frame(self, found: Frame) -> Iterator[Event]:
        where = f"event {self._count}"
        self._count += 1
        if found.kind == "error":
            self._body[ERROR] = found.payload
            yield Event(kind="error")
            return
        if found.kind == "exception":
            payload = {found.name: found.payload} if found.name else members(found.payload, where, "provider")
            if found.name:
                members(found.payload, where, "provider")
            self._body.update(payload)
            yield Event(kind="error")
            return
        # An event of a later version changes nothing, as in the vendor's client.
        read = self._readers.get(found.name)
        if read is None:
            return
        event = members(found.payload, where, "provider")
        event.pop(_PADDING, None)
        yield from read(event, where)

    def _start(self, event: Slices, _: str) -> Iterator[Event]:
        self._message.update({key: bytes(raw) for key, raw in event.items()})
        if not self._begun:
            self._begun = True
            yield Event(kind="start")

    def _block_start(self, event: Slices, where: str) -> Iterator[Event]:
        wire = _index(event, where)
        raw = event.get("start")
        if raw is None:
            raise DecodeError("`contentBlockStart` has no `start`", where=where, culprit="provider")
        start = members(raw, f"{where}, $.start", "provider")
        index, block = self._at(wire, start, begins=True)
        for key, inner in start.items():
            block.set((key,), inner)
            self._seen.add((index, (key,)))
            if key != CALL or not is_object(inner):
                yield Event(kind="block", index=index, name=key)
                continue
            call = members(inner, f"{where}, $.start.{CALL}", "provider")
            id_, name = (_text(call, member, where) for member in (CALL_ID, "name"))
            server = _text(call, "type", where) == SERVER_CALL
            yield Event(kind="tool_call", index=index, name=name, id=id_ or UNSET, server=server)

    def _block_delta(self, event: Slices, where: str) -> Iterator[Event]:
        wire = _index(event, where)
        raw = event.get("delta")
        if raw is None:
            raise DecodeError("`contentBlockDelta` has no `delta`", where=where, culprit="provider")
        delta = members(raw, f"{where}, $.delta", "provider") if is_object(raw) else {}
        index, block = self._at(wire, delta)
        if is_object(raw):
            yield from self._grow(block, index, (), delta, where)
        else:
            block.whole(raw)

    def _at(self, wire: int | None, members_: Slices, *, begins: bool = False) -> tuple[int, Growing]:
        """Give the block that an event is about, and its place; a new one where it cannot be the one before."""
        kinds = {FAMILIES[key] for key in members_ if key in FAMILIES}
        place = self._places.get(wire)
        block = None if place is None else self._blocks[place]
        if place is None or block is None or begins or block.stopped or not block.takes(kinds):
            free = 0 if not self._blocks else max(self._blocks) + 1
            place = free if wire is None or wire in self._blocks else wire
            block = self._blocks[place] = Growing()
            self._places[wire] = place
        block.kinds |= kinds
        return place, block

    def _grow(self, block: Growing, index: int, path: Path, delta: Slices, where: str) -> Iterator[Event]:
        for key, raw in delta.items():
            here = (*path, key)
            if here in DELTAS and (here != (RESULT,) or is_array(raw)):
                target, how = DELTAS[here]
                block.grow(target, raw, how)
            elif is_object(raw) and (inner := members(raw, f"{where}, $.delta", "provider")):
                yield from self._grow(block, index, here, inner, where)
                continue
            else:
                block.guess(here, raw)
            yield from self._show(index, here, raw, where)

    def _show(self, index: int, here: Path, raw: Slice, where: str) -> Iterator[Event]:
        kind, slot = _SHOWN.get(here, ("block", here[0]))
        if kind in {"text", "thinking", "arguments"}:
            if is_string(raw) and (text := string(raw, where, "provider")):
                yield Event(kind=kind, index=index, text=text)
            return
        mark = here if kind == "seal" else here[:1]
        if (index, mark) not in self._seen and (kind == "seal" or here[0] not in _STREAMED):
            self._seen.add((index, mark))
            yield Event(kind=kind, index=index, name=slot)

    def _block_stop(self, event: Slices, where: str) -> Iterator[Event]:
        place = self._places.get(_index(event, where))
        if place is not None:
            self._blocks[place].stopped = True
        yield from ()

    def _stop(self, event: Slices, _: str) -> Iterator[Event]:
        """Take the end; `metadata` may come after it, before it (no page says which) or, from a proxy, not at all."""
        self._body.update({key: bytes(raw) for key, raw in event.items()})
        if not self._ended:
            self._ended = True
            yield Event(kind="end")

    def _metadata(self, event: Slices, _: str) -> Iterator[Event]:
        if "usage" in event:
            yield Event(kind="usage")
        self._body.update({key: bytes(raw) for key, raw in event.items()})


def _text(left: Slices, key: str, where: str) -> str:
    raw = left.get(key)
    return string(raw, where, "provider") if raw is not None and is_string(raw) else ""


def _index(event: Slices, where: str) -> int | None:
    """Give the index of a block; None where an event has none."""
    raw = bytes(event.get("contentBlockIndex", NULL))
    if is_null(raw):
        return None
    if not raw.isdigit() or len(raw) > _DIGITS:
        raise DecodeError("`contentBlockIndex` is not a number", where=where, culprit="provider")
    return int(raw)


_DIGITS = 9
