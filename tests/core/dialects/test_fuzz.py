"""Whatever comes in, what comes out is a value or an error that says what, where and whose fault."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError, KeepthinkingError
from keepthinking._json import MAX_BYTES
from keepthinking.dialects._base import Dialect
from tests import recordings as places
from tests.core.dialects.wire import ALL, DIALECTS, HISTORY, WHOLE, Recording, of, read_stream, recordings

CULPRITS = {"caller", "framework", "provider", "plugin", "data"}


def outcome(attempt: Callable[[], object], culprit: str) -> object:
    """Give what came of it: a value, or None for an error that says enough."""
    try:
        return attempt()
    except KeepthinkingError as error:
        found = error
    assert found.what
    assert found.where
    assert found.culprit in {culprit, "data"}
    assert len(str(found)) < 400, "an error quotes no body"
    return None


def read_and_write(dialect: Dialect, body: bytes) -> None:
    """Read bytes in each way; what is read must be writable, and be read as the same again."""
    request = outcome(lambda: dialect.decode_request(body), "framework")
    if request is not None:
        again = dialect.encode_request(request).body  # type: ignore[arg-type]
        assert dialect.decode_request(again) == request
    response = outcome(lambda: dialect.decode_response(body), "provider")
    if response is not None:
        again = dialect.encode_response(response).body  # type: ignore[arg-type]
        assert dialect.decode_response(again) == response


def read_streamed(dialect: Dialect, raw: bytes) -> None:
    streamed = outcome(lambda: read_stream(dialect, raw).response, "provider")
    if streamed is not None:
        body = dialect.encode_response(streamed).body  # type: ignore[arg-type]
        assert outcome(lambda: dialect.decode_response(body), "provider") is not None


@cache
def recorded(id_: str) -> tuple[Recording, ...]:
    return tuple(recordings(places.directory(), id_))


# -- random and mutated bytes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", WHOLE)
@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_random_bytes_are_a_value_or_a_typed_error(id_: str, raw: bytes) -> None:
    read_and_write(WHOLE[id_], raw)
    if id_ not in DIALECTS:  # binary ones are broken in a test of their own
        return
    read_streamed(DIALECTS[id_], raw)
    read_streamed(DIALECTS[id_], b"data: " + raw + b"\n\n")


def broken(raw: bytes, random: Random) -> bytes:
    """Break bytes a little: cut, doubled, swapped or replaced by what means something in JSON or in a stream."""
    changed = bytearray(raw)
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(changed) + 1), random.choice((0, 1, 1, 2, 8, 60))
        piece = random.choice(
            (b"", b"", b'"', b"{", b"}", b"[", b"]", b",", b"null", b"0", b"\n\n", b"\\ud83d", b"\xff")
        )
        changed[at : at + length] = piece if random.random() < 0.8 else changed[:length]
    return bytes(changed)


@pytest.mark.parametrize("id_", WHOLE)
@given(random=st.randoms(use_true_random=False))
def test_broken_recordings_are_a_value_or_a_typed_error(id_: str, random: Random) -> None:
    found = random.choice(recorded(id_))
    if found.stream is not None:
        read_streamed(WHOLE[id_], broken(found.stream, random))
    for body in (found.request, found.response):
        read_and_write(WHOLE[id_], broken(json.dumps(body).encode(), random))


# -- bodies of the right outline with anything inside ------------------------------------------------------------------

scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
)


def words(id_: str) -> list[str]:
    """Give every string that stands in quotes in the dialect's table of names: keys and types that mean something."""
    room = __import__(type(ALL[id_]).__module__.rpartition(".")[0], fromlist=["_names"])._names
    found = {
        word
        for value in vars(room).values()
        for word in re.findall(r"[A-Za-z_.]+", str(value) if isinstance(value, str | tuple | dict | frozenset) else "")
    }
    return sorted(
        {*found, "role", "type", "id", "name", "text", "input", "function", "arguments", "source", "is_error"}
    )


def shaped(id_: str) -> st.SearchStrategy[Any]:
    """Give objects whose keys and strings mean something to the dialect, of any type."""
    keys = st.sampled_from(words(id_))
    leaf: st.SearchStrategy[Any] = st.one_of(scalars, keys, st.just([]), st.just({}))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=12,
    )


def body_of(id_: str) -> st.SearchStrategy[dict[str, Any]]:
    block = st.dictionaries(st.sampled_from(words(id_)), shaped(id_), max_size=6)
    if id_ == "gemini":
        return contents_of(id_, block)
    content = st.one_of(st.none(), st.text(max_size=9), st.lists(st.one_of(block, shaped(id_)), max_size=4))
    message = st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "tool", "developer", "odd"])},
        optional={
            "content": content,
            "tool_calls": st.lists(block, max_size=3),
            "reasoning_details": content,
            "x": anything,
        },
    )
    items = st.one_of(message, block.filter(lambda one: "type" in one and "role" not in one))
    return st.fixed_dictionaries(
        {of(id_, "messages"): st.lists(items if id_ in HISTORY else message, max_size=4)},
        optional={
            "system": content,
            "tools": st.one_of(st.none(), st.lists(block, max_size=3)),
            "toolConfig": st.one_of(shaped(id_), st.fixed_dictionaries({"tools": st.lists(block, max_size=3)})),
            "model": scalars,
            "stream": scalars,
            "x": anything,
        },
    )


def contents_of(id_: str, block: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.one_of(st.none(), st.lists(st.one_of(block, shaped(id_)), max_size=4))
    content = st.dictionaries(st.sampled_from(["x", "name", "content"]), shaped(id_), max_size=1)
    roles = st.sampled_from(["user", "model", "function", "system", "assistant", "odd", None])
    message = st.builds(
        lambda base, more: {**base, **more},
        content,
        st.fixed_dictionaries({}, optional={"role": roles, "parts": parts}),
    )
    tool = st.fixed_dictionaries(
        {},
        optional={
            "functionDeclarations": st.one_of(st.none(), st.lists(block, max_size=3)),
            "function_declarations": st.lists(block, max_size=2),
            "googleSearch": shaped(id_),
        },
    )
    return st.fixed_dictionaries(
        {"contents": st.lists(message, max_size=4)},
        optional={
            "systemInstruction": st.one_of(shaped(id_), message),
            "system_instruction": message,
            "tools": st.one_of(st.none(), st.lists(tool, max_size=3)),
            "model": scalars,
            "generationConfig": anything,
        },
    )


@pytest.mark.parametrize("id_", ALL)
@given(data=st.data())
def test_what_is_read_is_written_as_it_came(id_: str, data: st.DataObject) -> None:
    body = data.draw(body_of(id_))
    dialect = ALL[id_]
    request = outcome(lambda: dialect.decode_request(body), "framework")
    if request is not None:
        assert json.loads(dialect.encode_request(request).body) == body  # type: ignore[arg-type]


# -- too deep, too large -----------------------------------------------------------------------------------------------

DEPTH = 10_000


def deep(kind: str) -> str:
    return "[" * DEPTH + "]" * DEPTH if kind == "arrays" else '{"a":' * DEPTH + "1" + "}" * DEPTH


def places_of(id_: str, value: str) -> Iterator[str]:
    """Put a value wherever a body holds what the dialect does not look at, and where it does."""
    yield value
    if id_ == "gemini":
        yield f'{{"contents":[],"x":{value}}}'
        yield f'{{"contents":{value}}}'
        yield f'{{"contents":[{{"role":"user","parts":{value}}}]}}'
        yield f'{{"contents":[{{"role":"user","parts":[{{"text":"\\ud83d","x":{value}}}]}}]}}'
        yield f'{{"contents":[],"tools":[{{"functionDeclarations":[{{"name":"f","parameters":{value}}}]}}]}}'
        yield f'{{"contents":[{{"role":"model","parts":[{{"functionCall":{{"name":"f","args":{value}}}}}]}}]}}'
        return
    yield f'{{"messages":[],"x":{value}}}'
    yield f'{{"messages":{value}}}'
    yield f'{{"messages":[{{"role":"user","content":{value}}}]}}'
    yield f'{{"messages":[{{"role":"user","content":"\\ud83d","x":{value}}}]}}'  # the slow path has limits too
    yield f'{{"messages":[],"tools":[{{"name":"f","input_schema":{value},"function":{value}}}]}}'
    block = f'{{"type":"tool_use","id":"c","name":"f","input":{value},"function":{{"name":"f","arguments":{value}}}}}'
    member = '"content"' if id_ == "anthropic-messages" else '"tool_calls"'
    yield f'{{"messages":[{{"role":"assistant",{member}:[{block}]}}]}}'


@pytest.mark.parametrize("kind", ["arrays", "objects"])
@pytest.mark.parametrize("id_", ALL)
def test_a_body_too_deep_is_an_error(id_: str, kind: str) -> None:
    dialect, value = ALL[id_], deep(kind)
    for body in (of(id_, place) for place in places_of(id_, value)):
        with pytest.raises(DecodeError) as caught:
            dialect.decode_request(body)
        assert caught.value.culprit == "framework"
        with pytest.raises(DecodeError) as caught:
            dialect.decode_response(body)
        assert caught.value.culprit == "provider"
        if id_ not in DIALECTS:
            continue  # its streams are binary, or are not read
        with pytest.raises(DecodeError) as caught:
            read_stream(dialect, b"data: " + body.encode() + b"\n\n")
        assert caught.value.culprit == "provider"


@pytest.mark.parametrize("id_", ALL)
def test_a_parsed_body_too_deep_is_an_error(id_: str) -> None:
    value: Any = []
    for _ in range(DEPTH):
        value = [value]
    with pytest.raises(DecodeError, match=r"deep|recursion"):
        ALL[id_].decode_request({of(id_, "messages"): [], "x": value})
    while value:
        value = value[0]  # take it apart: Python frees such a value by recursion


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_body_of_200_megabytes_is_an_error(id_: str) -> None:
    dialect = DIALECTS[id_]
    assert MAX_BYTES < 200_000_000
    body = of(id_, '{"messages":[{"role":"user","content":"').encode() + b"x" * 200_000_000 + b'"}]}'
    with pytest.raises(DecodeError, match=rf"{len(body):,} bytes"):
        dialect.decode_request(body)
    with pytest.raises(DecodeError, match=rf"{len(body):,} bytes"):
        dialect.decode_response(body)
    decoder = dialect.stream_decoder()
    fits = [decoder.feed(b"data: " + body[at : at + 1_000_000]) for at in range(0, 134_000_000, 1_000_000)]
    assert not any(fits)
    with pytest.raises(DecodeError, match="more than"):
        decoder.feed(body[:1_000_000])


@pytest.mark.parametrize("id_", ALL)
@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": {1, 2}}, {"x": b"bytes"}, object(), {1: 2, "x": object()}])
def test_a_parsed_body_that_is_no_json_is_the_callers_fault(id_: str, body: object) -> None:
    with pytest.raises(DecodeError) as caught:
        ALL[id_].decode_request(body)
    assert caught.value.culprit == "caller"


NOT_JSON: list[tuple[bytes | str, str]] = [
    (b"{", "$, character"),
    (b"[]", "$"),
    (b"", "$"),
    (b"\xff", "byte 0"),
    ("\ud83d", "character 0"),
    (b"{}", "$"),
]
ERRORS: Mapping[str, list[tuple[bytes | str, str]]] = {
    "messages": [
        (b'{"messages":7}', "$.messages"),
        (b'{"messages":[7]}', "$.messages[0]"),
        (b'{"messages":[{"content":"x"}]}', "$.messages[0]"),
        (b'{"messages":[{"role":7}]}', "$.messages[0].role"),
        (b'{"messages":[{"role":"user","content":7}]}', "$.messages[0].content"),
        (b'{"messages":[],"tools":7}', "$.tools"),
        (b'{"messages":[],"tools":[7]}', "$.tools[0]"),
    ],
    "bedrock-converse": [
        (b'{"messages":7}', "$.messages"),
        (b'{"messages":[7]}', "$.messages[0]"),
        (b'{"messages":[{"content":[]}]}', "$.messages[0]"),
        (b'{"messages":[{"role":7}]}', "$.messages[0].role"),
        (b'{"messages":[{"role":"user","content":"x"}]}', "$.messages[0].content"),
        (b'{"messages":[],"toolConfig":{"tools":7}}', "$.toolConfig.tools"),
    ],
    "gemini": [
        (b'{"contents":7}', "$.contents"),
        (b'{"contents":"x"}', "$.contents"),
        (b'{"contents":[7]}', "$.contents[0]"),
        (b'{"contents":[{"role":7}]}', "$.contents[0].role"),
        (b'{"contents":[{"role":"user","parts":7}]}', "$.contents[0].parts"),
        (b'{"contents":[],"systemInstruction":{"parts":7}}', "$.systemInstruction.parts"),
        (b'{"contents":[],"tools":7}', "$.tools"),
        (b'{"contents":[],"tools":[7]}', "$.tools[0]"),
        (b'{"contents":[],"tools":[{"functionDeclarations":[7]}]}', "$.tools[0].functionDeclarations[0]"),
    ],
}
"""Bodies that are no request, by dialect or by the member in which most have their history, and where that is seen."""


@pytest.mark.parametrize(
    ("id_", "body", "where"),
    [(id_, *case) for id_ in ALL for case in (*NOT_JSON, *ERRORS.get(id_, ERRORS["messages"]))],
)
def test_an_error_says_where(id_: str, body: bytes | str, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ALL[id_].decode_request(body if isinstance(body, str) else of(id_, body.decode("latin-1")).encode("latin-1"))
    assert caught.value.where.startswith(of(id_, where))
    assert caught.value.culprit == "framework"
