"""What two runs tell together: the same conversation, plain and streamed, with an event or a change and without.

A loss belongs to streaming, to saving, to a handoff only if it is not there without. So a finding is named a second
time, by the check of its cause, where the twin was judged and kept what is lost here; the level stays that of the
finding. Where the twin loses it, too, alone or with the whole answer, or could not be judged, the check of the cause
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._reports import Status
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._causes import CAUSES, CHANGED, GATE, Cause, Twin, calm
from keepthinking_conformance.judge._fixes import fix
from keepthinking_conformance.judge._judge import status_of
from keepthinking_conformance.judge._outcome import Outcome
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found
from keepthinking_conformance.results._results import JUDGED

_GONE: Final = frozenset({"dropped", "removed-with-turn"})


def twins(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Give the cells that others need to be compared with and that are not among them."""
    found = {cell.id: cell for cell in cells}
    more: dict[str, Cell] = {}
    for cell in list(found.values()):
        for twin_of in _twins_of(cell):
            twin = twin_of(cell)
            if twin is not None and twin.id not in found:
                more[twin.id] = twin
    return tuple(more.values())


def _twins_of(cell: Cell) -> tuple[Twin, ...]:
    """Give what finds the runs that one is compared with; where something is changed that is the one without it."""
    if cell.skip:
        return ()
    return (calm,) if cell.perturbation else tuple(cause.twin for cause in CAUSES)


def with_twins(outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Name the findings that streaming, saving and other events caused, and say what their checks say."""
    return {name: outcome._replace(result=_named(outcome, outcomes)) for name, outcome in outcomes.items()}


def _named(outcome: Outcome, outcomes: Mapping[str, Outcome]) -> CellResult:
    result, trace = outcome.result, outcome.trace
    if trace is None or result.status not in JUDGED:
        return result
    more: list[Found] = []
    checks = dict(result.checks)
    for cause, others in _compared(outcome, outcomes):
        suspects = [f for f in result.findings if f.check in cause.checks and cause.is_about(outcome.cell, trace, f)]
        judged = [other for other in others if other.status in JUDGED]
        caused = _caused(suspects, [other for other in judged if _holds(other, result)], cause, outcome.cell)
        more += caused
        _tell(checks, caused, suspects, cause)
    more += _changed(outcome, outcomes, checks)
    checks = {check: checks[check] for check in CHECKS if check in checks}
    if not more:
        return replace(result, checks=checks)
    findings = (*result.findings, *more)
    return replace(result, findings=findings, status=status_of(findings), checks=checks)


def _compared(outcome: Outcome, outcomes: Mapping[str, Outcome]) -> Iterable[tuple[Cause, list[CellResult]]]:
    """Give each cause that may be at work, with the runs that are without it."""
    if outcome.cell.perturbation:
        return
    for cause in CAUSES:
        twin = cause.twin(outcome.cell)
        if twin is not None:
            other = outcomes.get(twin.id)
            yield cause, [] if other is None else [other.result]
    if not outcome.cell.name:
        # The name that is usual may be the one by which a gate is shut.
        bare = outcome.cell.id
        named = [other.result for other in outcomes.values() if other.cell.name and _unnamed(other.cell) == bare]
        if named:
            yield GATE, named


def _unnamed(cell: Cell) -> str:
    return cell._replace(name="").id


def _holds(other: CellResult, result: CellResult) -> bool:
    """Tell whether a run can show what became of a block: not where more whole answers are gone from it than here."""
    return other.scenario != result.scenario or _removed(other) <= _removed(result)


def _removed(result: CellResult) -> int:
    return result.fates.get("removed-with-turn", 0)


def _caused(suspects: Iterable[Found], others: Sequence[CellResult], cause: Cause, cell: Cell) -> list[Found]:
    """Name the suspects that are not there in a run without the cause."""
    named: dict[str, Found] = {}
    for finding in suspects:
        kept = [other for other in others if finding.check not in {found.check for found in other.findings}]
        if finding.fate not in _GONE or not kept:
            continue
        check = cause.checks[finding.check]
        copy = replace(finding, check=check, fix=fix(cell, check))
        if CHECKS[check].level == "SHOULD":
            copy = replace(copy, level="SHOULD", status="warn") if finding.level != "MAY" else copy
        if finding.check.startswith("context.") and cause.is_law:
            # That earlier turns may go is no leave for a store to lose them: here the law itself speaks.
            copy = replace(copy, level="MUST", status="fail", rule=UNSET, source=UNSET, verified=UNSET)
        named.setdefault(check, copy)
    return list(named.values())


def _changed(outcome: Outcome, outcomes: Mapping[str, Outcome], checks: dict[str, Status]) -> list[Found]:
    """Name the findings that are not there in the run without the perturbation, and say what its check says."""
    twin = calm(outcome.cell)
    if twin is None:
        return []
    without = outcomes.get(twin.id)
    if without is None or without.result.status not in JUDGED:
        checks.pop(CHANGED, None)
        return []
    known = {finding.check for finding in without.result.findings}
    named: dict[str, Found] = {}
    for finding in outcome.result.findings:
        if finding.level != "MAY" and finding.check not in known:
            named.setdefault(finding.check, replace(finding, check=CHANGED, fix=fix(outcome.cell, CHANGED)))
    found = list(named.values())
    if found:
        checks[CHANGED] = "fail" if any(finding.status == "fail" for finding in found) else "warn"
    return found


def _tell(checks: dict[str, Status], caused: Sequence[Found], suspects: Sequence[Found], cause: Cause) -> None:
    """Say what the checks of a cause say, and nothing of those that cannot tell."""
    for check in set(cause.checks.values()):
        found = [finding for finding in caused if finding.check == check and finding.level != "MAY"]
        if found:
            checks[check] = "fail" if any(finding.status == "fail" for finding in found) else "warn"
        elif any(cause.checks[finding.check] == check and finding.level != "MAY" for finding in suspects):
            checks.pop(check, None)
        elif cause is GATE:
            checks.setdefault(check, "pass")
