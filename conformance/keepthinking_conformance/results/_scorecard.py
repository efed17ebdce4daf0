"""The scorecard: what the stock clients of a framework did when that was last recorded, one file a framework.

Stock clients lose thinking, and will for some time; what has to be seen is a change. So a stock cell fails where it
differs from its recording, either way: an improvement is recorded, too.

A cell has one recording for all versions unless two versions really differ; then each names the versions it holds for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from keepthinking import DecodeError, Finding, Requirement
from keepthinking_conformance.results._results import CellResult, CellStatus, Difference

FORMAT: Final = "keepthinking-scorecard/1"
"""The name of the file's format."""


class Seen(Struct, frozen=True, kw_only=True, order=True):
    """A kind of finding: which check, what became of the block, how grave, by which rule ("" without one)."""

    check: str
    fate: str
    level: str
    rule: str = ""


class Recording(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was recorded of one cell.

    Attributes:
        versions: Ranges of versions for which it holds, by distribution; empty means all.
        status: The status.
        fates: How many thinking blocks had which fate.
        findings: The kinds of findings, sorted.
    """

    versions: dict[str, str] = {}
    status: CellStatus
    fates: dict[str, int] = {}
    findings: tuple[Seen, ...] = ()

    def holds(self, installed: Mapping[str, str]) -> bool:
        """Tell whether it was recorded for these versions."""
        return all(
            name in installed and Requirement(name, range_).allows(installed[name])
            for name, range_ in self.versions.items()
        )


class Note(Struct, frozen=True, kw_only=True):
    """Where a recording differs from what an earlier study of the same clients said, and why.

    Attributes:
        cells: The cells, as a pattern of their ids.
        study: What the study said.
        found: What the recordings say.
        why: Why the two differ, or that they do not.
    """

    cells: str
    study: str
    found: str
    why: str


class Scorecard(Struct, frozen=True, kw_only=True):
    """What was recorded of one framework's stock subjects.

    Attributes:
        schema: The format's name.
        framework: The framework's name.
        recorded: The day of the last recording, as `YYYY-MM-DD`.
        versions: The versions that it was made with.
        notes: What earlier studies said of these clients, where that has to be explained.
        cells: The recordings of each cell, by its id.
    """

    schema: str = FORMAT
    framework: str
    recorded: str
    versions: dict[str, str]
    notes: tuple[Note, ...] = ()
    cells: dict[str, tuple[Recording, ...]]

    def recording(self, cell: str, installed: Mapping[str, str]) -> Recording | None:
        """Give the recording of a cell for these versions, the one with the most ranges first."""
        fits = [found for found in self.cells.get(cell, ()) if found.holds(installed)]
        return max(fits, key=lambda found: len(found.versions), default=None)


def load_scorecard(framework: str) -> Scorecard | None:
    """Give the scorecard that ships for a framework, or None."""
    home = resources.files("keepthinking_conformance") / "scorecards"
    for entry in home.iterdir() if home.is_dir() else ():
        if entry.name == f"{framework}.json":
            return _decode(entry.read_bytes(), entry.name)
    return None


def read_scorecard(path: Path) -> Scorecard | None:
    """Read a scorecard, or give None where there is no such file.

    Raises:
        DecodeError: It is no scorecard.
    """
    return _decode(path.read_bytes(), path.name) if path.exists() else None


def write_scorecard(scorecard: Scorecard, path: Path) -> None:
    """Write a scorecard, sorted and one cell a line, so that a changed line is a changed cell."""
    head = msgspec.json.format(msgspec.json.encode(replace(scorecard, cells={})), indent=1)
    lines = [
        b"  " + msgspec.json.encode(name) + b": " + msgspec.json.encode(held)
        for name, held in sorted(scorecard.cells.items())
    ]
    path.write_bytes(head.removesuffix(b"{}\n}") + b"{\n" + b",\n".join(lines) + b"\n }\n}\n")


def compare(cell: CellResult, scorecard: Scorecard, installed: Mapping[str, str]) -> CellResult:
    """Hold a stock cell to its recording; a cell that could not be judged is left as it is."""
    if cell.variant != "stock" or cell.status in {"absent", "harness-error"}:
        return cell
    recorded = scorecard.recording(cell.id, installed)
    if recorded is None and cell.status == "unsupported":
        return cell
    if recorded is None and not _is_known(cell, scorecard, installed):
        return replace(cell, gate="unrecorded")
    found = _recording(cell)
    if recorded is None:
        differences: tuple[Difference, ...] = (Difference(what="record", recorded="", found=found.status),)
    else:
        pairs = (
            ("status", recorded.status, found.status),
            ("fates", _fates(recorded.fates), _fates(found.fates)),
            ("findings", _kinds(recorded.findings), _kinds(found.findings)),
        )
        differences = tuple(Difference(what=what, recorded=old, found=new) for what, old, new in pairs if old != new)
    return replace(cell, gate="scorecard", differences=differences)


def _is_known(cell: CellResult, scorecard: Scorecard | None, installed: Mapping[str, str]) -> bool:
    """Tell whether a cell is one that the scorecard must know: the other axes have too many values to record all.

    Of the runs with a perturbation it knows those that come out otherwise than without it: what always raises does so
    here, too.
    """
    if cell.perturbation:
        without = None if scorecard is None else scorecard.recording(cell.id.partition("~")[0], installed)
        raises = cell.status == "error" and (without is None or without.status != "error")
        return raises or any(finding.check == _CHANGED for finding in cell.findings)
    return cell.mode in {"plain", "stream"} and cell.temper == "lenient" and cell.name == ""


_CHANGED: Final = "perturbed.history.unaltered"


def update_scorecard(
    old: Scorecard | None,
    cells: Iterable[CellResult],
    *,
    framework: str,
    installed: Mapping[str, str],
    only_for: Mapping[str, str] | None = None,
) -> Scorecard:
    """Record stock cells; what did not run keeps its recording.

    Args:
        old: What was recorded before.
        cells: The cells.
        framework: The framework's name.
        installed: The installed versions of what it needs.
        only_for: Ranges of versions, by distribution: what differs from its recording is recorded beside it, for these.
    """
    ranges = dict(only_for or {})
    recorded = dict(old.cells) if old is not None else {}
    for cell in cells:
        if cell.variant == "stock" and cell.framework == framework and cell.status in _RECORDED:
            kept = recorded.get(cell.id, ())
            if cell.perturbation and not kept and not _is_known(cell, old, installed):
                continue
            mine = None if old is None else old.recording(cell.id, installed)
            new = _recording(cell)
            if mine is not None and new == replace(mine, versions={}):
                continue
            # A narrower recording that holds here would go before one that is put beside it.
            if mine is None or (ranges and not ranges.items() <= mine.versions.items()):
                others = (held for held in kept if held.versions != ranges)
                recorded[cell.id] = (*others, replace(new, versions=ranges))
            else:
                recorded[cell.id] = tuple(replace(new, versions=r.versions) if r is mine else r for r in kept)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    # What is recorded for some versions is no recording of the whole with those that are installed.
    versions = dict(installed) if old is None or not ranges else old.versions
    notes = () if old is None else old.notes
    return Scorecard(framework=framework, recorded=today, versions=versions, notes=notes, cells=recorded)


_RECORDED: Final = frozenset({"pass", "not-wanted", "warn", "fail", "error"})


def _recording(cell: CellResult) -> Recording:
    return Recording(
        status=cell.status,
        fates=dict(sorted(cell.fates.items())),
        findings=tuple(sorted({_seen(finding) for finding in cell.findings})),
    )


def _seen(finding: Finding) -> Seen:
    rule = finding.rule if isinstance(finding.rule, str) else ""
    return Seen(check=finding.check, fate=finding.fate, level=finding.level, rule=rule)


def _fates(fates: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items())) or "none"


def _kinds(findings: Iterable[Seen]) -> str:
    shown = (f"{f.check} {f.fate} {f.level}{f' by {f.rule}' if f.rule else ''}" for f in sorted(findings))
    return "; ".join(shown) or "none"


def _decode(raw: bytes, name: str) -> Scorecard:
    try:
        found = msgspec.json.decode(raw, type=Scorecard)
    except msgspec.MsgspecError as error:
        raise DecodeError(f"{name!r} is no scorecard: {error}", culprit="data") from error
    if found.schema != FORMAT:
        raise DecodeError(f"{name!r} has the schema {found.schema!r}, not {FORMAT!r}", where="$.schema", culprit="data")
    return found
