"""The table of verdicts as Markdown, for a README or a summary of a build."""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking_conformance.results._results import Results
from keepthinking_conformance.results._table import COLUMNS, rows

WORDS = {
    "": "-",
    "not-wanted": "not wanted",
    "pass": "yes",
    "warn": "partly",
    "fail": "**no**",
    "error": "**error**",
    "harness-error": "?",
}
"""What a status is called in a table."""


def as_markdown(results: Results) -> str:
    """Write the table, and below it what it was made with."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    heads = ["Scaffold", "Provider", *COLUMNS.values(), "Plain", "Streamed"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' for _ in heads)}|"
    for row in rows(results.cells):
        words = {name: _word(row.columns[name]) for name in COLUMNS}
        kept = f", {row.kept} of {row.expected}" if row.expected else ""
        words["thinking"] = f"{words['thinking'] if kept else _word(row.status)}{kept}"
        fields = [row.title, row.provider, *words.values(), _word(row.plain), _word(row.stream)]
        yield f"| {' | '.join(_cell(field) for field in fields)} |"
    yield ""
    for environment in results.environments:
        versions = [f"{name} {version}" for name, version in environment.distributions.items()]
        yield f"{', '.join([f'keepthinking {results.keepthinking}', f'Python {environment.python}', *versions])}."


def _word(status: str) -> str:
    return WORDS.get(status, status)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
