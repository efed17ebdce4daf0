"""Steps of smolagents' memory, and the turns that they say.

Rule 1: a step says what smolagents makes of it for its model (`to_messages`), and besides that what it carries.
Rule 2: of a call the step has two sights: what the model said, and what the agent ran. An edit of either is an edit.
Rule 3: nothing is changed by reading.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from smolagents import memory
from smolagents.memory import ActionStep, AgentMemory, MemoryStep, PlanningStep, SystemPromptStep, TaskStep
from smolagents.models import ChatMessage, ChatMessageToolCall, MessageRole

from keepthinking import DecodeError, ToolCall
from keepthinking.carry import History
from keepthinking_adapters.smolagents._blocks import read_call
from keepthinking_adapters.smolagents._foreign import thoughts_of
from keepthinking_adapters.smolagents._payload import parsed, payload_of
from keepthinking_adapters.smolagents._plain import OBSERVATION, PROCEED, Turn
from keepthinking_adapters.smolagents._show import Picture
from keepthinking_adapters.smolagents._text import KeptText

__all__ = [
    "ANSWER",
    "BLANK",
    "HISTORY",
    "INTERPRETER",
    "RENDERED",
    "TASK",
    "KeptStep",
    "Said",
    "calls_of",
    "echoed",
    "error_in",
    "error_of",
    "is_answer",
    "rendered",
    "steps_of",
    "turns",
]

HISTORY: Final = History(
    "smolagents", (MemoryStep,), "give an `AgentMemory` or a list of its steps", items="steps", item="step"
)
"""What a history of smolagents is, once the steps of a memory are taken out of it."""
ANSWER: Final = "keepthinking_answer_"
"""How the id of a call begins that we made up, so that a plain answer ends a run: it is on no wire."""
TASK: Final = "New task:\n"
INTERPRETER: Final = "python_interpreter"
"""The call that smolagents makes of code that ran; the model never made it."""
BLANK: Final = re.compile(r"^[ \t]+$", re.MULTILINE)
"""What `textwrap.dedent` empties in a plan (smolagents 1.26.0, `_generate_planning_step`)."""
_FENCE: Final = "```\n"
_CALLS: Final = "Calling tools:\n"
_CALL_ID: Final = "Call id: "
_ERROR: Final = "Error:\n"
_TRIES: Final = 100
"""So often what Python wrote is read: the other thread has built its tree long before."""


class _Rendered:
    """Stands for messages that are made again of the steps before."""

    def __init__(self, head: list[Any]) -> None:
        self.head = head


RENDERED = _Rendered


@dataclass
class KeptStep(TaskStep):
    """What was said to the model, and what smolagents has no place for in it.

    A `TaskStep` makes a new string of its task, and a record would be lost. To a stock model this step says the same.

    Attributes:
        task: The words; words of results where it is `results`.
        task_images: The pictures.
        payload: The record.
        kind: `user`, or `results` for results of calls that are not in the memory.
    """

    payload: str = ""
    kind: str = "user"

    def to_messages(self, summary_mode: bool = False) -> list[ChatMessage]:  # noqa: FBT001, FBT002 - smolagents' own signature
        """Say it to a model."""
        (message,) = super().to_messages(summary_mode=summary_mode)
        front = TASK
        if self.kind == "results":
            front = OBSERVATION
            message.role = MessageRole.TOOL_RESPONSE
        parts = cast("list[dict[str, Any]]", message.content)
        parts[0]["text"] = KeptText(front + self.task, self.payload, start=len(front))
        return [message]


def steps_of(history: object) -> object:
    """Give the steps of a memory; what is no `AgentMemory` is given as it is."""
    return [history.system_prompt, *history.steps] if isinstance(history, AgentMemory) else history


def turns(step: object) -> list[Turn]:
    """Read what a step says.

    Raises:
        DecodeError: It is no step of smolagents, or holds what smolagents never puts there; culprit `framework`.
        FormatError: It carries a broken record.
    """
    match step:
        case SystemPromptStep():
            text = _string(step.system_prompt, "system_prompt")
            return [Turn("system", text, payload=payload_of(None, text))]
        case KeptStep():
            return [_kept(step)]
        case TaskStep():
            return [Turn("user", _string(step.task, "task"), pictures=_pictures(step.task_images))]
        case PlanningStep():
            said = _message(step.model_output_message)
            plan = _string(step.plan, "plan")
            return [_planned(plan, said), Turn("user", PROCEED)]
        case ActionStep():
            return [_action(step)]
        case _:
            what = f"{type(step).__name__} is no step of smolagents' memory"
            raise DecodeError(what, where="$", culprit="framework", hint="give steps of `smolagents.memory`")


def _kept(step: KeptStep) -> Turn:
    text, pictures = _string(step.task, "task"), _pictures(step.task_images)
    payload = step.payload if step.payload != "" else None
    if step.kind == "results":
        return Turn("results", observation=text, seen=pictures, payload=payload)
    return Turn("user", text, pictures=pictures, payload=payload)


def _action(step: ActionStep) -> Turn:
    said = _message(step.model_output_message)
    output = step.model_output
    if output is not None and not isinstance(output, str):
        raise _unsound("model_output")
    if step.observations is not None:
        _string(step.observations, "observations")
    ran = cast("object", step.tool_calls)
    if ran is not None and not _all_are(ran, memory.ToolCall):
        raise _unsound("tool_calls")
    if said is not None and said.tool_calls is not None and not _all_are(said.tool_calls, ChatMessageToolCall):
        raise _unsound("model_output_message")
    ran = step.tool_calls
    others = None if ran is None else tuple(read_call(one.id, one.name, one.arguments) for one in ran)
    is_code = step.code_action is not None or _is_code(others)
    payload = payload_of(None if said is None else said.raw, output, None if said is None else said.content)
    return Turn(
        "assistant",
        output,
        calls=None if said is None or said.tool_calls is None else calls_of(said.tool_calls),
        others=None if is_code else others,
        observation=step.observations,
        error=None if step.error is None else error_of(step),
        seen=_pictures(step.observations_images),
        thoughts=thoughts_of(said.raw) if payload is None and said is not None else None,
        payload=payload,
        is_code=is_code,
        is_answer=is_answer([one.id for one in ran or (None if said is None else said.tool_calls) or ()]),
    )


def _planned(plan: str, said: ChatMessage | None) -> Turn:
    """Read a plan; smolagents puts it into words of its own."""
    content: object = None if said is None else said.content
    payload = payload_of(None if said is None else said.raw, plan, content)
    if payload is None or isinstance(plan, KeptText):
        return Turn("assistant", plan, payload=payload)
    if isinstance(content, KeptText) and BLANK.sub("", content.words) in plan:
        return Turn("assistant", content.words, payload=payload)
    # It was edited, or written down as JSON: the frame is where it was.
    fence = plan.find(_FENCE)
    start = 0 if fence < 0 else fence + len(_FENCE)
    behind = next((stop for stop in reversed(parsed(payload).stops) if plan.endswith(stop)), "")
    return Turn("assistant", KeptText(plan, payload, start=start, end=len(plan) - len(behind)), payload=payload)


def _is_code(calls: Sequence[ToolCall] | None) -> bool:
    return calls is not None and len(calls) == 1 and calls[0].name == INTERPRETER


def is_answer(ids: Sequence[object]) -> bool:
    """Tell whether the only call of a step was made up by us."""
    return len(ids) == 1 and isinstance(ids[0], str) and ids[0].startswith(ANSWER)


def calls_of(calls: Sequence[Any]) -> tuple[ToolCall, ...]:
    """Read calls of a message."""
    return tuple(read_call(one.id, one.function.name, one.function.arguments) for one in calls)


def echoed(text: str) -> list[dict[str, Any]] | None:
    """Read the calls that smolagents repeats in words, as Python writes them; None for what is no such text."""
    if not text.startswith(_CALLS):
        return None
    try:
        found = _literal(text.removeprefix(_CALLS))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    try:
        return _calls(found) if type(found) is list else None
    except (TypeError, KeyError, AttributeError):
        return None


def _literal(text: str) -> object:
    """Read what Python wrote, however often somebody else reads meanwhile.

    CPython before 3.13 may raise `SystemError` where two threads build a tree at the same time, and nothing is wrong
    with either; smolagents' interpreter builds one of each code
    (https://github.com/python/cpython/issues/106905, read 2026-11-29).
    """
    for _ in range(_TRIES):
        try:
            return ast.literal_eval(text)
        except SystemError:
            continue
    return ast.literal_eval(text)


def _calls(found: Any) -> list[dict[str, Any]] | None:
    held: list[dict[str, Any]] = found
    return held if all(one["function"].keys() >= {"name", "arguments"} for one in held) else None


def error_in(text: str) -> str | None:
    """Give what smolagents says of an error, without the id of a call in front; None for any other text."""
    if text.startswith(_CALL_ID):
        text = text.partition("\n")[2]
    return text if text.startswith(_ERROR) else None


def error_of(step: ActionStep) -> str:
    """Give what smolagents says of the error of a step."""
    last = cast("list[dict[str, Any]]", step.to_messages()[-1].content)
    return error_in(str(last[0]["text"])) or ""


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise _unsound(name)
    return value


def _message(value: object) -> ChatMessage | None:
    if value is not None and not isinstance(value, ChatMessage):
        raise _unsound("model_output_message")
    return value


def _pictures(value: object) -> tuple[Any, ...]:
    if value is None:
        return ()
    if not _all_are(value, Picture):
        raise _unsound("images")
    return tuple(cast("Sequence[Any]", value))


def _all_are(value: object, kind: type) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, kind) for one in cast("list[object]", value))


def _unsound(name: str) -> DecodeError:
    what = f"`{name}` of a step holds what smolagents never puts there"
    return DecodeError(what, where="$", culprit="framework", hint="make steps with their constructors")


class Said:
    """What steps say to a model: smolagents asks each step with all that was said before, and here it is made once.

    Args:
        steps: The steps.
    """

    def __init__(self, steps: Sequence[MemoryStep]) -> None:
        self._steps = steps
        self._messages: list[ChatMessage] = []
        self._ends = [0]

    def before(self, number: int) -> list[ChatMessage]:
        """Give what the steps before one say."""
        for step in self._steps[len(self._ends) - 1 : number]:
            self._messages += step.to_messages()
            self._ends.append(len(self._messages))
        return self._messages[: self._ends[number]]


def rendered(step: MemoryStep, before: Sequence[MemoryStep]) -> None:
    """Make the messages again that a step was asked with, where they are those of the steps before it."""
    held = getattr(step, "model_input_messages", None)
    if isinstance(held, _Rendered):
        messages = [message for one in before for message in one.to_messages()]
        cast("Any", step).model_input_messages = [*held.head, *messages]
