"""What a memory of smolagents holds and a message cannot, named each; and what its agents lose by themselves.

The agents have `KeepThinkingModel`, so that no loss is the client's. A test fails when smolagents has mended what it is
about.
"""

from __future__ import annotations

import enum
import json
import logging
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from pydantic import BaseModel
from smolagents import agent_types
from smolagents.memory import ActionStep, MemoryStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, MessageRole
from smolagents.monitoring import Timing
from smolagents.utils import AgentError, AgentParsingError

from keepthinking import Block, DecodeError, EncodeError, Text
from keepthinking import ToolCall as Call
from keepthinking_adapters.smolagents import (
    ADAPTER,
    KeepThinkingCodeAgent,
    KeepThinkingToolCallingAgent,
    dump,
    from_native,
    load,
    load_memory,
    same_native,
    save_memory,
    to_native,
)
from tests.adapters.smolagents.agents import faults, quiet
from tests.adapters.smolagents.scripted import look
from tests.adapters.smolagents.scripted import quiet as logger
from tests.adapters.spoken import Spoken, calls, says, spoken

# What a step holds that no message can


class Own:
    """What somebody's tool gave."""

    def __init__(self) -> None:
        self.value = 1


class OwnText(str):
    __slots__ = ()


class OwnNumber(int):
    pass


class Colour(enum.Enum):
    RED = "red"


@dataclass
class OwnData:
    value: int = 1


class OwnModel(BaseModel):
    value: int = 1


class OwnStep(ActionStep):
    pass


class OwnError(AgentError):
    pass


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - a class that knows no types is the point


def step(**held: Any) -> ActionStep:
    said = ChatMessage(MessageRole.ASSISTANT, "said")
    given = {"step_number": 1, "timing": Timing(0.0), "model_output": "said", "model_output_message": said, **held}
    return ActionStep(**given)


def with_raw(raw: object) -> ActionStep:
    return step(model_output_message=ChatMessage(MessageRole.ASSISTANT, "said", raw=raw))


def with_more(what: Any, **more: object) -> Any:
    vars(what).update(more)
    return what


def own_step() -> ActionStep:
    return OwnStep(**{field.name: getattr(step(), field.name) for field in fields(ActionStep)})


notebooks: Any = agent_types  # it has some annotations


def knot() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


LOST: dict[str, tuple[Callable[[], MemoryStep], str, str]] = {
    "an object": (lambda: step(action_output=Own()), ".action_output", "a `Own`"),
    "an object within": (lambda: step(action_output={"a": [1, Own()]}), ".action_output.a[1]", "a `Own`"),
    "a set": (lambda: step(action_output={1}), ".action_output", "a `set`"),
    "a date": (lambda: step(action_output=datetime(2026, 1, 1, tzinfo=UTC)), ".action_output", "a `datetime`"),
    "a decimal": (lambda: step(action_output=Decimal("1.0")), ".action_output", "a `Decimal`"),
    "an integer of many digits": (lambda: step(action_output=10**5000), ".action_output", "a `int`"),
    "an enum": (lambda: step(action_output=Colour.RED), ".action_output", "a `Colour`"),
    "a text of a class": (lambda: step(action_output=OwnText("x")), ".action_output", "a `OwnText`"),
    "a number of a class": (lambda: step(action_output=OwnNumber(3)), ".action_output", "a `OwnNumber`"),
    "a dictionary of a class": (lambda: step(action_output=OrderedDict(a=1)), ".action_output", "a `OrderedDict`"),
    "a tuple of a class": (lambda: step(action_output=Pair(1, 2)), ".action_output", "a `Pair`"),
    "a data class": (lambda: step(action_output=OwnData()), ".action_output", "a `OwnData`"),
    "a model of pydantic": (lambda: step(action_output=OwnModel()), ".action_output", "a `OwnModel`"),
    "a text for notebooks": (lambda: step(action_output=notebooks.AgentText("x")), ".action_output", "a `AgentText`"),
    "a picture for notebooks": (
        lambda: step(action_output=notebooks.AgentImage(Image.new("RGB", (2, 2)))),
        ".action_output",
        "a `AgentImage`",
    ),
    "an object of a client of one's own": (lambda: with_raw(Own()), ".model_output_message.raw", "a `Own`"),
    "an object in arguments": (
        lambda: step(tool_calls=[ToolCall("f", {"a": Own()}, "1")]),
        ".tool_calls[0].arguments.a",
        "a `Own`",
    ),
    "an object in what the model was asked with": (
        lambda: step(model_input_messages=[ChatMessage(MessageRole.USER, "x", raw=Own())]),
        ".model_input_messages[0].raw",
        "a `Own`",
    ),
    "an attribute of one's own": (lambda: with_more(step(), extra=Own()), ".extra", "a `Own`"),
    "a step of one's own class": (own_step, "", "a `OwnStep`"),
    "an error of one's own class": (lambda: step(error=OwnError("x", logger())), ".error", "a `OwnError`"),
    "an error with more than words": (
        lambda: step(error=with_more(AgentParsingError("x", logger()), extra=1)),
        ".error",
        "a `AgentParsingError`",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_cannot_be_made_again_is_a_loss_that_says_where(case: str) -> None:
    make, where, what = LOST[case]
    native: list[MemoryStep] = [TaskStep("a"), make()]

    read = from_native(native)

    assert [(loss.kind, loss.path, loss.what) for loss in read.losses] == [("content", f"steps[1]{where}", what)]
    assert read.losses[0].why == "it cannot be made again as it was"
    assert [message.text for message in read.value if message.role == "assistant"] == ["said"]
    assert not same_native(to_native(read.value).value, native)


@pytest.mark.parametrize("case", LOST)
def test_what_cannot_be_made_again_is_told_where_it_is_written_down(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    native: list[MemoryStep] = [TaskStep("a"), LOST[case][0]()]

    with caplog.at_level(logging.WARNING, logger="keepthinking.smolagents"):
        again = load(dump(native))

    assert "steps[1]" in caplog.text
    assert same_native(again[:1], native[:1])
    assert [message.text for message in from_native(again).value if message.role == "assistant"] == ["said"]


def test_a_knot_is_a_loss_and_is_not_written_down() -> None:
    native: list[MemoryStep] = [TaskStep("a"), step(action_output=knot())]

    (loss,) = from_native(native).losses

    assert (loss.path, loss.why) == ("steps[1]", "JSON has no room for a value in it")
    with pytest.raises(EncodeError) as caught:
        dump(native)
    assert (caught.value.where, caught.value.culprit) == ("steps[1]", "framework")


def test_a_knot_in_arguments_is_a_loss_and_the_call_stays() -> None:
    native: list[MemoryStep] = [TaskStep("a"), step(tool_calls=[ToolCall("f", {"a": knot()}, "1")])]

    read = from_native(native)

    assert [loss.path for loss in read.losses] == ["steps[1]"]
    assert [block.name for block in read.value[1].blocks if isinstance(block, Call)] == ["f"]


def test_arguments_that_are_nested_too_deep_are_an_error_that_says_where() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    native: list[MemoryStep] = [TaskStep("a"), step(tool_calls=[ToolCall("f", {"a": deep}, "1")])]

    with pytest.raises(DecodeError) as caught:
        from_native(native)

    assert (caught.value.where, caught.value.culprit) == ("steps[1]", "framework")
    assert caught.value.hint


def test_a_memory_that_says_nothing_has_no_message_to_be_kept_with() -> None:
    read = from_native([ActionStep(step_number=1, timing=Timing(0.0))])

    assert read.value == ()
    assert [(loss.path, loss.what, loss.why) for loss in read.losses] == [
        ("steps[0]", "a `ActionStep`", "no step says anything")
    ]


def test_nothing_is_lost_where_a_step_beside_it_says_something() -> None:
    native = [ActionStep(step_number=1, timing=Timing(0.0)), TaskStep("a")]

    read = from_native(native)

    assert read.losses == ()
    assert same_native(to_native(read.value).value, native)


# What agents lose

CODE = "Thought: look.\n<code>\nfound = look(at='Oslo')\nprint(found)\n</code>"
FINAL = "<code>\nfinal_answer('seen')\n</code>"
LOOK = ("look", '{"at": "Oslo"}')


def made(provider: Spoken, cls: type[Any] = KeepThinkingToolCallingAgent, **options: Any) -> Any:
    return cls(**{"tools": [look], "model": ADAPTER.model(provider.endpoint), **quiet(), **options})


def test_a_managed_agent_forgets_at_each_call_and_its_manager_hears_the_answer_alone() -> None:
    asks = calls(("worker", '{"task": "Look at Oslo.", "additional_args": {}}'))
    answers: list[tuple[Block, ...]] = [
        (says("The worker knows."), *asks),
        (says("I look."), Text(text="seen it")),
        (says("Once more."), *asks),
        (says("What was it?"), Text(text="seen it again")),
        (says("So."), Text(text="It is seen.")),
    ]
    with spoken("deepseek", answers) as provider:
        worker = made(provider, name="worker", description="Looks.")
        manager = made(provider, tools=[], managed_agents=[worker])

        assert manager.run("What of Oslo?") == "It is seen."

        written = [exchange.request.decode() for exchange in provider.exchanges()]
        assert "I look." not in written[3]  # the worker's second call
        assert "I look." not in written[4]  # the manager's last request
        assert "seen it" in written[4]
        assert "The worker knows." in written[4]


def test_a_later_plan_is_made_without_what_the_model_said() -> None:
    answers: list[tuple[Block, ...]] = [
        (says("First plan."), Text(text="1. look")),
        (says("So I look."), Text(text="I will look."), *calls(LOOK)),
        (says("Second plan."), Text(text="1. answer")),
        (says("Seen."), Text(text="It is seen.")),
    ]
    with spoken("deepseek", answers) as provider:
        made(provider, planning_interval=1).run("Look at Oslo.")

        plans = provider.exchanges()[2].request.decode()
        assert "So I look." not in plans
        assert "I will look." not in plans
        assert "First plan." not in plans
        assert "Oslo" in plans
        after = provider.exchanges()[3].request.decode()
        assert "So I look." in after
        assert "First plan." in after


def test_the_answer_behind_the_last_step_is_asked_for_in_words_of_a_user_with_other_instructions() -> None:
    answers: list[tuple[Block, ...]] = [
        (says("I look."), *calls(LOOK)),
        (says("No more steps."), Text(text="It is seen.")),
    ]
    with spoken("deepseek", answers) as provider:
        made(provider, max_steps=1).run("Look at Oslo.")

        first, last = provider.requests()
        assert [one["role"] for one in last] == ["system", "user", "assistant", "tool", "user"]
        assert first[0]["content"] != last[0]["content"]
        assert "I look." in json.dumps(last)
        assert [fault for fault in faults(provider.report()) if not fault.startswith("prefix.")] == []


def test_what_code_has_found_is_in_no_memory() -> None:
    reads = "<code>\nfinal_answer(found)\n</code>"
    answers: list[tuple[Block, ...]] = [
        (says("I look."), Text(text=CODE)),
        (says("Seen."), Text(text=FINAL)),
        (says("I have it still."), Text(text=reads)),
        (says("It is gone."), Text(text=FINAL)),
    ]
    with spoken("deepseek", answers) as provider:
        first = made(provider, KeepThinkingCodeAgent)
        first.run("Look at Oslo.")
        fresh = made(provider, KeepThinkingCodeAgent)
        load_memory(fresh, save_memory(first))

        assert fresh.run("Sure?", reset=False) == "seen"

        last = provider.requests()[3]
        assert "The variable `found` is not defined" in json.dumps(last)
        assert set(provider.report().fates) == {"preserved"}


def test_an_agent_is_stopped_before_its_next_step_and_no_sooner() -> None:
    answers: list[tuple[Block, ...]] = [(says("I look."), *calls(LOOK)), (says("Seen."), Text(text="It is seen."))]
    with spoken("deepseek", answers) as provider:
        agent = made(provider)
        agent.step_callbacks.register(ActionStep, lambda _: agent.interrupt())

        with pytest.raises(AgentError, match="interrupted"):
            agent.run("Look at Oslo.")

        assert len(provider.requests()) == 1
        assert agent.memory.steps[1].observations is not None
