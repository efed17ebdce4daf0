"""The application: paths, bodies, streams, faults, and what is recorded of them."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from keepthinking._errors import DecodeError
from keepthinking._exchange import Request as Asked
from keepthinking._json import dump
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._errors import BAD_REQUEST, NOT_FOUND, TOO_MANY, error_body, overloaded
from keepthinking_conformance.provider._hold import HOLD_SECONDS, torn
from keepthinking_conformance.provider._line import CLOSED, JSON, Line, Played
from keepthinking_conformance.provider._reply import Reply, answer
from keepthinking_conformance.provider._talk import Record, Talk
from keepthinking_conformance.provider._voices import Voice
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
        try:
            # Also where nobody reads it: an answer to a client that still speaks may be lost with its connection.
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return  # nothing was asked
        found = self._asked(token)
        if found is None:
            text = f"no run of that name is open here; served: {_SERVED}"
            await _whole(error_body("openai-chat", NOT_FOUND, text), NOT_FOUND)(scope, receive, send)
            return
        talk, voice = found
        if method == "GET" and path.endswith("/models"):
            await _whole(_models(voice))(scope, receive, send)
        elif method == "POST" and _PATHS[voice.dialect].search(path):
            await self._post(talk, Record(path, body, voice), receive, send)
        else:
            text = f"`{method} {path}` is not served; this run speaks `{voice.dialect}`; served: {_SERVED}"
            await _whole(error_body(voice.dialect, NOT_FOUND, text), NOT_FOUND)(scope, receive, send)

    def _asked(self, name: str) -> tuple[Talk, Voice] | None:
        """Find the run and the model in it that a URL names: `<run>`, or `<run>~other`."""
        token, _, other = name.partition("~")
        talk = self.talks.get(token)
        if talk is None:
            return None
        return next(((talk, voice) for voice in talk.script.voices if voice.name == other), None)

    async def _post(self, talk: Talk, record: Record, receive: Receive, send: Send) -> None:
        talk.records.append(record)
        number = len(talk.records)
        line = Line(record, receive, send, self.closing)
        try:
            await self._answer(talk, number, line)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not look like one of the scaffold
            talk.problems.append(f"request {number}: {_place(error)}")
        finally:
            line.close()

    async def _answer(self, talk: Talk, number: int, line: Line) -> None:
        record, dialect = line.record, line.record.voice.dialect
        fault = fault_of(talk.faults, number)
        if number > talk.cap:
            text = f"this run is capped at {talk.cap} requests, and this is number {number}: the scaffold does not end"
            await line.whole(error_body(dialect, BAD_REQUEST, text), BAD_REQUEST)
        elif fault is not None and fault.kind in {"rate-limit", "overloaded"}:
            status = TOO_MANY if fault.kind == "rate-limit" else overloaded(dialect)
            await line.whole(error_body(dialect, status, f"{fault.kind}, on purpose"), status, _wait(fault))
        elif fault is not None and fault.kind == "hang":
            await line.hang(fault.seconds)
        else:
            try:
                played, holds = _play(talk, record)
            except DecodeError as error:
                await line.whole(error_body(dialect, BAD_REQUEST, str(error)), BAD_REQUEST)
            except Exception as error:  # noqa: BLE001 - a defect of ours must not look like one of the scaffold
                talk.problems.append(f"request {number}: {_place(error)}")
                text = "the scripted provider failed; this is no fault of the scaffold"
                await line.whole(error_body(dialect, BAD_REQUEST, text), BAD_REQUEST)
            else:
                if holds or (fault is not None and fault.kind == "hold"):
                    record.held = True
                    await line.hold(played, HOLD_SECONDS if fault is None else fault.seconds, talk.held.set)
                else:
                    await line.play(played, pace=talk.pace, fault=fault)


def _play(talk: Talk, record: Record) -> tuple[Played, bool]:
    """Give the answer as it is sent, and whether the script holds it back."""
    script, voice = talk.script, record.voice
    speaks = dialect_of(voice.dialect)
    request = _told(speaks.decode_request(record.request, voice.profile), voice.dialect, record.path)
    found: Reply = answer(request, script, voice)
    record.scope = "/side" if found.at is None else "/helper" if found.at.thread else ""
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


def _told(request: Asked, dialect: str, path: str) -> Asked:
    """Add what a path says of a request, where it says what its body does not."""
    match = _PATHS[dialect].search(path)
    said = {} if match is None else match.groupdict()
    return replace(request, model=said["model"], stream=said["stream"] is not None) if said else request


def _place(error: Exception) -> str:
    """Name an error and where it was raised; its text may hold what a model thought."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


def _whole(body: bytes, status: int = 200) -> Response:
    return Response(body, status, CLOSED, media_type=JSON)


def _models(voice: Voice) -> bytes:
    name, dialect = voice.model, voice.dialect
    if dialect == "anthropic-messages":
        row = {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return dump({"data": [row], "has_more": False, "first_id": name, "last_id": name})
    if dialect == "gemini":
        methods = ["generateContent", "streamGenerateContent"]
        listed: dict[str, object] = {"name": f"models/{name}", "supportedGenerationMethods": methods}
        return dump({"models": [listed]})
    owner = voice.profile.provider
    listed = {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": owner}
    return dump({"object": "list", "data": [listed]})
