"""The hooks: what a plug-in can add, all of it in this file.

Hooks take nothing and return data: names, and where the things behind them are. What a plug-in names is imported when
somebody asks for it, so a plug-in's own module should import this one and nothing heavy:

    from keepthinking.hookspecs import AdapterSpec, Requirement, hookimpl

    @hookimpl
    def keepthinking_adapters():
        return [AdapterSpec("foo", Requirement("foo-agents", ">=2,<4"), "keepthinking_foo.adapter:ADAPTER")]

A distribution announces such a module as an entry point of the group `keepthinking.plugins`. How it is loaded, and
what happens if it is broken, is in `keepthinking.plugins`. Hooks of the examination (`keepthinking_subjects`, ...) are
specified in `keepthinking_conformance`.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy
from msgspec import Struct

from keepthinking._adapter import AdapterSpec, Requirement, check_target
from keepthinking._profiles import Profile
from keepthinking.retention._rules import Rule

__all__ = [
    "AdapterSpec",
    "CommandSpec",
    "DialectSpec",
    "Profile",
    "Requirement",
    "Rule",
    "hookimpl",
    "hookspec",
    "keepthinking_adapters",
    "keepthinking_commands",
    "keepthinking_dialects",
    "keepthinking_profiles",
    "keepthinking_rules",
]

hookspec = pluggy.HookspecMarker("keepthinking")
"""Marks a hook; only our own rooms specify hooks."""
hookimpl = pluggy.HookimplMarker("keepthinking")
"""Marks a plug-in's function as the implementation of the hook of the same name."""


class DialectSpec(Struct, frozen=True, weakref=True):
    """Where a dialect is, without importing it.

    Attributes:
        name: Its id, such as `openai-chat`; the dialect says the same.
        target: `package.module:OBJECT`, a `Dialect`.

    Raises:
        ValueError: `target` is not of that form.
    """

    name: str
    target: str

    def __post_init__(self) -> None:
        check_target(self.target)


class CommandSpec(Struct, frozen=True, weakref=True):
    """Where a subcommand of `keepthinking` is, without importing it.

    Attributes:
        name: What the user types.
        target: `package.module:OBJECT`, a `click.Command`.
        help: One line about it.
        requires: What has to be installed before `target` can be imported, besides the extra `cli`.

    Raises:
        ValueError: `target` is not of that form.
    """

    name: str
    target: str
    help: str = ""
    requires: Requirement | None = None

    def __post_init__(self) -> None:
        check_target(self.target)


@hookspec
def keepthinking_adapters() -> Iterable[AdapterSpec]:  # type: ignore[empty-body]
    """Name adapters: frameworks whose history can be turned into messages and back."""


@hookspec
def keepthinking_dialects() -> Iterable[DialectSpec]:  # type: ignore[empty-body]
    """Name dialects: wire protocols."""


@hookspec
def keepthinking_profiles() -> Iterable[Profile]:  # type: ignore[empty-body]
    """Add profiles: how a provider, a model or a server version speaks a dialect."""


@hookspec
def keepthinking_rules() -> Iterable[Rule]:  # type: ignore[empty-body]
    """Add retention rules: what a provider wants back. A row without a source is refused."""


@hookspec
def keepthinking_commands() -> Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Name subcommands of the console script."""
