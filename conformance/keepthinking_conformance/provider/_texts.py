"""Reading the texts of a request: what is said, to whom, and by which block."""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking._messages import Block, Message, Text, Thinking, ToolCall, ToolResult


def results(message: Message) -> Iterator[ToolResult]:
    """Give the results in a message."""
    return (block for block in message.blocks if isinstance(block, ToolResult))


def texts(message: Message) -> Iterator[str]:
    """Give all that a message says to the model: words, and what tools returned."""
    return (text for block in message.blocks for text in block_texts(block))


def block_texts(block: Block) -> Iterator[str]:
    """Give what a block says to the model."""
    if isinstance(block, Text):
        yield block.text
    elif isinstance(block, ToolResult) and isinstance(block.content, str):
        yield block.content
    elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
        for part in block.content:
            yield from block_texts(part)


def words(message: Message) -> Iterator[str]:
    """Give the words of a message without what tools returned."""
    return (block.text for block in message.blocks if isinstance(block, Text))


def spoken(message: Message) -> Iterator[str]:
    """Give what a message of the model holds: words, thoughts and arguments."""
    for block in message.blocks:
        if isinstance(block, ToolCall):
            yield block.arguments
        elif isinstance(block, Text | Thinking):
            yield block.text
