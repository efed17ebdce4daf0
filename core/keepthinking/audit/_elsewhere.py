"""Thinking that stands as text where no answer stands: in instructions, in a user's message, in foreign history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from keepthinking._messages import Message, Text, Thinking
from keepthinking._turns import Spot
from keepthinking.audit._history import Step

LONG: Final = 16
"""A shorter thought may stand in another text by chance."""

Searched: TypeAlias = dict[tuple[int, int], Step]
"""For a block that was looked for: how far the history was searched in vain, so that it is searched once."""


class Elsewhere:
    """The visible texts of one request that are no answer's.

    Args:
        messages: The messages of the request.
        head: How many instructions stand at their head.
        path: The others, as steps.
        strangers: Indexes of model messages that are no known answer's.
        searched: What was searched in earlier requests.
    """

    def __init__(
        self,
        messages: Sequence[Message],
        head: int,
        path: Sequence[Step],
        strangers: Sequence[int],
        searched: Searched,
    ) -> None:
        self._messages = messages
        self._head = head
        self._path = path
        self._open = {*strangers}
        self._searched = searched

    def find(self, block: tuple[int, int], words: Sequence[str]) -> Spot | None:
        """Find the text that holds a thought, or nothing.

        Args:
            block: Whose thought it is: number of the exchange, index of the block.
            words: The thought, piece by piece.
        """
        if min(map(len, words)) < LONG:
            return None
        done = self._searched.get(block)
        start = 0
        if done is not None and done.index < len(self._path) and self._path[done.index] is done:
            start = self._head + done.index + 1
        for m in (*range(self._head), *range(start, len(self._messages))):
            if m >= self._head and self._path[m - self._head].speaks and m not in self._open:
                continue
            for b, held in enumerate(self._messages[m].blocks):
                if isinstance(held, Text) and all(piece in held.text for piece in words):
                    return Spot(m, b)
        if self._path:
            self._searched[block] = self._path[-1]
        return None


def pieces_of(block: Thinking) -> list[str]:
    """Give the words of a thought piece by piece where each of them tells enough, else in one."""
    words = [segment.text.strip() for segment in block.segments if isinstance(segment.text, str)]
    return words if words and min(map(len, words)) >= LONG else [block.text.strip()]
