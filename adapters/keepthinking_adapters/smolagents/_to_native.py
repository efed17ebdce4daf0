"""Messages as steps of smolagents' memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, cast

from msgspec import UNSET
from msgspec.structs import replace
from smolagents.memory import ActionStep, MemoryStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, MessageRole
from smolagents.monitoring import Timing

from keepthinking import Block, Converted, Media, Message, Text, ToolResult, dumps
from keepthinking import ToolCall as Call
from keepthinking._turns import MODEL_ROLES
from keepthinking.carry import Part, messages_of, pack
from keepthinking_adapters.smolagents._blocks import variants
from keepthinking_adapters.smolagents._payload import SLOT, Payload, parsed, written
from keepthinking_adapters.smolagents._plain import PLACES, Turn, plain, plain_results
from keepthinking_adapters.smolagents._residual import Template, edited, filled, templates
from keepthinking_adapters.smolagents._show import (
    PICTURE_PART,
    Kind,
    Picture,
    Place,
    identified,
    picture_of,
    places,
    said,
    show_call,
)
from keepthinking_adapters.smolagents._steps import KeptStep, calls_of, rendered
from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["Piece", "answer", "built", "carried", "observed_as", "pieces", "to_native"]

_SYSTEM = frozenset({"system", "developer"})


class Piece(NamedTuple):
    """A message, or the part of one that stands in a step.

    Attributes:
        message: The message, without what smolagents held besides it.
        part: Which part it is; None for a whole one.
        template: What the step that begins with it held besides; None for nothing.
    """

    message: Message
    part: Part | None = None
    template: Template | None = None


def to_native(messages: Sequence[Message]) -> Converted[list[MemoryStep]]:
    """Turn messages into steps of smolagents' memory.

    Maps to: `SystemPromptStep`, `TaskStep`, and `ActionStep` for what the model said with all results of its calls.
        Words are `model_output`, calls are `tool_calls`, results are `observations`, pictures are Pillow's. What no
        field holds stands in records: on `model_output`, a string that carries them to the model, and in
        `model_output_message.raw["keepthinking"]`, which JSON keeps. What smolagents has no step for, or none with a
        place for a record, is a `KeptStep`, which is a `TaskStep`.
        A call whose id is none, empty or taken shows one of ours, which is on no wire.
    Cannot hold: nothing while the record is there. Thinking, blocks of a provider's own and arguments as they were
        written stand in the record alone: a word that someone takes out of a stored step is to be looked for there,
        until the memory has been read and written again.
    Version notes: smolagents 1.21 and newer is tested.

    Args:
        messages: A history.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[MemoryStep] = []
    left = pieces(messages)
    at, number = 0, 0
    while at < len(left):
        number = 0 if isinstance(found[-1] if found else None, TaskStep) else number
        taken, steps = _next(left[at:], number + 1, found)
        at += taken
        for step in steps:
            found.append(step)
            number += isinstance(step, ActionStep)
    return Converted(value=found)


def pieces(messages: Sequence[Message]) -> list[Piece]:
    """Cut messages where results begin or end: results stand in the step of their calls, all else in one of its own.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[Piece] = []
    for message in messages_of(messages):
        bare = replace(message, native=UNSET)
        parts = _parts(message)
        held = templates(message)
        if len(parts) == 1:
            found.append(Piece(bare, None, held.get("0")))
            continue
        group = blake2b(dumps(bare), digest_size=6).hexdigest()
        found += [
            Piece(replace(bare, blocks=blocks), Part(group, i, len(parts)), held.get(str(i)))
            for i, blocks in enumerate(parts)
        ]
    return found


def _parts(message: Message) -> list[tuple[Block, ...]]:
    if message.role in MODEL_ROLES:
        return [message.blocks]
    parts: list[list[Block]] = []
    for block in message.blocks:
        if not parts or isinstance(parts[-1][-1], ToolResult) is not isinstance(block, ToolResult):
            parts.append([])
        parts[-1].append(block)
    return [tuple(part) for part in parts] or [()]


def _next(left: Sequence[Piece], number: int, before: Sequence[MemoryStep]) -> tuple[int, list[MemoryStep]]:
    """Give the next step, and of how many pieces it was made."""
    template = left[0].template
    if template is not None:
        many = len(template["prints"])
        again = filled(template, [piece.message for piece in left[:many]], lambda: carried(left[:many]))
        if again is not None:
            for step in again:
                rendered(step, before)
            return many, again
    many = _many(left)
    step = built(left[:many], number)
    if template is not None:
        edited(template, step)
    return many, [step]


def carried(left: Sequence[Piece]) -> str:
    """Give the payload that a new step of these pieces would carry; "" for none."""
    step = built(left[: _many(left)], 0)
    if isinstance(step, KeptStep):
        return step.payload
    texts = (getattr(step, name, None) for name in ("model_output", "system_prompt"))
    return next((text.payload for text in texts if isinstance(text, KeptText)), "")


def _many(left: Sequence[Piece]) -> int:
    """Count the pieces of the next step: an answer stands with the results of its calls."""
    first = left[0].message
    if first.role not in MODEL_ROLES:
        return 1
    if not any(isinstance(block, Call) and not block.server for block in first.blocks):
        return 1
    many = 1
    for piece in left[1:]:
        if not _is_results(piece.message) or piece.template is not None:
            break
        many += 1
    return many


def _is_results(message: Message) -> bool:
    """Tell whether a message is nothing but results."""
    return message.role not in MODEL_ROLES and any(isinstance(block, ToolResult) for block in message.blocks)


def built(left: Sequence[Piece], number: int) -> MemoryStep:
    """Make a new step of a message, and of the results behind it."""
    first = left[0]
    if first.message.role in MODEL_ROLES:
        return _action(first, left[1:], number)
    if _is_results(first.message):
        return _orphan(first)
    kind: Kind = "system" if first.message.role in _SYSTEM else "user"
    where = places(first.message.blocks, kind)
    words, pictures = _shown(first.message, where)
    turn = Turn(kind, words, pictures=tuple(pictures))
    is_told = first.part is None and plain(turn) == first.message
    payload = "" if is_told else written(Payload((record_of(first, plain(turn, where, _NONE), where),)))
    if kind == "system":
        return SystemPromptStep(system_prompt=words if is_told else KeptText(words, payload))
    if is_told:
        return TaskStep(task=words, task_images=pictures or None)
    return KeptStep(task=words, task_images=pictures or None, payload=payload)


_NONE = Payload(())


def _shown(message: Message, where: Sequence[Place]) -> tuple[str, list[Picture]]:
    pairs = list(zip(message.blocks, where, strict=True))
    words = "".join(said(block) for block, place in pairs if place.slot == "text")
    return words, [picture for block, place in pairs if place.slot == "picture" for picture in _pictures(block)]


def _pictures(block: Block) -> list[Picture]:
    found = picture_of(block) if isinstance(block, Media) else None
    return [] if found is None else [found]


def record_of(piece: Piece, plain_: Message, where: Sequence[Place]) -> str:
    """Write the record of a message: what smolagents does not tell of it, and where its blocks show."""
    record = pack(piece.message, plain_, part=piece.part, variants=variants, always=True) or ""
    # One more member of the record: what reads records knows its own members, and leaves others alone.
    return f'{record[:-1]},"{PLACES}":{json.dumps(where, separators=(",", ":"))}}}'


def answer(message: Message, *, parse: bool = False, always: bool = True, stops: Sequence[str] = ()) -> ChatMessage:
    """Give an answer as a model of smolagents gives it.

    Args:
        message: What the model said.
        parse: Whether arguments are those values that an agent makes of them.
        always: Whether to carry a record also where smolagents tells everything.
        stops: What the provider stopped at.
    """
    blocks = identified(message.blocks)
    where = places(blocks, "assistant")
    calls = [block for block, place in zip(blocks, where, strict=True) if isinstance(block, Call) and place.slot]
    words = "".join(said(block) for block, place in zip(blocks, where, strict=True) if place.slot == "text")
    shown = [show_call(call, parse=parse) for call in calls]
    turn = Turn("assistant", words, calls=calls_of(shown))
    if not always and not shown and plain(turn) == message:
        return ChatMessage(role=MessageRole.ASSISTANT, content=words)
    record = record_of(Piece(message), plain(turn, where, _NONE), where)
    payload = written(Payload((record,), tuple(stops)))
    text = KeptText(words, payload)
    return ChatMessage(role=MessageRole.ASSISTANT, content=text, tool_calls=shown or None, raw={SLOT: payload})


def _action(first: Piece, results: Sequence[Piece], number: int) -> ActionStep:
    said_ = answer(first.message, parse=True, always=False)
    step = ActionStep(
        step_number=number,
        timing=Timing(start_time=0.0),
        model_output_message=said_,
        model_output=cast("str", said_.content),
    )
    if said_.tool_calls:
        made = [ToolCall(one.function.name, one.function.arguments, one.id) for one in said_.tool_calls]
        step.tool_calls = sorted(made, key=lambda one: one.id)
    if results:
        step.observations, pictures, records = observed_as(results)
        step.observations_images = pictures or None
        text = cast("KeptText", said_.content)
        payload = written(Payload((*parsed(text.payload).records, *records)))
        step.model_output = said_.content = text.carrying(payload)
        said_.raw = {SLOT: payload}
    return step


def observed_as(results: Sequence[Piece]) -> tuple[str, list[Picture], list[str]]:
    """Give results as an agent observes them: one text, pictures, and a record for each message."""
    where = [places(piece.message.blocks, "results") for piece in results]
    texts: list[str] = []
    pictures: list[Picture] = []
    for piece, places_ in zip(results, where, strict=True):
        for block, place in zip(piece.message.blocks, places_, strict=True):
            if place.slot == "observation" and isinstance(block, ToolResult):
                _observe(block, place, texts, pictures)
    text = "\n".join(texts)
    turn = Turn("assistant", observation=text, seen=tuple(pictures))
    plains = plain_results(turn, where)
    rows = zip(results, plains, where, strict=True)
    return text, pictures, [record_of(piece, plain_, places_) for piece, plain_, places_ in rows]


def _observe(block: ToolResult, place: Place, texts: list[str], pictures: list[Picture]) -> None:
    if place.parts is None or not isinstance(block.content, tuple):
        texts.append(block.content if isinstance(block.content, str) else "")
        return
    words = [part.text for part in block.content if isinstance(part, Text)]
    texts += words or [""]
    for part, (_, length, _) in zip(block.content, place.parts, strict=True):
        pictures += _pictures(part) if length == PICTURE_PART else []


def _orphan(piece: Piece) -> KeptStep:
    """Give results that stand behind no call."""
    text, pictures, records = observed_as([piece])
    payload = written(Payload(tuple(records)))
    return KeptStep(task=text, task_images=pictures or None, payload=payload, kind="results")
