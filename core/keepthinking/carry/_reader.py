"""Reading a growing history, each message once, whatever the framework."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from msgspec.structs import replace

from keepthinking._errors import DecodeError, FormatError
from keepthinking._messages import Message
from keepthinking._reports import Converted, Finding, Loss
from keepthinking.carry._given import History
from keepthinking.carry._record import Part, Read

__all__ = ["Reader", "Run", "Told"]

N = TypeVar("N")
"""A framework's message; weak references to it have to be possible."""

Run: TypeAlias = tuple[list[int], list[Read]]
"""Messages of a framework that are one of ours: where they stand, and what each was read as."""


class _Known(NamedTuple):
    ref: weakref.ref[Any]
    stamp: bytes
    read: Read


class _Joined(NamedTuple):
    parts: tuple[weakref.ref[Message], ...]
    message: Message


class Reader(Generic[N]):
    """Reads a growing history, each message once.

    A message that has been read before and has not changed since gives the very same canonical message: dialects know
    what they have written by identity. What is kept of a message goes when the framework's message goes.

    Args:
        one: Reads one message; a loss where it is none that could be one of ours.
        stamp: Writes down all that reading looks at; b"" where it cannot be written, and is then read anew each time.
        history: What the framework's history is; None where `one` says it by itself.
    """

    def __init__(
        self, one: Callable[[N], Read | Loss], stamp: Callable[[N], bytes], history: History | None = None
    ) -> None:
        self._read = one
        self._stamp = stamp
        self._history = history
        self._known: dict[int, _Known] = {}
        self._joined: dict[int, _Joined] = {}

    def read(self, native: Sequence[N]) -> Converted[tuple[Message, ...]]:
        """Read a history.

        Raises:
            DecodeError: It is no history, a message is none of the framework's, or carries a broken record; culprit
                `framework`.
        """
        runs, losses, findings = self.runs(native)
        messages = tuple(self._join(run) for _, run in runs)
        return Converted(value=messages, losses=tuple(losses), findings=tuple(findings))

    def runs(self, native: Sequence[N], *, start: int = 0) -> tuple[list[Run], list[Loss], list[Finding]]:
        """Read a history; messages that are one of ours stand together, with their places. Raises as `read` does.

        Args:
            native: The history, or a part of one.
            start: How many messages stand before it, for the paths of findings.
        """
        if self._history is not None:
            self._history.read(native)
        losses: list[Loss] = []
        findings: list[Finding] = []
        runs: list[Run] = []
        for i, one in enumerate(native):
            path = f"messages[{start + i}]"
            read = self._one(one, path)
            if isinstance(read, Loss):
                losses.append(replace(read, path=path))
                continue
            findings += (replace(found, path=f"{path}.{found.path}" if found.path else path) for found in read.findings)
            if runs and _goes_on(runs[-1][1][-1].part, read.part):
                runs[-1][0].append(i)
                runs[-1][1].append(read)
            else:
                runs.append(([i], [read]))
        return runs, losses, findings

    def _one(self, native: N, path: str) -> Read | Loss:
        key, stamp = id(native), self._stamp(native)
        known = self._known.get(key)
        if known is not None and stamp and known.stamp == stamp and known.ref() is native:
            return known.read
        try:
            read = self._read(native)
        except FormatError as error:
            raise DecodeError(error.what, where=path, culprit="framework", hint=error.hint) from error
        except DecodeError as error:
            raise DecodeError(error.what, where=path, culprit=error.culprit, hint=error.hint) from error
        if isinstance(read, Read):
            self._keep(key, native, stamp, read)
        return read

    def _keep(self, key: int, native: N, stamp: bytes, read: Read) -> None:
        known = self._known

        def forget(gone: weakref.ref[Any]) -> None:
            if (found := known.get(key)) is not None and found.ref is gone:
                del known[key]

        if stamp:
            known[key] = _Known(weakref.ref(native, forget), stamp, read)

    def _join(self, run: list[Read]) -> Message:
        first = run[0].message
        if run[0].part is None:
            return first
        key, messages = id(first), [read.message for read in run]
        known = self._joined.get(key)
        if known is not None and len(known.parts) == len(run) and all(map(_is, known.parts, messages)):
            return known.message
        made = replace(first, blocks=tuple(block for message in messages for block in message.blocks))
        joined = self._joined

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := joined.get(key)) is not None and found.parts[0] is gone:
                del joined[key]

        parts = (weakref.ref(first, forget), *(weakref.ref(message) for message in messages[1:]))
        joined[key] = _Joined(parts, made)
        return made


def _goes_on(last: Part | None, part: Part | None) -> bool:
    return last is not None and part is not None and last.group == part.group and last.number < part.number


def _is(known: weakref.ref[Message], message: Message) -> bool:
    return known() is message


class Told(dict[tuple[str, str, str], None]):
    """Which findings have been told: each once for a message, however often the message is sent."""

    def is_new(self, finding: Finding, whose: str) -> bool:
        """Tell whether a finding is new, and take it for told.

        Args:
            finding: The finding.
            whose: What the message is known by.
        """
        key = (whose, finding.check, finding.path.partition(".")[2])
        if key in self:
            return False
        self[key] = None
        if len(self) > _REMEMBERED:
            del self[next(iter(self))]
        return True


_REMEMBERED = 10_000
"""So many findings are known to have been told."""
