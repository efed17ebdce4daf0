"""What every dialect is, and what JSON dialects share.

Rule 1: sans-IO, both ways. Nothing here opens a file or a socket.
Rule 2: a dialect object has no state of its own but a cache of what it has already written.
Rule 3: each message is written once. A history that grows costs what is new (`_cache`).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError, LossError
from keepthinking._exchange import Encoded, Event, Request, Response
from keepthinking._json import Json, Slice, Slices, body_bytes, dump_string, elements, members, string
from keepthinking._messages import Conversation, Message, Opaque, Seal, Tool
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._projection import Projection
from keepthinking._reports import Loss
from keepthinking._turns import Spot
from keepthinking.dialects._cache import Pending, PrefixCache, Written
from keepthinking.dialects._quick import Memo
from keepthinking.dialects._wire import (
    NULL,
    array,
    is_null,
    is_object,
    nullable,
    take_bool,
    take_nullable,
    take_string,
    write_members,
)

Body: TypeAlias = object
"""A body: `bytes`, `str`, or a parsed JSON object."""
ProfileLike: TypeAlias = Profile | str | None
OnLoss = Literal["refuse", "report"]


@runtime_checkable
class StreamDecoder(Protocol):
    """Bytes of one streamed response in, events out."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        ...

    def finish(self) -> Response:
        """End the stream and give the response, complete or not."""
        ...


@runtime_checkable
class Dialect(Protocol):
    """How one wire protocol is read and written."""

    @property
    def id(self) -> str:
        """Stable id, such as `openai-chat`."""
        ...

    @property
    def projection(self) -> Projection:
        """Which parts of a message are memory."""
        ...

    def decode_request(self, body: Body, profile: ProfileLike = None) -> Request:
        """Read a request body. Raises `DecodeError`, `UnknownNameError`."""
        ...

    def encode_request(self, request: Request, profile: ProfileLike = None, *, on_loss: OnLoss = "refuse") -> Encoded:
        """Write a request body.

        Args:
            request: What to write.
            profile: The provider's way of speaking.
            on_loss: `refuse` raises where something would be lost that matters; a loss of mere spelling never raises.
                `report` leaves out what does not fit. Either way `losses` tells all of it.

        Raises:
            LossError: Something that matters would be lost, and the caller refuses that.
            EncodeError: The value cannot be written at all.
            UnknownNameError: No such profile.
        """
        ...

    def decode_response(self, body: Body, profile: ProfileLike = None, *, status: int = 200) -> Response:
        """Read a response body that came whole. Raises `DecodeError`, `UnknownNameError`."""
        ...

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        ...

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:
        """Start to read a streamed response. Raises `UnknownNameError`."""
        ...

    def request_path(self, conversation: Conversation, spot: Spot) -> str:
        """Give the JSON path in the request body of a block, for reports."""
        ...

    def response_path(self, message: Message, block: int, choice: int = 0) -> str:
        """Give the JSON path in the response body of a block, for reports."""
        ...

    def encode_stream(
        self, response: Response, profile: ProfileLike = None, *, cuts: Random | None = None
    ) -> Iterator[bytes]:
        """Write a response as a stream, one frame at a time.

        Args:
            response: What to write.
            profile: The provider's way of speaking.
            cuts: Where given, texts are cut into random pieces by it; otherwise each text is one piece.
        """
        ...


class JsonDialect(ABC):
    """The part that all dialects with a JSON body and a list of messages share."""

    id: str
    projection: Projection

    def __init__(self) -> None:
        self._prefixes = PrefixCache()

    def decode_request(self, body: Body, profile: ProfileLike = None, *, memo: Memo | None = None) -> Request:
        """Read a request body.

        Args:
            body: The body.
            profile: The provider's way of speaking.
            memo: What was read before: messages that it knows are not read again.

        Raises:
            DecodeError: The body is no request of this dialect.
            UnknownNameError: No such profile.
        """
        culprit: Culprit = "framework"
        raw = body_bytes(body, culprit=culprit)
        return self._request(members(raw, "$", culprit), profile_of(profile, self.id), culprit, memo)

    def decode_response(self, body: Body, profile: ProfileLike = None, *, status: int = 200) -> Response:
        """Read a response body that came whole. Raises `DecodeError`, `UnknownNameError`."""
        culprit: Culprit = "provider"
        raw = body_bytes(body, culprit=culprit)
        return self._response(members(raw, "$", culprit), profile_of(profile, self.id), status, culprit)

    def encode_request(self, request: Request, profile: ProfileLike = None, *, on_loss: OnLoss = "refuse") -> Encoded:
        """Write a request body. Raises `LossError` if refused, `EncodeError`, `UnknownNameError`."""
        encoded = self._encode_request(request, profile_of(profile, self.id))
        harm = [loss for loss in encoded.losses if loss.kind != "spelling"]
        if harm and on_loss == "refuse":
            raise LossError(self.id, harm)
        return encoded

    def encode_messages(self, messages: tuple[Message, ...], profile: Profile) -> Pending:
        """Write the messages that stand in the message list; those already written cost nothing."""
        return self._prefixes.write(messages, profile, lambda index: self._write_at(messages, index, profile))

    def request_path(self, conversation: Conversation, spot: Spot) -> str:
        """Give the JSON path in the request body of a block, for reports."""
        message = conversation.messages[spot.message]
        if message.carrier != "message":
            return f"$.{message.carrier}"
        number = sum(earlier.carrier == "message" for earlier in conversation.messages[: spot.message])
        inside = self._block_path(message, spot.block) if spot.block < len(message.blocks) else ""
        return f"$.{self._list}[{number}]" + (f".{inside}" if inside else "")

    def response_path(self, message: Message, block: int, choice: int = 0) -> str:
        """Give the JSON path in the response body of a block, for reports."""
        return f"{self._answer.format(choice=choice)}.{self._block_path(message, block)}"

    def model_in(self, path: str) -> str | UnsetType:  # noqa: ARG002 - most wires name it in the body
        """Give the model that a URL path names; absent where the dialect names it in the body."""
        return UNSET

    in_path: bool = False
    """Whether the path of the URL names the model, and says whether the answer is streamed, and no body does."""

    flat: bool = False
    """Whether a request has no messages around the model's items, so that answers in a row are one message."""

    joins: bool = False
    """Whether the server makes one message of those of one role in a row."""

    pieces: bool = False
    """Whether a stream gives words in parts of their own, and an answer may come back in as many, or as messages."""

    _list = "messages"
    """The member of a request body that holds the list of messages."""

    _answer = "$"
    """JSON path of the message in a response body; `{choice}` stands for the number of the choice."""

    def _block_path(self, message: Message, block: int) -> str:
        """Give the path of a block from its wire message: most wires have one list of content."""
        return f"content[{block}]" if block < len(message.blocks) else "content"

    def _head(self, left: Slices) -> tuple[str | None | UnsetType, bool | None | UnsetType]:
        """Take what every request has: the model and whether to stream."""
        return take_nullable(left, "model", "$"), take_bool(left, "stream")

    def _tools(self, left: Slices, culprit: Culprit) -> tuple[Tool, ...] | None | UnsetType:
        raw = left.pop("tools", None)
        if raw is None:
            return UNSET
        if is_null(raw):
            return None
        return tuple(
            self._tool(members(slice_, f"$.tools[{i}]", culprit), f"$.tools[{i}]", culprit)
            for i, slice_ in enumerate(elements(raw, "$.tools", culprit))
        )

    def _body(self, request: Request, head: Mapping[str, bytes | Pending], losses: Sequence[Loss]) -> Encoded:
        """Write the request around the parts that the dialect has written; what is absent stays absent."""
        found = list(losses)
        parts: dict[str, bytes | Pending] = {}
        if not isinstance(request.model, UnsetType):
            parts["model"] = nullable(request.model)
        parts.update(head)
        tools = request.conversation.tools
        if tools is None:
            parts["tools"] = NULL
        elif not isinstance(tools, UnsetType):
            listed = self._write_tools(tools)
            parts["tools"] = listed.body
            found += listed.losses
        if not isinstance(request.stream, UnsetType):
            parts["stream"] = {True: b"true", False: b"false", None: b"null"}[request.stream]
        parts.update({key: value.raw for key, value in request.params.items() if key not in parts})
        if not isinstance(request.state, UnsetType):
            parts.update({key: value.raw for key, value in request.state.items()})
        return Encoded(body=_joined(parts), losses=tuple(found))

    def _write_tools(self, tools: Sequence[Tool]) -> Written:
        """Write the list of tools, most wires an element a tool."""
        written = [self._write_tool(tool) for tool in tools]
        losses = tuple(loss for i, tool in enumerate(written) for loss in under(tool.losses, f"tools[{i}]"))
        return Written(array([tool.body for tool in written if tool.body]), losses)

    @abstractmethod
    def _request(self, left: Slices, profile: Profile, culprit: Culprit, memo: Memo | None) -> Request: ...

    @abstractmethod
    def _response(self, left: Slices, profile: Profile, status: int, culprit: Culprit) -> Response: ...

    @abstractmethod
    def _encode_request(self, request: Request, profile: Profile) -> Encoded: ...

    def _write_at(self, messages: tuple[Message, ...], index: int, profile: Profile) -> Written:
        """Write one message of a history; on most wires it says all by itself."""
        return self._write_message(messages[index], profile)

    @abstractmethod
    def _write_message(self, message: Message, profile: Profile) -> Written: ...

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        """Read one element of the list of tools, where each is one tool."""
        raise NotImplementedError

    def _write_tool(self, tool: Tool) -> Written:
        """Write one tool as an element of the list of tools, where each is one tool."""
        raise NotImplementedError


def _joined(parts: Mapping[str, bytes | Pending]) -> bytes:
    """Join a body with one copy of its bytes, and tell the lists where they now stand."""
    chunks: list[bytes | memoryview] = [b"{"]
    size = 1
    spans: list[tuple[Pending, int, int]] = []
    for key, part in parts.items():
        name = (b"," if len(chunks) > 1 else b"") + dump_string(key) + b":"
        chunks.append(name)
        size += len(name)
        if isinstance(part, bytes):
            chunks.append(part)
            size += len(part)
            continue
        inside = list(part.chunks())
        length = sum(map(len, inside))
        chunks += [b"[", *inside, b"]"]
        spans.append((part, size + 1, size + 1 + length))
        size += length + 2
    chunks.append(b"}")
    body = b"".join(chunks)
    for part, start, end in spans:
        part.settle(memoryview(body)[start:end])
    return body


def role_of(left: Slices, path: str, culprit: Culprit) -> str:
    """Take a message's role. Raises `DecodeError` where it is missing or no string."""
    raw = left.pop("role", None)
    if raw is None:
        raise DecodeError("a message has no role", where=path, culprit=culprit)
    return string(raw, f"{path}.role", culprit)


def unknown(dialect: str, raw: Slice, path: str, *, slot: str = "", seals: Sequence[str] = ()) -> Opaque:
    """Keep whole, in place, what has no typed place: its type and its seals stand beside the rest.

    Args:
        dialect: The dialect's id.
        raw: One value, sliced out of a valid body.
        path: Where it stood.
        slot: Which list of the wire message held it.
        seals: The names of its members that the vendor calls opaque.
    """
    if not is_object(raw):
        return Opaque(dialect=dialect, kind="", slot=slot, body=Json(bytes(raw)))
    left = members(raw, path)
    kind = take_string(left, "type", path)
    if kind == "":
        left["type"] = b'""'  # "" in `kind` says that there is none
    lifted = tuple(Seal(slot=s, wire=wire) for s in seals if isinstance(wire := take_string(left, s, path), str))
    return Opaque(dialect=dialect, kind=kind or "", slot=slot, seals=lifted, body=Json(write_members(left)))


def under(losses: tuple[Loss, ...], prefix: str) -> tuple[Loss, ...]:
    """Put losses of a part under the path of the whole."""
    return tuple(replace(loss, path=f"{prefix}.{loss.path}" if loss.path else prefix) for loss in losses)


def shift(losses: Sequence[Loss], by: int) -> list[Loss]:
    """Name places by the whole history where only its tail was written."""
    return [replace(loss, path=_NUMBER.sub(lambda m: str(int(m[0]) + by), loss.path, count=1)) for loss in losses]


_NUMBER = re.compile(r"(?<=^messages\[)\d+")


def params_of(left: Slices) -> dict[str, Json]:
    """Keep every other parameter, byte for byte."""
    return {key: Json(bytes(raw)) for key, raw in left.items()}


__all__ = [
    "UNSET",
    "Body",
    "Dialect",
    "JsonDialect",
    "Memo",
    "OnLoss",
    "ProfileLike",
    "StreamDecoder",
    "params_of",
    "role_of",
    "shift",
    "under",
    "unknown",
]
