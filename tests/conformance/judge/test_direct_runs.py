"""What one run alone tells, of courses that no scaffold here takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Conversation, Media, Message, Request, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking_conformance.judge._runs._persisted import (
    _alike,
    _answers,
    _lost,
    _same,
    _sent_thoughts,
    open_call,
    unfinished,
)
from keepthinking_conformance.judge._runs._results import _is_said, _stands, delivered, given, holds, results_in
from keepthinking_conformance.judge._runs._streamed import _thoughts, once, whole
from keepthinking_conformance.judge._runs._survived import survived
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run import Told, Voice
from keepthinking_conformance.scenarios import Call, Fault, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    Speaks,
    Wire,
    answer,
    call,
    exchange,
    play,
    recorded,
    result,
    wanted,
)

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
FIRST = answer(THOUGHT, None, call("c1"))
TOLD = result("c1", "It holds R-1.")
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))
RETRY = play(TURN, faults=(Fault(kind="overloaded"),))
ENDED = Incident(kind="RuntimeError", message="no more", where="turn 1", culprit="scaffold")


def request(*messages: Message) -> Request:
    return Request(conversation=Conversation(format="keepthinking/1", messages=messages))


def asked(id_: object = "c1", arguments: str = '{"key": "key-1"}', name: str = "look_up") -> ToolCall:
    return ToolCall(id=id_, name=name, arguments=arguments, kind="json")  # type: ignore[arg-type]  # an id or none


# -- a thought that was cut off ----------------------------------------------------------------------------------------


def cut_off(*later: Wire) -> list[Any]:
    turn = TurnScript((LAST,), interrupted=True)
    scenario = play(turn, TurnScript((LAST,)), faults=(Fault(kind="hold"),))
    broke = exchange([HELLO], answer(THOUGHT), delivered=False)
    history = [HELLO, *later, AGAIN]
    return list(unfinished(recorded(scenario, broke, exchange(history, FINAL), starts=(0, 1), held=(1,))))


@pytest.mark.parametrize("sent", [THOUGHT, THOUGHT[:30], f"I thought: {THOUGHT} And so on."])
def test_a_thought_that_was_cut_off_is_known_by_all_of_it_or_by_its_beginning(sent: str) -> None:
    (found,) = cut_off(answer(sent, "Well."))

    assert (found.check, found.request, found.response) == ("persist.unfinished.not-kept", 2, 1)
    assert found.path == "$.messages[1].reasoning_content"
    assert found.rule == "deepseek.v4.chat"
    assert isinstance(found.source, str)
    assert (found.what, found.requests) == ("a thought that was cut off is sent as if it were whole", 1)


@pytest.mark.parametrize(("letters_", "known"), [(16, True), (15, False)])
def test_a_beginning_of_sixteen_letters_is_enough(letters_: int, *, known: bool) -> None:
    words = "Box 44 stands on the upper shelf."
    scenario = play(TurnScript((LAST,), interrupted=True), TurnScript((LAST,)), faults=(Fault(kind="hold"),))
    broke = exchange([HELLO], answer(words), delivered=False)
    behind = exchange([HELLO, answer(words[:letters_], "Well."), AGAIN], FINAL)

    assert bool(list(unfinished(recorded(scenario, broke, behind, starts=(0, 1), held=(1,))))) is known


@pytest.mark.parametrize("sent", ["Box 4", "The box was empty all the time, I am sure."])
def test_neither_few_letters_nor_other_words_are_that_thought(sent: str) -> None:
    assert cut_off(answer(sent, "Well.")) == []


def test_each_thought_is_looked_at_once() -> None:
    case = recorded("loop", exchange([HELLO], FINAL))
    thoughts = tuple(Thinking.of(words) for words in ("One half,", "the other half."))

    found = list(_sent_thoughts(case, request(Message(role="assistant", blocks=thoughts))))

    assert found == [(Spot(0, 0), "One half,"), (Spot(0, 1), "the other half.")]


@pytest.mark.parametrize(("words", "found_"), [(THOUGHT, True), ("Box 4 stands up.", True), ("Box 4 stands u.", False)])
def test_a_thought_that_was_cut_off_may_come_back_as_text_if_it_tells_enough(words: str, *, found_: bool) -> None:
    turn = TurnScript((LAST,), interrupted=True)
    scenario = play(turn, TurnScript((LAST,)), faults=(Fault(kind="hold"),))
    broke = exchange([HELLO], answer(words), delivered=False)
    behind = [exchange([HELLO, answer("", f"Well: {words}"), AGAIN], FINAL) for _ in range(2)]
    found = list(unfinished(recorded(scenario, broke, *behind, starts=(0, 1), held=(1,))))

    shown = [(one.check, one.fate, one.request, one.path, one.level, one.rule, one.requests) for one in found]
    place = "$.messages[1].content"
    leak = ("thinking.not-text", "leaked-as-text", 2, place, "MUST", "deepseek.v4.chat", 2)
    assert shown == ([leak] if found_ else [])
    assert {one.what for one in found} <= {"a thought that was cut off came back as visible text"}


def test_an_answer_that_broke_off_behind_its_thought_holds_a_whole_one() -> None:
    broke = exchange([HELLO], answer(THOUGHT, "Wel"), delivered=False)
    case = recorded(RETRY, broke, exchange([HELLO, answer(THOUGHT, "Well")], FINAL))

    assert list(unfinished(case)) == []


def test_a_thought_that_was_thought_again_to_its_end_is_no_cut_one() -> None:
    exchanges = [
        *(exchange([HELLO], answer(THOUGHT[:30]), delivered=False), exchange([HELLO], FIRST)),
        exchange([HELLO, FIRST, TOLD], FINAL),
    ]

    assert list(unfinished(recorded(RETRY, *exchanges, wanted=(wanted(),)))) == []


# -- a call that waits -------------------------------------------------------------------------------------------------

WAITS = TurnScript((LOOK, LAST), approval="allow", reopened=True)


def waited(*exchanges: Any, loads: tuple[int, ...] = (1,), turn: TurnScript = WAITS) -> list[Any]:
    return list(open_call(recorded(play(turn, WAITS), *exchanges, loads=loads)))


def test_where_nothing_was_asked_before_a_load_nothing_waited() -> None:
    assert waited(exchange([HELLO], FIRST), loads=(0,)) == []


def test_an_answer_without_calls_waits_for_nothing() -> None:
    assert waited(exchange([HELLO], FINAL)) == []


def test_a_call_that_waits_for_no_user_is_not_asked_for() -> None:
    assert waited(exchange([HELLO], FIRST), turn=TurnScript((LOOK, LAST), approval="allow")) == []


def test_a_call_that_waited_is_looked_for_in_the_request_behind() -> None:
    gone = waited(exchange([HELLO], FIRST), exchange([HELLO], FINAL))
    mute = waited(exchange([HELLO], FIRST), exchange([HELLO, FIRST], FINAL))
    told = waited(exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], FINAL))
    ended = waited(exchange([HELLO], FIRST))

    assert [found.what.rpartition(" ")[2] for found in (*gone, *mute, *ended)] == ["gone", "result", "followed"]
    assert told == []


def test_a_call_that_waited_is_known_by_its_name_and_its_id_or_its_arguments() -> None:
    (first,) = recorded("loop", exchange([HELLO], FIRST)).calls

    def lost(made: ToolCall) -> str:
        told = ToolResult(call_id=made.id, content="It holds R-1.")
        return _lost(first, request(Message(role="assistant", blocks=(made,)), Message(role="tool", blocks=(told,))))

    assert lost(asked()) == lost(asked("other")) == lost(asked(arguments="{}")) == ""
    assert lost(asked("other", "{}")).endswith("is gone")
    assert lost(asked(name="shout")).endswith("is gone")


def test_a_call_that_had_not_arrived_waits_for_nothing() -> None:
    assert waited(exchange([HELLO], FIRST, delivered=False)) == []


def test_a_call_that_waited_is_looked_for_in_its_own_turn_and_in_what_can_be_read() -> None:
    first, next_turn = exchange([HELLO], FIRST), exchange([HELLO, AGAIN], FINAL)
    case = recorded(play(WAITS, WAITS), first, next_turn, loads=(1,), starts=(0, 1))
    (found,) = open_call(case)

    assert found.what == "a call that waited while the conversation was saved is gone: no request followed"
    assert (found.request, found.response, found.path) == (1, 1, "$")
    assert waited(first, exchange([], FINAL, request=b"[")) == []
    (lost,) = waited(first, exchange([HELLO], FINAL))
    assert (lost.request, lost.response, lost.path) == (2, 1, "$.messages[0]")


def test_without_ids_results_are_paired_by_their_order_and_with_them_by_these() -> None:
    def is_answer(call_id: Any, id_: Any, *, at: int) -> bool:
        made = [asked(id_, "{}"), asked(id_)]
        told = [ToolResult(call_id=UNSET, content="a"), ToolResult(call_id=call_id, content="b")]
        return _answers(told[at], made[1], made, told)

    assert is_answer("c1", "c1", at=1)
    assert not is_answer("c2", "c1", at=1)
    assert not is_answer("c1", "c1", at=0)
    assert is_answer(UNSET, UNSET, at=1)
    assert not is_answer(UNSET, UNSET, at=0)


def test_two_calls_without_ids_are_the_same_by_their_arguments_alone() -> None:
    assert _same(asked(UNSET), asked(UNSET))
    assert not _same(asked(UNSET, "{}"), asked(UNSET))


def test_arguments_that_are_no_json_are_compared_letter_by_letter() -> None:
    assert _alike("{broken", "{broken")
    assert not _alike("{broken", "{broke")
    assert _alike('{"a": 1}', '{"a":1}')


# -- results -----------------------------------------------------------------------------------------------------------


def test_of_a_failure_the_code_is_enough_and_of_a_result_all_is_needed() -> None:
    failed = wanted(call=Call(tool="look_up", outcome="error"))
    good = wanted()
    case = recorded(
        "loop",
        exchange([HELLO], FIRST),
        told=(Told(failed, "lost: R-1", failed=True), Told(good, "R-1!", failed=False)),
    )

    assert given(case, failed) == "R-1"
    assert given(case, good) == "R-1!"
    assert given(case, wanted(key="key-2")) == "It holds R-1."
    assert given(case, wanted(key="key-2", call=failed.call)) == "R-1"


def test_a_result_stands_under_the_id_of_its_own_call() -> None:
    def stands(id_: object, *calls: ToolCall, name: str = "look_up") -> bool:
        told = ToolResult(call_id=id_, name=name, content="It holds R-1.")  # type: ignore[arg-type]  # an id or none
        made = Message(role="assistant", blocks=calls)
        return _stands(wanted(), "It holds R-1.", request(made, Message(role="tool", blocks=(told,))))

    assert stands("c1", asked())
    assert stands("mine", asked("mine"))
    assert stands(UNSET, asked())
    assert not stands(UNSET, asked(), name="shout")
    assert not stands("c2", asked(), asked("c2", '{"key": "key-2"}'))


def test_where_calls_are_text_a_result_is_what_the_user_said_and_not_what_the_model_did() -> None:
    said = answer(THOUGHT, 'Action: look_up\nAction Input: {"key": "key-1"}')

    def undelivered(*told: Wire) -> list[str]:
        exchanges = [exchange([HELLO], said), exchange([HELLO, said, *told], FINAL)]
        subject = Speaks("mini.reacts", speech="react")
        return [one.what for one in delivered(recorded(play(TURN), *exchanges, subject=subject, wanted=(wanted(),)))]

    assert undelivered({"role": "user", "content": "Observation: It holds R-1."}) == []
    lost = "the request does not hold what the tool returned"
    assert undelivered(AGAIN) == undelivered(answer("", "It holds R-1.")) == [lost]


def test_a_result_is_looked_for_in_the_request_behind_its_call_and_in_its_turn() -> None:
    def undelivered(*exchanges: Any, **more: Any) -> list[tuple[int, Any]]:
        case = recorded(play(TURN, TURN), *exchanges, **{"wanted": (wanted(),), **more})
        return [(one.request, one.response) for one in delivered(case)]

    first, bare = exchange([HELLO], FIRST), exchange([HELLO, FIRST, result("c1", "Lost.")], FINAL)
    assert undelivered(first, bare) == [(2, 1)]
    assert undelivered(first, exchange([HELLO, FIRST, TOLD], FINAL), bare) == []
    assert undelivered(first, bare, wanted=()) == []
    assert undelivered(first, bare, starts=(0, 1)) == []
    assert undelivered(exchange([HELLO], FIRST, delivered=False), bare) == []
    assert undelivered(first, exchange([], FINAL, request=b"[")) == []


def test_a_result_may_say_nothing() -> None:
    told = (ToolResult(call_id="c1", content=None), ToolResult(call_id="c2", content=(Text(text="a"), Text(text="b"))))

    assert [text for _, _, text in results_in(request(Message(role="tool", blocks=told)))] == ["", "ab"]


def test_a_result_may_hold_a_picture_beside_its_words() -> None:
    held = (Media(kind="image", url="https://box.example/a"), Text(text="It holds R-1."))

    told = results_in(request(Message(role="tool", blocks=(ToolResult(call_id="c1", content=held),))))

    assert [text for _, _, text in told] == ["It holds R-1."]


def test_where_neither_call_nor_result_has_an_id_the_tool_is_known_by_its_name() -> None:
    def stands(name: str) -> bool:
        told = ToolResult(call_id=UNSET, name=name, content="It holds R-1.")
        made = Message(role="assistant", blocks=(asked(UNSET),))
        return _stands(wanted(), "It holds R-1.", request(made, Message(role="tool", blocks=(told,))))

    assert [stands("look_up"), stands("browse")] == [True, False]


# -- doubled, and stopped ----------------------------------------------------------------------------------------------


def test_a_thought_that_stands_twice_is_shown_where_it_stands_last() -> None:
    (found,) = doubled([THOUGHT, THOUGHT, "Of something else."])

    assert (found.path, found.fate) == ("$.messages[1].content[1]", "duplicated")


def doubled(*sent: list[str], words: str = THOUGHT) -> list[Any]:
    """Judge a run in which a thought comes back in messages with these thoughts."""

    def thought(said: str) -> Wire:
        return {"type": "thinking", "thinking": said, "signature": ""}

    def body(*messages: Wire) -> bytes:
        return json.dumps({"model": "claude-opus-4-6", "max_tokens": 9, "messages": messages}).encode()

    said = json.dumps({"type": "message", "role": "assistant", "content": [thought(words)]}).encode()
    back = [{"role": "assistant", "content": [thought(one) for one in message]} for message in sent]
    first = exchange([], request=body(HELLO), response=said)
    second = exchange([], request=body(HELLO, *back), response=said)
    return list(once(recorded("loop", first, second, profile="anthropic", axes={"mode": "stream"})))


def test_a_thought_that_stands_twice_in_one_is_shown_there() -> None:
    (found,) = doubled([THOUGHT + THOUGHT, THOUGHT])

    assert found.path == "$.messages[1].content[0]"


def test_a_thought_that_stands_once_in_each_of_two_messages_is_not_doubled_in_one() -> None:
    assert doubled([THOUGHT], [THOUGHT]) == []


@pytest.mark.parametrize(("words", "found"), [("abcdefgh ijklmnop", 1), ("abcdefgh ijklmno", 0)])
def test_a_thought_of_sixteen_letters_is_known_again(words: str, found: int) -> None:
    assert len(doubled([words, words], words=words)) == found


@pytest.mark.parametrize(
    ("look", "sent"),
    [
        (once, [answer(THOUGHT + THOUGHT, None, call("c1"))]),
        (whole, [answer(THOUGHT[:20]), answer(THOUGHT[20:], None, call("c1"))]),
    ],
)
def test_what_became_of_a_streamed_thought_is_as_grave_as_the_rule_says(look: Any, sent: list[Wire]) -> None:
    def judged(model: str) -> Any:
        exchanges = exchange([HELLO], FIRST, model=model), exchange([HELLO, *sent, TOLD], FINAL, model=model)
        voices = (Voice("", "kimi", model),) * 2
        (found,) = look(recorded("loop", *exchanges, profile="kimi", axes={"mode": "stream"}, voices=voices))
        return found.level, found.rule

    assert judged("kimi-k2-thinking") == ("MUST", "moonshot.k2-thinking.chat")
    assert judged("model-a") == ("SHOULD", UNSET)


@pytest.mark.parametrize(
    ("look", "sent"),
    [
        (once, [answer(THOUGHT + THOUGHT, None, call("c1"))]),
        (whole, [answer(THOUGHT[:20]), answer(THOUGHT[20:], None, call("c1"))]),
    ],
)
def test_what_another_model_or_provider_thought_is_wanted_less(look: Any, sent: list[Wire]) -> None:
    def level(first: Voice, second: Voice) -> str:
        one, two = (voice.model for voice in (first, second))
        exchanges = exchange([HELLO], FIRST, model=one), exchange([HELLO, *sent, TOLD], FINAL, model=two)
        more: Any = {"profile": "kimi", "axes": {"mode": "stream"}, "voices": (first, second)}
        (found,) = look(recorded("loop", *exchanges, **more))
        return str(found.level)

    own, newer = (Voice("", "kimi", model) for model in ("kimi-k2-thinking", "kimi-k2.5"))
    assert level(own, own) == level(newer, newer) == "MUST"
    assert level(newer, own) == "SHOULD"
    assert level(Voice("other", "deepseek", own.model), own) == "MAY"


def test_where_a_wire_has_words_in_pieces_they_may_come_back_so() -> None:
    def spoken(*thoughts: str) -> Wire:
        return {"role": "model", "parts": [*[{"text": said, "thought": True} for said in thoughts], {"text": "So."}]}

    asked: Wire = {"role": "user", "parts": [{"text": "What is in box 4?"}]}
    path = "/v1beta/models/gemini-3-pro-preview:generateContent"
    candidate = {"content": spoken(THOUGHT), "finishReason": "STOP", "index": 0}
    said = json.dumps({"candidates": [candidate]}).encode()
    bodies = ([asked], [asked, spoken(THOUGHT[:20], THOUGHT[20:]), asked])
    exchanges = [
        exchange([], request=json.dumps({"contents": body}).encode(), response=said, path=path) for body in bodies
    ]
    case = recorded("loop", *exchanges, profile="google-gemini", axes={"mode": "stream"})

    assert [len(list(_thoughts(case))), list(whole(case))] == [2, []]


def stopped(*exchanges: Any, turns: int = 2, **more: Any) -> bool:
    alone = TurnScript((StepScript((Think(),)),))
    return bool(list(survived(recorded(play(*[alone] * turns), *exchanges, **{"scripted": (1,) * turns, **more}))))


ALONE = answer(THOUGHT)


def test_a_conversation_goes_on_behind_a_thought_alone_where_a_later_turn_is_answered() -> None:
    one, two = exchange([HELLO], ALONE), exchange([HELLO, ALONE, AGAIN], FINAL)

    assert not stopped(one, two, starts=(0, 1))
    assert stopped(one, starts=(0, 1))
    assert stopped(one, exchange([HELLO, AGAIN], status=503), starts=(0, 1))


def test_behind_a_thought_alone_that_did_not_come_a_run_need_not_go_on() -> None:
    assert not stopped(exchange([HELLO], ALONE, delivered=False), starts=(0, 1))
    assert not stopped(exchange([HELLO], ALONE), starts=(0, 1), held=(1,))


def test_that_a_run_stopped_is_found_once() -> None:
    alone = TurnScript((StepScript((Think(),)),))

    (found,) = survived(recorded(play(alone, alone), *[exchange([HELLO], ALONE)] * 2, starts=(0, 2), scripted=(1, 1)))

    assert (found.request, found.response) == (1, 1)


def test_behind_the_last_turns_thought_alone_a_run_ends_without_an_incident_or_is_answered_once_more() -> None:
    one, two = exchange([HELLO], ALONE), exchange([HELLO, ALONE], FINAL)

    assert not stopped(one, turns=1)
    assert stopped(one, turns=1, incident=ENDED)
    assert not stopped(one, two, turns=1, incident=ENDED)
    assert stopped(one, turns=2, incident=None, starts=(0, 1))


def test_where_results_are_words_they_may_stand_beside_a_picture() -> None:
    seen = Message(role="user", blocks=(Media(kind="image", url="https://box.example/a"), Text(text="It holds R-1.")))
    said = Message(role="assistant", blocks=(Text(text="It holds R-2."),))

    assert [_is_said(wanted(), words, request(seen, said)) for words in ("R-1", "R-2")] == [True, False]


def test_under_no_rule_it_is_a_recommendation_to_keep_a_thought_out_of_the_text() -> None:
    turn = TurnScript((LAST,), interrupted=True)
    scenario = play(turn, TurnScript((LAST,)), faults=(Fault(kind="hold"),))
    broke = exchange([HELLO], answer(THOUGHT), delivered=False)
    behind = exchange([HELLO, answer("", f"Well: {THOUGHT}"), AGAIN], FINAL)
    more: Any = {"starts": (0, 1), "held": (1,), "voices": (Voice("", "kimi", "model-a"),) * 2}

    (found,) = unfinished(recorded(scenario, broke, behind, profile="kimi", **more))

    assert (found.check, found.level, found.rule) == ("thinking.not-text", "SHOULD", UNSET)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('So: "R-1" is there.', True),
        (r'"So: \"R-1\" is there."', True),
        (r'{"n": 1, "result": "So: \"R-1\" is there."}', True),
        (r'[null, {"a": [2, "\"R-1\" is there"]}]', True),
        (r'{"\"R-1\" is there": 1}', False),
        ('{"result": ["R-1"]}', False),
        ("[1, null, {}, []]", False),
        (r'{"result": "\"R-1\" is there', False),
    ],
)
def test_a_result_says_something_in_so_many_words_or_as_a_string_of_its_json(text: str, *, held: bool) -> None:
    assert holds(text, '"R-1" is there') is held
