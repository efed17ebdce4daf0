"""What may cause a loss, as a table: which run is without it, which findings may come of it, and what these are called.

Rule 1: a twin is a cell that anybody can run: it differs in one axis, or plays a scenario in which nothing happens.
Rule 2: the twin of an event is the plain conversation of two turns: it shows what the scaffold keeps when nothing
happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from msgspec import UNSET

from keepthinking import Finding
from keepthinking_conformance.judge._answers import calls_of, voice_of
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace
from keepthinking_conformance.scenarios import SCENARIOS, Call, TurnScript

_USUAL: Final = "second-turn"
"""The scenario in which nothing happens."""

Twin = Callable[[Cell], Cell | None]
About = Callable[[Cell, Trace, Finding], bool]


class Cause(NamedTuple):
    """Something that may cause a loss.

    Attributes:
        twin: Gives the cell that is without it; None where the cell itself is.
        checks: The check of the cause, by the check of the loss.
        is_about: Tells whether a finding may come of it.
        is_law: Whether the law itself forbids that a turn goes for this cause.
    """

    twin: Twin
    checks: Mapping[str, str]
    is_about: About
    is_law: bool = False


def _plain(cell: Cell) -> Cell | None:
    alone = cell.scenario.modes and "plain" not in cell.scenario.modes
    held = any(turn.interrupted for turn in cell.scenario.turns)
    return None if not cell.stream or alone or held else cell._replace(mode="plain")


def _unnamed(cell: Cell) -> Cell | None:
    return cell._replace(name="") if cell.name else None


def _calm(cell: Cell) -> Cell:
    """Give the cell of the conversation in which nothing happens."""
    return cell._replace(scenario=SCENARIOS[_USUAL])


def _loaded(cell: Cell) -> Cell | None:
    return _calm(cell) if any(turn.before == "resume" or turn.reopened for turn in cell.scenario.turns) else None


def _handed(cell: Cell) -> Cell | None:
    return _calm(cell) if any(turn.before == "handoff" for turn in cell.scenario.turns) else None


def _switched(cell: Cell) -> Cell | None:
    return _calm(cell) if any(turn.before == "switch-model" for turn in cell.scenario.turns) else None


def _broke(cell: Cell) -> Cell | None:
    return _calm(cell) if any(_fails(turn, call) for turn in cell.scenario.turns for call in turn.calls) else None


def _fails(turn: TurnScript, call: Call) -> bool:
    """Tell whether a call fails, or the user does not allow it."""
    return call.outcome == "error" or turn.approval == "deny"


def _any(cell: Cell, trace: Trace, finding: Finding) -> bool:
    del cell, trace
    return finding.scope == ""


def _of_loading(cell: Cell, trace: Trace, finding: Finding) -> bool:
    """Tell whether a finding is about what was said before a load, and shows only after it."""
    del cell
    return finding.scope == "" and any(
        finding.request > load and (finding.response is UNSET or finding.response <= load) for load in trace.loads
    )


def _of_return(cell: Cell, trace: Trace, finding: Finding) -> bool:
    """Tell whether a finding is about what one voice said, and shows only after another spoke."""
    if finding.scope:
        return False
    asked = voice_of(cell, trace, finding.request)
    begin = 1 if finding.response is UNSET else finding.response
    said = asked if finding.response is UNSET else voice_of(cell, trace, finding.response)
    between = (voice_of(cell, trace, number) for number in range(begin, finding.request))
    return said == asked and any(voice != asked for voice in between)


def _of_failure(cell: Cell, trace: Trace, finding: Finding) -> bool:
    """Tell whether a finding is about an answer of a turn in which a tool had failed, that one or a later one."""
    call = next((call for call in calls_of(cell, trace) if call.number == finding.response), None)
    if call is None or finding.scope:
        return False
    turn = cell.scenario.turns[call.turn]
    return any(_fails(turn, asked) for step in turn.steps[: call.step + 1] for asked in step.calls)


_LOST: Final = ("thinking.kept.in-loop", "thinking.kept.cross-turn", "redacted.kept", "thinking.empty.kept")
"""How the audit calls it when thinking is gone."""

_TURNS: Final = ("context.turn.kept.in-loop", "context.turn.kept.cross-turn")
"""How it calls it when whole answers are."""


def _as(check: str, *losses: str) -> dict[str, str]:
    return dict.fromkeys(losses, check)


GATE: Final = Cause(_unnamed, _as("gate.not-by-name", *_LOST, "seal.kept"), _any)
"""Another model's name."""

CHANGED: Final = "perturbed.history.unaltered"
"""What is said of any finding that is not there without the perturbation."""


def calm(cell: Cell) -> Cell | None:
    """Give the run without the perturbation; None where there is none."""
    change = cell.change
    return None if change is None else cell._replace(scenario=SCENARIOS[change.plays], perturbation="")


CAUSES: Final = (
    Cause(
        _plain,
        {
            **_as("stream.thinking.kept", *_LOST),
            **_as("stream.seal.kept", "seal.kept"),
            **_as("stream.answer.kept", "text.kept", "call.kept"),
        },
        _any,
    ),
    Cause(
        _loaded,
        {**_as("persist.thinking.kept", *_LOST, *_TURNS), **_as("persist.seal.kept", "seal.kept")},
        _of_loading,
        is_law=True,
    ),
    Cause(_handed, _as("handoff.thinking.kept", *_LOST, "seal.kept", *_TURNS), _of_return, is_law=True),
    Cause(_switched, _as("switch.thinking.kept", *_LOST, "seal.kept", *_TURNS), _of_return),
    Cause(_broke, _as("failed-turn.thinking.kept", *_LOST, "seal.kept"), _of_failure),
    GATE,
)
"""The causes, in the order of the families."""
