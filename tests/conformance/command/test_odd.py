"""Commands that do odd things: none of them passes, none of them does harm, and each is told what is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.command.agents import python
from tests.conformance.console import run

pytestmark = pytest.mark.extras

LOOP = ("--profile", "deepseek", "--scenario", "loop")
Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Examine an odd agent; give the exit code and the first cell."""

    def call(habit: str, *options: object, prompt: str = " {prompt}") -> tuple[int, dict[str, Any]]:
        out = tmp_path / "results.json"
        code = run("--command", python("odd", habit) + prompt, *LOOP, "--out", out, "--quiet", *options)
        capsys.readouterr()
        cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
        return code, next(cell for cell in cells if cell["mode"] == "plain")

    return call


def test_a_command_that_never_calls_a_tool_is_unsupported(check: Check) -> None:
    code, cell = check("toolless")

    assert (code, cell["status"]) == (2, "unsupported")
    assert "it declares no tool" in cell["reason"]


def test_a_terminal_says_why_nothing_was_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--command", f"{python('odd', 'toolless')} {{prompt}}", *LOOP) == 2

    shown = capsys.readouterr().out
    assert "unsupported  it declares no tool" in shown
    assert "This examination proves nothing." in shown


def test_a_command_with_dangerous_tools_alone_is_unsupported_and_none_is_called(check: Check, tmp_path: Path) -> None:
    code, cell = check("dangerous", "--rules", logged(tmp_path))

    assert (code, cell["status"]) == (2, "unsupported")
    assert "`write_file`: no table knows it as one that only looks" in cell["reason"]
    assert "`delete_file`" in cell["reason"]
    assert "[[tools]]" in cell["reason"]
    assert calls(tmp_path) == []


def logged(here: Path, more: str = "") -> Path:
    """Write a rule file by which an agent notes what it is asked to do."""
    path = here / "rules.toml"
    path.write_text(f"[environment]\nODD_LOG = {json.dumps(str(here / 'log'))}\n{more}", encoding="utf-8")
    return path


def calls(here: Path) -> list[list[Any]]:
    log = here / "log"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def test_a_shell_alone_gets_echo_and_nothing_else(check: Check, tmp_path: Path) -> None:
    code, cell = check("shell", "--rules", logged(tmp_path))

    assert (code, cell["status"]) == (0, "pass")
    made = calls(tmp_path)
    assert len(made) >= 5
    for name, arguments in made:
        assert name == "bash"
        assert re.fullmatch(r"echo [a-z ]+ \w{16}", arguments["command"])


def test_a_tool_that_no_table_knows_is_called_as_the_rule_file_says(check: Check, tmp_path: Path) -> None:
    rules = logged(tmp_path, '[[tools]]\nname = "get_weather"\narguments = { city = "{key}" }\n')

    code, cell = check("weather", "--rules", rules)

    assert (code, cell["status"]) == (0, "pass")
    assert cell["checks"]["result.delivered"] == "unsupported"
    assert {name for name, _ in calls(tmp_path)} == {"get_weather"}


def test_a_command_that_asks_for_its_answer_again_is_judged(check: Check) -> None:
    code, cell = check("nags")

    assert (code, cell["status"]) == (0, "pass")
    assert cell["requests"] > 5


def test_where_one_tool_brings_nothing_back_the_next_one_is_called(check: Check) -> None:
    assert check("blind")[1]["status"] == "pass"


@pytest.mark.parametrize(
    ("habit", "why"),
    [
        ("stops", "no result of it came back"),
        ("liar", "what came back is not what it had to find"),
    ],
)
def test_a_command_that_is_offered_a_call_and_sends_no_result_never_passes(habit: str, why: str, check: Check) -> None:
    code, cell = check(habit)

    assert (code, cell["status"]) == (2, "unsupported")
    assert why in cell["reason"]


@pytest.mark.parametrize(
    ("habit", "why"),
    [
        ("crash", "ended by signal 6"),
        ("fail", "ended with exit code 7: Error: the settings are missing"),
        ("hang", "gave no answer within 2 seconds"),
        ("silent", "nothing that is `openai-chat` reached the provider"),
        ("retired", "it printed: It is no longer maintained. Please use the new one."),
        ("inspects", "ended with exit code 1: Oops [AnError]: The call was refused."),
        ("dumps", 'ended with exit code 1: "message": "No such model.",'),
        ("reports", "ended with exit code 1: Unknown error: the settings are missing"),
    ],
)
def test_a_command_that_asks_nothing_is_absent_and_says_why(habit: str, why: str, check: Check) -> None:
    code, cell = check(habit, "--time-limit", "2" if habit == "hang" else "60")

    assert (code, cell["status"]) == (2, "absent")
    assert why in cell["reason"]


def test_a_command_that_hangs_at_a_tool_is_ended(check: Check) -> None:
    began = time.monotonic()
    code, cell = check("hang-later", "--time-limit", "6")  # in which Python starts on a busy machine, too

    assert (code, cell["status"]) == (2, "unsupported")
    assert "it gave no answer within 6 seconds" in cell["reason"]
    assert time.monotonic() - began < 120


def test_a_command_that_demands_a_call_for_an_end_is_told_how_else_it_is_examined(check: Check) -> None:
    code, cell = check("insists")

    assert (code, cell["status"]) == (2, "unsupported")
    assert "it demands a call in every answer" in cell["reason"]
    assert "ValueError: no tool was called" in cell["reason"]


def test_a_command_that_does_not_take_the_users_words_is_told_so(check: Check) -> None:
    code, cell = check("deaf")

    assert (code, cell["status"]) == (2, "unsupported")
    assert "no request of it holds the user's words" in cell["reason"]
    assert "--rules" not in cell["reason"]


def test_a_command_that_fails_where_nothing_is_called_is_told_no_remedy_for_tools(check: Check) -> None:
    code, cell = check("hang-at-once", "--time-limit", "6")

    assert (code, cell["status"]) == (2, "unsupported")
    assert "it fails also where nothing is called (it gave no answer within 6 seconds)" in cell["reason"]
    assert "`read_file`: it was called, and no result of it came back" in cell["reason"]
    assert "--rules" not in cell["reason"]


def test_a_command_that_hangs_in_a_run_is_ended_and_fails(check: Check) -> None:
    code, cell = check("hang-third", "--time-limit", "10")

    assert (code, cell["status"]) == (1, "error")
    assert "timeout: no answer within 10 seconds" in cell["reason"]


def test_a_flood_is_read_and_forgotten(check: Check) -> None:
    assert check("flood")[1]["status"] == "pass"


def test_words_go_to_the_standard_input_where_no_word_stands_for_them(check: Check) -> None:
    assert check("stdin", prompt="")[1]["status"] == "pass"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--command", "no-such-program {prompt}"), "there is no program 'no-such-program'"),
        (("--command", ""), "the command has no words"),
        (("--command", "python3 {promt}"), "stands for nothing"),
        (("--command", "python3 -V", "--rules", "gone.toml"), "does not exist"),
        (("--command", "python3 -V", "--again", "gone-program"), "there is no program 'gone-program'"),
        (("--again", "python3 -V"), "say more of a --command"),
        (("--command", "python3 -V", "langchain"), "is examined alone"),
        (("--command", "python3 -V", "--profile", "no-such"), "no profile that is played named 'no-such'"),
    ],
)
def test_a_call_that_is_wrong_is_a_usage_error(
    options: tuple[str, ...], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options) == 3
    assert what in " ".join(capsys.readouterr().err.split())


def left(mark: str) -> list[str]:
    """Give the command lines of processes that have a word in their variables, and go on having it.

    What was killed is gone when the system has come to it.
    """
    deadline = time.monotonic() + 30
    while (found := [*marked(mark)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def marked(mark: str) -> Iterator[str]:
    for held in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (held / "environ").read_bytes():
                yield (held / "cmdline").read_text(encoding="utf-8")
        except OSError:
            continue


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells which processes have a variable")
def test_what_a_command_leaves_behind_is_ended(check: Check, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(f"[environment]\nODD_MARK = {json.dumps(str(tmp_path))}\n", encoding="utf-8")

    assert check("daemon", "--rules", rules)[1]["status"] == "pass"
    assert left(f"ODD_MARK={tmp_path}") == []


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent by another way there")
@pytest.mark.parametrize("habit", ["hang", "hang-later", "hang-third"])
def test_ctrl_c_leaves_no_process_and_no_folder(habit: str, tmp_path: Path) -> None:
    places = tmp_path / "tmp"
    places.mkdir()
    words = [
        sys.executable,
        "-m",
        "tests.conformance.console",
        "--command",
        f"{python('odd', habit)} {{prompt}}",
        *LOOP,
    ]
    own = {**os.environ, "TMPDIR": str(places)}
    with subprocess.Popen(words, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            until(places, ".hangs")
            program.send_signal(signal.SIGINT)
            code = program.wait(timeout=60)
        finally:
            program.kill()

    assert code == 130
    assert list(places.iterdir()) == []
    assert left(f"TMPDIR={places}") == []


def until(places: Path, name: str) -> None:
    """Wait until a file of that name is somewhere below a place; folders come and go there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(name in files for _, _, files in os.walk(places)):  # unlike a glob it passes over what has just gone
            return
        time.sleep(0.05)
    raise AssertionError(f"no {name} in {places}")
