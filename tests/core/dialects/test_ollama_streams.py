"""Ollama's streams: lines as its server writes them, and what its own client reads of ours over real HTTP."""

import json
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError, KeepthinkingError
from keepthinking._exchange import Event, Response
from keepthinking._json import MAX_BYTES
from keepthinking._messages import Message, Text
from keepthinking.dialects.ollama import DIALECT
from keepthinking.dialects.ollama._lines import LinesDecoder
from tests.core.client.server import Reply, serving
from tests.core.dialects.wire import Streamed, read_stream


class Case(NamedTuple):
    """Messages of lines, and the message that they add up to."""

    name: str
    lines: list[dict[str, Any]]
    message: dict[str, Any]


def called(name: str, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": {"q": 1.0}, **more}}


SAID, NOTHING = {"content": ""}, {"content": ""}
NEW = ({"id": "call_1", **called("f", index=0)}, {"id": "call_2", **called("g", index=1)})
CASES = (
    Case("words", [{"content": "a"}, {"content": "b 🙂"}, NOTHING], {"content": "ab 🙂"}),
    Case("half a character", [{"content": "\ud83d"}, {"content": "\ude42"}, NOTHING], {"content": "🙂"}),
    Case(
        "thinking, then words",
        [{**SAID, "thinking": "t"}, {**SAID, "thinking": "u"}, {"content": "a"}, NOTHING],
        {"thinking": "tu", "content": "a"},
    ),
    Case(
        "thinking and words in one line",
        [{"content": "a", "thinking": "t"}, {"content": "b"}],
        {"thinking": "t", "content": "ab"},
    ),
    Case(
        "calls, each in a line of its own",
        [{**SAID, "thinking": "t"}, {**SAID, "tool_calls": [called("f")]}, {**SAID, "tool_calls": [called("g")]}],
        {"thinking": "t", "content": "", "tool_calls": [called("f"), called("g")]},
    ),
    Case(
        "calls of a later server",
        [{**SAID, "tool_calls": [{"id": "call_1", **called("f", index=0)}, {"id": "call_2", **called("g", index=1)}]}],
        {
            "content": "",
            "tool_calls": [{"id": "call_1", **called("f", index=0)}, {"id": "call_2", **called("g", index=1)}],
        },
    ),
    Case("nulls", [{"content": None, "thinking": None}, {"content": "a"}], {"content": "a", "thinking": None}),
    Case("nothing at all", [NOTHING], {"content": ""}),
    Case("an entry that nobody knows", [{**SAID, "tool_calls": ["odd"]}], {"content": "", "tool_calls": ["odd"]}),
    Case("an image", [{**SAID, "images": ["QUJD"]}, {"content": "a"}], {"content": "a", "images": ["QUJD"]}),
)
HEAD = {"model": "qwen3", "created_at": "2026-09-19T10:00:00Z"}
LAST = {"done": True, "done_reason": "stop", "total_duration": 4217137100, "prompt_eval_count": 272, "eval_count": 32}


def stream(*messages: dict[str, Any], last: dict[str, Any] = LAST, end: str = "\n") -> bytes:
    """Write lines as the server does; the last one says that it is the last."""
    lines = [
        {**HEAD, "message": {"role": "assistant", **message}, **(last if n == len(messages) else {"done": False})}
        for n, message in enumerate(messages, 1)
    ]
    return "".join(f"{json.dumps(line)}{end}" for line in lines).encode()


def shown(events: list[Event], kind: str) -> str:
    return "".join(event.text for event in events if event.kind == kind and isinstance(event.text, str))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_lines_add_up_to_the_answer_that_would_have_come_whole(case: Case) -> None:
    raw = stream(*case.lines)
    whole = read_stream(DIALECT, raw)
    body = {**HEAD, "message": {"role": "assistant", **case.message}, **LAST}
    assert json.loads(DIALECT.encode_response(whole.response).body) == body
    assert whole.response == DIALECT.decode_response(json.dumps(body))
    for seed in range(4):
        assert read_stream(DIALECT, raw, Random(seed)) == whole
    assert shown(whole.events, "thinking") == (case.message.get("thinking") or "")
    assert shown(whole.events, "text") == case.message["content"]
    names = [event.name for event in whole.events if event.kind == "tool_call"]
    assert names == [call.name for call in whole.response.message.tool_calls]
    kinds = [event.kind for event in whole.events]
    assert (kinds[0], kinds[-2:]) == ("start", ["usage", "end"])


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_was_read_is_streamed_again(case: Case) -> None:
    response = read_stream(DIALECT, stream(*case.lines)).response
    for seed in range(6):
        parts = list(DIALECT.encode_stream(response, cuts=Random(seed)))
        assert all(part.endswith(b"\n") and part.count(b"\n") == 1 for part in parts)
        assert [json.loads(part)["done"] for part in parts] == [False] * (len(parts) - 1) + [True]
        assert read_stream(DIALECT, b"".join(parts), Random(seed)).response == response


@pytest.mark.parametrize("end", ["\r\n", "\n\n", " \n"])
def test_line_ends_and_empty_lines_say_nothing(end: str) -> None:
    plain, other = (stream({"content": "a"}, NOTHING, end=one) for one in ("\n", end))
    assert read_stream(DIALECT, other) == read_stream(DIALECT, plain)


def test_a_whole_answer_is_a_stream_of_one_line() -> None:
    body = stream({"content": "a", "thinking": "t", "tool_calls": [called("f")]}).strip()
    assert read_stream(DIALECT, body).response == DIALECT.decode_response(body)


def test_spaced_bodies_are_streamed_a_line_each() -> None:
    response = DIALECT.decode_response(
        b'{"message":{"role":"assistant","content":"a",\n"tool_calls":[\r\n{}]},"x":[1,\n2]}'
    )
    for part in DIALECT.encode_stream(response):
        assert part.count(b"\n") == 1
        json.loads(part)


def test_a_call_is_shown_with_its_arguments() -> None:
    _, events = read_stream(DIALECT, stream({**SAID, "tool_calls": [called("f"), {"id": "c", **called("g")}]}))
    seen = [(e.kind, e.index, e.name, e.id, e.text) for e in events if e.kind in {"tool_call", "arguments"}]
    unset = Event(kind="end").text
    assert seen == [
        ("tool_call", 0, "f", unset, unset),
        ("arguments", 0, unset, unset, '{"q": 1.0}'),
        ("tool_call", 1, "g", "c", unset),
        ("arguments", 1, unset, unset, '{"q": 1.0}'),
    ]


@pytest.mark.parametrize("cut", [b"", b'{"model":"qwen3","mess', b"\n"])
def test_a_stream_without_its_last_line_is_truncated(cut: bytes) -> None:
    raw = stream({**SAID, "thinking": "t"}, {"content": "a"}, NOTHING).splitlines(keepends=True)
    response = read_stream(DIALECT, b"".join(raw[:2]) + cut).response
    assert (response.outcome, response.message.thinking, response.message.text) == ("truncated", "t", "a")
    again = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response))).response
    assert (again.outcome, again.message) == ("truncated", response.message)


def test_an_answer_of_another_wire_says_that_it_is_done() -> None:
    said = Response(messages=(Message.assistant(Text(text="a")),), stop_reason="stop")

    assert json.loads([*DIALECT.encode_stream(said)][-1])["done"] is True
    assert read_stream(DIALECT, b"".join(DIALECT.encode_stream(said))).response.outcome == "complete"


def test_an_answer_that_a_limit_ended_says_that_it_is_done() -> None:
    response = read_stream(DIALECT, stream({"content": "a"}, last={**LAST, "done_reason": "length"})).response
    assert response.outcome == "truncated"
    assert read_stream(DIALECT, b"".join(DIALECT.encode_stream(response))).response == response


def test_an_error_in_the_middle_is_a_failure() -> None:
    """https://docs.ollama.com/api/errors, "Errors that occur while streaming" (read 2026-11-28)."""
    first = stream({"content": "a"}, NOTHING).splitlines(keepends=True)[0]
    response, events = read_stream(DIALECT, first + b'{"error":"an error was encountered while running the model"}\n')
    assert [event.kind for event in events] == ["start", "text", "error"]
    assert (response.outcome, response.message.text) == ("failed", "a")


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"", "byte 0"),
        (b"\n \n", "byte 0"),
        (b'{"message":', "byte 0"),
        (b"oops\n", "line 0"),
        (b"[]\n", "line 0"),
        (b'{"message":{"role":"assistant","content":"a"},"done":true}\noops', "line 1"),
        (b'{"message":7}\n', "$.message"),
        (b'{"message":{"content":"a"},"done":true}\n', "$.message"),
        (b'{"done":true}\n', "$"),
    ],
)
def test_what_is_no_stream_is_a_typed_error(raw: bytes, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, raw)
    assert (caught.value.where.partition(", ")[0], caught.value.culprit) == (where, "provider")


def test_a_stream_that_is_too_large_is_an_error() -> None:
    lines = LinesDecoder(limit=10)
    assert lines.feed(b"12345") == []
    with pytest.raises(DecodeError, match="more than 10 bytes"):
        lines.feed(b"678901")
    assert MAX_BYTES > 10


odd: st.SearchStrategy[Any] = st.sampled_from([None, "", "w", "\ud83d", [], {}, 7, True, [{}], [called("f")]])
line: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "message": st.one_of(
            odd,
            st.fixed_dictionaries(
                {"role": st.just("assistant")},
                optional=dict.fromkeys(("content", "thinking", "tool_calls", "images", "later"), odd),
            ),
        ),
        "done": odd,
        "done_reason": odd,
        "error": odd,
        "model": odd,
        "eval_count": odd,
    },
)


@given(lines=st.lists(line, max_size=4), seed=st.integers(0, 9))
def test_nothing_but_typed_errors_and_what_is_read_is_streamed_again(lines: list[Any], seed: int) -> None:
    raw = "".join(f"{json.dumps(one)}\n" for one in lines).encode()
    try:
        response = read_stream(DIALECT, raw).response
        body = DIALECT.encode_response(response).body
    except DecodeError as error:
        assert error.culprit == "provider"  # noqa: PT017 - most of these streams can be read
        return
    again: Streamed = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response, cuts=Random(seed))))
    found, wanted = (json.loads(one) for one in (DIALECT.encode_response(again.response).body, body))
    for one in (found, wanted):  # each line of a stream says whether it is the last
        one.pop("done", None)
    assert found == wanted


def test_deep_lines_are_typed_errors() -> None:
    deep = b'{"message":{"role":"assistant","content":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b'},"done":true}\n'
    with pytest.raises(KeepthinkingError):
        read_stream(DIALECT, deep)


@pytest.mark.vendors
@pytest.mark.parametrize("case", CASES[:7], ids=[case.name for case in CASES[:7]])
def test_the_vendors_client_reads_the_same_over_http(case: Case) -> None:
    from ollama import Client

    response = read_stream(DIALECT, stream(*case.lines)).response
    parts = list(DIALECT.encode_stream(response, cuts=Random(3)))
    with serving() as server, Client(host=server.root) as client:
        server.play(Reply(parts, headers={"content-type": "application/x-ndjson"}))
        chunks = list(client.chat(model="qwen3", messages=[{"role": "user", "content": "q"}], stream=True))
        sent = server.seen[0].json
    assert "".join(chunk.message.thinking or "" for chunk in chunks) == (case.message.get("thinking") or "")
    assert "".join(chunk.message.content or "" for chunk in chunks) == (case.message["content"] or "")
    calls = [call.function for chunk in chunks for call in chunk.message.tool_calls or ()]
    assert [(call.name, dict(call.arguments)) for call in calls] == [
        (call.name, json.loads(call.arguments)) for call in response.message.tool_calls
    ]
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert (chunks[-1].done_reason, chunks[-1].eval_count) == ("stop", 32)
    assert json.loads(DIALECT.encode_request(DIALECT.decode_request(sent)).body) == sent
