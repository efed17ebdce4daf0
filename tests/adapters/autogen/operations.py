"""What AutoGen does to messages that nobody wants to change: copies, states, agents and what they save."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Callable, Mapping

from autogen_agentchat.agents import AssistantAgent
from autogen_core.model_context import ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import LLMMessage, ModelFamily, ModelInfo

from keepthinking_adapters.autogen import KeepThinkingUnboundedContext, dump, load
from tests.adapters.autogen.replay import Replay

Messages = list[LLMMessage]
Operation = Callable[[Messages], Messages]

_INFO = ModelInfo(
    vision=True, function_calling=True, json_output=True, family=ModelFamily.UNKNOWN, structured_output=True
)


def _context(messages: Messages) -> Messages:
    """Add messages to a stock context one by one, as agents do, and look at what it gives to a model."""

    async def passed() -> Messages:
        context = UnboundedChatCompletionContext()
        for message in messages:
            await context.add_message(message)
        return list(await context.get_messages())

    return asyncio.run(passed())


def _state(messages: Messages) -> Messages:
    """Save what a context of ours holds, and load it into another."""

    async def passed() -> Messages:
        first, second = KeepThinkingUnboundedContext(messages), KeepThinkingUnboundedContext()
        await second.load_state(json.loads(json.dumps(await first.save_state())))
        return await second.get_messages()

    return asyncio.run(passed())


def _agent(messages: Messages) -> Messages:
    """Let an agent answer on a history, save it, load it into another agent, and take the answer away again."""

    async def passed() -> Messages:
        agents = [
            AssistantAgent("a", model_client=Replay(_INFO), model_context=context, system_message=None)
            for context in _contexts(messages)
        ]
        await agents[0].run(task="more")
        await agents[1].load_state(json.loads(json.dumps(await agents[0].save_state())))
        return list(await agents[1].model_context.get_messages())[:-2]

    return asyncio.run(passed())


def _contexts(messages: Messages) -> list[ChatCompletionContext]:
    return [KeepThinkingUnboundedContext(messages), KeepThinkingUnboundedContext()]


COPIES: Mapping[str, Operation] = {
    "nothing": lambda messages: messages,
    "deepcopy": copy.deepcopy,
    "pickle": lambda messages: pickle.loads(pickle.dumps(messages)),  # noqa: S301 - our own bytes
    "model_copy": lambda messages: [one.model_copy(deep=True) for one in messages],
    "stock context": _context,
}
"""Operations that never look into a value."""

STORES: Mapping[str, Operation] = {"dump": lambda messages: load(dump(messages)), "state": _state}
"""Operations that write values down."""

TURNS: Mapping[str, Operation] = {"agent": _agent}
"""One turn of an agent, saved and loaded."""

__all__ = ["COPIES", "STORES", "TURNS", "Messages", "Operation"]
