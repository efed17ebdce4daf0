"""A scaffold that is named as a command: it is looked at first, so that the plan says what can be run and what not."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

from keepthinking_conformance.cli._progress import progress
from keepthinking_conformance.cli._select import Chosen
from keepthinking_conformance.command import (
    Command,
    CommandError,
    CommandSubject,
    Plain,
    Rules,
    parse,
    read_rules,
    survey,
)
from keepthinking_conformance.examine import needs_the_server, run_unjoined
from keepthinking_conformance.run import quiet_surroundings
from keepthinking_conformance.scenarios import PROVIDERS


def _first_of_each() -> tuple[str, ...]:
    first: dict[str, str] = {}
    for name, served in PROVIDERS.items():
        first.setdefault(served.dialect, name)
    return tuple(first.values())


USUAL: Final = _first_of_each()
"""Whom a command meets that nobody names a provider for: one of each dialect."""


def looked_at(profiles: Sequence[str], replay: str | None) -> tuple[str, ...]:
    """Give the providers with which a command is looked at: those that are named, or the one of a cell that runs again.

    Args:
        profiles: What the user names.
        replay: The id of a cell; None where none runs again.
    """
    parts = () if replay is None else replay.split("/")[1:2]
    named = tuple(dict.fromkeys(profiles)) or tuple(name for name in parts if name in PROVIDERS)
    return named or USUAL


class Typed(NamedTuple):
    """A command as a user types it.

    Attributes:
        command: What begins a conversation.
        again: What goes on with one; None where nothing was named.
        rules: A rule file; None where none was named.
    """

    command: str
    again: str | None
    rules: Path | None

    @property
    def call(self) -> str:
        """What to type for it."""
        words = ["--command", self.command]
        words += [] if self.again is None else ["--again", self.again]
        words += [] if self.rules is None else ["--rules", str(self.rules)]
        return shlex.join(words)

    def plain(self, here: Path) -> Plain:
        """Read it.

        Args:
            here: The folder from which paths go.

        Raises:
            click.BadParameter: It cannot be used as it is.
        """
        command = _read(self.command, here, "--command")
        again = None if self.again is None else _read(self.again, here, "--again")
        try:
            rules = Rules() if self.rules is None else read_rules(self.rules)
        except CommandError as error:
            raise click.BadParameter(str(error), param_hint="--rules") from error
        return Plain(command=command, again=again, rules=rules, here=here)


def _read(text: str, here: Path, option: str) -> Command:
    try:
        return parse(text, here)
    except CommandError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def cold(  # noqa: PLR0913 - one keyword an option
    typed: Typed, profiles: Sequence[str], *, seed: int, seconds: float, jobs: int, quiet: bool
) -> Chosen:
    """Look at a command, and make a subject of it.

    Args:
        typed: The command.
        profiles: Whom it shall meet.
        seed: The seed of the provider's answers.
        seconds: So long one run of it may take.
        jobs: How many run at the same time.
        quiet: Whether no progress is shown.

    Raises:
        click.BadParameter: It cannot be used as it is.
        MissingExtraError: The provider's server is not installed.
    """
    plain = typed.plain(Path.cwd())
    with needs_the_server():
        # Late: with the extra `cli` alone the server is not there, and the help of all commands shall be.
        from keepthinking_conformance.provider import Provider  # noqa: PLC0415
    with (
        progress(f"looking at {plain.command.name}", len(profiles), quiet=quiet) as step,
        Provider() as provider,
        quiet_surroundings(),
    ):
        looking = survey(plain, provider, profiles, seed=seed, seconds=seconds, jobs=jobs, done=step)
        seen, _ = run_unjoined(looking)
    return Chosen(CommandSubject(plain=plain, seen=seen), own=True, call=typed.call, source="")
