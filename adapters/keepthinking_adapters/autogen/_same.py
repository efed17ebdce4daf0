"""Whether two histories of AutoGen are the same.

Pydantic's own equality takes True and 1 for one value, and AutoGen's `Image` has no equality (autogen-core 0.7.5). Here
types count, and pixels do. The record that travels with a message is no part of what AutoGen says, so it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from autogen_core import FunctionCall, Image
from pydantic import BaseModel

from keepthinking_adapters.autogen._carriers import CARRIERS

__all__ = ["same_native"]


def same_native(a: Sequence[BaseModel], b: Sequence[BaseModel]) -> bool:
    """Tell whether two histories are the same: classes, all fields, types of all values, pixels of all images."""
    return len(a) == len(b) and all(map(_value, a, b))


def _value(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, BaseModel | FunctionCall):
        return _value(_fields(a), _fields(b))
    if isinstance(a, Image):
        one, other = a.image, cast("Image", b).image
        return bool(one.size == other.size and one.mode == other.mode and one.tobytes() == other.tobytes())
    if isinstance(a, dict):
        left, right = cast("dict[str, Any]", a), cast("dict[str, Any]", b)
        return left.keys() == right.keys() and all(_value(left[key], right[key]) for key in left)
    if isinstance(a, list):
        return len(_list(a)) == len(b) and all(map(_value, _list(a), b))
    return bool(a == b)


def _fields(value: object) -> dict[str, Any]:
    return {key: held for key, held in vars(value).items() if key not in CARRIERS}


def _list(value: Any) -> list[Any]:
    found: list[Any] = value
    return found
