"""What the pages say of AutoGen: the examples run, and the table of verdicts is what a run says."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tests.adapters.autogen.test_teams import loop, round_robin
from tests.adapters.spoken import spoken

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "autogen.md").read_text(encoding="utf-8")

EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
VERDICTS = re.compile(r"<!-- verdicts: `(.+?)` -->\n(.*?)<!-- end of verdicts -->", re.DOTALL)


def test_the_example_runs(opened: Any) -> None:
    # The example names a vendor; here it is the scripted provider, so an address and a key are put in.
    def at_home(match: re.Match[str]) -> str:
        talk = opened("single", match[1])
        return f'{match[0]}, base_url="{talk.base_url}", api_key="none"'

    code, _ = EXAMPLES
    here = re.sub(r'profile="(.+?)"', at_home, code)
    done = subprocess.run([sys.executable, "-c", here], capture_output=True, check=True, encoding="utf-8")

    printed = done.stdout.splitlines()
    assert len(printed) == code.count("print(")
    assert all(printed)


def test_the_example_of_a_team_prints_what_was_thought_and_what_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    held: dict[str, Any] = {}
    exec(compile(EXAMPLES[1], "docs/autogen.md", "exec"), held)  # noqa: S102 - our own page

    with spoken("anthropic", loop("Ann")) as ann, spoken("anthropic", loop("Bob")) as bob:
        asyncio.run(held["said"](round_robin(ann, bob, max_turns=2)))

    thought, *lost = capsys.readouterr().out.splitlines()
    assert "Bob: compare." in thought
    assert {line.split()[0] for line in lost} == {"seal.kept"}


@pytest.mark.skipif(
    Version(version("autogen-ext")) < Version("0.7.5"),
    reason="before, AutoGen's own clients did not ask for thinking, and are not examined",
)
def test_the_table_of_verdicts_is_what_a_run_says() -> None:
    found = VERDICTS.search(PAGE)
    assert found is not None
    program, *arguments = found[1].split()
    script = Path(sysconfig.get_path("scripts"), program)
    done = subprocess.run([script, *arguments], capture_output=True, check=False, cwd=ROOT, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert found[2].strip() in done.stdout
