"""What a run will be asked, before it runs."""

from __future__ import annotations

from keepthinking_conformance.judge._facts import scripted
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.plan import Cell


def expected_checks(cell: Cell) -> tuple[str, ...]:
    """List the checks that the script of a cell has an occasion for, in the order of the families."""
    return tuple(occasions(scripted(cell)))
