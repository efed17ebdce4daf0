"""The checks that only a run can tell, one module a family: a run knows what the scaffold was asked to do.

What lives here: findings from what one run sent. What must not: what two runs tell together (`_twins`), and what the
audit finds without knowing the script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from keepthinking import Finding
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._acted import acted
from keepthinking_conformance.judge._runs._persisted import open_call, unfinished
from keepthinking_conformance.judge._runs._results import delivered, given, holds, results_in
from keepthinking_conformance.judge._runs._retried import malformed, retried
from keepthinking_conformance.judge._runs._streamed import once, whole
from keepthinking_conformance.judge._runs._survived import survived
from keepthinking_conformance.judge._runs._voices import handed

_RUNS: Final[Mapping[str, Callable[[Case], Iterator[Finding]]]] = {
    "stream.thinking.whole": whole,
    "stream.thinking.once": once,
    "persist.unfinished.not-kept": unfinished,
    "thinking.not-executed": acted,
    "persist.open-call.kept": open_call,
    "handoff.foreign.not-sent": handed,
    "failed-turn.survived": survived,
    "retry.history.unaltered": retried,
    "malformed-call.answered": malformed,
    "result.delivered": delivered,
}
"""What looks for the findings of a check, by its id."""

STOPS: Final = frozenset(
    {
        *("persist.open-call.kept", "failed-turn.survived", "retry.history.unaltered", "malformed-call.answered"),
        "thinking.not-executed",
    }
)
"""Checks of which a finding may explain that a scaffold made fewer calls than scripted."""


def run_findings(case: Case) -> tuple[Finding, ...]:
    """Look for all that one run tells."""
    return tuple(finding for check in _RUNS.values() for finding in check(case))


__all__ = ["STOPS", "given", "holds", "results_in", "run_findings"]
