"""What is gone from a history, and what is changed in it, where one of them explains the other or does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from keepthinking.audit import Report
from tests.core.audit.scripted import Recorded, record, thought
from tests.core.audit.test_held import COMPACTION, by_response, compacted, held, judged
from tests.core.audit.wires import WIRES, Answer, Call, DeepSeek, Thought

CHAT, RESPONSES, CLAUDE = WIRES["deepseek"], WIRES["responses"], WIRES["claude"]


def look(n: int) -> Call:
    return Call(f"call_{n}_unguessable", "look", json.dumps({"q": n}))


def thinks(n: int, text: str = "", *calls: Call) -> Answer:
    return Answer((Thought(thought(n)),), text, calls)


def found(report: Report) -> list[tuple[str, str, int, object, str]]:
    return [(f.check, f.level, f.request, f.response, f.path) for f in report.findings]


# -- results without their call ----------------------------------------------------------------------------------------


def test_a_result_whose_call_is_gone_is_told_besides_the_call() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1), look(2)), thinks(2, "Done.")])
    del recorded.answer(1, 2)["tool_calls"][1]

    assert found(recorded.report()) == [
        ("call.kept", "MUST", 2, 1, "$.messages[2]"),
        ("context.pairs.kept", "MUST", 2, 1, "$.messages[4].content"),
    ]


def test_a_result_of_nobody_is_no_renamed_one() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1)), thinks(2, "Done.")])
    recorded.messages(2).append({"role": "tool", "tool_call_id": "call_of_nobody", "content": "lone"})

    (finding,) = recorded.report().findings

    assert (finding.check, finding.path) == ("context.pairs.kept", "$.messages[4].content")
    assert not isinstance(finding.response, int)


# -- turns that are gone -----------------------------------------------------------------------------------------------


def test_the_same_question_twice_is_two_questions() -> None:
    recorded = record(DeepSeek(), ["Go on.", thinks(1, "One."), "Go on.", thinks(2, "", look(2)), thinks(3, "Done.")])
    del recorded.messages(3)[2]

    assert found(recorded.report()) == [("context.turn.kept.cross-turn", "MAY", 3, 1, "$.messages[3]")]


@pytest.mark.parametrize(("longer", "gone"), [(2, 3), (3, 4), (3, 3)])
def test_a_question_to_which_something_was_added_is_the_same_question(longer: int, gone: int) -> None:
    answers = (*(thinks(n, "", look(n)) for n in (1, 2, 3)), thinks(4, "Done."))
    recorded = record(DeepSeek(), ["Look at it.", *answers])
    for number in range(longer, 5):
        recorded.messages(number)[1]["content"] += " So far: one file was read."
    for number in range(gone, 5):
        del recorded.messages(number)[2:4]

    turns = [row for row in found(recorded.report()) if row[0].startswith("context.turn")]

    assert turns == [("context.turn.kept.in-loop", "MUST", gone, 1, "$.messages[2]")]


@pytest.mark.parametrize("wire", [CLAUDE, RESPONSES], ids=["claude", "responses"])
@pytest.mark.parametrize(("at", "checks"), [(0, []), (2, ["redacted.kept"])])
def test_what_stands_behind_a_compaction_of_its_own_answer_is_wanted(wire: Any, at: int, checks: list[str]) -> None:
    block, name = COMPACTION[wire.name], str(wire.blocks)
    recorded = record(wire).cut(4)
    recorded.exchanges[2]["response"]["output" if wire is RESPONSES else "content"].insert(1, copy.deepcopy(block))
    recorded.answer(3, 4)[name].insert(1, copy.deepcopy(block))
    del recorded.answer(3, 4)[name][at]

    report = judged(recorded.lines())

    assert [finding.check for finding in report.findings] == checks


# -- inputs that are changed -------------------------------------------------------------------------------------------


def test_an_answer_that_was_cut_and_is_gone_does_not_excuse_a_changed_question() -> None:
    def cut() -> Recorded:
        recorded = record(CHAT)
        CHAT.cut(recorded.exchanges[3]["response"])
        recorded = recorded.cut(6)
        for number in (5, 6):
            recorded.messages(number).pop(recorded.places[4])
        return recorded

    changed = cut()
    changed.messages(6)[1]["content"] = "Another question."

    assert "prefix.unaltered" not in {finding.check for finding in cut().report().findings}
    assert ("prefix.unaltered", "MAY", 6, 5, "$.messages[1].content") in found(changed.report())


def test_a_prefix_is_not_compared_where_the_server_held_some_of_it() -> None:
    assert found(judged(held(record(RESPONSES), by_response, *range(2, 8)))) == []


def test_a_prefix_is_not_compared_where_a_compaction_stands_for_some_of_it() -> None:
    lines = compacted(CLAUDE, keep=0)
    for line in lines:
        line["request"]["model"] = "claude-opus-5-5"  # its seals are bound to all before them

    assert found(judged(lines)) == []


# -- what a later request shows ----------------------------------------------------------------------------------------


def loop() -> Recorded:
    return record(DeepSeek(), ["Look.", *(thinks(n, "", look(n)) for n in (1, 2, 3, 4)), thinks(5, "Done.")])


@pytest.mark.parametrize(("role", "at"), [("user", 10), ("system", 10), ("assistant", 10), ("assistant", 2)])
def test_a_thought_that_was_lost_may_turn_up_as_text_later(role: str, at: int) -> None:
    recorded = loop()
    for number in (3, 4, 5):
        del recorded.answer(1, number)["reasoning_content"]
    recorded.messages(5).insert(at, {"role": role, "content": f"Note: {thought(1)}"})

    assert found(recorded.report()) == [
        ("thinking.kept.in-loop", "MUST", 3, 1, "$.messages[2]"),
        ("thinking.not-text", "MUST", 5, 1, f"$.messages[{at}].content"),
    ]


def test_a_thought_in_anothers_turn_is_told_again_where_its_own_turn_has_it_too() -> None:
    recorded = loop()
    for number in (4, 5):
        recorded.answer(2, number)["reasoning_content"] = thought(1)
    recorded.answer(1, 4)["reasoning_content"] = None

    assert found(recorded.report()) == [
        ("thinking.own", "MUST", 4, 1, "$.messages[4].reasoning_content"),
        ("thinking.kept.in-loop", "MUST", 4, 2, "$.messages[4]"),
        ("thinking.own", "MUST", 5, 2, "$.messages[4].reasoning_content"),
    ]
