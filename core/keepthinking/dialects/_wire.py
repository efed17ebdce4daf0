"""Taking wire objects apart, and putting them together again.

Rule 1: a known member is popped from the sliced object; what is left is `rest`, byte for byte. Nothing is copied
whole and nothing is looked at that no table names.
Rule 2: writing merges `fields` under the typed members, so that a typed value always wins.
Rule 3: a known member of an unexpected type stays where it is, in `fields`; only the skeleton of a message raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from keepthinking._errors import DecodeError
from keepthinking._json import Json, Slice, Slices, check, dump_string, load, members, string
from keepthinking.dialects._text import is_dict

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
"""Typed members to write: JSON bytes, or a nested object whose unknown members are merged in."""

NULL = b"null"
_QUOTE, _BRACE, _BRACKET = b'"{['


def is_null(raw: Slice) -> bool:
    """Tell whether a value is null."""
    return memoryview(raw)[0] == NULL[0]


def is_string(raw: Slice) -> bool:
    """Tell whether a value is a string."""
    return memoryview(raw)[0] == _QUOTE


def is_object(raw: Slice) -> bool:
    """Tell whether a value is an object."""
    return memoryview(raw)[0] == _BRACE


def is_array(raw: Slice) -> bool:
    """Tell whether a value is an array."""
    return memoryview(raw)[0] == _BRACKET


def is_json(raw: Slice) -> bool:
    """Tell whether bytes of unknown origin are exactly one JSON value."""
    try:
        check(raw)
    except DecodeError:
        return False
    return True


def take_string(left: Slices, key: str, path: str) -> str | UnsetType:
    """Pop a member that is a string; one of another type stays."""
    raw = left.get(key)
    if raw is None or not is_string(raw):
        return UNSET
    del left[key]
    return string(raw, f"{path}.{key}")


def take_nullable(left: Slices, key: str, path: str) -> str | None | UnsetType:
    """Pop a member that is a string or null; one of another type stays."""
    raw = left.get(key)
    if raw is not None and is_null(raw):
        del left[key]
        return None
    return take_string(left, key, path)


def take_json(left: Slices, key: str) -> Json | UnsetType:
    """Pop a member as it is."""
    raw = left.pop(key, None)
    return UNSET if raw is None else Json(bytes(raw))


def take_bool(left: Slices, key: str) -> bool | None | UnsetType:
    """Pop a member that is a boolean or null; one of another type stays."""
    word = bytes(left[key]) if key in left else b""
    if word not in _WORDS:
        return UNSET
    del left[key]
    return _WORDS[word]


_WORDS: Mapping[bytes, bool | None] = {b"true": True, b"false": False, NULL: None}


def rest(left: Slices) -> Json | UnsetType:
    """Give what was not taken as one object, or nothing if nothing is left."""
    return Json(write_members(left)) if left else UNSET


def put_back(left: Slices, key: str, inner: Slices) -> None:
    """Put what was not taken from a nested object back into its parent."""
    if inner:
        left[key] = write_members(inner)


def write_members(slices: Mapping[str, Slice]) -> bytes:
    """Write an object from sliced members."""
    return b"{" + b",".join(dump_string(key) + b":" + bytes(raw) for key, raw in slices.items()) + b"}"


def write(typed: Tree, fields: Json | bytes | UnsetType = UNSET) -> bytes:
    """Write an object: the typed members, and under them the members of `fields`, in the same shape."""
    left = (
        {}
        if isinstance(fields, UnsetType)
        else members(fields.raw if isinstance(fields, Json) else fields, "fields", "caller")
    )
    parts: list[bytes] = []
    for key, value in typed.items():
        below = left.pop(key, None)
        if isinstance(value, bytes):
            raw = value
        else:
            raw = write(value, bytes(below) if below is not None and is_object(below) else UNSET)
        parts.append(dump_string(key) + b":" + raw)
    parts.extend(dump_string(key) + b":" + bytes(raw) for key, raw in left.items())
    return b"{" + b",".join(parts) + b"}"


def array(parts: list[bytes] | tuple[bytes, ...]) -> bytes:
    """Write an array from its elements."""
    return b"[" + b",".join(parts) + b"]"


def nullable(value: str | None) -> bytes:
    """Write a string or null."""
    return NULL if value is None else dump_string(value)


def put(typed: dict[str, bytes | Tree], key: str, value: str | Json | None | UnsetType) -> None:
    """Add a member unless it is absent."""
    if isinstance(value, UnsetType):
        return
    typed[key] = value.raw if isinstance(value, Json) else nullable(value)


class Spelling:
    """How a wire object was written, as words: collected while decoding, read while encoding.

    It holds only what may change without harm, so a value without its spelling is written in the dialect's usual way.
    """

    __slots__ = ("words",)

    def __init__(self, words: Json | UnsetType = UNSET) -> None:
        # a value made by hand may hold anything here; what is no word says nothing
        held: object = {} if isinstance(words, UnsetType) else load(words.raw)
        self.words: dict[str, str] = (
            {key: word for key, word in held.items() if isinstance(word, str)} if is_dict(held) else {}
        )

    def note(self, key: str, word: str) -> None:
        """Remember how a member was written."""
        self.words[key] = word

    def of(self, key: str, usual: str) -> str:
        """Give how a member is to be written."""
        return self.words.get(key, usual)

    def json(self) -> Json | UnsetType:
        """Give the words as a value, or nothing where all is usual."""
        return Json.of(self.words) if self.words else UNSET
