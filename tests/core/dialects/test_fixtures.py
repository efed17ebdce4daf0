"""The nastiest cases by name, for both dialects: what recordings cannot prove, since a recorder parsed them.

Each section is one of the fifteen cases that the design was tried on. Bodies are texts here, so that the order of
keys, the spelling of numbers and doubled keys stand as they are written.
"""

import json
from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking._compare import diff, same
from keepthinking._errors import DecodeError, LossError
from keepthinking._exchange import Request
from keepthinking._json import Json
from keepthinking._messages import (
    Channel,
    Conversation,
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
from keepthinking._profiles import Profile, Tags
from keepthinking._turns import pair, turns
from tests.core.dialects.test_streams import claude_stream
from tests.core.dialects.wire import DIALECTS, of, read_stream

CHAT, CLAUDE, MISTRAL, RESPONSES = "openai-chat", "anthropic-messages", "mistral", "openai-responses"
GEMINI = "gemini"
ODD = '{ "x" :  1.0, "y":1e3, "z":"\\u00e9\\/", "z":-0, "n":123456789012345678901234567890, "e":"", "o":null, "l":[ ] }'
"""Arguments whose bytes matter: spacing, spelling of numbers, escapes, a doubled key, a big integer, empty values."""


def exact(raw: str | bytes) -> Any:
    """Parse so that the spelling of numbers and doubled keys count, and the order of keys does not."""
    return json.loads(
        raw,
        object_pairs_hook=lambda pairs: ("object", sorted(pairs, key=lambda pair: pair[0])),
        parse_int=lambda text: ("number", text),
        parse_float=lambda text: ("number", text),
    )


def history(*messages: str) -> str:
    return '{"model":"m","messages":[' + ",".join(messages) + "]}"


def comes_back(id_: str, body: str, profile: str | Profile | None = None) -> Request:
    """Decode a request, make sure that it is written as it came, and give it."""
    dialect, body = DIALECTS[id_], of(id_, body)
    request = dialect.decode_request(body, profile)
    encoded = dialect.encode_request(request, profile)
    assert exact(encoded.body) == exact(body)
    assert dialect.decode_request(encoded.body, profile) == request
    return request


def chat(**members: Any) -> str:
    return json.dumps({"role": "assistant", **members})


def claude(*blocks: Any, role: str = "assistant") -> str:
    return json.dumps({"role": role, "content": list(blocks)})


def call(**members: Any) -> dict[str, Any]:
    return {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}, **members}


def mused(*words: str, **members: Any) -> dict[str, Any]:
    """Write a thought as Mistral does."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text} for text in words], **members}


def items(*found: Any) -> str:
    """Write items of Responses, which stand in the history as they are."""
    return ",".join(map(json.dumps, found))


def reasoned(*words: str, **members: Any) -> dict[str, Any]:
    """Give a reasoning item with a summary."""
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text} for text in words], **members}


def content(*parts: Any, role: str = "model") -> str:
    """Write a content as Gemini does."""
    return json.dumps({"role": role, "parts": list(parts)})


ASKED = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
USE = {"type": "tool_use", "id": "c", "name": "f", "input": {}}


# -- 1: no words, but a seal -------------------------------------------------------------------------------------------


def test_an_empty_thought_with_a_seal_stands_before_its_call() -> None:
    body = history(claude({"type": "thinking", "thinking": "", "signature": "sig"}, USE))
    thought, _ = comes_back(CLAUDE, body).messages[0].blocks
    assert thought == Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="sig"),))


def test_an_empty_detail_with_a_seal_stands_before_its_call() -> None:
    detail = {"type": "reasoning.text", "text": "", "signature": "sig", "index": 0}
    thought, _ = (
        comes_back(CHAT, history(chat(content=None, reasoning_details=[detail], tool_calls=[call()])))
        .messages[0]
        .blocks
    )
    assert isinstance(thought, Thinking)
    assert (thought.text, [seal.wire for seal in thought.seals]) == ("", ["sig"])


# -- 2: empty, null and absent -----------------------------------------------------------------------------------------


def variants(*names: str) -> list[dict[str, Any]]:
    """Give every mixture of absent, null, empty and filled."""
    values: list[Any] = [..., None, "", "x"]
    return [
        {name: value for name, value in zip(names, mixture, strict=True) if value is not ...}
        for mixture in product(values, repeat=len(names))
    ]


@pytest.mark.parametrize(
    ("id_", "bodies"),
    [
        (CHAT, [history(chat(**v, tool_calls=[call()])) for v in variants("reasoning_content", "content")]),
        (CHAT, [history(chat(**v, content="y")) for v in variants("reasoning", "name")]),
        (CLAUDE, [history(claude({"type": "thinking", **v})) for v in variants("thinking", "signature")]),
        (
            CLAUDE,
            [history(claude({"type": "tool_result", **v}, role="user")) for v in variants("content", "tool_use_id")],
        ),
        (CLAUDE, [history(claude({**USE, **v})) for v in variants("id", "caller")]),
        (CLAUDE, [json.dumps({"messages": [], **v}) for v in variants("system", "model")]),
        (CLAUDE, [history(json.dumps({"role": "user", **v})) for v in variants("content", "odd")]),
        (CHAT, [history(json.dumps({"role": "tool", **v})) for v in variants("content", "tool_call_id")]),
    ],
)
def test_absent_null_and_empty_are_different_things(id_: str, bodies: list[str]) -> None:
    requests = [comes_back(id_, body) for body in bodies]
    assert len(set(map(repr, requests))) == len(bodies)


@pytest.mark.parametrize("id_", DIALECTS)
@pytest.mark.parametrize("member", ["tools", "stream", "model", "temperature"])
def test_absent_null_and_empty_parameters_are_different_things(id_: str, member: str) -> None:
    bodies = ["{}", f'{{"{member}":null}}', f'{{"{member}":[]}}' if member == "tools" else f'{{"{member}":{{}}}}']
    for body in bodies:
        comes_back(id_, '{"messages":[]' + (("," + body[1:]) if len(body) > 2 else "}"))


@pytest.mark.parametrize("flag", ["", ',"is_error":null', ',"is_error":true', ',"is_error":false', ',"is_error":"yes"'])
def test_the_flag_of_a_failed_tool_has_four_states(flag: str) -> None:
    body = history('{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"' + flag + "}]}")
    result = comes_back(CLAUDE, body).messages[0].blocks[0]
    assert isinstance(result, ToolResult)
    assert result.status == {',"is_error":true': "error", ',"is_error":false': "ok"}.get(flag, "unspecified")


# -- 3 and 4: several thoughts, and thoughts in between ----------------------------------------------------------------

THOUGHT = {"type": "thinking", "thinking": "a", "signature": "s"}
REDACTED = {"type": "redacted_thinking", "data": "AAAA=="}
SAID = {"type": "text", "text": "t"}


@pytest.mark.parametrize("order", list(permutations((THOUGHT, REDACTED, SAID, USE))))
def test_blocks_keep_their_order(order: tuple[dict[str, Any], ...]) -> None:
    request = comes_back(CLAUDE, history(claude(*order, {**THOUGHT, "thinking": "late"})))
    kinds = {"thinking": Thinking, "redacted_thinking": Thinking, "text": Text, "tool_use": ToolCall}
    expected = [*(kinds[block["type"]] for block in order), Thinking]
    assert [type(block) for block in request.messages[0].blocks] == expected


def test_several_formats_of_thinking_stand_side_by_side() -> None:
    details = [
        {"type": "reasoning.summary", "summary": "s", "id": "rs_1", "format": "openai-responses-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "AAAA==", "id": "rs_1", "format": "openai-responses-v1", "index": 0},
        {"type": "reasoning.text", "text": "a", "signature": "g", "format": "anthropic-claude-v1", "index": 1},
        {"type": "reasoning.text", "text": "b", "signature": None, "format": "unknown", "index": 2},
        {"type": "reasoning.server_tool_call", "tool_name": "web", "arguments": "{}", "result": "r", "index": 3},
        {"text": "only words"},
        "odd",
    ]
    message = comes_back(CHAT, history(chat(content="x", reasoning_details=details))).messages[0]
    assert [type(block) for block in message.blocks] == [*[Thinking] * 4, Opaque, Thinking, Opaque, Text]
    assert message.thinking == "sabonly words"


def test_a_flat_wire_says_that_it_moves_a_late_thought() -> None:
    request = comes_back(CLAUDE, history(claude(SAID, THOUGHT, USE, {**THOUGHT, "signature": "z"})))
    with pytest.raises(LossError) as caught:
        DIALECTS[CHAT].encode_request(request)
    assert {"order", "seal"} <= {loss.kind for loss in caught.value.losses}
    assert all(loss.path.startswith("messages[0]") for loss in caught.value.losses)


# -- 5: seals on calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", [(0,), (0, 2), (0, 1, 2), ()])
def test_a_seal_stays_on_its_own_call(sealed: tuple[int, ...]) -> None:
    calls = [call(id=f"c{i}") for i in range(3)]
    for i in sealed:
        calls[i]["extra_content"] = {"google": {"thought_signature": f"AAA{i}", "other": 1}, "more": None}
    message = comes_back(CHAT, history(chat(content=None, tool_calls=calls))).messages[0]
    assert [len(block.seals) for block in message.blocks] == [int(i in sealed) for i in range(3)]


def test_a_seal_that_has_no_place_is_refused() -> None:
    sealed = ToolCall(name="f", arguments="{}", seals=(Seal(slot="thoughtSignature", wire="AAAA"),))
    request = Request(conversation=Conversation.of(Message.assistant(sealed)))
    with pytest.raises(LossError, match="thoughtSignature"):
        DIALECTS[CLAUDE].encode_request(request)
    assert b"thought_signature" in DIALECTS[CHAT].encode_request(request).body


# -- 6 and 7: seals that come late, and come twice ---------------------------------------------------------------------


def test_of_two_statements_of_a_seal_the_complete_one_counts() -> None:
    start = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {**THOUGHT, "thinking": "", "signature": "half"},
    }
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "whole"}}
    response = read_stream(DIALECTS[CLAUDE], claude_stream(start, delta)).response
    assert [seal.wire for seal in response.message.blocks[0].seals] == ["whole"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "compaction", "content": None, "encrypted_content": "e", "signature": "s"},
        {"type": "compaction", "content": "sum", "encrypted_content": None},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "c",
            "content": [
                {"type": "web_search_result", "encrypted_content": "e", "title": "t", "url": "u", "page_age": None}
            ],
        },
        {
            "type": "web_search_tool_result",
            "tool_use_id": "c",
            "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
        },
        {"type": "web_search_tool_result", "tool_use_id": "c", "content": {"type": "web_search_result", "url": "u"}},
        {
            "type": "advisor_tool_result",
            "tool_use_id": "c",
            "content": {"type": "advisor_result", "text": "t", "stop_reason": None},
        },
        {
            "type": "advisor_tool_result",
            "tool_use_id": "c",
            "content": {"type": "advisor_redacted_result", "encrypted_content": "e"},
        },
        {"type": "advisor_tool_result", "tool_use_id": "c", "content": [{"type": "advisor_result", "text": "t"}]},
        {
            "type": "code_execution_tool_result",
            "tool_use_id": "c",
            "content": {
                "type": "encrypted_code_execution_result",
                "encrypted_stdout": "e",
                "stderr": "",
                "return_code": 0,
                "content": [],
            },
        },
        {"type": "mcp_tool_result", "tool_use_id": "c", "is_error": False, "content": [{"type": "text", "text": "t"}]},
        {"type": "mcp_tool_result", "tool_use_id": "c", "is_error": True, "content": "t"},
        {
            "type": "tool_search_tool_result",
            "tool_use_id": "c",
            "content": {"type": "tool_search_tool_search_result", "tool_references": []},
        },
        {"type": "later_tool_result", "tool_use_id": "c", "content": {"type": "later", "x": 1}},
        {"type": "server_tool_use", "id": "c", "name": "web_search", "input": {"query": "q"}},
        {"type": "mcp_tool_use", "id": "c", "name": "f", "server_name": "s", "input": {}},
        {"type": "mcp_tool_listing", "mcp_server_name": "s", "tools": []},
        {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}, "trigger": None},
        {"type": "container_upload", "file_id": "f"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a-b+c"}, "title": "t"},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "t"}]}},
        {"type": "document", "source": {"type": "text", "data": "t"}},
        {"type": "document", "source": {"type": "url", "url": "u"}, "citations": {"enabled": True}},
        {"type": "document", "source": {"type": "url", "url": "u", "media_type": "application/pdf"}},
        {"type": "image", "source": {"type": "file", "file_id": "f"}, "cache_control": {"type": "ephemeral"}},
        {"type": "image", "source": {"type": "base64", "media_type": None, "data": None}},
        {"type": "image", "source": "odd"},
        {"type": "image"},
        {
            "type": "web_fetch_tool_result",
            "tool_use_id": "c",
            "content": {
                "type": "web_fetch_result",
                "url": "u",
                "retrieved_at": None,
                "content": {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "d"},
                    "title": "t",
                },
            },
        },
        {
            "type": "web_fetch_tool_result",
            "tool_use_id": "c",
            "content": {
                "type": "web_fetch_result",
                "content": {"type": "document", "source": {"type": "url", "url": "v"}},
            },
        },
        {
            "type": "web_fetch_tool_result",
            "tool_use_id": "c",
            "content": {"type": "web_fetch_tool_result_error", "error_code": "x"},
        },
        {"type": "text", "text": "t", "citations": [{"type": "web_search_result_location", "encrypted_index": "i"}]},
        {"type": "text", "text": None},
        {"type": "redacted_thinking"},
        {"type": "redacted_thinking", "data": None, "signature": "s"},
        {"type": "thinking", "thinking": ["odd"], "signature": 7},
        {"type": "thinking", "thinking": "t", "estimated_tokens": 3, "data": "d"},
        {"type": "tool_use", "id": "c", "input": {}},
        {"type": "tool_use", "id": 7, "name": "f", "input": None, "caller": {"type": "direct"}, "toolset_name": None},
        {"type": "tool_use", "id": "c", "name": "f"},
        {"type": "tool_use", "id": "c", "name": "f", "input": "text"},
        {"type": "tool_use", "id": "c", "name": "f", "input": [1, 2]},
        {
            "type": "tool_result",
            "tool_use_id": "c",
            "content": [
                {"type": "image", "source": {"type": "url", "url": "u"}},
                {"type": "tool_reference", "tool_name": "f"},
            ],
        },
        {"type": "tool_result", "tool_use_id": "c", "content": {"type": "text", "text": "t"}},
        {"type": "tool_result", "tool_use_id": "c", "content": 7},
        {"type": "tool_result"},
        {"type": ""},
        {"type": 7, "text": "t"},
        {"text": "t"},
        {},
        "odd",
        7,
        None,
        [],
    ],
    ids=lambda block: json.dumps(block)[:60],
)
def test_every_block_comes_back(block: Any) -> None:
    comes_back(CLAUDE, history(claude(block), claude(SAID, block, SAID)))
    comes_back(CLAUDE, history(claude({"type": "tool_result", "tool_use_id": "c", "content": [block]}, role="user")))
    body = json.dumps(
        {"id": "x", "type": "message", "role": "assistant", "model": "m", "content": [block], "stop_reason": None}
    )
    dialect = DIALECTS[CLAUDE]
    response = dialect.decode_response(body)
    assert exact(dialect.encode_response(response).body) == exact(body)
    streamed = (
        read_stream(dialect, b"".join(dialect.encode_stream(response))).response
        if isinstance(block, dict)
        else response
    )
    assert json.loads(dialect.encode_response(streamed).body) == json.loads(body)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": None},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
        {"type": "image_url", "image_url": "https://x/y.png"},
        {"type": "image_url"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "audio_url", "audio_url": {"url": "u"}},
        {"type": "video_url", "video_url": {"url": "u"}},
        {"type": "file", "file": {"file_id": "f"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "f.pdf"}},
        {
            "type": "thinking",
            "thinking": [{"type": "text", "text": "t"}, {"type": "reference", "reference_ids": [1]}],
            "signature": "s",
            "closed": True,
        },
        {"type": "thinking", "thinking": "t"},
        {"type": "thinking", "thinking": ["odd"]},
        {"type": "reasoning", "text": "t"},
        {"type": "refusal", "refusal": "no"},
        {"type": ""},
        {},
        "odd",
    ],
    ids=lambda part: json.dumps(part)[:60],
)
def test_every_part_comes_back(part: Any) -> None:
    comes_back(CHAT, history(chat(content=[part]), chat(content=[{"type": "text", "text": "a"}, part])))
    comes_back(CHAT, history(json.dumps({"role": "user", "content": [part]})))
    comes_back(CHAT, history(json.dumps({"role": "tool", "tool_call_id": "c", "content": [part]})))


@pytest.mark.parametrize(
    "entry",
    [
        {"id": None, "type": "function", "function": {"name": "f", "arguments": ""}},
        {"function": {"name": "f", "arguments": None}, "index": 0},
        {"id": "c", "type": "function", "function": {"name": "f"}},
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}},
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": 7}},
        {"id": "c", "type": "function", "function": {"arguments": "{}"}},
        {"id": "c", "type": "function", "function": None},
        {"id": "c", "type": None, "function": {"name": "f", "arguments": "{}"}},
        {"id": "c", "type": "custom", "custom": {"name": "f", "input": "free \ntext"}},
        {"id": "c", "type": "later", "later": {}},
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}", "strict": True}, "cache": {}},
        {},
    ],
    ids=lambda entry: json.dumps(entry)[:60],
)
def test_every_call_comes_back(entry: Any) -> None:
    comes_back(CHAT, history(chat(content=None, tool_calls=[entry]), chat(tool_calls=[call(), entry, call(id="d")])))


# -- 8: arguments whose bytes matter -----------------------------------------------------------------------------------


def test_arguments_that_are_an_object_keep_their_bytes() -> None:
    body = history('{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":' + ODD + "}]}")
    (found,) = comes_back(CLAUDE, body).messages[0].tool_calls
    assert found.arguments == ODD
    assert ODD.encode() in DIALECTS[CLAUDE].encode_request(DIALECTS[CLAUDE].decode_request(body)).body


@pytest.mark.parametrize("text", [ODD, "", "null", "{", '{"a":1}{', "free text", "\ud83d", "[1]", " {} "])
def test_arguments_that_are_a_string_keep_their_bytes(text: str) -> None:
    request = comes_back(
        CHAT, history(chat(content=None, tool_calls=[call(function={"name": "f", "arguments": text})]))
    )
    assert request.messages[0].tool_calls[0].arguments == text


@pytest.mark.parametrize("text", ["{", "free text", "[1]", "null", '{}, "role": "system"', "", "7"])
def test_arguments_that_are_no_object_are_refused_where_an_object_must_stand(text: str) -> None:
    body = history(chat(content="x", tool_calls=[call(function={"name": "f", "arguments": text})]))
    request = DIALECTS[CHAT].decode_request(body)
    if text:
        with pytest.raises(LossError):
            DIALECTS[CLAUDE].encode_request(request)
    encoded = DIALECTS[CLAUDE].encode_request(request, on_loss="report")
    content = json.loads(encoded.body)["messages"][0]["content"]
    assert [block["type"] for block in content] == (["text", "tool_use"] if text == "" else ["text"])
    assert [loss.kind for loss in encoded.losses] == (["spelling"] if text == "" else ["content"])


@pytest.mark.parametrize("id_", DIALECTS)
def test_numbers_and_keys_outside_are_spelled_as_they_came(id_: str) -> None:
    tool = {
        CHAT: '{"type":"function","function":{"name":"f","parameters":%s,"strict":true}}',
        CLAUDE: '{"name":"f","input_schema":%s}',
        MISTRAL: '{"type":"function","function":{"name":"f","parameters":%s,"strict":true}}',
        RESPONSES: '{"type":"function","name":"f","parameters":%s,"strict":true}',
        GEMINI: '{"functionDeclarations":[{"name":"f","parametersJsonSchema":%s}]}',
    }
    body = '{ "temperature" : 1.0, "messages": [ ], "top_p":1e-1, "metadata":%s,\n"tools":[%s] , "\\u00e9":"\\/" }'
    comes_back(id_, body % (ODD, tool[id_] % ODD))


@pytest.mark.parametrize("id_", DIALECTS)
def test_of_a_doubled_key_the_last_one_counts(id_: str) -> None:
    dialect = DIALECTS[id_]
    request = dialect.decode_request(
        of(id_, '{"model":"a","model":"b","messages":[],"messages":[{"role":"user","content":"x"}]}')
    )
    assert len(request.messages) == 1
    assert json.loads(dialect.encode_request(request).body)["model"] == "b"


# -- 9 and 10: pairing and turns are derived, whatever the wire groups -------------------------------------------------


def results(id_: str, *ids: str) -> list[str]:
    """Write results as the wire groups them: one message each, or one message for all."""
    if id_ in {CHAT, MISTRAL}:
        return [json.dumps({"role": "tool", "tool_call_id": i, "content": "r"}) for i in ids]
    if id_ == RESPONSES:
        return [json.dumps({"type": "function_call_output", "call_id": i, "output": "r"}) for i in ids]
    if id_ == GEMINI:
        answered = ({"functionResponse": {"id": i, "name": "f", "response": {"output": "r"}}} for i in ids)
        return [content(*answered, role="user")]
    return [claude(*({"type": "tool_result", "tool_use_id": i, "content": "r"} for i in ids), role="user")]


def calls(id_: str, *ids: str) -> str:
    if id_ in {CHAT, MISTRAL}:
        return chat(content=None, tool_calls=[call(id=i) for i in ids])
    if id_ == RESPONSES:
        return items(*({**ASKED, "call_id": i} for i in ids))
    if id_ == GEMINI:
        return content(*({"functionCall": {"id": i, "name": "f", "args": {}}} for i in ids))
    return claude(*({**USE, "id": i} for i in ids))


@pytest.mark.parametrize("id_", DIALECTS)
def test_ids_that_repeat_belong_to_their_own_response(id_: str) -> None:
    body = history(calls(id_, "call_0"), *results(id_, "call_0"), calls(id_, "call_0"), *results(id_, "call_0"))
    pairs = pair(comes_back(id_, body).conversation)
    assert [(found.state, found.call is not None) for found in pairs] == [("answered", True)] * 2


@pytest.mark.parametrize("id_", DIALECTS)
def test_results_out_of_order_missing_and_extra_are_told_apart(id_: str) -> None:
    body = history(calls(id_, "a", "b", "c"), *results(id_, "c", "a", "z"))
    states = [found.state for found in pair(comes_back(id_, body).conversation)]
    assert sorted(states) == ["answered", "answered", "open", "orphan"]


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_reminder_in_the_middle_of_a_loop_is_not_guessed_to_be_one(id_: str) -> None:
    reminder = json.dumps({"role": "user", "content": "continue"})
    request = comes_back(id_, history(reminder, calls(id_, "a"), *results(id_, "a"), reminder, calls(id_, "b")))
    assert {message.author for message in request.messages} == {"unknown"}
    assert [turn.kind for turn in turns(request.conversation)] == ["input", "response", "input", "response"]


# -- 11 and 12: the request around the history -------------------------------------------------------------------------


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_last_request_without_tools_says_so(id_: str) -> None:
    message = json.dumps({"role": "user", "content": "x"})
    absent, null, none = (
        comes_back(id_, f'{{"messages":[{message}]{more}}}') for more in ("", ',"tools":null', ',"tools":[]')
    )
    assert (absent.conversation.tools is None, null.conversation.tools, none.conversation.tools) == (False, None, ())


MARK = {"cache_control": {"type": "ephemeral"}}


def test_a_cache_mark_that_moves_is_no_edit() -> None:
    dialect = DIALECTS[CLAUDE]
    plain = dialect.decode_request(history(claude({"type": "text", "text": "a"}, USE), claude(SAID, role="user")))
    marked = dialect.decode_request(
        history(claude({"type": "text", "text": "a"}, {**USE, **MARK}), claude({**SAID, **MARK}, role="user"))
    )
    edited = dialect.decode_request(history(claude({"type": "text", "text": "b"}, USE), claude(SAID, role="user")))
    assert same(plain, marked, dialect.projection)
    assert [found.path for found in diff(plain, edited, dialect.projection)] == [
        "conversation.messages[0].blocks[0].text"
    ]


@pytest.mark.parametrize(
    "system",
    ['"be brief"', '[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}]', "[]", "null", '""'],
)
def test_the_system_prompt_is_a_message_at_the_head(system: str) -> None:
    request = comes_back(CLAUDE, f'{{"system":{system},"messages":[{{"role":"user","content":"x"}}]}}')
    assert [(message.role, message.carrier) for message in request.messages] == [
        ("system", "system"),
        ("user", "message"),
    ]


def test_system_messages_may_stand_in_the_list_too() -> None:
    note = json.dumps({"role": "system", "content": "note", "clear_at": "next_user_message"})
    user = json.dumps({"role": "user", "content": "x"})
    for body in (
        history(user, note),
        history(note, user),
        f'{{"system":"s","messages":[{note},{user}]}}',
        history(note),
    ):
        comes_back(CLAUDE, body)


def test_instructions_of_other_dialects_go_to_the_system_prompt() -> None:
    request = DIALECTS[CHAT].decode_request(
        history(*(json.dumps({"role": role, "content": role}) for role in ("system", "developer", "user")))
    )
    encoded = DIALECTS[CLAUDE].encode_request(request, on_loss="report")
    body = json.loads(encoded.body)
    assert body["system"] == [{"type": "text", "text": "system"}, {"type": "text", "text": "developer"}]
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [
        ("spelling", "messages[1].role"),
        ("grouping", "messages[1]"),
    ]


# -- 13: inline tags ---------------------------------------------------------------------------------------------------

MM = Profile(
    name="mm",
    dialect=CHAT,
    provider="minimax",
    writes="content",
    tags=Tags(open="<mm:think>", close="</mm:think>", opener="optional"),
)
ANYWHERE = Profile(
    name="any",
    dialect=CHAT,
    provider="x",
    writes="content",
    tags=Tags(open="<think>", close="</think>", where="anywhere"),
)
LAST = Profile(
    name="last",
    dialect=CHAT,
    provider="x",
    writes="content",
    tags=Tags(open="<think>", close="</think>", closer="last", opener="optional"),
)

INLINE = [
    "<think>\nhmm\n</think>\n\nyes",
    "\n <think>hmm</think>yes",
    "<think></think>",
    "<think>cut",
    "hmm</think>yes",
    "yes <think>no</think> yes",
    "<think>a</think>b<think>c</think>d",
    "<think>in code: `</think>` and more</think>yes",
    "<mm:think>hmm</mm:think>\nyes",
    "no opener</mm:think>\n\nyes",
    "just text",
    "",
    " ",
    "<think>\n\n</think>\n",
    "<think>a\u2028b\x00c</think>\x85d",
]


@pytest.mark.parametrize(
    "profile", [None, "minimax", "minimax-m3", MM, ANYWHERE, LAST], ids=lambda p: getattr(p, "name", str(p))
)
@pytest.mark.parametrize("text", INLINE, ids=lambda text: repr(text)[:30])
def test_inline_tags_give_back_the_text_byte_for_byte(text: str, profile: str | Profile | None) -> None:
    comes_back(CHAT, history(chat(content=text), chat(content=text, tool_calls=[call()])), profile)
    comes_back(CHAT, history(chat(content=text, reasoning_content="hmm"), chat(content=text, reasoning="hmm")), profile)


def test_the_same_thought_in_a_field_and_between_tags_is_one() -> None:
    body = history(chat(content="<think>\nhmm\n</think>\n\nyes", reasoning_content="hmm"))
    message = comes_back(CHAT, body, "minimax").messages[0]
    assert [type(block) for block in message.blocks] == [Thinking, Text]
    assert message.thinking == "hmm"


def test_tags_are_text_without_a_profile_that_names_them() -> None:
    message = comes_back(CHAT, history(chat(content="<think>hmm</think>yes"))).messages[0]
    assert (message.text, message.thinking) == ("<think>hmm</think>yes", "")


# -- 14: characters and sizes ------------------------------------------------------------------------------------------

TEXTS = [
    "\ud83d",
    "\ude00\ud83d",
    "a\x00b",
    "\u2028\u2029\x85",
    "e\u0301",
    "\u00e9",
    "😀",
    "\\u00e9",
    '"\\\n\t\r',
    "\ufeff",
    "\uffff",
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("escaped", [True, False])
def test_every_character_comes_back(text: str, escaped: bool) -> None:  # noqa: FBT001 - two ways to write one text
    if not escaped and any("\ud800" <= char <= "\udfff" for char in text):
        with pytest.raises(DecodeError):
            DIALECTS[CHAT].decode_request(f'{{"messages":[{{"role":"user","content":"{text}"}}]}}')
        return

    def write(message: dict[str, Any]) -> str:
        return json.dumps(message, ensure_ascii=escaped)

    args = json.dumps({text: text}, ensure_ascii=escaped)
    asked = {"name": text, "arguments": args}
    told = comes_back(
        CHAT,
        history(
            write(
                {
                    "role": "assistant",
                    "content": text,
                    "reasoning_content": text,
                    "x" + text: text,
                    "tool_calls": [call(function=asked, id=text)],
                }
            )
        ),
    )
    assert (told.messages[0].text, told.messages[0].thinking) == (text, text)
    sealed = {"type": "thinking", "thinking": text, "signature": text}
    said = comes_back(
        CLAUDE,
        history(
            write(
                {
                    "role": "assistant",
                    "content": [
                        sealed,
                        {"type": "text", "text": text, text: text},
                        {**USE, "input": {text: text}, "id": text},
                    ],
                }
            )
        ),
    )
    assert (said.messages[0].text, said.messages[0].thinking, said.messages[0].blocks[0].seals[0].wire) == (
        text,
        text,
        text,
    )


@pytest.mark.parametrize("id_", DIALECTS)
def test_long_thinking_and_long_seals_come_back(id_: str) -> None:
    long, seal = "thought " * 25_000, "QUFB" * 30_000
    message = {
        CHAT: chat(
            content="x", reasoning_details=[{"type": "reasoning.text", "text": long, "signature": seal, "index": 0}]
        ),
        CLAUDE: claude({"type": "thinking", "thinking": long, "signature": seal}, SAID),
        MISTRAL: chat(content=[mused(long, signature=seal), SAID]),
        RESPONSES: items(reasoned(long, encrypted_content=seal), ASKED),
        GEMINI: content({"text": long, "thought": True, "thoughtSignature": seal}, {"text": "t"}),
    }
    thought = comes_back(id_, history(message[id_])).messages[0].blocks[0]
    assert isinstance(thought, Thinking)
    assert (thought.text, thought.seals[0].wire) == (long, seal)


@pytest.mark.parametrize("seal", ["QUFB", "QUE=", "QUE", "-_-_", "not base64!", ""])
def test_a_seal_keeps_its_spelling(seal: str) -> None:
    comes_back(
        CLAUDE,
        history(
            claude(
                {"type": "thinking", "thinking": "t", "signature": seal}, {"type": "redacted_thinking", "data": seal}
            )
        ),
    )
    google = {"google": {"thought_signature": seal}}
    comes_back(CHAT, history(chat(content=None, tool_calls=[call(extra_content=google)])))


# -- 15: another provider, and an end before the end -------------------------------------------------------------------


def test_a_stream_cut_before_its_seal_has_none() -> None:
    start = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "thinking", "thinking": "", "signature": ""},
    }
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
    response = read_stream(DIALECTS[CLAUDE], claude_stream(start, delta, stop=None)).response
    assert response.outcome == "truncated"
    assert [seal.wire for seal in response.message.blocks[0].seals] == [""]  # the placeholder of the start, as it came


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (
            Opaque(dialect=CLAUDE, kind="fallback", body=Json(b"{}")),
            "foreign",
        ),
        (ToolCall(name="web", arguments="{}", kind="object", server=True), "foreign"),
        (Thinking.of("t", signature="s"), "seal"),
        (ToolResult(call_id="c", content="r", status="error"), "content"),
        (Media(kind="file", url="u"), "content"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_chat_cannot_hold_is_refused(block: Any, kind: str) -> None:
    request = Request(conversation=Conversation.of(Message.assistant(block)))
    with pytest.raises(LossError) as caught:
        DIALECTS[CHAT].encode_request(request)
    assert kind in {loss.kind for loss in caught.value.losses}


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (Thinking(segments=(Segment(text="a"), Segment(text="b"))), "grouping"),
        (Thinking(segments=(Segment(channel="summary", text="a"),)), "spelling"),
        (Thinking(seals=(Seal(slot="encrypted_content", wire="a"),)), "seal"),
        (Media(kind="video", url="u"), "content"),
        (Media(kind="image", url="u", mime="image/png"), "spelling"),
        (ToolCall(name="f", arguments="free", kind="freeform"), "content"),
        (ToolResult(call_id="c", name="f", content="r"), "spelling"),
        (ToolResult(call_id="c", content="r", server=True), "foreign"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_messages_api_cannot_hold_is_told(block: Any, kind: str) -> None:
    request = Request(conversation=Conversation.of(Message.assistant(block)))
    losses = DIALECTS[CLAUDE].encode_request(request, on_loss="report").losses
    assert [loss.kind for loss in losses] == [kind]
    assert losses[0].path.startswith("messages[0].blocks[0]")
    if kind != "spelling":
        with pytest.raises(LossError):
            DIALECTS[CLAUDE].encode_request(request)


@pytest.mark.parametrize(
    ("media", "source"),
    [
        (Media(kind="image", url="u", mime="image/png"), {"type": "url", "url": "u"}),
        (Media(kind="file", file_id="f", mime="application/pdf"), {"type": "file", "file_id": "f"}),
        (Media(kind="file", text="t"), {"type": "text", "data": "t", "media_type": "text/plain"}),
        (
            Media(kind="image", data="AAAA", mime="image/png"),
            {"type": "base64", "data": "AAAA", "media_type": "image/png"},
        ),
    ],
)
def test_a_source_has_a_media_type_where_the_messages_api_wants_one(media: Media, source: dict[str, str]) -> None:
    request = Request(conversation=Conversation.of(Message(role="user", blocks=(media,))))
    (sent,) = json.loads(DIALECTS[CLAUDE].encode_request(request, on_loss="report").body)["messages"]
    assert sent["content"][0]["source"] == source


CHANNELS: dict[str, Channel] = {GEMINI: "summary"}
"""What thinking is on a wire that shows nothing else."""


@pytest.mark.parametrize("id_", DIALECTS)
def test_the_same_thought_goes_to_both(id_: str) -> None:
    thought = Thinking(segments=(Segment(channel=CHANNELS.get(id_, "raw"), text="hm"),))
    conversation = Conversation.of(Message.user("go"), Message.assistant(thought, Text(text="yes")))
    dialect = DIALECTS[id_]
    body = dialect.encode_request(Request(conversation=conversation, model="m")).body
    again = dialect.decode_request(body)
    assert [message.thinking for message in again.messages] == ["", "hm"]
    assert same(Request(conversation=conversation, model="m"), again, dialect.projection)


def test_thinking_split_into_a_message_of_its_own_stays_there() -> None:
    request = comes_back(CHAT, history(chat(content="", reasoning_content="hm"), chat(content="yes")))
    assert [message.thinking for message in request.messages] == ["hm", ""]
    assert [turn.kind for turn in turns(request.conversation)] == ["response"]


Edit = Callable[[Message], Message]


@pytest.mark.parametrize("id_", DIALECTS)
def test_what_is_edited_is_sent_as_edited(id_: str) -> None:
    message = {
        CHAT: chat(content="a", reasoning_content="t"),
        CLAUDE: claude(THOUGHT, SAID),
        MISTRAL: chat(content=[mused("t"), SAID]),
        RESPONSES: items(reasoned("t"), {"role": "assistant", "content": "a"}),
        GEMINI: content({"text": "t", "thought": True}, {"text": "a"}),
    }[id_]
    dialect = DIALECTS[id_]
    request = dialect.decode_request(of(id_, history(message)))
    thought, said = request.messages[0].blocks
    assert isinstance(said, Text)
    edited = request.messages[0].with_blocks([thought, replace(said, text="edited")])
    body = dialect.encode_request(replace(request, conversation=replace(request.conversation, messages=(edited,)))).body
    assert b'"edited"' in body
    assert dialect.decode_request(body).messages[0].thinking == request.messages[0].thinking
