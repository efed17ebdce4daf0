"""Put each small mistake into the code that judges, and ask what shows it.

    python -m tests.conformance.mutation --file mutants.jsonl

First the fast tests of the packages are asked; where they show nothing, what the miniatures send is judged by the code
with the mistake. It needs a system that can fork.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast
from zlib import adler32

from tests.conformance.mutation.direct import Direct, Measured
from tests.conformance.mutation.forks import forked
from tests.conformance.mutation.ledger import Decided, Ledger, digest
from tests.conformance.mutation.mutants import Mutant, mutants
from tests.conformance.mutation.survivors import survivors

GOOD, FOUND, BROKEN, STOPPED = 0, 1, 2, 130
"""What the program ends with: all is as it should be, a mutant is not, it could not be measured, Ctrl-C."""

_EVERY: Final = 5.0
"""So many seconds lie between two lines of progress."""


class BrokenError(Exception):
    """It cannot be measured."""


class Session:
    """One measuring.

    Args:
        wanted: The mutants.
        ledger: What is known already, and where it is written down.
        jobs: How many processes work at the same time.
        miniatures: Whether they alone are asked.
    """

    def __init__(self, wanted: Iterable[Mutant], ledger: Ledger, jobs: int, *, miniatures: bool) -> None:
        self.ledger = ledger
        self.wanted = list(wanted)
        self.lost: list[str] = []
        self._jobs = jobs
        self._left = [one for one in self.wanted if one.id not in ledger.decided]
        self._miniatures = miniatures
        self._began = self._said = time.monotonic()
        self._known = len(self.wanted) - len(self._left)

    def measure(self) -> None:
        """Ask the tests, then the miniatures.

        Raises:
            BrokenError: Something fails without any mistake.
        """
        if self._left and not self._miniatures:
            self._ask_tests()
        if self._left:
            self._ask_miniatures()
        for mutant in list(self._left):
            if mutant.id not in self.lost:
                self._decide(Decided(mutant=mutant.id, fate="open", by=""), mutant)

    def _ask_tests(self) -> None:
        ended = list[BaseException | None]()

        def ask(direct: Direct) -> None:
            try:
                self._ask_each_test(direct)
                ended.append(None)
            except (BrokenError, KeyboardInterrupt) as error:  # pytest would keep both for itself
                ended.append(error)

        direct = Direct({one.package for one in self._left}, ask)
        direct.collect()
        if not ended:
            raise BrokenError(f"a test cannot be collected: {direct.trouble}")
        if ended[0] is not None:
            raise ended[0]

    def _ask_each_test(self, direct: Direct) -> None:
        _say(f"{len(direct.items)} tests without a mistake")
        for file, told in forked(direct.files, direct.measure, self._jobs):
            if told.end:
                raise BrokenError(f"the tests of {file} cannot be run without any mistake: {told.value or told.end}")
            direct.measured |= cast("dict[str, Measured]", told.value)
        if failed := [name for name, one in direct.measured.items() if one.failed]:
            raise BrokenError(f"tests fail without any mistake, so that they would show all: {' '.join(failed)}")
        for _, told in forked([None], direct.anew, 1):
            if told.value != "":
                why = told.value or told.end
                raise BrokenError(f"a test fails without any mistake where all is imported anew: {why}")
        _say(f"{len(self._left)} of {len(self.wanted)} mutants are not known yet")
        self._began = time.monotonic()
        self._ask(direct.in_place, direct.shown)
        self._ask(direct.anew, direct.shown)

    def _ask_miniatures(self) -> None:
        from tests.conformance.mutation.verdicts import Runs, played, shown_by  # imports much

        _say(f"what the miniatures send is judged, since no test shows {len(self._left)} mutants")
        ((_, told),) = forked([None], lambda _: played(), 1)
        runs = told.value
        if not isinstance(runs, Runs):
            raise BrokenError(f"a verdict is wrong without any mistake: {told.value or told.end}")
        self._ask(lambda mutant: shown_by(mutant, runs), lambda _: None)

    def _ask(self, work: Callable[[Mutant], str], shown: Callable[[str], None]) -> None:
        """Decide about mutants: those that nothing shows are left to others."""
        for mutant, told in forked(list(self._left), work, self._jobs):
            if told.end == "lost":
                self.lost.append(mutant.id)
            elif told.end == "hung":
                self._decide(Decided(mutant=mutant.id, fate="hung", by=""), mutant)
            elif told.end == "broke":
                self._decide(Decided(mutant=mutant.id, fate="shown", by=str(told.value).splitlines()[-1]), mutant)
            elif told.value:
                shown(str(told.value))
                self._decide(Decided(mutant=mutant.id, fate="shown", by=str(told.value)), mutant)

    def _decide(self, one: Decided, mutant: Mutant) -> None:
        self.ledger.add(one)
        self._left.remove(mutant)
        now = time.monotonic()
        if now - self._said > _EVERY:
            self._said = now
            done = len(self.wanted) - len(self._left)
            pace = (now - self._began) / max(done - self._known, 1)
            _say(f"{self.told()}, {pace * len(self._left):.0f} s left")

    def told(self) -> str:
        """Count what is known."""
        fates = [self.ledger.decided[one.id].fate for one in self.wanted if one.id in self.ledger.decided]
        counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in ("shown", "hung", "open"))
        return f"{len(fates)} of {len(self.wanted)} mutants: {counts}"

    def wrong(self) -> list[str]:
        """Tell what is not as the lists of survivors say."""
        alive = {one.id for one in self.wanted if one.id in self.ledger.decided} & {
            id_ for id_, one in self.ledger.decided.items() if one.fate == "open"
        }
        listed = {one.id for one in self.wanted} & {*survivors()} - {*self.lost}
        return [
            *(f"nothing shows it: {id_}" for id_ in sorted(alive - listed)),
            *(f"something shows it, take it out of the list: {id_}" for id_ in sorted(listed - alive)),
        ]


def main() -> int:
    """Measure, and tell how it ended."""
    parser = argparse.ArgumentParser(prog="nox -s mutation --", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("words", nargs="*", help="measure the mutants whose ids hold one of these; all by default")
    parser.add_argument("--file", type=Path, help="where what is known is kept; a session that was stopped goes on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--miniatures", action="store_true", help="ask what the miniatures send alone, and no test")
    parser.add_argument("--sample", type=int, help="measure so many that something shows")
    asked = parser.parse_args()
    found = [one for one in mutants() if not asked.words or any(word in one.id for word in asked.words)]
    if asked.sample is not None:  # by their ids, so that an edit elsewhere chooses no others
        listed = survivors()
        known = (one for one in found if one.id not in listed)
        found = sorted(known, key=lambda one: adler32(one.id.encode()))[: asked.sample]
    sources = digest()
    session = Session(found, Ledger(asked.file, sources), asked.jobs, miniatures=asked.miniatures)
    try:
        session.measure()
    except KeyboardInterrupt:
        _say(f"stopped at {session.told()}" + (f"; the same command goes on: {asked.file}" if asked.file else ""))
        return STOPPED
    except BrokenError as error:
        _say(str(error))
        return BROKEN
    if digest() != sources:
        _say("a file was changed while it was measured, so that nothing is known: begin again")
        return BROKEN
    for line in (*session.wrong(), *(f"something ended it, and it is not decided: {id_}" for id_ in session.lost)):
        sys.stdout.write(f"{line}\n")
    _say(session.told())
    return BROKEN if session.lost else FOUND if session.wrong() else GOOD


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
