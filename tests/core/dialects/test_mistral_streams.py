"""Streams of Mistral's that no recording holds, and what Mistral's own client reads of ours over real HTTP."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._compare import same
from keepthinking._errors import DecodeError
from keepthinking._exchange import Event
from keepthinking._messages import Text, Thinking
from keepthinking.dialects.mistral import DIALECT
from tests.core.client.server import Reply, serving
from tests.core.dialects.wire import Streamed, read_stream


class Case(NamedTuple):
    """Deltas, and the content that they add up to."""

    name: str
    deltas: list[dict[str, Any]]
    content: Any


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def thought(*inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": list(inner), **more}


def thinks(words: str, **more: Any) -> dict[str, Any]:
    return {"content": [thought(text(words), **more)]}


REFERENCE = {"type": "reference", "reference_ids": [1]}

CASES = (
    Case("a string", [{"content": ""}, {"content": "a"}, {"content": "b"}], "ab"),
    Case(
        "a thought whose last chunk is empty",
        [{"content": ""}, thinks("a"), thinks("b"), {"content": [thought()]}],
        [thought(text("ab"))],
    ),
    Case(
        "a thought, then a string",
        [thinks("a"), {"content": "b"}, {"content": "c"}],
        [
            thought(text("a")),
            text("bc"),
        ],
    ),
    Case(
        "a seal with the last words closes the thought",
        [thinks("a"), thinks("b", signature="s"), thinks("c")],
        [
            thought(text("ab"), signature="s"),
            thought(text("c")),
        ],
    ),
    Case(
        "a seal behind the words",
        [thinks("a"), {"content": [thought(signature="s")]}, {"content": "b"}],
        [
            thought(text("a"), signature="s"),
            text("b"),
        ],
    ),
    Case(
        "references between words",
        [thinks("a"), {"content": [thought(REFERENCE)]}, thinks("b"), thinks("c")],
        [thought(text("a"), REFERENCE, text("bc"))],
    ),
    Case(
        "thinking that comes again",
        [thinks("a"), {"content": "b"}, thinks("c"), {"content": "d"}],
        [
            thought(text("a")),
            text("b"),
            thought(text("c")),
            text("d"),
        ],
    ),
    Case(
        "two chunks in one delta",
        [{"content": [thought(text("a")), text("b")]}, {"content": [text("c")]}],
        [
            thought(text("a")),
            text("bc"),
        ],
    ),
    Case(
        "two thoughts in one delta are two",
        [{"content": [thought(text("a")), thought(text("b"), signature="s")]}],
        [
            thought(text("a")),
            thought(text("b"), signature="s"),
        ],
    ),
    Case("a string before the first chunk", [{"content": "a"}, thinks("b")], [text("a"), thought(text("b"))]),
    Case("a chunk that nobody knows", [{"content": [REFERENCE]}, {"content": "a"}], [REFERENCE, text("a")]),
    Case("closed", [thinks("a"), thinks("b", closed=True)], [thought(text("ab"), closed=True)]),
    Case("null", [{"content": None}], None),
)


def stream(*deltas: Mapping[str, Any], finish: str | None = "stop") -> bytes:
    chunks: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks.append({"index": 0, "delta": {}, "finish_reason": finish})
    head = {"id": "i", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"".join(b"data: " + json.dumps({**head, "choices": [one]}).encode() + b"\n\n" for one in chunks)


def shown(events: list[Event], kind: str) -> list[tuple[int, str]]:
    """Join the words of the events of a kind by block."""
    found: dict[int, str] = {}
    for event in events:
        if event.kind == kind and isinstance(event.text, str):
            found[event.index] = found.get(event.index, "") + event.text
    return sorted(found.items())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_deltas_add_up_and_are_shown_where_they_end_up(case: Case) -> None:
    raw = stream({"role": "assistant"}, *case.deltas)
    whole = read_stream(DIALECT, raw)
    body = json.loads(DIALECT.encode_response(whole.response).body)
    assert body["choices"][0]["message"] == {"role": "assistant", "content": case.content}
    for seed in range(4):
        assert read_stream(DIALECT, raw, Random(seed)) == whole
    blocks = whole.response.message.blocks
    for kind, type_ in (("text", Text), ("thinking", Thinking)):
        held = [block.text for block in blocks if isinstance(block, Text | Thinking) and isinstance(block, type_)]
        assert shown(whole.events, kind) == [(n, words) for n, words in enumerate(held) if words]
    seals = [len(block.seals) for block in blocks]
    assert sum(event.kind == "seal" for event in whole.events) == sum(seals)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_was_read_is_streamed_again(case: Case) -> None:
    response = read_stream(DIALECT, stream({"role": "assistant"}, *case.deltas)).response
    for seed in range(6):
        raw = b"".join(DIALECT.encode_stream(response, cuts=Random(seed)))
        assert read_stream(DIALECT, raw, Random(seed)).response == response


def test_a_call_is_shown_once_and_its_arguments_as_they_come() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":'}, "index": 0}
    more = {"index": 0, "function": {"arguments": "1}"}}
    response, events = read_stream(DIALECT, stream({"tool_calls": [call]}, {"tool_calls": [more]}, finish="tool_calls"))
    (found,) = response.message.tool_calls
    assert (found.id, found.name, found.arguments) == ("c", "f", '{"a":1}')
    assert next((e.kind, e.name, e.text) for e in events if e.kind in {"tool_call", "arguments"})[:2] == (
        "tool_call",
        "f",
    )
    assert shown(events, "arguments") == [(0, '{"a":1}')]


def test_whole_arguments_that_are_an_object_stay_one() -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": {"a": 1}}, "index": 0}
    (found,) = read_stream(DIALECT, stream({"tool_calls": [call]})).response.message.tool_calls
    assert (found.kind, json.loads(found.arguments)) == ("object", {"a": 1})


def test_a_stream_that_ends_in_its_thinking_is_truncated() -> None:
    raw = stream({"role": "assistant"}, thinks("a")).rpartition(b"data: ")[0]
    response = read_stream(DIALECT, raw).response
    assert (response.outcome, response.message.thinking) == ("truncated", "a")


@pytest.mark.parametrize("delta", [{"content": 7}, {"tool_calls": {}}, {"tool_calls": 7}])
def test_broken_deltas_are_typed_errors(delta: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, stream(delta))
    assert caught.value.culprit == "provider"
    assert caught.value.where


odd: st.SearchStrategy[Any] = st.sampled_from([None, "", "w", [], {}, 7, True, [{}], [None], "\ud83d"])
piece: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["type", "text", "thinking", "signature", "closed", "id", "index", "function", "name"]),
    st.one_of(
        odd,
        st.sampled_from(["text", "thinking", "reference"]),
        st.lists(st.sampled_from([text("a"), text(""), REFERENCE, 7]), max_size=2),
        st.just({"name": "f", "arguments": "{}"}),
    ),
    max_size=4,
)
delta: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["content", "tool_calls", "later"]), st.one_of(odd, st.lists(piece, max_size=3)), max_size=3
)


@given(deltas=st.lists(delta, max_size=5), seed=st.integers(0, 9))
def test_nothing_but_typed_errors_and_what_is_read_is_streamed_again(deltas: list[dict[str, Any]], seed: int) -> None:
    try:
        response = read_stream(DIALECT, stream(*deltas)).response
    except DecodeError as error:
        assert error.culprit == "provider"  # noqa: PT017 - most of these streams can be read
        return
    body = DIALECT.encode_response(response).body
    message = json.loads(body)["choices"][0].get("message", {})
    raw = b"".join(DIALECT.encode_stream(response, cuts=Random(seed)))
    again: Streamed = read_stream(DIALECT, raw)
    if not message.get("tool_calls"):  # those get the `index` that a delta needs
        assert json.loads(DIALECT.encode_response(again.response).body) == json.loads(body)


@pytest.mark.vendors
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_vendors_client_reads_the_same_over_http(case: Case) -> None:
    from mistralai.client import Mistral

    response = read_stream(DIALECT, stream({"role": "assistant"}, *case.deltas)).response
    parts = list(DIALECT.encode_stream(response, cuts=Random(3)))
    seen = b""
    with serving() as server, Mistral(api_key="k", server_url=server.root) as client:
        server.play(Reply(parts, headers={"content-type": "text/event-stream"}))
        with client.chat.stream(model="m", messages=[{"role": "user", "content": "q"}]) as events:
            for event in events:
                seen += b"data: " + event.data.model_dump_json(exclude_unset=True).encode() + b"\n\n"
        sent = server.seen[0].json
    read = read_stream(DIALECT, seen + b"data: [DONE]\n\n").response
    assert same(read.message, response.message, DIALECT.projection)  # the client writes members in its own order
    assert json.loads(DIALECT.encode_request(DIALECT.decode_request(sent)).body) == sent


def test_padding_is_no_part_of_an_answer() -> None:
    """Recorded 2026-05: chunks have a `p` of random length, and `closed` stands on some pieces of one thought."""
    deltas = [
        {"content": ""},
        thinks("Okay,", closed=True),
        thinks(" so"),
        thinks(" we", closed=True),
        {"content": "4"},
    ]
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": delta}], "p": "abc"[:n]} for n, delta in enumerate(deltas)]
    raw = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
    body = json.loads(DIALECT.encode_response(read_stream(DIALECT, raw).response).body)
    assert "p" not in body
    assert body["choices"][0]["message"]["content"] == [thought(text("Okay, so we"), closed=True), text("4")]
