"""Judge what the miniatures sent by code with a mistake in it, and tell which run shows the mistake.

The runs are made once: a judge decides by what travelled alone. For each mutant the modules that judge are imported
anew, one of them with the mistake.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, NamedTuple

from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace
from tests.conformance.miniatures.expected import Wrong, verdicts
from tests.conformance.miniatures.running import run
from tests.conformance.mutation.direct import Lines, needs, traced
from tests.conformance.mutation.forks import allow
from tests.conformance.mutation.mutants import Mutant
from tests.conformance.mutation.planted import Planted

_ENOUGH = 160
"""So many verdicts that reach a mistake are asked: each scaffold in each scenario once."""

_ANEW = ("keepthinking.audit", "keepthinking_conformance.judge")
"""What is imported anew; the rules themselves are not."""

_JUDGE = "keepthinking_conformance.judge"


class Reached(NamedTuple):
    """A verdict without a mistake.

    Attributes:
        lines: What it reached.
        seconds: Time of the processor; it is watched meanwhile, which takes several times as long.
    """

    lines: Lines
    seconds: float


class Runs(NamedTuple):
    """What travelled, and what judges it.

    Attributes:
        traces: What happened, by the cell's id.
        reached: What the verdict of each run reached, by its name.
    """

    traces: Mapping[str, Trace]
    reached: Mapping[str, Reached]


def played() -> Runs:
    """Run every scaffold that is known, and judge what it did."""
    outcomes = run(cell for cell, _ in verdicts().values())
    return judged({name: outcome.trace for name, outcome in outcomes.items() if outcome.trace is not None})


def judged(traces: Mapping[str, Trace]) -> Runs:
    """Note which lines each verdict reaches: a mistake in others it cannot show.

    Args:
        traces: What happened in the runs; verdicts of others are left out.
    """
    found: dict[str, Reached] = {}
    with _anew(None):
        judge = importlib.import_module(_JUDGE)
        for name, (cell, wrong) in verdicts().items():
            if cell.id in traces:
                seen = set[tuple[str, int]]()
                began = time.process_time()
                with traced(seen):
                    said = _wrong(judge, cell, wrong, traces, {})
                assert not said, f"{name}: {said}"
                found[name] = Reached(frozenset(seen), time.process_time() - began)
    return Runs(traces, found)


def shown_by(mutant: Mutant, runs: Runs) -> str:
    """Give the first verdict that shows a mistake; "" where none does."""
    known = _ordered(runs, mutant)
    if not known:
        return ""
    try:
        with _anew(Planted(mutant)):
            judge, results = importlib.import_module(_JUDGE), dict[str, Any]()
            for name in known:
                cell, wrong = verdicts()[name]
                allow(runs.reached[name].seconds)
                if _wrong(judge, cell, wrong, runs.traces, results):
                    return name
    except Exception as error:  # noqa: BLE001 - a mistake may break anything, and so it shows
        return type(error).__name__
    return ""


def _ordered(runs: Runs, mutant: Mutant) -> list[str]:
    """List the verdicts that may show a mistake; those with little in common first."""
    ranks = Counter[tuple[str, ...]]()
    found: list[tuple[int, str]] = []
    for name, one in runs.reached.items():
        if needs(mutant, one.lines):
            subject, _, *rest = name.split("/")
            found.append((ranks[subject, *rest], name))
            ranks[subject, *rest] += 1
    return [name for _, name in sorted(found, key=itemgetter(0))][:_ENOUGH]


def _wrong(judge: Any, cell: Cell, wrong: Wrong, traces: Mapping[str, Trace], known: dict[str, Any]) -> list[str]:
    """Judge a run together with those that it is compared with, and tell what is wrong with the verdict."""
    cells = [cell, *judge.twins([cell])]
    for one in cells:
        if one.id not in known:
            known[one.id] = judge.Outcome(one, judge.judge(one, traces[one.id]), traces[one.id])
    return wrong(judge.with_twins({one.id: known[one.id] for one in cells})[cell.id])


@contextmanager
def _anew(finder: Planted | None) -> Generator[None]:
    """Import what judges anew, and let others have what they had."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith(_ANEW)}
    for name in kept:
        del sys.modules[name]
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder is not None:
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(_ANEW)]:
            del sys.modules[name]
        sys.modules.update(kept)
