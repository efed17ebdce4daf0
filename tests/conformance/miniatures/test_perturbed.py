"""Every perturbation bites: for each there is a scaffold that is right without it and wrong under it alone.

So the check of perturbations has a miniature for each of them, and the correct miniature stands them all.
"""

from __future__ import annotations

import pytest

from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import CORRECT
from keepthinking_conformance.miniatures._scaffold import Scaffold
from keepthinking_conformance.miniatures.faults.perturbed import FAULTS
from keepthinking_conformance.perturbations import PERTURBATIONS
from keepthinking_conformance.plan import Cell, plan
from tests.conformance.miniatures.running import run

pytestmark = pytest.mark.extras

CHECK = "perturbed.history.unaltered"
TIMED = "environment.latency"
PROVIDERS = ("deepseek", "anthropic", "openai", "google-gemini", "vertex-gemini")


def cells_of(subject: Scaffold, names: list[str], *providers: str) -> list[Cell]:
    found = plan([subject], providers=providers, perturbations=names, modes=["plain"])
    return [cell for cell in found if cell.perturbation]


def upset(name: str) -> Scaffold:
    fault = FAULTS[name]
    return Scaffold(id=f"miniature.{fault.name}", title=fault.does, habits=fault.habits)


def beside(name: str) -> list[str]:
    """Give the perturbations of the same axis."""
    return [row.id for row in PERTURBATIONS.values() if row.axis == PERTURBATIONS[name].axis]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    timed, *wrong = sorted(FAULTS, key=lambda name: name != TIMED)
    many = [cell for name in wrong for cell in cells_of(upset(name), beside(name), "deepseek")]
    found = run([*many, *cells_of(CORRECT, list(PERTURBATIONS), *PROVIDERS)])
    # One at a time: where many run at once, each answer takes its time.
    return found | run(cells_of(upset(timed), beside(timed), "deepseek"), jobs=1)


def test_each_perturbation_has_a_miniature() -> None:
    assert list(FAULTS) == list(PERTURBATIONS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_miniature_fails_under_its_perturbation_and_under_no_other(name: str, outcomes: dict[str, Outcome]) -> None:
    mine = [o.result for o in outcomes.values() if o.cell.subject.id == upset(name).id]

    failed = [result for result in mine if result.status != "pass"]
    assert [result.perturbation for result in failed] == [name]
    assert failed[0].status == "fail"
    assert failed[0].checks[CHECK] == "fail"
    named = next(found for found in failed[0].findings if found.check == CHECK)
    assert (named.level, named.fate, named.lost_in) == ("MUST", "dropped", "client")
    assert named.fix.startswith("Send what was said as it was said")
    assert {result.checks.get(CHECK) for result in mine if result.perturbation != name} <= {"pass", None}


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_the_correct_miniature_stands_each(name: str, outcomes: dict[str, Outcome]) -> None:
    mine = [o.result for o in outcomes.values() if o.cell.subject is CORRECT and o.cell.perturbation == name]

    assert len(mine) == len(PROVIDERS)
    for result in mine:
        assert (result.status, result.checks[CHECK]) == ("pass", "pass"), (result.id, result.reason, result.findings)
