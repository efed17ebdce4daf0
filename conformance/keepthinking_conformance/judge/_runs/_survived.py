"""Failed turns (D10): an answer that shows nothing is an answer, and the conversation goes on behind it.

That a turn whose tool failed keeps its thinking is told by two runs (`_twins`).
"""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking import Finding
from keepthinking_conformance.judge._answers import is_alone
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import Seen, found


def survived(case: Case) -> Iterator[Finding]:
    """Find answers of thinking alone behind which a run came to its end too early."""
    trace = case.trace
    for call in case.calls:
        if not call.has_arrived or not is_alone(call.messages):
            continue
        last = call.turn == len(trace.scripted) - 1
        behind = [later for later in case.behind(call) if later.is_answered]
        went_on = trace.incident is None if last else any(later.turn > call.turn for later in behind)
        if not went_on and not (last and behind):
            what = "behind an answer of thinking alone the run did not go on"
            yield found(case, "failed-turn.survived", Seen(None, call, None, 0), fate="dropped", what=what)
            return
