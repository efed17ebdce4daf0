"""What a model said in a run, read from what travelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keepthinking import Exchange, KeepthinkingError, Message, Text, Thinking, ToolCall, dialect
from keepthinking.audit._recording import events_of, is_stream
from keepthinking_conformance.plan import Cell


def words_of(cell: Cell, exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Give all that a model said and sealed, each block in one piece, however it travelled."""
    for exchange in exchanges:
        for message in answer_of(cell, exchange):
            for block in message.blocks:
                yield from (seal.wire for seal in block.seals)
                if isinstance(block, Text | Thinking):
                    yield block.text or ""
                elif isinstance(block, ToolCall) and cell.binding is None:  # a scaffold's own is given a path of ours
                    yield block.arguments


def answer_of(cell: Cell, exchange: Exchange, profile: str | None = None) -> tuple[Message, ...]:
    """Give what a model answered, one message a choice; nothing where it cannot be read.

    Args:
        cell: The run's cell.
        exchange: The exchange.
        profile: Who answered; by default the profile of the cell.
    """
    if not isinstance(exchange.response, bytes):
        return ()
    spoken = dialect(cell.served.dialect)
    profile = cell.served.profile if profile is None else profile
    try:
        if is_stream(exchange.response):
            decoder = spoken.stream_decoder(profile)
            decoder.feed(exchange.response if exchange.delivered else events_of(exchange.response))
            return decoder.finish().messages
        return spoken.decode_response(exchange.response, profile, status=exchange.status).messages
    except KeepthinkingError:
        return ()  # the audit tells about it
