"""The table of verdicts: one row a subject and provider, in words that a newcomer knows.

A column gathers checks by what they are about. Where nothing of a kind had to come back, the column says so instead
of passing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from keepthinking import Finding
from keepthinking_conformance.results._results import JUDGED, CellResult

COLUMNS: Final[Mapping[str, str]] = {
    "thinking": "Thinking",
    "seals": "Seals",
    "order": "Order",
    "calls": "Calls",
    "other": "Text",
}
"""The columns and their titles. `Calls` is names, arguments, ids and results; `Text` all that is left."""

_PREFIXES: Final = (
    ("seals", ("seal.", "opaque.", "stream.seal.", "persist.seal.", "foreign.", "handoff.foreign.")),
    ("order", ("order.", "grouping.", "block.once", "parallel.", "inject.", "stream.thinking.once")),
    (
        "calls",
        ("call.", "arguments.", "ids.", "result.", "tools.", "malformed-call.", "context.pairs.", "persist.open-call."),
    ),
    (
        "thinking",
        (
            "thinking.",
            "redacted.",
            "stream.thinking.",
            "persist.thinking.",
            "context.turn.",
            "failed-turn.",
            "persist.unfinished.",
            "handoff.thinking.",
            "switch.thinking.",
            "gate.",
            "perturbed.",
        ),
    ),
)
_HELD: Final = {"thinking": "thinking", "seals": "seals", "order": "thinking", "calls": "calls", "other": "texts"}
"""Which blocks have to be there for a column to say anything."""

_ANYWAY: Final = frozenset({"calls", "other"})
"""Columns of what has to come back whatever a rule says of thinking."""

_KEPT: Final = frozenset({"preserved", "normalised"})
_UNASKED: Final = frozenset({"legally-dropped", "invented", "duplicated"})
"""Fates of what nobody asks for: the provider's own rule lets it go, or the scaffold sent it besides."""

_GRAVE: Final = ("error", "harness-error", "fail", "warn", "pass", "not-wanted", "unsupported", "absent")


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        title: The subject's name for a person.
        provider: The provider's name for a person.
        kept: How many thinking blocks came back, each counted once a request.
        expected: How many should have; what the provider's own rule let go is in neither number, nor what the scaffold
            sent besides.
        columns: The word for each of `COLUMNS`: `pass`, `warn`, `fail`, or "" where there was nothing to see.
        plain: The gravest status of the cells without streaming; "" where there are none.
        stream: The same with streaming.
        cells: The cells.
    """

    title: str
    provider: str
    kept: int
    expected: int
    columns: dict[str, str]
    plain: str
    stream: str
    cells: tuple[CellResult, ...]

    @property
    def status(self) -> str:
        """The gravest status of the row."""
        return gravest(cell.status for cell in self.cells)

    @property
    def thinking(self) -> str:
        """What to say of thinking: `gone` where all of it left with its turns, which no rule forbids.

        Where all of it came back in other pieces, it is what is said of its order.
        """
        if self.expected:
            changed = self.columns["order"] if any(map(_changed, self.cells)) else ""
            return self.columns["thinking"] or changed or "gone"
        return "" if self.status in {"warn", "fail"} else self.status


def column_of(check: str) -> str:
    """Tell in which column a check counts."""
    return next((name for name, heads in _PREFIXES if check.startswith(heads)), "other")


def gravest(statuses: Iterable[str]) -> str:
    """Give the gravest of some statuses, or ""."""
    return min(statuses, key=_GRAVE.index, default="")


def rows(cells: Iterable[CellResult]) -> tuple[Row, ...]:
    """Gather cells to rows, in the order of the cells."""
    grouped: dict[tuple[str, str], list[CellResult]] = {}
    for cell in cells:
        grouped.setdefault((cell.subject, cell.profile), []).append(cell)
    return tuple(_row(tuple(found)) for found in grouped.values())


def _row(cells: tuple[CellResult, ...]) -> Row:
    first = cells[0]
    ran = [cell for cell in cells if cell.status != "unsupported"]
    judged = [cell for cell in cells if cell.status in JUDGED]
    return Row(
        title=first.title,
        provider=first.provider,
        kept=sum(map(_kept, judged)),
        expected=sum(map(_expected, judged)),
        columns={name: _word(name, judged) for name in COLUMNS},
        plain=gravest(cell.status for cell in ran if not cell.stream),
        stream=gravest(cell.status for cell in ran if cell.stream),
        cells=cells,
    )


def _word(column: str, cells: Iterable[CellResult]) -> str:
    found = list(cells)
    words = [_status(f) for cell in found for f in cell.findings if f.level != "MAY" and _counts(f, column, cell)]
    count = {"thinking": _kept, "seals": _back}.get(column, _expected)
    if any(cell.held.get(_HELD[column], 0) and (column in _ANYWAY or count(cell)) for cell in found):
        words.append("pass")
    return gravest(words)


def _kept(cell: CellResult) -> int:
    return sum(count for fate, count in cell.fates.items() if fate in _KEPT)


def _changed(cell: CellResult) -> int:
    """Count the thoughts that came back changed, which what seals them may have survived."""
    return cell.fates.get("altered", 0)


def _back(cell: CellResult) -> int:
    return _kept(cell) + _changed(cell)


def _expected(cell: CellResult) -> int:
    # In a run that broke a rule, a turn that is gone may be what it broke.
    if cell.status == "not-wanted":
        return 0
    return sum(count for fate, count in cell.fates.items() if fate not in _UNASKED)


def _counts(finding: Finding, column: str, cell: CellResult) -> bool:
    # A thought that is gone took its seal along; the audit names such a loss once.
    gone = column == "seals" and bool(cell.held.get("seals")) and finding.fate == "dropped"
    return column_of(finding.check) in ({column, "thinking"} if gone else {column})


def _status(finding: Finding) -> str:
    return "fail" if finding.status == "fail" else "warn"
