"""Which calls there were: told from what travelled alone, also where no scaffold here comes."""

from __future__ import annotations

import pytest

from keepthinking_conformance.judge._answers import calls_of, gave_up, miscount
from keepthinking_conformance.scenarios import Fault, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    Speaks,
    answer,
    call,
    exchange,
    play,
    recorded,
    wanted,
)

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf."
FIRST = answer(THOUGHT, None, call("c1"))
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))


def test_an_answer_that_the_user_interrupted_has_not_arrived() -> None:
    (held,) = recorded("loop", exchange([HELLO], FINAL), held=(1,)).calls
    (came,) = recorded("loop", exchange([HELLO], FINAL)).calls

    assert (held.has_arrived, held.is_answered, held.is_cut) == (False, True, True)
    assert (came.has_arrived, came.is_answered, came.is_cut) == (True, True, False)


def test_a_request_that_fails_asks_for_the_first_step_of_its_turn_whatever_was_before() -> None:
    case = recorded(play(TURN, TURN), exchange([HELLO], FINAL), exchange([HELLO, AGAIN], status=500), starts=(0, 1))

    assert [(one.turn, one.step) for one in case.calls] == [(0, 1), (1, 0)]


def test_a_step_is_known_by_the_calls_of_its_own_turn_and_of_the_agents_own_conversation() -> None:
    others = (wanted(1, 1), wanted(0, 1)._replace(thread=1))
    case = recorded(play(TURN, TURN), exchange([HELLO], FIRST), wanted=(*others, wanted(0, 0)))

    assert [one.step for one in calls_of(case.cell, case.trace)] == [0]


def test_behind_a_fault_an_answer_that_never_came_counts_for_no_call() -> None:
    cut = exchange([HELLO], FIRST, delivered=False)
    case = recorded(
        play(TURN, faults=(Fault(kind="cut"),)), cut, exchange([HELLO], FINAL), scripted=(2,), wanted=(wanted(),)
    )

    assert miscount(case.cell, case.trace, case.calls) == "1 model calls in turn 1, where 2 were scripted"


def test_behind_a_fault_an_answer_that_the_user_interrupted_counts() -> None:
    turn = TurnScript((LOOK, LAST), interrupted=True)
    faults = (Fault(kind="overloaded"), Fault(kind="hold", at_request=3))
    lost = exchange([HELLO], status=503)
    held = exchange([HELLO], answer("Now it is"), delivered=False)
    case = recorded(
        play(turn, faults=faults),
        *(lost, exchange([HELLO], FIRST), held),
        scripted=(2,),
        held=(3,),
        wanted=(wanted(),),
    )

    assert miscount(case.cell, case.trace, case.calls) == ""


def test_words_may_be_asked_for_behind_a_thought_alone_and_behind_nothing_else() -> None:
    alone = recorded("thought-only", *[exchange([HELLO], answer(THOUGHT))] * 2, scripted=(1,))
    more = recorded("thought-only", *[exchange([HELLO], FINAL)] * 2, scripted=(1,))

    assert miscount(alone.cell, alone.trace, alone.calls) == ""
    assert miscount(more.cell, more.trace, more.calls) == "2 model calls in turn 1, where 1 were scripted"


@pytest.mark.parametrize(("made", "ended"), [(1, True), (2, False)])
def test_a_turn_may_end_where_the_user_refuses_a_call_and_need_not(made: int, *, ended: bool) -> None:
    turn = TurnScript((LOOK, LAST), approval="deny")
    exchanges = [exchange([HELLO], FIRST), exchange([HELLO, FIRST], FINAL)][:made]
    scenario = play(turn)
    case = recorded(scenario, *exchanges, scripted=(2,), denied=(wanted(),))

    assert gave_up(case.cell, case.calls) is ended
    assert miscount(case.cell, case.trace, case.calls) == ""


def test_an_answer_is_a_call_where_it_has_to_be_one_and_asks_for_no_step() -> None:
    last = answer(THOUGHT, None, call("c1", name="final_answer"))
    ends = Speaks("mini.ends", speech="final-answer")
    case = recorded(play(TURN), exchange([HELLO], last), subject=ends, wanted=(wanted(),))

    assert [one.step for one in case.calls] == [1]


def test_where_calls_are_text_a_step_is_known_by_what_the_model_said() -> None:
    said = {**answer(THOUGHT, 'Action: look_up\nAction Input: {"key": "key-1"}')}
    case = recorded(
        play(TURN), exchange([HELLO], said), subject=Speaks("mini.reacts", speech="react"), wanted=(wanted(),)
    )

    assert case.calls[0].texts == (said["content"],)
    assert [one.step for one in case.calls] == [0]
    assert recorded(play(TURN), exchange([HELLO], said), wanted=(wanted(),)).calls[0].step == 1
