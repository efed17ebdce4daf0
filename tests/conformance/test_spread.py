"""Cells in other processes: the same verdicts, and a scaffold that ends or blocks its process costs its own cell."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from keepthinking_conformance.examine import Order, examine
from keepthinking_conformance.examine._parcel import pack
from keepthinking_conformance.judge import twins
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.results import CellResult
from tests.conformance import subjects
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras


def cells_of(*examined: Miniature) -> tuple[Cell, ...]:
    return plan(examined, providers=["deepseek"], scenarios=["loop", "single", "second-turn", "resume"], own=True)


def verdicts(cells: tuple[Cell, ...], *names: str, jobs: int, seconds: float = 60.0) -> dict[str, CellResult]:
    sources = {getattr(subjects, name).id: f"tests.conformance.subjects:{name}" for name in names}
    order = Order(cells, (), seed=1, sources=sources, jobs=jobs, turn_seconds=seconds)
    found = examine(order, lambda _: None).results
    assert [cell.id for cell in found.cells] == [cell.id for cell in cells]
    return {cell.id: replace(cell, seconds=0.0) for cell in found.cells}


def test_other_processes_give_the_same_verdicts() -> None:
    cells = cells_of(subjects.FAITHFUL, subjects.FORGETFUL)

    one = verdicts(cells, "FAITHFUL", "FORGETFUL", jobs=1)
    two = verdicts(cells, "FAITHFUL", "FORGETFUL", jobs=2)

    assert one == two
    assert {cell.status for cell in two.values()} >= {"pass", "fail"}


def test_a_scaffold_that_ends_or_blocks_its_process_costs_its_own_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is asked for anew, here and in other processes
    cells = cells_of(subjects.FAITHFUL, subjects.ENDS_THE_PROCESS)

    found = verdicts(cells, "FAITHFUL", "ENDS_THE_PROCESS", jobs=2)

    told = {(name.split("/")[0], cell.status, cell.reason.partition(":")[0]) for name, cell in found.items()}
    assert told == {("mini.faithful", "pass", ""), ("mini.ends", "error", "run")}
    assert list(tmp_path.glob("keepthinking-*")) == []


def test_cells_that_are_compared_stay_together() -> None:
    cells = cells_of(subjects.FAITHFUL)
    parcels = pack((*cells, *twins(cells)), {subjects.FAITHFUL.id: "x:Y"})

    assert [sorted(f"{one.scenario}/{one.mode}" for one in parcel) for parcel in parcels] == [
        ["resume/plain", "resume/stream", "second-turn/plain", "second-turn/stream"],
        ["loop/plain", "loop/stream"],
        ["single/plain", "single/stream"],
    ]
