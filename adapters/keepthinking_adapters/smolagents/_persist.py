"""Memory of smolagents, written down and read again.

smolagents writes steps (`AgentMemory.get_full_steps`) and reads none; what it writes has no class, no picture that can
be read again, and arguments that look like JSON are parsed (smolagents 1.26.0). So a history has a document of its own
here: each step with its class and fields, exactly. What smolagents itself wrote is read, too, as far as it goes: the
record in `raw` is still there, and that of a `KeptStep`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
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
from keepthinking.carry import MARK, Hole, Path, freeze, json_of, thaw
from keepthinking_adapters.smolagents._residual import without
from keepthinking_adapters.smolagents._steps import HISTORY, KeptStep, Said, rendered, steps_of
from keepthinking_adapters.smolagents._values import VALUES

__all__ = ["dump", "load", "load_steps"]

_FORMAT: Final = "keepthinking-smolagents/1"
_DUMP: Final = "give what `dump` or `save_memory` wrote, or JSON of `AgentMemory.get_full_steps()`"
_LOG = logging.getLogger("keepthinking.smolagents")


def dump(native: Sequence[MemoryStep] | AgentMemory) -> bytes:
    """Write a memory, as ASCII JSON.

    Of an object that JSON cannot hold (what a tool gave back) stands there what smolagents itself writes of it; a
    warning says so.

    Raises:
        EncodeError: A step holds what JSON has no room for (culprit `framework`), or it is no memory (culprit
            `caller`).
    """
    steps = HISTORY.written(steps_of(native))
    said = Said(steps)
    found: list[object] = []
    for i, step in enumerate(steps):

        def lost(at: Path, value: object, number: int = i) -> None:
            _LOG.warning("steps[%d].%s: a `%s` is not written as it is", number, ".".join(map(str, at)), type(value))

        try:
            found.append(freeze(VALUES.taken(without(step, partial(said.before, i)), lost), {}, lost))
            json.dumps(found[-1])
        except (ValueError, TypeError, RecursionError, OSError) as error:  # of a picture whose file is broken
            what = f"a step cannot be written: {type(error).__name__}"
            hint = "keep what is no data out of `action_output`, and give pictures that Pillow can load"
            raise EncodeError(what, where=f"steps[{i}]", culprit="framework", hint=hint) from error
    return json.dumps({"format": _FORMAT, "steps": found}).encode()


def load(data: bytes) -> list[MemoryStep]:
    """Read what `dump` wrote, or JSON of what smolagents itself wrote (`get_full_steps`).

    Raises:
        DecodeError: It is neither; culprit `data`. It is no document; culprit `caller`.
    """
    found: object = json_of(data)
    if isinstance(found, list):
        return load_steps(cast("list[object]", found))
    held = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    steps: object = held.get("steps")
    if held.get("format") != _FORMAT or not isinstance(steps, list):
        raise DecodeError("it is no memory of smolagents", where="$", culprit="data", hint=_DUMP)
    again: list[MemoryStep] = []
    for i, one in enumerate(cast("list[object]", steps)):
        where = f"$.steps[{i}]"
        try:
            step = VALUES.made(thaw(one, _refuse))
        except Exception as error:  # Pillow raises what it likes for bytes that are no picture
            what = f"a step cannot be read: {type(error).__name__}"
            raise DecodeError(what, where=where, culprit="data", hint=_DUMP) from error
        if not isinstance(step, MemoryStep):
            raise DecodeError("it is no step of smolagents", where=where, culprit="data", hint=_DUMP)
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
            hint = "give what `get_full_steps` gives"
            raise DecodeError("it is no step of smolagents", where=f"$[{i}]", culprit="data", hint=hint) from error
    return found


def _step(held: Mapping[str, Any]) -> MemoryStep:
    if "payload" in held:
        return KeptStep(**{name: held[name] for name in ("task", "task_images", "payload", "kind")})
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
    return VALUES.made({MARK: "error", "class": held["type"], "v": held["message"]})


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
