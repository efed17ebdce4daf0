"""Measure mutants: processes judge them, and one that does not come to an end costs its process alone."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from tests.conformance.miniatures.mutants import Mutant, mutants
from tests.conformance.miniatures.mutate import Runs

ROOT: Final = Path(__file__).parents[3]
SURVIVORS: Final = Path(__file__).parent / "survivors"
"""The mutants that no run shows, each with the reason: a file for each package that is mutated."""

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
