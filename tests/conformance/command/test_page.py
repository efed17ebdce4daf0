"""docs/cold-start.md is executed: its agent, its commands, its rule file and its tables."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from keepthinking_conformance.command import PLACEHOLDERS, rules_of
from tests.node import NODE

PAGE = (Path(__file__).parents[3] / "docs" / "cold-start.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def checked(here: Path, agent: str) -> subprocess.CompletedProcess[str]:
    """Run the page's last command on an agent."""
    (here / "agent.mjs").write_text(agent, encoding="utf-8")
    _, *words = shlex.split(blocks("sh")[-1])
    own = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "keepthinking", *words]
    return subprocess.run(command, cwd=here, env=own, capture_output=True, text=True, check=False)


@pytest.mark.extras
def test_the_agent_fails_as_the_page_says_and_passes_as_it_says(tmp_path: Path) -> None:
    (agent,) = blocks("js")
    done = checked(tmp_path, agent)
    assert (done.returncode, done.stderr) == (1, "")
    assert "reasoning_content" in done.stdout
    assert "seen in    request 2" in done.stdout

    kept = agent.replace("const { content, tool_calls } = (await", "const message = (await")
    kept = re.sub(r"messages\.push\(\{ role: \"assistant\".*", "messages.push(message);", kept)
    kept = kept.replace("if (!tool_calls)", "const { content, tool_calls } = message;\n  if (!tool_calls)")
    done = checked(tmp_path, kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing fails." in done.stdout


def test_the_rule_file_is_one() -> None:
    (text,) = blocks("toml")

    rules = rules_of(tomllib.loads(text))

    assert [pin.binding.finds for pin in rules.tools] == ["anything", "file"]


def test_the_placeholders_are_those_of_the_table() -> None:
    rows = re.findall(r"^\| `\{(\w+)\}` \| (.+) \|$", PAGE, re.MULTILINE)

    assert dict(rows) == PLACEHOLDERS
