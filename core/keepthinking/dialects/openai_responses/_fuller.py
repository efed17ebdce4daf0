"""What stands where an item was stated twice, and once with less.

Rule 1: the later statement wins, member by member. One that it leaves out, or leaves empty, was not taken back: the
earlier stands, since a server that ends with less than it sent has not unsaid it (all complete statements are kept).
Rule 2: so with the parts of its lists, each by itself. Parts behind the last are taken only where those before them
are the same, since a list may have been cut into other parts.
"""

from __future__ import annotations

import re

from keepthinking._json import Slice, Slices, elements, members, string
from keepthinking.dialects._wire import array, is_array, is_object, is_string, write_members
from keepthinking.dialects.openai_responses._names import LISTS, PARTS

_NOTHING = re.compile(rb'null|""|\[\s*\]|\{\s*\}').fullmatch

_HELD = frozenset(name for lists in LISTS.values() for name in lists)
"""Members of items that are lists of parts."""


def says_nothing(raw: Slice) -> bool:
    """Tell whether a value is null or empty."""
    return _NOTHING(bytes(raw)) is not None


def fuller(later: bytes, earlier: bytes) -> bytes:
    """Give the later statement of an item, with what it leaves out of the earlier one; both are JSON objects."""
    ours, theirs = members(later, "$.item", "provider"), members(earlier, "$.item", "provider")
    return write_members(ours) if _fill(ours, theirs, deep=True) else later


def _fill(ours: Slices, theirs: Slices, *, deep: bool = False) -> bool:
    changed = False
    for key, raw in theirs.items():
        mine = ours.get(key)
        if says_nothing(raw):
            continue
        if mine is None or says_nothing(mine):
            new: Slice = bytes(raw)
        elif deep and key in _HELD and is_array(mine) and is_array(raw):
            new = _parts(mine, raw)
        else:
            continue
        if new is not mine:
            ours[key] = new
            changed = True
    return changed


def _parts(later: Slice, earlier: Slice) -> Slice:
    ours, theirs = elements(later, "$.item", "provider"), elements(earlier, "$.item", "provider")
    changed = False
    for n, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
        if is_object(mine) and is_object(other):
            here, there = members(mine, "$.item", "provider"), members(other, "$.item", "provider")
            if _word(here, "type") == _word(there, "type") and _fill(here, there):
                ours[n] = write_members(here)
                changed = True
    if len(theirs) > len(ours) and all(map(_alike, ours, theirs)):
        ours += theirs[len(ours) :]
        changed = True
    return array([bytes(part) for part in ours]) if changed else later


def _alike(one: Slice, other: Slice) -> bool:
    if not (is_object(one) and is_object(other)):
        return bytes(one) == bytes(other)
    ours, theirs = members(one, "$.item", "provider"), members(other, "$.item", "provider")
    type_ = _word(ours, "type")
    member = PARTS[type_][1] if type_ in PARTS else "text"
    return type_ == _word(theirs, "type") and _word(ours, member) == _word(theirs, member)


def _word(left: Slices, key: str) -> str:
    raw = left.get(key)
    return string(raw, key) if raw is not None and is_string(raw) else ""
