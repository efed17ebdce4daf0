"""The verdict in sentences, for every view; each is right for none, for one and for many."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.results._gate import Exit, fails
from keepthinking_conformance.results._results import Results

_CODES: Final = {
    Exit.OK: "Nothing fails.",
    Exit.FINDINGS: "This is not what it should be.",
    Exit.HARNESS: "This examination proves nothing.",
}
_BAD: Final = frozenset({"fail", "error"})
_IDLE: Final = frozenset({"unsupported", "absent"})


def counted(number: int, one: str, several: str = "") -> str:
    """Give a number with its word, such as `1 run` and `2 runs`; the word for several is `one` with an s by default."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def verdict(results: Results) -> list[str]:
    """Give the verdict in a few sentences, the gravest one first."""
    cells = results.cells
    failing = sum(fails(cell, strict=results.strict) for cell in cells)
    known = sum(cell.gate == "scorecard" and not cell.differences and cell.status in _BAD for cell in cells)
    loose = sum(cell.gate == "unrecorded" and cell.status in _BAD for cell in cells)
    said = [_failing(failing, len(cells))] if failing else []
    if known:
        lost = ("run of a stock client loses what it is", "runs of stock clients lose what they are")
        said.append(f"{counted(known, *lost)} known to lose.")
    if loose:
        more = ("more loses", "more lose") if said else ("run loses", "runs lose")
        said.append(f"{counted(loose, *more)} something on axes that nobody records.")
    code = Exit(results.summary.exit)
    if code == Exit.INTERRUPTED:
        return [*said, _interrupted(results)]
    return [*said, *([_CODES[code]] if not failing or code != Exit.FINDINGS else [])]


def controls(good: int, number: int) -> str:
    """Say how many controls came out as they must."""
    if not number:
        return "none was played"
    return f"{good} of {number} as {'it' if number == 1 else 'they'} must be"


def _failing(number: int, all_: int) -> str:
    return "The one run fails." if all_ == 1 else f"{number:,} of {counted(all_, 'run')} {_verb(number, 'fail')}."


def _interrupted(results: Results) -> str:
    played = sum(cell.status not in _IDLE for cell in results.cells)
    all_ = played + results.summary.unplayed
    if all_ == 1:
        return f"Interrupted: the one run was {'' if played else 'not '}played."
    was = "was" if played <= 1 else "were"
    return f"Interrupted: {f'{played:,}' if played else 'none'} of {counted(all_, 'run')} {was} played."


def _verb(number: int, several: str) -> str:
    return f"{several}s" if number == 1 else several
