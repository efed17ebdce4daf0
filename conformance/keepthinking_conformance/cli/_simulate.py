"""`keepthinking simulate`: what lost thinking costs a model that relies on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from keepthinking import UnknownNameError, __version__
from keepthinking_conformance.amnesia import (
    AXIS_ROWS,
    PROVIDER,
    Episode,
    Figure,
    Step,
    Store,
    figures,
    planned,
    run_episodes,
)
from keepthinking_conformance.cli._output import can_be_written, leave, write
from keepthinking_conformance.cli._progress import progress
from keepthinking_conformance.cli._select import Choice, choose
from keepthinking_conformance.examine import needs_the_server, run_unjoined
from keepthinking_conformance.plan import distributions
from keepthinking_conformance.results import Exit
from keepthinking_conformance.scenarios import FAMILIES, PROVIDERS, FamilyName

SEEDS: Final = 30
"""So many episodes each combination gets."""

_ABOUT = """\
Nothing here asks a real model: it is simulated. The model is a policy that sees of each request what the provider's own
rule lets a model see, and knows nothing else. In `commitment` it draws a plan, and writes it into its first thought
alone; in `control` every result says what to do next, so that no thinking is needed; in `mixed` a thought saves a
search. What a scaffold loses, the model has never known. An episode is one task with one seed; intervals are Wilson's,
95 %.
"""
_EXAMPLES = """\b
Examples:
  keepthinking simulate langchain --out langchain.jsonl
  keepthinking simulate smolagents --subject '*.kept' --family commitment --axis none
  keepthinking simulate --subject my_agent.checks:SUBJECT --seeds 100 --format markdown
  keepthinking simulate langchain --out langchain.jsonl --show --format json
"""
_EXITS = """\b
Exit codes:
  0    all episodes were played, whatever their figures
  2    an episode could not be played to its end, since the provider failed
  3    the call itself is wrong
  130  interrupted; what was finished is printed, and stands in the file
"""
_NONE: Final = "none"


@click.command(name="simulate", epilog=f"{_ABOUT}\n{_EXAMPLES}\n{_EXITS}")
@click.argument("frameworks", nargs=-1, metavar="[FRAMEWORK]...")
@click.option(
    "--subject",
    "selectors",
    multiple=True,
    metavar="ID|MODULE:OBJECT",
    help="Only subjects whose id fits this pattern; or one of your own, by its import path. Repeatable.",
)
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME", help="Only this provider; one of each dialect by default."
)
@click.option("--family", "families", multiple=True, type=click.Choice([*FAMILIES]), help="Only this family.")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    type=click.Choice([_NONE, *AXIS_ROWS]),
    help="Only with something changed on this axis, or with nothing changed. Repeatable.",
)
@click.option(
    "--seeds", type=click.IntRange(1, 10_000), default=SEEDS, show_default=True, help="How many episodes of each kind."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the episodes in this file, one a line; what stands in it already is not played again.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@click.option("--show", is_flag=True, help="Play nothing: print the figures of all that stands in the file of --out.")
@click.option("--quiet", is_flag=True, help="Print no progress.")
def simulate(  # noqa: PLR0913 - one parameter an option
    *,
    frameworks: Sequence[str],
    selectors: Sequence[str],
    profiles: Sequence[str],
    families: Sequence[FamilyName],
    axes: Sequence[str],
    seeds: int,
    out: Path | None,
    form: str,
    show: bool,
    quiet: bool,
) -> None:
    """Measure what lost thinking costs: success, repeats and wasted tokens, simulated.

    Plays tasks with agents of each FRAMEWORK, with its own clients and with ours, also where something is changed.
    """
    for name in profiles:
        if name not in PROVIDERS:
            unknown = UnknownNameError("profile that is played", name, PROVIDERS)
            raise click.BadParameter(str(unknown), param_hint="--profile")
    choice = choose(frameworks, selectors)
    if show:
        if out is None or not out.exists():
            raise click.UsageError("--show prints what stands in the file of --out, and there is none")
        write(_FORMS[form](figures(_in_order(Store(out).episodes, choice)), _versions(choice)))
        return
    steps = planned(
        [chosen.subject for chosen in choice.subjects],
        seeds=seeds,
        profiles=profiles,
        families=families or tuple(FAMILIES),
        axes=[axis.replace(_NONE, "") for axis in axes or (_NONE, *AXIS_ROWS)],
    )
    if not steps:
        raise click.UsageError("no subject that is installed speaks to a provider of these")
    can_be_written([("--out", out)])
    store = Store(out)
    interrupted, abandoned = _played(steps, store, quiet=quiet)
    wanted = {step.id: n for n, step in enumerate(steps)}
    episodes = sorted((one for one in store.episodes if one.id in wanted), key=lambda one: wanted[one.id])
    found = figures(episodes)
    write(_FORMS[form](found, _versions(choice)))
    broken = any(one.error.startswith(PROVIDER) for one in episodes)
    late = any(one.error.endswith("timeout") for one in episodes)
    code = Exit.INTERRUPTED if interrupted else Exit.HARNESS if broken else Exit.OK
    leave(code, abandoned=abandoned or interrupted or late)


def _in_order(episodes: Sequence[Episode], choice: Choice) -> list[Episode]:
    """Give those of the chosen subjects, as a run of all of them would have them."""
    subjects = {chosen.subject.id: n for n, chosen in enumerate(choice.subjects)}
    orders: list[list[str]] = [[*PROVIDERS], [*FAMILIES], ["", *AXIS_ROWS]]

    def place(one: Episode) -> tuple[int, ...]:
        at = (order.index(name) for order, name in zip(orders, (one.profile, one.family, one.axis), strict=True))
        return (subjects[one.subject], *at, one.seed)

    return sorted((one for one in episodes if one.subject in subjects), key=place)


def _played(steps: Sequence[Step], store: Store, *, quiet: bool) -> tuple[bool, bool]:
    """Play what is not in the file, and tell whether somebody stopped it, and whether anything is left that hangs."""
    with needs_the_server():
        # Late: with the extra `cli` alone the server is not there, and the help of all commands shall be.
        from keepthinking_conformance.provider import Provider  # noqa: PLC0415
    known = {one.id for one in store.episodes}
    left = [step for step in steps if step.id not in known]
    with progress("simulating", len(left), quiet=quiet) as advance, Provider() as provider:

        def done(episode: Any) -> None:
            store.add(episode)
            advance()

        try:
            _, abandoned = run_unjoined(run_episodes(left, provider, done))
        except (KeyboardInterrupt, SystemExit):
            return True, True
    return False, abandoned


# -- what is printed ---------------------------------------------------------------------------------------------------

_HEAD: Final = (
    "Subject",
    "Provider",
    "Family",
    "Changed",
    "n",
    "Success",
    "95 %",
    "Calls",
    "Repeats",
    "Tokens",
    "Wasted",
)


def _row(one: Figure) -> tuple[str, ...]:
    return (
        one.subject,
        one.profile,
        one.family.id,
        one.axis or _NONE,
        str(one.n),
        f"{one.success:.2f}",
        f"{one.low:.2f}-{one.high:.2f}",
        f"{one.calls:.1f}",
        f"{one.repeats:.1f}",
        f"{one.tokens:.0f}",
        f"{one.wasted:.0f}",
    )


def _versions(choice: Choice) -> Mapping[str, str]:
    """Give the installed versions of what the subjects need."""
    needs = [*choice.requires, *(need for chosen in choice.subjects for need in chosen.subject.requires)]
    return {"keepthinking": __version__, **distributions(needs)}


def _as_markdown(found: Sequence[Figure], versions: Mapping[str, str]) -> str:
    lines = [_HEAD, ("---",) * len(_HEAD), *map(_row, found)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{_TOLD} Played with {_named(versions)}.\n\n{table}\n"


def _as_text(found: Sequence[Figure], versions: Mapping[str, str]) -> str:
    rows = [_HEAD, *map(_row, found)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", _TOLD, *_by_chance(), f"Played with {_named(versions)}."]) + "\n"


def _named(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


_TOLD: Final = "Simulated: no real model was asked."


def _by_chance() -> list[str]:
    return [
        f"{row.id}: without any memory {row.success:.3f} succeed, with {row.calls:g} calls; with all of it 1.000, "
        f"with {row.steps}"
        for row in FAMILIES.values()
    ]


def _as_json(found: Sequence[Figure], versions: Mapping[str, str]) -> str:
    rows = [{**one._asdict(), "family": one.family.id, "success": one.success} for one in found]
    by_chance = {name: {"success": row.success, "calls": row.calls} for name, row in FAMILIES.items()}
    held = {
        "schema": "keepthinking-figures/1",
        "simulated": True,
        "versions": dict(versions),
        "without_memory": by_chance,
        "figures": rows,
    }
    return json.dumps(held, indent=2) + "\n"


_FORMS: Final = {"text": _as_text, "markdown": _as_markdown, "json": _as_json}
