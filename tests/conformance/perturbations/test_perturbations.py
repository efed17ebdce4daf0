"""The perturbations as data: what each row says, and that what a run is known by stays in it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from keepthinking import Endpoint
from keepthinking._adapter import Run
from keepthinking.checks import CHECKS
from keepthinking_conformance.perturbations import AXES, PERTURBATIONS, Perturbation, Result, Stage, perturbed
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import SCENARIOS, TOOLS

pytestmark = pytest.mark.extras

ROWS = pytest.mark.parametrize("row", PERTURBATIONS.values(), ids=PERTURBATIONS)
NAME = "run"
WORDS = "Please find out what the archive knows of the case anchor bell."
ENDPOINT = Endpoint(dialect="openai-chat", base_url="http://127.0.0.1:9", model="m")


def given(row: Perturbation, session: int) -> Run:
    """Give what a session is given under a perturbation."""
    with Provider() as provider:
        talk = provider.open(perturbed(row.id), profile="deepseek", token=NAME)
        run = Run(id="r", endpoint=ENDPOINT, directory=Path(), tools=talk.tools, system=talk.system)
    return row.given(run, Stage(session, Random(1)))


def test_each_axis_has_six_at_least_and_their_ids_begin_with_it() -> None:
    for axis in AXES:
        mine = [row for row in PERTURBATIONS.values() if row.axis == axis]
        assert len(mine) >= 6
        assert all(row.id.startswith(f"{axis}.") for row in mine)


def test_no_two_say_the_same_of_themselves() -> None:
    assert len({row.title for row in PERTURBATIONS.values()}) == len(PERTURBATIONS)


@ROWS
def test_a_row_plays_a_scenario_and_says_what_may_differ(row: Perturbation) -> None:
    assert row.plays in SCENARIOS
    assert row.rule.endswith(".")
    assert set(row.allows) <= set(CHECKS)
    assert perturbed(row.id).id == row.plays


@ROWS
def test_the_words_that_a_turn_is_known_by_stay_in_it(row: Perturbation) -> None:
    for turn in range(3):
        for seed in range(20):
            said = row.says(WORDS, turn, Random(seed))
            assert WORDS in said.texts[-1]
            assert said == row.says(WORDS, turn, Random(seed))


@ROWS
def test_the_code_that_a_result_is_known_by_stays_in_it_unless_nothing_is_left(row: Perturbation) -> None:
    for turn in range(2):
        result = Result("look_up", turn, 0, "An answer. Receipt R1.", "R1", Random(1))
        try:
            text = asyncio.run(row.tells(result))
        except Exception as error:  # noqa: BLE001 - a tool may raise what it likes
            text = str(error)
        assert "R1" in text or (row.hides and text == "")


@ROWS
def test_what_a_tool_does_stays_with_its_name(row: Perturbation) -> None:
    with Provider() as provider:
        before = {tool.tool.name: tool.call for tool in provider.open(perturbed(row.id), profile="deepseek").tools}

    for session in range(2):
        after = {tool.tool.name for tool in given(row, session).tools}
        assert after & set(before)
        assert set(before) <= set(TOOLS)


@ROWS
def test_a_draw_comes_again(row: Perturbation) -> None:
    def told(session: int) -> object:
        run = given(row, session)
        return run.system, [tool.tool for tool in run.tools]

    assert told(0) == told(0)
    assert told(1) == told(1)


def test_tools_change_between_sessions() -> None:
    names = {
        name: [[str(tool.tool.name) for tool in given(PERTURBATIONS[f"tools.{name}"], n).tools] for n in range(2)]
        for name in ("renamed", "reordered", "added", "removed")
    }

    assert names == {
        "renamed": [["look_up", "read_note"], ["find_entry", "open_note"]],
        "reordered": [["look_up", "read_note"], ["read_note", "look_up"]],
        "added": [["look_up", "read_note"], ["list_entries", "look_up", "read_note"]],
        "removed": [["look_up", "read_note"], ["look_up"]],
    }
    assert len(given(PERTURBATIONS["tools.hundred"], 0).tools) == 100


def test_instructions_are_as_long_as_they_are_said_to_be() -> None:
    assert len(given(PERTURBATIONS["system.long"], 0).system) == 50_000
