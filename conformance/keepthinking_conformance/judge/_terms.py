"""What a request asks for besides its messages: a loss may be lawful under another rule, so the rule is the played one.

A scaffold that turns thinking off or asks another model makes most losses lawful: its run says nothing of what it was
to prove.
"""

from __future__ import annotations

from collections.abc import Iterable

from keepthinking import KeepthinkingError, Request, dialect, rule_for
from keepthinking.audit._recording import day_of
from keepthinking.retention._rules import Rule
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import Incident


def other_terms(cell: Cell, calls: Iterable[Call]) -> Incident | None:
    """Tell which request falls under another rule than the one that is played; None where none does."""
    for call in calls:
        try:
            request = dialect(cell.served.dialect).decode_request(call.exchange.request, cell.profile)
        except KeepthinkingError:
            continue  # the audit tells about it
        model = request.model if isinstance(request.model, str) else None
        rule = rule_for(cell.profile, model=model, request_params=request.params, on=day_of(call.exchange))
        if (rule.id if rule is not None else "") != cell.rule:
            return _incident(call, _changed(cell, request, model, rule))
    return None


def _incident(call: Call, what: str) -> Incident:
    return Incident(kind="other request", message=what, where=f"request {call.number}", culprit="scaffold")


def _changed(cell: Cell, request: Request, model: str | None, rule: Rule | None) -> str:
    served = cell.served
    under = f"it falls under `{rule.id}`" if rule is not None else "it falls under no rule"
    if model != cell.model:
        asked = f"it asks for the model {model!r}" if model is not None else "it names no model"
        return f"{asked}, not for {cell.model!r}, so {under}, not under `{cell.rule}`"
    names = [
        name
        for name, value in served.extra_body.items()
        if name not in request.params or request.params[name].value != value
    ]
    names += [path for path in (rule.when if rule is not None else ()) if path.split(".")[0] not in names]
    named = ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "its parameters"
    return f"it was given another {named}, so {under}, not under `{cell.rule}`"
