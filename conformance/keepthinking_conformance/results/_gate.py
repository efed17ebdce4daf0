"""The exit code: what fails an examination.

Rule 1: a control that came out wrong makes every verdict worthless, so it comes first.
Rule 2: a stock cell that was recorded is held to its recording, either way; every other cell to its provider's rule,
but for stock cells on axes that nobody records.
Rule 3: what was not judged is no pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from keepthinking_conformance.results._results import JUDGED, CellResult, Control


class Exit(IntEnum):
    """What the process says when it ends; stable for ever."""

    OK = 0
    FINDINGS = 1
    HARNESS = 2
    USAGE = 3
    INTERRUPTED = 130


def fails(cell: CellResult, *, strict: bool) -> bool:
    """Tell whether a cell fails the examination."""
    if cell.gate == "scorecard":
        return bool(cell.differences)
    if cell.gate == "unrecorded":
        return False
    return cell.status in {"fail", "error"} or (strict and cell.status == "warn")


def gate(cells: Iterable[CellResult], controls: Iterable[Control], *, strict: bool) -> Exit:
    """Give the exit code."""
    found = list(cells)
    if not all(control.good for control in controls):
        return Exit.HARNESS
    if any(fails(cell, strict=strict) for cell in found):
        return Exit.FINDINGS
    seen = any(cell.status in JUDGED or cell.status == "error" for cell in found)
    if not seen or any(cell.status == "harness-error" for cell in found):
        return Exit.HARNESS
    return Exit.OK
