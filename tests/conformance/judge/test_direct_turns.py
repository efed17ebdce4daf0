"""Turns that end early: what the user says next, and what explains that less was asked than scripted."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking_conformance.judge._judge import _is_ours, _stopped
from keepthinking_conformance.judge._terms import repeated
from keepthinking_conformance.perturbations import Spoken
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
)

pytestmark = pytest.mark.extras

FIRST = answer("Box 4 stands on the upper shelf.", None, call("c1"))
FINAL = answer("Now it is known.", "A lamp.")


def test_behind_a_turn_that_was_given_up_the_users_words_in_its_loop_are_our_own_doing() -> None:
    def ours(request: int, *, limited: bool) -> bool:
        turns = (TurnScript((LOOK, LAST), limited=limited), TurnScript((LAST,)))
        case = recorded(play(*turns), exchange([HELLO], FIRST), exchange([HELLO, AGAIN], FINAL), starts=(0, 1))
        return _is_ours(case, finding("inject.boundary", "altered", request))

    assert [ours(number, limited=True) for number in (1, 2)] == [False, True]
    assert [ours(number, limited=False) for number in (1, 2)] == [False, False]


def test_the_next_question_is_the_users_also_where_the_end_of_the_turn_before_is_gone() -> None:
    turns = (TurnScript((LOOK, LAST)), TurnScript((LAST,)))

    def ours(*spoken: str, at: int = 2, sent: str = AGAIN["content"]) -> list[bool]:
        histories = ([HELLO, FIRST, HELLO], [HELLO, FIRST, {"role": "user", "content": sent}])
        said = tuple(Spoken(texts=(words,)) for words in spoken)
        case = recorded(play(*turns), *[exchange(history, FINAL) for history in histories], starts=(0, 1), spoken=said)
        found = finding("inject.boundary", "altered")
        return [_is_ours(case, replace(found, request=n, path=f"$.messages[{at}].content")) for n in (1, 2)]

    assert ours(HELLO["content"], AGAIN["content"]) == [False, True]
    assert ours(HELLO["content"], "Thank you.") == ours(HELLO["content"]) == [False, False]
    assert ours(HELLO["content"], AGAIN["content"], at=9) == [False, False]


def test_the_users_words_are_known_by_how_they_begin() -> None:
    turns, words = (TurnScript((LOOK, LAST)), TurnScript((LAST,))), "Look into box 5!\nAnd tell me what it holds."
    spoken = tuple(Spoken(texts=(text,)) for text in (HELLO["content"], words))

    def ours(sent: str) -> bool:
        second = exchange([HELLO, FIRST, {"role": "user", "content": sent}], FINAL)
        case = recorded(play(*turns), exchange([HELLO], FIRST), second, starts=(0, 1), spoken=spoken)
        return _is_ours(case, replace(finding("inject.boundary", "altered", 2), path="$.messages[2].content"))

    assert (ours(f"[12:00] {words}"), ours("And tell me what it holds.")) == (True, False)


def finding(check: str, fate: Any, request: int = 1) -> Finding:
    return Finding(check=check, status="fail", level="MUST", fate=fate, what="It is so.", request=request)


def test_a_run_stopped_where_something_is_gone_or_was_done_that_was_not_asked() -> None:
    stops = [_stopped([finding("thinking.not-executed", fate)]) for fate in ("misplaced", "dropped", "altered")]

    assert stops == [True, True, False]
    assert not _stopped([finding("call.kept", "dropped")])


def test_an_answered_request_that_is_made_again_is_named() -> None:
    first, other = exchange([HELLO], FIRST), exchange([HELLO, AGAIN], FINAL)

    said = repeated(recorded("loop", first, other, first, first))

    assert said.startswith(
        "; requests 1, 3 and 4 are the same byte for byte, though each was answered. The scaffold asked"
    )
    assert repeated(recorded("loop", first, first)).startswith("; requests 1 and 2 are the same")


def test_a_request_whose_answer_did_not_arrive_may_be_made_again() -> None:
    first, other = exchange([HELLO], FIRST), exchange([HELLO, AGAIN], FINAL)
    lost, failed = exchange([HELLO], FIRST, delivered=False), exchange([HELLO], status=503)

    assert repeated(recorded("loop", lost, failed, first, other)) == ""
    assert repeated(recorded("loop")) == ""
