"""What a history is at each of its messages, shared by all requests that begin alike.

A request that repeats an earlier one and adds to it walks the steps that are there and makes new ones for what is new,
so a growing conversation costs what is new. What a step holds depends on the messages before it alone. That is also
right: a message that stood in an earlier request cannot come from an answer that was given later.

Instructions at the head are no steps: scaffolds write a new date into them, and a history is the same behind them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from keepthinking._messages import Message, Opaque, ToolCall
from keepthinking._turns import SYSTEM_ROLES, Answer, OpenCalls, Spot, kind_of
from keepthinking.audit._anchors import utterances
from keepthinking.retention._boundary import is_boundary, is_user_input
from keepthinking.retention._rules import Boundary

COMPACTIONS: Final = frozenset({"compaction"})
"""Blocks that stand for all history before them, which may then go.

Sources: openai 3.54.0, `types/responses/response_compaction_item.py`; anthropic 2.12.0,
`types/beta/beta_compaction_block.py` (read 2026-11-24).
"""

KINDS: Final[tuple[Boundary, ...]] = ("user-message", "user-query", "final-answer")
"""The ways to tell a boundary from a message; the others are one of these."""


class Heard(NamedTuple):
    """Something that was said to the model.

    Attributes:
        block: Index of its block in the message.
        result: Whether it is a tool's result.
        all: One number for everything said up to here.
        aside: One number for everything said up to here but results.
    """

    block: int
    result: bool
    all: int
    aside: int


class Step:
    """A message in its place.

    Attributes:
        before: The step before it; none for the place before the first.
        message: The message.
        index: Its index behind the instructions; -1 for the place before the first.
        speaks: Whether it is the model's.
        asked: The last step at or before this one that is not the model's.
        inputs: What was said to the model up to here, counted.
        heard: What this message says to the model, in order; behind the model's message, what was said before it.
        users: How many user messages stand up to here.
        user: The last of them; none up to the first.
        owner: Number of the exchange whose answer it is.
        strays: Numbers of other exchanges whose visible words or calls stand in it.
        line: One number for the exchanges whose answers stand up to here.
        voice: The last step at or before this one that is the model's.
        turn: Index of the first message of the last response turn.
        calls: The calls that are open behind it.
        answers: The results that stand in it, with their calls.
        lone: The results up to here that no call before them explains.
        compacted: Index of the last message with a compaction; -1 where there is none.
        spoken: How many of the model's messages stand up to here.
        next: The steps after it, by the identity of their messages.
    """

    __slots__ = (
        "answers",
        "asked",
        "before",
        "borders",
        "calls",
        "compacted",
        "heard",
        "index",
        "inputs",
        "line",
        "lone",
        "message",
        "next",
        "owner",
        "speaks",
        "spoken",
        "strays",
        "turn",
        "user",
        "users",
        "voice",
    )

    def __init__(self) -> None:
        self.before: Step | None = None
        self.message = Message(role="")
        self.index = -1
        self.speaks = False
        self.asked = self
        self.inputs = 0
        self.heard: tuple[Heard, ...] = (Heard(0, result=False, all=0, aside=0),)
        self.users = 0
        self.user: Message | None = None
        self.owner: int | None = None
        self.strays: tuple[int, ...] = ()
        self.line = 0
        self.turn = -1
        self.voice = self
        self.calls = OpenCalls()
        self.answers: tuple[Answer, ...] = ()
        self.lone: tuple[Spot, ...] = ()
        self.spoken = 0
        self.compacted = -1
        self.borders = (-1,) * len(KINDS)
        self.next: dict[int, Step] = {}

    def after(self, message: Message, owner: int | None = None, strays: tuple[int, ...] = ()) -> Step:
        """Go on by one message.

        Args:
            message: The message.
            owner: Number of the exchange whose answer it is.
            strays: Numbers of other exchanges that it holds something of.
        """
        step = Step()
        step.before = self
        step.message = message
        step.index = self.index + 1
        step.speaks = kind_of(message) == "response"
        step.owner = owner
        step.strays = strays
        step.voice = step if step.speaks else self.voice
        step.line = self.line if owner is None or owner == self.voice.owner else hash((self.line, owner))
        step.calls, step.answers = self.calls.after(step.index, message)
        step.lone = (*self.lone, *(result for call, result in step.answers if call is None))
        step.spoken = self.spoken + step.speaks
        step.compacted = step.index if compaction_of(message) is not None else self.compacted
        step.borders = tuple(
            step.index if is_boundary(message, kind) else self.borders[n] for n, kind in enumerate(KINDS)
        )
        if step.speaks:
            step.asked = self.asked
            step.inputs, step.heard, step.users, step.user = self.inputs, self.heard, self.users, self.user
            step.turn = self.turn if self.speaks else step.index
        else:
            step.heard = _hear(message, self.heard[-1])
            step.inputs = self.inputs + len(step.heard)
            asks = is_user_input(message)
            step.users = self.users + asks
            step.user = message if asks else self.user
            step.turn = self.turn
        self.next[id(message)] = step
        return step

    @property
    def waiting(self) -> tuple[tuple[Spot, ToolCall], ...]:
        """The calls up to here that no result answers."""
        return (*self.calls.earlier, *self.calls.recent)

    def boundary(self, kind: Boundary) -> int:
        """Find the message that begins the running turn, as `_boundary.boundary` does."""
        usual: Boundary = "final-answer" if kind == "final-channel" else kind if kind in KINDS else "user-message"
        return self.borders[KINDS.index(usual)]


def compaction_of(message: Message) -> int | None:
    """Give the index of the last compaction in a message."""
    found = [b for b, block in enumerate(message.blocks) if isinstance(block, Opaque) and block.kind in COMPACTIONS]
    return found[-1] if found else None


def head_of(messages: tuple[Message, ...]) -> int:
    """Count the instructions at the head."""
    return next((i for i, message in enumerate(messages) if message.role not in SYSTEM_ROLES), len(messages))


def _hear(message: Message, before: Heard) -> tuple[Heard, ...]:
    found: list[Heard] = []
    for block, result, says in utterances(message):
        everything = hash((before.all, says))
        before = Heard(block, result, everything, before.aside if result else hash((before.aside, says)))
        found.append(before)
    return tuple(found)
