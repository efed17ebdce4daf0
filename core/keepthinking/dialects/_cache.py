"""Write each message once.

Messages are immutable, so what one of them looks like on a wire never changes. The cache keeps, for each branch of a
history that is still alive, the joined bytes of the messages written so far. A request that adds one step to a known
history costs that step and one copy of the bytes.

An entry lives as long as the last message it covers and moves on when the history grows: one entry a living branch,
no thoughts kept longer than the history itself.
"""

from __future__ import annotations

import operator
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from keepthinking._messages import Message
from keepthinking._profiles import Profile
from keepthinking._reports import Loss


class Written(NamedTuple):
    """A part of a body.

    Attributes:
        body: JSON elements joined with commas, without brackets; empty where a message leaves nothing.
        losses: What it could not hold, by path from the part.
    """

    body: bytes
    losses: tuple[Loss, ...] = ()


class Pending:
    """A list of messages on its way into a body.

    Attributes:
        parts: JSON elements, or runs of them already joined; none is empty.
        losses: What could not be held, by path from the whole history.
    """

    def __init__(
        self, parts: list[bytes | memoryview], losses: tuple[Loss, ...], keep: Callable[[memoryview], None]
    ) -> None:
        self.parts = parts
        self.losses = losses
        self._keep = keep

    def chunks(self) -> Iterator[bytes | memoryview]:
        """Give the parts with commas between them."""
        for n, part in enumerate(self.parts):
            if n:
                yield b","
            yield part

    def settle(self, joined: memoryview) -> None:
        """Tell where the joined parts now stand, so that the next request can start from them."""
        self._keep(joined)


class _Prefix(NamedTuple):
    earlier: tuple[Message, ...]  # all but the last, which only the history itself may keep alive
    last: weakref.ref[Message]
    joined: memoryview  # of the body that was sent: the bytes exist once
    losses: tuple[Loss, ...]


class PrefixCache:
    """The written prefixes of one dialect, by profile."""

    def __init__(self) -> None:
        self._branches: dict[Profile, dict[int, _Prefix]] = {}
        self._lock = threading.Lock()

    def write(self, messages: tuple[Message, ...], profile: Profile, one: Callable[[int], Written]) -> Pending:
        """Write messages as elements of one list.

        Args:
            messages: The whole history.
            profile: What the bytes depend on besides the messages.
            one: Writes the message of an index. What it writes may hang on the messages before it, since those are
                the very same wherever it is not asked again, but not on later ones.
        """
        known, prefix = self._find(messages, profile)
        parts: list[bytes | memoryview] = [prefix.joined] if prefix is not None and len(prefix.joined) else []
        losses = list(prefix.losses) if prefix is not None else []
        for index in range(known, len(messages)):
            written = one(index)
            if written.body:
                parts.append(written.body)
            losses += [
                replace(loss, path=f"messages[{index}]" + (f".{loss.path}" if loss.path else ""))
                for loss in written.losses
            ]
        found = tuple(losses)
        return Pending(parts, found, lambda joined: self._keep(messages, known, profile, joined, found))

    def _find(self, messages: tuple[Message, ...], profile: Profile) -> tuple[int, _Prefix | None]:
        prefixes = self._branches.get(profile, {})
        for count in range(len(messages) if prefixes else 0, 0, -1):
            prefix = prefixes.get(id(messages[count - 1]))
            if prefix is None or prefix.last() is not messages[count - 1] or len(prefix.earlier) != count - 1:
                continue
            if all(map(operator.is_, prefix.earlier, messages)):
                return count, prefix
        return 0, None

    def _keep(
        self,
        messages: tuple[Message, ...],
        known: int,
        profile: Profile,
        joined: memoryview,
        losses: tuple[Loss, ...],
    ) -> None:
        if not messages or known == len(messages):
            return
        last = messages[-1]
        key = id(last)
        prefixes = self._branches.setdefault(profile, {})

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := prefixes.get(key)) is not None and found.last is gone:
                prefixes.pop(key, None)

        with self._lock:
            if known:
                prefixes.pop(id(messages[known - 1]), None)
            prefixes[key] = _Prefix(messages[:-1], weakref.ref(last, forget), joined, losses)
