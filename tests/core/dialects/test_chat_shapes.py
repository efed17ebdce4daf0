"""Shapes of chat bodies that no recording holds: other providers, other clients, and every member in every state.

Each case names its provider and its shape, and where that shape is written.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from keepthinking._compare import same
from keepthinking._errors import DecodeError, LossError
from keepthinking._exchange import Request, Response
from keepthinking._messages import Conversation, Media, Message, Origin, Text, Thinking, ToolCall, ToolResult
from keepthinking._profiles import profile, profiles
from keepthinking.dialects.openai_chat import DIALECT
from tests.core.dialects.wire import differences, other

PROFILES = [row.name for row in profiles("openai-chat")]
STATES: Mapping[str, Any] = {
    "null": None,
    "empty": "",
    "list": [],
    "object": {},
    "number": 7,
    "true": True,
    "words": "w",
}


class Shape(NamedTuple):
    """One message or answer as a provider or client writes it."""

    name: str
    body: dict[str, Any]
    source: str
    profile: str | None = None


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ARGUMENTS: tuple[Any, ...] = ({"a": 1.0, "b": {}}, [], [1], 7, None, True, "")

MESSAGES = (
    Shape(
        "mistral thinking parts",
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "closed": True, "signature": "s"},
                {"type": "text", "text": "b"},
            ],
            "prefix": False,
        },
        "mistralai, client/models/thinkchunk.py",
        "mistral-chat",
    ),
    Shape(
        "gemini seals on calls and on the text",
        {
            "role": "assistant",
            "content": "t",
            "extra_content": {"google": {"thought_signature": "c2VhbA=="}},
            "tool_calls": [{**CALL, "extra_content": {"google": {"thought_signature": "c2Vhbg=="}, "x": 1}}],
        },
        "https://github.com/mozilla-ai/any-llm/pull/1320",
        "gemini-openai",
    ),
    Shape(
        "vertex seal on a call",
        {"role": "assistant", "tool_calls": [{**CALL, "extra_content": {"vertex": {"thought_signature": "QUI="}}}]},
        "https://github.com/earendil-works/pi/issues/6733",
        "vertex-openai",
    ),
    Shape(
        "openrouter details with repeated and missing numbers",
        {
            "role": "assistant",
            "content": "",
            "reasoning": "one",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "one", "signature": None, "index": 0, "format": "google-gemini-v1"},
                {"type": "reasoning.encrypted", "data": "ZA==", "id": "c", "index": 0},
                {"type": "reasoning.summary", "summary": "", "index": 0},
                {"type": "reasoning.server_tool_call", "tool_name": "f", "arguments": "{}", "result": "r"},
                {"type": "reasoning.text"},
                {"text": "bare"},
                {},
                None,
            ],
        },
        "openrouter, components/reasoningdetailunion.py; https://github.com/OpenRouterTeam/ai-sdk-provider/issues/519",
        "openrouter",
    ),
    *(
        Shape(
            f"content that is {word}",
            {"role": role, "content": value},
            "answers of Workers AI where a schema was asked for (recorded 2025-12)",
        )
        for word, value in (
            ("an object", {"a": 1.0, "b": {}}),
            ("an empty object", {}),
        )
        for role in ("assistant", "user", "tool")
    ),
    Shape(
        "smolagents history: one text part holds the tags",
        {"role": "assistant", "content": [{"type": "text", "text": "<think>\na\n</think>\n\nb"}]},
        "smolagents, models.py, get_clean_message_list",
        "minimax",
    ),
    Shape(
        "thought in a field, between tags and in an unknown entry",
        {
            "role": "assistant",
            "content": "<think>a</think>b",
            "reasoning_details": [{"type": "reasoning.text", "text": "a"}, {"type": "later", "text": "a"}],
        },
        "https://github.com/can1357/oh-my-pi/issues/2434",
        "minimax",
    ),
    Shape(
        "legacy function call",
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        "openai, types/chat/chat_completion_message.py",
    ),
    Shape("legacy function result", {"role": "function", "name": "f", "content": "r"}, "openai, types/chat"),
    Shape("developer", {"role": "developer", "content": [{"type": "text", "text": "t"}], "name": "n"}, "openai"),
    Shape(
        "custom role", {"role": "custom", "content": "t", "recipient": "x"}, "vllm, CustomChatCompletionMessageParam"
    ),
    Shape("result without members", {"role": "tool"}, "by hand"),
    Shape(
        "custom calls",
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x\ny"}}]},
        "openai, types/chat/chat_completion_message_custom_tool_call.py",
    ),
    Shape(
        "arguments that are no string",
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "c", "function": {"name": "f", "arguments": value}, "type": "function"} for value in ARGUMENTS
            ],
        },
        "ollama, openai/openai.go; llama.cpp accepts objects",
    ),
    Shape(
        "parts of every kind",
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": "u"},
                {
                    "type": "image_url",
                    "image_url": {"url": "u", "detail": "low"},
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "image_url", "image_url": None},
                {"type": "image_url"},
                {"type": "input_audio", "input_audio": {"data": "ZA==", "format": "wav"}},
                {"type": "audio_url", "audio_url": {"url": "u"}},
                {"type": "file", "file": {"file_data": "ZA==", "filename": "n"}},
                {"type": "file", "file": {"file_data": "ZA==", "filename": ""}},
                {"type": "file", "file": {"file_id": "i", "filename": None}},
                {"type": "file", "file": {"filename": "alone"}},
                {"type": "file", "file": {"file_id": "i"}},
                {"type": "file", "file": {}},
                {"type": "video_url", "video_url": {"url": "u"}},
                {"type": "video", "video": ["a", "b"]},
                {"type": "refusal", "refusal": "no"},
                {"type": "thinking", "thinking": "t"},
                {"type": "thinking", "thinking": [{"type": "reference", "reference_ids": [1]}, {"type": "text"}]},
                {"type": "later"},
                {"text": "no type"},
                {},
                "bare",
                None,
            ],
        },
        "openai, vllm and DashScope content parts",
    ),
)

ANSWERS = (
    Shape(
        "gemini error in a list",
        [{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}],  # type: ignore[arg-type]
        "https://github.com/SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter/issues/3",
    ),
    Shape(
        "minimax refusal inside a good status",
        {"id": "i", "choices": None, "base_resp": {"status_code": 2013, "status_msg": "invalid params"}},
        "https://github.com/MiniMax-AI/MiniMax-M2/issues/76",
    ),
    Shape(
        "sglang error object",
        {"object": "error", "message": "m", "type": "BadRequestError", "param": None, "code": 400},
        "sglang, srt/entrypoints/openai/protocol.py, ErrorResponse",
    ),
    Shape("no message", {"choices": [{"index": 0, "finish_reason": "length"}]}, "stopped before the first word"),
    Shape("null message", {"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]}, "as above"),
    Shape("no role", {"choices": [{"message": {"content": "t", "tool_calls": None}}]}, "as above"),
    Shape("null role", {"choices": [{"message": {"role": None, "content": "t"}, "delta": None}]}, "as above"),
    Shape(
        "azure filters, several choices",
        {
            "id": "i",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
            "choices": [
                {
                    "index": n,
                    "finish_reason": "stop",
                    "logprobs": None,
                    "message": {"role": "assistant", "content": f"t{n}", "refusal": None, "annotations": []},
                    "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}},
                }
                for n in (0, 1, 2)
            ],
            "usage": {"total_tokens": 10**25, "cost": 0.000142500},
        },
        "Azure OpenAI reference, content filtering",
    ),
    Shape(
        "perplexity",
        {
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "t"},
                    "delta": {"role": "assistant", "content": ""},
                }
            ],
            "citations": ["u"],
            "search_results": [{"url": "u"}],
        },
        "docs.perplexity.ai, chat completions",
    ),
)


def exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def request_of(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages)}


@pytest.mark.parametrize("shape", MESSAGES, ids=lambda shape: shape.name)
def test_messages_come_back(shape: Shape) -> None:
    body = request_of({"role": "user", "content": "hello"}, shape.body)
    for name in {shape.profile, None, "minimax", "deepseek"}:
        encoded = DIALECT.encode_request(DIALECT.decode_request(body, name), name)
        assert exact(json.loads(encoded.body)) == exact(body), name
        assert not encoded.losses


@pytest.mark.parametrize("shape", ANSWERS, ids=lambda shape: shape.name)
def test_answers_come_back(shape: Shape) -> None:
    response = DIALECT.decode_response(shape.body)
    encoded = DIALECT.encode_response(response)
    assert exact(json.loads(encoded.body)) == exact(shape.body)
    assert not encoded.losses


@pytest.mark.parametrize("shape", ANSWERS[:3], ids=lambda shape: shape.name)
def test_a_refusal_is_a_failure(shape: Shape) -> None:
    assert DIALECT.decode_response(shape.body).outcome == "failed"


@pytest.mark.parametrize(
    ("reason", "outcome"), [("model_length", "truncated"), ("error", "failed"), ("stop", "complete")]
)
def test_finish_reasons_of_other_vendors(reason: str, outcome: str) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "t"}, "finish_reason": reason}]}
    assert DIALECT.decode_response(body).outcome == outcome


# -- every member in every state -------------------------------------------------------------------------------------

MEMBERS = ("content", "name", "reasoning", "reasoning_content", "reasoning_details", "tool_calls", "tool_call_id",
           "function_call", "refusal", "audio", "extra_content", "annotations", "later")  # fmt: skip


def refused(role: str, member: str, value: Any) -> bool:
    """Tell which states break the skeleton of a message: everything else has to come back."""
    if member == "content":
        return not (value is None or isinstance(value, str | list | dict))
    return member == "tool_calls" and role != "tool" and not (value is None or isinstance(value, list))


@pytest.mark.parametrize("name", PROFILES)
def test_every_member_in_every_state_comes_back(name: str) -> None:
    for role, member, state in product(("user", "assistant", "tool", "x"), MEMBERS, STATES):
        message = {"role": role, "content": "c", member: STATES[state]}
        body = request_of(message)
        if refused(role, member, STATES[state]):
            with pytest.raises(DecodeError) as caught:
                DIALECT.decode_request(body, name)
            assert caught.value.where == f"$.messages[0].{member}"
            assert caught.value.culprit == "framework"
            continue
        encoded = DIALECT.encode_request(DIALECT.decode_request(body, name), name)
        assert exact(json.loads(encoded.body)) == exact(body), (role, member, state)
        assert not encoded.losses, (role, member, state)


def entries() -> Iterator[dict[str, Any]]:
    inner = (
        "id",
        "type",
        "function",
        "custom",
        "index",
        "extra_content",
        "text",
        "summary",
        "data",
        "signature",
        "later",
    )
    for member, state in product(inner, STATES):
        yield {**CALL, member: STATES[state]}
        yield {"type": "reasoning.text", "text": "t", "index": 0, member: STATES[state]}
        yield {key: value for key, value in CALL.items() if key != member}
        yield {"type": "text", "text": "t", member: STATES[state]}
        yield {"type": "thinking", "thinking": [{"type": "text", "text": "t", member: STATES[state]}]}
    for member, state in product(("name", "arguments", "later"), STATES):
        yield {**CALL, "function": {"name": "f", "arguments": "{}", member: STATES[state]}}
        yield {"id": "c", "type": "custom", "custom": {"name": "f", "input": "x", member: STATES[state]}}


@pytest.mark.parametrize("member", ["tool_calls", "reasoning_details", "content"])
def test_every_entry_in_every_state_comes_back(member: str) -> None:
    for entry in entries():
        body = request_of({"role": "assistant", "content": "c", member: [CALL, entry, entry]})
        request = DIALECT.decode_request(body)
        encoded = DIALECT.encode_request(request)
        assert exact(json.loads(encoded.body)) == exact(body), entry
        assert not encoded.losses, entry
        message = request.messages[0]
        for n, block in enumerate(message.blocks):
            less = message.with_blocks([*message.blocks[:n], *message.blocks[n + 1 :]])
            written = json.loads(DIALECT.encode_request(of(less)).body)["messages"][0]
            assert sum(map(len, lists(written))) == sum(map(len, lists(body["messages"][0]))) - (
                block_in_list(block, member)
            ), entry


def lists(message: dict[str, Any]) -> Iterator[list[Any]]:
    yield from (value for value in message.values() if isinstance(value, list))


def block_in_list(block: Any, member: str) -> int:
    return 0 if member != "content" and isinstance(block, Text) else 1


def of(*messages: Message) -> Request:
    return Request(conversation=Conversation.of(*messages), model="m")


# -- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_new_thinking_goes_where_the_provider_reads_it_or_is_a_loss(name: str) -> None:
    row = profile(name, "openai-chat")
    reads = {place.partition("[")[0] for place in row.accepts} - {"tool_calls"}
    request = of(Message.user("q"), Message.assistant(Thinking.of("plan"), Text.of("yes")))
    encoded = DIALECT.encode_request(request, name, on_loss="report")
    written = json.loads(encoded.body)["messages"][1]
    held = {key for key, value in written.items() if "plan" in json.dumps(value)}
    assert held <= reads
    assert bool(held) is not bool(encoded.losses)
    if held:
        again = DIALECT.decode_request(encoded.body, name)
        assert (again.messages[1].thinking, again.messages[1].text) == ("plan", "yes")
        return
    with pytest.raises(LossError):
        DIALECT.encode_request(request, name)


@pytest.mark.parametrize(
    ("member", "name", "home"),
    [("reasoning", "deepseek", "reasoning_content"), ("reasoning_content", "groq", "reasoning")],
)
def test_thinking_of_another_provider_goes_where_this_one_reads_it(member: str, name: str, home: str) -> None:
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "t", member: "plan"}}]}
    message = DIALECT.decode_response(answer).message
    assert isinstance(message.origin, Origin)
    written = json.loads(DIALECT.encode_request(of(message), name).body)["messages"][0]
    assert written == {"role": "assistant", "content": "t", home: "plan"}
    own = message.replace(origin=replace(message.origin, provider=profile(name, "openai-chat").provider))
    assert member in json.loads(DIALECT.encode_request(of(own), name).body)["messages"][0]


def test_a_sound_by_reference_needs_no_spelling() -> None:
    body = request_of({"role": "user", "content": [{"type": "audio_url", "audio_url": {"url": "u"}}]})
    (block,) = DIALECT.decode_request(body).messages[0].blocks
    assert isinstance(block, Media)
    plain = Message(role="user", blocks=(Media(kind=block.kind, url=block.url),))
    assert json.loads(DIALECT.encode_request(of(plain)).body)["messages"] == body["messages"]


def test_an_answer_cannot_hold_results() -> None:
    response = DIALECT.decode_response({"choices": [{"index": 0, "message": {"role": "assistant", "content": "t"}}]})
    message = response.message.with_blocks([*response.message.blocks, ToolResult.of("r", call_id="c")])
    encoded = DIALECT.encode_response(replace(response, messages=(message,)))
    assert json.loads(encoded.body)["choices"][0]["message"] == {"role": "assistant", "content": "t"}
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [("content", "messages[0].blocks[1]")]


def test_object_arguments_are_equal_as_values() -> None:
    head, tail = json.dumps(request_of({"role": "assistant", "tool_calls": [CALL]})).encode().split(b'"{}"')
    one, two = (DIALECT.decode_request(head + text + tail) for text in (b'{ "a" : 1.0 }', b'{"a":1.0}'))
    assert same(one.messages[0], two.messages[0], DIALECT.projection)
    call = one.messages[0].tool_calls[0]
    assert (call.kind, call.arguments) == ("object", '{ "a" : 1.0 }')
    edited = of(one.messages[0].with_blocks([replace(call, arguments='"words"')]))
    written = DIALECT.encode_request(edited).body
    assert DIALECT.decode_request(written).messages[0].tool_calls[0].arguments == '"words"'


ODD = ("\x00", "\u2028", "\ufeff", "\ud83d", "\\", "</think>", "<think>", "e\u0301", "x" * 200_000, " " * 100_000)


@pytest.mark.parametrize("name", ["openai-chat", "minimax", "minimax-m3", "minimax-split"])
def test_odd_words_come_back(name: str) -> None:
    for odd in ODD:
        for text in (odd, f"<think>{odd}</think>{odd}", f"{odd}</mm:think>\n{odd}"):
            message = {"role": "assistant", "content": text, "reasoning_content": odd, "tool_calls": [CALL]}
            body = request_of(message)
            encoded = DIALECT.encode_request(DIALECT.decode_request(body, name), name)
            assert json.loads(encoded.body) == body


def test_each_leaf_of_each_shape_is_its_own() -> None:
    for shape in MESSAGES:
        body = request_of(shape.body)
        request = DIALECT.decode_request(body, shape.profile)
        (message,) = request.messages
        for n, block in enumerate(message.blocks):
            if not isinstance(block, ToolCall):
                continue
            changed = message.with_blocks(
                [*message.blocks[:n], replace(block, name=other(block.name)), *message.blocks[n + 1 :]]
            )
            written = json.loads(DIALECT.encode_request(of(changed), shape.profile).body)
            assert len(list(differences(body["messages"], written["messages"]))) == 1, shape.name


def test_a_value_in_place_of_content_is_read_as_its_words() -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": {"title": "Notes", "page": 1.0}}}]}
    response = DIALECT.decode_response(body)
    assert response.message.text == '{"title":"Notes","page":1.0}'
    assert json.loads(DIALECT.encode_response(response).body) == body
    told = Message.assistant(Text.of('{"title": "Notes", "page": 1.0}'))  # as a client writes it back
    assert same(response.message, told, DIALECT.projection)
    assert not same(response.message, Message.assistant(Text.of('{"title": "Other", "page": 1.0}')), DIALECT.projection)
    edited = response.message.with_blocks([replace(response.message.blocks[0], text="no JSON")])
    assert json.loads(DIALECT.encode_request(of(edited)).body)["messages"][0]["content"] == "no JSON"


def answered(**message: Any) -> dict[str, Any]:
    return {"id": "i", "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


def test_an_answer_is_one_string_as_clients_read_it() -> None:
    message = Message.assistant(Text.of("a"), Text.of("b"))
    encoded = DIALECT.encode_response(Response(messages=(message,), stop_reason="stop"))
    body = json.loads(encoded.body)
    assert (body["object"], body["choices"][0]["message"]["content"]) == ("chat.completion", "ab")
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [("grouping", "messages[0].blocks[1]")]
    (sent,) = json.loads(DIALECT.encode_request(Request(conversation=Conversation.of(message))).body)["messages"]
    assert [part["text"] for part in sent["content"]] == ["a", "b"]


@pytest.mark.parametrize("content", [[], [{"type": "text", "text": "a"}], [{"type": "text", "text": t} for t in "ab"]])
def test_an_answer_that_came_as_a_list_goes_back_as_one(content: list[Any]) -> None:
    body = answered(content=content)
    encoded = DIALECT.encode_response(DIALECT.decode_response(body))
    assert (json.loads(encoded.body), encoded.losses) == (body, ())  # without `object`, too, as it came


def test_media_without_a_home_are_left_out() -> None:
    blocks = (Media(kind="image", file_id="f"), Media(kind="file", url="https://example.com/a.pdf"), Text.of("t"))
    encoded = DIALECT.encode_request(
        Request(conversation=Conversation.of(Message(role="user", blocks=blocks))), on_loss="report"
    )
    (sent,) = json.loads(encoded.body)["messages"]
    assert sent["content"] == [{"type": "text", "text": "t"}]
    assert {"messages[0].blocks[0].file_id", "messages[0].blocks[1].url"} <= {loss.path for loss in encoded.losses}
