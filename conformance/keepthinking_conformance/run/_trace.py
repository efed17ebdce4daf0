"""What happened in a run, as its judge is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from keepthinking import Exchange
from keepthinking_conformance.results import Incident

if TYPE_CHECKING:  # the provider needs its server, a trace does not
    from keepthinking_conformance.provider._script import Called


class Voice(NamedTuple):
    """Who answered a request.

    Attributes:
        name: "" for the run's own model, `other` for the other one.
        profile: Name of the profile that was played.
        model: The model's name, as the scaffold was told to ask for it.
    """

    name: str
    profile: str
    model: str


class Trace(NamedTuple):
    """What happened in a run.

    Attributes:
        exchanges: What travelled, in order.
        scope: The scope of those that belong to the script.
        starts: How many exchanges there were when each turn began.
        scripted: How many calls a faithful scaffold makes, per turn.
        resumed: Before which turn the conversation was saved and loaded, by index; None where it was not.
        answers: What the user was shown.
        incident: What ended it early.
        problems: What went wrong in the provider.
        seconds: How long it took.
        wanted: The tool calls of the script.
        called: What the scaffold called, in order: a call of the script, or None for arguments of none of them.
        voices: Who answered each exchange; empty where all were answered by the run's own model.
        memories: What the framework's own history held after each turn, written out; empty where the subject does not
            show it.
        loads: How many exchanges there were when each fresh session had loaded the conversation.
        retried: Turns whose words were given a second time, by index.
        held: Numbers of the exchanges, from 1, whose answer the user interrupted.
    """

    exchanges: tuple[Exchange, ...]
    scope: str
    starts: tuple[int, ...]
    scripted: tuple[int, ...]
    resumed: int | None
    answers: tuple[str, ...]
    incident: Incident | None
    problems: tuple[str, ...]
    seconds: float
    wanted: tuple[Called, ...] = ()
    called: tuple[Called | None, ...] = ()
    voices: tuple[Voice, ...] = ()
    memories: tuple[str, ...] = ()
    loads: tuple[int, ...] = ()
    retried: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
