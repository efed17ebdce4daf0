"""A text that carries what smolagents has no place for: thinking, seals, the exact arguments of calls.

smolagents has no slot for thinking, and at every step it makes its requests of text alone. This text goes all its way
through the stock classes: answer, `model_output`, `strip()`, a part of a message (smolagents 1.26.0).

Rule 1: what it shows is what it is: equality, hash, printing, formatting and JSON are those of a plain string.
Rule 2: what smolagents does to an answer is no edit: white space that it strips is remembered, pieces of a stream are
put together, and what it puts in front or behind does not count as the model's words.
Rule 3: any other operation gives a plain string. It is an edit, and the record in `raw` tells so.
"""

from __future__ import annotations

from typing import Self, SupportsIndex, cast

__all__ = ["KeptText"]


class KeptText(str):
    """A string with a payload.

    Args:
        text: What shows.
        payload: What it carries.
        start: Where in it the words of the message begin.
        end: Where they end; None for at the end.
        lead: White space of the words that was stripped in front.
        trail: White space of the words that was stripped behind.
        is_last: Whether it is the last piece of a stream: all before it are words.
    """

    __slots__ = ("end", "is_last", "lead", "payload", "start", "trail")

    payload: str
    start: int
    end: int
    lead: str
    trail: str
    is_last: bool

    def __new__(  # noqa: PLR0913 - what a carrier has to know
        cls,
        text: str = "",
        payload: str = "",
        *,
        start: int = 0,
        end: int | None = None,
        lead: str = "",
        trail: str = "",
        is_last: bool = False,
    ) -> Self:
        """Make one."""
        self = super().__new__(cls, text)
        self.payload = payload
        self.start = start
        self.end = len(text) if end is None else end
        self.lead = lead
        self.trail = trail
        self.is_last = is_last
        return self

    @property
    def words(self) -> str:
        """The words of the message, with the white space that they had."""
        return self.lead + self[self.start : self.end] + self.trail

    @property
    def behind(self) -> str:
        """What was put behind the words."""
        return self[self.end :]

    def carrying(self, payload: str) -> KeptText:
        """Give the same text with another payload."""
        return KeptText(str(self), payload, start=self.start, end=self.end, lead=self.lead, trail=self.trail)

    def __bool__(self) -> bool:
        # An answer without words is an answer: what takes it for nothing shows `raw` instead, or drops the last piece.
        return True

    def __add__(self, other: str) -> KeptText:
        return KeptText(
            str(self) + other, self.payload, start=self.start, end=self.end, lead=self.lead, trail=self.trail
        )

    def __radd__(self, other: str) -> KeptText:
        shift = len(other)
        start = 0 if self.is_last else self.start + shift
        return KeptText(
            other + str(self), self.payload, start=start, end=self.end + shift, lead=self.lead, trail=self.trail
        )

    def strip(self, chars: str | None = None, /) -> str:
        """Strip, and remember the white space that was part of the words."""
        return super().strip(chars) if chars is not None else self._cut(super().lstrip(), super().rstrip())

    def lstrip(self, chars: str | None = None, /) -> str:
        """Strip in front; see `strip`."""
        return super().lstrip(chars) if chars is not None else self._cut(super().lstrip(), str(self))

    def rstrip(self, chars: str | None = None, /) -> str:
        """Strip behind; see `strip`."""
        return super().rstrip(chars) if chars is not None else self._cut(str(self), super().rstrip())

    def _cut(self, left: str, right: str) -> KeptText:
        """Give what is left, given what stripping each side would leave."""
        first, last = len(self) - len(left), max(len(right), len(self) - len(left))
        lead = self.lead + self[self.start : min(first, self.end)] if first > self.start else self.lead
        trail = self[max(last, self.start, first) : self.end] + self.trail if last < self.end else self.trail
        start, end = max(self.start, first), min(self.end, last)
        return KeptText(
            self[first:last],
            self.payload,
            start=start - first if start < end else 0,
            end=end - first if start < end else 0,
            lead=lead,
            trail=trail,
        )

    def __getitem__(self, key: SupportsIndex | slice, /) -> str:
        return str.__getitem__(str(self), key)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        held = (str(self), self.payload, self.start, self.end, self.lead, self.trail, self.is_last)
        return _made, cast("tuple[object, ...]", held)


def _made(text: str, payload: str, start: int, end: int, lead: str, trail: str, is_last: bool) -> KeptText:  # noqa: FBT001, PLR0913, PLR0917 - pickles hold their arguments by place
    return KeptText(text, payload, start=start, end=end, lead=lead, trail=trail, is_last=is_last)
