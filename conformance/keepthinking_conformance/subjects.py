"""Making a subject of your own scaffold: say what it is called, and how a conversation with it begins.

    from keepthinking_conformance.subjects import subject

    def start(run):
        agent = MyAgent(base_url=run.endpoint.base_url, model=run.endpoint.model, tools=run.tools)
        return agent.ask  # async, takes the user's words and gives the answer

    SUBJECT = subject("my-agent", start)

Then `keepthinking check --subject my_agent.checks:SUBJECT`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from typing import Any, TypeAlias, cast

from msgspec import Struct

from keepthinking import Requirement, Session
from keepthinking._adapter import Capability, Run, Speech, Variant

Turn: TypeAlias = Callable[[str], Awaitable[str]]
"""Takes a user's words and gives, when the scaffold has answered them, what it shows the user."""

Start: TypeAlias = Callable[[Run], "Session | Turn | Awaitable[Session | Turn]"]
"""Begins a conversation of its own: gives a session, or just a function that takes turns."""

_BARE: frozenset[Capability] = frozenset({"parallel", "system"})


class OwnSubject(Struct, frozen=True, kw_only=True):
    """A subject made of a function; `subject` makes it.

    Attributes:
        id: Its id.
        begin: Begins a conversation.
        title: Its name for a person.
        framework: The framework's name.
        variant: Whose model class it uses.
        dialects: Ids of the dialects that its client speaks.
        profiles: Names of the profiles that its client is made for; empty means all of its dialects.
        requires: What has to be installed before it can run.
        capabilities: What it can be asked to do.
        speech: How its model has to say what it wants done.
    """

    id: str
    begin: Start
    title: str = ""
    framework: str = "own"
    variant: Variant = "kept"
    dialects: frozenset[str] = frozenset({"openai-chat"})
    profiles: frozenset[str] = frozenset()
    requires: tuple[Requirement, ...] = ()
    capabilities: frozenset[Capability] = _BARE
    speech: Speech = "native"

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own.

        Raises:
            TypeError: What `begin` gives takes no turns.
        """
        found: Any = self.begin(run)
        if isawaitable(found):
            found = await found
        if isinstance(found, Session):
            return found
        if callable(found) and not hasattr(found, "turn"):
            return _Turns(cast("Turn", found))
        lacks = "close" if hasattr(found, "turn") else "turn"
        raise TypeError(f"the scaffold's `start` gave a {type(found).__name__} without `{lacks}`")


class _Turns:
    """A session that is a function."""

    def __init__(self, take: Turn) -> None:
        self._take = take

    async def turn(self, text: str) -> str:
        return await self._take(text)

    async def close(self) -> None:
        """Nothing is held."""


def subject(  # noqa: PLR0913 - one keyword a thing that can be said
    id: str,  # noqa: A002 - a subject's id is called id everywhere
    start: Start,
    *,
    title: str = "",
    framework: str = "own",
    variant: Variant = "kept",
    dialects: Iterable[str] = ("openai-chat",),
    profiles: Iterable[str] = (),
    requires: Iterable[Requirement] = (),
    capabilities: Iterable[Capability] = tuple(_BARE),
    speech: Speech = "native",
) -> OwnSubject:
    """Make a subject of a scaffold.

    Args:
        id: Its id: letters, digits, `.`, `_`, `+`, `@` and `-`.
        start: Begins a conversation: takes the run, and gives an async function that takes the user's words and gives
            the answer, or a session (`keepthinking.Session`) with what it can do besides; may be async itself. Each
            conversation is a call of its own, so what it remembers belongs in a closure or an object.
        title: Its name for a person.
        framework: The framework's name; a core set is chosen for each framework.
        variant: Whose model class it uses: `stock` is the framework's own, and may have a scorecard.
        dialects: Ids of the dialects that its client speaks.
        profiles: Names of the providers that its client is made for; empty means all of its dialects.
        requires: What has to be installed before it can run.
        capabilities: What it can be asked to do; what is not named is `unsupported`, and no failure. `stream`: it asks
            for streamed answers where `run.stream` says so; `save`, `interrupt`, `approve`, `compact`, `handoff`,
            `switch-model` and `memory`: its session has the methods of the protocols in `keepthinking`.
        speech: How its model has to say what it wants done: `native` tool calls, or one of the languages of
            `keepthinking._adapter.Speech` for a scaffold that reads actions out of the model's text.
    """
    return OwnSubject(
        id=id,
        begin=start,
        title=title,
        framework=framework,
        variant=variant,
        dialects=frozenset(dialects),
        profiles=frozenset(profiles),
        requires=tuple(requires),
        capabilities=frozenset(capabilities),
        speech=speech,
    )
