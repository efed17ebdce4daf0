"""A client that says one thing, for tests of what AutoGen does around a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from autogen_core.models import ChatCompletionClient, CreateResult, LLMMessage, ModelInfo, RequestUsage

_NONE = RequestUsage(prompt_tokens=0, completion_tokens=0)


class Replay(ChatCompletionClient):
    """Says "done", and remembers what it was given."""

    def __init__(self, info: ModelInfo) -> None:
        self._info = info
        self.given: list[list[LLMMessage]] = []

    async def create(self, messages: Sequence[LLMMessage], **_: Any) -> CreateResult:
        self.given.append(list(messages))
        return CreateResult(finish_reason="stop", content="done", usage=_NONE, cached=False)

    async def create_stream(self, messages: Sequence[LLMMessage], **_: Any) -> AsyncGenerator[str | CreateResult, None]:
        yield await self.create(messages)

    async def close(self) -> None:
        """Nothing is open."""

    def actual_usage(self) -> RequestUsage:
        return _NONE

    def total_usage(self) -> RequestUsage:
        return _NONE

    def count_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        return len(messages)

    def remaining_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        return 100 - len(messages)

    @property
    def capabilities(self) -> ModelInfo:
        return self._info

    @property
    def model_info(self) -> ModelInfo:
        return self._info
