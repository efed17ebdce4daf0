"""`keepthinking simulate`: what it prints, what it keeps, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.console import run

pytestmark = pytest.mark.extras

OWN = ("--subject", "tests.conformance.subjects:FAITHFUL", "--profile", "deepseek", "--axis", "none")
Simulate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> Simulate:
    """Run the command here; give the exit code and both outputs."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(*arguments, command="simulate")
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_figures_say_that_they_are_simulated_and_what_chance_would_give(simulate: Simulate) -> None:
    code, out, _ = simulate(*OWN, "--seeds", 2)

    assert code == 0
    assert out.splitlines()[1].split()[:6] == ["mini.faithful", "deepseek", "commitment", "none", "2", "1.00"]
    assert "Simulated: no real model was asked." in out
    assert "commitment: without any memory 0.111 succeed" in out


def test_as_data_they_have_a_schema(simulate: Simulate) -> None:
    code, out, _ = simulate(*OWN, "--seeds", 1, "--family", "mixed", "--format", "json")

    found = json.loads(out)
    assert code == 0
    assert (found["schema"], found["simulated"]) == ("keepthinking-figures/1", True)
    assert [(row["family"], row["n"], row["success"], row["calls"]) for row in found["figures"]] == [("mixed", 1, 1, 2)]


def test_what_stands_in_the_file_is_not_played_again(simulate: Simulate, tmp_path: Path) -> None:
    file = tmp_path / "episodes.jsonl"
    simulate(*OWN, "--seeds", 1, "--family", "control", "--out", file)
    lines = file.read_text(encoding="utf-8").splitlines()
    changed = lines[1].replace('"calls":4', '"calls":40')
    file.write_text(f"{lines[0]}\n{changed}\n", encoding="utf-8")

    code, out, _ = simulate(*OWN, "--seeds", 2, "--family", "control", "--out", file, "--format", "json")

    assert code == 0
    assert json.loads(out)["figures"][0]["calls"] == (40 + 4) / 2
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3


def test_what_stands_in_the_file_is_shown_though_it_was_played_in_parts(simulate: Simulate, tmp_path: Path) -> None:
    file = tmp_path / "episodes.jsonl"
    simulate(*OWN, "--seeds", 2, "--family", "mixed", "--out", file)
    simulate(*OWN, "--seeds", 1, "--family", "control", "--out", file)
    held = file.read_bytes()

    code, out, _ = simulate(*OWN[:2], "--out", file, "--show", "--format", "json")

    assert code == 0
    assert [(row["family"], row["n"]) for row in json.loads(out)["figures"]] == [("control", 1), ("mixed", 2)]
    assert file.read_bytes() == held


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--show",), "there is none"),
        (("--show", "--out", "no-such-file.jsonl"), "there is none"),
        (("--profile", "nobody"), "no profile that is played named 'nobody'"),
        (("--family", "none"), "'none' is not one of"),
        (("--seeds", "0"), "0 is not in the range"),
        (("--profile", "openai", "--subject", "tests.conformance.subjects:CHAT_ONLY"), "CHAT_ONLY"),
    ],
)
def test_a_call_that_cannot_work_exits_with_3(simulate: Simulate, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = simulate(*OWN[:2], *arguments)

    assert (code, out) == (3, "")
    assert said in err


def test_a_file_of_something_else_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text("{}\n", encoding="utf-8")

    code, out, err = simulate(*OWN, "--out", file)

    assert code != 0
    assert out == ""
    assert "results.json" in err
    assert file.read_text(encoding="utf-8") == "{}\n"
