"""Texts that grow piece by piece, and texts that are cut into pieces."""

from __future__ import annotations

from random import Random
from typing import Any, TypeGuard

from msgspec import UnsetType
from msgspec.structs import replace

from keepthinking._exchange import Event
from keepthinking._json import join_surrogates


def is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a parsed JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a parsed JSON value is an array."""
    return isinstance(value, list)


class Grow:
    """A text that grows: pieces are joined once, at the end, so that a long stream costs its length.

    Attributes:
        size: Its length so far.
    """

    __slots__ = ("_pieces", "size")

    def __init__(self, first: str = "") -> None:
        self._pieces = [first]
        self.size = len(first)

    def add(self, piece: str) -> None:
        """Add a piece."""
        self._pieces.append(piece)
        self.size += len(piece)

    @property
    def last(self) -> str:
        """The last piece."""
        return self._pieces[-1]

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


class Snapshots(Grow):
    """A text of which a server may send the growing whole instead of pieces.

    MiniMax's own pages read the chunks as a growing whole, while a report shows pieces
    (https://github.com/MiniMax-AI/MiniMax-M2/issues/95, read 2026-11-23). Three different chunks, each of which begins
    with all of the one before, are a growing whole; as soon as one does not, they are pieces. Of two, only a long
    beginning is taken for a whole. What is decided stays decided, so that what was shown is what is kept.
    """

    __slots__ = ("_different", "_held", "_whole")

    def __init__(self, first: str = "") -> None:
        super().__init__()
        self._held: list[str] = []  # chunks of which nobody knows yet what they are
        self._different = 0
        self._whole: bool | None = None
        if first:
            self.show(first)

    def add(self, piece: str) -> None:
        """Add a chunk."""
        self.show(piece)

    def show(self, chunk: str) -> str:
        """Add a chunk and give the words that are new; "" while it is not known which those are."""
        if not chunk:
            return ""
        if self._whole is None:
            if not self._held:
                self._held, self._different = [chunk], 1
                return self._push(chunk)
            before = self._held[-1]
            self._held.append(chunk)
            if not chunk.startswith(before):
                return self._decide(whole=False)
            self._different += chunk != before
            return self._decide(whole=True) if self._different > _SURE else ""
        if self._whole:
            known = str(self)
            # one that does not go on with the text is a piece after all
            return self._push(chunk.removeprefix(known))
        return self._push(chunk)

    def end(self) -> str:
        """Decide what is still open, and give the words that this shows."""
        if self._whole is not None or len(self._held) <= 1:
            return ""
        return self._decide(whole=len(self._held[0]) >= _LONG)

    def __str__(self) -> str:
        self.end()
        return super().__str__()

    def _decide(self, *, whole: bool) -> str:
        self._whole = whole
        first, *more = self._held
        self._held = []
        return self._push(more[-1][len(first) :] if whole else "".join(more))

    def _push(self, piece: str) -> str:
        super().add(piece)
        return piece


_SURE, _LONG = 2, 8


class Halves:
    """Holds back half of a character that a stream cut in two, until the other half has come."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int, int], str] = {}

    def whole(self, event: Event) -> Event | None:
        """Give the event with whole characters only, or None where nothing whole is left of it."""
        text = event.text
        if isinstance(text, UnsetType):
            return event
        key = (event.kind, event.choice, event.index)
        held = self._held.pop(key, "")
        half = "\ud800" <= text[-1:] <= "\udbff"
        if not held and not half:
            return event
        text = join_surrogates(held + text)
        if half:
            self._held[key] = text[-1]
            text = text[:-1]
        return replace(event, text=text) if text else None


def settle(value: Any) -> Any:
    """Turn every growing text inside a value into its text, with surrogates joined that came in two pieces."""
    if isinstance(value, Grow):
        return join_surrogates(str(value))
    if is_dict(value):
        return {key: settle(inner) for key, inner in value.items()}
    if is_list(value):
        return [settle(inner) for inner in value]
    return value


def cut(text: str, cuts: Random | None) -> list[str]:
    """Cut a text into random pieces, or leave it whole; joined they are the text again."""
    if cuts is None or not text[1:]:
        return [text]
    places = sorted(cuts.sample(range(1, len(text)), min(len(text) - 1, cuts.randint(0, 6))))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
