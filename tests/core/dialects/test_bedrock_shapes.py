"""Bedrock's Converse: shapes that recordings lack. One table drives both directions."""

import json
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._compare import same
from keepthinking._errors import DecodeError, LossError
from keepthinking._exchange import Request, Response
from keepthinking._grouping import Grouper
from keepthinking._json import Json
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
from keepthinking._profiles import profile, profile_for
from keepthinking.dialects.anthropic_messages import DIALECT as CLAUDE
from keepthinking.dialects.bedrock_converse import DIALECT
from keepthinking.retention import rule_for

ID = DIALECT.id
AS_JSON, CITED = Json.of({"as": "json"}), Json.of({"as": "citationsContent"})


def opaque(kind: str, body: Any) -> Opaque:
    return Opaque(dialect=ID, kind=kind, body=Json.of(body))


def redacted(wire: str) -> Seal:
    return Seal(slot="redactedContent", wire=wire, encoding="base64")


def result(**members: Any) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": "c", **members}}


def image(**source: Any) -> dict[str, Any]:
    return {"image": {"format": "png", "source": source}}


SHAPES: dict[str, tuple[Any, Block]] = {
    "a text": ({"text": "hi"}, Text(text="hi")),
    "an empty text": ({"text": ""}, Text(text="")),
    "a text with an unknown member": ({"text": "hi", "x": {"y": 1}}, Text(text="hi", fields=Json(b'{"x":{"y":1}}'))),
    "a sealed thought": (
        {"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}},
        Thinking(segments=(Segment(text="t"),), seals=(Seal(slot="signature", wire="s"),)),
    ),
    "a thought without a signature": (
        {"reasoningContent": {"reasoningText": {"text": "t"}}},
        Thinking(segments=(Segment(text="t"),)),
    ),
    "an empty thought with a seal": (
        {"reasoningContent": {"reasoningText": {"text": "", "signature": "s"}}},
        Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="s"),)),
    ),
    "a null thought": (
        {"reasoningContent": {"reasoningText": {"text": None}}},
        Thinking(segments=(Segment(text=None),)),
    ),
    "a seal without a thought": (
        {"reasoningContent": {"reasoningText": {"signature": ""}}},
        Thinking(seals=(Seal(slot="signature", wire=""),)),
    ),
    "a redacted thought": ({"reasoningContent": {"redactedContent": "QUFB"}}, Thinking(seals=(redacted("QUFB"),))),
    "a redacted thought that is no base64": (
        {"reasoningContent": {"redactedContent": "!"}},
        Thinking(seals=(redacted("!"),)),
    ),
    "a thought with unknown members": (
        {"reasoningContent": {"reasoningText": {"text": "t", "x": 1}, "y": 2}, "z": 3},
        Thinking(
            segments=(Segment(text="t"),),
            fields=Json(b'{"z":3,"reasoningContent":{"y":2,"reasoningText":{"x":1}}}'),
        ),
    ),
    "a thought with a signature of another type": (
        {"reasoningContent": {"reasoningText": {"text": "t", "signature": None}}},
        Thinking(
            segments=(Segment(text="t"),), fields=Json(b'{"reasoningContent":{"reasoningText":{"signature":null}}}')
        ),
    ),
    "a thought of a later version": ({"reasoningContent": {"z": 1}}, opaque("reasoningContent", {"z": 1})),
    "an empty object for a thought": ({"reasoningContent": {}}, opaque("reasoningContent", {})),
    "a call": (
        {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}},
        ToolCall(id="c", name="f", arguments='{"a":1}', kind="object"),
    ),
    "a call of the provider's": (
        {"toolUse": {"toolUseId": "c", "name": "f", "input": {}, "type": "server_tool_use"}},
        ToolCall(id="c", name="f", arguments="{}", kind="object", server=True),
    ),
    "a call of a later type": (
        {"toolUse": {"toolUseId": "c", "name": "f", "input": {}, "type": "odd"}},
        ToolCall(id="c", name="f", arguments="{}", kind="object", fields=Json(b'{"toolUse":{"type":"odd"}}')),
    ),
    "a call without an id and input": (
        {"toolUse": {"name": "f"}},
        ToolCall(name="f", arguments="", kind="object", spelling=Json.of({"input": "absent"})),
    ),
    "a call whose input is a string": (
        {"toolUse": {"toolUseId": None, "name": "f", "input": '{"a": 1, "b'}},
        ToolCall(id=None, name="f", arguments='{"a": 1, "b', kind="json", spelling=Json.of({"input": "string"})),
    ),
    "a call without a name": ({"toolUse": {"toolUseId": "c"}}, opaque("toolUse", {"toolUseId": "c"})),
    "a text result": (result(content=[{"text": "r"}]), ToolResult(call_id="c", content=(Text(text="r"),))),
    "a result that went well": (
        result(content=[], status="success"),
        ToolResult(call_id="c", content=(), status="ok"),
    ),
    "a result that failed": (
        result(content=[{"text": "r"}], status="error"),
        ToolResult(call_id="c", content=(Text(text="r"),), status="error"),
    ),
    "a result of a later status": (
        result(content=[], status="odd"),
        ToolResult(call_id="c", content=(), fields=Json(b'{"toolResult":{"status":"odd"}}')),
    ),
    "a JSON result": (
        result(content=[{"json": {"a": [1.0]}}]),
        ToolResult(call_id="c", content=(Text(text='{"a":[1.0]}', spelling=AS_JSON),)),
    ),
    "an image as a result": (
        result(content=[image(bytes="QUFB")]),
        ToolResult(call_id="c", content=(Media(kind="image", mime="image/png", data="QUFB"),)),
    ),
    "a search result": (
        result(content=[{"searchResult": {"source": "s"}}]),
        ToolResult(call_id="c", content=(opaque("searchResult", {"source": "s"}),)),
    ),
    "a result of the provider's": (
        result(content=[{"json": {}}], type="nova_code_interpreter_result"),
        ToolResult(
            call_id="c",
            content=(Text(text="{}", spelling=AS_JSON),),
            server=True,
            fields=Json(b'{"toolResult":{"type":"nova_code_interpreter_result"}}'),
        ),
    ),
    "a result with null content": (result(content=None), ToolResult(call_id="c", content=None)),
    "a result without content": (result(), ToolResult(call_id="c")),
    "a result whose content is a string": (
        result(content="r"),
        ToolResult(call_id="c", fields=Json(b'{"toolResult":{"content":"r"}}')),
    ),
    "an empty result": ({"toolResult": {}}, ToolResult()),
    "an image": (image(bytes="QUFB"), Media(kind="image", mime="image/png", data="QUFB")),
    "an image in S3": (
        image(s3Location={"uri": "s3://b/k", "bucketOwner": "1"}),
        Media(
            kind="image",
            mime="image/png",
            url="s3://b/k",
            fields=Json(b'{"image":{"source":{"s3Location":{"bucketOwner":"1"}}}}'),
        ),
    ),
    "an image of a later format": (
        {"image": {"format": "odd", "source": {"bytes": ""}}},
        Media(kind="image", data="", fields=Json(b'{"image":{"format":"odd"}}')),
    ),
    "a document": (
        {"document": {"format": "pdf", "name": "n", "source": {"bytes": "QUFB"}}},
        Media(kind="file", mime="application/pdf", data="QUFB", fields=Json(b'{"document":{"name":"n"}}')),
    ),
    "a document of words": (
        {"document": {"name": "n", "source": {"text": "w"}, "citations": {"enabled": True}}},
        Media(kind="file", text="w", fields=Json(b'{"document":{"name":"n","citations":{"enabled":true}}}')),
    ),
    "a document without a name": (
        {"document": {"format": "pdf", "source": {"bytes": "QUFB"}}},
        Media(kind="file", mime="application/pdf", data="QUFB", spelling=Json.of({"name": "absent"})),
    ),
    "a document of pieces": (
        {"document": {"name": "n", "source": {"content": [{"text": "w"}]}}},
        opaque("document", {"name": "n", "source": {"content": [{"text": "w"}]}}),
    ),
    "a sound": (
        {"audio": {"format": "mp3", "source": {"bytes": "QUFB"}}},
        Media(kind="audio", mime="audio/mpeg", data="QUFB"),
    ),
    "cited words": (
        {"citationsContent": {"content": [{"text": "w"}], "citations": [{"title": "t"}]}},
        Text(text="w", fields=Json(b'{"citationsContent":{"citations":[{"title":"t"}]}}'), spelling=CITED),
    ),
    "cited words without citations": (
        {"citationsContent": {"content": [{"text": "w"}]}},
        Text(text="w", spelling=CITED),
    ),
    "cited words in pieces": (
        {"citationsContent": {"content": [{"text": "a"}, {"text": "b"}]}},
        opaque("citationsContent", {"content": [{"text": "a"}, {"text": "b"}]}),
    ),
    "a mark of the cache": ({"cachePoint": {"type": "default"}}, opaque("cachePoint", {"type": "default"})),
    "a block of a later version": ({"hologram": [1]}, opaque("hologram", [1])),
    "a block of two kinds": ({"text": "t", "toolUse": {}}, opaque("", {"text": "t", "toolUse": {}})),
    "a known key with a value of another type": ({"text": 7}, opaque("text", 7)),
    "an empty block": ({}, opaque("", {})),
    "a block that is no object": (7, opaque("", 7)),
}


def message(*blocks: Any, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def written(*messages: Message, tools: tuple[Tool, ...] | None = None) -> Any:
    conversation = Conversation.of(*messages, tools=UNSET if tools is None else tools)
    return DIALECT.encode_request(Request(conversation=conversation), on_loss="report")


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_read_and_written_as_it_came(name: str) -> None:
    wire, block = SHAPES[name]
    body = {"messages": [message(wire)]}
    request = DIALECT.decode_request(body)
    assert request.messages[0].blocks == (block,)
    encoded = DIALECT.encode_request(request)
    assert json.loads(encoded.body) == body
    assert not encoded.losses
    # among neighbours, so that what the fast way cannot read does not change what it can
    mixed = {"messages": [message({"text": "a"}), message(wire, {"text": "b"}), message({"text": "c"})]}
    assert json.loads(DIALECT.encode_request(DIALECT.decode_request(mixed)).body) == mixed


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_in_a_response(name: str) -> None:
    wire, block = SHAPES[name]
    body = {"output": {"message": message(wire)}, "stopReason": "end_turn", "usage": {}}
    response = DIALECT.decode_response(body)
    assert response.message.blocks == (block,)
    assert json.loads(DIALECT.encode_response(response).body) == body


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "user"}, {"role": "user", "content": None}, message(role="user")]},
        {"messages": [], "system": []},
        {"messages": [], "system": None},
        {"messages": [], "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}]},
        {"messages": [message({"text": "s"}, role="system"), message({"text": "u"}, role="user")]},
        {"messages": [message({"text": "s"}, role="system")], "system": [{"text": "t"}]},
        {"messages": [], "toolConfig": {}},
        {"messages": [], "toolConfig": None},
        {"messages": [], "toolConfig": {"tools": []}},
        {"messages": [], "toolConfig": {"tools": None, "toolChoice": {"auto": {}}}},
        {"messages": [], "toolConfig": {"toolChoice": {"auto": {}}}},
        {"messages": [], "tools": 7, "stream": True, "model": "m"},
        {
            "messages": [],
            "toolConfig": {
                "tools": [
                    {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {}}, "strict": True}},
                    {"toolSpec": {"name": "f", "inputSchema": {"json": None, "x": 1}}},
                    {"toolSpec": {"name": "f", "inputSchema": {}}},
                    {"toolSpec": {}},
                    {"toolSpec": None},
                    {"systemTool": {"name": "nova_grounding"}},
                    {"cachePoint": {"type": "default"}},
                    {"later": {"name": "x"}},
                ],
                "toolChoice": {"any": {}},
            },
            "inferenceConfig": {"maxTokens": 1, "temperature": 1.0},
            "additionalModelRequestFields": {"thinking": {"type": "enabled"}},
        },
        {"messages": [message({"toolUse": {"toolUseId": i, "name": "f", "input": {}}} for i in "ab")][:0]},
        {
            "messages": [
                message(*({"toolUse": {"toolUseId": i, "name": "f", "input": {}}} for i in "ab")),
                message(*({"toolResult": {"toolUseId": i, "content": []}} for i in "ba"), role="user"),
            ]
        },
    ],
)
def test_requests_come_back_as_they_came(body: dict[str, Any]) -> None:
    request = DIALECT.decode_request(body)
    encoded = DIALECT.encode_request(request)
    assert json.loads(encoded.body) == body
    assert DIALECT.decode_request(encoded.body) == request
    assert not encoded.losses


def test_the_model_and_the_stream_stand_in_the_url() -> None:
    request = Request(conversation=Conversation.of(Message.user("x")), model="m", stream=True)
    encoded = DIALECT.encode_request(request)
    assert (json.loads(encoded.body), encoded.losses) == ({"messages": [message({"text": "x"}, role="user")]}, ())


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (
            "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("/model/minimax.minimax-m2/converse-stream", "minimax.minimax-m2"),
        ("https://h/model/a%2Fb/converse?x=1", "a/b"),
        ("/model/a/invoke", UNSET),
        ("/model/a/converse-later", UNSET),
        ("", UNSET),
    ],
)
def test_the_model_in_a_path(path: str, model: object) -> None:
    assert DIALECT.model_in(path) == model


@pytest.mark.parametrize(
    ("body", "outcome", "error"),
    [
        ({"output": {"message": message()}, "stopReason": "max_tokens"}, "truncated", None),
        ({"output": {"message": message()}, "stopReason": "model_context_window_exceeded"}, "truncated", None),
        ({"output": {"message": message()}, "stopReason": "guardrail_intervened"}, "complete", None),
        ({"output": {"message": message(), "x": 1}, "stopReason": None, "metrics": {}}, "complete", None),
        ({"output": {}, "usage": {}}, "complete", None),
        ({"message": "no"}, "failed", {"message": "no"}),
        ({"__type": "X", "usage": {}}, "failed", {"__type": "X", "usage": {}}),
        (
            {"output": {"message": message()}, "throttlingException": {"message": "no"}, "metrics": {}},
            "failed",
            {"throttlingException": {"message": "no"}},
        ),
    ],
)
def test_responses_come_back_as_they_came(body: dict[str, Any], outcome: str, error: Any) -> None:
    response = DIALECT.decode_response(body)
    assert response.outcome == outcome
    assert (response.error.value if isinstance(response.error, Json) else None) == error
    assert json.loads(DIALECT.encode_response(response).body) == body


def test_a_status_says_that_a_body_is_an_error() -> None:
    body = {"odd": "no"}
    response = DIALECT.decode_response(body, status=429)
    assert (response.outcome, response.error) == ("failed", Json(b'{"odd":"no"}'))
    assert json.loads(DIALECT.encode_response(response).body) == body
    with pytest.raises(DecodeError, match="neither `output` nor an error"):
        DIALECT.decode_response(body)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"messages": [message(role="user") | {"content": "x"}]}, "$.messages[0].content"),
        ({"messages": [], "system": "x"}, "$.system"),
        ({"messages": [], "toolConfig": {"tools": 7}}, "$.toolConfig.tools"),
        ({"messages": [], "toolConfig": {"tools": [7]}}, "$.toolConfig.tools[0]"),
    ],
)
def test_an_error_says_where(body: Any, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode_request(body)
    assert (caught.value.where, caught.value.culprit) == (where, "framework")


# -- what came from elsewhere ------------------------------------------------------------------------------------------

THOUGHT = Thinking.of("t")
FOREIGN: dict[str, tuple[Message, list[Any], list[str]]] = {
    "a thought of a field": (
        Message.assistant(Thinking(segments=(Segment(text="t"),), places=(Field(name="reasoning_content"),))),
        [{"reasoningContent": {"reasoningText": {"text": "t"}}}],
        ["spelling"],
    ),
    "a thought in pieces": (
        Message.assistant(Thinking(segments=(Segment(text="a"), Segment(channel="summary", text="b")))),
        [{"reasoningContent": {"reasoningText": {"text": "ab"}}}],
        ["grouping", "spelling"],
    ),
    "a thought without words": (Message.assistant(Thinking()), [], ["content"]),
    "a seal of another wire": (
        Message.assistant(Thinking(segments=(Segment(text="t"),), seals=(Seal(slot="encrypted_content", wire="e"),))),
        [{"reasoningContent": {"reasoningText": {"text": "t"}}}],
        ["seal"],
    ),
    "an encrypted entry": (
        Message(
            role="assistant",
            blocks=(Thinking(item=0, seals=(Seal(slot="data", wire="e"),)),),
            items=(Item(kind="reasoning.encrypted"),),
        ),
        [],
        ["foreign", "seal", "content"],
    ),
    "a redacted thought of Anthropic's": (
        Message.assistant(Thinking(seals=(Seal(slot="data", wire="AAA"),))),
        [{"reasoningContent": {"redactedContent": "QUFB"}}],
        ["spelling"],
    ),
    "arguments that are a string": (
        Message.assistant(ToolCall(id="c", name="f", arguments='{"a":1.0}')),
        [{"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1.0}}}],
        [],
    ),
    "arguments that are none": (
        Message.assistant(ToolCall(id="c", name="f", arguments="")),
        [{"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}],
        ["spelling"],
    ),
    "arguments that are no JSON": (Message.assistant(ToolCall(id="c", name="f", arguments="{")), [], ["content"]),
    "a sealed call": (
        Message.assistant(ToolCall(id="c", name="f", arguments="{}", seals=(Seal(slot="thoughtSignature", wire="s"),))),
        [{"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}],
        ["seal"],
    ),
    "a server's result": (Message.assistant(ToolResult(call_id="c", server=True, content="r")), [], ["foreign"]),
    "an image by its address": (Message.assistant(Media(kind="image", url="https://h/i.png")), [], ["content"]),
    "an image in a URL": (
        Message.assistant(Media(kind="image", url="data:image/png;base64,QUFB")),
        [image(bytes="QUFB")],
        ["spelling"],
    ),
    "an image of an odd type": (
        Message.assistant(Media(kind="image", mime="image/heic", data="QUFB")),
        [{"image": {"source": {"bytes": "QUFB"}}}],
        ["content"],
    ),
    "an uploaded file": (Message.assistant(Media(kind="file", file_id="f")), [], ["content"]),
    "media that say nothing": (Message.assistant(Media(kind="image")), [], ["content"]),
    "a hologram": (Message.assistant(Media(kind="hologram", data="QUFB")), [], ["content"]),
    "a block of another wire": (
        Message.assistant(Opaque(dialect="gemini", kind="x", body=Json(b"{}"))),
        [],
        ["foreign"],
    ),
    "a name": (Message(role="user", name="n"), [], ["content"]),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_has_no_place_here_is_told(name: str) -> None:
    found, blocks, losses = FOREIGN[name]
    encoded = written(found)
    assert json.loads(encoded.body)["messages"][0]["content"] == blocks
    assert [loss.kind for loss in encoded.losses] == losses
    assert all(loss.path.startswith("messages[0].") for loss in encoded.losses)
    if set(losses) - {"spelling"}:
        with pytest.raises(LossError):
            DIALECT.encode_request(Request(conversation=Conversation.of(found)))


def test_a_document_without_a_name_gets_one_and_says_so() -> None:
    document = Media(kind="file", mime="application/pdf", data="QUFB")
    encoded = written(Message(role="user", blocks=(document, document)))
    names = [block["document"].pop("name") for block in json.loads(encoded.body)["messages"][0]["content"]]
    assert names[0] == names[1] != ""
    assert [loss.kind for loss in encoded.losses] == ["spelling"] * 2


@pytest.mark.parametrize(
    ("tool", "kinds"),
    [
        (Tool(name="f", parameters=Json(b'{"type":"object"}')), []),
        (Tool(name="f", kind="freeform"), ["content"]),
        (Tool(kind="server", fields=Json(b'{"type":"web_search"}')), ["foreign"]),
        (Tool(kind="server", fields=Json(b'{"googleSearch":{}}')), ["foreign"]),
    ],
)
def test_tools_of_other_wires(tool: Tool, kinds: list[str]) -> None:
    encoded = written(Message.user("x"), tools=(tool,))
    expected = [] if kinds else [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]
    assert json.loads(encoded.body)["toolConfig"]["tools"] == expected
    assert [loss.kind for loss in encoded.losses] == kinds


def test_a_history_of_chat_is_grouped_as_this_wire_wants_it() -> None:
    history = (
        Message.system("s"),
        Message.user("u"),
        Message.assistant(THOUGHT, *(ToolCall(id=i, name="f", arguments="{}") for i in "ab")),
        *(Message(role="tool", blocks=(ToolResult(call_id=i, content="r", name="f"),)) for i in "ab"),
    )
    encoded = written(*Grouper().regroup(history, ID))
    body = json.loads(encoded.body)
    assert body["system"] == [{"text": "s"}]
    assert [found["role"] for found in body["messages"]] == ["user", "assistant", "user"]
    assert [list(block) for block in body["messages"][2]["content"]] == [["toolResult"], ["toolResult"]]
    assert {loss.kind for loss in encoded.losses} == {"spelling"}


def test_redacted_thinking_travels_between_this_wire_and_anthropics() -> None:
    data = "Eu8ECkgIBxABGAIqQ+/=="
    there = {"messages": [{"role": "assistant", "content": [{"type": "redacted_thinking", "data": data}]}]}
    request = CLAUDE.decode_request(there)
    here = DIALECT.encode_request(request)
    assert [loss.kind for loss in here.losses] == ["spelling"]
    back = CLAUDE.encode_request(DIALECT.decode_request(here.body))
    assert json.loads(back.body) == there
    assert [loss.kind for loss in back.losses] == ["spelling"]


def test_redacted_bytes_that_are_no_text_do_not_travel() -> None:
    body = {"messages": [message({"reasoningContent": {"redactedContent": "/w=="}})]}
    losses = CLAUDE.encode_request(DIALECT.decode_request(body), on_loss="report").losses
    assert [loss.kind for loss in losses] == ["seal"]


def test_two_spellings_of_the_same_redacted_bytes_are_the_same() -> None:
    one, other = (
        DIALECT.decode_request({"messages": [message({"reasoningContent": {"redactedContent": wire}})]})
        for wire in ("+/8=", "-_8")
    )
    assert same(one, other, DIALECT.projection)


def test_a_cache_mark_that_moves_is_no_edit() -> None:
    mark, text = {"cachePoint": {"type": "default"}}, {"text": "a"}
    plain, marked, other = (
        DIALECT.decode_request({"messages": [message(*blocks)]}) for blocks in ((text,), (text, mark), (text, {"x": 1}))
    )
    assert same(plain, marked, DIALECT.projection)
    assert same(marked, plain, DIALECT.projection)
    assert not same(plain, other, DIALECT.projection)


def test_a_second_choice_is_told() -> None:
    encoded = DIALECT.encode_response(Response(messages=(Message.assistant(), Message.assistant())))
    assert [loss.path for loss in encoded.losses] == ["messages[1]"]


# -- profiles and rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock.claude-4.converse"),
        ("us.anthropic.claude-sonnet-4-6", "bedrock.claude-kept.converse"),
        ("us.deepseek.r1-v1:0", "bedrock.deepseek-r1.converse"),
        ("openai.gpt-oss-120b-1:0", "bedrock.gpt-oss.converse"),
        ("qwen.qwen3-32b-v1:0", "bedrock.qwen3.converse"),
        ("minimax.minimax-m2", "bedrock.minimax-m2.converse"),
        ("amazon.nova-2-lite-v1:0", "bedrock.others.converse"),
    ],
)
def test_each_model_falls_under_its_rule(model: str, expected: str) -> None:
    spoken = profile_for(ID, host="bedrock-runtime.us-east-1.amazonaws.com", model=model)
    assert spoken.name == "bedrock"
    found = rule_for(spoken, model=model, on="2026-08-01")
    assert found is not None
    assert found.id == expected


def test_conditions_stand_where_this_wire_has_them() -> None:
    request = {"additionalModelRequestFields": Json.of({"thinking": {"type": "disabled"}})}
    found = rule_for(profile("bedrock", ID), model="us.anthropic.claude-sonnet-4-6", request_params=request)
    assert found is not None
    assert (found.id, found.in_loop) == ("bedrock.claude-kept.converse.disabled", "must-not")


def test_cited_words_are_one_block_in_any_spelling() -> None:
    wire, block = SHAPES["cited words"]
    request = Request(conversation=Conversation.of(Message.assistant(replace(block, spelling=UNSET))))
    assert json.loads(DIALECT.encode_request(request).body)["messages"][0]["content"] == [wire]
