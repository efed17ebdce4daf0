"""What became of tool calls: whether each was made as the model wrote it, and what it returned reached the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding, KeepthinkingError, Request, Text, ToolResult, dialect
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run import Trace

if TYPE_CHECKING:  # the provider needs its server, this module does not
    from keepthinking_conformance.provider._script import Called


def other_tools(trace: Trace) -> Incident | None:
    """Tell where tools were called otherwise than the model asked; None where they were not."""
    if None in trace.called:
        return _incident("a tool was called with arguments that the model never wrote")
    missing = [wanted for wanted in trace.wanted if wanted not in trace.called]
    if missing:
        first = missing[0]
        place = f"turn {first.turn + 1}, answer {first.step + 1}"
        return _incident(f"`{first.call.tool}` was never called, which the model asked for in {place}")
    return None


def undelivered(cell: Cell, trace: Trace, calls: Sequence[Call]) -> tuple[Finding, ...]:
    """Find the first result that the model was not given as its tool returned it, in the request after its call."""
    found: list[Finding] = []
    for call, following in pairwise(calls):
        due = [wanted for wanted in trace.wanted if (wanted.turn, wanted.step) == (call.turn, call.step)]
        if not due or following.turn != call.turn:
            continue
        try:
            request = dialect(cell.served.dialect).decode_request(following.exchange.request, cell.profile)
        except KeepthinkingError:
            continue  # the audit tells about it
        found += [_finding(following, call) for wanted in due if not _stands(wanted, request)]
    return (replace(found[0], requests=len({finding.request for finding in found})),) if found else ()


def _finding(following: Call, call: Call) -> Finding:
    return Finding(
        check="result.delivered",
        status="fail",
        level="MUST",
        fate="altered",
        what="the request does not hold, under the id of its call, what the tool returned",
        request=following.number,
        response=call.number,
        path="$.messages",
        requests=1,
    )


def _incident(what: str) -> Incident:
    return Incident(kind="other call", message=what, where="tools", culprit="scaffold")


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
