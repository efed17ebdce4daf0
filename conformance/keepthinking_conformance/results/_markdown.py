"""The verdict, the table, and the first red runs as Markdown: for a README, or the summary of a build.

Rule 1: what a model or a user wrote is escaped twice over: no Markdown, and no HTML, whoever shows it.
Rule 2: it stays small: a build's summary may hold 1 MB (GitHub), and nobody reads a long one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from msgspec import UNSET

from keepthinking_conformance.results._evidence import LOST, Kind, Side, cut, facts, kinds, sides, spelt
from keepthinking_conformance.results._gate import fails
from keepthinking_conformance.results._results import CellResult, Results
from keepthinking_conformance.results._sentences import counted, verdict
from keepthinking_conformance.results._table import COLUMNS, rows

SHOWN: Final = 10
"""So many red runs are shown, and the gravest kind of finding of each."""

WORDS: Final = {
    "": "-",
    "not-wanted": "not wanted",
    "gone": "gone",
    "pass": "yes",
    "warn": "partly",
    "fail": "**no**",
    "error": "**error**",
    "harness-error": "?",
}
"""What a status is called in a table."""

_SPECIAL: Final = re.compile(r"([\\`*_\[\]|~#])")
_MOST: Final = 300


def as_markdown(results: Results) -> str:
    """Write the verdict, the table, what it was made with, and the first red runs, folded."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield f"**{' '.join(verdict(results))}**"
    yield ""
    yield from _table(results)
    yield ""
    for environment in results.environments:
        named = [f"keepthinking {results.keepthinking}", f"Python {environment.python}"]
        named += [f"{name} {version}" for name, version in environment.distributions.items()]
        yield f"{_text(', '.join(named))}."
    yield from _red(results)


def _table(results: Results) -> Iterator[str]:
    heads = ["Scaffold", "Provider", *COLUMNS.values(), "Plain", "Streamed"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' for _ in heads)}|"
    for row in rows(results.cells):
        words = {name: _word(row.columns[name]) for name in COLUMNS}
        kept = f", {row.kept} of {row.expected}" if row.expected else ""
        words["thinking"] = f"{_word(row.thinking)}{kept}"
        fields = [_text(row.title), _text(row.provider), *words.values(), _word(row.plain), _word(row.stream)]
        yield f"| {' | '.join(fields)} |"


def _red(results: Results) -> Iterator[str]:
    failing = [cell for cell in results.cells if fails(cell, strict=results.strict)]
    lost = [cell for cell in results.cells if cell.status in {"fail", "error"} and cell not in failing]
    for title, cells in (("What fails", failing), ("What is lost, and fails nothing", [] if failing else lost)):
        if cells:
            yield from ("", f"### {title}")
            for cell in cells[:SHOWN]:
                yield from _folded(cell)
            if len(cells) > SHOWN:
                more = counted(len(cells) - SHOWN, "more is", "more are")
                yield from ("", f"{more} in the other forms of this report.")


def _folded(cell: CellResult) -> Iterator[str]:
    """Give one run; inside there is no blank line, which would end the block of HTML."""
    found = kinds(finding for finding in cell.findings if finding.level != "MAY")
    about = f"{found[0].first.check}, {found[0].first.fate}" if found else cell.status
    yield ""
    yield f"<details><summary><code>{_html(cell.id)}</code> {_html(about)}</summary>"
    if cell.reason:
        yield f"<p>{_html(cell.reason)}</p>"
    for difference in cell.differences:
        told = f"{difference.what}: recorded {difference.recorded or 'nothing'}, found {difference.found}"
        yield f"<p>{_html(told)}</p>"
    if found:
        yield from _kind(found[0])
        if len(found) > 1:
            checks = ", ".join(f"<code>{_html(kind.first.check)}</code>" for kind in found[1:SHOWN])
            yield f"<p>also {checks}</p>"
    if cell.replay:
        yield f"<pre>{_html(cell.replay)}</pre>"
    yield "</details>"


def _kind(kind: Kind) -> Iterator[str]:
    finding = kind.first
    yield f"<p><b>{finding.level}</b> {_html(finding.what)}</p>"
    said, sent = sides(finding)
    if said is not None or sent is not None:
        yield f"<p>The provider said</p>\n<pre>{_wire(said, 'nothing that has a place')}</pre>"
        yield f"<p>The scaffold sent back</p>\n<pre>{_wire(sent, 'nothing in its place')}</pre>"
    yield "<ul>"
    yield from (f"<li>{word} {_html(place)}</li>" for word, place in facts(finding))
    yield f"<li>lost in {LOST[finding.lost_in]}</li>"
    if finding.rule is not UNSET:
        yield f"<li>rule {_html(f'{finding.rule}, verified {finding.verified}: {finding.source}')}</li>"
    if finding.fix:
        yield f"<li>fix: {_html(finding.fix)}</li>"
    yield "</ul>"


def _wire(side: Side | None, nothing: str) -> str:
    if side is None:
        return nothing
    marked = f"<b>{_html(side.first)}</b>" if side.first else ""
    return f"{_html(side.same)}{marked}{_html(side.differs)}{_html(side.rest)}"


def _word(status: str) -> str:
    return WORDS.get(status, status)


def _text(text: str) -> str:
    """Write a text so that it is neither Markdown nor HTML."""
    return _SPECIAL.sub(r"\\\1", escape(spelt(cut(text, _MOST)), quote=False))


def _html(text: str) -> str:
    """Write a text inside a block of HTML, in one line."""
    return escape(spelt(cut(text)))
