"""Scenarios that only miniatures play: what real models do seldom, and a check still has to see."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.scenarios import Call, Say, Scenario, StepScript, Think, TurnScript

_ONE: Final = StepScript((Think(), Call(tool="look_up")))
_BARE: Final = StepScript((Call(tool="read_note"),))
_ANSWER: Final = StepScript((Think(), Say()))

UNTHOUGHT: Final = Scenario(
    id="unthought", title="A step without a thought between two with one", turns=(TurnScript((_ONE, _BARE, _ANSWER)),)
)
