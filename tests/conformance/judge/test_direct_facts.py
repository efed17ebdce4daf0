"""What an answer holds, what becomes of its calls, and what stands behind it, number by number."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Block, Json, Message, Opaque, Seal, Text, Thinking, ToolCall, ToolResult
from keepthinking.retention import rule as rule_named
from keepthinking_conformance.judge._facts import (
    Fact,
    Held,
    Tools,
    Wants,
    _read,
    _seals,
    _tools,
    scripted,
    seen,
    wants_of,
)
from keepthinking_conformance.run import Voice
from keepthinking_conformance.scenarios import Call, Hosted, Say, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
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

pytestmark = pytest.mark.extras

FIRST = answer("Box 4 stands on the upper shelf.", None, call("c1"))
TOLD = result("c1", "It holds R-1.")
FINAL = answer("Now it is known.", "A lamp.")
TURN = TurnScript((LOOK, LAST))
OWN = Voice("", "deepseek", "deepseek-v4-pro")
OTHER = Voice("other", "openrouter", "anthropic/claude-sonnet-4.5")


def test_a_rule_wants_thinking_of_the_loop_and_of_earlier_turns_each_by_itself() -> None:
    def wants(rule: str) -> Wants:
        return wants_of(rule_named(rule))

    assert wants_of(None) == Wants() == Wants(loop=True, later=True, never=False, forgets=False)
    assert wants("deepseek.v4.chat") == Wants()
    assert wants("moonshot.k2-thinking.chat") == Wants(later=False, forgets=True)
    assert wants("deepseek.r1.chat") == Wants(loop=False, later=False, never=True, forgets=True)


def test_blocks_are_counted_by_kind() -> None:
    held = Held(thoughts=1, redacted=2, empty=4, seals=8, texts=16, calls=32, ids=64, opaque=128)

    assert (held.thinking, held.blocks) == (7, 183)
    fact = Fact(held=held, wants=Wants(), loop=1, later=2)
    assert (fact.followed, fact.wanted) == (3, 3)
    assert [
        Fact(held=held, wants=wants, loop=1, later=2).wanted for wants in (Wants(loop=False), Wants(later=False))
    ] == [*(2, 1)]


def test_what_an_answer_holds_is_read_block_by_block() -> None:
    signed, sealed = Seal(slot="signature", wire="S"), Seal(slot="data", wire="D")
    blocks: tuple[Block, ...] = (
        *(Thinking.of("One."), Thinking(seals=(signed,)), Thinking(seals=(sealed,)), Thinking(seals=(sealed, sealed))),
        *(Thinking(), Text(text=""), Text(text="Two."), Text(text="", seals=(signed,))),
        *(ToolCall(id=id_, name="look_up", arguments="{}", kind="json") for id_ in ("c1", UNSET, "c3")),
        ToolCall(id="s1", name="search", arguments="{}", kind="json", server=True),
        *(ToolResult(call_id="s1", content="Found."), Opaque(dialect="anthropic-messages", kind="x", body=Json.of({}))),
    )

    assert _read([Message(role="assistant", blocks=blocks)], ["One", "Two"]) == Held(
        thoughts=1, redacted=2, empty=1, seals=5, texts=1, calls=3, ids=2, opaque=2, acts=1
    )


def test_what_the_script_holds_is_counted_part_by_part() -> None:
    both = StepScript(
        (Think(), Think(kind="redacted"), Think(kind="empty-sealed"), Say(), Hosted(), Call(tool="look_up"))
    )
    turn = TurnScript((both, LAST))

    sealed, plain = (scripted(cell_of(name, play(turn))) for name in ("anthropic", "deepseek"))

    counted = Held(thoughts=1, redacted=1, empty=1, seals=3, texts=1, calls=1, opaque=1)
    assert [fact.held for fact in sealed] == [counted, Held(thoughts=1, seals=1, texts=1)]
    assert [fact.held.seals for fact in plain] == [0, 0]


def test_each_voice_seals_what_it_says_by_itself() -> None:
    deepseek, openrouter = cell_of("deepseek", "model-switch"), cell_of("openrouter", "model-switch")

    assert [_seals(cell, voice) for cell in (deepseek, openrouter) for voice in ("", "other")] == [
        *(False, True, True, False)
    ]


@pytest.mark.parametrize(
    ("approval", "calls", "tools"),
    [
        ("", (Call(tool="a"), Call(tool="b")), Tools(results=2)),
        ("", (Call(tool="a", outcome="error"), Call(tool="b")), Tools(results=2, broken=1)),
        ("", (Call(tool="a", outcome="malformed"), Call(tool="b")), Tools(results=1, malformed=1)),
        ("", (Call(tool="a", helper=(LAST,)), Call(tool="b")), Tools(results=1)),
        ("deny", (Call(tool="a"), Call(tool="b")), Tools(broken=2)),
        ("allow", (Call(tool="a"),), Tools(results=1)),
    ],
)
def test_what_becomes_of_calls(approval: Any, calls: tuple[Call, ...], tools: Tools) -> None:
    step = StepScript((Think(), *calls))

    assert _tools(TurnScript((step, LAST), approval=approval), step) == tools


def test_the_scripts_answers_are_followed_by_those_behind_them() -> None:
    turns = (TURN, TurnScript((LOOK, LAST), "resume"), TurnScript((LOOK, LAST), interrupted=True))

    facts = scripted(cell_of("kimi", play(*turns), mode="stream", name="neutral"))

    assert [(fact.nth, fact.loop, fact.later, fact.loaded, fact.reread) for fact in facts] == [
        *((0, 1, 4, 4, 0), (1, 0, 4, 4, 0), (2, 1, 2, 0, 0), (3, 0, 2, 0, 0), (4, 1, 0, 0, 0), (5, 0, 0, 0, 0)),
    ]
    assert [(fact.whole, fact.cut) for fact in facts] == [*[(True, False)] * 5, (False, True)]
    assert {(fact.streamed, fact.named, fact.waits) for fact in facts} == {(True, True, False)}
    assert [fact.tools.results for fact in facts] == [1, 0, 1, 0, 1, 0]


def test_behind_a_load_only_what_the_rule_wants_is_read_again() -> None:
    turn = TurnScript((LOOK, LAST), approval="allow", reopened=True)
    turns = (turn, TURN_ASKED)

    def reread(profile: str) -> list[tuple[int, int]]:
        return [(fact.loaded, fact.reread) for fact in scripted(cell_of(profile, play(*turns)))]

    assert reread("deepseek") == [(3, 3), (0, 0), (0, 0), (0, 0)]
    assert reread("kimi") == [(3, 1), (0, 0), (0, 0), (0, 0)]


TURN_ASKED = TurnScript((LOOK, LAST), approval="allow")


def test_a_runs_answers_are_followed_by_those_behind_them() -> None:
    turns = (TURN, TurnScript((LOOK, LAST), "resume"))
    other = answer("Box 5 stands beside it.", None, call("c2", "key-2"))
    exchanges = [
        *(exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], FINAL)),
        *(exchange([HELLO, FIRST, TOLD, FINAL, AGAIN], other), exchange([HELLO], FINAL)),
    ]
    more: dict[str, Any] = {"starts": (0, 2), "loads": (2,), "wanted": (wanted(), wanted(1, 0, "key-2"))}

    facts = seen(recorded(play(*turns), *exchanges, axes={"mode": "stream", "name": "neutral"}, **more))

    counted = [(fact.nth, fact.loop, fact.later, fact.loaded, fact.reread) for fact in facts]
    assert counted == [(0, 1, 2, 2, 2), (1, 0, 2, 2, 2), (2, 1, 0, 0, 0), (3, 0, 0, 0, 0)]
    assert [fact.held for fact in facts] == [
        *(Held(thoughts=1, calls=1, ids=1), Held(thoughts=1, texts=1)),
        *(Held(thoughts=1, calls=1, ids=1), Held(thoughts=1, texts=1)),
    ]
    assert {(fact.streamed, fact.named, fact.waits, fact.cut, fact.failed) for fact in facts} == {
        (True, True, False, False, False)
    }
    assert [fact.tools.results for fact in facts] == [1, 0, 1, 0]


def test_a_request_failed_that_got_no_whole_answer_and_was_not_refused() -> None:
    got: dict[str, Any] = {"status": 503, "delivered": True}
    exchanges = [
        *(
            exchange([HELLO], FINAL),
            exchange([HELLO], **got),
            exchange([HELLO], status=400),
            exchange([HELLO], status=429),
        ),
        *(exchange([HELLO], answer("Well"), delivered=False), exchange([HELLO], response=b"{")),
        exchange([HELLO], answer("Well"), delivered=False),
    ]

    facts = seen(recorded(play(TURN), *exchanges, held=(7,)))

    assert [fact.failed for fact in facts] == [False, True, False, True, True, True, False]
    assert [fact.cut for fact in facts] == [False, False, False, False, True, False, True]
    assert [fact.whole for fact in facts] == [True, *[False] * 6]


@pytest.mark.parametrize(("load", "waits"), [(2, [False, False, True, False]), (3, [False, False, True, False])])
def test_a_call_waits_till_the_next_request_of_its_turn_or_the_end(load: int, waits: list[bool]) -> None:
    turns = (TURN_ASKED, TurnScript((LOOK, LAST), approval="allow", reopened=True))
    exchanges = [exchange([HELLO], FIRST), exchange([HELLO], FINAL), exchange([HELLO], FIRST), exchange([HELLO], FINAL)]
    more: dict[str, Any] = {"starts": (0, 2), "wanted": (wanted(), wanted(1))}

    facts = seen(recorded(play(*turns), *exchanges, loads=(load,), **more))

    assert [fact.waits for fact in facts] == ([False] * 4 if load == 2 else waits)
    alone = seen(recorded(play(*turns), *exchanges[:3], loads=(3,), **more))
    assert [fact.waits for fact in alone] == [False, False, True]


def test_the_requests_rule_is_read_as_its_language_meets_it() -> None:
    exchanges = [exchange([HELLO], FINAL), exchange([HELLO, FINAL, AGAIN], FINAL)]
    more: dict[str, Any] = {"starts": (0, 1)}

    def wants(speech: Any) -> set[bool]:
        case = recorded(
            play(TurnScript((LAST,)), TurnScript((LAST,))), *exchanges, subject=Speaks("m", speech=speech), **more
        )
        return {fact.wants.loop for fact in seen(case)}

    assert (wants("native"), wants("react")) == ({True}, {False})


def test_the_last_answer_of_a_turn_is_a_call_where_the_language_ends_turns_so() -> None:
    ends = Speaks("mini.ends", speech="final-answer")

    def said(subject: Any) -> list[tuple[int, int]]:
        facts = scripted(cell_of("deepseek", play(TurnScript((LOOK, LOOK, LAST))), subject))
        return [(fact.held.calls, fact.held.texts) for fact in facts]

    assert said(ends) == [(1, 0), (1, 0), (1, 0)]
    assert said(Speaks("mini.speaks")) == [(1, 0), (1, 0), (0, 1)]


def around(*before: Any) -> list[tuple[Any, ...]]:
    """Say what is counted of the answers of turns around which something is done."""
    facts = scripted(cell_of("minimax-anthropic", play(*[TurnScript((LAST,), act) for act in before])))
    return [(fact.later, fact.handed, fact.switched, fact.abroad, fact.hands) for fact in facts]


def test_what_stands_behind_another_voice_is_counted_by_how_it_came_to_speak() -> None:
    none = (0, 0, 0, 0, False)

    assert around("", "", "") == [(2, 0, 0, 0, False), (1, 0, 0, 0, False), none]
    assert around("", "handoff") == [(0, 0, 0, 1, True), none]
    assert around("", "handoff", "hand-back")[0] == (1, 1, 0, 1, True)
    assert around("", "switch-model", "switch-back")[0] == (1, 0, 1, 1, False)


def test_who_speaks_in_the_turn_of_another_has_not_been_come_back_to() -> None:
    def switched(*starts: int) -> list[int]:
        turns = [TurnScript((LAST,)), TurnScript((LOOK, LAST), "switch-model"), TurnScript((LAST,), "switch-back")]
        case = recorded(play(*turns), *[exchange([HELLO], FINAL)] * 3, starts=starts, voices=(OWN, OTHER, OWN))
        return [fact.switched for fact in seen(case)]

    assert (switched(0, 1, 2), switched(0, 1), switched(0, 2)) == ([1, 0, 0], [0, 0, 0], [0, 0, 0])
