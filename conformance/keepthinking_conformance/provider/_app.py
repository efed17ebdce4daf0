"""The application: paths, bodies, streams, faults, and what is recorded of them."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from keepthinking._errors import DecodeError
from keepthinking._exchange import Request as Asked
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._catalogue import catalogue
from keepthinking_conformance.provider._codings import CodingError, unpacked
from keepthinking_conformance.provider._errors import BAD_REQUEST, NOT_FOUND, TOO_MANY, Error, error_body, overloaded
from keepthinking_conformance.provider._hold import HOLD_SECONDS, torn
from keepthinking_conformance.provider._line import CLOSED, JSON, Line, Played
from keepthinking_conformance.provider._reply import Reply, answer
from keepthinking_conformance.provider._routes import SERVED, Route, counted, dialect_of_path, read, route_of, shortened
from keepthinking_conformance.provider._strays import Stray, told, wants_websocket
from keepthinking_conformance.provider._strict import Refused, refused
from keepthinking_conformance.provider._talk import COUNTING, Record, Talk
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.scenarios._faults import Fault, fault_of


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
        token, path = _split(scope)
        method, request = scope["method"], Request(scope, receive)
        try:
            # Also where nobody reads it: an answer to a client that still speaks may be lost with its connection.
            body = await request.body()
        except ClientDisconnect:
            return  # nothing was asked
        found = self._asked(token)
        if found is None:
            text = f"no run of that name is open here; served: {SERVED}"
            await _whole(error_body(dialect_of_path(path), Error(NOT_FOUND, text)), NOT_FOUND)(scope, receive, send)
            return
        talk, voice = found
        route = route_of(path, voice.dialect)
        shown = None if wants_websocket(request.headers) else catalogue(method, path, voice)
        if shown is not None:
            await _whole(shown.body, headers={"content-type": shown.kind})(scope, receive, send)
        elif method == "POST" and route is not None:
            codings = ", ".join(request.headers.getlist("content-encoding"))
            await self._post(talk, route, Record(path, body, voice), codings, receive, send)
        else:
            await _stray(talk, voice, request)(scope, receive, send)

    def _asked(self, name: str) -> tuple[Talk, Voice] | None:
        """Find the run and the model in it that a URL names: `<run>`, or `<run>~other`."""
        token, _, other = name.partition("~")
        talk = self.talks.get(token)
        if talk is None:
            return None
        return next(((talk, voice) for voice in talk.script.voices if voice.name == other), None)

    async def _post(  # noqa: PLR0913, PLR0917 - what was asked, and the two ends of the connection
        self, talk: Talk, route: Route, record: Record, codings: str, receive: Receive, send: Send
    ) -> None:
        record.side = {"count": COUNTING, "compact": "compaction"}.get(route.kind, "")
        number = talk.requests + 1
        if number > talk.cap + _KEPT:
            talk.flood += 1
        else:
            talk.records.append(record)
        line = Line(record, receive, send, self.closing)
        try:
            record.request = unpacked(record.request, codings)
            if number > talk.cap:
                text = f"this run is capped at {talk.cap} requests, and this is number {number}: "
                await line.refuse(Error(BAD_REQUEST, f"{text}the scaffold does not end"))
            elif route.kind == "answer":
                await _answer(talk, route, talk.exchanged, line)
            else:
                await _beside(talk, route, line)
        except CodingError as error:
            await line.refuse(Error(error.status, str(error)), error.headers)
        except DecodeError as error:
            await line.refuse(Error(BAD_REQUEST, str(error)))
        except Exception as error:  # noqa: BLE001 - a defect of ours must not look like one of the scaffold
            talk.problems.append(f"request {number}: {_place(error)}")
            if not line.began:
                text = "the scripted provider failed; this is no fault of the scaffold"
                await line.refuse(Error(BAD_REQUEST, text))
        finally:
            line.close()


_KEPT = 20
"""So many requests above the cap are recorded; a flood must not fill the memory."""


async def _answer(talk: Talk, route: Route, number: int, line: Line) -> None:
    """Answer as the model, or do wrong on purpose."""
    dialect, fault = line.record.voice.dialect, fault_of(talk.faults, number)
    if fault is not None and fault.kind in {"rate-limit", "overloaded"}:
        status = TOO_MANY if fault.kind == "rate-limit" else overloaded(dialect)
        await line.refuse(Error(status, f"{fault.kind}, on purpose"), _wait(fault))
    elif fault is not None and fault.kind == "hang":
        await line.hang(fault.seconds)
    else:
        if fault is not None and fault.kind == "slow":
            await line.rest(fault.seconds)
        request = read(line.record.request, line.record.voice, route)
        if talk.temper == "strict" and (found := refused(request, talk.script, line.record.voice)) is not None:
            await line.refuse(_error(found, line.record.voice))
            return
        played, holds = _play(talk, request, line.record)
        if holds or (fault is not None and fault.kind == "hold"):
            line.record.held = True
            await line.hold(played, HOLD_SECONDS if fault is None else fault.seconds, talk.held.set)
        else:
            await line.play(played, pace=talk.pace, fault=fault)


async def _beside(talk: Talk, route: Route, line: Line) -> None:
    """Answer what is told from the loop by its path alone."""
    record = line.record
    record.scope = _SIDE
    request = read(record.request, record.voice, route)
    body = counted(request, record.voice.dialect) if route.kind == "count" else shortened(request, talk.script)
    await line.whole(body, 200)


def _split(scope: Scope) -> tuple[str, str]:
    """Tell the run's name in a path, and what stands behind it."""
    token, _, rest = scope["path"].lstrip("/").partition("/")
    return token, f"/{rest}"


def _stray(talk: Talk, voice: Voice, request: Request) -> Response:
    """Answer what asks the model for nothing."""
    (_, path), method = _split(request.scope), request.method
    methods = [one for one in ("GET", "HEAD", "POST") if catalogue(one, path, voice) is not None]
    allowed = (*methods, *(["POST"] if route_of(path, voice.dialect) is not None else []))
    text = f"`{method} {path}` is not served; this run speaks `{voice.dialect}`; served: {SERVED}"
    answered = told(method, request.headers, allowed, text)
    talk.stray(Stray("websocket" if wants_websocket(request.headers) else method, path, answered.status))
    body = b"" if answered.error is None else error_body(voice.dialect, answered.error)
    return _whole(body, answered.status, answered.headers)


_SIDE, _HELPER = "/side", "/helper"
"""How the scopes of exchanges end that are not the agent's own loop."""


def _error(found: Refused, voice: Voice) -> Error:
    return Error(found.status, found.text, found.code, found.param, voice.profile.provider)


def _play(talk: Talk, request: Asked, record: Record) -> tuple[Played, bool]:
    """Give the answer as it is sent, and whether the script holds it back."""
    script, voice = talk.script, record.voice
    speaks = dialect_of(voice.dialect)
    found: Reply = answer(request, script, voice)
    record.side, record.tokens = found.side, found.tokens
    record.scope = _SIDE if found.at is None else _HELPER if found.at.thread else ""
    holds = found.at is not None and script.holds(*found.at)
    if request.stream is not True:
        body = speaks.encode_response(found.response, voice.profile).body
        return Played([body], found.cuts, streamed=False), holds
    if holds or any(fault.kind == "hold" for fault in talk.faults):
        frames, middle = torn(speaks, voice.profile, found)
    else:
        frames, middle = list(speaks.encode_stream(found.response, voice.profile, cuts=found.cuts)), 1
    noise = voice.look.noise
    frames[1:1] = [noise] if noise else []
    return Played(frames, found.cuts, streamed=True, middle=middle + bool(noise)), holds


def _wait(fault: Fault) -> dict[str, str]:
    """Say when to come again; the vendors' own clients read milliseconds first, others seconds.

    Sources: openai 3.54.0 and anthropic 2.12.0, `_base_client.py`, `_parse_retry_after_header` (read 2026-11-28);
    google-genai 3.4.0 reads neither.
    """
    if fault.retry_after is None:
        return {}
    return {"retry-after": f"{fault.retry_after:g}", "retry-after-ms": f"{fault.retry_after * 1000:g}"}


def _place(error: Exception) -> str:
    """Name an error and where it was raised; its text may hold what a model thought."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


def _whole(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, {**CLOSED, **(headers or {})}, media_type=JSON if body else None)
