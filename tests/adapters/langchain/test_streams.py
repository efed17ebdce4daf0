"""Streams with every kind of block in every place: the sum of the chunks is read as the whole answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from pydantic import SecretStr

from keepthinking import Message, dialect, same
from keepthinking_adapters.langchain import from_native
from keepthinking_adapters.langchain._model import ChatKeepThinking
from tests.adapters.answers import WIRES


def added(spoken: str, names: list[str]) -> tuple[AIMessageChunk, Message]:
    """Stream an answer of these blocks through our chunks; give their sum, and the answer."""
    row, wire = WIRES[spoken], dialect(spoken)
    model = ChatKeepThinking(model="m", profile=row.profile, base_url="http://127.0.0.1:9")
    body = json.dumps(row.body([row.blocks[name] for name in names]))
    decoder = wire.stream_decoder(row.profile)
    chunks = model._chunks()
    made: list[AIMessageChunk] = []
    for frame in wire.encode_stream(wire.decode_response(body, row.profile), row.profile):
        made += [chunk for event in decoder.feed(frame) if (chunk := chunks.of(event)) is not None]
    answer = decoder.finish()
    made.append(chunks.last(answer.message, metadata={}, usage=None))
    return sum_of(made), answer.message


def sum_of(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


@pytest.mark.parametrize("spoken", WIRES)
@given(data=st.data())
def test_the_sum_of_the_chunks_is_read_as_the_answer(spoken: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(WIRES[spoken].blocks)), min_size=1, max_size=5))
    whole, answer = added(spoken, names)

    read = from_native([whole])
    assert not read.findings
    assert same(read.value[0], answer, dialect(spoken).projection)
    # To the letter, and not by projection alone: what goes out next is written from this.
    assert read.value[0].blocks == answer.blocks
    assert read.value[0].items == answer.items


@pytest.mark.parametrize("names", [["server call", "server result", "text"], ["redacted", "server call"]])
def test_a_call_that_the_provider_runs_is_none_of_the_agents(names: list[str]) -> None:
    whole, _ = added("anthropic-messages", names)

    assert whole.tool_calls == []
    assert "server_tool_call" in {block["type"] for block in whole.content_blocks}


def test_blocks_without_words_stand_where_they_stood() -> None:
    whole, _ = added("anthropic-messages", ["thought", "redacted", "empty thought", "text", "call"])

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
