"""Reading a list of messages fast where their shapes are known, and surely where they are not.

Most messages of a tool loop have one of few shapes. They are decoded typed, in one pass; a message with one member
more, or of another type, goes the slow way, which gives the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from keepthinking._errors import Culprit
from keepthinking._json import Slice, Slices, elements, members
from keepthinking._messages import Message


class Memo:
    """Messages that were read before, by their bytes: the same bytes give the very same value, without being read.

    For whoever reads a growing history again and again. It keeps all that it has seen, so it lives as long as the
    history; each dialect and profile needs one of its own.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Message] = {}
        self._runs: dict[tuple[bytes, ...], Message] = {}
        self.notes: dict[bytes, Any] = {}
        """What a dialect knows of single items by their bytes, where several of them are one message."""

    def read(self, slices: Sequence[Slice], one: Callable[[int, Slice], Message]) -> list[Message]:
        """Read messages.

        Args:
            slices: The bytes of each.
            one: Reads one that is new, from its index and its bytes.
        """
        found: list[Message] = []
        for i, slice_ in enumerate(slices):
            raw = bytes(slice_)
            message = self._known.get(raw)
            if message is None:
                message = self._known[raw] = one(i, slice_)
            found.append(message)
        return found

    def read_runs(self, runs: Sequence[tuple[bytes, ...]], one: Callable[[int], Message]) -> list[Message]:
        """Read messages of which each is a run of items.

        Args:
            runs: The bytes of the items of each.
            one: Reads one that is new, from its index.
        """
        found: list[Message] = []
        for i, run in enumerate(runs):
            message = self._runs.get(run)
            if message is None:
                message = self._runs[run] = one(i)
            found.append(message)
        return found


class Quick:
    """Reads lists of messages of one wire.

    Args:
        shape: The typed shapes of one message, a tagged union of structs that forbid unknown members.
        at: The JSON path of the list.
    """

    def __init__(self, shape: Any, at: str = "$.messages") -> None:
        self._at = at
        self._all: Callable[[Slice], list[Any]] = msgspec.json.Decoder(list[shape]).decode
        self._one: Callable[[Slice], Any] = msgspec.json.Decoder(shape).decode

    def read(
        self,
        raw: Slice,
        culprit: Culprit,
        memo: Memo | None,
        quick: Callable[[Any], Message | None],
        slow: Callable[[Slices, str], Message],
    ) -> list[Message]:
        """Read the list.

        Args:
            raw: The JSON array.
            culprit: Who wrote it, for errors.
            memo: What was read before.
            quick: Gives the message of a typed shape, or None where the slow way has to look closer.
            slow: Reads a message from its members and its path.

        Raises:
            DecodeError: It is no list of messages.
        """

        def surely(index: int, slice_: Slice) -> Message:
            path = f"{self._at}[{index}]"
            return slow(members(slice_, path, culprit), path)

        def either(index: int, slice_: Slice) -> Message:
            try:
                message = quick(self._one(slice_))
            except (msgspec.DecodeError, RecursionError):
                message = None
            return surely(index, slice_) if message is None else message

        if memo is None:
            try:
                found = [quick(shape) for shape in self._all(raw)]
            except (msgspec.DecodeError, RecursionError):
                pass
            else:
                slices = elements(raw, self._at, culprit) if None in found else []
                return [surely(i, slices[i]) if message is None else message for i, message in enumerate(found)]
        return (memo or Memo()).read(elements(raw, self._at, culprit), either)
