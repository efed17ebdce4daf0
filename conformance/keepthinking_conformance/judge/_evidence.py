"""What a finding is shown by: a window of what the provider wrote, and one of what stands in the request instead.

Rule 1: a window is a piece of the JSON text as the wire has it, at most `WIDTH` characters, never put together.
Rule 2: it shows the first difference, or the words that went where they do not belong.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple, cast

from msgspec import UNSET, UnsetType

from keepthinking import Block, Finding, Text, Thinking, ToolCall
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._wire import answer_body, at_path, path_of

WIDTH: Final = 400
"""So many characters a window has at most."""

_BEFORE: Final = 120
"""So many of them stand before what it is about."""

_BOTH: Final = frozenset({"altered", "normalised"})
"""Fates of what stands on both sides."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,.;:+/=_-]{12,}")
"""Characters that look alike however a text is escaped."""

_OF_ITEM: Final = re.compile(r"`(?:item\.(?:fields\.)?(\w+)|(phase))` of ")
"""How a finding names a member of the item that holds a block, such as its id: no block of it shows that."""

_IN_ITEM: Final = re.compile(r"\.(?:content|summary)\[\d+\]$")
"""What stands behind an item's path in that of a block of it."""


class Evidence(NamedTuple):
    """What shows a finding.

    Attributes:
        call: The call whose answer is meant.
        block: The block of it that is meant.
        said: What the provider wrote, all of it.
        sent: What stands in the request instead, all of it.
        member: The same as `said` where that is no block, but a member of the item around it; else None.
    """

    call: Call | None
    block: Block | None
    said: str | None
    sent: str | None
    member: str | None = None

    def windows(self, finding: Finding) -> tuple[str | UnsetType, str | UnsetType]:
        """Cut the windows."""
        if self.said is not None and self.sent is not None and finding.fate in _BOTH:
            said, sent = self._narrowed(finding, self.said, self.sent)
            start = max(_difference(said, sent) - _BEFORE, 0)  # the same on both sides, so that they can be compared
            return said[start : start + WIDTH], sent[start : start + WIDTH]
        # A piece that stands nowhere is found at -1, and none at 0: then the beginning is shown.
        return (
            UNSET if self.said is None else self.said[:WIDTH],
            UNSET if self.sent is None else _window(self.sent, self.sent.find(self._piece())),
        )

    def beside(self) -> str | None:
        """Give the JSON text in the request of another member than the words, where those are the same; else None.

        Where the words are cut into several members, nobody can say.
        """
        if self.said is None or self.sent is None:
            return None
        words = _both(self.said, self.sent, words_of(self.block))
        found = _member(self.said, self.sent) if words is not None and _is_same(*words) else None
        return None if found is None else found[1]

    def _narrowed(self, finding: Finding, said: str, sent: str) -> tuple[str, str]:
        """Give the value that the finding is about, on both sides: the order of members around it tells nothing."""
        seals = () if self.block is None else tuple(seal.wire for seal in self.block.seals)
        for value in seals if finding.check.startswith("seal.") else (words_of(self.block),):
            found = _both(said, sent, value)
            if found is not None and not _is_same(*found):
                return found
        return (_member(said, sent) if _is_respelled(said, sent) else None) or (said, sent)

    def _piece(self) -> str:
        """Give a piece of the block that can be found again however it is escaped."""
        return next(iter(plain_pieces(words_of(self.block))), "")


def evidence(case: Case, finding: Finding) -> Evidence:
    """Gather what shows a finding."""
    calls = {call.number: call for call in case.calls}
    call = None if isinstance(finding.response, UnsetType) else calls.get(finding.response)
    member = _member_of_item(finding)
    said, block, around = None, None, None
    if call is not None and isinstance(finding.origin, str):
        block = _block(case, call, finding.origin)
        body = answer_body(case, call)
        if body is not None:
            said = at_path(body, finding.origin)
            around = at_path(body, _of_item(finding.origin, member)) if member else None
    sent = None
    if 0 < finding.request <= len(case.trace.exchanges):
        path = finding.path if around is None else _of_item(finding.path, member)
        sent = at_path(case.trace.exchanges[finding.request - 1].request, path)
    return Evidence(call, block, said if around is None else around, sent, around)


def _of_item(path: str, member: str) -> str:
    """Give the path of a member of the item that holds a block."""
    return f"{_IN_ITEM.sub('', path)}.{member}"


def _member_of_item(finding: Finding) -> str:
    """Name the member of the item around a block that a finding is about; "" where it is about the block itself."""
    found = _OF_ITEM.search(finding.what)
    return "" if found is None else next(filter(None, found.groups()))


def words_of(block: Block | None) -> str:
    """Give what a block is known by: its words, else its seal."""
    match block:
        case Thinking() if block.text:
            return "\n".join(segment.text for segment in block.segments if isinstance(segment.text, str))
        case Text() if block.text:
            return block.text
        case ToolCall():
            return block.arguments
        case None:
            return ""
        case _:
            return block.seals[0].wire if block.seals else ""


def plain_pieces(text: str) -> list[str]:
    """List the pieces of a text that look alike however it is escaped."""
    return [piece.strip() for piece in _PLAIN.findall(text)]


def _block(case: Case, call: Call, origin: str) -> Block | None:
    for choice, message in enumerate(call.messages):
        for b, block in enumerate(message.blocks):
            if case.dialect.response_path(message, b, choice) == origin:
                return block
    return None


def _both(said: str, sent: str, value: str) -> tuple[str, str] | None:
    """Give both sides of the place where an answer holds a value."""
    path = path_of(said, value) if value else None
    return None if path is None else _at_both(said, sent, path)


def _at_both(said: str, sent: str, path: str) -> tuple[str, str] | None:
    here, there = _at(said, path), _at(sent, path)
    return None if here is None or there is None else (here, there)


def _is_same(here: str, there: str) -> bool:
    """Tell whether two JSON texts are one: of words the spelling tells nothing, of arguments it does."""
    words = _value(here)
    return here == there or (isinstance(words, str) and words == _value(there))


def _is_respelled(said: str, sent: str) -> bool:
    """Tell whether members with the same value are written otherwise, or in another order: that hides what differs."""
    mine, other = _members(said), _members(sent)
    both = [name for name in mine if name in other]
    if both != [name for name in other if name in mine]:
        return True
    return any(mine[name] == other[name] and _at(said, f"$.{name}") != _at(sent, f"$.{name}") for name in both)


def _member(said: str, sent: str) -> tuple[str, str] | None:
    """Give both sides of the first member that has another value."""
    mine, other = _members(said), _members(sent)
    changed = (name for name in mine if name in other and mine[name] != other[name])
    return next((both for name in changed if (both := _at_both(said, sent, f"$.{name}")) is not None), None)


def _members(text: str) -> dict[str, Any]:
    """Give the members of a JSON object; anything else has none."""
    value = _value(text)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _value(text: str) -> Any:
    """Decode a JSON text: another spelling of the same value tells nothing. What is none stands for itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _at(text: str, path: str) -> str | None:
    return at_path(text.encode("utf-8", "replace"), path)


def _difference(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _window(text: str, at: int) -> str:
    start = max(min(at - _BEFORE, len(text) - WIDTH), 0)
    return text[start : start + WIDTH]
