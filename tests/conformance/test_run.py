"""Runs and their verdicts: miniature scaffolds over real HTTP, each judged as what it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepthinking._adapter import Capability
from keepthinking_conformance.examine import CONTROLS, FAITHFUL, control_cells, run_cells
from keepthinking_conformance.judge import Outcome, judge, twins, with_twins
from keepthinking_conformance.plan import plan
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.run import run_cell
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, misfit
from tests.conformance import subjects
from tests.conformance.subjects import Miniature

HANGING = "timeout: no answer within 0.2 seconds"
pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


def outcomes(
    provider: Provider, *examined: Miniature, profile: str = "deepseek", scenario: str = "loop", **more: float
) -> dict[str, Outcome]:
    cells = plan(examined, providers=[profile], scenarios=[scenario])
    found = asyncio.run(run_cells((*cells, *twins(cells)), provider, seed=1, jobs=2, **more))  # type: ignore[arg-type]  # one keyword
    return with_twins(found)


def verdict(provider: Provider, subject: Miniature, cell: str = "deepseek/loop/plain", **more: float) -> CellResult:
    profile, scenario, _ = cell.split("/")
    return outcomes(provider, subject, profile=profile, scenario=scenario, **more)[f"{subject.id}/{cell}"].result


def checks(result: CellResult) -> set[str]:
    return {finding.check for finding in result.findings if finding.level != "MAY"}


# -- what is kept and what is lost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_faithful_scaffold_passes_every_cell_of_every_provider(provider: Provider, profile: str) -> None:
    cells = [cell for cell in plan([subjects.FAITHFUL], providers=[profile]) if not cell.skip]

    found = asyncio.run(run_cells(cells, provider, seed=1, jobs=2))

    assert {name: o.result.status for name, o in found.items()} == {cell.id: "pass" for cell in cells}
    assert all(set(o.result.fates) <= {"preserved", "normalised"} for o in found.values())
    fit = [row for row in SCENARIOS.values() if row.needs <= subjects.FAITHFUL.capabilities]
    played = [row for row in fit if not misfit(row, PROVIDERS[profile])]
    assert len(cells) == sum(len(row.modes or ("plain", "stream")) for row in played)


@pytest.mark.parametrize("stream", ["plain", "stream"])
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_scaffold_that_drops_thinking_fails_by_the_providers_own_rule(
    provider: Provider, profile: str, stream: str
) -> None:
    result = verdict(provider, subjects.FORGETFUL, f"{profile}/loop/{stream}")

    assert result.status == "fail"
    seals = {"seal.kept"} if PROVIDERS[profile].dialect == "gemini" else set[str]()
    assert checks(result) == {"thinking.kept.in-loop", *seals}
    assert {finding.rule for finding in result.findings} == {PROVIDERS[profile].rule}
    assert result.fates == {"dropped": 10}
    assert result.held["thinking"] == 4


def test_a_loss_that_only_streaming_brings_is_named_by_the_check_of_streams(provider: Provider) -> None:
    found = outcomes(provider, subjects.FORGETS_STREAMED)

    plain, streamed = (found[f"mini.forgets-streamed/deepseek/loop/{mode}"].result for mode in ("plain", "stream"))
    assert plain.status == "pass"
    assert checks(streamed) == {"thinking.kept.in-loop", "stream.thinking.kept"}
    assert {finding.level for finding in streamed.findings} == {"MUST"}


def test_a_loss_that_is_there_without_streaming_is_not_charged_to_streaming(provider: Provider) -> None:
    assert checks(verdict(provider, subjects.FORGETFUL, "deepseek/loop/stream")) == {"thinking.kept.in-loop"}


def test_thinking_that_saving_loses_is_named_by_the_check_of_saving(provider: Provider) -> None:
    result = verdict(provider, subjects.LOSES_THINKING, "deepseek/resume/plain")

    assert result.status == "fail"
    assert checks(result) == {"thinking.kept.cross-turn", "persist.thinking.kept"}
    assert {finding.request for finding in result.findings} == {4}


def test_a_history_that_is_gone_after_loading_fails_whatever_the_provider_lets_go(provider: Provider) -> None:
    result = verdict(provider, subjects.LOSES_ALL, "kimi/resume/plain")

    assert result.status == "fail"
    assert checks(result) == {"persist.thinking.kept"}
    assert result.fates["removed-with-turn"] > 0


def test_a_loss_that_comes_with_each_new_question_is_not_charged_to_saving(provider: Provider) -> None:
    result = verdict(provider, subjects.FORGETS_TURNS, "deepseek/resume/plain")

    assert result.status == "fail"
    assert checks(result) == {"thinking.kept.cross-turn"}


def test_a_fresh_session_finds_nothing_in_its_directory_that_it_did_not_load(provider: Provider) -> None:
    directories: list[Path] = []

    class Spy(Miniature):
        async def start(self, run: object) -> object:  # type: ignore[override]  # the run is looked at, and passed on
            directories.append(run.directory)  # type: ignore[attr-defined]  # a Run
            assert not list(run.directory.iterdir())  # type: ignore[attr-defined]  # a Run
            (run.directory / "memory").touch()  # type: ignore[attr-defined]  # a Run
            return await super().start(run)  # type: ignore[arg-type]  # a Run

    assert verdict(provider, Spy("mini.spy"), "deepseek/resume/plain").status == "pass"
    assert len(set(directories)) == len(directories)
    assert not any(directory.exists() for directory in directories)


@pytest.mark.parametrize("subject", [subjects.FORGETS_ANSWERS, subjects.TELLS_ANEW], ids=lambda subject: subject.id)
@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
def test_an_answer_that_is_missing_whole_fails_even_where_nothing_leads_to_it(
    provider: Provider, profile: str, subject: Miniature
) -> None:
    result = verdict(provider, subject, f"{profile}/loop/plain")

    assert result.status == "fail"
    assert "context.turn.kept.in-loop" in checks(result)
    assert sum(result.fates.values()) == 10
    assert not {"preserved", "normalised"} & set(result.fates)


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_running_loop_that_is_told_anew_fails_though_an_earlier_turn_is_whole(
    provider: Provider, profile: str
) -> None:
    result = verdict(provider, subjects.TELLS_LOOP_ANEW, f"{profile}/second-turn/plain")

    assert result.status == "fail"
    assert "context.turn.kept.in-loop" in checks(result)


# -- what is no verdict ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "profile", "named"),
    [
        (subjects.WITHOUT_THINKING, "deepseek", "thinking"),
        (subjects.WITHOUT_THINKING, "anthropic", "thinking"),
        (subjects.OTHER_MODEL, "kimi", "model 'some-model', not for 'kimi-k2-thinking'"),
        (subjects.NO_PARAMETERS, "minimax-split", "`reasoning_split`"),
    ],
)
def test_a_scaffold_that_asks_for_something_else_is_an_error_that_names_it(
    provider: Provider, subject: Miniature, profile: str, named: str
) -> None:
    result = verdict(provider, subject, f"{profile}/loop/plain")

    assert result.status == "error"
    assert result.incident.culprit == "scaffold"  # type: ignore[union-attr]  # there is one
    assert result.reason.startswith("request 1: ")
    assert named in result.reason


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (subjects.CALLS_NO_TOOL, "`look_up` was never called, which the model asked for in turn 1, answer 1"),
        (subjects.CALLS_OTHERWISE, "arguments that the model never wrote"),
    ],
    ids=["not called", "called otherwise"],
)
def test_a_scaffold_that_calls_tools_otherwise_than_asked_is_an_error(
    provider: Provider, subject: Miniature, said: str, profile: str
) -> None:
    result = verdict(provider, subject, f"{profile}/loop/plain")

    assert result.status == "error"
    assert said in result.reason


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
def test_a_result_that_the_tool_did_not_give_fails(provider: Provider, profile: str) -> None:
    result = verdict(provider, subjects.MAKES_RESULTS_UP, f"{profile}/loop/plain")

    assert (result.status, checks(result)) == ("fail", {"result.delivered"})


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_scaffold_that_switches_thinking_off_never_passes(provider: Provider, profile: str) -> None:
    assert verdict(provider, subjects.WITHOUT_THINKING, f"{profile}/loop/plain").status in {"error", "fail"}


def test_thinking_that_nobody_wants_back_is_no_pass(provider: Provider) -> None:
    result = verdict(provider, subjects.FORGETFUL, "kimi/single/plain")

    assert (result.status, result.fates) == ("not-wanted", {"legally-dropped": 1})


def test_a_turn_that_may_go_is_no_pass_of_thinking(provider: Provider) -> None:
    result = verdict(provider, subjects.FORGETS_EARLIER, "kimi/single/plain")

    assert (result.status, set(result.fates)) == ("not-wanted", {"removed-with-turn"})


def test_a_scaffold_that_lets_a_tools_failure_through_is_told_so_at_its_own_place(provider: Provider) -> None:
    async def lets_through(talk: subjects.Talk) -> str:
        message = await talk.ask(talk.messages)
        for call in message.tool_calls:
            await next(tool for tool in talk.run.tools if tool.tool.name == call.name).call(call.arguments)
            talk.messages += [message, talk.told(call, "It holds.")]  # type: ignore[list-item]  # never reached
        return await lets_through(talk)

    async def wraps(talk: subjects.Talk) -> str:
        try:
            return await lets_through(talk)
        except Exception as error:
            raise RuntimeError("the turn failed") from error

    for goes_on, place in ((lets_through, "test_run.py:lets_through: ToolFailure"), (wraps, "test_run.py:wraps: Run")):
        result = verdict(provider, Miniature("mini.lets-through", goes_on=goes_on), "deepseek/tool-error/plain")

        assert result.status == "error"
        assert f", in {place}" in result.reason
        assert "a tool's failure ended the turn instead of being told to the model" in result.reason


def test_a_scaffold_that_raises_is_an_error_with_type_place_and_culprit(provider: Provider) -> None:
    result = verdict(provider, subjects.RAISES)

    assert (result.status, result.reason) == ("error", "turn 1, in subjects.py:raises: KeyError: 'reasoning'")
    assert result.incident.culprit == "scaffold"  # type: ignore[union-attr]  # there is one
    assert result.requests == 1


def test_an_error_that_quotes_a_thought_is_told_without_it(provider: Provider) -> None:
    for mode in ("plain", "stream"):
        result = verdict(provider, subjects.QUOTES, f"deepseek/loop/{mode}")

        assert result.status == "error"
        assert result.reason.endswith("ValueError: (not shown: it quotes what was said)")


@pytest.mark.parametrize("start", range(5, 60, 5))
def test_a_piece_of_a_thought_is_known_though_it_was_streamed_in_smaller_ones(provider: Provider, start: int) -> None:
    subject = Miniature("mini.quotes-a-piece", goes_on=subjects.raises_with_a_piece(start))

    result = verdict(provider, subject, "deepseek/loop/stream")

    assert result.reason.endswith("ValueError: (not shown: it quotes what was said)")


@pytest.mark.parametrize(
    "subject",
    [subjects.EXITS, subjects.GIVES_UP, subjects.INTERRUPTS, subjects.ENDS_ITS_GENERATOR],
    ids=lambda subject: subject.id,
)
def test_a_scaffold_that_wants_to_end_the_program_ends_its_run_alone(provider: Provider, subject: Miniature) -> None:
    found = outcomes(provider, subject, subjects.FAITHFUL)

    statuses = {name: outcome.result.status for name, outcome in found.items()}
    assert {status for name, status in statuses.items() if name.startswith(subject.id)} == {"error"}
    assert {status for name, status in statuses.items() if name.startswith("mini.faithful")} == {"pass"}


def test_an_error_that_blames_the_provider_is_ours(provider: Provider) -> None:
    result = verdict(provider, subjects.BLAMES)

    assert result.status == "harness-error"
    assert result.incident.culprit == "harness"  # type: ignore[union-attr]  # there is one


def test_an_error_that_was_raised_from_others_tells_theirs_too(provider: Provider) -> None:
    result = verdict(provider, subjects.WRAPS)

    assert result.status == "harness-error"
    assert result.reason == (
        "turn 1, in subjects.py:wraps: RuntimeError: while asking:; "
        "from ValueError: (not shown: it quotes what was said); "
        "from TransportError: the answer ended early (fault: provider); ask again"
    )


def test_a_scaffold_that_hangs_is_stopped_and_closed(provider: Provider) -> None:
    result = verdict(provider, subjects.HANGS, turn_seconds=0.2)

    assert (result.status, result.reason) == ("error", f"turn 1: {HANGING}; nothing reached the provider")
    assert result.id in subjects.HANGS.closed


def test_a_scaffold_that_calls_nothing_proves_nothing(provider: Provider) -> None:
    result = verdict(provider, subjects.SILENT)

    assert (result.status, result.reason) == ("harness-error", "0 model calls in turn 1, where 5 were scripted")


def test_a_scaffold_that_makes_other_calls_than_scripted_proves_nothing(provider: Provider) -> None:
    result = verdict(provider, subjects.TWICE)

    told = (
        "6 model calls in turn 1, where 5 were scripted; requests 1 and 2 are the same byte for byte, though each was "
        "answered. The scaffold asked again and did not go on with the answer: look at where it adds answers and "
        "results to its history"
    )
    assert (result.status, result.reason) == ("harness-error", told)


def test_a_call_for_a_title_is_no_call_of_the_script(provider: Provider) -> None:
    result = verdict(provider, subjects.TITLES, "deepseek/second-turn/plain")

    assert (result.status, result.requests) == ("pass", 8)


def test_a_tool_that_is_called_with_words_of_nobody_fails_in_the_scaffold(provider: Provider) -> None:
    result = verdict(provider, subjects.BREAKS_TOOL)

    assert result.status == "error"
    assert "ToolFailure" in result.reason


def test_a_run_without_any_thinking_that_had_to_come_back_is_no_pass(provider: Provider) -> None:
    cell = plan([subjects.FAITHFUL], providers=["deepseek"], scenarios=["loop"])[0]
    trace = asyncio.run(run_cell(cell, provider, seed=1))
    one = trace._replace(exchanges=trace.exchanges[:1], scripted=(1,))

    assert judge(cell, trace).status == "pass"
    assert judge(cell, one).reason == "no thinking had to come back"
    assert judge(cell, one).status == "harness-error"


def test_a_failure_of_the_provider_is_never_charged_to_the_scaffold(provider: Provider) -> None:
    cell = plan([subjects.FORGETFUL], providers=["deepseek"], scenarios=["loop"])[0]
    trace = asyncio.run(run_cell(cell, provider, seed=1))

    result = judge(cell, trace._replace(problems=("it broke",)))

    assert (result.status, result.reason) == ("harness-error", "the provider: it broke")


def test_an_answer_that_was_not_read_to_its_end_is_no_loss(provider: Provider) -> None:
    cell = plan([subjects.FAITHFUL], providers=["deepseek"], scenarios=["loop"])[0]
    trace = asyncio.run(run_cell(cell, provider, seed=1))
    from msgspec.structs import replace

    cut = (replace(trace.exchanges[0], delivered=False), *trace.exchanges[1:])

    result = judge(cell, trace._replace(exchanges=cut))

    assert (result.status, result.reason) == ("harness-error", "answer 1 was not read to its end")


# -- how they are run --------------------------------------------------------------------------------------------------


def test_every_session_is_closed_once(provider: Provider) -> None:
    subject = Miniature("mini.counted")
    cells = [cell for cell in plan([subject], providers=["anthropic"]) if not cell.skip]

    asyncio.run(run_cells(cells, provider, seed=1, jobs=4))

    resumed = [cell.id for cell in cells if any(turn.before == "resume" for turn in cell.scenario.turns)]
    assert sorted(subject.closed) == sorted([*(cell.id for cell in cells), *resumed])


def test_two_runs_of_one_seed_say_the_same_and_two_seeds_do_not(provider: Provider) -> None:
    cell = plan([subjects.FAITHFUL], providers=["deepseek"], scenarios=["loop"])[0]

    one, again, other = (asyncio.run(run_cell(cell, provider, seed=seed)) for seed in (1, 1, 2))

    assert one.answers == again.answers
    assert one.answers != other.answers


def test_a_stopped_examination_leaves_no_session_and_no_thread(provider: Provider) -> None:
    begun: list[str] = []

    async def hangs(talk: subjects.Talk) -> str:
        begun.append(talk.run.id)
        return await subjects.hangs(talk)

    subject = Miniature("mini.stopped", goes_on=hangs)
    cells = plan([subject], providers=["deepseek"], scenarios=["loop", "parallel"])
    before = set(threading.enumerate())

    async def stopped() -> None:
        running = asyncio.create_task(run_cells(cells, provider, seed=1, jobs=2))
        while len(begun) < 2:  # noqa: ASYNC110 - the subject writes down what it does, and tells nobody
            await asyncio.sleep(0.01)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stopped())

    assert len(subject.closed) == 2
    assert set(threading.enumerate()) <= before


def test_what_a_scaffold_prints_does_not_reach_the_report(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(provider, subjects.PRINTS).status == "pass"

    out, err = capsys.readouterr()
    assert out == ""
    assert "talks to the terminal" in err


def test_a_proxy_of_the_users_environment_is_not_asked_for_loopback(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    seen: list[str] = []

    async def looks(talk: subjects.Talk) -> str:
        seen.append(os.environ["NO_PROXY"])
        return await talk.answer()

    monkeypatch.setenv("NO_PROXY", "intern.example")
    verdict(provider, Miniature("mini.looks", goes_on=looks))

    assert set(seen) == {"intern.example,127.0.0.1,localhost"}
    assert os.environ["NO_PROXY"] == "intern.example"


# -- the controls ------------------------------------------------------------------------------------------------------


def test_the_controls_come_out_as_they_must(provider: Provider) -> None:
    found = asyncio.run(run_cells(control_cells(), provider, seed=1, jobs=2))

    assert {o.result.dialect for o in found.values()} == {served.dialect for served in PROVIDERS.values()}
    assert {o.cell.subject.id: o.result.status for o in found.values()} == dict(CONTROLS)


@pytest.mark.parametrize("profile", PROVIDERS)
def test_the_faithful_control_is_faithful_in_every_scenario(provider: Provider, profile: str) -> None:
    cells = [cell for cell in plan([FAITHFUL], providers=[profile]) if not cell.skip]

    found = asyncio.run(run_cells(cells, provider, seed=1, jobs=2))

    assert {o.result.status for o in found.values()} == {"pass"}
    assert all(set(o.result.fates) == {"preserved"} for o in found.values())


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_stays_in_the_plan_with_a_reason() -> None:
    cells = {cell.id: cell for cell in plan([subjects.PLAIN_ONLY, subjects.ABSENT], providers=["deepseek"])}

    def of(name: str) -> tuple[str, str]:
        return cells[name].skip, cells[name].reason

    assert of("mini.plain-only/deepseek/loop/plain") == ("", "")
    assert of("mini.plain-only/deepseek/loop/stream") == ("unsupported", "the subject cannot stream")
    assert of("mini.plain-only/deepseek/parallel/stream") == ("unsupported", "the subject cannot parallel or stream")
    assert of("mini.plain-only/deepseek/redacted/plain") == ("unsupported", "`openai-chat` has no such blocks")
    assert of("mini.absent/deepseek/loop/plain") == ("absent", "install 'keepthinking[nowhere]'")


def test_a_mode_in_which_a_scenario_cannot_be_played_is_named() -> None:
    cells = plan([subjects.FAITHFUL], providers=["deepseek"], scenarios=["retry-cut"], modes=["plain", "stream"])

    assert [cell.reason for cell in cells] == ["it is played in the mode stream only", ""]


def test_a_client_that_is_made_for_one_provider_cannot_be_given_the_model_of_another() -> None:
    able: frozenset[Capability] = frozenset({"switch-model"})
    one = Miniature("mini.one", profiles=frozenset({"google-gemini"}), capabilities=able)
    both = Miniature("mini.both", profiles=frozenset({"google-gemini", "vertex-gemini"}), capabilities=able)
    cells = plan([one, both], providers=["google-gemini"], scenarios=["model-switch"], modes=["plain"])

    assert [cell.skip for cell in cells] == ["unsupported", ""]
    assert cells[0].reason == "the other model is one of `vertex-gemini`, which the subject's client is not made for"


def test_a_subject_is_examined_under_the_profiles_that_its_client_is_made_for() -> None:
    made_for = Miniature("mini.made-for", profiles=frozenset({"kimi"}))
    chat = Miniature("mini.chat", dialects=frozenset({"openai-chat"}))

    assert {cell.served.profile for cell in plan([made_for])} == {"kimi"}
    assert {cell.served.dialect for cell in plan([chat])} == {"openai-chat"}
    assert {cell.served.profile for cell in plan([subjects.FAITHFUL])} == set(PROVIDERS)


def test_a_version_that_is_not_allowed_is_absent_and_says_what_is_needed() -> None:
    from keepthinking import Requirement
    from keepthinking._entry_points import installed

    old = Miniature("mini.old", requires=(Requirement("msgspec", ">=999"),))

    cell = plan([old], providers=["deepseek"], scenarios=["loop"])[0]
    assert cell.skip == "absent"
    assert cell.reason == f"msgspec {installed('msgspec')} is installed, and msgspec>=999 is needed"
