"""What was found about one block, before it is known how grave that is."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking._reports import Fate
from keepthinking._turns import Spot

GIVEN: Final = "given"
"""The part of a verdict on what a call had not and came back with, an id or the empty object: nothing was changed."""

BLANK: Final = "blank"
"""The part of a verdict on white space that was a text of its own: Claude says such texts, and its server refuses them
(https://github.com/anthropics/claude-code/issues/23440, read 2026-11-27)."""

RUN: Final = "run"
"""The part of a verdict on a call that the provider ran itself."""

OVERTAKEN: Final = "overtaken"
"""The part of a verdict on an answer behind later words of a user: it is out of its place among what was said to the
model, and no provider's page asks for that place unless seals are bound to it."""

MEMBER: Final = "member"
"""The part of a verdict on what stands beside the words of a thought that nothing seals, such as its type."""

PHASE: Final = "phase"
"""The part of a verdict on the `phase` of what the model said."""


class Verdict(NamedTuple):
    """What became of one block.

    Attributes:
        check: The check that this concerns; `thinking.kept` and `context.turn.kept` stand for both of theirs.
        fate: The fate.
        what: A sentence; it holds no thinking.
        expected: Which block of the answer, if it was one.
        actual: Where it, or what stands for it, is in the request; a block beyond the last one is the message itself.
        at: First differing byte.
        part: What tells it from other verdicts of this check, where no block does.
        empty: Whether it is thinking without words and without a seal: some providers take that for none.
    """

    check: str
    fate: Fate
    what: str
    expected: int | None = None
    actual: Spot | None = None
    at: int | UnsetType = UNSET
    part: str = ""
    empty: bool = False
