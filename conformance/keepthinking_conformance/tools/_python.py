"""The Python interpreter: code in a process of its own, which has nothing and is not given long.

Whoever calls it says which code may run: this module only sees to it that the code comes to an end and leaves nothing
behind. It gets an empty environment, an empty folder and no input. That is no prison: the suite's own code needs none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import IO, Final

SECONDS: Final = 5.0
"""So long code may run."""

MOST_BYTES: Final = 20_000
"""So much it may print."""

_CHUNK: Final = 4096
_KEPT: Final = ("SYSTEMROOT",)
"""Without it Python does not start on Windows: it finds no random numbers."""


async def run_python(code: str, *, seconds: float = SECONDS) -> str:
    """Run code and give what it printed, errors included.

    Args:
        code: The code.
        seconds: So long it may run; then it and all that it has started are ended.

    Returns:
        What it printed, cut off behind `MOST_BYTES` bytes, and how it ended where that was no success.
    """
    child = _Child(code, seconds)
    try:
        return await asyncio.to_thread(child.run)
    finally:
        child.end()  # whoever waits may have been cancelled


class _Child:
    """One process."""

    def __init__(self, code: str, seconds: float) -> None:
        self._code = code
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._late = False

    def run(self) -> str:
        """Run it to its end, in a thread."""
        with tempfile.TemporaryDirectory(prefix="keepthinking-python-", ignore_cleanup_errors=True) as home:
            with self._lock:
                if self._ended:
                    return ""
                self._process = process = _start(self._code, home)
            timer = threading.Timer(self._seconds, self._time_is_up)
            timer.start()
            try:
                output, whole = _read(process.stdout)
                if whole:
                    process.wait()
            finally:
                timer.cancel()
                self.end()  # also what it has left running, before its folder goes
        told = output.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
        return "\n".join(filter(None, (told, self._ending(process.returncode, whole=whole))))

    def end(self) -> None:
        """End the process and all that it has started; a second time does nothing."""
        with self._lock:
            done, self._ended = self._ended, True
            process = self._process
        if done or process is None:
            return
        _kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _time_is_up(self) -> None:
        self._late = True
        if self._process is not None:
            _kill(self._process)

    def _ending(self, status: int, *, whole: bool) -> str:
        if self._late:
            return f"(stopped after {self._seconds:g} seconds)"
        if not whole:
            return f"(stopped: it printed more than {MOST_BYTES} bytes)"
        return "" if status == 0 else f"(exit status {status})"


def _start(code: str, home: str) -> subprocess.Popen[bytes]:
    windows = sys.platform == "win32"
    return subprocess.Popen(  # noqa: S603 - the code is the suite's own
        [sys.executable, "-I", "-X", "utf8", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=home,
        env={name: os.environ[name] for name in _KEPT if name in os.environ} if windows else {},
        start_new_session=not windows,
    )


def _read(pipe: IO[bytes] | None) -> tuple[bytes, bool]:
    """Read what is printed, and tell whether that was all."""
    found = bytearray()
    while pipe is not None and (chunk := pipe.read(_CHUNK)):
        found += chunk
        if len(found) > MOST_BYTES:
            return bytes(found[:MOST_BYTES]), False
    return bytes(found), True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started: a group where there are groups, a tree on Windows."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607 - a fixed command of the system
    else:
        with suppress(ProcessLookupError, PermissionError):  # it is gone, or (macOS) about to be
            os.killpg(process.pid, signal.SIGKILL)
