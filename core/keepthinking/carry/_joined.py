"""Blocks that a framework shows as one: a stream says which words are new, and not always where a block ends.

Rule 1: what is shown as one is taken apart again by lengths, so that no word has to be repeated in the record.
Rule 2: it is taken apart only where it is what was shown; after a change it stays whole, and stands for the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from keepthinking._messages import Block, Message, Segment, Text, Thinking
from keepthinking.carry._fingerprint import fingerprint

__all__ = ["Joined", "find", "take_apart"]


class Joined(Struct, frozen=True):
    """One shown block that stands for several.

    Attributes:
        at: Which of the shown blocks it is.
        print: Its fingerprint.
        lengths: How many characters of it are each block's.
    """

    at: int
    print: str
    lengths: tuple[int, ...]


def find(blocks: Sequence[Block], shown: Sequence[Block]) -> list[Joined]:
    """Find which of the shown blocks are several blocks in a row, of the same kind and joined."""
    found: list[Joined] = []
    rest = list(blocks)
    for at, seen in enumerate(shown):
        if not isinstance(seen, Text | Thinking):
            continue
        run: list[int] = []
        # What has no words is part of nothing: it never showed.
        same = [b for b in rest if isinstance(b, Text | Thinking) and type(b) is type(seen) and b.text != ""]
        for block in same:
            if not seen.text.startswith(block.text, sum(run)):
                break
            run.append(len(block.text))
            if sum(run) == len(seen.text):
                break
        if sum(run) != len(seen.text) or not run:
            continue
        for block in same[: len(run)]:
            rest.remove(block)
        if len(run) > 1:
            found.append(Joined(at, fingerprint(seen), tuple(run)))
    return found


def take_apart(message: Message, joined: Sequence[Joined]) -> tuple[Message, list[int]]:
    """Take joined blocks apart again.

    Returns:
        The message, and for each of its blocks the index of the block that it was part of.
    """
    by_index = {one.at: one for one in joined}
    blocks: list[Block] = []
    origins: list[int] = []
    for at, block in enumerate(message.blocks):
        one = by_index.get(at)
        pieces = [block] if one is None or fingerprint(block) != one.print else _pieces(block, one.lengths)
        blocks += pieces
        origins += [at] * len(pieces)
    return replace(message, blocks=tuple(blocks)), origins


def _pieces(block: Block, lengths: Sequence[int]) -> list[Block]:
    if not isinstance(block, Text | Thinking):
        return [block]
    ends = list(accumulate(lengths))
    texts = [block.text[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    if isinstance(block, Text):
        return [replace(block, text=text) for text in texts]
    return [replace(block, segments=(Segment(text=text),), seals=()) for text in texts]
