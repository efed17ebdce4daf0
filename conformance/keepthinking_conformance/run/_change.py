"""What is changed in one run: its perturbation, with all that is drawn for it. Without one nothing is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from keepthinking import Session
from keepthinking._adapter import Attaches, Run, TakesSeveral
from keepthinking_conformance.perturbations import Perturbation, Place, Result, Spoken, Stage
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run._powers import lacks

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Called

_NOTHING: Final = Perturbation(id="", axis="tools", title="Nothing is changed", rule="Nothing differs.")


class Around(NamedTuple):
    """What surrounds a run.

    Attributes:
        directory: A directory that nothing else uses.
        seed: The examination's seed.
        restart: Ends the provider, and starts it again when so many seconds are over; what it gives is set then.
    """

    directory: Path
    seed: int
    restart: Callable[[float], threading.Event]


class Change:
    """The perturbation of one run."""

    def __init__(self, cell: Cell, around: Around) -> None:
        self._row = cell.change or _NOTHING
        self._around = around
        self._drawn_of = f"{around.seed} {cell.id}"
        self._places = ExitStack()
        self._up: threading.Event | None = None

    @property
    def breaks(self) -> bool:
        """Whether a turn may fail because of it."""
        return self._row.breaks

    def given(self, run: Run, session: int) -> Run:
        """Give what a session is given."""
        return self._row.given(run, Stage(session, self._draw("given")))

    def said(self, words: str, turn: int) -> Spoken:
        """Give what the user says in a turn."""
        return self._row.says(words, turn, self._draw(f"turn {turn}"))

    async def told(self, called: Called, text: str, nth: int) -> str:
        """Give what a tool says."""
        draw = self._draw(f"result {nth}")
        result = Result(called.call.tool, called.turn, nth, text, called.receipt, draw)
        return await self._row.tells(result)

    def enter(self, turn: int, directory: Path) -> None:
        """Change what the scaffold runs in, before a turn."""
        spare = self._around.directory / "elsewhere"
        spare.mkdir(exist_ok=True)
        self._places.enter_context(self._row.around(Place(turn, directory, spare, self._restart)))

    async def is_over(self) -> None:
        """Wait until the provider is there again."""
        if self._up is not None:
            await asyncio.to_thread(self._up.wait)

    def leave(self) -> None:
        """Put everything back."""
        self._places.close()

    def _restart(self, after: float) -> threading.Event:
        self._up = self._around.restart(after)
        return self._up

    def _draw(self, of: str) -> Random:
        return Random(f"{self._drawn_of} {of}")  # noqa: S311 - seeded, so that a failure comes again


async def speak(session: Session, spoken: Spoken) -> str:
    """Give a session what the user says, however much that is."""
    *_, last = spoken.texts
    if spoken.image is not None:
        if not isinstance(session, Attaches):
            raise lacks("image")
        return await session.turn_with(last, spoken.image)
    if len(spoken.texts) > 1:
        if not isinstance(session, TakesSeveral):
            raise lacks("several")
        return await session.turn_of(spoken.texts)
    return await session.turn(last)
