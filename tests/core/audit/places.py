"""Places in JSON values: going there, changing them, and their paths."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

Json = Any


class Raw:
    """JSON that goes into the recording as it is written."""

    def __init__(self, text: str) -> None:
        self.text = text


def at(value: Json, place: Sequence[str | int]) -> Json:
    """Go down into a JSON value."""
    for step in place:
        value = value[step]
    return value


def put(value: Json, place: Sequence[str | int], new: Json) -> None:
    """Put a value into a JSON value."""
    at(value, place[:-1])[place[-1]] = new


def path(*place: str | int) -> str:
    """Write a place as a JSON path."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def resolve(value: Json, text: str) -> Json:
    """Follow a JSON path of names and indices; anything it does not lead to is an error."""
    return at(value, steps(text))


def steps(text: str) -> list[str | int]:
    """Take a JSON path of names and indices apart."""
    assert re.fullmatch(r"\$(\.[A-Za-z_]+|\[\d+\])*", text), text
    return [name or int(index) for name, index in re.findall(r"\.([A-Za-z_]+)|\[(\d+)\]", text)]


def dump(value: Json) -> bytes:
    """Write one line of a recording; `Raw` goes out as it is."""
    raws: list[str] = []

    def default(raw: Raw) -> str:
        raws.append(raw.text)
        return f"\0{len(raws) - 1}\0"

    text = json.dumps(value, default=default)
    return re.sub(r'"\\u0000(\d+)\\u0000"', lambda m: raws[int(m[1])], text).encode() + b"\n"
