"""The schema that ships with the package, as far as the program itself goes by it.

It tells which members there are, which may be null, and which may differ between two runs of one seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias, cast

NAME: Final = "results-1.json"

Part: TypeAlias = dict[str, Any]
"""A schema, or a part of one."""

Drops: TypeAlias = Callable[[Part, object], bool]
"""Tells whether a member goes, by its schema and its value."""


def shipped() -> bytes:
    """Give the bytes of the schema."""
    return (files("keepthinking_conformance.results") / "schema" / NAME).read_bytes()


def stable(value: object, *, of: str = "Results") -> Any:
    """Give parsed results, or a part of them, without the members that may differ between two runs of one seed.

    Args:
        value: As `json.loads` gives it.
        of: The name of its schema.
    """
    return without(value, lambda part, _: bool(part.get("volatile")), of=of)


def without(value: object, drops: Drops, *, of: str = "Results") -> Any:
    """Give a parsed value without some members of its objects.

    Args:
        value: The value, as `json.loads` gives it.
        drops: What goes.
        of: The name of its schema.
    """
    return _without(value, {"$ref": f"#/$defs/{of}"}, drops)


def _without(value: object, part: Part, drops: Drops) -> Any:
    part = resolved(part)
    if isinstance(value, list):
        return [_without(held, part.get("items", {}), drops) for held in cast("list[object]", value)]
    if isinstance(value, dict):
        members = [(key, member_of(part, key), held) for key, held in cast("dict[str, object]", value).items()]
        return {key: _without(held, member, drops) for key, member, held in members if not drops(member, held)}
    return value


def member_of(part: Part, name: str) -> Part:
    """Give the schema of an object's member; an empty one where none is known."""
    rest = part.get("additionalProperties")
    found: Part = part.get("properties", {}).get(name, rest if isinstance(rest, dict) else {})
    return found


def nullable(part: Part) -> bool:
    """Tell whether a member may be absent, which null stands for."""
    return "null" in part.get("type", ()) or {"type": "null"} in part.get("anyOf", ())


def resolved(part: Part) -> Part:
    """Give what a schema refers to, and itself where it refers to nothing."""
    if "anyOf" in part:  # of an object that may be absent
        part = part["anyOf"][0]
    found: Part = _schema()["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    return found


@cache
def _schema() -> Part:
    found: Part = json.loads(shipped())
    return found
