"""Inline tags: thinking that stands inside the visible text.

Rule 1: the pieces, put together in order, are the text again, byte for byte.
Rule 2: only a profile names tags. Text that merely looks like a tag is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from keepthinking._messages import Block, Inline, Segment, Text, Thinking
from keepthinking._profiles import Tags

_WHITE = re.compile(r"\s*")


def split(text: str, tags: Tags) -> tuple[Block, ...]:
    """Split a text into thinking and visible text by a profile's tags."""
    found: list[Block] = []
    at = 0
    while at < len(text):
        start = text.find(tags.open, at)
        at_head = start == _white(text, at)
        if not found and not at_head and tags.opener == "optional" and _closes_first(text, tags, start):
            thinking, at = _close(text, 0, "", 0, tags)
            found.append(thinking)
        elif start >= 0 and (at_head or tags.where == "anywhere"):
            if not at_head:
                found.append(Text(text=text[at:start]))
            thinking, at = _close(text, at if at_head else start, tags.open, start, tags)
            found.append(thinking)
        else:
            break
        if tags.where == "head":
            break
    if at < len(text):
        found.append(Text(text=text[at:]))
    return tuple(found)


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


def _white(text: str, at: int) -> int:
    """Give the place of the first character from `at` on that is no white space."""
    found = _WHITE.match(text, at)
    return at if found is None else found.end()


def _closes_first(text: str, tags: Tags, start: int) -> bool:
    end = text.find(tags.close)
    return end >= 0 and (start < 0 or end < start)


def _close(text: str, at: int, opening: str, start: int, tags: Tags) -> tuple[Thinking, int]:
    """Read thinking whose tag begins at `start`, and the white space around it; give also where it ends."""
    begin = start + len(opening)
    end = text.find(tags.close, begin) if tags.closer == "first" else text.rfind(tags.close, begin)
    closing = tags.close if end >= 0 else ""  # without: the model was cut while it thought
    inner = text[begin:end] if closing else text[begin:]
    words = inner.lstrip()
    before = inner[: len(inner) - len(words)]
    words = words.rstrip()
    after = inner[len(before) + len(words) :]
    visible = end + len(closing) if closing else len(text)
    behind = _white(text, visible)
    place = Inline(
        open=opening, close=closing, lead=text[at:start], before=before, after=after, trail=text[visible:behind]
    )
    return Thinking(segments=(Segment(text=words),), places=(place,)), behind


class Splitter:
    """Split a text by tags while it still grows, for display; a tag may be cut anywhere.

    What it gives is what `split` finds in the whole text: the white space around tags belongs to neither side. Words
    are held back while nothing tells thinking from text, which without an opening tag may be until the end.
    """

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._step = self._head
        self._tail = ""  # may be the beginning of a tag
        self._held: list[str] = []  # white space, or words of which nobody knows yet what they are
        self._begun = False

    def feed(self, text: str) -> Iterator[tuple[bool, str]]:
        """Take new text and give the pieces that are decided: whether it is thinking, and the words."""
        while text:
            shown, text = self._step(text)
            yield from (found for found in shown if found[1])

    def finish(self) -> Iterator[tuple[bool, str]]:
        """Give what was held back."""
        rest, self._tail = self._tail, ""
        found: list[tuple[bool, str]] = []
        if self._step == self._inside:
            found = [(True, self._words(rest))]
        elif self._step == self._late:
            found = self._last("".join(self._held) + rest)
            self._step = self._text
        elif self._step != self._gap:
            found = [(False, "".join(self._held) + rest)]
            self._held = []
            self._step = self._text
        yield from (piece for piece in found if piece[1])

    # Each step takes text and gives what is decided, and the text that the next step has to look at.

    def _head(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        words = text if self._tail else text.lstrip()
        if len(words) < len(text):
            self._held.append(text[: len(text) - len(words)])
        words = self._tail + words
        self._tail = ""
        if words.startswith(self._tags.open):
            self._held = []
            self._step = self._inside
            return [], words[len(self._tags.open) :]
        if self._tags.open.startswith(words):
            self._tail = words
            return [], ""
        if self._tags.opener == "optional":
            self._step = self._unsure
            return [], words
        white, self._held = "".join(self._held), []
        self._step = self._seek if self._tags.where == "anywhere" else self._text
        return [(False, white)], words

    def _unsure(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        text = self._tail + text
        opens, closes = text.find(self._tags.open), text.find(self._tags.close)
        if opens < 0 and closes < 0:
            keep = max(_cut(text, self._tags.open), _cut(text, self._tags.close))
            self._tail = text[len(text) - keep :]
            self._held.append(text[: len(text) - keep])
            return [], ""
        held, self._held, self._tail = "".join(self._held), [], ""
        if closes < 0 or 0 <= opens < closes:
            self._step = self._seek if self._tags.where == "anywhere" else self._text
            return [(False, held)], text
        self._step = self._inside
        return [(True, self._words(held))], text

    def _inside(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        words, found, text = self._until(text, self._tags.close)
        shown = [(True, self._words(words))]
        if found and self._tags.closer == "last":
            self._held.append(self._tags.close)
            self._step = self._late
        elif found:
            self._held, self._begun = [], False
            self._step = self._gap
        return shown, text

    def _late(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        self._held.append(text)  # only the end tells which closing tag was the last
        return [], ""

    def _gap(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        text = text.lstrip()
        if text:
            self._step = self._seek if self._tags.where == "anywhere" else self._text
        return [], text

    def _seek(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        words, found, text = self._until(text, self._tags.open)
        if found:
            self._step = self._inside
        return [(False, words)], text

    def _text(self, text: str) -> tuple[list[tuple[bool, str]], str]:
        return [(False, text)], ""

    def _until(self, text: str, tag: str) -> tuple[str, str, str]:
        words, found, rest = (self._tail + text).partition(tag)
        keep = 0 if found else _cut(words, tag)
        self._tail = words[len(words) - keep :] if keep else ""
        return words[: len(words) - keep], found, rest

    def _words(self, text: str) -> str:
        """Give thinking without the white space at its edges: what may be the end is held back."""
        words = text.rstrip()
        white = text[len(words) :]
        if not self._begun:
            words = words.lstrip()
        if not words:
            if self._begun:
                self._held.append(white)
            return ""
        shown = "".join(self._held) + words if self._begun else words
        self._held, self._begun = [white], True
        return shown

    def _last(self, text: str) -> list[tuple[bool, str]]:
        inner, found, visible = text.rpartition(self._tags.close)
        # what is held began with the white space before the first closing tag, which is thinking only before another
        self._held = []
        thinks = inner.rstrip() if found else ""
        visible = visible.lstrip()
        behind = split(visible, self._tags) if self._tags.where == "anywhere" else (Text(text=visible),)
        return [
            (True, thinks if self._begun else thinks.lstrip()),
            *((isinstance(block, Thinking), block.text) for block in behind if isinstance(block, Text | Thinking)),
        ]


def _cut(text: str, tag: str) -> int:
    """Tell how many characters at the end of a text may begin a tag."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:n])), 0)
