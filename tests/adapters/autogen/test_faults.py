"""A provider that fails: a typed error or another try, and never half an answer in the history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from autogen_core.models import AssistantMessage, FunctionExecutionResultMessage

from keepthinking import DecodeError, ProviderError, TransportError
from keepthinking_conformance.provider import Fault
from tests.adapters.autogen.agents import WAYS, agent_of, faults, run, verdict

WHENCE = ["deepseek", "anthropic", "openai", "google-gemini"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", WHENCE)
@pytest.mark.parametrize("kind", ["rate-limit", "overloaded"])
def test_a_provider_that_is_busy_is_asked_again(opened: Any, model_for: Any, profile: str, kind: Any, way: str) -> None:
    talk = opened("loop", profile, faults=(Fault(kind=kind, at_request=2, times=2, retry_after=0.05),))

    run(agent_of(model_for(talk, profile), talk, model_client_stream=way == "streamed"), talk)

    assert faults(verdict(talk, profile)) == []
    assert talk.requests == sum(talk.expected) + 2


@pytest.mark.parametrize("way", WAYS)
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
    model = model_for(talk, profile, timeout=2 if fault.kind == "hang" else 60, max_retries=1)
    agent = agent_of(model, talk, model_client_stream=way == "streamed")

    with pytest.raises(error) as caught:
        run(agent, talk)

    assert "sk-canary" not in str(caught.value)
    messages = asyncio.run(agent.model_context.get_messages())
    assert [type(one).__name__ for one in messages] == ["UserMessage", *("AssistantMessage", _RESULTS)]
    spoken, results = messages[1:]
    assert isinstance(spoken, AssistantMessage)
    assert isinstance(results, FunctionExecutionResultMessage)
    assert [getattr(call, "id", None) for call in spoken.content] == [one.call_id for one in results.content]


_RESULTS = FunctionExecutionResultMessage.__name__
