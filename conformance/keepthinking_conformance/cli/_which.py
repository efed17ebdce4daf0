"""Which runs an examination has: what is named on the command line against what there is, and the list of it."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

import click

from keepthinking import UnknownNameError
from keepthinking_conformance.cli._select import Choice
from keepthinking_conformance.perturbations import PERTURBATIONS
from keepthinking_conformance.plan import MODES, NAMES, TEMPERS, Cell, changed, core, is_usual, pairwise, plan
from keepthinking_conformance.results._sentences import counted


def must_be_known(option: str, kind: str, names: Sequence[str], known: Any) -> None:
    """Refuse a name that is none.

    Args:
        option: The option that it was given to.
        kind: What it shall be the name of.
        names: The names.
        known: All that there are.

    Raises:
        click.BadParameter: One of them is not known.
    """
    for name in names:
        if name not in known:
            raise click.BadParameter(str(UnknownNameError(kind, name, known)), param_hint=option)


def perturbations_of(patterns: Sequence[str], set_: str | None, replay: str | None) -> tuple[str, ...]:
    """Give the perturbations that are asked for; a cell that is run again may be one of any.

    Args:
        patterns: What `--perturb` names.
        set_: The set that is named, if any is.
        replay: The id of the cell that is run again, if one is.

    Raises:
        click.BadParameter: A pattern fits none.
        click.UsageError: The set has no runs with any.
    """
    for pattern in patterns:
        if not fnmatch.filter(PERTURBATIONS, pattern):
            raise click.BadParameter(
                str(UnknownNameError("perturbation", pattern, PERTURBATIONS)), param_hint="--perturb"
            )
    if patterns and set_ not in {None, "every", "perturbed"}:
        raise click.UsageError(f"--perturb chooses among runs with a perturbation, and `--set {set_}` has none")
    if not patterns and set_ != "perturbed" and replay is None:
        return ()
    return tuple(name for name in PERTURBATIONS if any(fnmatch.fnmatch(name, one) for one in patterns or "*"))


def cells_of(
    choice: Choice, profiles: Sequence[str] | None, scenarios: Sequence[str] | None, perturbations: Sequence[str]
) -> tuple[Cell, ...]:
    """Plan all cells of the chosen subjects.

    Args:
        choice: The subjects.
        profiles: Names of the profiles to play; None is all.
        scenarios: Ids of the scenarios to play; None is all.
        perturbations: Ids of what is changed meanwhile.

    Raises:
        click.UsageError: There is none.
    """
    axes: dict[str, Any] = {"modes": MODES, "tempers": TEMPERS, "names": NAMES, "perturbations": perturbations}
    cells = tuple(
        cell
        for chosen in choice.subjects
        for cell in plan((chosen.subject,), providers=profiles, scenarios=scenarios, own=chosen.own, **axes)
    )
    if not cells:
        raise click.UsageError("no subject speaks to a provider of these; `--list` without `--profile` shows what does")
    return cells


def chosen_of(cells: Sequence[Cell], named: str, seed: int) -> tuple[Cell, ...]:
    """Give the cells of a set; whoever names a provider or a scenario wants all of it, not a sample."""
    match named:
        case "core":
            return core(cells)
        case "full":
            return pairwise(cells, seed)
        case "perturbed":
            return changed(cells)
        case _ if any(cell.perturbation for cell in cells):
            return tuple(cell for cell in cells if cell.perturbation and cell.mode in _USUAL)
        case _:
            return tuple(cell for cell in cells if is_usual(cell))


_USUAL: Final = frozenset({"plain", "stream"})


def one_of(cells: Sequence[Cell], name: str) -> tuple[Cell, ...]:
    """Give the one cell of an id.

    Raises:
        click.BadParameter: There is none; what is near is named.
    """
    found = tuple(cell for cell in cells if cell.id == name)
    if not found:
        near = get_close_matches(name, [cell.id for cell in cells], n=1)  # of thousands
        known = f"did you mean {near[0]!r}?" if near else "`--list --set every` shows the usual ones"
        raise click.BadParameter(f"no cell named {name!r}; {known}", param_hint="--id")
    return found


def listing(cells: Sequence[Cell], *, as_data: bool) -> str:
    """List cells, which of them run, and why the others do not: as JSON, or for a person."""
    rows = [(cell.id, cell.skip or "runs", cell.reason) for cell in cells]
    if as_data:
        members = ("id", "status", "reason")
        plan_ = {"schema": "keepthinking-plan/1", "cells": [dict(zip(members, row, strict=True)) for row in rows]}
        return json.dumps(plan_, indent=2) + "\n"
    lines = [f"{name}  {status}{f': {reason}' if reason else ''}" for name, status, reason in rows]
    runs = sum(status == "runs" for _, status, _ in rows)
    alone = "1 cell, which runs" if runs else "1 cell, which does not run"
    several = f"{counted(len(rows), 'cell')}, {counted(runs, 'of them runs', 'of them run')}"
    return "\n".join([*lines, alone if len(rows) == 1 else several]) + "\n"
