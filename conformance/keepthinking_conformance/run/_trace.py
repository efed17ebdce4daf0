"""What happened in a run, as its judge is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from keepthinking import Exchange
from keepthinking_conformance.results import Incident

if TYPE_CHECKING:  # the provider needs its server, a trace does not
    from keepthinking_conformance.provider._script import Called


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
