"""What `keepthinking check` prints for a person: one table, and below it what is wrong, where, and by which rule.

Rule 1: plain characters and words, 80 columns: colours come on top and say nothing that the words do not.
Rule 2: what was said stands here in short windows around a difference, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final, NamedTuple

import click
from msgspec import UNSET

from keepthinking.cli._audit_view import clean
from keepthinking_conformance.cli._wire import shown
from keepthinking_conformance.results import COLUMNS, CellResult, Difference, Exit, Found, Results, Row, rows
from keepthinking_conformance.results._gate import fails
from keepthinking_conformance.results._sentences import counted, verdict

_WORDS: Final = {
    "pass": "ok",
    "not-wanted": "not wanted",
    "fail": "FAIL",
    "error": "ERROR",
    "harness-error": "?",
    "unsupported": "-",
    "": "-",
}
_COLORS: Final = {
    "pass": "green",
    "warn": "yellow",
    "fail": "red",
    "error": "red",
    "harness-error": "magenta",
    "absent": "cyan",
}
_COUNTS: Final = {
    "unsupported": ("does not apply", "do not apply"),
    "not-wanted": ("proves nothing", "prove nothing"),
    "pass": ("passed", "passed"),
    "warn": ("with warnings", "with warnings"),
    "fail": ("failed", "failed"),
}
"""What is said of one run of a status, and of several."""

_SAID: Final = frozenset({"absent", "not-wanted"})
"""What the first column says, and the narrow ones do not repeat."""

_TITLE, _KEPT, _WIDTH = 30, 14, 6
_COLUMNS: Final = 80
_LEVELS: Final = ("MUST", "SHOULD", "MAY")


class Look(NamedTuple):
    """How to print.

    Attributes:
        strict: Whether SHOULD findings fail, too.
        everything: Whether to print every finding, the notes, and what does not apply.
        quiet: Whether to print only what fails.
        color: Whether to use color.
    """

    strict: bool
    everything: bool
    quiet: bool
    color: bool


def as_text(results: Results, look: Look) -> str:
    """Write results for a person."""
    table = rows(results.cells)
    lines = [*_details(table, look), *_verdict(results)]
    if not look.quiet:
        lines = [*_table(table), *lines[:-1], *_frame(results, look), lines[-1]]
    text = "\n".join(lines) + "\n"
    return text if look.color else click.unstyle(text)


def word_of(status: str) -> str:
    """Give the word for a status."""
    return _WORDS.get(status, status)


# -- the table -----------------------------------------------------------------------------------------------------


def _table(table: Sequence[Row]) -> Iterator[str]:
    heads = list(COLUMNS.values())[1:]
    first = f"{'Scaffold, provider':<{_TITLE}}{'Thinking kept':<{_KEPT}}"
    rest = "".join(f"{head:<{_WIDTH}}" for head in (*heads, "Plain", "Stream"))
    yield click.style((first + rest).rstrip(), bold=True)
    subject = ""
    for row in table:
        if row.cells[0].subject != subject:
            subject = row.cells[0].subject
            yield from ("", click.style(_who(row), bold=True) + _known(table, subject))
        kept = f" {row.kept} of {row.expected}" if row.expected else ""
        thinking = row.columns["thinking"] if row.expected else row.status
        words = [row.columns[name] for name in COLUMNS if name != "thinking"]
        line = f"  {_cut(clean(row.provider or row.cells[0].profile), _TITLE - 3):<{_TITLE - 2}}"
        line += _padded(thinking, _KEPT, kept)
        line += "".join(
            _padded(word, _WIDTH) for word in (*words, *("" if s in _SAID else s for s in (row.plain, row.stream)))
        )
        yield line.rstrip()
    yield ""


def _known(table: Iterable[Row], subject: str) -> str:
    cells = [cell for row in table for cell in row.cells if cell.subject == subject and cell.gate == "scorecard"]
    if not cells:
        return ""
    return ", not as recorded" if any(cell.differences for cell in cells) else ", as recorded"


def _who(row: Row) -> str:
    first = row.cells[0]
    title = f" ({clean(first.title)})" if first.title != first.subject else ""
    return f"{clean(first.subject)}{title}"


def _padded(status: str, width: int, more: str = "") -> str:
    word = word_of(status)
    room = " " * max(width - len(word) - len(more), 1)
    return _styled(word, status) + more + room


def _styled(word: str, status: str) -> str:
    color = _COLORS.get(status)
    return click.style(word, fg=color) if color else word


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


# -- what is wrong -------------------------------------------------------------------------------------------------


def _details(table: Iterable[Row], look: Look) -> Iterator[str]:
    cited: set[str] = set()
    for row in table:
        cells = [cell for cell in row.cells if not look.quiet or fails(cell, strict=look.strict)]
        lines = [*_findings(cells, look, cited), *_reasons(cells, look), *_differences(cells, look)]
        if lines:
            first = row.cells[0]
            yield click.style(f"{_who(row)}, {clean(row.provider or first.profile)}, {clean(first.model)}", bold=True)
            yield from lines
            yield ""


def _findings(cells: Iterable[CellResult], look: Look, cited: set[str]) -> Iterator[str]:
    kinds: dict[tuple[str, ...], list[tuple[CellResult, Found]]] = {}
    for cell in cells:
        for finding in cell.findings:
            if look.everything or finding.level != "MAY":
                kind = (finding.level, finding.check, finding.fate, str(finding.rule), finding.lost_in)
                kinds.setdefault(kind, []).append((cell, finding))
    for found in sorted(kinds.values(), key=lambda alike: _LEVELS.index(alike[0][1].level)):
        yield from _kind(found, look, cited)


def _kind(found: list[tuple[CellResult, Found]], look: Look, cited: set[str]) -> Iterator[str]:
    first = found[0][1]
    failing = first.status == "fail" or (look.strict and first.level == "SHOULD")
    word = "fail" if failing else "note" if first.level == "MAY" else "warn"
    names = list(dict.fromkeys(_run(cell) for cell, _ in found))
    head = f"  {_styled(word, 'fail' if failing else 'warn')}  {first.check}  {first.level}  {first.fate}"
    yield f"{head}  (in {counted(len(names), 'run')})"
    for cell, finding in found if look.everything else found[:1]:
        told = f"{_run(cell)}: {clean(finding.what)}"
        yield from wrap(told, _COLUMNS, initial_indent=" " * 8, subsequent_indent=" " * 10)
        yield from shown(finding)
        yield f"          replay     {cell.replay}"
    if first.rule is not UNSET:
        again = str(first.rule) in cited
        cited.add(str(first.rule))
        yield f"        rule {first.rule}{', cited above' if again else f', verified {first.verified}:'}"
        yield from (f"          {clean(source)}" for source in ([] if again else str(first.source).split("; ")))


def _reasons(cells: Iterable[CellResult], look: Look) -> Iterator[str]:
    """Tell why cells are no verdict. What does not apply is told where it is asked for, or where nothing else is."""
    found = list(cells)
    idle = look.everything or all(cell.status == "unsupported" for cell in found)
    shown = {"error", "harness-error", "absent", *(("unsupported",) if idle else ())}
    grouped: dict[tuple[str, str], list[CellResult]] = {}
    for cell in found:
        if cell.status in shown or (cell.status == "not-wanted" and cell.reason):
            grouped.setdefault((cell.status, cell.reason), []).append(cell)
    for (status, reason), alike in grouped.items():
        yield f"  {_styled(status, status)}  {clean(reason)}"
        if status != "absent":
            yield f"          in         {_names(alike)}"
        if status in {"error", "harness-error"}:
            yield f"          replay     {alike[0].replay}"


def _differences(cells: Sequence[CellResult], look: Look) -> Iterator[str]:
    grouped: dict[Difference, list[CellResult]] = {}
    for cell in cells:
        for difference in cell.differences:
            grouped.setdefault(difference, []).append(cell)
    whats = {cell.id: {difference.what for difference in cell.differences} for cell in cells}
    for difference, found in grouped.items():
        # Counts follow from the rest where a status or a kind of finding changed.
        if difference.what == "fates" and not look.everything and all(len(whats[cell.id]) > 1 for cell in found):
            continue
        yield from differs(difference)
        yield f"          in         {_names(found)}"
        yield f"          replay     {found[0].replay}"


def differs(difference: Difference) -> Iterator[str]:
    """Say where a cell differs from the scorecard."""
    head = f"  {_styled('differs', 'fail')}  "
    if difference.what == "record":
        yield f"{head}not on the scorecard; found: {difference.found}"
        return
    yield f"{head}{difference.what}"
    yield f"          recorded   {difference.recorded}"
    yield f"          found      {difference.found}"


def _run(cell: CellResult) -> str:
    change = f"~{cell.perturbation}" if cell.perturbation else ""
    return f"{cell.scenario}/{'stream' if cell.stream else 'plain'}{change}"


def _names(cells: Iterable[CellResult]) -> str:
    names = [_run(cell) for cell in cells]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - enough


# -- what it was made with -----------------------------------------------------------------------------------------


def _frame(results: Results, look: Look) -> Iterator[str]:
    for control in results.controls:
        word = "as it must" if control.good else f"but it must be {control.expected}: {clean(control.reason)}"
        yield f"control   {control.id}: {_styled(control.status, 'pass' if control.good else 'error')}, {word}"
    for name, what in results.absent.items():
        yield f"absent    {name}: pip install {what}"
    for environment in results.environments:
        named = [f"keepthinking {results.keepthinking}", f"Python {environment.python}", environment.platform]
        named += [f"{name} {version}" for name, version in environment.distributions.items()]
        yield from _wrapped("versions", named)
    summary = results.summary
    counts = [counted(count, *_COUNTS.get(status, (status, status))) for status, count in summary.statuses.items()]
    yield from _wrapped("runs", [f"{summary.cells} in all", *counts])
    idle = 0 if look.everything else summary.statuses.get("unsupported", 0)
    hint = f" (`--all` says why {'one does' if idle == 1 else 'some do'} not apply)" if idle else ""
    yield f"time      {summary.seconds:.1f} s, {counted(summary.requests, 'request')}, seed {results.seed}{hint}"


def _wrapped(head: str, parts: Iterable[str]) -> Iterator[str]:
    line = f"{head:<10}"
    for number, part in enumerate(parts):
        piece = f"{', ' if number else ''}{part}"
        if len(line) + len(piece) > 79 and number:  # noqa: PLR2004 - 80 columns
            yield f"{line},"
            line, piece = " " * 10, part
        line += piece
    yield line


def _verdict(results: Results) -> Iterator[str]:
    color = "green" if results.summary.exit == Exit.OK else "red"
    yield click.style(" ".join(verdict(results)), bold=True, fg=color)
