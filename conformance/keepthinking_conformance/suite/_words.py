"""What a failing test says: everything that is needed to see it, without running anything."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from keepthinking_conformance.results import CellResult, Found


def explain(found: CellResult, *checks: str) -> str:
    """Explain a run.

    Args:
        found: The verdict.
        checks: The checks that are asked for; without any, the run as a whole.
    """
    return "\n".join(_lines(found, checks))


def _lines(found: CellResult, checks: tuple[str, ...]) -> Iterator[str]:
    yield f"{found.id}: {found.status}{f': {found.reason}' if found.reason else ''}"
    mine = [finding for finding in found.findings if not checks or finding.check in checks]
    for finding in mine:
        yield from _finding(finding)
    for check in checks:
        if not any(finding.check == check for finding in mine):
            yield f"{check}: {found.checks.get(check, 'the run had no occasion for it, and should have had')}"


def _finding(finding: Found) -> Iterator[str]:
    at = "" if finding.at is UNSET else f", first differing byte {finding.at}"
    yield f"{finding.check} ({finding.level}, {finding.fate}): {finding.what}"
    yield f"  seen in  request {finding.request}, {finding.path}{at}"
    if finding.response is not UNSET:
        yield f"  said in  response {finding.response}{'' if finding.origin is UNSET else f', {finding.origin}'}"
    if finding.said is not UNSET:
        yield f"  said     {finding.said!r}"
    if finding.sent is not UNSET:
        yield f"  sent     {finding.sent!r}"
    if finding.lost_in != "unknown":
        yield f"  lost in  {finding.lost_in}"
    if finding.rule is not UNSET:
        yield f"  rule     {finding.rule}, verified {finding.verified}: {finding.source}"
    if finding.fix:
        yield f"  fix      {finding.fix}"
