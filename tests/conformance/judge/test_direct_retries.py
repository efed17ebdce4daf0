"""Requests that failed and calls that are no JSON, in courses that no scaffold here takes."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking import Message, Text, Thinking
from keepthinking._turns import Spot
from keepthinking_conformance.judge._runs import STOPS
from keepthinking_conformance.judge._runs._retried import _change, malformed, retried
from keepthinking_conformance.scenarios import Call, Fault, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    SYSTEM,
    Wire,
    answer,
    call,
    exchange,
    play,
    recorded,
    responses,
    result,
    wanted,
)

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
FIRST = answer(THOUGHT, None, call("c1"))
TOLD = result("c1", "It holds R-1.")
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))
RETRY = play(TURN, faults=(Fault(kind="overloaded"),))


# -- retries -----------------------------------------------------------------------------------------------------------


def test_what_is_refused_behind_a_fault_is_not_the_second_try() -> None:
    lost, refused = exchange([SYSTEM, HELLO], status=503), exchange([HELLO], status=400)
    good = exchange([SYSTEM, HELLO], FINAL)

    assert list(retried(recorded(RETRY, lost, refused, good))) == []
    assert [found.fate for found in retried(recorded(RETRY, lost, exchange([HELLO], FINAL)))] == ["altered"]


@pytest.mark.parametrize("broken", [0, 1])
def test_a_request_that_nobody_can_read_has_no_other_history(broken: int) -> None:
    exchanges = [exchange([SYSTEM, HELLO], status=503), exchange([HELLO], FINAL)]
    exchanges[broken] = exchange([], FINAL if broken else None, status=200 if broken else 503, request=b"[")

    assert list(retried(recorded(RETRY, *exchanges))) == []


def test_a_turn_that_is_begun_anew_begins_as_that_turn_began() -> None:
    """The first turn is there, and what was said in the second one is let go of."""
    before = [SYSTEM, HELLO, FINAL, AGAIN]
    scenario = play(TurnScript((LAST,)), TURN, faults=(Fault(kind="overloaded", at_request=3),))
    exchanges = [
        exchange([SYSTEM, HELLO], FINAL),
        exchange(before, FIRST),
        exchange([*before, FIRST, TOLD], status=503),
    ]
    more: dict[str, Any] = {"starts": (0, 1), "retried": (1,), "wanted": (wanted(1),)}

    def found(history: list[Wire]) -> list[Any]:
        return list(retried(recorded(scenario, *exchanges, exchange(history, FIRST), **more)))

    assert found([*before, AGAIN]) == []
    assert [one.fate for one in found([SYSTEM, HELLO, AGAIN])] == ["altered"]


def test_where_the_first_request_of_a_turn_cannot_be_read_it_tells_nothing() -> None:
    exchanges = [
        exchange([], FIRST, request=b"["),
        exchange([HELLO, FIRST, TOLD], status=503),
        exchange([HELLO], FINAL),
    ]

    (found,) = retried(recorded(RETRY, *exchanges, retried=(0,), wanted=(wanted(),)))

    assert found.fate == "altered"


def test_a_turn_that_goes_on_without_what_was_said_in_it_was_not_begun_anew() -> None:
    exchanges = [exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], status=503), exchange([HELLO], FINAL)]

    (found,) = retried(recorded(RETRY, *exchanges, retried=(0,), wanted=(wanted(),)))

    assert (found.fate, found.request) == ("altered", 3)


def test_a_run_that_ends_behind_a_fault_of_the_script_is_found_and_behind_another_it_is_not() -> None:
    lost = exchange([HELLO], status=503)

    (found,) = retried(recorded(RETRY, lost))
    assert (found.fate, found.request, found.path) == ("dropped", 1, "$")
    assert found.what == "behind a fault of the provider the run did not go on"
    assert list(retried(recorded(play(TURN), lost))) == []
    assert list(retried(recorded(RETRY, exchange([HELLO], answer("Well"), delivered=False), held=(1,)))) == []
    assert [one.fate for one in retried(recorded(RETRY, exchange([HELLO], FIRST, delivered=False)))] == ["dropped"]


def test_that_a_retry_has_not_gone_on_explains_that_less_was_asked() -> None:
    assert {
        *("persist.open-call.kept", "failed-turn.survived", "retry.history.unaltered", "malformed-call.answered"),
        "thinking.not-executed",
    } == STOPS


def test_the_provider_may_number_what_is_said_again() -> None:
    case = recorded("loop", exchange([HELLO], FINAL), profile="openai")

    def said(item: int) -> list[Message]:
        return [Message(role="assistant", blocks=(Text(text="A lamp.", item=item),))]

    assert _change(case, said(0), said(1)) is None
    assert _change(case, said(0), [Message.user("A lamp.")]) == Spot(0, 1 << 30)


def test_what_is_gone_at_the_end_is_missed_in_the_last_message() -> None:
    case = recorded(RETRY, exchange([HELLO], FINAL))
    first, second, third = (
        Message.user("What is in box 4?"),
        Message.assistant(Text(text="A lamp.")),
        Message.user("So?"),
    )

    assert _change(case, [first, second, third], [first, second]) == Spot(1, 1 << 30)


def test_a_thought_that_became_a_text_is_another_history() -> None:
    case = recorded(RETRY, exchange([HELLO], FINAL))
    thought, text = Message.assistant(Thinking.of("Box 4.")), Message.assistant(Text(text="Box 4."))

    assert _change(case, [thought], [text]) == Spot(0, 1 << 30)


# -- malformed calls ---------------------------------------------------------------------------------------------------

BROKEN = StepScript((Think(), Call(tool="look_up", outcome="malformed")))
MALFORMED = TurnScript((BROKEN, LAST))
ASKED = answer(THOUGHT, None, call("c1", arguments='{"key": '))


def unanswered(*exchanges: Any, turns: tuple[TurnScript, ...] = (MALFORMED,), **more: Any) -> list[str]:
    found = list(malformed(recorded(play(*turns), *exchanges, **more)))
    assert {one.fate for one in found} <= {"dropped"}
    return [one.what for one in found]


def test_a_malformed_call_that_ended_its_turn_is_not_looked_for_in_the_next() -> None:
    turns = (MALFORMED, TurnScript((LAST,)))
    (said,) = unanswered(exchange([HELLO], ASKED), exchange([HELLO, AGAIN], FINAL), turns=turns, starts=(0, 1))

    assert said.startswith("a call with arguments that are no JSON ended the turn")


def test_a_malformed_call_is_looked_for_in_what_can_be_read() -> None:
    assert unanswered(exchange([HELLO], ASKED), exchange([], FINAL, request=b"[")) == []


def test_a_malformed_call_stays_and_has_a_result() -> None:
    told = result("c1", "no JSON")

    assert unanswered(exchange([HELLO], ASKED), exchange([HELLO, ASKED, told], FINAL)) == []
    assert unanswered(exchange([HELLO], ASKED), exchange([HELLO, ASKED], FINAL))[0].endswith("has no result")
    assert unanswered(exchange([HELLO], ASKED), exchange([HELLO], FINAL))[0].endswith("is gone from the history")


def test_a_malformed_call_that_the_server_holds_is_not_gone() -> None:
    made = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look_up", "arguments": '{"key": '}
    told = {"type": "function_call_output", "call_id": "c1", "output": "no JSON"}

    def said(**held: str) -> list[str]:
        return unanswered(responses([HELLO], made), responses([told], id_="resp_2", **held), profile="openai")

    assert said(previous_response_id="resp_1") == []
    assert said()[0].endswith("is gone from the history")


@pytest.mark.parametrize(
    ("made", "known"),
    [(("c1", '{"key": '), True), (("c2", '{"key": '), True), (("c1", "{}"), True), (("c2", "{}"), False)],
)
def test_a_malformed_call_is_known_by_its_id_or_by_its_arguments(made: tuple[str, str], *, known: bool) -> None:
    stands = answer(THOUGHT, None, call(made[0], arguments=made[1]))
    (said,) = unanswered(exchange([HELLO], ASKED), exchange([HELLO, stands, result("c9", "no JSON")], FINAL))

    assert said.endswith("has no result" if known else "is gone from the history")


def test_of_several_calls_the_malformed_one_is_meant() -> None:
    step = StepScript((Think(), Call(tool="look_up"), Call(tool="look_up", outcome="malformed")))
    turn = TurnScript((step, LAST))
    both = answer(THOUGHT, None, call("c1"), call("c2", arguments='{"key": '))

    def said(*told: Wire) -> list[str]:
        return unanswered(exchange([HELLO], both), exchange([HELLO, both, *told], FINAL), turns=(turn,))

    assert said(TOLD, result("c2", "no JSON")) == []
    assert said(TOLD)[0].endswith("has no result")
    assert unanswered(exchange([HELLO], FIRST), exchange([HELLO, FIRST], FINAL), turns=(turn,)) == []
    cut = exchange([HELLO], both, delivered=False)
    assert unanswered(cut, exchange([HELLO], FINAL), turns=(turn,)) == []


def test_that_a_malformed_call_has_no_result_shows_at_the_end_of_the_next_request() -> None:
    (found,) = malformed(recorded(play(MALFORMED), exchange([HELLO], ASKED), exchange([HELLO, ASKED], FINAL)))

    assert (found.request, found.path) == (2, "$.messages[1]")


def test_a_turn_may_have_more_requests_than_steps() -> None:
    more = [exchange([HELLO], FIRST, delivered=False) for _ in range(4)]

    assert unanswered(exchange([HELLO], FIRST), *more, turns=(TURN,)) == []
