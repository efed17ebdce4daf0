"""docs/converting.md is executed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from keepthinking.convert import Thoughts

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "converting.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_python_examples_run() -> None:
    assert blocks("python")
    for code in blocks("python"):
        subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


@pytest.mark.extras
def test_the_command_converts_the_sample() -> None:
    (command,) = blocks("sh")
    _, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", "keepthinking", *arguments], cwd=ROOT, capture_output=True, check=False, text=True
    )

    assert done.returncode == 1, done.stderr  # the thought has no seal
    assert '"tool_use"' in done.stdout
    assert "a thought" in done.stderr


def test_the_table_of_policies_is_complete() -> None:
    assert set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE)) == set(get_args(Thoughts))


def test_the_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", PAGE)

    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
