"""What a perturbation is: the points of a run at which it acts. One that does nothing changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from random import Random
from threading import Event
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from keepthinking._adapter import Capability, Run
from keepthinking_conformance.scenarios import Scenario

Axis = Literal["tools", "system", "user", "environment", "results"]
"""What is changed: which tools there are and what is said of them; the system prompt; what the user says; what the
scaffold runs in; what tools give."""

SECOND: Final = 1
"""The turn, or the session, in which everything that changes in the middle of a run has changed, from 0."""


class Stage(NamedTuple):
    """Where in a run something is given.

    Attributes:
        session: Number of the session, from 0: a second one has loaded what the first one saved.
        draw: What is drawn is drawn of this: of the seed, the run and the perturbation, so that a failure comes again.
    """

    session: int
    draw: Random


class Result(NamedTuple):
    """What a tool is about to give.

    Attributes:
        tool: The tool's name.
        turn: The turn in which it was called, from 0.
        nth: How many calls there were before it.
        text: What the tool gives.
        receipt: The code in it, without which nobody knows what was called.
        draw: As in `Stage`.
    """

    tool: str
    turn: int
    nth: int
    text: str
    receipt: str
    draw: Random


class Spoken(Struct, frozen=True, kw_only=True):
    """What the user says at once.

    Attributes:
        texts: The messages, one behind the other. Several are given by `TakesSeveral`.
        image: A picture (PNG) beside the last of them, given by `Attaches`; None where there is none.
        reminder: What is said in the middle of the turn, while its first tool works, by `Reminds`; "" for nothing.
    """

    texts: tuple[str, ...]
    image: bytes | None = None
    reminder: str = ""


class Place(NamedTuple):
    """What a scaffold runs in.

    Attributes:
        turn: Before which turn it is changed, from 0.
        directory: The directory of the session, which the scaffold was told of.
        spare: Another one, which it was not.
        restart: Ends the provider, and starts it again where it was when so many seconds are over; what it gives is set
            then.
    """

    turn: int
    directory: Path
    spare: Path
    restart: Callable[[float], Event]


Tells: TypeAlias = Callable[[Result], Coroutine[Any, Any, str]]
"""Gives what a tool says instead. What it raises is the tool's failure."""


def _script(scenario: Scenario) -> Scenario:
    return scenario


def _given(run: Run, stage: Stage) -> Run:
    del stage
    return run


def _says(words: str, turn: int, draw: Random) -> Spoken:
    del turn, draw
    return Spoken(texts=(words,))


async def _tells(result: Result) -> str:
    return result.text


def _around(place: Place) -> AbstractContextManager[object]:
    del place
    return nullcontext()


class Perturbation(Struct, frozen=True, kw_only=True):
    """One change.

    Attributes:
        id: Stable id: `axis.name`.
        axis: What is changed.
        title: How, for a person.
        rule: What may differ from the same run without it. Everything else has to be as it is there.
        plays: Id of the scenario in which it is played.
        needs: What a subject has to be able to do besides.
        script: Makes the scenario another one: who calls which tool, and what goes wrong.
        given: Changes the tools and the system prompt that a session is given.
        says: Changes what the user says.
        tells: Changes what a tool gives.
        around: Changes what the scaffold runs in, from before a turn to the end of the run.
        breaks: Whether a turn may fail because of it; its words are given once more then.
        alone: Whether it changes what the whole process shares, so that nothing else may run meanwhile.
        hides: Whether results no longer say which call they belong to, so that only a wire with calls can tell.
        allows: Checks that it sets off itself, by its own rule, each with the reason.
    """

    id: str
    axis: Axis
    title: str
    rule: str
    plays: str = "second-turn"
    needs: frozenset[Capability] = frozenset()
    script: Callable[[Scenario], Scenario] = _script
    given: Callable[[Run, Stage], Run] = _given
    says: Callable[[str, int, Random], Spoken] = _says
    tells: Tells = _tells
    around: Callable[[Place], AbstractContextManager[object]] = _around
    breaks: bool = False
    alone: bool = False
    hides: bool = False
    allows: Mapping[str, str] = MappingProxyType({})
