"""What a scaffold changes in a message that carries a record: words stand, thinking is reported and never made up."""

import json
from typing import Any, cast

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, merge_message_runs
from langchain_core.messages.utils import message_chunk_to_message
from msgspec import UNSET

from keepthinking import (
    Converted,
    DecodeError,
    Json,
    Message,
    Origin,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dumps,
)
from keepthinking_adapters.langchain import from_native, to_native
from keepthinking_adapters.langchain._to_native import calls, carried, shown

pytestmark = pytest.mark.extras

ORIGIN = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5")
SECRET = "4111-1111"  # noqa: S105 - no password, but a word that someone may take out
CALL = ToolCall(id="c1", name="f", arguments='{"card":"4111-1111",  "n":1e2}', kind="object")
MESSAGE = Message(
    role="assistant",
    origin=ORIGIN,
    blocks=(
        Thinking.of("plan", signature="sig"),
        Thinking(seals=(Seal(slot="data", wire="redacted"),)),
        Text(text=f"card {SECRET}", seals=(Seal(slot="thoughtSignature", wire="own"),)),
        CALL,
        Text(text="done"),
    ),
)


def native() -> AIMessage:
    (made,) = to_native([MESSAGE]).value
    assert isinstance(made, AIMessage)
    return made


def read(one: BaseMessage, **options: Any) -> Converted[tuple[Message, ...]]:
    return from_native([one], **options)


def blocks(one: BaseMessage, **options: Any) -> tuple[object, ...]:
    return read(one, **options).value[0].blocks


def checks(one: BaseMessage) -> list[tuple[str, str, str]]:
    return [(found.check, found.status, found.fate) for found in read(one).findings]


def part(one: AIMessage, at: int) -> dict[str, Any]:
    found = one.content[at]
    assert isinstance(found, dict)
    return found


def test_the_record_repeats_no_visible_word() -> None:
    made = native()
    record = json.dumps(made.additional_kwargs)

    for word in ("plan", SECRET, "done", '"sig\\"'):
        assert word not in record


@pytest.mark.parametrize(
    "arguments",
    [
        '{"url":"https:\\/\\/a.example\\/4111-1111"}',
        '{"card": "4111-1111", "note": "M\\u00fcller ü 4111-1111"}',
        ' {"card":"\\u0034111-1111"\n}',
        '{"card":"4111-1111","b":NaN}',
    ],
)
def test_the_record_repeats_no_argument_of_whatever_spelling(arguments: str) -> None:
    message = MESSAGE.replace(blocks=(ToolCall(id="c1", name="f", arguments=arguments),))
    (made,) = to_native([message]).value

    assert "111-1111" not in json.dumps(made.additional_kwargs)
    assert from_native([made]).value[0].blocks == message.blocks


def test_an_edited_text_stands_and_all_else_stays() -> None:
    made = native()
    part(made, 2)["text"] = "card [REDACTED]"

    found = blocks(made)

    assert found == (*MESSAGE.blocks[:2], Text(text="card [REDACTED]"), *MESSAGE.blocks[3:])
    assert checks(made) == [("text.unaltered", "warn", "altered")]
    assert part(cast("AIMessage", to_native(read(made).value).value[0]), 2)["text"] == "card [REDACTED]"


FIELDS = Json.of({"refusal": None, "logprobs": {"content": [{"token": SECRET}]}, "annotations": []})


def with_fields() -> AIMessage:
    blocks_ = (
        Text(text=f"card {SECRET}", fields=Json.of({"citations": [{"cited_text": SECRET}]})),
        Text(text="done", fields=Json.of({"citations": [{"cited_text": "done"}]})),
        ToolCall(id="c1", name="f", arguments=CALL.arguments, fields=Json.of({"caller": SECRET})),
    )
    (made,) = to_native([Message(role="assistant", blocks=blocks_, fields=FIELDS)]).value
    assert isinstance(made, AIMessage)
    return made


def test_fields_that_may_hold_an_edited_word_go_with_it() -> None:
    made = with_fields()
    part(made, 0)["text"] = "card [REDACTED]"
    made.tool_calls[0]["args"] = {"card": "[REDACTED]"}

    found = read(made)

    (message,) = found.value
    assert message.fields == Json.of({"refusal": None, "annotations": []})
    assert [block.fields for block in message.blocks] == [
        UNSET,
        Json.of({"citations": [{"cited_text": "done"}]}),
        UNSET,
    ]
    assert ("prefix.unaltered", "warn", "dropped") in checks(made)
    assert SECRET not in repr(dumps(message.replace(native=UNSET)))
    again = to_native([message.replace(native=UNSET)]).value
    assert SECRET not in repr(again)


def test_fields_of_a_message_go_with_a_text_that_was_taken_out() -> None:
    made = with_fields()
    made.content = made.content[1:]

    assert read(made).value[0].fields == Json.of({"refusal": None, "annotations": []})


def test_fields_of_a_message_that_nobody_edited_stay() -> None:
    made = with_fields()

    assert read(made).value[0].fields == FIELDS
    assert checks(made) == []


def test_cleared_arguments_stay_cleared_though_the_content_still_has_them() -> None:
    made = native()
    made.tool_calls[0]["args"] = {}

    found = blocks(made)

    assert found[3] == ToolCall(id="c1", name="f", arguments="{}", kind="object")
    assert found[:3] == MESSAGE.blocks[:3]
    assert checks(made) == [("arguments.equal", "warn", "altered")]


def test_arguments_in_another_order_of_keys_are_the_ones_that_were_sent() -> None:
    made = native()
    made.tool_calls[0]["args"] = dict(reversed(made.tool_calls[0]["args"].items()))

    assert blocks(made)[3] != UNSET
    assert checks(made) == []


def test_a_call_that_was_taken_out_stays_out() -> None:
    made = native()
    made.tool_calls = []

    assert blocks(made) == (*MESSAGE.blocks[:3], MESSAGE.blocks[4])
    assert checks(made) == [("call.kept", "warn", "dropped")]


def test_thinking_without_words_is_put_back() -> None:
    made = native()
    made.content = [one for i, one in enumerate(made.content) if i != 1]

    assert blocks(made) == MESSAGE.blocks
    assert checks(made) == [("redacted.kept", "warn", "dropped")]


def test_thinking_with_words_that_was_taken_out_is_reported_and_not_made_up() -> None:
    made = native()
    made.content = [*made.content[1:]]

    assert blocks(made) == MESSAGE.blocks[1:]
    assert checks(made) == [("thinking.kept.in-loop", "fail", "dropped")]


def test_changed_thinking_is_damage() -> None:
    made = native()
    part(made, 0)["reasoning"] = "plam"

    assert blocks(made)[0] == Thinking.of("plam", signature="sig")
    assert checks(made) == [("thinking.unaltered", "fail", "altered")]


def test_a_lost_seal_is_damage() -> None:
    made = native()
    del part(made, 0)["extras"]

    assert blocks(made)[0] == Thinking.of("plan")
    assert checks(made) == [("seal.kept", "fail", "altered")]


def test_a_lost_seal_of_thinking_without_words_is_mended() -> None:
    message = Message.assistant(Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="s"),)), CALL)
    (made,) = to_native([message]).value
    assert isinstance(made, AIMessage)
    del part(made, 0)["extras"]

    assert blocks(made) == message.blocks
    assert checks(made) == [("seal.unaltered", "warn", "altered")]


def test_after_an_edit_thinking_goes_where_that_is_asked() -> None:
    made = native()
    part(made, 2)["text"] = "card [REDACTED]"

    found = read(made, on_edit="drop")

    assert [type(block) for block in found.value[0].blocks] == [Text, ToolCall, Text]
    assert [one.check for one in found.findings] == ["text.unaltered", "thinking.kept.in-loop"]


def test_without_an_edit_thinking_stays_where_its_loss_is_asked() -> None:
    assert blocks(native(), on_edit="drop") == MESSAGE.blocks


def test_added_text_stands() -> None:
    made = native()
    made.content = [*made.content, {"type": "text", "text": "more"}]

    assert blocks(made) == (*MESSAGE.blocks, Text(text="more"))
    assert checks(made) == [("text.not-invented", "warn", "invented")]


def test_content_replaced_by_a_string_keeps_the_call_and_says_what_is_lost() -> None:
    made = native()
    made.content = "summary"

    found = blocks(made)

    assert [type(block) for block in found] == [Text, ToolCall]
    assert ("thinking.kept.in-loop", "fail", "dropped") in checks(made)


@pytest.mark.parametrize("arguments", ['{"a": 1', '{"a": "x', "", '{"a":\n "b\nc"}', "{", '{"a": NaN}'])
def test_arguments_that_langchain_completes_in_a_stream_are_no_edit(arguments: str) -> None:
    message = Message(role="assistant", origin=ORIGIN, blocks=(ToolCall(id="c1", name="f", arguments=arguments),))
    chunk = AIMessageChunk(
        content="",
        tool_call_chunks=[{"name": "f", "args": arguments, "id": "c1", "index": 0, "type": "tool_call_chunk"}],
        additional_kwargs=carried(message),
        chunk_position="last",
    )

    for one in (chunk, message_chunk_to_message(chunk)):
        assert read(one).value[0].blocks == message.blocks
        assert checks(one) == []


def test_what_is_shown_and_carried_makes_the_message() -> None:
    valid, invalid = calls(MESSAGE)
    content: Any = shown(MESSAGE)
    made = AIMessage(content=content, tool_calls=valid, invalid_tool_calls=invalid, additional_kwargs=carried(MESSAGE))

    assert blocks(made) == MESSAGE.blocks
    assert carried(Message.assistant(Text.of("hi"))) == {}


def test_added_up_chunks_carry_one_record() -> None:
    content: Any = shown(MESSAGE)
    pieces = [AIMessageChunk(content=[{**one, "index": f"lc_{i}"}]) for i, one in enumerate(content) if i != 3]
    last = AIMessageChunk(
        content="",
        additional_kwargs=carried(MESSAGE),
        tool_call_chunks=[{"name": "f", "args": CALL.arguments, "id": "c1", "index": 0, "type": "tool_call_chunk"}],
        chunk_position="last",
    )
    total: Any = pieces[0]
    for piece in [*pieces[1:], last]:
        total += piece

    assert blocks(message_chunk_to_message(total)) == MESSAGE.blocks
    assert checks(message_chunk_to_message(total)) == []


def test_messages_that_langchain_joined_keep_all_blocks_and_are_reported() -> None:
    first, second = to_native([MESSAGE, MESSAGE]).value
    (joined,) = merge_message_runs([first, second])

    found = read(joined)

    assert sorted(map(repr, found.value[0].blocks)) == sorted(map(repr, MESSAGE.blocks * 2))
    assert [one.check for one in found.findings] == ["grouping.not-merged"]


def test_a_message_of_another_role_is_not_what_the_model_said() -> None:
    made = native()
    human = HumanMessage(content="I say", additional_kwargs=made.additional_kwargs)

    found = read(human)

    assert found.value[0].replace(native=UNSET) == Message.user("I say")
    assert [one.status for one in found.findings] == ["warn"]


def test_a_cleared_result_stays_cleared_and_keeps_its_place() -> None:
    results = (ToolResult.of("secret", call_id="c1"), ToolResult.of("b", call_id="c2"))
    natives = to_native([Message(role="user", blocks=results)]).value
    natives[0].content = "[cleared]"

    found = from_native(natives)

    assert found.value[0].replace(native=UNSET).blocks == (ToolResult.of("[cleared]", call_id="c1"), results[1])
    assert [(one.check, one.path) for one in found.findings] == [("result.unaltered", "messages[0].blocks[0]")]


def test_findings_hold_no_words() -> None:
    made = native()
    part(made, 0)["reasoning"] = "plam"
    part(made, 2)["text"] = "card [REDACTED]"

    said = " ".join(one.what for one in read(made).findings)

    assert not any(word in said for word in ("plan", "plam", SECRET, "REDACTED"))


@pytest.mark.parametrize("record", ["", "{}", "[]", "null", '{"format":"keepthinking-carry/9"}'])
def test_a_broken_record_is_an_error_that_says_where(record: str) -> None:
    made = AIMessage(content="x", additional_kwargs={"keepthinking": [record]})

    with pytest.raises(DecodeError) as caught:
        from_native([HumanMessage(content="a"), made])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"
    assert caught.value.hint


def test_an_edited_message_is_read_the_same_way_after_it_was_written_again() -> None:
    made = native()
    part(made, 0)["reasoning"] = "plam"
    first = read(made)

    again = to_native(first.value).value

    assert from_native(again).value[0].replace(native=UNSET) == first.value[0].replace(native=UNSET)
