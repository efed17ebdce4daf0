"""Reading one answer, sans-IO: bytes in, events and a response out.

An answer is read as what it is, whatever was asked for and whatever its header says: some gateways stream always, some
never, and some name the wrong type. JSON begins with a bracket and a stream of events cannot, so the first byte tells.

1. A stream is fed to the dialect's decoder.
2. A body of JSON is the whole answer. Where events were asked for it gives those of the same answer streamed: the
   dialect writes it as a stream and reads that.
3. Where a stream is lines of JSON, a whole answer is a stream of one line, and nothing has to tell the two apart.
4. Anything else is no answer: a `DecodeError` that says so.
"""

from __future__ import annotations

from msgspec.structs import replace

from keepthinking._errors import DecodeError, KeepthinkingError, ProviderError
from keepthinking._exchange import Event, Response
from keepthinking._json import MAX_BYTES
from keepthinking._profiles import Profile
from keepthinking.client._faults import Faults
from keepthinking.dialects import Dialect

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data", b"event", b"id", b"retry")
"""How a line of a stream of events begins (the HTML standard, 9.2.5)."""
_FIELD = max(map(len, _FIELDS))
_LINE = b"\n"
"""Stands for the first byte of a stream that is lines of JSON."""
_UNDER_WAY = frozenset({"queued", "in_progress"})
"""What a stream of the Responses API says of itself until it is over (openai 3.54.0, `response_status.py`)."""


class Answer:
    """One answer with a good status on its way in.

    Attributes:
        done: Whether the stream said that it is over; what comes behind is not read.
    """

    def __init__(  # noqa: PLR0913 - what an answer is read by
        self,
        dialect: Dialect,
        profile: Profile,
        faults: Faults,
        *,
        stream: bool,
        ends: bool = True,
        lines: bool = False,
        limit: int = MAX_BYTES,
    ) -> None:
        self.done = False
        self._ends = ends
        self._lines = lines
        self._stream = stream
        self._dialect = dialect
        self._profile = profile
        self._faults = faults
        self._limit = limit
        self._size = 0
        self._held: list[bytes] = []
        self._kind = b""
        self._start = b""
        self._failure: ProviderError | None = None
        self._decoder = dialect.stream_decoder(profile)
        self._response: Response | None = None

    @property
    def response(self) -> Response:
        """The response, once `finish` was called. Raises `RuntimeError` before."""
        if self._response is None:
            raise RuntimeError("the response is whole only after the last event")
        return self._response

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. An error that the stream tells of ends it: see `finish`.

        Raises:
            DecodeError: What came is no answer of this dialect, or is too large.
        """
        try:
            return self._feed(chunk)
        except DecodeError as error:
            raise self._faults.placed(error)  # noqa: B904 - it is the same one

    def _feed(self, chunk: bytes) -> list[Event]:
        if self.done:
            return []
        self._size += len(chunk)
        if self._size > self._limit:
            what = f"the answer has more than {self._limit:,} bytes"
            raise DecodeError(what, where=f"byte {self._limit}", culprit="provider")
        if self._kind in b"{[<":  # also b"", where nothing is known yet
            self._held.append(chunk)
            if self._kind:
                return []
            start = b"".join(self._held).removeprefix(_BOM).lstrip(_SPACE)
            self._kind, self._start = start[:1], start[:_FIELD]
            if self._kind == b"<":
                raise self._faults.no_json("an HTML page")
            if self._lines and self._kind == b"{":
                self._kind = _LINE
            if not self._kind or self._kind in b"{[":
                return []
            chunk, self._held = start if self._kind == _LINE else b"".join(self._held), []
        return self._events(chunk)

    def finish(self) -> list[Event]:
        """End the answer and give what events were left; afterwards `response` has it.

        Raises:
            DecodeError: What came is no answer of this dialect.
            ProviderError: The answer says that it failed.
            TransportError: The answer ended early.
        """
        try:
            return self._finish()
        except DecodeError as error:
            raise self._faults.placed(error)  # noqa: B904 - it is the same one

    def _finish(self) -> list[Event]:
        if not self._kind:
            raise self._faults.empty()
        if self._kind in b"{[":
            return self._whole(b"".join(self._held).removeprefix(_BOM))
        events: list[Event] = []
        response: Response | None = None
        broken: KeepthinkingError | None = self._failure
        torn = True
        if broken is None:
            try:
                # What the last frame holds if only its closing blank line lacks.
                events = [] if self.done else self._events(b"\n\n")
                torn = not self._lines  # a line is whole, or no JSON
                response = self._decoder.finish()
            except DecodeError as error:
                # Until here all was well, so it is the tail that is broken: the stream was cut inside an event.
                broken = self._faults.cut() if torn and self._looks_like_a_stream() else error
        if broken is not None or response is None:
            raise broken or self._faults.cut()
        if response.outcome == "failed":
            raise self._failure or self._faults.failed(response)
        ended = isinstance(response.stop_reason, str) and response.stop_reason not in _UNDER_WAY
        if response.outcome == "truncated" and not ended:
            raise self._faults.cut()
        self._response = response
        return events

    def _looks_like_a_stream(self) -> bool:
        start = self._start
        return self._kind == _LINE or start.startswith(_FIELDS) or any(field.startswith(start) for field in _FIELDS)

    def _events(self, chunk: bytes) -> list[Event]:
        events = self._decoder.feed(chunk)
        for n, event in enumerate(events):
            if event.kind == "error":
                # The connection may stay open for long after it; what came before it is still given.
                self._failure = self._faults.failed(self._decoder.finish())
                self.done = True
                return events[:n]
            self.done = self.done or (self._ends and event.kind == "end")
        return events

    def _whole(self, body: bytes) -> list[Event]:
        response = self._dialect.decode_response(body, self._profile)
        if response.outcome == "failed":
            raise self._faults.failed(response)
        self._response = response
        if not self._stream:
            return []
        spoken = replace(self._profile, framed=False)  # what is read again at once needs no frames
        return [event for frame in self._dialect.encode_stream(response, spoken) for event in self._events(frame)]
