"""The nastiest cases of real wires, both ways and after everything that AutoGen does to messages."""

import pytest
from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    SystemMessage,
    UserMessage,
)
from msgspec import UNSET, UnsetType

from keepthinking import (
    Message,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking_adapters.autogen import from_native, same_native, to_native
from tests.adapters.autogen.operations import COPIES, STORES, TURNS
from tests.adapters.golden import CASES, REDACTED, call, said

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
def test_what_was_never_given_to_autogen_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


def test_visible_words_are_where_autogen_looks_for_them() -> None:
    system, user, words, thought, beside, results = to_native(
        [
            Message.system("be brief"),
            Message.user("hi"),
            said(Thinking.of("plan", signature="s"), REDACTED, Text(text="a"), Text(text="b")),
            said(Thinking.of("plan"), Text(text="unseen"), Thinking.of(" on"), call('{"a":1}', kind="object")),
            said(Text(text="let me see"), call('{"a":1}')),
            Message(
                role="user",
                blocks=(
                    ToolResult(call_id="c1", name="f", status="error", content=(Text(text="n"), Text(text="o"))),
                    ToolResult(call_id="c2", content=None),
                ),
            ),
        ]
    ).value

    assert system == SystemMessage(content="be brief")
    assert user == UserMessage(content="hi", source="user")
    assert words == AssistantMessage(content="ab", thought="plan", source="assistant")
    one = FunctionCall(id="c1", name="f", arguments='{"a":1}')
    assert thought == AssistantMessage(content=[one], thought="plan on", source="assistant")
    assert beside == AssistantMessage(content=[one], thought="let me see", source="assistant")
    assert results == FunctionExecutionResultMessage(
        content=[
            FunctionExecutionResult(content="no", name="f", call_id="c1", is_error=True),
            FunctionExecutionResult(content="", name="", call_id="c2", is_error=None),
        ]
    )


def test_no_field_and_no_dump_of_autogen_shows_the_record() -> None:
    for messages in CASES.values():
        for native in to_native(messages).value:
            shown = f"{native!r} {native.model_dump()}"
            assert "keepthinking-carry" not in shown
            assert "'keepthinking'" not in shown


def test_a_plain_chat_carries_no_record() -> None:
    plain = [
        Message.system("be brief"),
        Message.user("hello"),
        said(Thinking(segments=(Segment(text="hm"),)), Text(text="hi"), origin=UNSET),
        said(Thinking(segments=(Segment(text="hm"),)), call('{"a": 1}'), origin=UNSET),
        Message(role="tool", blocks=(ToolResult(call_id="c1", name="f", status="ok", content="42"),)),
    ]

    assert all("keepthinking" not in vars(native) for native in to_native(plain).value)
    assert from_native(to_native(plain).value).value == tuple(plain)


@pytest.mark.parametrize("id_", [None, UNSET])
def test_calls_without_an_id_can_be_run_and_none_is_sent(id_: None | UnsetType) -> None:
    one = ToolCall(id=id_, name="f", arguments="{}")
    message = Message(role="assistant", blocks=(Thinking.of("hm"), one, one))
    (native,) = to_native([message]).value
    assert isinstance(native, AssistantMessage)
    assert isinstance(native.content, list)
    answers = [FunctionExecutionResult(content="r", name="f", call_id=one.id) for one in native.content]

    read = from_native([native, FunctionExecutionResultMessage(content=answers)])

    assert len({one.call_id for one in answers} - {""}) == len(answers)
    assert read.value[0] == message
    assert read.findings == ()
    assert [block.call_id for block in read.value[1].blocks if isinstance(block, ToolResult)] == [id_, id_]
