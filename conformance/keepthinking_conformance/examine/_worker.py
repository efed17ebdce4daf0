"""A worker of pytest-xdist: a plug-in that takes the parcels of a file for its tests.

A test passes when its parcel was judged, whatever the verdict: what a scaffold does wrong is a result, not a failure of
the examination.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from keepthinking_conformance.examine._execute import run_cells
from keepthinking_conformance.examine._loop import run_unjoined
from keepthinking_conformance.examine._parcel import Errand, Label
from keepthinking_conformance.judge import with_twins
from keepthinking_conformance.provider import Provider

SUFFIX: Final = ".errand"
"""How the name of the file ends that holds the errand."""

PROPERTY: Final = "verdicts"
"""Under this name the verdicts of a parcel travel back, as JSON text."""

_SPARE: Final = 30.0
"""So many seconds a parcel may take beyond what its turns may, before its process is ended: something blocks it."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the errand's file for tests."""
    if file_path.suffix != SUFFIX:
        return None
    return _File.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]  # pytest types it in part


class _File(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        errand = msgspec.json.decode(self.path.read_bytes(), type=Errand)
        sys.path[:] = [*errand.path, *(entry for entry in sys.path if entry not in errand.path)]
        for number, labels in enumerate(errand.parcels):
            held: Any = {"name": str(number), "errand": errand, "labels": labels}
            yield _Item.from_parent(self, **held)  # pyright: ignore[reportUnknownMemberType]  # pytest types it in part


class _Item(pytest.Item):
    def __init__(self, *, errand: Errand, labels: tuple[Label, ...], **more: Any) -> None:
        super().__init__(**more)  # pyright: ignore[reportUnknownMemberType]  # pytest types it in part
        self.errand = errand
        self.labels = labels

    def runtest(self) -> None:
        cells = [label.cell() for label in self.labels]
        turns = sum(2 + len(cell.scenario.turns) for cell in cells)
        with _watched(turns * self.errand.turn_seconds + _SPARE), _below(self.path.parent):
            found, _ = run_unjoined(
                run_cells(cells, _provider(), seed=self.errand.seed, turn_seconds=self.errand.turn_seconds)
            )
        verdicts = [outcome.result for outcome in with_twins(found).values()]
        self.user_properties.append((PROPERTY, msgspec.json.encode(verdicts).decode()))


_providers: list[Provider] = []


def _provider() -> Provider:
    """Give the provider of this process, which is started for the first parcel."""
    if not _providers:
        _providers.append(Provider())
        _providers[0].start()
    return _providers[0]


def pytest_sessionfinish() -> None:
    """Stop the provider."""
    while _providers:
        _providers.pop().stop()


@contextmanager
def _watched(seconds: float) -> Generator[None]:
    """End the process where a scaffold blocks all of it."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _below(home: Path) -> Generator[None]:
    """Let runs write below a folder that goes with the examination: a scaffold may end the process that cleans up."""
    kept, tempfile.tempdir = tempfile.tempdir, str(home)
    try:
        yield
    finally:
        tempfile.tempdir = kept
