"""The JSON Schema of results: up to date, valid, of one mind with the reader, and right about what may differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from keepthinking import DecodeError
from keepthinking_conformance.results import SCHEMA, Results, as_json, read_results, shipped, stable
from keepthinking_conformance.results import _schema as made
from tests.conformance.results.everything import CELL, EVERYTHING, HOSTILE, said

pytestmark = pytest.mark.extras

VALIDATOR = Draft202012Validator(json.loads(shipped()))
WHOLE: dict[str, Any] = json.loads(as_json(EVERYTHING))


def test_the_file_is_up_to_date() -> None:
    assert shipped() == made.render(), "run: python -m keepthinking_conformance.results._schema"


def test_it_is_a_valid_schema_with_an_id_of_its_own() -> None:
    Draft202012Validator.check_schema(json.loads(shipped()))

    assert made.ID.endswith(f":{made.VERSION}")
    assert SCHEMA.endswith(f"/{made.VERSION.partition('.')[0]}")


def test_every_object_and_every_member_says_what_it_is() -> None:
    parts = json.loads(shipped())["$defs"]
    silent = [name for name, part in parts.items() if not part["description"]]
    silent += [
        f"{n}.{k}" for n, p in parts.items() for k, member in p["properties"].items() if not member["description"]
    ]

    assert silent == []


@pytest.mark.parametrize("results", [EVERYTHING, *map(said, HOSTILE)], ids=lambda _: "results")
def test_what_is_written_is_valid_and_comes_back_equal(results: Results) -> None:
    written = as_json(results)

    VALIDATOR.validate(json.loads(written))
    assert read_results(written) == results
    assert as_json(read_results(written.encode())) == written


def test_everything_has_everything() -> None:
    # Or the tests below would say nothing about what is missing here.
    held = set(paths(WHOLE))
    names = {step for path in held for step in path if isinstance(step, str)}

    for part in json.loads(shipped())["$defs"].values():
        assert part["properties"].keys() <= names


# -- of one mind with the reader ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [None, -7.5, "7", [], {}, True, [{}], ["7"], {"type": "later"}], ids=json.dumps)
def test_schema_and_reader_refuse_the_same(new: object) -> None:
    for path in paths(WHOLE):
        changed = deepcopy(WHOLE)
        place(changed, path[:-1])[path[-1]] = new

        assert VALIDATOR.is_valid(changed) == readable(changed), path


def test_schema_and_reader_miss_the_same() -> None:
    for path in paths(WHOLE):
        changed = deepcopy(WHOLE)
        del place(changed, path[:-1])[path[-1]]

        assert VALIDATOR.is_valid(changed) == readable(changed), path


def test_schema_and_reader_know_the_same_members() -> None:
    for path in [(), *paths(WHOLE)]:
        if isinstance(place(WHOLE, path), dict):
            changed = deepcopy(WHOLE)
            place(changed, path)["later"] = "?"

            assert VALIDATOR.is_valid(changed) == readable(changed), path


# -- what may differ ---------------------------------------------------------------------------------------------------


def test_the_stable_form_lacks_what_may_differ_and_nothing_else() -> None:
    gone = set(paths(WHOLE)) - set(paths(stable(WHOLE)))

    assert {".".join(str(step) for step in path if not isinstance(step, int)) for path in gone} == {
        "environments.platform",
        "controls.reason",
        "cells.reason",
        "cells.seconds",
        "cells.incident.message",
        "cells.findings.sent",
        "summary.seconds",
    }


def test_the_stable_form_is_the_same_where_only_such_members_differ() -> None:
    slower = replace(
        EVERYTHING,
        cells=tuple(replace(cell, seconds=9.0, reason="at port 2") for cell in EVERYTHING.cells),
        summary=replace(EVERYTHING.summary, seconds=99.0),
    )
    other = replace(EVERYTHING, cells=(replace(CELL, requests=6), *EVERYTHING.cells[1:]))

    assert slower != EVERYTHING
    assert stable(json.loads(as_json(slower))) == stable(WHOLE)
    assert stable(json.loads(as_json(other))) != stable(WHOLE)


# -- helpers -----------------------------------------------------------------------------------------------------------


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from paths(inner, (*path, key))


def place(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def readable(value: object) -> bool:
    try:
        read_results(json.dumps(value))
    except DecodeError as error:
        # No schema can say that a name has to be one of those in another place.
        return any(words in error.what for words in ("no environment", "have one id"))
    return True
