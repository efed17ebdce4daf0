"""What stock clients send of messages that carry a record: the words, and nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

import pytest
from hypothesis import given, settings
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock, ToolCallBlock
from llama_index.llms.anthropic.utils import blocks_to_anthropic_blocks
from llama_index.llms.openai.utils import to_openai_message_dicts
from packaging.version import Version

from keepthinking import Message
from keepthinking_adapters.llama_index import to_native
from keepthinking_conformance import strategies as kts
from tests.adapters.golden import CASES

pytestmark = pytest.mark.extras


def _anthropic(natives: list[ChatMessage]) -> Any:
    return [blocks_to_anthropic_blocks(one.blocks, one.additional_kwargs) for one in natives]


_OPENAI: Final[Mapping[str, Callable[[list[ChatMessage]], Any]]] = {
    "Chat Completions": to_openai_message_dicts,
    "Chat Completions, nulls dropped": lambda natives: to_openai_message_dicts(natives, drop_none=True),
    "Responses": lambda natives: to_openai_message_dicts(natives, is_responses_api=True),
    "Responses, stored": lambda natives: to_openai_message_dicts(natives, is_responses_api=True, store=True),
}
KNOWS_OURS: Final = Version(version("llama-index-llms-openai")) >= Version("0.6.24")
"""Whether OpenAI's clients can be given messages of ours. Before 0.6.22 those of Chat Completions refuse any
`ThinkingBlock`; before 0.6.5 they refuse calls in blocks, and send all that stands in `additional_kwargs`."""
REFUSES_NONE: Final = Version(version("llama-index-llms-openai")) >= Version("0.8.1")
"""Whether the client of Responses takes answers that say nothing beside thinking and calls: before, it raises."""
WIRES: Final = {**(_OPENAI if KNOWS_OURS else {}), "Anthropic": _anthropic}
"""What clients make requests of: their own functions."""


def fetched(native: ChatMessage) -> bool:
    """Tell whether a client would fetch something from an address."""
    blocks = native.blocks
    return any(
        isinstance(b, DocumentBlock | ImageBlock)
        and b.url
        and not (b.data if isinstance(b, DocumentBlock) else b.image)
        for b in blocks
    )


def sent(messages: list[Message], wire: str) -> tuple[list[ChatMessage], str]:
    natives = [native for native in to_native(messages).value if not fetched(native)]
    try:
        return natives, json.dumps(WIRES[wire](natives), default=repr)
    except (ValueError, KeyError) as error:
        return natives, repr(error)  # a result without an id, a picture of no known type


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("case", CASES)
def test_no_record_is_sent(case: str, wire: str) -> None:
    natives, body = sent(CASES[case], wire)

    assert "keepthinking-carry" not in body
    assert '"keepthinking"' not in body
    assert "keepthinking_held" not in body
    if not REFUSES_NONE and body.startswith("KeyError"):
        return
    for native in natives:
        for block in native.blocks:
            if isinstance(block, ToolCallBlock):
                assert block.tool_name in body


@settings(max_examples=150)
@given(message=kts.messages())
def test_no_record_of_any_message_is_sent(message: Message) -> None:
    for wire in WIRES:
        _, body = sent([message], wire)

        assert "keepthinking-carry" not in body
        assert "keepthinking_held" not in body


def test_most_of_these_messages_carry_a_record() -> None:
    natives = [native for case in CASES.values() for native in to_native(case).value]

    assert sum("keepthinking-carry" in repr(native) for native in natives) > len(natives) / 2


@pytest.mark.skipif(not KNOWS_OURS, reason="the clients of before 0.6.24 cannot be given messages of ours")
def test_arguments_are_sent_as_the_model_wrote_them() -> None:
    message = CASES["arguments whose bytes matter"][0]

    (body,) = _OPENAI["Chat Completions"](to_native([message]).value)

    assert [call["function"]["arguments"] for call in body["tool_calls"]] == [c.arguments for c in message.tool_calls]
