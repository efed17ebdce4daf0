"""What may be wrong with a command, and with how it ends."""

from __future__ import annotations

from keepthinking import KeepthinkingError


class CommandError(KeepthinkingError, ValueError):
    """A command or its rule file cannot be used as it is."""


class EndedError(KeepthinkingError, RuntimeError):
    """A command ended as one does that has failed."""

    def __str__(self) -> str:
        return self.what  # a report says whose fault it is
