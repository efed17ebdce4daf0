"""Texts that grow piece by piece, and texts that are cut into pieces."""

from __future__ import annotations

from itertools import pairwise
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
    """A text that grows: pieces are joined once, at the end, so that a long stream costs its length."""

    __slots__ = ("_pieces",)

    def __init__(self, first: str = "") -> None:
        self._pieces = [first]

    def add(self, piece: str) -> None:
        """Add a piece."""
        self._pieces.append(piece)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


class Snapshots(Grow):
    """A text of which a server may send the growing whole instead of pieces; only the end tells which it was.

    MiniMax's own pages read the chunks as a growing whole, while a report shows pieces
    (https://github.com/MiniMax-AI/MiniMax-M2/issues/95, read 2026-11-23). Pieces in which each begins with all of the
    one before are not seen in a text of three chunks or more; of two, only a long beginning is taken for a whole.
    """

    __slots__ = ()

    def __str__(self) -> str:
        chunks = [piece for piece in self._pieces if piece]
        grows = all(later.startswith(earlier) for earlier, later in pairwise(chunks))
        if grows and (len(set(chunks)) > _SURE or (len(chunks) > 1 and len(chunks[0]) >= _LONG)):
            return chunks[-1]
        return "".join(chunks)


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
