"""What became of tool calls: whether each was made as the model wrote it."""

from __future__ import annotations

from keepthinking_conformance.results import Incident
from keepthinking_conformance.run import Trace


def other_tools(trace: Trace) -> Incident | None:
    """Tell where tools were called otherwise than the model asked; None where they were not."""
    if None in trace.called:
        return _incident("a tool was called with arguments that the model never wrote")
    missing = [wanted for wanted in trace.wanted if wanted not in trace.called]
    if missing:
        first = missing[0]
        place = f"turn {first.turn + 1}, answer {first.step + 1}"
        return _incident(f"`{first.call.tool}` was never called, which the model asked for in {place}")
    allowed = [refused for refused in trace.denied if refused in trace.called]
    if allowed:
        first = allowed[0]
        place = f"turn {first.turn + 1}, answer {first.step + 1}"
        return _incident(f"`{first.call.tool}` was called in {place}, which the user did not allow")
    return None


def _incident(what: str) -> Incident:
    return Incident(kind="other call", message=what, where="tools", culprit="scaffold")
