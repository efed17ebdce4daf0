"""A command as a subject: what was seen of it decides which cells can be run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking_conformance.command._environment import Folder, environment, values_of
from keepthinking_conformance.command._process import MARK
from keepthinking_conformance.command._rules import Rules
from keepthinking_conformance.command._session import CommandSession
from keepthinking_conformance.command._survey import Seen
from keepthinking_conformance.command._words import Command, filled
from keepthinking_conformance.plan import Cell, Skip
from keepthinking_conformance.run import UNASKED, WORKSPACE
from keepthinking_conformance.scenarios import PROVIDERS, Binding, Served, unbound


class Plain(Struct, frozen=True, kw_only=True):
    """A command, before anything was seen of it.

    Attributes:
        command: What begins a conversation.
        again: What goes on with it; None where nothing does.
        rules: What the user says of it.
        here: The folder from which it was named.
    """

    command: Command
    again: Command | None = None
    rules: Rules = Rules()
    here: Path

    @property
    def id(self) -> str:
        """The subject's id."""
        return f"command.{self.command.name}"

    def session(self, endpoint: Endpoint, directory: Path, workspace: Path) -> CommandSession:
        """Begin a conversation.

        Args:
            endpoint: Where the model is.
            directory: A directory that nothing else uses; the command's home is made in it.
            workspace: Where the command works.

        Raises:
            OSError: A file of the rules cannot be written.
        """
        folder = Folder(directory / "home", workspace)
        folder.make()
        values = values_of(endpoint, folder, self.here)
        for name, text in self.rules.files.items():
            path = (folder.home.parent if name.startswith("home/") else folder.workspace.parent) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(filled(text, values), encoding="utf-8")
        variables = environment(os.environ, folder, endpoint.dialect, inherit=self.rules.inherit)
        variables |= self.rules.environment
        kept = {name: value for name, value in variables.items() if name not in self.rules.unset}
        kept[MARK] = str(directory)
        return CommandSession(self.command, self.again, variables=kept, values=values, folder=folder)


_ONE_TURN: Final[frozenset[Capability]] = frozenset({"parallel", "stream"})
_TURNS: Final[frozenset[Capability]] = frozenset({"parallel", "stream", "save"})


class CommandSubject(Struct, frozen=True, kw_only=True):
    """A command of which the survey has seen what it asks for.

    Attributes:
        plain: The command.
        seen: What was seen, by the provider's profile.
    """

    plain: Plain
    seen: Mapping[str, Seen]
    framework: str = "command"
    variant: Variant = "kept"
    requires: tuple[Requirement, ...] = ()

    @property
    def id(self) -> str:
        """Its id."""
        return self.plain.id

    @property
    def title(self) -> str:
        """Its name for a person."""
        return self.plain.command.name

    @property
    def dialects(self) -> frozenset[str]:
        """Ids of the dialects in which it was asked to speak, whether it did or not."""
        return frozenset(seen.served.dialect for seen in self.seen.values())

    @property
    def profiles(self) -> frozenset[str]:
        """Names of the providers that were played for it."""
        return frozenset(self.seen)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can be asked to do."""
        return _ONE_TURN if self.plain.again is None else _TURNS

    def binding(self, profile: str) -> Binding | None:
        """Give the tool that the script may call."""
        return self.seen[profile].binding

    def served(self, served: Served) -> Served:
        """Give a provider as the command asks for it."""
        return self.seen[served.profile].served

    def unfit(self, cell: Cell) -> tuple[Skip, str]:
        """Tell why a cell cannot be run."""
        seen = self.seen[cell.served.profile]
        if not seen.spoke:
            return "absent", seen.reason
        why = seen.reason or _other_way(cell, seen) or self._cannot(cell)
        return ("unsupported", why) if why else ("", "")

    def _cannot(self, cell: Cell) -> str:
        if len(cell.scenario.turns) > 1 and self.plain.again is None:
            return "nothing says how a conversation goes on: name the command for that (`--again`)"
        seen = self.seen[cell.served.profile]
        if cell.scenario.hosted and not seen.searches:
            return UNASKED
        binding = seen.binding
        return "" if binding is None else unbound(cell.scenario, binding)

    async def start(self, run: Run) -> Session:
        """Begin a conversation."""
        # It is told to ask for what it was told when it was looked at, whatever model it makes of that.
        endpoint = run.endpoint.replace(model=PROVIDERS[str(run.endpoint.profile)].model)
        workspace = run.directory / WORKSPACE if run.workspace is None else run.workspace
        return self.plain.session(endpoint, run.directory, workspace)


def _other_way(cell: Cell, seen: Seen) -> str:
    """Tell what a command decides by itself and cannot be told; "" where the cell asks for just that."""
    if cell.stream != seen.streams or cell.mode == "sync":
        return f"the command always asks for {'streamed' if seen.streams else 'whole'} answers"
    if cell.name:
        return "the command has the model's name from its own settings"
    return "what surrounds a command is not changed while it runs" if cell.perturbation else ""
