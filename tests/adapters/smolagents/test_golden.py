"""The nastiest cases of real wires, both ways and after everything that smolagents does to its memory."""

import pytest
from msgspec import UNSET

from keepthinking_adapters.smolagents import from_chat, from_native, same_native, to_chat, to_native
from tests.adapters.golden import CASES
from tests.adapters.smolagents.operations import COPIES, STORES, TURNS

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES, **TURNS}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_case_comes_back(case: str, operation: str) -> None:
    messages = CASES[case]
    there = to_native(messages)

    passed = OPERATIONS[operation](there.value)
    back = from_native(passed)

    assert [one.replace(native=UNSET) for one in back.value] == messages
    assert (there.losses, back.losses, back.findings) == ((), (), ())
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_never_given_to_smolagents_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


@pytest.mark.parametrize("case", CASES)
def test_chat_messages_come_back(case: str) -> None:
    back = from_chat(to_chat(CASES[case]).value)

    assert list(back.value) == CASES[case]
    assert (back.losses, back.findings) == ((), ())


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_model_is_told_the_same_as_the_memory_holds(case: str, operation: str) -> None:
    steps = OPERATIONS[operation](to_native(CASES[case]).value)

    read = from_chat([message for step in steps for message in step.to_messages()])

    assert list(read.value) == CASES[case]
    assert (read.losses, read.findings) == ((), ())
