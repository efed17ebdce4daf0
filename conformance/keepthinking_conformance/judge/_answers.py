"""The answers of a run: which were scripted, and what they held that has to come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from keepthinking import Exchange, Message, Text, Thinking, ToolCall
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace
from keepthinking_conformance.run._said import answer_of


class Call(NamedTuple):
    """One call of the script, as it was made.

    Attributes:
        number: Its number among all exchanges, from 1.
        turn: The turn it belongs to, from 0.
        step: Its number in that turn, from 0.
        exchange: What travelled.
        messages: What was answered.
    """

    number: int
    turn: int
    step: int
    exchange: Exchange
    messages: tuple[Message, ...]

    @property
    def has_arrived(self) -> bool:
        """Whether the scaffold has the answer, so that it has to come back."""
        return self.exchange.delivered and self.exchange.status == 200 and bool(self.messages)  # noqa: PLR2004 - HTTP


def calls_of(cell: Cell, trace: Trace) -> tuple[Call, ...]:
    """Give the calls that belong to the script; those of titles and summaries have scopes of their own."""
    found: list[Call] = []
    steps: Counter[int] = Counter()
    for number, exchange in enumerate(trace.exchanges, 1):
        if exchange.scope != trace.scope:
            continue
        turn = max(sum(start < number for start in trace.starts) - 1, 0)
        found.append(Call(number, turn, steps[turn], exchange, answer_of(cell, exchange)))
        steps[turn] += 1
    return tuple(found)


def miscount(trace: Trace, calls: Iterable[Call]) -> str:
    """Tell where a scaffold made other calls than scripted; "" where it did not."""
    made = Counter(call.turn for call in calls)
    return "; ".join(
        f"{made[turn]} model calls in turn {turn + 1}, where {wanted} were scripted"
        for turn, wanted in enumerate(trace.scripted)
        if made[turn] != wanted
    )


def held(calls: Iterable[Call]) -> dict[str, int]:
    """Count the blocks of answers by kind."""
    counts = Counter[str]()
    for call in calls:
        for message in call.messages:
            for block in message.blocks:
                counts["thinking"] += isinstance(block, Thinking)
                counts["seals"] += len(block.seals)
                counts["calls"] += isinstance(block, ToolCall)
                counts["texts"] += isinstance(block, Text)
    return {kind: counts[kind] for kind in ("thinking", "seals", "calls", "texts")}
