"""Cohere's v2 chat: shapes that the one recording lacks. One table drives both directions."""

import json
from typing import Any

import pytest

from keepthinking._errors import DecodeError, UnprovenError
from keepthinking._exchange import Request, Response
from keepthinking._grouping import Grouper
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Conversation,
    Field,
    Media,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._turns import Spot
from keepthinking.dialects.cohere import DIALECT

PLAN = (Field(name="tool_plan"),)
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def said(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", **members}


def opaque(body: Any, kind: str = "", slot: str = "") -> Opaque:
    return Opaque(dialect=DIALECT.id, kind=kind, slot=slot, body=Json.of(body))


SHAPES: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "a string": (said(content="a"), (Text(text="a"),)),
    "an empty string": (said(content=""), (Text(text=""),)),
    "no content": (said(), ()),
    "null": (said(content=None, tool_plan=None, tool_calls=None), ()),
    "an empty list": (said(content=[], tool_calls=[]), ()),
    "thinking and a text": (
        said(content=[{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "a"}]),
        (Thinking.of("t"), Text(text="a")),
    ),
    "a plan beside calls": (
        said(tool_plan="p", tool_calls=[CALL, {**CALL, "id": None}]),
        (
            Thinking(segments=(Segment(text="p"),), places=PLAN),
            ToolCall(id="c", name="f", arguments="{}"),
            ToolCall(id=None, name="f", arguments="{}"),
        ),
    ),
    "an empty plan": (said(tool_plan=""), (Thinking(segments=(Segment(text=""),), places=PLAN),)),
    "a plan and thinking": (
        said(tool_plan="p", content=[{"type": "thinking", "thinking": "t", "x": 1}], tool_calls=[CALL]),
        (
            Thinking(segments=(Segment(text="p"),), places=PLAN),
            Thinking(segments=(Segment(text="t"),), fields=Json(b'{"x":1}')),
            ToolCall(id="c", name="f", arguments="{}"),
        ),
    ),
    "a call without type and arguments": (
        said(tool_calls=[{"function": {"name": "f"}}]),
        (ToolCall(name="f", arguments="", spelling=Json.of({"type": "absent", "arguments": "absent"})),),
    ),
    "a call without a function": (
        said(tool_calls=[{"id": "c", "type": "odd"}]),
        (opaque({"id": "c"}, "odd", "tool_calls"),),
    ),
    "an image": (
        said(content=[{"type": "image_url", "image_url": {"url": "u", "detail": "low"}}]),
        (Media(kind="image", url="u", fields=Json(b'{"image_url":{"detail":"low"}}')),),
    ),
    "a text of another type": (said(content=[{"type": "text", "text": None}]), (opaque({"text": None}, "text"),)),
    "a part that is no object": (said(content=[7]), (opaque(7),)),
    "a result": (
        {"role": "tool", "tool_call_id": "c", "content": "r"},
        (ToolResult(call_id="c", content="r"),),
    ),
    "a result of documents": (
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "document", "document": {"data": {"a": 1}}}]},
        (ToolResult(call_id="c", content=(opaque({"document": {"data": {"a": 1}}}, "document"),)),),
    ),
    "an empty tool message": ({"role": "tool"}, ()),
    "citations": (said(content="a", citations=[{"start": 0}]), (Text(text="a"),)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_read_and_written_as_it_came(name: str) -> None:
    wire, blocks = SHAPES[name]
    body = {"messages": [wire], "model": "m"}
    request = DIALECT.decode_request(body)
    assert request.messages[0].blocks == blocks
    encoded = DIALECT.encode_request(request)
    assert (json.loads(encoded.body), encoded.losses) == (body, ())
    answer = {"id": "i", "finish_reason": "COMPLETE", "message": wire}
    assert json.loads(DIALECT.encode_response(DIALECT.decode_response(answer)).body) == answer


def test_the_path_of_each_block_leads_to_its_member() -> None:
    wire, _ = SHAPES["a plan and thinking"]
    request = DIALECT.decode_request({"messages": [wire]})
    paths = [DIALECT.request_path(request.conversation, Spot(0, b)) for b in range(3)]
    assert paths == ["$.messages[0].tool_plan", "$.messages[0].content[0]", "$.messages[0].tool_calls[0]"]


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ({"id": "i", "finish_reason": "MAX_TOKENS", "message": said(), "usage": {}}, 200, "truncated"),
        ({"id": "i", "finish_reason": "ERROR", "message": said(), "logprobs": []}, 200, "failed"),
        ({"id": "i", "message": "no"}, 200, "failed"),
        ({"message": "no"}, 429, "failed"),
        ({"odd": 1}, 500, "failed"),
    ],
)
def test_responses_come_back_as_they_came(body: dict[str, Any], status: int, outcome: str) -> None:
    response = DIALECT.decode_response(body, status=status)
    assert response.outcome == outcome
    assert json.loads(DIALECT.encode_response(response).body) == body


def test_a_body_without_a_message_is_no_response() -> None:
    with pytest.raises(DecodeError, match="no `message`"):
        DIALECT.decode_response({"id": "i"})


def test_streams_are_refused_by_name() -> None:
    response = DIALECT.decode_response({"message": said()})
    with pytest.raises(UnprovenError, match="cohere"):
        DIALECT.stream_decoder()
    with pytest.raises(UnprovenError, match="cohere"):
        DIALECT.encode_stream(response)


@pytest.mark.parametrize(
    ("blocks", "kinds"),
    [
        ((Thinking.of("t", signature="s"),), ["seal"]),
        ((Thinking(segments=(Segment(text="a"), Segment(channel="summary", text="b"))),), ["grouping", "spelling"]),
        ((Thinking(segments=(Segment(text="a"),), places=(Field(name="reasoning"),)),), ["spelling"]),
        ((Text(text="a"), Thinking(segments=(Segment(text="p"),), places=PLAN)), ["order"]),
        ((ToolCall(id="c", name="f", arguments="x", kind="freeform"),), ["content"]),
        ((ToolCall(id="c", name="f", arguments="{}", server=True),), ["foreign"]),
        ((Media(kind="audio", data="QUFB"),), ["content"]),
        ((Media(kind="image", mime="image/png", data="QUFB"),), ["spelling"]),
        ((Text(text="a", seals=(Seal(slot="thoughtSignature", wire="s"),)),), ["seal"]),
        ((Opaque(dialect="gemini", kind="x", body=Json(b"{}")),), ["foreign"]),
    ],
)
def test_what_has_no_place_here_is_told(blocks: tuple[Block, ...], kinds: list[str]) -> None:
    request = Request(conversation=Conversation.of(Message.assistant(*blocks)))
    assert [loss.kind for loss in DIALECT.encode_request(request, on_loss="report").losses] == kinds


def test_results_stand_apart() -> None:
    results = tuple(ToolResult(call_id=i, content="r") for i in "ab")
    history = Grouper().regroup((Message(role="user", blocks=results),), DIALECT.id)
    encoded = DIALECT.encode_request(Request(conversation=Conversation.of(*history)))
    assert [found["tool_call_id"] for found in json.loads(encoded.body)["messages"]] == ["a", "b"]


@pytest.mark.vendors
def test_the_vendors_types_take_what_is_written() -> None:
    from cohere.core.unchecked_base_model import construct_type
    from cohere.types import ChatMessageV2
    from cohere.v2.types.v2chat_response import V2ChatResponse

    for wire, _ in SHAPES.values():
        written = json.loads(DIALECT.encode_request(DIALECT.decode_request({"messages": [wire]})).body)["messages"][0]
        assert construct_type(type_=ChatMessageV2, object_=written).role == wire["role"]  # type: ignore[arg-type]
    wire, _ = SHAPES["a plan beside calls"]
    answer = {"id": "i", "finish_reason": "COMPLETE", "message": wire}
    theirs: Any = construct_type(
        type_=V2ChatResponse, object_=json.loads(DIALECT.encode_response(DIALECT.decode_response(answer)).body)
    )
    assert (theirs.message.tool_plan, [call.id for call in theirs.message.tool_calls]) == ("p", ["c", None])


def test_an_answer_is_a_list_as_the_vendors_client_reads_it() -> None:
    encoded = DIALECT.encode_response(Response(messages=(Message.assistant(Text.of("a")),), stop_reason="COMPLETE"))
    assert json.loads(encoded.body)["message"]["content"] == [{"type": "text", "text": "a"}]
    body = {"id": "i", "message": said(content="a"), "finish_reason": "COMPLETE"}
    assert json.loads(DIALECT.encode_response(DIALECT.decode_response(body)).body) == body
