"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from random import Random
from urllib.parse import unquote

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._grouping import GROUPINGS
from keepthinking._json import Slices, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._base import JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, shift, under
from keepthinking.dialects._cache import Written
from keepthinking.dialects._sse import frame
from keepthinking.dialects._wire import Spelling, Tree, is_null, put, rest, take_json, take_nullable, write
from keepthinking.dialects.anthropic_messages._fast import read_messages
from keepthinking.dialects.anthropic_messages._frames import events
from keepthinking.dialects.anthropic_messages._invoke import write_event
from keepthinking.dialects.anthropic_messages._names import CONTENT, ID, SYSTEM, SYSTEM_ROLES
from keepthinking.dialects.anthropic_messages._projection import PROJECTION
from keepthinking.dialects.anthropic_messages._read import read_message, read_system, read_tool
from keepthinking.dialects.anthropic_messages._stream import MessagesStreamDecoder
from keepthinking.dialects.anthropic_messages._write import write_message, write_system, write_tool

_TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons that mean the answer was cut. Not among them: `pause_turn`, after which the provider does nothing until
the answer comes back as it is (anthropic 2.12.0, `types/message.py`), so it is whole; and `refusal`, where a classifier
ended it on purpose. What of a refused answer may go back is a rule, not a matter of the wire."""


_LISTED = GROUPINGS[ID].listed
"""Says in the spelling of instructions that they stood in `messages`."""


class AnthropicMessages(JsonDialect):
    """The dialect `anthropic-messages`."""

    id = ID
    projection = PROJECTION
    joins = True  # anthropic 2.12.0, `types/message_create_params.py`: turns in a row are combined (read 2026-11-28)

    def model_in(self, path: str) -> str | UnsetType:
        """Give the model that the path of a cloud's route names, decoded; absent where it names none.

        Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html;
        https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai (verified 2026-11-27).
        """
        found = _PATH.search(path)
        return UNSET if found is None else unquote(found[1] or found[2])

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
        for i, message in enumerate(takewhile(lambda message: message.role in SYSTEM_ROLES, messages)):
            messages[i] = _in_messages(message)
        if SYSTEM in left:
            messages.insert(0, read_system(left, culprit))
        model, stream = self._head(left)
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(conversation=conversation, model=model, stream=stream, params=params_of(left))

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        head = tuple(takewhile(_is_head, request.messages))
        system = write_system(head) if head else None
        written = self.encode_messages(request.messages[len(head) :], profile)
        losses = [] if system is None else list(system.losses)
        losses += shift(written.losses, len(head))
        if not isinstance(request.state, UnsetType):
            losses.append(Loss(kind="content", path="state", what="server-held history", why="the API keeps no state"))
            request = replace(request, state=UNSET)
        return self._body(request, {**({} if system is None else {SYSTEM: system.body}), "messages": written}, losses)

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        if CONTENT not in left and error is UNSET and status < ERRORS_FROM:
            raise DecodeError("a response has neither `content` nor `error`", where="$", culprit=culprit)
        spelling = Spelling()
        if CONTENT in left and "type" not in left:
            spelling.note("type", "absent")
        origin = Origin(
            dialect=self.id,
            provider=profile.provider,
            model=take_nullable(left, "model", "$"),
            response_id=take_nullable(left, "id", "$"),
        )
        messages: tuple[Message, ...] = ()
        if CONTENT in left:
            whole = {key: left.pop(key) for key in ("role", CONTENT) if key in left}
            messages = (replace(read_message(whole, "$", culprit), origin=origin),)
        stop = take_nullable(left, "stop_reason", "$")
        outcome: Outcome = "complete"
        if error is not UNSET or status >= ERRORS_FROM:
            outcome = "failed"
        elif stop in _TRUNCATED:
            outcome = "truncated"
        return Response(
            messages=messages,
            origin=origin,
            stop_reason=stop,
            usage=take_json(left, "usage"),
            outcome=outcome,
            error=error,
            http_status=status,
            fields=rest(left),
            spelling=spelling.json(),
        )

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        profile_of(profile, self.id)
        typed: dict[str, bytes | Tree] = {}
        if not isinstance(response.origin, UnsetType):
            put(typed, "id", response.origin.response_id)
            put(typed, "model", response.origin.model)
        fields = {} if isinstance(response.fields, UnsetType) else members(response.fields.raw, "fields", "caller")
        losses: list[Loss] = []
        for i, message in enumerate(response.messages):
            if i:
                why = "a response is one message here"
                losses.append(Loss(kind="content", path=f"messages[{i}]", what="a further choice", why=why))
                continue
            written = write_message(message)
            losses.extend(under(written.losses, "messages[0]"))
            if "type" not in fields and Spelling(response.spelling).of("type", "") != "absent":
                typed["type"] = b'"message"'
            typed.update({key: bytes(raw) for key, raw in members(written.body, "messages[0]", "caller").items()})
        put(typed, "stop_reason", response.stop_reason)
        put(typed, "usage", response.usage)
        put(typed, "error", response.error)
        return Encoded(body=write(typed, response.fields), losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return MessagesStreamDecoder(resolved, lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of named events; one that was cut ends without `message_stop`.

        Under a profile whose streams come in binary frames each event stands in a frame of its own.
        """
        whole = response.outcome != "truncated" or response.stop_reason in _TRUNCATED
        body = members(self.encode_response(response, profile).body, "$", "caller")
        writes = write_event if profile_of(profile, self.id).framed else frame
        return (writes(*event) for event in events(body, cuts, whole=whole))

    def _block_path(self, message: Message, block: int) -> str:
        one_string = len(message.blocks) == 1 and Spelling(message.spelling).of(CONTENT, "") == "string"
        return CONTENT if one_string else super()._block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a block
        return write_message(message)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:  # noqa: ARG002 - no tool is malformed here
        return read_tool(left, path)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)


_PATH = re.compile(
    r"/model/([^/?]+)/invoke(?:-with-response-stream)?(?=$|[/?])"
    r"|/publishers/anthropic/models/([^/?:]+):(?:streamR|r)awPredict(?=$|\?)"
)


def _in_messages(message: Message) -> Message:
    """Note that instructions at the head stood in `messages`, where the same words mean the same as in `system`."""
    spelling = Spelling(message.spelling)
    spelling.note("carrier", _LISTED)
    return message.replace(spelling=spelling.json())


def _is_head(message: Message) -> bool:
    return message.role in SYSTEM_ROLES and Spelling(message.spelling).of("carrier", "") != _LISTED
