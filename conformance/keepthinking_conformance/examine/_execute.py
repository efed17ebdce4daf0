"""Running cells and judging them, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keepthinking_conformance.judge import Outcome, broken, judge, unrun
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import TURN_SECONDS, quiet_surroundings, run_cell

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Provider


async def run_cells(  # noqa: PLR0913 - one keyword a way of running
    cells: Sequence[Cell],
    provider: Provider,
    *,
    seed: int,
    jobs: int = 1,
    turn_seconds: float = TURN_SECONDS,
    done: Callable[[Outcome], None] | None = None,
) -> dict[str, Outcome]:
    """Run cells and judge them.

    Args:
        cells: The cells; what cannot be run is passed on as it is.
        provider: The provider, running.
        seed: The seed of its answers.
        jobs: How many cells run at the same time; what changes the whole process runs alone, behind the others.
        turn_seconds: So long a turn may take.
        done: Called with each outcome as soon as it is known; what is not among them was interrupted.

    Returns:
        The outcomes by the cells' ids, in the order of the cells.
    """
    found: dict[str, Outcome] = {}
    places = asyncio.Semaphore(jobs)

    async def one(cell: Cell) -> None:
        async with places:
            found[cell.id] = await _outcome(cell, provider, seed=seed, turn_seconds=turn_seconds)
        if done is not None:
            done(found[cell.id])

    with quiet_surroundings():
        async with asyncio.TaskGroup() as group:
            for cell in cells:
                if not _is_alone(cell):
                    group.create_task(one(cell))
        for cell in cells:
            if _is_alone(cell):
                await one(cell)
    return {cell.id: found[cell.id] for cell in cells}


def _is_alone(cell: Cell) -> bool:
    return cell.change is not None and cell.change.alone and not cell.skip


async def _outcome(cell: Cell, provider: Provider, *, seed: int, turn_seconds: float) -> Outcome:
    if cell.skip:
        return Outcome(cell, unrun(cell), None)
    try:
        trace = await run_cell(cell, provider, seed=seed, turn_seconds=turn_seconds)
        return Outcome(cell, judge(cell, trace), trace)
    except Exception as error:  # noqa: BLE001 - one cell on which we fail ourselves does not stop the others
        return Outcome(cell, broken(cell, f"the examination itself failed: {type(error).__name__}: {error}"), None)
