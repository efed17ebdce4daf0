"""A server that breaks off is an error that says what happened, where, whose fault it is and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from smolagents import ChatMessage, MessageRole
from smolagents.models import ChatMessageStreamDelta

from keepthinking_adapters.smolagents import KeepThinkingModel, KeepThinkingToolCallingAgent
from tests.adapters.broken import CASES, OPTIONS, Say, expect_told
from tests.adapters.smolagents.agents import quiet

ASKED = [ChatMessage(role=MessageRole.USER, content="x")]


def model_at(base_url: str) -> KeepThinkingModel:
    return KeepThinkingModel(base_url=base_url, **OPTIONS)


def generate(base_url: str, _: Say) -> Any:
    return model_at(base_url).generate(ASKED)


def generate_stream(base_url: str, say: Say) -> None:
    for delta in model_at(base_url).generate_stream(ASKED):
        say(delta.content or "")


def agent(base_url: str, _: Say) -> Any:
    made: Any = KeepThinkingToolCallingAgent(tools=[], model=model_at(base_url), **quiet())
    return made.run("x")


def agent_stream(base_url: str, say: Say) -> None:
    made: Any = KeepThinkingToolCallingAgent(tools=[], model=model_at(base_url), stream_outputs=True, **quiet())
    for event in made.run("x", stream=True):
        if isinstance(event, ChatMessageStreamDelta):
            say(event.content or "")


WAYS = {"generate": generate, "generate_stream": generate_stream}
AGENTS = {"agent": agent, "agent_stream": agent_stream}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_server_that_breaks_off_is_an_error_that_says_so(case: str, way: str) -> None:
    expect_told(CASES[case], WAYS[way], stream="stream" in way)


@pytest.mark.parametrize("way", AGENTS)
@pytest.mark.parametrize("case", ["never answers", "closes in the stream", "a website"])
def test_an_agent_that_raises_an_error_of_its_own_says_what_ours_says(case: str, way: str) -> None:
    expect_told(CASES[case], AGENTS[way], stream="stream" in way)
