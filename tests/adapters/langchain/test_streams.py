"""Streams of Anthropic's wire with every kind of block in every place: the sum of the chunks is the whole answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from pydantic import SecretStr

from keepthinking import Message, dialect, same
from keepthinking_adapters.langchain import from_native
from keepthinking_adapters.langchain._model import ChatKeepThinking

BLOCKS: dict[str, dict[str, Any]] = {
    "thought": {"type": "thinking", "thinking": "hm", "signature": "c2lnMQ=="},
    "empty thought": {"type": "thinking", "thinking": "", "signature": "c2lnMg=="},
    "redacted": {"type": "redacted_thinking", "data": "cmVk"},
    "text": {"type": "text", "text": "hello"},
    "empty text": {"type": "text", "text": ""},
    "call": {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1.5}},
    "server call": {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
    "server result": {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "RQ=="}],
    },
}
MODEL = ChatKeepThinking(model="claude-opus-4-6", profile="anthropic", base_url="http://127.0.0.1:9")


def added(names: list[str]) -> tuple[AIMessageChunk, Message]:
    """Stream an answer of these blocks through our chunks; give their sum, and the answer."""
    wire = dialect("anthropic-messages")
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-6",
        "content": [BLOCKS[name] for name in names],
        "stop_reason": "tool_use" if "call" in names else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    decoder = wire.stream_decoder("anthropic")
    chunks = MODEL._chunks()
    made: list[AIMessageChunk] = []
    for frame in wire.encode_stream(wire.decode_response(json.dumps(body), "anthropic"), "anthropic"):
        made += [chunk for event in decoder.feed(frame) if (chunk := chunks.of(event)) is not None]
    answer = decoder.finish()
    made.append(chunks.last(answer.message, metadata={}, usage=None))
    return sum_of(made), answer.message


def sum_of(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


@given(st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=5))
def test_the_sum_of_the_chunks_is_read_as_the_answer(names: list[str]) -> None:
    whole, answer = added(names)

    read = from_native([whole])
    assert not read.findings
    assert same(read.value[0], answer, dialect("anthropic-messages").projection)


@pytest.mark.parametrize("names", [["server call", "server result", "text"], ["redacted", "server call"]])
def test_a_call_that_the_provider_runs_is_none_of_the_agents(names: list[str]) -> None:
    whole, _ = added(names)

    assert whole.tool_calls == []
    assert "server_tool_call" in {block["type"] for block in whole.content_blocks}


def test_blocks_without_words_stand_where_they_stood() -> None:
    whole, _ = added(["thought", "redacted", "empty thought", "text", "call"])

    assert [block["type"] for block in whole.content_blocks] == [
        *("reasoning", "non_standard", "reasoning", "text", "tool_call")
    ]


@pytest.mark.parametrize("id_", [{}, {"id": None}], ids=["absent", "null"])
def test_a_call_that_came_without_an_id_can_be_run_and_goes_back_without_one(id_: dict[str, None]) -> None:
    wire = dialect("openai-chat")
    calls = [
        {**id_, "index": i, "type": "function", "function": {"name": "f", "arguments": f'{{"a": {i}'}} for i in (0, 1)
    ]
    rest = [{"index": i, "function": {"arguments": "}"}} for i in (0, 1)]
    decoder = wire.stream_decoder("kimi")
    chunks = ChatKeepThinking(model="m", profile="kimi", api_key=SecretStr("k"))._chunks()
    made: list[AIMessageChunk] = []
    for delta in ({"role": "assistant", "reasoning_content": "hm"}, {"tool_calls": calls}, {"tool_calls": rest}):
        frame = json.dumps({"id": "r", "model": "m", "choices": [{"index": 0, "delta": delta}]})
        events = decoder.feed(f"data: {frame}\n\n".encode())
        made += [chunk for event in events if (chunk := chunks.of(event)) is not None]
    end = {"id": "r", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    decoder.feed(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
    answer = decoder.finish().message
    whole = sum_of([*made, chunks.last(answer, metadata={}, usage=None)])

    ids = [call["id"] for call in [*whole.tool_calls, *whole.invalid_tool_calls]]
    assert len({*ids}) == 2
    assert all(isinstance(one, str) for one in ids)
    read = from_native([whole])
    assert not read.findings
    assert [call.id for call in read.value[0].tool_calls] == [call.id for call in answer.tool_calls]
