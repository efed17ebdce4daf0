"""What AutoGen wants around a call: its token stops it, its log hears of it, and contexts ask how long it would be."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from autogen_core import CancellationToken, Image
from autogen_core.models import CreateResult, LLMMessage, UserMessage

from keepthinking_adapters.autogen._carriers import record_of

__all__ = ["LETTERS", "cancelled_by", "letters_of", "said", "shown"]

LETTERS: Final = 4
_PICTURE: Final = 1000
"""So many letters are about a token, and so many tokens a picture: counting right needs each model's own table."""


@contextmanager
def cancelled_by(token: CancellationToken | None) -> Generator[None]:
    """Let a token cancel what is awaited inside, and nothing after that."""
    task = asyncio.current_task()
    if token is None or task is None:
        yield
        return
    running = [task]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for one in running:
            one.cancel()

    def cancel() -> None:
        loop.call_soon_threadsafe(stop)

    token.add_callback(cancel)
    try:
        yield
    finally:
        running.clear()


def shown(messages: Sequence[LLMMessage]) -> list[dict[str, Any]]:
    """Give a history as the log has it."""
    return [message.model_dump() for message in messages]


def said(result: CreateResult) -> dict[str, Any]:
    """Give an answer as the log has it."""
    usage = result.usage
    counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    return {"response": result.model_dump(), **counts}


def letters_of(message: LLMMessage) -> int:
    """Give how many letters a message has, with what it carries."""
    held = record_of(message)
    hidden = len(held) if isinstance(held, str) else 0
    if isinstance(message, UserMessage) and isinstance(message.content, list):
        parts = (_PICTURE * LETTERS if isinstance(part, Image) else len(part) for part in message.content)
        return hidden + sum(parts)
    return hidden + len(str(message.content)) + len(getattr(message, "thought", None) or "")
