"""Calls and answers that were only thought: which of them count as run or shown, and where the model is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Finding
from keepthinking_conformance.judge._runs import run_findings
from keepthinking_conformance.judge._runs._acted import acted
from keepthinking_conformance.provider._script import Called
from keepthinking_conformance.scenarios import FINAL, Call, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    Wire,
    answer,
    call,
    exchange,
    play,
    recorded,
    result,
    wanted,
)

pytestmark = pytest.mark.extras

TURN = TurnScript((LOOK, LAST))
PLAIN = answer("Nothing is known of it.", "It may be key-9.", call("c1"))
THOUGHT = answer("I could look up key-9, but I will not.", None, call("c1"))
TOLD = result("c1", "It holds R-1.")
ENDS = answer("Now it is known.", "A lamp.")
RAN = "a call of 'look_up' that stands in a thought was run"
SHOWN = "the turn ended with an answer that stands in a thought"


def held(tool: str = "look_up", step: int = 0, **more: Any) -> Called:
    return wanted(0, step, "key-9", call=Call(tool=tool), receipt="R-9")._replace(**more)


def found(one: Called, *exchanges: Any, turns: tuple[TurnScript, ...] = (TURN,), **more: Any) -> list[Finding]:
    more = {"wanted": (wanted(),), **more}
    return list(acted(recorded(play(*turns), *exchanges, considered=(one,), **more)))


# -- calls -------------------------------------------------------------------------------------------------------------


def test_a_call_that_was_only_thought_is_found_where_it_was_run() -> None:
    exchanges = [exchange([HELLO], status=503), exchange([HELLO], PLAIN), exchange([HELLO], THOUGHT)]
    exchanges += [exchange([HELLO, THOUGHT, result("c1", "It holds R-9.")], ENDS)] * 2

    (one,) = found(held(), *exchanges, acted=(held(),))

    assert (one.check, one.fate, one.level, one.what) == ("thinking.not-executed", "misplaced", "MUST", RAN)
    assert (one.response, one.origin) == (3, "$.choices[0].message.reasoning_content")
    assert (one.request, one.path, one.requests) == (4, "$.messages[2].content", 1)
    assert found(held(), *exchanges) == []


def test_that_one_call_was_run_says_nothing_of_another() -> None:
    other = wanted(0, 0, "key-8", call=Call(tool="look_up"))
    case = recorded(play(TURN), exchange([HELLO], THOUGHT), considered=(other, held()), acted=(held(),))

    assert [one.check for one in run_findings(case)] == ["thinking.not-executed"]


def test_a_call_that_stands_in_no_thought_was_never_thought() -> None:
    assert found(held(), exchange([HELLO], PLAIN), acted=(held(),)) == []


PART: Wire = {"type": "text", "text": "It holds R-9."}
IMAGE: Wire = {"type": "image_url", "image_url": {"url": "https://box.example/R-9.png"}}


@pytest.mark.parametrize(
    ("behind", "place"),
    [
        ([{"role": "user", "content": "It holds R-9."}], "$.messages[1].content"),
        ([answer("", "It holds R-9."), result("c1", "R-9")], "$.messages[2].content"),
        ([{**TOLD, "content": [IMAGE, PART]}], "$.messages[1].content"),
        ([{**TOLD, "content": [IMAGE]}], None),
        ([{**TOLD, "content": None}, result("c2", "R-9")], "$.messages[2].content"),
        ([TOLD, answer("", "It holds R-9.")], None),
    ],
)
def test_the_model_is_told_in_a_result_or_in_words_that_are_not_its_own(behind: list[Wire], place: str | None) -> None:
    exchanges = [exchange([HELLO], THOUGHT), exchange([], THOUGHT, request=b"["), exchange([HELLO, *behind], ENDS)]

    (one,) = found(held(), *exchanges, acted=(held(),))

    assert (one.request, one.path) == ((1, "$") if place is None else (3, place))


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "shown", "is_found"),
    [
        (held(FINAL), ("It is key-9.",), True),
        (held(FINAL), ("It is key-8.",), False),
        (held(FINAL), (), False),
        (held(FINAL), ("A lamp.", "It is key-9."), False),
        (held(FINAL, step=1), ("It is key-9.",), False),
        (held(FINAL, thread=1), ("It is key-9.",), False),
        (held("look_up"), ("It is key-9.",), False),
    ],
)
def test_an_answer_that_was_only_thought_is_found_where_its_turn_ended_with_it(
    one: Called, shown: tuple[str, ...], *, is_found: bool
) -> None:
    """Of an agent's last step all may be shown; what another agent thought, or another turn shows, is not this."""
    turns = (TURN, TURN)
    exchanges = [exchange([HELLO], THOUGHT), exchange([HELLO, THOUGHT, TOLD, AGAIN], ENDS)]

    here = found(one, *exchanges, turns=turns, answers=shown, starts=(0, 1))

    assert [(each.what, each.response, each.request) for each in here] == [(SHOWN, 1, 1)] * is_found


@pytest.mark.parametrize(("last", "is_found"), [(THOUGHT, True), (ENDS, False)])
def test_a_turn_that_went_on_did_not_end_with_what_was_thought(last: Wire, *, is_found: bool) -> None:
    exchanges = [exchange([HELLO], THOUGHT), exchange([HELLO, THOUGHT, TOLD], last)]

    here = found(held(FINAL), *exchanges, answers=("It is key-9.",))

    assert [each.origin is not UNSET for each in here] == [True] * is_found
