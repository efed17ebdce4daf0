"""What a cell is worth in a core set, as a table: what has to be shown, and how much it is worth to show it.

Rule 1: a row is worth something once for each key that it gives; the second cell of a key is worth nothing by it.
Rule 2: rows look at cells that everybody runs, but for the last ones, whose cells leave the usual on one axis, so that
a cell that is red says which axis it was.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from keepthinking_conformance.plan._cells import Cell

BASE: Final = "second-turn"
"""The scenario that every stock subject plays with every provider, so that the rows of a table can be compared: a loop,
and a turn behind it."""

TELLING: Final[Mapping[str, int]] = MappingProxyType(
    {
        "loop": 6,
        BASE: 6,
        "parallel": 6,
        "tool-error": 6,
        "resume": 6,
        "handoff": 6,
        "model-switch": 4,
        "compaction": 4,
        "interrupt": 4,
        "interleaved": 4,
        "redacted": 4,
        "empty-sealed": 4,
        "approval-resume": 4,
        "retry": 3,
        "retry-cut": 3,
        "sub-agent": 3,
        "step-limit": 3,
        "provider-search": 3,
        "no-thought": 3,
        "thought-only": 3,
        "odd-arguments": 3,
        "malformed-arguments": 3,
        "denial": 2,
        "approval": 2,
        "research": 2,
        "call-in-thought": 2,
        "single": 1,
        "long-loop": 1,
    }
)
"""How much a scenario tells: most what nearly every agent meets every day, least what others show as well."""

_MOST: Final = max(TELLING.values())


class Row(NamedTuple):
    """Something that a core set shows.

    Attributes:
        worth: How much it is worth.
        key: What of it a cell shows; None where nothing.
    """

    worth: int
    key: Callable[[Cell], Hashable | None]


def core_wants(cell: Cell) -> Mapping[Hashable, int]:
    """Tell what a cell shows in a core set, and how much each is worth."""
    found: dict[Hashable, int] = {}
    for number, row in enumerate(_WORTH):
        if (key := row.key(cell)) is not None:
            found[number, key] = row.worth
    scenario, dialect = cell.scenario.id, cell.served.dialect
    if is_usual(cell):
        kept = cell.subject.variant != "stock"
        found["scenario", cell.subject.variant, dialect, scenario] = TELLING.get(scenario, 1) * (1 if kept else 2)
    return found


def is_usual(cell: Cell) -> bool:
    """Tell whether all axes but subject, provider and scenario are at values that everybody runs."""
    calm = cell.temper == "lenient" and not cell.name and not cell.perturbation
    return calm and cell.mode in {"plain", "stream"}


def _is_stock(cell: Cell) -> bool:
    return cell.subject.variant == "stock"


def _of(cell: Cell, *more: Hashable) -> Hashable:
    return (cell.subject.id, *more)


def _dialect(cell: Cell) -> str:
    """Give the dialect; "" where the model speaks in text, whose steps look alike in all of them."""
    return cell.served.dialect if cell.grammar.native else ""


def _base(cell: Cell) -> Hashable | None:
    plain = is_usual(cell) and cell.scenario.id == BASE and not cell.stream
    return _of(cell, cell.served.profile) if _is_stock(cell) and plain else None


def _telling(cell: Cell) -> Hashable | None:
    most = is_usual(cell) and TELLING.get(cell.scenario.id) == _MOST
    return _of(cell, _dialect(cell), cell.scenario.id) if most and not _is_stock(cell) else None


def _acts(cell: Cell) -> Hashable | None:
    in_text = is_usual(cell) and cell.scenario.id == "call-in-thought" and not cell.grammar.native
    return _of(cell, cell.served.dialect) if in_text else None


def _loop(cell: Cell) -> Hashable | None:
    return _of(cell, _dialect(cell)) if is_usual(cell) and cell.scenario.id == "loop" else None


def _streamed(cell: Cell) -> Hashable | None:
    streamed = is_usual(cell) and cell.stream and cell.scenario.id in {BASE, "loop"}
    return _of(cell, _dialect(cell)) if streamed else None


def _way(cell: Cell) -> Hashable | None:
    calm = is_usual(cell) and not cell.scenario.faults
    return _of(cell, cell.served.profile, cell.mode if cell.grammar.native else "") if calm else None


def _scenario(cell: Cell) -> Hashable | None:
    return (cell.subject.variant, cell.scenario.id) if is_usual(cell) else None


def _strict(cell: Cell) -> Hashable | None:
    alone = cell.temper == "strict" and cell.mode != "sync" and not cell.name and cell.scenario.id == BASE
    return _of(cell, "" if _is_stock(cell) else _dialect(cell)) if alone else None


def _sync(cell: Cell) -> Hashable | None:
    alone = cell.mode == "sync" and cell.temper == "lenient" and cell.scenario.id == BASE
    return _of(cell) if alone else None


def _named(cell: Cell) -> Hashable | None:
    alone = cell.name != "" and cell.temper == "lenient" and cell.scenario.id == BASE
    return _of(cell) if alone else None


_WORTH: Final = (
    # Each stock subject with each of its providers: the rows of the table of verdicts.
    Row(100, _base),
    # Each subject of ours, in each dialect, in what nearly every agent meets every day.
    Row(60, _telling),
    # Each subject whose model speaks in text, in each dialect: only there a thought looks like what the scaffold reads.
    Row(50, _acts),
    # Each subject in each dialect: the loop, and a stream.
    Row(50, _loop),
    Row(40, _streamed),
    # Each subject with each of its providers when nothing goes wrong there; where calls stand on the wire, plain and
    # streamed.
    Row(30, _way),
    # Each scenario once with stock clients and once with ours.
    Row(35, _scenario),
    # Another temper, for each subject, and in each dialect for ours; by calls that block; under another model's name.
    Row(45, _strict),
    Row(35, _sync),
    Row(25, _named),
)
"""What a core set shows, besides each scenario in each dialect, which is worth what `TELLING` says."""
