"""Saving and loading (D3): what was not finished is not kept as if it were, and what waits goes on waiting.

What saving loses that a session keeps is told by two runs (`_twins`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from keepthinking import Finding, Message, Request, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import (
    BESIDE,
    ENOUGH,
    Seen,
    first_of,
    found,
    level_for,
    thoughts_in,
)


def unfinished(case: Case) -> Iterator[Finding]:
    """Find thoughts that were cut off and that are sent as if the model had thought them to their end."""
    for call in case.calls:
        b = call.cut_thought
        block = None if b is None else call.messages[0].blocks[b]
        if b is not None and isinstance(block, Thinking) and len(words := block.text.strip()) >= ENOUGH:
            yield from first_of(_as_thought(case, call, b, words))
            yield from first_of(_as_text(case, call, b, words))


def _as_thought(case: Case, call: Call, block: int, words: str) -> Iterator[Finding]:
    whole = _whole(case)
    for later, request in _sent(case, call):
        for spot, here in _sent_thoughts(case, request):
            if here not in whole and (words in here or (len(here) >= ENOUGH and words.startswith(here))):
                level, rule = level_for(case, later, call, "thinking.not-invented")
                yield found(
                    case,
                    "persist.unfinished.not-kept",
                    Seen(later, call, spot, block),
                    fate="invented",
                    what="a thought that was cut off is sent as if it were whole",
                    level=level,
                    rule=rule,
                )


def _sent_thoughts(case: Case, request: Request) -> Iterator[tuple[Spot, str]]:
    """List the thoughts of a request; where a wire may give them back piece by piece, those of a message as one."""
    found = list(thoughts_in(request.messages))
    if not case.in_pieces:
        yield from ((spot, block.text.strip()) for spot, block in found)
        return
    for _, pieces in groupby(found, key=lambda held: held[0].message):
        (spot, first), *others = pieces
        yield spot, "".join((first.text, *(block.text for _, block in others))).strip()


def _whole(case: Case) -> set[str]:
    """List the thoughts that came to their end, also where the model was asked again for one that was cut off."""
    blocks = (block for call in case.calls if call.has_arrived for m in call.messages for block in m.blocks)
    return {block.text.strip() for block in blocks if isinstance(block, Thinking)}


def _as_text(case: Case, call: Call, block: int, words: str) -> Iterator[Finding]:
    for later, request in _sent(case, call):
        spot = _text_with(request.messages, words)
        if spot is not None:
            level, rule = level_for(case, later, call, "thinking.not-text")
            what = "a thought that was cut off came back as visible text"
            seen = Seen(later, call, spot, block)
            yield found(case, "thinking.not-text", seen, fate="leaked-as-text", what=what, level=level, rule=rule)


def _text_with(messages: Sequence[Message], words: str) -> Spot | None:
    return next(
        (
            Spot(m, b)
            for m, message in enumerate(messages)
            for b, block in enumerate(message.blocks)
            if isinstance(block, Text) and words in block.text
        ),
        None,
    )


def _sent(case: Case, call: Call) -> Iterator[tuple[Call, Request]]:
    for later in case.behind(call):
        request = case.request(later)
        if request is not None:
            yield later, request


def open_call(case: Case) -> Iterator[Finding]:
    """Find calls that waited while the conversation was saved and loaded, and that nobody knows of afterwards."""
    for load in case.trace.loads:
        before = [call for call in case.calls if call.number <= load]
        if not before or not before[-1].has_arrived or not before[-1].tool_calls:
            continue  # nothing waited
        waits = before[-1]
        if not case.cell.scenario.turns[waits.turn].reopened:
            continue
        later = next((call for call in case.calls if call.number > load and call.turn == waits.turn), None)
        request = None if later is None else case.request(later)
        if later is None:
            what = "a call that waited while the conversation was saved is gone: no request followed"
            yield found(case, "persist.open-call.kept", Seen(None, waits), fate="dropped", what=what)
        elif request is not None and (lost := _lost(waits, request)):
            seen = Seen(later, waits, Spot(len(request.messages) - 1, BESIDE))
            yield found(case, "persist.open-call.kept", seen, fate="dropped", what=lost)


def _lost(waits: Call, request: Request) -> str:
    """Tell what is gone of calls that waited; "" where all of them are there and answered."""
    blocks = [block for message in request.messages for block in message.blocks]
    made = [block for block in blocks if isinstance(block, ToolCall)]
    told = [block for block in blocks if isinstance(block, ToolResult)]
    for asked in waits.tool_calls:
        there = [call for call in made if call.name == asked.name and _same(call, asked)]
        if not there:
            return f"the call of {asked.name!r} that waited while the conversation was saved is gone"
        if not any(_answers(result, there[-1], made, told) for result in told):
            return f"the call of {asked.name!r} that waited while the conversation was saved has no result"
    return ""


def _same(call: ToolCall, asked: ToolCall) -> bool:
    return (isinstance(asked.id, str) and call.id == asked.id) or _alike(call.arguments, asked.arguments)


def _alike(a: str, b: str) -> bool:
    """Tell whether arguments are the same; how they are spelled is another check's matter."""
    try:
        return bool(msgspec.json.decode(a) == msgspec.json.decode(b))
    except msgspec.DecodeError:
        return a == b


def _answers(result: ToolResult, call: ToolCall, made: Sequence[ToolCall], told: Sequence[ToolResult]) -> bool:
    if isinstance(call.id, str):
        return result.call_id == call.id
    return told.index(result) == made.index(call)  # without ids they are paired by their order
