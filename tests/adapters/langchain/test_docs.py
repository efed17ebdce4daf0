"""What the pages say of LangChain: the examples run, and the table of verdicts is what a run says."""

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

from keepthinking.hookspecs import AdapterSpec

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "adding-an-adapter.md").read_text(encoding="utf-8")

EXAMPLES = [
    code for code in re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) if "langchain" in code
]
VERDICTS = re.compile(r"<!-- verdicts: `(.+?)` -->\n(.*?)<!-- end of verdicts -->", re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: re.findall(r'profile="(.+?)"', code)[0])
def test_the_examples_run(opened: Any, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    # The examples name vendors; here each of them is the scripted provider, so an address and a key are put in.
    def at_home(match: re.Match[str]) -> str:
        talk = opened("single", match[1])
        return f'{match[0]}, base_url="{talk.base_url}", api_key="none"'

    subprocess.run([sys.executable, "-c", re.sub(r'profile="(.+?)"', at_home, code)], check=True)

    printed = capfd.readouterr().out.splitlines()
    assert len(printed) == code.count("print(") + 2 * code.count("for model in")
    assert all(printed)


@pytest.mark.skipif(
    Version(version("langchain-anthropic")) < Version("1.5.3"),
    reason="the table shows current clients; before 1.5.3 langchain-anthropic altered empty thoughts of streams",
)
def test_the_table_of_verdicts_is_what_a_run_says() -> None:
    found = VERDICTS.search(README)
    assert found is not None
    program, *arguments = found[1].split()
    script = Path(sysconfig.get_path("scripts"), program)
    done = subprocess.run([script, *arguments], capture_output=True, check=False, cwd=ROOT, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert found[2].strip() in done.stdout


def test_the_example_of_a_plug_in_is_one() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102 - our own page

    (spec,) = scope["keepthinking_adapters"]()
    assert isinstance(spec, AdapterSpec)
    assert spec.requires is not None
    assert spec.requires.allows("3.1")


def test_the_page_for_contributors_names_every_file_of_the_room() -> None:
    room = ROOT / "adapters" / "keepthinking_adapters" / "langchain"

    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    assert {path.name for path in room.glob("*.py")} <= named
