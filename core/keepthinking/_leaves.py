"""Comparing opaque JSON by a projection: what may be absent, what may differ, what may not.

Rule 1: order of keys says nothing here; the spelling of numbers, and everything else, does.
Rule 2: a member that one side lacks and the other holds as null says nothing: clients that write every member of a
type write nulls (recorded traffic), and no provider gives null a meaning that absence has not. Members with a meaning
of their own have typed places, where null and absence stay two things.
Rule 3: of a list that may be absent, the empty list says that it is: some types demand one (`annotations`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import UnsetType

from keepthinking._json import Json, ordered
from keepthinking._projection import Keep, Projection

_Value: TypeAlias = dict[str, "_Value"] | list["_Value"] | tuple[str, str] | str | bool | None


class Leaf(NamedTuple):
    """One member in which two values differ.

    Attributes:
        kind: `altered`; `missing` and `extra` as seen from the second value.
        keep: `memory` or `link`.
        path: Where inside the opaque value, such as `caller.type`; "" is the value itself.
    """

    kind: Literal["altered", "missing", "extra"]
    keep: Keep
    path: str


def compare(
    a: Json | UnsetType, b: Json | UnsetType, projection: Projection, home: str, otherwise: Keep = "link"
) -> list[Leaf]:
    """List the members in which two opaque values differ, those of `output` and `spelling` left out.

    Args:
        a: The first value.
        b: The second value.
        projection: The dialect's table.
        home: Wire path of the object that the values are the rest of.
        otherwise: What a member is that no row speaks of.
    """
    if a == b:
        return []
    try:
        left: _Value = {} if isinstance(a, UnsetType) else _decode(a.raw.decode())
        right: _Value = {} if isinstance(b, UnsetType) else _decode(b.raw.decode())
        return list(_Walk(projection, otherwise).both(left, right, home, ""))
    except (ValueError, RecursionError):  # too deep to be walked: then only the same bytes are the same value
        return [Leaf("altered", "memory", "")]


def equal_as_json(a: str, b: str) -> bool:
    """Tell whether two texts are the same JSON value: order of keys does not count, and `1.0` is `1`.

    Returns:
        False also where one of them is no JSON.
    """
    try:
        return bool(_decode_values(a) == _decode_values(b))
    except (ValueError, RecursionError):
        return False


def equal_as_written(a: str, b: str) -> bool:
    """Tell whether two texts are the same JSON up to white space and escapes: order of keys and numbers count.

    Returns:
        False also where one of them is no JSON.
    """
    try:
        return bool(ordered(a) == ordered(b))
    except ValueError:
        return False


class _Walk:
    def __init__(self, projection: Projection, otherwise: Keep) -> None:
        self._projection = projection
        self._otherwise: Keep = otherwise

    def both(self, a: _Value, b: _Value, wire: str, path: str) -> Iterator[Leaf]:
        if isinstance(a, dict) and isinstance(b, dict):
            yield from self._members(a, b, wire, path)
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for i, (left, right) in enumerate(zip(a, b, strict=True)):
                yield from self.both(left, right, f"{wire}[]", f"{path}[{i}]")
        elif isinstance(a, list) and isinstance(b, list) and not (a and b) and self._keep(wire) == "link":
            yield Leaf("missing" if a else "extra", "link", path)
        elif b is None:
            yield from self.one("missing", a, wire, path)
        elif a is None:
            yield from self.one("extra", b, wire, path)
        elif a != b or type(a) is not type(b):  # in Python True equals 1
            yield from self.leaf("altered", wire, path)

    def _members(self, a: dict[str, _Value], b: dict[str, _Value], wire: str, path: str) -> Iterator[Leaf]:
        for key in (*a, *(key for key in b if key not in a)):
            here, below = _join(path, key), _join(wire, key)
            if key not in b:
                yield from self.one("missing", a[key], below, here)
            elif key not in a:
                yield from self.one("extra", b[key], below, here)
            else:
                yield from self.both(a[key], b[key], below, here)

    def one(self, kind: Literal["missing", "extra"], value: _Value, wire: str, path: str) -> Iterator[Leaf]:
        if value is None:
            return
        if isinstance(value, dict) and value and self._is_taken_apart(wire):
            for key, inner in value.items():
                yield from self.one(kind, inner, _join(wire, key), _join(path, key))
        else:
            yield from self.leaf(kind, wire, path)

    def leaf(self, kind: Literal["altered", "missing", "extra"], wire: str, path: str) -> Iterator[Leaf]:
        keep = self._keep(wire)
        if keep in {"memory", "link"}:
            yield Leaf(kind, keep, path)

    def _keep(self, wire: str) -> Keep:
        return self._projection.keep(wire, self._otherwise)

    def _is_taken_apart(self, wire: str) -> bool:
        return any(path.startswith((f"{wire}.", f"{wire}[")) for path in self._projection)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> Any:
    return ("number", text)  # a tuple: JSON has none, so nothing else equals it


def _quantity(text: str) -> Any:
    try:
        return ("number", Decimal(text))  # exact: floats make different numbers one
    except ArithmeticError:  # an exponent that even a decimal cannot hold
        return ("number", text)


_decode = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse).decode
_decode_values = json.JSONDecoder(parse_float=_quantity, parse_int=_quantity, parse_constant=_refuse).decode
