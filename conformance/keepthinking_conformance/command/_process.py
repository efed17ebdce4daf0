"""One process of a command, from its start to the end of all that it has started.

Rule 1: whatever happens, nothing of it is left: it has a group of its own, which is ended with it, and on Linux what
has left the group is known by a variable.
Rule 2: what it prints is read to the end and kept in part, so that a flood fills no memory.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from keepthinking_conformance.command._errors import EndedError

_MOST: Final = 1 << 20
"""So many bytes of what a command prints are kept: the first half, and the last one."""

_PIECE: Final = 1 << 16
_POLL: Final = 0.01
"""So often, in seconds, it is looked whether a program has ended."""

_PATIENCE: Final = 2.0
"""So long, in seconds, pipes may stay open behind the end of a command: something that it started holds them."""

MARK: Final = "KEEPTHINKING_RUN"
"""The variable by which all that a command has started is known, wherever it has gone."""

_LONGEST: Final = 160
"""So many characters of what was printed last are told."""

_ERROR: Final = re.compile(r'error|"message"\s*:', re.IGNORECASE)
_NAMED: Final = re.compile(r'(?:error\]?|exception|"message")(?: \[[^\]]*\])?:\s+\S.{7,}', re.IGNORECASE)
"""An error with its message; what a runtime prints of its members behind it tells less."""

_FRAME: Final = re.compile(r'(?:[\w"]+\s*:\s*)?(?:[{\[]|"?[\w.-]*"?),?')
"""A line of JSON that says nothing: what opens an object, and a member that is one word."""


class Printed(NamedTuple):
    """What a program printed.

    Attributes:
        text: On its standard output.
        errors: On its standard error.
    """

    text: str
    errors: str

    @property
    def told(self) -> str:
        """The line of it that says most; "" where it printed nothing.

        It is the last one that speaks of an error, wherever that stands: a hint on how to report it often comes behind.
        Of an error that is printed as JSON, it is that with the message.
        """
        lines = [line for text in (self.text, self.errors) for line in text.splitlines() if line.strip()]
        errors = [line for line in lines if _ERROR.search(line) and not _FRAME.fullmatch(line.strip())]
        named = [line for line in errors if _NAMED.search(line)]
        return " ".join((named or errors or lines or [""])[-1].split())[:_LONGEST]


async def ran(words: Sequence[str], variables: Mapping[str, str], at: Path, said: str | None) -> Printed:
    """Run a program to its end and give what it printed.

    Args:
        words: The program and its arguments.
        variables: Its variables; `MARK` has a value that nothing else has.
        at: The folder in which it works.
        said: What it reads from its standard input; None for nothing.

    Raises:
        EndedError: It ended with another exit code than 0.
        OSError: It could not be started.
    """
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=at,
        env=variables,
        stdin=subprocess.DEVNULL if said is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **_apart(),
    )
    kept, errors = _Kept(), _Kept()
    reading = asyncio.gather(_told(process, said), kept.read(process.stdout), errors.read(process.stderr))
    try:
        code = await _exit_of(process)
        _end(process, variables)  # what it has started and left holds its pipes
        await asyncio.wait({reading}, timeout=_PATIENCE)
    finally:
        _end(process, variables)
        reading.cancel()
        # Not awaited as such: a Ctrl-C that comes just now must not be taken for the end of the reading.
        await asyncio.wait({reading}, timeout=_PATIENCE)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await _exit_of(process)
        if reading.done() and not reading.cancelled():
            reading.exception()  # or asyncio says that nobody has looked at it
    printed = Printed(kept.text, errors.text)
    if code:
        raise EndedError(_ended(words[0], code, printed), culprit="framework")
    return printed


async def _exit_of(process: asyncio.subprocess.Process) -> int:
    """Wait for the exit code. `Process.wait` waits for the ends of the pipes, too, which a child may hold open."""
    while process.returncode is None:  # noqa: ASYNC110 - nothing tells it otherwise
        await asyncio.sleep(_POLL)
    return process.returncode


class _Kept:
    """What was printed, as far as it is kept."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()

    async def read(self, stream: asyncio.StreamReader | None) -> None:
        """Read to the end."""
        while stream is not None and (piece := await stream.read(_PIECE)):
            room = max(_MOST // 2 - len(self._first), 0)
            self._first += piece[:room]
            self._last += piece[room:]
            del self._last[: max(len(self._last) - _MOST // 2, 0)]

    @property
    def text(self) -> str:
        """The same as text."""
        return (self._first + self._last).decode(errors="replace")


async def _told(process: asyncio.subprocess.Process, said: str | None) -> None:
    """Give a program the user's words; one that does not read them may end first."""
    if said is None or process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(said.encode())
        await process.stdin.drain()
    process.stdin.close()


def _apart() -> dict[str, Any]:
    """Give a program a group of its own, so that all of it can be ended, and Ctrl-C is ours alone."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _end(process: asyncio.subprocess.Process, variables: Mapping[str, str]) -> None:
    """End a program and all that it has started."""
    if sys.platform == "win32":
        if process.returncode is None:
            tool = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
            subprocess.run([tool, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603 - the system's own
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in _marked(f"{MARK}={variables[MARK]}".encode()):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _marked(mark: bytes) -> Iterator[int]:
    """Give the processes that have this variable, as far as the system tells (`/proc`, on Linux)."""
    for held in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in held.read_bytes().split(b"\0"):
                yield int(held.parent.name)


def _ended(program: str, code: int, printed: Printed) -> str:
    """Tell how a program ended, in one line."""
    how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"`{Path(program).name}` {how}{f': {told}' if (told := printed.told) else ', and printed nothing'}"
