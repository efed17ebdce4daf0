"""How arguments were spelt, without the arguments."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking import Json
from keepthinking.carry._fingerprint import stored_as
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


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param('{"url":"https:\\/\\/a.example\\/4111-1111"}', id="slashes"),
        pytest.param('{"card": "4111-1111", "note": "M\\u00fcller ü 4111-1111"}', id="escaped and not"),
        pytest.param('{"a": "\\u0034111-1111 \\u00Fc \\u00FC"}', id="escapes nobody needs, digits in both cases"),
        pytest.param('{\n "card":"4111-1111"\n}', id="white space after the word"),
        pytest.param('{ "4111-1111" : "4111-1111" , "b" : "4111-1111" }', id="white space everywhere"),
        pytest.param('{"a": "4111-1111 \\ud83d\\uDE00 😀 \\ud83d"}', id="pairs and halves"),
        pytest.param('{"a": "4111-1111 \ud83d"}', id="half a character"),
        pytest.param('{"a": "4111-1111\\u000a\\n\\t\\b\\u0022\\""}', id="control characters"),
    ],
)
def test_no_word_of_a_string_is_in_its_spelling(raw: str) -> None:
    value = json.loads(raw)

    how = spelling(raw, value)

    assert "4111" not in json.dumps(how)
    assert spell(value, how) == raw
    assert spell(stored_as(value), how) == raw


@given(st.text(), st.data())
def test_escapes_of_all_kinds_come_back(text: str, data: st.DataObject) -> None:
    def unit(char: str) -> str:
        code = char.encode("utf-16-be", "surrogatepass").hex()
        escaped = "".join(f"\\u{code[i : i + 4]}" for i in range(0, len(code), 4))
        return data.draw(st.sampled_from((json.dumps(char)[1:-1], escaped, escaped.upper().replace("\\U", "\\u"))))

    raw = '{"a": "' + "".join(map(unit, text)) + '"}'
    value = json.loads(raw)

    assert spell(value, spelling(raw, value)) == raw


def test_what_nothing_else_makes_again_is_kept_whole() -> None:
    assert spelling('{"a":1,"a":2}', {"a": 2}) == {"raw": '{"a":1,"a":2}'}
