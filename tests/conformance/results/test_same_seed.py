"""Same seed, same JSON: two runs in one process, two in processes of their own, whatever the number of workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from keepthinking_conformance.results import shipped, stable
from tests.conformance.console import run
from tests.conformance.test_check import ROOT, own

pytestmark = pytest.mark.extras

SET = (*own("FAITHFUL", "FORGETFUL", "RAISES", "PLAIN_ONLY", "ABSENT", "SILENT"), "--seed", "11")
WHAT = ("--profile", "deepseek", "--profile", "anthropic", "--scenario", "loop", "--scenario", "resume")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def there(path: Path, *arguments: str, hashes: str) -> Any:
    """Run the set in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "tests.conformance.console", *SET, *WHAT, *arguments, "--out", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        check=False,
        capture_output=True,
        timeout=300,
    )
    return read(path)


def test_the_same_seed_gives_the_same_json_wherever_it_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(*SET, *WHAT, "--jobs", 1, "--out", tmp_path / f"{name}.json")
    here, again = read(tmp_path / "a.json"), read(tmp_path / "b.json")
    alone = there(tmp_path / "c.json", "--jobs", "1", hashes="1")
    spread = there(tmp_path / "d.json", "--jobs", "2", hashes="2")

    assert {cell["status"] for cell in here["cells"]} >= {"pass", "fail", "error", "unsupported", "absent"}
    assert stable(here) == stable(again) == stable(alone) == stable(spread)
    validator = Draft202012Validator(json.loads(shipped()))
    for written in (here, again, alone, spread):
        validator.validate(written)


def test_another_seed_gives_other_words(tmp_path: Path) -> None:
    small = (*own("FORGETFUL"), "--profile", "deepseek", "--scenario", "loop")
    for seed in ("1", "2"):
        run(*small, "--seed", seed, "--out", tmp_path / f"{seed}.json")
    one, other = (stable(read(tmp_path / f"{seed}.json")) for seed in ("1", "2"))

    assert one != other
    assert [f["said"] for f in one["cells"][0]["findings"]] != [f["said"] for f in other["cells"][0]["findings"]]
    assert [cell["status"] for cell in one["cells"]] == [cell["status"] for cell in other["cells"]]
