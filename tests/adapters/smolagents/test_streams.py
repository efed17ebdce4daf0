"""Answers with every kind of block in every place: what an agent keeps of one is read as the whole answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smolagents.models import ChatMessageStreamDelta, agglomerate_stream_deltas

from keepthinking import dialect
from keepthinking_adapters.smolagents import KeepThinkingModel, from_chat
from keepthinking_adapters.smolagents._stream import last_of, words_of
from tests.adapters.answers import WIRES


@pytest.mark.parametrize("spoken", WIRES)
@given(data=st.data())
def test_the_sum_of_the_pieces_is_read_as_the_answer(spoken: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(WIRES[spoken].blocks)), min_size=1, max_size=5))
    row, wire = WIRES[spoken], dialect(spoken)
    model = KeepThinkingModel("m", profile=row.profile, base_url="http://127.0.0.1:9", api_key="k")
    body = json.dumps(row.body([row.blocks[name] for name in names]))
    decoder = wire.stream_decoder(row.profile)
    events = [
        event
        for frame in wire.encode_stream(wire.decode_response(body, row.profile), row.profile)
        for event in decoder.feed(frame)
    ]
    pieces = [ChatMessageStreamDelta(content=words) for words in map(words_of, events) if words is not None]
    answer = decoder.finish()
    said = "".join(str(piece.content) for piece in pieces)
    whole = model._answer(answer, ("</code>",), ())

    added = agglomerate_stream_deltas([*pieces, last_of(whole, said, None)])

    for message in (whole, added):
        read = from_chat([message])
        assert not read.findings
        # To the letter, and not by projection alone: what goes out next is written from this.
        assert read.value[0].blocks == answer.message.blocks
        assert read.value[0].items == answer.message.items
    assert added.content == whole.content
    assert (added.tool_calls or None) == whole.tool_calls
    assert said == answer.message.text
