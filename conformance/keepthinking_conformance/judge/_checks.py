"""What each check says of a run: its findings, and whether it saw what it is about."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Final

from keepthinking import Finding, Thinking
from keepthinking._reports import Status
from keepthinking._turns import MODEL_ROLES
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._case import Case

_OF_THINKING: Final = frozenset(
    {
        *("thinking.unaltered", "thinking.place", "thinking.own", "stream.thinking.whole", "stream.thinking.once"),
        *("seal.kept", "seal.unaltered", "seal.on-its-block", "stream.seal.kept", "persist.seal.kept"),
    }
)
"""Checks that ask of thinking how it came back, and of seals, which go with it."""

_WITHOUT_ANSWERS: Final = frozenset({"context.turn.kept.in-loop", "context.turn.kept.cross-turn", "result.delivered"})
"""Checks that say something also where nothing came back at all."""


def blank(case: Case) -> frozenset[str]:
    """List the checks that cannot say anything, since nothing of what they ask about came back."""
    sent = [message for call in case.calls if (request := case.request(call)) for message in request.messages]
    spoken = [message for message in sent if message.role in MODEL_ROLES]
    if not spoken:
        return frozenset(CHECKS) - _WITHOUT_ANSWERS
    blocks = [block for message in spoken for block in message.blocks]
    found: set[str] = set()
    if not any(isinstance(block, Thinking) for block in blocks):
        sealed = any(block.seals for block in blocks)
        found |= {check for check in _OF_THINKING if not (sealed and "seal" in check)}
    return frozenset(found)


def said(
    expected: Mapping[str, int],
    seen: Mapping[str, int],
    findings: Iterable[Finding],
    blank: Container[str] = (),
) -> dict[str, Status]:
    """Give what each check says that has an occasion or a finding, in the order of the families.

    Args:
        expected: Its occasions in the script.
        seen: Its occasions in the run.
        findings: What was found. Notes (MAY) fail nothing.
        blank: Checks that cannot say anything, since another one has found that nothing came back.
    """
    graves: dict[str, Status] = {}
    for finding in findings:
        if finding.level != "MAY" and graves.get(finding.check) != "fail":
            graves[finding.check] = "fail" if finding.status == "fail" else "warn"
    found: dict[str, Status] = {}
    for check in CHECKS:
        if check in graves:
            found[check] = graves[check]
        elif check not in blank and (seen.get(check) or expected.get(check)):
            found[check] = "pass" if seen.get(check) else "harness-error"
    return found


def only_found(findings: Iterable[Finding]) -> dict[str, Status]:
    """Give what a run says that did not come to its end: what was found is shown, and nothing passes."""
    return said({}, {}, findings)


def unseen(checks: Mapping[str, Status]) -> tuple[str, ...]:
    """List the checks that should have seen something, and did not."""
    return tuple(check for check, status in checks.items() if status == "harness-error")
