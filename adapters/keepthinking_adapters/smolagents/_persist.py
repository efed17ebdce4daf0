"""Memory of smolagents, written down and read again.

smolagents writes steps (`AgentMemory.get_full_steps`) and reads none; what it writes has no class, no picture that can
be read again, and arguments that look like JSON are parsed (smolagents 1.26.0). So a history has a document of its own
here: each step with its class and fields, exactly. What smolagents itself wrote is read, too, as far as it goes: the
record in `raw` is still there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from smolagents.memory import ActionStep, AgentMemory, MemoryStep, PlanningStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
)
from smolagents.monitoring import Timing, TokenUsage

from keepthinking import DecodeError, EncodeError
from keepthinking.carry import Hole, Path, freeze, thaw
from keepthinking_adapters.smolagents._residual import head_of
from keepthinking_adapters.smolagents._steps import RENDERED, rendered, steps_of
from keepthinking_adapters.smolagents._values import made, taken

__all__ = ["dump", "load", "load_steps"]

_FORMAT: Final = "keepthinking-smolagents/1"
_LOG = logging.getLogger("keepthinking.smolagents")


def dump(native: Sequence[MemoryStep] | AgentMemory) -> bytes:
    """Write a memory, as ASCII JSON.

    Of an object that JSON cannot hold (what a tool gave back) stands there what smolagents itself writes of it; a
    warning says so.

    Raises:
        DecodeError: It is no memory; culprit `framework`.
        EncodeError: A step holds what JSON has no room for; culprit `framework`.
    """
    steps = steps_of(native)
    found: list[object] = []
    for i, step in enumerate(steps):

        def lost(at: Path, value: object, number: int = i) -> None:
            _LOG.warning("steps[%d].%s: a `%s` is not written as it is", number, ".".join(map(str, at)), type(value))

        try:
            held = taken(step, lost)
            head = head_of(step, steps[:i])
            if head is not None:
                held["fields"]["model_input_messages"] = taken(RENDERED(head), lost)
            found.append(freeze(held, {}, lost))
            json.dumps(found[-1])
        except (ValueError, TypeError, RecursionError) as error:
            what = f"a step cannot be written: {type(error).__name__}"
            raise EncodeError(what, where=f"steps[{i}]", culprit="framework") from error
    return json.dumps({"format": _FORMAT, "steps": found}).encode()


def load(data: bytes) -> list[MemoryStep]:
    """Read what `dump` wrote, or JSON of what smolagents itself wrote (`get_full_steps`).

    Raises:
        DecodeError: It is neither; culprit `data`.
    """
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DecodeError("it is no JSON", where="$", culprit="data") from error
    if isinstance(found, list):
        return load_steps(cast("list[object]", found))
    held = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    steps: object = held.get("steps")
    if held.get("format") != _FORMAT or not isinstance(steps, list):
        raise DecodeError("it is no memory of smolagents", where="$", culprit="data")
    again: list[MemoryStep] = []
    for i, one in enumerate(cast("list[object]", steps)):
        where = f"$.steps[{i}]"
        try:
            step = made(thaw(one, _refuse))
        except Exception as error:  # Pillow raises what it likes for bytes that are no picture
            what = f"a step cannot be read: {type(error).__name__}"
            raise DecodeError(what, where=where, culprit="data") from error
        if not isinstance(step, MemoryStep):
            raise DecodeError("it is no step of smolagents", where=where, culprit="data")
        rendered(step, again)
        again.append(step)
    return again


def _refuse(hole: Hole) -> object:
    raise ValueError(hole)


def load_steps(steps: Sequence[object]) -> list[MemoryStep]:
    """Make steps again of what smolagents wrote of them: `get_full_steps`, `get_succinct_steps`, `RunResult.steps`.

    Pictures of an `ActionStep` cannot be made again: smolagents writes their bytes without their size.

    Args:
        steps: The dictionaries.

    Raises:
        DecodeError: One is not what smolagents writes; culprit `data`.
    """
    found: list[MemoryStep] = []
    for i, one in enumerate(steps):
        try:
            found.append(_step(cast("Mapping[str, Any]", one)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DecodeError("it is no step of smolagents", where=f"$[{i}]", culprit="data") from error
    return found


def _step(held: Mapping[str, Any]) -> MemoryStep:
    if "task" in held:
        return TaskStep(task=held["task"], task_images=held.get("task_images"))
    if "system_prompt" in held:
        return SystemPromptStep(system_prompt=held["system_prompt"])
    asked = [_message(one) for one in held.get("model_input_messages") or ()]
    usage = held.get("token_usage")
    timing = Timing(held["timing"]["start_time"], held["timing"]["end_time"])
    tokens = None if usage is None else TokenUsage(usage["input_tokens"], usage["output_tokens"])
    said = None if held["model_output_message"] is None else _message(held["model_output_message"])
    if "plan" in held:
        return PlanningStep(asked, cast("ChatMessage", said), held["plan"], timing, tokens)
    calls = [ToolCall(one["function"]["name"], one["function"]["arguments"], one["id"]) for one in held["tool_calls"]]
    return ActionStep(
        step_number=held["step_number"],
        timing=timing,
        model_input_messages=asked or None,
        tool_calls=calls or None,
        error=None if held["error"] is None else _error(held["error"]),
        model_output_message=said,
        model_output=held["model_output"],
        code_action=held["code_action"],
        observations=held["observations"],
        action_output=held["action_output"],
        token_usage=tokens,
        is_final_answer=held["is_final_answer"],
    )


def _error(held: Mapping[str, Any]) -> Any:
    return made({"$is": "error", "class": held["type"], "v": held["message"]})


def _message(held: Mapping[str, Any]) -> ChatMessage:
    calls = held.get("tool_calls")
    content = held.get("content")
    return ChatMessage(
        role=MessageRole(held["role"]),
        content=content,
        tool_calls=None if calls is None else [_call(one) for one in calls],
        raw=held.get("raw"),
        token_usage=None,
    )


def _call(held: Mapping[str, Any]) -> ChatMessageToolCall:
    function = held["function"]
    made_ = ChatMessageToolCallFunction(arguments=function["arguments"], name=function["name"])
    return ChatMessageToolCall(function=made_, id=held["id"], type=held["type"])
