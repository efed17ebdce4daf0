"""Whether two histories of LangChain are the same.

LangChain's own equality takes True, 1 and 1.0 for one value and looks at no key order. Here all types count, and so
does the order of keys in arguments, which models read as they are written; the order of other keys does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from langchain_core.messages import BaseMessage

__all__ = ["same_native"]

_ORDERED = frozenset({"args", "input", "partial_json"})


def same_native(a: Sequence[BaseMessage], b: Sequence[BaseMessage]) -> bool:
    """Tell whether two histories are the same: classes, all fields, extra attributes, types of all values."""
    return len(a) == len(b) and all(map(_message, a, b))


def _message(a: BaseMessage, b: BaseMessage) -> bool:
    return type(a) is type(b) and _value(a.__dict__, b.__dict__) and _value(a.__pydantic_extra__, b.__pydantic_extra__)


def _value(a: Any, b: Any, *, ordered: bool = False) -> bool:
    if type(a) is not type(b):
        return False
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
    return bool(a == b)


def _dict(value: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = value
    return found
