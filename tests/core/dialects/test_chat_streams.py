"""Streams of chat servers that no recording holds: how they number, repeat, mirror and cut what they say.

Each case is the deltas as the server sends them and the message that the same answer would have had whole.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._compare import same
from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, Response
from keepthinking._messages import Message, Text, Thinking
from keepthinking._profiles import Tags
from keepthinking.dialects import _inline
from keepthinking.dialects._inline import Splitter
from keepthinking.dialects.openai_chat import DIALECT
from tests.core.dialects.wire import read_stream


class Case(NamedTuple):
    """What one server streams."""

    name: str
    deltas: list[dict[str, Any]]
    message: dict[str, Any]
    source: str
    profile: str | None = None


def call(index: int | None, id_: str | None, name: str | None, arguments: Any, **more: Any) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    head = {key: value for key, value in (("index", index), ("id", id_)) if value is not None}
    return {**head, **more, "function": function}


def detail(type_: str, index: int | None = None, **more: Any) -> dict[str, Any]:
    return {"type": f"reasoning.{type_}", **({} if index is None else {"index": index}), **more}


def calls(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"tool_calls": list(entries)}


def details(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"reasoning_details": list(entries)}


CASES = (
    Case(
        "ollama numbers all calls 0",
        [
            calls(call(0, "a", "f", '{"x":')),
            calls(call(0, "b", "g", "{")),
            calls(call(0, "a", None, "1}")),
            calls(call(0, "b", None, "}")),
        ],
        calls(call(0, "a", "f", '{"x":1}'), call(0, "b", "g", "{}")),
        "https://github.com/ollama/ollama/issues/15457",
    ),
    Case(
        "gemini does not number calls",
        [calls(call(None, "a", "f", '{"x":1}')), calls(call(None, "b", "f", "{}")), calls(call(None, None, "g", "{}"))],
        calls(call(None, "a", "f", '{"x":1}'), call(None, "b", "f", "{}"), call(None, None, "g", "{}")),
        "https://github.com/noho/dayu-agent/issues/45",
        "gemini-openai",
    ),
    Case(
        "one number for all calls and no ids",
        [calls(call(0, "", "f", '{"x":1}')), calls(call(0, "", "f", '{"x":2}')), calls(call(0, "", "g", "{}"))],
        calls(call(0, "", "f", '{"x":1}'), call(0, "", "f", '{"x":2}'), call(0, "", "g", "{}")),
        "https://github.com/su-kaka/gcli2api/pull/406",
    ),
    Case(
        "arguments go on without number or id",
        [calls(call(None, "a", "f", "")), calls(call(None, None, None, '{"x"')), calls(call(None, None, None, ":1}"))],
        calls(call(None, "a", "f", '{"x":1}')),
        "https://github.com/jin-bo/agentao/pull/117",
    ),
    Case(
        "two pieces of one call in one delta",
        [calls(call(0, "a", "f", ""), call(0, None, None, '{"x"')), calls(call(0, None, None, ":1}"))],
        calls(call(0, "a", "f", '{"x":1}')),
        "https://github.com/openai/openai-python/issues/3201",
    ),
    Case(
        "names, types and ids repeated, or repeated as nothing",
        [
            {"role": "assistant", "content": None, **calls(call(0, "a", "f", "", type="function"))},
            {"role": "", **calls(call(0, "", "f", '{"x":', type="function"))},
            {"role": None, **calls(call(0, None, "f", '"}{"}', type=""))},
        ],
        {"content": None, **calls(call(0, "a", "f", '{"x":"}{"}', type="function"))},
        "https://github.com/vercel/ai/pull/14277; DashScope compatible mode",
    ),
    Case(
        "interleaved parallel calls",
        [
            calls(call(1, "b", "g", "{")),
            calls(call(0, "a", "f", "{")),
            calls(call(1, None, None, "}"), call(0, None, None, "}")),
        ],
        calls(call(1, "b", "g", "{}"), call(0, "a", "f", "{}")),
        "https://github.com/QwenLM/Qwen-Agent/pull/943",
    ),
    Case(
        "arguments as an object",
        [calls(call(0, "a", "f", {"x": 1, "y": "z"}))],
        calls(call(0, "a", "f", {"x": 1, "y": "z"})),
        "ollama, native shape through gateways",
    ),
    Case(
        "legacy function call",
        [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}],
        {"function_call": {"name": "f", "arguments": "{}"}},
        "openai, types/chat/chat_completion_chunk.py",
    ),
    Case(
        "openrouter numbers all details 0, a change of type begins another",
        [
            details(detail("summary", 0, summary="a")),
            details(detail("summary", 0, summary="b")),
            details(detail("encrypted", 0, data="ZA==")),
            details(detail("summary", 0, summary="c")),
            details(detail("encrypted", 0, data="ZQ==")),
            details(detail("encrypted", 0, data="Zg==")),
        ],
        details(
            detail("summary", 0, summary="ab"),
            detail("encrypted", 0, data="ZA=="),
            detail("summary", 0, summary="c"),
            detail("encrypted", 0, data="ZQ=="),
            detail("encrypted", 0, data="Zg=="),
        ),
        "https://github.com/OpenRouterTeam/ai-sdk-provider/issues/519",
        "openrouter",
    ),
    Case(
        "details without numbers",
        [
            details(detail("text", text="a")),
            details(detail("text", text="b")),
            details(detail("text", signature="s")),
            details(detail("text", text="c")),
        ],
        details(detail("text", text="ab"), detail("text", signature="s"), detail("text", text="c")),
        "https://github.com/pailat/adk-llm-bridge/pull/82",
    ),
    Case(
        "a seal alone behind its words",
        [details(detail("text", 0, text="a")), details(detail("text", 0, text="b"), detail("text", 0, signature="s"))],
        details(detail("text", 0, text="ab", signature="s")),
        "https://github.com/agno-agi/agno/pull/5802",
    ),
    Case(
        "mistral thinks in parts and answers in a string",
        [
            {"role": "assistant", "content": ""},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "b"}]}]},
            {"content": "c"},
            {"content": "d"},
        ],
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "ab"}]},
                {"type": "text", "text": "cd"},
            ]
        },
        "https://github.com/BerriAI/litellm/pull/16434; mistralai, client/models/deltamessage.py",
        "mistral-chat",
    ),
    Case(
        "the same thought in two members of each chunk",
        [{"reasoning": t, **details(detail("text", 0, text=t))} for t in ("a", "b")] + [{"content": "c"}],
        {"reasoning": "ab", **details(detail("text", 0, text="ab")), "content": "c"},
        "openrouter, recorded shape",
        "openrouter",
    ),
    Case(
        "the same thought between tags and in a field",
        [
            {"reasoning_content": "a ", "content": "<think>\na "},
            {"reasoning_content": "b", "content": "b\n</thi"},
            {"content": "nk>\n\nc"},
        ],
        {"reasoning_content": "a b", "content": "<think>\na b\n</think>\n\nc"},
        "https://github.com/can1357/oh-my-pi/issues/2434",
        "minimax",
    ),
    Case(
        "two thoughts that differ in their last word",
        [{"reasoning_content": "a", "reasoning": "a"}, {"reasoning_content": "b", "reasoning": "c"}],
        {"reasoning_content": "ab", "reasoning": "ac"},
        "vllm 0.11.1 and 0.14, both names",
    ),
    Case(
        "growing wholes",
        [
            {"reasoning_content": piece, **details(detail("text", 0, text=whole))}
            for piece, whole in zip("abcd", accumulate("abcd"), strict=True)
        ]
        + [{"content": whole} for whole in accumulate(["Yes", ", it", " is"])],
        {"reasoning_content": "abcd", **details(detail("text", 0, text="abcd")), "content": "Yes, it is"},
        "https://platform.minimax.io/docs/api-reference/text-openai-api",
        "minimax-split",
    ),
    Case(
        "no opening tag",
        [{"content": "a "}, {"content": "b"}, {"content": "</mm:th"}, {"content": "ink>c"}],
        {"content": "a b</mm:think>c"},
        "sglang 0.5.23, MiniMaxM3Detector",
        "minimax-m3",
    ),
    Case(
        "text that only begins like a tag",
        [{"content": " <thi"}, {"content": "s>"}],
        {"content": " <this>"},
        "by hand",
        "minimax",
    ),
    Case(
        "gemini seals the text behind it",
        [{"content": "t"}, {"extra_content": {"google": {"thought_signature": "c2VhbA=="}}}],
        {"content": "t", "extra_content": {"google": {"thought_signature": "c2VhbA=="}}},
        "https://github.com/mozilla-ai/any-llm/pull/1320",
        "gemini-openai",
    ),
)


def chunk(**members: Any) -> bytes:
    return b"data: " + json.dumps({"id": "i", "object": "chat.completion.chunk", **members}).encode() + b"\n\n"


def stream(deltas: Iterable[Mapping[str, Any]], *, done: bool = True, last: Mapping[str, Any] | None = None) -> bytes:
    frames = [chunk(choices=[{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    frames.append(chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", **(last or {})}]))
    return b"".join(frames) + (b"data: [DONE]\n\n" if done else b"")


def read(raw: bytes, profile: str | None = None, cuts: Random | None = None) -> tuple[Response, list[Event]]:
    decoder = DIALECT.stream_decoder(profile)
    events: list[Event] = []
    at = 0
    while at < len(raw):
        step = cuts.randint(1, 40) if cuts else len(raw)
        events += decoder.feed(raw[at : at + step])
        at += step
    return decoder.finish(), events


def shown(events: Iterable[Event], kind: str) -> str:
    return "".join(event.text for event in events if event.kind == kind and isinstance(event.text, str))


def thoughts(message: Message) -> str:
    return "".join(block.text for block in message.blocks if isinstance(block, Thinking))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stream_is_the_message_that_came_whole(case: Case) -> None:
    body = {"id": "i", "object": "chat.completion"}
    whole = {
        **body,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **case.message}}],
    }
    expected = DIALECT.decode_response(whole, case.profile)
    for done in (True, False):
        raw = stream(case.deltas, done=done)
        response, events = read(raw, case.profile)
        assert json.loads(DIALECT.encode_response(response, case.profile).body) == whole
        assert response == expected
        for seed in range(3):
            assert read(raw, case.profile, Random(seed)) == (response, events)
        message = response.message
        assert sorted(shown(events, "thinking")) == sorted(thoughts(message))
        assert shown(events, "text") == message.text
        for n, found in enumerate(message.tool_calls):
            own = [event for event in events if event.index == n]
            assert shown(own, "arguments") == found.arguments
            assert [(e.name, e.id) for e in own if e.kind == "tool_call"] == [(found.name, found.id)]
        assert [event.kind for event in events].count("end") == done


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_read_is_streamed_again(case: Case) -> None:
    response, _ = read(stream(case.deltas), case.profile)
    for seed in range(4):
        raw = b"".join(DIALECT.encode_stream(response, case.profile, cuts=Random(seed)))
        again, events = read(raw, case.profile, Random(seed))
        assert same(response, again, DIALECT.projection), seed
        assert thoughts(again.message) == thoughts(response.message)
        assert shown(events, "text") == response.message.text


# -- what stands beside the message ----------------------------------------------------------------------------------


def test_labels_beside_the_message_are_said_once() -> None:
    filters = {"hate": {"filtered": False, "severity": "safe"}}
    frames = [
        chunk(choices=[], prompt_filter_results=[{"prompt_index": 0}]),
        *(
            chunk(
                choices=[
                    {
                        "index": 0,
                        "delta": {"content": t},
                        "finish_reason": "",
                        "content_filter_results": filters,
                        "logprobs": {"content": [{"token": t, "top_logprobs": []}], "refusal": None},
                        "token_ids": [n],
                    }
                ],
                citations=["u"],
            )
            for n, t in enumerate("abcd")
        ),
        chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}, {"delta": {"content": "z"}, "index": None}]),
        b'data: [DONE]\n\ndata: {"ignored\n\ndata: [DONE]\n\n',
    ]
    response, events = read(b"".join(frames))
    body = json.loads(DIALECT.encode_response(response).body)
    first, second = body["choices"]
    assert first["content_filter_results"] == filters
    assert [entry["token"] for entry in first["logprobs"]["content"]] == list("abcd")
    assert first["token_ids"] == [0, 1, 2, 3]
    assert (first["finish_reason"], second["message"]["content"]) == ("stop", "z")
    assert body["citations"] == ["u"]
    assert [event.kind for event in events].count("end") == 1
    assert response.outcome == "complete"


def test_a_last_chunk_with_the_whole_message_replaces_nothing_by_nothing() -> None:
    last = {"message": {"role": "assistant", "content": "ab", "reasoning_content": ""}}
    response, events = read(stream([{"reasoning_content": "t"}, {"content": "a"}, {"content": "b"}], last=last))
    assert (response.message.thinking, response.message.text) == ("t", "ab")
    assert shown(events, "text") == "ab"
    response, events = read(chunk(choices=[{"index": 0, "finish_reason": "stop", **(last or {})}]))
    assert (response.message.text, shown(events, "text")) == ("ab", "ab")


@pytest.mark.parametrize(
    "raw",
    [
        b'data: [{"error":{"code":400,"message":"m"}}]\n\n',
        b'data: {"error":{"message":"m"}}\n\ndata: [DONE]\n\n',
        b'data: {"object":"error","message":"m","code":400}\n\n',
        b'data: {"choices":null,"base_resp":{"status_code":1004,"status_msg":"m"}}\n\n',
    ],
)
def test_an_error_in_a_stream_is_a_failure(raw: bytes) -> None:
    assert read(raw)[0].outcome == "failed"


@pytest.mark.parametrize(
    "raw",
    [
        chunk(choices=[{"index": "0", "delta": {}}]),
        chunk(choices=[{"delta": []}]),
        chunk(choices=["x"]),
        chunk(choices={}),
        b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","output":[]}}\n\n',
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","content":[]}}\n\n',
        stream([{"content": 7}]),
        stream([{"tool_calls": {}}]),
        stream([{"tool_calls": ["x"]}]),
        b'data: {"choices":[{"delta":{"x":1e400}}]}\n\n',
        b'data: {"choices":[{"delta":{"x":NaN}}]}\n\n',
        b'data: {"choices":[{"delta":' + b'{"x":' * 100_000 + b"\n\n",
    ],
)
def test_broken_streams_are_typed_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read(raw)
    assert caught.value.culprit == "provider"
    assert caught.value.where


ODD: list[Any] = [None, "", "w", [], {}, 7, True, [{}], [[]], [None], {"index": []}, [{"index": 0, "type": []}]]
odd: st.SearchStrategy[Any] = st.sampled_from(ODD)
entry: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["index", "id", "type", "text", "data", "signature", "function", "thinking", "name", "arguments"]),
    st.one_of(odd, st.just({"name": "f", "arguments": "{}"}), st.just({"arguments": {}}), st.integers(0, 1)),
    max_size=5,
)
delta: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["role", "content", "reasoning", "reasoning_details", "tool_calls", "function_call", "later"]),
    st.one_of(odd, st.lists(entry, max_size=3), entry),
    max_size=4,
)


@given(deltas=st.lists(delta, max_size=5), name=st.sampled_from([None, "minimax", "minimax-split", "mistral-chat"]))
def test_nothing_but_typed_errors(deltas: list[dict[str, Any]], name: str | None) -> None:
    try:
        response, _ = read(stream(deltas), name)
        raw = b"".join(DIALECT.encode_stream(response, name, cuts=Random(0)))
        read(raw, name)
    except DecodeError as error:
        assert error.culprit == "provider"  # noqa: PT017 - most of these streams can be read


# -- inline tags -----------------------------------------------------------------------------------------------------

pieces = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", " ", "\n", "a", "b", "<", "\u2028", "é"])
tags = st.builds(
    Tags,
    open=st.just("<think>"),
    close=st.just("</think>"),
    closer=st.sampled_from(["first", "last"]),
    opener=st.sampled_from(["required", "optional"]),
    where=st.sampled_from(["head", "anywhere"]),
)


@given(text=st.lists(pieces, max_size=9).map("".join), spoken=tags, seed=st.integers(0, 9))
def test_what_is_shown_of_tagged_text_is_what_it_holds(text: str, spoken: Tags, seed: int) -> None:
    blocks = _inline.split(text, spoken)
    assert "".join(_inline.piece(block) for block in blocks if isinstance(block, Text | Thinking)) == text
    splitter, random = Splitter(spoken), Random(seed)
    found: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        step = random.randint(1, 4)
        found += splitter.feed(text[at : at + step])
        at += step
    found += splitter.finish()
    for thinks, kind in ((True, Thinking), (False, Text)):
        whole = "".join(b.text for b in blocks if isinstance(b, Text | Thinking) and type(b) is kind)
        assert "".join(words for which, words in found if which is thinks) == whole


@pytest.mark.parametrize("reason", ["stop", "", None])
def test_each_chunk_names_a_reason_to_end_if_the_answer_does(reason: str | None) -> None:
    # Mistral's client (mistralai 3.7.0) refuses a chunk without `finish_reason`; Snowflake says "" in whole answers.
    message = {"role": "assistant", "content": "abc"}
    body = {"choices": [{"index": 0, "finish_reason": reason, "message": message}]}
    raw = b"".join(DIALECT.encode_stream(DIALECT.decode_response(body), cuts=Random(1)))
    chunks = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: {")]
    assert all("finish_reason" in choice for found in chunks for choice in found["choices"])
    assert json.loads(DIALECT.encode_response(read(raw)[0]).body) == body


def test_padding_is_no_part_of_an_answer() -> None:
    chunks: list[dict[str, Any]] = [
        {"id": "r", "choices": [{"index": 0, "delta": {"content": "4"}}], "obfuscation": "xK2"},
        {"id": "r", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "obfuscation": "q"},
    ]
    raw = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
    response = read_stream(DIALECT, raw).response
    assert b"obfuscation" not in DIALECT.encode_response(response).body


def test_a_chunk_on_filters_names_no_answer() -> None:
    """Azure, 2026-02: the first chunk has no choice, and says nothing of the answer."""
    filtered = {"id": "", "created": 0, "model": "", "object": "", "choices": [], "prompt_filter_results": [{"x": 1}]}
    head = {"id": "r", "created": 7, "model": "m", "object": "chat.completion.chunk"}
    words = {**head, "choices": [{"index": 0, "delta": {"content": "4"}, "finish_reason": "stop"}]}
    raw = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in (filtered, words))
    body = json.loads(DIALECT.encode_response(read_stream(DIALECT, raw).response).body)
    assert {key: body[key] for key in head} == {**head, "object": "chat.completion"}
    assert body["prompt_filter_results"] == [{"x": 1}]
