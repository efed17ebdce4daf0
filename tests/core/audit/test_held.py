"""History that the server holds, or that something stands for, need not be in the body."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from keepthinking.audit import Report, audit, read
from tests.core.audit.places import Json, dump
from tests.core.audit.scripted import Recorded, record, script
from tests.core.audit.wires import WIRES, Answer, Wire

RESPONSES = WIRES["responses"]
Held = Callable[[list[Json], int], Json]


def by_response(lines: list[Json], number: int) -> Json:
    """Name the answer before, and send what is new since."""
    return {"previous_response_id": lines[number - 1]["response"]["id"]}


def by_conversation(lines: list[Json], number: int) -> Json:
    """Name the conversation that the server keeps."""
    del lines, number
    return {"conversation": {"id": "conv_1"}}


def by_conversation_id(lines: list[Json], number: int) -> Json:
    del lines, number
    return {"conversation": "conv_1"}


HELD = pytest.mark.parametrize("names", [by_response, by_conversation, by_conversation_id])


def held(recorded: Recorded, names: Held, *numbers: int) -> list[Json]:
    """Let the server hold what the requests of these numbers (from 1) do not send: all up to the answer before."""
    lines = recorded.lines()
    for number, line in enumerate(lines, 1):
        body = line["request"]
        if number > 1 and number in numbers:
            start = len(lines[number - 2]["request"]["input"]) if number - 1 not in numbers else 0
            whole = recorded.wire.body(recorded.exchanges[number - 1]["request"])["input"]
            before = recorded.wire.body(recorded.exchanges[number - 2]["request"])["input"]
            answer = lines[number - 2]["response"]["output"]
            del start
            body["input"] = whole[len(before) + len(answer) :]
            body |= names(lines, number - 1)
        elif names is not by_response and number + 1 in numbers:
            body |= names(lines, number)
    return lines


def judged(lines: list[Json]) -> Report:
    report = audit(read([dump(line) for line in lines]))
    assert report.problems == ()
    return report


def accused(report: Report) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.level, finding.what) for finding in report.findings]


@HELD
def test_a_conversation_that_the_server_holds_is_judged_without_its_history(names: Held) -> None:
    lines = held(record(RESPONSES), names, *range(2, 9))

    report = judged(lines)

    assert accused(report) == []
    assert report.expected == 28
    assert (report.model_messages, report.unattributed) == (0, 0)


@HELD
def test_a_client_may_go_on_with_the_whole_history(names: Held) -> None:
    report = judged(held(record(RESPONSES), names, 2, 3, 4))

    assert accused(report) == []
    assert report.unattributed == 0
    assert report.fates["preserved"] > 0


@HELD
def test_what_is_lost_when_the_client_goes_on_with_the_whole_history_is_found(names: Held) -> None:
    recorded = record(RESPONSES).cut(6)
    recorded.answer(2, 6)["items"].pop(0)

    report = judged(held(recorded, names, 2, 3, 4))

    assert accused(report) == [("thinking.kept.in-loop", "MUST", report.findings[0].what)]
    assert (report.findings[0].request, report.findings[0].response) == (6, 2)


def test_a_name_of_null_holds_nothing() -> None:
    recorded = record(RESPONSES).cut(6)
    recorded.answer(2, 6)["items"].pop(0)
    lines = recorded.lines()
    for line in lines:
        line["request"] |= {"previous_response_id": None, "conversation": None}

    assert [f.check for f in judged(lines).findings] == ["thinking.kept.in-loop"]


def test_an_answer_that_nobody_recorded_may_be_held() -> None:
    lines = held(record(RESPONSES), by_response, *range(2, 9))[3:]

    report = judged(lines)

    assert accused(report) == []
    assert report.expected == 10


def test_a_fork_of_what_the_server_holds_is_normal() -> None:
    lines = held(record(RESPONSES), by_response, *range(2, 9))
    fork = copy.deepcopy(lines[4])
    fork["response"]["id"] = "resp_fork"

    report = judged([*lines, fork])

    assert accused(report) == []
    assert report.expected_by[9] == (1, 2, 3, 4)


# -- references ------------------------------------------------------------------------------------------------------


def referred(recorded: Recorded, number: int) -> list[Json]:
    """Let the last request name the items of an answer instead of sending them."""
    for item in (message := recorded.answer(number, len(recorded.exchanges)))["items"]:
        kept = {"type": "item_reference", "id": item["id"]}
        item.clear()
        item.update(kept)
    assert message
    return recorded.lines()


@pytest.mark.parametrize("number", [1, 3, 5])
def test_an_item_that_is_referred_to_is_there(number: int) -> None:
    report = judged(referred(record(RESPONSES).cut(6), number))

    assert accused(report) == []
    assert report.unattributed == 0
    assert set(report.fates) == {"preserved"}


def test_an_item_that_is_not_referred_to_is_gone() -> None:
    lines = referred(record(RESPONSES).cut(6), 3)
    gone = next(n for n, item in enumerate(lines[-1]["request"]["input"]) if item.get("type") == "item_reference")
    del lines[-1]["request"]["input"][gone]

    (finding,) = judged(lines).findings

    assert (finding.check, finding.level, finding.response) == ("thinking.kept.in-loop", "MUST", 3)


# -- compaction ------------------------------------------------------------------------------------------------------

COMPACTION: dict[str, Json] = {
    "responses": {"type": "compaction", "id": "cmp_1", "encrypted_content": "Y29tcGFjdGVkIGhpc3Rvcnk="},
    "claude": {"type": "compaction", "content": "So far the user asked and two files were read."},
}


def compacted(wire: Wire, *, keep: int) -> list[Json]:
    """Let the fourth answer end with a compaction, and later requests leave out what stands before it.

    Args:
        wire: The wire.
        keep: How many items of the fourth answer itself are left out.
    """
    block = COMPACTION[wire.name]
    recorded = record(wire)
    name = str(wire.blocks)
    content = recorded.exchanges[3]["response"]["output" if wire.name == "responses" else "content"]
    content.insert(keep, block)
    for number in range(5, 9):
        messages = recorded.messages(number)
        fourth = recorded.places[4]
        messages[fourth][name].insert(keep, copy.deepcopy(block))
        messages[fourth][name] = messages[fourth][name][keep:]
        del messages[:fourth]
    return recorded.lines()


@pytest.mark.parametrize("wire", ["responses", "claude"])
@pytest.mark.parametrize("keep", [0, 1])
def test_what_a_compaction_stands_for_may_go(wire: str, keep: int) -> None:
    report = judged(compacted(WIRES[wire], keep=keep))

    assert accused(report) == []
    assert report.unattributed == 0
    assert report.fates["removed-with-turn"] > 0


SUMMARY = {"type": "compaction", "content": "The user asked for a sentence about each text, and got one so far."}


@pytest.mark.parametrize("kept", [SUMMARY, {**SUMMARY, "cache_control": {"type": "ephemeral"}}])
def test_an_answer_that_is_nothing_but_a_compaction_is_known_when_it_comes_back(kept: Json) -> None:
    """As Claude gives one where the limit is reached: it stops, and goes on when the block comes back."""
    lines = record(WIRES["claude"], ["One text.", Answer(text=""), "What did I ask?", Answer(text="For that.")]).lines()
    lines[0]["response"]["content"] = [SUMMARY]
    lines[1]["request"]["messages"][1]["content"] = [kept]

    report = judged(lines)

    assert accused(report) == []
    assert (report.expected, report.unattributed) == (1, 0)


def test_a_compaction_that_was_changed_is_told_at_its_place() -> None:
    lines = record(WIRES["claude"], ["One text.", Answer(text=""), "What did I ask?", Answer(text="For that.")]).lines()
    lines[0]["response"]["content"] = [SUMMARY]
    lines[1]["request"]["messages"][1]["content"] = [{**SUMMARY, "content": SUMMARY["content"][:-8] + "."}]

    (finding,) = judged(lines).findings

    assert (finding.check, finding.path) == ("opaque.unaltered", "$.messages[1].content[0]")


@pytest.mark.parametrize("wire", ["responses", "claude"])
def test_what_stands_behind_a_compaction_is_wanted(wire: str) -> None:
    lines = compacted(WIRES[wire], keep=0)[:6]
    body = lines[5]["request"]
    if wire == "responses":
        thoughts = [n for n, item in enumerate(body["input"]) if item.get("type") == "reasoning"]
        del body["input"][thoughts[-1]]
    else:
        message = [m for m in body["messages"] if m["role"] == "assistant"][-1]
        del message["content"][0]

    (finding,) = judged(lines).findings

    assert (finding.check, finding.level, finding.response) == ("thinking.kept.in-loop", "MUST", 5)


@pytest.mark.parametrize("wire", ["responses", "claude"])
def test_a_turn_that_is_gone_without_a_compaction_is_missed(wire: str) -> None:
    lines = compacted(WIRES[wire], keep=0)[:5]
    for line in lines:
        for value in (line["request"], line["response"]):
            _without(value, "compaction")

    assert ("context.turn.kept.in-loop", "MUST") in {(f.check, f.level) for f in judged(lines).findings}


def _without(value: Json, kind: str) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _without(inner, kind)
    elif isinstance(value, list):
        value[:] = [inner for inner in value if not (isinstance(inner, dict) and inner.get("type") == kind)]
        for inner in value:
            _without(inner, kind)


def test_the_route_that_compacts_is_an_exchange_of_its_own() -> None:
    recorded = record(RESPONSES, script(RESPONSES)[:4]).cut(3)
    lines = recorded.lines()
    whole = lines[2]["request"]["input"]
    compact = {
        "endpoint": "/v1/responses/compact",
        "host": RESPONSES.host,
        "request": {"model": RESPONSES.model, "input": whole},
        "response": {
            "id": "resp_c",
            "object": "response.compaction",
            "output": [{**whole[0], "type": "message", "id": "msg_u"}, COMPACTION["responses"]],
        },
    }
    user = {"role": "user", "content": "Go on."}
    later = {**lines[2], "request": {**lines[2]["request"], "input": [whole[0], COMPACTION["responses"], user]}}

    report = judged([*lines, compact, later])

    assert accused(report) == []
    assert report.unattributed == 0
    assert 4 in report.expected_by[5]
    assert isinstance(script(RESPONSES)[1], Answer)
