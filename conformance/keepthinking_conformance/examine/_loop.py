"""An event loop that no scaffold can hold open.

`asyncio.run` waits for every task and every thread that is left. A scaffold that swallows its cancellation or sits in a
thread would let it wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")

_THREADS: Final = 4096
"""So many threads may be stuck at a time: with few, those that hang would starve the runs that do not."""

_PATIENCE: Final = 1.0
"""So long, in seconds, what is left over may take to end."""


class _Unjoined(ThreadPoolExecutor):
    """Threads that nobody waits for."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the base's signature
        super().shutdown(wait=False, cancel_futures=True)


def run_unjoined(main: Coroutine[Any, Any, T]) -> tuple[T, bool]:
    """Run a coroutine in a loop of its own.

    Returns:
        What it returns, and whether tasks are left that do not end; the loop stays open then.
    """
    runner = asyncio.Runner()
    loop = runner.get_loop()
    loop.set_default_executor(_Unjoined(max_workers=_THREADS))
    found = runner.run(main)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left and loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE))[1]:
        return found, True
    runner.close()
    return found, False
