"""The verdict on a run: the audit over what travelled, and what only a run can know.

`keepthinking.audit` judges. It knows a lineage by what is left of it, so where nothing is left it may see no lineage at
all. In a run the lineage is known: the script says how many answers each request has to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking.audit import Auditor, Report
from keepthinking_conformance.judge._answers import Call, calls_of, held, miscount
from keepthinking_conformance.judge._terms import other_terms
from keepthinking_conformance.judge._tools import other_tools, undelivered
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found, Incident
from keepthinking_conformance.results._results import CellStatus, wanted
from keepthinking_conformance.run import Trace


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


def unrun(cell: Cell) -> CellResult:
    """Give the result of a cell that cannot be run."""
    return _result(cell, "absent" if cell.skip == "absent" else "unsupported", cell.reason)


def broken(cell: Cell, reason: str) -> CellResult:
    """Give the result of a cell on which the examination itself failed."""
    return _result(cell, "harness-error", reason)


def lost(cell: Cell) -> CellResult:
    """Give the result of a cell that ended its process, or blocked it until it was ended."""
    told = "it ended the process that it ran in, or blocked all of it"
    incident = Incident(kind="process lost", message=told, where="run", culprit="scaffold")
    return replace(_result(cell, "error", f"run: process lost: {told}"), incident=incident)


def judge(cell: Cell, trace: Trace) -> CellResult:
    """Judge one run."""
    auditor = Auditor(dialect=cell.served.dialect, profile=cell.served.profile)
    for exchange in trace.exchanges:
        auditor.add(exchange)
    report = auditor.report()
    calls = calls_of(cell, trace)
    vanished, uncounted = _vanished(calls, report)
    named = (replace(finding, scope="" if finding.scope == trace.scope else "side") for finding in report.findings)
    findings = tuple(_found(finding) for finding in (*named, *vanished, *undelivered(cell, trace, calls)))
    fates = dict(sorted({**report.fates, **uncounted}.items()))
    reason = _unjudged(trace, calls, report, fates)
    status: CellStatus = _status(findings, fates) if not reason else "harness-error"
    incident = trace.incident or (None if trace.problems or report.problems else other_terms(cell, calls))
    incident = incident or (None if reason else other_tools(trace))
    if incident is not None:
        status = "harness-error" if incident.culprit == "harness" else "error"
        reason = f"{incident.where}: {incident.kind}: {incident.message}"
        reason += "" if trace.exchanges or incident.where.startswith("start") else "; nothing reached the provider"
    found = _result(cell, status, reason)
    return replace(
        found,
        incident=UNSET if incident is None else incident,
        fates=fates,
        findings=findings,
        held=held(calls[:-1]),
        requests=len(trace.exchanges),
        seconds=round(trace.seconds, 3),
    )


def _found(finding: Finding) -> Found:
    return Found(**{name: getattr(finding, name) for name in Finding.__struct_fields__})


def status_of(findings: Iterable[Finding]) -> CellStatus:
    """Give the status of a run that was judged; notes (MAY) are no warnings."""
    found = list(findings)
    if any(finding.status == "fail" for finding in found):
        return "fail"
    return "warn" if any(finding.level == "SHOULD" for finding in found) else "pass"


def _status(findings: Sequence[Finding], fates: Mapping[str, int]) -> CellStatus:
    status = status_of(findings)
    return "not-wanted" if status == "pass" and not wanted(fates) else status


def _unjudged(trace: Trace, calls: Sequence[Call], report: Report, fates: dict[str, int]) -> str:
    """Tell why a run cannot be judged; "" where it can. What was not seen is no pass."""
    if trace.problems:
        return f"the provider: {trace.problems[0]}"
    if report.problems:
        first = report.problems[0]
        return f"exchange {first.exchange} cannot be judged: {first.what}"
    if wrong := miscount(trace, calls):
        return wrong
    if lost := [call for call in calls[:-1] if not call.has_arrived]:
        return f"answer {lost[0].number} was not read to its end"
    if not sum(fates.values()):
        return "no thinking had to come back"
    return ""


def _vanished(calls: Sequence[Call], report: Report) -> tuple[tuple[Finding, ...], dict[str, int]]:
    """Find answers that the audit could not miss, since nothing in the request leads to them.

    Returns:
        A finding for the loop and one for earlier turns, as far as there are any; and the fates with the thinking of
        such answers.
    """
    in_loop: list[_Gap] = []
    earlier: list[_Gap] = []
    due = 0
    arrived: list[Call] = []
    for call in calls:
        known = report.expected_by.get(call.number, ())
        for gaps, due_here in (
            (in_loop, [other for other in arrived if other.turn == call.turn]),
            (earlier, [other for other in arrived if other.turn != call.turn]),
        ):
            missing = [other for other in due_here if other.number not in known]
            if missing:
                gaps.append(_Gap(call, len(missing), len(due_here)))
        due += held(arrived)["thinking"]
        if call.has_arrived:
            arrived.append(call)
    findings: list[Finding] = []
    if in_loop:
        findings.append(_gone("context.turn.kept.in-loop", in_loop, "of its tool loop"))
    if earlier:
        findings.append(_gone("context.turn.kept.cross-turn", earlier, "of earlier turns"))
    if not findings:
        return (), {}
    fate = "dropped" if in_loop else "removed-with-turn"
    lost = max(due - sum(report.fates.values()), 0)
    return tuple(findings), {fate: report.fates.get(fate, 0) + lost} if lost else {}


def _gone(check: str, found: Sequence[_Gap], whose: str) -> Finding:
    call, missing, wanted = found[0]
    loop = check.endswith("in-loop")
    return Finding(
        check=check,
        status="fail" if loop else "warn",
        level="MUST" if loop else "MAY",
        fate="dropped" if loop else "removed-with-turn",
        what=f"the request holds nothing of {missing} of the {wanted} answers {whose}",
        request=call.number,
        path="$.messages",
        requests=len(found),
    )


def _result(cell: Cell, status: CellStatus, reason: str) -> CellResult:
    return CellResult(
        id=cell.id,
        subject=cell.subject.id,
        title=cell.title,
        framework=cell.subject.framework,
        variant=cell.subject.variant,
        dialect=cell.served.dialect,
        profile=cell.served.profile,
        provider=cell.profile.title,
        model=cell.model,
        scenario=cell.scenario.id,
        mode=cell.mode,
        temper=cell.temper,
        name=cell.name,
        status=status,
        reason=reason,
    )
