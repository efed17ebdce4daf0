"""A faithful client is accused of nothing, however it writes what it sends and whatever life it leads."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from keepthinking.audit import Report, audit, read
from tests.core.audit.places import Json, at, dump
from tests.core.audit.scripted import Recorded, exchange, lines_of, record, script, seal, thought
from tests.core.audit.wires import DIALECTS, WIRES, Answer, Call, Claude, OpenRouter, Place, Thought, Wire, results_of
from tests.core.dialects.wire import shuffled

ALL = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
STREAMS = [w for w in WIRES.values() if w.streams]
BINARY = "bedrock-converse"
"""Its streams are read by a library of an extra."""
STREAMED = pytest.mark.parametrize(
    "wire",
    [pytest.param(w, marks=pytest.mark.extras if w.dialect == BINARY else ()) for w in STREAMS],
    ids=lambda w: w.name,
)
NAMED = pytest.mark.parametrize("wire", [w for w in WIRES.values() if w.named], ids=lambda w: w.name)
CHATS = pytest.mark.parametrize("wire", [w for w in WIRES.values() if w.dialect == "openai-chat"], ids=lambda w: w.name)


def faithful(recorded: Recorded) -> Report:
    report = recorded.report()
    assert [(f.check, f.level, f.what, f.path, f.request) for f in report.findings] == []
    assert report.problems == ()
    assert set(report.fates) <= {"preserved"}
    return report


def judged(wire: Wire, exchanges: list[Json]) -> Report:
    report = audit(read([dump(line) for line in lines_of(wire, exchanges)]))
    assert report.problems == ()
    return report


def accused(report: Report) -> list[tuple[str, str]]:
    return [(finding.check, finding.level) for finding in report.findings]


# -- the same, written otherwise ---------------------------------------------------------------------------------------


@ALL
def test_a_faithful_client_is_accused_of_nothing(wire: Wire) -> None:
    report = faithful(record(wire))

    # each of the eight answers but the last is expected in every later request
    assert (report.exchanges, report.expected) == (8, 28)
    assert report.unattributed == 0
    assert report.model_messages == 28
    thoughts = [len(event.thoughts) for event in script(wire) if isinstance(event, Answer)]
    assert report.fates == {"preserved": sum(count * (7 - n) for n, count in enumerate(thoughts))}


@ALL
def test_key_order_says_nothing(wire: Wire) -> None:
    recorded = record(wire)
    for n, one in enumerate(recorded.exchanges):
        # models read schemas and arguments as they are written: their order counts
        asked = [
            wire.arguments(message, c)
            for message in one["request"]["messages"]
            for c in range(len(calls(wire, message)))
        ]
        tools = one["request"].pop("tools")
        one["request"] = {**shuffled(one["request"], Random(n)), "tools": tools}
        for message in one["request"]["messages"]:
            for c in range(len(calls(wire, message))):
                wire.set_arguments(message, c, asked.pop(0))
    faithful(recorded)


def calls(wire: Wire, message: Json) -> list[Place]:
    return wire.calls(message) if message["role"] == "assistant" else []


@CHATS
def test_a_text_is_a_list_of_one_text(wire: Wire) -> None:
    recorded = record(wire)
    for one in recorded.exchanges[1:]:
        for message in one["request"]["messages"]:
            tagged = wire.name == "minimax" and message["role"] == "assistant"
            if isinstance(message.get("content"), str) and message["content"] and not tagged:
                message["content"] = [{"type": "text", "text": message["content"]}]
    faithful(recorded)


@pytest.mark.parametrize("wire", [WIRES["openrouter"], WIRES["claude"]], ids=lambda w: w.name)
def test_markers_of_a_cache_may_move(wire: Wire) -> None:
    recorded = record(wire)
    for one in recorded.exchanges:
        last = one["request"]["messages"][-1]
        if isinstance(last["content"], str):
            last["content"] = [{"type": "text", "text": last["content"]}]
        last["content"][-1]["cache_control"] = {"type": "ephemeral"}
        if "system" in one["request"]:
            marked = {"type": "text", "text": one["request"]["system"], "cache_control": {"type": "ephemeral"}}
            one["request"]["system"] = [marked]
    faithful(recorded)


@CHATS
def test_what_only_a_response_holds_stays_away(wire: Wire) -> None:
    recorded = record(wire)
    for one in recorded.exchanges:
        message = one["response"]["choices"][0]["message"]
        message |= {"refusal": None, "annotations": [], "audio": None, "function_call": None}
        for n, call in enumerate(message.get("tool_calls", ())):
            call["index"] = n
    faithful(recorded)


@CHATS
@pytest.mark.parametrize("empty", [None, "", "absent"])
def test_no_text_is_null_or_empty_or_absent(wire: Wire, empty: str | None) -> None:
    recorded = record(wire)
    for one in recorded.exchanges:
        for message in one["request"]["messages"]:
            if message["role"] == "assistant" and not message.get("content"):
                message.pop("content")
                if empty != "absent":
                    message["content"] = empty
    faithful(recorded)


def test_nulls_and_false_flags_that_a_client_writes_say_nothing() -> None:
    recorded = record(WIRES["claude"])
    for one in recorded.exchanges:
        for message in one["request"]["messages"]:
            for block in message["content"] if isinstance(message["content"], list) else ():
                block["cache_control"] = None
                if block["type"] == "text":
                    block["citations"] = None
                if block["type"] == "tool_use":
                    block["caller"] = None
                if block["type"] == "tool_result":
                    block["is_error"] = False
    faithful(recorded)


def test_links_may_be_dropped() -> None:
    recorded = record(WIRES["claude"])
    for one in recorded.exchanges:
        for block in one["response"]["content"]:
            if block["type"] == "tool_use":
                block["caller"] = {"type": "direct"}
            if block["type"] == "text":
                block["citations"] = []
    faithful(recorded)


@pytest.mark.parametrize("kept", [{"reasoning"}, {"reasoning_details"}, {"reasoning", "reasoning_details"}])
def test_of_a_mirrored_thought_one_place_is_enough(kept: set[str]) -> None:
    class Mirrored(OpenRouter):
        several = sealed = False

    plain = [
        replace(event, thoughts=tuple(Thought(t.text or "empty") for t in event.thoughts))
        if isinstance(event, Answer)
        else event
        for event in script(Mirrored())
    ]
    recorded = record(Mirrored(), plain)

    def words(message: Json) -> str:
        return "".join(entry["text"] for entry in message["reasoning_details"])

    for one in recorded.exchanges:
        message = one["response"]["choices"][0]["message"]
        message["reasoning"] = words(message)
        for sent in one["request"]["messages"]:
            if "reasoning_details" in sent:
                sent["reasoning"] = words(sent)
                for name in {"reasoning", "reasoning_details"} - kept:
                    del sent[name]
    faithful(recorded)


@STREAMED
def test_a_streamed_answer_is_judged_as_a_whole_one(wire: Wire) -> None:
    recorded = record(wire)
    dialect = DIALECTS[wire.dialect]
    for n, one in enumerate(recorded.exchanges):
        response = dialect.decode_response(one["response"], wire.profile)
        one.update(streamed(list(dialect.encode_stream(response, wire.profile, cuts=Random(n)))))
    faithful(recorded)


def streamed(frames: list[bytes]) -> Json:
    """Record a stream: as text, or as base64 where it is none."""
    body = b"".join(frames)
    try:
        return {"response": body.decode()}
    except UnicodeDecodeError:
        return {"response": base64.b64encode(body).decode(), "encoding": "base64"}


def test_results_may_be_grouped_otherwise_in_each_request() -> None:
    recorded = record(WIRES["claude"])
    for n, one in enumerate(recorded.exchanges):
        messages: list[Json] = []
        for message in one["request"]["messages"]:
            results = message["role"] == "user" and isinstance(message["content"], list)
            parts = [[block] for block in message["content"]] if results and n % 2 else [message["content"]]
            messages += [{"role": message["role"], "content": part} for part in parts]
        one["request"]["messages"] = messages
    faithful(recorded)


@NAMED
def test_results_of_parallel_calls_come_in_any_order(wire: Wire) -> None:
    recorded = record(wire)
    for one in recorded.exchanges:
        messages = one["request"]["messages"]
        if wire.blocks is not None:
            for message in messages:
                if wire.heard(message):
                    message[wire.blocks].reverse()
        else:
            start = recorded.places[1] + 1
            messages[start : start + 2] = messages[start : start + 2][::-1]
    faithful(recorded)


# -- a normal life -----------------------------------------------------------------------------------------------------


def _failed(one: Json) -> None:
    one["response"], one["status"] = {"error": {"type": "overloaded_error", "message": "Overloaded"}}, 529


def _nothing(one: Json) -> None:
    del one["response"]


def _cut(one: Json) -> None:
    dialect = DIALECTS[one["dialect"]]
    frames = list(dialect.encode_stream(dialect.decode_response(one["response"])))
    one.update(streamed(frames[: len(frames) // 2]))


def _undelivered(one: Json) -> None:
    one["delivered"] = False


def _ignored(one: Json) -> None:
    del one


@ALL
@pytest.mark.parametrize("loss", [_failed, _nothing, _undelivered, _ignored])
@pytest.mark.parametrize("number", [1, 3, 7])
def test_a_retry_is_normal(wire: Wire, loss: Callable[[Json], None], number: int) -> None:
    retried(wire, loss, number)


@STREAMED
@pytest.mark.parametrize("number", [1, 3, 7])
def test_a_retry_of_a_stream_that_was_cut_is_normal(wire: Wire, number: int) -> None:
    retried(wire, _cut, number)


def _torn(one: Json) -> None:
    dialect = DIALECTS[one["dialect"]]
    frames = list(dialect.encode_stream(dialect.decode_response(one["response"])))
    half = len(frames) // 2
    one.update(streamed([*frames[:half], frames[half][: len(frames[half]) // 2]]), delivered=False)


@STREAMED
@pytest.mark.parametrize("number", [1, 3, 7])
def test_a_retry_of_a_stream_that_broke_off_inside_an_event_is_normal(wire: Wire, number: int) -> None:
    retried(wire, _torn, number)


def retried(wire: Wire, loss: Callable[[Json], None], number: int) -> None:
    recorded = record(wire)
    first = copy.deepcopy(recorded.exchanges[number - 1])
    other = replace(
        next(e for e in script(wire) if isinstance(e, Answer)), thoughts=(Thought("Another attempt.", "c2Vh"),)
    )
    first["response"] = wire.response(other, 99)
    loss(first)
    recorded.exchanges.insert(number - 1, first)

    faithful(recorded)


@ALL
def test_a_fork_is_normal(wire: Wire) -> None:
    one, other = record(wire), record(wire, [*script(wire)[:7], "Something else altogether."])
    extra = Answer((Thought(thought(11), seal(11)),), "A branch.", (Call("call_branch_1", "look", "{}"),))
    branch = record(wire, [*script(wire)[:7], "Something else altogether.", extra, Answer(text="The end of it.")])

    lines = [*one.exchanges, *other.exchanges[7:], *branch.exchanges[6:]]
    report = judged(wire, lines)

    assert accused(report) == []
    assert report.unattributed == 0


@ALL
def test_an_edited_question_is_normal(wire: Wire) -> None:
    edited = ["First question, edited.", *script(wire)[1:]]

    assert accused(judged(wire, [*record(wire).exchanges, *record(wire, edited).exchanges])) == []


@ALL
def test_side_calls_are_normal(wire: Wire) -> None:
    recorded = record(wire)
    user = wire.as_text("First question of the user, please look into it.")
    title = [{"role": "system", "content": "Write a title."}, user]
    summary = [
        {"role": "system", "content": "Summarise."},
        wire.as_text("user: First question\nassistant: I will look"),
    ]
    answer = Answer((Thought("I think of a title for this.", "c2VhbA=="),), "A title")
    same = copy.deepcopy(recorded.exchanges[4])
    same["request"]["messages"].append(wire.as_text("Write a title for this conversation."))
    same["response"] = wire.response(answer, 99)

    for side in (exchange(wire, title, answer), exchange(wire, summary, answer), same):
        for place in (5, 7) if side is same else (1, 3, 5, 7):
            lines = [*recorded.exchanges[:place], side, *recorded.exchanges[place:]]
            # a look at the history before the last answer came in looks like one that lost it: that is a note at most
            assert {level for _, level in accused(judged(wire, lines))} <= {"MAY"}, place


@ALL
def test_interleaved_conversations_with_equal_prompts_are_told_apart(wire: Wire) -> None:
    def other(answer: Answer | str) -> Answer | str:
        if isinstance(answer, str):
            return answer
        return replace(
            answer, thoughts=tuple(replace(t, text=t.text and f"Otherwise: {t.text}") for t in answer.thoughts)
        )

    one, two = record(wire), record(wire, [other(event) for event in script(wire)])
    lines = [line for pair in zip(one.exchanges, two.exchanges, strict=True) for line in pair]

    report = judged(wire, lines)

    assert accused(report) == []
    assert report.expected == 56


@NAMED
def test_ids_that_every_answer_repeats_are_normal(wire: Wire) -> None:
    faithful(record(wire, _repeating(wire)))


def _repeating(wire: Wire) -> list[Answer | str]:
    return [
        replace(event, calls=tuple(replace(call, id=f"call_{n}") for n, call in enumerate(event.calls)))
        if isinstance(event, Answer)
        else event
        for event in script(wire)
    ]


@NAMED
def test_ids_that_a_scaffold_makes_unique_are_normalised(wire: Wire) -> None:
    recorded = record(wire, _repeating(wire))
    for one in recorded.exchanges:
        turn = 0
        for message in one["request"]["messages"]:
            turn += message["role"] == "assistant"
            text = re.sub(r'": "call_(\d)', rf'": "call_{turn}_\g<1>', json.dumps(message))
            message.clear()
            message.update(json.loads(text))

    report = recorded.report()

    assert {(f.check, f.level, f.fate) for f in report.findings} == {("ids.verbatim", "SHOULD", "normalised")}
    assert set(report.fates) == {"preserved"}


@CHATS
@pytest.mark.parametrize("id_", [None, "absent"])
def test_calls_without_ids_are_paired_by_order(wire: Wire, id_: str | None) -> None:
    recorded = record(wire)
    for one in recorded.exchanges:
        for message in (*one["request"]["messages"], one["response"]["choices"][0]["message"]):
            for call in message.get("tool_calls", ()):
                call["id"] = None
                if id_ == "absent":
                    del call["id"]
            if "tool_call_id" in message:
                del message["tool_call_id"]
    faithful(recorded)


@ALL
def test_a_history_that_is_trimmed_at_its_head_is_noted_and_not_accused(wire: Wire) -> None:
    recorded = record(wire)
    request = recorded.exchanges[-1]["request"]
    messages = request["messages"]
    start = next(i for i, m in enumerate(messages) if "Second question" in json.dumps(m))
    request["messages"] = [m for m in messages if m["role"] == "system"] + messages[start:]

    report = recorded.report()

    assert {(f.check, f.level, f.status) for f in report.findings} == {("context.turn.kept.cross-turn", "MAY", "warn")}
    assert len(report.findings) == 6
    assert report.fates["removed-with-turn"] == sum(len(e.thoughts) for e in script(wire)[1:7] if isinstance(e, Answer))


@ALL
def test_what_is_added_before_a_question_or_beside_a_result_overtakes_no_answer(wire: Wire) -> None:
    for place, words in ((0, "Earlier you learnt this."), (2, "<reminder>Be quick.</reminder>")):
        recorded = record(wire)
        for one in recorded.exchanges[5:]:
            messages = one["request"]["messages"]
            messages.insert(recorded.places[1] - 1 + place * 2, wire.as_text(words))

        found = {(f.check, f.level) for f in recorded.report().findings}

        assert "order.turns" not in {check for check, _ in found}


@ALL
def test_two_messages_of_a_user_in_a_row_overtake_no_answer(wire: Wire) -> None:
    said = [event for event in script(wire) if isinstance(event, Answer)]
    faithful(record(wire, ["Question one.", "And quickly.", *said[:3], "Question two.", "Now.", *said[6:]]))


@NAMED
def test_results_may_stand_in_the_order_in_which_the_tools_were_done(wire: Wire) -> None:
    recorded = record(wire)
    for one in recorded.exchanges[1:]:
        messages = one["request"]["messages"]
        (m, a), (n, b), *_ = results_of(wire, messages, recorded.places[1])
        first, second = at(messages[m], a), at(messages[n], b)
        one_way, other_way = dict(first), dict(second)
        for result, told in ((first, other_way), (second, one_way)):
            result.clear()
            result.update(told)
    faithful(recorded)


@ALL
def test_a_summary_that_stands_for_half_a_turn_of_an_earlier_question_is_noted_and_not_accused(wire: Wire) -> None:
    said = [event for event in script(wire) if isinstance(event, Answer)]
    events: list[Answer | str] = ["Question one.", said[0], said[5], "Question two.", said[1], said[2], said[7]]
    recorded = record(wire, [*events, "Question three.", said[3], said[4]])
    for one in recorded.exchanges[5:]:
        messages = one["request"]["messages"]
        head = [message for message in messages if message["role"] == "system"]
        one["request"]["messages"] = [*head, wire.as_text("Of what was said before."), *messages[recorded.places[4] :]]

    report = recorded.report()

    found = {(f.check, f.level) for f in report.findings}
    assert ("context.turn.kept.cross-turn", "MAY") in found
    assert {level for _, level in found} == {"MAY"}


@ALL
def test_an_answer_that_was_cut_by_length_may_stay_or_go(wire: Wire) -> None:
    for kept in (True, False):
        recorded = record(wire)
        wire.cut(recorded.exchanges[5]["response"])
        if not kept:
            for one in recorded.exchanges[6:]:
                one["request"]["messages"].pop(recorded.places[6])
        report = recorded.report()
        assert accused(report) == []
        assert report.unattributed == 0


@CHATS
def test_any_of_several_choices_may_come_back(wire: Wire) -> None:
    recorded = record(wire)
    other = Answer((Thought("Quite another thought of mine."),), "Another choice.", (Call("call_x", "look", "{}"),))
    for one in recorded.exchanges:
        first = one["response"]["choices"][0]
        one["response"]["choices"] = [{**first, "message": wire.said(other)}, {**first, "index": 1}]
    faithful(recorded)


@ALL
def test_history_from_elsewhere_is_counted_and_not_judged(wire: Wire) -> None:
    foreign = wire.said(Answer((Thought("Thinking of some other place."),), "Hello there.", (Call("c", "look", "{}"),)))
    head = [wire.as_text("Hi."), foreign, *wire.results((Call("c", "look", "{}"),), 77)]
    recorded = record(wire)
    for one in recorded.exchanges:
        messages = one["request"]["messages"]
        start = 1 if messages[0]["role"] == "system" else 0
        messages[start:start] = copy.deepcopy(head)

    report = recorded.report()

    assert accused(report) == []
    assert report.unattributed == 8
    assert [stranger.request for stranger in report.strangers] == [1]


def test_an_answer_that_goes_on_without_new_input_is_normal() -> None:
    wire = Claude()
    recorded = record(
        wire, ["Search.", Answer((Thought(thought(1), seal(1)),), "Searching."), Answer(text="Found it.")]
    )
    recorded.exchanges[0]["response"]["stop_reason"] = "pause_turn"
    third = copy.deepcopy(recorded.exchanges[1])
    third["request"]["messages"] += [wire.said(Answer(text="Found it.")), wire.as_text("Thanks.")]
    recorded.exchanges.append(third)

    assert faithful(recorded).expected == 3


@ALL
def test_conversations_of_two_scopes_have_nothing_to_do_with_each_other(wire: Wire) -> None:
    one = record(wire, scope="a").exchanges
    two = copy.deepcopy(one)
    for line in two:
        line["scope"] = "b"
        line["request"]["messages"] = [m for m in line["request"]["messages"] if m["role"] in {"system", "user"}][:2]

    report = judged(wire, [*one, *two])

    assert {finding.scope for finding in report.findings} <= {"b"}


def test_the_same_recording_twice_is_judged_twice() -> None:
    recorded = record(WIRES["deepseek"])
    recorded.exchanges += copy.deepcopy(recorded.exchanges)

    report = faithful(recorded)

    assert report.expected == 56
    assert at(recorded.exchanges[-1], ("request", "model")) == "deepseek-v4"


def test_a_thought_that_came_in_pieces_and_joined_may_come_back_in_pieces() -> None:
    events: list[Answer | str] = [
        "Go.",
        Answer((Thought("First this."), Thought("Then that.")), "Done."),
        "On.",
        Answer(),
    ]
    recorded = record(WIRES["openrouter"], events)
    message = recorded.exchanges[0]["response"]["choices"][0]["message"]
    message["reasoning"] = "First this.\n\nThen that."

    report = faithful(recorded)

    assert report.fates == {"preserved": 3}
    recorded.answer(1, 2)["reasoning_details"].pop()
    assert ("thinking.kept.cross-turn", "SHOULD") in accused(recorded.report())
