"""Running cells: each is a fresh conversation of one subject with the scripted provider.

Rule 1: a run never decides anything. It collects what travelled, and what went wrong.
Rule 2: whatever a subject does, its session is closed and its directory is removed, also after Ctrl-C.
Rule 3: what a scaffold prints goes to the standard error: the standard output belongs to the report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from keepthinking_conformance.plan import Cell
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run._acts import Acts
from keepthinking_conformance.run._change import Around
from keepthinking_conformance.run._incident import incident, timeout
from keepthinking_conformance.run._laid import WORKSPACE, fresh, heard, lay
from keepthinking_conformance.run._limits import TURN_SECONDS, Clock, SlowError
from keepthinking_conformance.run._said import words_of
from keepthinking_conformance.run._trace import Trace, Voice
from keepthinking_conformance.scenarios import FamilyName, bound

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Called, Provider, Talk

SPARE_CALLS: Final = 20
"""So many calls more than scripted a run may make before the provider refuses: a loop has to end."""


async def run_cell(cell: Cell, provider: Provider, *, seed: int, turn_seconds: float = TURN_SECONDS) -> Trace:
    """Run one cell: open the talk, start the subject, give it the turns, close."""
    began = time.perf_counter()
    with fresh() as directory:
        workspace = directory / WORKSPACE
        scenario = cell.scenario if cell.binding is None else bound(cell.scenario, cell.binding, workspace)
        talk = provider.open(
            scenario,
            profile=cell.served.profile,
            model=cell.model,
            seed=seed,
            token=_token(cell, seed),
            other=cell.served.other if scenario.has_other else None,
            speech=cell.speech,
            temper=cell.temper,
            cap=_calls(cell) + SPARE_CALLS,
            faults=scenario.faults,
        )
        if cell.binding is not None:
            lay(cell.binding, (*talk.script.calls, *talk.script.considered), workspace)
        acts, found = await _played(cell, talk, Around(directory, seed, _restarting(provider)), turn_seconds)
    called, acted = (talk.called, talk.acted) if cell.binding is None else heard(cell.served, talk)
    denied = tuple(called for called in talk.script.calls if _is_denied(cell, called))
    wanted = (one for one in talk.script.calls if one not in denied and _is_made(one) and _is_reached(cell, one, talk))
    return Trace(
        exchanges=talk.exchanges,
        scope=talk.token,
        starts=tuple(acts.starts),
        scripted=talk.expected,
        resumed=acts.resumed,
        answers=tuple(acts.answers),
        incident=found,
        problems=tuple(talk.problems),
        seconds=time.perf_counter() - began,
        wanted=tuple(wanted),
        helped=tuple(called for called in talk.script.calls if called.call.helper),
        considered=talk.script.considered,
        acted=tuple(acted),
        called=tuple(called),
        voices=tuple(Voice(voice.name, voice.served.profile, voice.model) for voice in talk.voices),
        memories=tuple(acts.memories),
        loads=tuple(acts.loads),
        retried=tuple(acts.retried),
        held=talk.interrupted,
        ends=tuple(acts.ends),
        acts=tuple(acts.done),
        denied=denied,
        told=tuple(acts.told),
        given=tuple(acts.given),
        spoken=tuple(acts.spoken),
    )


async def run_task(
    cell: Cell, provider: Provider, family: FamilyName, *, seed: int, turn_seconds: float = TURN_SECONDS
) -> tuple[Talk, Incident | None]:
    """Let a subject do a task of a family, with a model that knows nothing but what it sees.

    Returns:
        What was recorded, and what ended it early.
    """
    talk = provider.open(
        cell.scenario,
        profile=cell.served.profile,
        model=cell.model,
        seed=seed,
        token=_token(cell, seed),
        speech=cell.speech,
        family=family,
        cap=_calls(cell) + SPARE_CALLS,
        faults=cell.scenario.faults,
    )
    with fresh() as directory:
        _, found = await _played(cell, talk, Around(directory, seed, _restarting(provider)), turn_seconds)
    return talk, found


async def _played(cell: Cell, talk: Talk, around: Around, turn_seconds: float) -> tuple[Acts, Incident | None]:
    try:
        clock = Clock(turn_seconds)
        acts = Acts(cell, talk, clock, around)
        return acts, await clock.watch(_driven(acts, cell, talk, clock))
    finally:
        talk.close()


def _restarting(provider: Provider) -> Callable[[float], threading.Event]:
    return lambda after: provider.restart(after=after)


async def _driven(acts: Acts, cell: Cell, talk: Talk, clock: Clock) -> Incident | None:
    """Give the turns; what a subject raises ends them."""
    try:
        await acts.play()
    except SlowError as error:
        return timeout(clock.where, error.seconds)
    except BaseException as error:
        if clock.stopped:
            raise
        return incident(error, clock.where, words_of(cell, talk.exchanges))
    return None


def _token(cell: Cell, seed: int) -> str:
    """Name a run so that a replay says the same words."""
    return blake2b(f"{seed} {cell.id}".encode(), digest_size=6).hexdigest()


def _calls(cell: Cell) -> int:
    """Count the requests that a faithful scaffold makes, its helpers and what goes wrong among them."""
    asked = [len(call.helper) for turn in cell.scenario.turns for call in turn.calls]
    return cell.calls + sum(asked) + sum(fault.times for fault in cell.scenario.faults)


def _is_denied(cell: Cell, called: Called) -> bool:
    return called.thread == 0 and cell.scenario.turns[called.turn].approval == "deny"


def _is_reached(cell: Cell, called: Called, talk: Talk) -> bool:
    """Tell whether a call is made before the agent reaches the limit of its steps: the tools tell how far it came."""
    if called.thread != 0 or not cell.scenario.turns[called.turn].limited:
        return True
    made = [one.step for one in talk.called if one is not None and one.thread == 0 and one.turn == called.turn]
    return called.step <= max(made, default=0)


def _is_made(called: Called) -> bool:
    """Tell whether a tool can be called so."""
    return called.call.outcome != "malformed" and not called.call.helper
