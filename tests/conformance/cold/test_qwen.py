"""Qwen Code 0.24.4, from npm: a cold start of a coding agent that was not written for this.

What it does is stated here finding by finding. That it trims thoughts and leaves out `redacted_thinking` was traced in
its own code (`chunk-DPEB6S2R.js`, `chunk-YIHOHHJL.js` and `anthropicContentGenerator` of the package); the rest was
seen on the wire. Where a later version does otherwise, this says so.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.console import run
from tests.node import NODE

pytestmark = pytest.mark.extras

PROGRAM = Path(os.environ["KEEPTHINKING_COLD"]) / "node_modules/@qwen-code/qwen-code/cli-entry.js"
QWEN = shlex.join([str(NODE), str(PROGRAM)])

Found = set[tuple[str, str, str]]
ARGUMENTS = ("arguments.verbatim", "SHOULD", "normalised")
"""It parses the arguments of a call and writes them anew: equal as JSON, without the white space."""
TRIMMED = ("thinking.unaltered", "MUST", "altered")
"""It trims white space from both ends of each thought (`consolidateModelResponseParts`)."""
DATED = ("prefix.unaltered", "MAY", "altered")
"""What it told of the date in the last turn is not in the history that `--continue` reads."""

DOES: Mapping[str, Mapping[str, Found]] = {
    "deepseek": {"loop": {ARGUMENTS, TRIMMED}, "second-turn": {ARGUMENTS, TRIMMED, DATED}},
    "anthropic": {
        "loop": set(),
        "second-turn": {DATED},
        # It has no place for the data of such a block, and leaves the block out.
        "redacted": {("redacted.kept", "MUST", "dropped")},
    },
    "google-gemini": {
        "loop": set(),
        # Of earlier turns it sends no signatures.
        "second-turn": {("seal.kept", "SHOULD", "dropped"), DATED},
    },
}
"""What is found, by provider and scenario: check, level and fate."""


def examined(tmp_path: Path, *words: object) -> tuple[int, list[dict[str, Any]]]:
    """Run the command line, and give its exit code and its cells."""
    out = tmp_path / "results.json"
    again = f"{QWEN} --continue -p {{prompt}}"
    code = run("--command", f"{QWEN} -p {{prompt}}", "--again", again, *words, "--out", out, "--quiet", "--jobs", 2)
    cells: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["cells"]
    return code, cells


@pytest.mark.parametrize("profile", DOES)
def test_what_is_found_is_what_its_own_code_does(tmp_path: Path, profile: str) -> None:
    expected = DOES[profile]
    scenarios = [word for scenario in expected for word in ("--scenario", scenario)]
    code, cells = examined(tmp_path, "--profile", profile, *scenarios)

    found: dict[str, Found] = {}
    for cell in cells:
        if cell["status"] in {"absent", "unsupported"}:
            assert cell["reason"] == "the command always asks for streamed answers"
            continue
        told = {(one["check"], one["level"], one["fate"]) for one in cell["findings"]}
        assert found.setdefault(cell["scenario"], told) == told
    assert found == expected
    assert code == int(any(level == "MUST" for told in expected.values() for _, level, _ in told))


def test_who_speaks_no_dialect_of_a_provider_is_absent_there(tmp_path: Path) -> None:
    code, cells = examined(tmp_path, "--profile", "ollama-native", "--scenario", "loop")

    assert {cell["status"] for cell in cells} == {"absent"}
    assert code == 2
