"""Paths into the parameters of a request: names and indices, such as `$.thinking.keep`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, cast

from keepthinking._json import Json

_STEP: Final = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]")
_PATH: Final = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\[\d+\])+")
_ABSENT: Final = object()


def steps(path: str) -> list[str | int]:
    """Take a JSON path such as `$.thinking.keep` apart. Raises `ValueError` if it is more than names and indices."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not a path of names and indices")
    return [name or int(index) for name, index in _STEP.findall(path)]


def meets(params: Mapping[str, object], path: str, text: str) -> bool:
    """Tell whether a parameter is there and has the value of a JSON text."""
    found = _at(params, steps(path))
    wanted = json.loads(text)
    # In Python 1 equals True; in a request it does not.
    return type(found) is type(wanted) and found == wanted


def count(params: Mapping[str, object], path: str) -> int | None:
    """Give a parameter that is a whole number; None where it is absent or something else."""
    found = _at(params, steps(path))
    return found if type(found) is int else None


def _at(value: object, path: list[str | int]) -> object:
    for step in path:
        value = _plain(value)
        if isinstance(step, str):
            value = cast("Mapping[str, object]", value).get(step, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        else:
            held = cast("list[object]", value) if isinstance(value, list) else []
            value = held[step] if step < len(held) else _ABSENT
    return _plain(value)


def _plain(value: object) -> object:
    return value.value if isinstance(value, Json) else value
