"""Mutation of the checks: whatever is wrong in the code that judges, a run of a scaffold that is known shows it.

Where no run leads, a test of the package that it is in may show it instead.

By default a few are tried; `nox -s mutation` tries one in four of each module (`KEEPTHINKING_MUTANTS=all`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from zlib import adler32

import pytest

from keepthinking_conformance.judge import Outcome
from tests.conformance.miniatures.expected import verdicts
from tests.conformance.miniatures.gauge import gauged, shown_by_tests, survivors
from tests.conformance.miniatures.mutants import Mutant, mutants, tried
from tests.conformance.miniatures.mutate import Runs, reached
from tests.conformance.miniatures.running import run

pytestmark = pytest.mark.extras

ALL: Final = os.environ.get("KEEPTHINKING_MUTANTS") == "all"

SAMPLE: Final = 12
"""So many mutants are tried by default."""


def chosen() -> list[Mutant]:
    """Choose by their ids, so that an edit elsewhere chooses no others."""
    found = list(tried())
    if ALL:
        return found
    known = survivors()
    return sorted((one for one in found if one.id not in known), key=lambda one: adler32(one.id.encode()))[:SAMPLE]


def test_each_survivor_is_a_mutant_and_has_a_reason() -> None:
    ids = {mutant.id for mutant in tried()}

    assert {id_ for id_, reason in survivors().items() if id_ not in ids or not reason.strip()} == set()


def test_no_two_mutants_have_one_id() -> None:
    ids = [mutant.id for mutant in mutants()]

    assert len({*ids}) == len(ids)


def test_a_run_shows_every_mistake_but_those_that_are_listed(tmp_path: Path, outcomes: dict[str, Outcome]) -> None:
    played = outcomes | run(cell for cell, _ in verdicts().values() if cell.id not in outcomes)
    traces = {name: outcome.trace for name, outcome in played.items() if outcome.trace is not None}
    wanted = chosen()

    found = gauged(wanted, reached(traces) if ALL else Runs(traces), tmp_path, jobs=2)
    beside = shown_by_tests((one for one in wanted if not found[one.id]), jobs=2)

    survived = {id_ for id_, shown in (found | beside).items() if not shown}
    listed = {mutant.id for mutant in wanted} & {*survivors()}
    new, old = sorted(survived - listed), sorted(listed - survived)
    assert not new, "\n".join(
        ["nothing shows these: make a miniature that does, ask more of one, or delete code", *new]
    )
    assert not old, "\n".join(["something shows these now: take them out of the list", *old])
