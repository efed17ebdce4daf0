"""One connection: how an answer goes out, what goes wrong with it on purpose, and what is recorded of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from starlette.types import Receive, Send

from keepthinking_conformance.provider._errors import Error, error_body
from keepthinking_conformance.provider._talk import Record
from keepthinking_conformance.scenarios._faults import Fault

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream; charset=utf-8"
LINES: Final[Mapping[str, str]] = {"ollama": "application/x-ndjson"}
"""Media types of streams that are none of events, by dialect (https://docs.ollama.com/api/streaming)."""
CLOSED: Final[Mapping[str, str]] = {"connection": "close"}
"""One connection a request: clients that are never closed, as agents leave them, then leave no open socket behind."""
_MOST = 3
"""How many cuts a frame gets at most."""


class Played(NamedTuple):
    """An answer as it is sent.

    Attributes:
        frames: Its frames, one where it is not streamed.
        cuts: How a stream is cut into pieces.
        streamed: Whether it is streamed.
        middle: How many frames a client has got when it is in the middle of the first thought.
    """

    frames: Sequence[bytes]
    cuts: Random
    streamed: bool
    middle: int = 1


class Line:
    """One connection on which one answer goes out, and what is recorded of it.

    Attributes:
        record: What is recorded.
        began: Whether anything has been sent.
    """

    def __init__(self, record: Record, receive: Receive, send: Send, closing: asyncio.Event) -> None:
        self.record = record
        self.began = False
        self._send = send
        self._closing = closing
        self._gone = asyncio.ensure_future(_until_gone(receive))

    def close(self) -> None:
        """Stop listening."""
        self._gone.cancel()

    async def refuse(self, error: Error, headers: Mapping[str, str] | None = None) -> None:
        """Send an error in the vendor's shape."""
        await self.whole(error_body(self.record.voice.dialect, error), error.status, headers)

    async def whole(self, body: bytes, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Send a body at once."""
        self.record.status = status
        await self._start(status, {"content-length": str(len(body)), **(headers or {})}, JSON)
        await self._last(body)

    async def hang(self, seconds: float) -> None:
        """Be silent, then end the connection without an answer, unless the client or the server ends first."""
        self.record.status = 0
        await self.rest(seconds)
        # Of the length that is announced nothing comes: no client takes that for an answer.
        await self._start(200, {"content-length": "1"}, JSON)

    async def hold(self, played: Played, seconds: float, held: Callable[[], None]) -> None:
        """Stop in the middle of the first thought, tell so, and end without the rest.

        Args:
            played: The answer; one that is not streamed stops in its own middle.
            seconds: How long the client is kept waiting, unless it or the server ends first.
            held: Called when the client has got all that it will get.
        """
        await self._begin(played)
        for frame in played.frames[: played.middle] if played.streamed else ():
            await self._piece(frame)
        if not played.streamed:
            await self._piece(_half(played.frames[0]))
        held()
        await self.rest(seconds)
        # Before the connection ends: whoever notices that may ask for it at once.
        self.record.torn = not self._gone.done()

    async def play(self, played: Played, *, pace: float, fault: Fault | None) -> None:
        """Send an answer, cut into pieces as a network cuts it."""
        kind = None if fault is None else fault.kind
        frames = list(played.frames)
        if kind == "malformed":
            frames[0] = _broken(frames[0])
        await self._begin(played)
        stop = (len(frames) - 1) // 2 if kind == "cut" else len(frames)
        for n, frame in enumerate(frames):
            if self._gone.done() or self._closing.is_set():
                return
            if n == stop:
                await self._piece(_half(frame))
                return
            pieces = list(_pieces(frame, played.cuts)) if played.streamed else [frame]
            for piece in pieces[:-1]:
                await self._piece(piece)
            if n == len(frames) - 1:
                await self._last(pieces[-1])
            else:
                await self._piece(pieces[-1])
                await self.rest(pace)

    async def _begin(self, played: Played) -> None:
        size = {} if played.streamed else {"content-length": str(sum(map(len, played.frames)))}
        streamed = LINES.get(self.record.voice.dialect, EVENTS)
        await self._start(200, size, streamed if played.streamed else JSON)

    async def rest(self, seconds: float) -> None:
        """Wait, unless the client or the server ends first."""
        if seconds == 0:
            await asyncio.sleep(0)
            return
        closing = asyncio.ensure_future(self._closing.wait())
        await asyncio.wait({closing, self._gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()

    async def _start(self, status: int, headers: Mapping[str, str], kind: str) -> None:
        all_ = {"content-type": kind, **CLOSED, **headers}
        raw = [(name.encode(), value.encode()) for name, value in all_.items()]
        self.began = True
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _piece(self, body: bytes) -> None:
        self.record.chunks.append(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _last(self, body: bytes) -> None:
        # Before it is sent: whoever has read it may ask for the record at once.
        self.record.chunks.append(body)
        self.record.delivered = True
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _pieces(frame: bytes, cuts: Random) -> Iterator[bytes]:
    """Cut bytes into pieces, at most a few, anywhere: also inside a character."""
    places = sorted(cuts.sample(range(1, len(frame)), min(len(frame) - 1, cuts.randint(0, _MOST))))
    yield from (frame[a:b] for a, b in zip([0, *places], [*places, len(frame)], strict=True))


def _half(frame: bytes) -> bytes:
    return frame[: len(frame) // 2]


def _broken(frame: bytes) -> bytes:
    """Break the JSON of a frame and leave the frame as it is."""
    return frame.replace(b":", b";").replace(b"data;", b"data:").replace(b"event;", b"event:")
