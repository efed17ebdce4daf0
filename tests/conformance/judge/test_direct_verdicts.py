"""The verdict on runs that no scaffold here makes: what cannot be judged, what is refused, what is told of terms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking._adapter import Speech
from keepthinking_conformance.judge import judge, lost
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._judge import _checks, _is_ours, _Verdict
from keepthinking_conformance.judge._refused import Refused, _message, charged, refused
from keepthinking_conformance.judge._terms import other_terms
from keepthinking_conformance.judge._tools import other_tools
from keepthinking_conformance.judge._vanished import vanished
from keepthinking_conformance.perturbations import Spoken
from keepthinking_conformance.run import Given, Voice
from keepthinking_conformance.scenarios import PROVIDERS, Call, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    SYSTEM,
    TOOL,
    Speaks,
    Wire,
    answer,
    call,
    exchange,
    given_of,
    play,
    recorded,
    result,
    trace_of,
    wanted,
)
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import FAITHFUL, Miniature

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
FIRST = answer(THOUGHT, None, call("c1"))
TOLD = result("c1", "It holds R-1.")
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))
OTHER = Voice("other", "openrouter", "anthropic/claude-sonnet-4.5")
OWN = Voice("", "deepseek", "deepseek-v4-pro")


def finding(check: str = "inject.boundary", level: Any = "MUST", **more: Any) -> Finding:
    return Finding(check=check, status="fail", level=level, fate="altered", what="It is so.", **more)


# -- what cannot be judged ---------------------------------------------------------------------------------------------


def test_a_run_that_ended_its_process_is_told_of_the_run() -> None:
    found = lost(cell_of("deepseek", "loop"))

    assert (found.status, found.reason.partition(":")[0]) == ("error", "run")
    assert found.incident is not UNSET
    assert (found.incident.where, found.incident.kind) == ("run", "process lost")


@pytest.mark.parametrize(
    ("exchanges", "more", "said"),
    [
        ([exchange([HELLO], FINAL)], {"problems": ("it fell over",)}, "the provider: it fell over"),
        ([exchange([HELLO], response=b"{")], {}, "exchange 1 cannot be judged: "),
        ([exchange([HELLO], FINAL, tools=True)], {}, "no thinking had to come back"),
    ],
)
def test_what_cannot_be_judged_is_no_pass(exchanges: list[Any], more: dict[str, Any], said: str) -> None:
    cell = cell_of("deepseek", play(TurnScript((LAST,))), Miniature("mini.plain", capabilities=frozenset()))

    found = judge(cell, trace_of(*exchanges, given=given_of(cell), **more))

    assert (found.status, found.reason[: len(said)]) == ("harness-error", said)


def test_seconds_are_told_to_the_thousandth() -> None:
    assert judge(cell_of("deepseek", "loop"), trace_of(seconds=1.23456)).seconds == 1.235


def test_the_users_words_in_a_loop_are_our_own_doing_where_a_turn_failed_or_was_interrupted() -> None:
    def ours(request: int, **more: Any) -> bool:
        turns = (TurnScript((LOOK, LAST)), TurnScript((LOOK, LAST), interrupted=more.pop("interrupted", False)), TURN)
        case = recorded(play(*turns), *[exchange([HELLO], FINAL)] * 3, starts=(0, 1, 2), **more)
        return _is_ours(case, finding(request=request))

    assert [ours(number) for number in (1, 2, 3, 4)] == [False] * 4
    assert [ours(number, retried=(1,)) for number in (1, 2, 3)] == [False, True, False]
    assert [ours(number, interrupted=True) for number in (1, 2, 3)] == [False, False, True]
    assert not _is_ours(recorded(play(TURN), exchange([HELLO]), retried=(0,)), finding("text.kept", request=1))


# -- refused -----------------------------------------------------------------------------------------------------------


def refusal(path: str = "$.messages[2]") -> Refused:
    (first,) = recorded("loop", exchange([HELLO], status=400)).calls
    return Refused(first, "No.", path)


def test_a_refusal_is_charged_to_a_finding_of_its_own_request() -> None:
    other, own = finding("call.kept", request=2, path="$.messages[2]"), finding("text.kept", "SHOULD", request=1)

    assert charged(refusal(), [other]) is None
    assert charged(refusal(), [other, own]) == (other, replace(own, level="MUST", status="fail"))


@pytest.mark.parametrize("path", ["$.messages[2]", "$.messages[2].content", "$.messages"])
def test_a_refusal_is_charged_to_the_finding_of_its_place_before_graver_ones(path: str) -> None:
    grave, soft = finding(request=1, path="$.messages[1]"), finding("text.kept", "SHOULD", request=1, path=path)

    assert charged(refusal(), [grave, soft]) == (grave, replace(soft, level="MUST", status="fail"))


@pytest.mark.parametrize("place", ["", "$.messages[2]"])
def test_the_whole_request_is_no_place_and_a_refusal_may_have_none(place: str) -> None:
    soft, grave = finding("text.kept", "SHOULD", request=1), finding("call.kept", request=1, path="$.messages[1]")

    assert charged(refusal(place), [soft, grave]) == (soft, grave)


def test_a_refusal_is_about_a_message() -> None:
    bare = [HELLO, answer("", None, call("c1")), TOLD]
    exchanges = [exchange([HELLO], FIRST, tools=True), exchange(bare, status=400, tools=True)]
    found = refused(recorded("loop", *exchanges, axes={"temper": "strict"}))

    assert found is not None
    assert found.path == "$.messages[1]"


def test_a_refusal_leaves_other_findings_as_they_are() -> None:
    soft = replace(finding("text.kept", "SHOULD", request=1, path="$.messages[2]"), status="warn")
    before, behind, last = (finding(check, request=2) for check in ("call.kept", "order.turns", "ids.paired"))

    grave = replace(soft, level="MUST", status="fail")
    assert charged(refusal(), [before, soft, behind, last]) == (before, grave, behind, last)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"messages": [answer("", None, call("c1")), TOLD]}, "$.messages[0]"),
        ({"messages": [HELLO, {**answer("", None, call("c1")), "reasoning": THOUGHT}, TOLD]}, "$.messages[1]"),
        ({"messages": [HELLO, FIRST, TOLD]}, ""),
        ({"messages": [HELLO], "model": "somebodys-own"}, ""),
        ({"messages": [HELLO], "user": "\ud83d"}, ""),
        (None, ""),
    ],
)
def test_a_refusal_has_the_place_that_the_rule_tells(body: Wire | None, path: str) -> None:
    made = b"[" if body is None else json.dumps({"model": "deepseek-v4-pro", "tools": [TOOL], **body}).encode()
    found = refused(recorded("loop", exchange([], status=400, request=made), axes={"temper": "strict"}))

    assert found is not None
    assert found.path == path


def test_a_refusal_under_no_rule_has_no_place_and_one_without_an_error_has_no_text() -> None:
    bare = exchange([HELLO, answer("", None, call("c1")), TOLD], status=400, tools=True, response=b'{"message": "No."}')
    strict: dict[str, Any] = {"axes": {"temper": "strict"}}

    found = refused(recorded("loop", bare, profile="kimi", voices=(Voice("", "kimi", "model-a"),), **strict))

    assert found is not None
    assert (found.path, found.text) == ("", "")


def test_a_lenient_provider_refuses_nothing() -> None:
    assert refused(recorded("loop", exchange([HELLO], status=400))) is None
    assert refused(recorded("loop", exchange([HELLO], FINAL), axes={"temper": "strict"})) is None


def test_an_error_may_be_a_text_an_object_or_wrapped() -> None:
    said = ["No.", {"message": "No."}, {"error": {"message": "No."}}, {"error": "No."}]

    assert [_message(value) for value in said] == ["No."] * 4
    assert [_message(value) for value in ({"code": 1}, None, 3, {"message": None})] == [""] * 4


# -- other terms -------------------------------------------------------------------------------------------------------


def terms(history: list[Wire], *, profile: str = "deepseek", speech: Speech = "native", **body: Any) -> str:
    """Tell what a run is told of its only request."""
    scenario = play(TurnScript((LAST,)))
    asked = {"model": PROVIDERS[profile].model, "messages": history, "tools": [TOOL], **body}
    asked = {name: value for name, value in asked.items() if value is not None}
    bodies = exchange([], FINAL, request=json.dumps(asked).encode())
    case = recorded(
        scenario, bodies, profile=profile, subject=Speaks("mini.x", capabilities=frozenset(), speech=speech)
    )
    found = other_terms(case)
    return "" if found is None else found.message


def test_a_request_asks_for_the_model_by_its_name() -> None:
    assert terms([HELLO]) == ""
    assert terms([HELLO], model=None).startswith("it names no model, not for 'deepseek-v4-pro', so it falls under ")


def test_tools_are_offered_as_the_language_wants_it() -> None:
    ends: Wire = {"type": "function", "function": {"name": "final_answer", "parameters": {"type": "object"}}}
    told: Wire = {"role": "system", "content": "You may call look_up."}

    assert terms([HELLO], speech="final-answer", tools=[TOOL, ends]) == ""
    assert terms([HELLO], tools=[TOOL, ends]) == ""
    ends["function"]["name"] = "shout"
    assert terms([HELLO], tools=[TOOL, ends]) == "it offers `shout`, a tool that the run did not give"
    assert terms([HELLO], tools=[ends]) == "it offers `shout`, a tool that the run did not give"
    assert terms([HELLO], tools=[TOOL, {"type": "web_search"}]) == ""
    ends["function"]["name"] = "plugin-look_up"
    assert terms([HELLO], tools=[ends]).startswith("it offers `plugin-look_up`, `look_up` by another name")
    assert terms([HELLO], tools=None) == "it does not offer `look_up`, a tool that the run gave"
    assert terms([told, HELLO], speech="react", tools=None) == ""
    assert terms([HELLO], speech="react", tools=None).startswith("it does not offer")
    assert terms([told, HELLO], speech="react").startswith("it offers `look_up` on the wire")


def test_what_a_language_does_not_show_is_added_where_a_run_was_judged() -> None:
    def said(status: Any) -> dict[str, str]:
        return dict(_checks(_Verdict(status, "", (), {"text.kept": "pass"}), ("call.kept", "thinking.unaltered")))

    assert list(said("pass").items()) == [
        *(("thinking.unaltered", "unsupported"), ("text.kept", "pass"), ("call.kept", "unsupported")),
    ]
    assert said("error") == said("harness-error") == {"text.kept": "pass"}


def test_what_a_language_does_not_show_is_no_pass_and_a_fault_where_something_was_found() -> None:
    found: dict[str, Any] = {"thinking.unaltered": "fail", "text.kept": "pass", "call.kept": "pass"}

    said = _checks(_Verdict("fail", "", (), found), ("call.kept", "thinking.unaltered"))

    assert said == {"thinking.unaltered": "fail", "text.kept": "pass", "call.kept": "unsupported"}


def test_a_request_that_nobody_can_read_is_the_audits_matter() -> None:
    case = recorded(play(TURN), exchange([], request=b"["), exchange([HELLO], FINAL, model="gpt-oss"))

    found = other_terms(case)

    assert found is not None
    assert found.where == "request 2"


@pytest.mark.parametrize("body", [{}, {"reasoning_split": False}])
def test_a_parameter_that_the_rule_needs_is_named_where_it_is_gone_or_another(body: dict[str, Any]) -> None:
    said = terms([HELLO], profile="minimax-split", **body)

    assert said.startswith("it was given another `reasoning_split`, so it falls under `minimax.m2.chat`, not under ")


def test_a_parameter_that_the_rule_forbids_is_named() -> None:
    said = terms([HELLO], profile="minimax", reasoning_split=True)

    assert said.startswith("it was given another `reasoning_split`, so it falls under `minimax.m2.split`, not under ")


def test_who_was_given_no_instructions_need_not_hold_any() -> None:
    def said(system: str, *exchanges: Any) -> str:
        tools = play(TurnScript((LAST,)))
        found = other_terms(recorded(tools, *exchanges, system=system))
        return "" if found is None else found.message

    with_, without = exchange([SYSTEM, HELLO], FINAL, tools=True), exchange([HELLO], FINAL, tools=True)
    assert said("", without, without) == said(SYSTEM["content"], with_, with_) == ""
    assert said(SYSTEM["content"], with_, without) == "it holds no instructions any more"
    assert said(SYSTEM["content"], without) == "it does not hold the instructions that the run gave"


def test_a_request_need_not_hold_what_a_later_session_is_given() -> None:
    def said(at: int) -> str:
        scenario = play(TurnScript((LAST,)))
        case = recorded(scenario, exchange([HELLO], FINAL, tools=True))
        given = (*given_of(case.cell), Given(at, frozenset({"look_up", "shout"}), "Be careful."))
        found = other_terms(Case(case.cell, case.trace._replace(given=given)))
        return "" if found is None else found.message

    assert said(1) == ""
    assert said(0) == "it does not hold the instructions that the run gave"


def test_a_tool_is_called_as_the_model_asked_and_not_where_the_user_refuses() -> None:
    def said(**more: Any) -> str:
        found = other_tools(trace_of(**more))
        return "" if found is None else found.message

    assert said(wanted=(wanted(),), called=(wanted(),)) == said(denied=(wanted(),)) == ""
    assert said(wanted=(wanted(),)) == "`look_up` was never called, which the model asked for in turn 1, answer 1"
    assert said(denied=(wanted(),), called=(wanted(),)).endswith("in turn 1, answer 1, which the user did not allow")
    assert said(called=(None,)) == "a tool was called with arguments that the model never wrote"


def test_on_another_day_another_rule_held() -> None:
    asked = exchange([HELLO], FINAL, tools=True, at=1_780_000_000.0)  # in May 2026
    subject = Miniature("mini.x", capabilities=frozenset())

    found = other_terms(recorded(play(TurnScript((LAST,))), asked, subject=subject))

    assert found is not None
    assert found.message.startswith("with the parameters that it was given it falls under `deepseek.v4.chat.called`, ")


def test_what_is_as_it_was_given_is_not_named() -> None:
    said = terms([HELLO], profile="openrouter", model="google/gemini-3-pro", reasoning={"max_tokens": 2048})

    assert said.startswith("it asks for the model 'google/gemini-3-pro', not for ")
    body = {"model": "a/x", "messages": [HELLO], "tools": [TOOL], "reasoning": {"max_tokens": 2048}}
    asked, voice = exchange([], FINAL, request=json.dumps(body).encode()), Voice("", "openrouter", "a/x")
    bare = Miniature("mini.bare", capabilities=frozenset())
    told = other(bare, asked, profile="openrouter", voices=(voice,))
    assert told.startswith("with the parameters that it was given it falls under `openrouter.any.chat`, not under ")


def test_what_another_model_of_the_same_provider_falls_under_is_not_known() -> None:
    case = recorded(play(TurnScript((LAST,))), exchange([HELLO], FINAL, tools=True, model="x"))
    alone = case.cell._replace(served=replace(case.cell.served, other=""))

    assert other_terms(Case(alone, case.trace._replace(voices=(Voice("other", "deepseek", "x"),)))) is None


def other(subject: Miniature, *bodies: Any, turns: tuple[TurnScript, ...] = (TurnScript((LAST,)),), **more: Any) -> str:
    found = other_terms(recorded(play(*turns), *bodies, subject=subject, **more))
    return "" if found is None else found.message


def test_who_can_be_given_no_instructions_need_not_hold_any() -> None:
    bare = Miniature("mini.bare", capabilities=frozenset())
    said = exchange([HELLO], FINAL, tools=True)
    image: Wire = {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://box.example/a"}}]}

    assert other(bare, said, system="Be careful.") == ""
    assert other(FAITHFUL, said, system="Be careful.") == "it does not hold the instructions that the run gave"
    assert other(FAITHFUL, exchange([image, HELLO], FINAL, tools=True), system="Be careful.").endswith("the run gave")


def test_another_agent_has_instructions_and_tools_of_its_own() -> None:
    own: Wire = {"type": "function", "function": {"name": "shout", "parameters": {"type": "object"}}}
    asked = {"model": OTHER.model, "messages": [HELLO], "tools": [own], "reasoning": {"max_tokens": 2048}}
    first, second = (
        exchange([SYSTEM, HELLO], FINAL, tools=True),
        exchange([], FINAL, request=json.dumps(asked).encode()),
    )
    turns = (TurnScript((LOOK, LAST)), TurnScript((LAST,)))
    more: dict[str, Any] = {"voices": (OWN, OTHER), "system": SYSTEM["content"], "starts": (0, 1), "turns": turns}

    assert other(FAITHFUL, first, second, **more) == ""
    mine = more | {"voices": (OWN, OWN)}
    assert other(FAITHFUL, first, exchange([HELLO], FINAL), **mine) == "it holds no instructions any more"


def test_tools_may_go_later_and_agents_that_hand_over_or_are_helped_have_more() -> None:
    bare = Miniature("mini.bare", capabilities=frozenset())
    more: Wire = {"type": "function", "function": {"name": "transfer", "parameters": {"type": "object"}}}

    def asked(*tools: Wire) -> Any:
        body = {"model": "deepseek-v4-pro", "messages": [HELLO], **({"tools": list(tools)} if tools else {})}
        return exchange([], FINAL, request=json.dumps(body).encode())

    helped = StepScript((Think(), Call(tool="look_up", helper=(LAST,))))
    hands = (TURN, TurnScript((LAST,), "handoff"))
    assert other(bare, asked(TOOL), asked(), turns=(TURN,)) == ""
    assert other(bare, asked(), asked(TOOL), turns=(TURN,)).startswith("it does not offer `look_up`")
    assert other(bare, asked(TOOL, more), turns=(TURN,)) == "it offers `transfer`, a tool that the run did not give"
    assert other(bare, asked(TOOL, more), turns=(TurnScript((helped, LAST)),)) == ""
    assert other(bare, asked(TOOL, more), turns=hands) == other(bare, asked(), turns=hands) == ""


# -- answers that vanished ---------------------------------------------------------------------------------------------


def test_where_all_came_back_nothing_vanished() -> None:
    case = recorded(play(TURN), exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], FINAL), wanted=(wanted(),))

    assert vanished(case) == ((), {})
    vars(case)["report"] = replace(case.report, fates={})  # that it counts otherwise is no finding
    assert vanished(case) == ((), {})


def test_what_vanished_is_of_the_loop_or_of_earlier_turns() -> None:
    first, second = exchange([HELLO], FIRST), exchange([HELLO], FINAL)

    (loop,), fates = vanished(recorded(play(TURN), first, second, wanted=(wanted(),)))
    assert (loop.check, loop.level, loop.fate, loop.request) == ("context.turn.kept.in-loop", "MUST", "dropped", 2)
    assert loop.status == "fail"
    assert fates == {"dropped": 1}

    turns = play(TurnScript((LAST,)), TurnScript((LAST,)))
    (earlier,), fates = vanished(recorded(turns, second, exchange([AGAIN], FINAL), starts=(0, 1)))
    assert (earlier.check, earlier.level, earlier.request) == ("context.turn.kept.cross-turn", "MAY", 2)
    assert earlier.status == "warn"
    assert fates == {"removed-with-turn": 1}


def test_an_answer_without_thinking_that_vanished_has_no_fate() -> None:
    bare = exchange([HELLO], answer("", None, call("c1")))

    (found,), fates = vanished(recorded(play(TURN), bare, exchange([AGAIN], FINAL), wanted=(wanted(),)))

    assert (found.check, fates) == ("context.turn.kept.in-loop", {})


def test_an_answer_that_came_is_missed_where_it_was_asked_for_again_and_only_broke_off() -> None:
    cut = exchange([HELLO], FIRST, delivered=False)
    exchanges = [exchange([HELLO], FIRST), cut, exchange([AGAIN], FINAL)]

    (found,), _ = vanished(recorded(play(TURN), *exchanges, wanted=(wanted(),)))

    assert (found.request, found.requests) == (2, 2)


@pytest.mark.parametrize(
    ("spoken", "says"),
    [
        (Spoken(texts=("Hello.",)), None),
        (Spoken(texts=(HELLO["content"], "Hello.")), None),
        (Spoken(texts=("One more thing.", "Hello.")), "given beside those of a turn stand in no request"),
        (Spoken(texts=("Hello.",), reminder="Go on."), "given beside those of a turn stand in no request"),
        (Spoken(texts=("Hello.",), image=b"png"), "the picture that the user sent stands in no request"),
    ],
)
def test_what_the_user_said_besides_has_to_stand_somewhere(spoken: Spoken, says: str | None) -> None:
    found = other_terms(recorded("single", exchange([HELLO], FINAL, tools=True), spoken=(spoken,)))

    assert (found is None) == (says is None)
    assert found is None or (says is not None and found.message.endswith(says))


def test_a_picture_that_was_sent_is_seen() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}}
    shown: Wire = {"role": "user", "content": [{"type": "text", "text": "Look."}, picture]}
    spoken = Spoken(texts=("Look.",), image=b"png")

    assert other_terms(recorded("single", exchange([shown], FINAL, tools=True), spoken=(spoken,))) is None
