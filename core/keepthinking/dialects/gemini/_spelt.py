"""Members in either spelling: proto JSON takes `thoughtSignature` and `thought_signature`.

Rule 1: `fields` and paths use the usual spelling; how a member was really written is `spelling`, by its usual name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, Slice, Slices, members
from keepthinking.dialects._wire import Spelling, Tree, is_object, take_nullable, write, write_members
from keepthinking.dialects.gemini._names import snake


def key_of(left: Slices, name: str) -> str | None:
    """Give the key under which a member stands, or None where it does not."""
    if name in left:
        return name
    return other if (other := snake(name)) in left else None


def note(spelling: Spelling, name: str, key: str) -> None:
    """Remember the spelling of a member where it is not the usual one."""
    if key != name:
        spelling.note(name, key)


def take(
    left: Slices,
    name: str,
    path: str,
    spelling: Spelling,
    how: Callable[[Slices, str, str], str | None | UnsetType] = take_nullable,
) -> str | None | UnsetType:
    """Pop a member in either spelling; one of another type stays."""
    key = key_of(left, name)
    if key is None:
        return UNSET
    value = how(left, key, path)
    if not isinstance(value, UnsetType):
        note(spelling, name, key)
    return value


def read_raw(left: Slices, name: str, spelling: Spelling) -> Json | UnsetType:
    """Pop a member as it is, in either spelling."""
    key = key_of(left, name)
    if key is None:
        return UNSET
    note(spelling, name, key)
    return Json(bytes(left.pop(key)))


def key_for(spelling: Spelling, name: str) -> str:
    """Give the key under which a member is to be written."""
    key = spelling.of(name, name)
    return key if key == snake(name) else name


def write_spelt(typed: Tree, fields: Json | UnsetType, spelling: Spelling) -> bytes:
    """Write an object as `write` does, each member in the spelling in which it came."""
    if not spelling.words:
        return write(typed, fields)
    respelt: Tree = _typed(typed, spelling)
    if isinstance(fields, UnsetType):
        return write(respelt)
    return write(respelt, _fields(fields.raw, typed, spelling))


def _typed(typed: Tree, spelling: Spelling) -> Tree:
    return {
        key_for(spelling, name): value if isinstance(value, bytes) else _typed(value, spelling)
        for name, value in typed.items()
    }


def _fields(raw: Slice, typed: Tree, spelling: Spelling) -> bytes:
    found: dict[str, Slice] = {}
    for name, value in members(raw, "fields", "caller").items():
        inner = typed.get(name)
        if isinstance(inner, Mapping) and is_object(value):
            value = _fields(value, inner, spelling)  # noqa: PLW2901 - the value as it goes on
        found[key_for(spelling, name) if inner is not None else name] = value
    return write_members(found)
