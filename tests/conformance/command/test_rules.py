"""A rule file: what it may say, and what is told where it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keepthinking_conformance.command import CommandError, Pin, Rules, read_rules, rules_of

TEXT = """
inherit = ["NVM_DIR"]
unset = ["CI"]

[environment]
MY_AGENT_URL = "{base_url}"

[files]
"home/.my-agent/settings.json" = '{"model": "{model}"}'

[[tools]]
name = "look_up"
arguments = { key = "{path}", deep = { limit = 3 } }
"""


def test_a_rule_file_says_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(TEXT, encoding="utf-8")

    assert read_rules(path) == Rules(
        environment={"MY_AGENT_URL": "{base_url}"},
        inherit=("NVM_DIR",),
        unset=("CI",),
        files={"home/.my-agent/settings.json": '{"model": "{model}"}'},
        tools=(Pin(name="look_up", arguments={"key": "{path}", "deep": {"limit": 3}}),),
    )


@pytest.mark.parametrize(
    ("arguments", "finds"),
    [
        ({"where": "{path}"}, "file"),
        ({"where": ["{folder}"]}, "folder"),
        ({"deep": {"say": "echo {receipt}"}}, "echo"),
        ({"city": "{key}"}, "anything"),
        ({}, "anything"),
    ],
)
def test_what_a_tool_finds_follows_from_its_arguments(arguments: dict[str, Any], finds: str) -> None:
    assert Pin(name="x", arguments=arguments).binding.finds == finds


@pytest.mark.parametrize(
    ("held", "what"),
    [
        ({"tool": ""}, "unknown field `tool`"),
        ({"environment": {"A": 1}}, "Expected `str`, got `int`"),
        ({"tools": [{"arguments": {"a": "b"}}]}, "missing required field `name`"),
        ({"files": {"/etc/passwd": ""}}, "does not stand below"),
        ({"files": {"home/../../x": ""}}, "does not stand below"),
        ({"files": {"home": ""}}, "does not stand below"),
        ({"files": {"": ""}}, "does not stand below"),
        ({"files": {"home\\..\\x": ""}}, "does not stand below"),
        ({"environment": {"A": "{base_ulr}"}}, "{base_ulr}, which stands for nothing"),
    ],
)
def test_what_no_rule_file_says_is_told(held: dict[str, Any], what: str) -> None:
    with pytest.raises(CommandError, match=what):
        rules_of(held)


@pytest.mark.parametrize("text", ["[[tools", "\x00"])
def test_what_is_no_toml_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match="is no TOML") as raised:
        read_rules(path)

    assert raised.value.culprit == "data"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    for name in ("gone.toml", "binary"):
        with pytest.raises(CommandError, match="cannot be read"):
            read_rules(tmp_path / name)
