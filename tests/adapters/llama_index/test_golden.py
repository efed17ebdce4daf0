"""The nastiest cases of real wires, both ways and after everything that LlamaIndex does to messages."""

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.schema import ImageDocument
from msgspec import UNSET, UnsetType
from pydantic import BaseModel

from keepthinking import (
    Media,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking_adapters.llama_index import from_native, same_native, to_native
from keepthinking_adapters.llama_index._values import VALUES
from tests.adapters.golden import CASES, REDACTED, REMINDER, call, said
from tests.adapters.llama_index.operations import COPIES, REFUSALS, STORES, TURNS

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES, **TURNS}
UNHELD = {
    "half an emoji, NUL, U+2028, both normal forms": {"json", "json of each", "SimpleChatStore.persist"},
    # Bytes and addresses are no JSON, and nobody turns them into it there (the former in llama-index-core 0.14.25).
    "media in spellings of their own": {"ChatMemoryBuffer.to_string", "SimpleChatStore.persist"},
}
"""What a store of LlamaIndex refuses to write, so that there is nothing to read."""


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_case_comes_back(case: str, operation: str) -> None:
    messages = CASES[case]
    there = to_native(messages)
    try:
        passed = OPERATIONS[operation](there.value)
    except REFUSALS:
        assert operation in UNHELD.get(case, set())
        return

    back = from_native(passed)

    assert [one.replace(native=UNSET) for one in back.value] == messages
    assert (there.losses, back.losses, back.findings) == ((), (), ())
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_never_given_to_llama_index_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


def test_visible_words_are_where_llama_index_looks_for_them() -> None:
    (plain,) = to_native([said(Text(text="hi"), call('{"a":1}'), origin=UNSET)]).value
    (thought,) = to_native(
        [said(Thinking.of("plan", signature="s"), REDACTED, Text(text="hi"), call('{"a":1}', kind="object"))]
    ).value

    assert plain == ChatMessage(
        role="assistant",
        blocks=[TextBlock(text="hi"), ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs='{"a":1}')],
    )
    assert plain.content == thought.content == "hi"
    first, *rest = thought.blocks
    assert isinstance(first, ThinkingBlock)
    assert first.content == "plan"
    assert first.additional_information.pop("keepthinking").isascii()
    assert first.additional_information == {"signature": "s"}
    assert rest == [
        ThinkingBlock(content=None, additional_information={"type": "redacted_thinking", "data": "opaque"}),
        TextBlock(text="hi"),
        ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"a": 1}),
    ]


def test_the_record_counts_no_tokens_where_that_can_be_helped() -> None:
    answer, reminder = to_native([said(Text(text="hi")), REMINDER]).value

    assert answer.additional_kwargs == {"keepthinking_held": {}}
    assert isinstance(answer.blocks[-1], ThinkingBlock)
    assert answer.blocks[-1].content is None
    assert [*reminder.additional_kwargs] == ["keepthinking"]
    assert reminder.blocks == [TextBlock(text="continue")]


@pytest.mark.parametrize("id_", [None, UNSET])
def test_calls_without_an_id_can_be_run_and_none_is_sent(id_: None | UnsetType) -> None:
    one = ToolCall(id=id_, name="f", arguments="{}")
    message = Message(role="assistant", blocks=(Thinking.of("hm"), one, one))
    (native,) = to_native([message]).value
    ids = [block.tool_call_id for block in native.blocks if isinstance(block, ToolCallBlock)]
    answers = [ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": shown}) for shown in ids]

    read = from_native([native, *answers])

    assert len({str(shown) for shown in ids} - {"None"}) == len(ids)
    assert read.value[0] == message
    assert read.findings == ()
    assert [block.call_id for answer in read.value[1:] for block in answer.blocks if isinstance(block, ToolResult)] == [
        id_,
        id_,
    ]
    assert same_native(to_native(read.value).value, [native, *answers])


def test_data_makes_no_object_of_a_class_that_is_nobodys_in_a_message() -> None:
    held = {"$is": "model", "class": f"{Stranger.__module__}:{Stranger.__qualname__}", "fields": {"a": 1}, "set": ["a"]}

    assert VALUES.made(held) == {"a": 1}


class Stranger(BaseModel):
    """A class of an app."""

    a: int


def test_pictures_of_the_old_kind_are_read_once_however_often_they_are_written() -> None:
    # LlamaIndex puts a block for each of `images` behind the others whenever it validates a message.
    held = {"images": [ImageDocument(image="aGVsbG8=")]}
    native = ChatMessage(content="look", additional_kwargs=held)

    message = from_native([native]).value[0]
    again = to_native([message]).value

    assert [type(block) for block in message.blocks] == [Text, Media]
    assert same_native(again, [native])
    assert from_native(again).value == (message,)
