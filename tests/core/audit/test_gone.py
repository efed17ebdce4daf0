"""What is gone from a history, and what is changed in it, where one of them explains the other or does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.core.audit.scripted import found, look, loop, record, thinks, thought
from tests.core.audit.test_held import COMPACTION, judged
from tests.core.audit.wires import WIRES, DeepSeek

CHAT, RESPONSES, CLAUDE = WIRES["deepseek"], WIRES["responses"], WIRES["claude"]


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


def test_a_question_that_was_shortened_is_the_same_question() -> None:
    recorded = record(DeepSeek(), ["Look at it, please.", *(thinks(n, "", look(n)) for n in (1, 2, 3))])
    for number in (2, 3):
        recorded.messages(number)[1]["content"] = "Look at it"
    del recorded.messages(3)[2:4]

    assert ("context.turn.kept.in-loop", "MUST", 3, 1, "$.messages[2]") in found(recorded.report())


def test_a_thought_of_a_turn_that_is_gone_may_stand_as_text_all_the_same() -> None:
    recorded = loop().cut(4)
    del recorded.messages(4)[2:4]
    recorded.messages(4)[1]["content"] += f" Note: {thought(1)}"

    assert found(recorded.report()) == [
        ("context.turn.kept.in-loop", "MUST", 4, 1, "$.messages[2]"),
        ("thinking.not-text", "MUST", 4, 1, "$.messages[1].content"),
    ]


@pytest.mark.parametrize(("cut", "merged"), [(None, True), (2, False)])
def test_two_answers_in_one_message_are_told_but_for_one_that_was_cut(cut: int | None, *, merged: bool) -> None:
    answers = (thinks(1, "The first part.", look(1)), thinks(2, "The second.", look(2)), thinks(3, "Both are there."))
    recorded = record(DeepSeek(), ["Look.", *answers, "And?", thinks(4, "Bye.")])
    if cut is not None:
        CHAT.cut(recorded.exchanges[cut - 1]["response"])
    first, second = recorded.places[1], recorded.places[2]
    messages = recorded.messages(4)
    calls = [*messages[first]["tool_calls"], *messages[second]["tool_calls"]]
    messages[first : second + 1] = [{**messages[first], "tool_calls": calls}, messages[first + 1]]

    rows = [row for row in found(recorded.report()) if row[0] == "grouping.not-merged"]

    assert rows == ([("grouping.not-merged", "MUST", 4, 2, "$.messages[2]")] if merged else [])


def test_a_call_that_was_written_anew_in_the_message_of_another_answer_is_none_that_nobody_made() -> None:
    recorded = record(DeepSeek(), ["Look.", *(thinks(n, "", look(n)) for n in (1, 2, 3)), thinks(4, "Done.")])
    messages, (first, second) = recorded.messages(4), (recorded.places[2], recorded.places[3])
    for message in messages:
        message.pop("reasoning_content", None)
        for call in message.get("tool_calls", ()):
            call["function"]["arguments"] = call["function"]["arguments"].replace(" ", "").replace(":", " : ")
    calls = [*messages[first]["tool_calls"], *messages[second]["tool_calls"]]
    messages[first : second + 1] = [{**messages[first], "tool_calls": calls}, messages[first + 1]]

    rows = {(check, request, answer) for check, _, request, answer, _ in found(recorded.report()) if request == 4}

    assert rows == {
        *(("thinking.kept.in-loop", 4, n) for n in (1, 2, 3)),
        *(("arguments.verbatim", 4, n) for n in (1, 2, 3)),
        ("grouping.not-merged", 4, 3),
    }


def test_an_answer_is_no_part_of_the_one_that_it_went_on_from_where_the_server_joins_none() -> None:
    answers = (thinks(1, "The first part."), thinks(2, "", look(2)), thinks(3, "Both are there."))
    recorded = record(DeepSeek(), ["Look.", *answers, "And?", thinks(4, "Bye.")])
    messages, first = recorded.messages(4), recorded.places[1]
    messages[first : first + 2] = [{**messages[first], "tool_calls": messages[first + 1]["tool_calls"]}]

    assert "grouping.not-merged" in {row[0] for row in found(recorded.report())}


# -- what a later request shows ----------------------------------------------------------------------------------------


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
