"""What the HTML page shows, as values: the template only arranges them.

Rule 1: everything comes from `Results`; nothing is decided here that another view decides otherwise.
Rule 2: the page is bounded: of many findings of one kind one is shown in full, the others by their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from msgspec import UNSET

from keepthinking.checks import CHECKS
from keepthinking_conformance.results._evidence import LOST, Kind, Side, facts, kinds, sides, verdicts
from keepthinking_conformance.results._gate import Exit, fails
from keepthinking_conformance.results._results import CellResult, Difference, Environment, Incident, Results
from keepthinking_conformance.results._sentences import controls, verdict
from keepthinking_conformance.results._table import COLUMNS, Row, column_of, gravest, rows

FULL: Final = 450
"""So many kinds of findings are shown in full on the whole page, so that it stays below 3 MB."""

MOST: Final = 10
"""So many of one cell at most, and of each cell at least two; the others are named."""

PLACES: Final = 5
"""So many further places of one kind are named."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "": ("-", "none"),
    "gone": ("gone", "none"),
    "pass": ("yes", "good"),
    "not-wanted": ("not wanted", "none"),
    "warn": ("partly", "warn"),
    "fail": ("no", "bad"),
    "error": ("error", "bad"),
    "harness-error": ("not judged", "odd"),
    "unsupported": ("-", "none"),
    "absent": ("absent", "none"),
}
"""What a status is called in the table, and how it is coloured."""


class Badge(NamedTuple):
    """A word with a colour that says the same.

    Attributes:
        word: The word.
        tone: `good`, `warn`, `bad`, `odd` or `none`.
        link: Id of the place on the page that tells more; "" for none.
    """

    word: str
    tone: str
    link: str = ""


class Shown(NamedTuple):
    """A kind of finding.

    Attributes:
        check: The check's id.
        title: What holds when it passes; "" for a check that this version does not know.
        level: `MUST`, `SHOULD` or `MAY`.
        fate: What became of the block.
        what: The finding in words.
        tone: How it is coloured.
        facts: Places, each with a word for it.
        lost: Where it was lost, in words.
        said: What the provider said.
        sent: What was sent back.
        has_wire: Whether there is any of both.
        rule: The rule's id; "" for none.
        sources: Where the rule is written.
        verified: When that was last read.
        fix: What to do about it.
        places: Further places of the same kind.
        more: How many more there are.
        number: How many there are in all.
    """

    check: str
    title: str
    level: str
    fate: str
    what: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    lost: str
    said: Side | None
    sent: Side | None
    has_wire: bool
    rule: str
    sources: tuple[str, ...]
    verified: str
    fix: str
    places: tuple[str, ...]
    more: int
    number: int


class Card(NamedTuple):
    """A cell that has something to say.

    Attributes:
        anchor: Its id on the page.
        cell: The cell.
        badge: What became of it.
        filters: By which filters it is kept.
        run: Scenario and mode.
        environments: Where it ran, where that is not the same for all.
        is_twin: Whether it came out otherwise in another environment.
        fates: What became of thinking, in words.
        kinds: What was found, the gravest kinds first.
        others: Kinds that are only named: check, level and fate.
        incident: What ended it early; None for nothing.
        differences: Where it differs from the scorecard.
        open: Whether its first kind is open from the start.
    """

    anchor: str
    cell: CellResult
    badge: Badge
    filters: tuple[str, ...]
    run: str
    environments: tuple[Environment, ...]
    is_twin: bool
    fates: str
    kinds: tuple[Shown, ...]
    others: tuple[tuple[str, str, str], ...]
    incident: Incident | None
    differences: tuple[Difference, ...]
    open: bool


class Group(NamedTuple):
    """A row of the table, and what is below it.

    Attributes:
        anchor: Its id on the page.
        row: The row.
        badges: A word for each column.
        cards: Its cells that have something to say.
        passes: Checks that pass wherever there was an occasion, each with its title and how many runs it passed in.
        ran: How many of its cells ran.
        known: Whether stock clients are as recorded: "" where they are not compared.
    """

    anchor: str
    row: Row
    badges: dict[str, Badge]
    cards: tuple[Card, ...]
    passes: tuple[tuple[str, str, int], ...]
    ran: int
    known: str


class Gap(NamedTuple):
    """What does not apply, or is not installed.

    Attributes:
        title: The subject.
        word: `does not apply` or `not installed`.
        reason: Why.
        runs: Which runs.
    """

    title: str
    word: str
    reason: str
    runs: tuple[str, ...]


class Page(NamedTuple):
    """The whole page.

    Attributes:
        results: The results.
        verdict: The verdict, in sentences.
        tone: How it is coloured.
        columns: Titles of the columns, by name.
        subjects: The groups of each subject, in order.
        filters: Filters of the cells: id, words, and how many cells each keeps.
        gaps: What does not apply, and why.
        controls: Words for the controls, and whether all are good.
        exit: What the exit code means.
    """

    results: Results
    verdict: tuple[str, ...]
    tone: str
    columns: dict[str, str]
    subjects: tuple[tuple[Group, ...], ...]
    filters: tuple[tuple[str, str, int], ...]
    gaps: tuple[Gap, ...]
    controls: Badge
    exit: str


FILTERS: Final[Mapping[str, str]] = {
    "all": "All",
    "failing": "Failing",
    "known": "Known losses",
    "unrecorded": "Not recorded",
    "warned": "Warnings",
    "unjudged": "Not judged",
    "framework": "Lost in the framework",
    "client": "Lost by the client",
    "provider": "Lost on the provider's side",
    "unknown": "Unknown where",
}
"""Filters of cells by their ids: a cell may pass several."""

_EXITS: Final[Mapping[int, str]] = {
    Exit.OK: "0, nothing fails",
    Exit.FINDINGS: "1, something fails",
    Exit.HARNESS: "2, something could not be judged",
    Exit.INTERRUPTED: "130, interrupted",
}


def page(results: Results) -> Page:
    """Make the page."""
    drawing = _Drawing(results)
    groups = [_group(row, drawing) for row in rows(results.cells)]
    subjects: dict[str, list[Group]] = {}
    for group in groups:
        subjects.setdefault(group.row.cells[0].subject, []).append(group)
    counts = Counter(name for group in groups for card in group.cards for name in card.filters)
    good = sum(control.good for control in results.controls)
    loud = "bad" if good < len(results.controls) else "good" if good else "odd"
    tone = {Exit.OK: "good", Exit.FINDINGS: "bad"}.get(Exit(results.summary.exit), "odd")
    return Page(
        results=results,
        verdict=tuple(verdict(results)),
        tone=tone,
        columns={**COLUMNS, "plain": "Plain", "stream": "Streamed"},
        subjects=tuple(tuple(found) for found in subjects.values()),
        filters=tuple((name, words, counts[name]) for name, words in FILTERS.items() if counts[name]),
        gaps=tuple(_gaps(results.cells)),
        controls=Badge(controls(good, len(results.controls)), loud),
        exit=_EXITS[results.summary.exit],
    )


class _Drawing:
    """What all places of one page have to know of each other.

    Attributes:
        results: The results.
        full: How many kinds of findings of one cell are shown in full.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        cards = sum(self.says_something(cell) for cell in results.cells)
        self.full = max(2, min(MOST, FULL // max(cards, 1)))
        self._seen: Counter[str] = Counter()
        self._ids = Counter(cell.id for cell in results.cells)

    def fails(self, cell: CellResult) -> bool:
        return fails(cell, strict=self.results.strict)

    def says_something(self, cell: CellResult) -> bool:
        return cell.status in {"warn", "fail", "error", "harness-error"} or self.fails(cell)

    def is_twin(self, cell: CellResult) -> bool:
        return self._ids[cell.id] > 1

    def environments(self, cell: CellResult) -> tuple[Environment, ...]:
        several = self.results.environments
        return tuple(one for one in several if one.id in cell.environments) if len(several) > 1 else ()

    def anchor(self, kind: str, name: str) -> str:
        """Give a place an id of its own, which is also good in an address."""
        anchor = f"{kind}:{quote(name.encode('utf-8', 'surrogatepass'), safe='/+.@')}"[:200]
        self._seen[anchor] += 1
        return anchor if self._seen[anchor] == 1 else f"{anchor}:{self._seen[anchor]}"


# -- rows --------------------------------------------------------------------------------------------------------------


def _group(row: Row, drawing: _Drawing) -> Group:
    first = row.cells[0]
    anchor = drawing.anchor("row", f"{first.subject}/{first.profile}")
    cards = tuple(_card(cell, drawing) for cell in row.cells if drawing.says_something(cell))
    held = [cell for cell in row.cells if cell.gate == "scorecard"]
    differs = any(cell.differences for cell in held)
    return Group(
        anchor=anchor,
        row=row,
        badges=_badges(row, cards, anchor),
        cards=cards,
        passes=tuple(_passes(row.cells)),
        ran=sum(cell.status not in {"unsupported", "absent"} for cell in row.cells),
        known="" if not held else "not as recorded" if differs else "as recorded",
    )


def _badges(row: Row, cards: Sequence[Card], anchor: str) -> dict[str, Badge]:
    first = next(iter(cards), None)
    grave = gravest(card.cell.status for card in cards)
    first = next((card for card in cards if card.cell.status == grave), first)
    found: dict[str, Badge] = {}
    for name, status in row.columns.items():
        about = (card for card in cards if any(_counts(kind, name, status) for kind in card.kinds))
        found[name] = _badge(status, next(about, first), anchor)
    thinking = row.thinking
    found["thinking"] = _badge(thinking, _with(cards, thinking, found["thinking"].link, first), anchor)
    for name, stream in (("plain", False), ("stream", True)):
        status = row.stream if stream else row.plain
        mine = (card for card in cards if card.cell.stream is stream and card.cell.status == status)
        found[name] = _badge(status, next(mine, first), anchor)
    return found


def _with(cards: Sequence[Card], status: str, link: str, first: Card | None) -> Card | None:
    linked = next((card for card in cards if card.anchor == link), None)
    return linked or next((card for card in cards if card.cell.status == status), first)


def _counts(kind: Shown, column: str, status: str) -> bool:
    return column_of(kind.check) == column and kind.tone == {"fail": "bad", "warn": "warn"}.get(status)


def _badge(status: str, card: Card | None, anchor: str) -> Badge:
    word, tone = _WORDS.get(status, (status, "none"))
    if status in {"", "unsupported"}:
        return Badge(word, tone)
    return Badge(word, tone, card.anchor if card is not None and tone in {"bad", "warn", "odd"} else anchor)


def _passes(cells: Iterable[CellResult]) -> Iterator[tuple[str, str, int]]:
    found: dict[str, list[str]] = {}
    for cell in cells:
        for check, status in verdicts(cell).items():
            found.setdefault(check, []).append(status)
    for check, statuses in found.items():
        if set(statuses) == {"pass"}:
            yield check, _title(check), len(statuses)


def _title(check: str) -> str:
    return CHECKS[check].title if check in CHECKS else ""


# -- cells -------------------------------------------------------------------------------------------------------------


def _card(cell: CellResult, drawing: _Drawing) -> Card:
    several = kinds(finding for finding in cell.findings if finding.level != "MAY")
    standing, badge = _standing(cell, fails=drawing.fails(cell))
    lost = {kind.first.lost_in for kind in several}
    others = [kind.first for kind in several[drawing.full :]]
    return Card(
        anchor=drawing.anchor("cell", cell.id),
        cell=cell,
        badge=badge,
        filters=("all", standing, *(name for name in ("framework", "client", "provider", "unknown") if name in lost)),
        run=cell.run,
        environments=drawing.environments(cell),
        is_twin=drawing.is_twin(cell),
        fates=", ".join(f"{count} {fate}" for fate, count in cell.fates.items()),
        kinds=tuple(_shown(kind, strict=drawing.results.strict) for kind in several[: drawing.full]),
        others=tuple((finding.check, finding.level, finding.fate) for finding in others),
        incident=None if cell.incident is UNSET else cell.incident,
        differences=cell.differences,
        open=standing in {"failing", "known"},
    )


def _standing(cell: CellResult, *, fails: bool) -> tuple[str, Badge]:
    """Give the filter that keeps a cell, and its badge."""
    if fails:
        return "failing", Badge("differs" if cell.gate == "scorecard" else "fails", "bad")
    if cell.status == "harness-error":
        return "unjudged", Badge("not judged", "odd")
    if cell.status == "warn":
        return "warned", Badge("warns", "warn")
    if cell.gate == "scorecard":
        return "known", Badge("fails, as recorded", "bad")
    return "unrecorded", Badge("fails, not recorded", "bad")


def _shown(kind: Kind, *, strict: bool) -> Shown:
    first = kind.first
    said, sent = sides(first)
    others = [", ".join(place for _, place in facts(finding)) for finding in kind.findings[1:]]
    failing = first.status == "fail" or (strict and first.level == "SHOULD")
    return Shown(
        check=first.check,
        title=_title(first.check),
        level=first.level,
        fate=first.fate,
        what=first.what,
        tone="odd" if first.status == "harness-error" else "bad" if failing else "warn",
        facts=tuple(facts(first)),
        lost=LOST[first.lost_in],
        said=said,
        sent=sent,
        has_wire=said is not None or sent is not None,
        rule="" if first.rule is UNSET else first.rule,
        sources=() if first.source is UNSET else tuple(first.source.split("; ")),
        verified="" if first.verified is UNSET else first.verified,
        fix=first.fix,
        places=tuple(others[:PLACES]),
        more=max(len(others) - PLACES, 0),
        number=len(kind.findings),
    )


# -- gaps --------------------------------------------------------------------------------------------------------------


def _gaps(cells: Iterable[CellResult]) -> Iterator[Gap]:
    found: dict[tuple[str, str, str], list[CellResult]] = {}
    for cell in cells:
        if cell.status in {"unsupported", "absent"}:
            found.setdefault((cell.subject, cell.status, cell.reason), []).append(cell)
    for (_, status, reason), several in found.items():
        runs = dict.fromkeys(cell.run for cell in several)
        word = "not installed" if status == "absent" else "does not apply"
        yield Gap(several[0].title, word, reason, tuple(runs))
