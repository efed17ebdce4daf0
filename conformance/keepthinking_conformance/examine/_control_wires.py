"""How the controls speak each dialect: the standard library, and the bytes of each message as they came.

Rule 1: nothing of our codecs is used but to cut bytes where a value begins and ends.
Rule 2: who forgets drops the members and blocks that hold thinking and seals, and nothing else.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from keepthinking import Endpoint
from keepthinking._json import Slice, dump, elements, members

_THINKING: Final = frozenset({"thinking", "redacted_thinking"})
_FIELDS: Final = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
_SEAL: Final = "thoughtSignature"
_TOKENS: Final = 4096
"""Anthropic demands a limit (`max_tokens`, https://docs.anthropic.com/en/api/messages, read 2026-11-23)."""


class Asked(NamedTuple):
    """A call as the model made it.

    Attributes:
        id: Its id; None where it has none.
        name: The tool's name.
        arguments: Its arguments, as JSON text.
    """

    id: str | None
    name: str
    arguments: str


class Told(NamedTuple):
    """What a tool said.

    Attributes:
        call: The call.
        text: The words.
        failed: Whether it failed.
    """

    call: Asked
    text: str
    failed: bool


class Took(NamedTuple):
    """An answer, taken.

    Attributes:
        messages: What goes into the history.
        shown: What the user is shown.
        calls: What is to be called.
    """

    messages: list[bytes]
    shown: str
    calls: list[Asked]


class Wire(ABC):
    """One dialect, as the controls speak it."""

    history: str
    """The member of a request that holds the history."""

    def path(self, endpoint: Endpoint) -> str:
        """Give the path behind the base URL."""
        raise NotImplementedError

    def credential(self, key: str) -> dict[str, str]:
        """Give the header that holds the key."""
        return {"Authorization": f"Bearer {key}"}

    def head(self, endpoint: Endpoint, system: str, tools: list[dict[str, object]]) -> dict[str, Any]:
        """Give what a request has besides its history."""
        del system
        named: dict[str, Any] = {"model": endpoint.model, **endpoint.extra_body}
        return {**named, "tools": tools} if tools else named

    def system(self, text: str) -> list[bytes]:
        """Give the messages that hold the instructions."""
        return [dump({"role": "system", "content": text})] if text else []

    def user(self, text: str) -> bytes:
        """Give a message of the user."""
        return dump({"role": "user", "content": text})

    @abstractmethod
    def tool(self, name: object, description: object, schema: object) -> dict[str, object]:
        """Give a tool."""

    @abstractmethod
    def take(self, body: bytes, *, forgets: bool) -> Took:
        """Take an answer."""

    @abstractmethod
    def results(self, told: Sequence[Told]) -> list[bytes]:
        """Give the messages that hold what tools said."""


class _Chat(Wire):
    history = "messages"

    def path(self, endpoint: Endpoint) -> str:
        del endpoint
        return "/chat/completions"

    def tool(self, name: object, description: object, schema: object) -> dict[str, object]:
        held = {"name": name, "description": description, "parameters": schema}
        return {"type": "function", "function": held}

    def take(self, body: bytes, *, forgets: bool) -> Took:
        message = members(members(elements(members(body, "$")["choices"], "$.choices")[0], "$")["message"], "$")
        kept = _object((k, v) for k, v in message.items() if not (forgets and k in _FIELDS))
        plain = {name: json.loads(bytes(raw)) for name, raw in message.items()}
        calls = [
            Asked(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in plain.get("tool_calls") or ()
        ]
        return Took([kept], plain.get("content") or "", calls)

    def results(self, told: Sequence[Told]) -> list[bytes]:
        return [dump({"role": "tool", "tool_call_id": one.call.id, "content": one.text}) for one in told]


class _Responses(Wire):
    history = "input"

    def path(self, endpoint: Endpoint) -> str:
        del endpoint
        return "/responses"

    def tool(self, name: object, description: object, schema: object) -> dict[str, object]:
        return {"type": "function", "name": name, "description": description, "parameters": schema}

    def take(self, body: bytes, *, forgets: bool) -> Took:
        raw = [bytes(item) for item in elements(members(body, "$")["output"], "$.output")]
        items = [json.loads(item) for item in raw]
        kept = [one for one, item in zip(raw, items, strict=True) if not (forgets and item["type"] == "reasoning")]
        texts = [part["text"] for item in items if item["type"] == "message" for part in item["content"]]
        calls = [
            Asked(item["call_id"], item["name"], item["arguments"]) for item in items if item["type"] == "function_call"
        ]
        return Took(kept, "".join(texts), calls)

    def results(self, told: Sequence[Told]) -> list[bytes]:
        type_ = "function_call_output"
        return [dump({"type": type_, "call_id": one.call.id, "output": one.text}) for one in told]


class _Messages(Wire):
    history = "messages"

    def path(self, endpoint: Endpoint) -> str:
        del endpoint
        return "/v1/messages"

    def head(self, endpoint: Endpoint, system: str, tools: list[dict[str, object]]) -> dict[str, Any]:
        beside = {"max_tokens": _TOKENS, **({"system": system} if system else {})}
        return {**super().head(endpoint, system, tools), **beside}

    def system(self, text: str) -> list[bytes]:
        del text
        return []

    def tool(self, name: object, description: object, schema: object) -> dict[str, object]:
        return {"name": name, "description": description, "input_schema": schema}

    def take(self, body: bytes, *, forgets: bool) -> Took:
        raw = [bytes(block) for block in elements(members(body, "$")["content"], "$.content")]
        blocks = [(json.loads(block), block) for block in raw]
        kept = [one for block, one in blocks if not (forgets and block["type"] in _THINKING)]
        shown = "".join(block["text"] for block, _ in blocks if block["type"] == "text")
        calls = [Asked(b["id"], b["name"], _raw(one, "input")) for b, one in blocks if b["type"] == "tool_use"]
        return Took([b'{"role":"assistant","content":[' + b",".join(kept) + b"]}"], shown, calls)

    def results(self, told: Sequence[Told]) -> list[bytes]:
        blocks = [
            {"type": "tool_result", "tool_use_id": one.call.id, "content": one.text}
            | ({"is_error": True} if one.failed else {})
            for one in told
        ]
        return [dump({"role": "user", "content": blocks})]


class _Gemini(Wire):
    history = "contents"

    def path(self, endpoint: Endpoint) -> str:
        return f"/v1beta/models/{endpoint.model}:generateContent"

    def credential(self, key: str) -> dict[str, str]:
        return {"x-goog-api-key": key}

    def head(self, endpoint: Endpoint, system: str, tools: list[dict[str, object]]) -> dict[str, Any]:
        beside: dict[str, Any] = {"tools": [{"functionDeclarations": tools}]} if tools else {}
        if system:
            beside["systemInstruction"] = {"parts": [{"text": system}]}
        return {**endpoint.extra_body, **beside}

    def system(self, text: str) -> list[bytes]:
        del text
        return []

    def user(self, text: str) -> bytes:
        return dump({"role": "user", "parts": [{"text": text}]})

    def tool(self, name: object, description: object, schema: object) -> dict[str, object]:
        return {"name": name, "description": description, "parametersJsonSchema": schema}

    def take(self, body: bytes, *, forgets: bool) -> Took:
        content = members(elements(members(body, "$")["candidates"], "$")[0], "$")["content"]
        raw = [bytes(part) for part in elements(members(content, "$")["parts"], "$.parts")]
        parts = [(json.loads(part), part) for part in raw]
        shown = "".join(part["text"] for part, _ in parts if "text" in part and not part.get("thought"))
        calls = [
            Asked(part["functionCall"].get("id"), part["functionCall"]["name"], _arguments(one))
            for part, one in parts
            if "functionCall" in part
        ]
        if not forgets:
            return Took([bytes(content)], shown, calls)
        kept = [
            _object((k, v) for k, v in members(one, "$").items() if k != _SEAL)
            for part, one in parts
            if not part.get("thought")
        ]
        return Took([b'{"role":"model","parts":[' + b",".join(kept) + b"]}"], shown, calls)

    def results(self, told: Sequence[Told]) -> list[bytes]:
        parts = [
            {
                "functionResponse": {
                    **({} if one.call.id is None else {"id": one.call.id}),
                    "name": one.call.name,
                    "response": {"error" if one.failed else "output": one.text},
                }
            }
            for one in told
        ]
        return [dump({"role": "user", "parts": parts})]


WIRES: Final[Mapping[str, Wire]] = MappingProxyType(
    {
        "openai-chat": _Chat(),
        "openai-responses": _Responses(),
        "anthropic-messages": _Messages(),
        "gemini": _Gemini(),
    }
)
"""The dialects that the controls speak."""


def _raw(block: bytes, name: str) -> str:
    return bytes(members(block, "$")[name]).decode()


def _arguments(part: bytes) -> str:
    return bytes(members(members(part, "$")["functionCall"], "$")["args"]).decode()


def _object(found: Iterable[tuple[str, Slice]]) -> bytes:
    return b"{" + b",".join(dump(name) + b":" + bytes(raw) for name, raw in found) + b"}"
