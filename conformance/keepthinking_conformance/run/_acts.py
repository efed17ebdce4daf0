"""The acts of a run: the turns, and what is done before, between and inside them.

Whatever a subject does, its session is closed: `Acts.play` is left by no way on which one stays open.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from keepthinking import Session
from keepthinking._adapter import (
    Approves,
    Capability,
    Compacts,
    HandsOff,
    Interrupts,
    Remembers,
    Reminds,
    Run,
    Saves,
    SwitchesModel,
)
from keepthinking._exchange import ERRORS_FROM
from keepthinking_conformance.perturbations import Spoken
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run._change import Around, Change, speak
from keepthinking_conformance.run._given import Hearing, run_of
from keepthinking_conformance.run._limits import CLOSE_SECONDS, Clock, SlowError
from keepthinking_conformance.run._powers import check_powers, lacks
from keepthinking_conformance.run._trace import Act, Given, Told

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Talk

_POLL_SECONDS: Final = 0.01
"""So often it is looked whether the provider holds an answer back."""

_MEMORY: Final[frozenset[Capability]] = frozenset({"memory"})
"""What a subject is asked for in every scenario, if it can."""


class Acts:
    """One run, as far as it has come.

    Attributes:
        starts: How many exchanges there were when each turn began.
        ends: How many there were when each turn ended.
        answers: What the user was shown.
        memories: What the framework held after each turn.
        done: What else was done.
        loads: How many exchanges there were when each fresh session had loaded the conversation.
        resumed: Before which turn the conversation was saved and loaded.
        retried: Turns whose words were given a second time.
        told: What the tools said.
        given: What each session was given.
        spoken: What the user said in each turn.
    """

    def __init__(self, cell: Cell, talk: Talk, clock: Clock, around: Around) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.answers: list[str] = []
        self.memories: list[str] = []
        self.done: list[Act] = []
        self.loads: list[int] = []
        self.resumed: int | None = None
        self.retried: list[int] = []
        self.told: list[Told] = []
        self.given: list[Given] = []
        self.spoken: list[Spoken] = []
        self._cell = cell
        self._talk = talk
        self._clock = clock
        self._directory = around.directory
        self._change = Change(cell, around)
        self._reminder = ""
        self._sessions = 0
        self._open: tuple[Session, Run] | None = None

    async def play(self) -> None:
        """Give the turns, from the start to the close. What a subject raises comes out of it."""
        try:
            await self._start()
            for number, words in enumerate(self._talk.turns):
                await self._before(number)
                self._change.enter(number, self._given[1].directory)
                self.starts.append(self._at)
                self.answers.append(await self._turn(number, words))
                self.ends.append(self._at)
                await self._remember()
            await self._close()
        except BaseException:
            await self._abandon()
            raise
        finally:
            self._change.leave()

    @property
    def _at(self) -> int:
        return self._talk.exchanged

    @property
    def _session(self) -> Session:
        return self._given[0]

    @property
    def _given(self) -> tuple[Session, Run]:
        if self._open is None:
            raise RuntimeError("no session is open")
        return self._open

    # -- sessions ------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self._clock.where = "start after saving" if self._sessions else "start"
        # A directory each: what a fresh session finds there, nobody has loaded.
        own = self._directory / str(self._sessions)
        own.mkdir()
        hearing = Hearing(self._talk, self._change, self.told, self._calling)
        run = run_of(self._cell, hearing, own, self._sessions)
        self.given.append(Given(self._at, frozenset(str(tool.tool.name) for tool in run.tools), run.system))
        self._sessions += 1
        session = await self._clock.limited(self._cell.subject.start(run))
        self._open = session, run
        check_powers(session, self._asked)

    async def _close(self) -> None:
        session, self._open = self._session, None
        self._clock.where = "close"
        await self._clock.limited(session.close(), CLOSE_SECONDS)

    async def _abandon(self) -> None:
        """Close what is open; what went wrong before is what counts."""
        if self._open is not None:
            (session, _), self._open = self._open, None
            with suppress(Exception):
                await self._clock.limited(session.close(), CLOSE_SECONDS, slow=False)

    async def _reopen(self) -> None:
        """Save the conversation, and load it in a fresh session."""
        session = self._session
        if not isinstance(session, Saves):
            raise lacks("save")
        self._clock.where = "save"
        saved = await self._clock.limited(session.save())
        await self._close()
        await self._start()
        session = self._session
        if not isinstance(session, Saves):
            raise lacks("save")
        self._clock.where = "load"
        await self._clock.limited(session.load(saved))
        self.loads.append(self._at)

    @property
    def _asked(self) -> set[Capability]:
        """What the session will be asked for."""
        return {*self._cell.needs, *(_MEMORY & self._cell.subject.capabilities)}

    # -- turns ---------------------------------------------------------------------------------------------------

    async def _before(self, number: int) -> None:
        """Do what is done before the user speaks."""
        before = self._cell.scenario.turns[number].before
        if before == "":
            return
        self.done.append(Act(before, number, self._at))
        session, run = self._given
        if before == "resume":
            self.resumed = number
            await self._reopen()
        elif before == "compact":
            if not isinstance(session, Compacts):
                raise lacks("compact")
            self._clock.where = f"compacting before turn {number + 1}"
            await self._clock.limited(session.compact())
        elif before in {"switch-model", "switch-back"}:
            if not isinstance(session, SwitchesModel):
                raise lacks("switch-model")
            self._clock.where = f"switching the model before turn {number + 1}"
            endpoint = run.endpoint if before == "switch-back" or run.other is None else run.other
            await self._clock.limited(session.switch_model(endpoint))

    async def _turn(self, number: int, words: str) -> str:
        """Give the user's words, and do what is done until they are answered."""
        row = self._cell.scenario.turns[number]
        self._clock.where = f"turn {number + 1}"
        if row.interrupted:
            return await self._interrupted(number, words)
        if row.limited:
            return await self._limited(number, words)
        fails = self._cell.scenario.faults or self._change.breaks
        shown = await self._given_twice(number, words) if fails else await self._say(number, words)
        if row.approval:
            for n, _ in enumerate(step for step in row.steps if step.calls):
                if row.reopened and n == 0:
                    self.done.append(Act("reopen", number, self._at))
                    await self._reopen()
                shown = await self._approve(number, allow=row.approval == "allow")
        return shown

    async def _limited(self, number: int, words: str) -> str:
        """Give the user's words; an agent that may not go on may say so by raising."""
        try:
            return await self._say(number, words)
        except SlowError:
            raise
        except Exception:
            if self._at - self.starts[number] < self._cell.scenario.max_steps:
                raise
        self.done.append(Act("give-up", number, self._at))
        return ""

    async def _say(self, number: int, words: str) -> str:
        session, spoken = self._session, self._change.said(words, number)
        self._reminder = spoken.reminder
        self.spoken.append(spoken)
        before = self._cell.scenario.turns[number].before
        if before not in {"handoff", "hand-back"}:
            return await self._clock.limited(speak(session, spoken))
        if not isinstance(session, HandsOff):
            raise lacks("handoff")
        return await self._clock.limited(session.handoff("other" if before == "handoff" else "", words))

    async def _calling(self) -> None:
        """Say what is to be said in the middle of the turn, when its first tool begins to work."""
        words, self._reminder = self._reminder, ""
        if words:
            session = self._session
            if not isinstance(session, Reminds):
                raise lacks("remind")
            await session.remind(words)

    async def _given_twice(self, number: int, words: str) -> str:
        """Give the user's words once more where the scaffold let through what the provider did wrong."""
        try:
            return await self._say(number, words)
        except SlowError:
            raise
        except Exception:
            if not self._is_faulty(number):
                raise
        await self._change.is_over()
        self.done.append(Act("repeat", number, self._at))
        self.retried.append(number)
        self._clock.where = f"turn {number + 1}, said again"
        return await self._say(number, words)

    def _is_faulty(self, number: int) -> bool:
        """Tell whether something went wrong on purpose in a turn."""
        if self._change.breaks:
            return True
        exchanges = self._talk.exchanges[self.starts[number] :]
        return any(exchange.status >= ERRORS_FROM or not exchange.delivered for exchange in exchanges)

    async def _approve(self, number: int, *, allow: bool) -> str:
        session = self._session
        if not isinstance(session, Approves):
            raise lacks("approve")
        self._clock.where = f"turn {number + 1}, approval"
        self.done.append(Act("allow" if allow else "deny", number, self._at))
        return await self._clock.limited(session.approve(allow=allow))

    async def _interrupted(self, number: int, words: str) -> str:
        """Interrupt the turn as soon as the provider holds an answer back; what was shown until then is given."""
        session, turning = self._session, asyncio.current_task()
        if not isinstance(session, Interrupts) or turning is None:
            raise lacks("interrupt")
        interrupting = asyncio.create_task(self._interrupt(session, number, turning))
        shown = ""
        try:
            shown = await self._say(number, words)
        except asyncio.CancelledError:
            if self._clock.stopped or not self._is_interrupted(number):
                interrupting.cancel()
                raise
            # A session may cancel the task that gave it the words, which is this one.
            while turning.cancelling():
                turning.uncancel()
        except SlowError:
            interrupting.cancel()
            raise
        except Exception:
            # Who goes on waiting meets the end of the answer that is held back, which is our doing and not its fault.
            if not (self._is_interrupted(number) and self._talk.torn):
                interrupting.cancel()
                raise
        except BaseException:
            interrupting.cancel()
            raise
        if self._is_interrupted(number):
            await _finished(interrupting)
        else:  # nothing was held back: there is nothing to interrupt
            interrupting.cancel()
        return shown

    async def _interrupt(self, session: Interrupts, number: int, turning: asyncio.Task[Any]) -> None:
        while not self._talk.held.is_set():  # noqa: ASYNC110 - it is set in the provider's thread
            await asyncio.sleep(_POLL_SECONDS)
        self._talk.held.clear()
        self._clock.where = f"turn {number + 1}, interrupted"
        self.done.append(Act("interrupt", number, self._at))
        try:
            await session.interrupt()
        except Exception:
            turning.cancel()  # it would wait for an answer that never ends
            raise

    def _is_interrupted(self, number: int) -> bool:
        return any(act.turn == number and act.kind == "interrupt" for act in self.done)

    async def _remember(self) -> None:
        if not _MEMORY & self._cell.subject.capabilities:
            return
        session = self._session
        if not isinstance(session, Remembers):
            raise lacks("memory")
        self._clock.where = "memory"
        self.memories.append(await self._clock.limited(session.memory()))


async def _finished(interrupting: asyncio.Task[None]) -> None:
    """Wait until a session has done what interrupts a turn that has ended, and let through what it raised."""
    done, _ = await asyncio.wait({interrupting}, timeout=CLOSE_SECONDS)
    if not done:
        interrupting.cancel()
        raise SlowError(CLOSE_SECONDS)
    if not interrupting.cancelled():  # else it has waited for what it had cancelled
        interrupting.result()
