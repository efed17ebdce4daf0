"""Ctrl-C, heard where a program waits and between two pieces of its work.

Python raises it anywhere, also while a value is let go, where it is ignored and told on the standard error. So the
first Ctrl-C lets the piece that is under way be done; a second one ends it at once.
"""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Self, TypeVar

from keepthinking.cli._output import Output

_T = TypeVar("_T")


class Interrupts:
    """Hears Ctrl-C while some work is done, and says what it leaves behind.

    Args:
        out: What the work writes to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._waiting = False
        self._heard = False
        self._ours = False

    def __enter__(self) -> Self:
        # nobody hears it in another thread, and what somebody else hears is theirs
        free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._ours = free and current_thread() is main_thread()
        if self._ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            raise KeyboardInterrupt(self._out.state) from error

    def each(self, pieces: Iterable[_T]) -> Iterator[_T]:
        """Give pieces of work, and wait for each. Raises `KeyboardInterrupt` where one was heard."""
        rest = iter(pieces)
        end = object()
        while True:
            with self.waiting():
                piece = next(rest, end)
            if piece is end:
                return
            yield piece  # type: ignore[misc]  # it is not the end

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Let the first Ctrl-C be raised at once. Raises `KeyboardInterrupt`, also for one that came before."""
        if self._heard:
            raise KeyboardInterrupt
        self._waiting = True
        try:
            yield
        finally:
            self._waiting = False

    def _note(self, number: int, _: FrameType | None) -> None:
        del number
        if self._waiting or self._heard:
            raise KeyboardInterrupt
        self._heard = True
