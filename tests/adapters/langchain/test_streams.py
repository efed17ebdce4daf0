"""Streams of Anthropic's wire with every kind of block in every place: the sum of the chunks is the whole answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

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
    whole = made[0]
    for chunk in made[1:]:
        whole += chunk
    return whole, answer.message


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
