"""Running cells in several processes, through pytest-xdist.

Rule 1: a scaffold that crashes or blocks its process costs its own parcel, and no other.
Rule 2: nothing of the caller's own pytest counts: neither its settings nor its plug-ins nor its conftest files.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from keepthinking_conformance.examine._parcel import Errand, Label, Verdicts, pack
from keepthinking_conformance.examine._worker import PROPERTY, SUFFIX
from keepthinking_conformance.judge import lost
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult

_WORKER: Final = "keepthinking_conformance.examine._worker"
_USE: Final = ("-p", "xdist.plugin", "-p", _WORKER, "-p", "no:cacheprovider", "-p", "no:warnings", "--capture=sys")
"""What scaffolds print in a worker is dropped; `--id` runs one cell in the caller's own process, and shows it."""

_RESTARTS: Final = 100_000
"""So many workers may be started anew: each scaffold that ends its process costs one."""


def spread(  # noqa: PLR0913 - one keyword a way of running
    cells: Sequence[Cell],
    sources: Mapping[str, str],
    *,
    seed: int,
    turn_seconds: float,
    jobs: int,
    done: Callable[[CellResult], None],
) -> bool:
    """Run cells in worker processes and judge them.

    Args:
        cells: The cells, those that others are compared with among them; all can be run.
        sources: Where each subject comes from, by its id.
        seed: The seed of the provider's answers.
        turn_seconds: So long a turn may take.
        jobs: How many processes.
        done: Called with each verdict as soon as it is known.

    Returns:
        Whether somebody stopped it.
    """
    parcels = pack(cells, sources)
    order = _Order(seed, turn_seconds, jobs)
    broken, stopped = _pass(parcels, order, done)
    # Which cell of a parcel ended its process shows only when each runs alone.
    alone = tuple((label,) for parcel in broken if len(parcel) > 1 for label in parcel)
    for (label,) in [parcel for parcel in broken if len(parcel) == 1]:
        done(lost(label.cell()))
    if alone and not stopped:
        broken, stopped = _pass(alone, order, done)
        for (label,) in broken:
            done(lost(label.cell()))
    return stopped


class _Order(NamedTuple):
    seed: int
    turn_seconds: float
    jobs: int


def _pass(
    parcels: Sequence[tuple[Label, ...]], order: _Order, done: Callable[[CellResult], None]
) -> tuple[list[tuple[Label, ...]], bool]:
    """Run parcels once; give those that ended their process, and whether somebody stopped it."""
    path = tuple(dict.fromkeys(sys.path))
    errand = Errand(parcels=tuple(parcels), seed=order.seed, turn_seconds=order.turn_seconds, path=path)
    with tempfile.TemporaryDirectory(prefix="keepthinking-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        file = home / f"cells{SUFFIX}"
        file.write_bytes(msgspec.json.encode(errand))
        settings = home / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        board = _Board(len(parcels), done)
        said = io.StringIO()
        with _own_pytest(), redirect_stdout(said):
            code = pytest.main(
                [
                    *_USE,
                    *("-c", str(settings), "--rootdir", str(home)),
                    *("-n", str(min(order.jobs, len(parcels))), "--dist", "worksteal"),
                    f"--max-worker-restart={_RESTARTS}",
                    str(file),
                ],
                plugins=[board],
            )
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}:
        raise RuntimeError(f"pytest ended with {code!r}: {said.getvalue()[-2000:]}")
    stopped = code == pytest.ExitCode.INTERRUPTED
    return ([] if stopped else [parcels[number] for number in sorted(board.open)]), stopped


class _Board:
    """Takes what the workers report.

    Attributes:
        open: Numbers of the parcels that nobody has judged.
    """

    def __init__(self, parcels: int, done: Callable[[CellResult], None]) -> None:
        self.open = set(range(parcels))
        self._done = done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdicts of a parcel; of a worker that ended before there are none."""
        told = dict(report.user_properties).get(PROPERTY)
        number = int(report.nodeid.rpartition("::")[2])
        if isinstance(told, str) and number in self.open:
            self.open.discard(number)
            for verdict in msgspec.json.decode(told, type=Verdicts):
                self._done(verdict)


@contextmanager
def _own_pytest() -> Generator[None]:
    """Keep the caller's settings of pytest out."""
    own = {"PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    kept = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
