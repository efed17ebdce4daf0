"""Ours to LlamaIndex's and back is ours again, whatever LlamaIndex did that was no edit; and the other way."""

import gc
import weakref
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from msgspec import UNSET

from keepthinking import Media, Message, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.llama_index import from_native, same_native, to_native
from keepthinking_adapters.llama_index._from_native import Reader
from keepthinking_conformance import strategies as kts
from tests.adapters.llama_index.natives import messages as native_messages
from tests.adapters.llama_index.operations import COPIES, REFUSALS, STORES, TURNS
from tests.adapters.llama_index.shapes import SHAPES

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES}


def bare(messages: tuple[Message, ...]) -> list[Message]:
    return [message.replace(native=UNSET) for message in messages]


def check(messages: list[Message], operation: str) -> None:
    there = to_native(messages)
    assert there.losses == ()
    try:
        passed = {**OPERATIONS, **TURNS}[operation](there.value)
    except REFUSALS:
        assert operation not in COPIES  # stores refuse half an emoji
        return

    back = from_native(passed)

    assert bare(back.value) == bare(tuple(messages))
    assert back.findings == ()
    assert back.losses == ()
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40)
@given(messages=st.lists(kts.messages(), max_size=2))
def test_messages_come_back(operation: str, messages: list[Message]) -> None:
    check(messages, operation)


@settings(max_examples=30)
@given(conversation=kts.conversations(), operation=st.sampled_from(sorted(OPERATIONS)))
def test_conversations_come_back(conversation: object, operation: str) -> None:
    check(list(conversation.messages), operation)  # type: ignore[attr-defined] # a strategy of conversations


@pytest.mark.parametrize("operation", TURNS)
@settings(max_examples=10)
@given(messages=st.lists(kts.messages(), min_size=1, max_size=2))
def test_messages_come_back_out_of_a_memory_and_an_agent(operation: str, messages: list[Message]) -> None:
    check(messages, operation)


@settings(max_examples=60)
@given(
    natives=st.lists(st.sampled_from(sorted(SHAPES)), max_size=4),
    operation=st.sampled_from(sorted(OPERATIONS)),
    text=kts.strings(),
)
def test_histories_of_llama_index_come_back(natives: list[str], operation: str, text: str) -> None:
    made = [*(deepcopy(SHAPES[name][0]) for name in natives), ChatMessage(content=text, additional_kwargs={"k": text})]
    try:
        passed = OPERATIONS[operation](made)
    except REFUSALS:
        assert operation not in COPIES
        return

    assert same_native(to_native(from_native(passed).value).value, passed)


@settings(max_examples=150)
@given(natives=st.lists(native_messages(), max_size=2), operation=st.sampled_from(sorted(OPERATIONS)))
def test_whatever_stands_in_a_message_of_llama_index_comes_back(natives: list[ChatMessage], operation: str) -> None:
    try:
        passed = OPERATIONS[operation](natives)
    except REFUSALS:
        assert operation not in COPIES
        return
    before = deepcopy(passed)

    there = from_native(passed)
    back = to_native(there.value).value

    assert there.findings == ()
    assert all(loss.path.endswith((".detail", ".fps")) for loss in there.losses)  # `test_hints.py`
    assert same_native(passed, before), "reading changed the caller's messages"
    assert same_native(back, passed)
    assert from_native(back).value == there.value


def test_a_plain_chat_carries_no_record() -> None:
    plain = [
        Message.system("be brief"),
        Message.user("hello"),
        Message.assistant(Thinking.of("hm", signature="s"), Text.of("hi"), ToolCall.of("f", '{"a": 1}', id="c1")),
        Message(role="tool", blocks=(ToolResult.of("42", call_id="c1"),)),
    ]

    natives = to_native(plain).value

    assert "keepthinking" not in repr(natives)
    assert [one.additional_kwargs for one in natives] == [{}, {}, {}, {"tool_call_id": "c1"}]


def test_results_of_one_message_are_one_message_again_while_they_stand_together() -> None:
    results = tuple(ToolResult.of(str(i), call_id=f"c{i}") for i in range(3))
    message = Message(role="user", blocks=(*results, Text.of("and now?")))

    natives = to_native([message, message]).value

    assert [one.role.value for one in natives] == [*["tool"] * 3, "user"] * 2
    assert from_native(natives).value == (message, message)
    del natives[1]
    assert [len(one.blocks) for one in from_native(natives).value] == [3, 4]
    natives.insert(1, ChatMessage(content="between"))
    assert [len(one.blocks) for one in from_native(natives).value] == [1, 1, 2, 4]


def test_a_reader_gives_the_same_object_for_a_message_that_did_not_change() -> None:
    results = Message(role="user", blocks=(ToolResult.of("1"), ToolResult.of("2")))
    picture = Message(role="user", blocks=(Media(kind="image", url="https://example.org/a.png"),))
    native = to_native([Message.user("hello"), picture, results, Message.assistant(Text.of("x"))]).value
    reader = Reader()

    first, second = reader.read(native).value, reader.read([*native, ChatMessage(content="more")]).value

    assert len(first) == 4
    assert all(a is b for a, b in zip(first, second, strict=False))


@pytest.mark.parametrize("at", ["content", "thinking", "seal", "args", "kwargs", "role"])
def test_a_reader_sees_every_change(at: str) -> None:
    text = TextBlock(text="a")
    thought = ThinkingBlock(content="b", additional_information={"signature": "s"})
    call = ToolCallBlock(tool_name="f", tool_kwargs={"a": {"b": 1}})
    native = ChatMessage(role="assistant", blocks=[text, thought, call], additional_kwargs={"k": {"l": True}})
    reader = Reader()
    before = reader.read([native]).value[0]
    match at:
        case "content":
            text.text = "b"
        case "thinking":
            thought.content = None
        case "seal":
            thought.additional_information["signature"] = "t"
        case "args":
            call.tool_kwargs = {"a": {"b": 1.0}}
        case "kwargs":
            native.additional_kwargs["reasoning_content"] = "thought"
        case _:
            native.role = MessageRole.USER

    after = reader.read([native]).value[0]

    assert after is not before
    assert after == from_native([native]).value[0].replace(native=UNSET)


def test_a_file_that_a_block_names_is_read_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    native = ChatMessage(blocks=[ImageBlock(path=path)])
    reader = Reader()
    first = reader.read([native]).value[0]
    path.write_bytes(b"two")

    second = reader.read([native]).value[0]

    assert [m.data for m in (*first.blocks, *second.blocks) if isinstance(m, Media)] == ["b25l", "dHdv"]
    assert same_native(to_native(from_native([native]).value).value, [native])


def test_a_reader_keeps_nothing_longer_than_the_message() -> None:
    reader = Reader()
    natives = to_native([Message(role="user", blocks=(ToolResult.of("1"), ToolResult.of("2")))]).value
    kept = weakref.ref(reader.read(natives).value[0])

    natives.clear()
    gc.collect()

    assert kept() is None
    assert not reader._known
    assert not reader._joined


def test_a_reader_does_not_mistake_another_message_at_the_same_address() -> None:
    reader = Reader()
    for i in range(200):
        native = ChatMessage(role="tool", content=str(i), additional_kwargs={"tool_call_id": "c"})
        (message,) = reader.read([native]).value
        assert message.blocks == (ToolResult(call_id="c", content=str(i)),)
        del native
