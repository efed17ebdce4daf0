"""README.md is executed as far as a test can: the clone, the venv and the nox run are CI's part."""

import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


CHECK, AUDIT, TEST = (block.strip() for block in blocks("sh"))
FRAMEWORKS = "keepthinking_adapters."
"""What an example imports that runs with its framework's own tests."""


def test_ci_runs_exactly_the_test_command() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == TEST


def test_the_windows_line_stands_beside_each_command() -> None:
    def windows(command: str) -> str:
        command = command.replace("python3", "py").replace(".venv/bin/", ".venv/Scripts/")
        return command.replace("/", "\\")

    assert [windows(CHECK), windows(TEST)] == [block.strip() for block in blocks("bat")]


def test_the_extras_of_the_install_lines_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    named = {extra for extras in re.findall(r'"\.\[(.+?)\]"', README) for extra in extras.split(",")}

    assert named <= project["optional-dependencies"].keys()


def test_the_check_command_installs_what_the_frameworks_stock_clients_need() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    named = {name for name in shlex.split(CHECK) if name.startswith("lang")} - {"langchain"}

    assert named < {re.split("[><=]", requirement)[0] for requirement in groups["langchain"]}


@pytest.mark.extras
def test_the_audit_command_finds_what_the_sample_lost() -> None:
    program, *arguments = shlex.split(AUDIT.removeprefix(".venv/bin/"))
    script = Path(sysconfig.get_path("scripts"), program)
    done = subprocess.run([script, *arguments], cwd=ROOT, capture_output=True, check=False, text=True)

    assert done.returncode == 1, done.stderr
    assert "thinking" in done.stdout


def test_the_python_examples_run() -> None:
    for code in (block for block in blocks("python") if FRAMEWORKS not in block):
        subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


def test_the_links_inside_the_repository_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
