"""The nastiest cases of real wires, both ways and after everything that LangChain does to messages."""

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from msgspec import UNSET, UnsetType

from keepthinking import (
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking_adapters.langchain import from_native, same_native, to_native
from tests.adapters.golden import CASES, REDACTED, call, said
from tests.adapters.langchain.operations import COPIES, GRAPHS, REFUSALS, STORES

pytestmark = pytest.mark.extras

OPERATIONS = {**COPIES, **STORES, **GRAPHS}
_STRICT = {"json", "json of each"}
UNHELD = {
    "half an emoji, NUL, U+2028, both normal forms": _STRICT,
    "arguments that JSON libraries refuse": _STRICT,
}
"""What a store of LangChain refuses to write, so that there is nothing to read."""


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
def test_what_was_never_given_to_langchain_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


def test_visible_words_are_where_langchain_looks_for_them() -> None:
    (plain,) = to_native([said(Text(text="hi"), call('{"a":1}'))]).value
    (thought,) = to_native([said(Thinking.of("plan", signature="s"), REDACTED, Text(text="hi"), call('{"a":1}'))]).value

    assert plain.content == "hi"
    assert plain.tool_calls == thought.tool_calls  # type: ignore[attr-defined] # both are AIMessages
    assert thought.text == "hi"
    assert thought.content == [
        {"type": "reasoning", "reasoning": "plan", "extras": {"signature": "s"}},
        {"type": "non_standard", "value": {"type": "redacted_thinking", "data": "opaque"}},
        {"type": "text", "text": "hi"},
        {"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}},
    ]


@pytest.mark.parametrize("id_", [None, UNSET])
def test_calls_without_an_id_can_be_run_and_none_is_sent(id_: None | UnsetType) -> None:
    one = ToolCall(id=id_, name="f", arguments="{}")
    message = Message(role="assistant", blocks=(Thinking.of("hm"), one, one))
    (native,) = to_native([message]).value
    assert isinstance(native, AIMessage)
    ids = [call["id"] for call in native.tool_calls]
    answers = [ToolMessage("r", tool_call_id=str(shown)) for shown in ids]

    read = from_native([native, *answers])

    assert len({str(shown) for shown in ids} - {"None"}) == len(ids)
    assert read.value[0] == message
    assert read.findings == ()
    assert [block.call_id for answer in read.value[1:] for block in answer.blocks if isinstance(block, ToolResult)] == [
        id_,
        id_,
    ]
    assert same_native(to_native(read.value).value, [native, *answers])
