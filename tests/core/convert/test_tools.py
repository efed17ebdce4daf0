"""Tools on their way to another wire, and why an answer ended there."""

import json
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Conversation, Json, Message, Request, Response, Tool, ToolCall, dialect
from keepthinking.convert import convert

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CHAT_TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}


def tools_of(source: str, to: str, *tools: dict[str, Any]) -> tuple[Any, list[tuple[str, str]]]:
    """Convert the tools of a body, and give those of the target's with what stayed behind."""
    name = {"gemini": "contents", "openai-responses": "input"}.get(source, "messages")
    request = dialect(source).decode_request({name: "go" if name == "input" else [], "tools": list(tools)})
    converted = convert(request, to, source=source)
    body = json.loads(dialect(to).encode_request(converted.value).body)
    return body.get("tools"), [(loss.kind, loss.path) for loss in converted.losses]


def test_a_schema_is_enforced_where_it_was_and_nowhere_else() -> None:
    flat = {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA}
    for strict in (True, False):
        told = {**CHAT_TOOL, "function": {**CHAT_TOOL["function"], "strict": strict}}  # type: ignore[dict-item]
        assert tools_of("openai-chat", "openai-responses", told) == ([{**flat, "strict": strict}], [])
        assert tools_of("openai-responses", "openai-chat", {**flat, "strict": strict}) == ([told], [])
    # what Responses takes for strict by default is not so on any other wire
    assert tools_of("openai-chat", "openai-responses", CHAT_TOOL) == ([{**flat, "strict": False}], [])
    claude = {"name": "f", "description": "d", "input_schema": SCHEMA}
    assert tools_of("anthropic-messages", "openai-responses", claude) == ([{**flat, "strict": False}], [])
    assert tools_of("openai-responses", "openai-chat", flat) == ([CHAT_TOOL], [])


@pytest.mark.parametrize("to", ["openai-chat", "anthropic-messages", "bedrock-converse"])
def test_a_description_that_is_null_is_absent(to: str) -> None:
    flat = {"type": "function", "name": "f", "description": None, "parameters": SCHEMA, "strict": None}
    request = dialect("openai-responses").decode_request({"input": "go", "tools": [flat]})
    converted = convert(request, to, source="openai-responses")
    assert isinstance(converted.value.conversation.tools, tuple)
    assert converted.value.conversation.tools[0].description is UNSET
    assert ("spelling", "tools[0].description") in [(loss.kind, loss.path) for loss in converted.losses]


def test_an_empty_description_stays_where_it_is_taken() -> None:
    request = Request(conversation=Conversation.of(tools=[Tool(name="f", description="", parameters=Json.of(SCHEMA))]))
    kept = convert(request, "anthropic-messages", source="openai-chat").value.conversation.tools
    gone = convert(request, "bedrock-converse", source="openai-chat").value.conversation.tools
    assert isinstance(kept, tuple)
    assert isinstance(gone, tuple)
    assert (kept[0].description, gone[0].description) == ("", UNSET)


def test_a_schema_of_gemini_is_a_json_schema_elsewhere() -> None:
    own = {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING", "enum": ["OBJECT"]},
            "list": {"type": "ARRAY", "items": {"anyOf": [{"type": "INTEGER"}, {"type": "NULL"}]}},
        },
        "default": {"type": "OBJECT"},
    }
    plain = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["OBJECT"]},
            "list": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        },
        "default": {"type": "OBJECT"},
    }
    declared = {"functionDeclarations": [{"name": "f", "description": "d", "parameters": own}]}
    (tool,), losses = tools_of("gemini", "openai-chat", declared)
    assert tool["function"]["parameters"] == plain
    assert losses == [("spelling", "tools[0].parameters")]
    declared = {"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": plain}]}
    (tool,), losses = tools_of("gemini", "openai-chat", declared)
    assert (tool["function"]["parameters"], losses) == (plain, [])


@pytest.mark.parametrize("to", ["openai-responses", "anthropic-messages", "bedrock-converse", "mistral", "cohere"])
def test_a_tool_without_a_schema_takes_nothing(to: str) -> None:
    request = Request(conversation=Conversation.of(tools=[Tool(name="f")]))
    for source, schema in (("openai-chat", {"type": "object", "properties": {}}), (to, None)):
        tools = convert(request, to, source=source).value.conversation.tools
        assert isinstance(tools, tuple)
        parameters = tools[0].parameters
        assert (parameters.value if isinstance(parameters, Json) else None) == schema
    tools = convert(request, "gemini", source="openai-chat").value.conversation.tools
    assert isinstance(tools, tuple)
    assert tools[0].parameters is UNSET


CALL = ToolCall.of("f", {}, id="c")


def answer(source: str, **body: Any) -> Response:
    return dialect(source).decode_response(body)


@pytest.mark.parametrize(
    ("cut", "called", "words"),
    [
        (
            None,
            False,
            {"openai-chat": "stop", "anthropic-messages": "end_turn", "gemini": "STOP", "cohere": "COMPLETE"},
        ),
        (
            None,
            True,
            {"openai-chat": "tool_calls", "anthropic-messages": "tool_use", "gemini": "STOP", "cohere": "TOOL_CALL"},
        ),
        ("max_output_tokens", False, {"openai-chat": "length", "anthropic-messages": "max_tokens", "ollama": "length"}),
        ("content_filter", False, {"openai-chat": "content_filter", "anthropic-messages": "refusal", "ollama": "stop"}),
        ("later", False, dict.fromkeys(("openai-chat", "anthropic-messages"), UNSET)),
    ],
)
def test_an_answer_of_responses_ended_as_its_status_says(cut: str | None, called: bool, words: dict[str, Any]) -> None:  # noqa: FBT001 - a column of the table
    said: dict[str, Any] = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": []}
    asked = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{}"}
    ended: dict[str, Any] = {"status": "incomplete", "incomplete_details": {"reason": cut}} if cut else {}
    response = answer("openai-responses", **{"status": "completed", "output": [said, asked][: 1 + called], **ended})
    for to, word in words.items():
        converted = convert(response, to)
        assert converted.value.stop_reason == word, to
        assert [loss for loss in converted.losses if loss.path == "stop_reason"] == []


def test_a_call_is_why_an_answer_ended_where_its_wire_has_no_word_for_it() -> None:
    parts = [{"functionCall": {"name": "f", "args": {}}}]
    response = answer("gemini", candidates=[{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}])
    assert convert(response, "openai-chat").value.stop_reason == "tool_calls"
    # a word that the wire has is taken at its word
    (message,) = answer("openai-chat", choices=[{"message": {"role": "assistant"}, "finish_reason": "stop"}]).messages
    chat = Response(messages=(message.replace(blocks=(CALL,)),), origin=message.origin, stop_reason="stop")
    assert convert(chat, "anthropic-messages").value.stop_reason == "end_turn"


def test_a_word_that_nobody_knows_is_told() -> None:
    response = answer("gemini", candidates=[{"content": {"role": "model", "parts": []}, "finishReason": "LATER"}])
    converted = convert(response, "openai-chat")
    assert (converted.value.stop_reason, [loss.path for loss in converted.losses]) == (UNSET, ["stop_reason"])
    stranger = Response(messages=(Message.assistant(CALL),), stop_reason="odd")
    assert convert(stranger, "openai-chat", source="gemini").value.stop_reason is UNSET


def params_of(source: str, to: str, body: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Convert a body, and give what is not its history."""
    converted = convert(dialect(source).decode_request(body), to, source=source)
    written = json.loads(dialect(to).encode_request(converted.value).body)
    left = {key: value for key, value in written.items() if key not in {"messages", "input", "contents"}}
    return left, [(loss.kind, loss.path) for loss in converted.losses]


HOSTED = {"type": "web_search"}


@pytest.mark.parametrize("to", ["openai-responses", "anthropic-messages", "bedrock-converse", "gemini", "mistral"])
def test_a_choice_among_no_tools_stays_behind(to: str) -> None:
    body = {"messages": [], "tools": [HOSTED], "tool_choice": "auto", "parallel_tool_calls": False}
    left, losses = params_of("openai-chat", to, body)
    assert left == {}
    assert losses == [
        ("foreign", "tools[0]"),
        ("foreign", "params.tool_choice"),
        ("foreign", "params.parallel_tool_calls"),
    ]


def test_an_empty_list_of_tools_is_none() -> None:
    left, losses = params_of("openai-chat", "bedrock-converse", {"messages": [], "tools": []})
    assert (left, losses) == ({}, [("spelling", "tools")])


def test_an_effort_goes_by_the_words_that_the_target_has() -> None:
    for word, there in (("high", {"output_config": {"effort": "high"}}), ("none", {}), ("default", {})):
        left, losses = params_of("openai-chat", "anthropic-messages", {"messages": [], "reasoning_effort": word})
        assert left == there
        assert losses == ([] if there else [("foreign", "params.reasoning_effort")])
    left, _ = params_of("openai-chat", "openai-responses", {"messages": [], "service_tier": "on_demand"})
    assert left == {}
