"""Shapes of Gemini's contents that recordings lack: each is written as it was read, and read as what it is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking._compare import same
from keepthinking._equal import seal_equal
from keepthinking._errors import LossError
from keepthinking._exchange import Request
from keepthinking._messages import (
    Conversation,
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
from keepthinking.dialects.gemini import DIALECT, model_of

SEALED = (Seal(slot="thoughtSignature", wire="c2VhbA==", encoding="base64"),)


def body(*parts: Any, role: str | None = "model", **more: Any) -> dict[str, Any]:
    content = {"parts": list(parts)} if role is None else {"role": role, "parts": list(parts)}
    return {"contents": [content], **more}


def read(request: Mapping[str, Any]) -> Request:
    """Read a request and make sure that it is written as it came."""
    found = DIALECT.decode_request(dict(request))
    encoded = DIALECT.encode_request(found)
    assert json.loads(encoded.body) == request
    assert not encoded.losses
    assert DIALECT.decode_request(encoded.body) == found
    return found


CALL = {"name": "f", "args": {"x": 1.0}}

PARTS: Mapping[str, tuple[dict[str, Any], type]] = {
    "a text": ({"text": "t"}, Text),
    "a text that says it is no thought": ({"text": "t", "thought": False}, Text),
    "a text that says null of being a thought": ({"text": "t", "thought": None}, Text),
    "a thought": ({"text": "t", "thought": True}, Thinking),
    "a thought of no words": ({"thought": True, "thoughtSignature": "c2VhbA=="}, Thinking),
    "a thought whose words are null": ({"text": None, "thought": True}, Thinking),
    "a sealed text": ({"text": "t", "thoughtSignature": "c2VhbA=="}, Text),
    "an empty text with a seal": ({"text": "", "thoughtSignature": "c2VhbA=="}, Text),
    "nothing but a seal": ({"thoughtSignature": "c2VhbA=="}, Text),
    "a seal in the other spelling": ({"text": "t", "thought_signature": "c2VhbA"}, Text),
    "a seal that is no string": ({"text": "t", "thoughtSignature": 7}, Text),
    "nothing": ({}, Text),
    "a call": ({"functionCall": CALL, "thoughtSignature": "c2VhbA=="}, ToolCall),
    "a call in the other spelling": ({"function_call": {"name": "f", "args": {}, "will_continue": True}}, ToolCall),
    "a call without arguments": ({"functionCall": {"name": "f", "id": "c"}}, ToolCall),
    "a call whose arguments are null": ({"functionCall": {"name": "f", "args": None, "id": None}}, ToolCall),
    "code beside what is null": ({"executableCode": None, "codeExecutionResult": {"output": "x"}}, Opaque),
    "a later kind beside what is null": ({"text": None, "functionCall": None, "newKind": {"a": 1}}, Opaque),
    "a seal beside what is null": ({"thoughtSignature": "c2VhbA==", "functionCall": None, "text": None}, Text),
    "two seals in two spellings": ({"thought_signature": 7, "thoughtSignature": "c2VhbA=="}, Text),
    "a call and a text": ({"functionCall": CALL, "text": ""}, ToolCall),
    "a piece of a call": ({"functionCall": {"partialArgs": [{"jsonPath": "$.x"}], "willContinue": True}}, Opaque),
    "a file": ({"fileData": {"fileUri": "u", "mimeType": "audio/mp3", "displayName": "d"}}, Media),
    "a file in the other spelling": ({"file_data": {"file_uri": "u", "mime_type": "video/mp4"}}, Media),
    "bytes": ({"inlineData": {"data": "AAAA", "mimeType": "image/png"}, "videoMetadata": {"fps": 1}}, Media),
    "a server's call": ({"toolCall": {"toolType": "GOOGLE_MAPS", "id": "i"}, "thoughtSignature": "c2VhbA=="}, ToolCall),
    "a server's call in the other spelling": ({"tool_call": {"tool_type": "GOOGLE_MAPS", "args": {}}}, ToolCall),
    "a server's result": ({"toolResponse": {"toolType": "GOOGLE_MAPS", "response": {"a": []}}}, ToolResult),
    "a server's call of no type": ({"toolCall": {"id": "i"}}, Opaque),
    "code": ({"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "c2VhbA=="}, Opaque),
    "what code gave": ({"code_execution_result": {"outcome": "OUTCOME_OK"}}, Opaque),
    "a kind of a later version": ({"laterKind": {"a": 1}, "thoughtSignature": "c2VhbA==", "partMetadata": {}}, Opaque),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_read_as_what_it_is_and_written_as_it_came(name: str) -> None:
    part, kind = PARTS[name]
    (block,) = read(body(part)).messages[0].blocks
    assert type(block) is kind
    assert len(block.seals) == sum(isinstance(part.get(key), str) for key in ("thoughtSignature", "thought_signature"))


RESPONSES: Mapping[str, tuple[Any, str | None, str]] = {
    '{"output":"r"}': ({"output": "r"}, "r", "unspecified"),
    '{"error":"r"}': ({"error": "r"}, "r", "error"),
    '{"result":"r"}': ({"result": "r"}, "r", "unspecified"),
    "an object": ({"a": 1, "b": None}, '{"a":1,"b":null}', "unspecified"),
    "a failure with more in it": ({"error": {"code": 1}}, '{"error":{"code":1}}', "error"),
    "no failure": ({"output": 1, "error": None}, '{"output":1,"error":null}', "unspecified"),
    "nothing": ({}, "{}", "unspecified"),
}


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("key", ["functionResponse", "function_response"])
def test_what_a_function_answered_comes_back_as_it_was(name: str, key: str) -> None:
    response, content, status = RESPONSES[name]
    (block,) = read(body({key: {"name": "f", "response": response}}, role="user")).messages[0].blocks
    assert isinstance(block, ToolResult)
    assert (block.content, block.status, block.name, block.call_id) == (content, status, "f", UNSET)


NULLS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a call": (
        {"functionCall": {"name": "f", "id": None, "args": None, "partialArgs": None, "willContinue": None}},
        {"functionCall": {"name": "f", "args": {}}},
    ),
    "a result": (
        {"functionResponse": {"name": "f", "id": None, "response": None, "parts": None}},
        {"functionResponse": {"name": "f"}},
    ),
    "a thought": (
        {"thought": True, "text": None, "thoughtSignature": "c2VhbA=="},
        {"thought": True, "thoughtSignature": "c2VhbA=="},
    ),
    "a text": ({"text": "t", "thought": None, "thoughtSignature": None}, {"text": "t"}),
    "code": ({"executableCode": {"code": "1", "id": None}, "text": None}, {"executableCode": {"code": "1"}}),
    "what code gave": (
        {"executableCode": None, "codeExecutionResult": {"output": "x", "outcome": None}},
        {"codeExecutionResult": {"output": "x"}},
    ),
    "a file": (
        {"fileData": {"fileUri": "u", "mimeType": None, "displayName": None}},
        {"fileData": {"fileUri": "u"}},
    ),
}


@pytest.mark.parametrize("name", NULLS)
def test_a_null_says_what_absence_says(name: str) -> None:
    full, bare = NULLS[name]
    one, other = (read(body(part)).messages[0] for part in (full, bare))
    assert [type(block) for block in one.blocks] == [type(block) for block in other.blocks]
    assert same(one, other, DIALECT.projection)
    assert same(other, one, DIALECT.projection)


def test_a_response_that_is_null_comes_back() -> None:
    (block,) = read(body({"functionResponse": {"name": "f", "response": None}}, role="user")).messages[0].blocks
    assert isinstance(block, ToolResult)
    assert block.content is UNSET


@pytest.mark.parametrize(
    "call",
    [{"name": "f", "willContinue": True}, {"name": "f", "partialArgs": [{"jsonPath": "$.a", "boolValue": True}]}],
)
def test_a_call_whose_arguments_are_still_to_come_has_none(call: dict[str, Any]) -> None:
    (block,) = read(body({"functionCall": call})).messages[0].blocks
    assert isinstance(block, ToolCall)
    assert block.arguments == ""


def test_media_of_a_result_stand_beside_its_words() -> None:
    parts = [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"fileData": {"fileUri": "u"}}, {"later": {}}]
    part = {"functionResponse": {"id": "c", "name": "f", "response": {"output": "r"}, "parts": parts}}
    (block,) = read(body(part, role="user")).messages[0].blocks
    assert isinstance(block, ToolResult)
    assert isinstance(block.content, tuple)
    assert [type(inner) for inner in block.content] == [Text, Media, Media, Opaque]


@pytest.mark.parametrize("sealed", [(0,), (0, 2), (0, 1, 2), ()])
@pytest.mark.parametrize("slot", ["thoughtSignature", "thought_signature"])
def test_a_seal_stays_on_its_own_call(sealed: tuple[int, ...], slot: str) -> None:
    parts: list[dict[str, Any]] = [{"functionCall": CALL} for _ in range(3)]
    for i in sealed:
        parts[i][slot] = f"AAA{i}"
    message = read(body(*parts)).messages[0]
    assert [len(block.seals) for block in message.blocks] == [int(i in sealed) for i in range(3)]


@pytest.mark.parametrize("other", ["-_8=", "-_8", "+/8"])
def test_a_seal_is_equal_in_every_spelling_of_its_bytes_and_keeps_its_own(other: str) -> None:
    seals = [
        read(body({"text": "", "thoughtSignature": wire})).messages[0].blocks[0].seals[0] for wire in ("+/8=", other)
    ]
    assert seal_equal(*seals)
    assert seals[1].wire == other


CONTENTS: Mapping[str, tuple[dict[str, Any], str, int]] = {
    "no role": ({"parts": [{"text": "t"}]}, "user", 1),
    "a null role": ({"role": None, "parts": [{"text": "t"}]}, "user", 1),
    "the role of old results": ({"role": "function", "parts": [{"text": "t"}]}, "function", 1),
    "no parts": ({"role": "model"}, "model", 0),
    "null parts": ({"role": "model", "parts": None, "later": 1}, "model", 0),
    "empty parts": ({"role": "model", "parts": []}, "model", 0),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_content_keeps_its_shape(name: str) -> None:
    content, role, count = CONTENTS[name]
    message = read({"contents": [content]}).messages[0]
    assert (message.role, len(message.blocks)) == (role, count)


@pytest.mark.parametrize("key", ["systemInstruction", "system_instruction"])
@pytest.mark.parametrize("role", [{}, {"role": None}, {"role": ""}, {"role": "user"}, {"role": "system"}])
def test_the_instructions_are_a_message_at_the_head(key: str, role: dict[str, Any]) -> None:
    found = read({**body({"text": "t"}, role="user"), key: {**role, "parts": [{"text": "be brief"}]}})
    assert [(message.role, message.carrier) for message in found.messages] == [
        ("system", "systemInstruction"),
        ("user", "message"),
    ]


TOOLS: list[list[dict[str, Any]]] = [
    [{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}],
    [{"functionDeclarations": [{"name": "a"}]}, {"functionDeclarations": [{"name": "b"}]}],
    [{"function_declarations": [{"name": "a", "parameters_json_schema": {"type": "object"}}]}, {"googleSearch": {}}],
    [
        {"functionDeclarations": [{"name": "a", "parameters": {"type": "OBJECT"}}], "urlContext": {}},
        {"codeExecution": {}},
    ],
    [{"functionDeclarations": [{"name": "a", "parameters": {"type": "object"}, "behavior": "BLOCKING"}]}],
    [{"functionDeclarations": [{"name": "a", "parametersJsonSchema": {"type": "OBJECT"}}]}],
    [
        {"type": "text"},
        {"functionDeclarations": [{"name": "a"}], "type": "function"},
        {"name": "x", "input_schema": {}},
    ],
    [{"googleSearch": {}, "urlContext": {}}, {}, {"functionDeclarations": []}, {"functionDeclarations": None}],
]


@pytest.mark.parametrize("tools", TOOLS, ids=json.dumps)
def test_tools_keep_the_objects_they_stand_in(tools: list[dict[str, Any]]) -> None:
    read({"contents": [], "tools": tools})


def test_functions_of_other_wires_are_declared_in_one_tool() -> None:
    tools = [Tool(name="a"), Tool(name="b")]
    encoded = DIALECT.encode_request(Request(conversation=Conversation.of(tools=tools), model="m", stream=True))
    assert json.loads(encoded.body) == {
        "contents": [],
        "tools": [{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}],
    }
    assert not encoded.losses


def test_a_result_gets_the_name_of_its_call() -> None:
    call = ToolCall(id="c", name="look", arguments="{}")
    results = [ToolResult(call_id=id_, content="r", status="error") for id_ in ("c", "lost")]
    history = Conversation.of(Message.assistant(call), Message(role="user", blocks=tuple(results)))
    with pytest.raises(LossError, match="name of the function"):
        DIALECT.encode_request(Request(conversation=history))
    encoded = DIALECT.encode_request(Request(conversation=history), on_loss="report")
    assert [loss.path for loss in encoded.losses] == ["messages[1].blocks[1].name"]
    parts = json.loads(encoded.body)["contents"][1]["parts"]
    assert parts[0] == {"functionResponse": {"id": "c", "name": "look", "response": {"error": "r"}}}


LOST: Mapping[str, tuple[Any, str]] = {
    "a seal of another provider": (Thinking.of("t", signature="s"), "seal"),
    "two pieces of a thought": (Thinking(segments=(Segment(text="a"), Segment(text="b"))), "grouping"),
    "arguments that are no object": (ToolCall(name="f", arguments="free"), "content"),
    "a server's call of another provider": (
        ToolCall(name="web_search", arguments="{}", kind="object", server=True),
        "foreign",
    ),
    "an uploaded file": (Media(kind="file", file_id="f"), "foreign"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_part_cannot_hold_is_told(name: str) -> None:
    block, kind = LOST[name]
    request = Request(conversation=Conversation.of(Message.assistant(block)))
    losses = DIALECT.encode_request(request, on_loss="report").losses
    assert kind in {loss.kind for loss in losses}
    with pytest.raises(LossError):
        DIALECT.encode_request(request)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-3-pro:generateContent", "gemini-3-pro"),
        ("/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", "gemini-3-pro"),
        ("/v1/projects/p/locations/l/publishers/google/models/gemini%2D3:generateContent", "gemini-3"),
        ("/v1beta/tunedModels/mine-123:generateContent", "mine-123"),
        ("/v1/projects/p/locations/l/endpoints/42:streamGenerateContent", "42"),
        ("/v1/chat/completions", UNSET),
        ("", UNSET),
    ],
)
def test_the_model_is_in_the_path(path: str, model: object) -> None:
    assert model_of(path) == model
    assert DIALECT.model_in(path) == model


ANSWERS: Mapping[str, tuple[dict[str, Any], str, int]] = {
    "a blocked prompt": ({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}, "complete", 0),
    "an answer that a filter ended": ({"candidates": [{"finishReason": "SAFETY", "index": 0}]}, "complete", 1),
    "one that was cut": (
        {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]},
        "truncated",
        1,
    ),
    "an error": ({"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}, "failed", 0),
    "no candidates": ({"candidates": [], "modelVersion": "m"}, "complete", 0),
    "null candidates": ({"candidates": None, "usageMetadata": {}}, "complete", 0),
    "two candidates": (
        {
            "candidates": [
                {"content": {"parts": [{"text": "a"}]}},
                {"content": None, "index": 1, "finishReason": "STOP"},
            ]
        },
        "complete",
        2,
    ),
    "the other spelling": (
        {"candidates": [{"finish_reason": "STOP"}], "model_version": "m", "response_id": "r", "usage_metadata": {}},
        "complete",
        1,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_comes_back_as_it_was(name: str) -> None:
    answer, outcome, count = ANSWERS[name]
    for whole in (answer, [answer]):
        response = DIALECT.decode_response(whole)
        assert (response.outcome, len(response.messages)) == (outcome, count)
        assert json.loads(DIALECT.encode_response(response).body) == whole


def test_chunks_in_a_list_are_one_answer_and_their_borders_are_told() -> None:
    chunks = [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "a"}]}}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "b"}]}, "finishReason": "STOP"}]},
    ]
    encoded = DIALECT.encode_response(DIALECT.decode_response(chunks))
    (whole,) = json.loads(encoded.body)
    assert whole["candidates"][0]["content"]["parts"] == [{"text": "ab"}]
    assert [loss.kind for loss in encoded.losses] == ["spelling"]
