"""The acts of a run: each is shown to have happened, at its time, and whatever a session does in one, it is closed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Endpoint, Thinking
from keepthinking._adapter import POWERS, Capability, Run, Session
from keepthinking_conformance.miniatures import CORRECT, Talk
from keepthinking_conformance.perturbations import perturbed
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.run import Act, Trace, run_cell
from keepthinking_conformance.run._said import answer_of
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Fault, Scenario
from tests.conformance import subjects
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras

WIRES = ["deepseek", "openai", "anthropic", "google-gemini"]
"""One provider of each dialect."""

ALL = pytest.mark.parametrize("profile", WIRES)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


class Logged(Talk):
    """A correct session that writes down what it is asked for."""

    log: list[str]
    runs: list[Run]

    async def turn(self, text: str) -> str:
        self.log.append("turn")
        shown = await super().turn(text)
        self.log.append("shown" if shown else "silent")
        return shown

    async def approve(self, *, allow: bool) -> str:
        self.log.append("allow" if allow else "deny")
        return await super().approve(allow=allow)

    async def interrupt(self) -> None:
        self.log.append("interrupt")
        await super().interrupt()

    async def save(self) -> bytes:
        self.log.append("save")
        return await super().save()

    async def load(self, saved: bytes) -> None:
        self.log.append("load")
        await super().load(saved)

    async def compact(self) -> None:
        self.log.append("compact")
        await super().compact()

    async def switch_model(self, endpoint: Endpoint) -> None:
        self.log.append(f"switch {endpoint.model}")
        await super().switch_model(endpoint)

    async def handoff(self, to: str, text: str) -> str:
        self.log.append(f"handoff {to}")
        return await super().handoff(to, text)

    async def close(self) -> None:
        self.log.append("close")
        await super().close()


ABLE = CORRECT.capabilities - {"memory"}


class Watched:
    """The correct scaffold, watched; a session may be made otherwise."""

    id = "watched"
    framework = "watched"
    variant = "kept"
    dialects = CORRECT.dialects
    profiles: frozenset[str] = frozenset()
    requires = ()

    def __init__(self, make: type[Logged] = Logged, capabilities: frozenset[Capability] = ABLE) -> None:
        self.make = make
        self.capabilities = capabilities
        self.log: list[str] = []
        self.runs: list[Run] = []

    async def start(self, run: Run) -> Session:
        self.log.append("start")
        self.runs.append(run)
        session = self.make(run, CORRECT.habits)
        session.log, session.runs = self.log, self.runs
        return session


def cell_of(subject: Any, scenario: str | Scenario, profile: str = "deepseek", mode: Any = "plain") -> Cell:
    """Make a run of a scenario; a text with a dot is a perturbation."""
    change = scenario if isinstance(scenario, str) and "." in scenario else ""
    row = scenario if isinstance(scenario, Scenario) else perturbed(change) if change else SCENARIOS[scenario]
    (cell,) = plan([subject], providers=[profile], scenarios=["single"], modes=["plain"])
    return cell._replace(scenario=row, mode=mode, perturbation=change)


def play(provider: Provider, subject: Any, *where: Any, seconds: float = 20, **more: Any) -> Trace:
    return asyncio.run(run_cell(cell_of(subject, *where, **more), provider, seed=1, turn_seconds=seconds))


def kinds(trace: Trace) -> list[tuple[str, int, int]]:
    return [(act.kind, act.turn, act.at) for act in trace.acts]


# -- saving and loading ------------------------------------------------------------------------------------------------


def test_a_conversation_is_saved_and_loaded_in_a_fresh_session_before_the_second_question(provider: Provider) -> None:
    subject = Watched()
    trace = play(provider, subject, "resume")

    assert trace.incident is None
    assert subject.log == ["start", "turn", "shown", "save", "close", "start", "load", "turn", "shown", "close"]
    assert (trace.resumed, trace.loads) == (1, (3,))
    assert kinds(trace) == [("resume", 1, 3)]
    assert (trace.starts, trace.ends) == ((0, 3), (3, 6))


@ALL
def test_a_call_waits_while_the_conversation_is_saved_and_loaded(provider: Provider, profile: str) -> None:
    subject = Watched()
    trace = play(provider, subject, "approval-resume", profile)

    assert trace.incident is None
    begun = ["start", "turn", "silent", "save", "close", "start", "load", "allow", "allow", "close"]
    assert subject.log == begun
    assert kinds(trace) == [("reopen", 0, 1), ("allow", 0, 1), ("allow", 0, 2)]
    assert trace.loads == (1,)
    assert trace.called == trace.wanted
    assert len(trace.exchanges) == 3


# -- approval ----------------------------------------------------------------------------------------------------------


@ALL
def test_a_tool_is_called_only_when_the_user_has_allowed_it(provider: Provider, profile: str) -> None:
    class Asks(Logged):
        async def approve(self, *, allow: bool) -> str:
            called.append(len(told))
            return await super().approve(allow=allow)

    called: list[int] = []
    told: list[str] = []

    class Tells(Watched):
        async def start(self, run: Run) -> Session:
            assert run.approvals
            session = await super().start(run)
            session.run = _telling(run, told)  # type: ignore[attr-defined]  # a Talk
            return session

    trace = play(provider, Tells(Asks), "approval", profile)

    assert trace.incident is None
    assert called == [0, 1, 2, 3]
    assert trace.called == trace.wanted
    assert trace.denied == ()
    assert [act.kind for act in trace.acts] == ["allow"] * 4
    assert trace.answers[0] == trace.answers[0].strip() != ""


def _telling(run: Run, told: list[str]) -> Run:
    from msgspec.structs import replace

    def telling(call: Callable[[str], Awaitable[str]]) -> Callable[[str], Awaitable[str]]:
        async def called(arguments: str) -> str:
            told.append(arguments)
            return await call(arguments)

        return called

    return replace(run, tools=tuple(replace(tool, call=telling(tool.call)) for tool in run.tools))


@ALL
def test_a_tool_that_the_user_denies_is_never_called_and_the_model_is_told(provider: Provider, profile: str) -> None:
    subject = Watched()
    trace = play(provider, subject, "denial", profile)

    assert trace.incident is None
    (denied,) = trace.denied
    assert denied.turn == 0
    assert denied not in trace.called
    assert denied not in trace.wanted
    assert trace.called == trace.wanted
    assert [one.called for one in trace.told] == list(trace.called)
    assert [act.kind for act in trace.acts] == ["deny", "allow"]
    assert denied.receipt.encode() not in b"".join(exchange.request for exchange in trace.exchanges)
    assert b"did not allow" in trace.exchanges[1].request
    assert len(trace.exchanges) == 4


# -- interruption ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_stream_is_cut_in_the_middle_of_a_thought_when_the_user_interrupts(provider: Provider, profile: str) -> None:
    subject = Watched()
    cell = cell_of(subject, "interrupt", profile, "stream")
    trace = asyncio.run(run_cell(cell, provider, seed=1))

    assert trace.incident is None
    assert trace.held == (3,)
    assert kinds(trace) == [("interrupt", 0, 3)]
    assert subject.log[:4] == ["start", "turn", "interrupt", "silent"]
    held = trace.exchanges[2]
    assert not held.delivered
    (thought,) = _thoughts(cell, trace, 3)
    assert len(thought) > 0
    assert len(thought) < min(len(words) for n in (1, 2, 4, 5, 6) for words in _thoughts(cell, trace, n))
    assert trace.answers[0] == ""
    assert trace.answers[1] != ""
    assert (trace.starts, trace.ends) == ((0, 3), (3, 6))


def _thoughts(cell: Cell, trace: Trace, number: int) -> list[str]:
    messages = answer_of(cell, trace.exchanges[number - 1])
    return [block.text for message in messages for block in message.blocks if isinstance(block, Thinking)]


class CancelsItsTask(Logged):
    """Stops a turn as many do: by cancelling the task that runs it."""

    async def turn(self, text: str) -> str:
        self.turning = asyncio.current_task()
        return await super().turn(text)

    async def interrupt(self) -> None:
        await super().interrupt()
        assert self.turning is not None
        self.turning.cancel()


class CancelsAndWaits(Logged):
    """Runs its turn in a task of its own, cancels that, and waits for it without much care."""

    async def turn(self, text: str) -> str:
        self.inner = asyncio.create_task(super().turn(text))
        return await self.inner

    async def interrupt(self) -> None:
        self.line.hang_up()
        self.inner.cancel()
        await self.inner


@pytest.mark.parametrize("make", [CancelsItsTask, CancelsAndWaits])
def test_a_turn_may_end_by_being_cancelled(provider: Provider, make: type[Logged]) -> None:
    subject = Watched(make)
    trace = play(provider, subject, "interrupt", mode="stream")

    assert trace.incident is None
    assert trace.answers[0] == ""
    assert trace.answers[1] != ""
    assert subject.log[-1] == "close"


def test_what_an_interruption_raises_is_the_scaffolds_and_nobody_waits_for_the_answer(provider: Provider) -> None:
    class Raises(Logged):
        async def interrupt(self) -> None:
            raise RuntimeError("there is no such button")

    subject = Watched(Raises)
    trace = play(provider, subject, "interrupt", mode="stream")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.culprit) == ("RuntimeError", "scaffold")
    assert trace.incident.where.startswith("turn 1, interrupted")
    assert subject.log[-1] == "close"


def test_a_scaffold_that_goes_on_thinking_is_stopped_when_its_time_is_up(provider: Provider) -> None:
    class GoesOn(Logged):
        async def interrupt(self) -> None:
            self.log.append("ignored")

    subject = Watched(GoesOn)
    trace = play(provider, subject, "interrupt", mode="stream", seconds=3)

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.where) == ("timeout", "turn 1, interrupted")
    assert subject.log[-2:] == ["ignored", "close"]


def test_who_waits_for_the_end_of_what_is_held_back_meets_our_doing_and_no_fault_of_its_own(provider: Provider) -> None:
    class Deaf(Logged):
        async def interrupt(self) -> None:
            """Do nothing: the answer is waited for."""

    row = SCENARIOS["interrupt"]
    held = replace(row, faults=(Fault(kind="hold", at_request=3, times=4, seconds=1),))
    trace = play(provider, Watched(Deaf), held, mode="stream")

    assert trace.incident is None
    assert kinds(trace) == [("interrupt", 0, 3)]


def test_a_turn_that_raises_since_it_was_interrupted_is_the_scaffolds_fault(provider: Provider) -> None:
    class Raises(Logged):
        async def turn(self, text: str) -> str:
            shown = await super().turn(text)
            if "interrupt" in self.log:
                raise ValueError("stopped")
            return shown

    trace = play(provider, Watched(Raises), "interrupt", mode="stream")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.culprit) == ("ValueError", "scaffold")


def test_an_interruption_that_does_not_end_is_told(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hangs(Logged):
        async def interrupt(self) -> None:
            await super().interrupt()
            await asyncio.sleep(3600)

    monkeypatch.setattr("keepthinking_conformance.run._acts.CLOSE_SECONDS", 0.2)
    trace = play(provider, Watched(Hangs), "interrupt", mode="stream")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.where) == ("timeout", "turn 1, interrupted")


@ALL
def test_an_agent_that_may_take_no_more_steps_gives_up_and_is_asked_the_next_question(
    provider: Provider, profile: str
) -> None:
    subject = Watched(Logged)
    trace = play(provider, subject, "step-limit", profile)

    assert trace.incident is None
    assert trace.acts == (Act("give-up", 0, 3),)
    assert (trace.starts, trace.ends) == ((0, 3), (3, 5))
    assert [one.step for one in trace.wanted if one.turn == 0] == [0, 1, 2]
    assert all(one in trace.called for one in trace.wanted)
    assert trace.answers[0] == ""
    assert trace.answers[1] != ""


def test_what_is_raised_before_the_limit_is_the_scaffolds_fault(provider: Provider) -> None:
    class Raises(Logged):
        async def turn(self, text: str) -> str:
            raise RuntimeError(f"not now: {len(text)}")

    trace = play(provider, Watched(Raises), "step-limit")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.culprit) == ("RuntimeError", "scaffold")
    assert trace.acts == ()


def test_where_nothing_is_held_back_nothing_is_interrupted(provider: Provider) -> None:
    class GivesUp(Logged):
        async def turn(self, text: str) -> str:
            return f"I know already about {text}"

    subject = Watched(GivesUp)
    trace = play(provider, subject, "interrupt", mode="stream")

    assert trace.incident is None
    assert (trace.acts, trace.held) == ((), ())
    assert "interrupt" not in subject.log


# -- the other model, the other agent, the helper ----------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROVIDERS)
@pytest.mark.parametrize("scenario", ["handoff", "model-switch"])
def test_the_other_model_takes_one_turn_and_the_first_one_has_it_back(
    provider: Provider, scenario: str, profile: str
) -> None:
    subject = Watched()
    trace = play(provider, subject, scenario, profile)
    own, other = PROVIDERS[profile], PROVIDERS[PROVIDERS[profile].other]

    assert trace.incident is None
    assert [voice.name for voice in trace.voices] == [""] * 3 + ["other"] * 3 + [""] * 3
    assert {(voice.name, voice.profile, voice.model) for voice in trace.voices} == {
        ("", own.profile, own.model),
        ("other", other.profile, other.model),
    }
    given = subject.runs[0].other
    assert given is not None
    assert (given.profile, given.model, given.extra_body) == (other.profile, other.model, other.extra_body)
    asked = [one for one in subject.log if one.startswith(("handoff", "switch"))]
    if scenario == "handoff":
        assert asked == ["handoff other", f"switch {other.model}", "handoff ", f"switch {own.model}"]
        assert [act.kind for act in trace.acts] == ["handoff", "hand-back"]
    else:
        assert asked == [f"switch {other.model}", f"switch {own.model}"]
        assert [act.kind for act in trace.acts] == ["switch-model", "switch-back"]
    assert [act.at for act in trace.acts] == [3, 6]


def test_where_there_is_no_other_model_none_is_given(provider: Provider) -> None:
    subject = Watched()
    trace = play(provider, subject, "loop")

    assert subject.runs[0].other is None
    assert {voice.name for voice in trace.voices} == {""}


@ALL
def test_a_helper_has_a_conversation_of_its_own(provider: Provider, profile: str) -> None:
    subject = Watched()
    trace = play(provider, subject, "sub-agent", profile)
    (run,) = subject.runs

    assert trace.incident is None
    assert run.helper is not None
    assert run.helper.tool.name == "ask_helper"
    assert "ask_helper" not in {tool.tool.name for tool in run.tools}
    assert {tool.tool.name for tool in run.helper.tools} == {"look_up", "read_note"}
    scopes = [exchange.scope.removeprefix(trace.scope) for exchange in trace.exchanges]
    assert scopes == ["", "", "/helper", "/helper", "/helper", "", "", "", "", ""]
    assert set(trace.called) == set(trace.wanted)
    assert len(trace.called) == len(trace.wanted)
    assert {called.thread for called in trace.called if called is not None} == {0, 1}
    assert [one.called for one in trace.told] == list(trace.called)


# -- what else ---------------------------------------------------------------------------------------------------------


def test_the_history_is_trimmed_before_the_third_question(provider: Provider) -> None:
    subject = Watched()
    trace = play(provider, subject, "compaction")

    assert trace.incident is None
    assert subject.log == ["start", *["turn", "shown"] * 2, "compact", "turn", "shown", "close"]
    assert kinds(trace) == [("compact", 2, 6)]
    first, third = (len(json.loads(trace.exchanges[n].request)["messages"]) for n in (5, 6))
    assert third < first


@ALL
def test_a_memory_is_asked_for_after_each_turn_of_a_subject_that_shows_one(provider: Provider, profile: str) -> None:
    trace = play(provider, Watched(capabilities=ABLE | {"memory"}), "second-turn", profile)
    cell = cell_of(Watched(), "second-turn", profile)

    assert len(trace.memories) == 2
    lines = [text.strip().split(".")[0] for n in range(1, 7) for text in _thoughts(cell, trace, n)]
    assert [sum(line in memory for line in lines) for memory in trace.memories] == [3, 6]
    assert play(provider, Watched(), "second-turn", profile).memories == ()


def test_the_calls_that_block_are_asked_for_where_that_is_examined(provider: Provider) -> None:
    for mode, sync in (("plain", False), ("stream", False), ("sync", True)):
        subject = Watched()
        trace = play(provider, subject, "loop", mode=mode)

        assert trace.incident is None
        assert subject.runs[0].sync == sync
        assert subject.runs[0].stream == (mode == "stream")


def test_what_a_tool_gives_is_written_down_as_it_was_given(provider: Provider) -> None:
    trace = play(provider, Watched(), "research")

    assert [one.called for one in trace.told] == list(trace.wanted)
    assert [one.failed for one in trace.told] == [False] * 4
    for one in trace.told:
        assert one.text.endswith(one.called.result)
        assert len(one.text) > len(one.called.result)
        assert json.dumps(one.text, ensure_ascii=False)[1:-1].encode() in trace.exchanges[-1].request


def test_a_tool_that_fails_is_written_down_too(provider: Provider) -> None:
    trace = play(provider, Watched(), "tool-error")

    assert [(one.failed, one.text == one.called.result) for one in trace.told] == [(True, True), (False, True)]


def test_a_call_that_is_no_json_is_none_that_a_tool_could_answer(provider: Provider) -> None:
    trace = play(provider, Watched(), "malformed-arguments")

    assert trace.incident is None
    assert [called.call.tool for called in trace.wanted] == ["read_note"]
    assert trace.called == trace.wanted


# -- faults ------------------------------------------------------------------------------------------------------------


def fragile(**more: Any) -> Miniature:
    """Make a scaffold that lets through whatever goes wrong."""
    return Miniature("mini.fragile", retries=0, **more)


@ALL
def test_words_are_given_once_more_where_the_scaffold_lets_a_fault_through(provider: Provider, profile: str) -> None:
    trace = play(provider, fragile(), "retry", profile)

    assert trace.incident is None
    assert trace.retried == (0, 1)
    assert kinds(trace) == [("repeat", 0, 2), ("repeat", 1, 6)]
    statuses = [exchange.status for exchange in trace.exchanges]
    assert statuses == [200, 429, 200, 200, 200, 529 if profile == "anthropic" else 503, 200, 200]
    assert (trace.starts, trace.ends) == ((0, 4), (4, 8))
    assert all(trace.answers)


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_stream_breaks_off_in_its_middle_and_the_words_are_given_once_more(provider: Provider, profile: str) -> None:
    trace = play(provider, fragile(), "retry-cut", profile, "stream")

    assert trace.incident is None
    assert trace.retried == (0,)
    assert [exchange.delivered for exchange in trace.exchanges] == [True, False, *[True] * 5]
    assert [exchange.status for exchange in trace.exchanges] == [200] * 7


def test_who_asks_again_by_himself_is_told_nothing_twice(provider: Provider) -> None:
    for scenario, mode in (("retry", "plain"), ("retry", "stream"), ("retry-cut", "stream")):
        trace = play(provider, Watched(), scenario, mode=mode)

        assert trace.incident is None
        assert (trace.retried, trace.acts) == ((), ())


def test_a_scaffold_that_raises_for_another_reason_is_not_given_its_words_again(provider: Provider) -> None:
    trace = play(provider, fragile(goes_on=subjects.raises), "retry")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.retried) == ("KeyError", ())
    assert len(trace.exchanges) == 1


def test_a_scaffold_that_raises_a_second_time_has_ended(provider: Provider) -> None:
    row = SCENARIOS["retry"]
    twice = Scenario(id="twice", title="", turns=row.turns, faults=(Fault(kind="rate-limit", at_request=2, times=2),))
    trace = play(provider, fragile(), twice)

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.culprit, trace.retried) == ("BusyError", "scaffold", (0,))
    assert trace.incident.where.startswith("turn 1, said again")
    assert len(trace.exchanges) == 3


def test_where_nothing_goes_wrong_on_purpose_nothing_is_given_twice(provider: Provider) -> None:
    trace = play(provider, Miniature("mini.raises", goes_on=subjects.raises), "loop")

    assert trace.incident is not None
    assert (trace.retried, len(trace.exchanges)) == ((), 1)


# -- what a session may do ---------------------------------------------------------------------------------------------


CLAIMS: dict[Capability, tuple[str, str, str]] = {
    "save": ("resume", "plain", "`save` and `load`"),
    "interrupt": ("interrupt", "stream", "`interrupt`"),
    "approve": ("approval", "plain", "`approve`"),
    "compact": ("compaction", "plain", "`compact`"),
    "handoff": ("handoff", "plain", "`handoff`"),
    "switch-model": ("model-switch", "plain", "`switch_model`"),
    "memory": ("loop", "plain", "`memory`"),
    "image": ("user.image", "plain", "`turn_with`"),
    "several": ("user.several", "plain", "`turn_of`"),
    "remind": ("user.reminder", "plain", "`remind`"),
}


def test_every_capability_with_a_method_is_claimed_below() -> None:
    assert set(CLAIMS) == set(POWERS)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_session_that_lacks_what_its_subject_claims_is_an_incident_of_the_scaffold(
    provider: Provider, name: Capability
) -> None:
    class Bare:
        async def turn(self, text: str) -> str:
            return text

        async def close(self) -> None:
            closed.append(name)

    class Claims(Watched):
        async def start(self, run: Run) -> Session:
            del run
            return Bare()

    closed: list[str] = []
    scenario, mode, methods = CLAIMS[name]
    trace = play(provider, Claims(capabilities=frozenset({name, "stream"})), scenario, mode=mode)

    assert trace.incident is not None
    assert trace.incident.message == f"the subject claims `{name}`, and its session has no {methods}"
    assert (trace.incident.kind, trace.incident.culprit) == ("TypeError", "scaffold")
    assert trace.exchanges == ()
    assert closed == [name]


ACTS = {
    "turn": ("loop", "plain", "turn 1"),
    "approve": ("approval", "plain", "turn 1, approval"),
    "save": ("resume", "plain", "save"),
    "load": ("resume", "plain", "load"),
    "compact": ("compaction", "plain", "compacting before turn 3"),
    "switch_model": ("model-switch", "plain", "switching the model before turn 2"),
    "handoff": ("handoff", "plain", "turn 2"),
    "memory": ("loop", "plain", "memory"),
    "interrupt": ("interrupt", "stream", "turn 1, interrupted"),
}


def doing(method: str, what: Callable[[Logged], Awaitable[None]]) -> type[Logged]:
    """Make a session that does something of its own where it is asked for a method."""

    async def does(self: Logged, *_: Any, **__: Any) -> None:
        await what(self)

    return type("Does", (Logged,), {method: does})


async def _hangs(session: Logged) -> None:
    session.log.append("hangs")
    await asyncio.sleep(3600)


async def _raises(session: Logged) -> None:
    session.log.append("raises")
    raise KeyError("history")


@pytest.mark.parametrize("method", ACTS)
def test_whatever_hangs_is_stopped_and_closed_and_leaves_nothing_behind(provider: Provider, method: str) -> None:
    scenario, mode, where = ACTS[method]
    subject = Watched(doing(method, _hangs), ABLE | {"memory"} if method == "memory" else ABLE)
    trace = play(provider, subject, scenario, mode=mode, seconds=3)

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.where, trace.incident.culprit) == ("timeout", where, "scaffold")
    assert (subject.log.count("start"), subject.log[-2:]) == (subject.log.count("close"), ["hangs", "close"])
    assert not any(run.directory.exists() for run in subject.runs)


@pytest.mark.parametrize("method", ACTS)
def test_whatever_raises_ends_the_run_with_its_place(provider: Provider, method: str) -> None:
    scenario, mode, where = ACTS[method]
    subject = Watched(doing(method, _raises), ABLE | {"memory"} if method == "memory" else ABLE)
    trace = play(provider, subject, scenario, mode=mode)

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.culprit) == ("KeyError", "scaffold")
    assert trace.incident.where == f"{where}, in test_acts.py:_raises"
    assert (subject.log.count("start"), subject.log[-2:]) == (subject.log.count("close"), ["raises", "close"])
    assert not any(run.directory.exists() for run in subject.runs)


@pytest.mark.parametrize("method", ACTS)
def test_a_run_that_is_stopped_closes_its_session_whatever_it_was_doing(provider: Provider, method: str) -> None:
    scenario, mode, _ = ACTS[method]
    subject = Watched(doing(method, _hangs), ABLE | {"memory"} if method == "memory" else ABLE)
    before = set(threading.enumerate())

    async def stopped() -> None:
        running = asyncio.create_task(run_cell(cell_of(subject, scenario, mode=mode), provider, seed=1))
        while "hangs" not in subject.log:  # noqa: ASYNC110 - the subject writes down what it does, and tells nobody
            await asyncio.sleep(0.01)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stopped())

    assert (subject.log.count("start"), subject.log[-1]) == (subject.log.count("close"), "close")
    assert not any(run.directory.exists() for run in subject.runs)
    assert set(threading.enumerate()) <= before


def test_a_session_that_does_not_close_is_left_behind(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepthinking_conformance.run._acts.CLOSE_SECONDS", 0.2)
    trace = play(provider, Watched(doing("close", _hangs)), "single")

    assert trace.incident is not None
    assert (trace.incident.kind, trace.incident.where) == ("timeout", "close")
    assert all(trace.answers)


# -- how they are asked ------------------------------------------------------------------------------------------------


def test_a_run_has_a_name_of_its_own_and_says_the_same_again(provider: Provider) -> None:
    traces = [play(provider, Watched(), "handoff") for _ in range(2)]

    assert traces[0].answers == traces[1].answers
    assert traces[0].acts == traces[1].acts
    assert [e.request for e in traces[0].exchanges] != []
    assert Act("handoff", 1, 3) in traces[0].acts
