"""Faults that a scaffold may have, each planted in one request of a faithful recording.

A fault changes the request and says what the audit has to find: which check, which fate, at which JSON path, on whose
account. It registers itself by the decorator `fault`; `test_faults` plants them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.core.audit.places import Json, at, path
from tests.core.audit.scripted import Recorded
from tests.core.audit.wires import Claude


@dataclass(frozen=True)
class Expect:
    """What the audit has to say.

    Attributes:
        check: The check.
        fate: The fate.
        path: The JSON path in the request.
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


def fault(*wires: str, request: int = 6) -> Callable[[Fault], Fault]:
    """Plant a fault in one request of these wires; by default in the sixth, whose history is one running loop."""

    def add(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, wires or ("deepseek", "openrouter", "claude", "minimax"), request)
        return function

    return add


def of(recorded: Recorded, answer: int, *place: str | int) -> str:
    return path("messages", recorded.places[answer], *place)


def origin(recorded: Recorded, *place: str | int) -> str:
    return path(*place) if isinstance(recorded.wire, Claude) else path("choices", 0, "message", *place)


def drop(message: Json, place: tuple[str | int, ...]) -> Json:
    """Take out a member or an element."""
    gone: Json = at(message, place[:-1]).pop(place[-1])
    if isinstance(place[-1], int) and not at(message, place[:-1]):
        at(message, place[:-2]).pop(place[-2])
    return gone


STRUCTURED = ("deepseek", "openrouter", "claude")
SEALED = ("openrouter", "claude")


def results(recorded: Recorded, request: int) -> Iterator[tuple[Json, str, str]]:
    """Give each result of a request with the name of its id and its place."""
    for m, message in enumerate(recorded.messages(request)):
        if message["role"] == "tool":
            yield message, "tool_call_id", path("messages", m, "content")
        elif isinstance(message["content"], list):
            for b, block in enumerate(message["content"]):
                if block["type"] == "tool_result":
                    yield block, "tool_use_id", path("messages", m, "content", b)


def answering(recorded: Recorded, request: int, id_: str) -> tuple[Json, str, str]:
    return next(found for found in results(recorded, request) if found[0][found[1]] == id_)


def call_id(recorded: Recorded, answer: int, n: int, request: int) -> str:
    message = recorded.answer(answer, request)
    found: str = at(message, recorded.wire.calls(message)[n])["id"]
    return found
