"""The standard streams, which a caller may have closed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO, Any

import click


def stdin() -> IO[bytes]:
    """Give the standard input. Raises `click.UsageError` where there is none."""
    return _bytes_of(sys.stdin, "input")


def stdout() -> IO[bytes]:
    """Give the standard output. Raises `click.UsageError` where there is none."""
    return _bytes_of(sys.stdout, "output")


def silence() -> None:
    """Let what is still to be written to the standard output go nowhere: its reader has gone away."""
    if sys.stdout is not None:  # else the interpreter would try again as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def settle() -> None:
    """Let go what the system does not take of the standard output, as a full disk does not.

    The interpreter would try again as it ends, and give an exit code of its own.
    """
    if sys.stdout is None:
        return
    with suppress(ValueError):  # it is closed
        try:
            sys.stdout.flush()
        except OSError:
            silence()


def _bytes_of(stream: Any, name: str) -> IO[bytes]:
    if stream is None:  # as Python has it where the caller closed it (`<&-`, or a program without a console)
        raise click.UsageError(f"the standard {name} is closed")
    found: IO[bytes] = stream.buffer
    return found
