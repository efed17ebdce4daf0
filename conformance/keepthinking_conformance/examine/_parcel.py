"""What is sent to a worker process and what comes back: cells by name, verdicts as values.

A parcel is a few cells that belong together, since some verdicts need two runs: streamed and whole, resumed and not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from keepthinking import Subject
from keepthinking_conformance.examine._sources import is_own, subjects_of
from keepthinking_conformance.judge import twins
from keepthinking_conformance.perturbations import perturbed
from keepthinking_conformance.plan import Cell, Mode, Temper
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS


class Label(Struct, frozen=True, kw_only=True):
    """A cell by the names of what it is made of.

    Attributes:
        source: Where its subject comes from.
        subject: The subject's id.
        profile: The provider's profile.
        scenario: The scenario's id.
        mode: How the scaffold is driven.
        temper: What the provider makes of requests that the vendor refuses.
        name: The other model name that is asked for, or "".
        perturbation: What is changed while the scaffold works, or "".
    """

    source: str
    subject: str
    profile: str
    scenario: str
    mode: Mode
    temper: Temper
    name: str
    perturbation: str

    def cell(self) -> Cell:
        """Give the cell, with the subject as this process makes it."""
        subject = next(subject for subject in _subjects(self.source) if subject.id == self.subject)
        return Cell(
            subject,
            PROVIDERS[self.profile],
            perturbed(self.perturbation) if self.perturbation else SCENARIOS[self.scenario],
            self.mode,
            self.temper,
            self.name,
            self.perturbation,
            own=is_own(self.source),
        )


class Errand(Struct, frozen=True, kw_only=True):
    """All that the workers have to do, and how.

    Attributes:
        parcels: The cells, in groups that stay together.
        seed: The seed of the provider's answers.
        turn_seconds: So long a turn may take.
        path: Directories that the caller imports from, in order.
    """

    parcels: tuple[tuple[Label, ...], ...]
    seed: int
    turn_seconds: float
    path: tuple[str, ...]


Verdicts = list[CellResult]
"""What comes back for a parcel, in the order of its cells."""


def label(cell: Cell, source: str) -> Label:
    """Name a cell."""
    return Label(
        source=source,
        subject=cell.subject.id,
        profile=cell.served.profile,
        scenario=cell.scenario.id,
        mode=cell.mode,
        temper=cell.temper,
        name=cell.name,
        perturbation=cell.perturbation,
    )


def pack(cells: Iterable[Cell], sources: Mapping[str, str]) -> tuple[tuple[Label, ...], ...]:
    """Put cells that are compared with each other into one parcel each.

    Args:
        cells: The cells that can be run, those that others are compared with among them.
        sources: Where each subject comes from, by its id.
    """
    found = {cell.id: cell for cell in cells}
    group = {name: name for name in found}

    def head(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    for cell in found.values():
        for twin in twins((cell,)):
            if twin.id in found:
                group[head(twin.id)] = head(cell.id)
    parcels: dict[str, list[Cell]] = {}
    for cell in found.values():
        parcels.setdefault(head(cell.id), []).append(cell)
    return tuple(tuple(label(cell, sources[cell.subject.id]) for cell in held) for held in _longest_first(parcels))


def _longest_first(parcels: Mapping[str, Sequence[Cell]]) -> list[Sequence[Cell]]:
    """Begin with what takes longest, so that no worker is left with it at the end."""
    return sorted(parcels.values(), key=lambda held: -sum(cell.calls for cell in held))


@lru_cache
def _subjects(source: str) -> tuple[Subject, ...]:
    return subjects_of(source)
