"""A command's words: how they are split, which files they name, and what stands for something in them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from keepthinking_conformance.command import CommandError, filled, parse
from keepthinking_conformance.command._words import name_of

VALUES = {"prompt": "Find it.", "base_url": "http://127.0.0.1:1/x/v1"}


def test_quotes_group_words_and_nothing_else_means_anything(tmp_path: Path) -> None:
    command = parse("python3 -c 'a; b | c > d' \"$HOME `id`\" ~", tmp_path)

    assert command.words[1:] == ("-c", "a; b | c > d", "$HOME `id`", "~")


def test_a_program_is_found_where_programs_are(tmp_path: Path) -> None:
    assert Path(parse("python3 x", tmp_path).words[0]).is_absolute()


def test_a_word_that_names_a_file_here_is_made_absolute_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "agent.mjs").write_text("")
    (tmp_path / "run").mkdir()

    command = parse("python3 agent.mjs run --config=agent.mjs ./agent.mjs gone.mjs", tmp_path)

    here = str(tmp_path / "agent.mjs")
    assert command.words[1:] == (here, "run", "--config=agent.mjs", here, "gone.mjs")


def test_a_word_too_long_for_a_name_is_a_word(tmp_path: Path) -> None:
    assert parse(f"python3 {'x' * 5000}", tmp_path).words[1] == "x" * 5000


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("KEY=1 node agent.mjs", "[environment]"),
        ("cd agents && node agent.mjs", "sh -c"),
        ("./agent.mjs {prompt}", "name the program that runs it"),
        ("agent.mjs {prompt}", "./agent.mjs"),
        ("gone.mjs {prompt}", "put it on PATH"),
        ("./gone.mjs {prompt}", "name its path"),
    ],
)
def test_what_a_shell_would_have_taken_is_told_how_to_write(text: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "agent.mjs").write_text("")

    with pytest.raises(CommandError) as raised:
        parse(text, tmp_path)

    assert hint in str(raised.value.hint)


def test_a_path_in_the_home_of_who_calls_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    program, file = tmp_path / "agent", tmp_path / "settings.json"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file.write_text("{}")

    words = parse("~/agent ~/settings.json ~/gone {prompt}", tmp_path / "elsewhere").words

    assert words == (str(program), str(file), "~/gone", "{prompt}")


def test_a_program_by_its_path_goes_from_here(tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert parse("./agent {prompt}", tmp_path).words == (str(program), "{prompt}")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "has no words"),
        ("  ", "has no words"),
        ("python3 'x", "cannot be read"),
        ("no-such-program-anywhere {prompt}", "no program 'no-such-program-anywhere'"),
        ("./gone {prompt}", "no program './gone'"),
        ("python3 {promt}", "{promt}, which stands for nothing"),
        ("python3 {base_ulr}", "{base_ulr}, which stands for nothing"),
    ],
)
def test_what_cannot_be_used_is_told(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=what) as raised:
        parse(text, tmp_path)

    assert raised.value.hint
    assert raised.value.culprit == "caller"


def test_braces_that_mean_something_to_the_command_stay() -> None:
    assert filled('{"a": 1} {print} {other} {prompt}', VALUES) == '{"a": 1} {print} {other} Find it.'


def test_what_is_put_in_is_not_looked_at_again() -> None:
    assert filled("{prompt}", {"prompt": "{base_url}", "base_url": "x"}) == "{base_url}"


def test_the_words_are_asked_where_the_prompt_stands(tmp_path: Path) -> None:
    assert parse("python3 --say={prompt}", tmp_path).is_asked
    assert not parse("python3 -", tmp_path).is_asked


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("qwen", "-p", "{prompt}"), "qwen"),
        (("/usr/bin/qwen", "run"), "qwen"),
        (("node", "./dir/agent.mjs", "{prompt}"), "agent"),
        (("node", "--no-warnings", "dist/cli.js"), "cli"),
        (("npx", "@qwen-code/qwen-code@0.24.4", "-p", "{prompt}"), "qwen-code"),
        (("uv", "run", "my_agent.py"), "my_agent"),
        (("python3", "-m", "my.agent"), "my.agent"),
        (("uvx", "mini-swe-agent"), "mini-swe-agent"),
        (("python3", "{prompt}"), "python3"),
        (("C:\\tools\\agent.exe",), "agent"),
        (("java", "Agent.java", "{prompt}"), "Agent"),
        (("go", "run", "agent.go", "{prompt}"), "agent"),
        (("npx", "tsx", "src/agent.tsx"), "agent"),
        (("...",), "command"),
    ],
)
def test_the_scaffold_has_its_name_from_what_runs(words: tuple[str, ...], name: str) -> None:
    assert name_of(words) == name


def test_a_word_of_this_python_is_found(tmp_path: Path) -> None:
    assert parse(f"'{sys.executable}' -V", tmp_path).words[1] == "-V"
