"""Work in forks of this process: each begins with all that is imported here, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import selectors
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, Generic, Literal, NamedTuple, TypeVar

_MEMORY: Final = 4 << 30
"""So many bytes a mistake may take."""

_WAIT: Final = 900
"""So many seconds a fork may last at all, whatever it does."""

FACTOR: Final = 50
"""What takes so many times as long as it did without a mistake, does not come to an end."""

FLOOR: Final = 5.0
"""So many seconds of the processor everything may take."""

T = TypeVar("T")

End = Literal["", "broke", "hung", "lost"]


class Told(NamedTuple):
    """What became of a piece of work.

    Attributes:
        value: What it gave; where it broke, the exception as Python writes it.
        end: "" where it came to its end, "broke" at an exception, "hung" where it used up the processor's time that it
            was given, "lost" where something else ended it: the machine, a full memory, somebody.
    """

    value: object
    end: End = ""


class _Child(NamedTuple, Generic[T]):
    task: T
    process: int
    told: bytearray


def forked(tasks: Iterable[T], work: Callable[[T], object], jobs: int) -> Iterator[tuple[T, Told]]:
    """Do pieces of work, each in a process of its own, and give what became of each as it ends.

    Where this is left early, the processes are ended.

    Args:
        tasks: The pieces.
        work: What is done; what it gives has to be such that pickle can write it.
        jobs: How many at the same time.
    """
    waiting = iter(tasks)
    running: dict[int, _Child[T]] = {}
    gc.freeze()  # what is collected in a fork would be copied
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                for task in islice(waiting, jobs - len(running)):
                    pipe, process = _begun(work, task)
                    running[pipe] = _Child(task, process, bytearray())
                    selector.register(pipe, selectors.EVENT_READ)
                if not running:
                    return
                for key, _ in selector.select():
                    child = running[key.fd]
                    if more := os.read(key.fd, 1 << 16):
                        child.told.extend(more)
                        continue
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    del running[key.fd]
                    yield child.task, _told(child)
        finally:
            for child in running.values():
                os.kill(child.process, signal.SIGKILL)
                os.waitpid(child.process, 0)


def allow(seconds: float) -> None:
    """Give the work of a fork so much more of the processor, and not what it was given before.

    Args:
        seconds: What it takes where nothing is wrong; it may take many times as much.
    """
    signal.setitimer(signal.ITIMER_PROF, FACTOR * seconds + FLOOR)


def _begun(work: Callable[[T], object], task: T) -> tuple[int, int]:
    pipe, end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(end)
        return pipe, process
    try:
        os.close(pipe)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.alarm(_WAIT)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        with os.fdopen(end, "wb") as out:
            out.write(pickle.dumps(_done(work, task)))
    except BaseException:  # noqa: BLE001 - whatever it is, a fork must not go on as if it were its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _done(work: Callable[[T], object], task: T) -> Told:
    try:
        return Told(work(task))
    except BaseException as error:  # noqa: BLE001 - a mistake may break anything
        return Told("".join(traceback.format_exception(error)), "broke")


def _told(child: _Child[T]) -> Told:
    _, status = os.waitpid(child.process, 0)
    if os.WIFSIGNALED(status):
        return Told(None, "hung" if os.WTERMSIG(status) == signal.SIGPROF else "lost")
    return pickle.loads(child.told) if status == 0 else Told(None, "lost")  # noqa: S301 - our own process
