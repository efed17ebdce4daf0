"""Answers that the audit could not miss, since nothing in the request leads to them: in a run the lineage is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from keepthinking import Finding
from keepthinking_conformance.judge._answers import Call, held
from keepthinking_conformance.judge._case import Case


class _Gap(NamedTuple):
    """A call whose request has no trace of some answers.

    Attributes:
        call: The call.
        missing: How many answers it has no trace of.
        wanted: How many of that kind it should hold.
    """

    call: Call
    missing: int
    wanted: int


def vanished(case: Case) -> tuple[tuple[Finding, ...], Mapping[str, int]]:
    """Find answers that vanished whole.

    An answer that was asked for again counts for nothing: the scaffold began the step anew. Of two answers of one step,
    the first of which broke off, either may be the one that a request holds: they have the same words.

    Returns:
        A finding for the loop and one for earlier turns, as far as there are any; and the fates with the thinking of
        such answers.
    """
    report = case.report
    in_loop: list[_Gap] = []
    earlier: list[_Gap] = []
    due = 0
    arrived: list[Call] = []
    last = {(call.turn, call.step): call.number for call in case.calls if call.has_arrived}
    for call in case.calls:
        numbers = report.expected_by.get(call.number, ())
        known = {(other.turn, other.step) for other in case.calls if other.number in numbers}
        for gaps, due_here in (
            (in_loop, [other for other in arrived if other.turn == call.turn]),
            (earlier, [other for other in arrived if other.turn != call.turn]),
        ):
            missing = [other for other in due_here if (other.turn, other.step) not in known]
            if missing:
                gaps.append(_Gap(call, len(missing), len(due_here)))
        due += held(arrived)["thinking"]
        if call.has_arrived and last[call.turn, call.step] == call.number:
            arrived.append(call)
    findings: list[Finding] = []
    if in_loop:
        findings.append(_gone(case, "context.turn.kept.in-loop", in_loop, "of its tool loop"))
    if earlier:
        findings.append(_gone(case, "context.turn.kept.cross-turn", earlier, "of earlier turns"))
    if not findings:
        return (), {}
    fate = "dropped" if in_loop else "removed-with-turn"
    lost = max(due - sum(report.fates.values()), 0)
    return tuple(findings), {fate: report.fates.get(fate, 0) + lost} if lost else {}


def _gone(case: Case, check: str, found: Sequence[_Gap], whose: str) -> Finding:
    call, missing, wanted = found[0]
    loop = check.endswith("in-loop")
    return Finding(
        check=check,
        status="fail" if loop else "warn",
        level="MUST" if loop else "MAY",
        fate="dropped" if loop else "removed-with-turn",
        what=f"the request holds nothing of {missing} of the {wanted} answers {whose}",
        request=call.number,
        path=case.history_path(call),
        requests=len(found),
    )
