"""What a run holds and what is counted of it, where no scaffold here comes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking.retention import rule as rule_named
from keepthinking_conformance.judge._checks import blank
from keepthinking_conformance.judge._facts import Asking, Fact, Held, Tools, Wants, _followed, scripted, seen, wants_of
from keepthinking_conformance.judge._occasions import OCCASIONS, occasions
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Voice
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Fault, Served, TurnScript
from tests.conformance.judge.recorded import (
    HELLO,
    LAST,
    LOOK,
    SYSTEM,
    Speaks,
    answer,
    call,
    exchange,
    play,
    recorded,
    result,
    wanted,
)
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import FAITHFUL

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


# -- a run, read once --------------------------------------------------------------------------------------------------


def test_whether_words_may_come_in_pieces_is_the_wires_affair() -> None:
    assert not recorded("loop", exchange([HELLO])).in_pieces
    assert recorded("loop", profile="google-gemini").in_pieces
    plugged = recorded("loop")
    vars(plugged)["dialect"] = object()  # of a plug-in, which need not say
    assert not plugged.in_pieces


def test_behind_another_name_there_is_the_providers_own_model_and_the_other_voice_has_its_own() -> None:
    named = recorded("handoff", axes={"name": "neutral"}, voices=(OWN._replace(model="model-a"), OTHER))
    usual = recorded("handoff", voices=(OWN._replace(model="deepseek-x"), OTHER))

    assert [named.model(number) for number in (1, 2)] == ["deepseek-v4-pro", "anthropic/claude-sonnet-4.5"]
    assert [usual.model(number) for number in (1, 2)] == ["deepseek-x", "anthropic/claude-sonnet-4.5"]


def test_a_request_without_messages_has_no_history() -> None:
    case = recorded("loop", exchange([]), exchange([HELLO]), exchange([], request=b"["))

    assert [case.history_path(one) for one in case.calls] == ["$", "$.messages", "$"]


def test_the_audit_is_told_the_model_behind_another_name_and_no_model_else() -> None:
    def rules(model: str, **axes: str) -> set[object]:
        bare = [HELLO, answer("", None, call("c1")), TOLD]
        exchanges = [exchange([HELLO], FIRST, model=model), exchange(bare, FINAL, model=model)]
        return {found.rule for found in recorded("loop", *exchanges, profile="kimi", axes=axes).report.findings}

    assert rules("model-a", name="neutral") == rules("kimi-k2-thinking") == {"moonshot.k2-thinking.chat"}
    assert rules("model-a") == {UNSET}


# -- what is counted ---------------------------------------------------------------------------------------------------


def test_what_nobody_states_is_not_there() -> None:
    assert Held() == Held(thoughts=0, redacted=0, empty=0, seals=0, texts=0, calls=0, ids=0, opaque=0, acts=0)
    assert Tools() == Tools(results=0, broken=0, malformed=0)
    counts: dict[str, Any] = dict.fromkeys(("nth", "loop", "later", "inside", "loaded", "reread", "handed"), 0)
    flags: dict[str, Any] = dict.fromkeys(("cut", "failed", "streamed", "named", "waits", "hands"), False)
    made = Fact(held=Held(), wants=Wants(), whole=True, tools=Tools(), switched=0, abroad=0, **counts, **flags)
    assert Fact(held=Held(), wants=Wants()) == made


def test_a_rule_that_reads_nothing_wants_nothing() -> None:
    rule = rule_named("deepseek.v4.chat")

    assert (wants_of(rule).loop, wants_of(rule).later) == (True, True)
    looks = replace(rule, missing=replace(rule.missing, checks="history"))
    assert wants_of(looks, native=False).loop is False  # it asks nobody who declares no tools
    unread = wants_of(replace(rule, unread=True))
    assert (unread.loop, unread.later) == (False, False)


@pytest.mark.parametrize(
    ("rule", "wanted_", "never"),
    [
        ("deepseek.v4.chat", False, False),
        ("moonshot.k2-thinking.chat", False, False),
        ("minimax.m2.chat", True, False),
        ("openai.gpt-5-6.responses", True, False),
        ("deepseek.r1.chat", False, True),
    ],
)
def test_where_calls_are_text_no_answer_is_of_a_loop(rule: str, *, wanted_: bool, never: bool) -> None:
    assert wants_of(rule_named(rule), native=False) == Wants(loop=wanted_, later=wanted_, never=never)


def test_the_script_is_held_to_the_rule_as_its_language_meets_it() -> None:
    (native, *_), (reacts, *_) = (
        scripted(Cell(Speaks("mini.speaks", speech=speech), PROVIDERS["deepseek"], play(TURN)))
        for speech in ("native", "react")
    )

    assert (native.wants.loop, native.loop, native.later, native.inside) == (True, 1, 0, 1)
    assert (reacts.wants.loop, reacts.loop, reacts.later, reacts.inside) == (False, 0, 1, 1)
    counts = [OCCASIONS[f"context.turn.kept.{where}"] for where in ("in-loop", "cross-turn")]
    assert [[count(fact) for count in counts] for fact in (native, reacts)] == [[1, 0], [1, 0]]


@pytest.mark.parametrize(("profile", "first", "other"), [("deepseek", False, True), ("ollama-native", False, False)])
def test_the_other_model_is_held_to_its_own_rule(profile: str, *, first: bool, other: bool) -> None:
    facts = scripted(Cell(Speaks("mini.speaks", speech="react"), PROVIDERS[profile], SCENARIOS["handoff"]))

    length = len(SCENARIOS["handoff"].turns[0].steps)
    assert [fact.wants.later for fact in facts] == [first] * length + [other] * length + [first] * length


def test_a_call_that_waits_is_loaded_once_behind_the_first_step() -> None:
    turn = TurnScript((LOOK, LOOK, LOOK, LAST), approval="allow", reopened=True)

    facts = scripted(cell_of("deepseek", play(turn)))

    assert [fact.loaded for fact in facts] == [3, 0, 0, 0]
    assert [fact.waits for fact in facts] == [True, False, False, False]


def test_each_fault_of_the_provider_is_a_request_that_fails_but_an_answer_that_is_held() -> None:
    turn = TurnScript((LAST,), interrupted=True)
    faults = (Fault(kind="overloaded", times=2), Fault(kind="hold", at_request=3))

    facts = scripted(cell_of("deepseek", play(turn, faults=faults)))

    assert [(fact.whole, fact.failed) for fact in facts] == [(False, False), (False, True), (False, True)]


def test_what_another_agent_said_was_handed_over_too() -> None:
    facts = scripted(cell_of("deepseek", "handoff"))

    assert {fact.hands for fact in facts if fact.switched or fact.abroad or fact.handed} == {True}
    assert not any(fact.switched for fact in facts)
    turns = (TurnScript((LAST,)), TurnScript((LAST,), "handoff"), TurnScript((LAST,), "hand-back"))
    assert [fact.hands for fact in scripted(cell_of("deepseek", play(*turns)))] == [True, True, False]


def test_where_the_other_model_is_of_the_same_provider_no_seal_is_foreign() -> None:
    turns = (TurnScript((LAST,)), TurnScript((LAST,), "switch-model"), TurnScript((LAST,), "switch-back"))

    def facts(served: Served) -> list[tuple[int, int]]:
        found = scripted(Cell(FAITHFUL, served, play(*turns)))
        return [(fact.abroad, fact.switched) for fact in found]

    anthropic = PROVIDERS["anthropic"]
    assert facts(anthropic) == [(0, 1), (1, 0), (0, 0)]
    assert facts(replace(anthropic, other="")) == [(0, 1), (0, 0), (0, 0)]


def test_a_request_is_behind_a_way_back_where_the_other_spoke_in_a_turn_between() -> None:
    def asking(turn: int, voice: str) -> tuple[Asking, Fact]:
        made = Asking(turn=turn, step=0, voice=voice, profile="deepseek", loads=0)
        return made, Fact(held=Held(thoughts=1), wants=Wants())

    cell = cell_of("deepseek", "model-switch")
    rows = [asking(0, ""), asking(1, "other"), asking(1, ""), asking(2, "")]

    assert [fact.switched for fact in _followed(cell, rows, cell.grammar)] == [1, 0, 0, 0]


def test_of_a_turns_last_answer_no_tool_is_called() -> None:
    case = recorded(play(TURN), exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], FINAL), wanted=(wanted(),))

    assert [fact.tools for fact in seen(case)] == [Tools(results=1), Tools()]


@pytest.mark.parametrize(("load", "waits"), [(0, False), (1, True), (2, False)])
def test_a_call_waited_where_the_conversation_was_loaded_before_the_next_request(load: int, *, waits: bool) -> None:
    turn = TurnScript((LOOK, LAST), approval="allow", reopened=True)
    exchanges = [exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], FINAL)]

    assert [fact.waits for fact in seen(recorded(play(turn), *exchanges, loads=(load,)))] == [waits, False]


def test_a_call_waited_only_where_the_script_has_it_wait_and_until_the_request_behind_it() -> None:
    second = answer(THOUGHT, None, call("c2", "key-2"))
    exchanges = [exchange([HELLO], FIRST), exchange([HELLO], second), exchange([HELLO], FINAL)]
    more: dict[str, Any] = {"wanted": (wanted(), wanted(0, 1, "key-2")), "loads": (2,)}

    def waits(*, reopened: bool) -> list[bool]:
        turn = TurnScript((LOOK, LOOK, LAST), approval="allow", reopened=reopened)
        return [fact.waits for fact in seen(recorded(play(turn), *exchanges, **more))]

    assert waits(reopened=True) == [False, True, False]
    assert waits(reopened=False) == [False] * 3


def test_what_the_script_only_thinks_of_is_counted() -> None:
    thinks = occasions(scripted(cell_of("deepseek", "call-in-thought")))["thinking.not-executed"]

    assert thinks == sum(
        part.holds != "" for step in SCENARIOS["call-in-thought"].turns[0].steps for part in step.thoughts
    )
    assert "thinking.not-executed" not in occasions(scripted(cell_of("deepseek", "loop")))


def test_the_audit_reads_each_exchange_by_its_own_voice_and_the_dialect_of_the_cell() -> None:
    case = recorded("model-switch", exchange([HELLO], FIRST, path="/somewhere"), voices=(OWN,))

    assert case.report.problems == ()


def test_an_answer_stands_alone_that_is_the_first_and_has_one_block() -> None:
    def count(nth: int, texts: int) -> int:
        fact = Fact(held=Held(thoughts=1, texts=texts), wants=Wants(), nth=nth, later=1)
        return OCCASIONS["grouping.not-merged"](fact)

    assert [count(nth, texts) for nth, texts in ((0, 0), (1, 0), (0, 1), (1, 1))] == [0, 1, 1, 1]


def test_where_nothing_of_the_model_is_sent_three_checks_speak_all_the_same() -> None:
    silent = blank(recorded("loop", exchange([SYSTEM, HELLO], FIRST), exchange([SYSTEM, HELLO], FINAL)))
    spoken = blank(recorded("loop", exchange([HELLO], FIRST), exchange([HELLO, answer("", "Well.")], FINAL)))

    assert "call.kept" in silent
    assert not {"context.turn.kept.in-loop", "context.turn.kept.cross-turn", "result.delivered"} & silent
    assert "call.kept" not in spoken
    assert "thinking.unaltered" in spoken


def test_nothing_is_no_thought_alone() -> None:
    def count(**held: int) -> int:
        return OCCASIONS["failed-turn.survived"](Fact(held=Held(**held), wants=Wants()))

    assert [count(), count(thoughts=1), count(thoughts=1, texts=1)] == [0, 1, 0]
