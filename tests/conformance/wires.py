"""How each dialect is spoken by hand: a table that needs no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from keepthinking import Json, Message, ToolResult

_MODEL = "/v1beta/models/{model}:"


class Wire(NamedTuple):
    """How a dialect is spoken by hand.

    Attributes:
        path: Where a whole answer is asked for, behind the base URL.
        streamed: Where a stream is asked for.
        carrier: Which part of a request holds the instructions.
        results: The role of messages with results.
        together: Whether the results of a turn stand in one message.
        flags: Whether a failed result says so.
        named: Whether a result says its tool's name.
        params: Parameters that a request needs.
    """

    path: str
    streamed: str
    carrier: str
    results: str
    together: bool = False
    flags: bool = False
    named: bool = False
    params: Mapping[str, Json] = {}


WIRES: Mapping[str, Wire] = {
    "openai-chat": Wire("/chat/completions", "/chat/completions", "message", "tool"),
    "openai-responses": Wire("/responses", "/responses", "instructions", "tool"),
    "anthropic-messages": Wire(
        "/v1/messages",
        "/v1/messages",
        "system",
        "user",
        together=True,
        flags=True,
        params={"max_tokens": Json(b"4096")},
    ),
    "gemini": Wire(
        f"{_MODEL}generateContent",
        f"{_MODEL}streamGenerateContent?alt=sse",
        "systemInstruction",
        "user",
        together=True,
        flags=True,
        named=True,
    ),
    "ollama": Wire("/api/chat", "/api/chat", "message", "tool", named=True),
}


def grouped(row: Wire, found: Sequence[ToolResult]) -> list[Message]:
    """Put results into messages as a wire has them."""
    if row.together:
        return [Message(role=row.results, blocks=tuple(found))] if found else []
    return [Message(role=row.results, blocks=(one,)) for one in found]
