"""A provider that fails: a typed error or another try, and never half an answer in the history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from keepthinking import DecodeError, ProviderError, TransportError
from keepthinking_conformance.provider import Fault
from tests.adapters.langchain.agents import CONFIG, WAYS, agent_of, faults, run, verdict

WHENCE = ["deepseek", "anthropic", "openai", "google-gemini"]
WAY_NAMES = ["ainvoke", "astream-messages"]


@pytest.mark.parametrize("way", WAY_NAMES)
@pytest.mark.parametrize("profile", WHENCE)
@pytest.mark.parametrize("kind", ["rate-limit", "overloaded"])
def test_a_provider_that_is_busy_is_asked_again(opened: Any, model_for: Any, profile: str, kind: Any, way: str) -> None:
    talk = opened("loop", profile, faults=(Fault(kind=kind, at_request=2, times=2, retry_after=0.05),))

    run(agent_of(model_for(talk, profile), talk, checkpointer=InMemorySaver()), talk, way)

    assert faults(verdict(talk, profile)) == []
    assert talk.requests == sum(talk.expected) + 2


@pytest.mark.parametrize("way", WAY_NAMES)
@pytest.mark.parametrize("profile", WHENCE)
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
def test_a_provider_that_stays_broken_is_a_typed_error_and_the_history_is_whole(  # noqa: PLR0913, PLR0917 - one parameter an axis
    opened: Any, model_for: Any, profile: str, fault: Fault, error: type[Exception], way: str
) -> None:
    talk = opened("loop", profile, faults=(fault,))
    saver = InMemorySaver()
    model = model_for(talk, profile, timeout=2 if fault.kind == "hang" else 60, max_retries=1)
    agent = agent_of(model, talk, checkpointer=saver)

    with pytest.raises(error) as caught:
        run(agent, talk, way)

    assert "sk-canary" not in str(caught.value)
    messages = agent.get_state(CONFIG).values["messages"]
    spoken = [message for message in messages if isinstance(message, AIMessage)]
    assert len(spoken) == 1
    assert [call["id"] for call in spoken[0].tool_calls] == [message.tool_call_id for message in messages[2:]]


@pytest.mark.parametrize("way", WAY_NAMES)
@pytest.mark.parametrize("profile", WHENCE)
def test_a_conversation_goes_on_after_a_failure_as_if_nothing_had_been(
    opened: Any, model_for: Any, profile: str, way: str
) -> None:
    talk = opened("loop", profile, faults=(Fault(kind="cut", at_request=3, times=1),))
    agent = agent_of(model_for(talk, profile, max_retries=0), talk, checkpointer=InMemorySaver())

    with pytest.raises(TransportError):
        run(agent, talk, way)
    asyncio.run(_again(agent, way))

    report = verdict(talk, profile)
    assert (report.findings, report.strangers) == ((), ())
    assert report.problems == ()  # an answer that was cut off is none that anybody has
    assert report.exchanges == sum(talk.expected) + 1


async def _again(agent: Any, way: str) -> None:
    await WAYS[way](agent, None)
