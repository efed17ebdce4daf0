"""A streamed answer as smolagents' pieces: words as they come, and in the end the whole answer.

smolagents adds up pieces of words and of calls and makes a new message of them (smolagents 1.26.0,
`agglomerate_stream_deltas`). A thought would be taken for words, and code in it would be run, so it comes with the last
piece; and with it the calls, whose ids nobody knows to be unique before.
"""

from __future__ import annotations

from typing import cast

from smolagents.models import ChatMessage, ChatMessageStreamDelta, ChatMessageToolCallStreamDelta
from smolagents.monitoring import TokenUsage

from keepthinking import Event
from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["last_of", "words_of"]


def words_of(event: Event) -> str | None:
    """Give the words of an event; None where it has none that a user shall see. Of several choices the first counts."""
    if event.choice or event.kind != "text" or not isinstance(event.text, str) or event.text == "":
        return None
    return event.text


def last_of(message: ChatMessage, said: str, usage: TokenUsage | None) -> ChatMessageStreamDelta:
    """Give the last piece.

    Args:
        message: The whole answer.
        said: The words that came before.
        usage: The counts.
    """
    held = message.content
    words = cast("str", held).removeprefix(said)
    payload = held.payload if isinstance(held, KeptText) else ""
    calls = [
        ChatMessageToolCallStreamDelta(index=n, id=call.id, type=call.type, function=call.function)
        for n, call in enumerate(message.tool_calls or ())
    ]
    return ChatMessageStreamDelta(
        content=KeptText(words, payload, is_last=True), tool_calls=calls or None, token_usage=usage
    )
