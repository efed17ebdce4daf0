"""Handoffs (D9): what another agent's provider has sealed is no good here.

That one's own thinking is there again afterwards is told by two runs (`_twins`).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from keepthinking import Finding
from keepthinking_conformance.judge._answers import numbered
from keepthinking_conformance.judge._case import Case


def handed(case: Case) -> Iterator[Finding]:
    """Name a second time what the audit finds of foreign seals, where another agent took over or gave back."""
    if not any(turn.before == "handoff" for turn in case.cell.scenario.turns):
        return
    known = numbered(case.calls)
    for finding in case.report.findings:
        if finding.check == "foreign.not-sent" and finding.request in known:
            yield replace(finding, check="handoff.foreign.not-sent", scope="")
