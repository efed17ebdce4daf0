"""Streams with every kind of block in every place: the last piece is read as the whole answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import ChatResponse, TextBlock, ThinkingBlock, ToolCallBlock

from keepthinking import Message, dialect, same
from keepthinking_adapters.llama_index import KeepThinkingLLM, from_native, to_native
from keepthinking_adapters.llama_index._stream import Chunks
from tests.adapters.answers import WIRES


def streamed(spoken: str, names: list[str]) -> tuple[list[ChatResponse], Message]:
    """Stream an answer of these blocks through our pieces; give them, and the answer."""
    row, wire = WIRES[spoken], dialect(spoken)
    body = json.dumps(row.body([row.blocks[name] for name in names]))
    decoder = wire.stream_decoder(row.profile)
    chunks = Chunks()
    made: list[ChatResponse] = []
    for frame in wire.encode_stream(wire.decode_response(body, row.profile), row.profile):
        made += [chunk for event in decoder.feed(frame) if (chunk := chunks.of(event)) is not None]
    answer = decoder.finish().message
    (native,) = to_native((answer,)).value
    return [*made, chunks.last(native, raw={}, usage={})], answer


@pytest.mark.parametrize("spoken", WIRES)
@given(data=st.data())
def test_the_last_piece_is_read_as_the_answer(spoken: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(WIRES[spoken].blocks)), min_size=1, max_size=5))
    pieces, answer = streamed(spoken, names)

    read = from_native([pieces[-1].message])
    assert not read.findings
    assert same(read.value[0], answer, dialect(spoken).projection)
    # To the letter, and not by projection alone: what goes out next is written from this.
    assert read.value[0].blocks == answer.blocks
    assert read.value[0].items == answer.items


@pytest.mark.parametrize("spoken", WIRES)
@given(data=st.data())
def test_the_pieces_grow_and_show_nothing_that_the_answer_does_not(spoken: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(WIRES[spoken].blocks)), min_size=1, max_size=5))
    *pieces, last = streamed(spoken, names)[0]

    assert "".join(piece.delta or "" for piece in pieces) == words(last, TextBlock, "text")
    for kind, name in ((TextBlock, "text"), (ThinkingBlock, "content"), (ToolCallBlock, "tool_name")):
        grown = [len(words(piece, kind, name)) for piece in (*pieces, last)]
        assert grown == sorted(grown)


def words(piece: ChatResponse, kind: type[Any], name: str) -> str:
    return "".join(getattr(block, name) or "" for block in piece.message.blocks if isinstance(block, kind))


@pytest.mark.parametrize("names", [["server call", "server result", "text"], ["redacted", "server call"]])
def test_a_call_that_the_provider_runs_is_none_of_the_agents(names: list[str]) -> None:
    pieces, _ = streamed("anthropic-messages", names)

    model = KeepThinkingLLM(model="m", profile="anthropic")
    assert [model.get_tool_calls_from_response(piece, error_on_no_tool_call=False) for piece in pieces] == [
        [] for _ in pieces
    ]


@pytest.mark.parametrize("id_", [{}, {"id": None}], ids=["absent", "null"])
def test_a_call_that_came_without_an_id_can_be_run_and_goes_back_without_one(id_: dict[str, None]) -> None:
    wire = dialect("openai-chat")
    calls = [
        {**id_, "index": i, "type": "function", "function": {"name": "f", "arguments": f'{{"a": {i}}}'}} for i in (0, 1)
    ]
    choice = {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": calls}}
    answer = wire.decode_response({"id": "r", "model": "m", "choices": [choice]}, "kimi").message
    (native,) = to_native((answer,)).value
    found = KeepThinkingLLM(model="m", profile="kimi").get_tool_calls_from_response(ChatResponse(message=native))

    assert len({call.tool_id for call in found} - {""}) == 2
    read = from_native([native])
    assert not read.findings
    assert [call.id for call in read.value[0].tool_calls] == [call.id for call in answer.tool_calls]


def test_a_text_that_is_there_for_its_seal_puts_no_line_behind_the_answer() -> None:
    pieces, answer = streamed("gemini", ["text", "empty signed text"])

    assert pieces[-1].message.content == answer.text == "hello"
    assert from_native([pieces[-1].message]).value[0].blocks == answer.blocks
