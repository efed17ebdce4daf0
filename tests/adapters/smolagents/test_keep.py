"""What an agent's own loop leaves out is put back, and the model is told what was said."""

import ast
import gc
import json
from collections.abc import Generator, Sequence
from typing import Any

import pytest
from msgspec import UNSET
from smolagents import CodeAgent, ToolCallingAgent
from smolagents.agents import ToolOutput
from smolagents.memory import ActionStep, MemoryStep, PlanningStep
from smolagents.models import ChatMessage
from smolagents.utils import AgentError

from keepthinking import Message, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.smolagents import dump, from_chat, from_native, load, same_native, to_native
from keepthinking_adapters.smolagents._keep import keep_results, keep_step
from keepthinking_adapters.smolagents._steps import echoed
from tests.adapters.smolagents.operations import written_by_smolagents
from tests.adapters.smolagents.scripted import Scripted, look, quiet

pytestmark = pytest.mark.extras


def said(*blocks: Any) -> Message:
    return Message(role="assistant", blocks=(Thinking.of("hm", signature="s"), *blocks))


def looks(at: str, id_: str) -> ToolCall:
    return ToolCall(id=id_, name="look", arguments=f'{{ "at":{json.dumps(at)} }}')


class Kept(ToolCallingAgent):
    """An agent that says which result is which call's."""

    def process_tool_calls(self, chat_message: ChatMessage, memory_step: ActionStep) -> Generator[Any]:
        observed: dict[str, str] = {}
        error: AgentError | None = None
        try:
            for output in super().process_tool_calls(chat_message, memory_step):
                if isinstance(output, ToolOutput):
                    observed[output.id] = str(output.observation)
                yield output
        except AgentError as found:
            error = found
            raise
        finally:
            keep_results(memory_step, observed, error)


def steps_of(agent: Any) -> list[MemoryStep]:
    return [agent.memory.system_prompt, *agent.memory.steps]


def told(steps: list[MemoryStep]) -> list[Message]:
    return [*from_chat([message for step in steps for message in step.to_messages()]).value]


def bare(messages: Any) -> list[Message]:
    return [message.replace(native=UNSET) for message in messages]


def check(steps: list[MemoryStep], messages: list[Message], told_of: Sequence[str] = ()) -> None:
    """Check that a memory says some messages behind its instructions, also when it was written down."""
    assert bare(from_native(steps).value)[1:] == told(steps)[1:] == messages
    for passed in (load(dump(steps)), written_by_smolagents(steps)):
        assert bare(from_native(passed).value)[1:] == messages
    back = from_native(steps)
    assert back.losses == ()
    assert [one.check for one in back.findings] == [*told_of]
    assert same_native(to_native(back.value).value, steps)
    assert same_native(load(dump(steps)), steps)


@pytest.mark.parametrize("streams", [False, True])
def test_results_of_parallel_calls_are_told_apart_and_a_plain_answer_ends_the_run(*, streams: bool) -> None:
    answers = [said(Text(text="both "), looks("b\nx", "c2"), looks("a", "c1")), said(Text(text=" done\n"))]
    model = Scripted(answers)
    agent = Kept(
        tools=[look], model=model, logger=quiet(), step_callbacks={MemoryStep: keep_step}, stream_outputs=streams
    )

    result = agent.run("look")

    results = [
        Message(role="tool", blocks=(ToolResult(call_id="c2", content="b\nx:\nseen"),)),
        Message(role="tool", blocks=(ToolResult(call_id="c1", content="a:\nseen"),)),
    ]
    assert result == " done\n"
    assert model.told[-1][1:] == [Message.user("look"), answers[0], *results]
    check(steps_of(agent), [Message.user("look"), answers[0], *results, answers[1]])


@pytest.mark.parametrize("streams", [False, True])
def test_a_tool_that_fails_leaves_calls_and_the_results_of_others(*, streams: bool) -> None:
    answers = [said(looks("a", "c1"), looks("nothing", "c2")), said(Text(text="done"))]
    model = Scripted(answers)
    agent = Kept(
        tools=[look], model=model, logger=quiet(), step_callbacks={MemoryStep: keep_step}, stream_outputs=streams
    )

    agent.run("look")

    assert model.told[-1][2] == answers[0]
    assert [block for message in model.told[-1][3:] for block in message.blocks if isinstance(block, ToolResult)] == [
        ToolResult(call_id="c1", content="a:\nseen"),
        ToolResult(call_id="c2", status="error", content=model.told[-1][4].blocks[0].content),  # type: ignore[union-attr] # a result
    ]
    assert "there is nothing" in str(model.told[-1][4].blocks[0].content)  # type: ignore[union-attr] # a result
    check(steps_of(agent), [*model.told[-1][1:], answers[1]])


@pytest.mark.parametrize("streams", [False, True])
def test_a_stock_agent_keeps_the_answer_and_the_words_of_all_results(*, streams: bool) -> None:
    answers = [said(looks("a", "c1"), looks("b", "c2")), said(Text(text="done"))]
    model = Scripted(answers)
    agent = ToolCallingAgent(
        tools=[look], model=model, logger=quiet(), step_callbacks={MemoryStep: keep_step}, stream_outputs=streams
    )

    agent.run("look")

    results = [
        Message(role="tool", blocks=(ToolResult(call_id="c1", content="a:\nseen\nb:\nseen"),)),
        Message(role="tool", blocks=(ToolResult(call_id="c2", content=""),)),
    ]
    assert model.told[-1][1:] == [Message.user("look"), answers[0], *results]
    check(steps_of(agent), [*model.told[-1][1:], answers[1]], told_of=["result.delivered"])


@pytest.mark.parametrize("streams", [False, True])
def test_code_comes_back_without_the_tag_that_smolagents_puts_behind_it(*, streams: bool) -> None:
    answers = [
        said(Text(text="I look.\n<code>\nprint(look('a'))\n")),
        said(Text(text="<code>final_answer('done')")),
    ]
    model = Scripted(answers)
    agent = CodeAgent(
        tools=[look], model=model, logger=quiet(), step_callbacks={MemoryStep: keep_step}, stream_outputs=streams
    )

    assert agent.run("look") == "done"

    assert model.told[-1][2] == answers[0]
    assert "a:\nseen" in model.told[-1][3].text
    assert model.told[-1][3].text.startswith("Observation:\n")
    steps = steps_of(agent)
    assert isinstance(steps[2], ActionStep)
    assert str(steps[2].model_output).endswith("</code>")
    check(steps, [*model.told[-1][1:], answers[1], *told(steps)[-1:]])


@pytest.mark.parametrize("streams", [False, True])
def test_a_plan_is_what_the_model_said(*, streams: bool) -> None:
    plan, answer = said(Text(text="1. look\n   \n2. answer\n")), said(Text(text="done"))
    model = Scripted([plan, answer])
    agent = Kept(
        tools=[look],
        model=model,
        logger=quiet(),
        planning_interval=5,
        step_callbacks={MemoryStep: keep_step},
        stream_outputs=streams,
    )

    agent.run("look")

    proceed = Message(role="user", author="harness", blocks=(Text(text="Now proceed and carry out this plan."),))
    assert model.told[-1][1:] == [Message.user("look"), plan, proceed]
    assert any(isinstance(step, PlanningStep) for step in agent.memory.steps)
    check(steps_of(agent), [*model.told[-1][1:], answer])


def test_an_answer_after_the_last_step_is_told_to_the_model() -> None:
    answers = [said(looks("a", "c1")), said(Text(text="as far as I got")), said(Text(text="done"))]
    model = Scripted(answers)
    agent = Kept(tools=[look], model=model, logger=quiet(), step_callbacks={MemoryStep: keep_step}, max_steps=1)

    assert agent.run("look") == "as far as I got"
    agent.run("go on", reset=False)

    assert model.told[-1][4] == answers[1]
    check(steps_of(agent), [*model.told[-1][1:], answers[2]])


def test_calls_are_read_though_another_tree_is_built_meanwhile() -> None:
    """What a thread does is done here by the collector: CPython switches threads at the same place."""
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": {"at": ["Oslo"] * 20}}}]
    meanwhile: list[object] = []

    def build(phase: str, _: dict[str, int]) -> None:
        if phase == "stop" and len(meanwhile) < 50:
            meanwhile.append(phase)
            ast.parse("[1]")

    threshold = gc.get_threshold()
    gc.callbacks.append(build)
    gc.set_threshold(1)
    try:
        found = echoed(f"Calling tools:\n{calls}")
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(build)

    assert found == calls
    assert meanwhile
