"""Retries and malformed calls (D12): what failed on the way is asked again with the history that there was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepthinking import Block, Finding, Message, ToolCall, ToolResult, same
from keepthinking._compare import visible_blocks
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking.audit._held import is_held
from keepthinking_conformance.judge._answers import Call, is_refused
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import BESIDE, Seen, first_of, found


def retried(case: Case) -> Iterator[Finding]:
    """Find requests that were made again with another history, or not at all."""
    yield from first_of(_changed(case))


def _changed(case: Case) -> Iterator[Finding]:
    for n, call in enumerate(case.calls):
        failed = not (call.is_answered and call.exchange.delivered) and not call.held and not is_refused(call)
        if not failed:
            continue
        again = next((later for later in case.calls[n + 1 :] if not is_refused(later)), None)
        if again is None:
            if case.cell.scenario.faults:
                what = "behind a fault of the provider the run did not go on"
                yield found(case, "retry.history.unaltered", Seen(call), fate="dropped", what=what)
            continue
        spot = _first_change(case, call, again)
        if spot is not None:
            what = f"the request behind a fault has another history than request {call.number}, which met it"
            yield found(case, "retry.history.unaltered", Seen(again, None, spot), fate="altered", what=what)


def _first_change(case: Case, call: Call, again: Call) -> Spot | None:
    """Find the first message that is not what it was.

    Where the user's words were given once more they may stand there twice, and the scaffold may begin the turn anew: it
    lets go of all that was said in it, or of nothing.
    """
    one, two = case.request(call), case.request(again)
    if one is None or two is None:
        return None
    if call.turn in case.trace.retried:
        first = next(other for other in case.calls if other.turn == call.turn)
        begun = case.request(first)
        if begun is not None and _change(case, begun.messages, two.messages) is None and again.step == 0:
            return None
    return _change(case, one.messages, two.messages)


def _change(case: Case, before: Sequence[Message], now: Sequence[Message]) -> Spot | None:
    """Find the first message that does not begin as it did, however a wire groups what was said."""
    one, two = list(_said(before)), list(_said(now))
    for n, (model, spot, block) in enumerate(one):
        if n >= len(two):
            return Spot(len(now) - 1, BESIDE)
        speaks, place, other = two[n]
        if model != speaks or not same(block, other, case.dialect.projection):
            return Spot(min(spot.message, place.message), BESIDE)
    return None


def _said(messages: Sequence[Message]) -> Iterator[tuple[bool, Spot, Block]]:
    """List what was said, and whether the model said it."""
    for m, message in enumerate(messages):
        for b, block in visible_blocks(message.blocks):
            yield message.role in MODEL_ROLES, Spot(m, b), block


def malformed(case: Case) -> Iterator[Finding]:
    """Find calls with arguments that are no JSON which are gone, or which nobody answered."""
    yield from first_of(_unanswered(case))


def _unanswered(case: Case) -> Iterator[Finding]:
    for call in case.calls:
        step = case.cell.scenario.turns[call.turn].steps
        row = step[min(call.step, len(step) - 1)]
        if not call.has_arrived or not any(one.outcome == "malformed" for one in row.calls):
            continue
        number = next(n for n, one in enumerate(row.calls) if one.outcome == "malformed")
        asked = call.tool_calls[number] if number < len(call.tool_calls) else None
        if asked is None:
            continue
        block = call.messages[0].blocks.index(asked)
        later = next((other for other in case.behind(call) if other.turn == call.turn), None)
        if later is None:
            what = "a call with arguments that are no JSON ended the turn: the model was not told"
            yield found(case, "malformed-call.answered", Seen(None, call, None, block), fate="dropped", what=what)
            continue
        request = case.request(later)
        if request is None:
            continue
        place = Seen(later, call, Spot(len(request.messages) - 1, BESIDE), block)
        if not is_held(request) and not _stands(asked, request.messages):
            what = "a call with arguments that are no JSON is gone from the history"
            yield found(case, "malformed-call.answered", place, fate="dropped", what=what)
        elif not _is_told(asked, request.messages):
            what = "a call with arguments that are no JSON has no result"
            yield found(case, "malformed-call.answered", place, fate="dropped", what=what)


def _stands(asked: ToolCall, messages: Sequence[Message]) -> bool:
    made = (b for m in messages for b in m.blocks if isinstance(b, ToolCall))
    return any(call.id == asked.id or call.arguments == asked.arguments for call in made)


def _is_told(asked: ToolCall, messages: Sequence[Message]) -> bool:
    return any(isinstance(b, ToolResult) and b.call_id == asked.id for m in messages for b in m.blocks)
