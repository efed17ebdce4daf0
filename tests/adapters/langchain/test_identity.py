"""Ours to LangChain's and back is ours again, whatever LangChain did in between that was no edit; and the other way."""

import gc
import weakref
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from msgspec import UNSET

from keepthinking import Message, Text, ToolResult
from keepthinking_adapters.langchain import from_native, same_native, to_native
from keepthinking_adapters.langchain._from_native import Reader
from keepthinking_conformance import strategies as kts
from tests.adapters.langchain.operations import COPIES, GRAPHS, REFUSALS, STORES
from tests.adapters.langchain.shapes import SHAPES

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES}


def bare(messages: tuple[Message, ...]) -> list[Message]:
    return [message.replace(native=UNSET) for message in messages]


def check(messages: list[Message], operation: str) -> None:
    there = to_native(messages)
    assert there.losses == ()
    try:
        passed = {**OPERATIONS, **GRAPHS}[operation](there.value)
    except REFUSALS:
        assert operation not in COPIES  # stores refuse half an emoji, infinity or integers beyond 64 bits
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


@pytest.mark.parametrize("operation", GRAPHS)
@settings(max_examples=10)
@given(messages=st.lists(kts.messages(), min_size=1, max_size=2))
def test_messages_come_back_out_of_a_graph(operation: str, messages: list[Message]) -> None:
    check(messages, operation)


@settings(max_examples=60)
@given(
    natives=st.lists(st.sampled_from([name for name in SHAPES if name != "a result with an artifact"]), max_size=4),
    operation=st.sampled_from(sorted(OPERATIONS)),
    text=kts.strings(),
)
def test_histories_of_langchain_come_back(natives: list[str], operation: str, text: str) -> None:
    made = [*(deepcopy(SHAPES[name][0]) for name in natives), HumanMessage(content=text, id="h", name="n")]
    try:
        passed = OPERATIONS[operation](made)
    except REFUSALS:
        return

    assert same_native(to_native(from_native(passed).value).value, passed)


def test_a_plain_chat_carries_no_record() -> None:
    plain = [
        Message.system("be brief"),
        Message.user("hello"),
        Message.assistant(Text.of("hi")),
        Message(role="tool", blocks=(ToolResult.of("42", call_id="c1"),)),
    ]

    assert [one.additional_kwargs for one in to_native(plain).value] == [{}, {}, {}, {}]


def test_results_of_one_message_are_one_message_again_while_they_stand_together() -> None:
    results = tuple(ToolResult.of(str(i), call_id=f"c{i}") for i in range(3))
    message = Message(role="user", blocks=(*results, Text.of("and now?")))

    natives = to_native([message, message]).value

    assert [type(one).__name__ for one in natives] == [*["ToolMessage"] * 3, "HumanMessage"] * 2
    assert from_native(natives).value == (message, message)
    del natives[1]
    assert [len(one.blocks) for one in from_native(natives).value] == [3, 4]
    natives.insert(1, HumanMessage(content="between"))
    assert [len(one.blocks) for one in from_native(natives).value] == [1, 1, 2, 4]


def test_a_reader_gives_the_same_object_for_a_message_that_did_not_change() -> None:
    results = Message(role="user", blocks=(ToolResult.of("1"), ToolResult.of("2")))
    native = to_native([Message.user("hello"), results, Message.assistant(Text.of("x"))]).value
    reader = Reader()

    first, second = reader.read(native).value, reader.read([*native, HumanMessage(content="more")]).value

    assert all(a is b for a, b in zip(first, second, strict=False))


@pytest.mark.parametrize("at", ["content", "args", "kwargs"])
def test_a_reader_sees_every_change(at: str) -> None:
    native = AIMessage(
        content=[{"type": "text", "text": "a", "x": [1]}],
        tool_calls=[{"name": "f", "args": {"a": {"b": 1}}, "id": "1"}],
        additional_kwargs={"k": {"l": True}},
    )
    reader = Reader()
    before = reader.read([native]).value[0]
    match at:
        case "content":
            native.content[0]["text"] = "b"  # type: ignore[index] # a list of one mapping
        case "args":
            native.tool_calls[0]["args"]["a"]["b"] = 1.0
        case _:
            native.additional_kwargs["reasoning_content"] = "thought"

    after = reader.read([native]).value[0]

    assert after is not before
    assert after == from_native([native]).value[0].replace(native=UNSET)


def test_a_reader_keeps_nothing_longer_than_the_message() -> None:
    reader = Reader()
    natives: list[BaseMessage] = to_native(
        [Message(role="user", blocks=(ToolResult.of("1"), ToolResult.of("2")))]
    ).value
    kept = weakref.ref(reader.read(natives).value[0])

    natives.clear()
    gc.collect()

    assert kept() is None
    assert not reader._known
    assert not reader._joined


def test_a_reader_does_not_mistake_another_message_at_the_same_address() -> None:
    reader = Reader()
    for i in range(200):
        native = ToolMessage(content=str(i), tool_call_id="c")
        (message,) = reader.read([native]).value
        assert message.blocks == (ToolResult(call_id="c", content=str(i)),)
        del native
