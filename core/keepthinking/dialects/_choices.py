"""Dialects whose answers are choices: chat completions, and wires that resemble them.

A request is a list of `messages` beside its parameters, a response a list of `choices` with one message each, a stream
chunks of such choices. What a message holds is each room's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Json, Slice, Slices, dump_string, elements, load, members
from keepthinking._messages import Conversation, Message, Origin
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._alone import write_alone
from keepthinking.dialects._base import JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, under
from keepthinking.dialects._cache import Written
from keepthinking.dialects._chunk_frames import frames
from keepthinking.dialects._chunks import WHOLE, ChunkDecoder, Shown
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    array,
    is_array,
    is_null,
    put,
    rest,
    take_json,
    take_nullable,
    write,
    write_members,
)

RESULT_ROLES = frozenset({"tool", "function"})
"""Roles of messages that are one result."""


class ChoicesDialect(JsonDialect):
    """The part that dialects with choices share."""

    truncated: ClassVar[frozenset[str]]
    """Finish reasons that mean a limit of length."""
    broken: ClassVar[frozenset[str]]
    """Finish reasons that mean a failure."""
    stateless: ClassVar[str]
    """Why the wire has no history that the server holds."""

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(self, left: Slices, profile: Profile, culprit: Culprit, memo: Memo | None) -> Request:
        raw = left.pop("messages", None)
        if raw is None:
            raise DecodeError("a request has no `messages`", where="$", culprit=culprit)
        messages = self._read_messages(raw, profile, culprit, memo)
        model, stream = self._head(left)
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(conversation=conversation, model=model, stream=stream, params=params_of(left))

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        written = self.encode_messages(request.messages, profile)
        losses = written.losses
        if not isinstance(request.state, UnsetType):
            losses = (
                *losses,
                Loss(kind="content", path="state", what="server-held history", why=self.stateless),
            )
            request = replace(request, state=UNSET)
        return self._body(request, {"messages": written}, losses)

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        choices = left.pop("choices", None)
        failed = error is not UNSET or status >= ERRORS_FROM or self._refuses(left)
        if choices is None and not failed:
            raise DecodeError("a response has neither `choices` nor `error`", where="$", culprit=culprit)
        spelling = Spelling()
        if choices is not None and is_null(choices):
            spelling.note("choices", "null")
        elif choices is not None and "object" not in left:
            spelling.note("object", "absent")
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
            messages.append(replace(self._read_answer(choice, path, profile, culprit), origin=origin))
            if i == 0:
                stop = take_nullable(choice, "finish_reason", path)
                if "error" in choice and not is_null(choice["error"]) and error is UNSET:
                    spelling.note("error", "choice")
                    error = take_json(choice, "error")
            others.append(write_members(choice))
        if choices is not None and not is_null(choices):
            left["choices"] = array(others)
        outcome: Outcome = "truncated" if stop in self.truncated else "complete"
        if failed or error is not UNSET or stop in self.broken:
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
        answered = raw is not None or bool(response.messages)
        if answered and "object" not in left and spelling.of("object", "") != "absent":
            typed["object"] = dump_string(WHOLE)
        losses: list[Loss] = []
        choices: list[bytes] = []
        for i, message in enumerate(response.messages):
            written = self._write_answer(message, resolved)
            losses.extend(under(written.losses, f"messages[{i}]"))
            choice: dict[str, bytes | Tree] = {"message": written.body} if written.body else {}
            if i == 0:
                put(choice, "finish_reason", response.stop_reason)
                if spelling.of("error", "") == "choice":
                    put(choice, "error", response.error)
            choices.append(write(choice, bytes(others[i]) if i < len(others) else b'{"index":%d}' % i))
        if answered:
            typed["choices"] = array(choices)
        elif spelling.of("choices", "") == "null":
            typed["choices"] = NULL
        put(typed, "usage", response.usage)
        if spelling.of("error", "") != "choice":
            put(typed, "error", response.error)
        return Encoded(body=write(typed, Json(write_members(left))), losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return ChunkDecoder(resolved, lambda left: self._response(left, resolved, 200, "provider"), self._shown)

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of `data:` frames; one that was cut ends without `[DONE]`."""
        whole = response.outcome != "truncated" or response.stop_reason in self.truncated
        return frames(load(self.encode_response(response, profile).body), cuts, self._deltas, whole=whole)

    _answer = "$.choices[{choice}].message"

    # -- parts ---------------------------------------------------------------------------------------------------

    def _refuses(self, left: Slices) -> bool:
        """Tell whether a body without an `error` says that something failed.

        vLLM before 0.10.2, SGLang and Mistral put the members of the error at the top and say so in `object`.
        """
        return bytes(left.get("object", b"")) == b'"error"'

    @abstractmethod
    def _read_messages(self, raw: Slice, profile: Profile, culprit: Culprit, memo: Memo | None) -> Sequence[Message]:
        """Read the list of messages. Raises `DecodeError`."""

    def _read_answer(self, choice: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:
        """Read the message of a choice and take it out of the choice.

        Servers that were stopped before the first word leave out the message, or its role: both are filled in, and
        noted, so that they are left out again.
        """
        raw = choice.get("message")
        path = f"{path}.message"
        if raw is None or is_null(raw):
            choice.pop("message", None)
            return Message(role="assistant", spelling=Json.of({"message": "absent" if raw is None else "null"}))
        del choice["message"]
        left = members(raw, path, culprit)
        role = left.get("role")
        if role is not None and not is_null(role):
            return self._read_message(left, path, profile, culprit)
        left["role"] = b'"assistant"'
        message = self._read_message(left, path, profile, culprit)
        spelling = Spelling(message.spelling)
        spelling.note("role", "absent" if role is None else "null")
        return message.replace(spelling=spelling.json())

    def _write_answer(self, message: Message, profile: Profile) -> Written:
        """Write the message of a choice; nothing where it came without one and still is."""
        spelling = Spelling(message.spelling)
        how = spelling.of("message", "")
        if how and not message.blocks and message.fields is UNSET and message.name is UNSET:
            return Written(NULL if how == "null" else b"")
        written = write_alone(message, lambda one: self._write_choice(one, profile), server=False)
        body = written.body
        if (role := spelling.of("role", "")) and message.role == "assistant":
            left = members(body, "message", "caller")
            del left["role"]
            body = write({"role": NULL} if role == "null" else {}, write_members(left))
        return Written(body, written.losses)

    def _write_choice(self, message: Message, profile: Profile) -> Written:
        """Write what a choice says; most wires write it as they write a message of the history."""
        return self._write_message(message, profile)

    @abstractmethod
    def _read_message(self, left: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:
        """Read one message. Raises `DecodeError`."""

    @abstractmethod
    def _shown(self, choice: int, profile: Profile) -> Shown:
        """Begin to show a choice of a stream."""

    @abstractmethod
    def _deltas(self, message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
        """Give a message, parsed, as deltas."""
