"""What a step holds besides the messages that it says, and the very step again.

Rule 1: a step that `to_native` would make anyway has no residual.
Rule 2: words stand in the blocks alone; the residual has holes in their places, also where a word stands in a longer
one's place: code that was taken out of an answer.
Rule 3: messages that a step was asked with are made again of the steps before it, and are not kept.
Rule 4: what JSON cannot hold is a loss, and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final, cast

from smolagents.memory import ActionStep, MemoryStep
from smolagents.models import ChatMessage
from smolagents.monitoring import Timing, TokenUsage

from keepthinking import Json, KeepthinkingError, Loss, Message, Text, ToolResult
from keepthinking.carry import MARK, Hole, Path, fingerprint, freeze, holes, leaves, thaw
from keepthinking_adapters.smolagents._same import same_value
from keepthinking_adapters.smolagents._steps import RENDERED
from keepthinking_adapters.smolagents._values import VALUES

__all__ = ["ADAPTER", "Template", "edited", "filled", "residual", "template_of", "templates", "without"]

ADAPTER: Final = "smolagents"
"""The key of `Message.native` that is ours."""
Template = dict[str, Any]
_SHORT: Final = 4
"""Words of fewer characters may stand anywhere by chance."""
_RECORD: Final = "record"
_UNSPOKEN: Final = ("step_number", "timing", "token_usage", "is_final_answer")
"""Fields of a step without a word that was said."""


def template_of(  # noqa: PLR0913, PLR0917 - a step, all that it says, and where it stands
    steps: Sequence[MemoryStep],
    before: Callable[[], Sequence[ChatMessage]],
    messages: Sequence[Message],
    payload: str,
    losses: list[Loss],
    path: str,
) -> Template:
    """Write what a step holds besides what it says.

    Args:
        steps: The step, and those behind it that say nothing.
        before: Gives what the steps before it say.
        messages: What it says.
        payload: What a new step of these messages would carry; it is made again then. "" for nothing.
        losses: What cannot be written is added here.
        path: Where the step stands.
    """

    def lost(at: Path, value: object) -> None:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
        what, why = f"a `{type(value).__name__}`", "it cannot be made again as it was"
        losses.append(Loss(kind="content", path=path + where, what=what, why=why))

    def unwritten(at: Path, value: object) -> None:
        # What is written is a list of steps, of which each has its fields under one key.
        lost(tuple(key for key in at[1:] if key != "fields"), value)

    found = [VALUES.taken(without(step, before), lost) for step in steps]
    spots: dict[Path, Hole] = {}
    for number, message in enumerate(messages):
        for place, block in enumerate(message.blocks):
            spots = {**holes(found, (), _number(number, place), block), **spots}
    words = [
        (_number(number, place), leaf, said)
        for number, message in enumerate(messages)
        for place, block in enumerate(message.blocks)
        for leaf, said in leaves(block).items()
        if isinstance(block, Text | ToolResult) and isinstance(said, str) and len(said) >= _SHORT
    ]
    _inner(found, (), words, payload, spots)
    prints = [[message.role, *map(fingerprint, message.blocks)] for message in messages]
    return {"steps": freeze(found, spots, unwritten), "prints": prints}


_WIDTH: Final = 100_000


def _number(message: int, block: int) -> int:
    """Give one number for a block of one of several messages."""
    return message * _WIDTH + block


def without(step: MemoryStep, before: Callable[[], Sequence[ChatMessage]]) -> MemoryStep:
    """Give a step without the messages that it was asked with, where they end with all that the steps before it say.

    Args:
        step: The step; it is not changed.
        before: Gives what the steps before it say.
    """
    inputs: object = getattr(step, "model_input_messages", None)
    said = before() if type(inputs) is list else ()
    if not said:
        return step
    asked = _list(inputs)
    split = len(asked) - len(said)
    if split < 0 or not same_value(asked[split:], said):
        return step
    bare: Any = copy(step)
    bare.model_input_messages = RENDERED(asked[:split])
    return cast("MemoryStep", bare)


def _list(value: Any) -> list[Any]:
    found: list[Any] = value
    return found


def _inner(  # noqa: C901 - one row a type
    value: object, at: Path, words: Sequence[tuple[int, str, str]], payload: str, spots: dict[Path, Hole]
) -> None:
    """Find records, and words that stand in longer ones."""
    match value:
        case str() if at not in spots:
            if payload != "" and value == payload:
                spots[at] = Hole(-1, _RECORD)
                return
            for number, leaf, said in words if len(value) >= _SHORT else ():
                start = said.find(value)
                if start >= 0:
                    spots[at] = Hole(number, f"{leaf}|{json.dumps([start, start + len(value)])}")
                    return
                start = value.find(said)
                if start >= 0:
                    frame = [value[:start], value[start + len(said) :]]
                    spots[at] = Hole(number, f"{leaf}|{json.dumps(frame)}")
                    return
        case dict():
            for key, item in cast("dict[Any, object]", value).items():
                if key not in {"class", MARK, "set"}:
                    _inner(item, (*at, key), words, payload, spots)
        case list() | tuple():
            for i, item in enumerate(cast("list[object]", value)):
                _inner(item, (*at, i), words, payload, spots)
        case _:
            pass


def _filler(messages: Sequence[Message], record: Callable[[], str]) -> Callable[[Hole], object]:
    def fill(hole: Hole) -> object:
        if hole.block < 0:
            return record()
        found = leaves(messages[hole.block // _WIDTH].blocks[hole.block % _WIDTH])
        leaf, _, how = hole.leaf.partition("|")
        if how == "":
            return found[leaf]
        first, last = json.loads(how)
        said = cast("str", found[leaf])
        return said[first:last] if isinstance(first, int) else first + said + last

    return fill


def residual(parts: dict[str, Template]) -> Json:
    """Write templates by the part of the message that each begins with. Raises `EncodeError`."""
    return Json.of({ADAPTER: {"parts": parts}})


def templates(message: Message) -> dict[str, Template]:
    """Give the residual of a message by its parts; {} where there is none that can be read."""
    if not isinstance(message.native, Json):
        return {}
    try:
        parts: object = message.native.value[ADAPTER]["parts"]
    except (KeyError, TypeError, ValueError):
        return {}
    held = cast("dict[str, Template]", parts) if isinstance(parts, dict) else {}
    return {key: one for key, one in held.items() if type(one) is dict and {"steps", "prints"} <= one.keys()}


def filled(template: Template, messages: Sequence[Message], record: Callable[[], str]) -> list[MemoryStep] | None:
    """Make steps again; None where the messages are not those that they said.

    Args:
        template: The residual.
        messages: So many messages as they said.
        record: Gives the record that the first shall carry.
    """
    prints = [[message.role, *map(fingerprint, message.blocks)] for message in messages]
    if prints != template["prints"]:
        return None
    try:
        found = VALUES.made(thaw(template["steps"], _filler(messages, record)))
    except (KeyError, TypeError, ValueError, IndexError, KeepthinkingError):
        return None
    steps = cast("list[object]", found) if isinstance(found, list) else []
    return cast("list[MemoryStep]", steps) if all(isinstance(one, MemoryStep) for one in steps) else None


def edited(template: Template, step: MemoryStep) -> None:
    """Give a new step what holds no word of the one that it was: number, times, usage.

    Args:
        template: The residual of the step that it was.
        step: The new one; it is changed.
    """
    try:
        fields: dict[str, Any] = template["steps"][0]["fields"]
    except (KeyError, TypeError, IndexError):
        return
    for name in _UNSPOKEN if isinstance(step, ActionStep) else ():
        try:
            held = VALUES.made(thaw(fields.get(name), lambda hole: hole))
        except (KeyError, TypeError, ValueError):
            continue
        if isinstance(held, (int, Timing, TokenUsage)):
            setattr(step, name, held)
