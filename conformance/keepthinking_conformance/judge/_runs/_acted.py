"""Thoughts that are taken for what was said (D8): a call in one is run, or an answer in one is shown.

A run whose tools were never called so, and that went on to its own answer, shows nothing, wherever the words went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keepthinking import Finding, Thinking
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking_conformance.judge._answers import Call, texts_of
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import Seen, first_of, found
from keepthinking_conformance.scenarios import FINAL

if TYPE_CHECKING:  # the provider needs its server, this module does not
    from keepthinking_conformance.provider._script import Called


def acted(case: Case) -> Iterator[Finding]:
    """Find calls that only stood in a thought and were run, and answers that the user was shown out of one."""
    for held in case.trace.considered:
        if held in case.trace.acted:
            what = f"a call of {held.call.tool!r} that stands in a thought was run"
            yield from first_of(_found(case, held, what))
        elif held.call.tool == FINAL and _is_shown(case, held):
            yield from first_of(_found(case, held, "the turn ended with an answer that stands in a thought"))


def _is_shown(case: Case, held: Called) -> bool:
    """Tell whether a turn ended where an answer was only thought, and the user was shown that.

    Where the script has no more steps all that the model wrote may be shown, thoughts and all.
    """
    shown = case.trace.answers[held.turn : held.turn + 1]
    goes_on = held.step < len(case.cell.scenario.turns[held.turn].steps) - 1
    went_on = any(call.turn == held.turn and call.step > held.step for call in case.calls)
    return held.thread == 0 and goes_on and not went_on and any(held.key in text for text in shown)


def _found(case: Case, held: Called, what: str) -> Iterator[Finding]:
    call, block = _thought(case, held)
    if call is None:
        return
    later, spot = _told(case, call, held)
    yield found(case, "thinking.not-executed", Seen(later, call, spot, block), fate="misplaced", what=what)


def _thought(case: Case, held: Called) -> tuple[Call | None, int | None]:
    """Find the answer, and the block of it, in which something was thought."""
    for call in case.calls:
        for b, block in enumerate(call.messages[0].blocks if call.messages else ()):
            if isinstance(block, Thinking) and held.key in block.text:
                return call, b
    return None, None


def _told(case: Case, call: Call, held: Called) -> tuple[Call | None, Spot | None]:
    """Find where the model is told what came of it."""
    for later in case.behind(call):
        request = case.request(later)
        for m, message in enumerate(() if request is None else request.messages):
            for b, block in enumerate(message.blocks):
                if message.role not in MODEL_ROLES and any(held.receipt in text for text in texts_of(block)):
                    return later, Spot(m, b)
    return None, None
