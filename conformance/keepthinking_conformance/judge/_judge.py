"""The verdict on a run: the audit over what travelled, and what only a run can know.

`keepthinking.audit` judges. It knows a lineage by what is left of it, so where nothing is left it may see no lineage at
all. In a run the lineage is known: the script says how many answers each request has to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding, KeepthinkingError, Request
from keepthinking._reports import Status
from keepthinking.audit._held import is_held
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._answers import gave_up, held, miscount, numbered
from keepthinking_conformance.judge._attribution import lost_in
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._checks import blank, only_found, said, unseen
from keepthinking_conformance.judge._evidence import evidence, plain_pieces
from keepthinking_conformance.judge._expected import untold
from keepthinking_conformance.judge._facts import scripted, seen
from keepthinking_conformance.judge._fixes import fix
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.judge._refused import charged, refused, told
from keepthinking_conformance.judge._runs import STOPS, run_findings
from keepthinking_conformance.judge._terms import flooded, other_terms, repeated
from keepthinking_conformance.judge._tools import other_tools
from keepthinking_conformance.judge._vanished import vanished
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found, Incident
from keepthinking_conformance.results._results import JUDGED, CellStatus, wanted
from keepthinking_conformance.run import UNASKED, Trace, searches
from keepthinking_conformance.subjects import OwnSubject


def unrun(cell: Cell) -> CellResult:
    """Give the result of a cell that cannot be run."""
    if cell.skip == "absent":
        return _result(cell, "absent", cell.reason)
    checks: dict[str, Status] = dict.fromkeys(occasions(scripted(cell)), "unsupported")
    return replace(_result(cell, "unsupported", cell.reason), checks=checks)


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
    case = Case(cell, trace)
    if _is_unasked(case):
        return replace(unrun(cell), reason=UNASKED)
    gone, uncounted = vanished(case)
    findings = (*_heard(case), *gone, *run_findings(case))
    fates = dict(sorted({**case.report.fates, **uncounted}.items()))
    verdict, silent = _verdict(case, findings, fates), untold(cell)
    return replace(
        _result(cell, verdict.status, verdict.reason),
        incident=UNSET if verdict.incident is None else verdict.incident,
        fates=fates,
        findings=tuple(_found(case, finding) for finding in verdict.findings),
        checks=_checks(verdict, silent),
        untold=silent if verdict.is_judged else {},
        held=held(case.calls[:-1]),
        requests=len(trace.exchanges),
        seconds=round(trace.seconds, 3),
    )


def _is_unasked(case: Case) -> bool:
    """Tell whether the provider searched for a user's own scaffold, which asks for no search of its: none does that.

    Frameworks' clients are held to it all the same: an app of theirs may ask for one.
    """
    if not case.cell.scenario.hosted or not isinstance(case.cell.subject, OwnSubject):
        return False
    sent = [request for call in case.calls if (request := case.request(call)) is not None]
    return bool(sent) and not any(map(searches, sent))


class _Verdict(NamedTuple):
    """What is said of a run.

    Attributes:
        status: Its status.
        reason: Why it is no verdict or proves nothing, or what the vendor refused it with.
        findings: The findings.
        checks: What each check says.
        incident: What ended it early.
    """

    status: CellStatus
    reason: str
    findings: tuple[Finding, ...]
    checks: dict[str, Status]
    incident: Incident | None = None

    @property
    def is_judged(self) -> bool:
        """Whether the run came to its end, and could be judged."""
        return self.status in JUDGED


def _checks(verdict: _Verdict, silent: Iterable[str]) -> dict[str, Status]:
    """Add the checks to which the subject's language shows nothing: what has not been looked at is no pass."""
    if not verdict.is_judged:
        return verdict.checks
    found: dict[str, Status] = {**dict.fromkeys(silent, _UNSUPPORTED), **verdict.checks}
    found |= {check: _UNSUPPORTED for check in silent if found[check] == "pass"}
    return {check: found[check] for check in CHECKS if check in found}


_UNSUPPORTED: Final[Status] = "unsupported"


def _verdict(case: Case, findings: tuple[Finding, ...], fates: Mapping[str, int]) -> _Verdict:
    broke = _broke(case)
    refusal = None if broke else refused(case)
    if refusal is not None:
        blamed = charged(refusal, findings)
        if blamed is None and (form := told(case, refusal)):
            blamed = (*findings, *form)
        if blamed is None:
            reason = f"{refusal.reason}; the judge finds nothing wrong with it"
            return _Verdict("harness-error", reason, findings, only_found(findings), case.trace.incident)
        return _Verdict("fail", refusal.reason, blamed, only_found(blamed), case.trace.incident)
    reason = broke or _unjudged(case, findings, fates)
    incident = case.trace.incident or (None if broke else other_terms(case) or flooded(case))
    incident = incident or (None if reason or _stopped(findings) else other_tools(case.trace))
    if incident is not None:
        reason = f"{incident.where}: {incident.kind}: {incident.message}"
        silent = not case.trace.exchanges and not incident.where.startswith("start")
        reason += "; nothing reached the provider" if silent else ""
        reason += _TEXT if incident is case.trace.incident and _offers_nothing(case) else ""
        status: CellStatus = "harness-error" if incident.culprit == "harness" else "error"
        return _Verdict(status, reason, findings, only_found(findings), incident)
    if reason:
        return _Verdict("harness-error", reason, findings, only_found(findings))
    # A run that stopped too early, as a finding says or as the user's refusal explains, cannot have seen everything.
    due = () if _stopped(findings) or gave_up(case.cell, case.calls) else scripted(case.cell)
    checks = said(occasions(due), occasions(seen(case)), findings, blank(case))
    if blind := unseen(checks):
        reason = f"the run gave no occasion for {', '.join(f'`{check}`' for check in blind)}"
        return _Verdict("harness-error", reason, findings, checks)
    held = _HELD if _is_held(case) and not sum(fates.values()) else ""
    return _Verdict(_status(findings, fates), held, findings, checks)


def _offers_nothing(case: Case) -> bool:
    """Tell whether a scaffold whose model shall call tools on the wire declares none there."""
    asked: list[Request] = []
    for exchange in case.trace.exchanges:  # what offers no tool may be none of the script's
        with suppress(KeepthinkingError):
            asked.append(case.dialect.decode_request(exchange.request, case.cell.profile))
    return case.cell.grammar.native and bool(asked) and not any(request.conversation.tools for request in asked)


_TEXT: Final = "; its requests declare no tool: where its model speaks in text, `speech` says how"
"""What to try where an answer was made of calls that nobody had offered."""

_HELD: Final = "the server holds the conversation, as the requests name it, so that nothing had to be sent back"
"""Why a run proves nothing in which each request names the answer before."""


def _heard(case: Case) -> Iterator[Finding]:
    """Give what the audit found, but for our own doing."""
    return (_named(case, finding) for finding in case.report.findings if not _is_ours(case, finding))


def _is_ours(case: Case, finding: Finding) -> bool:
    """Tell whether a finding is about our own doing: words of the user that stand in a loop, which was never finished.

    They are given a second time where a turn failed, and once where the turn before was interrupted, given up, or is
    without its end in the history. What a perturbation changes itself is no finding either, where it is changed.
    """
    call = numbered(case.calls).get(finding.request)
    if case.cell.change is not None and finding.check in case.cell.change.allows:
        loads = case.trace.loads
        return not loads or finding.request == next((call.number for call in case.calls if call.number > loads[0]), 0)
    if finding.check != "inject.boundary" or call is None:
        return False
    before = case.cell.scenario.turns[max(call.turn - 1, 0)]
    if call.turn in case.trace.retried or (call.turn > 0 and (before.interrupted or before.limited)):
        return True
    # The next question is the user's, also where what ended the turn before is gone: that it is has its own finding.
    sent = evidence(case, finding).sent or ""
    asked = case.trace.spoken[call.turn].texts if 0 < call.turn < len(case.trace.spoken) else ()
    return any(piece in sent for text in asked for piece in plain_pieces(text)[:1])


def _named(case: Case, finding: Finding) -> Finding:
    """Give a finding the scope that a reader knows: "" is the conversation, others stand beside it."""
    return replace(finding, scope=finding.scope.removeprefix(case.trace.scope).removeprefix("/"))


def _found(case: Case, finding: Finding) -> Found:
    """Add what a recording alone does not tell."""
    shown = evidence(case, finding)
    said, sent = shown.windows(finding)
    asked = numbered(case.calls).get(finding.request)
    profile = None if asked is None else case.profile(asked)
    return Found(
        **{name: getattr(finding, name) for name in Finding.__struct_fields__},
        lost_in=lost_in(case, finding, shown),
        said=said,
        sent=sent,
        fix=fix(case.cell, finding.check, profile),
    )


def status_of(findings: Iterable[Finding]) -> CellStatus:
    """Give the status of a run that was judged; notes (MAY) are no warnings."""
    found = list(findings)
    if any(finding.status == "fail" for finding in found):
        return "fail"
    return "warn" if any(finding.level == "SHOULD" for finding in found) else "pass"


def _status(findings: Sequence[Finding], fates: Mapping[str, int]) -> CellStatus:
    status = status_of(findings)
    return "not-wanted" if status == "pass" and not wanted(fates) else status


def _broke(case: Case) -> str:
    """Tell what went wrong on our side; "" where nothing did."""
    if case.trace.problems:
        return f"the provider: {case.trace.problems[0]}"
    if case.report.problems:
        first = case.report.problems[0]
        return f"exchange {first.exchange} cannot be judged: {first.what}"
    return ""


def _stopped(findings: Iterable[Finding]) -> bool:
    """Tell whether a finding explains that the scaffold did less than scripted."""
    return any(finding.check in STOPS and finding.fate in {"dropped", "misplaced"} for finding in findings)


def _unjudged(case: Case, findings: Sequence[Finding], fates: Mapping[str, int]) -> str:
    """Tell why a run cannot be judged; "" where it can. What was not seen is no pass."""
    if _stopped(findings):
        return ""
    if wrong := miscount(case.cell, case.trace, case.calls):
        return wrong + repeated(case)
    if not case.cell.scenario.faults:
        lost = [call for call in case.calls[:-1] if not call.has_arrived and not call.held]
        if lost:
            return f"answer {lost[0].number} was not read to its end"
    if not sum(fates.values()) and not _is_held(case):
        return "no thinking had to come back"
    return ""


def _is_held(case: Case) -> bool:
    """Tell whether the server holds the history of every request but the first: what stands there is for it to show."""
    later = [case.request(call) for call in case.calls[1:]]
    return bool(later) and all(request is not None and is_held(request) for request in later)


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
        perturbation=cell.perturbation,
        status=status,
        reason=reason,
    )
