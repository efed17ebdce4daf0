"""What stock clients and the framework make: read as blocks, given back as it was, and edited block by block."""

import json
from copy import deepcopy
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, FunctionMessage, HumanMessage, RemoveMessage, ToolMessage
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import (
    Block,
    Conversation,
    Field,
    Json,
    Media,
    Message,
    Opaque,
    Request,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking_adapters.langchain import from_native, same_native, to_native
from tests.adapters.langchain.operations import COPIES, GRAPHS, REFUSALS, STORES
from tests.adapters.langchain.shapes import SHAPES

pytestmark = pytest.mark.extras

NATIVES = [pytest.param(native, id=name) for name, (native, _) in SHAPES.items()]
OPERATIONS = {**COPIES, **STORES, **GRAPHS}


def read(native: BaseMessage) -> Message:
    return from_native([native]).value[0]


def edit(block: Block) -> Block:
    match block:
        case Text() | Media():
            return replace(block, text="EDITED")
        case Thinking():
            return replace(block, segments=(Segment(text="EDITED"),))
        case ToolCall():
            return replace(block, arguments='{"EDITED": 1}' if block.kind != "freeform" else "EDITED")
        case ToolResult():
            return replace(block, content="EDITED")
        case Opaque():
            return replace(block, body=Json(b'{"EDITED":1}'))


def edits() -> list[Any]:
    return [
        pytest.param(native, i, id=f"{name}, block {i}")
        for name, (native, _) in SHAPES.items()
        for i in range(len(read(native).blocks))
    ]


@pytest.mark.parametrize(("native", "kinds"), [pytest.param(*row, id=name) for name, row in SHAPES.items()])
def test_a_shape_says_its_blocks(native: BaseMessage, kinds: str) -> None:
    found = from_native([native])

    assert [str(block.__struct_config__.tag) for block in found.value[0].blocks] == kinds.split()
    assert found.findings == ()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("native", NATIVES)
def test_a_shape_comes_back_as_it_was(native: BaseMessage, operation: str) -> None:
    try:
        passed = OPERATIONS[operation]([deepcopy(native)])
    except REFUSALS:
        assert operation in STORES  # bytes, NaN and chunks are not for every store
        return
    before = deepcopy(passed)

    there = from_native(passed)
    back = to_native(there.value).value

    assert there.losses == ()
    assert same_native(passed, before), "reading changed the caller's message"
    assert same_native(back, passed)
    assert from_native(back).value == there.value


@pytest.mark.parametrize(("native", "i"), edits())
def test_an_edited_block_is_an_edited_message(native: BaseMessage, i: int) -> None:
    message = read(native)
    edited = message.replace(blocks=(*message.blocks[:i], edit(message.blocks[i]), *message.blocks[i + 1 :]))

    (made,) = to_native([edited]).value

    assert read(made).replace(native=UNSET) == edited.replace(native=UNSET)
    assert envelope(made) == envelope(native)
    assert "EDITED" in str(made)


@pytest.mark.parametrize(("native", "i"), edits())
def test_a_deleted_block_is_gone_and_the_rest_stays(native: BaseMessage, i: int) -> None:
    message = read(native)
    left = message.with_blocks((*message.blocks[:i], *message.blocks[i + 1 :]))

    made = to_native([left]).value

    assert [one.replace(native=UNSET) for one in from_native(made).value] == [left.replace(native=UNSET)]
    if type(made[0]) is type(native):
        assert envelope(made[0]) == envelope(native)


@pytest.mark.parametrize("native", NATIVES)
def test_an_added_block_is_shown_and_the_rest_stays(native: BaseMessage) -> None:
    message = read(native)
    more = message.replace(blocks=(*message.blocks, Text(text="ADDED")))

    made = to_native([more]).value

    assert [one.replace(native=UNSET) for one in from_native(made).value] == [more.replace(native=UNSET)]
    assert "ADDED" in str(made)


def envelope(native: BaseMessage) -> list[object]:
    return [native.id, native.name, getattr(native, "usage_metadata", None), repr(getattr(native, "artifact", None))]


def test_claude_thinking_goes_to_the_wire_as_it_came() -> None:
    for name in ("ChatAnthropic", "ChatAnthropic, streamed", "ChatAnthropic, v1"):
        message = read(SHAPES[name][0])
        request = Request(conversation=Conversation.of(message), model="m", params={"max_tokens": Json(b"1")})

        body = Json(dialect("anthropic-messages").encode_request(request).body).value

        assert body["messages"][0]["content"] == [
            {"type": "thinking", "thinking": "plan", "signature": "sig"},
            {"type": "redacted_thinking", "data": "dd"},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
        ]


def test_reasoning_details_go_to_the_wire_as_they_came() -> None:
    native = SHAPES["ChatOpenRouter"][0]
    request = Request(conversation=Conversation.of(read(native)), model="m")

    body = Json(dialect("openai-chat").encode_request(request).body).value

    assert body["messages"][0]["reasoning_details"] == native.additional_kwargs["reasoning_details"]
    assert body["messages"][0]["reasoning_content"] == "plan"


def test_a_thought_that_shows_twice_is_one_thought() -> None:
    (thought, *_) = read(SHAPES["ChatDeepSeek, events v3"][0]).blocks

    assert isinstance(thought, Thinking)
    assert thought.places == (Field(name="reasoning_content"),)


def test_raw_arguments_of_the_responses_api_keep_their_spelling() -> None:
    (call,) = read(SHAPES["ChatOpenAI, Responses"][0]).tool_calls

    assert call.arguments == '{"a":1}'


def test_tool_calls_are_the_truth_about_arguments() -> None:
    (call,) = read(SHAPES["arguments cleared by middleware"][0]).tool_calls

    assert call.arguments == "{}"


def test_what_only_langchain_knows_reaches_no_wire() -> None:
    native = SHAPES["ChatAnthropic, streamed"][0].model_copy(
        update={"name": "agent", "additional_kwargs": {"mine": 1}, "id": "run-1"}
    )
    request = Request(conversation=Conversation.of(read(native)), model="m", params={"max_tokens": Json(b"1")})

    body = dialect("anthropic-messages").encode_request(request).body

    assert b"agent" not in body
    assert b"mine" not in body
    assert b"index" not in body
    assert b"run-1" not in body


def test_a_harness_that_speaks_as_a_human_is_known() -> None:
    assert read(SHAPES["a summary by middleware"][0]).author == "harness"


def test_what_json_cannot_hold_is_a_loss() -> None:
    found = from_native([ToolMessage(content="r", tool_call_id="c1", artifact={"k": object()})])

    assert [(loss.kind, loss.path, loss.what) for loss in found.losses] == [
        ("content", "messages[0].artifact.k", "a `object`")
    ]


def test_a_class_of_ones_own_is_a_loss_and_its_base_comes_back() -> None:
    class Mine(HumanMessage):
        pass

    found = from_native([Mine(content="x")])

    assert [loss.kind for loss in found.losses] == ["foreign"]
    assert type(to_native(found.value).value[0]) is HumanMessage


def test_a_command_is_no_message() -> None:
    found = from_native([RemoveMessage(id="1"), AIMessage(content="x")])

    assert [loss.path for loss in found.losses] == ["messages[0]"]
    assert [message.text for message in found.value] == ["x"]


def test_words_stand_in_the_blocks_alone() -> None:
    for native, _ in SHAPES.values():
        message = read(native)
        if isinstance(message.native, Json):
            assert b"plan" not in message.native.raw
            names = (b'"signature"', b"__gemini_function_call_thought_signatures__")
            assert b"sig" not in message.native.raw.replace(names[0], b"").replace(names[1], b"")


def test_an_empty_answer_is_an_empty_text_and_no_content_is_none() -> None:
    empty, nothing = AIMessage(""), AIMessage([])

    assert [message.blocks for message in from_native([empty, nothing]).value] == [(Text(text=""),), ()]
    assert same_native(to_native(from_native([empty, nothing]).value).value, [empty, nothing])
    for message in (Message.assistant(Text(text="")), Message(role="assistant")):
        assert from_native(to_native([message]).value).value == (message,)


def test_an_empty_content_beside_a_call_or_a_thought_is_no_text() -> None:
    call = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "c"}])
    thought = AIMessage("", additional_kwargs={"reasoning_content": "hm"})

    assert [len(message.blocks) for message in from_native([call, thought]).value] == [1, 1]


def test_a_call_of_the_deprecated_kind_is_sent_as_it_was() -> None:
    legacy = {"name": "z", "arguments": "{}"}
    native = [AIMessage("", additional_kwargs={"function_call": legacy}), FunctionMessage(content="r", name="z")]

    messages = from_native(native).value

    body = {"model": "", "messages": [{"role": "assistant", "content": None, "function_call": legacy}]}
    (expected,) = dialect("openai-chat").decode_request(body).conversation.messages
    assert messages[0].replace(native=UNSET) == expected
    assert same_native(to_native(messages).value, native)


PDF = {"type": "file", "base64": "AAAA", "mime_type": "application/pdf"}
DATA = "data:application/pdf;base64,AAAA"


@pytest.mark.parametrize(
    ("part", "wire", "losses"),
    [
        (
            {**PDF, "extras": {"filename": "x.pdf"}},
            {"type": "file", "file": {"file_data": DATA, "filename": "x.pdf"}},
            [],
        ),
        ({**PDF, "filename": "x.pdf"}, {"type": "file", "file": {"file_data": DATA, "filename": "x.pdf"}}, []),
        (PDF, {"type": "file", "file": {"file_data": DATA}}, []),
        (
            {"type": "audio", "base64": "AAAA", "mime_type": "audio/mpeg"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            [],
        ),
        (
            {"type": "audio", "base64": "AAAA", "mime_type": "audio/ogg"},
            {"type": "input_audio", "input_audio": {"data": "AAAA"}},
            ["the media type of audio"],
        ),
        (
            {"type": "text-plain", "text": "hello", "mime_type": "text/plain"},
            {"type": "text", "text": "hello"},
            ["that a text is a file"],
        ),
        (
            {"type": "image", "base64": "AAAA", "mime_type": "image/png", "extras": {"filename": "x.png"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ["bytes beside an address", "the name of a file"],
        ),
        (
            {"type": "file", "url": "http://a/x.pdf"},
            None,  # left out: an empty part is refused
            ["the `url` of media", "media that say nothing"],
        ),
    ],
)
def test_media_are_sent_to_chat_completions_as_it_wants_them(part: Any, wire: object, losses: list[str]) -> None:
    native = HumanMessage([part])
    messages = from_native([native]).value

    request = Request(conversation=Conversation.of(*messages), model="m")

    encoded = dialect("openai-chat").encode_request(request, on_loss="report")

    assert json.loads(encoded.body)["messages"][0]["content"] == ([] if wire is None else [wire])
    assert [loss.what for loss in encoded.losses] == losses
    assert same_native(to_native(messages).value, [native])


def test_the_name_of_a_file_is_no_member_of_a_document_of_anthropic() -> None:
    messages = from_native([HumanMessage([{**PDF, "extras": {"filename": "x.pdf"}}])]).value

    request = Request(conversation=Conversation.of(*messages), model="m", params={"max_tokens": Json(b"1")})

    encoded = dialect("anthropic-messages").encode_request(request)

    source = {"type": "base64", "data": "AAAA", "media_type": "application/pdf"}
    assert json.loads(encoded.body)["messages"][0]["content"] == [{"type": "document", "source": source}]
