"""Results and their calls: which is without the other, and whose it is all the same."""

from __future__ import annotations

import copy

from tests.core.audit.scripted import found, look, record, thinks
from tests.core.audit.test_held import judged
from tests.core.audit.test_surroundings import searched
from tests.core.audit.wires import WIRES, DeepSeek

CHAT, RESPONSES, CLAUDE = WIRES["deepseek"], WIRES["responses"], WIRES["claude"]


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


def test_a_result_without_an_id_is_of_no_call_that_has_none_either() -> None:
    recorded = record(WIRES["ollama"]).cut(2)
    recorded.messages(2).append(copy.deepcopy(recorded.messages(2)[-1]))

    (finding,) = recorded.report().findings

    assert (finding.check, finding.path) == ("context.pairs.kept", "$.messages[5].content")
    assert not isinstance(finding.response, int)


def test_a_result_whose_call_is_gone_is_not_that_of_another_call_of_the_same_answer() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1), look(2)), thinks(2, "Done.")])
    del recorded.answer(1, 2)["tool_calls"][1]
    del recorded.messages(2)[3]

    assert found(recorded.report()) == [
        ("call.kept", "MUST", 2, 1, "$.messages[2]"),
        ("context.pairs.kept", "MUST", 2, 1, "$.messages[3].content"),
    ]


def test_a_call_that_is_referred_to_is_not_another_one_that_is_gone() -> None:
    recorded = record(RESPONSES).cut(2)
    calls = [item for item in recorded.answer(1, 2)["items"] if item["type"] == "function_call"]
    recorded.answer(1, 2)["items"].remove(calls[1])
    id_ = calls[0]["id"]
    calls[0].clear()
    calls[0].update({"type": "item_reference", "id": id_})

    assert found(recorded.report()) == [
        ("call.kept", "MUST", 2, 1, "$.input[1]"),
        ("context.pairs.kept", "MUST", 2, 1, "$.input[5]"),
    ]


def test_a_call_and_its_result_that_are_renamed_apart_are_two() -> None:
    recorded = record(CHAT).cut(2)
    recorded.answer(1, 2)["tool_calls"][0]["id"] = "call_x"
    recorded.messages(2)[3]["tool_call_id"] = "call_y"

    assert [(row[0], row[4]) for row in found(recorded.report())] == [
        ("ids.paired", "$.messages[2].tool_calls[0]"),
        ("ids.paired", "$.messages[3].content"),
    ]


def test_a_result_may_be_of_a_call_that_only_the_server_knows() -> None:
    recorded = record(RESPONSES).cut(1)
    lines = recorded.lines()
    held = {"type": "item_reference", "id": "fc_elsewhere"}
    told = {"type": "function_call_output", "call_id": "call_elsewhere", "output": "ok"}
    lines[0]["request"]["input"] = [*lines[0]["request"]["input"], held, told, {"role": "user", "content": "Well?"}]

    assert found(judged(lines)) == []


def test_a_result_names_the_call_of_another_choice() -> None:
    recorded = record(DeepSeek(), ["Look.", thinks(1, "", look(1)), thinks(2, "Done.")])
    choices = recorded.exchanges[0]["response"]["choices"]
    choices.append(copy.deepcopy(choices[0]) | {"index": 1})
    choices[1]["message"] = CHAT.said(thinks(9, "", look(9)))
    recorded.messages(2)[3]["tool_call_id"] = look(9).id

    assert found(recorded.report()) == [("context.pairs.kept", "MUST", 2, 1, "$.messages[3].content")]


def test_a_result_that_the_provider_ran_names_another_call_than_the_one_beside_it() -> None:
    recorded = searched()
    recorded.answer(1, 2)["content"][2]["tool_use_id"] = "srvtoolu_2"

    assert {row[0] for row in found(recorded.report())} == {"opaque.unaltered", "ids.paired"}


def test_a_result_that_was_late_from_the_first_is_no_more_than_changed() -> None:
    recorded = record(DeepSeek(), ["Look.", *(thinks(n, "", look(n)) for n in (1, 2, 3)), thinks(4, "Done.")])
    for number in (2, 3, 4):
        result = recorded.messages(number).pop(recorded.places[1] + 1)
        if number != 2:
            recorded.messages(number).insert(recorded.places[2], result)
    recorded.messages(4)[recorded.places[2]]["content"] = "Something else."

    rows = found(recorded.report())

    assert [(row[0], row[2], row[3]) for row in rows if "result" in row[0]] == [("result.unaltered", 4, 1)]


def test_a_result_behind_words_of_nobody_is_not_late() -> None:
    recorded = record(RESPONSES, ["Look.", thinks(1, "", look(1)), thinks(2, "Done.")]).cut(2)
    lines = recorded.lines()
    words = [{"type": "output_text", "text": "These words are of no answer that was ever recorded."}]
    stranger = {"type": "message", "role": "assistant", "content": words}
    lines[1]["request"]["input"][-1:-1] = [{"role": "user", "content": "Well?"}, stranger]

    assert "order.results" not in {row[0] for row in found(judged(lines))}
