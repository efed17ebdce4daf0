"""Which cells make a set: the core that everybody runs, and a full one that sees every two values of the axes together.

Rule 1: a set is a function of the plan and, for the full one, of the seed; two runs of one choose alike.
Rule 2: what cannot be run is not chosen, and is not hidden: for each gap of a subject one cell stays, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations
from random import Random
from typing import Final

from keepthinking_conformance.plan._cells import Cell

CORE: Final = 150
"""So many runs the core set of one framework has at most."""

BASE: Final = "second-turn"
"""The scenario that every subject plays with every provider, plain and streamed: a loop, and a turn behind it."""

ACTS: Final = "call-in-thought"
"""The scenario that every subject whose model speaks in text plays with every provider: only there a thought looks like
what the scaffold reads."""

Wants = Callable[[Cell], Iterable[Hashable]]


def core(cells: Iterable[Cell], most: int = CORE) -> tuple[Cell, ...]:
    """Choose the core set: every subject with each of its providers, and every scenario as far as there is room.

    First comes `BASE` with each provider, plain and streamed, so that the rows of a table can be compared; of subjects
    whose model speaks in text `BASE` and `ACTS`, plain. Then cells are added that show most of what was not shown: each
    scenario in each dialect, once with stock clients and once with ours; each mode, each temper and another model name
    for each subject.

    Args:
        cells: The plan, with all axes.
        most: How many runs at most, for each framework.
    """
    found = list(cells)
    chosen: dict[str, Cell] = {}
    for framework in dict.fromkeys(cell.subject.framework for cell in found):
        mine = [cell for cell in found if cell.subject.framework == framework]
        runs = [cell for cell in mine if not cell.skip]
        base = [cell for cell in runs if is_usual(cell) and _is_base(cell)][:most]
        chosen |= {cell.id: cell for cell in (*base, *_cover(base, runs, _core_wants, most - len(base)))}
    return _ordered(found, chosen)


def pairwise(cells: Iterable[Cell], seed: int) -> tuple[Cell, ...]:
    """Choose cells so that any two values of two axes meet in one, for each subject, as far as they can be run.

    Args:
        cells: The plan, with all axes.
        seed: Decides which of the cells that show as much is taken.
    """
    found = list(cells)
    runs = [cell for cell in found if not cell.skip]
    Random(f"pairwise {seed}").shuffle(runs)  # noqa: S311 - seeded, so that a set comes again
    return _ordered(found, {cell.id: cell for cell in _cover((), runs, _pairs, len(runs))})


def _is_base(cell: Cell) -> bool:
    if cell.grammar.native:
        return cell.scenario.id == BASE
    return cell.scenario.id in {BASE, ACTS} and not cell.stream


def _core_wants(cell: Cell) -> Iterable[Hashable]:
    variant, dialect, subject = cell.subject.variant, cell.served.dialect, cell.subject.id
    yield "scenario", variant, dialect, cell.scenario.id
    yield "mode", subject, cell.mode
    yield "temper", subject, cell.temper
    yield "named", subject, bool(cell.name)


def _pairs(cell: Cell) -> Iterable[Hashable]:
    axes = (cell.served.profile, cell.scenario.id, cell.mode, cell.temper, cell.name)
    for one, other in combinations(enumerate(axes), 2):
        yield cell.subject.id, one, other


def _cover(shown: Iterable[Cell], runs: Sequence[Cell], wants: Wants, most: int) -> list[Cell]:
    """Take the cell that shows most of what no other has shown, again and again; of equals the first one."""
    seen = {want for cell in shown for want in wants(cell)}
    left = {number: set(wants(cell)) - seen for number, cell in enumerate(runs)}
    having: dict[Hashable, list[int]] = {}
    for number, held in left.items():
        for want in held:
            having.setdefault(want, []).append(number)
    by_count: dict[int, dict[int, None]] = {}
    for number, held in left.items():
        by_count.setdefault(len(held), {})[number] = None
    taken: list[Cell] = []
    while len(taken) < most and (count := max((n for n, held in by_count.items() if held), default=0)):
        number = min(by_count[count])
        taken.append(runs[number])
        for want in list(left[number]):
            for other in having.pop(want):
                del by_count[len(left[other])][other]
                left[other].discard(want)
                by_count.setdefault(len(left[other]), {})[other] = None
    return taken


def _ordered(found: Sequence[Cell], chosen: dict[str, Cell]) -> tuple[Cell, ...]:
    """Give what was chosen in the order of the plan, and one cell for each thing that a subject cannot do."""
    runs = {(cell.subject.id, cell.scenario.id) for cell in chosen.values()}
    possible = {(cell.subject.id, cell.scenario.id) for cell in found if not cell.skip}
    gaps: set[Hashable] = set()
    kept: list[Cell] = []
    for cell in found:
        gap = (cell.subject.id, cell.served.profile if cell.skip == "absent" else cell.scenario.id)
        if cell.id in chosen:
            kept.append(cell)
        elif cell.skip and gap not in gaps and not (runs | possible) & {(cell.subject.id, cell.scenario.id)}:
            gaps.add(gap)
            kept.append(cell)
    return tuple(kept)


def is_usual(cell: Cell) -> bool:
    """Tell whether all axes but subject, provider and scenario are at values that everybody runs."""
    return cell.mode in {"plain", "stream"} and cell.temper == "lenient" and not cell.name
