"""What single values mean to a provider: texts, seals, arguments, base64.

Rule 1: texts and seals are equal by bytes, base64 by the bytes it spells, arguments by bytes or as an ordered JSON
value by their kind.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._leaves import equal_as_json, equal_as_written
from keepthinking._messages import Seal, ToolCall, Value
from keepthinking._projection import Keep

DifferenceKind = Literal["altered", "respelled", "missing", "extra", "place", "grouping"]


class Difference(Value, frozen=True, kw_only=True):
    """One place where two values differ.

    Attributes:
        kind: `altered`; `respelled` (arguments that are equal as JSON but not by bytes); `missing` and `extra` as seen
            from the second value; `place` (thinking in another member); `grouping` (same words, other pieces).
        keep: What the place is by the projection: `memory` or `link`.
        path: Where in the first value, such as `blocks[1].seals[0].wire`; for `extra`, where in the second.
        at: First differing byte of a text that both sides have.
    """

    kind: DifferenceKind
    keep: Keep
    path: str
    at: int | UnsetType = UNSET


def matters(difference: Difference) -> bool:
    """Tell whether a difference makes two values differ: a link may come or go."""
    return difference.keep == "memory" or difference.kind == "altered"


def first_difference(a: str, b: str) -> int:
    """Give the first differing byte of two texts, in UTF-8."""
    left, right = a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass")
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low < high:  # slices compare at the speed of memory, one byte at a time does not
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def seal_equal(a: Seal, b: Seal) -> bool:
    """Tell whether two seals are the same proof: any complete statement of one is a statement of the other."""
    return a.slot == b.slot and (a.wire == b.wire or bool(seal_statements(a) & seal_statements(b)))


def value_diff(a: object, b: object, keep: Keep, path: str) -> Iterator[Difference]:
    if a == b and type(a) is type(b):
        return
    if b is UNSET:
        yield Difference(kind="missing", keep=keep, path=path)
    elif a is UNSET:
        yield Difference(kind="extra", keep=keep, path=path)
    else:
        at = first_difference(a, b) if isinstance(a, str) and isinstance(b, str) else UNSET
        yield Difference(kind="altered", keep=keep, path=path, at=at)


def is_none_written(a: ToolCall, b: ToolCall) -> bool:
    """Tell whether a call that came without arguments came back with the JSON that says so.

    The empty string is what some servers state for a tool without parameters (recorded traffic of Databricks, 2025-12).
    It is no JSON, and a history wants JSON: clients write the empty object.
    """
    return a.arguments == "" and equal_as_json(b.arguments, "{}")


def arguments_diff(a: ToolCall, b: ToolCall, path: str) -> Iterator[Difference]:
    if (a.kind == "freeform") is not (b.kind == "freeform"):
        yield Difference(kind="altered", keep="memory", path=f"{path}.kind" if path else "kind")
    if a.arguments == b.arguments or ("object" in {a.kind, b.kind} and equal_as_written(a.arguments, b.arguments)):
        return
    respelled = a.kind != "freeform" and (equal_as_json(a.arguments, b.arguments) or is_none_written(a, b))
    yield Difference(
        kind="respelled" if respelled else "altered",
        keep="memory",
        path=f"{path}.arguments" if path else "arguments",
        at=first_difference(a.arguments, b.arguments),
    )


def seals_diff(a: Sequence[Seal], b: Sequence[Seal], path: str) -> Iterator[Difference]:
    left = list(enumerate(b))
    for i, seal in enumerate(a):
        found = next((pair for pair in left if pair[1].slot == seal.slot), None)
        if found is None:
            yield Difference(kind="missing", keep="memory", path=f"{path}[{i}]")
            continue
        left.remove(found)
        if not seal_equal(seal, found[1]):
            at = first_difference(seal.wire, found[1].wire)
            yield Difference(kind="altered", keep="memory", path=f"{path}[{i}].wire", at=at)
    yield from (Difference(kind="extra", keep="memory", path=f"{path}[{i}]") for i, _ in left)


def seal_statements(seal: Seal) -> set[str | bytes]:
    """Give all that a seal states, each a complete proof: base64 as the bytes that it spells."""
    wires = (seal.wire, *seal.alternates)
    return {_spelt(wire) for wire in wires} if seal.encoding == "base64" else set(wires)


def same_data(a: object, b: object) -> bool:
    return isinstance(a, str) and isinstance(b, str) and (a == b or _spelt(a) == _spelt(b))


def _spelt(text: str) -> str | bytes:
    """Give the bytes that base64 spells, in either alphabet, padded or not; what is no base64 stays as it is."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return text
