"""AutoGen's other agents and its teams, over real HTTP: whatever drives our model class, each agent's thoughts go back.

A team gives its agents a conversation each, in which the others speak as users. So each is judged by itself: one
provider an agent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent, CodeExecutorAgent
from autogen_agentchat.messages import ModelClientStreamingChunkEvent, TextMessage, ThoughtEvent
from autogen_agentchat.teams import RoundRobinGroupChat, SelectorGroupChat, Swarm
from autogen_core import AgentId, CancellationToken, SingleThreadedAgentRuntime
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult
from autogen_core.models import AssistantMessage, ChatCompletionClient, LLMMessage, SystemMessage, UserMessage
from autogen_core.tool_agent import ToolAgent, tool_agent_caller_loop

from keepthinking import Block, Text
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext
from keepthinking_adapters.autogen._session import NativeTool
from tests.adapters.autogen.driven import KEPT, agent_of, endpoint_of, faults, verdict
from tests.adapters.spoken import Spoken, calls, says, spoken

PROFILES = ["deepseek", "anthropic", "openai", "google-gemini", "minimax"]


WEATHER = ("weather", '{"city":  "Oslo"}')
TO_BOB = ("transfer_to_bob", "{}")
TO_ANN = ("transfer_to_ann", "{}")


async def weather(city: str) -> str:
    """Tell the weather."""
    return f"4 degrees in {city}"


def loop(name: str) -> list[tuple[Block, ...]]:
    """Give the answers of one turn: a call, another one, and words."""
    return [
        (says(f"{name}: Oslo first."), *calls(WEATHER)),
        (says(f"{name}: once more."), *calls(WEATHER)),
        (says(f"{name}: compare."), Text(text=f"{name} says that it is cold.")),
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
def test_two_agents_take_turns(profile: str, *, stream: bool) -> None:
    with (
        spoken(profile, [*loop("Ann"), *loop("Ann")], stream=stream) as ann,
        spoken(profile, [*loop("Bob"), *loop("Bob")], stream=stream) as bob,
    ):
        team = round_robin(ann, bob, max_turns=4, model_client_stream=stream)
        asyncio.run(team.run(task="Is it warm?"))

        for provider in (ann, bob):
            expect_all(provider, 6)


def round_robin(ann: Spoken, bob: Spoken, max_turns: int, **options: Any) -> RoundRobinGroupChat:
    agents: list[Any] = [
        agent_spoken(provider, name, tools=[weather], **options) for provider, name in ((ann, "ann"), (bob, "bob"))
    ]
    return RoundRobinGroupChat(agents, max_turns=max_turns)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_team_is_saved_and_goes_on_elsewhere(profile: str) -> None:
    with (
        spoken(profile, [*loop("Ann"), *loop("Ann")]) as ann,
        spoken(profile, [*loop("Bob"), *loop("Bob")]) as bob,
    ):

        async def plays() -> None:
            first = round_robin(ann, bob, max_turns=2)
            await first.run(task="Is it warm?")
            saved = json.dumps(await first.save_state(), default=str)  # older states of teams hold dates
            second = round_robin(ann, bob, max_turns=2)
            await second.load_state(json.loads(saved))
            await second.run(task="Sure?")

        asyncio.run(plays())

        for provider in (ann, bob):
            expect_all(provider, 6)


def expect_all(provider: Spoken, answers: int) -> None:
    report = provider.report()
    assert len(provider.requests()) == answers
    assert faults(report) == []
    assert set(report.fates) == {"preserved"}
    assert grows(provider)


def test_a_selector_chooses_and_what_the_chosen_one_thought_goes_back() -> None:
    choices: list[tuple[Block, ...]] = [(says("Who? Ann."), Text(text="ann")), (says("Ann again."), Text(text="ann"))]
    with (
        spoken("deepseek", choices) as chooser,
        spoken("deepseek", []) as bob,
        spoken("deepseek", [*loop("Ann"), *loop("Ann")]) as ann,
    ):
        team = SelectorGroupChat(
            [agent_spoken(ann, "ann", tools=[weather]), agent_spoken(bob, "bob")],
            model_client=KEPT.client.make(chooser.endpoint),
            allow_repeated_speaker=True,
            max_turns=2,
        )
        asyncio.run(team.run(task="Is it warm?"))

        # It is asked with the whole conversation as one text each time, and forgets what it thought.
        assert [len(request) for request in chooser.requests()] == [1, 1]
        assert "Who? Ann." not in str(chooser.requests()[1])
        assert bob.requests() == []
        expect_all(ann, 6)


def agent_spoken(
    provider: Spoken, name: str, model: ChatCompletionClient | None = None, **options: Any
) -> AssistantAgent:
    return AssistantAgent(
        name,
        KEPT.client.make(provider.endpoint) if model is None else model,
        model_context=KeepThinkingUnboundedContext(),
        max_tool_iterations=9,
        **options,
    )


async def swarm(ann: Spoken, bob: Spoken, *, stream: bool = False, bobs: ChatCompletionClient | None = None) -> None:
    """Let ann hand over to bob, who may have a client of his own, and bob back to ann."""
    team = Swarm(
        [
            agent_spoken(ann, "ann", tools=[weather], handoffs=["bob"], model_client_stream=stream),
            agent_spoken(bob, "bob", bobs, tools=[weather], handoffs=["ann"], model_client_stream=stream),
        ],
        max_turns=3,
    )
    await team.run(task="Is it warm?")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("handed", [(TO_BOB,), (WEATHER, TO_BOB)], ids=["pure", "mixed"])
def test_who_hands_over_sends_back_what_it_thought_when_it_is_its_turn_again(
    profile: str, handed: Sequence[tuple[str, str]], *, stream: bool
) -> None:
    anns: list[tuple[Block, ...]] = [
        (says("Bob knows."), *calls(*handed)),
        (says("So it is."), Text(text="It is cold.")),
    ]
    bobs: list[tuple[Block, ...]] = [(says("I look."), *calls(WEATHER)), (says("Back to Ann."), *calls(TO_ANN))]
    with spoken(profile, anns, stream=stream) as ann, spoken(profile, bobs, stream=stream) as bob:
        asyncio.run(swarm(ann, bob, stream=stream))

        for provider in (ann, bob):
            report = provider.report()
            assert len(provider.requests()) == 2
            # What the other one hands over is a message of the model that this one never made: `test_losses`.
            assert [finding.check for finding in report.findings] == []
            assert set(report.fates) == {"preserved"}
            assert grows(provider)


def grows(provider: Spoken) -> bool:
    """Tell whether each request begins with the whole of the one before."""
    requests = provider.requests()
    return all(later[: len(sooner)] == sooner for sooner, later in pairwise(requests))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
def test_an_agent_that_reflects_sends_back_what_it_thought(profile: str, *, stream: bool) -> None:
    answers: list[tuple[Block, ...]] = [
        (says("I look."), *calls(WEATHER)),
        (says("Cold."), Text(text="It is cold.")),
        (says("Yes."), Text(text="Yes.")),
    ]
    with spoken(profile, answers, stream=stream) as provider:

        async def plays() -> None:
            agent = AssistantAgent(
                "ann",
                KEPT.client.make(provider.endpoint),
                tools=[weather],
                reflect_on_tool_use=True,
                model_client_stream=stream,
            )
            await agent.run(task="Is it warm?")
            await agent.run(task="Sure?")

        asyncio.run(plays())

        assert len(provider.requests()) == 3
        assert [finding.check for finding in provider.report().findings if finding.level == "MUST"] == []
        assert set(provider.report().fates) == {"preserved"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_loop_of_autogen_s_core_sends_back_what_the_model_thought(opened: Any, profile: str) -> None:
    talk = opened("loop", profile)

    async def plays() -> list[LLMMessage]:
        runtime = SingleThreadedAgentRuntime()
        tools = [NativeTool(tool) for tool in talk.tools]
        await ToolAgent.register(runtime, "tools", lambda: ToolAgent("Tools.", list(tools)))
        runtime.start()
        said = await tool_agent_caller_loop(
            runtime,
            tool_agent_id=AgentId("tools", "default"),
            model_client=KEPT.client.make(endpoint_of(talk)),
            input_messages=[SystemMessage(content=talk.system), UserMessage(content=talk.turns[0], source="user")],
            tool_schema=list[Any](tools),
        )
        await runtime.stop()
        return said

    said = asyncio.run(plays())

    assert not any(message.thought for message in said if isinstance(message, AssistantMessage))
    assert faults(verdict(talk, profile)) == []
    assert set(verdict(talk, profile).fates) == {"preserved"}


class Counting(CodeExecutor):
    """Runs nothing, and says how much it was given."""

    component_type = "code_executor"

    async def execute_code_blocks(
        self, code_blocks: list[CodeBlock], cancellation_token: CancellationToken
    ) -> CodeResult:
        del cancellation_token
        return CodeResult(exit_code=0, output=f"ran {sum(len(block.code) for block in code_blocks)}")

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def restart(self) -> None:
        """Nothing to start again."""


CODE = "I look.\n```python\nprint(4)\n```\n"


@pytest.mark.filterwarnings("ignore:No approval function set")  # nothing is run that could do harm
@pytest.mark.parametrize("profile", PROFILES)
def test_an_agent_that_runs_code_sends_back_what_it_thought(profile: str) -> None:
    answers: list[tuple[Block, ...]] = [
        (says("Code."), Text(text=CODE)),
        (says("Summed up."), Text(text="It printed.")),
        (says("Again."), Text(text="Yes.")),
    ]
    with spoken(profile, answers) as provider:

        async def plays() -> None:
            agent = CodeExecutorAgent(
                "coder",
                Counting(),
                model_client=KEPT.client.make(provider.endpoint),
                model_context=KeepThinkingUnboundedContext(),
            )
            await agent.run(task="Is it warm?")
            await agent.run(task="Sure?")

        asyncio.run(plays())

        report = provider.report()
        assert len(provider.requests()) == 3
        assert faults(report) == []
        assert set(report.fates) == {"preserved"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_user_is_shown_a_thought_as_a_thought_and_nothing_of_ours(opened: Any, *, stream: bool) -> None:
    talk = opened("loop", "anthropic")

    async def plays() -> list[Any]:
        agent = agent_of(talk, model_client_stream=stream)
        return [event async for event in agent.run_stream(task=talk.turns[0])]

    events = asyncio.run(plays())

    thought = [event.content for event in events if isinstance(event, ThoughtEvent)]
    told = "".join(event.content for event in events if isinstance(event, ModelClientStreamingChunkEvent))
    (answer,) = [event.content for event in events if isinstance(event, TextMessage) and event.source == "first"]
    assert len(thought) == 5
    assert not any(words in told + answer for words in thought)
    assert ("" if not stream else answer) in told
    assert "keepthinking" not in repr(events)
