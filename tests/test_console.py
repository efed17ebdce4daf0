"""The console script; `nox -s bare` also follows its install line, in a real base install."""

import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

SCRIPT = str(Path(sysconfig.get_path("scripts"), "keepthinking"))
PROGRAM = {"console script": [SCRIPT], "python -m": [sys.executable, "-m", "keepthinking"]}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def without(module: str) -> list[str]:
    """The program, in an interpreter where `module` cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from keepthinking._console import main"
    return [sys.executable, "-c", f"{code}; sys.exit(main(sys.argv[1:]))"]


@pytest.mark.parametrize("program", PROGRAM.values(), ids=PROGRAM)
def test_version_is_that_of_the_distribution(program: list[str]) -> None:
    done = run(*program, "--version")

    assert done.stdout == f"keepthinking {version('keepthinking')}\n"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["click", "rich", "keepthinking.cli"])
def test_version_needs_no_extra(module: str) -> None:
    assert run(*without(module), "--version").returncode == 0


@pytest.mark.parametrize("module", ["click", "rich"])
def test_an_absent_extra_is_one_line_that_installs_it(module: str) -> None:
    done = run(*without(module), "audit", "traffic.jsonl")

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f'{sys.executable} -m pip install "keepthinking[cli]"\n')


@pytest.mark.extras
def test_another_failing_import_is_not_taken_for_an_absent_extra() -> None:
    done = run(*without("keepthinking.cli"), "audit", "traffic.jsonl")

    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr
    assert "pip install" not in done.stderr


@pytest.mark.extras
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["no-such-command"], 3), (["audit", "--no-such-option"], 3)],
    ids=["help", "unknown command", "unknown option"],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert run(SCRIPT, *arguments).returncode == code
