"""Answers with every kind of block in every place: what an agent keeps of one is read as the whole answer."""

from __future__ import annotations

import asyncio
import json

import pytest
from autogen_core.models import AssistantMessage
from hypothesis import given
from hypothesis import strategies as st

from keepthinking import Conversation, Request, dialect
from keepthinking_adapters.autogen import (
    KeepThinkingChatCompletionClient,
    KeepThinkingUnboundedContext,
    from_native,
)
from keepthinking_adapters.autogen._stream import words_of
from tests.adapters.answers import WIRES


@pytest.mark.parametrize("spoken", WIRES)
@given(data=st.data())
def test_what_an_agent_keeps_is_read_as_the_answer(spoken: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(WIRES[spoken].blocks)), min_size=1, max_size=5))
    row, wire = WIRES[spoken], dialect(spoken)
    model = KeepThinkingChatCompletionClient("m", profile=row.profile, base_url="http://127.0.0.1:9", api_key="k")
    body = json.dumps(row.body([row.blocks[name] for name in names]))
    decoder = wire.stream_decoder(row.profile)
    words = ""
    for frame in wire.encode_stream(wire.decode_response(body, row.profile), row.profile):
        words += "".join(text for event in decoder.feed(frame) if (text := words_of(event)) is not None)
    answer = decoder.finish()

    result = model._answer(Request(model="m", conversation=Conversation.of()), answer)
    kept = AssistantMessage(content=result.content, thought=result.thought, source="helper")
    asyncio.run(KeepThinkingUnboundedContext().add_message(kept))
    read = from_native([kept])

    assert not read.findings
    # To the letter, and not by projection alone: what goes out next is written from this.
    assert read.value[0].blocks == answer.message.blocks
    assert read.value[0].items == answer.message.items
    assert words == answer.message.text
