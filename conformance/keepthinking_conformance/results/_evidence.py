"""What a finding has to show, for every view: its facts in words, and both sides of the wire, the difference marked.

Rule 1: a view only arranges and escapes; what is said, and in which words, is said here.
Rule 2: what a model or a user wrote is cut to a window and spelt out where a reader would not see it or a screen would
obey it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking import Finding
from keepthinking._reports import Status
from keepthinking_conformance.results._results import CellResult, Found, LostIn

WINDOW: Final = 400
"""So many characters of each side are shown at most."""

_LEAD: Final = 120
"""So many of them stand before the difference."""

LOST: Final[Mapping[LostIn, str]] = {
    "framework": "the framework, in its own objects or on the way there",
    "client": "the client, as it wrote the request; the framework still had it",
    "provider": "the provider's side; the scaffold is not to blame",
    "unknown": "unknown: the subject does not show what its framework holds",
}
"""Where something went wrong, in words."""

LEVELS: Final = ("MUST", "SHOULD", "MAY")

_STATUSES: Final[tuple[Status, ...]] = ("harness-error", "fail", "warn", "unsupported", "pass")


_COMPARED: Final = frozenset({"altered", "normalised"})
_GONE: Final = frozenset({"dropped", "removed-with-turn", "legally-dropped"})
_NEW: Final = frozenset({"invented", "leaked-as-text", "duplicated", "bled"})


class Side(NamedTuple):
    """One side of the wire, in four pieces.

    Attributes:
        same: What the other side says, too, up to the first difference.
        first: The first character that differs; "" where nothing is compared, or only the other side goes on.
        differs: What differs behind it; all of it where nothing is compared and it was lost or never said.
        rest: What the other side says, too, again.
        before: How many characters were cut off in front.
        behind: How many were cut off behind.
    """

    same: str
    first: str
    differs: str
    rest: str
    before: int = 0
    behind: int = 0

    @property
    def text(self) -> str:
        """All of it."""
        return self.same + self.first + self.differs + self.rest


class Kind(NamedTuple):
    """Findings of one cell that say the same of several places.

    Attributes:
        first: The first one.
        findings: All of them.
    """

    first: Found
    findings: tuple[Found, ...]


def kinds(findings: Iterable[Found]) -> list[Kind]:
    """Put findings of one kind together, the gravest kind first."""
    found: dict[tuple[str, ...], list[Found]] = {}
    for one in findings:
        found.setdefault((one.check, one.level, one.fate, one.status, one.lost_in, str(one.rule)), []).append(one)
    alike = [Kind(several[0], tuple(several)) for several in found.values()]
    return sorted(alike, key=lambda kind: LEVELS.index(kind.first.level))


def verdicts(cell: CellResult) -> dict[str, Status]:
    """Give what each check says, with those that only a finding names."""
    found: dict[str, Status] = dict(cell.checks)
    for one in cell.findings:
        if one.level != "MAY":
            both: tuple[Status, Status] = found.get(one.check, "pass"), one.status
            found[one.check] = min(both, key=_STATUSES.index)
    return found


def facts(finding: Finding) -> Iterator[tuple[str, str]]:
    """Give where a finding is seen: a word for each place, and the place."""
    if finding.origin is not UNSET:
        yield "said in", f"response {finding.response}, {finding.origin}"
    elif finding.response is not UNSET:
        yield "about", f"response {finding.response}"
    at = "" if finding.at is UNSET else f", first differing byte {finding.at}"
    again = finding.requests - 1
    seen = f", and in {again} later request{'s' if again > 1 else ''}" if again > 0 else ""
    yield "seen in", f"request {finding.request}, {finding.path}{at}{seen}"


def sides(finding: Found, width: int = WINDOW, lead: int = _LEAD) -> tuple[Side | None, Side | None]:
    """Give what the provider said and what was sent back, each in pieces.

    Where the same value stands on both sides, they are taken apart at the first difference. Elsewhere there is nothing
    to compare: what was lost, or was never said, is marked as a whole.

    Args:
        finding: The finding.
        width: So many characters of each at most.
        lead: So many of them before the first difference.

    Returns:
        Both sides; None for one that has nothing.
    """
    said, sent = finding.said, finding.sent
    if finding.fate in _COMPARED and isinstance(said, str) and isinstance(sent, str):
        start = _alike(said, sent)
        end = _alike(said[start:][::-1], sent[start:][::-1])
        return _pieces(said, start, end, width, lead), _pieces(sent, start, end, width, lead)
    return _alone(said, width, marked=finding.fate in _GONE), _alone(sent, width, marked=finding.fate in _NEW)


def _alike(a: str, b: str) -> int:
    """Count the characters with which both begin."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _alone(text: str | UnsetType, width: int, *, marked: bool) -> Side | None:
    if isinstance(text, UnsetType):
        return None
    shown, behind = text[:width], max(len(text) - width, 0)
    return Side("", "", shown, "", 0, behind) if marked else Side(shown, "", "", "", 0, behind)


def _pieces(text: str, start: int, end: int, width: int, lead: int) -> Side:
    before = max(start - lead, 0)
    shown = text[before : before + width]
    stop = max(min(len(text) - end - before, len(shown)), start - before)
    first = start - before
    mark = first + 1 if stop > first else first
    pieces = shown[:first], shown[first:mark], shown[mark:stop], shown[stop:]
    return Side(*pieces, before, len(text) - before - len(shown))


def cut(text: str, most: int = 2000) -> str:
    """Give the beginning of a text that is longer than anything a person wants to read."""
    return text if len(text) <= most else f"{text[:most]} ... {len(text) - most:,} more characters"


def spelt(text: str, *, plain: bool = False, lines: bool = False) -> str:
    """Spell out characters that a screen obeys or does not show: controls, direction marks, halves of characters.

    Args:
        text: The text.
        plain: Whether to spell out everything beyond ASCII.
        lines: Whether line breaks and tabs may stay.
    """
    if text.isprintable() and not (plain and not text.isascii()):
        return text
    return "".join(c if _shows(c, plain=plain, lines=lines) else c.encode("unicode_escape").decode() for c in text)


def _shows(char: str, *, plain: bool, lines: bool) -> bool:
    return (char.isprintable() and (char.isascii() or not plain)) or (lines and char in "\n\t")
