"""Which calls there were: told from what travelled alone, also where no scaffold here comes."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking import Message, Seal, Text, Thinking
from keepthinking_conformance.judge._answers import calls_of, gave_up, held, is_alone, is_refused, miscount
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


def test_a_thought_broke_off_where_it_is_the_last_block() -> None:
    def cut(said: Any) -> int | None:
        return recorded("loop", exchange([HELLO], said, delivered=False)).calls[0].cut_thought

    assert [cut(answer(THOUGHT)), cut(answer(THOUGHT, "So")), cut(answer("", "So"))] == [0, None, None]
    assert recorded("loop", exchange([HELLO], answer(THOUGHT))).calls[0].cut_thought is None


def test_what_the_provider_ran_itself_is_no_call() -> None:
    body = b"""{"id": "m", "type": "message", "role": "assistant", "model": "claude-opus-4-7", "content": [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        {"type": "tool_use", "id": "c1", "name": "look_up", "input": {"key": "key-1"}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}}"""
    asked = exchange([HELLO], response=body, path="/v1/messages")

    assert [one.id for one in recorded("loop", asked, profile="anthropic").calls[0].tool_calls] == ["c1"]


def test_an_error_is_no_answer_whatever_it_says() -> None:
    (one,) = recorded("loop", exchange([HELLO], FINAL, status=500)).calls

    assert not one.is_answered


def test_an_answer_that_the_user_interrupted_is_the_last_of_its_turn_where_it_calls_nothing() -> None:
    case = recorded(play(TurnScript((LOOK, LOOK, LAST))), exchange([HELLO], FINAL, delivered=False), held=(1,))

    assert [one.step for one in case.calls] == [2]


def counted(scenario: Any, *exchanges: Any, **more: Any) -> str:
    case = recorded(scenario, *exchanges, **{"wanted": (wanted(),), "scripted": (2,), **more})
    return miscount(case.cell, case.trace, case.calls)


def test_behind_a_fault_answers_alone_are_counted_and_may_be_more() -> None:
    faulty = play(TURN, faults=(Fault(kind="overloaded"),))
    lost, first, last = exchange([HELLO], status=503), exchange([HELLO], FIRST), exchange([HELLO], FINAL)

    assert counted(faulty, lost, first) == "1 model calls in turn 1, where 2 were scripted"
    assert counted(faulty, first, lost, first, last) == ""
    assert counted(play(TURN), first, first, last) == "3 model calls in turn 1, where 2 were scripted"
    assert counted(play(TURN), first, first) == "2 model calls in turn 1, for 1 of the 2 answers scripted"


@pytest.mark.parametrize(("more", "ended"), [({}, False), ({"approval": "deny"}, True), ({"limited": True}, True)])
def test_a_turn_may_be_given_up_where_the_user_refuses_or_no_more_steps_may_be_taken(
    more: dict[str, Any], *, ended: bool
) -> None:
    case = recorded(play(TurnScript((LOOK, LAST), **more)), exchange([HELLO], FIRST), wanted=(wanted(),))

    assert gave_up(case.cell, case.calls) is ended
    assert (counted(case.cell.scenario, exchange([HELLO], FIRST)) == "") is ended


def test_an_empty_text_says_nothing_and_nothing_is_no_thought() -> None:
    def alone(*blocks: Any) -> bool:
        return is_alone([Message(role="assistant", blocks=blocks)])

    thought = Thinking.of(THOUGHT)
    assert [alone(thought), alone(thought, Text(text="")), alone(thought, Text(text="So."))] == [True, True, False]
    assert [alone(), alone(Text(text="")), is_alone(())] == [False] * 3


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        *((200, False), (399, False), (400, True), (404, True), (499, True), (500, False), (503, False)),
        *((408, False), (409, False), (429, False)),
    ],
)
def test_a_request_is_refused_where_no_client_would_send_it_again(status: int, *, refused: bool) -> None:
    (one,) = recorded("loop", exchange([HELLO], status=status)).calls

    assert is_refused(one) is refused


def test_what_a_title_or_a_helper_asks_belongs_to_no_step() -> None:
    title, helper = (exchange([HELLO], FINAL, scope=scope) for scope in ("", "made/helper"))
    case = recorded(play(TURN), title, exchange([HELLO], FIRST), helper, wanted=(wanted(),))

    assert [(one.number, one.turn, one.step) for one in case.calls] == [(2, 0, 0)]


def test_what_has_to_come_back_is_counted_by_kind() -> None:
    (one,) = recorded("loop", exchange([HELLO], answer(THOUGHT, "So.", call("c1"), call("c2")))).calls
    sealed = Thinking(seals=(Seal(slot="data", wire="D"), Seal(slot="signature", wire="S")))
    more = one._replace(messages=(*one.messages, Message(role="assistant", blocks=(sealed,))))

    assert held([more]) == {"thinking": 2, "seals": 2, "calls": 2, "texts": 1}
    assert held([more._replace(held=True)]) == dict.fromkeys(("thinking", "seals", "calls", "texts"), 0)
