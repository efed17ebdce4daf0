"""Where a provider's turn begins: thinking before it is of earlier turns, thinking after it is of the running loop."""

from __future__ import annotations

from collections.abc import Sequence

from keepthinking._messages import Message, Text, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES
from keepthinking.retention._rules import Boundary

_WRAPPED = ("<tool_response>", "</tool_response>")
"""How chat templates of Qwen wrap a tool's result in a user message; such a message is no boundary (template variable
`multi_step_tool`, the row `template.qwen3.chat` of the rules and their source)."""


def boundary(messages: Sequence[Message], kind: Boundary = "user-message") -> int:
    """Find the message that begins the running turn, as served.

    Args:
        messages: The history as sent.
        kind: The provider's way of telling. Where it drops nothing by position (`never`, `tools-absent`) the last user
            message still names what is of the running loop.

    Returns:
        Index of that message, or -1 where the whole history is the running turn.
    """
    return next((i for i in range(len(messages) - 1, -1, -1) if is_boundary(messages[i], kind)), -1)


def is_boundary(message: Message, kind: Boundary) -> bool:
    """Tell whether the running turn begins at a message, unless a later one begins another."""
    if kind in {"final-answer", "final-channel"}:
        return message.role in MODEL_ROLES and not any(isinstance(block, ToolCall) for block in message.blocks)
    return is_user_input(message) and not (kind == "user-query" and _is_wrapped(message))


def is_user_input(message: Message) -> bool:
    """Tell whether a message is a user's and not only the results of tools."""
    if message.role != "user":
        return False
    return not message.blocks or not all(isinstance(block, ToolResult) for block in message.blocks)


def _is_wrapped(message: Message) -> bool:
    if len(message.blocks) != 1 or not isinstance(block := message.blocks[0], Text):
        return False
    text = block.text.strip()
    return text.startswith(_WRAPPED[0]) and text.endswith(_WRAPPED[1])
