"""How a finding of a run is written, and the checks of a run whose courses no scaffold here takes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking._turns import Spot
from keepthinking.checks import CHECKS
from keepthinking.retention import rule as rule_named
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._facts import Fact, Held, Wants
from keepthinking_conformance.judge._occasions import OCCASIONS
from keepthinking_conformance.judge._runs import run_findings
from keepthinking_conformance.judge._runs._finding import Seen, found
from keepthinking_conformance.judge._runs._streamed import _run, whole
from keepthinking_conformance.judge._runs._survived import survived
from keepthinking_conformance.judge._runs._voices import handed
from keepthinking_conformance.scenarios import TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    answer,
    call,
    exchange,
    play,
    recorded,
    result,
    wanted,
)

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
FIRST = answer(THOUGHT, None, call("c1"))
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))


def test_a_finding_says_where_as_far_as_that_is_known() -> None:
    case = recorded("loop", exchange([HELLO], FIRST), exchange([], FINAL, request=b"["))
    first, second = case.calls
    rule = rule_named("deepseek.v4.chat")

    def made(seen: Seen, **more: Any) -> Finding:
        return found(case, "text.kept", seen, fate="dropped", what="So.", **more)

    assert (made(Seen(None)).request, made(Seen(None)).path) == (0, "$")
    assert (made(Seen(None, None, None, 0)).origin, made(Seen(None, first)).request) == (UNSET, 1)
    assert made(Seen(second, first, Spot(0, 0), 0)).path == "$"
    assert made(Seen(first, first, Spot(0, 0), 0)).origin == "$.choices[0].message.reasoning_content"
    assert made(Seen(first, None, Spot(0, 0))).path == "$.messages[0].content"
    assert (made(Seen(first), rule=rule).rule, made(Seen(first), rule=rule).verified) == (rule.id, rule.verified)
    assert (made(Seen(first)).rule, made(Seen(first)).verified) == (UNSET, UNSET)


@pytest.mark.parametrize(("scenario", "is_named"), [("handoff", True), ("model-switch", False)])
def test_a_foreign_seal_is_named_by_a_handoff_where_there_was_one(scenario: str, *, is_named: bool) -> None:
    case = recorded(scenario, exchange([HELLO], FIRST))
    one = Finding(check="foreign.not-sent", status="fail", level="MUST", fate="invented", what="So.", scope="made")
    known, beside = replace(one, request=1), replace(one, request=9)
    vars(case)["report"] = replace(case.report, findings=(known, beside, replace(known, check="text.kept")))

    assert list(handed(case)) == [replace(known, check="handoff.foreign.not-sent", scope="")] * is_named


def test_each_check_that_a_run_can_tell_has_its_occasions() -> None:
    told = {check for check, row in CHECKS.items() if row.judged != "beside"}

    assert set(OCCASIONS) == told


def test_thinking_can_be_invented_beside_something_that_was_said_without() -> None:
    def count(**held: int) -> int:
        return OCCASIONS["thinking.empty.not-invented"](Fact(held=Held(**held), wants=Wants(), later=1))

    assert [count(), count(texts=1), count(thoughts=1), count(thoughts=1, texts=1)] == [0, 1, 0, 0]


def test_what_has_an_order_is_several_and_what_has_a_turn_before_it_is_not_the_first() -> None:
    def count(check: str, nth: int = 0, **held: int) -> int:
        return OCCASIONS[check](Fact(held=Held(**held), wants=Wants(), nth=nth, later=1, streamed=True))

    assert [count("order.blocks", texts=texts) for texts in (0, 1, 2)] == [0, 0, 1]
    assert [count("parallel.together", calls=calls) for calls in (0, 1, 2)] == [0, 0, 1]
    assert [count("order.turns", nth, texts=1) for nth in (0, 1)] == [0, 1]
    assert count("stream.answer.kept", texts=2, calls=1) == 3


def test_behind_a_thought_alone_the_same_step_again_is_no_going_on() -> None:
    alone = exchange([HELLO], answer(THOUGHT))
    turns = (TurnScript((LAST,)), TurnScript((LAST,)))

    (one,) = survived(recorded(play(*turns), alone, exchange([HELLO], FINAL), scripted=(1, 1)))

    assert (one.check, one.response) == ("failed-turn.survived", 1)
    assert list(survived(recorded(play(*turns[:1]), alone, exchange([HELLO], FINAL), scripted=(1,)))) == []


@pytest.mark.parametrize(
    ("pieces", "at"),
    [
        (["abc", "def"], 0),
        (["ab", "cd", "ef"], 0),
        (["x", "abc", "def"], 1),
        (["abc", "abc", "def"], 1),
        (["abcdef"], None),
        (["", "abcdef"], None),
        (["abcdef", ""], None),
        (["x", "abcdef"], None),
        (["abc", "x", "def"], None),
        (["abc"], None),
        ([], None),
    ],
)
def test_pieces_in_a_row_may_say_a_thought_together(pieces: list[str], at: int | None) -> None:
    assert _run("abcdef", pieces) == at


def test_a_streamed_thought_that_came_back_in_pieces_is_found_at_the_first_of_them() -> None:
    told = result("c1", "It holds R-1.")
    pieces = [answer(THOUGHT[:20], "So."), {**FIRST, "reasoning_content": THOUGHT[20:]}]
    asked = exchange([HELLO], FIRST)

    def places(*history: Any, mode: str = "stream") -> list[tuple[str, Any]]:
        case = recorded(play(TURN), asked, exchange([HELLO, *history], FINAL), axes={"mode": mode})
        return [(one.path, one.origin) for one in whole(case)]

    place = ("$.messages[1].reasoning_content", "$.choices[0].message.reasoning_content")
    assert places(*pieces, told) == [place]
    assert places(FIRST, told) == places(*pieces, told, mode="plain") == []


def test_a_run_is_asked_for_all_that_it_can_tell() -> None:
    again = exchange([HELLO, {**FIRST, "reasoning_content": THOUGHT + THOUGHT}, AGAIN], FINAL)
    case = recorded(play(TURN), exchange([HELLO], FIRST), again, axes={"mode": "stream"}, starts=(0,))

    assert [one.check for one in run_findings(case)] == ["stream.thinking.once"]
    assert [one.check for one in run_findings(alone())] == ["failed-turn.survived"]
    assert [one.check for one in run_findings(untold())] == ["result.delivered"]
    assert [one.check for one in run_findings(torn())] == ["stream.thinking.whole"]
    assert [one.check for one in run_findings(handed_over())] == ["handoff.foreign.not-sent"]


def alone() -> Case:
    turns = (TurnScript((LAST,)), TurnScript((LAST,)))
    return recorded(play(*turns), exchange([HELLO], answer(THOUGHT)), scripted=(1, 1))


def untold() -> Case:
    return recorded(play(TURN), exchange([HELLO], FIRST), exchange([HELLO, FIRST], FINAL), wanted=(wanted(),))


def torn() -> Case:
    pieces = [answer(THOUGHT[:20], "So."), {**FIRST, "reasoning_content": THOUGHT[20:]}]
    asked = [exchange([HELLO], FIRST), exchange([HELLO, *pieces], FINAL)]
    return recorded(play(TURN), *asked, axes={"mode": "stream"})


def handed_over() -> Case:
    case = recorded("handoff", exchange([HELLO], FIRST))
    one = Finding(check="foreign.not-sent", status="fail", level="MUST", fate="invented", what="So.", request=1)
    vars(case)["report"] = replace(case.report, findings=(one,))
    return case
