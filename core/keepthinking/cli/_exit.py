"""Exit codes, stable for ever."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the process says when it ends."""

    OK = 0
    FINDINGS = 1
    HARNESS = 2
    USAGE = 3
    INTERRUPTED = 130
