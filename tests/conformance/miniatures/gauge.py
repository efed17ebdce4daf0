"""Measure mutants: processes judge them, and one that does not come to an end costs its process alone.

A mistake may lie where no scaffold of ours leads: in what recordings alone hold, in one of many wires, or in a course
that no run takes. The tests of the package that it is in show such.
"""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Final

from tests.conformance.miniatures.mutants import Mutant, mutants
from tests.conformance.miniatures.mutate import Runs

ROOT: Final = Path(__file__).parents[3]
SURVIVORS: Final = Path(__file__).parent / "survivors"
"""The mutants that no run shows, each with the reason: a file for each package that is mutated."""

_AUDIT: Final = (
    *("levels", "meaning", "steps", "fates"),
    *("gone", "voices", "partial", "held", "lawful", "surroundings"),
    *("faithful", "faults"),
)
"""Tests of the audit: of blocks alone, then of recordings; they need a second, three and ten."""

_JUDGE: Final = ("answers", "causes", "counts", "facts", "retries", "runs", "shown", "turns", "verdicts")
"""Tests of the judge, of runs that are written down by hand: all of them need a second."""

TESTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "keepthinking.audit": [f"tests/core/audit/test_{name}.py" for name in _AUDIT],
        "keepthinking_conformance.judge": [f"tests/conformance/judge/test_direct_{name}.py" for name in _JUDGE],
    }
)
"""The tests that may show a mistake, by the package that it is in."""

_PATIENCE: Final = 300
"""So many seconds they may take."""

HANGS: Final = "it does not come to an end"


def survivors() -> dict[str, str]:
    """Give the reasons, by the mutants' ids."""
    held = [tomllib.loads(path.read_text("utf-8")) for path in sorted(SURVIVORS.glob("*.toml"))]
    return {id_: group["reason"] for one in held for group in one["survivor"] for id_ in group["mutants"]}


def gauged(wanted: Iterable[Mutant], runs: Runs, folder: Path, jobs: int) -> dict[str, str]:
    """Tell what shows each mutant: a verdict, an error, or nothing.

    Args:
        wanted: The mutants.
        runs: What travelled.
        folder: Where they are written to.
        jobs: How many processes judge at the same time.
    """
    path = folder / "runs.pickle"
    path.write_bytes(pickle.dumps(runs))
    numbers = {mutant.id: number for number, mutant in enumerate(mutants())}
    left = SimpleQueue[str]()
    for mutant in wanted:
        left.put(mutant.id)
    found: dict[str, str] = {}

    def work() -> None:
        judge = _started(path)
        try:
            while True:
                id_ = left.get_nowait()
                found[id_] = _asked(judge, numbers[id_])
                if found[id_] == HANGS:
                    _ended(judge)
                    judge = _started(path)
        except Empty:
            pass
        finally:
            _ended(judge)

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(work) for _ in range(jobs)]:
            done.result()
    return found


def _started(runs: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.conformance.miniatures.mutate", str(runs)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)


def _asked(judge: subprocess.Popen[str], number: int) -> str:
    assert judge.stdin is not None
    assert judge.stdout is not None
    judge.stdin.write(f"{number}\n")
    judge.stdin.flush()
    line = judge.stdout.readline()
    return line.strip() if line else HANGS


def _ended(judge: subprocess.Popen[str]) -> None:
    judge.kill()
    judge.communicate()


def shown_by_tests(wanted: Iterable[Mutant], jobs: int) -> dict[str, str]:
    """Tell which test of its package shows each mutant, or nothing.

    Args:
        wanted: The mutants.
        jobs: How many processes run at the same time.
    """
    asked = list(wanted)
    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip((mutant.id for mutant in asked), pool.map(_test_that_fails, asked), strict=True))


def _test_that_fails(mutant: Mutant) -> str:
    plugin = ("-p", "tests.conformance.miniatures.planted", "--mutant", mutant.id)
    plain = ("-x", "-q", "-rfE", "--tb=no", "--no-header", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plugin, *plain, *TESTS[mutant.package]]
    environ = os.environ | {"CI": "1"}  # the same examples each time
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environ, text=True, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return HANGS
    assert done.returncode in {_PASSED, _FAILED, _INTERRUPTED}, done.stdout + done.stderr
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return "" if done.returncode == _PASSED else failed[1] if failed else done.stdout


_PASSED, _FAILED, _INTERRUPTED = 0, 1, 2
"""What pytest ends with; it is interrupted where a module cannot be imported."""
