"""A streamed answer as AutoGen's pieces: words as they come, and in the end the whole answer.

AutoGen's stream has one kind of piece, a string, and its agents show it as words (autogen-agentchat 0.7.5,
`ModelClientStreamingChunkEvent`). A thought would be taken for words, so it comes with the whole answer.
"""

from __future__ import annotations

from keepthinking import Event

__all__ = ["words_of"]


def words_of(event: Event) -> str | None:
    """Give the words of an event; None where it has none that a user shall see. Of several choices the first counts."""
    if event.choice or event.kind != "text" or not isinstance(event.text, str) or event.text == "":
        return None
    return event.text
