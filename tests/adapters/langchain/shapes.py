"""Messages as the stock clients and the framework make them, one a shape, and what they say."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

_CALL: Final[dict[str, Any]] = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
_ANTHROPIC: Final = {"model_provider": "anthropic", "model_name": "claude-opus-4-5", "id": "msg_1"}


def _ai(content: Any, *calls: dict[str, Any], **more: Any) -> AIMessage:
    return AIMessage(content=content, tool_calls=deepcopy(list(calls)), **more)


def _extras() -> AIMessage:
    made = _ai("", _CALL)
    made.tool_calls[0]["extras"] = {"k": 1}  # type: ignore[typeddict-unknown-key] # validation would take it away
    return made


SHAPES: Final[Mapping[str, tuple[BaseMessage, str]]] = {
    "ChatAnthropic": (
        _ai(
            [
                {"type": "thinking", "thinking": "plan", "signature": "sig"},
                {"type": "redacted_thinking", "data": "dd"},
                {"type": "text", "text": "hi"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
            ],
            _CALL,
            response_metadata=_ANTHROPIC,
            usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            id="lc_run--1",
            name="agent",
        ),
        "thinking thinking text tool_call",
    ),
    "ChatAnthropic, streamed": (
        _ai(
            [
                {"type": "thinking", "thinking": "plan", "signature": "sig", "index": 0},
                {"type": "redacted_thinking", "data": "dd", "index": 1},
                {"type": "text", "text": "hi", "index": 2},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {}, "partial_json": '{"a": 1}', "index": 3},
            ],
            _CALL,
            response_metadata=_ANTHROPIC,
        ),
        "thinking thinking text tool_call",
    ),
    "ChatAnthropic, v1": (
        _ai(
            [
                {"type": "reasoning", "reasoning": "plan", "extras": {"signature": "sig"}},
                {"type": "non_standard", "value": {"type": "redacted_thinking", "data": "dd"}},
                {"type": "text", "text": "hi"},
                {"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}},
            ],
            _CALL,
            response_metadata={**_ANTHROPIC, "output_version": "v1"},
        ),
        "thinking thinking text tool_call",
    ),
    "ChatOpenAI, Responses": (
        _ai(
            [
                {
                    "type": "reasoning",
                    "id": "rs_1",
                    "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
                    "encrypted_content": "enc",
                },
                {"type": "text", "text": "hi", "annotations": [], "id": "msg_1"},
                {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
            ],
            _CALL,
            response_metadata={"model_provider": "openai"},
        ),
        "thinking text tool_call",
    ),
    "ChatOpenAI, Responses, v0": (
        _ai(
            "hi",
            _CALL,
            additional_kwargs={
                "reasoning": {
                    "id": "rs_1",
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": "one"}],
                    "encrypted_content": "enc",
                },
                "__openai_function_call_ids__": {"c1": "fc_1"},
            },
            id="msg_1",
        ),
        "thinking text tool_call",
    ),
    "ChatOpenAI, custom tool": (
        _ai(
            [{"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "f", "input": "free text"}],
            {**_CALL, "args": {"__arg1": "free text"}},
        ),
        "tool_call",
    ),
    "ChatGoogleGenerativeAI": (
        _ai(
            [
                {"type": "thinking", "thinking": "plan"},
                {"type": "text", "text": "hi", "extras": {"signature": "sig0"}},
            ],
            _CALL,
            {**_CALL, "id": "c2"},
            additional_kwargs={
                "function_call": {"name": "f", "arguments": '{"a": 1}'},
                "__gemini_function_call_thought_signatures__": {"c1": "sig1"},
            },
            response_metadata={"model_provider": "google_genai", "finish_reason": "STOP"},
        ),
        "thinking text tool_call tool_call",
    ),
    "ChatGoogleGenerativeAI, a signed thought": (
        _ai(
            [{"type": "thinking", "thinking": "plan", "signature": "sig0"}, "hi"],
            response_metadata={"model_provider": "google_genai"},
        ),
        "thinking text",
    ),
    "ChatOpenAI, Responses, phases": (
        _ai(
            [
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e1"},
                {"type": "text", "text": "hi", "annotations": [], "id": "msg_1", "phase": "commentary"},
                {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "e2"},
                {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
            ],
            _CALL,
            response_metadata={"model_provider": "openai"},
        ),
        "thinking text thinking tool_call",
    ),
    "ChatDeepSeek": (
        _ai(
            "hi",
            _CALL,
            additional_kwargs={"reasoning_content": "plan"},
            response_metadata={"model_provider": "deepseek"},
        ),
        "thinking text tool_call",
    ),
    "ChatDeepSeek, events v3": (
        _ai(
            [
                {"type": "reasoning", "reasoning": "plan", "index": "lc_rs_0"},
                {"type": "text", "text": "hi"},
                {"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}},
            ],
            _CALL,
            additional_kwargs={"reasoning_content": "plan"},
            response_metadata={"output_version": "v1"},
        ),
        "thinking text tool_call",
    ),
    "ChatOpenRouter": (
        _ai(
            "",
            _CALL,
            additional_kwargs={
                "reasoning_content": "plan",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "plan", "signature": "sig", "format": "f-v1", "index": 0},
                    {"type": "reasoning.encrypted", "data": "enc", "index": 1},
                ],
            },
        ),
        "thinking thinking tool_call",
    ),
    "a chunk left in a history": (
        AIMessageChunk(
            content="hi",
            tool_call_chunks=[{"name": "f", "args": '{"a": 1', "id": "c1", "index": 0, "type": "tool_call_chunk"}],
        ),
        "text tool_call",
    ),
    "an invalid call": (
        AIMessage(
            content="",
            invalid_tool_calls=[{"name": "f", "args": "{", "id": "c2", "error": "bad", "type": "invalid_tool_call"}],
        ),
        "tool_call",
    ),
    "calls that content does not repeat": (_ai("", _CALL, {**_CALL, "id": None}), "tool_call tool_call"),
    "calls of one id": (_ai("", _CALL, {**_CALL, "args": {"b": 2}}), "tool_call tool_call"),
    "calls with extras": (_extras(), "tool_call"),
    "arguments cleared by middleware": (
        _ai([{"type": "tool_use", "id": "c1", "name": "f", "input": {"secret": 1}}], {**_CALL, "args": {}}),
        "tool_call",
    ),
    "odd content": (
        AIMessage(
            content=["a", {"type": "weird", "x": 1.0}, {"type": "text", "text": "q", "index": "lc_1"}],
            additional_kwargs={"k": True, "n": float("nan")},
            x_ext={"k": (1, 2)},
        ),
        "text opaque text",
    ),
    "no content": (AIMessage(content=[]), ""),
    "media": (
        HumanMessage(
            content=[
                {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "http://x"}},
                {"type": "image", "source_type": "base64", "data": "aa", "mime_type": "image/png"},
                "a string",
                {"type": "image", "source": {"type": "url", "url": "http://y"}},
                {"type": "audio", "base64": "bb", "mime_type": "audio/wav"},
            ],
            name="bob",
            id="1",
        ),
        "text media media text media media",
    ),
    "a summary by middleware": (HumanMessage(content="sum", additional_kwargs={"lc_source": "summarization"}), "text"),
    "a result with an artifact": (
        ToolMessage(
            content=[{"type": "text", "text": "r"}],
            tool_call_id="c1",
            artifact={"a": (1, 2), "b": b"xx", "n": float("inf"), 3: 4, "$": "x"},
            status="error",
            name="f",
        ),
        "tool_result",
    ),
    "a developer": (SystemMessage(content="s", additional_kwargs={"__openai_role__": "developer", "x": 1}), "text"),
    "another role": (ChatMessage(role="critic", content="s"), "text"),
    "a function": (FunctionMessage(name="f", content="s"), "tool_result"),
}
"""Each shape with the kinds of blocks that it says (langchain-core 1.7.2 and the clients of the time)."""
