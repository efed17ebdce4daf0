"""`keepthinking merge`: what it reads and refuses, what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking_conformance.cli._output import save
from keepthinking_conformance.results import Results, as_json, load_results
from tests.conformance.console import run
from tests.conformance.results.test_merge import GOOD, cell, here
from tests.conformance.results.test_merge import run as examined
from tests.conformance.test_check import LOOP, own

pytestmark = pytest.mark.extras

Merge = Callable[..., tuple[int, str, str]]


@pytest.fixture
def merge(capsys: pytest.CaptureFixture[str]) -> Merge:
    """Run the command here; give the exit code and both outputs."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(*arguments, command="merge")
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(name: str, results: Results, **changes: Any) -> Path:
        path = tmp_path / name
        path.write_text(as_json(replace(results, **changes)), encoding="utf-8")
        return path

    return save


def test_what_two_examinations_wrote_becomes_one_table(merge: Merge, tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{letter}.json" for letter in "ABC")
    assert run(*own("FAITHFUL"), *LOOP, "--out", a, "--format", "json") == 0
    assert run(*own("FORGETFUL"), *LOOP, "--out", b, "--format", "json") == 1

    code, out, err = merge(a, b, "--out", c)

    assert (code, err) == (1, "")
    assert "mini.faithful (Mini)" in out
    assert re.search(r"^  DeepSeek +FAIL 0 of 20 ", out, re.MULTILINE)
    assert "replay     keepthinking check --subject tests.conformance.subjects:FORGETFUL --id mini.forgetful/" in out
    assert out.endswith("2 of 4 runs fail.\n")
    joined = load_results(c)
    assert [one.id for one in joined.cells] == [one.id for path in (a, b) for one in load_results(path).cells]
    assert len(joined.environments) == 1


def test_a_merged_file_is_merged_and_printed_again(merge: Merge, saved: Callable[..., Path], tmp_path: Path) -> None:
    a = saved("A.json", examined(cell("pass")))
    b = saved("B.json", examined(cell("fail"), environment=here("2.0")))

    first = merge(a, b, "--out", tmp_path / "C.json", "--format", "json")
    again = merge(tmp_path / "C.json", "--format", "json")

    assert first == again
    assert first[0] == 1
    assert [(one["status"], one["environments"]) for one in json.loads(first[1])["cells"]] == [
        ("pass", ["1"]),
        ("fail", ["2"]),
    ]


def test_files_that_cannot_be_compared_exit_with_3_and_write_nothing(
    merge: Merge, saved: Callable[..., Path], tmp_path: Path
) -> None:
    a = saved("A.json", examined(cell()))
    several: list[dict[str, Any]] = [{"seed": 2}, {"strict": True}, {"keepthinking": "0.0"}]
    for number, changes in enumerate(several):
        b = saved(f"{number}.json", examined(cell()), **changes)

        code, out, err = merge(a, b, "--out", tmp_path / "C.json")

        assert (code, out) == (3, "")
        assert "A.json' and '" in err
        assert "are not of one" in err
        assert not (tmp_path / "C.json").exists()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "its schema is None, not 'keepthinking-results/1' at $.schema (fault: data)"),
        ("{", "broken JSON"),
        (as_json(examined(cell(), controls=())), "has no controls"),
        (as_json(examined(cell())).replace('"pass"', '"green"'), "invalid enum value 'green'"),
    ],
    ids=["no-results", "no-json", "no-controls", "edited"],
)
def test_a_file_that_is_none_exits_with_2_and_says_where(
    merge: Merge, saved: Callable[..., Path], tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / "B.json").write_text(written, encoding="utf-8")

    code, out, err = merge(saved("A.json", examined(cell())), tmp_path / "B.json", "--out", tmp_path / "C.json")

    assert (code, out) == (2, "")
    assert "B.json" in err
    assert said in err
    assert not (tmp_path / "C.json").exists()


def test_a_control_that_came_out_wrong_exits_with_2_and_is_printed(merge: Merge, saved: Callable[..., Path]) -> None:
    wrong = replace(GOOD, status="pass", reason="it saw nothing")

    code, out, _ = merge(saved("A.json", examined(cell())), saved("B.json", examined(cell(), controls=(wrong,))))

    assert code == 2
    assert "pass, but it must be fail: it saw nothing" in out
    assert "This examination proves nothing" in out


@pytest.mark.parametrize("arguments", [(), ("no-such-file.json",), ("--seed", "1")])
def test_a_call_that_cannot_work_exits_with_3(merge: Merge, arguments: tuple[str, ...]) -> None:
    assert merge(*arguments)[:2] == (3, "")


def test_what_cannot_be_written_is_told_before_anything_is_read(
    merge: Merge, saved: Callable[..., Path], tmp_path: Path
) -> None:
    code, out, err = merge(saved("A.json", examined(cell())), "--out", tmp_path / "no" / "C.json")

    assert (code, out) == (2, "")
    assert "--out: cannot write" in err


def test_a_name_says_in_which_form_a_file_is_written(merge: Merge, saved: Callable[..., Path], tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("C.html", "C.xml", "c.MD", "C.json", "C")]

    code, out, _ = merge(saved("A.json", examined(cell("fail"))), *(f"--out={path}" for path in outs))

    assert code == 1
    html, xml, markdown, data, other = (path.read_text(encoding="utf-8") for path in outs)
    assert html.startswith("<!DOCTYPE html>")
    assert xml.startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites')
    assert markdown.startswith("**The one run fails.**\n\n| Scaffold | Provider |")
    assert json.loads(data)["schema"] == "keepthinking-results/1"
    assert other == data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.json", "C", "C.html", "C.json", "C.xml", "c.MD"]
    for form, written in (("html", html), ("junit", xml), ("markdown", markdown), ("json", data)):
        assert merge(tmp_path / "A.json", "--format", form)[1] == written
    assert out not in {html, xml, markdown, data}


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before", encoding="utf-8")
    link = tmp_path / "link.json"
    link.symlink_to(kept)

    with pytest.raises(UnicodeEncodeError):
        save(link, "half \ud83d")
    assert kept.read_text(encoding="utf-8") == "before"
    save(link, "after\n")

    assert kept.read_bytes() == b"after\n"
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.json", "link.json"]


def test_the_help_has_examples_and_exit_codes(merge: Merge) -> None:
    code, out, _ = merge("--help")

    assert code == 0
    assert "keepthinking merge langchain.json crewai.json --out all.json" in out
    assert re.findall(r"^    (\d+) ", out, re.MULTILINE) == ["0", "1", "2", "3", "130"]
