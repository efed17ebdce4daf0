"""Where a scaffold may go wrong: the points at which a fault acts. The correct one does nothing at any of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from keepthinking_conformance.miniatures._wire import Asked, Entry, Json, Place, Told, Wire

if TYPE_CHECKING:
    from keepthinking_conformance.miniatures._talk import Talk


class Sent:
    """A request that is about to be sent.

    Attributes:
        wire: The dialect.
        head: What it has besides its history.
        history: The history, a copy.
        number: Which request of the conversation it is, from 1.
        again: Whether it is sent again.
    """

    def __init__(self, talk: Talk, head: dict[str, Json], history: list[Entry], *, again: bool) -> None:
        self.talk = talk
        self.wire: Wire = talk.wire
        self.head = head
        self.history = history
        self.number = talk.asked
        self.again = again

    @property
    def answers(self) -> list[list[Json]]:
        """The answers in it."""
        return [entry.wire for entry in self.history if entry.kind == "answer"]

    @property
    def results(self) -> list[list[Json]]:
        """What tools said in it."""
        return [entry.wire for entry in self.history if entry.kind == "results"]

    def thoughts(self) -> list[Place]:
        """List all thoughts in it."""
        return [place for answer in self.answers for place in self.wire.thoughts(answer)]

    def body(self) -> dict[str, Json]:
        """Put it together."""
        return {**self.head, self.wire.history: [held for entry in self.history for held in entry.wire]}


def _nothing(*_: Any) -> None:
    """Do nothing."""


def _same(held: Any) -> Any:
    return held


def _called(calls: list[Asked], answer: Entry, talk: Talk) -> list[Asked]:
    """Take the calls as they are."""
    del answer, talk
    return calls


def _newest(history: list[Entry]) -> list[Entry]:
    """Keep the newest turn, with all that belongs to it."""
    begins = [i for i, entry in enumerate(history) if entry.kind == "user"]
    return history[begins[-1] :] if begins else history


def _forget(answer: Entry, talk: Talk) -> None:
    """Take out what another provider has sealed: nobody takes it but that one."""
    talk.wire.forget(answer.wire)


class Habits(Struct, frozen=True, kw_only=True):
    """What a scaffold makes of what passes through it.

    Attributes:
        hears: Of the events of a streamed answer.
        takes: Of an answer that goes into the history.
        reads: Of the calls that it has read in an answer.
        ends: Of an answer behind which the model goes on: what the user is shown instead; None where it goes on, too.
        tells: Of what a tool said.
        sends: Of a request.
        lends: Of an answer that another provider gave, in a request.
        saves: Of a history that is saved.
        loads: Of a history that was loaded.
        trims: Of a history that is to get shorter.
        stops: Of a conversation whose answer was interrupted.
        closes: Whether it asks for a last answer, without offering tools, when it may take no more steps.
    """

    hears: Callable[[list[Json]], list[Json]] = _same
    takes: Callable[[Entry, Talk], None] = _nothing
    reads: Callable[[list[Asked], Entry, Talk], list[Asked]] = _called
    ends: Callable[[Entry, Talk], str | None] = _nothing
    tells: Callable[[Told], Told] = _same
    sends: Callable[[Sent], None] = _nothing
    lends: Callable[[Entry, Talk], None] = _forget
    saves: Callable[[list[Entry], Talk], None] = _nothing
    loads: Callable[[list[Entry], Talk], None] = _nothing
    trims: Callable[[list[Entry]], list[Entry]] = _newest
    stops: Callable[[Talk], None] = _nothing
    closes: bool = False


def copied(history: list[Entry]) -> list[Entry]:
    """Copy a history, so that what is done to one request is not done to the next."""
    return [replace(entry, wire=copy.deepcopy(entry.wire)) for entry in history]
