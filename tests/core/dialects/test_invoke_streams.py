"""Streams of Anthropic's events in Bedrock's binary frames (InvokeModelWithResponseStream)."""

import base64
import json
from random import Random
from typing import Any

import pytest

from keepthinking._errors import DecodeError
from keepthinking._exchange import Response
from keepthinking._messages import Message, Seal, Text, Thinking, ToolCall
from keepthinking.dialects._eventstream import Frame, write_frame
from keepthinking.dialects.anthropic_messages import DIALECT
from tests.core.dialects.test_bedrock_streams import MODEL, botocore, client, served
from tests.core.dialects.wire import read_stream

pytestmark = pytest.mark.extras  # botocore reads the frames

EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Où? 🙂"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2VhbA=="}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1.0}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1}},
]


def framed(event: dict[str, Any]) -> bytes:
    packed = base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()
    return write_frame(Frame("event", "chunk", json.dumps({"bytes": packed, "p": "abc"}).encode()))


def as_text(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def test_frames_say_what_text_says_wherever_they_are_cut() -> None:
    raw = b"".join(map(framed, EVENTS))
    ours = read_stream(DIALECT, raw)

    assert ours == read_stream(DIALECT, b"".join(map(as_text, EVENTS)))
    assert ours.response.outcome == "complete"
    (thought,) = ours.response.message.blocks
    assert isinstance(thought, Thinking)
    assert (thought.text, thought.seals[0].wire) == ("Où? 🙂", "c2VhbA==")
    for seed in range(20):
        assert read_stream(DIALECT, raw, Random(seed)).response == ours.response


def test_an_exception_in_the_middle_is_an_error_of_the_answer() -> None:
    error = write_frame(Frame("exception", "throttlingException", b'{"message":"slow down"}'))
    response = read_stream(DIALECT, b"".join(map(framed, EVENTS[:3])) + error).response

    assert response.outcome == "failed"
    assert response.message.thinking == "Où? 🙂"
    assert json.loads(response.error.raw) == {"type": "throttlingException", "message": "slow down"}  # type: ignore[union-attr]


def test_an_exception_without_a_body_names_itself() -> None:
    response = read_stream(DIALECT, write_frame(Frame("exception", "modelTimeoutException", b""))).response

    assert json.loads(response.error.raw) == {"type": "modelTimeoutException"}  # type: ignore[union-attr]


def test_a_frame_of_a_later_version_is_passed_over() -> None:
    later = write_frame(Frame("event", "later", b'{"x":1}'))

    assert read_stream(DIALECT, later + b"".join(map(framed, EVENTS))).response.outcome == "complete"


@pytest.mark.parametrize("packed", ["*", base64.b64encode(b"\xff").decode()])
def test_bytes_that_are_none_are_the_providers_fault(packed: str) -> None:
    raw = framed(EVENTS[0]) + write_frame(Frame("event", "chunk", json.dumps({"bytes": packed}).encode()))

    with pytest.raises(DecodeError, match="no base64") as caught:
        read_stream(DIALECT, raw)
    assert (caught.value.where, caught.value.culprit) == ("event 1", "provider")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (
            "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("/model/anthropic.claude-v2/invoke-with-response-stream", "anthropic.claude-v2"),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514:streamRawPredict",
            "claude-opus-4@20250514",
        ),
    ],
)
def test_a_clouds_route_names_the_model(path: str, model: str) -> None:
    assert DIALECT.model_in(path) == model
    assert not DIALECT.model_in("/v1/messages")


# -- out ---------------------------------------------------------------------------------------------------------------

BEDROCK = "bedrock-anthropic"
ANSWER = Response(
    messages=(
        Message.assistant(
            Thinking.of("Où? 🙂", signature="c2VhbA=="),
            Thinking(seals=(Seal(slot="data", wire="cmVkYWN0ZWQ=", encoding="base64"),)),
            Text(text="Let me look."),
            ToolCall(id="toolu_1", name="look", arguments='{"at":"x"}', kind="object"),
        ),
    ),
    stop_reason="tool_use",
)


def test_frames_are_written_where_the_profile_says_so_and_say_what_text_says() -> None:
    for seed in (None, 1, 2):
        cuts = Random(seed) if seed is not None else None
        raw = list(DIALECT.encode_stream(ANSWER, BEDROCK, cuts=cuts))
        text = list(DIALECT.encode_stream(ANSWER, "anthropic", cuts=Random(seed) if seed is not None else None))
        assert {frame[:1] for frame in raw} == {b"\0"}
        assert {frame[:6] for frame in text} == {b"event:"}
        assert read_stream(DIALECT, b"".join(raw)) == read_stream(DIALECT, b"".join(text))
    assert b"".join(DIALECT.encode_stream(ANSWER)) == b"".join(DIALECT.encode_stream(ANSWER, "anthropic"))


@pytest.mark.parametrize(
    ("kind", "frame"),
    [("throttlingException", "exception"), ("modelStreamErrorException", "exception"), ("overloaded_error", "event")],
)
def test_an_error_is_written_as_what_it_was_read_from(kind: str, frame: str) -> None:
    told = {"type": kind, "message": "slow down"}
    broken = as_text({"type": "error", "error": told})
    response = read_stream(DIALECT, b"".join(map(as_text, EVENTS[:3])) + broken).response
    raw = list(DIALECT.encode_stream(response, BEDROCK))

    assert f":{frame}-type".encode() in raw[-1]
    again = read_stream(DIALECT, b"".join(raw)).response
    assert (again.outcome, again.message.thinking) == ("failed", "Où? 🙂")
    assert json.loads(again.error.raw) == told  # type: ignore[union-attr]


@pytest.mark.vendors
def test_the_vendors_client_reads_frames_of_ours() -> None:
    raw = b"".join(DIALECT.encode_stream(ANSWER, BEDROCK, cuts=Random(3)))
    with served(raw, "application/vnd.amazon.eventstream") as (url, asked):
        body = client(url).invoke_model_with_response_stream(modelId=MODEL, body=b"{}")["body"]
        events = [json.loads(event["chunk"]["bytes"]) for event in body]

    assert read_stream(DIALECT, b"".join(map(as_text, events))) == read_stream(DIALECT, raw)
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")
    assert DIALECT.model_in(asked[0][0]) == MODEL


@pytest.mark.vendors
def test_the_vendors_client_raises_what_our_frames_tell() -> None:
    error = as_text({"type": "error", "error": {"type": "throttlingException", "message": "slow down"}})
    response = read_stream(DIALECT, b"".join(map(as_text, EVENTS[:3])) + error).response
    raw = b"".join(DIALECT.encode_stream(response, BEDROCK))
    with (
        served(raw, "application/vnd.amazon.eventstream") as (url, _),
        pytest.raises(botocore("exceptions").EventStreamError, match=r"throttlingException.*slow"),
    ):
        list(client(url).invoke_model_with_response_stream(modelId=MODEL, body=b"{}")["body"])
