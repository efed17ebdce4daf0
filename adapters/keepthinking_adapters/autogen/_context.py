"""AutoGen's model contexts, with what the model thought in their state.

`AssistantAgent.save_state()` holds whatever its context saves (autogen-agentchat 0.7.5, `AssistantAgentState`), so one
more key goes with it to JSON, to a file and to another process; stock contexts read the same state and leave it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autogen_core.model_context import (
    BufferedChatCompletionContext,
    ChatCompletionContext,
    HeadAndTailChatCompletionContext,
    TokenLimitedChatCompletionContext,
    UnboundedChatCompletionContext,
)
from autogen_core.models import LLMMessage

from keepthinking_adapters.autogen._ledger import attach
from keepthinking_adapters.autogen._persist import restored, saved

__all__ = [
    "KeepThinkingBufferedContext",
    "KeepThinkingContextMixin",
    "KeepThinkingHeadAndTailContext",
    "KeepThinkingTokenLimitedContext",
    "KeepThinkingUnboundedContext",
]


class KeepThinkingContextMixin(ChatCompletionContext):
    """Keeps what messages have no field for, in any context of AutoGen: name it before the context's own class.

    class MyContext(KeepThinkingContextMixin, BufferedChatCompletionContext):
        component_provider_override = "mine.MyContext"
    """

    async def add_message(self, message: LLMMessage) -> None:
        """Take a message, and with it what the model gave besides."""
        attach(message, is_next=True)
        await super().add_message(message)

    async def save_state(self) -> Mapping[str, Any]:
        """Give the state that AutoGen gives, with the records beside it."""
        return {**await super().save_state(), **saved(self._messages)}

    async def load_state(self, state: Mapping[str, Any]) -> None:
        """Take a state, of this class or of a stock one. Raises `DecodeError` for broken records."""
        await super().load_state(state)
        restored(self._messages, state)


class KeepThinkingUnboundedContext(KeepThinkingContextMixin, UnboundedChatCompletionContext):
    """All messages."""

    component_provider_override = "keepthinking_adapters.autogen.KeepThinkingUnboundedContext"


class KeepThinkingBufferedContext(KeepThinkingContextMixin, BufferedChatCompletionContext):
    """The last messages. AutoGen may cut between a call and what answers it."""

    component_provider_override = "keepthinking_adapters.autogen.KeepThinkingBufferedContext"


class KeepThinkingHeadAndTailContext(KeepThinkingContextMixin, HeadAndTailChatCompletionContext):
    """The first messages and the last ones."""

    component_provider_override = "keepthinking_adapters.autogen.KeepThinkingHeadAndTailContext"


class KeepThinkingTokenLimitedContext(KeepThinkingContextMixin, TokenLimitedChatCompletionContext):
    """As many messages as the model holds. AutoGen leaves out the middle, and may part calls and results."""

    component_provider_override = "keepthinking_adapters.autogen.KeepThinkingTokenLimitedContext"
