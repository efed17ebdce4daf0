"""The dialect's object: requests and whole responses."""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Json, Slices, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking.dialects._alone import write_alone
from keepthinking.dialects._base import Memo, ProfileLike, params_of, under
from keepthinking.dialects._cache import Written
from keepthinking.dialects._unproven import UnprovenDialect
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    is_object,
    is_string,
    put,
    rest,
    take_json,
    take_nullable,
    write,
)
from keepthinking.dialects.cohere._fast import read_messages
from keepthinking.dialects.cohere._names import CONTENT, FINISH, ID, MESSAGE, USAGE
from keepthinking.dialects.cohere._projection import PROJECTION
from keepthinking.dialects.cohere._read import read_message, read_tool
from keepthinking.dialects.cohere._write import block_path, write_message, write_tool

_TRUNCATED = frozenset({"MAX_TOKENS"})
_BROKEN = frozenset({"ERROR", "TIMEOUT"})
"""Finish reasons (cohere 7.3.1, `types/chat_finish_reason.py`)."""


class Cohere(UnprovenDialect):
    """The dialect `cohere`."""

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
        # An error has a `message`, too, which is a string.
        answered = MESSAGE in left and is_object(left[MESSAGE])
        if not answered and MESSAGE not in left and status < ERRORS_FROM:
            raise DecodeError("a response has no `message`", where="$", culprit=culprit)
        if not answered:
            return Response(
                origin=Origin(dialect=self.id, provider=profile.provider),
                outcome="failed",
                error=rest(left),
                http_status=status,
            )
        here = f"$.{MESSAGE}"
        said = members(left.pop(MESSAGE), here, culprit)
        plain = is_string(said.get(CONTENT, NULL))
        message = read_message(said, here, culprit)
        if plain:
            spelling = Spelling(message.spelling)
            spelling.note(CONTENT, "string")  # an answer's content is usually a list
            message = message.replace(spelling=spelling.json())
        origin = Origin(dialect=self.id, provider=profile.provider, response_id=take_nullable(left, "id", "$"))
        stop = take_nullable(left, FINISH, "$")
        outcome: Outcome = "truncated" if stop in _TRUNCATED else "complete"
        if stop in _BROKEN or status >= ERRORS_FROM:
            outcome = "failed"
        return Response(
            messages=(replace(message, origin=origin),),
            origin=origin,
            stop_reason=stop,
            usage=take_json(left, USAGE),
            outcome=outcome,
            http_status=status,
            fields=rest(left),
        )

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        profile_of(profile, self.id)
        typed: dict[str, bytes | Tree] = {}
        losses: list[Loss] = []
        if not isinstance(response.origin, UnsetType):
            put(typed, "id", response.origin.response_id)
        for i, message in enumerate(response.messages):
            if i:
                why = "a response is one message here"
                losses.append(Loss(kind="content", path=f"messages[{i}]", what="a further choice", why=why))
                continue
            written = write_alone(message, lambda one: write_message(one, answer=True))
            losses.extend(under(written.losses, "messages[0]"))
            typed[MESSAGE] = written.body
        put(typed, FINISH, response.stop_reason)
        put(typed, USAGE, response.usage)
        if isinstance(response.error, Json) and is_object(response.error.raw):
            errors = members(response.error.raw, "error", "caller")
            typed.update({key: bytes(raw) for key, raw in errors.items() if key not in typed})
        return Encoded(body=write(typed, response.fields), losses=tuple(losses))

    _answer = f"$.{MESSAGE}"

    def _block_path(self, message: Message, block: int) -> str:
        return block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a block
        return write_message(message)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(left, path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)
