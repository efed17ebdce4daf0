"""What travels: requests, responses, the events of a stream, and what encoding gives back."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._json import Json
from keepthinking._messages import Conversation, Message, Origin, Value
from keepthinking._reports import Loss

ERRORS_FROM = 400
"""The first HTTP status that says that something went wrong (RFC 9110, section 15)."""

Outcome = Literal["complete", "truncated", "failed", "pending"]


class Request(Value, frozen=True, kw_only=True):
    """What a scaffold sends to a model.

    Attributes:
        conversation: The history and the tools.
        model: The model asked for.
        stream: Whether the answer shall be streamed.
        state: Names of history that the server holds (`previous_response_id`, `conversation`); raw null is kept.
        params: Every other parameter, byte for byte.
    """

    conversation: Conversation
    model: str | None | UnsetType = UNSET
    stream: bool | None | UnsetType = UNSET
    state: dict[str, Json] | UnsetType = UNSET
    params: dict[str, Json] = {}

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the conversation."""
        return self.conversation.messages


class Response(Value, frozen=True, kw_only=True):
    """What a model answered.

    Attributes:
        messages: One message a choice.
        origin: Who answered.
        stop_reason: The wire's own word for why the first choice ended.
        usage: Token counts, byte for byte.
        outcome: `complete`; `truncated` (cut by a length limit or a broken stream); `failed` (an error object, also
            inside HTTP 200); `pending` (the provider goes on in the background).
        error: The provider's error object.
        http_status: The HTTP status, which a body does not hold.
        fields: The wire object with the known leaves removed, in the same shape.
        spelling: How it was written, where that may change without harm.
    """

    messages: tuple[Message, ...] = ()
    origin: Origin | UnsetType = UNSET
    stop_reason: str | None | UnsetType = UNSET
    usage: Json | UnsetType = UNSET
    outcome: Outcome = "complete"
    error: Json | UnsetType = UNSET
    http_status: int = 200
    fields: Json | UnsetType = UNSET
    spelling: Json | UnsetType = UNSET

    @property
    def message(self) -> Message:
        """The first choice. Raises `IndexError` where the response has none."""
        return self.messages[0]


class Exchange(Value, frozen=True, kw_only=True):
    """One recorded call: what was sent and what came back.

    Attributes:
        request: The body as sent.
        response: The body as received; absent where nothing came.
        status: The HTTP status.
        path: The URL path, which names the dialect.
        host: The host, which names the provider.
        scope: What separates conversations that must not mix; never a credential.
        at: Seconds since the epoch.
        dialect: The dialect's id, where the recorder knew it.
        delivered: Whether the scaffold received the whole response.
        source: Where the recording came from, for reports.
    """

    request: bytes
    response: bytes | UnsetType = UNSET
    status: int = 200
    path: str = ""
    host: str = ""
    scope: str = ""
    at: float | UnsetType = UNSET
    dialect: str | UnsetType = UNSET
    delivered: bool = True
    source: str = ""


EventKind = Literal["start", "text", "thinking", "arguments", "seal", "tool_call", "block", "usage", "error", "end"]


class Event(Value, frozen=True, kw_only=True):
    """One step of a streamed response, in the order in which a user would see it.

    Attributes:
        kind: `start` once; then `text`, `thinking` and `arguments` with new words; `tool_call` when a call gets its
            name; `seal` when a seal is complete; `block` for a block that comes whole; `usage`, on some wires
            after the end; `error`; `end` once, if the stream says so (some servers send no `[DONE]`).
        choice: Which choice, from 0.
        index: Which of the choice's blocks of this kind, from 0, in the order in which they began.
        text: The new words.
        id: The call's id, with `tool_call`.
        name: The tool's name, with `tool_call`; the wire's type, with `block`; the slot, with `seal`.
        server: Whether the provider runs the call itself, with `tool_call`.
        freeform: Whether its arguments are text that is no JSON, with `tool_call`.
    """

    kind: EventKind
    choice: int = 0
    index: int = 0
    text: str | UnsetType = UNSET
    id: str | None | UnsetType = UNSET
    name: str | UnsetType = UNSET
    server: bool = False
    freeform: bool = False


class Encoded(Value, frozen=True, kw_only=True):
    """A body ready to be sent.

    Attributes:
        body: UTF-8 JSON.
        losses: What the dialect could not hold, in order; empty means nothing.
    """

    body: bytes
    losses: tuple[Loss, ...] = ()
