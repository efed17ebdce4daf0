"""Messages as the stock clients and the framework make them, one a shape, and what they say.

They are what the clients made of a provider's answers on loopback: llama-index-llms-openai 0.8.3 (OpenAI; OpenAILike
0.8.1, DeepSeek 0.4.1 and MiniMax 0.2.1 make the same), OpenAIResponses of the same distribution, and
llama-index-llms-anthropic 0.12.3, with openai 2.54.0, anthropic 0.125.0 and llama-index-core 0.14.25.
"""

from collections.abc import Mapping
from typing import Any, Final

from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction
from openai.types.chat.chat_completion_message_function_tool_call import Function

_CALL: Final = ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs='{"a":1}')
_OBJECT: Final = ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"a": 1})
_WRITTEN: Final[dict[str, Any]] = {
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"a":1}'},
}
_PIXEL: Final = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def _ai(*blocks: Any, **kwargs: Any) -> ChatMessage:
    return ChatMessage(role="assistant", blocks=list(blocks), additional_kwargs=kwargs)


_SEALED: Final = {"extra_content": {"google": {"thought_signature": "c2VhbA=="}}}


def _item(status: str | None) -> dict[str, Any]:
    return {"id": "rs_1", "type": "reasoning", "encrypted_content": "enc", "status": status}


def _live() -> ChatCompletionMessageFunctionToolCall:
    function = Function(name="f", arguments='{"a":1}')
    return ChatCompletionMessageFunctionToolCall(id="c1", type="function", function=function)


def _streamed() -> ChoiceDeltaToolCall:
    function = ChoiceDeltaToolCallFunction(name="f", arguments='{"a":1}')
    return ChoiceDeltaToolCall(index=0, id="c1", type="function", function=function)


SHAPES: Final[Mapping[str, tuple[ChatMessage, str]]] = {
    "OpenAILike": (
        _ai(ThinkingBlock(content="plan"), TextBlock(text="hi"), _CALL, tool_calls=[_live()]),
        "thinking text tool_call",
    ),
    "OpenAILike, streamed": (
        _ai(ThinkingBlock(content="plan"), TextBlock(text="hi"), _CALL, tool_calls=[_streamed()]),
        "thinking text tool_call",
    ),
    "OpenAILike, out of a store": (
        _ai(ThinkingBlock(content="plan"), TextBlock(text="hi"), _CALL, tool_calls=[_WRITTEN]),
        "thinking text tool_call",
    ),
    "OpenAILike, members that the SDK does not know": (
        _ai(
            _CALL,
            tool_calls=[ChatCompletionMessageFunctionToolCall.model_validate({**_WRITTEN, "extra_content": {"k": 1}})],
        ),
        "tool_call",
    ),
    "OpenAILike, a seal of Gemini": (
        _ai(_CALL, tool_calls=[ChatCompletionMessageFunctionToolCall.model_validate({**_WRITTEN, **_SEALED})]),
        "tool_call",
    ),
    "OpenAILike, a seal of Gemini, out of a store": (_ai(_CALL, tool_calls=[{**_WRITTEN, **_SEALED}]), "tool_call"),
    "OpenAILike, no arguments": (
        _ai(ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={}), tool_calls=[_WRITTEN]),
        "tool_call",
    ),
    "Anthropic": (
        _ai(
            ThinkingBlock(content="plan", additional_information={"signature": "sig", "type": "thinking"}),
            TextBlock(text="hi"),
            _OBJECT,
        ),
        "thinking text tool_call",
    ),
    "Anthropic, streamed": (
        _ai(
            ThinkingBlock(content="plan", additional_information={"signature": "sig"}),
            TextBlock(text="hi"),
            _OBJECT,
            usage={"input_tokens": 1, "output_tokens": 2},
            stop_reason="tool_use",
            thinking_delta="",
        ),
        "thinking text tool_call",
    ),
    "Anthropic, a seal without words": (
        _ai(ThinkingBlock(content="", additional_information={"signature": "sig"}), _OBJECT),
        "thinking tool_call",
    ),
    "Anthropic, an older history": (
        _ai(TextBlock(text="hi"), tool_calls=[{"id": "c1", "name": "f", "input": {"a": 1}}]),
        "text tool_call",
    ),
    "OpenAIResponses": (
        _ai(
            ThinkingBlock(
                content="one\ntwo",
                additional_information=_item(None),
            ),
            TextBlock(text="hi"),
            _CALL,
        ),
        "thinking text tool_call",
    ),
    "OpenAIResponses, no words": (
        _ai(
            ThinkingBlock(
                content=None,
                additional_information=_item("completed"),
            ),
            _CALL,
        ),
        "thinking tool_call",
    ),
    "OpenAIResponses, an older history": (
        _ai(
            TextBlock(text="hi"),
            tool_calls=[{"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}],
        ),
        "text tool_call",
    ),
    "a client of before there were blocks for calls": (_ai(tool_calls=[_live()]), "tool_call"),
    "the same, out of a store": (_ai(TextBlock(text="hi"), tool_calls=[_WRITTEN]), "text tool_call"),
    "a call of the deprecated kind": (_ai(function_call={"name": "f", "arguments": "{}"}), ""),
    "thinking beside the content": (
        _ai(
            TextBlock(text="hi"),
            reasoning_content="plan",
            reasoning_details=[
                {"type": "reasoning.text", "text": "plan", "signature": "sig", "format": "f-v1", "index": 0},
                {"type": "reasoning.encrypted", "data": "enc", "index": 1},
            ],
        ),
        "thinking thinking text",
    ),
    "thinking that shows twice": (
        _ai(ThinkingBlock(content="plan"), TextBlock(text="hi"), reasoning_content="plan"),
        "thinking text",
    ),
    "a thought with a count": (_ai(ThinkingBlock(content="plan", num_tokens=7)), "thinking"),
    "a thought of one's own": (
        _ai(ThinkingBlock(content="plan", additional_information={"$is": "x", "$": {"$": 1.0}, "k": [True, None]})),
        "thinking",
    ),
    "calls of one id": (
        _ai(_CALL, ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs='{"b":2}'), tool_calls=[_live()]),
        "tool_call tool_call",
    ),
    "calls without an id": (
        _ai(ToolCallBlock(tool_name="f"), ToolCallBlock(tool_name="f", tool_kwargs="")),
        "tool_call tool_call",
    ),
    "odd members": (
        _ai(
            TextBlock(text=""), k=True, n=float("nan"), t=(1, (2,)), b=b"xx", u=b"\xff", i={3: 4}, **{"$is": {"$is": 1}}
        ),
        "text",
    ),
    "no content": (_ai(), ""),
    "a vendor's own role": (ChatMessage(role="chatbot", content="hi"), "text"),
    "another": (ChatMessage(role="model", content="hi"), "text"),
    "a result by an agent": (
        ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c1"}),
        "tool_result",
    ),
    "a result of a tool that failed": (
        ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c1", "is_error": True}),
        "tool_result",
    ),
    "a result that says that its tool did not": (
        ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c1", "is_error": False}),
        "tool_result",
    ),
    "a result with a picture": (
        ChatMessage(
            role="tool",
            blocks=[TextBlock(text="r"), ImageBlock(image=_PIXEL)],
            additional_kwargs={"tool_call_id": "c1"},
        ),
        "tool_result",
    ),
    "a result without anything": (ChatMessage(role="tool", additional_kwargs={"tool_call_id": "c1"}), "tool_result"),
    "a result under the wire's own name": (
        ChatMessage(role="tool", content="r", additional_kwargs={"call_id": "c1", "name": "f"}),
        "tool_result",
    ),
    "a function": (ChatMessage(role="function", content="r", additional_kwargs={"name": "f"}), "tool_result"),
    "media": (
        ChatMessage(
            role="user",
            blocks=[
                TextBlock(text="x"),
                ImageBlock(image=_PIXEL, detail="low"),
                ImageBlock(url="https://EXAMPLE.com", image_mimetype="image/png"),
                ImageBlock(url="data:image/png;base64,AAAA"),
                AudioBlock(audio=b"aGVsbG8=", format="mp3"),
                VideoBlock(url="https://example.com/a.mp4", fps=3),
                DocumentBlock(data=b"aGVsbG8=", title="x.pdf", document_mimetype="application/pdf"),
                DocumentBlock(url="https://example.com/a.pdf"),
            ],
        ),
        "text media media media media media media media",
    ),
    "places of the cache": (
        ChatMessage(
            role="user",
            blocks=[
                CachePoint(cache_control=CacheControl(type="ephemeral")),
                TextBlock(text="x"),
                CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h")),
                CachePoint(cache_control=CacheControl(type="ephemeral")),
                TextBlock(text="y"),
            ],
            additional_kwargs={"cache_control": {"type": "ephemeral"}},
        ),
        "opaque text opaque text",
    ),
    "sources and citations": (
        ChatMessage(
            role="user",
            blocks=[
                CitableBlock(title="t", source="s", content=[TextBlock(text="x")]),
                CitationBlock(
                    title="t", source="s", cited_content=TextBlock(text="x"), additional_location_info={"start": 1}
                ),
            ],
        ),
        "opaque opaque",
    ),
    "what a memory adds": (
        ChatMessage(role="user", content="x", additional_kwargs={"session_id": "s"}),
        "text",
    ),
    "a developer": (ChatMessage(role="developer", content="s", additional_kwargs={"x": 1}), "text"),
}
"""Each shape with the kinds of blocks that it says."""
