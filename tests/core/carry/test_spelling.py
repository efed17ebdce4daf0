"""How arguments were spelt, without the arguments."""

import json

import pytest
from hypothesis import given

from keepthinking import Json
from keepthinking.carry._spelling import fill, mark, spell, spelling
from keepthinking_conformance import strategies as kts

pytestmark = pytest.mark.extras  # the strategies need hypothesis


@given(kts.json_objects())
def test_json_is_spelt_again_as_it_was(value: Json) -> None:
    raw = value.raw.decode()

    assert spell(value.value, spelling(raw, value.value)) == raw


@pytest.mark.parametrize(
    ("raw", "how"),
    [
        pytest.param('{"a": 1, "b": "é"}', {}, id="the default"),
        pytest.param('{"a":1,"b":"é"}', {"style": 1}, id="compact"),
        pytest.param('{"a": 1, "b": "\\u00e9"}', {"style": 2}, id="escaped"),
        pytest.param('{"a":1,"b":"\\u00e9"}', {"style": 3}, id="compact and escaped"),
        pytest.param('{"a":1e2,"b":"x"}', {"style": 1, "tokens": [[4, "1e2"]]}, id="a number of its own"),
    ],
)
def test_usual_spellings_cost_next_to_nothing(raw: str, how: object) -> None:
    assert spelling(raw, json.loads(raw)) == how


def test_half_a_character_comes_back_after_a_store_wrote_a_question_mark() -> None:
    marks = mark("a\ud83db", "a\ud83db")

    assert marks is not None
    assert fill("a?b", marks) == "a\ud83db"
    assert mark("a\ud83db", "a!b") is None
