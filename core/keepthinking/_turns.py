"""The normal form of a history: who spoke in which turn, and which result answers which call.

Wires group differently: an Anthropic user message holds several results and a text, chat has one message per result,
Responses has a flat list. Law, audit and keeper compare turns, so that none of them has to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking._messages import Block, Conversation, Message, ToolCall, ToolResult, Value

TurnKind = Literal["system", "input", "response"]
Answered = Literal["answered", "open", "orphan", "external"]

MODEL_ROLES = frozenset({"assistant", "model"})
SYSTEM_ROLES = frozenset({"system", "developer"})


class Spot(NamedTuple):
    """Where a block stands: index of the message, index of the block."""

    message: int
    block: int


class Turn(Value, frozen=True, kw_only=True):
    """Messages that belong together: all that the model said between two inputs, or all that was said to it.

    Attributes:
        kind: `system` for instructions at the head, `input`, or `response`.
        first: Index of its first message in the history.
        messages: Its messages, as the wire grouped them.
    """

    kind: TurnKind
    first: int
    messages: tuple[Message, ...]

    def blocks(self) -> Iterator[tuple[Spot, Block]]:
        """Give its blocks in order, with their places in the history."""
        for m, message in enumerate(self.messages, self.first):
            for b, block in enumerate(message.blocks):
                yield Spot(m, b), block


class Pair(Value, frozen=True, kw_only=True):
    """A call and its result.

    Attributes:
        state: `answered`; `open` (no result yet); `orphan` (a result without its call); `external` (its call is in
            history that the server holds).
        call: Where the call stands.
        result: Where the result stands.
    """

    state: Answered
    call: Spot | UnsetType = UNSET
    result: Spot | UnsetType = UNSET


def turns(history: Conversation | Sequence[Message]) -> tuple[Turn, ...]:
    """Derive the turns of a history.

    Instructions at the head are a turn of their own; later ones belong to the input they stand in.
    """
    found: list[Turn] = []
    first = 0
    held: list[Message] = []
    before: TurnKind | None = None
    for kind, message in _kinds(history):
        if before is not None and kind != before:
            found.append(Turn(kind=before, first=first, messages=tuple(held)))
            first += len(held)
            held = []
        held.append(message)
        before = kind
    if before is not None:
        found.append(Turn(kind=before, first=first, messages=tuple(held)))
    return tuple(found)


def _kinds(history: Conversation | Sequence[Message]) -> Iterator[tuple[TurnKind, Message]]:
    head = True
    for message in history:
        head = head and message.role in SYSTEM_ROLES
        yield "system" if head else kind_of(message), message


def kind_of(message: Message) -> TurnKind:
    """Tell which kind of turn a message behind the instructions belongs to."""
    return "response" if message.role in MODEL_ROLES else "input"


def pair(history: Conversation | Sequence[Message], *, server_held: bool = False) -> tuple[Pair, ...]:
    """Find the result of each call.

    An id may repeat in later messages, be null or be absent. A result belongs to the nearest open call before it that
    has its id, in the last response to the first of several. Without an id it belongs to the first open call of the
    last response, by name if the wire repeats it, and before all others to one that has no id either.

    Args:
        history: The messages.
        server_held: Whether the server holds earlier history: a result without its call is then `external`.

    Returns:
        One pair a call or lone result, in the order of the history.
    """
    pairs: dict[Spot, Pair] = {}
    calls = OpenCalls()
    for m, message in enumerate(history):
        calls, answers = calls.after(m, message)
        for b, block in enumerate(message.blocks):
            if isinstance(block, ToolCall):
                pairs[Spot(m, b)] = Pair(state="open", call=Spot(m, b))
        for call, result in answers:
            if call is None:
                pairs[result] = Pair(state="external" if server_held else "orphan", result=result)
            else:
                pairs[call] = Pair(state="answered", call=call, result=result)
    return tuple(pairs[spot] for spot in sorted(pairs))


class Answer(NamedTuple):
    """A result, and the call that it answers; None where there is none."""

    call: Spot | None
    result: Spot


class OpenCalls(NamedTuple):
    """The calls that wait for a result at one point of a history; a value, so that forks may share it.

    Attributes:
        recent: Those of the last response, in order.
        earlier: Those of responses before it.
        speaking: Whether the last message was the model's.
    """

    recent: tuple[tuple[Spot, ToolCall], ...] = ()
    earlier: tuple[tuple[Spot, ToolCall], ...] = ()
    speaking: bool = False

    def after(self, index: int, message: Message) -> tuple[OpenCalls, tuple[Answer, ...]]:
        """Go on by one message.

        Args:
            index: Its index in the history.
            message: The message.

        Returns:
            The calls that are open behind it, and the results that stand in it.
        """
        speaks = kind_of(message) == "response"
        recent, earlier = list(self.recent), list(self.earlier)
        if speaks and not self.speaking:
            earlier += recent
            recent = []
        answers: list[Answer] = []
        for b, block in enumerate(message.blocks):
            spot = Spot(index, b)
            if isinstance(block, ToolCall):
                recent.append((spot, block))
            elif isinstance(block, ToolResult):
                call = _call_of(block, recent, earlier)
                recent = [held for held in recent if held[0] != call]
                earlier = [held for held in earlier if held[0] != call]
                answers.append(Answer(call, spot))
        return OpenCalls(tuple(recent), tuple(earlier), speaks), tuple(answers)


def _call_of(
    result: ToolResult, recent: Sequence[tuple[Spot, ToolCall]], earlier: Sequence[tuple[Spot, ToolCall]]
) -> Spot | None:
    waiting = [(spot, call) for spot, call in recent if call.server == result.server]
    if isinstance(result.call_id, str):
        before = [(spot, call) for spot, call in reversed(earlier) if call.server == result.server]
        return next((spot for spot, call in (*waiting, *before) if call.id == result.call_id), None)
    waiting = [(spot, call) for spot, call in waiting if not isinstance(call.id, str)] or waiting
    named = [spot for spot, call in waiting if isinstance(result.name, str) and call.name == result.name]
    return next(iter(named or [spot for spot, _ in waiting]), None)
