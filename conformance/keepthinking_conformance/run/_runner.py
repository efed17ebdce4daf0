"""Running cells: each is a fresh conversation of one subject with the scripted provider.

Rule 1: a run never decides anything. It collects what travelled, and what went wrong.
Rule 2: whatever a subject does, its session is closed and its directory is removed, also after Ctrl-C.
Rule 3: what a scaffold prints goes to the standard error: the standard output belongs to the report.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from keepthinking import Endpoint, Session
from keepthinking._adapter import Run, Saves
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run._incident import incident, timeout
from keepthinking_conformance.run._said import words_of
from keepthinking_conformance.run._trace import Trace

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Provider, Talk

T = TypeVar("T")

API_KEY: Final = "sk-keepthinking-check"
"""The credential that subjects are given; the provider takes any."""

TURN_SECONDS: Final = 60.0
"""So long a turn may take. A scripted answer takes milliseconds; the rest is the scaffold, and its first import.

A scaffold that blocks the event loop is stopped when it lets go of it, not before.
"""

CLOSE_SECONDS: Final = 5.0
"""So long a session may take to close."""

GRACE_SECONDS: Final = 2.0
"""So long a scaffold whose time is up may take to notice; one that swallows its cancellation is left behind."""

_STDOUT, _STDERR = 1, 2
"""File descriptors."""

SPARE_CALLS: Final = 20
"""So many calls more than scripted a run may make before the provider refuses: a loop has to end."""


async def run_cell(cell: Cell, provider: Provider, *, seed: int, turn_seconds: float = TURN_SECONDS) -> Trace:
    """Run one cell: open the talk, start the subject, give it the turns, close."""
    talk = provider.open(
        cell.scenario,
        profile=cell.served.profile,
        model=cell.model,
        seed=seed,
        token=_token(cell, seed),
        cap=cell.calls + SPARE_CALLS,
    )
    run = _Run(cell, talk, turn_seconds)
    began = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="keepthinking-", ignore_cleanup_errors=True) as directory:
            found = await run.watched(Path(directory))
    finally:
        talk.close()
    return Trace(
        exchanges=talk.exchanges,
        scope=talk.token,
        starts=tuple(run.starts),
        scripted=talk.expected,
        resumed=run.resumed,
        answers=tuple(run.answers),
        incident=found,
        problems=tuple(talk.problems),
        seconds=time.perf_counter() - began,
        wanted=talk.script.calls,
        called=tuple(talk.called),
        system=talk.system,
    )


class _Run:
    """One run: where it stands, so that what ends it early can be told."""

    def __init__(self, cell: Cell, talk: Talk, turn_seconds: float) -> None:
        self.cell = cell
        self.talk = talk
        self.turn_seconds = turn_seconds
        self.starts: list[int] = []
        self.answers: list[str] = []
        self.resumed: int | None = None
        self.where = "start"
        self.limit = turn_seconds
        self.deadline = asyncio.get_running_loop().time() + turn_seconds
        self.stopped = False

    async def watched(self, directory: Path) -> Incident | None:
        """Drive the run, and leave it behind if it does not end when its time is up.

        All of it is one task: a client may open in `start` what only the same task may close.
        """
        driving = asyncio.create_task(self.drive(directory))
        try:
            while not (await asyncio.wait({driving}, timeout=self._left()))[0]:
                if not self._left():  # the deadline moves with each turn
                    self.stopped = True
                    driving.cancel()
                    return timeout(self.where, self.limit)
        except asyncio.CancelledError:  # by Ctrl-C
            self.stopped = True
            driving.cancel()
            await asyncio.wait({driving}, timeout=CLOSE_SECONDS)
            raise
        return driving.result()

    def _left(self) -> float:
        return max(self.deadline + GRACE_SECONDS - asyncio.get_running_loop().time(), 0)

    async def drive(self, directory: Path) -> Incident | None:
        """Give the turns; what a subject raises ends them."""
        try:
            await self._turns(directory)
        except _SlowError as error:
            return timeout(self.where, error.seconds)
        except BaseException as error:
            if self.stopped:
                raise
            return self._incident(error)
        return None

    async def _turns(self, directory: Path) -> None:
        saved: bytes | None = None
        turns = list(enumerate(self.talk.turns))
        before = next((t for t, turn in enumerate(self.cell.scenario.turns) if turn.before == "resume"), None)
        parts = [turns] if before is None else [turns[:before], turns[before:]]
        for part in parts:
            async with self._session(directory) as session:
                if saved is not None:
                    self.where, self.resumed = "load", part[0][0]
                    await self._limited(_saves(session).load(saved))
                for number, words in part:
                    self.where = f"turn {number + 1}"
                    self.starts.append(len(self.talk.exchanges))
                    self.answers.append(await self._limited(session.turn(words)))
                if part is not parts[-1]:
                    self.where = "save"
                    saved = await self._limited(_saves(session).save())

    @asynccontextmanager
    async def _session(self, directory: Path) -> AsyncGenerator[Session]:
        self.where = "start" if not self.starts else "start after saving"
        # A directory each: what a fresh session finds there, nobody has loaded.
        own = directory / str(len(self.starts))
        own.mkdir()
        session = await self._limited(self.cell.subject.start(self._run_of(own)))
        try:
            yield session
        except BaseException:
            with suppress(Exception):  # what went wrong before is what counts
                await self._limited(session.close(), CLOSE_SECONDS, slow=False)
            raise
        self.where = "close"
        await self._limited(session.close(), CLOSE_SECONDS)

    def _run_of(self, directory: Path) -> Run:
        cell, talk = self.cell, self.talk
        endpoint = Endpoint(
            dialect=cell.served.dialect,
            base_url=talk.base_url,
            model=cell.model,
            api_key=API_KEY,
            profile=cell.served.profile,
            extra_body=cell.served.extra_body,
        )
        return Run(
            id=cell.id,
            endpoint=endpoint,
            directory=directory,
            tools=tuple(talk.tools),
            system=talk.system,
            stream=cell.stream,
        )

    async def _limited(self, doing: Awaitable[T], seconds: float | None = None, *, slow: bool = True) -> T:
        seconds = self.turn_seconds if seconds is None else seconds
        self.deadline = asyncio.get_running_loop().time() + seconds
        if slow:  # what was slow before is told, not that it closes slowly, too
            self.limit = seconds
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await doing
        except TimeoutError:
            if limit.expired():
                raise _SlowError(seconds) from None
            raise  # a client's own limit: the scaffold let it through

    def _incident(self, error: BaseException) -> Incident:
        return incident(error, self.where, words_of(self.cell, self.talk.exchanges))


class _SlowError(Exception):
    """A subject took longer than it may, in seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)


def _token(cell: Cell, seed: int) -> str:
    """Name a run so that a replay says the same words."""
    return blake2b(f"{seed} {cell.id}".encode(), digest_size=6).hexdigest()


def _saves(session: Session) -> Saves:
    if not isinstance(session, Saves):
        raise TypeError("the subject claims `save`, and its session has no `save` and `load`")
    return session


@contextmanager
def quiet_output() -> Generator[None]:
    """Let what scaffolds print go to the standard error, also past Python: by file descriptor and from a child."""
    try:
        sys.stdout.flush()
        kept = os.dup(_STDOUT)
    except (OSError, ValueError):  # it is closed: nothing can reach it
        with redirect_stdout(sys.stderr):
            yield
        return
    try:
        os.dup2(_STDERR, _STDOUT)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if sys.__stdout__ is not None:
            with suppress(OSError, ValueError):
                sys.__stdout__.flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)


@contextmanager
def quiet_surroundings() -> Generator[None]:
    """Keep what surrounds a run out of it: proxies, which would answer for loopback, and what scaffolds print.

    Logs that nobody asked for are not printed either: they may quote what was said.
    """
    silence = logging.NullHandler()  # or logging's own handler of last resort prints warnings
    logging.getLogger().addHandler(silence)
    kept = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    for name, value in kept.items():
        os.environ[name] = ",".join(filter(None, (value, "127.0.0.1", "localhost")))
    try:
        with quiet_output():
            yield
    finally:
        logging.getLogger().removeHandler(silence)
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
