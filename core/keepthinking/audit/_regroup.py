"""Words that stand in more, or in fewer, blocks than the model made: pieces, joined ones, and what a mirror repeats.

White space between pieces does not count here: who joins two thoughts puts some between them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from keepthinking._compare import seal_equal
from keepthinking._messages import Block, Text, Thinking
from keepthinking.audit._pairing import View


class Regrouped(NamedTuple):
    """Blocks of an answer whose words came back in other blocks.

    Attributes:
        expected: Those of the answer.
        actual: Those of the request; of the two, one is one block alone.
    """

    expected: tuple[int, ...]
    actual: tuple[int, ...]


def regrouped(view: View, lost: Sequence[int], spare: Sequence[int]) -> list[Regrouped]:
    """Find what came back in pieces, and of what one block was made, where the wire tells pieces apart."""
    found: list[Regrouped] = []
    if view.pieces:
        return found
    missing, left = list(lost), list(spare)
    for i in lost:
        if run := _run(view.expected[i].block, [(j, view.actual[j].block) for j in left]):
            missing.remove(i)
            left = [j for j in left if j not in run]
            found.append(Regrouped((i,), run))
    for j in list(left):
        if run := _run(view.actual[j].block, [(i, view.expected[i].block) for i in missing]):
            missing = [i for i in missing if i not in run]
            found.append(Regrouped(run, (j,)))
    return found


def repeated(view: View, pairs: Iterable[int], lost: Iterable[int]) -> list[int]:
    """List the lost thoughts that say what those say together that came back: they came twice."""
    words = letters(_thought(view.expected[i].block for i in sorted(pairs)))
    blocks = [(i, view.expected[i].block) for i in lost]
    return [
        i
        for i, block in blocks
        if words and isinstance(block, Thinking) and not block.seals and letters(block.text) == words
    ]


def mirrors(view: View, spare: Collection[int]) -> list[int]:
    """List the spare thoughts that say all thoughts once more, in a member that did so in the answer.

    The thoughts that are meant are those of the answer, or what became of them.
    """
    thoughts = [stand.block for stand in view.expected if isinstance(stand.block, Thinking)]
    members = {place for block in thoughts for place in block.places[1:]}
    found: list[int] = []
    for j in spare:
        block = view.actual[j].block
        if isinstance(block, Thinking) and block.places and not block.seals and members.issuperset(block.places):
            others = _thought(stand.block for k, stand in enumerate(view.actual) if k != j)
            if letters(block.text) in {letters(_thought(thoughts)), letters(others)}:
                found.append(j)
    return found


def letters(text: str) -> str:
    """Give a text without its white space."""
    return "".join(text.split())


def _thought(blocks: Iterable[Block]) -> str:
    return "".join(block.text for block in blocks if isinstance(block, Thinking))


def _run(whole: Block, pieces: Sequence[tuple[int, Block]]) -> tuple[int, ...]:
    """Find blocks in a row that say together what one block says; nothing if none do."""
    if not isinstance(whole, Text | Thinking) or not (words := letters(whole.text)):
        return ()
    # What says nothing is no piece of the words: of an empty mirror beside the whole thought nothing was cut.
    said = [(n, piece) for n, piece in pieces if isinstance(piece, type(whole)) and (piece.text or piece.seals)]
    for first in range(len(said)):
        longer = takewhile(words.startswith, accumulate(letters(piece.text) for _, piece in said[first:]))
        for behind, together in enumerate(longer, first + 1):
            if together == words:
                run = (*said[first:behind], *takewhile(lambda one: _is_its_seal(one[1], whole), said[behind:]))
                if len(run) > 1:
                    return tuple(n for n, _ in run)
    return ()


def _is_its_seal(piece: Text | Thinking, whole: Text | Thinking) -> bool:
    """Tell whether a piece is nothing but a seal of the whole, as a stream gives it behind the words."""
    return not piece.text and any(seal_equal(one, seal) for one in piece.seals for seal in whole.seals)
