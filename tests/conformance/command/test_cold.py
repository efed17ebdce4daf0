"""The cold start: an agent in JavaScript is judged as its twin in Python is, by its command alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from keepthinking import Subject
from keepthinking_conformance.cli._cold import USUAL, Typed, cold, looked_at
from keepthinking_conformance.command import CommandSubject
from keepthinking_conformance.examine import Order, examine
from keepthinking_conformance.plan import TEMPERS, plan
from keepthinking_conformance.results import CellResult
from tests.conformance.command.agents import node, python
from tests.conformance.command.agents.twin import twin
from tests.conformance.console import run

pytestmark = pytest.mark.extras

PROFILES = ("deepseek", "anthropic")


def subject(command: str, again: str | None = None, rules: Path | None = None) -> Subject:
    typed = Typed(command, again, rules)
    return cold(typed, PROFILES, seed=1, seconds=60, jobs=2, quiet=True).subject


def verdicts(examined: Subject, scenarios: Sequence[str] | None = None) -> dict[str, CellResult]:
    """Run all that a subject can do; give the verdicts by what stands behind the subject in a cell's id."""
    cells = plan((examined,), providers=PROFILES, scenarios=scenarios, tempers=TEMPERS, own=True)
    found = examine(Order(cells=cells, frameworks=(), seed=1, jobs=2), lambda _: None)
    return {cell.id.partition("/")[2]: cell for cell in found.results.cells}


def told(cell: CellResult) -> dict[str, Any]:
    """Tell a verdict, without what lies in the words of an error and in the paths of a tool's arguments."""
    findings = [
        (one.check, one.status, one.level, one.fate, one.request, one.response, one.path) for one in cell.findings
    ]
    return {
        "status": cell.status,
        "checks": cell.checks,
        "fates": cell.fates,
        "held": cell.held,
        "requests": cell.requests,
        "findings": sorted(map(str, findings)),
    }


@pytest.mark.parametrize("forgets", [False, True])
def test_a_command_gets_the_verdicts_of_its_twin_in_python(*, forgets: bool) -> None:
    flags = ("--forget",) if forgets else ()
    ours = verdicts(subject(node("agent", *flags)))
    theirs = verdicts(twin(forgets=forgets, turns=False))

    judged = {name for name, cell in ours.items() if cell.status not in {"absent", "unsupported"}}
    assert len(judged) >= 30
    assert {name: told(ours[name]) for name in judged} == {name: told(theirs[name]) for name in judged}
    loops = {cell.status for name, cell in ours.items() if "/loop/plain" in name}
    assert loops == ({"fail"} if forgets else {"pass"})


@pytest.mark.parametrize("forgets", [False, True])
def test_a_command_that_goes_on_gets_the_verdicts_of_its_twin_too(*, forgets: bool) -> None:
    flags = ("--forget",) if forgets else ()
    plays = ("single", "second-turn", "resume", "retry")
    ours = verdicts(subject(node("agent", *flags), node("agent", "--continue", *flags)), plays)
    theirs = verdicts(twin(forgets=forgets, turns=True), plays)

    plain = {name for name in ours if "/plain" in name}
    assert len(plain) == 2 * 2 * len(plays)
    assert {name: told(ours[name]) for name in plain} == {name: told(theirs[name]) for name in plain}
    assert ours["deepseek/resume/plain"].status == ("fail" if forgets else "pass")
    assert forgets or ours["deepseek/resume/plain"].checks["persist.thinking.kept"] == "pass"


def test_what_a_command_cannot_show_says_why() -> None:
    ours = verdicts(subject(node("agent")))
    theirs = verdicts(twin(forgets=False, turns=False))

    assert ours.keys() == theirs.keys()
    more = {name: cell.reason for name, cell in ours.items() if cell.status == "unsupported"}
    lacking = {name: why for name, why in more.items() if theirs[name].status != "unsupported"}
    assert set(lacking.values()) == {
        "nothing says how a conversation goes on: name the command for that (`--again`)",
        "it is made for the spelling of arguments that only a tool of ours takes",
    }


@pytest.mark.parametrize(
    ("profiles", "replay", "names"),
    [
        ((), None, USUAL),
        (("kimi", "kimi", "vllm"), None, ("kimi", "vllm")),
        ((), "command.agent/kimi/loop/plain", ("kimi",)),
        (("vllm",), "command.agent/kimi/loop/plain", ("vllm",)),
        ((), "no-cell", USUAL),
    ],
)
def test_a_command_is_looked_at_with_whom_it_shall_meet(
    profiles: tuple[str, ...], replay: str | None, names: tuple[str, ...]
) -> None:
    assert looked_at(profiles, replay) == names


def test_one_cell_runs_again(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--command", node("agent", "--forget"), "--id", "command.agent/deepseek/loop/plain")

    shown = capsys.readouterr().out
    assert code == 1
    assert "thinking.kept.in-loop" in shown


def test_the_command_line_examines_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.json"
    code = run("--command", node("agent", "--forget"), "--scenario", "loop", "--out", out, "--quiet")

    held = json.loads(out.read_text(encoding="utf-8"))
    status = {(cell["profile"], cell["mode"]): cell["status"] for cell in held["cells"]}
    assert code == 1
    assert status["deepseek", "plain"] == status["anthropic", "plain"] == "fail"
    assert {status[profile, "plain"] for profile in USUAL if profile not in PROFILES} == {"absent"}
    assert "thinking.kept.in-loop" in capsys.readouterr().out


def test_a_command_that_asks_for_no_search_is_answered_with_none() -> None:
    examined = subject(node("agent"), node("agent", "--continue"))
    assert isinstance(examined, CommandSubject)
    cells = plan((examined,), providers=PROFILES, tempers=TEMPERS, own=True)
    why = {examined.unfit(cell) for cell in cells if cell.scenario.hosted and not cell.stream}

    assert why == {("unsupported", "it asks for no search that the provider runs, so no provider answers with one")}


def test_a_command_that_wants_a_call_for_an_end_may_ask_for_the_last_answer_again() -> None:
    examined = subject(python("nudges", "{prompt}"))
    cells = plan((examined,), providers=("deepseek",), scenarios=("loop",), tempers=TEMPERS, own=True)
    found = examine(Order(cells=cells, frameworks=(), seed=1, jobs=2), lambda _: None).results.cells
    judged = {cell.scenario: (cell.status, cell.requests) for cell in found if cell.status != "unsupported"}

    assert judged == {"loop": ("pass", 6)}


def test_a_call_that_fails_is_known_to_be_made_where_neither_call_nor_result_has_its_id() -> None:
    examined = cold(
        Typed(python("nameless", "{prompt}"), None, None), ("google-gemini",), seed=1, seconds=60, jobs=2, quiet=True
    ).subject
    scenarios = ("parallel", "tool-error")
    cells = plan((examined,), providers=("google-gemini",), scenarios=scenarios, tempers=TEMPERS, own=True)
    found = examine(Order(cells=cells, frameworks=(), seed=1, jobs=2), lambda _: None).results.cells
    judged = {cell.scenario: (cell.status, cell.reason) for cell in found if cell.mode == "plain"}

    assert judged == dict.fromkeys(scenarios, ("warn", ""))
    assert {one.check for cell in found for one in cell.findings} == {"ids.verbatim"}
