"""One examination from start to end: the controls, the cells, and the results."""

from __future__ import annotations

import asyncio
import platform
import threading
import time
from collections.abc import Callable, Container, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import MissingExtraError, Requirement, __version__
from keepthinking_conformance.examine._controls import CONTROLS, control_cells
from keepthinking_conformance.examine._execute import run_cells
from keepthinking_conformance.examine._loop import run_unjoined
from keepthinking_conformance.judge import Outcome, twins, with_twins
from keepthinking_conformance.plan import BringsTools, Cell, distributions
from keepthinking_conformance.results import (
    CellResult,
    Control,
    Environment,
    Exit,
    Results,
    Scorecard,
    compare,
    gate,
    summarise,
)
from keepthinking_conformance.run import TURN_SECONDS

if TYPE_CHECKING:
    from keepthinking_conformance.provider import Provider


_PATIENCE: Final = 1.0
"""So long, in seconds, threads that are left over may take to end."""

_WORTH: Final = 12
"""So many runs are worth the start of other processes."""

_AT_ONCE: Final = 2
"""So many runs go on at the same time in one process: while one waits for its answer, the other works."""


class Order(NamedTuple):
    """What to examine, and how.

    Attributes:
        cells: The cells.
        frameworks: What the frameworks' adapters need.
        seed: The seed of the provider's answers.
        sources: Where each subject comes from, by its id, so that other processes can run its cells, too; what is not
            named here runs in this one.
        jobs: How many processes run cells; with one, all run here.
        turn_seconds: So long a turn may take.
        strict: Whether SHOULD findings fail, too.
        chosen: Which cells of the plan these are, as in `Results.chosen`.
        absent: Frameworks that are not installed, each with what to install.
    """

    cells: Sequence[Cell]
    frameworks: Sequence[Requirement]
    seed: int
    sources: Mapping[str, str] = MappingProxyType({})
    jobs: int = 1
    turn_seconds: float = TURN_SECONDS
    strict: bool = False
    chosen: Literal["core", "full", "asked"] = "asked"
    absent: Mapping[str, str] = {}


class Examined(NamedTuple):
    """What came of it.

    Attributes:
        results: The results.
        outcomes: The runs behind them, by the cells' ids.
        abandoned: Whether tasks or threads of a scaffold were left behind, which would keep the process from its end.
    """

    results: Results
    outcomes: dict[str, Outcome]
    abandoned: bool = False


def examine(order: Order, done: Callable[[Outcome], None]) -> Examined:
    """Run the controls and the cells, and judge them.

    Args:
        order: What to examine.
        done: Called with each outcome, of a control, too, as soon as it is known.
    """
    began = time.perf_counter()
    controls: dict[str, Outcome] = {}
    cells: dict[str, Outcome] = {}
    before = set(threading.enumerate())
    try:
        interrupted, abandoned = _elsewhere(order, cells, done), False
        if not interrupted:
            interrupted, abandoned = run_unjoined(_run(order, controls, cells, done))
    except (KeyboardInterrupt, SystemExit):  # a second Ctrl-C, or a scaffold's task that ends the program
        interrupted = abandoned = True
    outcomes = with_twins({cell.id: cells[cell.id] for cell in steps(order) if cell.id in cells})
    wanted = {cell.id for cell in order.cells}
    shown = {name: outcome for name, outcome in outcomes.items() if name in wanted}
    found = [outcome.result for outcome in shown.values()]
    proven = _controls(controls)
    code = Exit.INTERRUPTED if interrupted else gate(found, proven, strict=order.strict)
    results = Results(
        keepthinking=__version__,
        seed=order.seed,
        strict=order.strict,
        chosen=order.chosen,
        environments=(environment(order),),
        absent=dict(order.absent),
        controls=proven,
        cells=tuple(found),
        summary=summarise(
            found,
            seconds=time.perf_counter() - began,
            interrupted=interrupted,
            code=code,
            unplayed=sum(not cell.skip and cell.id not in shown for cell in order.cells),
        ),
    )
    late = interrupted or any(_is_late(outcome.result) for outcome in outcomes.values())
    return Examined(results, shown, abandoned or (late and _stuck(before)))


def _is_late(result: CellResult) -> bool:
    return result.incident is not UNSET and result.incident.kind == "timeout"


def _stuck(before: Container[threading.Thread]) -> bool:
    """Tell whether a thread is left for which Python would wait; an idle one ends at once."""
    until = time.monotonic() + _PATIENCE
    mine = [t for t in threading.enumerate() if t not in before and not t.daemon]
    for thread in mine:
        thread.join(max(until - time.monotonic(), 0))
    return any(thread.is_alive() for thread in mine)


def hold(examined: Examined, scorecards: Mapping[str, Scorecard], *, for_own: bool) -> Examined:
    """Hold stock cells to what was recorded of them.

    Args:
        examined: What was found.
        scorecards: What was recorded, by framework.
        for_own: Whether a user's own subjects are held to it, too.
    """
    (here,) = examined.results.environments
    installed = here.distributions

    def held(outcome: Outcome) -> Outcome:
        cell = outcome.cell
        card = scorecards.get(cell.subject.framework)
        if card is None or (cell.own and not for_own):
            return outcome
        return outcome._replace(result=compare(outcome.result, card, installed))

    outcomes = {name: held(outcome) for name, outcome in examined.outcomes.items()}
    found = tuple(outcome.result for outcome in outcomes.values())
    old = examined.results
    before = old.summary
    code = Exit.INTERRUPTED if before.interrupted else gate(found, old.controls, strict=old.strict)
    summary = summarise(
        found, seconds=before.seconds, interrupted=before.interrupted, code=code, unplayed=before.unplayed
    )
    return examined._replace(results=replace(old, cells=found, summary=summary), outcomes=outcomes)


def replayable(examined: Examined, command: Callable[[CellResult], str]) -> Examined:
    """Give each cell the command that runs it again."""

    def told(result: CellResult) -> CellResult:
        return result if result.status == "absent" else replace(result, replay=command(result))

    outcomes = {name: outcome._replace(result=told(outcome.result)) for name, outcome in examined.outcomes.items()}
    cells = tuple(outcome.result for outcome in outcomes.values())
    return examined._replace(results=replace(examined.results, cells=cells), outcomes=outcomes)


def steps(order: Order) -> tuple[Cell, ...]:
    """Give all cells that have to run: those that were asked for, and those they are compared with."""
    return (*order.cells, *twins(order.cells))


def environment(order: Order) -> Environment:
    """Tell where it is examined, and with which versions."""
    needs = [*order.frameworks, *(need for cell in order.cells for need in cell.subject.requires)]
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        distributions=dict(distributions(needs)),
    )


def _elsewhere(order: Order, cells: dict[str, Outcome], done: Callable[[Outcome], None]) -> bool:
    """Run in other processes what is worth it, and tell whether somebody stopped it."""
    there = {cell.id: cell for cell in steps(order) if not cell.skip and cell.subject.id in order.sources}
    if order.jobs == 1 or len(there) < _WORTH:
        return False
    with needs_the_server():
        from keepthinking_conformance.examine._spread import spread  # noqa: PLC0415 - as in `_provider`

    def note(result: CellResult) -> None:
        cells[result.id] = Outcome(there[result.id], result, None)
        done(cells[result.id])

    return spread(
        list(there.values()),
        order.sources,
        seed=order.seed,
        turn_seconds=order.turn_seconds,
        jobs=order.jobs,
        done=note,
    )


async def _run(
    order: Order, controls: dict[str, Outcome], cells: dict[str, Outcome], done: Callable[[Outcome], None]
) -> bool:
    """Fill both, and tell whether somebody stopped it."""

    def into(kept: dict[str, Outcome]) -> Callable[[Outcome], None]:
        def note(outcome: Outcome) -> None:
            kept[outcome.cell.id] = outcome
            done(outcome)

        return note

    here = [cell for cell in steps(order) if cell.id not in cells]
    # Commands are processes of their own, and as many of them run as there may be.
    commands = any(isinstance(cell.subject, BringsTools) for cell in here)
    at_once = order.jobs if commands else _AT_ONCE
    try:
        with _provider() as provider:
            await run_cells(control_cells(), provider, seed=order.seed, jobs=_AT_ONCE, done=into(controls))
            await run_cells(
                here,
                provider,
                seed=order.seed,
                jobs=at_once,
                turn_seconds=order.turn_seconds,
                done=into(cells),
            )
    except asyncio.CancelledError:
        # Ctrl-C: asyncio cancels this task once; everything below has closed what it held.
        return True
    return False


def _provider() -> Provider:
    with needs_the_server():
        # Late: with the extra `cli` alone the server is not there, and the help of all commands shall be.
        from keepthinking_conformance.provider import Provider  # noqa: PLC0415
    return Provider()


@contextmanager
def needs_the_server() -> Generator[None]:
    """Say which extra is missing where the scripted provider cannot be imported."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError("the server of the scripted provider", "conformance") from error


def _controls(outcomes: Mapping[str, Outcome]) -> tuple[Control, ...]:
    return tuple(
        Control(id=cell.id, expected=CONTROLS[cell.subject.id], status=result.status, reason=result.reason)
        for cell in control_cells()
        if (outcome := outcomes.get(cell.id)) is not None
        for result in (outcome.result,)
    )
