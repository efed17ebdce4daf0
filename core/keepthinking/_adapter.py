"""What an adapter is, what a subject is, and what both need to know.

An adapter turns a framework's own history into messages and back. A subject is a scaffold that can be examined: one
agent of a framework, with its stock client or with ours. Both are protocols, so a third party implements them without
a base class; `Subject` lives here so that adapters never import the examination.

A type checker holds a class to a protocol where it is announced: `ADAPTER: Adapter[list[BaseMessage]] = LangChain()`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NoReturn, Protocol, TypeAlias, TypeVar, final, runtime_checkable

from msgspec import Struct

from keepthinking import _versions
from keepthinking._messages import Message, Tool
from keepthinking._profiles import Profile
from keepthinking._reports import Converted

N = TypeVar("N")
"""A framework's own history: a list of messages, an agent's memory, messages with a sidecar."""

_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Requirement(Struct, frozen=True, weakref=True):
    """A distribution that an adapter needs.

    Attributes:
        distribution: Its name on the package index.
        range: The versions that were tested, such as `>=1.0,<3`; "" means any.
        extra: Which extra of keepthinking installs it; "" where none does.

    Raises:
        ValueError: `range` is not a range.
    """

    distribution: str
    range: str = ""
    extra: str = ""

    def __post_init__(self) -> None:
        _versions.parse_range(self.range)

    def allows(self, version: str) -> bool:
        """Tell whether an installed version is among those that were tested."""
        return _versions.allows(self.range, version)

    def __str__(self) -> str:
        return f"{self.distribution}{self.range}"


class AdapterSpec(Struct, frozen=True, weakref=True):
    """Where an adapter is, without importing it.

    Attributes:
        name: Its name, such as `langchain`; the adapter says the same.
        requires: What has to be installed before `target` can be imported; None where nothing has.
        target: `package.module:OBJECT`.

    Raises:
        ValueError: `target` is not of that form.
    """

    name: str
    requires: Requirement | None
    target: str

    def __post_init__(self) -> None:
        check_target(self.target)


def check_target(target: str) -> None:
    """Raise `ValueError` unless a target is of the form `package.module:OBJECT`."""
    if not _TARGET.fullmatch(target):
        raise ValueError(f"{target!r} is not of the form 'package.module:OBJECT'")


@final
class Endpoint:
    """Where a model is, and how to speak to it.

    An endpoint holds a credential, so it is deliberately no struct, dataclass or model: nothing that dumps, compares
    or prints those by their fields can reach it. It cannot be pickled. Header values are credentials as often as not,
    and are hidden likewise.

    Attributes:
        dialect: The dialect's id.
        base_url: The URL that the vendor's own client takes.
        model: The model's name.
        api_key: The credential; never in `repr`, a pickle or an error.
        profile: The provider's way of speaking, by name or as a value; None is the dialect's default.
        headers: Headers to send with each request, read-only.
        extra_body: Parameters to send with each request, such as `{"thinking": {"type": "enabled"}}`, read-only.
    """

    __slots__ = ("__weakref__", "api_key", "base_url", "dialect", "extra_body", "headers", "model", "profile")
    dialect: str
    base_url: str
    model: str
    api_key: str | None
    profile: Profile | str | None
    headers: Mapping[str, str]
    extra_body: Mapping[str, Any]

    def __init__(  # noqa: PLR0913 - one keyword an attribute
        self,
        *,
        dialect: str,
        base_url: str,
        model: str,
        api_key: str | None = None,
        profile: Profile | str | None = None,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "dialect", dialect)
        put(self, "base_url", base_url)
        put(self, "model", model)
        put(self, "api_key", api_key)
        put(self, "profile", profile)
        put(self, "headers", MappingProxyType(dict(headers or {})))
        put(self, "extra_body", MappingProxyType(dict(extra_body or {})))

    def replace(self, **changes: Any) -> Endpoint:
        """Make a copy with some attributes changed. Raises `TypeError` for an unknown attribute."""
        return Endpoint(**{**self._parts(), **changes})

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "__weakref__"}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("an Endpoint is immutable; use replace()")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("an Endpoint is immutable; use replace()")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Endpoint) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.dialect, self.base_url, self.model, self.api_key))

    def __copy__(self) -> Endpoint:
        return self

    def __deepcopy__(self, memo: object) -> Endpoint:
        # Frameworks copy agents deeply; a read-only value may be shared, and a mapping proxy cannot be copied.
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Endpoint holds a credential and is never pickled; make it again on the other side")

    def __repr__(self) -> str:
        profile = self.profile.name if isinstance(self.profile, Profile) else self.profile
        shown = f"dialect={self.dialect!r}, base_url={_without_password(self.base_url)!r}, model={self.model!r}"
        shown += f", profile={profile!r}" if profile else ""
        shown += ", api_key=<hidden>" if self.api_key is not None else ""
        shown += f", headers=<{', '.join(sorted(self.headers))}>" if self.headers else ""
        shown += f", extra_body=<{', '.join(sorted(self.extra_body))}>" if self.extra_body else ""
        return f"Endpoint({shown})"


def _without_password(url: str) -> str:
    head, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    # A query may hold a key, too (`?key=`); the path tells enough.
    return f"{head}{slashes}{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


@runtime_checkable
class Adapter(Protocol[N]):
    """One framework: its history to messages and back, its model class, its subjects.

    Both ways are identities *after the framework's own copy, dump, load and one agent turn*, not only on fresh
    objects. What native has no place for is reported as a loss, never dropped in silence, and nothing that an
    adapter adds to carry it may reach a wire, an event or text that a user sees.

    Implementations are stateless and safe to share between threads.
    """

    @property
    def name(self) -> str:
        """Its name, as in its `AdapterSpec`."""
        ...

    @property
    def requires(self) -> Requirement:
        """The framework, with the versions that were tested."""
        ...

    def to_native(self, messages: Sequence[Message]) -> Converted[N]:
        """Turn messages into the framework's own history; what it cannot hold is in `losses`."""
        ...

    def from_native(self, native: N) -> Converted[tuple[Message, ...]]:
        """Turn the framework's own history into messages.

        Edits of visible text and of arguments stand. Altered thinking is damage: it is reported in `findings`, and
        mended only where the visible parts match what the model said.

        Raises:
            DecodeError: The history is not what this framework makes; culprit `framework`.
        """
        ...

    def same_native(self, a: N, b: N) -> bool:
        """Tell whether two histories are the same; the framework's own equality is often too weak."""
        ...

    def dump(self, native: N) -> bytes:
        """Write a history with the framework's own persistence."""
        ...

    def load(self, data: bytes) -> N:
        """Read what `dump` wrote, with the framework's own persistence.

        Raises:
            DecodeError: The framework cannot read it; culprit `data`.
        """
        ...

    def model(self, endpoint: Endpoint, **native_options: Any) -> object:
        """Make the framework's own model object for an endpoint, speaking any dialect.

        Args:
            endpoint: Where the model is. Its key is in no `repr` and no dump of what is returned.
            **native_options: Options of the framework's model class.
        """
        ...

    def subjects(self) -> Iterable[Subject]:
        """Give the scaffolds of this framework that can be examined."""
        ...


Variant = Literal["stock", "kept", "guarded"]
"""`stock`: the framework as it comes. `kept`: with our model class. `guarded`: stock, behind our transport or proxy."""

Capability = Literal[
    "stream",
    "parallel",
    "system",
    "save",
    "interrupt",
    "approve",
    "compact",
    "handoff",
    "switch-model",
    "sub-agent",
    "sync",
    "memory",
    "step-limit",
    "image",
    "several",
    "remind",
]
"""What a subject can be asked to do besides taking turns. `stream`, `parallel` (several calls in one step), `system` (a
system prompt), `sub-agent` (`Run.helper`), `sync` (`Run.sync`) and `step-limit` (`Run.max_steps`) are read from the
run; each of the others has a protocol below that its sessions implement."""

Speech = Literal["native", "final-answer", "react", "code-act", "code-agent", "code-block"]
"""How a model has to say what it wants done, so that the scaffold understands it. `native`: tool calls of the wire.
`final-answer`: these, and the answer is the call of a tool `final_answer` that the scaffold brings along. The others
have no call on the wire. `react`: `Thought:`, `Action:` and `Action Input:`, or `Answer:`. The rest is Python that
calls tools by their names, `print(look_up(key='...'))`: `code-act` between `<execute>` and `</execute>`, `code-block`
in a fence of Markdown, and what has no code is the answer; `code-agent` between `<code>` and `</code>`, and the answer
is code, too: `final_answer('...')`."""

ToolFunction: TypeAlias = Callable[[str], Awaitable[str]]
"""Takes the arguments exactly as the model wrote them, gives the result. What it raises is the tool's failure."""

CodeFunction: TypeAlias = Callable[[str], Awaitable[str]]
"""Runs code in which the tools are functions, and gives what it printed, errors included. It raises nothing."""


class RunTool(Struct, frozen=True, kw_only=True, weakref=True):
    """A tool that a scaffold is given for one run.

    Attributes:
        tool: What the model is told about it.
        call: What it does.
    """

    tool: Tool
    call: ToolFunction


class Helper(Struct, frozen=True, kw_only=True, weakref=True):
    """Another agent that the scaffold's own agent calls as a tool, with a conversation of its own.

    Attributes:
        tool: What the model of the calling agent is told about it. Its parameters have one required string, `task`:
            what the helper is asked, as its user's words. What the helper answers is the tool's result.
        system: The helper's system prompt.
        tools: The helper's tools.
    """

    tool: Tool
    system: str
    tools: tuple[RunTool, ...]


class Run(Struct, frozen=True, kw_only=True, weakref=True):
    """One run of a subject: a fresh conversation against a scripted provider.

    Attributes:
        id: Unique among the runs of one examination.
        endpoint: Where the model is.
        directory: A directory of its own, which may be written to and is removed afterwards.
        tools: The tools that the agent has.
        system: The system prompt; "" means that the scaffold's own stays.
        stream: Whether the scaffold shall ask for streamed responses.
        sync: Whether the scaffold shall be driven by its calls that block, in a thread; only asked of `sync`.
        approvals: Whether each tool call shall wait until `approve` is called; only asked of `approve`.
        other: Where the other model is, for `handoff` (the other agent's model) and `switch-model`; None where the run
            has no other.
        helper: An agent that the scaffold's agent shall have as a tool; only given to `sub-agent`.
        execute: The interpreter, for a scaffold that runs code of its model and brings none along; only given where
            the subject's `speech` is code. The tools are functions in it.
        max_steps: How many model calls one turn may take before the scaffold should give up. It may raise then, show
            what there is, or ask the model for a last answer without offering tools. Only subjects with `step-limit`
            are given fewer than a turn would take.
        workspace: Where a scaffold works that brings its own tools: they find there what the model asks of them. None
            where the run gives the tools.
    """

    id: str
    endpoint: Endpoint
    directory: Path
    tools: tuple[RunTool, ...] = ()
    system: str = ""
    stream: bool = False
    sync: bool = False
    approvals: bool = False
    other: Endpoint | None = None
    helper: Helper | None = None
    execute: CodeFunction | None = None
    max_steps: int = 100
    workspace: Path | None = None


@runtime_checkable
class Session(Protocol):
    """One running conversation with a scaffold."""

    async def turn(self, text: str) -> str:
        """Give the scaffold a user's words and wait until it has answered them, tool calls and all.

        Returns:
            What it shows the user.
        """
        ...

    async def close(self) -> None:
        """End the session and free what it holds; called once, also after an error."""
        ...


@runtime_checkable
class Subject(Protocol):
    """A scaffold that can be examined."""

    @property
    def id(self) -> str:
        """Stable id, such as `langchain.chat-openai.stock`."""
        ...

    @property
    def framework(self) -> str:
        """The framework's name, as its adapter's."""
        ...

    @property
    def variant(self) -> Variant:
        """Whose model class it uses."""
        ...

    @property
    def dialects(self) -> frozenset[str]:
        """Ids of the dialects that its client speaks."""
        ...

    @property
    def profiles(self) -> frozenset[str]:
        """Names of the profiles that its client is made for; empty means all of its dialects."""
        ...

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """What has to be installed before `start` can work; a subject that lacks something is listed as such."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can be asked to do. What is not named here is `unsupported`, not a failure."""
        ...

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own; runs may go on at the same time."""
        ...


@runtime_checkable
class Speaks(Subject, Protocol):
    """A subject that says how its model has to speak; of one that does not, the model makes native tool calls."""

    @property
    def speech(self) -> Speech:
        """How its model has to say what it wants done."""
        ...


@runtime_checkable
class Saves(Session, Protocol):
    """A session of a subject with the capability `save`."""

    async def save(self) -> bytes:
        """Write the conversation with the scaffold's own persistence."""
        ...

    async def load(self, saved: bytes) -> None:
        """Go on from a saved conversation; called on a fresh session."""
        ...


@runtime_checkable
class Interrupts(Session, Protocol):
    """A session of a subject with the capability `interrupt`."""

    async def interrupt(self) -> None:
        """Stop the running turn as a user would; `turn` then returns what there is or raises `CancelledError`."""
        ...


@runtime_checkable
class Approves(Session, Protocol):
    """A session of a subject with the capability `approve`: it asks before it runs a tool."""

    async def approve(self, *, allow: bool) -> str:
        """Answer the question that `turn` or `approve` ended with, for all calls that wait, and wait as `turn` does.

        Args:
            allow: Whether the calls may run; otherwise the model is told so, in the scaffold's own words.

        Returns:
            What the user is shown: the answer, or "" where the next calls wait.
        """
        ...


@runtime_checkable
class Compacts(Session, Protocol):
    """A session of a subject with the capability `compact`."""

    async def compact(self) -> None:
        """Trim or summarise the history, the scaffold's own way."""
        ...


@runtime_checkable
class HandsOff(Session, Protocol):
    """A session of a subject with the capability `handoff`."""

    async def handoff(self, to: str, text: str) -> str:
        """Let another agent of the scaffold take the next turn, with what was said so far.

        Args:
            to: The agent: `"other"`, whose model is at `Run.other`, or `""` for the first one again.
            text: The user's words.

        Returns:
            What it shows the user.
        """
        ...


@runtime_checkable
class SwitchesModel(Session, Protocol):
    """A session of a subject with the capability `switch-model`."""

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Let another model take the following turns, with what was said so far."""
        ...


@runtime_checkable
class Attaches(Session, Protocol):
    """A session of a subject with the capability `image`: its user may send pictures."""

    async def turn_with(self, text: str, image: bytes) -> str:
        """Take a turn whose words have a picture beside them.

        Args:
            text: The user's words.
            image: The picture, a PNG file.

        Returns:
            What it shows the user.
        """
        ...


@runtime_checkable
class TakesSeveral(Session, Protocol):
    """A session of a subject with the capability `several`: its user may send messages before it answers."""

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Take a turn that begins with several messages of the user, in their order.

        Returns:
            What it shows the user.
        """
        ...


@runtime_checkable
class Reminds(Session, Protocol):
    """A session of a subject with the capability `remind`: something may be said while a turn goes on."""

    async def remind(self, text: str) -> None:
        """Put words in, in the user's name, that the model reads before its next answer.

        It is called while a tool of the turn works. Where they stand, before the results of that step or behind them,
        is the scaffold's own affair.
        """
        ...


@runtime_checkable
class Remembers(Session, Protocol):
    """A session of a subject with the capability `memory`: it shows what its framework holds, to tell who lost what."""

    async def memory(self) -> str:
        """Give all that the framework's own history holds, written out as text, private fields and all.

        It is searched for words that the model said: a thought that is here, and not in the next request, was lost by
        the client; one that is not here was lost before.
        """
        ...


POWERS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "save": Saves,
        "interrupt": Interrupts,
        "approve": Approves,
        "compact": Compacts,
        "handoff": HandsOff,
        "switch-model": SwitchesModel,
        "memory": Remembers,
        "image": Attaches,
        "several": TakesSeveral,
        "remind": Reminds,
    }
)
"""Which protocol a session implements if its subject has a capability."""
