"""Streams of Gemini by hand: calls in pieces (recorded streams have none), seals that come late, lists of chunks."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from keepthinking._messages import Opaque, Text, ToolCall
from keepthinking.dialects.gemini import DIALECT
from tests.core.dialects.wire import Streamed, read_stream


def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}


def stream(*chunks: Any) -> bytes:
    return "".join(f"data: {json.dumps(one)}\n\n" for one in chunks).encode()


def call(**members: Any) -> dict[str, Any]:
    return {"functionCall": members}


def piece(path: str, *, more: bool = True, goes_on: bool = False, **value: Any) -> dict[str, Any]:
    found = {"jsonPath": path, **value, **({"willContinue": True} if goes_on else {})}
    return call(partialArgs=[found], **({"willContinue": True} if more else {}))


HEAD = call(name="f", id="1", willContinue=True)
END = call()
STOP: dict[str, Any] = {"finishReason": "STOP"}

ARGUMENTS: Mapping[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([HEAD, END], "{}"),
    "a string in pieces": (
        [HEAD, piece("$.loc", stringValue="New ", goes_on=True), piece("$.loc", stringValue="Delhi"), END],
        '{"loc":"New Delhi"}',
    ),
    "an emoji in halves": (
        [HEAD, piece("$.s", stringValue="\ud83d", goes_on=True), piece("$.s", stringValue="\ude00"), END],
        '{"s":"😀"}',
    ),
    "a string that begins and ends without words": (
        [HEAD, piece("$.s", goes_on=True), piece("$.s", stringValue="a"), piece("$.s"), END],
        '{"s":"a"}',
    ),
    "a value of each kind": (
        [
            HEAD,
            piece("$.n", numberValue=1.0),
            piece("$.b", boolValue=False),
            piece("$.z", nullValue="NULL_VALUE"),
            piece("$.s", stringValue="", more=False),
        ],
        '{"n":1.0,"b":false,"z":null,"s":""}',
    ),
    "places deep inside": (
        [
            HEAD,
            piece("$.a.b[0]['x y']", numberValue=1),
            piece('$.a.b[1]["x y"]', numberValue=2),
            piece("$.a.b[1].z", stringValue="e"),
            END,
        ],
        '{"a":{"b":[{"x y":1},{"x y":2,"z":"e"}]}}',
    ),
    "the first with the name": (
        [call(name="f", id="1", partialArgs=[{"jsonPath": "$.a", "numberValue": 1}], willContinue=True), END],
        '{"a":1}',
    ),
    "all with the name": ([call(name="f", id="1", partialArgs=[{"jsonPath": "$.a", "numberValue": 1}])], '{"a":1}'),
    "in the other spelling": (
        [
            {"function_call": {"name": "f", "id": "1", "will_continue": True}},
            {"function_call": {"partial_args": [{"json_path": "$.a", "string_value": "b"}]}},
        ],
        '{"a":"b"}',
    ),
    "what is not stated, as null": (
        [
            {**call(**{**HEAD["functionCall"], "partialArgs": None}), "thoughtSignature": None},
            {**call(name=None, id=None, args=None, partialArgs=[{"jsonPath": "$.a", "numberValue": 1}]), "text": None},
        ],
        '{"a":1}',
    ),
    "the end left to the answer": ([HEAD, piece("$.a", numberValue=1)], '{"a":1}'),
}
"""Chunks of a call, a part each, and the arguments that they are."""


def whole(*parts: dict[str, Any]) -> Streamed:
    chunks = [chunk(part, **(STOP if n == len(parts) else {})) for n, part in enumerate(parts, 1)]
    found = read_stream(DIALECT, stream(*chunks))
    assert read_stream(DIALECT, stream(*chunks), Random(1)) == found
    listed = json.dumps(chunks).encode()
    assert read_stream(DIALECT, listed).response.messages == found.response.messages
    return found


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_in_pieces_are_one_call(name: str) -> None:
    parts, arguments = ARGUMENTS[name]
    response, events = whole(*parts)
    (block,) = response.message.blocks
    assert isinstance(block, ToolCall)
    assert (block.id, block.name, block.arguments, response.outcome) == ("1", "f", arguments, "complete")
    kinds = [event.kind for event in events]
    assert kinds.count("tool_call") == 1
    assert "".join(str(event.text) for event in events if event.kind == "arguments") in {arguments, ""}
    assert ("arguments" in kinds) == (arguments != "{}")
    again = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response, cuts=Random(2)))).response
    assert again == response


@pytest.mark.parametrize("kept", [1, 2])
def test_a_call_that_was_cut_keeps_its_pieces_and_has_no_arguments(kept: int) -> None:
    parts = [HEAD, piece("$.loc", stringValue="New ", goes_on=True), piece("$.loc", stringValue="Delhi"), END]
    response = read_stream(DIALECT, stream(*map(chunk, parts[:kept]))).response
    (block,) = response.message.blocks
    assert isinstance(block, ToolCall)
    assert (block.arguments, response.outcome) == ("", "truncated")
    body = json.loads(DIALECT.encode_response(response).body)["candidates"][0]["content"]["parts"][0]["functionCall"]
    pieces = [found["stringValue"] for found in body.get("partialArgs", [])]
    assert (pieces, body["willContinue"]) == (["New "][: kept - 1], True)
    again = read_stream(DIALECT, b"".join(DIALECT.encode_stream(response))).response
    assert again == response


@pytest.mark.parametrize("at", range(3))
def test_a_signature_on_any_piece_seals_the_call(at: int) -> None:
    parts = [HEAD, piece("$.a", numberValue=1), END]
    sealed = [{**part, "thoughtSignature": "c2VhbA=="} if n == at else part for n, part in enumerate(parts)]
    response, events = whole(*sealed)
    (block,) = response.message.blocks
    assert [seal.wire for seal in block.seals] == ["c2VhbA=="]
    assert [event.kind for event in events].count("seal") == 1


@pytest.mark.parametrize("slot", ["thoughtSignature", "thought_signature"])
def test_a_second_signature_is_not_lost(slot: str) -> None:
    response = whole({**HEAD, "thoughtSignature": "QQ=="}, {**END, slot: "Qg=="}).response
    assert [seal.wire for block in response.message.blocks for seal in block.seals] == ["QQ==", "Qg=="]


def test_two_calls_in_pieces_do_not_mix() -> None:
    parts = [
        HEAD,
        piece("$.a", numberValue=1),
        END,
        call(name="g", id="2", willContinue=True),
        piece("$.b", numberValue=2),
        END,
    ]
    calls = whole(*parts).response.message.tool_calls
    assert [(one.name, one.arguments) for one in calls] == [("f", '{"a":1}'), ("g", '{"b":2}')]


def test_pieces_go_to_the_call_that_they_name() -> None:
    heads = [call(name=name, id=name, willContinue=True) for name in ("f", "g")]
    pieces = [
        call(id=name, partialArgs=[{"jsonPath": "$.a", "stringValue": name}], willContinue=name == "f")
        for name in ("f", "g", "f")
    ]
    calls = whole(*heads, *pieces, call(id="f")).response.message.tool_calls
    assert [(one.name, one.arguments) for one in calls] == [("f", '{"a":"ff"}'), ("g", '{"a":"g"}')]


@pytest.mark.parametrize(
    "found",
    [
        {"jsonPath": "$..a", "numberValue": 1},
        {"jsonPath": "$", "numberValue": 1},
        {"jsonPath": "$[0]", "numberValue": 1},
        {"jsonPath": "$.a[1]", "numberValue": 1},
        {"jsonPath": "$.a[*]", "numberValue": 1},
        {"jsonPath": 7, "numberValue": 1},
        {"jsonPath": "$.a", "numberValue": 1, "stringValue": "x"},
        {"jsonPath": "$.a"},
        {"numberValue": 1},
        7,
    ],
)
def test_pieces_that_cannot_be_read_are_kept_as_they_are(found: Any) -> None:
    response = whole(HEAD, call(partialArgs=[found], willContinue=True), END).response
    (block,) = response.message.blocks
    assert isinstance(block, ToolCall)
    assert block.arguments == ""
    written = json.loads(DIALECT.encode_response(response).body)["candidates"][0]["content"]["parts"][0]
    assert written["functionCall"]["partialArgs"] == [found]


def test_a_piece_without_a_call_is_kept_whole() -> None:
    (block,) = whole(piece("$.a", numberValue=1)).response.message.blocks
    assert isinstance(block, Opaque)


def test_a_late_signature_stays_on_its_own_part() -> None:
    response = whole({"text": "a"}, {"text": "b"}, {"text": "", "thoughtSignature": "c2VhbA=="}).response
    one, other = response.message.blocks
    assert isinstance(one, Text)
    assert (one.text, one.seals, [seal.wire for seal in other.seals]) == ("ab", (), ["c2VhbA=="])
