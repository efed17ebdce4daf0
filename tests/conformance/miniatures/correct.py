"""What the correct scaffold's run of a cell is asked, and what it holds (`correct.toml`): others are asked the same."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import UNSET

from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import Scaffold
from keepthinking_conformance.plan import Cell


class _Known(NamedTuple):
    """What is known of the correct scaffold's run of a cell.

    Attributes:
        checks: The checks that it passes.
        fates: What becomes of its thinking.
        held: What its answers hold.
    """

    checks: frozenset[str]
    fates: dict[str, int]
    held: list[int]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "correct.toml").read_text("utf-8"))


def _known(cell: Cell) -> _Known | None:
    """Give what is known; None of a scenario that is not played under the provider but for a miniature.

    In languages without tool calls the correct one is asked in its own test.
    """
    if cell.speech != "native":
        return None
    row, profile = _table()[cell.scenario.id], cell.served.profile
    checks = {*row["checks"].split()}
    checks |= {check for check, where in row.get("only", {}).items() if profile in where.split()}
    checks = {check for check in checks if cell.stream or not check.startswith("stream.")}
    counted = next((counted for counted in row["counted"] if profile in counted["profiles"].split()), None)
    if counted is None:
        return None
    return _Known(frozenset(checks | ({"gate.not-by-name"} if cell.name else set())), counted["fates"], counted["held"])


_BLANK = {
    *("thinking.unaltered", "thinking.place", "thinking.own", "stream.thinking.whole", "stream.thinking.once"),
    *("seal.kept", "seal.unaltered", "seal.on-its-block", "stream.seal.kept", "persist.seal.kept"),
}
"""Checks that say nothing of a scaffold that sends no thinking back."""

_GONE = ("dropped", "removed-with-turn", "leaked-as-text")
"""Fates of thinking that is not sent as thinking."""

_STAYS = {"empties-thinking", "drops-seals", "forgets-streamed-seals"}
"""Scaffolds that lose all words or all seals, and send the blocks of thinking all the same."""

_LEFT = {"context.turn.kept.in-loop", "context.turn.kept.cross-turn", "result.delivered"}
"""Checks that say something even of a scaffold that sends nothing back of what the model said."""


def _blank(cell: Cell) -> set[str]:
    """List the checks that say nothing where no thinking is sent; at Gemini calls are sealed, too."""
    return {check for check in _BLANK if "seal" not in check or cell.served.dialect != "gemini"}


_CHANCE = "persist.unfinished.not-kept"
"""Has an occasion where a stream breaks off inside a thought, which no scenario says."""

_SEEN_ALONE = {_CHANCE, "ids.paired", "ids.verbatim"}
"""Checks of which the script does not know all occasions."""

_LAST_WORDS = {"text.kept", "text.unaltered"}
"""Checks of the last words of a turn, which are never said where it is given up."""

_COUNTED_OTHERWISE = {
    "thinking.empty.not-invented": "a thought more is sent",
    "thinking.not-invented": "a thought more is sent",
    "thinking.own": "a thought may stand beside its turn's own",
    "foreign.not-sent": "what another provider thought is not let go of",
    "handoff.foreign.not-sent": "what another provider thought is not let go of",
    "persist.open-call.kept": "the step is asked for again",
}
"""Checks whose scaffolds send or hold another number of thoughts than the correct one."""


def otherwise(outcome: Outcome, named: set[str]) -> list[str]:
    """Tell where a run is asked or counted otherwise than that of the correct scaffold; one cut short says less.

    Args:
        outcome: The run.
        named: The checks that find something.
    """
    cell, result, trace = outcome.cell, outcome.result, outcome.trace
    known, wrong = _known(cell), list[str]()
    assert trace is not None
    if result.requests != len(trace.exchanges):
        wrong.append(f"requests: {result.requests}")
    if known is None:
        return wrong
    scripted = {*import_module("keepthinking_conformance.judge").expected_checks(cell)} - _SEEN_ALONE
    if scripted != known.checks - _SEEN_ALONE:
        wrong.append(f"scripted: {scripted ^ known.checks} besides")
    limited = any(turn.limited for turn in cell.scenario.turns)
    unsaid = _LAST_WORDS if limited else set[str]()
    asked, due = ({*checks} - named - unsaid - {_CHANCE} for checks in (result.checks, known.checks))
    if result.incident is not UNSET or result.reason or (len(trace.exchanges) < cell.calls and not limited):
        return wrong + [f"{check} has no occasion" for check in asked - due]
    gone = sum(result.fates.get(fate, 0) for fate in _GONE) == sum(result.fates.values())
    gone = gone and cell.subject.id.removeprefix("miniature.") not in _STAYS
    if asked not in ((due & _LEFT, due - _blank(cell)) if gone else (due,)):
        wrong.append(f"checks: {asked ^ due} besides")
    closes = isinstance(cell.subject, Scaffold) and cell.subject.habits.closes  # it asks once more than the correct one
    if named & {*_COUNTED_OTHERWISE} or (limited and closes):
        return wrong
    if (sum(result.fates.values()) if named else result.fates) != (sum(known.fates.values()) if named else known.fates):
        wrong.append(f"fates: {result.fates}, not {known.fates}")
    kinds = _ALL if len(known.held) == len(_ALL) else ("thinking", "calls")
    if not cell.scenario.faults and [result.held[kind] for kind in kinds] != known.held:
        wrong.append(f"held: {result.held}, not {known.held}")
    return wrong


_ALL = ("thinking", "seals", "calls", "texts")
