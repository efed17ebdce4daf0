"""What stays behind in a conversion: told to a person, alike things once, and to a program, all of it.

Rule 1: paths and names came from a file, so their control characters are spelt out.
Rule 2: nothing is kept of a loss but its first place, however many documents there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keepthinking._reports import Loss
from keepthinking.cli._audit_view import clean
from keepthinking.cli._output import Output
from keepthinking.convert._documents import Told

FORMAT = "keepthinking-losses/1"
"""The name of the format of `--losses`."""


class _Alike(NamedTuple):
    """Losses of one kind.

    Attributes:
        place: Where the first one stands.
        times: How many there are.
    """

    place: str
    times: int


class Report:
    """Gathers what stays behind.

    Args:
        out: Where each loss is written for a program, if anywhere.
    """

    def __init__(self, out: Output | None) -> None:
        self._out = out
        self._groups: dict[tuple[str, str, str], _Alike] = {}
        self._spelling = 0
        self._rows = 0
        self._write(f'{{"format": {json.dumps(FORMAT)}, "losses": [')

    @property
    def grave(self) -> bool:
        """Whether something is gone that is more than spelling."""
        return bool(self._groups)

    def add(self, file: str, line: int | None, told: Iterable[Told]) -> None:
        """Note what stays behind of one document."""
        for part, loss in told:
            if loss.kind == "spelling":
                self._spelling += 1
            else:
                self._group(f"{where(file, line)}{part + ', ' if part else ''}{loss.path}", loss)
            self._write(("," if self._rows else "") + "\n" + json.dumps(_row(file, line, part, loss)))
            self._rows += 1

    def close(self) -> None:
        """End what is written for a program."""
        self._write("\n]}\n")

    def text(self, *, refused: bool) -> str:
        """Tell a person; harmless spelling is only counted."""
        return "".join(f"{line}\n" for line in self._lines(refused=refused))

    def _lines(self, *, refused: bool) -> Iterator[str]:
        for (kind, what, why), alike in self._groups.items():
            more = f" and {alike.times - 1} more" if alike.times > 1 else ""
            yield f"lost  {kind}  {clean(what)}: {clean(why)}\n        {clean(alike.place)}{more}"
        if refused:
            yield "refused: nothing was written"
        if self._groups and self._spelling:
            yield f"besides, {self._spelling} harmless differences of spelling (--losses FILE lists all)"

    def _group(self, place: str, loss: Loss) -> None:
        key = (loss.kind, loss.what, loss.why)
        known = self._groups.get(key)
        self._groups[key] = _Alike(place, 1) if known is None else known._replace(times=known.times + 1)

    def _write(self, text: str) -> None:
        if self._out is not None:
            self._out.write(text.encode())


def where(file: str, line: int | None) -> str:
    """Say where a document stands, as the beginning of a sentence."""
    return f"{clean(file)}: " if line is None else f"{clean(file)}, line {line}: "


def _row(file: str, line: int | None, part: str, loss: Loss) -> dict[str, object]:
    known: dict[str, object] = {"file": file, "line": line, "part": part or None}
    return {**known, "kind": loss.kind, "path": loss.path, "what": loss.what, "why": loss.why}
