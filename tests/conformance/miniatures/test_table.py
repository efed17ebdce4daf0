"""Every check catches its miniature: its own finding comes first, implied ones are declared, and nothing else fires."""

from __future__ import annotations

from collections import defaultdict

import pytest

from keepthinking.checks import CHECKS
from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import MINIATURES
from tests.conformance.miniatures.expected import shown, wrong_of

pytestmark = pytest.mark.extras

PERTURBED = {"perturbed.history.unaltered"}
"""The check that has a miniature for each perturbation (`test_perturbed`)."""


def test_every_check_that_a_run_can_report_has_a_miniature() -> None:
    reported = {check.id for check in CHECKS.values() if check.judged != "beside"} - PERTURBED

    assert {row.check for row in MINIATURES.values()} == reported


def test_no_two_faults_have_one_name() -> None:
    faults = defaultdict[str, set[int]](set)
    for row in MINIATURES.values():
        faults[row.fault.name].add(id(row.fault))

    assert {name for name, found in faults.items() if len(found) > 1} == set()


@pytest.mark.parametrize("name", MINIATURES)
def test_a_miniature_is_caught_by_its_check_and_by_nothing_that_is_not_declared(
    name: str, outcomes: dict[str, Outcome]
) -> None:
    row = MINIATURES[name]
    outcome = outcomes[row.cell.id]

    assert wrong_of(row, outcome) == [], shown(outcome)
