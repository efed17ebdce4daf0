"""What a scaffold changes in a message that carries a record: words stand, thinking is reported and never made up."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    ChatMessage,
    ContentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.memory import ChatMemoryBuffer
from msgspec import UNSET

from keepthinking import (
    Converted,
    DecodeError,
    Item,
    Json,
    Media,
    Message,
    Opaque,
    Origin,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dumps,
)
from keepthinking_adapters.llama_index import dump, from_native, to_native
from keepthinking_adapters.llama_index._from_native import Reader
from keepthinking_conformance import strategies as kts
from tests.adapters.llama_index.operations import COPIES, REFUSALS, STORES

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


def native() -> ChatMessage:
    return to_native([MESSAGE]).value[0]


def read(one: ChatMessage, **options: Any) -> Converted[tuple[Message, ...]]:
    return from_native([one], **options)


def blocks(one: ChatMessage, **options: Any) -> tuple[object, ...]:
    return read(one, **options).value[0].blocks


def checks(one: ChatMessage) -> list[tuple[str, str, str]]:
    return [(found.check, found.status, found.fate) for found in read(one).findings]


def thought(one: ChatMessage, at: int = 0) -> ThinkingBlock:
    found = one.blocks[at]
    assert isinstance(found, ThinkingBlock)
    return found


def text(one: ChatMessage, at: int = 2) -> TextBlock:
    found = one.blocks[at]
    assert isinstance(found, TextBlock)
    return found


def call(one: ChatMessage, at: int = 3) -> ToolCallBlock:
    found = one.blocks[at]
    assert isinstance(found, ToolCallBlock)
    return found


def record_of(one: ChatMessage) -> str:
    held = [one.additional_kwargs, *(b.additional_information for b in one.blocks if isinstance(b, ThinkingBlock))]
    (found,) = (str(place["keepthinking"]) for place in held if "keepthinking" in place)
    return found


def test_the_record_repeats_no_visible_word() -> None:
    for word in ("plan", SECRET, "done", '"sig\\"'):
        assert word not in record_of(native())


@pytest.mark.parametrize("kind", ["json", "object"])
@pytest.mark.parametrize(
    "arguments",
    [
        '{"url":"https:\\/\\/a.example\\/4111-1111"}',
        '{"card": "4111-1111", "note": "M\\u00fcller ü 4111-1111"}',
        ' {"card":"\\u0034111-1111"\n}',
        '{"card":"4111-1111","b":NaN}',
    ],
)
def test_the_record_repeats_no_argument_of_whatever_spelling(arguments: str, kind: Any) -> None:
    message = MESSAGE.replace(blocks=(ToolCall(id="c1", name="f", arguments=arguments, kind=kind),))
    (made,) = to_native([message]).value

    assert "111-1111" not in record_of(made)
    assert from_native([made]).value[0].blocks == message.blocks


@pytest.mark.parametrize(
    "block",
    [
        Opaque(dialect="anthropic-messages", kind="container_upload", body=Json(b'{"file": "4111-1111"}')),
        ToolCall(id="s", name="f", arguments='{"card": "4111-1111"}', kind="object", server=True),
        ToolResult(call_id="s", content=(Text(text=SECRET), Media(kind="file", url=SECRET)), server=True),
        Media(kind="image", url=f"https://example.org/{SECRET}"),
        Media(kind="file", data="NDExMS0xMTEx", filename=SECRET),
        Media(kind="file", file_id=SECRET),
    ],
    ids=lambda block: type(block).__name__,
)
def test_the_record_repeats_no_word_of_what_llama_index_has_no_class_for(block: Any) -> None:
    for role in ("assistant", "user"):
        message = Message(role=role, blocks=(block,), origin=ORIGIN)
        (made,) = to_native([message]).value

        assert from_native([made]).value[0].blocks == message.blocks
        assert not any(word in record_of(made) for word in (SECRET, "NDExMS0xMTEx"))


def test_a_result_in_parts_is_not_repeated() -> None:
    message = Message(role="user", blocks=(ToolResult(call_id="c1", content=(Text(text=SECRET),)),))
    (made,) = to_native([message]).value

    assert SECRET not in record_of(made)
    assert from_native([made]).value == (message,)
    made.blocks = [TextBlock(text="[cleared]")]
    assert blocks(made) == (ToolResult(call_id="c1", content="[cleared]"),)


def test_an_edited_text_stands_and_all_else_stays() -> None:
    made = native()
    text(made).text = "card [REDACTED]"

    assert blocks(made) == (*MESSAGE.blocks[:2], Text(text="card [REDACTED]"), *MESSAGE.blocks[3:])
    assert checks(made) == [("text.unaltered", "warn", "altered")]
    assert text(to_native(read(made).value).value[0]).text == "card [REDACTED]"
    assert SECRET not in repr(to_native(read(made).value).value[0].blocks[2])


FIELDS = Json.of({"refusal": None, "logprobs": {"content": [{"token": SECRET}]}, "annotations": []})


def with_fields() -> ChatMessage:
    blocks_ = (
        Text(text=f"card {SECRET}", fields=Json.of({"citations": [{"cited_text": SECRET}]})),
        Text(text="done", fields=Json.of({"citations": [{"cited_text": "done"}]})),
        ToolCall(id="c1", name="f", arguments=CALL.arguments, fields=Json.of({"caller": SECRET})),
    )
    return to_native([Message(role="assistant", blocks=blocks_, fields=FIELDS)]).value[0]


def test_fields_that_may_hold_an_edited_word_go_with_it() -> None:
    made = with_fields()
    text(made, 0).text = "card [REDACTED]"
    call(made, 2).tool_kwargs = {"card": "[REDACTED]"}

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
    del made.blocks[0]

    assert read(made).value[0].fields == Json.of({"refusal": None, "annotations": []})


def test_fields_of_a_message_that_nobody_edited_stay() -> None:
    made = with_fields()

    assert read(made).value[0].fields == FIELDS
    assert checks(made) == []


@pytest.mark.parametrize("kwargs", [{}, "{}"])
def test_cleared_arguments_stay_cleared(kwargs: dict[str, Any] | str) -> None:
    made = native()
    call(made).tool_kwargs = kwargs

    found = blocks(made)

    assert found[3] == ToolCall(id="c1", name="f", arguments="{}", kind="object")
    assert found[:3] == MESSAGE.blocks[:3]
    assert checks(made) == [("arguments.equal", "warn", "altered")]


def test_arguments_in_another_order_of_keys_are_the_ones_that_were_sent() -> None:
    made = native()
    held = call(made).tool_kwargs
    assert isinstance(held, dict)
    call(made).tool_kwargs = dict(reversed(held.items()))

    assert checks(made) == []
    assert json.loads(read(made).value[0].tool_calls[0].arguments) == json.loads(CALL.arguments)


def test_arguments_that_a_client_wrote_anew_are_the_ones_that_were_sent() -> None:
    made = native()
    call(made).tool_kwargs = json.dumps(call(made).tool_kwargs)

    assert checks(made) == []
    assert blocks(made)[3] == CALL


def test_a_call_that_was_taken_out_stays_out() -> None:
    made = native()
    del made.blocks[3]

    assert blocks(made) == (*MESSAGE.blocks[:3], MESSAGE.blocks[4])
    assert checks(made) == [("call.kept", "warn", "dropped")]


def test_blocks_in_another_order_are_in_that_of_the_model() -> None:
    # What `force_single_tool_call` of stock clients does to a call (llama-index-llms-openai 0.8.3).
    made = native()
    made.blocks = [*made.blocks[:3], made.blocks[4], made.blocks[3]]

    assert blocks(made) == MESSAGE.blocks
    assert checks(made) == []


def test_thinking_without_words_is_put_back() -> None:
    made = native()
    del made.blocks[1]

    assert blocks(made) == MESSAGE.blocks
    assert checks(made) == [("redacted.kept", "warn", "dropped")]


def test_thinking_without_words_is_not_put_back_after_an_edit() -> None:
    made = native()
    text(made).text = "card [REDACTED]"
    del made.blocks[1]

    assert [type(block) for block in blocks(made)] == [Thinking, Text, ToolCall, Text]
    assert ("redacted.kept", "fail", "dropped") in checks(made)


def test_thinking_with_words_that_was_taken_out_is_reported_and_not_made_up() -> None:
    message = MESSAGE.replace(blocks=(MESSAGE.blocks[1], *MESSAGE.blocks))
    (made,) = to_native([message]).value
    del made.blocks[1]

    assert blocks(made) == (message.blocks[0], *message.blocks[2:])
    assert checks(made) == [("thinking.kept.in-loop", "fail", "dropped")]


def test_a_record_that_goes_with_its_block_is_told() -> None:
    made = native()
    made.blocks = [block for block in made.blocks if not isinstance(block, ThinkingBlock)]

    assert [type(block) for block in blocks(made)] == [Text, ToolCall, Text]
    assert checks(made) == [
        ("thinking.kept.in-loop", "fail", "dropped"),
        ("redacted.kept", "fail", "dropped"),
        ("seal.kept", "fail", "dropped"),
        ("prefix.unaltered", "warn", "dropped"),
    ]


def test_a_record_that_is_taken_out_of_its_block_is_told_and_what_shows_is_not_lost() -> None:
    made = native()
    del thought(made).additional_information["keepthinking"]

    assert blocks(made)[:2] == MESSAGE.blocks[:2]
    # The seal of the text has no field of LlamaIndex; those of the thoughts have.
    assert checks(made) == [("seal.kept", "fail", "dropped"), ("prefix.unaltered", "warn", "dropped")]


def test_what_is_missing_is_told_again_each_time_it_is_read() -> None:
    made = native()
    made.blocks = made.blocks[2:]
    there = from_native([made])

    (again,) = to_native(there.value).value

    assert again == made
    assert from_native([again]).findings == there.findings


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_an_edit_of_ours_counts_anew(keep: int) -> None:
    made = native()
    made.additional_kwargs["app"] = "its own"
    (message,) = from_native([made]).value

    (edited,) = to_native([message.with_blocks(message.blocks[keep:])]).value
    assert edited.additional_kwargs["app"] == "its own"
    assert from_native([edited]).findings == ()
    edited.blocks = [block for block in edited.blocks if not isinstance(block, ThinkingBlock)]

    told = [found.check for found in from_native([edited]).findings]
    assert told == [
        *(["redacted.kept"] if keep == 1 else []),
        *(["seal.kept"] if keep < 3 else []),
        "prefix.unaltered",
    ]


@settings(max_examples=60)
@given(
    message=kts.messages(),
    operation=st.sampled_from(sorted({**COPIES, **STORES})),
    strip=st.sampled_from(["blocks", "records", "content"]),
)
def test_no_record_goes_in_silence(message: Message, operation: str, strip: str) -> None:
    natives = to_native([message]).value
    carried = [one for one in natives if one.role == "assistant" and "keepthinking-carry" in repr(one)]
    for one in carried:
        if strip == "content":
            one.blocks = [TextBlock(text="other words")]
        elif strip == "blocks":
            one.blocks = [block for block in one.blocks if not isinstance(block, ThinkingBlock)]
        for block in one.blocks:
            if isinstance(block, ThinkingBlock):
                block.additional_information.pop("keepthinking", None)
    try:
        passed = {**COPIES, **STORES}[operation](natives)
    except REFUSALS:
        return

    found = from_native(passed).findings

    assert [one.check for one in found if one.check == "prefix.unaltered"] == ["prefix.unaltered"] * len(carried)
    lost = sum(isinstance(block, Thinking) and block.text != "" for block in message.blocks)
    if carried and lost and strip != "records":
        assert any(one.check == "thinking.kept.in-loop" and one.status == "fail" for one in found)


@pytest.mark.parametrize("witness", ["2", None, [], {"thinking": "1"}, {"thinking": True}, {1: 1}])
def test_a_broken_witness_is_an_error_where_the_record_is_gone(witness: object) -> None:
    made = native()
    made.additional_kwargs["keepthinking_held"] = witness
    assert from_native([made]).findings == ()  # the record is there, and tells all
    made.blocks = made.blocks[2:]

    with pytest.raises(DecodeError, match="a witness is broken") as caught:
        from_native([made])
    assert (caught.value.where, caught.value.culprit) == ("messages[0]", "framework")


@pytest.mark.parametrize("content", ["plam", "pla", "plan and more", "", None])
def test_changed_thinking_is_damage(content: str | None) -> None:
    made = native()
    thought(made).content = content

    (first, *rest) = blocks(made)
    assert isinstance(first, Thinking)
    assert first.text == (content or "")
    assert tuple(rest) == MESSAGE.blocks[1:]
    assert checks(made) == [("thinking.unaltered", "fail", "altered")]


def test_a_lost_seal_is_damage() -> None:
    made = native()
    del thought(made).additional_information["signature"]

    assert blocks(made)[0] == Thinking.of("plan")
    assert checks(made) == [("seal.kept", "fail", "altered")]


def test_a_lost_seal_of_thinking_without_words_is_mended() -> None:
    message = Message.assistant(
        Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="s"),), item=0), CALL
    ).replace(items=(Item(kind="reasoning", id="rs_1"),))
    (made,) = to_native([message]).value
    del thought(made).additional_information["signature"]

    assert blocks(made) == message.blocks
    assert checks(made) == [("seal.unaltered", "warn", "altered")]


def test_after_an_edit_thinking_goes_where_that_is_asked() -> None:
    made = native()
    text(made).text = "card [REDACTED]"

    found = read(made, on_edit="drop")

    assert [type(block) for block in found.value[0].blocks] == [Text, ToolCall, Text]
    assert [one.check for one in found.findings] == ["text.unaltered", "thinking.kept.in-loop"]
    assert Reader(on_edit="drop").read([made]).value[0].blocks == found.value[0].blocks


def test_without_an_edit_thinking_stays_where_its_loss_is_asked() -> None:
    assert blocks(native(), on_edit="drop") == MESSAGE.blocks


def test_added_text_stands() -> None:
    made = native()
    made.blocks = [*made.blocks, TextBlock(text="more")]

    assert blocks(made) == (*MESSAGE.blocks, Text(text="more"))
    assert checks(made) == [("text.not-invented", "warn", "invented")]


def test_a_block_before_all_others_moves_no_seal_to_another() -> None:
    made = native()
    made.blocks = [TextBlock(text="first"), *made.blocks]

    assert blocks(made) == (Text(text="first"), *MESSAGE.blocks)
    assert checks(made) == [("text.not-invented", "warn", "invented")]


def test_a_message_cut_into_its_words_says_them_and_nothing_else() -> None:
    # What agents do that write their messages anew from text, and memories that know only words.
    made = native()

    found = read(ChatMessage(role="assistant", content=made.content))

    assert found.value[0].blocks == (Text(text=f"card {SECRET}\ndone"),)
    assert found.findings == ()


def test_blocks_of_two_messages_in_one_keep_all_and_are_reported() -> None:
    first, second = to_native([MESSAGE, MESSAGE]).value
    joined = ChatMessage(role="assistant", blocks=[*first.blocks, *second.blocks])

    found = read(joined)

    assert sorted(map(repr, found.value[0].blocks)) == sorted(map(repr, MESSAGE.blocks * 2))
    assert [one.check for one in found.findings] == ["grouping.not-merged"]


def test_a_message_cut_into_its_blocks_and_joined_again_is_the_message() -> None:
    made = native()
    scattered = [ChatMessage(role="assistant", blocks=[block]) for block in made.blocks]

    pieces: list[ContentBlock] = [block for one in scattered for block in one.blocks]

    assert blocks(ChatMessage(role="assistant", blocks=pieces)) == MESSAGE.blocks


def test_a_message_of_another_role_is_not_what_the_model_said() -> None:
    made = to_native([Message(role="user", blocks=(Text(text="I say"),), author="harness")]).value[0]
    system = ChatMessage(role="system", content="I say", additional_kwargs=made.additional_kwargs)

    found = read(system)

    assert found.value[0].replace(native=UNSET) == Message.system("I say")
    assert [one.status for one in found.findings] == ["warn"]


def test_a_cleared_result_stays_cleared_and_keeps_its_place() -> None:
    results = (ToolResult.of("secret", call_id="c1"), ToolResult.of("b", call_id="c2"))
    natives = to_native([Message(role="user", blocks=results)]).value
    natives[0].blocks = [TextBlock(text="[cleared]")]

    found = from_native(natives)

    assert found.value[0].replace(native=UNSET).blocks == (ToolResult.of("[cleared]", call_id="c1"), results[1])
    assert [(one.check, one.path) for one in found.findings] == [("result.unaltered", "messages[0].blocks[0]")]


def test_a_result_that_failed_says_so_after_it_was_cleared() -> None:
    result = ToolResult(call_id="c1", content="secret", status="error")
    (made,) = to_native([Message(role="tool", blocks=(result,))]).value
    made.blocks = [TextBlock(text="[cleared]")]

    (found,) = blocks(made)

    assert isinstance(found, ToolResult)
    assert (found.content, found.status) == ("[cleared]", "error")


def test_findings_hold_no_words() -> None:
    made = native()
    thought(made).content = "plam"
    text(made).text = "card [REDACTED]"

    said = " ".join(one.what for one in read(made).findings)

    assert not any(word in said for word in ("plan", "plam", SECRET, "REDACTED"))


@pytest.mark.parametrize("record", ["", "{}", "[]", "null", '{"format":"keepthinking-carry/9"}', None, 1, ["x"], {}])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_broken_record_is_an_error_that_says_where(record: object, role: str) -> None:
    carried = ThinkingBlock(additional_information={"keepthinking": record})
    made = (
        ChatMessage(role="assistant", blocks=[carried])
        if role == "assistant"
        else ChatMessage(content="x", additional_kwargs={"keepthinking": record})
    )

    with pytest.raises(DecodeError) as caught:
        from_native([ChatMessage(content="a"), made])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"
    assert caught.value.hint


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "text",
        {"role": "user", "content": "x"},
        Message.user("x"),
        ChatMessage.model_construct(role="user", blocks=[], additional_kwargs=None),
        ChatMessage.model_construct(role="nobody", blocks=[], additional_kwargs={}),
        ChatMessage.model_construct(role="user", blocks=None, additional_kwargs={}),
        ChatMessage.model_construct(role="user", blocks=[{"text": "x"}], additional_kwargs={}),
    ],
    ids=["none", "text", "a dictionary", "ours", "nothing beside", "no role", "no blocks", "no block"],
)
def test_what_is_no_message_is_an_error_that_says_where(junk: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_native([ChatMessage(content="a"), junk])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"


def test_a_file_that_is_gone_is_an_error_of_the_caller(tmp_path: Any) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    made = ChatMessage(blocks=[ImageBlock(path=path)])
    path.unlink()

    with pytest.raises(DecodeError) as caught:
        from_native([made])

    assert (caught.value.where, caught.value.culprit) == ("messages[0]", "caller")


def test_an_edited_message_is_read_the_same_way_after_it_was_written_again() -> None:
    made = native()
    thought(made).content = "plam"
    first = read(made)

    again = to_native(first.value).value

    assert from_native(again).value[0].replace(native=UNSET) == first.value[0].replace(native=UNSET)


def test_an_edit_in_a_memory_stands() -> None:
    # Memories give out the very objects that they hold; whoever changes one changes the history.
    memory = ChatMemoryBuffer.from_defaults(token_limit=10**9)
    memory.put(to_native([MESSAGE.replace(blocks=MESSAGE.blocks[:3])]).value[0])
    text(memory.get_all()[0]).text = "card [REDACTED]"

    (message,) = from_native(memory.get_all()).value

    assert message.text == "card [REDACTED]"
    assert SECRET not in dump(to_native([message]).value).decode()
