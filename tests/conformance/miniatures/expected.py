"""What a verdict has to be: of a miniature that is wrong, and of the correct one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from msgspec import UNSET

from keepthinking.retention import rule as rule_named
from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import CORRECT, MINIATURES, Miniature
from keepthinking_conformance.miniatures.table._row import SAME
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.results import CellResult, Found
from tests.conformance.judge.misbehaving import MISBEHAVING
from tests.conformance.judge.runs import cell_of
from tests.conformance.miniatures.correct import otherwise
from tests.conformance.miniatures.evidence import badly_shown

STATUSES = {"MUST": {"fail"}, "SHOULD": {"warn"}, "MAY": {"pass", "not-wanted"}}
"""What a run comes out as whose gravest finding has a level."""

_STATUS = {"MUST": "fail", "SHOULD": "warn", "MAY": "pass"}
"""What a check says that has found something of a level."""

_ORDER = ("MAY", "SHOULD", "MUST")

_BYTES = {*("seal.unaltered", "text.unaltered"), *("call.name.unaltered", "arguments.equal", "arguments.verbatim")}
"""Checks that tell the first byte that differs."""

_WORDS = {
    "openai-chat": ("`reasoning", "`<think>`"),
    "openai-responses": ("`reasoning` items",),
    "anthropic-messages": ("`thinking` blocks",),
    "gemini": ("`thought`",),
}
"""How a dialect calls what holds thinking."""


def wrong_of(row: Miniature, outcome: Outcome) -> list[str]:
    """Tell what is not as a row of the table says; nothing where all is."""
    wrong = [
        f"{what}: {was!r}, not {wanted!r}" for what, was, wanted in _compared(row, outcome.result) if was != wanted
    ]
    assert outcome.trace is not None
    wrong += [text for found in outcome.result.findings for text in badly_shown(found, outcome.trace)]
    return wrong + otherwise(outcome, {row.check, *row.implies})


Wrong = Callable[[Outcome], list[str]]
"""Tells what is not as it has to be."""

_CORRECT = ("deepseek", "anthropic", "vllm", "google-gemini")
"""The providers under which the correct miniature is judged, too."""

_MISBEHAVING = ("deepseek", "anthropic")
"""The providers under which those that misbehave are."""

_LONG = 9
"""A longer run shows nothing that a shorter one does not."""


@cache
def verdicts() -> dict[str, tuple[Cell, Wrong]]:
    """Give all verdicts that are known, by name: of the miniatures, of scaffolds that misbehave, of the correct one."""
    found: dict[str, tuple[Cell, Wrong]] = {
        name: (row.cell, partial(wrong_of, row)) for name, row in MINIATURES.items()
    }
    for profile in _MISBEHAVING:
        for subject, status, said in MISBEHAVING:
            cell = cell_of(profile, "loop", subject)
            found[cell.id] = cell, partial(wrong_of_misbehaving, status, said)
    correct = (cell for cell in plan([CORRECT], providers=_CORRECT) if not cell.skip and cell.calls <= _LONG)
    named = (cell_of(profile, "second-turn", CORRECT, name="neutral") for profile in _CORRECT)
    return found | {cell.id: (cell, wrong_of_correct) for cell in (*correct, *named)}


def _compared(row: Miniature, result: CellResult) -> Iterator[tuple[str, object, object]]:
    if not result.findings:
        yield "findings", (), row.check
        return
    worst = max((finding.level for finding in result.findings), key=_ORDER.index)
    yield "status", result.status in ({row.status} if row.status else STATUSES[worst]), True
    again = {check for check, reason in row.implies.items() if reason == SAME}
    found = [finding for finding in result.findings if finding.check not in again]
    if not found:
        yield "findings of the run", (), row.check
        return
    first = found[0]
    yield "first check", first.check, row.check
    yield (
        "what is named twice",
        {finding.check for finding in result.findings[: len(result.findings) - len(found)]},
        again,
    )
    yield "checks", {finding.check for finding in result.findings}, {row.check, *row.implies}
    yield "times", Counter(finding.check for finding in result.findings)[row.check], row.times
    yield "level", (first.level, first.fate), (row.level, row.fate)
    yield "status of the finding", first.status, "fail" if row.level == "MUST" else "warn"
    yield "place in the request", (first.request, first.path), (row.request, row.path)
    yield "place in the answer", (first.response or 0, first.origin or ""), (row.response, row.origin)
    yield "lost in", first.lost_in, row.lost_in
    yield "evidence", (isinstance(first.said, str), isinstance(first.sent, str)), (bool(row.origin), row.path != "$")
    if row.check != "thinking.unaltered":  # which may have lost a member, and no byte of a text
        yield "first differing byte", isinstance(first.at, int), row.check in _BYTES
    if row.check.startswith("thinking.kept"):
        yield "fix in the words of the wire", any(word in first.fix for word in _WORDS[result.dialect]), True
    yield "scopes", {finding.scope for finding in result.findings}, {""}
    for rule, source, verified in {(found.rule, found.source, found.verified) for found in result.findings}:
        row_ = None if rule is UNSET else rule_named(rule)
        yield "rule", (source, verified), (UNSET, UNSET) if row_ is None else (row_.source, row_.verified)
    if not row.status:
        yield "own check", result.checks.get(row.check, "pass"), _STATUS[row.level]
    yield "other checks", _others(result, {row.check, *row.implies}), {}


NOTES = {"compaction": {"context.turn.kept.cross-turn"}}
"""What is noted (MAY) of a scaffold that does nothing wrong: to trim is to let earlier turns go."""


def wrong_of_correct(outcome: Outcome) -> list[str]:
    """Tell what is said of a scaffold that does nothing wrong."""
    result = outcome.result
    noted = NOTES.get(result.scenario, set())
    said = [shown_of(f) for f in result.findings if not (f.level == "MAY" and f.check in noted)]
    said += [f"{check}: {status}" for check, status in _others(result, set()).items()]
    said += otherwise(outcome, set())
    return [*said, *([f"status {result.status}"] if result.status != "pass" else [])]


def _others(result: CellResult, named: set[str]) -> Mapping[str, str]:
    named = {*named, *result.untold}
    return {check: status for check, status in result.checks.items() if check not in named and status != "pass"}


def wrong_of_misbehaving(status: str, said: str, outcome: Outcome) -> list[str]:
    """Tell what is not as it has to be said of a scaffold that misbehaves; nothing passes."""
    found = outcome.result
    culprit = "" if found.incident is UNSET else found.incident.culprit
    good = found.status == status and said in found.reason and "pass" not in found.checks.values()
    return [] if good and culprit == ("scaffold" if status == "error" else "") else [f"{found.status}: {found.reason}"]


def shown_of(finding: Found) -> str:
    """Write a finding on a line."""
    where = f"{finding.request} {finding.path} of {finding.response} {finding.origin}"
    return f"{finding.check} {finding.level} {finding.fate} at {where}: {finding.what} (x{finding.requests})"


def shown(outcome: Outcome) -> str:
    """Write a verdict on some lines."""
    result = outcome.result
    return "\n".join([f"{result.status} {result.reason}", *map(shown_of, result.findings)])
