"""What the pages say of LlamaIndex: the examples run, and the table of verdicts is what a run says."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "llama-index.md").read_text(encoding="utf-8")

EXAMPLES = [
    code
    for text in (README, PAGE)
    for code in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if "llama_index" in code
]
VERDICTS = re.compile(r"<!-- verdicts: `(.+?)` -->\n(.*?)<!-- end of verdicts -->", re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=["readme", "page", "memory", "settle", "ended"])
def test_the_examples_run(opened: Any, code: str) -> None:
    # The examples name vendors; here each of them is the scripted provider, so an address and a key are put in.
    def at_home(match: re.Match[str]) -> str:
        talk = opened("single", match[1])
        return f'{match[0]}, base_url="{talk.base_url}", api_key="none"'

    here = re.sub(r'profile="(.+?)"', at_home, code)
    done = subprocess.run([sys.executable, "-c", here], capture_output=True, check=True, encoding="utf-8")

    printed = done.stdout.splitlines()
    assert len(printed) == code.count("print(")
    assert all(printed)


@pytest.mark.skipif(
    Version(version("pydantic")) < Version("2.14") or Version(version("anthropic")) < Version("1"),
    reason="the table shows what a plain install gives today",
)
def test_the_table_of_verdicts_is_what_a_run_says() -> None:
    found = VERDICTS.search(PAGE)
    assert found is not None
    program, *arguments = found[1].split()
    script = Path(sysconfig.get_path("scripts"), program)
    done = subprocess.run([script, *arguments], capture_output=True, check=False, cwd=ROOT, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert found[2].strip() in done.stdout
