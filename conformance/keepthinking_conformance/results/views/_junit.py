"""Results as JUnit XML, which every build server shows: a suite a subject and provider, a case a cell and check.

Rule 1: what fails here is what fails the examination, no more and no less: a loss that the scorecard knows is skipped,
as an expected failure is by other runners, and what is held to nothing is, too.
Rule 2: a failure holds all that a maintainer needs, and how to see it again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, cast

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from msgspec import UNSET

from keepthinking_conformance.results._evidence import LOST, cut, facts, kinds, sides, spelt, verdicts
from keepthinking_conformance.results._gate import fails
from keepthinking_conformance.results._results import JUDGED, CellResult, Found, Results
from keepthinking_conformance.results._table import rows

RUN: Final = "run"
"""The test case that stands for the run itself: did it come to its end, and could it be judged?"""

SCORECARD: Final = "scorecard"
"""The test case that stands for what was recorded of a stock client."""

CONTROLS: Final = "keepthinking controls"

_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_HELD: Final = {
    "rule": "held to the provider's rule",
    "scorecard": "held to the scorecard",
    "unrecorded": "held to nothing",
}

_TEXT: Final = 20_000
"""So many characters a text has at most."""

_ILLEGAL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets, verified 2026-11-27), and the
discouraged controls beside it; a carriage return is legal, and read back as a line feed."""


def as_junit(results: Results) -> str:
    """Write results as JUnit XML, whose first line names its encoding, UTF-8."""
    names = _Names()
    xml = JUnitXml("keepthinking")
    suites = [_controls(results), *(_suite(row.cells, results, names) for row in rows(results.cells))]
    for suite in suites:
        suite.update_statistics()  # type: ignore[no-untyped-call]  # the library is typed in part
        suite.time = round(suite.time or 0.0, 3)  # Surefire's schema allows three digits
        xml.add_testsuite(suite)
    # No totals on the root: the library would write one there that Jenkins' schema does not know.
    written = cast("bytes", xml.tostring()).decode()  # type: ignore[no-untyped-call]  # likewise
    return f"{_HEAD}{written[written.index('<testsuites') :]}\n"


class _Names:
    """Gives each cell a name of its own: merged results may hold one cell twice."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, cell: CellResult, results: Results) -> str:
        name = cell.id
        if len(results.environments) > 1:
            name += f" [environment {', '.join(cell.environments)}]"
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name} #{self._seen[name]}"


def _controls(results: Results) -> TestSuite:
    suite = TestSuite(CONTROLS)
    told = {"keepthinking": results.keepthinking, "seed": str(results.seed), "strict": str(results.strict).lower()}
    for environment in results.environments:
        told |= {f"environment {environment.id}": f"Python {environment.python}, {environment.platform}"}
        told |= {f"environment {environment.id}: {name}": held for name, held in environment.distributions.items()}
    for name, value in told.items():
        suite.add_property(_line(name), _line(value))
    for control in results.controls:
        case = TestCase(_line(control.id), CONTROLS, 0.0)
        if not control.good:
            what = f"{control.status}, but it must be {control.expected}: {control.reason}"
            case.result = [Error(_line(what), "control")]
        suite.add_testcase(case)
    return suite


def _suite(cells: Iterable[CellResult], results: Results, names: _Names) -> TestSuite:
    found = list(cells)
    suite = TestSuite(_line(f"{found[0].subject}/{found[0].profile}"))
    for cell in found:
        name = _line(names.of(cell, results))
        checks = list(_checks(cell, strict=results.strict))
        silent = fails(cell, strict=results.strict) and not any(case.is_failure for case in checks)
        for case in (_run(cell, failed=silent and cell.gate == "rule"), *checks, *_recorded(cell)):
            case.classname = name
            suite.add_testcase(case)
    return suite


def _run(cell: CellResult, *, failed: bool) -> TestCase:
    """Give the test case of the run itself.

    Args:
        cell: The cell.
        failed: Whether the cell fails, and no check of it does.
    """
    case = TestCase(RUN, time=round(cell.seconds, 3))
    reason = cell.reason or cell.status
    if cell.status in {"unsupported", "absent"}:
        case.result = [Skipped(_line(reason))]
    elif cell.status == "harness-error":
        case.result = [_told(Error(_line(reason), cell.status), reason, *_replay(cell))]
    elif failed:
        kind = (cell.incident is not UNSET and _line(cell.incident.kind)) or cell.status
        case.result = [_told(Failure(_line(reason), kind), reason, *_replay(cell))]
    elif cell.status == "error":
        case.result = [Skipped(_line(f"{_HELD[cell.gate]}: {reason}"))]
    return case


def _checks(cell: CellResult, *, strict: bool) -> Iterator[TestCase]:
    judged = cell.status in JUDGED
    if not judged and cell.status != "harness-error":
        return
    for check, status in verdicts(cell).items():
        case = TestCase(_line(check), time=0.0)
        about = [finding for finding in cell.findings if finding.check == check]
        text = "\n\n".join("\n".join(_lines(kind.first, len(kind.findings))) for kind in kinds(about))
        head = next((f"{finding.level}, {finding.fate}: {finding.what}" for finding in about), status)
        failing = status == "fail" or (status == "warn" and strict)
        if status == "unsupported":
            case.result = [Skipped(_line(cell.untold.get(check, head)))]
        elif status == "harness-error":
            case.result = [_told(Error(_line(head), status), text or "no occasion of it was seen", *_replay(cell))]
        elif failing and cell.gate == "rule" and judged:
            case.result = [_told(Failure(_line(head), status), text, *_replay(cell))]
        elif failing:
            why = _HELD[cell.gate] if judged else "the run could not be judged"
            case.result = [Skipped(_line(f"{why}: {head}"))]
        if text and not (case.is_failure or case.is_error):
            case.system_out = _legal("\n".join([text, *_replay(cell)]))
        yield case


def _recorded(cell: CellResult) -> Iterator[TestCase]:
    if cell.gate != "scorecard":
        return
    case = TestCase(SCORECARD, time=0.0)
    if cell.differences:
        head = ", ".join(difference.what for difference in cell.differences)
        told = [
            f"{difference.what}: recorded {difference.recorded or 'nothing'}; found {difference.found}"
            for difference in cell.differences
        ]
        case.result = [_told(Failure(_line(f"differs: {head}"), SCORECARD), *told, *_replay(cell))]
    yield case


def _lines(finding: Found, count: int) -> Iterator[str]:
    yield f"{finding.check}: {finding.level}, {finding.fate}{f', in {count} places' if count > 1 else ''}"
    yield finding.what
    yield from (f"{word:<11}{place}" for word, place in facts(finding))
    said, sent = sides(finding)
    if said is not None or sent is not None:
        yield f"{'it said':<11}{said.text if said is not None else 'nothing that has a place'}"
        yield f"{'sent back':<11}{sent.text if sent is not None else 'nothing in its place'}"
    yield f"{'lost in':<11}{LOST[finding.lost_in]}"
    if finding.rule is not UNSET:
        yield f"{'rule':<11}{finding.rule}, verified {finding.verified}: {finding.source}"
    if finding.fix:
        yield f"{'fix':<11}{finding.fix}"


def _replay(cell: CellResult) -> list[str]:
    return [f"{'replay':<11}{cell.replay}"] if cell.replay else []


def _told(result: Failure | Error, *lines: str) -> Failure | Error:
    result.text = _legal("\n".join(lines))
    return result


def _line(text: str) -> str:
    """Give the value of an attribute."""
    return spelt(cut(text))


def _legal(text: str) -> str:
    """Spell out what XML cannot hold, and what no reader would see."""
    return _ILLEGAL.sub(lambda found: found[0].encode("unicode_escape").decode(), spelt(cut(text, _TEXT), lines=True))
