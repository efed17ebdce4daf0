"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Json, Slices, dump_string, elements, members
from keepthinking._messages import Conversation, Message, Origin, Text, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking._turns import Spot
from keepthinking.dialects._base import JsonDialect, Memo, ProfileLike, StreamDecoder, params_of, shift, under
from keepthinking.dialects._cache import Pending, Written
from keepthinking.dialects._wire import (
    Spelling,
    Tree,
    array,
    is_array,
    is_null,
    is_string,
    put,
    rest,
    take_json,
    take_nullable,
    write,
)
from keepthinking.dialects.openai_responses._fast import read_input
from keepthinking.dialects.openai_responses._frames import frames
from keepthinking.dialects.openai_responses._names import (
    COMPLETED,
    CONTENT,
    FAILED,
    ID,
    INCOMPLETE,
    INPUT,
    INSTRUCTIONS,
    OUTPUT,
    PENDING,
    STATE,
)
from keepthinking.dialects.openai_responses._plan import is_part, is_plain, plan
from keepthinking.dialects.openai_responses._projection import PROJECTION
from keepthinking.dialects.openai_responses._read import read_instructions, read_made, read_string, read_tool
from keepthinking.dialects.openai_responses._stream import ResponsesStreamDecoder
from keepthinking.dialects.openai_responses._write import (
    is_string_content,
    write_answer,
    write_instructions,
    write_message,
    write_tool,
)

_WITHOUT_INPUT = ("prompt", *STATE)
"""What a request may hold instead of `input`."""

_CUT = frozenset({INCOMPLETE, "cancelled"})
_OUTCOMES: dict[str, Outcome] = {
    **dict.fromkeys(_CUT, "truncated"),
    FAILED: "failed",
    **dict.fromkeys(PENDING, "pending"),
}
"""Status of a response to its outcome; any other is complete (openai 3.54.0, `types/responses/response_status.py`)."""

_RESPONSE = b'"response"'
_STATUS: dict[Outcome, str] = {"truncated": INCOMPLETE, "failed": FAILED, "pending": "in_progress"}


class OpenAIResponses(JsonDialect):
    """The dialect `openai-responses`."""

    id = ID
    flat = True
    projection = PROJECTION

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(
        self,
        left: Slices,
        profile: Profile,  # noqa: ARG002 - the wire is one
        culprit: Culprit,
        memo: Memo | None,
    ) -> Request:
        if INPUT not in left and not any(key in left for key in _WITHOUT_INPUT):
            raise DecodeError("a request has no `input`", where="$", culprit=culprit)
        messages = self._input(left, culprit, memo)
        raw = left.get(INSTRUCTIONS)
        if raw is not None and (is_string(raw) or is_null(raw)):
            messages.insert(0, read_instructions(left.pop(INSTRUCTIONS), culprit))
        model, stream = self._head(left)
        state = {key: Json(bytes(left.pop(key))) for key in STATE if key in left}
        conversation = replace(Conversation.of(*messages), tools=self._tools(left, culprit))
        return Request(
            conversation=conversation, model=model, stream=stream, state=state or UNSET, params=params_of(left)
        )

    def _input(self, left: Slices, culprit: Culprit, memo: Memo | None) -> list[Message]:
        raw = left.get(INPUT)
        if raw is None or is_null(raw):
            return []
        if is_string(raw):
            return [read_string(left.pop(INPUT), culprit)]
        if not is_array(raw):
            raise DecodeError("`input` is neither a string nor an array", where=f"$.{INPUT}", culprit=culprit)
        messages = read_input(raw, culprit, memo)
        if messages:
            del left[INPUT]
        return messages  # an empty list stays among the parameters: no input and an empty one are two things

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        messages = request.messages
        head: dict[str, bytes | Pending] = {}
        losses: tuple[Loss, ...] = ()
        first = write_instructions(messages[0]) if messages else None
        if first is not None:
            head[INSTRUCTIONS] = first
            messages = messages[1:]
        if len(messages) == 1 and (text := _as_string(messages[0])) is not None:
            head[INPUT] = text
        elif not messages and INPUT in request.params:
            head[INPUT] = request.params[INPUT].raw
        elif not messages and not self._goes_without(request):
            head[INPUT] = b"[]"
        elif messages:
            pending = self.encode_messages(messages, profile)
            head[INPUT] = pending
            losses = tuple(shift(pending.losses, len(request.messages) - len(messages)))
        return self._body(request, head, losses)

    @staticmethod
    def _goes_without(request: Request) -> bool:
        """Tell whether a request without any message is one all the same."""
        state = {} if isinstance(request.state, UnsetType) else request.state
        return any(key in request.params or key in state for key in _WITHOUT_INPUT)

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        if OUTPUT not in left and error is UNSET and "status" not in left and status < ERRORS_FROM:
            raise DecodeError("a response has neither `output` nor `error`", where="$", culprit=culprit)
        messages: tuple[Message, ...] = ()
        origin = Origin(
            dialect=self.id,
            provider=profile.provider,
            model=take_nullable(left, "model", "$"),
            response_id=take_nullable(left, "id", "$"),
        )
        raw = left.get(OUTPUT)
        if raw is not None and not is_null(raw):
            path = f"$.{OUTPUT}"
            held = [members(item, f"{path}[{i}]", culprit) for i, item in enumerate(elements(raw, path, culprit))]
            messages = (replace(read_made(held, path, culprit), origin=origin),)
            del left[OUTPUT]
        spelling = Spelling()
        if "object" not in left:
            spelling.note("object", "absent")
        word = take_nullable(left, "status", "$")
        if word is UNSET:
            spelling.note("status", "absent")
        outcome: Outcome = "complete"
        if error is not UNSET or status >= ERRORS_FROM:
            outcome = "failed"
        elif isinstance(word, str):
            outcome = _OUTCOMES.get(word, "complete")
        return Response(
            messages=messages,
            origin=origin,
            stop_reason=word,
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
        origin = Origin() if isinstance(response.origin, UnsetType) else response.origin
        fields = {} if isinstance(response.fields, UnsetType) else members(response.fields.raw, "fields", "caller")
        spelling = Spelling(response.spelling)
        put(typed, "id", origin.response_id)
        if response.messages and "object" not in fields and spelling.of("object", "") != "absent":
            typed["object"] = _RESPONSE
        put(typed, "model", origin.model)
        losses: list[Loss] = []
        status = response.stop_reason
        if origin.dialect not in {ID, UNSET} or (status is UNSET and spelling.of("status", "") != "absent"):
            if isinstance(status, str):
                why = "the status of a response says how it ended"
                losses.append(Loss(kind="spelling", path="stop_reason", what="why the answer ended", why=why))
            compacted = bytes(fields.get("object", _RESPONSE)) != _RESPONSE  # what `/responses/compact` gives has none
            status = _STATUS.get(response.outcome, COMPLETED) if response.messages and not compacted else UNSET
        put(typed, "status", status)
        parts: list[bytes] = []
        for i, message in enumerate(response.messages):
            if i:
                why = "a response is one list of items here"
                losses.append(Loss(kind="grouping", path=f"messages[{i}]", what="that it is another choice", why=why))
            written = write_answer(message)
            losses.extend(under(written.losses, f"messages[{i}]"))
            if written.body:
                parts.append(written.body)
        if response.messages:
            typed[OUTPUT] = array(parts)
        put(typed, "usage", response.usage)
        put(typed, "error", response.error)
        return Encoded(body=write(typed, response.fields), losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return ResponsesStreamDecoder(lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of typed events; one that was cut ends without `response.completed`."""
        whole = response.outcome != "truncated" or response.stop_reason in _CUT
        return frames(members(self.encode_response(response, profile).body, "$", "caller"), cuts, whole=whole)

    # -- parts ---------------------------------------------------------------------------------------------------

    def request_path(self, conversation: Conversation, spot: Spot) -> str:
        """Give the JSON path in the request body of a block, for reports."""
        messages = conversation.messages
        message = messages[spot.message]
        first = 0
        if messages and write_instructions(messages[0]) is not None:
            if spot.message == 0:
                return f"$.{INSTRUCTIONS}"
            first = 1
        if len(messages) == first + 1 and _as_string(message) is not None:
            return f"$.{INPUT}"
        number = sum(len(plan(earlier)) for earlier in messages[first : spot.message])
        return self._item_path(f"$.{INPUT}", number, message, spot.block, answer=False)

    def response_path(self, message: Message, block: int, choice: int = 0) -> str:  # noqa: ARG002 - an answer is one list of items
        """Give the JSON path in the response body of a block, for reports."""
        return self._item_path(f"$.{OUTPUT}", 0, message, block, answer=True)

    def _item_path(self, base: str, first: int, message: Message, block: int, *, answer: bool) -> str:
        for n, element in enumerate(plan(message)):
            if block not in element.blocks:
                continue
            path = f"{base}[{first + n}]"
            if not is_part(message.blocks[block]):
                return path
            whole = is_string_content(message, element, answer=answer)
            return f"{path}.{CONTENT}" + ("" if whole else f"[{element.blocks.index(block)}]")
        return f"{base}[{first}]"

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes an item
        return write_message((message,), 0)

    def _write_at(self, messages: tuple[Message, ...], index: int, profile: Profile) -> Written:  # noqa: ARG002 - as above
        return write_message(messages, index)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:  # noqa: ARG002 - no tool is malformed here
        return read_tool(left, path)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)


def _as_string(message: Message) -> bytes | None:
    """Give a message as an `input` of one string, if it was that and still can be."""
    if message.carrier != INPUT or message.role != "user" or len(message.blocks) != 1:
        return None
    (block,) = message.blocks
    bare = message.fields is UNSET and message.name is UNSET and not message.items
    return dump_string(block.text) if bare and isinstance(block, Text) and is_plain(block) else None
