"""Runs of miniatures, and what is asked of their verdicts."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from keepthinking import Exchange, Subject
from keepthinking_conformance.judge import Outcome, judge, twins, with_twins
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult, Found
from keepthinking_conformance.run import Trace, run_cell
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Scenario
from tests.conformance.subjects import FAITHFUL


def cell_of(profile: str, scenario: str | Scenario, subject: Subject = FAITHFUL, **more: str) -> Cell:
    """Make a cell; `mode`, `temper` and `name` are its other axes."""
    row = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    return Cell(subject, PROVIDERS[profile], row, **more)  # type: ignore[arg-type]  # words of the axes


def played(provider: Provider, cell: Cell, *, seed: int = 1, seconds: float = 20.0) -> Trace:
    """Run a cell."""
    return asyncio.run(run_cell(cell, provider, seed=seed, turn_seconds=seconds))


def judged(provider: Provider, cell: Cell, **more: float) -> CellResult:
    """Run a cell and judge it by itself."""
    return judge(cell, played(provider, cell, **more))  # type: ignore[arg-type]  # keywords of `played`


def compared(provider: Provider, *cells: Cell) -> dict[str, CellResult]:
    """Run cells and those that they are compared with, and judge them together."""
    found: dict[str, Outcome] = {}
    for cell in (*cells, *twins(cells)):
        trace = played(provider, cell)
        found[cell.id] = Outcome(cell, judge(cell, trace), trace)
    return {name: outcome.result for name, outcome in with_twins(found).items()}


def case_of(provider: Provider, cell: Cell) -> Case:
    """Run a cell, and give it before it is judged."""
    return Case(cell, played(provider, cell))


def changed(trace: Trace, number: int, **changes: object) -> Trace:
    """Change one exchange of a trace, by its number from 1."""
    exchanges: list[Exchange] = list(trace.exchanges)
    exchanges[number - 1] = replace(exchanges[number - 1], **changes)
    return trace._replace(exchanges=tuple(exchanges))


def checks(result: CellResult) -> set[str]:
    """List the checks that found something; notes are none."""
    return {finding.check for finding in result.findings if finding.level != "MAY"}


def of(result: CellResult, check: str) -> list[Found]:
    """List the findings of a check."""
    return [finding for finding in result.findings if finding.check == check]


def the(result: CellResult, check: str) -> Found:
    """Give the one finding of a check."""
    (finding,) = of(result, check)
    return finding
