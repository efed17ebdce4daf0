"""Our model class in smolagents' agents, over real HTTP: whatever drives them, the wire has every thought back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from smolagents import ToolCallingAgent
from smolagents.memory import ActionStep

from keepthinking import UNSET
from keepthinking_adapters.smolagents import (
    dump,
    from_native,
    load,
    load_memory,
    same_native,
    save_memory,
    to_native,
)
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.adapters.smolagents.agents import WAYS, agent_of, expect_all, plays, run, sent

CELLS = [
    pytest.param(profile, scenario, id=f"{profile}-{scenario}")
    for profile in PROVIDERS
    for scenario in SCENARIOS
    if plays(scenario, profile) and "save" not in SCENARIOS[scenario].needs
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_every_thought_comes_back(opened: Any, model_for: Any, profile: str, scenario: str, way: str) -> None:
    talk = opened(scenario, profile)

    said = run(agent_of(model_for(talk, profile), talk, way), talk)

    assert all(said)
    expect_all(talk, profile)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_the_stock_agent_keeps_every_thought_too(opened: Any, model_for: Any, profile: str, way: str) -> None:
    talk = opened("second-turn", profile)

    run(agent_of(model_for(talk, profile), talk, way, ToolCallingAgent), talk)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_saved_as_json_and_taken_up_by_a_new_agent_before_every_turn(
    opened: Any, model_for: Any, profile: str, way: str
) -> None:
    talk = opened("second-turn", profile)
    state: bytes | None = None
    for text in talk.turns:
        agent = agent_of(model_for(talk, profile), talk, way)
        if state is not None:
            load_memory(agent, state)
        agent.run(text, reset=False)
        state = save_memory(agent)
        json.loads(state)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_json_that_smolagents_itself_wrote_is_taken_up(opened: Any, model_for: Any, profile: str, way: str) -> None:
    talk = opened("second-turn", profile)
    first = agent_of(model_for(talk, profile), talk, way)
    first.run(talk.turns[0], reset=False)
    second = agent_of(model_for(talk, profile), talk, way)

    load_memory(second, json.dumps(first.memory.get_succinct_steps()).encode())
    second.run(talk.turns[1], reset=False)

    expect_all(talk, profile)


OTHER_PROCESS = """
import sys
from keepthinking_adapters.smolagents import dump, load

sys.stdout.buffer.write(dump(load(sys.stdin.buffer.read())))
"""


@pytest.mark.parametrize("profile", PROVIDERS)
def test_another_process_reads_all_of_it(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    agent = agent_of(model_for(talk, profile), talk)
    run(agent, talk)

    state = save_memory(agent)
    done = subprocess.run([sys.executable, "-c", OTHER_PROCESS], input=state, capture_output=True, check=True)

    here, there = from_native(agent.memory), from_native(load(done.stdout))
    assert here.value == there.value
    assert there.findings == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_both_identities_hold_after_an_agents_turns(
    opened: Any, model_for: Any, profile: str, scenario: str, way: str
) -> None:
    talk = opened(scenario, profile)
    agent = agent_of(model_for(talk, profile), talk, way)
    run(agent, talk)
    native = [agent.memory.system_prompt, *agent.memory.steps]

    read = from_native(native)
    assert not read.losses
    assert not read.findings
    back = to_native(read.value)
    assert same_native(back.value, native)

    again = from_native(load(dump(back.value)))
    assert not again.findings
    assert [m.replace(native=UNSET) for m in again.value] == [m.replace(native=UNSET) for m in read.value]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_plain_answer_ends_the_run_and_the_call_for_that_is_on_no_wire(
    opened: Any, model_for: Any, profile: str, way: str
) -> None:
    talk = opened("second-turn", profile)
    agent = agent_of(model_for(talk, profile), talk, way)

    run(agent, talk)

    last = [step for step in agent.memory.steps if isinstance(step, ActionStep)][-1]
    assert last.is_final_answer
    written = b"".join(exchange.request for exchange in talk.exchanges).decode()
    assert "keepthinking" not in written
    declared = json.dumps(sent(talk, 0)["tools"])
    assert "final_answer" in declared
    messages = json.dumps({key: value for key, value in sent(talk, -1).items() if key != "tools"})
    assert '"name": "final_answer"' not in messages


def test_no_carrier_and_no_name_of_ours_reaches_a_wire_or_an_event(opened: Any, model_for: Any) -> None:
    for profile in PROVIDERS:
        talk = opened("second-turn", profile)
        agent = agent_of(model_for(talk, profile), talk, "streamed")
        events: list[Any] = [one for text in talk.turns for one in list(agent.run(text, reset=False, stream=True))]  # type: ignore[arg-type] # a stream gives events

        requests = [exchange.request for exchange in talk.exchanges]
        # The last one is what smolagents makes of calls for models that know none.
        for word in (b"keepthinking", b"sk-canary", b"Calling tools:"):
            assert not any(word in request for request in requests), profile
        # Its instructions have this word, and nothing else has.
        assert len({request.count(b"Observation:") for request in requests}) == 1
        assert "sk-canary" not in "".join(map(str, events))
