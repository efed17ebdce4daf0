"""Streams of Responses by shape: what recordings lack, and what the vendor's own client makes of ours."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

import pytest

from keepthinking._compare import same
from keepthinking._errors import DecodeError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    Conversation,
    Item,
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
from keepthinking.dialects.openai_responses import DIALECT
from tests.core.dialects.test_streams import said
from tests.core.dialects.wire import Streamed, read_stream

BASE: dict[str, Any] = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
REASONING: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "whole seal"}
MESSAGE: dict[str, Any] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "yes", "annotations": []}],
}
CALL: dict[str, Any] = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": '{"a": 1}'}


def sse(*events: Mapping[str, Any], names: bool = True) -> bytes:
    head = [f"event: {event.get('type')}\n".encode() if names else b"" for event in events]
    data = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    return b"".join(line + frame for line, frame in zip(head, data, strict=True))


def created(**more: Any) -> dict[str, Any]:
    return {"type": "response.created", "response": {**BASE, **more}}


def added(index: int, item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def ended(*output: Any, word: str = "completed", **more: Any) -> dict[str, Any]:
    return {"type": f"response.{word}", "response": {**BASE, "status": word, "output": list(output), **more}}


def delta(kind: str, index: int, text: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "output_index": index, "delta": text, **more}


def read(*events: Mapping[str, Any]) -> Streamed:
    streamed = read_stream(DIALECT, sse(*events))
    again = b"".join(DIALECT.encode_stream(streamed.response, cuts=Random(1)))
    assert said(DIALECT, read_stream(DIALECT, again, Random(2)).response) == said(DIALECT, streamed.response)
    return streamed


def items(response: Response) -> Any:
    return json.loads(DIALECT.encode_response(response).body)["output"]


# -- which statement stands -------------------------------------------------------------------------------------------


def test_the_seal_of_added_never_counts() -> None:
    start = {**REASONING, "encrypted_content": "a beginn"}
    response = read(created(), added(0, start)).response
    assert (response.message.blocks[0].seals, response.outcome) == ((), "truncated")
    (seal,) = read(created(), added(0, start), done(0, REASONING)).response.message.blocks[0].seals
    assert (seal.wire, seal.alternates) == ("whole seal", ())


def test_every_complete_statement_of_a_seal_is_kept() -> None:
    last = {**REASONING, "encrypted_content": "another seal"}
    response = read(created(), added(0, REASONING), done(0, REASONING), done(1, MESSAGE), ended(last, MESSAGE)).response
    (seal,) = response.message.blocks[0].seals
    assert seal == Seal(slot="encrypted_content", wire="another seal", alternates=("whole seal",))
    assert response.message.blocks[1].seals == ()


def test_the_seals_of_a_compaction_have_alternates_too() -> None:
    item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "one"}
    response = read(created(), done(0, item), ended({**item, "encrypted_content": "two"})).response
    (seal,) = response.message.blocks[0].seals
    assert (seal.wire, seal.alternates) == ("two", ("one",))


def test_a_phase_that_flips_is_the_last_one() -> None:
    start = {**MESSAGE, "phase": "final_answer", "content": []}
    flipped = {**MESSAGE, "phase": "commentary"}
    cut = read(created(), added(0, start), done(0, flipped)).response
    whole = read(created(), added(0, start), done(0, flipped), ended(flipped)).response
    assert [found.message.items[0].phase for found in (cut, whole)] == ["commentary", "commentary"]


def test_an_item_that_is_done_wins_over_its_deltas() -> None:
    part = {"content_index": 0}
    response, events = read(
        created(),
        added(0, {**MESSAGE, "content": []}),
        delta("output_text", 0, "ye", **part),
        done(0, MESSAGE),
        ended(),
    )
    assert response.message.text == "yes"
    assert [event.text for event in events if event.kind == "text"] == ["ye", "s"]


def test_an_empty_end_leaves_what_was_streamed() -> None:
    response, events = read(created(), done(0, REASONING), done(1, CALL), ended())
    assert items(response) == [REASONING, CALL]
    assert response.outcome == "complete"
    assert [event.kind for event in events] == ["start", "seal", "tool_call", "arguments", "end"]


def test_an_item_that_the_end_leaves_out_stands_in_its_place() -> None:
    response = read(created(), done(0, REASONING), done(1, MESSAGE), done(2, CALL), ended(MESSAGE, CALL)).response
    assert items(response) == [REASONING, MESSAGE, CALL]


def test_an_item_under_another_id_is_the_same_item() -> None:
    other = {**REASONING, "id": "rs_2"}
    response = read(created(), done(0, other), done(1, MESSAGE), ended(REASONING, MESSAGE)).response
    assert items(response) == [REASONING, MESSAGE]


def test_items_that_the_end_alone_states_are_shown() -> None:
    response, events = read(created(), ended(REASONING, MESSAGE, CALL))
    assert items(response) == [REASONING, MESSAGE, CALL]
    assert [event.kind for event in events] == ["start", "seal", "text", "tool_call", "arguments", "end"]


def test_items_are_in_the_order_of_their_index() -> None:
    response = read(created(), done(1, MESSAGE), done(0, REASONING), ended()).response
    assert items(response) == [REASONING, MESSAGE]


# -- cut streams ------------------------------------------------------------------------------------------------------


def test_a_cut_stream_keeps_every_word_of_every_kind() -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    custom = {"type": "custom_tool_call", "call_id": "d", "name": "patch", "input": ""}
    mcp = {"type": "mcp_call", "id": "mcp_1", "name": "g", "server_label": "s", "arguments": ""}
    part = {"type": "summary_text", "text": ""}
    response, events = read(
        created(),
        added(0, reasoning),
        {"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": 0, "part": part},
        delta("reasoning_summary_text", 0, "one", summary_index=0),
        delta("reasoning_summary_text", 0, "two", summary_index=1),
        delta("reasoning_text", 0, "own", content_index=0),
        added(1, {**MESSAGE, "content": []}),
        delta("output_text", 1, "ye", content_index=0, logprobs=[], obfuscation="xyz"),
        delta("refusal", 1, "no", content_index=1),
        {
            "type": "response.output_text.annotation.added",
            "output_index": 1,
            "content_index": 0,
            "annotation": {"a": 1},
        },
        added(2, {**CALL, "arguments": ""}),
        delta("function_call_arguments", 2, '{"a"'),
        added(3, custom),
        delta("custom_tool_call_input", 3, "*** "),
        added(4, mcp),
        delta("mcp_call_arguments", 4, "{"),
    )
    assert response.outcome == "truncated"
    message = response.message
    thought = message.blocks[0]
    assert isinstance(thought, Thinking)
    assert [(s.channel, s.text) for s in thought.segments] == [("summary", "one"), ("summary", "two"), ("raw", "own")]
    assert [block.text for block in message.blocks if isinstance(block, Text)] == ["ye", "no"]
    calls = [block for block in message.blocks if isinstance(block, ToolCall)]
    assert [(call.name, call.arguments) for call in calls] == [("f", '{"a"'), ("patch", "*** ")]
    assert items(response)[1]["content"][0]["annotations"] == [{"a": 1}]
    assert items(response)[4]["arguments"] == "{"
    shown = [(event.kind, event.index) for event in events]
    assert shown == [
        ("start", 0),
        ("thinking", 0),
        ("thinking", 0),
        ("thinking", 0),
        ("text", 0),
        ("text", 1),
        ("tool_call", 0),
        ("arguments", 0),
        ("tool_call", 1),
        ("arguments", 1),
    ]


def test_a_text_said_whole_wins_over_its_deltas() -> None:
    place = {"output_index": 0, "content_index": 0}
    whole = {"type": "response.output_text.done", **place, "text": "yes"}
    response = read(
        created(), added(0, {**MESSAGE, "content": []}), delta("output_text", 0, "x", **place), whole
    ).response
    assert response.message.text == "yes"


def test_a_delta_of_an_item_that_no_event_began_makes_one() -> None:
    response = read(created(), delta("output_text", 0, "a", content_index=0), delta("function_call_arguments", 1, "{"))
    assert response.response.message.text == "a"
    assert [item["type"] for item in items(response.response)] == ["message", "function_call"]


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (ended(MESSAGE, word="incomplete", incomplete_details={"reason": "max_output_tokens"}), "truncated"),
        (ended(MESSAGE, word="failed", error={"code": "server_error", "message": "x"}), "failed"),
        ({"type": "error", "code": "x", "message": "y", "param": None, "sequence_number": 4}, "failed"),
        ({"type": "error", "error": {"type": "overloaded", "message": "y"}}, "failed"),
        ({"error": {"message": "y"}}, "failed"),
        ({"type": "response.completed", "response": {"id": "resp_1", "output": [MESSAGE]}}, "complete"),
        ({"type": "response.incomplete", "response": {"id": "resp_1", "output": [MESSAGE]}}, "truncated"),
        ({"type": "response.later", "x": 1}, "truncated"),
        ({"type": "keepalive"}, "truncated"),
    ],
)
def test_how_a_stream_ends_is_its_outcome(end: dict[str, Any], outcome: str) -> None:
    streamed = read_stream(DIALECT, sse(created(), done(0, MESSAGE), end))
    assert streamed.response.outcome == outcome
    assert streamed.response.message.text == "yes"


def test_an_error_before_any_response_is_a_failure() -> None:
    response, events = read({"type": "error", "code": "x", "message": "y", "param": None})
    assert (response.outcome, response.messages, [event.kind for event in events]) == ("failed", (), ["error"])


def test_names_and_numbers_of_events_are_not_needed() -> None:
    events = (created(), done(0, MESSAGE), ended(MESSAGE))
    assert read_stream(DIALECT, sse(*events, names=False)).response == read_stream(DIALECT, sse(*events)).response
    bare = b"".join(f"event: {e.pop('type')}\ndata: {json.dumps(e)}\n\n".encode() for e in map(dict, events))
    assert read_stream(DIALECT, bare).response == read_stream(DIALECT, sse(*events)).response


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_item.added", "output_index": 0},
        {"type": "response.output_item.done", "output_index": 0, "item": 7},
        {"type": "response.output_item.done", "output_index": "0", "item": MESSAGE},
        {"type": "response.output_item.added", "output_index": -1, "item": MESSAGE},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": True, "delta": "x"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"x": 1}},
        {"type": "response.completed", "response": {"output": [7]}},
    ],
)
def test_an_event_that_is_none_says_where(event: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, sse(created(), event))
    assert caught.value.where.startswith("event 1")
    assert caught.value.culprit == "provider"


# -- servers that number nothing, or number it badly -----------------------------------------------------------------

THOUGHT: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "E1"}
SPOKEN: dict[str, Any] = {"type": "message", "id": "m", "role": "assistant", "content": []}


def without_numbers(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if not key.endswith("_index")}


def nulled(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if key.endswith("_index") else value for key, value in event.items()}


def raw_words(*texts: str) -> list[dict[str, str]]:
    return [{"type": "reasoning_text", "text": text} for text in texts]


@pytest.mark.parametrize("change", [dict, without_numbers, nulled])
@pytest.mark.parametrize("end", [(ended(),), ()], ids=["ended", "cut"])
@pytest.mark.parametrize("with_done", [True, False], ids=["done", "not done"])
def test_items_are_told_apart_without_numbers(change: Any, end: Any, *, with_done: bool) -> None:
    """The shape is that of llama.cpp's server: calls have no id, and their events name the call's."""
    thought = {"id": "rs", "type": "reasoning", "summary": [], "content": raw_words("think")}
    text: Any = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}
    calls: list[Any] = [
        {"type": "function_call", "call_id": f"fc_{n}", "name": "f", "arguments": f'{{"n":{n}}}'} for n in (1, 2)
    ]
    closing = [done(n, item) for n, item in enumerate((thought, text, *calls))] if with_done else []
    events = [
        created(),
        added(0, {"id": "rs", "type": "reasoning", "summary": [], "content": [], "encrypted_content": ""}),
        delta("reasoning_text", 0, "thi", item_id="rs", content_index=0),
        delta("reasoning_text", 0, "nk", item_id="rs", content_index=0),
        *closing[:1],
        added(1, {**text, "content": []}),
        {
            "type": "response.content_part.added",
            "output_index": 1,
            "content_index": 0,
            "item_id": "m",
            "part": {"type": "output_text", "text": ""},
        },
        delta("output_text", 1, "yes", item_id="m", content_index=0),
        *closing[1:2],
        *(added(n, {**call, "arguments": ""}) for n, call in enumerate(calls, 2)),
        delta("function_call_arguments", 2, '{"n":', item_id="fc_1"),
        delta("function_call_arguments", 3, '{"n":2}', item_id="fc_2"),
        delta("function_call_arguments", 2, "1}", item_id="fc_1"),
        *closing[2:],
        *end,
    ]
    response, shown = read_stream(DIALECT, sse(*map(change, events)))
    assert items(response) == [thought, text, *calls]
    assert response.outcome == ("complete" if end else "truncated")
    said_so = {kind: "".join(str(e.text) for e in shown if e.kind == kind) for kind in ("thinking", "text")}
    assert said_so == {"thinking": "think", "text": "yes"}
    assert [event.id for event in shown if event.kind == "tool_call"] == ["fc_1", "fc_2"]


def test_an_item_that_begins_again_stands_as_it_was() -> None:
    again = {**THOUGHT, "encrypted_content": "E0"}
    response, events = read(created(), done(0, THOUGHT), added(0, again), ended())
    assert items(response) == [THOUGHT]
    assert [event.kind for event in events] == ["start", "seal", "end"]


@pytest.mark.parametrize("last", [[], [THOUGHT, {**MESSAGE, "id": "m"}], [{**MESSAGE, "id": "m"}], [THOUGHT]])
def test_two_types_under_one_number_are_two_items(last: list[Any]) -> None:
    spoken = {**MESSAGE, "id": "m"}
    response, events = read(
        created(), added(0, THOUGHT), done(0, THOUGHT), added(0, SPOKEN), done(0, spoken), ended(*last)
    )
    assert items(response) == [THOUGHT, spoken]
    assert [event.text for event in events if event.kind == "text"] == ["yes"]


@pytest.mark.parametrize("with_done", [True, False])
def test_two_calls_under_one_number_are_two_items(*, with_done: bool) -> None:
    calls = [{**CALL, "id": f"f{n}", "call_id": f"c{n}", "arguments": f"{{{n}}}"} for n in (1, 2)]
    events: list[Any] = [created()]
    for call in calls:
        events += [added(0, {**call, "arguments": ""})]
        events += [delta("function_call_arguments", 0, piece, item_id=call["id"]) for piece in call["arguments"]]
    events += [done(0, call) for call in calls if with_done]
    response, shown = read(*events, ended())
    assert items(response) == calls
    assert "".join(str(event.text) for event in shown if event.kind == "arguments") == "{1}{2}"


def test_an_item_with_another_id_in_each_event_is_one_item() -> None:
    response = read(
        created(),
        added(0, {**SPOKEN, "id": "a"}),
        delta("output_text", 0, "ye", item_id="b", content_index=0),
        done(0, {**MESSAGE, "id": "c"}),
        ended({**MESSAGE, "id": "d"}),
    ).response
    assert items(response) == [{**MESSAGE, "id": "d"}]


@pytest.mark.parametrize("sent", ["a", "c", "d", None])
def test_each_id_that_was_stated_may_come_back(sent: str | None) -> None:
    spoken = {key: value for key, value in MESSAGE.items() if key != "id"}
    answer = read(
        created(), added(0, {**SPOKEN, "id": "a"}), done(0, {**spoken, "id": "c"}), ended({**spoken, "id": "d"})
    ).response.message
    back, strange = (
        DIALECT.decode_request({"input": [{**spoken, **more}]}).messages[0]
        for more in ({} if sent is None else {"id": sent}, {"id": "x"})
    )
    assert same(answer, back, DIALECT.projection)
    assert not same(answer, strange, DIALECT.projection)
    assert answer.items[0].id == "d"


# -- later statements that say less ----------------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "type": "reasoning",
    "id": "rs",
    "summary": [{"type": "summary_text", "text": "T"}],
    "content": raw_words("one", "two"),
    "encrypted_content": "E1",
}


@pytest.mark.parametrize(
    "less",
    [
        {"summary": []},
        {"summary": [], "encrypted_content": None},
        {"summary": [], "encrypted_content": "", "content": None},
        {"summary": [{"type": "summary_text", "text": ""}], "content": []},
        {"summary": FULL["summary"], "content": raw_words("one")},
    ],
)
def test_what_a_later_statement_leaves_empty_was_not_taken_back(less: dict[str, Any]) -> None:
    poor = {"type": "reasoning", "id": "rs", **less}
    for events in (
        (done(0, FULL), ended(poor)),
        (done(0, FULL), done(0, poor)),
        (done(0, FULL), done(0, poor), ended()),
    ):
        streamed = read(created(), *events)
        assert items(streamed.response) == [FULL]
        (seal,) = streamed.response.message.blocks[0].seals
        assert (seal.wire, seal.alternates) == ("E1", ())


def test_other_words_of_a_later_statement_win() -> None:
    other = {**FULL, "summary": [{"type": "summary_text", "text": "U"}], "content": raw_words("onetwo")}
    assert items(read(created(), done(0, FULL), ended(other)).response) == [other]


def test_words_that_no_statement_repeats_stay() -> None:
    words = delta("reasoning_text", 0, "T", content_index=0)
    bare = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "E"}
    response, events = read(created(), added(0, bare), words, done(0, bare), ended(bare))
    assert items(response) == [{**bare, "content": raw_words("T")}]
    assert [event.kind for event in events] == ["start", "thinking", "seal", "end"]


def test_a_part_that_begins_late_throws_no_word_away() -> None:
    place = {"output_index": 0, "content_index": 0}
    part = {"type": "response.content_part.added", **place, "part": {"type": "output_text", "text": ""}}
    pieces = [delta("output_text", 0, text, content_index=0) for text in "xy"]
    for late in (part, added(0, {**MESSAGE, "content": []})):
        response, events = read(created(), added(0, {**MESSAGE, "content": []}), pieces[0], late, pieces[1])
        assert response.message.text == "xy" == "".join(str(e.text) for e in events if e.kind == "text")


@pytest.mark.parametrize(
    ("kind", "member", "item", "shows"),
    [
        ("output_text", "text", SPOKEN, "text"),
        ("refusal", "refusal", SPOKEN, "text"),
        ("reasoning_text", "text", {"type": "reasoning", "summary": []}, "thinking"),
        ("reasoning_summary_text", "text", {"type": "reasoning", "summary": []}, "thinking"),
        ("function_call_arguments", "arguments", {**CALL, "arguments": ""}, "arguments"),
        ("custom_tool_call_input", "input", {"type": "custom_tool_call", "call_id": "c", "name": "f"}, "arguments"),
    ],
)
@pytest.mark.parametrize("before", [[], ["wo"], ["wo", "rds"]])
def test_words_that_come_whole_are_shown(
    kind: str, member: str, item: dict[str, Any], shows: str, before: list[str]
) -> None:
    whole = {"type": f"response.{kind}.done", "output_index": 0, member: "words"}
    pieces = [delta(kind, 0, text) for text in before]
    for events in ((*pieces, whole), (*pieces, {**whole, member: ""}, whole)):
        _, shown = read(created(), added(0, item), *events)
        assert "".join(str(event.text) for event in shown if event.kind == shows) == "words"


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_an_event_of_a_later_version_does_not_end_a_stream() -> None:
    later = {"type": "response.metadata", "response": {"id": "r"}}
    start = created(model="m", tools=[])
    cut = read(start, later, done(0, MESSAGE), later)
    assert (cut.response.outcome, "end" in [event.kind for event in cut.events]) == ("truncated", False)
    whole = read(start, done(0, MESSAGE), ended(MESSAGE), later)
    assert whole.response == read(start, done(0, MESSAGE), ended(MESSAGE)).response
    assert [event.kind for event in whole.events] == ["start", "text", "end"]


def test_what_the_end_leaves_out_of_the_response_stands() -> None:
    poor = {"type": "response.completed", "response": {"id": "resp_1", "output": [MESSAGE]}}
    start = created(instructions="i", usage=None)
    response = read(start, poor).response
    body = json.loads(DIALECT.encode_response(response).body)
    assert (response.outcome, body["model"], body["instructions"]) == ("complete", "m", "i")
    assert "status" not in body
    assert "usage" not in body


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (ended(MESSAGE, word="cancelled"), "truncated"),
        ({"type": "response.done", "response": {**BASE, "status": "completed", "output": [MESSAGE]}}, "complete"),
        ({"type": "response.done", "response": {**BASE, "status": "incomplete"}}, "truncated"),
        ({"type": "response.completed"}, "complete"),
        ({"response": {**BASE, "status": "completed"}}, "complete"),
        ({"type": "response.error", "error": {"message": "y"}}, "failed"),
        ({"type": "response.error", "code": "x", "message": "y"}, "failed"),
        ({"type": "response.failed", "error": {"message": "y"}}, "failed"),
        ({"type": "response.one_tool.failed", "error": {"message": "y"}}, "truncated"),
    ],
)
def test_how_other_servers_end_a_stream(end: dict[str, Any], outcome: str) -> None:
    response, events = read_stream(DIALECT, sse(created(), done(0, MESSAGE), end, names=False))
    assert (response.outcome, response.message.text) == (outcome, "yes")
    kinds = [event.kind for event in events]
    assert kinds.count("error") == bool(response.error)
    assert kinds.count("end") <= 1


def test_an_error_that_is_no_json_is_a_failure() -> None:
    raw = sse(created(), done(0, MESSAGE)) + b"event: error\ndata: upstream went away\n\n"
    response, events = read_stream(DIALECT, raw)
    assert (response.outcome, response.error, response.message.text) == (
        "failed",
        Json(b'"upstream went away"'),
        "yes",
    )
    assert [event.kind for event in events][-1] == "error"


# -- an answer that was not streamed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("lead", [b"", b" \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    "body",
    [
        {**BASE, "status": "completed", "output": [FULL, MESSAGE, CALL], "usage": {"input_tokens": 1}},
        {**BASE, "status": "incomplete", "output": [FULL]},
        {**BASE, "status": "queued"},
        {"error": {"message": "no } such model", "code": 404}},
    ],
)
def test_a_server_that_does_not_stream_has_answered(body: dict[str, Any], lead: bytes, indent: int | None) -> None:
    raw = lead + json.dumps(body, indent=indent).encode() + b"\n"
    expected = DIALECT.decode_response(body)
    for cuts in (None, Random(1), Random(2)):
        response, events = read_stream(DIALECT, raw, cuts)
        assert said(DIALECT, response) == said(DIALECT, expected)
        kinds = [event.kind for event in events]
        if "output" in body:
            assert (kinds[0], kinds[-1]) == ("start", "end")
            assert "".join(str(e.text) for e in events if e.kind == "thinking") == expected.message.thinking


@pytest.mark.parametrize("raw", [b'{"id": "resp_1", "outp', b"{}", b'{"detail": "x"}', b"[]", b"<html>"])
def test_what_is_neither_a_stream_nor_an_answer_is_an_error(raw: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_stream(DIALECT, raw)
    assert (caught.value.culprit, bool(caught.value.where)) == ("provider", True)


# -- the vendor's own client, over HTTP -------------------------------------------------------------------------------

NONE = Json(b'{"annotations":[]}')
ANSWER = Response(
    messages=(
        Message(
            role="assistant",
            items=(
                Item(kind="reasoning", id="rs_1"),
                Item(kind="message", id="msg_1", phase="commentary", status="completed"),
                Item(kind="function_call", id="fc_1", status="completed"),
                Item(kind="custom_tool_call", id="ctc_1"),
            ),
            blocks=(
                Thinking(
                    item=0,
                    segments=(Segment(channel="summary", text="hm\u2028😀"), Segment(text="own words")),
                    seals=(Seal(slot="encrypted_content", wire="c2VhbA=="),),
                ),
                Text(item=1, text="first", fields=NONE),
                Text(item=1, text="second", fields=NONE),
                ToolCall(item=2, id="c1", name="f", arguments='{ "x" :  1.0 }'),
                ToolCall(item=3, id="c2", name="patch", arguments="*** Begin", kind="freeform"),
            ),
        ),
    ),
)


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serve one body on loopback, and give the address and what was asked."""
    asked: list[bytes] = []
    answer: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["content-length"])))
            body, kind = answer["body"], answer["kind"]
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def start(body: bytes, kind: str) -> tuple[str, list[bytes]]:
        answer.update(body=body, kind=kind)
        return f"http://127.0.0.1:{server.server_port}/v1", asked

    yield start
    server.shutdown()
    server.server_close()
    thread.join()


def blocks_of(response: Any) -> list[Any]:
    """Read what a client holds as we would read it."""
    body = response.to_dict(mode="json", warnings=False)
    for item in body["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or []:
            part.pop("parsed", None)
    return [block for message in DIALECT.decode_response(body).messages for block in message.blocks]


def expected() -> list[Any]:
    body = DIALECT.encode_response(ANSWER).body
    return [block for message in DIALECT.decode_response(body).messages for block in message.blocks]


@pytest.mark.vendors
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_vendors_client_reads_our_stream_as_the_same_blocks(serve: Any, seed: int | None) -> None:
    from openai import OpenAI

    raw = b"".join(DIALECT.encode_stream(ANSWER, cuts=None if seed is None else Random(seed)))
    url, asked = serve(raw, "text/event-stream")
    client = OpenAI(base_url=url, api_key="k", max_retries=0)
    with client, client.responses.stream(model="m", input="go") as stream:
        shown = [(event.type, getattr(event, "delta", "")) for event in stream]
        final = stream.get_final_response()
    assert blocks_of(final) == expected()
    assert "".join(text for kind, text in shown if kind == "response.output_text.delta") == "firstsecond"
    assert DIALECT.decode_request(asked[0]).messages[0].text == "go"


@pytest.mark.vendors
def test_the_vendors_client_reads_our_whole_answer_as_the_same_blocks(serve: Any) -> None:
    from openai import OpenAI

    url, _ = serve(DIALECT.encode_response(ANSWER).body, "application/json")
    with OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        response = client.responses.create(model="m", input=[{"role": "user", "content": "go"}])
    assert blocks_of(response) == expected()
    assert response.output_text == "firstsecond"
    assert isinstance(expected()[0], Thinking)
    assert not [block for block in expected() if isinstance(block, Opaque)]


@pytest.mark.vendors
@pytest.mark.parametrize(
    ("blocks", "lacks"),
    [
        ((Text.of("a"),), set()),  # `EasyInputMessageParam`: content that is a string needs no id
        ((Text.of("a"), ToolCall.of("f", {}, id="c")), set()),
        ((Text.of("a"), Text.of("b")), {"id", "status"}),
        ((Thinking.of("hm"), Text.of("a")), {"id"}),
        ((Thinking.of("hm"), Text.of("a"), Text.of("b")), {"id", "status"}),
    ],
)
def test_an_answer_made_by_hand_lacks_what_nobody_but_the_provider_can_state(
    blocks: tuple[Any, ...], lacks: set[str]
) -> None:
    """Ids are required in the types of parts of content and of reasoning, and optional on the wire (recorded requests).

    The other shape that the types know, a message for each text, would say that the model answered twice.
    """
    from openai.types.responses import (
        EasyInputMessageParam,
        ResponseFunctionToolCallParam,
        ResponseOutputMessageParam,
        ResponseReasoningItemParam,
    )
    from pydantic import TypeAdapter, ValidationError

    types: Mapping[str, Any] = {
        "": EasyInputMessageParam,
        "message": ResponseOutputMessageParam,
        "function_call": ResponseFunctionToolCallParam,
        "reasoning": ResponseReasoningItemParam,
    }
    request = Request(conversation=Conversation.of(Message.assistant(*blocks)))
    found: list[tuple[str, str]] = []
    for item in json.loads(DIALECT.encode_request(request).body)["input"]:
        try:
            TypeAdapter[Any](types[item.get("type", "")]).validate_python(item)
        except ValidationError as error:
            found += [(str(one["loc"][-1]), one["type"]) for one in error.errors()]
    assert set(found) == {(name, "missing") for name in lacks}


@pytest.mark.vendors
def test_what_we_write_is_of_the_vendors_types() -> None:
    from openai.types.responses import ResponseInputParam, ResponseOutputItem
    from pydantic import TypeAdapter

    made = (
        Message.user("go"),
        Message.assistant(Thinking.of("hm"), Text.of("a"), ToolCall.of("f", {}, id="c")),
        Message(role="tool", blocks=(ToolResult.of("r", call_id="c"),)),
        Message(role="user", blocks=(Text.of("look"), Media(kind="image", url="https://example.com/a.png"))),
    )
    for history in (made, ANSWER.messages):
        request = Request(conversation=Conversation.of(*history), model="m")
        written = json.loads(DIALECT.encode_request(request).body)["input"]
        # ids are required of reasoning items in the types and optional on the wire (recorded requests)
        named = [{"id": "rs", **item} if item.get("type") == "reasoning" else item for item in written]
        TypeAdapter[Any](ResponseInputParam).validate_python(named)
    for item in json.loads(DIALECT.encode_response(ANSWER).body)["output"]:
        TypeAdapter[Any](ResponseOutputItem).validate_python(item, strict=True)
