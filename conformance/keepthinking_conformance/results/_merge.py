"""Joining the results of several examinations.

Mostly they are of environments that cannot be one: clients that need different versions of one vendor's package.

Rule 1: only what can be compared is joined: one version of keepthinking, one seed, one strictness.
Rule 2: a verdict is never hidden. Where two environments agree, one cell names both; where they differ, both cells
stay, each with its environment, and every view and the exit code go by the worse.
Rule 3: a gap gives way to a run, and what is not installed to what cannot be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, TypeVar

from msgspec.structs import replace

from keepthinking import KeepthinkingError
from keepthinking_conformance.results._gate import Exit, gate
from keepthinking_conformance.results._results import (
    CellResult,
    Control,
    Environment,
    Results,
    as_data,
    summarise,
)
from keepthinking_conformance.results._shape import stable

T = TypeVar("T", CellResult, Control)

_GAPS: Final = ("absent", "unsupported")
"""Statuses of cells that did not run, the one that gives way first."""

_OF_THE_RUN: Final = ("environments", "replay")
"""What a cell says besides its verdict."""


class MergeError(KeepthinkingError, ValueError):
    """Results cannot be joined, since their verdicts cannot be compared or prove nothing."""


class Named(NamedTuple):
    """Results, and what to call them.

    Attributes:
        name: The name of their file.
        results: The results.
    """

    name: str
    results: Results


def merge(several: Sequence[Named]) -> Results:
    """Join results; the summary and the exit code are made anew.

    Args:
        several: At least one, in the order in which their cells shall stand.

    Raises:
        MergeError: They are of different seeds, strictness or versions of keepthinking; or one has cells and no
            controls.
    """
    _must_be_alike(several)
    environments, names = _environments(several)
    controls = _joined(several, names, lambda results: results.controls)
    cells = _joined(several, names, lambda results: results.cells)
    interrupted = any(results.summary.interrupted for _, results in several)
    strict = several[0].results.strict
    code = Exit.INTERRUPTED if interrupted else gate(cells, controls, strict=strict)
    seconds = sum(results.summary.seconds for _, results in several)
    chosen = {results.chosen for _, results in several}
    return replace(
        several[0].results,
        chosen=chosen.pop() if len(chosen) == 1 else "asked",
        environments=environments,
        absent=_absent(several, cells),
        controls=controls,
        cells=cells,
        summary=summarise(
            cells,
            seconds=seconds,
            interrupted=interrupted,
            code=code,
            unplayed=sum(results.summary.unplayed for _, results in several),
        ),
    )


def _must_be_alike(several: Sequence[Named]) -> None:
    if not several:
        raise MergeError("there is nothing to merge", hint="name at least one file")
    first = several[0]
    for other in several[1:]:
        for member, word in (("keepthinking", "version of keepthinking"), ("seed", "seed"), ("strict", "strictness")):
            mine, its = getattr(first.results, member), getattr(other.results, member)
            if mine != its:
                what = f"{first.name!r} and {other.name!r} are not of one {word}: {mine!r} and {its!r}"
                raise MergeError(what, where=f"$.{member}", hint="run both examinations alike")
    for name, results in several:
        if results.cells and not results.controls and not results.summary.interrupted:
            what = f"{name!r} has no controls, so nothing shows that its examination could see"
            raise MergeError(what, where="$.controls", culprit="data", hint="run `keepthinking check` again")


def _environments(several: Iterable[Named]) -> tuple[tuple[Environment, ...], list[Mapping[str, str]]]:
    """Give the different environments with new ids, and for each file which of its ids is which of these."""
    found: dict[tuple[object, ...], Environment] = {}
    names: list[Mapping[str, str]] = []
    for _, results in several:
        mine: dict[str, str] = {}
        for one in results.environments:
            key = (one.python, one.platform, *sorted(one.distributions.items()))
            mine[one.id] = found.setdefault(key, replace(one, id=str(len(found) + 1))).id
        names.append(mine)
    return tuple(found.values()), names


def _joined(
    several: Sequence[Named], names: Sequence[Mapping[str, str]], of: Callable[[Results], tuple[T, ...]]
) -> tuple[T, ...]:
    by_id: dict[str, list[T]] = {}
    for (_, results), mine in zip(several, names, strict=True):
        for one in of(results):
            renamed = replace(one, environments=tuple(mine[name] for name in one.environments))
            by_id.setdefault(one.id, []).append(renamed)
    return tuple(chain.from_iterable(_agreed(_told(found)) for found in by_id.values()))


def _told(found: Sequence[T]) -> Sequence[T]:
    """Leave out gaps where there is something better."""
    statuses = {one.status for one in found}
    for gap in _GAPS:
        if statuses - {gap}:
            statuses -= {gap}
    return [one for one in found if one.status in statuses]


def _agreed(found: Iterable[T]) -> Iterator[T]:
    """Make one of those that say the same."""
    groups: list[tuple[Any, list[T]]] = []
    for one in found:
        verdict = _verdict(one)
        alike = next((held for known, held in groups if known == verdict), None)
        if alike is None:
            groups.append((verdict, [one]))
        else:
            alike.append(one)
    for _, held in groups:
        names = sorted({name for one in held for name in one.environments}, key=int)
        yield replace(held[0], environments=tuple(names))


def _verdict(one: CellResult | Control) -> Any:
    said = stable(as_data(one), of=type(one).__name__)
    return {name: held for name, held in said.items() if name not in _OF_THE_RUN}


def _absent(several: Sequence[Named], cells: Iterable[CellResult]) -> dict[str, str]:
    """Give the frameworks that no environment has."""
    there = {cell.framework for cell in cells if cell.status != "absent"}
    named = {name: what for _, results in several for name, what in results.absent.items()}
    return {name: what for name, what in named.items() if name not in there}
