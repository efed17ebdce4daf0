"""What a terminal shows of one finding: where, what was said and sent back, who lost it, and what to do.

Rule 1: 80 columns and ASCII: a difference of two characters that look alike has to be seen.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from keepthinking.cli._audit_view import clean
from keepthinking_conformance.results import Found
from keepthinking_conformance.results._evidence import LOST, Side, facts, sides, spelt

_INDENT: Final = " " * 10
_HEAD: Final = 11
_ROOM: Final = 58
"""So many characters stand behind the head of a line."""

_LEAD: Final = 18
"""So many of them before the first difference."""

_NOTHING: Final = ("nothing that has a place", "nothing in its place")


def shown(finding: Found, *, whole: bool = False) -> Iterator[str]:
    """Show a finding.

    Args:
        finding: The finding.
        whole: Whether to show all of both windows, or one line of each around the first difference.
    """
    yield from (f"{_INDENT}{word:<{_HEAD}}{clean(place)}" for word, place in facts(finding))
    yield from _whole(finding) if whole else _line(finding)
    yield from _wrapped("lost in", LOST[finding.lost_in])
    yield from _wrapped("fix", finding.fix)


def _line(finding: Found) -> Iterator[str]:
    both = sides(finding, width=_ROOM, lead=_LEAD)
    if both == (None, None):
        return
    for head, side, nothing in zip(("it said", "sent back"), both, _NOTHING, strict=True):
        yield f"{_INDENT}{head:<{_HEAD}}{nothing if side is None else _cut(side)}"
    marked = [side for side in both if side is not None and side.first]
    if marked:
        column = len(_before(marked[0]))
        yield f"{_INDENT}{' ' * (_HEAD + column)}^ differs from here"


def _before(side: Side) -> str:
    """Give what stands before the first difference, cut so that the difference has room."""
    text = ("..." if side.before else "") + spelt(side.same, plain=True)
    most = _ROOM // 2
    return text if len(text) <= most else f"...{text[3 - most :]}"


def _cut(side: Side) -> str:
    text = spelt(side.first + side.differs + side.rest, plain=True)
    # A side without a first difference is all that there is to see, or ends where the other one goes on.
    head = _before(side) if side.first or not side.same else spelt(side.same, plain=True)
    whole = head + text
    return whole if len(whole) <= _ROOM and not side.behind else f"{whole[: _ROOM - 3]}..."


def _whole(finding: Found) -> Iterator[str]:
    both = sides(finding)
    if both == (None, None):
        return
    for head, side, nothing in zip(("it said", "sent back"), both, _NOTHING, strict=True):
        text = nothing if side is None else spelt(side.text, plain=True)
        pieces = [text[start : start + _ROOM] for start in range(0, len(text), _ROOM)] or [""]
        for number, piece in enumerate(pieces):
            yield f"{_INDENT}{'' if number else head:<{_HEAD}}{piece}".rstrip()


def _wrapped(head: str, text: str) -> Iterator[str]:
    for number, line in enumerate(textwrap.wrap(spelt(text, plain=True), _ROOM + 1)):
        yield f"{_INDENT}{'' if number else head:<{_HEAD}}{line}"
