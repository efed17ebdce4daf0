"""The verdict's sentences: right for none, for one and for many."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from keepthinking_conformance.results import CellResult, Exit, Results, as_markdown
from keepthinking_conformance.results._sentences import controls, counted, verdict
from keepthinking_conformance.results.views import as_html
from tests.conformance.results.everything import CELL
from tests.conformance.results.test_merge import GOOD
from tests.conformance.results.test_merge import run as examined

PASSES = replace(CELL, status="pass", findings=(), checks={}, fates={"preserved": 4})
KNOWN = replace(CELL, gate="scorecard")
LOOSE = replace(CELL, gate="unrecorded")
IDLE = replace(PASSES, status="unsupported", reason="cannot")


def several(*rows: tuple[int, CellResult]) -> tuple[CellResult, ...]:
    """Give so many cells of each kind, no two with one id."""
    cells = [cell for number, cell in rows for _ in range(number)]
    return tuple(replace(cell, id=f"s/p/n{n}/plain", scenario=f"n{n}") for n, cell in enumerate(cells))


def stopped(unplayed: int, *cells: CellResult) -> Results:
    """Give what is left of an examination that somebody stopped."""
    held = examined(*cells, controls=())
    return replace(held, summary=replace(held.summary, interrupted=True, unplayed=unplayed, exit=Exit.INTERRUPTED))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (several((1, CELL)), ["The one run fails."]),
        (several((1, CELL), (1, PASSES)), ["1 of 2 runs fails."]),
        (several((2, CELL), (1, PASSES)), ["2 of 3 runs fail."]),
        (several((1, KNOWN)), ["1 run of a stock client loses what it is known to lose.", "Nothing fails."]),
        (several((2, KNOWN)), ["2 runs of stock clients lose what they are known to lose.", "Nothing fails."]),
        (several((1, LOOSE)), ["1 run loses something on axes that nobody records.", "Nothing fails."]),
        (several((2, LOOSE)), ["2 runs lose something on axes that nobody records.", "Nothing fails."]),
        (
            several((1, KNOWN), (1, LOOSE)),
            [
                "1 run of a stock client loses what it is known to lose.",
                "1 more loses something on axes that nobody records.",
                "Nothing fails.",
            ],
        ),
        (
            several((1, CELL), (2, LOOSE)),
            ["1 of 3 runs fails.", "2 more lose something on axes that nobody records."],
        ),
        (several((1, PASSES)), ["Nothing fails."]),
        ((), ["This examination proves nothing."]),
    ],
)
def test_a_verdict_counts_as_people_do(cells: tuple[CellResult, ...], said: list[str]) -> None:
    assert verdict(examined(*cells)) == said


@pytest.mark.parametrize(
    ("unplayed", "cells", "said"),
    [
        (1, (), "Interrupted: the one run was not played."),
        (0, several((1, PASSES)), "Interrupted: the one run was played."),
        (4, (), "Interrupted: none of 4 runs was played."),
        (3, several((1, PASSES)), "Interrupted: 1 of 4 runs was played."),
        (2, several((2, PASSES), (5, IDLE)), "Interrupted: 2 of 4 runs were played."),
        (0, several((2, PASSES)), "Interrupted: 2 of 2 runs were played."),
        (0, (), "Interrupted: none of 0 runs was played."),
    ],
)
def test_what_was_interrupted_says_how_far_it_came(unplayed: int, cells: tuple[CellResult, ...], said: str) -> None:
    results = stopped(unplayed, *cells)

    assert verdict(results) == [said]
    assert said in as_markdown(results)
    assert said in as_html(results)


def test_what_failed_before_an_interruption_is_said_first() -> None:
    assert verdict(stopped(3, *several((1, CELL)))) == ["The one run fails.", "Interrupted: 1 of 4 runs was played."]


def test_where_no_control_was_played_none_is_good_or_bad() -> None:
    written = as_html(stopped(1))

    assert '<span class="badge odd">none was played</span>' in written
    assert "0 of 0" not in written


@pytest.mark.parametrize(
    ("good", "number", "said"),
    [
        (0, 0, "none was played"),
        (0, 1, "0 of 1 as it must be"),
        (1, 1, "1 of 1 as it must be"),
        (1, 2, "1 of 2 as they must be"),
    ],
)
def test_controls_are_counted_as_people_do(good: int, number: int, said: str) -> None:
    assert controls(good, number) == said


def test_a_page_of_one_run_speaks_of_one() -> None:
    checks = {"arguments.verbatim": "pass"}
    written = as_html(examined(replace(CELL, requests=1, checks=checks), controls=(GOOD,)))

    assert "1 request," in written
    assert "1 check, wherever 1 run had an occasion" in written


@pytest.mark.parametrize(("number", "said"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1234, "1,234 runs")])
def test_a_number_has_its_word(number: int, said: str) -> None:
    assert counted(number, "run") == said
    assert counted(number, "one", "many") == f"{number:,} {'one' if number == 1 else 'many'}"
