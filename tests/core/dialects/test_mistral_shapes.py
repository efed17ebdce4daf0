"""Shapes of Mistral's bodies that no recording holds, in both directions; each names where it is written."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import DecodeError, LossError
from keepthinking._exchange import Request
from keepthinking._json import Json, members
from keepthinking._messages import (
    Block,
    Conversation,
    Field,
    Item,
    Media,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._turns import Spot
from keepthinking.dialects.mistral import DIALECT
from keepthinking.dialects.mistral._fast import read_messages
from keepthinking.dialects.mistral._read import read_message
from tests.core.dialects.test_mutation import at, changes, gone, is_message, words
from tests.core.dialects.wire import differences, shuffled

SDK = "mistralai 3.7.0, client/models"


class Shape(NamedTuple):
    """One message as Mistral or its client writes it."""

    name: str
    body: dict[str, Any]
    source: str


def thought(*inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": list(inner), **more}


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


REFERENCE = {"type": "reference", "reference_ids": [1, "two"]}
TOOL_REFERENCE = {
    "type": "tool_reference",
    "tool": "web_search",
    "title": "a page",
    "url": "https://example.org",
    "favicon": None,
}
CALL = {"id": "D681PevKs", "type": "function", "function": {"name": "f", "arguments": '{"a": 1.0}'}, "index": 0}

SHAPES = (
    Shape("a plain string", {"role": "user", "content": "q"}, f"{SDK}/usermessage.py"),
    Shape("content that is null", {"role": "user", "content": None}, f"{SDK}/usermessage.py"),
    Shape(
        "thinking with a seal before the answer",
        {"role": "assistant", "content": [thought(said("a"), said("b"), signature="c2VhbA=="), said("c")]},
        f"{SDK}/thinkchunk.py",
    ),
    Shape(
        "references between the words of a thought",
        {
            "role": "assistant",
            "content": [thought(said("a"), REFERENCE, said("b"), TOOL_REFERENCE, closed=True), said("c")],
        },
        f"{SDK}/thinkchunk.py, referencechunk.py, toolreferencechunk.py",
    ),
    Shape(
        "thinking between texts, and twice",
        {"role": "assistant", "content": [said("a"), thought(said("b")), said("c"), thought(said("d")), said("")]},
        f"{SDK}/contentchunk.py",
    ),
    Shape(
        "a thought that is open, to be gone on with",
        {"role": "assistant", "content": [thought(said("a"), closed=False)], "prefix": True},
        f"{SDK}/thinkchunk.py, assistantmessage.py",
    ),
    Shape(
        "a thought without words, and one with a null signature",
        {"role": "assistant", "content": [thought(signature="s"), said("x"), thought(said("a"), signature=None)]},
        f"{SDK}/thinkchunk.py",
    ),
    Shape(
        "thinking before calls",
        {"role": "assistant", "content": [thought(said("a"))], "tool_calls": [CALL], "prefix": False},
        f"{SDK}/assistantmessage.py",
    ),
    Shape(
        "arguments that are an object, and a call without a type",
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"b": 1.0, "a": {}}}}],
        },
        f"{SDK}/functioncall.py",
    ),
    Shape("calls and no content", {"role": "assistant", "tool_calls": [CALL]}, f"{SDK}/assistantmessage.py"),
    Shape("no calls", {"role": "assistant", "content": "a", "tool_calls": None}, f"{SDK}/assistantmessage.py"),
    Shape("an empty list of calls", {"role": "assistant", "content": "a", "tool_calls": []}, "recorded shape"),
    Shape(
        "a result",
        {"role": "tool", "content": "4", "tool_call_id": "D681PevKs", "name": "f"},
        f"{SDK}/toolmessage.py",
    ),
    Shape(
        "a result of chunks",
        {"role": "tool", "content": [said("4"), REFERENCE], "tool_call_id": None, "name": None},
        f"{SDK}/toolmessage.py",
    ),
    Shape(
        "media",
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": "data:image/png;base64,QUJD"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
                {"type": "document_url", "document_url": "https://example.org/a.pdf", "document_name": "a"},
                {"type": "file", "file_id": "f-1"},
                {"type": "input_audio", "input_audio": "QUJD"},
                {"type": "input_audio", "input_audio": "https://example.org/a.mp3"},
                said("q"),
            ],
        },
        f"{SDK}/imageurlchunk.py, documenturlchunk.py, filechunk.py, audiochunk.py",
    ),
    Shape(
        "chunks that have no typed place",
        {
            "role": "assistant",
            "content": [
                REFERENCE,
                {"type": "resource", "uri": "u", "content": said("t")},
                {"type": "resource_link", "uri": "u", "name": "n"},
                {"type": "later", "x": [1.0]},
                {"type": "thinking", "thinking": 7, "signature": "s"},
                {"type": "thinking", "thinking": ["odd"]},
                {"type": "text", "text": None},
                {"type": "image_url", "image_url": None},
                "odd",
            ],
        },
        f"{SDK}/resourcechunk.py, resourcelinkchunk.py",
    ),
)
NAMES = [shape.name for shape in SHAPES]


def body_of(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "magistral-medium-latest", "messages": list(messages)}


def of(*messages: Message) -> Request:
    return Request(conversation=Conversation.of(*messages), model="m")


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_shape_comes_back_whatever_the_order_of_keys(shape: Shape) -> None:
    for seed in range(4):
        body = shuffled(body_of(shape.body), Random(seed))
        request = DIALECT.decode_request(body)
        encoded = DIALECT.encode_request(request)
        assert json.loads(encoded.body) == body
        assert encoded.losses == ()
        assert DIALECT.decode_request(encoded.body) == request


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_answer_comes_back_whole_and_streamed(shape: Shape) -> None:
    if shape.body["role"] != "assistant":
        return
    choice = {"index": 0, "message": shape.body, "finish_reason": "stop"}
    body = {"id": "i", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    response = DIALECT.decode_response(body)
    assert json.loads(DIALECT.encode_response(response).body) == body
    for seed in (None, *range(6)):
        raw = b"".join(DIALECT.encode_stream(response, cuts=None if seed is None else Random(seed)))
        decoder = DIALECT.stream_decoder()
        decoder.feed(raw)
        again = json.loads(DIALECT.encode_response(decoder.finish()).body)
        found = [path for path, *_ in differences(body, again) if not path.endswith(".tool_calls[0]")]
        assert found == [], seed  # a delta of calls has to say what it continues: `index` is added


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_each_changed_leaf_changes_exactly_that_leaf(shape: Shape) -> None:
    request = DIALECT.decode_request(body_of(shape.body))
    body = json.loads(DIALECT.encode_request(request).body)
    for change in changes(request):
        try:
            written = json.loads(DIALECT.encode_request(change.value).body)
        except LossError as error:  # an object that is no arguments, or an address that became none, has no home
            assert {loss.kind for loss in error.losses} <= {"content", "spelling"}  # noqa: PT017 - not each is refused
            continue
        assert len(list(differences(body, written))) == 1, change.path


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_each_block_taken_out_takes_exactly_itself(shape: Shape) -> None:
    request = DIALECT.decode_request(body_of(shape.body))
    body = json.loads(DIALECT.encode_request(request).body)
    (message,) = request.messages
    for n, block in enumerate(message.blocks):
        less = of(message.with_blocks([*message.blocks[:n], *message.blocks[n + 1 :]]))
        found = list(gone(body, {**json.loads(DIALECT.encode_request(less).body), "model": body["model"]}))
        if is_message(DIALECT, block):
            continue  # the block is its message
        assert len(found) == 1, (block, found)
        assert mark(block) in json.dumps(found[0][1], ensure_ascii=False)
        path = DIALECT.request_path(request.conversation, Spot(0, n))
        assert mark(block) in json.dumps(at(body, path), ensure_ascii=False)


def mark(block: Block) -> str:
    """Give something that tells a block from its neighbours; the pieces of a thought stand apart."""
    return words(replace(block, segments=block.segments[:1]) if isinstance(block, Thinking) else block)


def test_a_thought_is_its_words_its_references_and_its_seal() -> None:
    body = body_of({"role": "assistant", "content": [thought(said("a"), REFERENCE, said("b"), signature="s")]})
    (block,) = DIALECT.decode_request(body).messages[0].blocks
    assert block == Thinking(
        segments=(
            Segment(text="a"),
            Segment(channel="reference", fields=Json.of(REFERENCE)),
            Segment(text="b"),
        ),
        seals=(Seal(slot="signature", wire="s"),),
    )


@pytest.mark.parametrize(
    ("arguments", "kind"), [('"{ \\"a\\" : 1.0 }"', "json"), ('{ "a" : 1.0 }', "object"), ('"no json"', "json")]
)
def test_arguments_keep_their_kind_and_their_bytes(arguments: str, kind: str) -> None:
    call = f'{{"id":"c","type":"function","function":{{"name":"f","arguments":{arguments}}}}}'
    request = DIALECT.decode_request(f'{{"messages":[{{"role":"assistant","content":"","tool_calls":[{call}]}}]}}')
    (found,) = request.messages[0].tool_calls
    assert found.kind == kind
    assert arguments.encode() in DIALECT.encode_request(request).body


# -- what it cannot hold -----------------------------------------------------------------------------------------------

FOREIGN: tuple[tuple[str, Block, set[str]], ...] = (
    ("a seal of another slot", Thinking(seals=(Seal(slot="encrypted_content", wire="~~~"),)), {"seal"}),
    ("a second seal", Thinking(seals=(Seal(slot="signature", wire="a"), Seal(slot="signature", wire="b"))), {"seal"}),
    ("a sealed text", Text(text="t", seals=(Seal(slot="thoughtSignature", wire="~~~"),)), {"seal"}),
    (
        "a sealed call",
        ToolCall(name="f", arguments="{}", seals=(Seal(slot="thoughtSignature", wire="~~~"),)),
        {"seal"},
    ),
    ("a summary", Thinking(segments=(Segment(channel="summary", text="a"),)), {"spelling"}),
    ("a thought from a field", replace(Thinking.of("a"), places=(Field(name="reasoning"),)), {"spelling"}),
    ("free text for a tool", ToolCall(name="f", arguments="free", kind="freeform"), {"content"}),
    ("a call that the provider runs", ToolCall(name="f", arguments="{}", server=True), {"foreign"}),
    ("its result", ToolResult(call_id="c", content="r", server=True), {"foreign"}),
    ("a failed tool", ToolResult(call_id="c", content="r", status="error"), {"grouping", "content"}),
    ("a video", Media(kind="video", url="u"), {"content"}),
    ("a block of another wire", Opaque(dialect="anthropic-messages", kind="fallback", body=Json(b"{}")), {"foreign"}),
    ("an entry of another list", Opaque(dialect="mistral", kind="x", slot="odd", body=Json(b"{}")), {"foreign"}),
)


@pytest.mark.parametrize(("block", "kinds"), [row[1:] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_what_it_cannot_hold_is_told(block: Block, kinds: set[str]) -> None:
    encoded = DIALECT.encode_request(of(Message.assistant(block)), on_loss="report")
    assert {loss.kind for loss in encoded.losses} == kinds
    assert all(loss.path.startswith("messages[0]") for loss in encoded.losses)
    assert all(seal.wire not in encoded.body.decode() for seal in block.seals if seal.slot != "signature")


def test_what_stands_around_blocks_is_told() -> None:
    message = Message(
        role="model",
        blocks=(ToolCall.of("f", {}), Text.of("late")),
        items=(Item(kind="reasoning", id="rs_1"),),
        name="n",
    )
    encoded = DIALECT.encode_request(of(message, Message(role="developer", blocks=(Text.of("d"),))), on_loss="report")
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [
        ("spelling", "messages[0].role"),
        ("content", "messages[0].name"),
        ("foreign", "messages[0].items[0]"),
        ("order", "messages[0].blocks[1]"),
        ("spelling", "messages[1].role"),
    ]
    assert [m["role"] for m in json.loads(encoded.body)["messages"]] == ["assistant", "system"]


def test_results_of_one_message_become_messages() -> None:
    blocks = (ToolResult.of("a", call_id="1"), ToolResult.of("b", call_id="2"), Text.of("go on"))
    encoded = DIALECT.encode_request(of(Message(role="user", blocks=blocks)), on_loss="report")
    assert [(m["role"], m["content"]) for m in json.loads(encoded.body)["messages"]] == [
        ("tool", "a"),
        ("tool", "b"),
        ("user", "go on"),
    ]
    assert [loss.kind for loss in encoded.losses] == ["grouping"]


@pytest.mark.parametrize(
    ("media", "chunk"),
    [
        (
            Media(kind="image", mime="image/png", data="QQ=="),
            {"type": "image_url", "image_url": "data:image/png;base64,QQ=="},
        ),
        (
            Media(kind="file", mime="application/pdf", data="QQ=="),
            {"type": "document_url", "document_url": "data:application/pdf;base64,QQ=="},
        ),
        (Media(kind="file", mime="text/plain", text="w"), {"type": "text", "text": "w"}),
        (Media(kind="file", file_id="f"), {"type": "file", "file_id": "f"}),
    ],
)
def test_media_of_other_dialects_stand_in_the_chunk_that_holds_them(media: Media, chunk: dict[str, Any]) -> None:
    encoded = DIALECT.encode_request(of(Message(role="user", blocks=(media,))))
    assert json.loads(encoded.body)["messages"][0]["content"] == [chunk]
    assert {loss.kind for loss in encoded.losses} <= {"spelling"}


def test_tools_of_other_dialects_are_told() -> None:
    tools = (
        Tool(name="f", kind="freeform"),
        Tool(name="computer", kind="server"),
        Tool(kind="server", fields=Json(b'{"type":"web_search"}')),
    )
    request = Request(conversation=Conversation.of(Message.user("q"), tools=tools))
    encoded = DIALECT.encode_request(request, on_loss="report")
    assert json.loads(encoded.body)["tools"] == [{"type": "web_search"}]
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [("content", "tools[0]"), ("foreign", "tools[1]")]


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("stop", "complete"),
        ("tool_calls", "complete"),
        ("length", "truncated"),
        ("model_length", "truncated"),
        ("error", "failed"),
    ],
)
def test_reasons_to_end(reason: str, outcome: str) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "t"}, "finish_reason": reason}]}
    assert DIALECT.decode_response(body).outcome == outcome


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"object": "error", "message": "Reasoning input is not enabled for this model", "code": "3051"}, 400),
        ({"detail": [{"type": "missing", "loc": ["body", "messages"]}]}, 422),
        ({"message": "Unauthorized", "request_id": "r"}, 401),
        ({"object": "error", "message": "overloaded"}, 200),
    ],
)
def test_errors_are_failures_and_come_back(body: dict[str, Any], status: int) -> None:
    response = DIALECT.decode_response(body, status=status)
    assert response.outcome == "failed"
    assert json.loads(DIALECT.encode_response(response).body) == body


@pytest.mark.parametrize("member", ["content", "tool_calls"])
def test_a_skeleton_of_another_type_is_an_error(member: str) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode_request(body_of({"role": "assistant", member: 7}))
    assert caught.value.where == f"$.messages[0].{member}"


# -- the fast way ------------------------------------------------------------------------------------------------------

odd: st.SearchStrategy[Any] = st.sampled_from([None, "", "w", "\ud83d", [], {}, 7, True])
inner = st.one_of(st.fixed_dictionaries({"type": st.just("text"), "text": odd}), st.just(REFERENCE), odd)
chunk = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": odd}),
    st.fixed_dictionaries(
        {"type": st.just("thinking"), "thinking": st.one_of(odd, st.lists(inner, max_size=2))},
        optional={"signature": odd, "closed": odd},
    ),
    odd,
)
call = st.fixed_dictionaries(
    {"id": odd, "function": st.fixed_dictionaries({"name": st.just("f"), "arguments": odd})},
    optional={"type": st.sampled_from(["function", "other", None]), "index": odd},
)
content = st.one_of(st.none(), st.text(max_size=3), st.lists(chunk, max_size=3))
message = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "developer"]), "content": content}),
    st.fixed_dictionaries(
        {"role": st.just("assistant")},
        optional={"content": content, "tool_calls": st.one_of(st.none(), st.lists(call, max_size=2)), "prefix": odd},
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "content": content}, optional={"tool_call_id": odd, "name": odd}),
)


@given(history=st.lists(message, max_size=3))
def test_fast_and_slow_reading_agree_and_all_of_it_comes_back(history: list[dict[str, Any]]) -> None:
    raw = json.dumps(history).encode()
    slow = [
        read_message(members(json.dumps(one).encode(), "$"), f"$.messages[{i}]", "data")
        for i, one in enumerate(history)
    ]
    assert read_messages(raw, "data") == slow
    encoded = DIALECT.encode_request(DIALECT.decode_request({"messages": history}))
    assert json.loads(encoded.body) == {"messages": history}
    assert encoded.losses == ()


# -- the vendor's own types --------------------------------------------------------------------------------------------


def chunks_unknown(value: Any) -> Iterator[Any]:
    """Give what the client could not type."""
    if isinstance(value, dict):
        if value.get("is_unknown") or value.get("type") == "UNKNOWN":
            yield value
        for one in value.values():
            yield from chunks_unknown(one)
    elif isinstance(value, list):
        for one in value:
            yield from chunks_unknown(one)


@pytest.mark.vendors
def test_what_we_write_is_valid_in_the_vendors_types() -> None:
    from mistralai.client.models import ChatCompletionRequest, ChatCompletionResponse

    typed = [shape.body for shape in SHAPES if shape.name != "chunks that have no typed place"]
    body = DIALECT.encode_request(DIALECT.decode_request(body_of(*typed))).body
    ChatCompletionRequest.model_validate_json(body)
    foreign = Message.assistant(
        Thinking.of("a", signature="s"), Text.of("b"), ToolCall(id="c", name="f", arguments='{"x":1}', kind="object")
    )
    result = Message(role="tool", blocks=(ToolResult.of("4", call_id="c"),))
    for history in (of(foreign, result), of(Message.user("q"), foreign)):
        written = ChatCompletionRequest.model_validate_json(DIALECT.encode_request(history).body)
        assert list(chunks_unknown(written.model_dump(mode="json"))) == []
    for answer in (one for one in typed if one["role"] == "assistant"):
        whole = {
            "id": "i",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            "choices": [{"index": 0, "finish_reason": "stop", "message": answer}],
        }
        again = DIALECT.encode_response(DIALECT.decode_response(whole)).body
        assert list(chunks_unknown(ChatCompletionResponse.model_validate_json(again).model_dump(mode="json"))) == []


def test_a_name_on_a_user_message_stays_where_it_was() -> None:
    body = body_of({"role": "user", "content": "q", "name": "n"})
    request = DIALECT.decode_request(body)
    assert request.messages[0].name is UNSET
    assert json.loads(DIALECT.encode_request(request).body) == body


def test_words_of_a_chunk_without_a_type_are_words() -> None:
    content = [thought({"text": "a"}, said("b"), {"text": "c", "x": 1}, {"text": None}, {}), {"text": "d"}]
    body = {"messages": [{"role": "assistant", "content": content}]}
    request = DIALECT.decode_request(body)
    thinking, text = request.messages[0].blocks
    assert isinstance(thinking, Thinking)
    assert ([segment.channel for segment in thinking.segments], type(text)) == (
        ["raw", "raw", "raw", "reference", "reference"],
        Text,
    )
    encoded = DIALECT.encode_request(request)
    assert (json.loads(encoded.body), encoded.losses) == (body, ())
