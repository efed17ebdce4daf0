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
from collections.abc import Callable
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


class _Prefix(NamedTuple):
    earlier: tuple[Message, ...]  # all but the last, which only the history itself may keep alive
    last: weakref.ref[Message]
    written: Written


class PrefixCache:
    """The written prefixes of one dialect, by profile."""

    def __init__(self) -> None:
        self._branches: dict[Profile, dict[int, _Prefix]] = {}
        self._lock = threading.Lock()

    def write(
        self, messages: tuple[Message, ...], profile: Profile, one: Callable[[Message, Profile], Written]
    ) -> Written:
        """Write messages as elements of one list.

        Args:
            messages: The whole history.
            profile: What the bytes depend on besides the messages.
            one: Writes one message.
        """
        if not messages:
            return Written(b"")
        known, body, losses = self._find(messages, profile)
        if known == len(messages):
            return Written(body, losses)
        bodies = [body] if body else []
        found = list(losses)
        for index in range(known, len(messages)):
            written = one(messages[index], profile)
            if written.body:
                bodies.append(written.body)
            found.extend(
                replace(loss, path=f"messages[{index}]" + (f".{loss.path}" if loss.path else ""))
                for loss in written.losses
            )
        result = Written(b",".join(bodies), tuple(found))
        self._keep(messages, known, profile, result)
        return result

    def _find(self, messages: tuple[Message, ...], profile: Profile) -> tuple[int, bytes, tuple[Loss, ...]]:
        prefixes = self._branches.get(profile, {})
        for count in range(len(messages), 0, -1):
            prefix = prefixes.get(id(messages[count - 1]))
            if prefix is None or prefix.last() is not messages[count - 1] or len(prefix.earlier) != count - 1:
                continue
            if all(map(operator.is_, prefix.earlier, messages)):
                return count, prefix.written.body, prefix.written.losses
        return 0, b"", ()

    def _keep(self, messages: tuple[Message, ...], known: int, profile: Profile, written: Written) -> None:
        last = messages[-1]
        key = id(last)
        prefixes = self._branches.setdefault(profile, {})

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := prefixes.get(key)) is not None and found.last is gone:
                prefixes.pop(key, None)

        with self._lock:
            if known:
                prefixes.pop(id(messages[known - 1]), None)
            prefixes[key] = _Prefix(messages[:-1], weakref.ref(last, forget), written)
