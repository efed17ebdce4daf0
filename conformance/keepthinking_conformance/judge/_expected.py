"""What a run will be asked, before it runs."""

from __future__ import annotations

from msgspec.structs import replace

from keepthinking_conformance.judge._facts import scripted
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.scenarios import GRAMMARS


def expected_checks(cell: Cell) -> tuple[str, ...]:
    """List the checks that the script of a cell has an occasion for, in the order of the families."""
    return tuple(occasions(scripted(cell)))


def untold(cell: Cell) -> dict[str, str]:
    """Give the checks to which the subject's language shows nothing of the script, each with the reason."""
    untold = cell.grammar.untold
    if not untold:
        return {}
    shown = occasions(scripted(cell))
    native = scripted(cell, GRAMMARS["native"])
    # Whether calls have ids is the provider's affair, which the script does not know.
    named = (replace(fact, held=replace(fact.held, ids=fact.held.calls)) for fact in native)
    return {check: untold[check] for check in occasions(named) if check not in shown and check in untold}
