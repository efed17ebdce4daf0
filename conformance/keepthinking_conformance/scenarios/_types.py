"""The types of a scenario. They hold no words: those are made from a seed, so that no two runs share one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from keepthinking._adapter import Capability
from keepthinking_conformance.scenarios._faults import Fault

ThinkKind = Literal["plain", "redacted", "empty-sealed"]
Holds = Literal["", "call", "answer"]
Outcome = Literal["ok", "error", "malformed"]

Before = Literal["", "resume", "compact", "handoff", "hand-back", "switch-model", "switch-back"]
"""What is done before the user speaks: the conversation is saved, and loaded in a fresh session; the history is trimmed
or summarised; another agent takes over, or the first one again; another model does, or the first one again."""

Approval = Literal["", "allow", "deny"]

LIMIT: Final = 3
"""So many model calls a turn may take in a scenario with one that is limited."""

_STEPS: Final = 100
"""So many it may take in others: more than any has."""


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
        holds: What stands in it word for word, in the language in which the scaffold is spoken to, as a model writes
            down what it might do: a call, or an answer. Nothing of it was said.
    """

    kind: ThinkKind = "plain"
    holds: Holds = ""


class Say(Struct, frozen=True, kw_only=True, tag="say"):
    """The model says something that is meant to be seen."""


class Call(Struct, frozen=True, kw_only=True, tag="call"):
    """The model calls a tool.

    Attributes:
        tool: The tool's name.
        arguments: JSON text of an object, spelled as the model spells it; `$key` stands for words that no other call
            has.
        outcome: What becomes of it: the tool answers or raises, or the arguments are no JSON, so that no tool can be
            called: the scaffold has to tell the model.
        helper: What the helper does that is called instead of a tool; its user's words are the call's `task`.
    """

    tool: str
    arguments: str = '{"key": "$key"}'
    outcome: Outcome = "ok"
    helper: tuple[StepScript, ...] = ()


class Hosted(Struct, frozen=True, kw_only=True, tag="hosted"):
    """The provider searches by itself, and what it found stands in the answer: nobody else understands that."""


Part: TypeAlias = Think | Say | Call | Hosted


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
    """One turn: the user speaks, and the model answers in steps, the last of which calls nothing.

    Attributes:
        steps: The model's answers.
        before: What is done before the user speaks.
        approval: What the user says to each call of the turn; "" where nobody is asked.
        reopened: Whether the conversation is saved, and loaded in a fresh session, while the first call of the turn
            waits for approval.
        interrupted: Whether the user interrupts the turn while the model thinks its last step: that answer is never
            finished.
        limited: Whether the agent may take fewer steps than the model would (`LIMIT`): it gives up in the middle, or
            asks for a last answer without offering tools, and gets the turn's last one.
    """

    steps: tuple[StepScript, ...]
    before: Before = ""
    approval: Approval = ""
    reopened: bool = False
    interrupted: bool = False
    limited: bool = False

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of its steps, in order."""
        return tuple(call for step in self.steps for call in step.calls)

    @property
    def by_other(self) -> bool:
        """Whether the other model speaks."""
        return self.before in {"handoff", "switch-model"}


_NEEDS: Final[Mapping[Before, frozenset[Capability]]] = {
    "": frozenset(),
    "resume": frozenset({"save"}),
    "compact": frozenset({"compact"}),
    "handoff": frozenset({"handoff"}),
    "hand-back": frozenset({"handoff"}),
    "switch-model": frozenset({"switch-model"}),
    "switch-back": frozenset({"switch-model"}),
}


_BACK: Final[Mapping[Before, Before]] = {"handoff": "hand-back", "switch-model": "switch-back"}
"""How the first one speaks again."""


class Scenario(Struct, frozen=True, kw_only=True):
    """One conversation to be played; plain or streamed is the run's choice.

    Attributes:
        id: Stable id.
        title: What it shows, for a person.
        turns: The user's turns.
        needs: What a subject has to be able to do.
        dialects: Ids of the dialects it can be played in; empty means all.
        modes: Modes in which it can be played; empty means all.
        faults: What goes wrong on purpose; a turn that raises meets its user's words a second time.
        checks: Ids of the checks that it is made for. Others may find an occasion in it, too.
        usual: A call that the agent could make in any case; it is what thoughts hold.

    Raises:
        ValueError: The script cannot be played.
    """

    id: str
    title: str
    turns: tuple[TurnScript, ...]
    needs: frozenset[Capability] = frozenset()
    dialects: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    checks: tuple[str, ...] = ()
    usual: Call = Call(tool="look_up")

    def __post_init__(self) -> None:
        if not self.turns or not all(turn.steps for turn in self.turns):
            raise ValueError(f"scenario {self.id!r} has a turn without a step")
        for turn in self.turns:
            *steps, last = turn.steps
            if last.calls or not all(step.calls for step in steps):
                raise ValueError(f"scenario {self.id!r}: every step of a turn calls a tool, and the last one none")
            if turn.reopened and not turn.approval:
                raise ValueError(f"scenario {self.id!r} has a turn that is reopened while nothing waits")
        if self.asks and not all(turn.approval or not turn.calls for turn in self.turns):
            raise ValueError(f"scenario {self.id!r}: where calls wait for approval, all do")
        for turn, following in pairwise(self.turns):
            if _BACK.get(turn.before, following.before) != following.before:
                raise ValueError(
                    f"scenario {self.id!r}: what the other model took over is handed back in the next turn"
                )
        if lacking := self._needed - self.needs:
            raise ValueError(f"scenario {self.id!r} has to say that it needs {', '.join(sorted(lacking))}")

    @property
    def _needed(self) -> set[Capability]:
        """What the turns ask of a subject; `parallel` is for the row to say."""
        found: set[Capability] = set()
        for turn in self.turns:
            found |= _NEEDS[turn.before]
            found |= {"approve"} if turn.approval else set()
            found |= {"save"} if turn.reopened else set()
            found |= {"interrupt", "stream"} if turn.interrupted else set()
            found |= {"step-limit"} if turn.limited else set()
            found |= {"sub-agent"} if any(call.helper for call in turn.calls) else set()
        return found

    @property
    def asks(self) -> bool:
        """Whether tool calls wait for the user's approval."""
        return any(turn.approval for turn in self.turns)

    @property
    def max_steps(self) -> int:
        """How many model calls a turn may take."""
        return LIMIT if any(turn.limited for turn in self.turns) else _STEPS

    @property
    def has_other(self) -> bool:
        """Whether another model speaks in it, too."""
        return any(turn.by_other for turn in self.turns)

    @property
    def kinds(self) -> frozenset[ThinkKind]:
        """The kinds of thoughts that occur in it."""
        return frozenset(thought.kind for turn in self.turns for step in turn.steps for thought in step.thoughts)

    @property
    def several(self) -> bool:
        """Whether one answer holds several thoughts."""
        return any(len(step.thoughts) > 1 for turn in self.turns for step in turn.steps)

    @property
    def alone(self) -> bool:
        """Whether an answer is a thought and nothing else."""
        return any(all(isinstance(part, Think) for part in step.blocks) for turn in self.turns for step in turn.steps)

    @property
    def unthought(self) -> bool:
        """Whether an answer has no thought."""
        return any(not step.thoughts for turn in self.turns for step in turn.steps)

    @property
    def hosted(self) -> bool:
        """Whether the provider runs a tool of its own."""
        return any(isinstance(part, Hosted) for turn in self.turns for step in turn.steps for part in step.blocks)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that the agent has: `look_up`, and all that are called.

        One is there even where none is called: some providers keep thinking of earlier turns only in a request that
        has tools (`tools-absent` in the rules).
        """
        called = (call.tool for turn in self.turns for call in turn.calls if not call.helper)
        return tuple(dict.fromkeys((self.usual.tool, *called)))
