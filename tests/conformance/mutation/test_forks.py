"""Forks: what becomes of work, and of mistakes in it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows does not fork")

IMPORTS = "import os, signal, time\nfrom tests.conformance.mutation.forks import FACTOR, FLOOR, Told, allow, forked\n"


def run(code: str) -> str:
    """Run it where no other threads are, as under xdist."""
    command = [sys.executable, "-c", IMPORTS + textwrap.dedent(code)]
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def test_what_became_of_each_piece_of_work_is_told() -> None:
    told = run("""
        def work(what):
            if what == "hung":
                signal.setitimer(signal.ITIMER_PROF, 0.05)
                while True:
                    pass
            if what == "lost":
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "broke":
                raise ValueError("broken")
            return what * 100_000
        found = {task: told for task, told in forked(["said", "hung", "lost", "broke"], work, 2)}
        print(found["said"] == Told("said" * 100_000), found["hung"].end, found["lost"].end, found["broke"].end)
        print(found["broke"].value.splitlines()[-1])
    """)

    assert told == "True hung lost broke\nValueError: broken\n"


def test_what_a_fork_may_take_is_measured_from_where_it_stands() -> None:
    told = run("""
        def work(_):
            allow(2.0)
            allow(1.0)
            return 0 < signal.getitimer(signal.ITIMER_PROF)[0] <= FACTOR + FLOOR + 0.01
        print([told.value for _, told in forked([None], work, 1)])
    """)

    assert told == "[True]\n"


def test_no_more_work_goes_on_at_the_same_time_than_is_asked_for() -> None:
    told = run("""
        import tempfile
        from pathlib import Path
        def work(number):
            mine = Path(home, str(number))
            mine.touch()
            time.sleep(0.02)
            at_once = len(list(Path(home).iterdir()))
            mine.unlink()
            return at_once, "x" * 1_000_000
        with tempfile.TemporaryDirectory() as home:
            print(sorted({told.value[0] for _, told in forked(range(30), work, 2)}))
    """)

    assert told in ("[1, 2]\n", "[2]\n")


def test_forks_end_where_nobody_waits_for_them() -> None:
    told = run("""
        def work(seconds):
            time.sleep(seconds)
            return os.getpid()
        found = forked([0, 600], work, 2)
        print(next(found)[0])
        found.close()
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            print("none is left")
    """)

    assert told == "0\nnone is left\n"


def test_ctrl_c_ends_a_fork_at_once() -> None:
    told = run("""
        def work(_):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(600)
        print([told.end for _, told in forked([None], work, 1)])
    """)

    assert told == "['lost']\n"
