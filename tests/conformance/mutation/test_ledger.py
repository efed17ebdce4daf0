"""The file of a session: good after whatever ended it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.mutation.ledger import Decided, Ledger

A, B = Decided(mutant="a", fate="shown", by="test_x"), Decided(mutant="b", fate="open", by="")


def written(path: Path) -> None:
    ledger = Ledger(path, "1")
    ledger.add(A)
    ledger.add(B)


def test_what_was_decided_is_known_again(tmp_path: Path) -> None:
    written(tmp_path / "file")

    assert Ledger(tmp_path / "file", "1").decided == {"a": A, "b": B}


def test_what_was_decided_of_other_sources_is_forgotten(tmp_path: Path) -> None:
    written(tmp_path / "file")

    assert Ledger(tmp_path / "file", "2").decided == {}
    assert Ledger(tmp_path / "file", "1").decided == {}


def test_a_line_that_was_not_finished_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    written(path)
    path.write_bytes(path.read_bytes()[:-5])

    ledger = Ledger(path, "1")
    ledger.add(B)

    assert Ledger(path, "1").decided == {"a": A, "b": B}


@pytest.mark.parametrize("text", ["", "something else\n", '{"schema":1}\n'])
def test_something_else_is_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match="is no file of mutants"):
        Ledger(path, "1")
    assert path.read_text("utf-8") == text


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    written(path)
    path.write_bytes(path.read_bytes().replace(b'"shown"', b'"dead"'))

    with pytest.raises(ValueError, match="line 2"):
        Ledger(path, "1")


def test_without_a_file_nothing_is_kept() -> None:
    ledger = Ledger(None, "1")
    ledger.add(A)

    assert ledger.decided == {"a": A}
