"""The sets: what is chosen, that it is chosen again, and that no gap is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pytest

from keepthinking._adapter import Capability, Speech
from keepthinking_conformance.perturbations import PERTURBATIONS
from keepthinking_conformance.plan import (
    BASE,
    MODES,
    NAMES,
    TELLING,
    TEMPERS,
    Cell,
    changed,
    core,
    is_usual,
    pairwise,
    plan,
)
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras


@dataclass
class Reads(Miniature):
    """A scaffold that reads its actions out of text."""

    speech: Speech = "react"


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


def shown(cells: tuple[Cell, ...], *axes: str) -> set[tuple[object, ...]]:
    """Give what cells show that leave the usual on no axis."""
    return {tuple(value_of(c, axis) for axis in axes) for c in cells if not c.skip and is_usual(c)}


def value_of(cell: Cell, axis: str) -> object:
    values = {"subject": cell.subject.id, "dialect": cell.served.dialect, "profile": cell.served.profile}
    return {**values, "scenario": cell.scenario.id, "mode": cell.mode}[axis]


def of(cells: tuple[Cell, ...], subject: str, *scenarios: str) -> tuple[Cell, ...]:
    return tuple(c for c in cells if c.subject.id == subject and (not scenarios or c.scenario.id in scenarios))


def test_the_core_has_each_stock_subject_with_each_provider_in_one_scenario() -> None:
    chosen = {cell.id for cell in core(PLAN)}

    for cell in plan(MANY, scenarios=[BASE], modes=["plain"]):
        assert cell.id in chosen or cell.skip or cell.subject.variant != "stock"


def test_the_core_has_each_subject_with_each_provider_and_streams_of_all() -> None:
    axes = ("subject", "profile", "mode")

    assert shown(core(PLAN), *axes) == shown(PLAN, *axes)


def test_our_subjects_meet_what_tells_most_in_each_dialect() -> None:
    telling = [name for name, worth in TELLING.items() if worth == max(TELLING.values())]
    everything, chosen = of(PLAN, "mini.ours", *telling), of(core(PLAN), "mini.ours", *telling)

    assert shown(chosen, "dialect", "scenario") == shown(everything, "dialect", "scenario")
    assert {"loop", "parallel", "tool-error", "second-turn", "resume", "handoff"} == set(telling)
    assert len({c.served.dialect for c in chosen if c.temper == "strict"}) == len({c.served.dialect for c in chosen})


def test_stock_subjects_meet_the_loop_in_each_dialect_and_a_strict_provider() -> None:
    for name in ("mini.one", "mini.two"):
        everything, chosen = of(PLAN, name), of(core(PLAN), name)

        assert shown(of(chosen, name, "loop"), "dialect") == shown(everything, "dialect")
        assert any(c.temper == "strict" for c in chosen if not c.skip)


def test_what_leaves_the_usual_does_so_on_one_axis() -> None:
    for cell in core(PLAN):
        axes = (cell.temper == "strict", cell.mode == "sync" or cell.name != "")
        assert is_usual(cell) or axes in {(True, False), (False, True)} or cell.skip


def test_agents_that_read_text_leave_room_for_the_others() -> None:
    reads = Reads("mini.reads", capabilities=ABLE)
    chosen = of(core((*PLAN, *plan([reads], modes=MODES, tempers=TEMPERS, names=NAMES))), "mini.reads")
    runs = [c for c in chosen if not c.skip]

    assert {c.served.profile for c in runs} == set(PROVIDERS)
    assert {c.served.dialect for c in runs if c.scenario.id == "call-in-thought"} == {c.served.dialect for c in runs}
    assert len(runs) < len([c for c in of(core(PLAN), "mini.ours") if not c.skip])


def test_every_scenario_has_a_worth() -> None:
    assert set(TELLING) == set(SCENARIOS)


def test_the_core_shows_every_scenario_in_each_dialect_with_stock_clients_and_with_ours() -> None:
    def told(cells: tuple[Cell, ...]) -> set[object]:
        return {(c.subject.variant, c.served.dialect, c.scenario.id) for c in cells if not c.skip}

    assert told(core(PLAN, 1000)) == told(PLAN)


@pytest.mark.parametrize("most", [10, 40, 150])
def test_the_core_of_each_framework_has_no_more_runs_than_it_may(most: int) -> None:
    other = Miniature("other.one", framework="other", capabilities=ABLE)
    chosen = core((*PLAN, *plan([other], modes=MODES, tempers=TEMPERS, names=NAMES)), most)

    for framework in ("miniature", "other"):
        assert 0 < sum(not c.skip for c in chosen if c.subject.framework == framework) <= most


def test_the_perturbed_set_has_each_perturbation_with_one_provider_of_each_dialect() -> None:
    cells = [cell for cell in changed(plan(MANY, modes=MODES, perturbations=list(PERTURBATIONS))) if not cell.skip]
    able = [row.id for row in PERTURBATIONS.values() if row.needs <= ABLE and SCENARIOS[row.plays].needs <= ABLE]

    assert {cell.mode for cell in cells} == {"plain"}
    assert [c.perturbation for c in cells if c.subject.id == "mini.one"] == able
    for subject in MANY:
        mine = [cell for cell in cells if cell.subject.id == subject.id]
        assert len({cell.served.profile for cell in mine}) == len({cell.served.dialect for cell in mine})


def test_no_other_set_has_a_perturbation() -> None:
    cells = plan(MANY, modes=MODES, perturbations=list(PERTURBATIONS))

    assert not any(cell.perturbation for cell in core(PLAN))
    assert not any(cell.perturbation for cell in cells if is_usual(cell))


def test_what_changes_is_a_part_of_the_id() -> None:
    cell = changed(plan(MANY[2:], providers=["deepseek"], perturbations=["tools.added"]))[0]

    assert cell.id == "mini.ours/deepseek/resume/plain~tools.added"


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
