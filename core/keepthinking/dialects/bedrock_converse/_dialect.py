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
from keepthinking._json import Json, Slices, elements, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._base import JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, under
from keepthinking.dialects._cache import Pending, Written
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    array,
    is_null,
    is_object,
    put,
    put_back,
    rest,
    take_json,
    take_nullable,
    write,
    write_members,
)
from keepthinking.dialects.bedrock_converse._fast import read_messages
from keepthinking.dialects.bedrock_converse._frames import frames
from keepthinking.dialects.bedrock_converse._names import (
    ERROR,
    EXCEPTION,
    ID,
    MESSAGE,
    MESSAGES_OF_ERRORS,
    OUTPUT,
    STOP,
    SYSTEM,
    SYSTEM_ROLES,
    TOOL_CONFIG,
    TOOLS,
)
from keepthinking.dialects.bedrock_converse._projection import PROJECTION
from keepthinking.dialects.bedrock_converse._read import read_message, read_system, read_tool
from keepthinking.dialects.bedrock_converse._stream import ConverseStreamDecoder
from keepthinking.dialects.bedrock_converse._write import write_message, write_system, write_tool

_TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons that mean the answer was cut. Not among them: `guardrail_intervened` and `content_filtered`, where it
was ended on purpose, and `malformed_model_output` and `malformed_tool_use`, where the model was done."""


class BedrockConverse(JsonDialect):
    """The dialect `bedrock-converse`."""

    id = ID
    in_path = True
    projection = PROJECTION

    def model_in(self, path: str) -> str | UnsetType:
        """Give the model that the path of a request names, decoded; absent where it names none."""
        found = _PATH.search(path)
        return UNSET if found is None else unquote(found[1])

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
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(conversation=conversation, params=params_of(left))

    def _tools(self, left: Slices, culprit: Culprit) -> tuple[Tool, ...] | None | UnsetType:
        raw = left.get(TOOL_CONFIG)
        if raw is None or not is_object(raw):
            return UNSET
        path = f"$.{TOOL_CONFIG}.{TOOLS}"
        inner = members(raw, f"$.{TOOL_CONFIG}", culprit)
        listed = inner.pop(TOOLS, None)
        if listed is None:
            return UNSET
        del left[TOOL_CONFIG]
        put_back(left, TOOL_CONFIG, inner)
        if is_null(listed):
            return None
        return tuple(
            read_tool(slice_, f"{path}[{i}]", culprit) for i, slice_ in enumerate(elements(listed, path, culprit))
        )

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        head = tuple(takewhile(_is_head, request.messages))
        system = write_system(head) if head else None
        written = self.encode_messages(request.messages[len(head) :], profile)
        losses = [] if system is None else list(system.losses)
        losses += _shift(written.losses, len(head))
        if not isinstance(request.state, UnsetType):
            losses.append(Loss(kind="content", path="state", what="server-held history", why="the API keeps no state"))
        parts: dict[str, bytes | Pending] = {**({} if system is None else {SYSTEM: system.body}), "messages": written}
        config = self._tool_config(request, losses)
        if config is not None:
            parts[TOOL_CONFIG] = config
        # the model and whether to stream stand in the URL
        bare = replace(request, conversation=replace(request.conversation, tools=UNSET), model=UNSET, stream=UNSET)
        return self._body(replace(bare, state=UNSET), parts, losses)

    def _tool_config(self, request: Request, losses: list[Loss]) -> bytes | None:
        tools = request.conversation.tools
        if isinstance(tools, UnsetType):
            return None
        listed = NULL
        if tools is not None:
            written = [self._write_tool(tool) for tool in tools]
            listed = array([tool.body for tool in written if tool.body])
            losses.extend(loss for i, tool in enumerate(written) for loss in under(tool.losses, f"tools[{i}]"))
        others = request.params.get(TOOL_CONFIG)
        return write({TOOLS: listed}, others if others is not None and is_object(others.raw) else UNSET)

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = _take_error(left, status)
        if OUTPUT not in left and error is UNSET and status < ERRORS_FROM:
            raise DecodeError("a response has neither `output` nor an error", where="$", culprit=culprit)
        origin = Origin(dialect=self.id, provider=profile.provider)
        messages: tuple[Message, ...] = ()
        if OUTPUT in left and is_object(left[OUTPUT]):
            output = members(left[OUTPUT], f"$.{OUTPUT}", culprit)
            if MESSAGE in output:
                here = f"$.{OUTPUT}.{MESSAGE}"
                message = read_message(members(output.pop(MESSAGE), here, culprit), here, culprit)
                messages = (replace(message, origin=origin),)
                del left[OUTPUT]
                put_back(left, OUTPUT, output)
        stop = take_nullable(left, STOP, "$")
        outcome: Outcome = "truncated" if stop in _TRUNCATED else "complete"
        if error is not UNSET or status >= ERRORS_FROM:
            outcome = "failed"
        return Response(
            messages=messages,
            origin=origin,
            stop_reason=stop,
            usage=take_json(left, "usage"),
            outcome=outcome,
            error=error,
            http_status=status,
            fields=rest(left),
        )

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        profile_of(profile, self.id)
        typed: dict[str, bytes | Tree] = {}
        losses: list[Loss] = []
        for i, message in enumerate(response.messages):
            if i:
                why = "a response is one message here"
                losses.append(Loss(kind="content", path=f"messages[{i}]", what="a further choice", why=why))
                continue
            written = write_message(message)
            losses.extend(under(written.losses, "messages[0]"))
            typed[OUTPUT] = {MESSAGE: written.body}
        put(typed, STOP, response.stop_reason)
        put(typed, "usage", response.usage)
        if isinstance(response.error, Json) and is_object(response.error.raw):
            errors = members(response.error.raw, "error", "caller")
            typed.update({key: bytes(raw) for key, raw in errors.items() if key not in typed})
        else:
            put(typed, ERROR, response.error)
        return Encoded(body=write(typed, response.fields), losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response.

        Raises:
            MissingExtraError: The extra `bedrock` is not installed.
            UnknownNameError: No such profile.
        """
        resolved = profile_of(profile, self.id)
        return ConverseStreamDecoder(lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of binary frames; one that was cut ends without `messageStop`."""
        whole = response.outcome != "truncated" or response.stop_reason in _TRUNCATED
        body = members(self.encode_response(response, profile).body, "$", "caller")
        error = {} if response.error is UNSET else _errors(body)
        return frames({key: raw for key, raw in body.items() if key not in error}, error, cuts, whole=whole)

    _answer = f"$.{OUTPUT}.{MESSAGE}"

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a block
        return write_message(message)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(write_members(left), path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)


_PATH = re.compile(r"/model/([^/?]+)/converse(?:-stream)?(?=$|[/?])")


def _errors(left: Slices) -> Slices:
    """Give the members that say that something failed: all of a body that holds nothing else."""
    named = {key: raw for key, raw in left.items() if key == ERROR or key.endswith(EXCEPTION)}
    return left if OUTPUT not in left and not named and left.keys() & MESSAGES_OF_ERRORS else named


def _take_error(left: Slices, status: int) -> Json | UnsetType:
    error = left if status >= ERRORS_FROM and OUTPUT not in left else _errors(left)
    found = rest(error)
    for key in tuple(error):
        left.pop(key, None)
    return found


def _in_messages(message: Message) -> Message:
    """Note that instructions at the head stood in `messages`, where the same words mean the same as in `system`."""
    spelling = Spelling(message.spelling)
    spelling.note("carrier", "messages")
    return message.replace(spelling=spelling.json())


def _is_head(message: Message) -> bool:
    return message.role in SYSTEM_ROLES and Spelling(message.spelling).of("carrier", SYSTEM) == SYSTEM


def _shift(losses: tuple[Loss, ...], by: int) -> list[Loss]:
    """Name places by the whole history where only its tail was written."""
    return [replace(loss, path=_NUMBER.sub(lambda m: str(int(m[0]) + by), loss.path, count=1)) for loss in losses]


_NUMBER = re.compile(r"(?<=^messages\[)\d+")
