"""What a command writes stands in its temporary folder, which is gone afterwards: all that surrounds it is watched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.command.agents import HERE, node, python

pytestmark = pytest.mark.extras

ROOT = Path(__file__).parents[3]
OURS = (ROOT / "core", ROOT / "conformance", HERE)
"""Folders of this repository that a command reads from."""

Snapshot = dict[str, tuple[int, int, int]]


def snapshot(place: Path) -> Snapshot:
    """Note each file and folder below a place: its size, when it was changed, and what it is."""
    return {
        str(path): (held.st_size, 0 if is_ours(path) else held.st_mtime_ns, held.st_mode)
        for path in walked(place)
        for held in (path.lstat(),)
    }


def is_ours(path: Path) -> bool:
    """Tell whether it is a folder of this repository: it has a new time when another test is the first to compile."""
    return path.is_dir() and any(path.is_relative_to(place) for place in OURS)


def walked(place: Path) -> Iterator[Path]:
    yield place
    for home, folders, files in os.walk(place):
        folders[:] = [name for name in folders if name != "__pycache__"]  # other tests compile
        yield from (Path(home) / name for name in (*folders, *files))


@pytest.mark.parametrize(
    "command", [f"{python('odd', 'untidy')} {{prompt}}", node("agent", "--forget")], ids=["untidy", "agent"]
)
def test_nothing_outside_the_temporary_folder_is_touched(command: str, tmp_path: Path) -> None:
    home, here, places = (tmp_path / name for name in ("home", "here", "tmp"))
    for place in (home / ".config", here, places):
        place.mkdir(parents=True)
        (place / "mine").write_text("untouched", encoding="utf-8")
    watched = (home, here, places, *OURS)
    before = [snapshot(place) for place in watched]
    own = {**os.environ, "HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(places), "TEMP": str(places)}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "XDG_CONFIG_HOME": str(home / ".config"), "OPENAI_API_KEY": "sk-mine"}
    words = [sys.executable, "-m", "tests.conformance.console", "--command", command]

    done = subprocess.run(
        [*words, "--profile", "deepseek", "--scenario", "parallel", "--format", "json"],
        env={**own, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        cwd=here,
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode in {0, 1}, done.stderr
    assert '"status": "absent"' not in done.stdout
    after = [snapshot(place) for place in watched]
    # The folder of the temporary ones itself has a new time: folders came and went in it.
    before[2].pop(str(places))
    after[2].pop(str(places))
    assert after == before
