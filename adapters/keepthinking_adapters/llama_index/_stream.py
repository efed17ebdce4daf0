"""A streamed answer as LlamaIndex's chunks: each holds what has come so far, and the last one the whole message.

LlamaIndex adds nothing up: whatever it saw last is the message that it keeps (llama-index-core 0.14.25,
`FunctionAgent._get_streaming_response`). So the last chunk is what `to_native` makes of the whole answer, and a message
is the same whichever way it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from keepthinking import Event

_Key: TypeAlias = tuple[str, int]

_SHOWN: Final = frozenset({"text", "thinking", "tool_call", "arguments"})
"""Kinds of events that show something; all else stands in the last chunk."""


class Chunks:
    """Makes the chunks of one streamed answer; of several choices LlamaIndex streams the first."""

    def __init__(self) -> None:
        self._blocks: dict[_Key, ContentBlock] = {}

    def of(self, event: Event) -> ChatResponse | None:
        """Give the chunk of an event; None where it shows nothing."""
        if event.choice or event.kind not in _SHOWN or event.server:
            return None
        words = event.text if isinstance(event.text, str) else ""
        match event.kind:
            case "text":
                key: _Key = ("text", event.index)
                self._blocks[key] = TextBlock(text=self._held(key, "text") + words)
            case "thinking":
                key = ("thinking", event.index)
                self._blocks[key] = ThinkingBlock(content=self._held(key, "content") + words)
            case _:
                if not self._call(event, words):
                    return None
        told = {"thinking_delta": words} if event.kind == "thinking" else {}
        return _chunk(self._message(), delta=words if event.kind == "text" else "", told=told)

    def last(self, message: ChatMessage, *, raw: Mapping[str, Any], usage: Mapping[str, int]) -> ChatResponse:
        """Give the last chunk.

        Args:
            message: The whole answer.
            raw: What else the provider said of it.
            usage: The counts.
        """
        return _chunk(message, delta="", told=usage, raw=raw)

    def _call(self, event: Event, words: str) -> bool:
        key: _Key = ("call", event.index)
        before = self._blocks.get(key)
        if event.kind == "tool_call":
            id_ = event.id if isinstance(event.id, str) else None
            name = event.name if isinstance(event.name, str) else ""
            self._blocks[key] = ToolCallBlock(tool_call_id=id_, tool_name=name, tool_kwargs=words)
        elif isinstance(before, ToolCallBlock):
            self._blocks[key] = before.model_copy(update={"tool_kwargs": f"{before.tool_kwargs}{words}"})
        else:  # arguments of a call that the provider runs itself
            return False
        return True

    def _held(self, key: _Key, name: str) -> str:
        found: str = getattr(self._blocks.get(key), name, "")
        return found

    def _message(self) -> ChatMessage:
        blocks = list(self._blocks.values())
        calls = [_written(block) for block in blocks if isinstance(block, ToolCallBlock)]
        # Where an answer has to be an object, LlamaIndex looks for its call here alone (llama-index-core 0.14.5 to
        # 0.14.25, `process_streaming_objects`). A chunk goes into no history; the last one, which does, needs it not.
        told: dict[str, Any] = {"tool_calls": calls} if calls else {}
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=told)


def _written(call: ToolCallBlock) -> dict[str, Any]:
    """Give a call as OpenAI's clients keep it."""
    function = {"name": call.tool_name, "arguments": call.tool_kwargs}
    return {"id": call.tool_call_id, "type": "function", "function": function}


def _chunk(
    message: ChatMessage, *, delta: str, told: Mapping[str, Any], raw: Mapping[str, Any] | None = None
) -> ChatResponse:
    return ChatResponse(
        message=message, delta=delta, raw=None if raw is None else dict(raw), additional_kwargs=dict(told)
    )
