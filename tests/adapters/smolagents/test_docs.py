"""What the page says of smolagents: the examples run, and the table of verdicts is what a run says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import sysconfig
from importlib.metadata import metadata, requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from keepthinking_adapters.smolagents._subjects import SUBJECTS
from tests.adapters.spoken import in_words, spoken

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "smolagents.md").read_text(encoding="utf-8")

CODE, TOOLS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
VERDICTS = re.compile(r"<!-- verdicts: `(.+?)` -->\n(.*?)<!-- end of verdicts -->", re.DOTALL)


def run(code: str, folder: Path) -> list[str]:
    """Run an example, and give the lines that it prints."""
    # A tool is made of the source of its function, so the example has to stand in a file.
    example = folder / "example.py"
    example.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, example], capture_output=True, check=True, encoding="utf-8")
    return [line for line in done.stdout.splitlines() if line.strip()]


def test_the_example_of_code_runs(tmp_path: Path) -> None:
    # The example names a vendor; here it is the scripted provider, so an address and a key are put in.
    answer = in_words("<code>final_answer('Oslo')</code>", "I know.\n<code>\nfinal_answer('Rome')\n</code>")
    with spoken("minimax-split", [answer]) as talk:
        here = f'profile="minimax-split", base_url="{talk.endpoint.base_url}", api_key="none"'
        printed = run(CODE.replace('profile="minimax-split"', here), tmp_path)

    assert printed == ["Rome"]


def test_the_example_of_tools_runs(opened: Any, tmp_path: Path) -> None:
    def at_home(match: re.Match[str]) -> str:
        talk = opened("single", match[1])
        return f'{match[0]}, base_url="{talk.base_url}", api_key="none"'

    printed = run(re.sub(r'profile="(.+?)"', at_home, TOOLS), tmp_path)

    assert len(printed) >= TOOLS.count("print(")


CLAIMS = re.search(r"<!-- claims: .+? -->\n.*?\n\|---.*?\n(.*?)<!-- end of claims -->", PAGE, re.DOTALL)
CARD = files("keepthinking_conformance") / "scorecards" / "smolagents.json"


def test_each_claim_is_a_cell_that_was_recorded_and_shows_what_is_said() -> None:
    assert CLAIMS is not None
    rows = [[part.strip() for part in row.strip("|").split("|")] for row in CLAIMS[1].splitlines()]
    cells = json.loads(CARD.read_text(encoding="utf-8"))["cells"]

    assert len(rows) > 10
    for _, says, cell in rows:
        seen = cells[cell.strip("`")][0]
        shown = {*seen["fates"], *(finding["check"] for finding in seen["findings"])}
        named = re.findall(r"`(.+?)`", says)
        assert named, cell
        assert {*named} <= shown, cell


def test_the_line_that_installs_brings_what_the_stock_clients_need() -> None:
    (line,) = re.findall(r"pip install (.+?) &&", PAGE)
    given = {Requirement(word).name for word in shlex.split(line) if not word.startswith(".[")}
    extras = {*re.findall(r"\.\[(.+?)\]", line)[0].split(",")}
    wanted = {need.distribution for subject in SUBJECTS for need in subject.requires}

    assert extras == {"conformance", "smolagents"}
    assert extras <= set(metadata("keepthinking").get_all("Provides-Extra") or ())
    always = [need for need in map(Requirement, requires("smolagents") or ()) if "extra" not in str(need.marker)]
    brought = {need.name for need in always} | {"smolagents", "httpx2"}
    assert wanted - brought == given


@pytest.mark.skipif(
    Version(version("smolagents")) < Version("1.26"),
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
