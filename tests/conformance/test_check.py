"""`keepthinking check`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Thinking, retention
from keepthinking_conformance.cli._replay import outline
from keepthinking_conformance.cli._text import Look, as_text
from keepthinking_conformance.judge import calls_of
from keepthinking_conformance.plan import plan
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import Control, Results
from keepthinking_conformance.run import run_cell
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance import subjects
from tests.conformance.console import run
from tests.conformance.test_results import results
from tests.conformance.test_scorecard import cell
from tests.conformance.wires import WIRES

pytestmark = pytest.mark.extras

ROOT = Path(__file__).parents[2]
HOME = "tests.conformance.subjects"
LOOP = ("--profile", "deepseek", "--scenario", "loop")
Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command here; give the exit code and both outputs."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(*arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def own(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--subject", f"{HOME}:{name}"))


def data(check: Check, *arguments: object) -> tuple[int, dict[str, Any]]:
    code, out, err = check(*arguments, "--format", "json")
    assert err == ""
    return code, json.loads(out)


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_a_faithful_scaffold_is_green_in_words_and_exits_with_0(check: Check) -> None:
    code, out, err = check(*own("FAITHFUL"), "--profile", "deepseek", "--profile", "anthropic")

    assert (code, err) == (0, "")
    assert "mini.faithful (Mini)" in out
    assert re.search(r"^  DeepSeek +ok (\d+) of \1 +- +ok +ok +ok +ok +ok$", out, re.MULTILINE)
    assert re.search(r"^  Anthropic +ok (\d+) of \1 +ok +ok +ok +ok +ok +ok$", out, re.MULTILINE)
    assert out.endswith("Nothing fails.\n")
    assert out.count("as it must") == 2 * len(WIRES)


def test_a_red_row_says_check_place_rule_source_date_and_how_to_see_it_again(check: Check) -> None:
    code, out, _ = check(*own("FORGETFUL"), *LOOP)

    assert code == 1
    assert re.search(r"^  DeepSeek +FAIL 0 of 20 +- +ok +ok +- +FAIL +FAIL$", out, re.MULTILINE)
    assert "fail  thinking.kept.in-loop  MUST  dropped  (in 2 runs)" in out
    assert "said in    response 1, $.choices[0].message.reasoning_content" in out
    assert "seen in    request 2, $.messages[2], and in 3 later requests" in out
    assert f"rule deepseek.v4.chat, verified {retention.rule('deepseek.v4.chat').verified}:" in out
    assert "https://api-docs.deepseek.com/guides/thinking_mode" in out
    assert out.endswith("2 of 2 runs fail.\n")


def test_the_replay_command_of_a_red_row_runs_that_cell_alone_and_shows_all_of_it(check: Check) -> None:
    _, out, _ = check(*own("FORGETFUL"), *LOOP, "--seed", 5)
    found = re.search(r"replay +keepthinking check (.*)$", out, re.MULTILINE)
    assert found is not None

    code, again, _ = check(*shlex.split(found[1]))

    assert code == 1
    assert again.startswith("mini.forgetful/deepseek/loop/plain: fail\n")
    assert "request 5, turn 1: HTTP 200" in again
    assert again.count("thinking.kept.in-loop") == 4
    assert '"role": "assistant", "content": null, "reasoning_content": "<' in again
    assert 'message    {"role": "assistant"' in again
    assert "--seed 5" in found[1]


def test_the_shape_of_a_message_holds_types_and_lengths_and_no_words() -> None:
    message = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "a plan", "signature": "c2VhbA=="},
            {"type": "tool_use", "name": "look_up", "input": {"name": "Ada", "type": ["x", 1.5, None, {"role": True}]}},
        ],
        "index": 0,
    }

    assert outline(message) == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "<6 characters>", "signature": "<8 characters>"},
            {
                "type": "tool_use",
                "name": "look_up",
                "input": {"name": "<3 characters>", "type": ["<1 characters>", "<float>", None, {"role": "<bool>"}]},
            },
        ],
        "index": 0,
    }


def test_no_thought_is_printed_or_written_but_in_the_windows_of_a_finding(check: Check, tmp_path: Path) -> None:
    one = plan([subjects.FORGETFUL], providers=["deepseek"], scenarios=["loop"])[0]
    with Provider() as provider:
        trace = asyncio.run(run_cell(one, provider, seed=1))
    thoughts = [b.text for c in calls_of(one, trace) for m in c.messages for b in m.blocks if isinstance(b, Thinking)]
    assert len(thoughts) == 5

    printed = ""
    for arguments in (["--all"], ["--id", one.id], ["--format", "markdown"], ["--out", tmp_path / "out.json"]):
        _, out, err = check(*own("FORGETFUL", "QUOTES"), *LOOP, *arguments)
        shown = re.compile(r"^ +it said .*?(?=^ +lost in )|^<pre>.*?</pre>", re.DOTALL | re.MULTILINE)
        printed += shown.sub("", out + err)
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    windows = [f.pop(name) for cell in written["cells"] for f in cell["findings"] for name in ("said", "sent")]
    printed += json.dumps(written)

    assert len(printed) > 10_000
    for thought in thoughts:
        words = thought.split()
        assert not any(" ".join(words[i : i + 4]) in printed for i in range(len(words) - 3))
    assert all(window is None or len(window) <= 400 for window in windows)
    assert any(window is not None and " ".join(thoughts[0].split()[:3]) in window for window in windows)


def test_strict_lets_a_should_fail(check: Check) -> None:
    arguments = (*own("FORGETFUL"), "--profile", "anthropic", "--scenario", "single")

    code, out, _ = check(*arguments)
    assert code == 0
    assert "warn  thinking.kept.cross-turn  SHOULD" in out
    strict, out, _ = check(*arguments, "--strict")
    assert strict == 1
    assert "fail  thinking.kept.cross-turn  SHOULD" in out


def test_a_scaffold_that_raises_is_named_with_its_error_and_exits_with_1(check: Check) -> None:
    code, out, _ = check(*own("RAISES"), *LOOP)

    assert code == 1
    assert "ERROR" in out
    assert (
        "error  turn 1, in subjects.py:raises: KeyError: 'reasoning'\n          in         loop/plain, loop/stream\n"
        in out
    )


def test_a_scaffold_that_hangs_is_stopped_by_the_time_limit(check: Check) -> None:
    began = time.monotonic()
    code, out, _ = check(*own("HANGS"), *LOOP, "--time-limit", "0.3")

    assert code == 1
    assert "turn 1: timeout: no answer within 0.3 seconds; nothing reached the provider" in out
    assert time.monotonic() - began < 120


def test_a_run_that_proves_nothing_exits_with_2(check: Check) -> None:
    code, out, _ = check(*own("SILENT"), *LOOP)

    assert code == 2
    assert "harness-error" in out
    assert "0 model calls in turn 1, where 5 were scripted" in out
    assert "This examination proves nothing" in out


def test_a_subject_whose_client_is_not_installed_is_listed_with_what_to_install(check: Check) -> None:
    code, out, _ = check(*own("ABSENT", "FAITHFUL"), *LOOP)
    assert code == 0
    assert re.search(r"^  DeepSeek +absent +-", out, re.MULTILINE)
    assert "absent  install 'keepthinking[nowhere]'" in out

    assert check(*own("ABSENT"), *LOOP)[0] == 2


def test_a_control_that_came_out_wrong_is_printed(check: Check) -> None:
    del check
    wrong = Control(id="control.x", expected="fail", status="pass", reason="it saw nothing")

    look = Look(strict=False, everything=False, quiet=False, color=False)
    text = as_text(replace(results(cell()), controls=(wrong,)), look)

    assert "control   control.x: pass, but it must be fail: it saw nothing" in text


# -- what is chosen ----------------------------------------------------------------------------------------------------


def test_an_object_may_be_a_subject_a_factory_or_several(check: Check) -> None:
    for name, ids in (
        ("FAITHFUL", {"mini.faithful"}),
        ("faithful", {"mini.faithful"}),
        ("PAIR", {"mini.faithful", "mini.forgetful"}),
    ):
        _, out, _ = check(*own(name), *LOOP, "--list", "--format", "json")
        assert {row["id"].partition("/")[0] for row in json.loads(out)["cells"]} == ids


def test_an_object_is_found_in_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / "my_agent.py").write_text("from tests.conformance.subjects import FAITHFUL as SUBJECT\n")

    done = program("--subject", "my_agent:SUBJECT", *LOOP, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_list_says_what_runs_and_why_the_rest_does_not(check: Check) -> None:
    code, out, _ = check(*own("PLAIN_ONLY", "ABSENT"), "--list", "--profile", "deepseek")

    assert code == 0
    assert "mini.plain-only/deepseek/loop/plain  runs\n" in out
    assert "mini.plain-only/deepseek/loop/stream  unsupported: the subject cannot stream\n" in out
    assert "mini.absent/deepseek/loop/plain  absent: install 'keepthinking[nowhere]'\n" in out
    assert len(out.splitlines()) == 1 + 2 * 2 * len(SCENARIOS)


def test_perturbations_are_chosen_by_pattern_and_by_set(check: Check) -> None:
    def listed(*arguments: str) -> list[str]:
        code, out, _ = check(*own("FAITHFUL"), *arguments, "--list", "--format", "json")
        assert code == 0
        return [cell["id"] for cell in json.loads(out)["cells"] if cell["status"] == "runs"]

    some = listed("--perturb", "results.h*", "--profile", "deepseek")
    every = listed("--set", "perturbed")

    assert [name.partition("second-turn/")[2] for name in some] == ["plain~results.huge", "stream~results.huge"]
    assert {name.partition("~")[2] for name in every} >= {"tools.decoy", "results.empty"}
    assert not any("~" in name for name in listed("--set", "every"))


def test_a_perturbed_run_is_replayed_by_its_id(check: Check) -> None:
    name = "mini.faithful/deepseek/second-turn/plain~results.json"

    code, found = data(check, *own("FAITHFUL"), "--id", name)

    assert code == 0
    assert [(cell["id"], cell["perturbation"], cell["status"]) for cell in found["cells"]] == [
        (name, "results.json", "pass")
    ]


def test_the_list_as_data_has_a_status_and_a_reason_for_each_cell(check: Check) -> None:
    code, out, _ = check(*own("PLAIN_ONLY"), "--list", "--set", "every", "--format", "json")

    listed = json.loads(out)
    assert code == 0
    assert listed["schema"] == "keepthinking-plan/1"
    assert len(listed["cells"]) == 2 * len(SCENARIOS) * len(PROVIDERS)
    assert {row["status"] for row in listed["cells"]} == {"runs", "unsupported"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-framework"], "no adapter named 'no-such-framework'"),
        (["agents/mine.py"], "name your own by its import path, --subject agents.mine:SUBJECT"),
        (["my_agent:MINE"], "--subject my_agent:MINE"),
        (["--subject", "./my_agent.py:MINE"], "is a file: name your own by its import path, --subject my_agent:MINE"),
        (["--subject", "my_agent.py"], "--subject my_agent:SUBJECT"),
        ([*own("FAITHFUL"), "--profile", "deepsek"], "did you mean 'deepseek'"),
        ([*own("FAITHFUL"), "--scenario", "lop"], "did you mean 'loop'"),
        ([*own("FAITHFUL"), "--id", "mini.faithful/deepseek/lop/plain"], "did you mean 'mini.faithful/deepseek/loop/"),
        (["--subject", f"{HOME}:ABSEND"], "cannot load 'tests.conformance.subjects:ABSEND': AttributeError"),
        (["--subject", "no.such.module:X"], "cannot load 'no.such.module:X': ModuleNotFoundError"),
        (["--subject", f"{HOME}:NO_SUBJECT"], "is no subject: a str without id, framework, variant"),
        ([*own("FAITHFUL", "faithful")], "two subjects have one id: mini.faithful"),
        (
            [*own("breaks")],
            "cannot call 'tests.conformance.subjects:breaks': RuntimeError: the factory is broken (raised",
        ),
        ([*own("LIST_OF_CAPABILITIES")], "`capabilities` is a list, and has to be a set of names"),
        ([*own("TEXT_REQUIRES")], "`requires` has to be a tuple of `Requirement`"),
        ([*own("SLASHED")], "`id` is 'mini/slashed'"),
        ([*own("UNKNOWN_CAPABILITY")], "no capability named 'steam' (fault: caller); did you mean 'stream'"),
        ([*own("UNKNOWN_PROFILE")], "no profile named 'deepsek' (fault: caller); did you mean 'deepseek'"),
        ([*own("UNKNOWN_DIALECT")], "no dialect named 'openai-chatt' (fault: caller); did you mean 'openai-chat'"),
        ([*own("FAITHFUL"), "--time-limit", "nan"], "--time-limit"),
        ([*own("FAITHFUL"), "--jobs", "0"], "--jobs"),
        ([*own("FAITHFUL"), "--scorecard", "no-such-file.json"], "does not exist"),
        ([*own("FAITHFUL"), *LOOP, "--update-scorecard", "unused.json"], "these are of: none"),
        (
            [*own("STOCK"), *LOOP, "--only-for", "agents<2"],
            "--only-for says for which versions --update-scorecard records",
        ),
        (
            [*own("STOCK"), *LOOP, "--update-scorecard", "unused.json", "--only-for", "agents=<2"],
            "'=<2' is not a version",
        ),
        (["--perturb", "tools.gone"], "no perturbation named 'tools.gone'"),
        (["--perturb", "tools.*", "--set", "core"], "--set core` has none"),
    ],
)
def test_a_call_that_cannot_work_exits_with_3_and_says_what_would(
    check: Check, arguments: list[str], said: str
) -> None:
    code, out, err = check(*arguments)

    assert (code, out) == (3, "")
    assert said in err


def test_a_framework_that_is_not_installed_says_which_extra_installs_it() -> None:
    code = """
import sys
from keepthinking.hookspecs import AdapterSpec, Requirement, hookimpl
from keepthinking.plugins import get_manager
from tests.conformance.console import run

class Plugin:
    @staticmethod
    @hookimpl
    def keepthinking_adapters():
        return [AdapterSpec("nowhere", Requirement("no-such-distribution", ">=1", extra="nowhere"), "no.where:X")]

get_manager().register(Plugin, "nowhere")
sys.exit(run("nowhere"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 3
    assert "the framework 'nowhere' cannot be examined" in done.stderr
    assert "install 'keepthinking[nowhere]'" in done.stderr


def test_without_the_extra_the_help_is_there_and_a_run_says_what_to_install() -> None:
    code = """
import sys
sys.modules["starlette"] = sys.modules["uvicorn"] = None
from tests.conformance.console import run
from keepthinking.cli import run as run_cli
assert run("--list", "--subject", "tests.conformance.subjects:FAITHFUL") == 0
assert run_cli(["--help"]) == 0
sys.exit(run("--subject", "tests.conformance.subjects:FAITHFUL"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 2, done.stderr
    assert re.search(r"check +Examine scaffolds", done.stdout)
    assert "the server of the scripted provider is not installed" in done.stderr
    assert "install 'keepthinking[conformance]'" in done.stderr


def test_where_no_framework_is_installed_the_call_says_what_to_install() -> None:
    code = """
import sys
from keepthinking import plugins
from keepthinking.hookspecs import AdapterSpec, Requirement, hookimpl
from tests.conformance.console import run

class Plugin:
    @staticmethod
    @hookimpl
    def keepthinking_adapters():
        return [AdapterSpec("nowhere", Requirement("no-such-distribution", ">=1", extra="nowhere"), "no.where:X")]

plugins._manager = plugins.Manager(entry_points=False)
plugins.get_manager().register(Plugin, "nowhere")
sys.exit(run())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 3
    assert "no framework is installed that could be examined" in done.stderr
    assert "nowhere: pip install 'keepthinking[nowhere]'" in done.stderr


# -- forms -------------------------------------------------------------------------------------------------------------


def test_the_json_has_a_schema_and_one_order(check: Check) -> None:
    arguments = (*own("FORGETFUL", "FAITHFUL"), "--profile", "anthropic", "--scenario", "redacted", "--seed", "3")
    code, first = data(check, *arguments)
    _, second = data(check, *arguments, "--jobs", "4")

    assert code == 1
    assert first["schema"] == "keepthinking-results/1"
    assert list(first) == list(Results.__struct_fields__)
    assert [c["id"] for c in first["cells"]] == [
        f"mini.{name}/anthropic/redacted/{mode}" for name in ("forgetful", "faithful") for mode in ("plain", "stream")
    ]
    assert first["summary"]["exit"] == 1
    assert first["seed"] == 3
    assert {c["expected"] == c["status"] for c in first["controls"]} == {True}
    for found in (first, second):
        found["summary"]["seconds"] = 0
        for row in found["cells"]:
            row["seconds"] = 0
    assert first == second


def test_the_results_are_also_written_to_a_file(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    _, out, _ = check(*own("FAITHFUL"), *LOOP, "--out", path, "--format", "json")

    assert path.read_text(encoding="utf-8") == out


def test_a_file_that_cannot_be_written_exits_with_2(check: Check, tmp_path: Path) -> None:
    code, _, err = check(*own("FAITHFUL"), *LOOP, "--out", tmp_path / "no" / "such" / "results.json")

    assert code == 2
    assert "cannot write" in err


@pytest.mark.parametrize("option", ["--out", "--update-scorecard"])
def test_what_cannot_be_written_is_told_before_the_run(check: Check, tmp_path: Path, option: str) -> None:
    before = len(subjects.STOCK.closed)

    code, out, err = check(*own("STOCK"), *LOOP, option, tmp_path / "no" / "file.json")

    assert (code, out) == (2, "")
    assert f"{option}: cannot write" in err
    assert len(subjects.STOCK.closed) == before


def test_a_broken_scorecard_is_refused_before_the_run(check: Check, tmp_path: Path) -> None:
    before = len(subjects.STOCK.closed)
    path = tmp_path / "card.json"
    path.write_text("{}")

    code, out, err = check(*own("STOCK"), *LOOP, "--update-scorecard", path)

    assert (code, out, len(subjects.STOCK.closed)) == (2, "", before)
    assert "is no scorecard" in err


@pytest.mark.parametrize(
    ("text", "said"), [("import sys\nsys.exit(0)\n", "SystemExit: 0"), ("def f(:\n", "SyntaxError")]
)
def test_a_module_that_cannot_be_imported_exits_with_3(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    name = f"broken_{said[:6].lower()}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    code, out, err = check("--subject", f"{name}:X")

    assert (code, out) == (3, "")
    assert f"cannot load '{name}:X': {said}" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_report_that_cannot_be_printed_exits_with_2() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tests.conformance.console", *own("FAITHFUL"), *LOOP],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )

    assert done.returncode == 2
    assert "cannot write to the standard output" in done.stderr


def test_the_markdown_is_the_table(check: Check) -> None:
    code, out, _ = check(*own("FORGETFUL"), *LOOP, "--format", "markdown")

    assert code == 1
    assert "| mini.forgetful | DeepSeek | **no**, 0 of 20 | - | yes | yes | - | **no** | **no** |" in out


def test_quiet_prints_only_what_fails(check: Check) -> None:
    _, out, _ = check(*own("FAITHFUL"), *LOOP, "--quiet")
    assert out == "Nothing fails.\n"

    _, out, _ = check(*own("FORGETFUL", "FAITHFUL"), *LOOP, "--quiet")
    assert "mini.faithful" not in out
    assert "thinking.kept.in-loop" in out


def test_all_prints_each_finding_and_what_does_not_apply(check: Check) -> None:
    arguments = (*own("FORGETFUL"), "--profile", "deepseek", "--scenario", "loop", "--scenario", "redacted")

    _, few, _ = check(*arguments)
    _, more, _ = check(*arguments, "--all")

    assert few.count("said in") == 1
    assert more.count("said in") == 8
    assert (
        "unsupported  `openai-chat` has no such blocks\n          in         redacted/plain, redacted/stream\n" in more
    )
    assert "`--all` says why" in few
    assert "`--all` says why" not in more


def test_the_text_is_plain_and_fits_80_columns() -> None:
    done = program(*own("FAITHFUL", "FORGETFUL", "ABSENT", "RAISES"), "--time-limit", "20")

    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    table = done.stdout.partition("\n\nmini.forgetful, ")[0].splitlines()
    assert len(table) > 40
    assert max(map(len, table)) <= 80
    rest = [line for line in done.stdout.splitlines() if not re.search(r"replay|https?://|said in|seen in", line)]
    assert max(map(len, rest)) <= 80


def test_a_terminal_that_knows_only_ascii_breaks_nothing() -> None:
    done = program(*own("FAITHFUL"), *LOOP, env={"PYTHONIOENCODING": "ascii"})

    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_scaffold_logs_is_not_printed() -> None:
    done = program(*own("LOGS"), *LOOP)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_has_examples_and_exit_codes(check: Check) -> None:
    code, out, _ = check("--help")

    assert code == 0
    assert "keepthinking check langchain --list" in out
    assert re.findall(r"^    (\d+) ", out, re.MULTILINE) == ["0", "1", "2", "3", "130"]
    assert all(len(line) <= 120 for line in out.splitlines())


# -- the scorecard -----------------------------------------------------------------------------------------------------


def test_a_recorded_loss_passes_and_every_change_of_it_fails(check: Check, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"

    assert check(*own("STOCK"), *LOOP, "--update-scorecard", good)[0] == 0
    assert check(*own("STOCK_FORGETFUL"), *LOOP, "--update-scorecard", bad)[0] == 0

    code, out, _ = check(*own("STOCK_FORGETFUL"), *LOOP, "--scorecard", bad)
    assert code == 0
    assert "FAIL 0 of 20" in out
    assert "mini.stock, as recorded\n" in out
    assert "2 runs of stock clients lose what they are known to lose." in out

    code, out, _ = check(*own("STOCK_FORGETFUL"), *LOOP, "--scorecard", good)
    assert code == 1
    assert "mini.stock, not as recorded\n" in out
    assert "  differs  status\n          recorded   pass\n          found      fail\n" in out
    assert "          in         loop/plain, loop/stream\n" in out
    assert "10 dropped" not in out
    replayed = check(*own("STOCK_FORGETFUL"), "--scorecard", good, "--id", "mini.stock/deepseek/loop/plain")
    assert (replayed[0], "differs  status" in replayed[1]) == (1, True)

    code, out, _ = check(*own("STOCK"), *LOOP, "--scorecard", bad)
    assert code == 1
    assert "recorded   thinking.kept.in-loop dropped MUST by deepseek.v4.chat\n          found      none" in out

    code, _, err = check(*own("STOCK"), *LOOP, "--update-scorecard", bad)
    assert (code, err) == (0, f"recorded in {bad}: 2 cells, 2 of them differ from before\n")


def test_a_scorecard_that_is_none_exits_with_2_and_says_where(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("{}")

    code, _, err = check(*own("STOCK"), *LOOP, "--scorecard", path)

    assert code == 2
    assert "'card.json' is no scorecard" in err


def test_a_cell_that_is_replayed_alone_is_held_to_the_same_recording(check: Check, tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    streamed = (*own("STOCK_STREAMED"), "--profile", "deepseek", "--scenario", "loop")
    check(*streamed, "--update-scorecard", card)

    code, out, _ = check(*streamed, "--scorecard", card, "--id", "mini.stock/deepseek/loop/stream")

    assert code == 0
    assert "stream.thinking.kept" in out


# -- the end -----------------------------------------------------------------------------------------------------------


def program(
    *arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), *(str(Path(p).resolve()) for p in sys.path if p)])
    return subprocess.run(
        [sys.executable, "-m", "tests.conformance.console", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": paths, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("name", ["HANGS_IN_A_THREAD", "SWALLOWS"])
def test_a_scaffold_that_nothing_ends_is_left_behind_and_the_others_are_judged(name: str) -> None:
    done = program(*own(name, "FAITHFUL"), *LOOP, "--time-limit", "10", "--format", "json")

    assert (done.returncode, done.stderr) == (1, "")
    statuses = {cell["id"]: cell["status"] for cell in json.loads(done.stdout)["cells"]}
    assert sorted(statuses.values()) == ["error", "error", "pass", "pass"]


def test_what_a_scaffold_writes_past_python_does_not_reach_the_report() -> None:
    done = program(*own("PRINTS_PAST_PYTHON"), *LOOP, "--format", "json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["summary"]["statuses"] == {"pass": 2}
    assert "writes to the descriptor" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("name", ["HANGS_IN_A_THREAD", "SWALLOWS"])
def test_the_first_ctrl_c_ends_even_a_scaffold_that_nothing_ends(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.console", *own(name), *LOOP],
        cwd=ROOT,
        env={**os.environ, "KEEPTHINKING_TEST_MARK": str(mark)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    finally:
        running.kill()

    assert running.returncode == 130
    assert out.endswith("Interrupted: none of 2 runs was played.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_prints_what_was_finished_and_exits_with_130(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    arguments = [*own("FAITHFUL", "HANGS"), *LOOP, "--jobs", "1"]
    running = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.conformance.console", *arguments],
        cwd=ROOT,
        env={**os.environ, "KEEPTHINKING_TEST_MARK": str(mark)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        # Two runs go on at the same time: where both hang, the others are finished.
        while lines_of(mark) < 2 and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()

    assert (running.returncode, err) == (130, "")
    assert "mini.faithful" in out
    assert "mini.hangs" not in out
    assert out.endswith("Interrupted: 2 of 4 runs were played.\n")


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0
