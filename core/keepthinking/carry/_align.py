"""Which block of a record is which block of what a framework shows now."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from keepthinking._messages import Block
from keepthinking.carry._fingerprint import words

__all__ = ["Entry", "Pair", "align"]


class Entry(NamedTuple):
    """A block of a record.

    Attributes:
        block: The block without what was shown.
        cut: What was taken out of it.
        prints: Fingerprints of what was shown, the first one usual; empty where nothing was.
    """

    block: Block
    cut: dict[str, Any]
    prints: tuple[str, ...]


class Pair(NamedTuple):
    """A block of a record and what became of it.

    Attributes:
        old: Index of the entry; None for a block that the record does not know.
        new: Index of what is shown; None for a block that is gone, or that never showed.
        same: Whether what is shown is what was shown.
    """

    old: int | None
    new: int | None
    same: bool = False


def align(entries: Sequence[Entry], shown: Sequence[str]) -> list[Pair]:
    """Pair the entries that were shown with what is shown now, in the order of what is shown.

    Entries that never showed, and those that are gone, stand after the entry that they followed.
    """
    visible = [i for i, entry in enumerate(entries) if entry.prints]
    names = {print_: entries[i].prints[0] for i in visible for print_ in entries[i].prints}
    old = [entries[i].prints[0] for i in visible]
    new = [names.get(print_, print_) for print_ in shown]
    if old == new:
        return _with_hidden(entries, [Pair(i, j, same=True) for j, i in enumerate(visible)])
    found: dict[int, Pair] = {}
    for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        found |= {b + n: Pair(visible[a + n], b + n, same=True) for n in range(size)}
    paired = {pair.old for pair in found.values()}
    left = [a for a, i in enumerate(visible) if i not in paired]
    _pair_moved(found, left, old, new, visible)
    _pair_edited(found, left, old, new, visible)
    pairs = [found.get(j, Pair(None, j)) for j in range(len(new))]
    if not left and len(pairs) == len(old) and all(pair.same for pair in pairs):
        pairs.sort(key=lambda pair: pair.old or 0)  # the same blocks in another order: the record has the model's own
    return _with_hidden(entries, pairs)


def _pair_moved(found: dict[int, Pair], left: list[int], old: list[str], new: list[str], visible: list[int]) -> None:
    for a in list(left):
        for j, print_ in enumerate(new):
            if j not in found and print_ == old[a]:
                found[j] = Pair(visible[a], j, same=True)
                left.remove(a)
                break


def _pair_edited(found: dict[int, Pair], left: list[int], old: list[str], new: list[str], visible: list[int]) -> None:
    """Pair what is left of one kind in order; thinking with the words that it had goes first."""
    for exact in (True, False):
        for a in list(left):
            for j, print_ in enumerate(new):
                if j in found or print_[0] != old[a][0] or (exact and words(print_) != words(old[a])):
                    continue
                found[j] = Pair(visible[a], j)
                left.remove(a)
                break


def _with_hidden(entries: Sequence[Entry], pairs: list[Pair]) -> list[Pair]:
    placed = {pair.old for pair in pairs}
    for i in range(len(entries)):
        if i in placed:
            continue
        after = next((n for n, pair in enumerate(pairs) if pair.old == i - 1), None) if i else None
        pairs.insert(0 if after is None else after + 1, Pair(i, None))
    return pairs
