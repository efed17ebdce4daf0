"""The sets: what is chosen, that it is chosen again, and that no gap is hidden."""

from __future__ import annotations

from itertools import combinations

import pytest

from keepthinking._adapter import Capability
from keepthinking_conformance.plan import MODES, NAMES, TEMPERS, Cell, core, pairwise, plan
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras

ABLE = frozenset[Capability]({"stream", "parallel", "system", "save", "sync"})
MANY = (
    Miniature("mini.one", variant="stock", dialects=frozenset({"openai-chat"}), capabilities=ABLE),
    Miniature("mini.two", variant="stock", profiles=frozenset({"anthropic"}), capabilities=frozenset({"stream"})),
    Miniature("mini.ours", capabilities=ABLE),
)
PLAN = plan(MANY, modes=MODES, tempers=TEMPERS, names=NAMES)


def axes(cell: Cell) -> tuple[str, ...]:
    return cell.served.profile, cell.scenario.id, cell.mode, cell.temper, cell.name


def pairs(cells: tuple[Cell, ...]) -> set[object]:
    return {
        (cell.subject.id, pair) for cell in cells if not cell.skip for pair in combinations(enumerate(axes(cell)), 2)
    }


def test_the_core_has_every_subject_with_each_provider_plain_and_streamed() -> None:
    chosen = {cell.id for cell in core(PLAN)}

    for cell in plan(MANY, scenarios=["second-turn"]):
        assert cell.id in chosen or cell.skip


def test_the_core_shows_every_scenario_in_each_dialect_with_stock_clients_and_with_ours() -> None:
    def shown(cells: tuple[Cell, ...]) -> set[object]:
        return {(c.subject.variant, c.served.dialect, c.scenario.id) for c in cells if not c.skip}

    assert shown(core(PLAN, 1000)) == shown(PLAN)


@pytest.mark.parametrize("most", [10, 40, 150])
def test_the_core_of_each_framework_has_no_more_runs_than_it_may(most: int) -> None:
    other = Miniature("other.one", framework="other", capabilities=ABLE)
    chosen = core((*PLAN, *plan([other], modes=MODES, tempers=TEMPERS, names=NAMES)), most)

    for framework in ("miniature", "other"):
        assert 0 < sum(not c.skip for c in chosen if c.subject.framework == framework) <= most


def test_any_two_values_that_can_meet_do_so_in_the_full_set() -> None:
    chosen = pairwise(PLAN, 1)

    assert pairs(chosen) == pairs(PLAN)
    assert len(chosen) < len(PLAN) / 4


def test_a_seed_chooses_the_same_again_and_another_one_does_not() -> None:
    assert pairwise(PLAN, 1) == pairwise(PLAN, 1) != pairwise(PLAN, 2)


def test_what_a_subject_cannot_do_stays_in_a_set_once_and_with_its_reason() -> None:
    unable = [c for c in core(PLAN) if c.subject.id == "mini.two" and c.skip]

    assert {c.scenario.id for c in unable} >= {"resume"}
    assert len({c.scenario.id for c in unable}) == len(unable)
    assert all(c.reason for c in unable)
