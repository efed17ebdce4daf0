"""Results (D15): what a tool returned reaches the model as the tool gave it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from keepthinking import Finding, Request, Text, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import BESIDE, Seen, first_of, found

if TYPE_CHECKING:  # the provider needs its server, this module does not
    from keepthinking_conformance.provider._script import Called


def delivered(case: Case) -> Iterator[Finding]:
    """Find the first result that the model was not given as its tool returned it, in the request after its call."""
    yield from first_of(_undelivered(case))


def _undelivered(case: Case) -> Iterator[Finding]:
    for call, following in pairwise(case.calls):
        here = (call.turn, call.step, 0)
        due = [wanted for wanted in case.trace.wanted if (wanted.turn, wanted.step, wanted.thread) == here]
        request = case.request(following)
        if not call.has_arrived or request is None or following.turn != call.turn:
            continue
        stands = _stands if case.cell.grammar.native else _is_said
        if not all(stands(wanted, given(case, wanted), request) for wanted in due):
            what = "the request does not hold, under the id of its call, what the tool returned"
            what = what if case.cell.grammar.native else "the request does not hold what the tool returned"
            last = Spot(len(request.messages) - 1, BESIDE)
            yield found(case, "result.delivered", Seen(following, call, last), fate="altered", what=what)


def given(case: Case, wanted: Called) -> str:
    """Give what of a result has to reach the model: all that a tool gave, and of a failure what cannot be guessed."""
    if case.cell.binding is not None:  # nobody sees how its tool puts it
        return "" if wanted.call.outcome == "error" or case.cell.binding.finds == "anything" else wanted.receipt
    if wanted.call.outcome == "error":
        return wanted.receipt
    told = next((told for told in case.trace.told if told.called == wanted), None)
    if told is None:
        return wanted.result
    return wanted.receipt if told.failed else told.text


def _stands(wanted: Called, said: str, request: Request) -> bool:
    """Tell whether a request holds a result under the id that its call has there.

    Whether that is the id which the model gave it is the audit's matter; so is whether a result may do without one,
    where a wire knows the tool's name. How a failure is told is the scaffold's own; what a tool gave is not.
    """
    ids: set[object] = {wanted.id, *_ids(wanted, request)}
    return any(
        holds(text, said) and (id_ in ids or (id_ is UNSET and name == wanted.call.tool))
        for id_, name, text in results_in(request)
    )


def holds(text: str, said: str) -> bool:
    """Tell whether a result says something: in so many words, or as a string in the JSON that it is put into.

    Gemini's results are objects whose members nobody prescribes, and some frameworks write one for every wire.
    """
    if said in text:
        return True
    try:
        open_: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return False
    while open_:
        found = open_.pop()
        if isinstance(found, str) and said in found:
            return True
        open_ += found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return False


def _is_said(wanted: Called, said: str, request: Request) -> bool:
    """Tell whether a request holds a result where results are words of the user."""
    del wanted
    return any(
        said in block.text
        for message in request.messages
        if message.role not in MODEL_ROLES
        for block in message.blocks
        if isinstance(block, Text)
    )


def _ids(wanted: Called, request: Request) -> Iterator[str]:
    """List the ids that a call has in a request, known by its arguments."""
    for message in request.messages:
        for block in message.blocks:
            if isinstance(block, ToolCall) and isinstance(block.id, str) and wanted.key in block.arguments:
                yield block.id


def results_in(request: Request) -> Iterator[tuple[object, object, str]]:
    """List the results of a request: each with its id, its name and what it says."""
    for message in request.messages:
        for block in message.blocks:
            if isinstance(block, ToolResult):
                held = block.content
                parts = [held] if isinstance(held, str) else [b.text for b in held or () if isinstance(b, Text)]
                yield block.call_id, block.name, "".join(parts)
