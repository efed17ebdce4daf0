"""What surrounds a run and has to stay out of it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Final

_STDOUT, _STDERR = 1, 2
"""File descriptors."""

_PROXIES: Final = ("NO_PROXY", "no_proxy")


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
    kept = {name: os.environ.get(name) for name in _PROXIES}
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
