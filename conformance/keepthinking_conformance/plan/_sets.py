"""Which cells make a set: the core that everybody runs, and a full one that sees every two values of the axes together.

Rule 1: a set is a function of the plan and, for the full one, of the seed; two runs of one choose alike.
Rule 2: what cannot be run is not chosen, and is not hidden: for each gap of a subject one cell stays, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Final

from keepthinking_conformance.plan._cells import Cell
from keepthinking_conformance.plan._worth import core_wants

CORE: Final = 150
"""So many runs the core set of one framework has at most."""

Wants = Callable[[Cell], Mapping[Hashable, int]]
"""Tells what a cell shows, and how much that is worth."""


def core(cells: Iterable[Cell], most: int = CORE) -> tuple[Cell, ...]:
    """Choose the core set of each framework: again and again the cell that is worth most beside those that are in it.

    What a cell is worth says the table of `keepthinking_conformance.plan._worth`.

    Args:
        cells: The plan, with all axes.
        most: How many runs at most, for each framework.
    """
    found = list(cells)
    chosen: dict[str, Cell] = {}
    for framework in dict.fromkeys(cell.subject.framework for cell in found):
        runs = [cell for cell in found if cell.subject.framework == framework and not cell.skip]
        chosen |= {cell.id: cell for cell in _cover(runs, core_wants, most)}
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
    return _ordered(found, {cell.id: cell for cell in _cover(runs, _pairs, len(runs))})


def changed(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Choose the set of perturbations: each of them for each subject, plain, with one provider of each dialect.

    Args:
        cells: The plan, with all perturbations.
    """
    found = [cell for cell in cells if cell.perturbation and cell.mode == "plain"]
    first: dict[tuple[str, str], str] = {}
    for cell in found:
        first.setdefault((cell.subject.id, cell.served.dialect), cell.served.profile)
    kept = [cell for cell in found if first[cell.subject.id, cell.served.dialect] == cell.served.profile]
    return _ordered(kept, {cell.id: cell for cell in kept if not cell.skip})


def _pairs(cell: Cell) -> Mapping[Hashable, int]:
    axes = (cell.served.profile, cell.scenario.id, cell.mode, cell.temper, cell.name)
    return {(cell.subject.id, one, other): 1 for one, other in combinations(enumerate(axes), 2)}


def _cover(runs: Sequence[Cell], wants: Wants, most: int) -> list[Cell]:
    """Take the cell that is worth most of what no other has shown, again and again; of equals the first one."""
    left = {number: dict(wants(cell)) for number, cell in enumerate(runs)}
    worth = {number: sum(held.values()) for number, held in left.items()}
    having: dict[Hashable, list[int]] = {}
    for number, held in left.items():
        for want in held:
            having.setdefault(want, []).append(number)
    by_worth: dict[int, dict[int, None]] = {}
    for number, sum_ in worth.items():
        by_worth.setdefault(sum_, {})[number] = None
    taken: list[Cell] = []
    while len(taken) < most and (best := max((sum_ for sum_, held in by_worth.items() if held), default=0)):
        number = min(by_worth[best])
        taken.append(runs[number])
        for want in list(left[number]):
            for other in having.pop(want):
                del by_worth[worth[other]][other]
                worth[other] -= left[other].pop(want)
                by_worth.setdefault(worth[other], {})[other] = None
    return taken


def _ordered(found: Sequence[Cell], chosen: dict[str, Cell]) -> tuple[Cell, ...]:
    """Give what was chosen in the order of the plan, and one cell for each thing that a subject cannot do."""
    possible = {(cell.subject.id, _shown(cell)) for cell in found if not cell.skip}
    gaps: set[Hashable] = set()
    kept: list[Cell] = []
    for cell in found:
        gap = (cell.subject.id, _shown(cell))
        if cell.id in chosen:
            kept.append(cell)
        elif cell.skip and gap not in gaps and gap not in possible:
            gaps.add(gap)
            kept.append(cell)
    return tuple(kept)


def _played(cell: Cell) -> tuple[str, str]:
    return cell.scenario.id, cell.perturbation


def _shown(cell: Cell) -> Hashable:
    """Give what a gap is a gap of: the provider where nothing can be run with it, else what would be played."""
    return cell.served.profile if cell.skip == "absent" else _played(cell)
