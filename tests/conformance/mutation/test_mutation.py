"""Mutation of the checks: whatever is wrong in the code that judges, a fast test or a miniature shows it.

Here a few mutants are tried; `nox -s mutation` tries all of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, cast

import pytest

from tests.conformance.mutation.__main__ import BrokenError, Session
from tests.conformance.mutation.direct import Direct, Measured
from tests.conformance.mutation.ledger import Ledger
from tests.conformance.mutation.mutants import mutants
from tests.conformance.mutation.survivors import survivors

pytestmark = [pytest.mark.extras, pytest.mark.skipif(os.name == "nt", reason="Windows does not fork")]

ROOT: Final = Path(__file__).parents[3]
COMMAND: Final = [sys.executable, "-m", "tests.conformance.mutation", "--jobs", "2"]
ENVIRON: Final = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=ROOT, env=ENVIRON, text=True, capture_output=True, check=False)


def known_in(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()[1:]


def test_each_survivor_is_a_mutant_and_has_a_reason() -> None:
    ids = {mutant.id for mutant in mutants()}

    assert {id_ for id_, reason in survivors().items() if id_ not in ids or not reason.strip()} == set()


def test_no_two_mutants_have_one_id() -> None:
    ids = [mutant.id for mutant in mutants()]

    assert len({*ids}) == len(ids)


def test_fast_tests_show_mistakes_and_a_session_that_is_stopped_goes_on(tmp_path: Path) -> None:
    """All in one: each start runs the tests of a package once without any mistake."""
    path = tmp_path / "mutants.jsonl"
    words = ["judge._vanished:", "judge._wire:", "--sample", "12", "--file", str(path)]
    with subprocess.Popen([*COMMAND, *words], cwd=ROOT, env=ENVIRON, stderr=subprocess.PIPE, text=True) as session:
        os.setpriority(os.PRIO_PROCESS, session.pid, 19)  # it must not come to its end before it is stopped
        while not path.exists() or not known_in(path):
            assert session.poll() is None
            time.sleep(0.01)
        session.send_signal(signal.SIGINT)
        assert session.stderr is not None
        said = session.stderr.read()
    assert session.returncode == 130, said
    assert "the same command goes on" in said
    before = known_in(path)

    done = run(*words)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    assert " 0 open" in done.stderr.splitlines()[-1]
    assert known_in(path)[: len(before)] == before
    assert len(known_in(path)) == 12
    assert len(before) == 12 or f"{12 - len(before)} of 12 mutants are not known yet" in done.stderr
    again = run(*words)
    assert (again.returncode, again.stderr) == (0, done.stderr.splitlines()[-1] + "\n")  # nothing is tried again


def test_miniatures_show_mistakes() -> None:
    """A comparison is inverted, a member is left out."""
    mistakes = [
        "keepthinking_conformance.judge._vanished:vanished: `!=` in `other.turn == call.turn`",
        "keepthinking_conformance.judge._vanished:_gone: without `check=check` in `Finding()`",
    ]

    done = run("--miniatures", *mistakes)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == "2 of 2 mutants: 2 shown, 0 hung, 0 open"


class Failing:
    """Tests of which one fails without any mistake."""

    items = ("test_it",)
    files = ("test_file.py",)

    def __init__(self) -> None:
        self.measured: dict[str, Measured] = {}

    def measure(self, file: str) -> dict[str, Measured]:
        return {f"{file}::test_it": Measured(failed=True, seconds=0.1, lines=frozenset())}


def test_a_test_that_fails_by_itself_ends_the_session_before_any_mutant_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "mutants.jsonl"
    session = Session([*mutants()][:1], Ledger(path, "sources"), 1, miniatures=False)

    with pytest.raises(BrokenError, match=r"tests fail without any mistake.*test_file.py::test_it"):
        session._ask_each_test(cast("Direct", Failing()))

    assert Ledger(path, "sources").decided == {}
