"""What is said of a run: its status and the reason, what each check says, and what a finding shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge import broken, judge, unrun
from keepthinking_conformance.judge._checks import blank, said, unseen
from keepthinking_conformance.judge._expected import untold
from keepthinking_conformance.judge._judge import _found, _heard, _named, _status
from keepthinking_conformance.judge._refused import refused, told
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult, Incident
from keepthinking_conformance.scenarios import PROVIDERS, Call, Fault, StepScript, Think, TurnScript
from tests.conformance.judge.recorded import (
    AGAIN,
    HELLO,
    LAST,
    LOOK,
    Speaks,
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

BARE = Miniature("mini.bare", capabilities=frozenset())
THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
FIRST = answer(THOUGHT, None, call("c1"))
TOLD = result("c1", "It holds R-1.")
FINAL = answer("Now it is known.", "A lamp.")
LOST = answer("", None, call("c1"))
TURN = TurnScript((LOOK, LAST))
ASKS = exchange([HELLO], FIRST, tools=True)
KEEPS = exchange([HELLO, FIRST, TOLD], FINAL, tools=True)
LOSES = exchange([HELLO, LOST, TOLD], FINAL, tools=True)


def verdict(*exchanges: Any, turns: tuple[TurnScript, ...] = (TURN,), **more: Any) -> CellResult:
    cell = cell_of(
        more.pop("profile", "deepseek"), play(*turns, faults=more.pop("faults", ())), BARE, **more.pop("axes", {})
    )
    held = {"given": given_of(cell), "wanted": (wanted(),), "called": (wanted(),), **more}
    return judge(cell, trace_of(*exchanges, **held))


def finding(check: str = "text.kept", level: Any = "MUST", **more: Any) -> Finding:
    status: Any = "fail" if level == "MUST" else "warn"
    return Finding(**{"check": check, "status": status, "level": level, "fate": "dropped", "what": "So.", **more})


# -- what each check says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ([], "pass"),
        ([finding(level="MAY")], "pass"),
        ([finding(level="SHOULD")], "warn"),
        ([finding()], "fail"),
        ([finding(), finding(level="SHOULD")], "fail"),
        ([finding(level="SHOULD"), finding()], "fail"),
        ([finding(), finding(level="MAY")], "fail"),
    ],
)
def test_a_check_says_the_gravest_that_was_found(findings: list[Finding], status: str) -> None:
    assert said({}, {"text.kept": 1}, findings) == {"text.kept": status}


def test_a_check_that_saw_nothing_passes_nothing() -> None:
    seen, both = {"text.kept": 2}, {"text.kept": 1, "call.kept": 1}

    assert said(both, seen, []) == {"text.kept": "pass", "call.kept": "harness-error"}
    assert said(both, seen, [], {"text.kept", "call.kept"}) == {}
    assert said(both, seen, [finding()], {"text.kept"})["text.kept"] == "fail"
    assert list(said({}, {"call.kept": 1, "text.kept": 1, "order.turns": 0}, [])) == ["text.kept", "call.kept"]
    assert unseen(said(both, seen, [])) == ("call.kept",)


OF_THINKING = {
    *("thinking.unaltered", "thinking.place", "thinking.own", "stream.thinking.whole", "stream.thinking.once"),
}
OF_SEALS = {"seal.kept", "seal.unaltered", "seal.on-its-block", "stream.seal.kept", "persist.seal.kept"}


def test_where_no_thinking_came_back_nobody_says_how_it_came_back() -> None:
    bare = recorded("loop", ASKS, LOSES)
    sealed = b"""{"contents": [{"role": "model", "parts": [{"functionCall": {"name": "look_up", "args": {}},
        "thoughtSignature": "U0VBTA=="}]}]}"""

    assert blank(bare) == OF_THINKING | OF_SEALS
    assert blank(recorded("loop", ASKS, KEEPS)) == frozenset()
    assert blank(recorded("loop", exchange([], request=sealed), profile="google-gemini")) == OF_THINKING
    nothing = {*CHECKS} - {"context.turn.kept.in-loop", "context.turn.kept.cross-turn", "result.delivered"}
    assert blank(recorded("loop", exchange([], request=b"["), ASKS)) == nothing


def test_what_a_language_does_not_show_is_told_with_its_reason() -> None:
    def silent(turn: TurnScript, **more: Any) -> set[str]:
        cell = Cell(Speaks("mini.speaks", **more), PROVIDERS["deepseek"], play(turn))
        found = untold(cell)
        assert all(found[check] == cell.grammar.untold[check] for check in found)
        return set(found)

    broken_ = StepScript((Think(), Call(tool="look_up", outcome="malformed")))
    shown = {
        *("thinking.kept.in-loop", "context.pairs.kept", "order.results", "call.kept", "call.unaltered", "tools.kept"),
        *("arguments.equal", "arguments.verbatim", "ids.paired", "ids.verbatim", "call.name.unaltered"),
    }
    assert silent(TURN) == set()
    assert silent(TURN, speech="react") == silent(TurnScript((broken_, LAST)), speech="react") == shown


def test_what_a_language_does_not_show_is_told_of_a_run_that_was_judged_alone() -> None:
    asks: Any = {"role": "system", "content": "You may call look_up."}
    does = answer(THOUGHT, 'Action: look_up\nAction Input: {"key": "key-1"}')
    hears: Any = {"role": "user", "content": "Observation: It holds R-1."}
    cell = Cell(Speaks("mini.x", capabilities=frozenset(), speech="react"), PROVIDERS["deepseek"], play(TURN))

    def found(**more: Any) -> CellResult:
        exchanges = [exchange([asks, HELLO], does), exchange([asks, HELLO, does, hears], FINAL)]
        held = {"given": given_of(cell), "wanted": (wanted(),), "called": (wanted(),), **more}
        return judge(cell, trace_of(*exchanges, **held))

    good = found()
    assert (good.status, good.reason) == ("pass", "")
    assert good.untold == untold(cell) != {}
    assert {check for check, status in good.checks.items() if status == "unsupported"} == set(good.untold)
    assert found(problems=("it fell",)).untold == {}


# -- what is said of a run ---------------------------------------------------------------------------------------------


def test_a_cell_that_is_not_run_says_why() -> None:
    cell = Cell(BARE, PROVIDERS["deepseek"], play(TURN))._replace(skip="absent", reason="not installed")

    absent, unsupported = unrun(cell), unrun(cell._replace(skip="unsupported"))

    assert (absent.status, absent.reason, absent.checks) == ("absent", "not installed", {})
    assert (unsupported.status, unsupported.reason) == ("unsupported", "not installed")
    assert set(unsupported.checks.values()) == {"unsupported"}


def test_a_result_names_the_axes_of_its_cell() -> None:
    cell = cell_of("deepseek", "loop", mode="stream", temper="strict", name="neutral")

    assert [getattr(broken(cell, ""), name) for name in ("mode", "temper", "name")] == ["stream", "strict", "neutral"]


def test_a_run_in_which_all_came_back_passes() -> None:
    good = verdict(ASKS, KEEPS)

    assert (good.status, good.reason, good.incident, good.findings) == ("pass", "", UNSET, ())
    assert (good.requests, good.held, good.untold) == (2, {"thinking": 1, "seals": 0, "calls": 1, "texts": 0}, {})
    assert set(good.checks.values()) == {"pass"}
    assert {"thinking.kept.in-loop", "result.delivered"} < set(good.checks)


def test_what_was_held_is_counted_by_kind_and_without_what_the_user_interrupted() -> None:
    full = exchange([HELLO], answer(THOUGHT, "Well.", call("c1")), tools=True)

    assert verdict(full, KEEPS).held == {"thinking": 1, "seals": 0, "calls": 1, "texts": 1}
    assert verdict(full, KEEPS, held=(1,)).held == {"thinking": 0, "seals": 0, "calls": 0, "texts": 0}


def test_a_run_in_which_thinking_is_gone_fails_and_shows_where() -> None:
    lost = verdict(ASKS, LOSES, memories=("It thought nothing.",))

    (one,) = lost.findings
    assert (lost.status, lost.reason, lost.checks["thinking.kept.in-loop"]) == ("fail", "", "fail")
    assert (one.check, one.lost_in, one.said) == ("thinking.kept.in-loop", "framework", f'"{THOUGHT}"')
    assert isinstance(one.sent, str)
    assert one.fix.startswith("Put `reasoning_content` of each answer into the history")


def incident(culprit: Any = "scaffold", where: str = "turn 1") -> Incident:
    return Incident(kind="RuntimeError", message="no more", where=where, culprit=culprit)


@pytest.mark.parametrize(
    ("exchanges", "ended", "status", "reason"),
    [
        ((ASKS, KEEPS), incident(), "error", "turn 1: RuntimeError: no more"),
        ((ASKS, KEEPS), incident("harness"), "harness-error", "turn 1: RuntimeError: no more"),
        ((), incident(), "error", "turn 1: RuntimeError: no more; nothing reached the provider"),
        ((), incident(where="start"), "error", "start: RuntimeError: no more"),
    ],
)
def test_an_incident_ends_a_run_without_a_verdict(
    exchanges: tuple[Any, ...], ended: Incident, status: str, reason: str
) -> None:
    found = verdict(*exchanges, incident=ended)

    assert (found.status, found.reason, found.incident, found.checks) == (status, reason, ended, {})


@pytest.mark.parametrize(
    ("exchanges", "more", "status", "reason"),
    [
        ((ASKS, KEEPS), {"called": ()}, "error", "tools: other call: `look_up` was never called"),
        ((ASKS,), {"called": (), "scripted": (2,)}, "harness-error", "1 model calls in turn 1, where 2"),
        ((ASKS, replace(KEEPS, request=KEEPS.request.replace(b"v4-pro", b"v3"))), {}, "error", "request 2: other requ"),
        ((ASKS, *[KEEPS] * 22), {}, "error", "requests: too many requests: 23 requests were made, one of them 22 time"),
        ((ASKS, *[KEEPS] * 21), {"scripted": (2,)}, "harness-error", "22 model calls in turn 1, where 2"),
        ((ASKS, *[KEEPS] * 22), {"problems": ("it fell",)}, "harness-error", "the provider: it fell"),
        ((replace(ASKS, delivered=False), KEEPS), {}, "harness-error", "answer 1 was not read to its end"),
        ((ASKS, replace(KEEPS, delivered=False)), {}, "pass", ""),
        ((exchange([HELLO], LOST, tools=True), LOSES), {}, "harness-error", "no thinking had to come back"),
    ],
)
def test_what_is_not_the_scripts_conversation_has_no_verdict(
    exchanges: tuple[Any, ...], more: dict[str, Any], status: str, reason: str
) -> None:
    found = verdict(*exchanges, **more)

    assert (found.status, found.reason[: len(reason)]) == (status, reason)
    assert (found.incident is not UNSET) is (status == "error")
    assert (found.checks != {}) is (status == "pass")


def test_of_an_incident_everything_is_told() -> None:
    (kind, message, where, culprit) = (
        getattr(verdict(ASKS, *[KEEPS] * 22).incident, name) for name in ("kind", "message", "where", "culprit")
    )

    assert (kind, where, culprit) == ("too many requests", "requests", "scaffold")
    assert message.endswith(", where 2 were scripted and 22 are answered")
    each = [exchange([HELLO, AGAIN, {"role": "user", "content": str(n)}], FINAL, tools=True) for n in range(23)]
    for exchanges, said_ in (
        (each, "23 requests were made, where"),
        ([*each, each[0]], "24 requests were made, one of them 2 "),
    ):
        told = verdict(*exchanges).incident
        assert told is not UNSET
        assert told.message.startswith(said_)


def test_an_answer_that_broke_off_by_the_script_is_no_fault_of_ours() -> None:
    cut = exchange([HELLO], answer(THOUGHT), tools=True, delivered=False)

    by_fault = verdict(cut, ASKS, KEEPS, faults=(Fault(kind="cut"),), scripted=(2,))
    by_user = verdict(
        *(ASKS, exchange([HELLO, FIRST, TOLD], answer("Now it is"), tools=True, delivered=False)),
        exchange([HELLO, FIRST, TOLD, AGAIN], FINAL, tools=True),
        turns=(TurnScript((LOOK, LAST), interrupted=True), TurnScript((LAST,))),
        held=(2,),
        starts=(0, 2),
        scripted=(2, 1),
    )

    assert (by_fault.status, by_fault.reason) == (by_user.status, by_user.reason) == ("pass", "")


def test_a_refusal_fails_where_something_was_found_and_is_our_own_fault_where_nothing_was() -> None:
    refused: dict[str, Any] = {"status": 400, "tools": True, "response": b'{"error": {"message": "Pass it back."}}'}

    def strict(history: list[Any]) -> CellResult:
        return verdict(ASKS, exchange(history, **refused), axes={"temper": "strict"})

    found, nothing = strict([HELLO, LOST, TOLD]), strict([HELLO, FIRST, TOLD])
    assert (found.status, found.reason) == ("fail", "request 2 was refused with HTTP 400: Pass it back.")
    assert found.checks == {"thinking.kept.in-loop": "fail"}
    assert (nothing.status, nothing.checks) == ("harness-error", {})
    assert nothing.reason == f"{found.reason}; the judge finds nothing wrong with it"
    assert verdict(ASKS, exchange([HELLO], **refused), problems=("it fell",)).reason == "the provider: it fell"


ASKED = {"role": "user", "content": "What does box 4 hold?"}
THINKS = {"type": "thinking", "thinking": THOUGHT, "signature": "c2VhbA=="}
CALLS = {"type": "tool_use", "id": "a", "name": "look_up", "input": {}}


def form(*history: Any, profile: str = "anthropic", **more: Any) -> list[tuple[Any, ...]]:
    """Say what is found of the form of a request that was refused."""
    body = {"model": PROVIDERS[profile].model, "messages": [ASKED, *history], **more.pop("body", {})}
    asked = replace(exchange([], path="/v1/messages", status=400, response=b"{}"), request=json.dumps(body).encode())
    case = recorded("loop", replace(asked, **more), profile=profile, axes={"temper": "strict"})
    refusal = refused(case)
    assert refusal is not None
    return [(one.check, one.fate, one.level, one.path, one.what, one.rule) for one in told(case, refusal)]


def test_what_is_refused_for_its_form_alone_says_which_and_where() -> None:
    thought, called = ({"role": "assistant", "content": [block]} for block in (THINKS, CALLS))
    rule = "anthropic.claude-kept.messages"
    at, ends = "$.messages[1].content[0]", "the history ends in a thought, which is refused here"
    open_ = "a call has no result, which this provider refuses"

    assert form(thought) == [("failed-turn.survived", "misplaced", "MUST", at, ends, rule)]
    assert form(called, ASKED) == [("context.pairs.kept", "dropped", "MUST", at, open_, rule)]
    assert form(thought, ASKED) == form() == []
    assert form(thought, request=b"{") == []


def test_a_refusal_by_a_provider_without_a_rule_is_about_no_form() -> None:
    case = recorded("loop", exchange([HELLO], status=400, response=b"{}"), axes={"temper": "strict"})
    refusal = refused(case)
    assert refusal is not None
    case._rules[1] = None  # each provider that is played has one

    assert told(case, refusal) == ()


def test_the_form_of_a_refused_request_is_named_where_nothing_else_was_found_of_it() -> None:
    def said(*answered: Any) -> tuple[str, dict[str, Any]]:
        asks = {"model": PROVIDERS["anthropic"].model, "tools": [{"name": "look_up", "input_schema": {}}]}
        message = {"id": "m", "type": "message", "role": "assistant", "content": answered, "stop_reason": "end_turn"}
        first, second = (
            json.dumps({**asks, "messages": [ASKED, *history]}).encode()
            for history in ([], [{"role": "assistant", "content": [THINKS]}])
        )
        exchanges = (
            exchange([], path="/v1/messages", request=first, response=json.dumps(message).encode()),
            exchange([], path="/v1/messages", request=second, response=b"{}", status=400),
        )
        found = verdict(*exchanges, profile="anthropic", axes={"temper": "strict"})
        return found.status, found.checks

    assert said(THINKS) == ("fail", {"failed-turn.survived": "fail"})
    assert said(THINKS, CALLS) == ("fail", {"call.kept": "fail", "result.delivered": "fail"})


def test_a_form_that_no_check_is_about_is_nobodys() -> None:
    twice = {"role": "assistant", "content": [CALLS, CALLS]}

    assert form(twice, profile="deepseek-anthropic") == []


def test_what_the_script_shows_and_the_run_does_not_is_no_pass() -> None:
    two = TurnScript((StepScript((Think(), Call(tool="look_up"), Call(tool="look_up"))), LAST))

    found = verdict(ASKS, KEEPS, turns=(two,))

    assert (found.status, found.reason) == ("harness-error", "the run gave no occasion for `parallel.together`")
    assert found.checks["parallel.together"] == "harness-error"


def test_a_turn_that_the_user_or_the_scaffold_ended_early_owes_no_more() -> None:
    denied = TurnScript((LOOK, LAST), approval="deny")
    broke = TurnScript((StepScript((Think(), Call(tool="look_up", outcome="malformed"))), LAST))
    asked = exchange([HELLO], answer(THOUGHT, None, call("c1", arguments='{"key": ')), tools=True)
    again = exchange([HELLO, FIRST, result("c1", "Denied."), AGAIN], FINAL, tools=True)

    gave_up = verdict(
        *(ASKS, again),
        turns=(denied, TurnScript((LAST,))),
        wanted=(),
        called=(),
        denied=(wanted(),),
        starts=(0, 1),
        scripted=(2, 1),
    )
    stopped = verdict(asked, turns=(broke,), scripted=(2,), wanted=(wanted(),), called=())

    assert (gave_up.status, gave_up.reason) == ("pass", "")
    assert (stopped.status, stopped.reason) == ("warn", "")
    assert [one.check for one in stopped.findings] == ["malformed-call.answered"]


def test_what_proves_nothing_is_no_pass() -> None:
    assert _status([], {"preserved": 1}) == "pass"
    assert _status([], {"legally-dropped": 1}) == _status([], {}) == "not-wanted"
    assert _status([finding()], {}) == "fail"


def test_what_we_did_ourselves_is_no_finding() -> None:
    def heard(*retried: int) -> list[str]:
        case = recorded(play(TURN, TURN), ASKS, KEEPS, starts=(0, 1), retried=retried)
        found = (finding("inject.boundary", request=2), finding("text.kept", request=2))
        vars(case)["report"] = replace(case.report, findings=found)
        return [one.check for one in _heard(case)]

    assert heard() == ["inject.boundary", "text.kept"]
    assert heard(1) == ["text.kept"]


def test_a_finding_beside_the_conversation_has_the_name_of_what_stands_beside_it() -> None:
    case = recorded("loop", ASKS)

    assert [_named(case, finding(scope=scope)).scope for scope in ("made", "made/helper", "")] == ["", "helper", ""]


def test_a_finding_of_no_request_of_the_script_speaks_of_the_cells_own_provider() -> None:
    case = recorded("loop", ASKS, subject=FAITHFUL)

    assert [_found(case, finding("thinking.place", request=n)).fix.partition(":")[2] for n in (0, 1)] == [
        " `reasoning_content`."
    ] * 2
