"""What is done with a conversation besides talking: saved, interrupted, handed over. What is lawful is not accused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from keepthinking._adapter import Run
from keepthinking_conformance.judge import calls_of, judge
from keepthinking_conformance.miniatures import CORRECT, Entry, Habits, Scaffold, Sent, Talk
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, misfit
from tests.conformance.judge.runs import cell_of, changed, checks, compared, of, played, the

pytestmark = pytest.mark.extras

DIALECTS = pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])
LIVES = (
    *("interrupt", "approval", "denial", "approval-resume", "compaction", "handoff", "model-switch", "sub-agent"),
    *("retry", "retry-cut", "malformed-arguments", "thought-only", "tool-error", "resume"),
)


def made(name: str, **habits: Callable[..., object]) -> Scaffold:
    return Scaffold(id=f"miniature.{name}", habits=Habits(**habits))  # type: ignore[arg-type]  # functions of habits


def found(provider: Provider, scaffold: Scaffold, profile: str, scenario: str, mode: str = "plain") -> CellResult:
    cell = cell_of(profile, scenario, scaffold, mode=mode)
    return compared(provider, cell)[cell.id]


@pytest.mark.parametrize("scenario", LIVES)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_correct_scaffold_is_accused_of_nothing_that_is_lawful(
    provider: Provider, profile: str, scenario: str
) -> None:
    row, served = SCENARIOS[scenario], PROVIDERS[profile]
    for mode in row.modes or ("plain", "stream"):
        if misfit(row, served):
            continue
        result = found(provider, CORRECT, profile, scenario, mode)

        assert (result.status, checks(result)) == ("pass", set())
        assert set(result.checks.values()) == {"pass"}


# -- interrupted -------------------------------------------------------------------------------------------------------


def keeps_what_came(talk: Talk) -> None:
    """Put what has come of an interrupted answer into the history, as if it were whole."""
    words = "".join(
        str(choice["delta"].get("reasoning_content") or "") for event in talk.line.heard for choice in event["choices"]
    )
    talk.history.append(Entry("answer", [{"role": "assistant", "content": "", "reasoning_content": words}], "deepseek"))


def shows_what_came(talk: Talk) -> None:
    """Put it there as what the model said."""
    keeps_what_came(talk)
    message = talk.history[-1].wire[0]
    message["content"] = message.pop("reasoning_content")


def test_a_thought_that_was_cut_off_is_not_sent_as_a_whole_one(provider: Provider) -> None:
    result = found(provider, made("keeps-what-came", stops=keeps_what_came), "deepseek", "interrupt", "stream")

    finding = the(result, "persist.unfinished.not-kept")
    assert (finding.level, finding.fate, finding.response) == ("MUST", "invented", 3)
    assert finding.requests == 3
    assert str(finding.said)[:30] in str(finding.sent)
    assert (result.status, checks(result)) == ("fail", {"persist.unfinished.not-kept"})


def test_nor_as_what_the_model_said(provider: Provider) -> None:
    result = found(provider, made("shows-what-came", stops=shows_what_came), "deepseek", "interrupt", "stream")

    assert the(result, "thinking.not-text").response == 3
    assert result.status == "fail"
    assert result.checks["persist.unfinished.not-kept"] == "pass"


def test_nor_is_one_that_broke_off_on_the_way_and_was_thought_again(provider: Provider) -> None:
    cell = cell_of("deepseek", "retry-cut", CORRECT, mode="stream")
    trace = played(provider, cell)
    cut = next(call for call in calls_of(cell, trace) if call.cut_thought is not None)
    body = json.loads(trace.exchanges[cut.number].request)
    thought = cut.messages[0].thinking
    body["messages"].insert(-1, {"role": "assistant", "content": "", "reasoning_content": thought})

    result = judge(cell, changed(trace, cut.number + 1, request=json.dumps(body).encode()))

    assert judge(cell, trace).checks["persist.unfinished.not-kept"] == "pass"
    assert the(result, "persist.unfinished.not-kept").response == cut.number
    assert result.checks["persist.unfinished.not-kept"] == "fail"


# -- saved while a call waits ------------------------------------------------------------------------------------------


def forgets_what_waits(history: list[Entry], talk: Talk) -> None:
    if history[-1].kind == "answer" and talk.wire.calls(history[-1].wire):
        history.pop()


@DIALECTS
def test_a_call_that_waits_is_still_there_after_loading(provider: Provider, profile: str) -> None:
    result = found(provider, made("forgets-what-waits", saves=forgets_what_waits), profile, "approval-resume")

    finding = the(result, "persist.open-call.kept")
    assert (finding.level, finding.fate, finding.response) == ("MUST", "dropped", 1)
    assert result.checks["persist.open-call.kept"] == "fail"
    assert result.status in {"fail", "error"}


@DIALECTS
def test_thinking_that_is_lost_while_a_call_waits_is_charged_to_saving(provider: Provider, profile: str) -> None:
    def forgets(history: list[Entry], talk: Talk) -> None:
        for entry in history:
            if entry.kind == "answer":
                talk.wire.forget(entry.wire)

    for scenario in ("approval-resume", "resume"):
        result = found(provider, made("forgets-when-saved", saves=forgets), profile, scenario)

        lost = {check for check, status in result.checks.items() if status in {"fail", "warn"}}
        assert lost & {"persist.thinking.kept", "persist.seal.kept"}
        assert "persist.open-call.kept" not in lost


# -- handed over -------------------------------------------------------------------------------------------------------


def forgets_after(kind: str) -> Callable[[Sent], None]:
    """Drop what was thought before another model spoke, once it has."""

    def sends(sent: Sent) -> None:
        by = [entry.by for entry in sent.history if entry.kind == "answer"]
        if len(set(by)) > 1 and sent.talk.endpoint == sent.talk.run.endpoint:
            last = max(i for i, name in enumerate(by) if name != by[0])
            for answer in sent.answers[:last]:
                sent.wire.forget(answer)

    sends.__doc__ = kind
    return sends


@DIALECTS
@pytest.mark.parametrize(
    ("scenario", "check"), [("handoff", "handoff.thinking.kept"), ("model-switch", "switch.thinking.kept")]
)
def test_ones_own_thinking_is_there_again_when_one_speaks_again(
    provider: Provider, profile: str, scenario: str, check: str
) -> None:
    result = found(provider, made("forgets-after", sends=forgets_after(scenario)), profile, scenario)

    assert check in checks(result)
    assert {finding.request for finding in of(result, check)} == {7}
    assert result.checks[check] in {"fail", "warn"}


def test_thinking_that_goes_with_every_turn_is_not_charged_to_the_handoff(provider: Provider) -> None:
    def forgets_turns(sent: Sent) -> None:
        for answer in sent.answers[: -1 if sent.history[-1].kind == "results" else None]:
            if sent.history[-1].kind == "user":
                sent.wire.forget(answer)

    result = found(provider, made("forgets-turns", sends=forgets_turns), "deepseek", "handoff")

    assert "thinking.kept.cross-turn" in checks(result)
    assert "handoff.thinking.kept" not in result.checks


def sends_all(sent: Sent) -> None:
    """Send another provider's seals, too."""
    history = [entry.wire for entry in sent.talk.history]
    for entry, wire in zip(sent.history[1:], history, strict=True):
        entry.wire = wire


@pytest.mark.parametrize("profile", ["google-gemini", "vertex-gemini"])
def test_what_another_agent_has_sealed_is_not_sent(provider: Provider, profile: str) -> None:
    handed = found(provider, made("sends-all", sends=sends_all), profile, "handoff")
    switched = found(provider, made("sends-all", sends=sends_all), profile, "model-switch")

    assert checks(handed) == {"foreign.not-sent", "handoff.foreign.not-sent"}
    assert checks(switched) == {"foreign.not-sent"}
    assert min(finding.request for finding in handed.findings) == 4
    assert {finding.level for finding in of(handed, "handoff.foreign.not-sent")} == {"MUST"}


def forgets(sent: Sent) -> None:
    for answer in sent.answers:
        sent.wire.forget(answer)


@pytest.mark.parametrize("profile", PROVIDERS)
def test_each_voice_is_held_to_its_own_rule(provider: Provider, profile: str) -> None:
    result = found(provider, made("forgets", sends=forgets), profile, "handoff")

    served = PROVIDERS[profile]
    rules = {finding.rule for finding in result.findings if finding.request in {5, 6}}
    assert rules <= {PROVIDERS[served.other].rule}
    assert {finding.rule for finding in result.findings if finding.request in {2, 3}} <= {served.rule}
    assert result.status in {"fail", "warn"}


# -- denied, trimmed ---------------------------------------------------------------------------------------------------


def test_a_tool_that_runs_though_the_user_said_no_is_an_error(provider: Provider) -> None:
    class Deaf(Talk):
        async def approve(self, *, allow: bool) -> str:
            del allow
            return await super().approve(allow=True)

    class Starts(Scaffold, frozen=True, kw_only=True):
        async def start(self, run: Run) -> Deaf:
            return Deaf(run, self.habits)

    result = found(provider, Starts(id="miniature.deaf"), "deepseek", "denial")

    assert result.status == "error"
    assert "`look_up` was called in turn 1, answer 1, which the user did not allow" in result.reason


def test_a_turn_that_ends_when_the_user_says_no_is_no_fault(provider: Provider) -> None:
    class Stops(Talk):
        async def approve(self, *, allow: bool) -> str:
            if allow:
                return await super().approve(allow=True)
            calls = self._waiting()
            told = [await self._told(call, allow=False) for call in calls]
            self.history.append(Entry("results", self.wire.results(told)))
            return "You did not want that."

    class Starts(Scaffold, frozen=True, kw_only=True):
        async def start(self, run: Run) -> Stops:
            return Stops(run, self.habits)

    result = found(provider, Starts(id="miniature.stops"), "deepseek", "denial")

    assert (result.status, checks(result)) == ("pass", set())


def test_half_a_turn_that_compaction_leaves_is_a_fault(provider: Provider) -> None:
    def halves(history: list[Entry]) -> list[Entry]:
        first = next(i for i, entry in enumerate(history) if entry.kind == "results")
        return history[first:]

    result = found(provider, made("halves", trims=halves), "anthropic", "compaction")

    assert "context.pairs.kept" in checks(result)
    assert result.status == "fail"
