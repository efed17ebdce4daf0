"""Running cells together, and each once in a test process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from keepthinking_conformance.examine import run_cells
from keepthinking_conformance.judge import Outcome, twins, with_twins
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.provider import Provider

SEED = 1
JOBS = 8


def run(cells: Iterable[Cell], jobs: int = JOBS) -> dict[str, Outcome]:
    """Run cells with those that they are compared with, and judge them; by id."""
    asked = {cell.id: cell for cell in cells}
    with Provider() as provider:
        found = asyncio.run(run_cells([*asked.values(), *twins(asked.values())], provider, seed=SEED, jobs=jobs))
    return with_twins(found)
