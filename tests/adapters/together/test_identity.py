"""Through all four frameworks in a row and back is ours again, as each writes its history down and reads it.

Messages are compared as the format writes them, byte by byte: what a framework shows of two messages may be the same
where what it carries is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from keepthinking import Conversation, Message, dumps
from keepthinking.plugins import adapter
from keepthinking_conformance import strategies as kts
from tests.adapters.golden import CASES

pytestmark = pytest.mark.extras

FRAMEWORKS: Final = ("langchain", "llama-index", "autogen", "smolagents")
TURNED: Final = tuple((*FRAMEWORKS[n:], *FRAMEWORKS[:n]) for n in range(len(FRAMEWORKS)))
"""Each framework is once the first and once the last."""
ROWS: Final = tuple(permutations(FRAMEWORKS))
"""Every order in which a history may pass through all of them."""


def written(messages: Sequence[Message]) -> list[bytes]:
    return [dumps(message) for message in messages]


def through(framework: str, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give messages to a framework, let it write them down and read them again, and take them back."""
    room: Any = adapter(framework)
    there = room.to_native(messages)
    stored = room.load(room.dump(there.value))
    back = room.from_native(stored)
    assert (there.losses, back.losses, back.findings) == ((), (), ()), framework
    assert room.same_native(room.to_native(back.value).value, stored), framework
    return tuple(back.value)


def check(messages: Sequence[Message], row: Sequence[str]) -> None:
    first = [message.replace(native=UNSET) for message in messages]
    passed: tuple[Message, ...] = tuple(first)
    for framework in (*row, *reversed(row)):
        passed = through(framework, passed)
        assert written(passed) == written(first), framework


@pytest.mark.parametrize("row", TURNED, ids="-".join)
@pytest.mark.parametrize("case", CASES)
def test_a_case_comes_back_out_of_all_of_them(case: str, row: Sequence[str]) -> None:
    check(CASES[case], row)


@settings(max_examples=30)
@given(messages=st.lists(kts.messages(), max_size=3), row=st.sampled_from(ROWS))
def test_messages_come_back_out_of_all_of_them(messages: list[Message], row: Sequence[str]) -> None:
    check(messages, row)


@settings(max_examples=20)
@given(conversation=kts.conversations(), row=st.sampled_from(ROWS))
def test_conversations_come_back_out_of_all_of_them(conversation: Conversation, row: Sequence[str]) -> None:
    check(conversation.messages, row)
