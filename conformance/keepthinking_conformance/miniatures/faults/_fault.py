"""What a fault is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from keepthinking_conformance.miniatures._habits import Habits, Sent
from keepthinking_conformance.miniatures._talk import Talk
from keepthinking_conformance.miniatures.faults._hands import HANDS, Hands
from keepthinking_conformance.results._results import LostIn


class Fault(Struct, frozen=True, kw_only=True):
    """One way to be wrong.

    Attributes:
        name: Its name.
        does: What a scaffold with it does, one sentence.
        habits: Where it acts, and how.
        at: The point at which it acts: an attribute of `Habits`.
        seen: Where a real scaffold did so, or something near to it: a URL; "" where no report is known to us.
    """

    name: str
    does: str
    habits: Habits
    at: str
    seen: str = ""

    @property
    def lost_in(self) -> LostIn:
        """Who loses something: the framework, or its client, which writes requests out of what that one holds."""
        return "client" if self.at in {"sends", "lends"} else "framework"


def fault(seen: str = "", *, at: str = "sends", closes: bool = False) -> Callable[[Callable[..., Any]], Fault]:
    """Make a fault of a function, whose docstring says what it does.

    Args:
        seen: Where a real scaffold did so.
        at: The point at which it acts: an attribute of `Habits`.
        closes: Whether the scaffold asks for a last answer when it may take no more steps.
    """

    def made(function: Callable[..., Any]) -> Fault:
        name, does = function.__name__.replace("_", "-"), str(function.__doc__).splitlines()[0]
        return Fault(name=name, does=does, habits=Habits(**{at: function}, closes=closes), at=at, seen=seen)

    return made


def hands(sent: Sent) -> Hands:
    """Give hands for a request's dialect."""
    return hands_of(sent.talk)


def hands_of(talk: Talk) -> Hands:
    """Give hands for a conversation's dialect."""
    return HANDS[talk.endpoint.dialect]
