"""What a verdict has to be: of a miniature that is wrong, and of the correct one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import Miniature
from keepthinking_conformance.results import CellResult, Found

STATUSES = {"MUST": {"fail"}, "SHOULD": {"warn"}, "MAY": {"pass", "not-wanted"}}
"""What a run comes out as whose gravest finding has a level."""

_ORDER = ("MAY", "SHOULD", "MUST")


def wrong_of(row: Miniature, result: CellResult) -> list[str]:
    """Tell what is not as a row of the table says; nothing where all is."""
    return [f"{what}: {was!r}, not {wanted!r}" for what, was, wanted in _compared(row, result) if was != wanted]


def _compared(row: Miniature, result: CellResult) -> Iterator[tuple[str, object, object]]:
    if not result.findings:
        yield "findings", (), row.check
        return
    first = result.findings[0]
    worst = max((finding.level for finding in result.findings), key=_ORDER.index)
    yield "status", result.status in STATUSES[worst], True
    yield "first check", first.check, row.check
    yield "checks", {finding.check for finding in result.findings}, {row.check, *row.implies}
    yield "times", Counter(finding.check for finding in result.findings)[row.check], row.times
    yield "level", (first.level, first.fate), (row.level, row.fate)
    yield "status of the finding", first.status, "fail" if row.level == "MUST" else "warn"
    yield "place in the request", (first.request, first.path), (row.request, row.path)
    yield "place in the answer", (first.response or 0, first.origin or ""), (row.response, row.origin)
    yield "other checks", _others(result, {row.check, *row.implies}), {}


def wrong_of_correct(result: CellResult) -> list[str]:
    """Tell what is said of a scaffold that does nothing wrong."""
    found = {"status": result.status} if result.status != "pass" else {}
    shown = [shown_of(finding) for finding in result.findings if not _was_asked_for(finding, result)]
    return [*shown, *map(str, (found, _others(result, set())) if found or _others(result, set()) else ())]


def _was_asked_for(finding: Found, result: CellResult) -> bool:
    """Tell whether it is a note of what a scaffold was told to do: to trim its history."""
    trimmed = result.scenario == "compaction" and finding.check == "context.turn.kept.cross-turn"
    return trimmed and finding.level == "MAY"


def _others(result: CellResult, named: set[str]) -> Mapping[str, str]:
    return {check: status for check, status in result.checks.items() if check not in named and status != "pass"}


def shown_of(finding: Found) -> str:
    """Write a finding on a line."""
    where = f"{finding.request} {finding.path} of {finding.response} {finding.origin}"
    return f"{finding.check} {finding.level} {finding.fate} at {where}: {finding.what} (x{finding.requests})"


def shown(outcome: Outcome) -> str:
    """Write a verdict on some lines."""
    result = outcome.result
    return "\n".join([f"{result.status} {result.reason}", *map(shown_of, result.findings)])
