"""The application: paths, bodies, streams, faults, and what is recorded of them."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from keepthinking._errors import DecodeError
from keepthinking._exchange import Request as Asked
from keepthinking._json import dump
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._errors import BAD_REQUEST, NOT_FOUND, TOO_MANY, error_body, overloaded
from keepthinking_conformance.provider._reply import Reply, answer
from keepthinking_conformance.provider._talk import Record, Talk
from keepthinking_conformance.scenarios._faults import Fault, fault_of

_PATHS: Mapping[str, re.Pattern[str]] = {
    "openai-chat": re.compile(r"/chat/completions$"),
    "openai-responses": re.compile(r"/responses$"),
    "anthropic-messages": re.compile(r"/v1/messages$"),
    "gemini": re.compile(r"/models/(?P<model>[^/:]+):(?:generateContent|(?P<stream>streamGenerateContent))$"),
}
"""How the path of a request ends, by dialect; where it names the model and tells a stream, the body does not."""

_SERVED = (
    "POST /<run>/v1/chat/completions, /<run>/v1/responses, /<run>/v1/messages and "
    "/<run>/v1beta/models/<model>:generateContent (or :streamGenerateContent?alt=sse), GET /<run>/v1/models"
)
_JSON, _EVENTS = "application/json", "text/event-stream; charset=utf-8"
_CLOSED = {"connection": "close"}
"""One connection a request: clients that are never closed, as agents leave them, then leave no open socket behind."""
_MOST = 3
"""How many cuts a frame gets at most."""


class App:
    """An ASGI application that plays the model of every run that is open.

    Attributes:
        talks: The runs by token.
        closing: Set when the server stops, so that nobody goes on hanging.
    """

    def __init__(self, talks: Mapping[str, Talk]) -> None:
        self.talks = talks
        self.closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        token, _, rest = scope["path"].lstrip("/").partition("/")
        path, method = f"/{rest}", scope["method"]
        talk = self.talks.get(token)
        try:
            # Also where nobody reads it: an answer to a client that still speaks may be lost with its connection.
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return  # nothing was asked
        if talk is None:
            text = f"no run of that name is open here; served: {_SERVED}"
            await _whole(error_body("openai-chat", NOT_FOUND, text), NOT_FOUND)(scope, receive, send)
        elif method == "GET" and path.endswith("/models"):
            await _whole(_models(talk))(scope, receive, send)
        elif method == "POST" and _PATHS[talk.script.served.dialect].search(path):
            await self._post(talk, Record(path, body), receive, send)
        else:
            dialect = talk.script.served.dialect
            text = f"`{method} {path}` is not served; this run speaks `{dialect}`; served: {_SERVED}"
            await _whole(error_body(dialect, NOT_FOUND, text), NOT_FOUND)(scope, receive, send)

    async def _post(self, talk: Talk, record: Record, receive: Receive, send: Send) -> None:
        talk.records.append(record)
        number = len(talk.records)
        line = _Line(record, receive, send, self.closing)
        try:
            await self._answer(talk, number, line)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not look like one of the scaffold
            talk.problems.append(f"request {number}: {_place(error)}")
        finally:
            line.close()

    async def _answer(self, talk: Talk, number: int, line: _Line) -> None:
        record, dialect = line.record, talk.script.served.dialect
        fault = fault_of(talk.faults, number)
        if number > talk.cap:
            text = f"this run is capped at {talk.cap} requests, and this is number {number}: the scaffold does not end"
            await line.whole(error_body(dialect, BAD_REQUEST, text), BAD_REQUEST)
        elif fault is not None and fault.kind in {"rate-limit", "overloaded"}:
            status = TOO_MANY if fault.kind == "rate-limit" else overloaded(dialect)
            headers = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
            await line.whole(error_body(dialect, status, f"{fault.kind}, on purpose"), status, headers)
        elif fault is not None and fault.kind == "hang":
            await line.hang(fault.seconds)
        else:
            try:
                frames, cuts, streamed = _play(talk, record)
            except DecodeError as error:
                await line.whole(error_body(dialect, BAD_REQUEST, str(error)), BAD_REQUEST)
            except Exception as error:  # noqa: BLE001 - a defect of ours must not look like one of the scaffold
                talk.problems.append(f"request {number}: {_place(error)}")
                text = "the scripted provider failed; this is no fault of the scaffold"
                await line.whole(error_body(dialect, BAD_REQUEST, text), BAD_REQUEST)
            else:
                await line.play(frames, cuts, streamed=streamed, pace=talk.pace, fault=fault)


def _play(talk: Talk, record: Record) -> tuple[list[bytes], Random, bool]:
    """Give the answer in frames, one where it is not streamed."""
    served = talk.script.served
    speaks = dialect_of(served.dialect)
    request = _told(speaks.decode_request(record.request, talk.script.profile), served.dialect, record.path)
    found: Reply = answer(request, talk.script)
    record.side = found.side
    if request.stream is True:
        first, *more = speaks.encode_stream(found.response, talk.script.profile, cuts=found.cuts)
        noise = talk.script.look.noise
        return [first, *([noise] if noise else []), *more], found.cuts, True
    return [speaks.encode_response(found.response, talk.script.profile).body], found.cuts, False


def _told(request: Asked, dialect: str, path: str) -> Asked:
    """Add what a path says of a request, where it says what its body does not."""
    match = _PATHS[dialect].search(path)
    said = {} if match is None else match.groupdict()
    return replace(request, model=said["model"], stream=said["stream"] is not None) if said else request


class _Line:
    """One connection on which one answer goes out, and what is recorded of it."""

    def __init__(self, record: Record, receive: Receive, send: Send, closing: asyncio.Event) -> None:
        self.record = record
        self._send = send
        self._closing = closing
        self._gone = asyncio.ensure_future(_until_gone(receive))

    def close(self) -> None:
        """Stop listening."""
        self._gone.cancel()

    async def whole(self, body: bytes, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Send a body at once."""
        self.record.status = status
        await self._start(status, {"content-length": str(len(body)), **(headers or {})}, _JSON)
        await self._last(body)

    async def hang(self, seconds: float) -> None:
        """Be silent, then end the connection without an answer, unless the client or the server ends first."""
        self.record.status = 0
        await self._rest(seconds)
        # Of the length that is announced nothing comes: no client takes that for an answer.
        await self._start(200, {"content-length": "1"}, _JSON)

    async def play(
        self, frames: list[bytes], cuts: Random, *, streamed: bool, pace: float, fault: Fault | None
    ) -> None:
        """Send an answer, cut into pieces as a network cuts it."""
        kind = None if fault is None else fault.kind
        if kind == "malformed":
            frames = [_broken(frames[0]), *frames[1:]]
        size = {} if streamed else {"content-length": str(sum(map(len, frames)))}
        await self._start(200, size, _EVENTS if streamed else _JSON)
        stop = (len(frames) - 1) // 2 if kind == "cut" else len(frames)
        for n, frame in enumerate(frames):
            if self._gone.done() or self._closing.is_set():
                return
            if n == stop:
                await self._piece(frame[: len(frame) // 2])
                return
            pieces = list(_pieces(frame, cuts)) if streamed else [frame]
            for piece in pieces[:-1]:
                await self._piece(piece)
            if n == len(frames) - 1:
                await self._last(pieces[-1])
            else:
                await self._piece(pieces[-1])
                await self._rest(pace)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless the client or the server ends first."""
        if seconds == 0:
            await asyncio.sleep(0)
            return
        closing = asyncio.ensure_future(self._closing.wait())
        await asyncio.wait({closing, self._gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()

    async def _start(self, status: int, headers: Mapping[str, str], kind: str) -> None:
        all_ = {"content-type": kind, **_CLOSED, **headers}
        raw = [(name.encode(), value.encode()) for name, value in all_.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _piece(self, body: bytes) -> None:
        self.record.chunks.append(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _last(self, body: bytes) -> None:
        # Before it is sent: whoever has read it may ask for the record at once.
        self.record.chunks.append(body)
        self.record.delivered = True
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _place(error: Exception) -> str:
    """Name an error and where it was raised; its text may hold what a model thought."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _pieces(frame: bytes, cuts: Random) -> Iterator[bytes]:
    """Cut bytes into pieces, at most a few, anywhere: also inside a character."""
    places = sorted(cuts.sample(range(1, len(frame)), min(len(frame) - 1, cuts.randint(0, _MOST))))
    yield from (frame[a:b] for a, b in zip([0, *places], [*places, len(frame)], strict=True))


def _broken(frame: bytes) -> bytes:
    """Break the JSON of a frame and leave the frame as it is."""
    return frame.replace(b":", b";").replace(b"data;", b"data:").replace(b"event;", b"event:")


def _whole(body: bytes, status: int = 200) -> Response:
    return Response(body, status, _CLOSED, media_type=_JSON)


def _models(talk: Talk) -> bytes:
    name, dialect = talk.script.model, talk.script.served.dialect
    if dialect == "anthropic-messages":
        row = {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return dump({"data": [row], "has_more": False, "first_id": name, "last_id": name})
    if dialect == "gemini":
        methods = ["generateContent", "streamGenerateContent"]
        listed: dict[str, object] = {"name": f"models/{name}", "supportedGenerationMethods": methods}
        return dump({"models": [listed]})
    owner = talk.script.profile.provider
    listed = {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": owner}
    return dump({"object": "list", "data": [listed]})
