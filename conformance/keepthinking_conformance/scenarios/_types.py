"""The types of a scenario. They hold no words: those are made from a seed, so that no two runs share one."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from keepthinking._adapter import Capability

ThinkKind = Literal["plain", "redacted", "empty-sealed"]
Outcome = Literal["ok", "error"]


class ToolScript(Struct, frozen=True, kw_only=True):
    """A tool that the agent is given.

    Attributes:
        name: Its name.
        description: What the model is told.
        parameters: Its JSON Schema, as JSON text.
    """

    name: str
    description: str
    parameters: str


class Think(Struct, frozen=True, kw_only=True, tag="think"):
    """The model thinks.

    Attributes:
        kind: `plain`: words, sealed where the profile seals; `redacted`: nothing but opaque data; `empty-sealed`: a
            signature without words.
    """

    kind: ThinkKind = "plain"


class Say(Struct, frozen=True, kw_only=True, tag="say"):
    """The model says something that is meant to be seen."""


class Call(Struct, frozen=True, kw_only=True, tag="call"):
    """The model calls a tool.

    Attributes:
        tool: The tool's name.
        arguments: JSON text of an object, spelled as the model spells it; `$key` stands for words that no other call
            has.
        outcome: Whether the tool answers or raises.
    """

    tool: str
    arguments: str = '{"key": "$key"}'
    outcome: Outcome = "ok"


Part: TypeAlias = Think | Say | Call


class StepScript(Struct, frozen=True):
    """One answer of the model: its blocks in order."""

    blocks: tuple[Part, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls among its blocks."""
        return tuple(block for block in self.blocks if isinstance(block, Call))

    @property
    def thoughts(self) -> tuple[Think, ...]:
        """The thoughts among its blocks."""
        return tuple(block for block in self.blocks if isinstance(block, Think))


class TurnScript(Struct, frozen=True):
    """One turn: the user speaks, and the model answers in steps, the last of which calls nothing."""

    steps: tuple[StepScript, ...]


class Scenario(Struct, frozen=True, kw_only=True):
    """One conversation to be played; plain or streamed is the run's choice.

    Attributes:
        id: Stable id.
        title: What it shows, for a person.
        turns: The user's turns.
        needs: What a subject has to be able to do.
        dialects: Ids of the dialects it can be played in; empty means all.
        resume_before: Number of the turn, from 0, before which the conversation is saved, and loaded in a fresh
            session; None where it never is.

    Raises:
        ValueError: The script cannot be played.
    """

    id: str
    title: str
    turns: tuple[TurnScript, ...]
    needs: frozenset[Capability] = frozenset()
    dialects: frozenset[str] = frozenset()
    resume_before: int | None = None

    def __post_init__(self) -> None:
        if not self.turns or not all(turn.steps for turn in self.turns):
            raise ValueError(f"scenario {self.id!r} has a turn without a step")
        for turn in self.turns:
            *steps, last = turn.steps
            if last.calls or not all(step.calls for step in steps):
                raise ValueError(f"scenario {self.id!r}: every step of a turn calls a tool, and the last one none")
        if (self.resume_before is not None) != ("save" in self.needs):
            raise ValueError(f"scenario {self.id!r}: who resumes needs `save`")

    @property
    def kinds(self) -> frozenset[ThinkKind]:
        """The kinds of thoughts that occur in it."""
        return frozenset(thought.kind for turn in self.turns for step in turn.steps for thought in step.thoughts)

    @property
    def several(self) -> bool:
        """Whether one answer holds several thoughts."""
        return any(len(step.thoughts) > 1 for turn in self.turns for step in turn.steps)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that the agent has: `look_up`, and all that are called.

        One is there even where none is called: some providers keep thinking of earlier turns only in a request that
        has tools (`tools-absent` in the rules).
        """
        called = (call.tool for turn in self.turns for step in turn.steps for call in step.calls)
        return tuple(dict.fromkeys(("look_up", *called)))
