"""What `keepthinking audit` prints: text for a person, JSON for a program.

Rule 1: what came from a recording (paths, scopes, names) is shown with its control characters spelt out: no recording
may drive a terminal.
Rule 2: nothing of what a model thought is in a report, so nothing of it is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click
from msgspec import UNSET
from msgspec.structs import asdict

from keepthinking._reports import Finding
from keepthinking.audit import Report

FORMAT = "keepthinking-audit/1"
"""The name of the JSON report's format."""

_ORDERS = {"time": "by their times", "answers": "by which request holds which answer"}
_LEVELS = ("MUST", "SHOULD", "MAY")
_SHOWN = 3
"""So many findings of one kind are shown in full; a scaffold that loses one thought mostly loses all."""


def as_json(report: Report, *, code: int, strict: bool) -> str:
    """Write a report for a program; every member is always there, absent values are null, and all is ASCII."""
    body = {name: value for name, value in asdict(report).items() if name != "extras"}
    for name in ("findings", "problems", "strangers"):
        body[name] = [_plain(asdict(value)) for value in body[name]]
    return json.dumps({"format": FORMAT, "exit": int(code), "strict": strict, **body}, indent=2) + "\n"


def _plain(members: dict[str, object]) -> dict[str, object]:
    return {name: None if value is UNSET else value for name, value in members.items() if name != "extras"}


def as_text(report: Report, *, strict: bool, everything: bool, quiet: bool, color: bool) -> str:
    """Write a report for a person.

    Args:
        report: The report.
        strict: Whether SHOULD findings fail, too.
        everything: Whether to show each finding, and the notes.
        quiet: Whether to show only what fails.
        color: Whether to use color.
    """
    lines = [
        *_findings(report.findings, strict=strict, everything=everything, quiet=quiet),
        *_problems(report),
        *_strangers(report, everything=everything),
        *_summary(report, strict=strict, everything=everything),
    ]
    text = "\n".join(lines) + "\n"
    return text if color else click.unstyle(text)


def clean(text: str) -> str:
    """Spell out what a terminal would obey or not show: control characters, direction marks, halves of characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _fails(finding: Finding, *, strict: bool) -> bool:
    return finding.status == "fail" or (strict and finding.level == "SHOULD")


def _findings(findings: Iterable[Finding], *, strict: bool, everything: bool, quiet: bool) -> Iterator[str]:
    shown = [f for f in findings if everything or f.level != "MAY"]
    shown = [f for f in shown if not quiet or _fails(f, strict=strict)]
    scopes: dict[str, dict[tuple[str, ...], list[Finding]]] = {}
    for finding in shown:
        kind = (finding.check, finding.level, finding.fate, str(finding.rule))
        scopes.setdefault(finding.scope, {}).setdefault(kind, []).append(finding)
    for scope, kinds in scopes.items():
        if scope:
            yield click.style(clean(scope), bold=True)
        # the gravest first; of one level as they were recorded
        for alike in sorted(kinds.values(), key=lambda found: _LEVELS.index(found[0].level)):
            yield from _kind(alike, everything=everything, failing=_fails(alike[0], strict=strict))


def _kind(findings: list[Finding], *, everything: bool, failing: bool) -> Iterator[str]:
    """Show the findings of one kind, with the rule once at the end."""
    first = findings[0]
    word = "fail" if failing else "note" if first.level == "MAY" else "warn"
    word = click.style(word, fg="red" if failing else "yellow", bold=failing)
    head = f"  {word}  {click.style(first.check, bold=True)}  {first.level}  {first.fate}"
    yield head if len(findings) == 1 else f"{head}  ({len(findings)} times)"
    most = len(findings) if everything else _SHOWN
    for finding in findings[:most]:
        yield f"        {clean(finding.what)}"
        if finding.origin is not UNSET:
            yield f"          said in    response {finding.response}, {clean(finding.origin)}"
        elif finding.response is not UNSET:
            yield f"          about      response {finding.response}"
        at = "" if finding.at is UNSET else f", first differing byte {finding.at}"
        again = finding.requests - 1
        seen = f", and in {again} later request{'s' if again > 1 else ''}" if again else ""
        yield f"          seen in    request {finding.request}, {clean(finding.path)}{at}{seen}"
    if len(findings) > most:
        numbers = ", ".join(str(finding.request) for finding in findings[most : most + 8])
        more = ", ..." if len(findings) > most + 8 else ""
        yield f"        and {len(findings) - most} more like it, in requests {numbers}{more}; --all shows them"
    if first.rule is not UNSET:
        yield click.style(f"        rule {first.rule}, verified {first.verified}: {clean(str(first.source))}", dim=True)
    yield ""


def _problems(report: Report) -> Iterator[str]:
    for problem in report.problems:
        where = f"exchange {problem.exchange}" if problem.exchange else "a line that is no exchange"
        source = f" ({clean(problem.source)})" if problem.source else ""
        yield f"  {click.style('not judged', fg='magenta', bold=True)}  {where}{source}: {clean(problem.what)}"
    if report.problems:
        yield ""


def _strangers(report: Report, *, everything: bool) -> Iterator[str]:
    """List the model messages that are judged by nothing, if everything is to be shown."""
    if not everything:
        return
    for stranger in report.strangers:
        scope = f" ({clean(stranger.scope)})" if stranger.scope else ""
        where = f"request {stranger.request}{scope}, {clean(stranger.path)}"
        yield f"  {click.style('unattributed', fg='yellow')}  {where}: no recorded answer explains this message"
    if report.strangers:
        yield ""


def _summary(report: Report, *, strict: bool, everything: bool) -> Iterator[str]:
    answers = _count(report.expected, "answer")
    yield f"{_count(report.exchanges, 'exchange')}; {answers} expected again in later requests"
    fates = sorted(report.fates.items(), key=lambda pair: (-pair[1], pair[0]))
    yield f"thinking blocks: {', '.join(f'{count} {fate}' for fate, count in fates) or 'none expected'}"
    yield from _unattributed(report, strict=strict, everything=everything)
    if report.order != "recorded":
        yield f"the recording is in another order: exchanges were judged oldest first, {_ORDERS[report.order]}"
    failing = sum(_fails(finding, strict=strict) for finding in report.findings)
    notes = sum(finding.level == "MAY" for finding in report.findings)
    verdict = f"{failing} failing, {_count(len(report.findings) - failing - notes, 'warning')}, {_count(notes, 'note')}"
    hint = "; --all shows the notes" if notes and not everything else ""
    yield click.style(verdict, bold=True, fg="red" if failing else None) + hint
    if report.problems:
        yield click.style(f"{_count(len(report.problems), 'exchange')} could not be judged", fg="magenta")
    if not report.expected:
        yield click.style("Nothing to judge: no request goes on from a recorded answer.", fg="magenta")


def _unattributed(report: Report, *, strict: bool, everything: bool) -> Iterator[str]:
    """Tell how much of the history nothing judges."""
    strange, all_ = report.unattributed, report.model_messages
    if not all_:
        return
    text = f"unattributed: {strange:,} of {_count(all_, 'model message')} in requests"
    if strange:
        text += f" ({100 * strange / all_:.1f}%) come from no recorded answer, so nothing judges them"
        text += "; --strict fails on that" if strict else ""
        text += "" if everything else "; --all shows where they stand"
    yield click.style(text, fg="red" if strange and strict else "yellow" if strange else None)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
