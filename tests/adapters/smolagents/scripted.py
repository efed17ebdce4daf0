"""A model of smolagents that says what it is told to, as ours does, and remembers what it was told."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from smolagents import LogLevel, tool
from smolagents.models import (
    ChatMessage,
    ChatMessageStreamDelta,
    Model,
)
from smolagents.monitoring import AgentLogger, TokenUsage

from keepthinking import Message
from keepthinking_adapters.smolagents import from_chat
from keepthinking_adapters.smolagents._keep import made_final
from keepthinking_adapters.smolagents._stream import last_of
from keepthinking_adapters.smolagents._to_native import answer


class Scripted(Model):
    """Says messages one by one."""

    def __init__(self, answers: Iterable[Message]) -> None:
        super().__init__(model_id="scripted")
        self.answers = list(answers)
        self.told: list[list[Message]] = []

    def generate(
        self,
        messages: list[ChatMessage],
        stop_sequences: list[str] | None = None,
        *_: Any,
        **__: Any,
    ) -> ChatMessage:
        self.told.append([*from_chat(messages).value])
        said = answer(self.answers.pop(0), stops=stop_sequences or ())
        said.token_usage = TokenUsage(1, 1)
        return said

    def generate_stream(
        self, messages: list[ChatMessage], stop_sequences: list[str] | None = None, **_: Any
    ) -> Iterator[ChatMessageStreamDelta]:
        self.told.append([*from_chat(messages).value])
        said = answer(self.answers.pop(0), stops=stop_sequences or ())
        words = str(said.content)
        for char in words:
            yield ChatMessageStreamDelta(content=char)
        yield last_of(said, words, TokenUsage(1, 1))

    def parse_tool_calls(self, message: ChatMessage) -> ChatMessage:
        return made_final(message)


def quiet() -> AgentLogger:
    """Give a logger that no one hears."""
    return AgentLogger(LogLevel.OFF, console=Console(file=io.StringIO()))


@tool
def look(at: str) -> str:
    """Look at something.

    Args:
        at: What to look at.
    """
    if at == "nothing":
        raise ValueError("there is nothing")
    return f"{at}:\nseen"
