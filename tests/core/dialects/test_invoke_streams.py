"""Streams of Anthropic's events in Bedrock's binary frames (InvokeModelWithResponseStream)."""

import base64
import json
from random import Random
from typing import Any

import pytest

from keepthinking._errors import DecodeError
from keepthinking._messages import Thinking
from keepthinking.dialects._eventstream import Frame, write_frame
from keepthinking.dialects.anthropic_messages import DIALECT
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
