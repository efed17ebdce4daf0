"""Judge what the miniatures sent by code with a mistake in it, and tell which run shows the mistake.

The runs are made once: a judge decides by what travelled alone. For each mutant the modules that judge are imported
anew, one of them with the mistake.

    python -m tests.conformance.miniatures.mutate RUNS

reads numbers of mutants, one a line, and writes a line for each: what shows it, or nothing.
"""

from __future__ import annotations

import faulthandler
import importlib
import pickle
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace
from tests.conformance.miniatures.expected import Wrong, verdicts
from tests.conformance.miniatures.mutants import Mutant, modules, mutants
from tests.conformance.miniatures.planted import Planted, limit_memory

PATIENCE = 20.0
"""So many seconds a mutant may be judged; the code as it is needs a quarter of it for all runs."""

_ENOUGH = 160
"""So many verdicts that reach a mistake are asked: each scaffold in each scenario once."""

_ANEW = ("keepthinking.audit", "keepthinking_conformance.judge")
"""What is imported anew; the rules themselves are not."""

_JUDGE = "keepthinking_conformance.judge"

Lines = frozenset[tuple[str, int]]
"""Lines of modules."""


class Runs(NamedTuple):
    """What travelled, and what judges it.

    Attributes:
        traces: What happened, by the cell's id.
        reached: The lines that the verdict of each run reached, by its name; None where nobody looked.
    """

    traces: Mapping[str, Trace]
    reached: Mapping[str, Lines] | None = None


def reached(traces: Mapping[str, Trace]) -> Runs:
    """Note which lines each verdict reaches: a mistake in others it cannot show.

    Args:
        traces: What happened in the runs; verdicts of others are left out.
    """
    files = {str(path): name for name, path in modules().items()}
    found: dict[str, Lines] = {}
    with _anew(None):
        judge = importlib.import_module(_JUDGE)
        for name, (cell, wrong) in verdicts().items():
            if cell.id in traces:
                seen: set[tuple[str, int]] = set()
                with _traced(files, seen):
                    said = _wrong(judge, cell, wrong, traces, {})
                assert not said, f"{name}: {said}"
                found[name] = frozenset(seen)
    return Runs(traces, found)


@contextmanager
def _traced(files: Mapping[str, str], seen: set[tuple[str, int]]) -> Iterator[None]:
    def line(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            seen.add((files[frame.f_code.co_filename], frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        del event
        return line if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)


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
                if _wrong(judge, cell, wrong, runs.traces, results):
                    return name
    except Exception as error:  # noqa: BLE001 - a mistake may break anything, and so it shows
        return type(error).__name__
    return ""


def _ordered(runs: Runs, mutant: Mutant) -> list[str]:
    """List the verdicts that may show a mistake; those with little in common, where it is known which reach it."""
    if runs.reached is None:
        return [name for name, (cell, _) in verdicts().items() if cell.id in runs.traces]
    ranks = Counter[tuple[str, ...]]()
    found: list[tuple[int, str]] = []
    for name, lines in runs.reached.items():
        if _needs(lines, mutant):
            subject, _, *rest = name.split("/")
            found.append((ranks[subject, *rest], name))
            ranks[subject, *rest] += 1
    return [name for _, name in sorted(found, key=itemgetter(0))][:_ENOUGH]


def _needs(reached: Lines, mutant: Mutant) -> bool:
    """Tell whether a verdict needs the place of a mistake."""
    first, last = mutant.lines
    return not first or any((mutant.module, line) in reached for line in range(first, last + 1))


def _wrong(judge: Any, cell: Cell, wrong: Wrong, traces: Mapping[str, Trace], known: dict[str, Any]) -> list[str]:
    """Judge a run together with those that it is compared with, and tell what is wrong with the verdict."""
    cells = [cell, *judge.twins([cell])]
    for one in cells:
        if one.id not in known:
            known[one.id] = judge.Outcome(one, judge.judge(one, traces[one.id]), traces[one.id])
    return wrong(judge.with_twins({one.id: known[one.id] for one in cells})[cell.id])


@contextmanager
def _anew(finder: Planted | None) -> Iterator[None]:
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


def main() -> None:
    """Judge mutants as they are asked for; one that does not come to an end, ends the process."""
    limit_memory()
    runs: Runs = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - our own file
    known = list(mutants())
    for line in sys.stdin:
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        shown = shown_by(known[int(line)], runs)
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(f"{shown}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
