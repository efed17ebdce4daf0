"""Recordings that lack exchanges, as filtered ones do: nobody is accused of what an unrecorded answer may explain."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.core.audit.scripted import Recorded, record
from tests.core.audit.test_lawful import the
from tests.core.audit.test_surroundings import searched
from tests.core.audit.wires import Answer, Call, Claude, DeepSeek, Responses, Thought

SAME = "The author of the article is Ada Lovelace, and its title is Notes."


def without(recorded: Recorded, number: int) -> Recorded:
    del recorded.exchanges[number - 1]
    return recorded


def test_words_that_were_said_twice_did_not_come_back_twice() -> None:
    events: list[Answer | str] = [
        "Who wrote it?",
        Answer((), SAME),
        "Once more, please.",
        Answer((), SAME),
        "And again?",
        Answer((), "No."),
    ]
    recorded = without(record(DeepSeek(), events), 2)

    report = recorded.report()

    assert report.findings == ()
    assert [stranger.path for stranger in report.strangers] == ["$.messages[4]"]


def test_a_thought_that_stands_in_two_turns_did_come_back_twice() -> None:
    plan = Thought("First the author of the article, then its title, and nothing else after that.")
    events: list[Answer | str] = [
        "Who wrote it?",
        Answer((plan,), SAME),
        "Once more, please.",
        Answer((), "Yes."),
        "And again?",
        Answer(),
    ]
    recorded = record(DeepSeek(), events)
    recorded.messages(3).insert(recorded.places[2] + 1, copy.deepcopy(recorded.answer(1, 3)))

    assert "block.once" in {finding.check for finding in recorded.report().findings}


def fetched(id_: str, words: str) -> list[dict[str, Any]]:
    call = {"type": "server_tool_use", "id": id_, "name": "web_fetch", "input": {"url": "https://example.org"}}
    result = {"type": "web_fetch_tool_result", "tool_use_id": id_, "content": {"type": "web_fetch_result", "url": "u"}}
    head = {"type": "text", "text": "I will fetch the page from that address for you."}
    return [head, call, result, {"type": "text", "text": words}]


def test_another_answer_to_the_same_question_is_no_changed_form_of_the_recorded_one() -> None:
    recorded = record(Claude(), ["Fetch it.", Answer((), "-"), "And?", Answer((), "Done.")])
    recorded.exchanges[0]["response"]["content"] = fetched(
        "srvtoolu_0001", "The page is about engines of several kinds."
    )
    recorded.answer(1, 2)["content"] = fetched("srvtoolu_0002", "The page says a lot about engines and their makers.")

    report = recorded.report()

    assert report.findings == ()
    assert len(report.strangers) == 1


def test_another_call_with_another_id_is_another_answer() -> None:
    first, second = (Call(f"call_{name}_unguessable", "read", json.dumps({"path": f"{name}.txt"})) for name in "ab")
    recorded = record(DeepSeek(), ["Read one.", Answer((), "", (first,)), Answer((), "Done.")]).cut(2)
    other = record(DeepSeek(), ["Read one.", Answer((), "", (second,)), Answer((), "Done.")])
    recorded.exchanges[1]["request"] = other.exchanges[1]["request"]

    assert recorded.report().findings == ()


# -- what says the same ----------------------------------------------------------------------------------------------


def test_a_call_without_arguments_may_come_back_with_an_empty_object() -> None:
    recorded = record(
        DeepSeek(), ["What day is it?", Answer((), "", (Call("call_1", "today", ""),)), Answer((), "Friday.")]
    )
    recorded.answer(1, 2)["tool_calls"][0]["function"]["arguments"] = "{}"

    finding = the(recorded.report())

    assert (finding.check, finding.level, finding.fate) == ("arguments.verbatim", "MAY", "normalised")


def test_an_empty_object_of_arguments_is_not_the_empty_string() -> None:
    recorded = record(
        DeepSeek(), ["What day is it?", Answer((), "", (Call("call_1", "today", "{}"),)), Answer((), "Friday.")]
    )
    recorded.answer(1, 2)["tool_calls"][0]["function"]["arguments"] = ""

    assert the(recorded.report()).check == "arguments.equal"


def responded(item: dict[str, Any]) -> Recorded:
    """Record an answer of OpenAI's that has one more item at its head."""
    recorded = record(Responses(), ["Draw a word.", Answer((), "Here it is."), "Make it blue.", Answer((), "Done.")])
    recorded.exchanges[0]["response"]["output"].insert(0, copy.deepcopy(item))
    recorded.answer(1, 2)["items"].insert(0, copy.deepcopy(item))
    assert recorded.report().findings == ()
    return recorded


def came_back(recorded: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = recorded.answer(1, 2)["items"][0]
    return found


def test_a_picture_may_come_back_as_its_id() -> None:
    picture = {"type": "image_generation_call", "id": "ig_0123456789", "status": "completed", "result": "aGVsbG8="}
    recorded = responded({**picture, "background": "opaque"})

    for member in ("status", "result", "background"):
        del came_back(recorded)[member]
    assert recorded.report().findings == ()

    came_back(recorded)["id"] = "ig_another"
    assert {finding.check for finding in recorded.report().findings} & {"opaque.kept", "opaque.unaltered"}


def test_other_items_do_not_come_back_as_their_id() -> None:
    recorded = responded({"type": "mcp_list_tools", "id": "mcpl_0123456789", "server_label": "s", "tools": []})

    for member in ("server_label", "tools"):
        del came_back(recorded)[member]

    assert the(recorded.report()).check == "opaque.unaltered"


def test_a_summary_without_words_is_no_summary() -> None:
    recorded = responded(
        {"type": "reasoning", "id": "rs_0123456789", "summary": [], "encrypted_content": "c2VhbGVk" * 4}
    )

    came_back(recorded)["summary"] = [{"type": "summary_text", "text": ""}]
    assert recorded.report().findings == ()

    came_back(recorded)["summary"] = [{"type": "summary_text", "text": "I made this up."}]
    assert recorded.report().findings != ()


@pytest.mark.parametrize(("model", "level"), [("claude-sonnet-4-5", "MUST"), ("unheard-of", "SHOULD")])
def test_how_grave_the_loss_of_the_providers_own_call_is_only_its_rule_can_say(model: str, level: str) -> None:
    recorded = searched()
    for one in recorded.exchanges:
        one["request"]["model"] = model
        one["host"] = one["host"] if level == "MUST" else "llm.example.org"
    content = recorded.answer(1, 2)["content"]
    content[:] = [block for block in content if not block["type"].startswith(("server_tool", "web_search"))]

    found = {finding.check: finding.level for finding in recorded.report().findings}

    assert found == {"call.kept": level, "opaque.kept": level}


def test_white_space_that_was_a_text_of_its_own_may_go() -> None:
    recorded = record(Claude(), ["Look.", Answer((), "\n\n", (Call("call_1", "look", "{}"),)), Answer((), "Done.")])
    content = recorded.answer(1, 2)["content"]
    content[:] = [block for block in content if block["type"] != "text"]

    finding = the(recorded.report())

    assert (finding.check, finding.level) == ("text.kept", "MAY")


def test_what_changed_of_a_text_besides_its_words_is_named() -> None:
    recorded = record(Responses(), ["Hello.", Answer((), "Hello to you."), "And?", Answer((), "Done.")])
    came_back(recorded)["id"] = "msg_missing_id"

    assert the(recorded.report()).what == "`item.id` of a visible text came back changed"


def test_citations_may_come_back_as_an_empty_list() -> None:
    recorded = record(Responses(), ["Hello.", Answer((), "Hello to you."), "And?", Answer((), "Done.")])
    cited = {"type": "url_citation", "url": "https://example.org", "title": "t", "start_index": 0, "end_index": 5}
    recorded.exchanges[0]["response"]["output"][0]["content"][0]["annotations"] = [cited]
    assert recorded.report().findings == ()

    came_back(recorded)["content"][0]["annotations"] = [{**cited, "title": "another"}]
    assert the(recorded.report()).what == "`fields.annotations[0].title` of a visible text came back changed"
