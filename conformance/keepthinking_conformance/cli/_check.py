"""`keepthinking check`: scaffolds against the scripted provider."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from keepthinking import Requirement, UnknownNameError
from keepthinking_conformance.cli._output import can_be_written, color, form_options, rendered, save_results, write
from keepthinking_conformance.cli._replay import as_replay
from keepthinking_conformance.cli._select import Choice, choose
from keepthinking_conformance.cli._text import Look
from keepthinking_conformance.examine import Examined, Order, control_cells, examine, hold, replayable, steps
from keepthinking_conformance.plan import MODES, NAMES, TEMPERS, Cell, core, is_usual, pairwise, plan
from keepthinking_conformance.results import (
    CellResult,
    Exit,
    Scorecard,
    read_scorecard,
    update_scorecard,
    write_scorecard,
)
from keepthinking_conformance.run import TURN_SECONDS
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS

SEED: Final = 1
"""The seed of an examination that names none: two of them say the same words."""

_ABOUT = """\
A run is one conversation of one scaffold with a provider that plays a script on this machine: nothing leaves it, and no
key is needed. Stock clients of frameworks are compared with what was recorded of them, and fail where they differ;
everything else fails where a provider's own rule is broken.
"""
_EXAMPLES = """\b
Examples:
  keepthinking check                          every framework that is installed
  keepthinking check langchain
  keepthinking check langchain --subject '*.stock' --profile deepseek
  keepthinking check --subject my_agent.checks:SUBJECT --strict
  keepthinking check langchain --format json --out results.json
  keepthinking check langchain --set full --seed 7 --jobs 4
  keepthinking check langchain --list
  keepthinking check langchain --id langchain.chat-openai.stock/deepseek/loop/plain
"""
_EXITS = """\b
Exit codes:
  0    everything came back, or fails as the scorecard says
  1    a MUST is broken, a scaffold raised, or a stock client differs from the scorecard; with --strict also a SHOULD
  2    the examination could not judge something, saw nothing, or one of its own controls came out wrong
  3    the call itself is wrong
  130  interrupted; what was finished is printed
"""


def _seconds(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value):  # a range lets `nan` through
        raise click.BadParameter(f"{value} is no number of seconds")
    return value


@click.command(name="check", epilog=f"{_ABOUT}\n{_EXAMPLES}\n{_EXITS}")
@click.argument("frameworks", nargs=-1, metavar="[FRAMEWORK]...")
@click.option(
    "--subject",
    "selectors",
    multiple=True,
    metavar="ID|MODULE:OBJECT",
    help="Only subjects whose id fits this pattern; or one of your own, by its import path. Repeatable.",
)
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="Only this provider. Repeatable.")
@click.option("--scenario", "scenarios", multiple=True, metavar="ID", help="Only this scenario. Repeatable.")
@click.option(
    "--set",
    "set_",
    type=click.Choice(["core", "every", "full"]),
    help="Which runs: a core of at most 150 for each framework (the default); every scenario with every provider, "
    "plain and streamed (the default with --profile or --scenario); or any two values of all axes, by the seed.",
)
@click.option("--id", "replay", metavar="CELL", help="Run one cell again and show all of it.")
@form_options
@click.option("--strict", is_flag=True, help="Let SHOULD findings fail too, not only MUST.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Seed of what the model says.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 32),
    default=lambda: min(os.cpu_count() or 1, 8),
    show_default="processors, at most 8",
    help="How many processes run cells.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 3600),
    default=TURN_SECONDS,
    show_default=True,
    metavar="SECONDS",
    callback=_seconds,
    help="How long one turn of a scaffold may take.",
)
@click.option("--list", "list_", is_flag=True, help="List what would run, and what would not, and why.")
@click.option(
    "--scorecard", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with this one."
)
@click.option(
    "--update-scorecard",
    "update",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record what the stock clients of one framework do.",
)
@click.option(
    "--only-for",
    "only_for",
    metavar="RANGE",
    multiple=True,
    help="With --update-scorecard: record what differs for these versions alone, such as 'langchain-openai<1.5.1'. "
    "Repeatable.",
)
@click.option("--all", "everything", is_flag=True, help="Print each finding, the notes (MAY), and what does not apply.")
@click.option("--quiet", is_flag=True, help="Print only what fails, and no progress.")
def check(  # noqa: PLR0913 - one parameter an option
    *,
    frameworks: Sequence[str],
    selectors: Sequence[str],
    profiles: Sequence[str],
    scenarios: Sequence[str],
    set_: str | None,
    replay: str | None,
    form: str,
    outs: Sequence[Path],
    seed: int,
    jobs: int,
    time_limit: float,
    scorecard: Path | None,
    update: Path | None,
    only_for: Sequence[str],
    strict: bool,
    list_: bool,
    everything: bool,
    quiet: bool,
) -> None:
    """Examine scaffolds: do they send back what the model thought?

    Runs agents of each FRAMEWORK against a scripted provider that records every request, and judges what became of each
    thought, signature and call: in which request it is missing, at which path, and which provider's rule wants it.
    """
    _known("--profile", "profile that is played", profiles, PROVIDERS)
    _known("--scenario", "scenario", scenarios, SCENARIOS)
    ranges = _ranges(only_for)
    if ranges and update is None:
        raise click.UsageError("--only-for says for which versions --update-scorecard records, which is not there")
    choice = choose(frameworks, selectors)
    cells = _cells(choice, profiles or None, scenarios or None)
    named = "every" if replay is not None else set_ or ("every" if profiles or scenarios else "core")
    cells = _one(cells, replay) if replay is not None else _chosen(cells, named, seed)
    if list_:
        write(_listing(cells, as_data=form == "json"))
        return
    order = Order(
        cells=cells,
        frameworks=choice.requires,
        seed=seed,
        sources={chosen.subject.id: chosen.source for chosen in choice.subjects},
        jobs=1 if replay is not None else jobs,
        turn_seconds=time_limit,
        strict=strict,
        chosen="core" if named == "core" else "full" if named == "full" else "asked",
        absent=choice.absent,
    )
    scorecards = choice.scorecards() if scorecard is None else _read(scorecard)
    old = {} if update is None else _read(update)
    can_be_written([*(("--out", path) for path in outs), ("--update-scorecard", update)])
    examined = _examined(order, quiet=quiet)
    new: Scorecard | None = None
    told = ""
    if update is not None and not examined.results.summary.interrupted:
        new, told = _recorded(old, examined, ranges)
        scorecards = {new.framework: new}
    examined = hold(examined, scorecards, for_own=scorecard is not None or update is not None)
    examined = replayable(examined, _replays(choice, seed))
    look = Look(strict=strict, everything=everything, quiet=quiet, color=color())
    if form == "text" and replay is not None and examined.outcomes:
        text = _plain_or_colored(as_replay(next(iter(examined.outcomes.values()))), look)
    else:
        text = rendered(examined.results, form, look)
    try:
        write(text)  # first: what cannot be saved has at least been shown
        if new is not None and update is not None:
            _save(update, lambda path: write_scorecard(new, path))
            click.echo(f"recorded in {update}: {told}", err=True)
        save_results(examined.results, outs, look)
    except click.ClickException as error:
        error.show()
        _leave(examined, Exit.HARNESS)
    _leave(examined, examined.results.summary.exit)


def _leave(examined: Examined, code: int) -> NoReturn:
    if examined.abandoned:  # Python would wait for the scaffold's threads, which do not end
        sys.stderr.flush()
        os._exit(code)
    raise click.exceptions.Exit(code)


# -- what to run ---------------------------------------------------------------------------------------------------


def _known(option: str, kind: str, names: Sequence[str], known: Any) -> None:
    for name in names:
        if name not in known:
            raise click.BadParameter(str(UnknownNameError(kind, name, known)), param_hint=option)


def _cells(choice: Choice, profiles: Sequence[str] | None, scenarios: Sequence[str] | None) -> tuple[Cell, ...]:
    axes: dict[str, Any] = {"modes": MODES, "tempers": TEMPERS, "names": NAMES}
    cells = tuple(
        cell
        for chosen in choice.subjects
        for cell in plan((chosen.subject,), providers=profiles, scenarios=scenarios, own=chosen.own, **axes)
    )
    if not cells:
        raise click.UsageError("no subject speaks to a provider of these; `--list` without `--profile` shows what does")
    return cells


def _chosen(cells: Sequence[Cell], named: str, seed: int) -> tuple[Cell, ...]:
    """Give the cells of a set; whoever names a provider or a scenario wants all of it, not a sample."""
    match named:
        case "core":
            return core(cells)
        case "full":
            return pairwise(cells, seed)
        case _:
            return tuple(cell for cell in cells if is_usual(cell))


def _one(cells: Sequence[Cell], name: str) -> tuple[Cell, ...]:
    found = tuple(cell for cell in cells if cell.id == name)
    if not found:
        raise click.BadParameter(str(UnknownNameError("cell", name, (cell.id for cell in cells))), param_hint="--id")
    return found


def _replays(choice: Choice, seed: int) -> Callable[[CellResult], str]:
    calls = {chosen.subject.id: chosen.call for chosen in choice.subjects}
    options = f" --seed {seed}" if seed != SEED else ""
    return lambda cell: f"keepthinking check {calls[cell.subject]} --id {shlex.quote(cell.id)}{options}"


def _listing(cells: Sequence[Cell], *, as_data: bool) -> str:
    rows = [(cell.id, cell.skip or "runs", cell.reason) for cell in cells]
    if as_data:
        members = ("id", "status", "reason")
        plan_ = {"schema": "keepthinking-plan/1", "cells": [dict(zip(members, row, strict=True)) for row in rows]}
        return json.dumps(plan_, indent=2) + "\n"
    lines = [f"{name}  {status}{f': {reason}' if reason else ''}" for name, status, reason in rows]
    runs = sum(status == "runs" for _, status, _ in rows)
    return "\n".join([*lines, f"{len(rows)} cells, {runs} of them run"]) + "\n"


# -- the scorecard -------------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, Scorecard]:
    found = read_scorecard(path)
    return {} if found is None else {found.framework: found}


def _ranges(texts: Sequence[str]) -> dict[str, str]:
    """Read requirements, each a distribution and a range."""
    found: dict[str, str] = {}
    for text in texts:
        name, *_ = re.split(r"[^\w.-]", text, maxsplit=1)
        try:
            found[name] = Requirement(name, text.removeprefix(name)).range
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--only-for") from error
    return found


def _recorded(old: Mapping[str, Scorecard], examined: Examined, only_for: Mapping[str, str]) -> tuple[Scorecard, str]:
    """Give the new scorecard, and what to say of it.

    Raises:
        click.ClickException: There is more or less than one framework, a control came out wrong, or `only_for` names
            what is not installed in such a version.
    """
    stock = [outcome for outcome in examined.outcomes.values() if outcome.result.variant == "stock"]
    frameworks = sorted({outcome.result.framework for outcome in stock})
    if len(frameworks) != 1:
        named = ", ".join(frameworks) or "none"
        raise click.UsageError(f"a scorecard is of one framework's stock subjects; these are of: {named}")
    if not all(control.good for control in examined.results.controls):
        raise click.ClickException("a control came out wrong: nothing is recorded")
    installed = examined.results.environments[0].distributions
    for name, range_ in only_for.items():
        if name not in installed or not Requirement(name, range_).allows(installed[name]):
            has = installed.get(name, "none")
            raise click.ClickException(f"--only-for {name}{range_}: {has} is installed, so nothing is recorded")
    before = hold(examined, old, for_own=True).results.summary.differences if old else 0
    new = update_scorecard(
        old.get(frameworks[0]),
        [outcome.result for outcome in stock],
        framework=frameworks[0],
        installed=installed,
        only_for=only_for,
    )
    return new, f"{len(new.cells)} cells, {before} of them differ from before"


# -- running and printing ------------------------------------------------------------------------------------------


def _examined(order: Order, *, quiet: bool) -> Examined:
    total = len(steps(order)) + len(control_cells())
    with _progress(total, quiet=quiet) as bar:

        def done(outcome: object) -> None:
            del outcome
            if bar is not None:
                bar.advance(bar.task_ids[0])

        try:
            return examine(order, done)
        except OSError as error:
            raise click.ClickException(f"the provider cannot listen on loopback: {error}") from error


@contextmanager
def _progress(total: int, *, quiet: bool) -> Generator[Progress | None]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:  # rich 13 ends a bar that nobody sees with an empty line
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        bar.add_task("examining", total=total)
        yield bar


def _plain_or_colored(text: str, look: Look) -> str:
    return text if look.color else click.unstyle(text)


def _save(path: Path, write: Callable[[Path], object]) -> None:
    try:
        write(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}") from error


__all__ = ["SEED", "Exit", "check"]
