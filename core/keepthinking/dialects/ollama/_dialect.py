"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Slices, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._alone import write_alone
from keepthinking.dialects._base import JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, under
from keepthinking.dialects._cache import Written
from keepthinking.dialects._wire import Tree, is_null, is_object, put, rest, take_json, take_nullable, write
from keepthinking.dialects.ollama._fast import read_messages
from keepthinking.dialects.ollama._frames import frames
from keepthinking.dialects.ollama._names import DONE, ID, MESSAGE
from keepthinking.dialects.ollama._projection import PROJECTION
from keepthinking.dialects.ollama._read import read_message, read_tool
from keepthinking.dialects.ollama._stream import ChatStreamDecoder
from keepthinking.dialects.ollama._write import block_path, write_message, write_tool

_TRUNCATED = frozenset({"length"})
"""Reasons that mean a limit of length (https://docs.ollama.com/api, read 2026-11-24)."""


class Ollama(JsonDialect):
    """The dialect `ollama`."""

    id = ID
    projection = PROJECTION

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(
        self,
        left: Slices,
        profile: Profile,  # noqa: ARG002 - the wire is one
        culprit: Culprit,
        memo: Memo | None,
    ) -> Request:
        raw = left.pop("messages", None)
        if raw is None:
            raise DecodeError("a request has no `messages`", where="$", culprit=culprit)
        messages = read_messages(raw, culprit, memo)
        model, stream = self._head(left)
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(conversation=conversation, model=model, stream=stream, params=params_of(left))

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        written = self.encode_messages(request.messages, profile)
        losses = list(written.losses)
        if not isinstance(request.state, UnsetType):
            losses.append(Loss(kind="content", path="state", what="server-held history", why="the API keeps no state"))
            request = replace(request, state=UNSET)
        return self._body(request, {"messages": written}, losses)

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        failed = error is not UNSET or status >= ERRORS_FROM
        raw = left.pop(MESSAGE, None)
        if raw is None and not failed:
            raise DecodeError("a response has neither `message` nor `error`", where="$", culprit=culprit)
        origin = Origin(dialect=self.id, provider=profile.provider, model=take_nullable(left, "model", "$"))
        messages: tuple[Message, ...] = ()
        if raw is not None and is_object(raw):
            message = read_message(members(raw, "$.message", culprit), "$.message", culprit)
            messages = (replace(message, origin=origin),)
        elif raw is not None:
            raise DecodeError("`message` is not an object", where="$.message", culprit=culprit)
        stop = take_nullable(left, "done_reason", "$")
        going_on = bytes(left.get(DONE, b"true")) == b"false"  # one line of a stream is no whole answer
        outcome: Outcome = "truncated" if stop in _TRUNCATED or going_on else "complete"
        return Response(
            messages=messages,
            origin=origin,
            stop_reason=stop,
            outcome="failed" if failed else outcome,
            error=error,
            http_status=status,
            fields=rest(left),
        )

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        profile_of(profile, self.id)
        typed: dict[str, bytes | Tree] = {}
        losses: list[Loss] = []
        if not isinstance(response.origin, UnsetType):
            put(typed, "model", response.origin.model)
            if isinstance(response.origin.response_id, str):
                why = "answers have no ids here"
                losses.append(Loss(kind="content", path="origin.response_id", what="the id of an answer", why=why))
        for i, message in enumerate(response.messages):
            if i:
                why = "a response is one message here"
                losses.append(Loss(kind="content", path=f"messages[{i}]", what="a further choice", why=why))
                continue
            written = write_alone(message, write_message)
            losses.extend(under(written.losses, "messages[0]"))
            typed[MESSAGE] = written.body
        put(typed, "done_reason", response.stop_reason)
        put(typed, "error", response.error)
        if response.usage is not UNSET:
            why = "counts are members of the answer here, under names of their own"
            losses.append(Loss(kind="content", path="usage", what="the count of tokens", why=why))
        return Encoded(body=write(typed, response.fields), losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return ChatStreamDecoder(lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream, one JSON object a line; one that was cut says nowhere that it is done."""
        body = members(self.encode_response(response, profile).body, "$", "caller")
        if response.outcome == "truncated" and response.stop_reason not in _TRUNCATED:
            body[DONE] = b"false"
        elif response.outcome != "failed":
            # An answer that came from elsewhere does not say so, and each line before the last says that more comes.
            body.setdefault(DONE, b"true")
        return frames(body, cuts)

    _answer = "$.message"

    def response_path(self, message: Message, block: int, choice: int = 0) -> str:  # noqa: ARG002 - there is one choice
        """Give the JSON path in the response body of a block, for reports."""
        return f"{self._answer}.{self._block_path(message, block)}"

    def _block_path(self, message: Message, block: int) -> str:
        return block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a message
        return write_message(message)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(left, path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)
