"""What two runs tell together: the same conversation, once plain and once streamed, once whole and once resumed.

A loss belongs to streaming or to saving only if it is not there without. So a finding is named a second time, by the
check of its cause, where the twin was judged and kept what is lost here; the level stays that of the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking_conformance.judge._judge import status_of
from keepthinking_conformance.judge._outcome import Outcome
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found
from keepthinking_conformance.results._results import JUDGED
from keepthinking_conformance.run import Trace
from keepthinking_conformance.scenarios import SCENARIOS

_STREAMED: Final = {
    "thinking.kept.in-loop": "stream.thinking.kept",
    "thinking.kept.cross-turn": "stream.thinking.kept",
    "redacted.kept": "stream.thinking.kept",
    "seal.kept": "stream.seal.kept",
    "text.kept": "stream.answer.kept",
    "call.kept": "stream.answer.kept",
}
_RESUMED: Final = {
    "thinking.kept.in-loop": "persist.thinking.kept",
    "thinking.kept.cross-turn": "persist.thinking.kept",
    "redacted.kept": "persist.thinking.kept",
    "context.turn.kept.cross-turn": "persist.thinking.kept",
    "seal.kept": "persist.seal.kept",
}
_WHOLE: Final = {"resume": "second-turn"}
"""Which scenario is the same conversation without saving."""


def twins(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Give the cells that others need to be compared with and that are not among them."""
    found = {cell.id: cell for cell in cells}
    more: dict[str, Cell] = {}
    for cell in list(found.values()):
        for twin in (_plain(cell), _whole(cell)):
            if twin is not None and not cell.skip and twin.id not in found:
                more[twin.id] = twin
    return tuple(more.values())


def with_twins(outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Name the findings that streaming or saving caused."""
    return {name: outcome._replace(result=_named(outcome, outcomes)) for name, outcome in outcomes.items()}


def _named(outcome: Outcome, outcomes: Mapping[str, Outcome]) -> CellResult:
    result, trace = outcome.result, outcome.trace
    if trace is None or result.status not in JUDGED:
        return result
    more: list[Found] = []
    for twin, checks, resumed in (
        (_plain(outcome.cell), _STREAMED, False),
        (_whole(outcome.cell), _RESUMED, True),
    ):
        other = None if twin is None else outcomes.get(twin.id)
        if other is not None and other.result.status in JUDGED:
            found = [f for f in result.findings if not resumed or _is_of_loading(f, trace)]
            more += _caused(found, other.result.findings, checks)
    findings = (*result.findings, *more)
    return replace(result, findings=findings, status=status_of(findings) if more else result.status)


def _caused(found: Iterable[Found], twin: Sequence[Found], checks: Mapping[str, str]) -> list[Found]:
    there = {finding.check for finding in twin}
    named: dict[str, Found] = {}
    for finding in found:
        cause = checks.get(finding.check)
        if cause is None or finding.check in there or finding.fate not in {"dropped", "removed-with-turn"}:
            continue
        copy = replace(finding, check=cause)
        if finding.check.startswith("context."):
            # That earlier turns may go is no leave for a store to lose them: here the law itself speaks.
            copy = replace(copy, level="MUST", status="fail", rule=UNSET, source=UNSET, verified=UNSET)
        named.setdefault(cause, copy)
    return list(named.values())


def _is_of_loading(finding: Finding, trace: Trace) -> bool:
    """Tell whether a finding is about what was said before saving, and shows only after loading."""
    if trace.resumed is None or trace.resumed >= len(trace.starts):
        return False
    before = trace.starts[trace.resumed]
    return finding.request > before and (finding.response is UNSET or finding.response <= before)


def _plain(cell: Cell) -> Cell | None:
    return cell._replace(mode="plain") if cell.stream else None


def _whole(cell: Cell) -> Cell | None:
    whole = _WHOLE.get(cell.scenario.id)
    return None if whole is None else cell._replace(scenario=SCENARIOS[whole])
