"""Inline tags: thinking that stands inside the visible text.

Rule 1: the pieces, put together in order, are the text again, byte for byte.
Rule 2: only a profile names tags. Text that merely looks like a tag is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from keepthinking._messages import Block, Inline, Segment, Text, Thinking
from keepthinking._profiles import Tags

_EDGE = re.compile(r"(\s*)(.*?)(\s*)\Z", re.DOTALL)
_LEAD = re.compile(r"\s*")


def split(text: str, tags: Tags) -> tuple[Block, ...]:
    """Split a text into thinking and visible text by a profile's tags."""
    return tuple(_pieces(text, tags))


def join(blocks: Iterable[Text | Thinking]) -> str:
    """Put the pieces of one text together again."""
    return "".join(piece(block) for block in blocks)


def piece(block: Text | Thinking) -> str:
    """Give what one block adds to the text."""
    if isinstance(block, Text):
        return block.text
    place = next((place for place in block.places if isinstance(place, Inline)), None)
    return block.text if place is None else place.wrap(block.text)


def framed(tags: Tags) -> Inline:
    """Give the tags for thinking that never stood between any, with the white space that MiniMax-M2 itself writes.

    Source: https://github.com/MiniMax-AI/MiniMax-M2 (README and chat template, read 2026-11-23).
    """
    return Inline(open=tags.open, close=tags.close, before="\n", after="\n", trail="\n\n")


def _pieces(text: str, tags: Tags) -> Iterator[Block]:
    while True:
        start = text.find(tags.open)
        lead = _LEAD.match(text)
        at_head = start >= 0 and lead is not None and start == lead.end()
        if start < 0 or (tags.where == "head" and not at_head):
            if start < 0 and tags.opener == "optional" and tags.close in text:
                thinking, text = _close("", "", text, tags)
                yield thinking
            break
        before, inside = text[:start], text[start + len(tags.open) :]
        if not at_head:
            yield Text(text=before)
            before = ""
        thinking, text = _close(before, tags.open, inside, tags)
        yield thinking
        if tags.where == "head":
            break
    if text:
        yield Text(text=text)


def _close(lead: str, opening: str, inside: str, tags: Tags) -> tuple[Thinking, str]:
    end = inside.find(tags.close) if tags.closer == "first" else inside.rfind(tags.close)
    if end < 0:  # the model was cut while it thought
        inner, closing, visible = inside, "", ""
    else:
        inner, closing, visible = inside[:end], tags.close, inside[end + len(tags.close) :]
    edge = _EDGE.match(inner)
    before, words, after = edge.groups() if edge is not None else ("", inner, "")
    gap = _LEAD.match(visible)
    trail = gap.group() if gap is not None and closing else ""
    place = Inline(open=opening, close=closing, lead=lead, before=before, after=after, trail=trail)
    return Thinking(segments=(Segment(text=words),), places=(place,)), visible[len(trail) :]


class Splitter:
    """Split a text by tags while it still grows, for display; a tag may be cut anywhere.

    What the response finally holds is decided on the whole text, by `split`.
    """

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._held = ""
        self._state = "head"

    def feed(self, text: str) -> Iterator[tuple[bool, str]]:
        """Take new text and give the pieces that are decided: whether it is thinking, and the words."""
        self._held += text
        while self._held:
            before = (self._state, self._held)
            yield from self._step()
            if before == (self._state, self._held):
                return

    def finish(self) -> Iterator[tuple[bool, str]]:
        """Give what was held back."""
        if self._held:
            yield self._state == "inside", self._held
            self._held = ""

    def _step(self) -> Iterator[tuple[bool, str]]:
        tags = self._tags
        if self._state == "inside":
            yield from self._until(tags.close, "outside", thinks=True)
        elif self._state == "outside" and tags.where == "anywhere":
            yield from self._until(tags.open, "inside", thinks=False)
        elif self._state == "outside":
            yield False, self._held
            self._held = ""
        else:
            words = self._held.lstrip()
            if words.startswith(tags.open):
                self._state, self._held = "inside", words[len(tags.open) :]
            elif not tags.open.startswith(words):
                # without an opening tag nothing tells thinking from text until the whole is there
                self._state = "outside"

    def _until(self, tag: str, then: str, *, thinks: bool) -> Iterator[tuple[bool, str]]:
        words, found, rest = self._held.partition(tag)
        if found:
            self._state, self._held = then, rest
        else:
            keep = next((n for n in range(min(len(tag) - 1, len(words)), 0, -1) if tag.startswith(words[-n:])), 0)
            words, self._held = (words[:-keep], words[-keep:]) if keep else (words, "")
        if words:
            yield thinks, words
