"""What was thought in all answers of a recording: whose words, whose seals.

A thought that stands in another turn, or in another conversation, has bled. Between conversations only long thoughts
count: two models may well think "Okay." on their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from keepthinking._compare import seal_statements
from keepthinking._messages import Message, Seal, Thinking

_HERE: Final = 16
_ANYWHERE: Final = 48


class Thoughts:
    """The thoughts of one conversation's scope, and a look at those of all others.

    Args:
        everywhere: Long thoughts of all scopes, shared between them.
    """

    def __init__(self, everywhere: dict[str, int]) -> None:
        self._everywhere = everywhere
        self._words: dict[str, list[int]] = {}
        self._seals: dict[str | bytes, list[int]] = {}

    def add(self, number: int, messages: Iterable[Message]) -> None:
        """Remember what an answer thought."""
        for message in messages:
            for block in message.blocks:
                for seal in block.seals:
                    for statement in seal_statements(seal):
                        self._seals.setdefault(statement, []).append(number)
                if isinstance(block, Thinking) and (words := block.text.strip()):
                    self._words.setdefault(words, []).append(number)
                    if len(words) >= _ANYWHERE:
                        self._everywhere.setdefault(words, number)

    def of(self, block: Thinking, *, but: int) -> int | None:
        """Tell whose thinking a block is, if it is another answer's.

        Args:
            block: The block.
            but: The answer in whose turn it stands.
        """
        words = block.text.strip()
        numbers = self._words.get(words, ()) if len(words) >= _HERE else ()
        if not numbers:
            numbers = next((found for seal in block.seals if (found := self._sealed(seal))), ())
        if numbers:
            return None if but in numbers else numbers[-1]
        elsewhere = self._everywhere.get(words)
        return None if elsewhere == but else elsewhere

    def sealed(self, seal: Seal) -> bool:
        """Tell whether a seal is known from some block."""
        return bool(self._sealed(seal))

    def _sealed(self, seal: Seal) -> list[int]:
        for statement in seal_statements(seal):
            if found := self._seals.get(statement):
                return found
        return []
