"""Ours to AutoGen's and back is ours again, whatever AutoGen did in between that was no edit; and the other way."""

from __future__ import annotations

import gc
import weakref

import pytest
from autogen_core import FunctionCall, Image
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    SystemMessage,
    UserMessage,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from PIL import Image as Pillow

from keepthinking import Message, Text, ToolResult
from keepthinking_adapters.autogen import from_native, same_native, to_native
from keepthinking_adapters.autogen._from_native import Reader
from keepthinking_conformance import strategies as kts
from tests.adapters.autogen.operations import COPIES, STORES, TURNS

OPERATIONS = {**COPIES, **STORES, **TURNS}

IDS = kts.strings() | st.sampled_from(["", "0", "keepthinking_absent_00000000_0", "keepthinking_null_00000000_1"])
TEXTS = kts.strings() | st.sampled_from(["", "{}", '{"a":1,"a":2}', "[1]", "{"])


def picture(width: int) -> Image:
    return Image(Pillow.new("RGB", (width, 1), (width, 2, 3)))


CALLS = st.builds(FunctionCall, id=IDS, arguments=TEXTS, name=kts.strings())
RESULTS = st.builds(
    FunctionExecutionResult, content=TEXTS, name=TEXTS, call_id=IDS, is_error=st.sampled_from([None, True, False])
)
PARTS = st.lists(TEXTS | st.builds(picture, st.integers(1, 3)), max_size=3)
NATIVES: st.SearchStrategy[LLMMessage] = st.one_of(
    st.builds(SystemMessage, content=TEXTS),
    st.builds(UserMessage, content=TEXTS | PARTS, source=kts.strings()),
    st.builds(
        AssistantMessage,
        content=TEXTS | st.lists(CALLS, max_size=3),
        thought=st.none() | TEXTS,
        source=kts.strings(),
    ),
    st.builds(FunctionExecutionResultMessage, content=st.lists(RESULTS, max_size=3)),
)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40)
@given(messages=st.lists(kts.messages(), max_size=2))
def test_messages_come_back(operation: str, messages: list[Message]) -> None:
    there = to_native(messages)
    passed = OPERATIONS[operation](there.value)
    back = from_native(passed)

    assert [one.replace(native=UNSET) for one in back.value] == [one.replace(native=UNSET) for one in messages]
    assert (there.losses, back.losses, back.findings) == ((), (), ())
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40)
@given(natives=st.lists(NATIVES, max_size=3))
def test_histories_of_autogen_come_back(operation: str, natives: list[LLMMessage]) -> None:
    passed = OPERATIONS[operation](natives)
    read = from_native(passed)

    assert (read.losses, read.findings) == ((), ())
    assert same_native(to_native(read.value).value, passed)


def test_a_reader_gives_the_same_object_for_a_message_that_did_not_change() -> None:
    results = Message(role="user", blocks=(ToolResult.of("1"), Text(text="2")))
    native = to_native([Message.user("hello"), results, Message.assistant(Text.of("x"))]).value
    reader = Reader()

    first = reader.read(native).value
    second = reader.read([*native, UserMessage(content="more", source="u")]).value

    assert all(a is b for a, b in zip(first, second, strict=False))


def test_a_reader_sees_every_change() -> None:
    call = FunctionCall(id="c", name="f", arguments="{}")
    native = AssistantMessage(content=[call], thought="a", source="s")
    reader = Reader()
    seen = [reader.read([native]).value[0]]
    call.arguments = "[]"
    seen.append(reader.read([native]).value[0])
    native.thought = "b"
    seen.append(reader.read([native]).value[0])

    assert len({id(one) for one in seen}) == 3
    assert seen[-1] == from_native([native]).value[0].replace(native=UNSET)


def test_a_reader_keeps_nothing_longer_than_the_message() -> None:
    reader = Reader()
    natives = to_native([Message(role="user", blocks=(ToolResult.of("1"), Text(text="2")))]).value
    kept = weakref.ref(reader.read(natives).value[0])

    natives.clear()
    gc.collect()

    assert kept() is None
    assert not reader._known
