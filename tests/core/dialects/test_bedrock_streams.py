"""Bedrock's Converse as a binary stream: by hand, cut, broken, and through the vendor's own client.

No stream of it was recorded, so whole recorded answers are streamed by our own writer, which botocore reads, too.
"""

import base64
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError, MissingExtraError
from keepthinking._exchange import Response
from keepthinking._json import MAX_BYTES, Json
from keepthinking._messages import Thinking
from keepthinking.dialects._eventstream import Frame, write_frame
from keepthinking.dialects.bedrock_converse import DIALECT
from tests.core.dialects.test_bedrock_shapes import SHAPES, message
from tests.core.dialects.wire import Streamed, read_stream, recordings

pytestmark = pytest.mark.extras
SEEDS = range(6)


def event(name: str, **members: Any) -> bytes:
    return write_frame(Frame("event", name, json.dumps({**members, "p": "abcd"}).encode()))


def delta(index: int, **members: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=members)


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


def call(index: int, *pieces: str, **members: Any) -> list[bytes]:
    start = {"toolUse": {"toolUseId": f"c{index}", "name": "f", **members}}
    return [
        event("contentBlockStart", contentBlockIndex=index, start=start),
        *(delta(index, toolUse={"input": piece}) for piece in pieces),
        stop(index),
    ]


def stream(*frames: bytes, reason: str | None = "end_turn") -> bytes:
    end = [] if reason is None else [event("messageStop", stopReason=reason), event("metadata", usage={"n": 1.0})]
    return b"".join([event("messageStart", role="assistant"), *frames, *end])


def body(response: Response) -> Any:
    return json.loads(DIALECT.encode_response(response).body)


def content(raw: bytes) -> Any:
    return body(read_stream(DIALECT, raw).response)["output"]["message"]["content"]


def answers(captures: Path) -> Iterator[Response]:
    for found in recordings(captures, DIALECT.id):
        if isinstance(found.response, dict) and found.status == 200:
            yield DIALECT.decode_response(found.response)


def odd() -> Response:
    """Give an answer that holds every shape."""
    whole = {"output": {"message": message(*(wire for wire, _ in SHAPES.values()))}, "stopReason": "end_turn"}
    return DIALECT.decode_response({**whole, "usage": {"n": 1.0}, "additionalModelResponseFields": {"k": [1]}})


GROWN: dict[str, tuple[list[bytes], Any]] = {
    "signed thinking": (
        [
            delta(0, reasoningContent={"text": "a"}),
            delta(0, reasoningContent={"text": "b"}),
            delta(0, reasoningContent={"signature": "s"}),
            stop(0),
        ],
        {"reasoningContent": {"reasoningText": {"text": "ab", "signature": "s"}}},
    ),
    "a signature in pieces": (
        [delta(0, reasoningContent={"signature": "s"}), delta(0, reasoningContent={"signature": "t"})],
        {"reasoningContent": {"reasoningText": {"signature": "st"}}},
    ),
    "redacted thinking": (
        [delta(0, reasoningContent={"redactedContent": "QUE="}), stop(0)],
        {"reasoningContent": {"redactedContent": "QUE="}},
    ),
    "redacted thinking in pieces": (
        [
            delta(0, reasoningContent={"redactedContent": "QUE="}),
            delta(0, reasoningContent={"redactedContent": "QQ=="}),
        ],
        {"reasoningContent": {"redactedContent": "QUFB"}},
    ),
    "a call": (call(0, '{"a":', " 1.0}"), {"toolUse": {"toolUseId": "c0", "name": "f", "input": {"a": 1.0}}}),
    "a call without arguments": (call(0), {"toolUse": {"toolUseId": "c0", "name": "f", "input": {}}}),
    "a call with empty arguments": (call(0, ""), {"toolUse": {"toolUseId": "c0", "name": "f", "input": {}}}),
    "a call that was cut": (call(0, '{"a')[:-1], {"toolUse": {"toolUseId": "c0", "name": "f", "input": '{"a'}}),
    "a call of the provider's": (
        call(0, "{}", type="server_tool_use"),
        {"toolUse": {"toolUseId": "c0", "name": "f", "input": {}, "type": "server_tool_use"}},
    ),
    "a result of the provider's": (
        [
            event("contentBlockStart", contentBlockIndex=0, start={"toolResult": {"toolUseId": "c", "type": "t"}}),
            delta(0, toolResult=[{"json": {"a": 1}}]),
            delta(0, toolResult=[{"text": "x"}]),
        ],
        {"toolResult": {"toolUseId": "c", "type": "t", "content": [{"json": {"a": 1}}, {"text": "x"}]}},
    ),
    "cited words": (
        [delta(0, text="a"), delta(0, citation={"title": "t"}), delta(0, text="b"), delta(0, citation={"title": "u"})],
        {"citationsContent": {"content": [{"text": "ab"}], "citations": [{"title": "t"}, {"title": "u"}]}},
    ),
    "an image": (
        [
            event("contentBlockStart", contentBlockIndex=0, start={"image": {"format": "png"}}),
            delta(0, image={"source": {"bytes": "QUE="}}),
            delta(0, image={"source": {"bytes": "QQ=="}}),
        ],
        {"image": {"format": "png", "source": {"bytes": "QUFB"}}},
    ),
    "a kind of a later version": (
        [delta(0, musing={"words": "a", "seen": [1]}), delta(0, musing={"words": "b", "seen": [2], "odd": 7})],
        {"musing": {"words": "ab", "seen": [1, 2], "odd": 7}},
    ),
}


@pytest.mark.parametrize("name", GROWN)
def test_each_kind_of_block_grows_as_the_wire_grows_it(name: str) -> None:
    frames, block = GROWN[name]
    raw = stream(*frames)
    assert content(raw) == [block]
    again = b"".join(DIALECT.encode_stream(read_stream(DIALECT, raw).response, cuts=Random(1)))
    assert content(again) == [block]


def test_blocks_are_ordered_by_their_index_and_may_interleave() -> None:
    raw = stream(delta(2, text="c"), *call(1, "{}"), delta(0, reasoningContent={"text": "a"}), delta(2, text="d"))
    assert [list(block) for block in content(raw)] == [["reasoningContent"], ["toolUse"], ["text"]]
    assert content(raw)[2] == {"text": "cd"}


def bare(raw: dict[str, Any], name: str = "contentBlockDelta") -> bytes:
    return event(name, **raw)


THOUGHT = {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}}
SEALED = [delta(0, reasoningContent={"text": "a"}), delta(0, reasoningContent={"signature": "s"})]
STARTED = {"toolUse": {"toolUseId": "c", "name": "f"}}
CALLED = {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}}
INDICES: dict[str, tuple[list[bytes], list[Any]]] = {
    "two kinds under one index": ([*SEALED, delta(0, text="x"), stop(0)], [THOUGHT, {"text": "x"}]),
    "three kinds under one index": (
        [*SEALED, delta(0, text="x"), *call(0, "{}"), delta(0, text="y")],
        [THOUGHT, {"text": "x"}, {"toolUse": {"toolUseId": "c0", "name": "f", "input": {}}}, {"text": "y"}],
    ),
    "an index that is used again after its end": (
        [delta(0, text="x"), stop(0), delta(0, text="y"), stop(0)],
        [{"text": "x"}, {"text": "y"}],
    ),
    "an index that is used again by the next block": (
        [*SEALED, delta(0, text="x"), delta(1, text="y"), delta(0, text="z")],
        [THOUGHT, {"text": "xz"}, {"text": "y"}],
    ),
    "two starts under one index": (
        [bare({"contentBlockIndex": 0, "start": STARTED}, "contentBlockStart"), *call(0, "{}")],
        [STARTED, {"toolUse": {"toolUseId": "c0", "name": "f", "input": {}}}],
    ),
    "no indices and no ends": (
        [
            bare({"delta": {"reasoningContent": {"text": "a"}}}),
            bare({"delta": {"reasoningContent": {"signature": "s"}}}),
            bare({"delta": {"text": "x"}}),
            bare({"start": STARTED}, "contentBlockStart"),
            bare({"delta": {"toolUse": {"input": '{"a":'}}}),
            bare({"delta": {"toolUse": {"input": " 1}"}}}),
        ],
        [THOUGHT, {"text": "x"}, CALLED],
    ),
    "an index that is null, and an end": (
        [
            bare({"delta": {"text": "x"}, "contentBlockIndex": None}),
            bare({"contentBlockIndex": None}, "contentBlockStop"),
            bare({"delta": {"text": "y"}, "contentBlockIndex": None}),
        ],
        [{"text": "x"}, {"text": "y"}],
    ),
    "no index where it is 0": (  # as servers leave it out that write no zeros
        [bare({"delta": {"text": "x"}}), delta(1, text="y"), bare({"delta": {"text": "z"}})],
        [{"text": "xz"}, {"text": "y"}],
    ),
    "a call of which the end was left out": (
        call(0, "")[:-1],
        [{"toolUse": {"toolUseId": "c0", "name": "f", "input": {}}}],
    ),
    "one block of two kinds": (
        [delta(0, reasoningContent={"reasoningText": {"text": "a"}}, text="x"), stop(0)],
        [{"reasoningContent": {"reasoningText": {"text": "a"}}, "text": "x"}],
    ),
    "a call beside a text": (
        [delta(0, toolUse={"toolUseId": "c", "name": "f", "input": '{"a": 1}'}, text="x")],
        [{**CALLED, "text": "x"}],
    ),
}


@pytest.mark.parametrize("name", INDICES)
def test_what_cannot_be_one_block_is_several(name: str) -> None:
    frames, blocks = INDICES[name]
    streamed = read_stream(DIALECT, stream(*frames))
    assert body(streamed.response)["output"]["message"]["content"] == blocks
    assert streamed.response.outcome == "complete"
    # blocks that take turns are shown in turns, too
    assert sorted(shown(streamed, "text")) == sorted("".join(block.get("text", "") for block in blocks))
    for cuts in (None, Random(1)):
        again = b"".join(DIALECT.encode_stream(streamed.response, cuts=cuts))
        assert content(again) == blocks


def test_the_seal_of_a_thought_survives_a_text_under_its_index() -> None:
    thought, text = read_stream(DIALECT, stream(*SEALED, delta(0, text="x"))).response.message.blocks
    assert isinstance(thought, Thinking)
    assert (thought.text, [seal.wire for seal in thought.seals], type(text).__name__) == ("a", ["s"], "Text")


def test_bytes_cut_anywhere_give_one_response(captures: Path) -> None:
    for response in (odd(), *answers(captures)):
        raw = b"".join(DIALECT.encode_stream(response, cuts=Random(0)))
        whole = read_stream(DIALECT, raw)
        for seed in SEEDS:
            assert read_stream(DIALECT, raw, Random(seed)) == whole
        decoder = DIALECT.stream_decoder()
        for byte in raw:
            decoder.feed(bytes([byte]))
        assert decoder.finish() == whole.response


def test_a_response_streamed_in_any_pieces_comes_back(captures: Path) -> None:
    for response in (odd(), *answers(captures)):
        for cuts in (None, *map(Random, SEEDS)):
            streamed = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response, cuts=cuts)), cuts).response
            assert (body(streamed), streamed.outcome) == (body(response), response.outcome)


def test_a_stream_cut_after_any_frame_keeps_what_came(captures: Path) -> None:
    for response in answers(captures):
        frames = list(DIALECT.encode_stream(response, cuts=Random(3)))
        for kept in range(1, len(frames) - 2):
            for half in (b"", frames[kept][:-1]):  # half a frame says nothing, since its checksum has not come
                cut = read_stream(DIALECT, b"".join(frames[:kept]) + half).response
                assert cut.outcome == "truncated"
                assert response.message.text.startswith(cut.message.text)
                assert response.message.thinking.startswith(cut.message.thinking)
                again = b"".join(DIALECT.encode_stream(cut, cuts=Random(kept)))
                assert body(read_stream(DIALECT, again).response) == body(cut)


def shown(streamed: Streamed, kind: str) -> str:
    return "".join(str(event.text) for event in streamed.events if event.kind == kind)


def test_events_show_what_the_response_holds(captures: Path) -> None:
    for response in answers(captures):
        streamed = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response, cuts=Random(5))))
        kinds = [event.kind for event in streamed.events]
        assert (kinds[0], kinds[-1], kinds.count("start"), kinds.count("end")) == ("start", "usage", 1, 1)
        assert kinds[-2] == "end"
        found = response.message
        assert (shown(streamed, "text"), shown(streamed, "thinking")) == (found.text, found.thinking)
        seals = sum(len(block.seals) for block in found.blocks if isinstance(block, Thinking))
        assert kinds.count("seal") == seals


def test_calls_are_shown_with_their_names_and_arguments() -> None:
    streamed = read_stream(DIALECT, stream(*call(0, '{"a":', "1}"), *call(1, "{}", type="server_tool_use")))
    calls = [
        (event.index, event.id, event.name, event.server) for event in streamed.events if event.kind == "tool_call"
    ]
    assert calls == [(0, "c0", "f", False), (1, "c1", "f", True)]
    assert shown(streamed, "arguments") == '{"a":1}{}'


@pytest.mark.parametrize("order", [("messageStop", "metadata"), ("metadata", "messageStop"), ("messageStop",)])
def test_the_two_last_events_may_come_in_any_order(order: tuple[str, str]) -> None:
    ends: dict[str, dict[str, Any]] = {"messageStop": {"stopReason": "max_tokens"}, "metadata": {"usage": {}}}
    raw = stream(delta(0, text="a"), *(event(name, **ends[name]) for name in order), reason=None)
    response, events = read_stream(DIALECT, raw)
    assert (response.outcome, response.stop_reason) == ("truncated", "max_tokens")
    assert isinstance(response.usage, Json) == ("metadata" in order)
    shown_at_end = {"messageStop": "end", "metadata": "usage"}
    assert [found.kind for found in events][2:] == [shown_at_end[name] for name in order]


def test_padding_is_dropped_and_unknown_events_change_nothing() -> None:
    raw = stream(event("laterEvent", x=1), delta(0, text="a"))
    assert body(read_stream(DIALECT, raw).response) == {
        "output": {"message": {"role": "assistant", "content": [{"text": "a"}]}},
        "stopReason": "end_turn",
        "usage": {"n": 1.0},
    }


def test_an_emoji_split_over_two_deltas_is_one_emoji_and_a_half_stays_half() -> None:
    def split(low: str) -> bytes:
        return stream(
            delta(0, reasoningContent={"text": "t\ud83d"}),
            delta(0, reasoningContent={"text": low + "t"}),
            delta(1, text="x\ud83d"),
            delta(1, text=low + "x"),
            *call(2, '{"a":"\ud83d', low + '"}'),
        )

    found = read_stream(DIALECT, split("\ude00")).response.message
    assert (found.thinking, found.text, json.loads(found.tool_calls[0].arguments)) == ("t😀t", "x😀x", {"a": "😀"})
    half = read_stream(DIALECT, split("")).response
    assert (half.message.thinking, half.message.text) == ("t\ud83dt", "x\ud83dx")
    assert read_stream(DIALECT, b"".join(DIALECT.encode_stream(half, cuts=Random(1)))).response == half


@pytest.mark.parametrize(
    "name", ["throttlingException", "modelStreamErrorException", "internalServerException", "laterException"]
)
@pytest.mark.parametrize("before", [b"", stream(delta(0, text="a"), reason=None)])
def test_an_exception_is_a_failure_that_keeps_what_came(name: str, before: bytes) -> None:
    payload = b'{"message":"no"}'
    response, events = read_stream(DIALECT, before + write_frame(Frame("exception", name, payload)))
    assert response.outcome == "failed"
    assert response.error
    assert response.error.value == {name: {"message": "no"}}
    assert "error" in [found.kind for found in events]
    assert ("".join(found.text for found in response.messages)) == ("a" if before else "")
    again = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response, cuts=Random(1)))).response
    assert (body(again), again.outcome) == (body(response), "failed")


def test_an_error_in_the_headers_alone_is_a_failure() -> None:
    frame = write_frame(Frame("error", "InternalFailure", b""))
    response = read_stream(DIALECT, stream(delta(0, text="a"), reason=None) + frame).response
    assert (response.outcome, response.message.text) == ("failed", "a")
    assert response.error
    assert response.error.value == {"error": {"code": "InternalFailure", "message": ""}}


@pytest.mark.parametrize(
    ("payload", "more"),
    [
        (b' {"reason": "r", "code": 7}\n', {"reason": "r"}),
        (b"no JSON", {"payload": "no JSON"}),
        (b"[1]", {"payload": "[1]"}),
    ],
)
def test_the_body_of_an_error_is_kept_though_none_is_promised(payload: bytes, more: dict[str, Any]) -> None:
    response = read_stream(DIALECT, write_frame(Frame("error", "Gone", payload))).response
    assert response.error
    assert response.error.value == {"error": {"code": "Gone", "message": "", **more}}


@pytest.mark.parametrize("at", [0, 5, 9, 14, 40, -20, -2])
def test_a_broken_checksum_is_an_error_of_the_provider(at: int) -> None:
    first, broken = event("messageStart", role="assistant"), bytearray(delta(0, text="hello"))
    broken[at] ^= 1
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, first + bytes(broken) + bytes(200_000))
    assert (caught.value.where, caught.value.culprit) == (f"byte {len(first)}", "provider")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"data: {}\n\n",
        bytes(16),
        event("metadata"),
        write_frame(Frame("event", "contentBlockDelta", b"{")),
        write_frame(Frame("event", "contentBlockDelta", b"[]")),
        event("contentBlockDelta", contentBlockIndex=0),
        event("contentBlockDelta", contentBlockIndex=-1, delta={}),
        event("contentBlockDelta", contentBlockIndex="0", delta={}),
        event("contentBlockDelta"),
        event("contentBlockStart", contentBlockIndex=0),
        write_frame(Frame("exception", "throttlingException", b"no JSON")),
    ],
)
def test_what_is_no_stream_is_an_error(raw: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, raw)
    assert caught.value.where
    assert caught.value.culprit == "provider"


@given(seed=st.integers(0, 10**6))
def test_broken_streams_are_a_value_or_a_typed_error(seed: int) -> None:
    random = Random(seed)
    frames = list(DIALECT.encode_stream(odd(), cuts=random))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(frames))
        payload = json.dumps(random.choice([{}, [], {"delta": 7, "contentBlockIndex": 0}, {"start": [], "x": None}]))
        name = random.choice(["messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata"])
        frames[at] = random.choice([b"", frames[at][:-3], write_frame(Frame("event", name, payload.encode()))])
    try:
        response = read_stream(DIALECT, b"".join(frames), random).response
    except DecodeError as error:
        assert (bool(error.where), error.culprit) == (True, "provider")  # noqa: PT017 - or there is a value
        return
    assert DIALECT.decode_response(DIALECT.encode_response(response).body).messages == response.messages


def test_a_stream_larger_than_the_limit_is_an_error() -> None:
    decoder = DIALECT.stream_decoder()
    frame = event("laterEvent", x="x" * 15_000_000)
    for _ in range(MAX_BYTES // len(frame)):
        assert decoder.feed(frame) == []
    with pytest.raises(DecodeError, match="more than"):
        decoder.feed(frame)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    with pytest.raises(MissingExtraError, match=r"keepthinking\[bedrock\]"):
        DIALECT.stream_decoder()


# -- the vendor's own client -------------------------------------------------------------------------------------------


@contextmanager
def served(answer: bytes, kind: str, status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Serve one answer to every request; gives the address, and what was asked."""
    asked: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def botocore(module: str) -> Any:
    """Give a module of the vendor's client, which has no types."""
    return import_module(f"botocore.{module}")


def client(url: str) -> Any:
    return (
        botocore("session")
        .Session()
        .create_client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="a",
            aws_secret_access_key="s",  # noqa: S106 - nobody is asked for it
            config=botocore("config").Config(retries={"max_attempts": 0}),
        )
    )


MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ASKED = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "hi"}]}]}


@pytest.mark.vendors
def test_the_vendors_client_reads_whole_answers_of_ours(captures: Path) -> None:
    for response in answers(captures):
        with served(DIALECT.encode_response(response).body, "application/json") as (url, asked):
            theirs = client(url).converse(**ASKED)
        content = theirs["output"]["message"]["content"]
        held = [piece for block in content for piece in (block, *block.get("citationsContent", {}).get("content", ()))]
        assert "".join(piece.get("text", "") for piece in held) == response.message.text
        thoughts = [block["reasoningContent"] for block in content if "reasoningContent" in block]
        said = "".join(thought.get("reasoningText", {}).get("text", "") for thought in thoughts)
        assert said == response.message.thinking
        ((path, sent),) = asked
        assert DIALECT.model_in(path) == MODEL
        assert DIALECT.decode_request(sent).messages[0].text == "hi"


@pytest.mark.vendors
def test_the_vendors_client_reads_streams_of_ours(captures: Path) -> None:
    for response in answers(captures):
        raw = b"".join(DIALECT.encode_stream(response, cuts=Random(1)))
        with served(raw, "application/vnd.amazon.eventstream") as (url, asked):
            events = list(client(url).converse_stream(**ASKED)["stream"])
        deltas = [found["contentBlockDelta"]["delta"] for found in events if "contentBlockDelta" in found]
        assert "".join(found.get("text", "") for found in deltas) == response.message.text
        thoughts = [found["reasoningContent"] for found in deltas if "reasoningContent" in found]
        assert "".join(found.get("text", "") for found in thoughts) == response.message.thinking
        signatures = [found["signature"] for found in thoughts if "signature" in found]
        slots = [(seal.slot, seal.wire) for block in response.message.blocks for seal in block.seals]
        assert signatures == [wire for slot, wire in slots if slot == "signature"]
        assert sum("redactedContent" in found for found in thoughts) == sum(s == "redactedContent" for s, _ in slots)
        assert DIALECT.model_in(asked[0][0]) == MODEL


@pytest.mark.vendors
def test_the_vendors_client_raises_what_a_stream_of_ours_tells() -> None:
    raw = stream(delta(0, text="a"), reason=None)
    failed = read_stream(DIALECT, raw + write_frame(Frame("exception", "throttlingException", b'{"message":"slow"}')))
    again = b"".join(DIALECT.encode_stream(failed.response))
    with (
        served(again, "application/vnd.amazon.eventstream") as (url, _),
        pytest.raises(botocore("exceptions").EventStreamError, match=r"throttlingException.*slow"),
    ):
        list(client(url).converse_stream(**ASKED)["stream"])


VALID = (
    "a sealed thought",
    "a thought without a signature",
    "a redacted thought",
    "a call",
    "a call of the provider's",
    "a text result",
    "a result that failed",
    "a JSON result",
    "an image as a result",
    "a document",
    "a sound",
    "cited words",
    "a mark of the cache",
)
"""Shapes that the vendor's own types allow."""


@pytest.mark.vendors
def test_the_vendors_validator_takes_what_is_written(captures: Path) -> None:
    shape = botocore("session").Session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape

    def native(value: Any, key: str = "") -> Any:
        """Give blobs as bytes: the client writes them as base64."""
        if isinstance(value, dict):
            return {name: native(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [native(inner, key) for inner in value]
        return base64.b64decode(value) if key in {"bytes", "redactedContent"} else value

    bodies = [recording.request for recording in recordings(captures, DIALECT.id)]
    bodies += [{"messages": [message(SHAPES[name][0])]} for name in VALID]
    for body_ in bodies:
        encoded = json.loads(DIALECT.encode_request(DIALECT.decode_request(body_)).body)
        report = botocore("validate").ParamValidator().validate({"modelId": MODEL, **native(encoded)}, shape)
        assert not report.has_errors(), report.generate_report()
