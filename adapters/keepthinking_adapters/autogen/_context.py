"""AutoGen's model contexts, with what the model thought in their state and in their configuration.

`AssistantAgent.save_state()` holds whatever its context saves (autogen-agentchat 0.7.5, `AssistantAgentState`), so one
more key goes with it to JSON, to a file and to another process; stock contexts read the same state and leave it alone.
A component's configuration holds `initial_messages`, and has the same key beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from autogen_core.model_context import (
    BufferedChatCompletionContext,
    ChatCompletionContext,
    HeadAndTailChatCompletionContext,
    TokenLimitedChatCompletionContext,
    UnboundedChatCompletionContext,
)
from autogen_core.models import LLMMessage
from pydantic import BaseModel, create_model

from keepthinking_adapters.autogen._carriers import SLOT
from keepthinking_adapters.autogen._ledger import attach
from keepthinking_adapters.autogen._persist import restored, saved

__all__ = [
    "KeepThinkingBufferedContext",
    "KeepThinkingContextMixin",
    "KeepThinkingHeadAndTailContext",
    "KeepThinkingTokenLimitedContext",
    "KeepThinkingUnboundedContext",
]

_FIRST: Final = "initial_messages"
"""The member of a configuration that holds messages."""


class KeepThinkingContextMixin(ChatCompletionContext):
    """Keeps what messages have no field for, in any context of AutoGen: name it before the context's own class.

    class MyContext(KeepThinkingContextMixin, BufferedChatCompletionContext):
        component_provider_override = "mine.MyContext"
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give a context a configuration with room for records."""
        super().__init_subclass__(**kwargs)
        context: Any = cls
        schema: type[BaseModel] | None = getattr(cls, "component_config_schema", None)
        if schema is not None and SLOT not in schema.model_fields:
            records: Any = (list[dict[str, str]] | None, None)
            context.component_config_schema = create_model(f"{cls.__name__}Config", __base__=schema, **{SLOT: records})

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

    def _to_config(self) -> Any:
        context: Any = self
        config = super()._to_config()
        held = saved(vars(config).get(_FIRST) or ())
        return context.component_config_schema.model_construct(**{**vars(config), **held}) if held else config

    @classmethod
    def _from_config(cls, config: BaseModel) -> Self:
        """Make a context. Raises `DecodeError` for broken records."""
        held: dict[str, Any] = dict(vars(config))
        messages: list[LLMMessage] | None = held.get(_FIRST)
        records: list[dict[str, str]] | None = held.pop(SLOT, None)
        schema: Any = type(config).__base__
        # Stock classes may look at every member, and may make dicts of the messages (0.7.5, the buffered one).
        context: Any = super()
        made: Self = context._from_config(schema.model_construct(**{**held, _FIRST: None}))  # noqa: SLF001 - AutoGen's
        if messages is not None:
            restored(messages, {} if records is None else {SLOT: records})
            made._initial_messages = messages
            made._messages.extend(messages)
        return made


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
