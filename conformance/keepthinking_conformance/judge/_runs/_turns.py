"""Turns (D6): what the model did for earlier words of the user stands before the new ones.

The audit tells when answers change places. That the user's new words stand before what was done for the old ones, it
cannot know for the user's: they might be anybody's note.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking import Finding, Message, Text, ToolCall
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES, Spot
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import BESIDE, Seen, first_of, found


def behind(case: Case) -> Iterator[Finding]:
    """Find requests in which an answer of an earlier turn stands behind the user's new words."""
    yield from first_of(_behind(case))


def _behind(case: Case) -> Iterator[Finding]:
    for call in case.calls:
        request = case.request(call)
        if request is None or not call.turn or call.turn >= len(case.trace.words):
            continue
        words = case.trace.words[call.turn]
        asked = next((n for n, message in enumerate(request.messages) if _says(message, words)), None)
        if asked is None:
            continue
        earlier = [other for other in case.calls if other.turn < call.turn and other.has_arrived]
        for at, message in enumerate(request.messages[asked + 1 :], asked + 1):
            old = next((other for other in earlier if _is_of(message, other)), None)
            if old is not None:
                what = (
                    f"what the model did in turn {old.turn + 1} stands behind the user's words of turn {call.turn + 1}"
                )
                yield found(case, "order.turns", Seen(call, old, Spot(at, BESIDE)), fate="reordered", what=what)
                break


def _says(message: Message, words: str) -> bool:
    """Tell whether a message is the user's words, or holds them."""
    if message.role in MODEL_ROLES or message.role in SYSTEM_ROLES:
        return False
    return any(words in block.text for block in message.blocks if isinstance(block, Text))


def _is_of(message: Message, call: Call) -> bool:
    """Tell whether a message of the model is an answer, by what it calls: no two calls have the same arguments."""
    if message.role not in MODEL_ROLES:
        return False
    ids = {one.id for one in call.tool_calls if isinstance(one.id, str)}
    said = {one.arguments for one in call.tool_calls}
    return any(isinstance(b, ToolCall) and (b.id in ids or b.arguments in said) for b in message.blocks)
