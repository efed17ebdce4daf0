"""What two runs tell together: which findings are named by which cause, whatever made them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking_conformance.judge import Outcome, broken, twins, with_twins
from keepthinking_conformance.judge._causes import (
    CAUSES,
    _broke,
    _handed,
    _loaded,
    _of_failure,
    _of_loading,
    _of_return,
    _plain,
    _switched,
)
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Found
from keepthinking_conformance.run import Voice
from keepthinking_conformance.scenarios import Call, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import HELLO, LAST, LOOK, answer, call, exchange, play, recorded, trace_of, wanted
from tests.conformance.judge.runs import cell_of

pytestmark = pytest.mark.extras

OWN = Voice("", "deepseek", "deepseek-v4-pro")
OTHER = Voice("other", "openrouter", "anthropic/claude-sonnet-4.5")
FIRST = answer("Box 4 stands there.", None, call("c1"))


def finding(check: str = "thinking.kept.in-loop", level: Any = "MUST", **more: Any) -> Found:
    status: Any = "fail" if level == "MUST" else "warn"
    held: dict[str, Any] = {"fate": "dropped", "request": 2, "response": 1, "rule": "r", "source": "s", **more}
    return Found(check=check, status=status, level=level, what="It is so.", verified="2026-11-24", **held)


# -- which findings may come of a cause --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "response", "is_about"),
    [(2, 1, False), (3, 1, True), (3, 2, True), (4, 3, False), (2, UNSET, False), (3, UNSET, True)],
)
def test_a_load_may_lose_what_was_said_before_it_and_is_missed_behind_it(
    request_: int, response: Any, *, is_about: bool
) -> None:
    cell, trace = cell_of("deepseek", "resume"), trace_of(loads=(2,))

    assert _of_loading(cell, trace, finding(request=request_, response=response)) is is_about
    assert not _of_loading(cell, trace, finding(request=request_, response=response, scope="helper"))
    assert not _of_loading(cell, trace_of(), finding(request=request_, response=response))


@pytest.mark.parametrize(
    ("voices", "is_about"),
    [([OWN, OTHER, OWN], True), ([OWN, OWN, OWN], False), ([OTHER, OTHER, OWN], False), ([OWN, OTHER, OTHER], False)],
)
def test_a_voice_may_lose_what_it_said_where_another_spoke_between(voices: list[Voice], *, is_about: bool) -> None:
    cell, trace = cell_of("deepseek", "model-switch"), trace_of(voices=tuple(voices))

    assert _of_return(cell, trace, finding(request=3, response=1)) is is_about
    assert not _of_return(cell, trace, finding(request=3, response=1, scope="helper"))
    assert not _of_return(cell, trace, finding(request=0, response=UNSET))


def test_a_failure_may_lose_what_was_said_with_it_and_later_in_its_turn() -> None:
    failing = StepScript((Think(), Call(tool="look_up", outcome="error")))
    scenario = play(TurnScript((LOOK, failing, LOOK, LAST)), TurnScript((LAST,)))
    keys = ["key-1", "key-2", "key-3"]
    exchanges = [exchange([HELLO], answer("So.", None, call("c1", key))) for key in keys]
    last = [exchange([HELLO], answer("So.", "A lamp."))] * 2
    more: dict[str, Any] = {"starts": (0, 4), "wanted": tuple(wanted(0, n, key) for n, key in enumerate(keys))}
    case = recorded(scenario, *exchanges, *last, **more)

    found = [_of_failure(case.cell, case.trace, finding(response=number)) for number in (1, 2, 3, 4, 5, 6)]

    assert found == [False, True, True, True, False, False]
    assert not _of_failure(case.cell, case.trace, finding(response=2, scope="helper"))
    assert not _of_failure(case.cell, case.trace, finding(response=UNSET))


# -- how they are named ------------------------------------------------------------------------------------------------


def outcome(cell: Cell, *findings: Found, status: Any = "fail", **more: Any) -> Outcome:
    checks = {found.check: found.status for found in findings}
    result: CellResult = replace(broken(cell, ""), status=status, findings=findings, checks={**checks, **more})
    return Outcome(cell, result, trace_of(exchange([HELLO], FIRST), exchange([HELLO], FIRST)))


def named(mine: Outcome, *others: Outcome) -> CellResult:
    return with_twins({one.cell.id: one for one in (mine, *others)})[mine.cell.id].result


STREAMED = cell_of("deepseek", "loop", mode="stream")
PLAIN = cell_of("deepseek", "loop")
NEUTRAL = cell_of("deepseek", "loop", name="neutral")


@pytest.mark.parametrize(
    ("check", "cause"),
    [
        ("thinking.kept.in-loop", "stream.thinking.kept"),
        ("thinking.kept.cross-turn", "stream.thinking.kept"),
        ("redacted.kept", "stream.thinking.kept"),
        ("thinking.empty.kept", "stream.thinking.kept"),
        ("seal.kept", "stream.seal.kept"),
        ("text.kept", "stream.answer.kept"),
        ("call.kept", "stream.answer.kept"),
    ],
)
def test_what_streaming_alone_loses_is_named_by_it(check: str, cause: str) -> None:
    lost = outcome(STREAMED, finding(check))

    assert [found.check for found in named(lost, outcome(PLAIN, status="pass")).findings] == [check, cause]
    assert [found.check for found in named(lost, outcome(PLAIN, finding(check))).findings] == [check]
    assert [found.check for found in named(lost, outcome(PLAIN, finding("order.blocks"))).findings] == [check, cause]


def without(one: Outcome, answers: int) -> Outcome:
    """Give a run with so many thoughts gone with their whole answers; elsewhere some are as they were."""
    return one._replace(result=replace(one.result, fates={"preserved": 9, "removed-with-turn": answers}))


@pytest.mark.parametrize(("here", "plain", "is_named"), [(0, 1, False), (1, 2, False), (1, 1, True), (2, 1, True)])
def test_a_twin_from_which_more_whole_answers_are_gone_does_not_show_what_streaming_loses(
    here: int, plain: int, *, is_named: bool
) -> None:
    lost = without(outcome(STREAMED, finding("call.kept"), **{"stream.answer.kept": "pass"}), here)

    found = named(lost, without(outcome(PLAIN, status="pass"), plain))

    assert [one.check for one in found.findings] == ["call.kept", *["stream.answer.kept"] * is_named]
    assert ("stream.answer.kept" in found.checks) is is_named


def test_a_twin_in_another_scenario_has_more_answers_to_lose() -> None:
    lost = outcome(cell_of("deepseek", "resume"), finding(request=3))
    lost = lost._replace(trace=trace_of(*[exchange([HELLO], FIRST)] * 3, loads=(2,)))
    calm = without(outcome(cell_of("deepseek", "second-turn"), status="pass"), 1)

    assert [one.check for one in named(lost, calm).findings] == ["thinking.kept.in-loop", "persist.thinking.kept"]


def test_a_twin_that_could_not_be_judged_clears_nobody() -> None:
    lost = outcome(STREAMED, finding(), **{"stream.thinking.kept": "pass"})

    for status in ("error", "harness-error"):
        found = named(lost, outcome(PLAIN, status=status))
        assert [one.check for one in found.findings] == ["thinking.kept.in-loop"]
        assert found.checks == {"thinking.kept.in-loop": "fail"}
    assert named(lost).checks == {"thinking.kept.in-loop": "fail"}


def test_a_run_that_could_not_be_judged_is_left_as_it_is() -> None:
    lost = outcome(STREAMED, finding(), status="error")
    unrun = lost._replace(trace=None)

    assert named(lost, outcome(PLAIN, status="pass")) == lost.result
    assert named(unrun, outcome(PLAIN, status="pass")) == unrun.result


def test_what_is_there_in_another_way_is_not_lost() -> None:
    changed = outcome(STREAMED, finding(fate="altered"))

    assert [found.check for found in named(changed, outcome(PLAIN, status="pass")).findings] == [
        changed.result.findings[0].check
    ]


def test_a_note_says_nothing_of_a_cause() -> None:
    noted = outcome(STREAMED, finding(level="MAY"), status="pass", **{"stream.thinking.kept": "pass"})

    found = named(noted, outcome(PLAIN, status="pass"))

    assert found.checks["stream.thinking.kept"] == "pass"
    assert found.status == "pass"


def test_a_gate_is_a_recommendation_and_shut_where_another_name_opens_it() -> None:
    lost, kept = outcome(PLAIN, finding()), outcome(NEUTRAL, status="pass")
    behind = named(replace_cell(lost, NEUTRAL), replace_cell(kept, PLAIN))
    usual = named(lost, kept)

    for found in (behind, usual):
        assert [(one.check, one.level) for one in found.findings][1:] == [("gate.not-by-name", "SHOULD")]
        assert found.checks["gate.not-by-name"] == "warn"
        assert found.status == "fail"
    assert named(outcome(PLAIN, status="pass"), kept).checks == {"gate.not-by-name": "pass"}
    assert named(outcome(PLAIN, status="pass")).checks == {}
    assert (
        named(outcome(PLAIN, status="pass"), replace_cell(kept, cell_of("kimi", "loop", name="neutral"))).checks == {}
    )


def replace_cell(one: Outcome, cell: Cell) -> Outcome:
    return one._replace(cell=cell, result=replace(one.result, id=cell.id))


@pytest.mark.parametrize(
    ("scenario", "cause", "is_law"),
    [
        ("resume", "persist.thinking.kept", True),
        ("handoff", "handoff.thinking.kept", True),
        ("model-switch", "switch.thinking.kept", False),
    ],
)
def test_a_whole_turn_that_a_store_or_a_handoff_loses_is_a_fault_by_the_law_itself(
    scenario: str, cause: str, *, is_law: bool
) -> None:
    cell, calm = cell_of("deepseek", scenario), cell_of("deepseek", "second-turn")
    check = "context.turn.kept.cross-turn"
    lost = outcome(cell, finding(check, "MAY", request=3, fate="removed-with-turn"))
    exchanges = [exchange([HELLO], FIRST)] * 3
    lost = lost._replace(trace=trace_of(*exchanges, loads=(2,), voices=(OWN, OTHER, OWN)))

    found = named(lost, outcome(calm, status="pass")).findings[1]

    assert found.check == cause
    assert (found.level, found.status) == (("MUST", "fail") if is_law else ("MAY", "warn"))
    held = (UNSET, UNSET, UNSET) if is_law else ("r", "s", "2026-11-24")
    assert (found.rule, found.source, found.verified) == held
    thought = lost._replace(result=replace(lost.result, findings=(finding(request=3, level="SHOULD"),)))
    assert named(thought, outcome(calm, status="pass")).findings[1].rule == "r"


def test_each_loss_is_named_by_its_cause() -> None:
    losses = {"thinking.kept.in-loop", "thinking.kept.cross-turn", "redacted.kept", "thinking.empty.kept", "seal.kept"}

    assert all(losses <= {*cause.checks} for cause in CAUSES)


def test_a_twin_is_a_cell_in_which_the_event_does_not_happen() -> None:
    assert _plain(PLAIN) is None
    assert _switched(PLAIN) is None
    assert _plain(STREAMED) == PLAIN
    assert _plain(cell_of("deepseek", "interrupt", mode="stream")) is None


@pytest.mark.parametrize(
    ("modes", "turn", "has_twin"),
    [
        ((), TurnScript((LAST,)), True),
        (("plain", "stream"), TurnScript((LAST,)), True),
        (("stream",), TurnScript((LAST,)), False),
        ((), TurnScript((LAST,), interrupted=True), False),
    ],
)
def test_a_streamed_run_has_a_plain_twin_where_it_can_be_played_whole(
    modes: Any, turn: TurnScript, *, has_twin: bool
) -> None:
    cell = cell_of("deepseek", play(turn, modes=frozenset(modes)), mode="stream")

    assert (_plain(cell) == cell._replace(mode="plain")) is has_twin
    assert (_plain(cell) is None) is not has_twin


def test_the_twin_of_an_event_is_the_conversation_in_which_nothing_happens() -> None:
    failing = StepScript((Think(), Call(tool="look_up", outcome="error")))
    waits = TurnScript((LOOK, LAST), approval="allow", reopened=True)
    denies = TurnScript((LOOK, LAST), approval="deny")

    def has(twin: Any, *turns: TurnScript) -> bool:
        cell = cell_of("deepseek", play(*turns))
        found = twin(cell)
        assert found is None or found == cell_of("deepseek", "second-turn")
        return found is not None

    plain = TurnScript((LOOK, LAST))
    assert [has(_loaded, turn) for turn in (plain, waits, TurnScript((LAST,), "resume"))] == [False, True, True]
    assert [has(_handed, plain, turn) for turn in (plain, TurnScript((LAST,), "handoff"))] == [False, True]
    assert [has(_switched, plain, turn) for turn in (plain, TurnScript((LAST,), "switch-model"))] == [False, True]
    assert [has(_broke, turn) for turn in (plain, denies, TurnScript((failing, LAST)))] == [False, True, True]


def test_the_other_may_have_spoken_first() -> None:
    cell = cell_of("deepseek", "model-switch")

    assert _of_return(cell, trace_of(voices=(OTHER, OWN)), finding(request=2, response=UNSET))


def test_twins_are_asked_for_once_where_they_are_not_there_already() -> None:
    assert twins([STREAMED]) == twins([STREAMED, cell_of("deepseek", "loop", mode="stream")]) == (PLAIN,)
    assert twins([STREAMED, PLAIN]) == twins([PLAIN]) == twins([STREAMED._replace(skip="absent")]) == ()


_LOSSES = ("thinking.kept.in-loop", "thinking.kept.cross-turn", "redacted.kept", "thinking.empty.kept")
_WHOLE = ("context.turn.kept.in-loop", "context.turn.kept.cross-turn")


@pytest.mark.parametrize(
    ("cause", "losses"),
    [
        ("persist.thinking.kept", {*_LOSSES, *_WHOLE}),
        ("persist.seal.kept", {"seal.kept"}),
        ("handoff.thinking.kept", {*_LOSSES, "seal.kept", *_WHOLE}),
        ("switch.thinking.kept", {*_LOSSES, "seal.kept", *_WHOLE}),
        ("failed-turn.thinking.kept", {*_LOSSES, "seal.kept"}),
        ("gate.not-by-name", {*_LOSSES, "seal.kept"}),
    ],
)
def test_a_cause_may_lose_thinking_seals_and_whole_answers(cause: str, losses: set[str]) -> None:
    assert {loss for one in CAUSES for loss, check in one.checks.items() if check == cause} == losses


def test_only_what_may_come_of_a_cause_is_named_by_it() -> None:
    kept = outcome(PLAIN, status="pass")

    for other in (finding("order.blocks"), finding(scope="helper")):
        assert named(outcome(STREAMED, other), kept).findings == (other,)
    assert named(outcome(STREAMED, finding())._replace(trace=None), kept).findings == (finding(),)


def test_what_is_named_a_second_time_says_what_to_do_about_its_cause() -> None:
    first, second = named(outcome(STREAMED, finding()), outcome(PLAIN, status="pass")).findings

    assert (first.fix, second.fix.partition(" from ")[2]) == ("", "the pieces of the stream, as from a whole answer.")


def test_a_run_of_which_nothing_is_named_keeps_its_status() -> None:
    assert named(outcome(STREAMED, status="not-wanted"), outcome(PLAIN, status="pass")).status == "not-wanted"


def test_a_run_fails_whose_turn_a_store_lost_which_the_rule_lets_go() -> None:
    noted = finding("context.turn.kept.cross-turn", "MAY", request=3, fate="removed-with-turn")
    passed = outcome(cell_of("deepseek", "resume"), noted, status="pass")
    passed = passed._replace(trace=trace_of(*[exchange([HELLO], FIRST)] * 3, loads=(2,)))

    found = named(passed, outcome(cell_of("deepseek", "second-turn"), status="pass"))

    assert (found.status, found.checks["persist.thinking.kept"]) == ("fail", "fail")


def test_what_cannot_be_told_of_one_check_says_nothing_of_another() -> None:
    lost = outcome(STREAMED, finding(), **{"stream.thinking.kept": "pass", "stream.answer.kept": "pass"})

    assert named(lost).checks == {"thinking.kept.in-loop": "fail", "stream.answer.kept": "pass"}


def test_what_a_switch_loses_is_a_recommendation() -> None:
    lost = outcome(cell_of("deepseek", "model-switch"), finding(request=3))
    lost = lost._replace(trace=trace_of(*[exchange([HELLO], FIRST)] * 3, voices=(OWN, OTHER, OWN)))

    found = named(lost, outcome(cell_of("deepseek", "second-turn"), status="pass")).findings[1]

    assert (found.check, found.level, found.status) == ("switch.thinking.kept", "SHOULD", "warn")
