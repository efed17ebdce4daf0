"""How long things may take, and where a run stands when they take longer.

Rule: nothing waits without a limit. A scaffold that does not notice that its time is up is left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, TypeVar

from keepthinking_conformance.results import Incident
from keepthinking_conformance.run._incident import timeout

T = TypeVar("T")

TURN_SECONDS: Final = 60.0
"""So long a turn may take. A scripted answer takes milliseconds; the rest is the scaffold, and its first import.

A scaffold that blocks the event loop is stopped when it lets go of it, not before.
"""

CLOSE_SECONDS: Final = 5.0
"""So long a session may take to close."""

_GRACE_SECONDS: Final = 2.0
"""So long a scaffold whose time is up may take to notice; one that swallows its cancellation is left behind."""


class SlowError(Exception):
    """A subject took longer than it may, in seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)


class Clock:
    """The limits of one run.

    Attributes:
        where: What is going on, in words for a report.
        stopped: Whether the run was ended from outside: by Ctrl-C, or since its time was up.
    """

    def __init__(self, turn_seconds: float) -> None:
        self.where = "start"
        self.stopped = False
        self._turn_seconds = turn_seconds
        self._limit = turn_seconds
        self._deadline = asyncio.get_running_loop().time() + turn_seconds

    async def limited(self, doing: Awaitable[T], seconds: float | None = None, *, slow: bool = True) -> T:
        """Wait for something, but not for ever.

        Args:
            doing: What is waited for.
            seconds: So long; by default as long as a turn may take.
            slow: Whether it is told where this is slow; not where something went wrong before.

        Raises:
            SlowError: It took longer.
        """
        seconds = self._turn_seconds if seconds is None else seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        if slow:
            self._limit = seconds
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await doing
        except TimeoutError:
            if limit.expired():
                raise SlowError(seconds) from None
            raise  # a client's own limit: the scaffold let it through

    async def watch(self, run: Coroutine[Any, Any, Incident | None]) -> Incident | None:
        """Drive a run, and leave it behind if it does not end when its time is up.

        All of it is one task: a client may open in `start` what only the same task may close.
        """
        driving = asyncio.create_task(run)
        try:
            while not (await asyncio.wait({driving}, timeout=self._left()))[0]:
                if not self._left():  # the deadline moves with each turn
                    self.stopped = True
                    driving.cancel()
                    return timeout(self.where, self._limit)
        except asyncio.CancelledError:  # by Ctrl-C
            self.stopped = True
            driving.cancel()
            await asyncio.wait({driving}, timeout=CLOSE_SECONDS)
            raise
        return driving.result()

    def _left(self) -> float:
        return max(self._deadline + _GRACE_SECONDS - asyncio.get_running_loop().time(), 0)
