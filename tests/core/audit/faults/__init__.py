"""Faults that a scaffold may have, each planted in one request of a faithful recording.

A fault changes the request and says what the audit has to find: which check, which fate, at which JSON path, on whose
account. It registers itself by the decorator `fault`; `test_faults` plants them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.core.audit.places import Json, at, path
from tests.core.audit.scripted import Recorded
from tests.core.audit.wires import WIRES, Place, Wire, results_of


@dataclass(frozen=True)
class Expect:
    """What the audit has to say.

    Attributes:
        check: The check.
        fate: The fate.
        path: The JSON path in the request, in the shape of `Recorded`.
        answer: Whose answer is meant, by number from 1.
        origin: The JSON path in its response, if one block of it is meant.
        implied: Other checks that the same fault may touch.
        level: The level, if it is not MUST.
        times: How many findings of this check, one for each block that the fault touches.
    """

    check: str
    fate: str
    path: str
    answer: int | None
    origin: str | None = None
    implied: frozenset[str] = frozenset()
    level: str = "MUST"
    times: int = 1


Fault = Callable[[Recorded, int], Expect]
FAULTS: dict[str, tuple[Fault, tuple[str, ...], int]] = {}


def wires(meets: Callable[[Wire], bool]) -> tuple[str, ...]:
    """Name the wires on which a fault is possible."""
    return tuple(wire.name for wire in WIRES.values() if meets(wire))


def fault(*names: str, request: int = 6) -> Callable[[Fault], Fault]:
    """Plant a fault in one request of these wires; by default in the sixth, whose history is one running loop."""

    def add(function: Fault) -> Fault:
        if names:
            FAULTS[function.__name__] = (function, names, request)
        return function

    return add


def of(recorded: Recorded, answer: int, *place: str | int) -> str:
    return path("messages", recorded.places[answer], *place)


def origin(recorded: Recorded, *place: str | int) -> str:
    return path(*recorded.wire.place({}, place))


def drop(message: Json, place: Place) -> Json:
    """Take out a member or an element."""
    gone: Json = at(message, place[:-1]).pop(place[-1])
    if isinstance(place[-1], int) and not at(message, place[:-1]):
        at(message, place[:-2]).pop(place[-2])
    return gone


STRUCTURED = wires(lambda wire: not wire.inline)
"""Thinking stands apart from the text."""
SEALED = wires(lambda wire: wire.several and wire.sealed)
"""Several thoughts, each with a seal."""
SEALS = wires(lambda wire: wire.sealed or wire.seal_beside)
"""Something is sealed."""
BESIDE = wires(lambda wire: wire.seal_beside)
"""Seals stand on the calls and texts that thoughts led to."""
ALL = tuple(WIRES)
CHATS = wires(lambda wire: wire.blocks is None and wire.named)
"""Calls stand beside the text, and have ids."""
LISTS = wires(lambda wire: wire.blocks is not None and wire.sealed)
"""All blocks stand in one list, thoughts among them."""
SHIFTED = frozenset({"result.unaltered", "context.pairs.kept", "order.results"})
"""What else is told where calls have no ids: results then belong to calls by their order alone."""
NAMED = wires(lambda wire: wire.named)
"""Calls have ids."""


def answering(recorded: Recorded, request: int, answer: int, n: int) -> tuple[Json, str]:
    """Give a result of an answer's call, and its path."""
    wire, messages = recorded.wire, recorded.messages(request)
    m, place = list(results_of(wire, messages, recorded.places[answer]))[n]
    here = ("content",) if place == () else place
    return at(messages[m], place), path("messages", m, *here)
