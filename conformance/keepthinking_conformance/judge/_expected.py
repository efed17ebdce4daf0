"""What a run will be asked, before it runs."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from keepthinking_conformance.judge._facts import scripted
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.scenarios import GRAMMARS


def expected_checks(cell: Cell) -> tuple[str, ...]:
    """List the checks that the script of a cell has an occasion for, in the order of the families."""
    return tuple(occasions(scripted(cell)))


_DELIVERED: Final = "result.delivered"


def untold(cell: Cell) -> dict[str, str]:
    """Give the checks to which the subject's language shows nothing of the script, each with the reason."""
    if cell.binding is not None:
        return (
            {_DELIVERED: f"nothing tells what `{cell.binding.tool}` returns"}
            if cell.binding.finds == "anything"
            else {}
        )
    untold = cell.grammar.untold
    shown = occasions(scripted(cell))
    native = scripted(cell, GRAMMARS["native"])
    # Whether calls have ids is the provider's affair, which the script does not know.
    named = (replace(fact, held=replace(fact.held, ids=fact.held.calls)) for fact in native)
    return {check: untold[check] for check in occasions(named) if check not in shown and check in untold}
