"""Turns that end early: what the user says next, and what explains that less was asked than scripted."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking import Finding
from keepthinking_conformance.judge._judge import _is_ours, _stopped
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


def finding(check: str, fate: Any, request: int = 1) -> Finding:
    return Finding(check=check, status="fail", level="MUST", fate=fate, what="It is so.", request=request)


def test_a_run_stopped_where_something_is_gone_or_was_done_that_was_not_asked() -> None:
    stops = [_stopped([finding("thinking.not-executed", fate)]) for fate in ("misplaced", "dropped", "altered")]

    assert stops == [True, True, False]
    assert not _stopped([finding("call.kept", "dropped")])
