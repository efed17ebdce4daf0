"""The correct miniature: nothing at all is said of it, on any provider, in any scenario, however it is driven."""

from __future__ import annotations

import pytest

from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import CORRECT
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.scenarios import PROVIDERS
from tests.conformance.miniatures.expected import shown, wrong_of_correct
from tests.conformance.miniatures.running import run

pytestmark = pytest.mark.extras


def cells(profile: str) -> list[Cell]:
    """Give every run: a strict provider plays as a lenient one does to whoever it has nothing to refuse."""
    strict = plan([CORRECT], providers=[profile], modes=("plain", "stream", "sync"), tempers=("strict",))
    lenient = plan([CORRECT], providers=[profile], scenarios=["second-turn", "handoff"], modes=("stream",))
    return [cell for cell in (*strict, *lenient) if not cell.skip]


@pytest.mark.parametrize("profile", PROVIDERS)
def test_nothing_is_said_of_the_correct_miniature(profile: str) -> None:
    outcomes: dict[str, Outcome] = run(cells(profile))

    said = {name: (wrong_of_correct(found), shown(found)) for name, found in outcomes.items()}
    assert {name: what for name, (wrong, what) in said.items() if wrong} == {}
