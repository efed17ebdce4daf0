"""Ours to smolagents' and back is ours again, whatever smolagents did that was no edit; and the other way."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from smolagents.memory import MemoryStep, SystemPromptStep

from keepthinking import Message, Text, Thinking, ToolCall, ToolResult, dumps
from keepthinking_adapters.smolagents import dump, from_chat, from_native, load, same_native, to_chat, to_native
from keepthinking_adapters.smolagents._chat import Reader
from keepthinking_conformance import strategies as kts
from tests.adapters.smolagents.natives import steps as native_steps
from tests.adapters.smolagents.operations import COPIES, STORES, TURNS, written_by_smolagents

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES}


def bare(messages: Any) -> list[Message]:
    return [message.replace(native=UNSET) for message in messages]


def written(messages: Any) -> list[bytes]:
    """Give messages as the format writes them: what is equal may yet carry another payload."""
    return [dumps(message) for message in bare(messages)]


def told(steps: list[MemoryStep]) -> list[Message]:
    return [*from_chat([message for step in steps for message in step.to_messages()]).value]


def check(messages: list[Message], operation: str) -> None:
    there = to_native(messages)
    assert there.losses == ()

    passed = {**OPERATIONS, **TURNS}[operation](there.value)
    back = from_native(passed)

    assert written(back.value) == written(messages)
    assert (back.losses, back.findings) == ((), ())
    assert same_native(to_native(back.value).value, passed)
    assert written(told(passed)) == written(messages)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40)
@given(messages=st.lists(kts.messages(), max_size=3))
def test_messages_come_back(operation: str, messages: list[Message]) -> None:
    check(messages, operation)


@settings(max_examples=30)
@given(conversation=kts.conversations(), operation=st.sampled_from(sorted(OPERATIONS)))
def test_conversations_come_back(conversation: object, operation: str) -> None:
    check(list(conversation.messages), operation)  # type: ignore[attr-defined] # a strategy of conversations


@pytest.mark.parametrize("operation", TURNS)
@settings(max_examples=10, deadline=None)
@given(messages=st.lists(kts.messages(), min_size=1, max_size=2))
def test_messages_come_back_out_of_an_agent(operation: str, messages: list[Message]) -> None:
    check(messages, operation)


@settings(max_examples=60)
@given(messages=st.lists(kts.messages(), max_size=3))
def test_chat_messages_come_back(messages: list[Message]) -> None:
    there = to_chat(messages)

    back = from_chat(deepcopy(there.value))

    assert list(back.value) == bare(messages)
    assert (back.losses, back.findings) == ((), ())


@settings(max_examples=150)
@given(natives=st.lists(native_steps(), max_size=3), operation=st.sampled_from(sorted(OPERATIONS)))
def test_whatever_stands_in_a_memory_comes_back(natives: list[MemoryStep], operation: str) -> None:
    if operation in COPIES and any(getattr(step, "error", None) is not None for step in natives):
        operation = "dump, load"  # smolagents' errors can be neither copied nor pickled
    passed = OPERATIONS[operation](natives)
    before = load(dump(passed))

    there = from_native(passed)
    back = to_native(there.value).value

    assert {one.check for one in there.findings} <= {"result.delivered"}  # several calls, and one text of results
    assert same_native(passed, before), "reading changed the caller's memory"
    if there.losses:
        assert not there.value  # a memory that says nothing has nowhere to keep what it holds
        return
    assert same_native(back, passed)
    assert dump(back) == dump(passed)
    assert written(from_native(back).value) == written(there.value)


def test_a_plain_chat_carries_no_record() -> None:
    plain = [Message.system("be brief"), Message.user("hello"), Message.assistant(Text.of("hi"))]

    assert "keepthinking" not in repr([vars(step) for step in to_native(plain).value])
    assert not any(isinstance(step, str) for step in to_native(plain).value)


def test_a_reader_gives_the_same_object_for_a_turn_that_did_not_change() -> None:
    messages = [
        Message.user("hello"),
        Message.assistant(Thinking.of("hm"), ToolCall.of("f", "{}", id="c1")),
        Message(role="user", blocks=(ToolResult.of("1", call_id="c1"), Text.of("so?"))),
        Message.assistant(Text.of("x")),
    ]
    steps = to_native(messages).value
    reader = Reader()

    def read() -> tuple[Message, ...]:
        return reader.read([message for step in steps for message in step.to_messages()]).value

    first, second = read(), read()

    assert list(first) == messages
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_what_is_written_by_smolagents_itself_still_has_the_record() -> None:
    messages = [
        Message.user("hello"),
        Message.assistant(
            Thinking.of('["x"]', signature="s"),
            Text.of("[1, 2.50]"),
            ToolCall.of("f", '{"a": "[1]", "b":  1.0}', id="c1"),
        ),
        Message(role="tool", blocks=(ToolResult.of("r", call_id="c1"),)),
    ]

    passed = written_by_smolagents(to_native(messages).value)

    assert bare(from_native(passed).value) == messages
    assert from_native(passed).findings == ()


@settings(max_examples=60)
@given(messages=st.lists(kts.messages(), max_size=3))
@example([Message(role="user", author="harness", blocks=(Text.of("continue"),))])
@example([Message(role="tool", blocks=(ToolResult.of("r", call_id="of no call"),))])
def test_what_is_written_by_smolagents_itself_comes_back(messages: list[Message]) -> None:
    steps = [step for step in to_native(messages).value if not isinstance(step, SystemPromptStep)]

    passed = written_by_smolagents(steps)

    assert bare(from_native(passed).value) == bare(from_native(steps).value)
    assert from_native(passed).findings == ()
