"""`keepthinking check`: scaffolds against the scripted provider."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from keepthinking_conformance.cli._cold import Typed, cold, looked_at
from keepthinking_conformance.cli._output import (
    can_be_written,
    color,
    form_options,
    leave,
    rendered,
    save_results,
    write,
)
from keepthinking_conformance.cli._progress import progress
from keepthinking_conformance.cli._recording import ranges_of, recorded, scorecards_in
from keepthinking_conformance.cli._replay import as_replay
from keepthinking_conformance.cli._select import Choice, choose
from keepthinking_conformance.cli._text import Look
from keepthinking_conformance.cli._which import cells_of, chosen_of, listing, must_be_known, one_of, perturbations_of
from keepthinking_conformance.examine import Examined, Order, control_cells, examine, hold, replayable, steps
from keepthinking_conformance.results import (
    CellResult,
    Exit,
    Scorecard,
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
  keepthinking check --command 'qwen -p {prompt}' --again 'qwen --continue -p {prompt}'
  keepthinking check langchain --format json --out results.json
  keepthinking check langchain --set full --seed 7 --jobs 4
  keepthinking check langchain --set perturbed
  keepthinking check langchain --perturb 'tools.*' --profile anthropic
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
@click.option(
    "--command",
    metavar="COMMAND",
    help="A program of any language, which speaks to a provider that environment variables point at; {prompt} stands "
    "for the user's words, which go to its standard input otherwise. It runs in a temporary home and folder.",
)
@click.option(
    "--again", metavar="COMMAND", help="With --command: what goes on with the conversation that it has begun last."
)
@click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --command: which of its tools may be called and how, and its variables and settings. TOML.",
)
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="Only this provider. Repeatable.")
@click.option("--scenario", "scenarios", multiple=True, metavar="ID", help="Only this scenario. Repeatable.")
@click.option(
    "--perturb",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Only runs in which this is changed meanwhile, such as 'tools.renamed' or 'user.*'. Repeatable.",
)
@click.option(
    "--set",
    "set_",
    type=click.Choice(["core", "every", "full", "perturbed"]),
    help="Which runs: a core of at most 150 for each framework (the default); every scenario with every provider, "
    "plain and streamed (the default with --profile, --scenario or --perturb); any two values of all axes, by the "
    "seed; or every perturbation with one provider of each dialect.",
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
    patterns: Sequence[str],
    command: str | None,
    again: str | None,
    rules: Path | None,
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
    must_be_known("--profile", "profile that is played", profiles, PROVIDERS)
    must_be_known("--scenario", "scenario", scenarios, SCENARIOS)
    perturbations = perturbations_of(patterns, set_, replay)
    ranges = ranges_of(only_for)
    if ranges and update is None:
        raise click.UsageError("--only-for says for which versions --update-scorecard records, which is not there")
    if command is None:
        if again is not None or rules is not None:
            raise click.UsageError("--again and --rules say more of a --command, which is not there")
        choice = choose(frameworks, selectors)
    elif frameworks or selectors:
        raise click.UsageError("--command is examined alone: name no FRAMEWORK and no --subject beside it")
    else:
        typed = Typed(command, again, rules)
        chosen = cold(typed, looked_at(profiles, replay), seed=seed, seconds=time_limit, jobs=jobs, quiet=quiet)
        choice = Choice((chosen,), {}, ())
    cells = cells_of(choice, profiles or None, scenarios or None, perturbations)
    named = "every" if replay is not None else set_ or ("every" if profiles or scenarios or patterns else "core")
    cells = one_of(cells, replay) if replay is not None else chosen_of(cells, named, seed)
    if list_:
        write(listing(cells, as_data=form == "json"))
        return
    order = Order(
        cells=cells,
        frameworks=choice.requires,
        seed=seed,
        sources={chosen.subject.id: chosen.source for chosen in choice.subjects if chosen.source},
        jobs=1 if replay is not None else jobs,
        turn_seconds=time_limit,
        strict=strict,
        chosen="core" if named == "core" else "full" if named == "full" else "asked",
        absent=choice.absent,
    )
    scorecards = choice.scorecards() if scorecard is None else scorecards_in(scorecard)
    old = {} if update is None else scorecards_in(update)
    can_be_written([*(("--out", path) for path in outs), ("--update-scorecard", update)])
    examined = _examined(order, quiet=quiet)
    new: Scorecard | None = None
    told = ""
    if update is not None and not examined.results.summary.interrupted:
        new, told = recorded(old, examined, ranges)
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
        leave(Exit.HARNESS, abandoned=examined.abandoned)
    leave(examined.results.summary.exit, abandoned=examined.abandoned)


def _replays(choice: Choice, seed: int) -> Callable[[CellResult], str]:
    calls = {chosen.subject.id: chosen.call for chosen in choice.subjects}
    options = f" --seed {seed}" if seed != SEED else ""
    return lambda cell: f"keepthinking check {calls[cell.subject]} --id {shlex.quote(cell.id)}{options}"


def _examined(order: Order, *, quiet: bool) -> Examined:
    total = len(steps(order)) + len(control_cells())
    with progress("examining", total, quiet=quiet) as advance:

        def done(outcome: object) -> None:
            del outcome
            advance()

        try:
            return examine(order, done)
        except OSError as error:
            raise click.ClickException(f"the provider cannot listen on loopback: {error}") from error


def _plain_or_colored(text: str, look: Look) -> str:
    return text if look.color else click.unstyle(text)


def _save(path: Path, write: Callable[[Path], object]) -> None:
    try:
        write(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}") from error


__all__ = ["SEED", "Exit", "check"]
