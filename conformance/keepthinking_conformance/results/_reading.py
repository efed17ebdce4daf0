"""Reading results back from their JSON file: exactly what is written, or an error that says what, where and whose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import msgspec

from keepthinking import DecodeError
from keepthinking._json import body_bytes, kind, load
from keepthinking_conformance.results._results import SCHEMA, Results
from keepthinking_conformance.results._shape import Part, member_of, nullable, resolved, without

_PLACE: Final = re.compile(r"(.*) - at `(\$.*)`", re.DOTALL)
_HINT: Final = "give a file that `keepthinking check --out` or `keepthinking merge --out` of this version wrote"


def load_results(path: Path) -> Results:
    """Read a file of results.

    Raises:
        DecodeError: It is none, or was changed since.
        OSError: It cannot be read.
    """
    return read_results(path.read_bytes(), str(path))


def read_results(raw: bytes | str, name: str = "this") -> Results:
    """Read results.

    Args:
        raw: The JSON.
        name: What to call it in an error.

    Raises:
        DecodeError: It is no JSON, has another schema, or another shape than the schema says.
    """
    try:
        body = body_bytes(raw)
        value: object = load(body)
        members = cast("dict[str, object]", value) if isinstance(value, dict) else None
        if members is None:
            raise _error(f"expected an object, found {kind(body)}", "$")
        written = members.get("schema")
        if written != SCHEMA:
            raise _error(f"its schema is {written!r}, not {SCHEMA!r}", "$.schema")
        for what, where in _strangers(members, {"$ref": "#/$defs/Results"}, "$"):
            raise _error(what, where)
        found = _converted(without(members, lambda part, held: held is None and nullable(part)))
        _check_environments(found)
    except DecodeError as error:
        what = f"{name!r} cannot be read as results: {error.what}"
        raise DecodeError(what, where=error.where, culprit="data", hint=_HINT) from error
    return found


def _strangers(value: object, part: Part, path: str) -> Iterator[tuple[str, str]]:
    """Find members that the schema does not know, and those that it misses."""
    part = resolved(part)
    if isinstance(value, list):
        for number, held in enumerate(cast("list[object]", value)):
            yield from _strangers(held, part.get("items", {}), f"{path}[{number}]")
    elif isinstance(value, dict):
        members = cast("dict[str, object]", value)
        if part.get("additionalProperties") is False:
            yield from ((f"the member {key!r} is unknown", path) for key in members if key not in part["properties"])
            yield from ((f"the member {key!r} is missing", path) for key in part["required"] if key not in members)
        for key, held in members.items():
            yield from _strangers(held, member_of(part, key), f"{path}.{key}")


def _converted(value: object) -> Results:
    try:
        return msgspec.convert(value, Results)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        what, where = found.groups() if found is not None else (str(error), "$")
        raise _error(what[:1].lower() + what[1:], where) from error


def _check_environments(results: Results) -> None:
    known = [environment.id for environment in results.environments]
    if len(set(known)) < len(known):
        raise _error("two environments have one id", "$.environments")
    named = [(f"$.cells[{number}].environments", cell.environments) for number, cell in enumerate(results.cells)]
    named += [(f"$.controls[{number}].environments", one.environments) for number, one in enumerate(results.controls)]
    for path, names in named:
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise _error(f"there is no environment {unknown[0]!r}" if unknown else "no environment is named", path)


def _error(what: str, where: str) -> DecodeError:
    return DecodeError(what, where=where, culprit="data")
