"""What was said before, where it is changed, and where nobody may tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.audit.scripted import Recorded, found, look, record, thinks
from tests.core.audit.test_held import by_response, compacted, held, judged
from tests.core.audit.test_voices import BOUND, Told, own
from tests.core.audit.test_voices import judged as judged_by
from tests.core.audit.wires import WIRES, Answer, DeepSeek

CHAT, RESPONSES, CLAUDE = WIRES["deepseek"], WIRES["responses"], WIRES["claude"]


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


TWO = ("One?", thinks(1, "First."), "Two?", thinks(2, "", look(2)), thinks(3, "Third."))


def test_the_last_question_is_compared_as_the_first_is() -> None:
    recorded = record(DeepSeek(), TWO)
    recorded.messages(3)[3]["content"] = "Two, please?"

    assert found(recorded.report()) == [("prefix.unaltered", "MAY", 3, 2, "$.messages[3].content")]


def test_a_last_question_that_is_gone_is_told_at_the_end() -> None:
    recorded = record(DeepSeek(), TWO)
    del recorded.messages(3)[3]

    assert found(recorded.report()) == [("prefix.unaltered", "MAY", 3, 2, "$.messages[4]")]


def test_a_prefix_is_not_compared_where_the_server_holds_it_and_the_answer_is_sent_all_the_same() -> None:
    lines = record(RESPONSES).cut(2).lines()
    del lines[1]["request"]["input"][0]
    lines[1]["request"]["previous_response_id"] = lines[0]["response"]["id"]

    assert found(judged(lines)) == []


def test_a_prefix_is_not_compared_where_it_was_written_in_another_dialect() -> None:
    words = "A long answer about the picture, in words."
    first = record(CHAT, ["Look.", Answer((), words)]).lines()[0]
    second = record(CLAUDE, ["Look.", Answer((), words), "And?", Answer((), "Yes.")]).lines()[1]
    look_at = {"type": "text", "text": "Look."}
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    first["request"]["messages"][1]["content"] = [look_at, url]
    second["request"]["messages"][0]["content"] = [look_at, {"type": "image", "source": source}]

    assert found(judged([first, second])) == []


def test_instructions_are_not_compared_where_they_were_written_in_another_dialect() -> None:
    words = "An answer that is long enough to be known again."
    events: list[Answer | str] = ["Look.", Answer((), words), "And?", Answer((), "Yes.")]
    first, second = record(CHAT, events).lines()[0], record(RESPONSES, events).lines()[1]
    first["host"], first["request"]["model"] = second["host"], second["request"]["model"]
    first["request"]["messages"][0]["role"] = "developer"

    assert found(judged([first, second])) == []


def test_results_before_the_first_answer_of_this_provider_are_not_part_of_a_bound_prefix() -> None:
    lines = Told(CLAUDE, ("minimax-anthropic", "MiniMax-M2"), BOUND).record(own)[:4]
    lines[3][0]["request"]["messages"][2]["content"][0]["content"] = "[cleared]"

    assert [row[:4] for row in found(judged_by(lines))] == [("result.unaltered", "SHOULD", 4, 1)]


def test_instructions_that_are_changed_are_told_besides_tools_that_are_gone() -> None:
    recorded = record(CHAT).cut(3)
    del recorded.exchanges[2]["request"]["tools"]
    recorded.messages(3)[0]["content"] = "Be long."

    rows = found(recorded.report())

    assert [row[0] for row in rows] == ["tools.kept", "prefix.unaltered"]


def test_tools_are_kept_where_their_calls_stand_in_the_same_dialect() -> None:
    recorded = record(DeepSeek(), ["Hi.", thinks(1, "Hello."), "And?", thinks(2, "Yes.")])
    del recorded.exchanges[1]["request"]["tools"]
    lines = [*record(CHAT).cut(2).lines(), record(CLAUDE).cut(3).lines()[2]]
    del lines[2]["request"]["tools"]

    assert [row[0] for row in found(recorded.report())] == ["prefix.unaltered"]
    assert found(judged(lines)) == []


# -- answers behind later words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [CHAT, CLAUDE], ids=["chat", "claude"])
def test_a_reminder_behind_a_result_overtakes_no_answer(wire: Any) -> None:
    recorded = record(wire).cut(6)
    recorded.messages(6).insert(recorded.places[2], wire.as_text("<reminder>Be quick.</reminder>"))

    assert "order.turns" not in {row[0] for row in found(recorded.report())}


@pytest.mark.parametrize(("last", "behind"), [(1, "the question"), (3, "a result"), (4, "a question in a later turn")])
def test_words_before_a_sealed_answer_break_a_seal_that_is_bound_to_all_before_it(last: int, behind: str) -> None:
    """All that stands before a block is its prefix (https://platform.claude.com/docs/build-with-claude/preserved-thinking)."""
    loop = [thinks(1, "", look(1)), thinks(2, "", look(2)), thinks(3, "Three.")]
    recorded = record(CLAUDE, ["One?", *loop, "Two?", thinks(4, "Four."), "?", thinks(5, "Five.")])
    del recorded.exchanges[last + 1 :]
    for exchange in recorded.exchanges:
        exchange["request"]["model"] = BOUND[1]
    place = recorded.places[last]
    recorded.messages(last + 1).insert(place, CLAUDE.as_text("Be quick."))

    (finding,) = recorded.report().findings

    assert (finding.check, finding.level, finding.status) == ("prefix.unaltered", "MUST", "fail"), behind
    assert (finding.request, finding.response, finding.path) == (last + 1, last, f"$.messages[{place}]")
    assert finding.rule == "anthropic.claude-bound.messages"
    assert "prefix-checks" in str(finding.source)


@pytest.mark.parametrize("role", ["user", "system"])
def test_whose_words_they_are_does_not_matter_to_such_a_seal(role: str) -> None:
    recorded = bound(["One?", thinks(1, "First."), "Two?", thinks(2, "Second.")], 2)
    recorded.messages(2).insert(recorded.places[1], {"role": role, "content": "Be quick."})

    assert found(recorded.report()) == [("prefix.unaltered", "MUST", 2, 1, "$.messages[1]")]


def bound(events: list[Answer | str], last: int) -> Recorded:
    recorded = record(CLAUDE, events)
    del recorded.exchanges[last:]
    for exchange in recorded.exchanges:
        exchange["request"]["model"] = BOUND[1]
    return recorded


def test_words_before_an_earlier_answer_change_what_was_sent_and_are_told_once() -> None:
    recorded = bound(["One?", thinks(1, "First."), "Two?", thinks(2, "Second."), "?", thinks(3, "Third.")], 3)
    recorded.messages(3).insert(recorded.places[1], CLAUDE.as_text("Be quick."))

    assert [(row[0], row[1], row[2]) for row in found(recorded.report())] == [("prefix.unaltered", "MUST", 3)]


def test_words_before_an_answer_without_a_seal_break_none() -> None:
    recorded = bound(["One?", Answer((), "First, in a few words."), "Two?", thinks(2, "Second.")], 2)
    recorded.messages(2).insert(recorded.places[1], CLAUDE.as_text("Be quick."))

    assert [(row[0], row[1]) for row in found(recorded.report())] == [("order.turns", "SHOULD")]
