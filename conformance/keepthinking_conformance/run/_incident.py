"""What a scaffold raised, told without a word of what a model said.

An exception's text often quotes the value that it stumbled over, and that may be thinking. So a line that shares a
longer stretch with it is blanked.

Many frameworks raise an error of their own for one of a client, and some say nothing in its first line but that. So
what it was raised from is told, too.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Final, Literal

from keepthinking import KeepthinkingError
from keepthinking_conformance.results import Incident

_LONGEST: Final = 200
_STRETCH: Final = 12
"""So many characters in a row that the model said, too, are no accident."""

_LEAST: Final = 4
"""A whole line of so many characters is none either."""

_PACKAGE: Final = PurePath(__file__).parents[1]
_TOOLS: Final = PurePath(__file__).with_name("_given.py")
"""Where the tools of a run are wrapped: what passed through was raised by one of them."""

_DEEPEST: Final = 5
"""So many errors are told, of which each was raised from the next."""

_OPEN: Final = re.compile(r":$|\bvalidation errors? for \S+$")
"""A first line that announces what is wrong and does not say it, as Pydantic's does, which says it in the next two."""

_MORE: Final = 2

_BLANK: Final = "(not shown: it quotes what was said)"


def incident(error: BaseException, where: str, words: Iterable[str]) -> Incident:
    """Tell what ended a run.

    Args:
        error: What was raised.
        where: What was going on.
        words: What the model said.
    """
    said = tuple(words)
    causes = list(islice(_causes(error), _DEEPEST))
    lines = [_first_line(str(error), said)]
    for cause in causes[1:]:
        line = f"{type(cause).__name__}: {_first_line(str(cause), said)}"
        if line not in lines:
            lines.append(line)
    return Incident(
        kind=type(error).__name__,
        message=f"{'; from '.join(lines)}{_hint(error)}",
        where=f"{where}{_place(error)}",
        culprit=_culprit(causes),
    )


def timeout(where: str, seconds: float) -> Incident:
    """Tell that a scaffold did not answer in time."""
    return Incident(kind="timeout", message=f"no answer within {seconds:g} seconds", where=where, culprit="scaffold")


def _causes(error: BaseException, *, meanwhile: bool = False) -> Iterator[BaseException]:
    """Give an error and what it was raised from, or meanwhile; somebody may have made a ring of them."""
    known: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in known:
        known.add(id(cause))
        yield cause
        hidden = cause.__cause__ is not None or cause.__suppress_context__ or not meanwhile
        cause = cause.__cause__ if hidden else cause.__context__


def _culprit(causes: Iterable[BaseException]) -> Literal["scaffold", "harness"]:
    # Whatever a subject raises is the scaffold's, unless it blames the provider: that one is ours.
    blamed = any(isinstance(error, KeepthinkingError) and error.culprit == "provider" for error in causes)
    return "harness" if blamed else "scaffold"


def _first_line(text: str, words: Sequence[str]) -> str:
    first, *rest = text.splitlines() or [""]
    more = [" ".join(one.split()) for one in rest[:_MORE]] if _OPEN.search(first) else []
    together = " ".join([first, *more])
    return _shown(first if _quotes(together, words) else together, words)


def _shown(line: str, words: Sequence[str]) -> str:
    return _BLANK if _quotes(line, words) else line[:_LONGEST]


def _quotes(line: str, words: Iterable[str]) -> bool:
    """Tell whether a line shares a longer stretch with what the model said."""
    line = line[:_LONGEST]
    if len(line) < _LEAST:
        return False
    pieces = (line[i : i + _STRETCH] for i in range(max(len(line) - _STRETCH, 0) + 1))
    said = re.compile("|".join(map(re.escape, pieces)))
    return any(said.search(text) for text in words)


def _place(error: BaseException) -> str:
    if isinstance(error, KeepthinkingError) and error.culprit == "framework":
        return ""  # it was raised for what went wrong elsewhere, and says where
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    # A tool of the run that fails as it shall was called by somebody: that one let it through.
    last = next((frame for frame in reversed(frames) if not _is_ours(frame)), frames[-1])
    return f", in {PurePath(last.filename).name}:{last.name}"


def _hint(error: BaseException) -> str:
    """Say so where it was one of the run's tools that failed, which is to be told to the model."""
    for cause in _causes(error, meanwhile=True):
        if any(PurePath(frame.filename) == _TOOLS for frame in traceback.extract_tb(cause.__traceback__)):
            return "; a tool's failure ended the turn instead of being told to the model"
    return ""


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return PurePath(frame.filename).is_relative_to(_PACKAGE)
