"""Recordings that lack exchanges, as filtered ones do: nobody is accused of what an unrecorded answer may explain."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from keepthinking.audit import audit, read
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


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("api.openai.com", [("text.unaltered", "SHOULD", "openai.any.responses")]),
        ("openrouter.ai", []),  # nobody says that it is read there
    ],
)
def test_the_phase_of_what_was_said_comes_back_where_the_model_reads_it(
    host: str, found: list[tuple[str, str, str]]
) -> None:
    recorded = record(Responses(), ["Look.", Answer((), "I look.", (Call("call_1", "look", "{}"),)), Answer()])
    said, sent = (
        [item for item in items if item["type"] == "message"]
        for items in (recorded.exchanges[0]["response"]["output"], recorded.answer(1, 2)[str(recorded.wire.blocks)])
    )
    said[0]["phase"] = sent[0]["phase"] = "commentary"
    for line in recorded.exchanges:
        line["host"], line["request"]["model"] = host, "gpt-5.4"
    assert recorded.report().findings == ()
    del sent[0]["phase"]

    assert [(one.check, one.level, one.rule) for one in recorded.report().findings] == found


@pytest.mark.parametrize("page", ["upstream connect error", "<html><body>502 Bad Gateway</body></html>", ""])
def test_the_page_of_a_gateway_that_failed_is_no_answer_and_no_problem(page: str) -> None:
    recorded = record(DeepSeek(), ["Look.", Answer((Thought("I had better look."),), "Looked.")])
    failed = {**recorded.exchanges[0], "status": 502, "response": page}

    report = Recorded(recorded.wire, [failed, *recorded.exchanges]).report()

    assert (report.problems, report.findings) == ((), ())
    assert len(Recorded(recorded.wire, [{**failed, "status": 200}]).report().problems) == 1


@pytest.mark.parametrize("thought", [[], [{"text": "Paris first.", "thought": True}]])
def test_calls_without_ids_that_were_sent_one_by_one_were_parted_and_not_lost(thought: list[dict[str, Any]]) -> None:
    def call(city: str) -> dict[str, Any]:
        return {"functionCall": {"name": "look", "args": {"city": city}}}

    def result(word: str) -> dict[str, Any]:
        return {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": word}}}]}

    user = {"role": "user", "parts": [{"text": "Where is it warmer?"}]}
    one, other = (call("Paris"), call("London"))
    apart = [{"role": "model", "parts": [part]} for part in (*thought, one)]  # as a stream gave them
    sent = [user, *apart, result("22"), {"role": "model", "parts": [other]}, result("15")]
    host = {"host": "generativelanguage.googleapis.com", "endpoint": "/v1beta/models/gemini-3-pro:generateContent"}
    lines: list[dict[str, Any]] = [
        {
            **host,
            "request": {"contents": contents},
            "response": {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]},
        }
        for contents, parts in (([user], [*thought, one, other]), (sent, [{"text": "Paris."}]))
    ]

    report = audit(read([json.dumps(line).encode() for line in lines]))

    place = 3 + len(thought)
    assert [(found.check, found.path) for found in report.findings] == [
        ("parallel.together", f"$.contents[{place}].parts[0]")
    ]
    assert report.unattributed == 0
    lines[1]["request"]["contents"][place]["parts"] = [call("Rome")]
    assert "call.kept" in {found.check for found in audit(read([json.dumps(x).encode() for x in lines])).findings}


def test_a_call_whose_id_came_empty_may_be_given_one() -> None:
    """As Google's OpenAI-compatible route streamed calls (https://github.com/jackmpcollins/magentic, 2025-03-02)."""
    recorded = record(DeepSeek(), ["Look.", Answer((), "", (Call("", "look", "{}"),)), Answer(text="Done.")])
    recorded.answer(1, 2)["tool_calls"][0]["id"] = recorded.messages(2)[-1]["tool_call_id"] = "call_1"

    assert {(one.check, one.level) for one in recorded.report().findings} == {("ids.verbatim", "MAY")}


DETAIL = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
WORDS = "I had better look at the city first and decide then."


def detailed(host: str, model: str, came: list[dict[str, Any]], sent: list[dict[str, Any]]) -> Recorded:
    """Record an answer with `reasoning_details`, and what a client made of them."""
    wire = DeepSeek()
    recorded = record(wire, ["Look.", Answer((), "I look.", (Call("call_1", "look", "{}"),)), Answer(text="Done.")])
    for line in recorded.exchanges:
        line["host"], line["request"]["model"] = host, model
        line["request"]["reasoning_split"] = True
    recorded.exchanges[0]["response"]["choices"][0]["message"]["reasoning_details"] = came
    recorded.answer(1, 2)["reasoning_details"] = sent
    return recorded


def test_fragments_of_a_stream_that_were_never_put_together_are_one_finding() -> None:
    fragments = [{**DETAIL, "text": WORDS[:9]}, {**DETAIL, "text": WORDS[9:]}, {**DETAIL, "signature": "c2VhbA=="}]
    came = [{**DETAIL, "text": WORDS, "signature": "c2VhbA=="}]

    for sent in (fragments, [{**DETAIL, "text": WORDS}, fragments[2]]):
        finding = the(detailed("openrouter.ai", "anthropic/claude-sonnet-4.5", came, sent).report())
        assert (finding.check, finding.level) == ("grouping.not-split", "MUST")


def test_a_client_that_fills_a_type_with_nulls_has_changed_nothing_of_an_entry() -> None:
    came = [{**DETAIL, "text": WORDS, "signature": "c2VhbA=="}]

    def findings(**more: Any) -> list[str]:
        sent = [{**came[0], **more}]
        return [
            one.check for one in detailed("openrouter.ai", "anthropic/claude-sonnet-4.5", came, sent).report().findings
        ]

    assert findings(id=None) == []
    assert findings(id="made-up") == ["thinking.unaltered"]


@pytest.mark.parametrize(("seal", "found"), [("", []), ("c2VhbA==", ["seal.kept", "seal.kept"])])
def test_several_thoughts_may_come_back_in_the_member_that_mirrored_them_and_their_seals_cannot(
    seal: str, found: list[str]
) -> None:
    sealed = {"signature": seal} if seal else {}
    halves = [{**DETAIL, "text": WORDS[:9], **sealed}, {**DETAIL, "text": WORDS[9:], **sealed, "index": 1}]
    recorded = detailed("openrouter.ai", "anthropic/claude-sonnet-4.5", halves, halves)
    recorded.exchanges[0]["response"]["choices"][0]["message"]["reasoning"] = WORDS
    back = recorded.answer(1, 2)
    del back["reasoning_details"]
    for message in (recorded.exchanges[0]["response"]["choices"][0]["message"], back):
        message.pop("reasoning_content", None)
    back["reasoning"] = WORDS

    assert [(one.check, one.fate) for one in recorded.report().findings] == [(check, "dropped") for check in found]


@pytest.mark.parametrize("back", [WORDS[:9], f"{WORDS[:9]} {WORDS[9:]}"])
def test_a_mirror_that_says_less_or_otherwise_is_no_mirror(back: str) -> None:
    halves = [{**DETAIL, "text": WORDS[:9]}, {**DETAIL, "text": WORDS[9:], "index": 1}]
    recorded = detailed("openrouter.ai", "anthropic/claude-sonnet-4.5", halves, halves)
    recorded.exchanges[0]["response"]["choices"][0]["message"]["reasoning"] = WORDS
    message = recorded.answer(1, 2)
    del message["reasoning_details"]
    for one in (recorded.exchanges[0]["response"]["choices"][0]["message"], message):
        one.pop("reasoning_content", None)
    message["reasoning"] = back

    assert recorded.report().findings


@pytest.mark.parametrize(
    ("host", "model", "level"),
    [("api.minimax.io", "MiniMax-M2.5", "SHOULD"), ("openrouter.ai", "minimax/minimax-m2", "MUST")],
)
def test_members_beside_the_words_are_no_must_where_no_vendor_asks_for_them(host: str, model: str, level: str) -> None:
    came = [{**DETAIL, "format": "MiniMax-response-v1", "id": "reasoning-text-1", "text": WORDS}]

    finding = the(detailed(host, model, came, [{"text": WORDS}]).report())

    assert (finding.check, finding.level) == ("thinking.unaltered", level)


@pytest.mark.parametrize("joined", [False, True])
def test_an_answer_that_was_gone_on_with_may_be_one_message_with_what_followed(joined: bool) -> None:  # noqa: FBT001 - a case
    """As Claude gives one in the middle of its own searches, and combines messages of one role in a row."""
    paused, rest = (
        Answer((Thought(WORDS, "c2VhbA=="),), "Searching on."),
        Answer((Thought("And now I know.", "c2Vh"),), "Here."),
    )
    wire = Claude()
    recorded = record(wire, ["Look.", paused, rest, "Thanks.", Answer(text="Any time.")])
    recorded.exchanges[0]["response"]["stop_reason"] = "pause_turn"
    last = recorded.messages(3)
    if joined:
        n = recorded.places[1]
        last[n : n + 2] = [{"role": "assistant", "content": [*last[n]["content"], *last[n + 1]["content"]]}]

    report = recorded.report()

    assert (report.findings, report.expected, report.unattributed) == ((), 3, 0)


def test_a_thought_that_is_gone_from_joined_messages_is_missed() -> None:
    wire = Claude()
    rest = Answer((Thought("And now I know.", "c2Vh"),), "Here is all that there is about it, found in the end.")
    recorded = record(
        wire, ["Look.", Answer((Thought(WORDS, "c2VhbA=="),), "On."), rest, "Thanks.", Answer(text="Bye.")]
    )
    last, n = recorded.messages(3), recorded.places[1]
    last[n : n + 2] = [{"role": "assistant", "content": [*last[n]["content"], last[n + 1]["content"][-1]]}]

    assert [(found.check, found.response) for found in recorded.report().findings] == [("thinking.kept.cross-turn", 2)]


def test_lines_of_a_stream_are_told_as_one() -> None:
    line = {"model": "qwen3", "message": {"role": "assistant", "content": "Hi.", "thinking": WORDS}, "done": False}
    request: dict[str, Any] = {"model": "qwen3", "messages": [{"role": "user", "content": "Hi."}]}
    lines = "\n".join(json.dumps(one) for one in (line, {**line, "done": True}))

    said = {"role": "assistant", "content": "Hi.Hi."}
    later = {**request, "messages": [*request["messages"], said, {"role": "user", "content": "And now?"}]}
    told: list[dict[str, Any]] = [{"request": request, "response": lines}, {"request": later}]

    report = audit(read(json.dumps({"dialect": "ollama", "scope": "a", **one}).encode() for one in told))

    assert report.problems == ()
    assert [(found.check, found.response) for found in report.findings] == [("thinking.kept.cross-turn", 1)]
