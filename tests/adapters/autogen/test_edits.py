"""What a scaffold changes in a message that carries a record: words stand, thinking is reported and never made up."""

from __future__ import annotations

from typing import Any

import pytest
from autogen_agentchat.messages import TextMessage, ToolCallRequestEvent
from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    UserMessage,
)

from keepthinking import DecodeError, Message, Origin, Seal, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.autogen import from_native, to_native

ORIGIN = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5")
REDACTED = Thinking(seals=(Seal(slot="data", wire="redacted"),))
CALLS = tuple(
    ToolCall(id=f"c{i}", name="f", arguments=f'{{"card":"4111-{i}",  "n":1e2}}', kind="object") for i in range(2)
)
SPOKEN = Message(
    role="assistant",
    origin=ORIGIN,
    blocks=(Thinking.of("plan", signature="sig"), REDACTED, Text(text="card 4111"), Text(text=" done")),
)
CALLING = Message(role="assistant", origin=ORIGIN, blocks=(Thinking.of("plan", signature="sig"), REDACTED, *CALLS))


def native(message: Message) -> Any:
    (made,) = to_native([message]).value
    return made


def blocks(one: LLMMessage, **options: Any) -> tuple[object, ...]:
    return from_native([one], **options).value[0].blocks


def checks(one: LLMMessage) -> set[str]:
    return {found.check for found in from_native([one]).findings}


def test_the_record_repeats_no_visible_word() -> None:
    for message in (SPOKEN, CALLING):
        record = vars(native(message))["keepthinking"]
        assert not any(word in record for word in ("plan", "4111", "done"))
    results = Message(role="user", blocks=(ToolResult(call_id="c", content=(Text(text="4111"), Text(text="done"))),))
    assert "4111" not in vars(native(results))["keepthinking"]


@pytest.mark.parametrize("words", ["card **** done", "card *** done!", ""])
def test_words_that_were_changed_stand_and_thinking_stays(words: str) -> None:
    made = native(SPOKEN)
    made.content = words

    read = blocks(made)

    assert "".join(block.text for block in read if isinstance(block, Text)) == words
    assert read[:2] == SPOKEN.blocks[:2]
    assert checks(made) & {"text.unaltered", "text.kept"}
    assert all(not isinstance(block, Thinking) for block in blocks(made, on_edit="drop"))


def test_an_empty_text_keeps_its_seal_beside_an_edit() -> None:
    sealed = Text(text="", seals=(Seal(slot="thoughtSignature", wire="late"),))
    made = native(SPOKEN.replace(blocks=(*SPOKEN.blocks[:3], sealed)))
    made.content = "Shortened"

    assert blocks(made)[2:] == (Text(text="Shortened"), sealed)
    assert checks(made) == {"text.unaltered"}


def test_arguments_that_were_changed_stand() -> None:
    made = native(CALLING)
    made.content[0].arguments = '{"card":"[cleared]"}'

    read = blocks(made)

    assert isinstance(read[2], ToolCall)
    assert read[2].arguments == '{"card":"[cleared]"}'
    assert (*read[:2], read[3]) == (*CALLING.blocks[:2], CALLING.blocks[3])
    assert checks(made) == {"arguments.equal"}


def test_a_call_that_a_handoff_leaves_out_stays_out_and_the_other_has_its_thought() -> None:
    made = native(CALLING)
    handed = AssistantMessage(content=[made.content[1]], thought=made.thought, source="other")

    read = blocks(handed)

    assert read == (*CALLING.blocks[:2], CALLING.blocks[3])
    assert checks(handed) == {"call.kept"}


def test_a_thought_that_nobody_named_comes_back_and_one_that_was_taken_out_is_told() -> None:
    made = native(CALLING)
    caller_loop = AssistantMessage(content=made.content, source="a")
    taken_out = AssistantMessage(content=made.content, thought=None, source="a")

    assert blocks(caller_loop) == CALLING.blocks
    assert checks(caller_loop) == set()
    assert caller_loop.thought is None
    assert checks(taken_out) == {"thinking.kept.in-loop"}


def test_thinking_that_was_altered_is_told_as_damage() -> None:
    made = native(CALLING)
    made.thought = "pl"

    assert checks(made) == {"thinking.unaltered"}


def test_a_call_that_was_added_stands() -> None:
    made = native(CALLING)
    made.content.append(FunctionCall(id="c9", name="g", arguments="{}"))

    assert blocks(made) == (*CALLING.blocks, ToolCall(id="c9", name="g", arguments="{}"))
    assert checks(made) == {"call.not-invented"}


def test_a_result_that_was_cleared_stands() -> None:
    message = Message(role="user", blocks=(ToolResult(call_id="c", content=(Text(text="long"), Text(text="er"))),))
    made = native(message)
    made.content[0].content = "[cleared]"

    (result,) = blocks(made)

    assert isinstance(result, ToolResult)
    assert result.content == "[cleared]"
    assert checks(made) == {"result.unaltered"}


@pytest.mark.parametrize("record", ["", "{", "{}", '{"places":[["?","",0,null]]}', '{"places":[]}', "[]", 1, ["x"]])
def test_a_broken_record_is_named(record: object) -> None:
    made = native(SPOKEN)
    vars(made)["keepthinking"] = record

    with pytest.raises(DecodeError) as caught:
        from_native([made])

    assert caught.value.where == "messages[0]"
    assert caught.value.culprit == "framework"
    assert caught.value.hint


def broken(content: object) -> Any:
    message = UserMessage(content="x", source="u")
    vars(message)["content"] = content
    return message


@pytest.mark.parametrize(
    "one",
    [
        None,
        {"content": "x"},
        "x",
        TextMessage.model_construct(content=1, source="u"),
        ToolCallRequestEvent.model_construct(content=["x"], source="a"),
        broken(None),
        broken([1]),
        AssistantMessage.model_construct(content=["x"], source="a"),
        AssistantMessage.model_construct(content="x", thought=1, source="a"),
        FunctionExecutionResultMessage.model_construct(content=[1]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_no_message_for_a_model_is_named(one: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_native([UserMessage(content="fine", source="u"), one])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"


def test_a_class_of_somebodys_own_is_a_loss() -> None:
    class Mine(UserMessage):
        more: int = 1

    assert [loss.kind for loss in from_native([Mine(content="x", source="u")]).losses] == ["foreign"]


def test_results_stand_where_they_stood_among_words() -> None:
    message = Message(role="user", blocks=(ToolResult.of("1", call_id="a"), ToolResult.of("2"), Text(text="now?")))
    made = to_native([message, message]).value

    assert [type(one) for one in made] == [FunctionExecutionResultMessage, UserMessage] * 2
    assert from_native(made).value == (message, message)
    del made[1]
    assert [len(one.blocks) for one in from_native(made).value] == [2, 3]


def test_an_answer_of_a_tool_says_whether_it_failed() -> None:
    results = [
        FunctionExecutionResult(content="x", name="f", call_id="c", is_error=flag) for flag in (None, False, True)
    ]

    (read,) = from_native([FunctionExecutionResultMessage(content=results)]).value

    assert [block.status for block in read.blocks if isinstance(block, ToolResult)] == ["unspecified", "ok", "error"]


def with_fields(native: Any, **fields: Any) -> Any:
    """Put in what no constructor of AutoGen would take; None takes a field out."""
    for name, value in fields.items():
        vars(native).pop(name)
        if value is not None:
            vars(native)[name] = value
    return native


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: with_fields(UserMessage(content="x", source="u"), source=5), id="source"),
        pytest.param(lambda: with_fields(UserMessage(content="x", source="u"), content=None), id="no content"),
        pytest.param(lambda: with_fields(AssistantMessage(content="x", source="u"), thought=5), id="thought"),
        pytest.param(lambda: with_fields(AssistantMessage(content="x", source="u"), content=None), id="no words"),
        pytest.param(lambda: called(id=None), id="no id"),
        pytest.param(lambda: called(arguments=5), id="arguments"),
        pytest.param(lambda: told(content=["x"]), id="content of a result"),
        pytest.param(lambda: told(is_error="yes"), id="is_error"),
    ],
)
def test_what_no_message_of_autogen_holds_is_an_error_that_says_where(made: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_native([UserMessage(content="x", source="u"), made()])

    assert (caught.value.where, caught.value.culprit) == ("messages[1]", "framework")
    assert caught.value.hint


def called(**fields: Any) -> AssistantMessage:
    return AssistantMessage(content=[with_fields(FunctionCall(id="c", arguments="{}", name="f"), **fields)], source="a")


def told(**fields: Any) -> FunctionExecutionResultMessage:
    result = FunctionExecutionResult(content="x", name="f", call_id="c", is_error=False)
    return FunctionExecutionResultMessage(content=[with_fields(result, **fields)])
