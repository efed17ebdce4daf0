"""A cell, what happened in its run, and the verdict."""

from __future__ import annotations

from typing import NamedTuple

from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.run import Trace


class Outcome(NamedTuple):
    """A cell, what happened, and the verdict.

    Attributes:
        cell: The cell.
        result: The verdict.
        trace: What happened; None where nothing was run.
    """

    cell: Cell
    result: CellResult
    trace: Trace | None
