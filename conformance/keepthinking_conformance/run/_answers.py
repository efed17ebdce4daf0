"""The answers of a run: which were scripted, and what they held that has to come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keepthinking import Exchange, KeepthinkingError, Message, Text, Thinking, ToolCall, dialect
from keepthinking_conformance._cells import Cell
from keepthinking_conformance.run._trace import Trace

_STREAM = (b"data:", b"event:", b":")


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


def words_of(cell: Cell, exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Give all that a model said and sealed, each block in one piece, however it travelled."""
    for exchange in exchanges:
        for message in answer_of(cell, exchange):
            for block in message.blocks:
                yield from (seal.wire for seal in block.seals)
                if isinstance(block, Text | Thinking):
                    yield block.text or ""
                elif isinstance(block, ToolCall):
                    yield block.arguments


def answer_of(cell: Cell, exchange: Exchange) -> tuple[Message, ...]:
    """Give what a model answered, one message a choice; nothing where it cannot be read."""
    if not isinstance(exchange.response, bytes):
        return ()
    spoken = dialect(cell.served.dialect)
    try:
        if exchange.response.lstrip().startswith(_STREAM):
            decoder = spoken.stream_decoder(cell.served.profile)
            decoder.feed(exchange.response)
            return decoder.finish().messages
        return spoken.decode_response(exchange.response, cell.served.profile, status=exchange.status).messages
    except KeepthinkingError:
        return ()  # the audit tells about it
