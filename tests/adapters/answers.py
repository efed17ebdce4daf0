"""Answers with every kind of block, by dialect: what a stream has to give, whatever the framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_ANTHROPIC: dict[str, dict[str, Any]] = {
    "thought": {"type": "thinking", "thinking": "hm", "signature": "c2lnMQ=="},
    "empty thought": {"type": "thinking", "thinking": "", "signature": "c2lnMg=="},
    "redacted": {"type": "redacted_thinking", "data": "cmVk"},
    "text": {"type": "text", "text": "hello"},
    "empty text": {"type": "text", "text": ""},
    "call": {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1.5}},
    "server call": {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
    "server result": {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "RQ=="}],
    },
}
_SAID = {"type": "message", "role": "assistant", "status": "completed"}
_RESPONSES: dict[str, dict[str, Any]] = {
    "thought": {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}, {"type": "summary_text", "text": "so"}],
        "encrypted_content": "ZW5jMQ==",
    },
    "empty thought": {"type": "reasoning", "summary": [], "encrypted_content": "ZW5jMg=="},
    "raw thought": {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
    "text": {
        **_SAID,
        "phase": "commentary",
        "content": [{"type": "output_text", "text": "hello", "annotations": []}],
    },
    "two texts": {
        **_SAID,
        "content": [
            {"type": "output_text", "text": "one", "annotations": []},
            {"type": "refusal", "refusal": "no"},
        ],
    },
    "empty text": {**_SAID, "content": [{"type": "output_text", "text": "", "annotations": []}]},
    "call": {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1.5}', "status": "completed"},
    "freeform call": {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "free text"},
    "server call": {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "x"}},
    "compaction": {"type": "compaction", "encrypted_content": "Y29tcA=="},
}
_GEMINI: dict[str, dict[str, Any]] = {
    "thought": {"text": "hm", "thought": True},
    "signed thought": {"text": "so", "thought": True, "thoughtSignature": "c2lnMQ=="},
    "text": {"text": "hello"},
    "signed text": {"text": "there", "thoughtSignature": "c2lnMg=="},
    "empty signed text": {"text": "", "thoughtSignature": "c2lnMw=="},
    "call": {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1.5}}},
    "signed call": {"functionCall": {"id": "c2", "name": "f", "args": {}}, "thoughtSignature": "c2lnNA=="},
    "call without an id": {"functionCall": {"name": "g", "args": {"b": 1}}, "thoughtSignature": "c2lnNQ=="},
    "code": {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c2lnNg=="},
    "code result": {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    "picture": {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": "c2lnNw=="},
}


def _message(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": blocks,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _response(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    output = [{"id": f"item_{n}", **block} for n, block in enumerate(blocks)]
    return {"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": output}


def _candidate(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    content = {"role": "model", "parts": blocks}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "modelVersion": "m", "responseId": "r"}


class Wire(NamedTuple):
    """A dialect, the blocks that its answers have, and the body around them."""

    dialect: str
    profile: str
    blocks: Mapping[str, dict[str, Any]]
    body: Callable[[list[dict[str, Any]]], dict[str, Any]]


WIRES = {
    wire.dialect: wire
    for wire in (
        Wire("anthropic-messages", "anthropic", _ANTHROPIC, _message),
        Wire("openai-responses", "openai", _RESPONSES, _response),
        Wire("gemini", "google-gemini", _GEMINI, _candidate),
    )
}
