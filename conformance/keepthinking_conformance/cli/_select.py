"""Whom to examine: frameworks by name, subjects by pattern, and a user's own by import path."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from inspect import getfile, iscoroutine
from pathlib import Path
from typing import Final, NamedTuple, cast

import click

from keepthinking import MissingExtraError, Requirement, Subject, UnknownNameError
from keepthinking.plugins import adapter, adapters
from keepthinking_conformance.cli._subject import MEMBERS, faults, is_subject
from keepthinking_conformance.examine import load, made, several
from keepthinking_conformance.results import Scorecard, load_scorecard
from keepthinking_conformance.run import quiet_output


class Chosen(NamedTuple):
    """A subject that is to be examined.

    Attributes:
        subject: The subject.
        own: Whether it is a user's own.
        call: What to type for it, for a replay.
        source: Where it comes from, for another process; "" where only this one can run it.
    """

    subject: Subject
    own: bool
    call: str
    source: str


class Choice(NamedTuple):
    """All that is to be examined.

    Attributes:
        subjects: The subjects.
        absent: Frameworks that are not installed, each with what to install.
        requires: What the adapters of the others need.
    """

    subjects: tuple[Chosen, ...]
    absent: dict[str, str]
    requires: tuple[Requirement, ...]

    def scorecards(self) -> dict[str, Scorecard]:
        """Give the scorecards that ship for the frameworks among them."""
        names = dict.fromkeys(chosen.subject.framework for chosen in self.subjects if not chosen.own)
        return {name: found for name in names if (found := load_scorecard(name)) is not None}


def choose(frameworks: Sequence[str], selectors: Sequence[str]) -> Choice:
    """Find the subjects.

    Args:
        frameworks: Names of frameworks; without any, all that are installed, unless only own subjects are named.
        selectors: Patterns of ids, and `package.module:OBJECT`.

    Raises:
        click.UsageError: Nothing fits, or an object is no subject.
        UnknownNameError: No such framework.
        PluginError: An adapter is broken.
    """
    patterns = [selector for selector in selectors if ":" not in selector]
    for name in (*frameworks, *patterns):
        if name.endswith(".py") or ":" in name or "/" in name:
            raise click.UsageError(f"{name!r} is no framework and no subject's id: {_import_path(name)}")
    own = [found for selector in selectors if ":" in selector for found in _own(selector)]
    absent: dict[str, str] = {}
    shipped: list[Chosen] = []
    if frameworks or patterns or not own:
        names, absent = (list(dict.fromkeys(frameworks)), {}) if frameworks else _installed()
        shipped = [Chosen(subject, own=False, call=name, source=name) for name in names for subject in _subjects(name)]
        shipped = [c for c in shipped if not patterns or any(fnmatchcase(c.subject.id, p) for p in patterns)]
        _all_fit(patterns, shipped)
    subjects = (*shipped, *own)
    if not subjects:
        lines = [f"  {name}: pip install {what}" for name, what in absent.items()] or ["  no adapter is registered"]
        raise click.UsageError("\n".join(["no framework is installed that could be examined:", *lines]))
    ids = [chosen.subject.id for chosen in subjects]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise click.UsageError(f"two subjects have one id: {', '.join(twice)}")
    used = dict.fromkeys(c.call for c in shipped)
    return Choice(subjects, absent, tuple(adapter(name).requires for name in used))


def _all_fit(patterns: Iterable[str], chosen: Iterable[Chosen]) -> None:
    ids = [c.subject.id for c in chosen]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in ids):
            known = "; `--list` shows all" if not ids else f"; there are: {', '.join(ids)}"
            raise click.BadParameter(f"no subject fits {pattern!r}{known}", param_hint="--subject")


def _installed() -> tuple[list[str], dict[str, str]]:
    infos = adapters()
    names = [info.name for info in infos if info.state not in {"missing", "broken"}]
    absent = {
        info.name: f"'keepthinking[{info.requires.extra}]'" if info.requires.extra else f"'{info.requires}'"
        for info in infos
        if info.state == "missing" and info.requires is not None
    }
    return names, absent


def _subjects(name: str) -> tuple[Subject, ...]:
    try:
        return tuple(adapter(name).subjects())
    except MissingExtraError as error:
        raise click.UsageError(f"the framework {name!r} cannot be examined: {error}") from error


def _import_path(name: str) -> str:
    """Say how a subject of one's own is named, by its file if one was named."""
    file, _, found = name.partition(":")
    module = file.removesuffix(".py").strip("./").replace("/", ".") or "my_agent"
    return (
        f"name your own by its import path, --subject {module}:{found or 'SUBJECT'}, in the folder from which it goes"
    )


def _own(selector: str) -> list[Chosen]:
    file = selector.partition(":")[0]
    if file.endswith(".py") or "/" in file:
        raise click.BadParameter(f"{selector!r} is a file: {_import_path(selector)}", param_hint="--subject")
    with _told(selector, "load"):
        found = load(selector)
    with _told(selector, "call"):
        found = several(made(found))
    with _told(selector, "look at"):
        for subject in found:
            _must_be_subject(selector, subject)
    call = f"--subject {shlex.quote(selector)}"
    return [Chosen(cast("Subject", subject), own=True, call=call, source=selector) for subject in found]


def _must_be_subject(selector: str, subject: object) -> None:
    if not is_subject(subject):
        if iscoroutine(subject):
            subject.close()  # or Python warns that nobody awaited it
        lacks = [name for name in MEMBERS if not hasattr(subject, name)]
        what = f"{selector!r} is no subject: a {type(subject).__name__} without {', '.join(lacks)}"
        raise click.BadParameter(what, param_hint="--subject")
    try:
        wrong = faults(subject)
    except UnknownNameError as error:
        raise click.BadParameter(f"{selector!r}: {error}", param_hint="--subject") from error
    if wrong:
        raise click.BadParameter(f"{selector!r} is no subject: {'; '.join(wrong)}", param_hint="--subject")


@contextmanager
def _told(selector: str, doing: str) -> Generator[None]:
    """Tell what a user's own code raised, and whose it is; what it prints is no report."""
    try:
        with quiet_output():
            yield
    except click.ClickException:
        raise
    except (Exception, SystemExit) as error:
        what = f"cannot {doing} {selector!r}: {type(error).__name__}: {error}{_place(error)}"
        raise click.BadParameter(what, param_hint="--subject") from error


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return ""  # its text says where
    last = traceback.extract_tb(error.__traceback__)[-1]
    inside = Path(last.filename)
    # An import that finds nothing is raised by us or by the import system: no place of the user's.
    foreign = "importlib" in inside.parts or inside in _OURS or last.filename.startswith("<")
    return "" if foreign else f" (raised by your code, or below it, in {inside.name}:{last.lineno})"


_OURS: Final = frozenset({Path(__file__), Path(getfile(load))})
"""Files whose own lines are not a user's."""
