"""When two histories of smolagents are the same: types, records, pixels and errors count."""

from copy import deepcopy
from typing import Any

import pytest
from PIL import Image
from smolagents.memory import ActionStep, MemoryStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole
from smolagents.monitoring import Timing
from smolagents.utils import AgentError, AgentParsingError

from keepthinking_adapters.smolagents import dump, load, same_native
from keepthinking_adapters.smolagents._steps import KeptStep
from keepthinking_adapters.smolagents._text import KeptText
from tests.adapters.smolagents.scripted import quiet

pytestmark = pytest.mark.extras


def action(**held: Any) -> ActionStep:
    return ActionStep(step_number=1, timing=Timing(0.0), **held)


def ran(arguments: Any) -> ActionStep:
    return action(tool_calls=[ToolCall(name="f", arguments=arguments, id="c1")])


def said(content: Any = "x", arguments: Any = None, **held: Any) -> ActionStep:
    function = ChatMessageToolCallFunction(name="f", arguments=arguments)
    calls = None if arguments is None else [ChatMessageToolCall(function=function, id="c1", type="function")]
    return action(model_output_message=ChatMessage(MessageRole.ASSISTANT, content, tool_calls=calls, **held))


def pictured(mode: str, colour: int) -> TaskStep:
    return TaskStep("x", task_images=[Image.new(mode, (1, 1), colour)])


def failed(words: str, kind: type[AgentError] = AgentParsingError) -> ActionStep:
    return action(error=kind(words, quiet()))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(ran({"x": 1}), ran({"x": True}), id="true is not 1"),
        pytest.param(ran({"x": 1}), ran({"x": 1.0}), id="1 is not 1.0"),
        pytest.param(ran({"x": 0.0}), ran({"x": -0.0}), id="0.0 is not -0.0"),
        pytest.param(ran({"x": 1, "y": 2}), ran({"y": 2, "x": 1}), id="arguments have an order"),
        pytest.param(ran({"x": {"a": 1, "b": 2}}), ran({"x": {"b": 2, "a": 1}}), id="arguments inside have one, too"),
        pytest.param(said(arguments={}), said(arguments=""), id="no arguments are not empty ones"),
        pytest.param(said(arguments={"x": 1}), said(arguments='{"x": 1}'), id="a dictionary is no string"),
        pytest.param(said(""), said(None), id="no words are not empty ones"),
        pytest.param(said(), said(raw={}), id="what stands beside"),
        pytest.param(action(observations=""), action(), id="nothing observed is not an empty observation"),
        pytest.param(action(action_output=(1,)), action(action_output=[1]), id="a tuple is no list"),
        pytest.param(action(model_output="x"), action(model_output=KeptText("x", "p")), id="what a text carries"),
        pytest.param(said(KeptText("x", "p")), said(KeptText("x", "q")), id="other records"),
        pytest.param(said(KeptText("x", "p")), said(KeptText("x", "p", trail=" ")), id="white space that was stripped"),
        pytest.param(TaskStep("x"), KeptStep("x"), id="classes"),
        pytest.param(KeptStep("x"), KeptStep("x", kind="results"), id="kinds of steps"),
        pytest.param(TaskStep("x"), SystemPromptStep("x"), id="kinds of words"),
        pytest.param(TaskStep("x"), TaskStep("x", task_images=[]), id="no pictures are not none"),
        pytest.param(pictured("L", 1), pictured("L", 2), id="pixels"),
        pytest.param(pictured("L", 0), pictured("P", 0), id="modes of pictures"),
        pytest.param(failed("x"), failed("y"), id="words of errors"),
        pytest.param(failed("x"), failed("x", AgentError), id="classes of errors"),
    ],
)
def test_these_differ(a: MemoryStep, b: MemoryStep) -> None:
    assert not same_native([a], [b])
    assert not same_native([b], [a])
    for one in (a, b):
        assert same_native([one], load(dump([one])))


def test_the_order_of_other_keys_says_nothing() -> None:
    assert same_native([said(raw={"x": 1, "y": 2})], [said(raw={"y": 2, "x": 1})])


def test_nan_is_itself() -> None:
    assert same_native([ran({"x": float("nan")})], [ran({"x": float("nan")})])


def test_equal_errors_and_pixels_are_the_same() -> None:
    # smolagents' own equality says otherwise of errors.
    assert failed("x") != failed("x")
    assert same_native([failed("x")], [failed("x")])
    assert same_native([pictured("L", 1)], deepcopy([pictured("L", 1)]))


def test_histories_of_other_lengths_differ() -> None:
    assert not same_native([TaskStep("")], [])
