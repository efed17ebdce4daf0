"""A provider that fails: a typed error or another try, and never half an answer in the history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.workflow import Context

from keepthinking import DecodeError, ProviderError, TransportError
from keepthinking_adapters.llama_index._session import native_tool
from keepthinking_conformance.provider import Fault
from tests.adapters.llama_index.agents import faults, verdict

WHENCE = ["deepseek", "anthropic", "openai", "google-gemini"]
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
PROFILE = pytest.mark.parametrize("profile", WHENCE)


def agent_of(
    model: Any, talk: Any, *, stream: bool
) -> Any:  # LlamaIndex deprecates `run` with all that it can be given
    tools: Any = [native_tool(tool) for tool in talk.tools]
    return FunctionAgent(tools=tools, llm=model, streaming=stream, system_prompt=talk.system or None)


async def asks(agent: Any, talk: Any, held: list[ChatMessage]) -> None:
    """Put the question; what the agent holds of the turn when it ends, however it ends, goes to `held`."""
    context = Context(agent)
    try:
        await agent.run(user_msg=talk.turns[0], ctx=context, memory=ChatMemoryBuffer.from_defaults())
    finally:
        held += await context.store.get("scratchpad", default=[])


@STREAM
@PROFILE
@pytest.mark.parametrize("kind", ["rate-limit", "overloaded"])
def test_a_provider_that_is_busy_is_asked_again(
    opened: Any, model_for: Any, profile: str, kind: Any, *, stream: bool
) -> None:
    talk = opened("loop", profile, faults=(Fault(kind=kind, at_request=2, times=2, retry_after=0.05),))

    asyncio.run(asks(agent_of(model_for(talk, profile), talk, stream=stream), talk, []))

    assert faults(verdict(talk, profile)) == []
    assert talk.requests == sum(talk.expected) + 2


@STREAM
@PROFILE
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="rate-limit", at_request=2, times=9, retry_after=0.01), ProviderError),
        (Fault(kind="hang", at_request=2, times=9, seconds=60.0), TransportError),
        (Fault(kind="cut", at_request=2, times=9), TransportError),
        (Fault(kind="malformed", at_request=2, times=9), DecodeError),
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "__name__", "")),
)
def test_a_provider_that_stays_broken_is_a_typed_error_and_the_history_is_whole(  # noqa: PLR0913 - one parameter an axis
    opened: Any, model_for: Any, profile: str, fault: Fault, error: type[Exception], *, stream: bool
) -> None:
    talk = opened("loop", profile, faults=(fault,))
    model = model_for(talk, profile, timeout=2 if fault.kind == "hang" else 60, max_retries=1)
    agent = agent_of(model, talk, stream=stream)
    held: list[ChatMessage] = []

    with pytest.raises(error) as caught:
        asyncio.run(asks(agent, talk, held))

    assert "sk-canary" not in str(caught.value)
    calls = [block.tool_call_id for block in held[0].blocks if isinstance(block, ToolCallBlock)]
    assert [message.role.value for message in held] == ["assistant", *("tool" for _ in calls)]
    assert calls == [message.additional_kwargs["tool_call_id"] for message in held[1:]]
