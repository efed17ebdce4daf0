"""Whole documents: a body, a stream, an exchange, stored values or an agent's own messages, in another dialect.

Rule 1: sans-IO. Bytes in, bytes out; who reads and writes files is `cli._convert`.
Rule 2: what a document is, is told by its members, never by its name. What nothing tells is asked for, not guessed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._codec import dumps, loads
from keepthinking._errors import DecodeError, UnknownNameError, UnprovenError
from keepthinking._exchange import Encoded, Exchange, Request, Response
from keepthinking._json import Slices, body_bytes, dump_string, members
from keepthinking._messages import FORMAT, Conversation, Message, Origin
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.audit._recording import dialect_of as dialect_of_exchange
from keepthinking.audit._recording import exchange_of, is_stream, model_of
from keepthinking.audit._recording import profile_of as profile_of_exchange
from keepthinking.convert import importers
from keepthinking.convert._converter import Converter
from keepthinking.convert._policy import Seals, Thoughts, policy
from keepthinking.convert._translate import translate_request, translate_response
from keepthinking.dialects._base import ProfileLike
from keepthinking.dialects._wire import write_members
from keepthinking.plugins import dialect as dialect_of
from keepthinking.plugins import dialects

AUTO, CANONICAL = "auto", "canonical"
"""Names of a source beside dialects and importers: what the document tells itself, and the canonical format."""

Part = Literal["request", "response", ""]

_REQUEST = frozenset({"messages", "input", "contents"})
"""Members that only a request has; a body without any is an answer."""

_ARRAYS = frozenset({"gemini"})
"""Dialects whose streams may be one JSON array of their pieces."""


class Told(NamedTuple):
    """A loss, and of which part of a document."""

    part: Part
    loss: Loss


class Written(NamedTuple):
    """A document in another dialect.

    Attributes:
        body: JSON without a line end; or a stream.
        told: What stays behind.
        stream: Whether it is a stream.
    """

    body: bytes
    told: tuple[Told, ...] = ()
    stream: bool = False


class _Run(NamedTuple):
    """Who is read, and what converts it; nothing does where it becomes canonical."""

    giver: Origin
    converter: Converter | None


class Documents:
    """Converts documents to one target."""

    def __init__(  # noqa: PLR0913 - what a caller may say, each by name
        self,
        *,
        source: str,
        to: str,
        source_profile: ProfileLike = None,
        profile: ProfileLike = None,
        thinking: Thoughts = "native",
        seals: Seals = "domain",
    ) -> None:
        """Settle what is converted to what.

        Args:
            source: A dialect, `canonical`, an importer's name, or `auto`.
            to: A dialect, or `canonical`.
            source_profile: Who served what is read.
            profile: Who will read what is written.
            thinking: As in `convert`.
            seals: As in `convert`.

        Raises:
            UnknownNameError: One of the names is not known.
        """
        known = {*dialects(), CANONICAL}
        if source not in known | {AUTO, *importers.IMPORTERS}:
            raise UnknownNameError("source", source, known | {AUTO, *importers.IMPORTERS})
        if to not in known:
            raise UnknownNameError("target", to, known)
        self.source = source
        self.to = to
        self._source_profile = source_profile
        self._profile = profile
        self._thinking: Thoughts = thinking
        self._seals: Seals = seals
        if source in dialects():
            profile_of(source_profile, source)
        if to in dialects():
            profile_of(profile, to)

    # -- documents -----------------------------------------------------------------------------------------------

    def convert(self, raw: bytes) -> Written:
        """Convert one document.

        Raises:
            DecodeError: It is not what it was said to be, or nothing tells what it is.
            LossError: The policy refuses to lose thinking.
        """
        if self.source in importers.IMPORTERS:
            return self._imported(raw)
        if raw.lstrip()[:1] == b"[" and self.source not in _ARRAYS:
            hint = "write one document a line"
            raise DecodeError("a JSON array is no document", where="$", culprit="caller", hint=hint)
        if is_stream(raw) and self.source not in {CANONICAL, AUTO}:
            answer = _read_stream(raw, self.source, self._of(self.source))
            return self._answer(answer, self._run(self.source), stream=True)
        if is_stream(raw):
            raise _unnamed("an event stream does not tell its dialect")
        left = members(body_bytes(raw), "$")
        if "request" in left:
            return self._exchange(left)
        if self.source == CANONICAL or "format" in left or "conversation" in left:
            return self._canonical(raw, left)
        if self.source == AUTO:
            raise _unnamed("a body does not tell its dialect")
        speaks, served = dialect_of(self.source), self._of(self.source)
        if _REQUEST & left.keys():
            request = speaks.decode_request(raw, served)
            return self._request(request, self._run(self.source, request.model))
        return self._answer(speaks.decode_response(raw, served), self._run(self.source), stream=False)

    def _exchange(self, left: Slices) -> Written:
        """Convert a line of a recording: its request and its answer."""
        exchange = exchange_of(left, "$")
        source = dialect_of_exchange(exchange, dialects()) if self.source == AUTO else self.source
        if source is None or source not in dialects():
            raise _unnamed("neither `dialect` nor the path tells the dialect of an exchange")
        request, served = self._recorded(exchange, source)
        run = self._run(source, request.model, served)
        written = self._request(request, run)
        left["request"] = written.body
        told = [*written.told]
        if isinstance(exchange.response, bytes):
            stream = is_stream(exchange.response)
            answer = _read_answer(exchange.response, exchange.status, source, served)
            answered = self._answer(answer, run, stream=stream, after=request.messages)
            left["response"] = answered.body
            left.pop("encoding", None)
            if answered.stream:
                left |= _text(answered.body)
            told += answered.told
        left["dialect"] = dump_string(self.to)
        if source != self.to or self._profile is not None:
            for stale in ("endpoint", "path", "host"):
                left.pop(stale, None)  # where it was spoken says nothing of the other dialect
        if isinstance(request.model, str):
            left["model"] = dump_string(request.model)  # which some wires have in the path
        return Written(write_members(left), tuple(told))

    def _recorded(self, exchange: Exchange, source: str) -> tuple[Request, ProfileLike]:
        """Read the request of an exchange, and tell who served it: by the caller's word, else by its host."""
        speaks, served = dialect_of(source), self._of(source)
        request = speaks.decode_request(exchange.request, served)
        if served is None and exchange.host:
            found = profile_of_exchange(exchange, speaks, request)
            if found.tags is not None:  # what stands between them is thinking, and no visible text
                request = speaks.decode_request(exchange.request, found)
            served = found
        model = model_of(exchange, speaks, request)
        return (replace(request, model=model) if model else request), served

    def _canonical(self, raw: bytes, left: Slices) -> Written:
        if "format" in left:
            request = Request(conversation=loads(raw))
            return self._request(request, self._run(_origin_of(request.messages)))
        if "conversation" in left:
            request = loads(raw, Request)
            return self._request(request, self._run(_origin_of(request.messages), request.model))
        answer = loads(raw, Response)
        _check_stored(answer)
        return self._answer(answer, self._run(_origin_of(answer.messages)), stream=False)

    def _imported(self, raw: bytes) -> Written:
        found = importers.IMPORTERS[self.source](raw)
        written = self._request(Request(conversation=found.value), self._run(self.to))
        return written._replace(told=(*(Told("", loss) for loss in found.losses), *written.told))

    # -- values --------------------------------------------------------------------------------------------------

    def _request(self, request: Request, run: _Run) -> Written:
        if run.converter is None:
            return Written(dumps(_named(request, run.giver)))
        return _written(translate_request(request, run.converter), "request")

    def _answer(self, response: Response, run: _Run, *, stream: bool, after: tuple[Message, ...] = ()) -> Written:
        if run.converter is None:
            return Written(dumps(response))
        converted, encoded = translate_response(response, run.converter, after)
        written = _written(encoded, "response")
        if not stream:
            return written
        try:
            pieces: Iterator[bytes] = dialect_of(self.to).encode_stream(converted, self._profile)
            return written._replace(body=b"".join(pieces), stream=True)
        except UnprovenError:
            why = "how this wire streams is not proven, so it is in one piece"
            told = Loss(kind="spelling", path="$", what="that an answer was streamed", why=why)
            return written._replace(told=(*written.told, Told("response", told)))

    def _run(self, source: str, model: str | None | UnsetType = UNSET, served: ProfileLike = None) -> _Run:
        """Settle who is read, and who is written for; `source` is "" where nobody tells who is read."""
        served = self._of(source) if served is None else served
        giver = Origin(dialect=source, provider=profile_of(served, source).provider) if source else Origin()
        if self.to == CANONICAL:
            return _Run(giver, None)
        settled = policy(
            self.to,
            source=source or None,
            source_profile=served,
            profile=self._profile,
            model=model,
            thinking=self._thinking,
            seals=self._seals,
        )
        return _Run(giver, Converter(settled))

    def _of(self, source: str) -> ProfileLike:
        """Give the caller's word on who is read, where that speaks the dialect."""
        if self._source_profile is None or source not in dialects():
            return None
        return profile_of(self._source_profile, source)


def _read_stream(raw: bytes, source: str, served: ProfileLike) -> Response:
    decoder = dialect_of(source).stream_decoder(served)
    decoder.feed(raw)
    return decoder.finish()


def _read_answer(raw: bytes, status: int, source: str, served: ProfileLike) -> Response:
    if is_stream(raw):
        return replace(_read_stream(raw, source, served), http_status=status)
    return dialect_of(source).decode_response(raw, served, status=status)


def _check_stored(answer: Response) -> None:
    """Refuse what only has a list of messages in common with a stored answer."""
    strange = any(message.extras is not UNSET and not message.blocks for message in answer.messages)
    if strange or (answer.extras is not UNSET and not answer.messages):
        raise _unnamed("this is no stored conversation, request or answer of ours")


def _written(encoded: Encoded, part: Part) -> Written:
    return Written(encoded.body, tuple(Told(part, loss) for loss in encoded.losses))


def _named(request: Request, giver: Origin) -> Request:
    """Write into messages where they are from: the canonical format has no other place for it."""
    named = tuple(
        message.replace(origin=giver) if message.origin is UNSET and giver != Origin() else message
        for message in request.messages
    )
    conversation: Conversation = replace(request.conversation, messages=named)
    return replace(request, conversation=conversation)


def _origin_of(messages: tuple[Message, ...]) -> str:
    """Give the dialect that all messages of a stored value are of; "" where they are of several or of none."""
    found = {message.origin.dialect for message in messages if not isinstance(message.origin, UnsetType)}
    (only,) = found if len(found) == 1 else {""}
    return only if isinstance(only, str) else ""


def _text(stream: bytes) -> Slices:
    """Write a stream as a member of a line: its text, or base64 where it is binary."""
    try:
        return {"response": dump_string(stream.decode())}
    except UnicodeDecodeError:
        return {"response": dump_string(b64encode(stream).decode()), "encoding": b'"base64"'}


def _unnamed(what: str) -> DecodeError:
    known = ", ".join([*dialects(), CANONICAL, *importers.IMPORTERS])
    return DecodeError(what, where="$", culprit="caller", hint=f"name it with --from: {known}")


__all__ = ["AUTO", "CANONICAL", "FORMAT", "Documents", "Told", "Written"]
