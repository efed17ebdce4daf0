"""What an earlier request showed: one finding where a later one shows the same, another where it shows more."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking.audit import Report
from tests.core.audit.scripted import found, look, loop, record, thinks, thought
from tests.core.audit.test_held import COMPACTION
from tests.core.audit.test_surroundings import bound
from tests.core.audit.wires import WIRES, Claude, DeepSeek

CHAT, RESPONSES, CLAUDE = WIRES["deepseek"], WIRES["responses"], WIRES["claude"]


def told(report: Report) -> list[tuple[str, int, object, int]]:
    return [(f.check, f.request, f.response, f.requests) for f in report.findings]


# -- the same once more ------------------------------------------------------------------------------------------------


def test_a_text_that_is_changed_again_is_one_changed_text() -> None:
    recorded = record(
        DeepSeek(), ["Look.", thinks(1, "So it is, I think.", look(1)), thinks(2, "", look(2)), thinks(3)]
    )
    recorded.answer(1, 2)["content"] = "So it was, I think."
    recorded.answer(1, 3)["content"] = "So it were, I think."

    assert told(recorded.report()) == [("text.unaltered", 2, 1, 2)]


def test_a_question_that_is_changed_again_in_a_retry_is_one_changed_question() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1)), thinks(2, "Done.")])
    recorded.exchanges.append(copy.deepcopy(recorded.exchanges[1]))
    recorded.messages(2)[1]["content"] = "Look there."
    recorded.messages(3)[1]["content"] = "Look here."

    assert told(recorded.report()) == [("prefix.unaltered", 2, 1, 2)]


def test_what_is_lost_is_counted_once_a_request() -> None:
    recorded = loop().cut(4)
    for number in (2, 3, 4):
        del recorded.answer(1, number)["reasoning_content"]

    report = recorded.report()

    assert told(report) == [("thinking.kept.in-loop", 2, 1, 3)]
    assert report.fates == {"dropped": 3, "preserved": 3}


def test_what_is_left_of_an_answer_is_counted_once_a_request() -> None:
    recorded = record(Claude()).cut(5)
    for number in (4, 5):
        del recorded.answer(3, number)["content"][0]

    report = recorded.report()

    assert told(report) == [("thinking.kept.in-loop", 4, 3, 2)]
    assert report.fates == {"dropped": 2, "preserved": 12}


@pytest.mark.parametrize("part", ["system", "tools"])
def test_instructions_and_tools_that_change_all_the_time_are_one_finding(part: str) -> None:
    recorded = bound(6)
    for number in (4, 5, 6):
        request, time = recorded.exchanges[number - 1]["request"], f"It is {number} o'clock."
        request[part] = time if part == "system" else [{**request[part][0], "description": time}, *request[part][1:]]

    assert told(recorded.report()) == [("prefix.unaltered", 4, 3, 3)]


def test_what_was_lost_in_the_loop_is_the_same_loss_when_the_loop_is_over() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1)), thinks(2, "So."), "And?", thinks(3, "Bye.")])
    for number in (2, 3):
        del recorded.answer(1, number)["reasoning_content"]

    assert told(recorded.report()) == [("thinking.kept.in-loop", 2, 1, 2)]


def test_two_answers_in_one_message_are_two_in_each_request() -> None:
    recorded = loop().cut(5)
    for number in (4, 5):
        messages, (first, second) = recorded.messages(number), (recorded.places[1], recorded.places[2])
        calls = [*messages[first]["tool_calls"], *messages[second]["tool_calls"]]
        messages[first : second + 1] = [{**messages[first], "tool_calls": calls}, messages[first + 1]]

    assert ("grouping.not-merged", 4, 2, 2) in told(recorded.report())


# -- and more ----------------------------------------------------------------------------------------------------------


def test_a_call_that_was_renamed_with_its_result_is_told_again_where_the_result_names_the_old_id() -> None:
    recorded = loop().cut(3)
    for number in (2, 3):
        recorded.answer(1, number)["tool_calls"][0]["id"] = "call_x"
    recorded.messages(2)[3]["tool_call_id"] = "call_x"

    assert told(recorded.report()) == [
        ("ids.verbatim", 2, 1, 1),
        ("ids.paired", 3, 1, 1),
        ("context.pairs.kept", 3, 1, 1),
    ]


def test_a_result_of_nobody_changes_nothing_of_what_is_told_again() -> None:
    recorded = loop().cut(3)
    for number in (2, 3):
        recorded.answer(1, number)["tool_calls"][0]["id"] = "call_x"
        recorded.messages(number).append({"role": "tool", "tool_call_id": "call_of_nobody", "content": "lone"})
    recorded.messages(2)[3]["tool_call_id"] = "call_x"

    assert [row[:3] for row in told(recorded.report())][:3] == [
        ("ids.verbatim", 2, 1),
        ("context.pairs.kept", 2, UNSET),
        ("ids.paired", 3, 1),
    ]


def test_a_thought_that_stands_in_two_other_turns_is_told_of_both() -> None:
    recorded = loop().cut(5)
    for number in (4, 5):
        del recorded.answer(1, number)["reasoning_content"]
        recorded.answer(3, number)["reasoning_content"] = thought(1)
    recorded.answer(2, 5)["reasoning_content"] = thought(1)

    assert told(recorded.report()) == [
        ("thinking.own", 4, 1, 2),
        ("thinking.kept.in-loop", 4, 3, 1),
        ("thinking.kept.in-loop", 5, 2, 1),
        ("thinking.own", 5, 3, 1),
    ]


def test_one_thought_in_another_turn_is_one_answers_though_two_have_lost_theirs() -> None:
    same = thinks(1, "", look(2))
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1)), same, *(thinks(n, "", look(n)) for n in (3, 4, 5))])
    for number in (4, 5):
        del recorded.answer(2, number)["reasoning_content"]
        recorded.answer(3, number)["reasoning_content"] = thought(1)
    del recorded.answer(1, 5)["reasoning_content"]

    assert told(recorded.report()) == [
        ("thinking.own", 4, 2, 1),
        ("thinking.kept.in-loop", 4, 3, 2),
        ("thinking.own", 5, 1, 1),
        ("thinking.kept.in-loop", 5, 2, 1),
    ]


def test_a_thought_that_was_lost_is_told_again_where_another_turn_has_it() -> None:
    recorded = loop().cut(4)
    for number in (3, 4):
        del recorded.answer(1, number)["reasoning_content"]
    recorded.answer(2, 4)["reasoning_content"] = thought(1)

    assert found(recorded.report()) == [
        ("thinking.kept.in-loop", "MUST", 3, 1, "$.messages[2]"),
        ("thinking.own", "MUST", 4, 1, "$.messages[4].reasoning_content"),
        ("thinking.kept.in-loop", "MUST", 4, 2, "$.messages[4]"),
    ]


def test_a_thought_that_was_lost_is_told_again_where_another_answer_has_it_as_text() -> None:
    recorded = loop().cut(4)
    for number in (3, 4):
        del recorded.answer(1, number)["reasoning_content"]
    recorded.answer(2, 4)["content"] = f"I think: {thought(1)}"

    assert ("thinking.not-text", "MUST", 4, 1, "$.messages[4].content") in found(recorded.report())


def test_a_thought_that_another_turn_had_is_told_again_where_it_is_lost() -> None:
    recorded = loop().cut(4)
    for number in (3, 4):
        del recorded.answer(1, number)["reasoning_content"]
    recorded.answer(2, 3)["reasoning_content"] = thought(1)

    assert found(recorded.report()) == [
        ("thinking.own", "MUST", 3, 1, "$.messages[4].reasoning_content"),
        ("thinking.kept.in-loop", "MUST", 3, 2, "$.messages[4]"),
        ("thinking.kept.in-loop", "MUST", 4, 1, "$.messages[2]"),
    ]


# -- what counts as a thought ------------------------------------------------------------------------------------------


def test_a_thought_counts_once_whatever_became_of_it() -> None:
    recorded = record(CLAUDE).cut(2)
    block = recorded.answer(1, 2)["content"][0]
    block["thinking"] = block["thinking"].replace("First", "Fist")
    block["signature"] = block["signature"].replace("Er1", "Er9")

    report = recorded.report()

    assert {row[0] for row in found(report)} == {"seal.unaltered", "thinking.unaltered"}
    assert report.fates == {"altered": 1}


def test_a_seal_on_a_call_counts_where_it_is_let_go_alone() -> None:
    recorded = record(WIRES["gemini"]).cut(2)
    del next(part for part in recorded.answer(1, 2)["parts"] if "functionCall" in part)["thoughtSignature"]

    report = recorded.report()

    assert [row[:2] for row in found(report)] == [("seal.kept", "MUST")]
    assert report.fates == {"preserved": 1}


def test_a_text_before_a_compaction_is_no_thought_and_a_changed_thought_is_not_gone() -> None:
    def before(change: Any) -> Report:
        recorded = record(CLAUDE).cut(4)
        for content in (recorded.exchanges[2]["response"]["content"], recorded.answer(3, 4)["content"]):
            content.append(copy.deepcopy(COMPACTION["claude"]))
        change(recorded.answer(3, 4)["content"])
        return recorded.report()

    def drop_text(content: list[Any]) -> None:
        del content[3]

    def change_thought(content: list[Any]) -> None:
        content[0]["thinking"] = content[0]["thinking"].replace("First", "Fist")

    assert (found(before(drop_text)), before(drop_text).fates) == ([], {"preserved": 8})
    assert [row[0] for row in found(before(change_thought))] == ["thinking.unaltered"]


def test_what_was_never_said_counts_as_a_thought_where_it_is_one() -> None:
    recorded = record(CLAUDE).cut(2)
    recorded.answer(1, 2)["content"].insert(0, {"type": "text", "text": "Nobody ever said this."})
    thinking = {"type": "thinking", "thinking": "Nobody ever thought this.", "signature": "bm9ib2R5"}
    thoughtful = record(CLAUDE).cut(2)
    thoughtful.answer(1, 2)["content"].insert(0, thinking)
    beside = record(CHAT).cut(2)
    beside.exchanges[0]["response"]["choices"][0]["message"]["name"] = "one"
    beside.answer(1, 2)["name"] = "two"

    assert (recorded.report().findings[0].fate, recorded.report().fates) == ("invented", {"preserved": 1})
    assert (beside.report().findings[0].fate, beside.report().fates) == ("altered", {"preserved": 1})
    assert [row[0] for row in found(thoughtful.report())] == ["thinking.not-invented"]
    assert thoughtful.report().fates == {"invented": 1, "preserved": 1}
