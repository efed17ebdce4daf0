"""The table: which check has to catch which miniature, and what else the same fault touches.

What lives here: the rows, by what is hurt. What must not: the faults (`miniatures.faults`), and judging.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.miniatures.table import _calls, _context, _kept, _lives, _made, _order, _seals
from keepthinking_conformance.miniatures.table._row import Miniature

MINIATURES: Final[Mapping[str, Miniature]] = MappingProxyType(
    {
        f"{row.cell.id}:{row.check}": row
        for rows in (_kept.ROWS, _made.ROWS, _seals.ROWS, _context.ROWS, _order.ROWS, _calls.ROWS, _lives.ROWS)
        for row in rows
    }
)
"""All miniatures, by the id of the run that shows one, and the check."""

__all__ = ["MINIATURES", "Miniature"]
