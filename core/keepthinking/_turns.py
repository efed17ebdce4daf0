"""The normal form of a history: who spoke in which turn, and which result answers which call.

Wires group differently: an Anthropic user message holds several results and a text, chat has one message per result,
Responses has a flat list. Law, audit and keeper compare turns, so that none of them has to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
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
    for kind, group in groupby(_kinds(history), key=lambda pair: pair[0]):
        messages = tuple(message for _, message in group)
        found.append(Turn(kind=kind, first=first, messages=messages))
        first += len(messages)
    return tuple(found)


def _kinds(history: Conversation | Sequence[Message]) -> Iterator[tuple[TurnKind, Message]]:
    head = True
    for message in history:
        head = head and message.role in SYSTEM_ROLES
        yield "system" if head else "response" if message.role in MODEL_ROLES else "input", message


def pair(history: Conversation | Sequence[Message], *, server_held: bool = False) -> tuple[Pair, ...]:
    """Find the result of each call.

    An id may repeat in later messages, be null or be absent. A result belongs to the nearest open call before it that
    has its id; without an id, to the first open call of the last response, by name if the wire repeats it.

    Args:
        history: The messages.
        server_held: Whether the server holds earlier history: a result without its call is then `external`.

    Returns:
        One pair a call or lone result, in the order of the history.
    """
    calls: list[tuple[Spot, ToolCall]] = []
    answers: dict[Spot, Spot] = {}
    lone: list[Spot] = []
    turn_start = 0
    previous: TurnKind | None = None
    for kind, m, message in ((kind, m, message) for m, (kind, message) in enumerate(_kinds(history))):
        if kind == "response" and previous != "response":
            turn_start = len(calls)
        previous = kind
        for b, block in enumerate(message.blocks):
            spot = Spot(m, b)
            if isinstance(block, ToolCall):
                calls.append((spot, block))
            elif isinstance(block, ToolResult):
                call = _call_of(block, calls, answers, turn_start)
                if call is None:
                    lone.append(spot)
                else:
                    answers[call] = spot
    pairs = [
        Pair(state="answered" if spot in answers else "open", call=spot, result=answers.get(spot, UNSET)) for spot, _ in calls
    ]
    pairs += [Pair(state="external" if server_held else "orphan", result=spot) for spot in lone]
    return tuple(sorted(pairs, key=_order))


def _order(pair: Pair) -> Spot:
    spot = pair.result if isinstance(pair.call, UnsetType) else pair.call
    return Spot(-1, -1) if isinstance(spot, UnsetType) else spot


def _call_of(result: ToolResult, calls: Sequence[tuple[Spot, ToolCall]], answers: dict[Spot, Spot], turn_start: int) -> Spot | None:
    unanswered = [(spot, call) for spot, call in calls[turn_start:] if spot not in answers and call.server == result.server]
    if isinstance(result.call_id, str):
        found = next((spot for spot, call in unanswered if call.id == result.call_id), None)
        if found is not None:
            return found
        earlier = reversed(calls[:turn_start])
        return next((spot for spot, call in earlier if call.id == result.call_id and spot not in answers), None)
    nameless = [(spot, call) for spot, call in unanswered if not isinstance(call.id, str)]
    named = [spot for spot, call in nameless if isinstance(result.name, str) and call.name == result.name]
    return next(iter(named or [spot for spot, _ in nameless]), None)
