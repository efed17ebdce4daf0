"""Families of tasks that show what lost thinking costs, as data: what a model has to do, and what of it only it knows.

In all of them the model is a policy over what it can see of a request. What a scaffold has lost it does not know, and
then it does what anybody does who has forgotten: it decides anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from keepthinking_conformance.scenarios._types import Call, Say, Scenario, StepScript, Think, TurnScript

FamilyName = Literal["commitment", "control", "mixed"]


class Family(Struct, frozen=True, kw_only=True):
    """One family.

    Attributes:
        id: Its name.
        title: What its tasks ask, for a person.
        options: How many keys there are to choose from.
        steps: How many calls a model makes that remembers all.
        success: The chance of success of a model that remembers nothing of what it thought.
        calls: How many calls such a model makes on average.
    """

    id: FamilyName
    title: str
    options: int
    steps: int
    success: float
    calls: float

    @property
    def scenario(self) -> Scenario:
        """The conversation as a model plays it that remembers all."""
        step = StepScript((Think(), Call(tool="look_up")))
        answer = StepScript((Think(), Say()))
        return Scenario(id=f"amnesia-{self.id}", title=self.title, turns=(TurnScript((*(step,) * self.steps, answer)),))


def _commitment(options: int, steps: int) -> Family:
    """Make tasks of a plan that is drawn at random; forgotten, each step but the first is drawn again."""
    return Family(
        id="commitment",
        title="A plan that stands in the first thought alone",
        options=options,
        steps=steps,
        success=(1 / options) ** (steps - 1),
        calls=steps,
    )


def _mixed(options: int) -> Family:
    """Make tasks of one place among several, known from the first thought; forgotten, they are searched one by one."""
    return Family(
        id="mixed",
        title="A place that is known from the first thought, and can be searched for",
        options=options,
        steps=2,
        success=1.0,
        calls=1 + (options + 1) / 2,
    )


_ROWS = (
    _commitment(options=3, steps=3),
    Family(
        id="control",
        title="A chain in which each result names the next key",
        options=4,
        steps=4,
        success=1.0,
        calls=4,
    ),
    _mixed(options=5),
)

FAMILIES: Final[Mapping[FamilyName, Family]] = MappingProxyType({row.id: row for row in _ROWS})
"""The families by name."""
