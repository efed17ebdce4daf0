"""Ollama's own bodies, by hand: no traffic of it was recorded, so each shape names where it is written."""

import json
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepthinking._compare import diff, matters
from keepthinking._errors import DecodeError, KeepthinkingError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Conversation,
    Item,
    Media,
    Message,
    Opaque,
    Origin,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._turns import Spot, pair
from keepthinking.dialects.ollama import DIALECT
from keepthinking_conformance import strategies as kts
from tests.core.dialects.test_mutation import at, changes, gone, is_message, words
from tests.core.dialects.test_values import bare
from tests.core.dialects.wire import differences, shuffled


class Shape(NamedTuple):
    """One message as Ollama or its client writes it."""

    name: str
    body: dict[str, Any]
    source: str


TYPES = "ollama 0.6.3, _types.py"
CALL = {"function": {"name": "f", "arguments": {"a": 1.0, "b": {}}}}
NEW_CALL = {"id": "call_p7o2gz50", "function": {"index": 0, "name": "f", "arguments": {"a": "x"}}}

SHAPES = (
    Shape("a question", {"role": "user", "content": "q"}, TYPES),
    Shape("images beside the words", {"role": "user", "content": "q", "images": ["QUJD", "REVG"]}, TYPES),
    Shape("images alone", {"role": "user", "images": ["QUJD"]}, TYPES),
    Shape("thinking and an answer", {"role": "assistant", "content": "a", "thinking": "t"}, TYPES),
    Shape("thinking and calls", {"role": "assistant", "content": "", "thinking": "t", "tool_calls": [CALL]}, TYPES),
    Shape(
        "calls with ids and numbers",
        {"role": "assistant", "content": " ", "tool_calls": [NEW_CALL, {**NEW_CALL, "id": "call_2"}]},
        "https://github.com/ollama/ollama-python/issues/667",
    ),
    Shape("nulls of a client", {"role": "assistant", "content": None, "thinking": None, "images": None}, TYPES),
    Shape("empty lists", {"role": "assistant", "content": "a", "images": [], "tool_calls": []}, TYPES),
    Shape("a result", {"role": "tool", "content": "4", "tool_name": "f"}, TYPES),
    Shape("a result by its older name", {"role": "tool", "content": "4", "name": "f"}, "ollama 0.4"),
    Shape(
        "a result with an id",
        {"role": "tool", "content": "4", "tool_name": "f", "tool_call_id": "call_2"},
        "https://github.com/deepset-ai/haystack-core-integrations/pull/3321",
    ),
    Shape("a result with an image", {"role": "tool", "content": "4", "images": ["QUJD"], "tool_name": "f"}, TYPES),
    Shape(
        "arguments as text", {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}, ""
    ),
    Shape(
        "entries that have no typed place",
        {"role": "assistant", "content": "", "images": [7, {"x": 1}], "tool_calls": [{"later": {}}, "odd"], "new": 1},
        "none: a later server",
    ),
)
NAMES = [shape.name for shape in SHAPES]


def body_of(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "qwen3", "messages": list(messages), "think": True, "options": {"num_ctx": 4096}, "stream": False}


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
def test_each_changed_leaf_changes_exactly_that_leaf(shape: Shape) -> None:
    request = DIALECT.decode_request(body_of(shape.body))
    body = json.loads(DIALECT.encode_request(request).body)
    for change in changes(request):
        written = json.loads(DIALECT.encode_request(change.value).body)
        assert len(list(differences(body, written))) == 1, change.path


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_each_block_taken_out_takes_exactly_itself(shape: Shape) -> None:
    request = DIALECT.decode_request(body_of(shape.body))
    body = json.loads(DIALECT.encode_request(request).body)
    (message,) = request.messages
    for n, block in enumerate(message.blocks):
        path = DIALECT.request_path(request.conversation, Spot(0, n))
        if is_message(DIALECT, block):
            continue  # the block is its message
        assert words(block) in json.dumps(at(body, path), ensure_ascii=False)
        less = message.with_blocks([*message.blocks[:n], *message.blocks[n + 1 :]])
        kept = json.loads(DIALECT.encode_request(of(less)).body)["messages"]
        found = list(gone(body["messages"], kept))
        assert len(found) == 1, (block, found)
        assert words(block) in json.dumps(found[0][1], ensure_ascii=False)


def test_results_without_ids_answer_the_calls_by_name() -> None:
    one, two = ({"function": {"name": name, "arguments": {}}} for name in "fg")
    history: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [one, two]},
        {"role": "tool", "content": "2", "tool_name": "g"},
        {"role": "tool", "content": "1", "tool_name": "f"},
    ]
    pairs = pair(DIALECT.decode_request(body_of(*history)).conversation)
    assert [(found.call, found.result) for found in pairs] == [(Spot(0, 0), Spot(2, 0)), (Spot(0, 1), Spot(1, 0))]


@pytest.mark.parametrize("role", ["assistant", "user"])
def test_an_empty_content_beside_others_is_no_text(role: str) -> None:
    body = body_of({"role": role, "content": "", "thinking": "t", "tool_calls": [CALL]})
    (message,) = DIALECT.decode_request(body).messages
    assert [type(block) for block in message.blocks] == [Thinking, ToolCall]
    said = message.with_blocks([*message.blocks, Text.of("a")])
    assert json.loads(DIALECT.encode_request(of(said), on_loss="report").body)["messages"][0]["content"] == "a"
    (alone,) = DIALECT.decode_request(body_of({"role": role, "content": ""})).messages
    assert [type(block) for block in alone.blocks] == [Text]


ANSWER = {
    "model": "qwen3",
    "created_at": "2026-05-18T10:00:00Z",
    "message": {"role": "assistant", "content": "a", "thinking": "t", "tool_calls": [NEW_CALL]},
    "done": True,
    "done_reason": "stop",
    "total_duration": 1,
    "prompt_eval_count": 2,
    "eval_count": 3,
}


@pytest.mark.parametrize(
    ("more", "status", "outcome"),
    [
        ({}, 200, "complete"),
        ({"done_reason": "length"}, 200, "truncated"),
        ({"done": False, "done_reason": None}, 200, "truncated"),
        ({"error": "the server is busy"}, 200, "failed"),
    ],
)
def test_answers_come_back(more: dict[str, Any], status: int, outcome: str) -> None:
    body = {**ANSWER, **more}
    response = DIALECT.decode_response(body, status=status)
    encoded = DIALECT.encode_response(response)
    assert (json.loads(encoded.body), encoded.losses, response.outcome) == (body, (), outcome)
    for n, block in enumerate(response.message.blocks):
        assert words(block) in json.dumps(at(body, DIALECT.response_path(response.message, n)))


def test_an_error_alone_is_a_failure() -> None:
    response = DIALECT.decode_response({"error": "model 'x' not found"}, status=404)
    assert (response.outcome, response.messages) == ("failed", ())
    assert json.loads(DIALECT.encode_response(response).body) == {"error": "model 'x' not found"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{}", "$"),
        (b"[]", "$"),
        (b'{"messages":7}', "$.messages"),
        (b'{"messages":[{"role":"user","content":[]}]}', "$.messages[0].content"),
        (b'{"messages":[{"role":"user","content":"q","images":"x"}]}', "$.messages[0].images"),
        (b'{"messages":[{"role":"assistant","tool_calls":{}}]}', "$.messages[0].tool_calls"),
    ],
)
def test_an_error_says_where(body: bytes, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode_request(body)
    assert (caught.value.where, caught.value.culprit) == (where, "framework")


@pytest.mark.parametrize("body", [b"{}", b'{"message":7}', b"7", b'{"message":{}}'])
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode_response(body)
    assert caught.value.culprit == "provider"


# -- what it cannot hold -----------------------------------------------------------------------------------------------

FOREIGN: tuple[tuple[str, tuple[Block, ...], set[str]], ...] = (
    ("a seal", (Thinking.of("t", signature="~~~"),), {"seal"}),
    ("two thoughts", (Thinking.of("a"), Thinking.of("b")), {"grouping"}),
    ("two texts", (Text.of("a"), Text.of("b")), {"grouping"}),
    ("pieces of a thought", (Thinking(segments=(Segment(text="a"), Segment(text="b"))),), {"grouping"}),
    ("a summary", (Thinking(segments=(Segment(channel="summary", text="a"),)),), {"spelling"}),
    ("a thought without words", (Thinking(seals=(Seal(slot="data", wire="~~~"),)),), {"seal", "spelling"}),
    ("a late thought", (Text.of("a"), Thinking.of("t")), {"order"}),
    ("an image before words", (Media(kind="image", data="QUJD"), Text.of("a")), {"order"}),
    ("an image elsewhere", (Media(kind="image", url="https://example.org/a.png"),), {"content"}),
    ("a document", (Media(kind="file", data="QUJD", mime="application/pdf"),), {"content"}),
    ("members of a text", (Text(text="a", fields=Json(b'{"cache_control":{}}')),), {"content"}),
    ("free text for a tool", (ToolCall(name="f", arguments="free", kind="freeform"),), {"content"}),
    ("broken arguments", (ToolCall(name="f", arguments='{"a"'),), {"content"}),
    ("a call that the provider runs", (ToolCall(name="f", arguments="{}", server=True),), {"foreign"}),
    ("a failed tool", (ToolResult(name="f", content="r", status="error"),), {"grouping", "content"}),
    ("a block of another wire", (Opaque(dialect="gemini", kind="x", body=Json(b"{}")),), {"foreign"}),
)


@pytest.mark.parametrize(("blocks", "kinds"), [row[1:] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_what_it_cannot_hold_is_told(blocks: tuple[Block, ...], kinds: set[str]) -> None:
    encoded = DIALECT.encode_request(of(Message.assistant(*blocks)), on_loss="report")
    assert {loss.kind for loss in encoded.losses} == kinds
    assert all(loss.path.startswith("messages[0]") for loss in encoded.losses)
    assert b"~~~" not in encoded.body
    assert b"cache_control" not in encoded.body


def test_what_stands_around_blocks_is_told() -> None:
    message = Message(role="model", blocks=(Text.of("a"),), items=(Item(kind="message", id="msg_1"),), name="n")
    tools = (Tool(name="f", kind="freeform"), Tool(name="computer", kind="server"))
    request = Request(conversation=Conversation.of(message, tools=tools), state={"conversation": Json(b'"c"')})
    encoded = DIALECT.encode_request(request, on_loss="report")
    assert {(loss.kind, loss.path) for loss in encoded.losses} == {
        ("spelling", "messages[0].role"),
        ("content", "messages[0].name"),
        ("foreign", "messages[0].items[0]"),
        ("content", "tools[0]"),
        ("foreign", "tools[1]"),
        ("content", "state"),
    }


def test_what_an_answer_cannot_hold_is_told() -> None:
    answer = Message.assistant(Text.of("a"))
    origin = Origin(dialect="openai-chat", model="m", response_id="r")
    encoded = DIALECT.encode_response(Response(messages=(answer, answer), origin=origin, usage=Json(b"{}")))
    assert [loss.path for loss in encoded.losses] == ["origin.response_id", "messages[1]", "usage"]


@pytest.mark.parametrize("name", ["requests", "responses"])
@settings(max_examples=30)  # whole requests are slow to make
@given(data=st.data())
def test_any_value_is_written_or_refused(name: str, data: st.DataObject) -> None:
    value = data.draw(getattr(kts, name)())
    try:
        encoded = (
            DIALECT.encode_request(value, on_loss="report")
            if isinstance(value, Request)
            else DIALECT.encode_response(value)
        )
    except KeepthinkingError:
        return
    json.loads(encoded.body)


@settings(max_examples=30)  # whole requests are slow to make
@given(request_=kts.requests())
def test_what_is_written_without_a_loss_is_read_as_the_same(request_: Request) -> None:
    request = bare(request_)
    request = Request(conversation=request.conversation, model=request.model)
    encoded = DIALECT.encode_request(request, on_loss="report")
    if not encoded.losses:
        again = DIALECT.decode_request(encoded.body)
        assert [found for found in diff(request, again, DIALECT.projection) if matters(found)] == []


odd: st.SearchStrategy[Any] = st.sampled_from([None, "", "w", "\ud83d", [], {}, 7, True, [7], ["QUJD"], [{}]])
call = st.one_of(
    odd,
    st.fixed_dictionaries(
        {"function": st.fixed_dictionaries({"name": odd}, optional={"arguments": odd})},
        optional={"id": odd, "type": odd},
    ),
)
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "function", "developer"])},
    optional={
        "content": odd,
        "thinking": odd,
        "images": odd,
        "tool_calls": st.lists(call, max_size=2),
        "tool_name": odd,
        "name": odd,
        "tool_call_id": odd,
    },
)


@given(history=st.lists(message, max_size=3))
def test_what_is_read_is_written_as_it_came(history: list[dict[str, Any]]) -> None:
    try:
        request = DIALECT.decode_request({"messages": history})
    except DecodeError as error:
        assert error.where.startswith("$.messages[")  # noqa: PT017 - most of these can be read
        return
    encoded = DIALECT.encode_request(request)
    assert json.loads(encoded.body) == {"messages": history}
    assert encoded.losses == ()


@pytest.mark.vendors
def test_what_we_write_is_valid_in_the_vendors_types() -> None:
    from ollama import ChatResponse
    from ollama._types import ChatRequest
    from ollama._types import Message as Typed

    # The client's own type of an image is what it reads from a file; what it writes is the string that stands here.
    for shape in (shape for shape in SHAPES[:-2] if not shape.body.get("images")):
        written = json.loads(DIALECT.encode_request(DIALECT.decode_request(body_of(shape.body))).body)
        Typed.model_validate(written["messages"][0])
        ChatRequest.model_validate(written)
    again = DIALECT.encode_response(DIALECT.decode_response(ANSWER)).body
    response = ChatResponse.model_validate_json(again)
    assert (response.message.thinking, response.message.content) == ("t", "a")
    foreign = Message.assistant(Thinking.of("t"), ToolCall(id="c", name="f", arguments='{"x":1}'))
    (written,) = json.loads(DIALECT.encode_request(of(foreign)).body)["messages"]
    held = Typed.model_validate(written)
    assert held.tool_calls is not None
    assert held.tool_calls[0].function.arguments == {"x": 1}
