"""Whether two histories of smolagents are the same.

Equality of dataclasses takes True, 1 and 1.0 for one value, errors are equal to nothing but themselves, and a text that
carries a record is equal to the same text without one. Here all types count, what a text carries counts, and so does
the order of keys in arguments, which models read as they are written. Of a picture its pixels count, of an error its
class and its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from PIL import Image
from smolagents.memory import MemoryStep
from smolagents.utils import AgentError

from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["same_native", "same_value"]


def same_native(a: Sequence[MemoryStep], b: Sequence[MemoryStep]) -> bool:
    """Tell whether two histories are the same: classes, all fields, types of all values, records, pixels, errors."""
    return len(a) == len(b) and all(map(same_value, a, b))


def same_value(a: Any, b: Any, *, ordered: bool = False) -> bool:  # noqa: C901, PLR0911 - one row a type
    """Tell whether two values are the same; the order of keys counts where it is `ordered`."""
    kind = cast("type[object]", type(a))
    if a is b or kind is str:  # most of a memory, so it is asked first
        return a is b or bool(kind is type(b) and a == b)
    if issubclass(kind, Image.Image) and issubclass(type(b), Image.Image):
        return bool(a.size == b.size and a.mode == b.mode and a.tobytes() == b.tobytes())
    if kind is not type(b):
        return False
    if kind is KeptText:
        return bool(a.__reduce__() == b.__reduce__())
    if issubclass(kind, AgentError) or hasattr(kind, "__dataclass_fields__"):
        return same_value(_members(a), _members(b))
    if hasattr(kind, "__pydantic_fields__"):
        return same_value([_members(a), _extra(a)], [_members(b), _extra(b)])
    if isinstance(a, dict):
        left, right = _dict(a), _dict(b)
        if left.keys() != right.keys() or (ordered and [*left] != [*right]):
            return False
        return all(same_value(left[key], right[key], ordered=ordered or key == "arguments") for key in left)
    if isinstance(a, list | tuple):
        one, two = cast("Sequence[Any]", a), cast("Sequence[Any]", b)
        return len(one) == len(two) and all(same_value(x, y, ordered=ordered) for x, y in zip(one, two, strict=True))
    if isinstance(a, float):
        return repr(a) == repr(b)  # NaN is itself here, and -0.0 is not 0.0
    return bool(a is b or a == b)


def _members(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value.__dict__
    return found


def _extra(value: Any) -> Any:
    return value.__pydantic_extra__


def _dict(value: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = value
    return found
