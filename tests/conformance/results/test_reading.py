"""Reading results back: exactly what is written, or an error that says what, where and whose."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from keepthinking import DecodeError
from keepthinking_conformance.results import as_json, load_results, read_results
from tests.conformance.results.everything import EVERYTHING

pytestmark = pytest.mark.extras

WHOLE: dict[str, Any] = json.loads(as_json(EVERYTHING))


def changed(path: tuple[str | int, ...], new: object) -> str:
    whole = deepcopy(WHOLE)
    held: Any = whole
    for step in path[:-1]:
        held = held[step]
    held[path[-1]] = new
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("written", "what", "where"),
    [
        ("", "broken JSON", "$, character 0"),
        (as_json(EVERYTHING)[:-40], "broken JSON", "$, character"),
        ("[]", "expected an object, found an array", "$"),
        ("null", "expected an object, found null", "$"),
        ("{}", "its schema is None, not 'keepthinking-results/1'", "$.schema"),
        (changed(("schema",), "keepthinking-results/2"), "its schema is 'keepthinking-results/2'", "$.schema"),
        (changed(("schema",), "keepthinking-scorecard/1"), "its schema is 'keepthinking-scorecard/1'", "$.schema"),
        (changed(("later",), 1), "the member 'later' is unknown", "$"),
        (changed(("cells", 0, "findings", 0, "later"), 1), "the member 'later' is unknown", "$.cells[0].findings[0]"),
        (changed(("cells", 1, "incident"), {}), "the member 'kind' is missing", "$.cells[1].incident"),
        (changed(("cells", 0, "status"), "green"), "invalid enum value 'green'", "$.cells[0].status"),
        (changed(("cells", 0, "status"), None), "expected `str`, got `null`", "$.cells[0].status"),
        (changed(("cells", 0, "seconds"), "1"), "expected `float`, got `str`", "$.cells[0].seconds"),
        (changed(("cells", 0, "environments"), ["3"]), "there is no environment '3'", "$.cells[0].environments"),
        (changed(("controls", 0, "environments"), []), "no environment is named", "$.controls[0].environments"),
        (changed(("environments", 1, "id"), "1"), "two environments have one id", "$.environments"),
        (as_json(EVERYTHING).replace('"seed": 7', '"seed": NaN'), "NaN", "$"),
        (as_json(EVERYTHING).replace('"seed": 7', '"seed": 7.5'), "expected `int`, got `float`", "$.seed"),
        ("[" * 100_000, "", ""),
        (b"\xff\xfe".decode("latin-1"), "broken JSON", "$, character 0"),
    ],
    ids=range(20),
)
def test_what_is_no_results_is_refused_with_what_where_and_whose(written: str, what: str, where: str) -> None:
    with pytest.raises(DecodeError) as raised:
        read_results(written, "A.json")

    assert raised.value.what.startswith("'A.json' cannot be read as results: ")
    assert what in raised.value.what
    assert raised.value.where.startswith(where)
    assert raised.value.culprit == "data"
    assert "keepthinking check --out" in raised.value.hint


def test_null_is_absence_only_where_a_member_may_be_absent() -> None:
    found = read_results(changed(("cells", 0, "findings", 0, "said"), None)).cells[0].findings[0]

    assert found.said is not None
    assert "said=" not in repr(found)
    with pytest.raises(DecodeError, match="expected `str`, got `null`"):
        read_results(changed(("cells", 0, "title"), None))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "A.json"
    path.write_bytes(as_json(EVERYTHING).encode("utf-16"))

    with pytest.raises(DecodeError, match=r"A\.json.* cannot be read as results: the body is not UTF-8"):
        load_results(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "A.json"
    path.write_text(as_json(EVERYTHING), encoding="utf-8", newline="\r\n")

    assert load_results(path) == EVERYTHING
