"""Whether two histories of LlamaIndex are the same.

Pydantic's own equality takes True, 1 and 1.0 for one value and looks at no key order. Here all types count, and so
does the order of keys in arguments, which models read as they are written; the order of other keys does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import IOBase
from typing import Any, cast

from llama_index.core.base.llms.types import ChatMessage
from pydantic import BaseModel

__all__ = ["same_native"]

_ORDERED = frozenset({"tool_kwargs", "arguments", "input"})


def same_native(a: Sequence[ChatMessage], b: Sequence[ChatMessage]) -> bool:
    """Tell whether two histories are the same: classes, all fields of all blocks, types of all values."""
    return len(a) == len(b) and all(map(_value, a, b))


def _value(a: Any, b: Any, *, ordered: bool = False) -> bool:  # noqa: PLR0911 - one row a type
    if type(a) is not type(b):
        return False
    if isinstance(a, BaseModel):
        return _value(_members(a), _members(b))
    if isinstance(a, dict):
        left, right = _dict(a), _dict(b)
        if left.keys() != right.keys() or (ordered and [*left] != [*right]):
            return False
        return all(_value(left[key], right[key], ordered=ordered or key in _ORDERED) for key in left)
    if isinstance(a, list | tuple):
        left_, right_ = cast("Sequence[Any]", a), cast("Sequence[Any]", b)
        return len(left_) == len(right_) and all(
            _value(x, y, ordered=ordered) for x, y in zip(left_, right_, strict=True)
        )
    if isinstance(a, float):
        return repr(a) == repr(b)  # NaN is itself here, and -0.0 is not 0.0
    if isinstance(a, IOBase):
        return a is b
    return bool(a == b)


def _members(value: BaseModel) -> list[Any]:
    return [value.__dict__, value.__pydantic_extra__, value.__pydantic_private__]


def _dict(value: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = value
    return found
