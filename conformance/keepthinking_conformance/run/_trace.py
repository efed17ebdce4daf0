"""What happened in a run, as its judge is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from keepthinking import Exchange
from keepthinking_conformance.perturbations import Spoken
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


class Act(NamedTuple):
    """Something that was done with the scaffold besides giving it a user's words.

    Attributes:
        kind: What was done: what stands in `TurnScript.before`; `allow` or `deny`, which answers a question; `reopen`,
            which saves and loads while a call waits; `interrupt`; `repeat`, which gives a turn's words once more;
            `give-up`, where the scaffold raised since it might not go on.
        turn: Before or in which turn, by index.
        at: How many exchanges there were when it began.
    """

    kind: str
    turn: int
    at: int


class Given(NamedTuple):
    """What a session was given.

    Attributes:
        at: How many exchanges there were when it began.
        tools: Names of its tools.
        system: Its instructions.
    """

    at: int
    tools: frozenset[str]
    system: str


class Told(NamedTuple):
    """What a tool gave the scaffold.

    Attributes:
        called: The call of the script.
        text: The result, or the text of the failure.
        failed: Whether it failed.
    """

    called: Called
    text: str
    failed: bool


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
        wanted: The tool calls of the script that a faithful scaffold makes: none that the user denies, none with
            arguments that are no JSON, and none that asks a helper.
        helped: The calls of the agent's own that ask a helper.
        considered: The calls and answers of the script that stand in thoughts, and were never made.
        acted: Those of them that the scaffold called all the same, in order.
        called: What the scaffold called, in order: a call of the script, or None for arguments of none of them.
        voices: Who answered each exchange; empty where all were answered by the run's own model.
        memories: What the framework's own history held after each turn, written out; empty where the subject does not
            show it.
        loads: How many exchanges there were when each fresh session had loaded the conversation.
        retried: Turns whose words were given a second time, by index.
        held: Numbers of the exchanges, from 1, whose answer the user interrupted.
        ends: How many exchanges there were when each turn ended; a turn that was never finished has none.
        acts: What else was done, in order.
        denied: The calls that the user did not allow.
        told: What the tools gave, in the order in which they gave it.
        given: What each session was given, in order.
        spoken: What the user said in each turn, with all that a perturbation added.
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
    helped: tuple[Called, ...] = ()
    considered: tuple[Called, ...] = ()
    acted: tuple[Called, ...] = ()
    called: tuple[Called | None, ...] = ()
    voices: tuple[Voice, ...] = ()
    memories: tuple[str, ...] = ()
    loads: tuple[int, ...] = ()
    retried: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    acts: tuple[Act, ...] = ()
    denied: tuple[Called, ...] = ()
    told: tuple[Told, ...] = ()
    given: tuple[Given, ...] = ()
    spoken: tuple[Spoken, ...] = ()
