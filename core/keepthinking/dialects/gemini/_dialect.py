"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from random import Random

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._exchange import ERRORS_FROM, Encoded, Outcome, Request, Response
from keepthinking._json import Json, Slices, body_bytes, elements, members
from keepthinking._messages import Conversation, Message, Origin, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._reports import Loss
from keepthinking._turns import Spot
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
    write_members,
)
from keepthinking.dialects.gemini._fast import read_messages
from keepthinking.dialects.gemini._frames import frames
from keepthinking.dialects.gemini._names import (
    CANDIDATES,
    CONTENT,
    CONTENTS,
    FEEDBACK,
    FINISH,
    ID,
    PARTS,
    RESPONSE_ID,
    SYSTEM,
    SYSTEM_ROLES,
    TOOLS,
    USAGE,
    VERSION,
    model_of,
)
from keepthinking.dialects.gemini._pair import name_results
from keepthinking.dialects.gemini._projection import PROJECTION
from keepthinking.dialects.gemini._read import in_contents, read_answer, read_system
from keepthinking.dialects.gemini._spelt import key_for, key_of, read_raw, take, write_spelt
from keepthinking.dialects.gemini._stream import Assembler, ContentStreamDecoder
from keepthinking.dialects.gemini._tools import read_tools, write_tools
from keepthinking.dialects.gemini._write import write_answer, write_message, write_system

_TRUNCATED = frozenset({"MAX_TOKENS", "CONTINUATION"})
"""Finish reasons that mean the answer was cut: by the limit of tokens, or by that of one request, after which the
provider goes on where it is asked to (google-genai 3.4.0, `types.py`, `FinishReason`, read 2026-11-24). After `SAFETY`
and its like a filter ended the answer on purpose, as after a `promptFeedback` that blocks the prompt: it is whole."""


class Gemini(JsonDialect):
    """The dialect `gemini`."""

    id = ID
    in_path = True
    pieces = True  # google-genai 3.4.0, `chats.py`: its own history holds one content a chunk (read 2026-11-24)
    projection = PROJECTION

    def model_in(self, path: str) -> str | UnsetType:
        """Give the model that a URL path names, which a body of this dialect does not."""
        return model_of(path)

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(
        self,
        left: Slices,
        profile: Profile,  # noqa: ARG002 - the wire is one
        culprit: Culprit,
        memo: Memo | None,
    ) -> Request:
        raw = left.pop(CONTENTS, None)
        if raw is None:
            raise DecodeError("a request has no `contents`", where="$", culprit=culprit)
        messages = read_messages(raw, culprit, memo)
        for i, message in enumerate(takewhile(lambda message: message.role in SYSTEM_ROLES, messages)):
            messages[i] = in_contents(message)
        key = key_of(left, SYSTEM)
        if key is not None and is_object(left[key]):
            messages.insert(0, read_system(left.pop(key), key, culprit))
        tools = left.pop(TOOLS, None)
        conversation = replace(
            Conversation.of(*messages),
            tools=UNSET if tools is None else None if is_null(tools) else read_tools(tools, culprit),
        )
        return Request(conversation=conversation, params=params_of(left))

    def _encode_request(self, request: Request, profile: Profile) -> Encoded:
        head = tuple(takewhile(_is_head, request.messages))
        parts: dict[str, bytes] = {}
        losses: list[Loss] = []
        if head:
            system = write_system(head)
            parts[key_for(Spelling(head[0].spelling), SYSTEM)] = system.body
            losses += system.losses
        written = self.encode_messages(request.messages[len(head) :], profile)
        losses += _shift(written.losses, len(head))
        if not isinstance(request.state, UnsetType):
            losses.append(Loss(kind="content", path="state", what="server-held history", why="the API keeps no state"))
        # the model and whether to stream are in the URL
        bare = replace(request, model=UNSET, stream=UNSET, state=UNSET)
        return self._body(bare, {**parts, CONTENTS: written}, losses)

    def _write_tools(self, tools: Sequence[Tool]) -> Written:
        return write_tools(tools)

    def request_path(self, conversation: Conversation, spot: Spot) -> str:
        """Give the JSON path in the request body of a block, for reports."""
        message = conversation.messages[spot.message]
        if message.carrier != SYSTEM:
            return super().request_path(conversation, spot)
        return f"$.{key_for(Spelling(message.spelling), SYSTEM)}.{self._block_path(message, spot.block)}"

    _list = CONTENTS
    _answer = f"$.{CANDIDATES}[{{choice}}].{CONTENT}"

    def _block_path(self, message: Message, block: int) -> str:
        return f"{PARTS}[{block}]" if block < len(message.blocks) else PARTS

    # -- responses -----------------------------------------------------------------------------------------------

    def decode_response(self, body: Body, profile: ProfileLike = None, *, status: int = 200) -> Response:
        """Read a response body that came whole. Raises `DecodeError`, `UnknownNameError`.

        A stream without `alt=sse` is a list of chunks, and an error on that route is a list of one
        (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, read 2026-11-24).
        """
        raw = body_bytes(body, culprit="provider")
        if raw.lstrip()[:1] != b"[":
            return super().decode_response(raw, profile, status=status)
        chunks = elements(raw, "$", "provider")
        if len(chunks) == 1:
            response = super().decode_response(bytes(chunks[0]), profile, status=status)
            spelling = Spelling(response.spelling)
            spelling.note("body", "list")
            return replace(response, spelling=spelling.json())
        assembler = Assembler()
        for i, chunk in enumerate(chunks):
            for _ in assembler.chunk(chunk, f"$[{i}]"):
                pass
        response = assembler.judged(self._response(assembler.body(), profile_of(profile, self.id), status, "provider"))
        spelling = Spelling(response.spelling)
        spelling.note("body", "chunks")
        return replace(response, spelling=spelling.json())

    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response:
        spelling = Spelling()
        error = take_json(left, "error") if "error" in left and not is_null(left["error"]) else UNSET
        raw = left.pop(CANDIDATES, None)
        failed = error is not UNSET or status >= ERRORS_FROM
        if raw is None and not failed and key_of(left, FEEDBACK) is None and key_of(left, USAGE) is None:
            what = f"a response has neither `{CANDIDATES}` nor `{FEEDBACK}` nor `error`"
            raise DecodeError(what, where="$", culprit=culprit)
        if raw is not None and is_null(raw):
            spelling.note(CANDIDATES, "null")
            raw = None
        origin = Origin(
            dialect=self.id,
            provider=profile.provider,
            model=take(left, VERSION, "$", spelling),
            response_id=take(left, RESPONSE_ID, "$", spelling),
        )
        messages: list[Message] = []
        others: list[bytes] = []
        stop: str | None | UnsetType = UNSET
        for i, one in enumerate([] if raw is None else elements(raw, f"$.{CANDIDATES}", culprit)):
            path = f"$.{CANDIDATES}[{i}]"
            candidate = members(one, path, culprit)
            messages.append(replace(read_answer(candidate, path, culprit), origin=origin))
            if i == 0:
                stop = take(candidate, FINISH, path, spelling)
            others.append(write_members(candidate))
        if raw is not None and not messages:
            spelling.note(CANDIDATES, "empty")
        if any(other != b"{}" for other in others):
            left[CANDIDATES] = array(others)
        outcome: Outcome = "failed" if failed else "truncated" if stop in _TRUNCATED else "complete"
        return Response(
            messages=tuple(messages),
            origin=origin,
            stop_reason=stop,
            usage=read_raw(left, USAGE, spelling),
            outcome=outcome,
            error=error,
            http_status=status,
            fields=rest(left),
            spelling=spelling.json(),
        )

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        profile_of(profile, self.id)
        spelling = Spelling(response.spelling)
        left = {} if isinstance(response.fields, UnsetType) else members(response.fields.raw, "fields", "caller")
        raw = left.pop(CANDIDATES, None)
        others = [] if raw is None or not is_array(raw) else elements(raw, f"fields.{CANDIDATES}", "caller")
        losses: list[Loss] = []
        candidates: list[bytes] = []
        for i, message in enumerate(response.messages):
            written = write_answer(message)
            losses.extend(under(written.losses, f"messages[{i}]"))
            candidate: dict[str, bytes | Tree] = {CONTENT: written.body} if written.body else {}
            if i == 0:
                put(candidate, FINISH, response.stop_reason)
            candidates.append(write_spelt(candidate, Json(bytes(others[i])) if i < len(others) else UNSET, spelling))
        typed: dict[str, bytes | Tree] = {}
        how = spelling.of(CANDIDATES, "")
        if candidates or how == "empty":
            typed[CANDIDATES] = array(candidates)
        elif how == "null":
            typed[CANDIDATES] = NULL
        put(typed, USAGE, response.usage)
        if not isinstance(response.origin, UnsetType):
            put(typed, VERSION, response.origin.model)
            put(typed, RESPONSE_ID, response.origin.response_id)
        put(typed, "error", response.error)
        body = write_spelt(typed, Json(write_members(left)), spelling)
        if (how := spelling.of("body", "")) in {"list", "chunks"}:
            body = array([body])
        if how == "chunks":
            why = "the answer is one, whatever pieces it came in"
            losses.append(Loss(kind="spelling", path="spelling", what="the borders between chunks", why=why))
        return Encoded(body=body, losses=tuple(losses))

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        resolved = profile_of(profile, self.id)
        return ContentStreamDecoder(lambda left: self._response(left, resolved, 200, "provider"))

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream of `data:` frames; one that was cut ends without a finish reason."""
        whole = response.outcome != "truncated" or response.stop_reason in _TRUNCATED
        plain = response if whole else replace(response, stop_reason=UNSET)
        words = Spelling(plain.spelling)
        words.words.pop("body", None)
        body = self.encode_response(replace(plain, spelling=words.json()), profile).body
        return frames(members(body, "$", "caller"), cuts)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _write_at(self, messages: tuple[Message, ...], index: int, profile: Profile) -> Written:  # noqa: ARG002 - see below
        named, losses = name_results(messages, index)
        written = write_message(named)
        return Written(written.body, (*losses, *written.losses))

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a part
        return write_message(message)


def _is_head(message: Message) -> bool:
    return message.role in SYSTEM_ROLES and Spelling(message.spelling).of("carrier", SYSTEM) == SYSTEM


def _shift(losses: tuple[Loss, ...], by: int) -> list[Loss]:
    """Name places by the whole history where only its tail was written."""
    return [replace(loss, path=_NUMBER.sub(lambda m: str(int(m[0]) + by), loss.path, count=1)) for loss in losses]


_NUMBER = re.compile(r"(?<=^messages\[)\d+")
"""The number of a message in the path of a loss."""
