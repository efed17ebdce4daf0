"""Results (D15): what a tool returned reaches the model as the tool gave it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import UNSET

from keepthinking import Finding, Request, Text, ToolResult
from keepthinking._turns import Spot
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import BESIDE, Seen, first_of, found

if TYPE_CHECKING:  # the provider needs its server, this module does not
    from keepthinking_conformance.provider._script import Called


def delivered(case: Case) -> Iterator[Finding]:
    """Find the first result that the model was not given as its tool returned it, in the request after its call."""
    yield from first_of(_undelivered(case))


def _undelivered(case: Case) -> Iterator[Finding]:
    for call, following in pairwise(case.calls):
        due = [wanted for wanted in case.trace.wanted if (wanted.turn, wanted.step) == (call.turn, call.step)]
        request = case.request(following)
        if not call.has_arrived or not due or request is None or following.turn != call.turn:
            continue
        if not all(_stands(wanted, request) for wanted in due):
            what = "the request does not hold, under the id of its call, what the tool returned"
            last = Spot(len(request.messages) - 1, BESIDE)
            yield found(case, "result.delivered", Seen(following, call, last), fate="altered", what=what)


def _stands(wanted: Called, request: Request) -> bool:
    # Where a wire knows the tool's name, too, a result may do without an id; whether it may is the audit's matter.
    return any(
        wanted.receipt in text and (id_ == wanted.id or (id_ is UNSET and name == wanted.call.tool))
        for id_, name, text in _results(request)
    )


def _results(request: Request) -> Iterator[tuple[object, object, str]]:
    for message in request.messages:
        for block in message.blocks:
            if isinstance(block, ToolResult):
                held = block.content
                parts = [held] if isinstance(held, str) else [b.text for b in held or () if isinstance(b, Text)]
                yield block.call_id, block.name, "".join(parts)
