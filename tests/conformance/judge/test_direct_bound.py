"""Scaffolds that bring their own tools: which calls are counted, what a result has to say, what has to be offered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from keepthinking_conformance.judge import judge
from keepthinking_conformance.judge._answers import miscount
from keepthinking_conformance.judge._expected import untold
from keepthinking_conformance.judge._runs._results import delivered
from keepthinking_conformance.judge._terms import other_terms
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.scenarios import Binding, Call, Served, TurnScript
from tests.conformance.judge.recorded import (
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
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras

FIRST = answer("Box 4 stands on the upper shelf.", None, call("c1"))
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))


@dataclass
class Brings(Miniature):
    """A scaffold with a tool of its own."""

    id: str = "mini.brings"
    capabilities: frozenset[Any] = frozenset()
    tool: Binding = field(default_factory=lambda: Binding(tool="look_up", arguments={"key": "{key}"}))

    def binding(self, profile: str) -> Binding:
        del profile
        return self.tool

    def served(self, served: Served) -> Served:
        return served

    def unfit(self, cell: Cell) -> tuple[Any, str]:
        del cell
        return "", ""


def finds(what: Any) -> Brings:
    return Brings(tool=Binding(tool="look_up", arguments={"key": "{key}"}, finds=what))


def case(*exchanges: Any, **more: Any) -> Any:
    held: dict[str, Any] = {"subject": Brings(), "scripted": (2,), "wanted": (wanted(),), **more}
    return recorded(play(TURN), *exchanges, **held)


def test_the_last_answer_of_a_turn_may_be_asked_for_again_and_no_other() -> None:
    first, last = exchange([HELLO], FIRST), exchange([HELLO], FINAL)

    def said(*exchanges: Any) -> str:
        one = case(*exchanges)
        return miscount(one.cell, one.trace, one.calls)

    assert said(first, last) == said(first, last, last) == said(first, last, last, last) == ""
    assert said(first, first, last) == "3 model calls in turn 1, where 2 were scripted"
    assert said(first) == "1 model calls in turn 1, where 2 were scripted"


def undelivered(text: str, subject: Miniature, outcome: Any = "ok") -> list[str]:
    """Say what is found where the model was told a text as the result of its call."""
    asked = wanted(call=Call(tool="look_up", outcome=outcome))
    told = exchange([HELLO, FIRST, result("c1", text)], FINAL)
    return [one.check for one in delivered(case(exchange([HELLO], FIRST), told, subject=subject, wanted=(asked,)))]


@pytest.mark.parametrize(
    ("what", "outcome", "alters"),
    [("file", "ok", True), ("file", "error", False), ("anything", "ok", False), ("anything", "error", False)],
)
def test_of_what_a_tool_of_its_own_finds_the_code_has_to_come(what: Any, outcome: Any, *, alters: bool) -> None:
    assert undelivered("There is no such file.", finds(what), outcome) == ["result.delivered"] * alters
    assert undelivered("   1\tR-1", finds(what), outcome) == []  # not as the script's own tool would have put it


def test_where_nothing_tells_what_a_tool_returns_no_verdict_is_given_on_it() -> None:
    told = exchange([HELLO, FIRST, result("c1", "R-1")], FINAL, tools=True)
    exchanges = exchange([HELLO], FIRST, tools=True), told

    def said(what: Any) -> tuple[Any, dict[str, str]]:
        one = case(*exchanges, subject=finds(what), called=(wanted(),))
        found = judge(one.cell, one.trace)
        assert found.untold == untold(one.cell)
        return found.checks["result.delivered"], dict(found.untold)

    assert said("file") == ("pass", {})
    assert said("anything") == ("unsupported", {"result.delivered": "nothing tells what `look_up` returns"})


def test_the_tool_that_was_chosen_is_offered_first_and_what_else_is_does_not_matter() -> None:
    def said(offers: list[bool], tool: str = "look_up") -> tuple[str, str] | None:
        exchanges = [exchange([HELLO], FINAL, tools=offer) for offer in offers]
        found = other_terms(case(*exchanges, subject=Brings(tool=Binding(tool=tool, arguments={}))))
        return None if found is None else (found.where, found.message)

    assert said([True, True]) is said([True, False]) is None
    assert said([False, True]) == ("request 1", "it does not offer `look_up`, which it did before")
    assert said([True], "grep") == ("request 1", "it does not offer `grep`, which it did before")
