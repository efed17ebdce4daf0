"""Bodies from wire to wire: parameters, files, flags and errors, each told where it has no place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keepthinking import Loss, Message, Text, ToolCall, ToolResult, dialect
from keepthinking._exchange import Response
from keepthinking.convert import Converter, policy
from keepthinking.convert._translate import translate_request, translate_response
from keepthinking.plugins import dialects


def requested(body: dict[str, Any], source: str, to: str, **more: Any) -> tuple[Any, tuple[Loss, ...]]:
    request = dialect(source).decode_request({"model": "m", **body})
    encoded = translate_request(request, Converter(policy(to, source=source, **more)))
    return json.loads(encoded.body), encoded.losses


def told(losses: tuple[Loss, ...]) -> set[tuple[str, str]]:
    return {(loss.kind, loss.path) for loss in losses}


CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "go"}]}
SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "City",
        "description": "A city.",
        "strict": True,
        "schema": {"type": "object", "properties": {}},
    },
}


@pytest.mark.parametrize(
    ("to", "gone"),
    [
        ("openai-responses", {"description"}),
        ("mistral", {"description"}),
        ("anthropic-messages", {"description", "name", "strict"}),
        ("gemini", {"description", "name", "strict"}),
        ("ollama", {"description", "name", "strict"}),
    ],
)
def test_what_a_schema_of_answers_says_besides_is_told(to: str, gone: set[str]) -> None:
    body, losses = requested({**CHAT, "response_format": SCHEMA}, "openai-chat", to)

    assert json.dumps(SCHEMA["json_schema"]["schema"]) in json.dumps(body)
    assert {("foreign", f"params.response_format.json_schema.{name}") for name in gone} == {
        one for one in told(losses) if one[1].startswith("params")
    }


@pytest.mark.parametrize("to", ["gemini", "bedrock-converse"])
def test_what_the_path_of_a_url_says_is_told_to_be_in_no_body(to: str) -> None:
    body, losses = requested({**CHAT, "stream": True}, "openai-chat", to)

    assert not {"model", "stream"} & body.keys()
    assert {("spelling", "model"), ("spelling", "stream")} <= told(losses)


@pytest.mark.parametrize("to", dialects())
def test_that_a_tool_did_not_fail_is_written_or_told(to: str) -> None:
    body: dict[str, Any] = {
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c123456789", "name": "f", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c123456789", "content": "r", "is_error": False}],
            },
        ]
    }
    written, losses = requested(body, "anthropic-messages", to)

    says = any(flag in json.dumps(written) for flag in ('"is_error": false', '"status": "success"'))
    assert says is (("spelling", "messages[1].blocks[0].status") not in told(losses))


def test_a_file_that_cannot_go_leaves_no_empty_part() -> None:
    picture = {"type": "input_image", "detail": "auto", "file_id": "file-1"}
    body, losses = requested(
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "see"}, picture]}]},
        "openai-responses",
        "openai-chat",
    )

    assert [part["type"] for part in body["messages"][0]["content"]] == ["text"]
    assert ("content", "messages[0].blocks[1]") in told(losses)


def test_the_name_of_a_file_goes_where_one_is_read_and_is_told_elsewhere() -> None:
    data = "data:application/pdf;base64,QUJD"
    chat = {"type": "file", "file": {"file_data": data, "filename": "a.pdf"}}
    flat = {"type": "input_file", "file_data": data, "filename": "a.pdf"}

    there, losses = requested({"messages": [{"role": "user", "content": [chat]}]}, "openai-chat", "openai-responses")
    back, more = requested({"input": [{"role": "user", "content": [flat]}]}, "openai-responses", "openai-chat")
    _, lost = requested({"input": [{"role": "user", "content": [flat]}]}, "openai-responses", "anthropic-messages")

    assert (there["input"][0]["content"], told(losses)) == ([flat], set())
    assert (back["messages"][0]["content"], told(more)) == ([chat], set())
    assert ("spelling", "messages[0].blocks[0].filename") in told(lost)


def test_an_address_in_the_place_of_bytes_goes_as_an_address() -> None:
    file = {"type": "file", "file": {"file_data": "https://x.example/a.pdf", "filename": "a.pdf"}}
    chat = {"messages": [{"role": "user", "content": [file]}]}

    there, _ = requested(chat, "openai-chat", "mistral")
    _, losses = requested(chat, "openai-chat", "bedrock-converse")

    assert there["messages"][0]["content"] == [{"type": "document_url", "document_url": "https://x.example/a.pdf"}]
    assert ("content", "messages[0].blocks[0].data") in told(losses)  # by the path that it has in the source


def test_history_that_a_server_does_not_hold_is_no_loss() -> None:
    _, losses = requested({"input": "go", "previous_response_id": None}, "openai-responses", "openai-chat")

    assert ("spelling", "state.previous_response_id") in told(losses)


@pytest.mark.parametrize(
    ("source", "there", "here", "kept"),
    [
        ("google-gemini", "vertex-gemini", "gemini", False),
        ("vertex-gemini", "google-gemini", "gemini", False),
        ("google-gemini", "google-gemini", "gemini", True),
        ("google-gemini", None, "gemini", True),
        (None, "vertex-gemini", "gemini", True),
        ("anthropic", "bedrock-anthropic", "anthropic-messages", True),
        ("anthropic", "minimax-anthropic", "anthropic-messages", False),
    ],
)
def test_a_seal_stays_in_its_domain_on_its_own_wire(
    source: str | None, there: str | None, here: str, *, kept: bool
) -> None:
    said: dict[str, Any] = {
        "gemini": {"role": "model", "parts": [{"text": "t", "thought": True, "thoughtSignature": "c2VhbA=="}]},
        "anthropic-messages": {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "t", "signature": "c2VhbA=="}],
        },
    }[here]
    history = {"contents": [said]} if here == "gemini" else {"messages": [said]}
    answer = {"candidates": [{"content": said}]} if here == "gemini" else {"type": "message", **said}
    converter = Converter(policy(here, source=here, source_profile=source, profile=there))

    sent = translate_request(dialect(here).decode_request(history), converter)
    _, back = translate_response(dialect(here).decode_response(answer, source), converter)

    for encoded in (sent, back):
        assert (b"c2VhbA==" in encoded.body) is kept
        assert (("seal", "messages[0].blocks[0].seals[0]") in told(encoded.losses)) is not kept
        assert b'"t"' in encoded.body


@pytest.mark.parametrize("to", ["bedrock-converse", "cohere"])
def test_an_error_behind_an_answer_is_told_where_a_body_holds_but_one_of_both(to: str) -> None:
    answer = dialect("openai-chat").decode_response(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hm"}}], "error": {"message": "broken"}}
    )

    _, encoded = translate_response(answer, Converter(policy(to, source="openai-chat")))

    assert b"broken" not in encoded.body
    assert ("foreign", "error") in told(encoded.losses)


@pytest.mark.parametrize("to", dialects())
def test_an_answer_with_results_in_it_is_a_body_that_can_be_read(to: str) -> None:
    result = ToolResult.of("found", call_id="c1")
    message = Message.assistant(Text(text="a"), result, Text(text="b"), ToolCall.of("f", {}, id="c2"), result)

    encoded = dialect(to).encode_response(Response(messages=(message,)))

    back = dialect(to).decode_response(encoded.body).messages
    named = {path for kind, path in told(encoded.losses) if kind in {"content", "foreign"}}
    assert "".join(block.text for one in back for block in one.blocks if isinstance(block, Text)) == "ab"
    assert encoded.body.count(b"found") == 2 or {"messages[0].blocks[1]", "messages[0].blocks[4]"} <= named
