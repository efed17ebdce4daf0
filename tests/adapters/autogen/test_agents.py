"""Our model class in AutoGen's agents, over real HTTP: whatever drives them, the wire has every thought back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.messages import ThoughtEvent
from autogen_core.model_context import UnboundedChatCompletionContext

from keepthinking_adapters.autogen import KeepThinkingUnboundedContext, dump, from_native, load, same_native, to_native
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.adapters.autogen.agents import WAYS, agent_of, expect_all, plays, run, turn

CELLS = [
    pytest.param(profile, scenario, id=f"{profile}-{scenario}")
    for profile in PROVIDERS
    for scenario in SCENARIOS
    if plays(scenario, profile) and "save" not in SCENARIOS[scenario].needs
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("context", [UnboundedChatCompletionContext, KeepThinkingUnboundedContext])
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_every_thought_comes_back(  # noqa: PLR0913, PLR0917 - one parameter an axis
    opened: Any, model_for: Any, profile: str, scenario: str, context: Any, way: str
) -> None:
    talk = opened(scenario, profile)
    agent = agent_of(model_for(talk, profile), talk, model_context=context(), model_client_stream=way == "streamed")

    run(agent, talk)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_saved_as_json_and_taken_up_by_a_new_agent_before_every_turn(
    opened: Any, model_for: Any, profile: str, way: str
) -> None:
    talk = opened("second-turn", profile)

    def fresh() -> AssistantAgent:
        context = KeepThinkingUnboundedContext()
        return agent_of(model_for(talk, profile), talk, model_context=context, model_client_stream=way == "streamed")

    async def all_turns() -> None:
        state = json.dumps(await fresh().save_state())
        for text in talk.turns:
            agent = fresh()
            await agent.load_state(json.loads(state))
            await turn(agent, text)
            state = json.dumps(await agent.save_state())

    asyncio.run(all_turns())

    expect_all(talk, profile)


OTHER_PROCESS = """
import asyncio, json, sys
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext, dump

async def main():
    context = KeepThinkingUnboundedContext()
    await context.load_state(json.loads(sys.stdin.read()))
    return dump(await context.get_messages())

sys.stdout.write(asyncio.run(main()).decode())
"""


@pytest.mark.parametrize("profile", PROVIDERS)
def test_another_process_reads_all_of_it(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    agent = agent_of(model_for(talk, profile), talk, model_context=KeepThinkingUnboundedContext())

    async def talked() -> tuple[str, list[Any]]:
        for text in talk.turns:
            await turn(agent, text)
        state = await agent.save_state()
        return json.dumps(state["llm_context"]), await agent.model_context.get_messages()

    state, native = asyncio.run(talked())
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS], input=state, capture_output=True, check=True, text=True
    )

    here, there = from_native(native), from_native(load(done.stdout.encode()))
    assert here.value == there.value
    assert there.findings == ()
    assert same_native(load(done.stdout.encode()), native)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_both_identities_hold_after_an_agents_turns(
    opened: Any, model_for: Any, profile: str, scenario: str, way: str
) -> None:
    talk = opened(scenario, profile)
    agent = agent_of(model_for(talk, profile), talk, model_client_stream=way == "streamed")
    run(agent, talk)
    native = asyncio.run(agent.model_context.get_messages())

    read = from_native(native)
    assert not read.losses
    assert not read.findings
    back = to_native(read.value)
    assert same_native(back.value, native)

    again = from_native(load(dump(back.value)))
    assert not again.findings
    assert [m.replace(native=None) for m in again.value] == [m.replace(native=None) for m in read.value]


@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_agent_that_reflects_sends_the_tools_of_its_calls(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    agent = agent_of(model_for(talk, profile), talk, reflect_on_tool_use=True)

    run(agent, talk)

    assert all(json.loads(exchange.request).get("tools") for exchange in talk.exchanges)


def test_no_carrier_and_no_name_of_ours_reaches_a_wire_or_an_event(opened: Any, model_for: Any) -> None:
    for profile in PROVIDERS:
        talk = opened("second-turn", profile)
        context = KeepThinkingUnboundedContext()
        shown = run(agent_of(model_for(talk, profile), talk, model_context=context, model_client_stream=True), talk)

        sent = b"".join(exchange.request for exchange in talk.exchanges)
        for word in (b"keepthinking", b"asker", b"sk-canary"):
            assert word not in sent, profile
        told = "".join(f"{one!r}{one.model_dump_json()}" for one in shown)
        assert "keepthinking-carry" not in told
        assert "sk-canary" not in told


def test_events_show_thoughts_and_pieces_show_none(opened: Any, model_for: Any) -> None:
    talk = opened("loop", "deepseek")

    shown = run(agent_of(model_for(talk, "deepseek"), talk, model_client_stream=True), talk)

    thoughts = [one.content for one in shown if isinstance(one, ThoughtEvent)]
    pieces = "".join(one.content for one in shown if type(one).__name__ == "ModelClientStreamingChunkEvent")
    assert thoughts
    assert not any(thought in pieces for thought in thoughts)
