"""Requests that a strict provider refused: each is a failure of the check that the refusal is about.

Rule 1: the vendor's own text is the reason.
Rule 2: a refusal that nothing explains is our own fault: then the provider knows something that the judge does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

from msgspec import UnsetType
from msgspec.structs import replace

from keepthinking import Finding
from keepthinking._json import Json
from keepthinking._reports import Fate
from keepthinking.audit._fates import MESSAGE
from keepthinking.retention import refusals
from keepthinking.retention._flaws import find
from keepthinking.retention._forms import FlawKind
from keepthinking_conformance.judge._answers import Call, is_refused
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import Seen, found


class Refused(NamedTuple):
    """A request that the provider refused.

    Attributes:
        call: The call.
        text: The vendor's text.
        path: Where in the request the rule says that something is wrong; "" where it says nothing.
    """

    call: Call
    text: str
    path: str

    @property
    def reason(self) -> str:
        """What is said about it."""
        return f"request {self.call.number} was refused with HTTP {self.call.exchange.status}: {self.text}"


def refused(case: Case) -> Refused | None:
    """Give the first request that a strict provider refused; None where it took all of them."""
    if case.cell.temper != "strict":
        return None
    call = next((call for call in case.calls if is_refused(call)), None)
    return None if call is None else Refused(call, _text(case, call), _place(case, call))


def charged(refusal: Refused, findings: Sequence[Finding]) -> tuple[Finding, ...] | None:
    """Make the finding that a refusal is about a failure; None where no finding is about it.

    Args:
        refusal: The refusal.
        findings: What was found.
    """
    here = [n for n, one in enumerate(findings) if one.request == refusal.call.number]
    best = sorted(here, key=lambda n: (not _is_there(findings[n], refusal), _rank(findings[n])))
    if not best:
        return None
    blamed = findings[best[0]]
    grave = replace(blamed, level="MUST", status="fail")
    return (*findings[: best[0]], grave, *findings[best[0] + 1 :])


def told(case: Case, refusal: Refused) -> tuple[Finding, ...]:
    """Make a finding of the form that the rule says is refused, where nothing was lost; none where it says nothing."""
    request, rule = case.request(refusal.call), case.rule(refusal.call)
    if request is None or rule is None:
        return ()
    for flaw in rule.flaws:
        hit = next(find(request, (flaw,)), None)
        if hit is None or flaw.kind not in _FORMS:
            continue
        check, fate, what = _FORMS[flaw.kind]
        seen = Seen(refusal.call, spot=hit.spot)
        return (found(case, check, seen, fate=fate, what=what, rule=rule),)
    return ()


_FORMS: Final[Mapping[FlawKind, tuple[str, Fate, str]]] = {
    "unanswered": ("context.pairs.kept", "dropped", "a call has no result, which this provider refuses"),
    "last-thought": ("failed-turn.survived", "misplaced", "the history ends in a thought, which is refused here"),
}
"""What is refused for its form alone: the check that it is about, what became of the block, and one sentence."""


def _is_there(finding: Finding, refusal: Refused) -> bool:
    """Tell whether a finding is about the place of a refusal; where it has none, one is as good as another."""
    return finding.path.startswith(refusal.path) or (refusal.path.startswith(finding.path) and finding.path != "$")


def _rank(finding: Finding) -> int:
    return ("MUST", "SHOULD", "MAY").index(finding.level)


def _place(case: Case, call: Call) -> str:
    request, rule = case.request(call), case.rule(call)
    if request is None or rule is None:
        return ""
    found = refusals(request, rule, profile=case.profile(call))
    if not found or found[0].spot.message < 0:
        return ""
    # A refusal is about a message: what is missing stands nowhere in it.
    return case.dialect.request_path(request.conversation, found[0].spot._replace(block=MESSAGE))


def _text(case: Case, call: Call) -> str:
    body = call.exchange.response
    if isinstance(body, UnsetType):
        return ""
    error = case.dialect.decode_response(body, case.profile(call), status=call.exchange.status).error
    return _message(error.value) if isinstance(error, Json) else ""


def _message(value: object) -> str:
    """Find the text in an error object, which some wires wrap once more."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        held = cast("dict[str, object]", value)
        return next((_message(held[name]) for name in ("message", "error") if name in held), "")
    return ""
