"""Opaque JSON: bytes stay bytes, and every refusal is a typed error with a path."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError, EncodeError
from keepthinking._json import (
    Json,
    body_bytes,
    check,
    dump,
    dump_string,
    elements,
    join_surrogates,
    kind,
    load,
    members,
    ordered,
    string,
    utf8,
)
from keepthinking_conformance import strategies as kts

HALF = rb'"\ud83d"'
HUGE = b"1" * 5000

# Json


def _pickled(value: Json) -> Json:
    again: Json = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes
    return again


def test_json_is_its_bytes() -> None:
    spaced, bare = Json(b'{"a": 1.0}'), Json(b'{"a":1.0}')

    assert spaced != bare
    assert spaced.value == bare.value == {"a": 1.0}
    assert hash(bare) == hash(Json(b'{"a":1.0}'))
    assert bare != b'{"a":1.0}'
    assert {bare, Json(b'{"a":1.0}'), spaced} == {bare, spaced}


def test_json_cannot_be_changed() -> None:
    one = Json(b"1")

    with pytest.raises(AttributeError, match="immutable"):
        one.raw = b"2"
    with pytest.raises(AttributeError, match="immutable"):
        del one.raw
    with pytest.raises(AttributeError):
        one.more = 1
    assert one.raw == b"1"


def test_json_pins_no_larger_buffer() -> None:
    body = bytearray(b'{"a":1}')
    held = Json(memoryview(body)[1:6])  # type: ignore[arg-type]
    body[2:3] = b"b"

    assert held.raw == b'"a":1'


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, _pickled], ids=["copy", "deepcopy", "pickle"])
def test_json_survives_copies(duplicate: Callable[[Json], Json]) -> None:
    assert duplicate(Json(b'{"a": 1.0}')) == Json(b'{"a": 1.0}')


def test_json_shows_no_more_than_its_beginning() -> None:
    assert repr(Json(b"[1]")) == "Json([1])"
    assert repr(Json(b'"' + b"x" * 500 + b'"')).endswith("… 502 bytes)")
    assert len(repr(Json(b'"' + b"x" * 500 + b'"'))) < 80
    assert repr(Json(b"\xff")) == "Json(\ufffd)"


def test_values_are_made_anew_each_time() -> None:
    held = Json.of({"a": []})
    held.value["a"].append(1)

    assert held.value == {"a": []}


@pytest.mark.parametrize("value", [math.nan, math.inf, {1}, b"x", {"a": [math.nan]}], ids=repr)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(EncodeError):
        Json.of(value)


# Taking apart


@given(kts.json_objects())
@example(Json(b'{"a":1,"a":2}'))
@example(Json(b'{"a":1,"\\u0061":2}'))
@example(Json(b'{"\\ud83d":{"b":[1.00]} , "c" : "\\ude00" }'))
def test_members_are_the_senders_own_bytes(held: Json) -> None:
    found = members(held.raw, "$")

    assert list(found) == list(json.loads(held.raw))
    for key, raw in found.items():
        assert bytes(raw) in held.raw
        assert ordered(bytes(raw)) == last(held, key)


def last(held: Json, key: str) -> Any:
    _, pairs = ordered(held.raw)
    return dict(pairs)[key]


@given(st.lists(kts.json_values(), max_size=4).map(lambda found: b" [" + b" , ".join(v.raw for v in found) + b"] "))
def test_elements_are_the_senders_own_bytes(raw: bytes) -> None:
    assert [ordered(bytes(one)) for one in elements(raw, "$")] == list(ordered(raw)[1])


@given(kts.strings())
def test_strings_are_read_however_they_are_escaped(text: str) -> None:
    for raw in (dump_string(text), json.dumps(text).encode(), utf8(json.dumps(text, ensure_ascii=False))):
        assert string(raw, "$") == text


@pytest.mark.parametrize("take", [members, elements, string])
@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "JSON"),
        (b" ", "JSON"),
        (b"{", "JSON|expected"),
        (b'{"a"}', "JSON|expected"),
        (b"[1,]", "JSON|expected"),
        (b'"', "JSON"),
        (b'"\\x"', "JSON"),
        (b'"\n"', "JSON"),
        (b"[] []", "JSON|expected"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b"nul", "JSON"),
        (b"7", "found a number"),
        (b"-7", "found a number"),
        (b"null", "found null"),
        (b"true", "found true"),
        (b"false", "found false"),
    ],
)
def test_what_is_something_else_says_so(take: Callable[..., object], raw: bytes, what: str) -> None:
    with pytest.raises(DecodeError) as caught:
        take(raw, "$.here", "framework")

    assert re.search(what, caught.value.what)
    assert caught.value.where.startswith("$.here")
    assert caught.value.culprit == "framework"


def test_a_wrong_kind_is_named_beside_half_an_emoji_too() -> None:
    with pytest.raises(DecodeError, match="expected an object, found an array"):
        members(b"[" + HALF + b"]", "$")
    with pytest.raises(DecodeError, match="expected an array, found an object"):
        elements(b"{" + HALF + b":1}", "$")
    with pytest.raises(DecodeError, match="expected a string, found an array"):
        string(b"[" + HALF + b"]", "$")
    with pytest.raises(DecodeError, match="JSON"):
        members(b"{" + HALF + b":}", "$")


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"[" + HALF + b"," + b"[" * 100_000])
def test_depth_is_an_error_and_no_crash(raw: bytes) -> None:
    for take in (elements, load, check):
        with pytest.raises(DecodeError):
            take(raw, "$")
    with pytest.raises(ValueError, match=r"deep|Expecting"):
        ordered(raw)


def test_numbers_of_any_length_pass_through_unread() -> None:
    assert elements(b"[" + HUGE + b"," + HALF + b"]", "$") == [HUGE, HALF]
    assert members(b"{" + HALF + b":" + HUGE + b"}", "$") == {"\ud83d": HUGE}
    check(HUGE)
    check(b"[" + HALF + b"," + HUGE + b"]")
    with pytest.raises(DecodeError):
        load(HUGE)


@pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"-Infinity", b"[" + HALF + b",NaN]"])
def test_what_only_python_calls_json_is_refused(raw: bytes) -> None:
    for take in (load, check):
        with pytest.raises(DecodeError):
            take(raw)
    with pytest.raises(ValueError, match="is not JSON"):
        ordered(raw)


@given(kts.json_values())
def test_checking_accepts_what_is_json(held: Json) -> None:
    check(held.raw)
    assert kind(held.raw) != "nothing"


@given(st.binary(max_size=12))
def test_checking_agrees_with_the_standard_library(raw: bytes) -> None:
    def refuse(name: str) -> object:
        raise ValueError(name)

    try:
        json.loads(raw.decode(), parse_constant=refuse)
    except ValueError:
        with pytest.raises(DecodeError):
            load(raw)
    else:
        check(raw)


@pytest.mark.parametrize("take", [load, body_bytes, lambda raw: string(raw, "$")], ids=["load", "body_bytes", "string"])
def test_bytes_that_are_no_utf8_are_a_typed_error(take: Callable[[bytes], object]) -> None:
    with pytest.raises(DecodeError, match="UTF-8"):
        take(b'"\xff"')


# Bodies


@pytest.mark.parametrize(
    "body",
    [b'{"a":1}', bytearray(b'{"a":1}'), memoryview(b'{"a":1}'), '{"a":1}', {"a": 1}],
    ids=lambda b: type(b).__name__,
)
def test_a_body_may_come_in_any_shape(body: object) -> None:
    assert body_bytes(body) == b'{"a":1}'


def test_half_an_emoji_in_a_parsed_body_leaves_as_its_escape() -> None:
    assert body_bytes({"a": "\ud83d"}) == rb'{"a":"\ud83d"}'


@pytest.mark.parametrize(
    ("body", "where", "culprit"),
    [
        (b'"\xff"', "byte 1", "provider"),
        ('"\ud83d"', "character 1", "provider"),
        ({"a": math.nan}, "$", "caller"),
        ({"a": {1}}, "$", "caller"),
        (b" " * 11, "$", "provider"),
    ],
)
def test_a_body_that_is_none_says_where(body: object, where: str, culprit: str) -> None:
    with pytest.raises(DecodeError) as caught:
        body_bytes(body, culprit="provider", limit=10)

    assert (caught.value.where, caught.value.culprit) == (where, culprit)


# Comparing and joining


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (b'{"a":1}', b'{ "a" : 1 }', True),
        (b'{"a":1,"b":2}', b'{"b":2,"a":1}', False),
        (b'{"a":1,"a":2}', b'{"a":2}', False),
        (b"1.0", b"1", False),
        (b"1e2", b"100", False),
        (b"1", b'"1"', False),
        (b'["number","1"]', b"1", False),
        (b"[]", b"{}", False),
        (b"true", b"1", False),
        (rb'"\u0061"', b'"a"', True),
        (rb'"\ud83d\ude00"', '"\U0001f600"'.encode(), True),
    ],
)
def test_values_are_compared_in_order_and_by_spelling(a: bytes, b: bytes, equal: bool) -> None:  # noqa: FBT001
    assert (ordered(a) == ordered(b)) is equal


@given(st.text(st.characters(exclude_categories=()), max_size=8))
def test_halves_that_meet_are_joined_and_nothing_else_changes(text: str) -> None:
    joined = join_surrogates(text)

    assert joined == json.loads(json.dumps(text))
    assert join_surrogates(joined) == joined


def test_written_json_is_compact_and_unescaped() -> None:
    assert dump({"a": [1, "é\u2028\U0001f600"]}) == '{"a":[1,"é\u2028\U0001f600"]}'.encode()
