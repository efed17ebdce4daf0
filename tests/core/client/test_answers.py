"""What a provider answers comes through as it is, however it is cut, coded and asked for."""

import gzip
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from keepthinking import (
    Conversation,
    DecodeError,
    EncodeError,
    Endpoint,
    Json,
    LossError,
    Message,
    ProviderError,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    TransportError,
    dialect,
)
from keepthinking._turns import MODEL_ROLES
from keepthinking.options import counts_of
from tests.core.client.server import (
    ANTHROPIC,
    CHAT,
    DIALECTS,
    GEMINI,
    JSON,
    KEY,
    OLLAMA,
    RESPONSES,
    SAID,
    SSE,
    THOUGHT,
    WIRES,
    Reply,
    Server,
    asked,
    begun,
    frames,
    history,
    streamed,
    whole,
)
from tests.core.client.ways import PLAIN, STREAMED, WAYS, Way

if TYPE_CHECKING:
    from keepthinking.client import Client

pytestmark = pytest.mark.extras


def connect(server: Server, dialect_id: str, **options: Any) -> "Client":
    from keepthinking.client import Client

    endpoint = Endpoint(dialect=dialect_id, base_url=server.base(dialect_id), model="m", api_key=KEY)
    return Client(endpoint, **options)


def read(dialect_id: str, way: Way) -> Message:
    """What the dialect itself makes of the same bytes."""
    spoken = dialect(dialect_id)
    if way in PLAIN:
        return spoken.decode_response(whole(dialect_id)).message
    decoder = spoken.stream_decoder()
    decoder.feed(b"".join(frames(dialect_id)))
    return decoder.finish().message


def reply(dialect_id: str, way: Way, **more: Any) -> Reply:
    if way in STREAMED:
        return Reply(streamed(dialect_id), headers=SSE, **more)
    return Reply([whole(dialect_id)], headers=JSON, **more)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_an_answer_comes_through(server: Server, dialect_id: str, way: Way) -> None:
    server.play(reply(dialect_id, way))

    got = way(connect(server, dialect_id), asked())

    message = got.response.message
    assert message == read(dialect_id, way)
    assert [type(block) for block in message.blocks] == [Thinking, Text, ToolCall, ToolCall]
    assert counts_of(got.response) is not None or dialect_id == CHAT  # its total alone is there
    if member := WIRES[dialect_id].usage:
        assert isinstance(got.response.usage, Json)
        assert got.response.usage.value == json.loads(whole(dialect_id))[member]
    assert got.response.outcome == "complete"


@pytest.mark.parametrize("size", [1, 3, 7, 1_000_000])
@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_stream_may_be_cut_in_characters_and_frames(server: Server, dialect_id: str, way: Way, size: int) -> None:
    server.play(Reply(streamed(dialect_id, size), headers=SSE))

    got = way(connect(server, dialect_id), asked())

    assert got.response.message == read(dialect_id, way)
    assert "".join(e.text for e in got.events if e.kind == "text" and isinstance(e.text, str)) == SAID
    assert "".join(e.text for e in got.events if e.kind == "thinking" and isinstance(e.text, str)) == THOUGHT
    assert [event.kind for event in got.events].count("end") == 1


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_whole_answer_to_a_stream_gives_the_events_of_a_stream(server: Server, dialect_id: str, way: Way) -> None:
    server.play(Reply(streamed(dialect_id), headers=SSE), Reply([whole(dialect_id)], headers=JSON))
    usual = way(connect(server, dialect_id), asked())

    got = way(connect(server, dialect_id), asked())

    assert got.response.message == read(dialect_id, PLAIN[0])
    assert got.events == usual.events


@pytest.mark.parametrize("way", STREAMED)
def test_a_whole_answer_to_a_stream_of_frames_needs_nothing_that_reads_frames(
    server: Server, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keepthinking.client import Client

    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    id_ = "anthropic-messages"
    server.play(Reply([whole(id_)], headers=JSON))
    endpoint = Endpoint(dialect=id_, base_url=server.base(id_), model="m", profile="bedrock-anthropic")

    got = way(Client(endpoint), asked())

    assert "".join(e.text for e in got.events if e.kind == "thinking" and isinstance(e.text, str)) == THOUGHT


@pytest.mark.parametrize("way", PLAIN)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_stream_where_a_whole_answer_was_asked_for_is_read(server: Server, dialect_id: str, way: Way) -> None:
    server.play(Reply(streamed(dialect_id), headers=SSE))

    got = way(connect(server, dialect_id), asked())

    assert got.response.message == read(dialect_id, STREAMED[0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_header_may_name_the_wrong_type(server: Server, dialect_id: str, way: Way) -> None:
    right = reply(dialect_id, way)
    server.play(Reply([b"\n \r\n", *right.parts], headers={"content-type": "text/plain"}))

    got = way(connect(server, dialect_id), asked())

    assert got.response.message == read(dialect_id, way)


@pytest.mark.parametrize("way", WAYS)
def test_a_compressed_answer_is_read(server: Server, way: Way) -> None:
    right = reply(CHAT, way)
    server.play(Reply([gzip.compress(b"".join(right.parts))], headers={**right.headers, "content-encoding": "gzip"}))

    got = way(connect(server, CHAT), asked())

    assert got.response.message == read(CHAT, way)


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_is_not_compressed_as_its_header_says_is_an_error(server: Server, way: Way) -> None:
    server.play(Reply([b"no gzip at all"], headers={**JSON, "content-encoding": "gzip"}))

    with pytest.raises(DecodeError, match="not compressed"):
        way(connect(server, CHAT, max_retries=0), asked())


# -- what is no answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
@pytest.mark.parametrize("body", [b'{"choices": [', b'{"id":', b"[]", b"{}"])
def test_malformed_json_is_the_providers_fault(server: Server, dialect_id: str, way: Way, body: bytes) -> None:
    server.play(Reply([body], headers=JSON))
    half = dialect_id == OLLAMA and body[-1:] not in b"]}"  # of a line nobody can tell that more was to come

    with pytest.raises(TransportError if half else DecodeError) as caught:
        way(connect(server, dialect_id), asked())

    assert caught.value.culprit == "provider"
    assert len(server.seen) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_website_is_no_answer(server: Server, way: Way) -> None:
    server.play(Reply([b"<!doctype html>", b"<title>Welcome</title>"], headers={"content-type": "text/html"}))

    with pytest.raises(DecodeError, match="HTML page") as caught:
        way(connect(server, CHAT), asked())

    assert "base_url" in caught.value.hint


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_malformed_json_inside_a_stream_is_an_error(server: Server, dialect_id: str, way: Way) -> None:
    server.play(Reply([*streamed(dialect_id)[:2], b"data: {no json}\n\n", *streamed(dialect_id)[2:]], headers=SSE))

    with pytest.raises(DecodeError) as caught:
        way(connect(server, dialect_id), asked())

    assert caught.value.culprit == "provider"


@pytest.mark.parametrize("cut", [True, False], ids=["connection lost", "closed in order"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_stream_that_ends_early_is_an_error(server: Server, dialect_id: str, way: Way, *, cut: bool) -> None:
    joined = begun(dialect_id)
    for end in (len(joined), len(joined) - 5, joined.index("ü".encode()) + 1, 9, 3):
        server.play(Reply([joined[:end]], headers=SSE, cut=cut))

        with pytest.raises(TransportError, match="ended early"):
            way(connect(server, dialect_id, max_retries=0), asked())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("parts", [[], [b"\n\n"], [b": waiting\n\n", b": waiting\n\n"]])
def test_an_empty_answer_is_an_error(server: Server, way: Way, parts: list[bytes]) -> None:
    server.play(Reply(parts, headers=SSE))

    with pytest.raises(TransportError, match="ended early"):
        way(connect(server, CHAT), asked())


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_stream_without_its_last_blank_line_is_whole(server: Server, dialect_id: str, way: Way) -> None:
    server.play(Reply([b"".join(frames(dialect_id)).rstrip(b"\n")], headers=SSE))

    got = way(connect(server, dialect_id), asked())

    assert got.response.outcome == "complete"
    assert got.events[-1].kind == "end"


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_an_answer_cut_by_a_limit_is_an_answer(server: Server, dialect_id: str, way: Way) -> None:
    joined = b"".join(frames(dialect_id))
    for usual, cut in WIRES[dialect_id].cut:
        assert usual in joined
        joined = joined.replace(usual, cut)
    server.play(Reply([joined], headers=SSE))

    assert way(connect(server, dialect_id), asked()).response.outcome == "truncated"


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", [CHAT, RESPONSES, ANTHROPIC])  # Gemini says nothing at the end
def test_a_stream_is_over_where_it_says_so_though_the_connection_stays(
    server: Server, dialect_id: str, way: Way
) -> None:
    server.play(Reply(streamed(dialect_id), headers=SSE, hold=threading.Event()))

    assert way(connect(server, dialect_id, timeout=5.0), asked()).response.outcome == "complete"


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_an_error_inside_a_stream_is_the_providers(server: Server, dialect_id: str, way: Way, before: int) -> None:
    parts = [*streamed(dialect_id)[:before], WIRES[dialect_id].error]
    server.play(Reply([b"".join(parts)], headers=SSE, hold=threading.Event()))

    with pytest.raises(ProviderError, match="the model is overloaded") as caught:
        way(connect(server, dialect_id, timeout=5.0), asked())

    assert caught.value.status == 200
    assert len(server.seen) == 1


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_what_came_before_an_error_is_given(server: Server, dialect_id: str) -> None:
    server.play(Reply([begun(dialect_id) + WIRES[dialect_id].error], headers=SSE))
    client = connect(server, dialect_id)
    found: list[str] = []

    with pytest.raises(ProviderError), client.stream(asked()) as events:
        found.extend(event.kind for event in events)

    client.close()
    assert "thinking" in found
    assert "error" not in found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"message":"out of luck"}}',
        b'[{"error":{"message":"out of luck"}}]',
        b'{"base_resp":{"status_code":1002,"status_msg":"out of luck"},"choices":null}',
        b'{"object":"error","message":"out of luck"}',
        b'{"error":"out of luck"}',
    ],
)
def test_an_error_inside_a_good_status_is_the_providers(server: Server, way: Way, body: bytes) -> None:
    server.play(Reply([body], headers=JSON))

    with pytest.raises(ProviderError, match="out of luck") as caught:
        way(connect(server, CHAT), asked())

    assert caught.value.status == 200


# -- what is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_history_and_one_step_are_sent_as_the_dialect_writes_them(server: Server, dialect_id: str, way: Way) -> None:
    client = connect(server, dialect_id)
    server.play(reply(dialect_id, way))
    first = way(client, asked(*history())).response
    step = (first.message, *(Message(role="tool", blocks=(ToolResult(call_id=c, content="r"),)) for c in ("c1", "c2")))

    way(client, asked(*history(), *step))

    sent = server.seen[1]
    assert sent.path == (WIRES[dialect_id].streamed if way in STREAMED else WIRES[dialect_id].path)
    request = dialect(dialect_id).decode_request(sent.body)
    results = list(WIRES[dialect_id].results)
    counts = [sum(isinstance(b, ToolResult) for b in message.blocks) for message in request.messages]
    assert [count for count in counts if count] == results
    assert dialect(dialect_id).encode_request(request).body == sent.body
    (thought,) = [b for m in request.messages if m.role in MODEL_ROLES for b in m.blocks if isinstance(b, Thinking)][1:]
    assert thought == first.message.blocks[0]


@pytest.mark.parametrize("way", WAYS)
def test_instructions_at_the_head_stand_in_system_for_anthropic(server: Server, way: Way) -> None:
    server.play(reply(ANTHROPIC, way))

    way(connect(server, ANTHROPIC), asked(*history()))

    body = server.seen[0].json
    assert body["system"] == [{"type": "text", "text": "Be brief."}]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert [part["tool_use_id"] for part in body["messages"][-1]["content"]] == ["c1", "c2"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_what_a_request_leaves_open_is_filled_in(server: Server, dialect_id: str, way: Way) -> None:
    server.play(reply(dialect_id, way))

    way(connect(server, dialect_id), asked())

    body, path = server.seen[0].json, server.seen[0].path
    if dialect_id == GEMINI:
        assert {"model", "stream"}.isdisjoint(body)
        assert "/models/m:" in path
        assert ("streamGenerateContent" in path) is (way in STREAMED)
    else:
        assert body["model"] == "m"
        assert body["stream"] is (way in STREAMED)
    assert body.get("max_tokens") == (32_000 if dialect_id == ANTHROPIC else None)
    usage = {"include_usage": True} if dialect_id == CHAT and way in STREAMED else None
    assert body.get("stream_options") == usage


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_what_a_request_says_wins(server: Server, dialect_id: str, way: Way) -> None:
    server.play(reply(dialect_id, way))
    params = {"max_tokens": Json(b"7"), "stream_options": Json(b"null"), "temperature": Json(b"1.50")}
    request = Request(conversation=Conversation.of(Message.user("go")), model="other", stream=None, params=params)

    way(connect(server, dialect_id), request)

    body = server.seen[0].json
    asked_for = server.seen[0].path.partition("/models/")[2].partition(":")[0] or body["model"]
    assert (asked_for, body["max_tokens"], body["stream_options"]) == ("other", 7, None)
    assert b'"temperature":1.50' in server.seen[0].body


def test_a_profiles_parameters_are_sent_by_default(server: Server) -> None:
    from keepthinking.client import Client

    server.play(reply(CHAT, PLAIN[0]))
    client = Client(Endpoint(dialect=CHAT, base_url=server.base(CHAT), model="m", profile="minimax-split"))
    client.send(asked())
    client.send(Request(conversation=Conversation.of(), params={"reasoning_split": Json(b"false")}))
    client.close()

    assert [seen.json["reasoning_split"] for seen in server.seen] == [True, False]


def test_an_endpoints_parameters_win_over_the_profiles_and_lose_to_the_requests(server: Server) -> None:
    from keepthinking.client import Client

    server.play(reply(CHAT, PLAIN[0]))
    body = {"reasoning_split": False, "seed": 1}
    endpoint = Endpoint(dialect=CHAT, base_url=server.base(CHAT), model="m", profile="minimax-split", extra_body=body)
    client = Client(endpoint)
    client.send(Request(conversation=Conversation.of(), params={"seed": Json(b"2")}))
    client.close()

    assert {key: server.seen[0].json[key] for key in body} == {"reasoning_split": False, "seed": 2}


def test_mistral_is_not_asked_for_the_usage_of_a_stream(server: Server) -> None:
    from keepthinking.client import Client

    server.play(reply(CHAT, STREAMED[0]))
    client = Client(Endpoint(dialect=CHAT, base_url=server.base(CHAT), model="m", profile="mistral-chat"))
    with client.stream(asked()) as events:
        list(events)
    client.close()

    assert "stream_options" not in server.seen[0].json


_GEMINI = "/v1beta/models/m:generateContent"


@pytest.mark.parametrize(
    ("dialect_id", "tail", "path"),
    [
        (CHAT, "", "/chat/completions"),
        (CHAT, "/", "/chat/completions"),
        (CHAT, "/v1", "/v1/chat/completions"),
        (CHAT, "/v1/", "/v1/chat/completions"),
        (CHAT, "/v1/chat/completions", "/v1/chat/completions"),
        (ANTHROPIC, "", "/v1/messages"),
        (ANTHROPIC, "/", "/v1/messages"),
        (ANTHROPIC, "/v1", "/v1/messages"),
        (ANTHROPIC, "/v1/", "/v1/messages"),
        (ANTHROPIC, "/anthropic", "/anthropic/v1/messages"),
        (ANTHROPIC, "/anthropic/v1/messages/", "/anthropic/v1/messages"),
        (RESPONSES, "/v1", "/v1/responses"),
        (RESPONSES, "/v1/responses", "/v1/responses"),
        (GEMINI, "", _GEMINI),
        (GEMINI, "/", _GEMINI),
        (GEMINI, "/v1beta", _GEMINI),
        (GEMINI, "/v1", "/v1/models/m:generateContent"),
        (GEMINI, _GEMINI, _GEMINI),
        (GEMINI, "/gateway", f"/gateway{_GEMINI}"),
        (GEMINI, "/v1/projects/p/locations/l", "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"),
        (GEMINI, "/v1/publishers/google", "/v1/publishers/google/models/m:generateContent"),
    ],
)
def test_no_part_of_the_path_is_doubled(server: Server, dialect_id: str, tail: str, path: str) -> None:
    from keepthinking.client import Client

    server.play(reply(dialect_id, PLAIN[0]))
    client = Client(Endpoint(dialect=dialect_id, base_url=f"{server.root}{tail}?api-version=1", model="m"))
    client.send(asked())
    client.close()

    assert server.seen[0].path == f"{path}?api-version=1"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/m", "/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("tunedModels/my-m", "/v1beta/tunedModels/my-m:streamGenerateContent?alt=sse"),
        ("m?key=1", "/v1beta/models/m%3Fkey%3D1:streamGenerateContent?alt=sse"),
    ],
)
def test_a_models_name_stands_in_the_path(server: Server, model: str, path: str) -> None:
    from keepthinking.client import Client

    server.play(reply(GEMINI, STREAMED[0]))
    client = Client(Endpoint(dialect=GEMINI, base_url=server.base(GEMINI), model=model, api_key=KEY))
    with client.stream(asked()) as events:
        list(events)
    client.close()

    assert server.seen[0].path == path
    assert server.seen[0].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize("model", ["", "../secrets"])
def test_what_is_no_models_name_leads_nowhere(model: str) -> None:
    from keepthinking.client import Client

    with pytest.raises(EncodeError, match="no model's name"):
        Client(Endpoint(dialect=GEMINI, base_url="https://h", model=model))


@pytest.mark.parametrize(
    ("dialect_id", "model", "include"),
    [
        (RESPONSES, "gpt-5.2", ["reasoning.encrypted_content"]),
        (RESPONSES, "openai/o4-mini", ["reasoning.encrypted_content"]),
        (RESPONSES, "grok-4", ["reasoning.encrypted_content"]),
        (RESPONSES, "gpt-5-chat-latest", None),
        (RESPONSES, "gpt-4o", None),
        (RESPONSES, "grok-4-fast-non-reasoning", None),
        (RESPONSES, "deepseek-v4-pro", None),
        (CHAT, "gpt-5.2", None),
    ],
)
def test_thinking_is_asked_for_in_a_form_that_can_go_back(
    server: Server, dialect_id: str, model: str, include: list[str] | None
) -> None:
    server.play(reply(dialect_id, PLAIN[0]))
    client = connect(server, dialect_id)
    conversation = Conversation.of(Message.user("go"))

    client.send(Request(conversation=conversation, model=model))
    client.send(Request(conversation=conversation, model=model, params={"include": Json(b"[]")}))
    client.close()

    assert [seen.json.get("include") for seen in server.seen] == [include, []]
    assert all("store" not in seen.json for seen in server.seen)


# -- what cannot be held -----------------------------------------------------------------------------------------


def lossy() -> Request:
    return asked(Message(role="user", blocks=(Text.of("look"), Thinking.of("secret plan")), name="Zoë"))


def test_losses_are_told_and_warned_of_once(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    told: list[list[str]] = []
    server.play(reply(ANTHROPIC, PLAIN[0]))
    client = connect(server, ANTHROPIC, on_losses=lambda losses: told.append([loss.path for loss in losses]))
    with pytest.raises(LossError):
        dialect(ANTHROPIC).encode_request(lossy())

    with caplog.at_level("WARNING", logger="keepthinking.client"):
        client.send(lossy())
        client.send(lossy())
    client.close()

    assert told == [["messages[0].name"]] * 2
    assert [record.name for record in caplog.records] == ["keepthinking.client"]
    assert "messages[0].name" in caplog.text
    assert "secret plan" not in caplog.text
    assert "Zoë" not in caplog.text


def test_spelling_is_no_loss(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    told: list[object] = []
    server.play(reply(ANTHROPIC, PLAIN[0]))
    client = connect(server, ANTHROPIC, on_losses=told.append)

    client.send(asked(Message(role="developer", blocks=(Text.of("s"),)), Message.user("go")))
    client.close()

    assert told == []
    assert caplog.records == []
