"""What the figures that the project shows say of themselves: they are committed, so nothing is played here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepthinking_conformance.amnesia import wilson
from keepthinking_conformance.scenarios import FAMILIES

FILES = sorted((Path(__file__).parents[3] / "docs" / "simulated").glob("*.json"))
FRAMEWORKS = ("autogen", "langchain", "llama-index", "smolagents")
Figure = dict[str, Any]


def figures(path: Path) -> list[Figure]:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["simulated"] is True
    rows: list[Figure] = found["figures"]
    return rows


def played(rows: list[Figure], family: str, variant: str) -> Iterator[Figure]:
    """Give the figures of runs that no exception ended."""
    return (row for row in rows if row["family"] == family and row["variant"] == variant and not row["errors"])


def test_there_are_figures_of_each_framework() -> None:
    assert tuple(path.stem for path in FILES) == FRAMEWORKS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ours_remembers_all_whatever_is_changed(path: Path) -> None:
    kept = [row for row in figures(path) if row["variant"] == "kept"]

    assert kept
    assert {(row["family"], row["successes"] == row["n"], row["errors"]) for row in kept} == {
        (name, True, 0) for name in FAMILIES
    }
    assert {row["wasted"] for row in kept} == {0}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_without_thinking_what_needs_none_succeeds(path: Path) -> None:
    control = [*played(figures(path), "control", "stock")]

    assert control
    assert all(row["successes"] == row["n"] for row in control)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_who_forgets_the_plan_does_no_better_than_chance(path: Path) -> None:
    forgetful = [row for row in played(figures(path), "commitment", "stock") if row["successes"] < row["n"]]
    low, high = wilson(sum(row["successes"] for row in forgetful), sum(row["n"] for row in forgetful))

    assert forgetful
    assert low <= FAMILIES["commitment"].success <= high


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_figure_has_at_least_thirty_seeds_and_its_own_interval(path: Path) -> None:
    for row in figures(path):
        assert row["n"] >= 30
        assert (row["low"], row["high"]) == wilson(row["successes"], row["n"])
