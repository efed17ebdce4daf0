"""A rule file: what a user says of a command that no table knows. TOML, with five members that may be left out.

- `inherit`: names of variables that come from outside, too; `unset`: names of variables that the command does not get.
- `[environment]`: variables, with placeholders.
- `[files]`: files by their path below `home/` or `workspace/`, with placeholders.
- `[[tools]]`: a tool that may be called by its `name`, and its `arguments`; where there is one, no others are called.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec
from msgspec import Struct

from keepthinking_conformance.command._errors import CommandError
from keepthinking_conformance.command._words import check_names
from keepthinking_conformance.scenarios import Binding, Finds

_ROOMS: Final = frozenset({"home", "workspace"})


class Pin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool that may be called.

    Attributes:
        name: Its name, as the scaffold declares it.
        arguments: What it is called with, as in `Binding`.
    """

    name: str
    arguments: dict[str, Any] = {}

    @property
    def binding(self) -> Binding:
        """The same as a binding: what the tool finds follows from what it is called with."""
        said = msgspec.json.encode(self.arguments).decode()
        found: list[Finds] = [kind for name, kind in _FINDS if name in said]
        return Binding(tool=self.name, arguments=self.arguments, finds=found[0] if found else "anything")


_FINDS: Final[tuple[tuple[str, Finds], ...]] = (("{path}", "file"), ("{folder}", "folder"), ("{receipt}", "echo"))
"""What a tool finds that is called with a placeholder."""


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user says of a command.

    Attributes:
        environment: Variables, with placeholders.
        inherit: Names of variables that come from outside, too.
        unset: Names of variables that the command does not get.
        files: Files by their path below `home/` or `workspace/`, with placeholders.
        tools: Tools that may be called; with any, no others are.
    """

    environment: dict[str, str] = {}
    inherit: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    files: dict[str, str] = {}
    tools: tuple[Pin, ...] = ()


def read_rules(path: Path) -> Rules:
    """Read a rule file.

    Raises:
        CommandError: It cannot be read, is no TOML, has a member that nobody knows, or a path that leads elsewhere.
    """
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", culprit="data") from error
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is no TOML: {error}", culprit="data") from error
    return rules_of(held, str(path))


def rules_of(held: Mapping[str, Any], name: str = "the rules") -> Rules:
    """Make rules of what a file says.

    Args:
        held: What it says.
        name: What the file is called, for an error.

    Raises:
        CommandError: As `read_rules` has it.
    """
    try:
        rules = msgspec.convert(held, Rules)
    except msgspec.ValidationError as error:
        raise CommandError(f"{name} is no rule file: {error}", culprit="data", hint=_MEMBERS) from error
    for path in rules.files:
        room, *below = PurePosixPath(path).parts or ("",)
        if room not in _ROOMS or not below or ".." in below or "\\" in path:
            what = f"{name} has a file {path!r}, which does not stand below `home/` or `workspace/`"
            raise CommandError(what, culprit="data")
    check_names([*rules.environment.values(), *rules.files.values()], name)
    return rules


_MEMBERS: Final = f"it may have {', '.join(f'`{name}`' for name in Rules.__struct_fields__)}"
