"""What a scaffold raised, told without a word of what a model said.

An exception's text often quotes the value that it stumbled over, and that may be thinking. So a line that shares a
longer stretch with it is blanked.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, Literal

from keepthinking import KeepthinkingError
from keepthinking_conformance.results import Incident

_LONGEST: Final = 200
_STRETCH: Final = 12
"""So many characters in a row that the model said, too, are no accident."""

_LEAST: Final = 4
"""A whole line of so many characters is none either."""

_BLANK: Final = "(not shown: it quotes what was said)"


def incident(error: BaseException, where: str, words: Iterable[str]) -> Incident:
    """Tell what ended a run.

    Args:
        error: What was raised.
        where: What was going on.
        words: What the model said.
    """
    return Incident(
        kind=type(error).__name__,
        message=_first_line(str(error), words),
        where=f"{where}{_place(error)}",
        culprit=_culprit(error),
    )


def timeout(where: str, seconds: float) -> Incident:
    """Tell that a scaffold did not answer in time."""
    return Incident(kind="timeout", message=f"no answer within {seconds:g} seconds", where=where, culprit="scaffold")


def _culprit(error: BaseException) -> Literal["scaffold", "harness"]:
    # Whatever a subject raises is the scaffold's, unless it blames the provider: that one is ours.
    return "harness" if isinstance(error, KeepthinkingError) and error.culprit == "provider" else "scaffold"


def _first_line(text: str, words: Iterable[str]) -> str:
    line = next(iter(text.splitlines()), "")[:_LONGEST]
    if len(line) < _LEAST:
        return line
    pieces = (line[i : i + _STRETCH] for i in range(max(len(line) - _STRETCH, 0) + 1))
    said = re.compile("|".join(map(re.escape, pieces)))
    return _BLANK if any(said.search(text) for text in words) else line


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f", in {PurePath(last.filename).name}:{last.name}"
