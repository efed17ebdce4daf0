"""Ours to LangChain's and back is ours again, whatever LangChain did in between that was no edit."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from keepthinking import Message
from keepthinking_adapters.langchain import from_native, to_native
from keepthinking_conformance import strategies as kts
from tests.adapters.langchain.operations import COPIES, GRAPHS, REFUSALS, STORES, Operation

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES, **GRAPHS}


def bare(messages: tuple[Message, ...]) -> list[Message]:
    return [message.replace(native=UNSET) for message in messages]


@pytest.mark.parametrize("operation", [pytest.param(run, id=name) for name, run in {**COPIES, **STORES}.items()])
@given(messages=st.lists(kts.messages(), max_size=3))
def test_messages_come_back(operation: Operation, messages: list[Message]) -> None:
    there = to_native(messages)
    assert there.losses == ()
    try:
        passed = operation(there.value)
    except REFUSALS:
        return

    back = from_native(passed)

    assert bare(back.value) == bare(tuple(messages))
    assert back.findings == ()
