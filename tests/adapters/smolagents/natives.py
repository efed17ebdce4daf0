"""Any step of smolagents that an agent, a client or a person might make."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from PIL import Image
from smolagents.memory import ActionStep, MemoryStep, PlanningStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole
from smolagents.monitoring import Timing, TokenUsage
from smolagents.utils import AgentExecutionError, AgentMaxStepsError, AgentParsingError

from keepthinking_conformance import strategies as kts
from tests.adapters.smolagents.scripted import quiet

_TEXTS = st.one_of(
    st.sampled_from(["", " ", "a", "look\n", "[1, 2.50]", '{"a": 1}', "New task:\nx", "Observation:\nx", "Error:\nx"]),
    kts.strings(),
)
_IDS = st.sampled_from(["c1", "c2", "", "call_0"])
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "b", "$is", "$"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_NUMBERS = st.integers(min_value=0, max_value=9)


@st.composite
def _pictures(draw: Any) -> Image.Image:
    mode = draw(st.sampled_from(["RGB", "RGBA", "L", "P", "CMYK", "1"]))
    return Image.new(mode, (draw(st.integers(1, 3)), 2), draw(st.integers(0, 1)))


@st.composite
def _calls(draw: Any) -> ChatMessageToolCall:
    arguments = draw(st.one_of(st.dictionaries(st.sampled_from(["a", "b"]), _JSON, max_size=2), _TEXTS, _JSON))
    function = ChatMessageToolCallFunction(arguments=arguments, name=draw(st.sampled_from(["f", "final_answer"])))
    return ChatMessageToolCall(function=function, id=draw(_IDS), type="function")


_USAGE = st.none() | st.builds(TokenUsage, _NUMBERS, _NUMBERS)
_TIMING = st.builds(Timing, st.floats(0, 9), st.none() | st.floats(0, 9))


def _messages(role: MessageRole) -> st.SearchStrategy[ChatMessage]:
    parts = st.lists(st.builds(lambda text: {"type": "text", "text": text}, _TEXTS), max_size=2)
    return st.builds(
        ChatMessage,
        role=st.just(role),
        content=st.none() | _TEXTS | parts,
        tool_calls=st.none() | st.lists(_calls(), max_size=2),
        raw=st.none() | _JSON,
        token_usage=_USAGE,
    )


@st.composite
def _errors(draw: Any) -> Any:
    return draw(st.sampled_from([AgentParsingError, AgentExecutionError, AgentMaxStepsError]))(draw(_TEXTS), quiet())


@st.composite
def _actions(draw: Any) -> ActionStep:
    calls = draw(st.lists(_calls(), max_size=2))
    ran = [ToolCall(one.function.name, one.function.arguments, one.id) for one in calls]
    said = draw(st.none() | _messages(MessageRole.ASSISTANT))
    if said is not None and draw(st.booleans()):
        said.tool_calls = calls or None
    return ActionStep(
        step_number=draw(_NUMBERS),
        timing=draw(_TIMING),
        model_input_messages=draw(st.none() | st.lists(_messages(MessageRole.USER), max_size=1)),
        tool_calls=draw(st.sampled_from([None, ran or None])),
        error=draw(st.none() | st.none() | _errors()),
        model_output_message=said,
        model_output=draw(st.none() | _TEXTS),
        code_action=draw(st.none() | st.none() | _TEXTS),
        observations=draw(st.none() | _TEXTS),
        observations_images=draw(st.none() | st.lists(_pictures(), min_size=1, max_size=2)),
        action_output=draw(_JSON),
        token_usage=draw(_USAGE),
        is_final_answer=draw(st.booleans()),
    )


def steps() -> st.SearchStrategy[MemoryStep]:
    """Give any step."""
    return st.one_of(
        _actions(),
        st.builds(TaskStep, task=_TEXTS, task_images=st.none() | st.lists(_pictures(), max_size=2)),
        st.builds(SystemPromptStep, system_prompt=_TEXTS),
        st.builds(
            PlanningStep,
            model_input_messages=st.lists(_messages(MessageRole.USER), max_size=1),
            model_output_message=_messages(MessageRole.ASSISTANT),
            plan=_TEXTS,
            timing=_TIMING,
            token_usage=_USAGE,
        ),
    )
