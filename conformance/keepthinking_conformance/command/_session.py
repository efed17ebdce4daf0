"""A conversation with a command: each turn is a process of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from keepthinking_conformance.command._environment import Folder
from keepthinking_conformance.command._errors import EndedError
from keepthinking_conformance.command._process import Printed, ran
from keepthinking_conformance.command._words import Command, filled


class CommandSession:
    """One conversation with a command; it goes on as soon as one turn has come to its end.

    Args:
        command: What begins it.
        again: What goes on with it; None where nothing does.
        variables: The command's variables.
        values: What the placeholders stand for, but for the user's words.
        folder: The folders of the run; they are there.
    """

    def __init__(
        self,
        command: Command,
        again: Command | None,
        *,
        variables: Mapping[str, str],
        values: Mapping[str, str],
        folder: Folder,
    ) -> None:
        self._command = command
        self._again = again
        self._variables: dict[str, str] = dict(variables)
        self._values: dict[str, str] = dict(values)
        self._folder = folder
        self._began = False
        self.printed: Printed | None = None
        """What the process of the last turn printed, if one has come to its end."""

    async def turn(self, text: str) -> str:
        """Run the command with the user's words and wait for its end.

        Raises:
            EndedError: It ended with another exit code than 0, or nothing goes on with a conversation.
        """
        command = self._again if self._began else self._command
        if command is None:
            raise EndedError("nothing says how the conversation goes on", culprit="caller")
        values = {**self._values, "prompt": text}
        words = command.filled(values)
        variables = {name: filled(value, values) for name, value in self._variables.items()}
        said = None if command.is_asked else f"{text}\n"
        self.printed = await ran(words, variables, self._folder.workspace, said)
        self._began = True
        return self.printed.text

    async def close(self) -> None:
        """Nothing is held: each turn has ended its processes."""

    async def save(self) -> bytes:
        """Tell where the conversation is: the command keeps it by itself."""
        return json.dumps([str(part) for part in self._folder]).encode()

    async def load(self, saved: bytes) -> None:
        """Go on where a conversation is kept."""
        home, workspace = map(str, json.loads(saved))
        old, self._folder = str(self._folder.home), Folder(Path(home), Path(workspace))
        # All that leads to the home of the fresh session leads to the one in which the conversation is.
        self._variables = {name: value.replace(old, home) for name, value in self._variables.items()}
        self._values["home"] = home
        self._began = True
