"""Runs in which something is changed meanwhile: what they are compared with, and what is said of the change."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking_conformance.judge import Outcome, broken, judge, twins, with_twins
from keepthinking_conformance.judge._causes import calm
from keepthinking_conformance.judge._facts import Fact, Held, Wants, scripted, seen
from keepthinking_conformance.judge._judge import _is_ours
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.perturbations import perturbed
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found
from keepthinking_conformance.scenarios import SCENARIOS
from tests.conformance.judge.recorded import HELLO, answer, exchange, recorded, trace_of
from tests.conformance.judge.runs import cell_of

pytestmark = pytest.mark.extras

CHANGED = "perturbed.history.unaltered"
FINAL = answer("Now it is known.", "A lamp.")


def changed(name: str = "user.several", mode: str = "plain") -> Cell:
    return cell_of("deepseek", perturbed(name), mode=mode, perturbation=name)


def finding(check: str = "text.kept", level: Any = "MUST", **more: Any) -> Found:
    status: Any = "fail" if level == "MUST" else "warn"
    return Found(check=check, status=status, level=level, fate="dropped", what="It is so.", request=2, **more)


def outcome(cell: Cell, *findings: Found, status: Any = "fail", **more: Any) -> Outcome:
    checks: dict[str, Any] = {**{found.check: found.status for found in findings}, CHANGED: "pass"}
    result: CellResult = replace(broken(cell, ""), status=status, findings=findings, checks=checks, **more)
    return Outcome(cell, result, trace_of(exchange([HELLO], FINAL), exchange([HELLO], FINAL)))


PERTURBED = changed()
(CALM,) = twins([PERTURBED])


def named(mine: Outcome, *others: Outcome) -> CellResult:
    return with_twins({one.cell.id: one for one in (mine, *others)})[mine.cell.id].result


def told(mine: Outcome, *others: Outcome) -> tuple[list[str], Any]:
    """Give the checks that found something, and what is said of the change."""
    found = named(mine, *others)
    return [one.check for one in found.findings], found.checks.get(CHANGED)


# -- what it is compared with ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tools.renamed", "user.several"])
def test_the_twin_of_a_change_is_the_scenario_as_it_is_without_it(name: str) -> None:
    cell = changed(name)

    assert twins([cell]) == (calm(cell),)
    (twin,) = twins([cell])
    assert (twin.perturbation, twin.scenario) == ("", SCENARIOS[cell.scenario.id])
    assert twin.id == f"mini.faithful/deepseek/{cell.scenario.id}/plain"


def test_what_the_run_without_it_does_not_lose_is_named_by_the_change() -> None:
    lost = outcome(PERTURBED, finding())

    found = named(lost, outcome(CALM, status="pass"))

    assert [one.check for one in found.findings] == ["text.kept", CHANGED]
    assert found.findings[1].fix == "Send what was said as it was said, whatever has changed around it since."
    assert (found.status, found.checks[CHANGED]) == ("fail", "fail")
    assert told(lost, outcome(CALM, finding("call.kept"))) == (["text.kept", CHANGED], "fail")


def test_what_the_run_without_it_loses_too_is_not_named_by_the_change() -> None:
    assert told(outcome(PERTURBED, finding()), outcome(CALM, finding())) == (["text.kept"], "pass")
    assert told(outcome(PERTURBED, status="pass"), outcome(CALM, finding())) == ([], "pass")


def test_a_change_fails_where_a_finding_does_and_is_warned_of_otherwise() -> None:
    soft, note = finding("call.kept", "SHOULD"), finding("seal.kept", "MAY")
    good = outcome(CALM, status="pass")

    assert told(outcome(PERTURBED, soft), good) == (["call.kept", CHANGED], "warn")
    assert told(outcome(PERTURBED, soft, finding()), good) == (["call.kept", "text.kept", CHANGED, CHANGED], "fail")
    assert told(outcome(PERTURBED, note), good) == (["seal.kept"], "pass")


@pytest.mark.parametrize("status", ["harness-error", "error", "unsupported"])
def test_where_the_run_without_it_could_not_be_judged_nothing_is_said_of_the_change(status: Any) -> None:
    lost = outcome(PERTURBED, finding())

    assert told(lost, outcome(CALM, status=status)) == told(lost) == (["text.kept"], None)


def test_a_change_is_compared_with_nothing_else() -> None:
    streamed, plain = changed(mode="stream"), outcome(PERTURBED, status="pass")
    (without,) = twins([streamed])

    found, _ = told(outcome(streamed, finding()), plain, outcome(without, status="pass"))

    assert found == ["text.kept", CHANGED]


def test_one_whole_answer_more_that_is_gone_from_a_twin_hides_what_streaming_loses() -> None:
    streamed, plain = (cell_of("deepseek", "loop", mode=mode) for mode in ("stream", "plain"))
    lost = outcome(streamed, finding(), fates={"preserved": 9})

    assert told(lost, outcome(plain, status="pass", fates={"preserved": 9}))[0] == ["text.kept", "stream.answer.kept"]
    assert told(lost, outcome(plain, status="pass", fates={"removed-with-turn": 1}))[0] == ["text.kept"]


# -- what is said of it ------------------------------------------------------------------------------------------------


def test_what_is_changed_is_asked_of_runs_in_which_something_is() -> None:
    exchanges = exchange([HELLO], FINAL), exchange([HELLO, FINAL, HELLO], FINAL)

    def asked(cell: Cell) -> set[bool]:
        case = recorded(cell.scenario, *exchanges, axes={"perturbation": cell.perturbation})
        return {CHANGED in occasions(facts) for facts in (scripted(cell), seen(case))}

    assert (asked(PERTURBED), asked(CALM)) == ({True}, {False})
    assert CHANGED not in occasions([Fact(held=Held(texts=1), wants=Wants(), loop=1)])


def test_a_result_says_what_was_changed() -> None:
    assert [judge(cell, trace_of()).perturbation for cell in (PERTURBED, CALM)] == ["user.several", ""]


@pytest.mark.parametrize(
    ("loads", "ours"),
    [
        ((), [True, True, True]),
        ((1,), [False, True, False]),
        ((1, 2), [False, True, False]),
        ((2,), [False, False, True]),
        ((9,), [False, False, False]),
    ],
)
def test_what_a_change_sets_off_itself_is_ours_in_the_first_request_behind_the_load(
    loads: tuple[int, ...], ours: list[bool]
) -> None:
    cell = changed("system.dated")
    case = recorded(cell.scenario, *[exchange([HELLO], FINAL)] * 3, loads=loads, axes={"perturbation": "system.dated"})

    def is_ours(check: str, request: int) -> bool:
        found = Finding(check=check, status="fail", level="MUST", fate="altered", what="So.", request=request)
        return _is_ours(case, found)

    assert [is_ours("prefix.unaltered", number) for number in (1, 2, 3)] == ours
    assert not any(is_ours("text.kept", number) for number in (1, 2, 3))
