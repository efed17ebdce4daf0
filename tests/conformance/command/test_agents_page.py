"""docs/coding-agents.md: its rule files are some, what they write is what it seems, and pins are those of the tests."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from keepthinking_conformance.command import PLACEHOLDERS, rules_of
from keepthinking_conformance.command._words import filled

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "coding-agents.md").read_text(encoding="utf-8")
RULES = re.findall(r"^```toml\n# ([^\n]+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("agent", "text"), RULES, ids=[agent for agent, _ in RULES])
def test_a_rule_file_is_one_and_writes_json_where_its_name_says_so(agent: str, text: str) -> None:
    rules = rules_of(tomllib.loads(text), agent)
    values = {name: f"the {name}" for name in PLACEHOLDERS}

    for name, written in rules.files.items():
        told = filled(written, values)
        assert "{model}" not in told
        assert not name.endswith(".json") or json.loads(told)


def test_every_rule_file_is_of_an_agent_of_the_tables() -> None:
    judged = re.findall(r"^\| ([A-Z]?[\w -]+?)(?: [\d.]+)? \| `[a-z-]+` \| \w+ \|", PAGE, re.MULTILINE)

    assert {agent for agent, _ in RULES} <= set(judged)
    assert len(judged) == 15


def test_the_version_of_qwen_code_is_the_one_that_is_tested() -> None:
    (version,) = re.findall(r"@qwen-code/qwen-code@([\d.]+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))

    assert f"| Qwen Code {version} |" in PAGE
