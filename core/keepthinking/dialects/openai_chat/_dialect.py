"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Json, Slices, body_bytes, elements, load, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._base import Body, JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, under
from keepthinking.dialects._cache import Written
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    array,
    is_array,
    is_null,
    is_object,
    put,
    rest,
    take_json,
    take_nullable,
    write,
    write_members,
)
from keepthinking.dialects.openai_chat._fast import read_messages
from keepthinking.dialects.openai_chat._frames import frames
from keepthinking.dialects.openai_chat._names import ID
from keepthinking.dialects.openai_chat._projection import PROJECTION
from keepthinking.dialects.openai_chat._read import read_answer
from keepthinking.dialects.openai_chat._read_parts import read_tool
from keepthinking.dialects.openai_chat._stream import ChatStreamDecoder
from keepthinking.dialects.openai_chat._write import block_path, write_answer, write_message
from keepthinking.dialects.openai_chat._write_parts import write_tool

_TRUNCATED = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
"""Finish reasons that mean a limit of length: OpenAI, Gemini, Mistral (mistralai 3.7.0), Z.ai."""
_BROKEN = frozenset({"error", "network_error"})
"""Finish reasons that mean a failure: OpenRouter and Mistral, Z.ai."""


class OpenAIChat(JsonDialect):
    """The dialect `openai-chat`."""

    id = ID
    projection = PROJECTION

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(self, left: Slices, profile: Profile, culprit: Culprit, memo: Memo | None) -> Request:
        raw = left.pop("messages", None)
        if raw is None:
            raise DecodeError("a chat request has no `messages`", where="$", culprit=culprit)
        messages = read_messages(raw, profile, culprit, memo)
        model, stream = self._head(left)
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(conversation=conversation, model=model, stream=stream, params=params_of(left))

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        written = self.encode_messages(request.messages, profile)
        losses = written.losses
        if not isinstance(request.state, UnsetType):
            losses = (
                *losses,
                Loss(kind="content", path="state", what="server-held history", why="chat completions keep no state"),
            )
            request = replace(request, state=UNSET)
        return self._body(request, {"messages": written}, losses)

    # -- responses -----------------------------------------------------------------------------------------------

    def decode_response(self, body: Body, profile: ProfileLike = None, *, status: int = 200) -> Response:
        """Read a response body that came whole. Raises `DecodeError`, `UnknownNameError`.

        Gemini's compatible endpoint wraps an error object in a list of one
        (https://github.com/SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter/issues/3); it is read as what it wraps.
        """
        raw = body_bytes(body, culprit="provider")
        wrapped = elements(raw, "$", "provider") if raw.lstrip()[:1] == b"[" else []
        if len(wrapped) != 1 or not is_object(wrapped[0]):
            return super().decode_response(raw, profile, status=status)
        response = super().decode_response(bytes(wrapped[0]), profile, status=status)
        spelling = Spelling(response.spelling)
        spelling.note("body", "list")
        return replace(response, spelling=spelling.json())

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        choices = left.pop("choices", None)
        failed = error is not UNSET or status >= ERRORS_FROM or _refuses(left)
        if choices is None and not failed:
            raise DecodeError("a chat response has neither `choices` nor `error`", where="$", culprit=culprit)
        spelling = Spelling()
        if choices is not None and is_null(choices):
            spelling.note("choices", "null")
        origin = Origin(
            dialect=self.id,
            provider=profile.provider,
            model=take_nullable(left, "model", "$"),
            response_id=take_nullable(left, "id", "$"),
        )
        messages: list[Message] = []
        others: list[bytes] = []
        stop: str | None | UnsetType = UNSET
        for i, slice_ in enumerate(
            [] if choices is None or is_null(choices) else elements(choices, "$.choices", culprit)
        ):
            path = f"$.choices[{i}]"
            choice = members(slice_, path, culprit)
            messages.append(replace(read_answer(choice, path, profile, culprit), origin=origin))
            if i == 0:
                stop = take_nullable(choice, "finish_reason", path)
                if "error" in choice and not is_null(choice["error"]) and error is UNSET:
                    spelling.note("error", "choice")
                    error = take_json(choice, "error")
            others.append(write_members(choice))
        if choices is not None and not is_null(choices):
            left["choices"] = array(others)
        outcome: Outcome = "truncated" if stop in _TRUNCATED else "complete"
        if failed or error is not UNSET or stop in _BROKEN:
            outcome = "failed"
        return Response(
            messages=tuple(messages),
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
        resolved = profile_of(profile, self.id)
        spelling = Spelling(response.spelling)
        left = {} if isinstance(response.fields, UnsetType) else members(response.fields.raw, "fields", "caller")
        raw = left.pop("choices", None)
        others = [] if raw is None or not is_array(raw) else elements(raw, "fields.choices", "caller")
        typed: dict[str, bytes | Tree] = {}
        if not isinstance(response.origin, UnsetType):
            put(typed, "id", response.origin.response_id)
            put(typed, "model", response.origin.model)
        losses: list[Loss] = []
        choices: list[bytes] = []
        for i, message in enumerate(response.messages):
            written = write_answer(message, resolved)
            losses.extend(under(written.losses, f"messages[{i}]"))
            choice: dict[str, bytes | Tree] = {"message": written.body} if written.body else {}
            if i == 0:
                put(choice, "finish_reason", response.stop_reason)
                if spelling.of("error", "") == "choice":
                    put(choice, "error", response.error)
            choices.append(write(choice, bytes(others[i]) if i < len(others) else b'{"index":%d}' % i))
        if raw is not None or choices:
            typed["choices"] = array(choices)
        elif spelling.of("choices", "") == "null":
            typed["choices"] = NULL
        put(typed, "usage", response.usage)
        if spelling.of("error", "") != "choice":
            put(typed, "error", response.error)
        body = write(typed, Json(write_members(left)))
        if spelling.of("body", "") == "list":
            body = array([body])
        return Encoded(body=body, losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return ChatStreamDecoder(resolved, lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of `data:` frames; one that was cut ends without `[DONE]`."""
        whole = response.outcome != "truncated" or response.stop_reason in _TRUNCATED
        return frames(load(self.encode_response(response, profile).body), cuts, whole=whole)

    _answer = "$.choices[{choice}].message"

    def _block_path(self, message: Message, block: int) -> str:
        return block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_message(self, message: Message, profile: Profile) -> Written:
        return write_message(message, profile)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(left, path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)


def _refuses(left: Slices) -> bool:
    """Tell whether a body without an `error` says that something failed.

    MiniMax answers 200 with a status of its own in `base_resp` (https://github.com/MiniMax-AI/MiniMax-M2/issues/76);
    vLLM before 0.10.2 and SGLang put the members of the error at the top and say so in `object`.
    """
    if bytes(left.get("object", b"")) == b'"error"':
        return True
    status = left.get("base_resp")
    if status is None or not is_object(status):
        return False
    return bytes(members(status, "$.base_resp", "provider").get("status_code", b"0")) not in {b"0", NULL}
