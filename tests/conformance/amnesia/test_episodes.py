"""Episodes over real HTTP, their figures, and the file in which they are kept."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from keepthinking import DecodeError
from keepthinking_conformance.amnesia import AXIS_ROWS, Episode, Store, figures, planned, run_episodes, wilson
from keepthinking_conformance.amnesia._figures import Z
from keepthinking_conformance.miniatures import CORRECT
from keepthinking_conformance.miniatures._scaffold import Scaffold
from keepthinking_conformance.miniatures.faults.thinking import drops_thinking
from keepthinking_conformance.perturbations import AXES, PERTURBATIONS
from keepthinking_conformance.provider import Provider

pytestmark = pytest.mark.extras

DROPS = Scaffold(id="miniature.drops", habits=drops_thinking.habits, variant="stock")
IN_TEXT = Scaffold(id="miniature.in-text", speech="code-agent")
ONE = Episode(
    id="a",
    subject="s",
    variant="kept",
    framework="f",
    profile="deepseek",
    family="control",
    axis="",
    seed=0,
    success=True,
    calls=4,
    repeats=0,
    tokens=10,
    wasted=0,
)


@pytest.fixture(scope="module")
def episodes() -> list[Episode]:
    steps = planned([CORRECT, DROPS], seeds=4, profiles=["deepseek", "anthropic"])
    found: list[Episode] = []
    with Provider() as provider:
        asyncio.run(run_episodes(steps, provider, found.append))
    assert {one.id for one in found} == {step.id for step in steps}
    return found


def test_a_scaffold_that_keeps_all_does_every_task_whatever_is_changed(episodes: list[Episode]) -> None:
    kept = [one for one in episodes if one.subject == CORRECT.id]

    assert {one.axis for one in kept} == {"", *AXES}
    for one in kept:
        assert (one.success, one.repeats, one.wasted, one.error) == (True, 0, 0, "")


def test_who_speaks_in_text_plays_where_the_provider_shows_a_model_its_thoughts() -> None:
    """DeepSeek shows them only beside declared tools, and Kimi only up to the last words of the user."""
    native = planned([CORRECT], seeds=1, families=["control"], axes=[""])
    in_text = planned([IN_TEXT], seeds=1, families=["control"], axes=[""])
    asked = planned([IN_TEXT], seeds=1, families=["control"], axes=[""], profiles=["deepseek"])

    assert native[0].served.profile == "deepseek"
    assert in_text[0].served.profile == "minimax"
    assert [step.served.profile for step in asked] == ["deepseek"]


def test_a_scaffold_that_drops_thinking_does_what_needs_none_and_pays_for_the_rest(episodes: list[Episode]) -> None:
    lost = [one for one in episodes if one.subject == DROPS.id]

    assert all(one.success and not one.wasted for one in lost if one.family == "control")
    assert all(one.success for one in lost if one.family == "mixed")
    assert sum(one.success for one in lost if one.family == "commitment") < sum(one.family == "control" for one in lost)
    assert sum(one.wasted for one in lost if one.family == "mixed") > 0


def test_what_is_changed_acts_within_one_turn_and_needs_nothing_that_is_not_asked() -> None:
    assert set(AXIS_ROWS) == set(AXES)
    for axis, rows in AXIS_ROWS.items():
        assert all(PERTURBATIONS[name].axis == axis and not PERTURBATIONS[name].alone for name in rows)


def test_the_interval_ends_where_the_share_is_as_far_off_as_it_may_be() -> None:
    for n in (1, 30, 400):
        for successes in {0, n // 3, n}:
            for end in wilson(successes, n):
                if end not in {0, 1}:
                    assert abs(successes / n - end) == pytest.approx(Z * math.sqrt(end * (1 - end) / n))


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 3), (4, 3)])
def test_what_is_no_share_has_no_interval(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n)


def test_figures_gather_episodes_of_one_kind(episodes: list[Episode]) -> None:
    found = figures(episodes)

    assert sum(one.n for one in found) == len(episodes)
    assert all(one.low <= one.success <= one.high for one in found)
    assert all(one.is_chance for one in found if one.family.id == "control")


def test_what_was_kept_is_there_again_and_half_a_line_is_not(tmp_path: Path) -> None:
    file = tmp_path / "episodes.jsonl"
    Store(file).add(ONE)
    whole = file.read_bytes()
    file.write_bytes(whole + whole.splitlines()[-1][:20])  # ended while it was written

    store = Store(file)

    assert store.episodes == [ONE]
    assert file.read_bytes() == whole


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{}\n", "missing required field"),
        ("no JSON\n", "line 1"),
        ('{"schema": "keepthinking-results/1", "keepthinking": "0"}\n', "keepthinking-results/1"),
    ],
)
def test_another_file_is_refused_and_stays_as_it_is(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "other"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(DecodeError, match=where):
        Store(file)
    assert file.read_text(encoding="utf-8") == text
