"""What is recorded of the stock clients of one framework, and for which versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from keepthinking import Requirement
from keepthinking_conformance.examine import Examined, hold
from keepthinking_conformance.results import Scorecard, read_scorecard, update_scorecard
from keepthinking_conformance.results._sentences import counted


def scorecards_in(path: Path) -> dict[str, Scorecard]:
    """Give the scorecard of a file by its framework; none where there is no such file.

    Raises:
        DecodeError: It is no scorecard.
    """
    found = read_scorecard(path)
    return {} if found is None else {found.framework: found}


def ranges_of(texts: Sequence[str]) -> dict[str, str]:
    """Read requirements: the range of each distribution.

    Raises:
        click.BadParameter: One is none.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, *_ = re.split(r"[^\w.-]", text, maxsplit=1)
        try:
            found[name] = Requirement(name, text.removeprefix(name)).range
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--only-for") from error
    return found


def recorded(old: Mapping[str, Scorecard], examined: Examined, only_for: Mapping[str, str]) -> tuple[Scorecard, str]:
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
    return new, f"{counted(len(new.cells), 'cell')}, {counted(before, 'of them differs', 'of them differ')} from before"
