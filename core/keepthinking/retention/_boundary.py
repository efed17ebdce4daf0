"""Where a provider's turn begins: thinking before it is of earlier turns, thinking after it is of the running loop.

A boundary is *served* where the provider sees one, and *meant* where a person began something new. They differ where a
scaffold puts a message of its own into the user role in the middle of a tool loop: several providers then forget what
their model thought, and nobody says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from keepthinking._messages import Message, Text, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES, kind_of
from keepthinking.retention._rules import Boundary

_USER = ("user",)
_WRAPPED = ("<tool_response>", "</tool_response>")
"""How chat templates of Qwen wrap a tool's result in a user message; such a message is no boundary (template variable
`multi_step_tool`, the row `template.qwen3.chat` of the rules and their source)."""


def boundary(messages: Sequence[Message], kind: Boundary = "user-message", roles: tuple[str, ...] = _USER) -> int:
    """Find the message that begins the running turn, as served.

    Args:
        messages: The history as sent.
        kind: The provider's way of telling. Where it drops nothing by position (`never`, `tools-absent`) the last user
            message still names what is of the running loop.
        roles: Roles of messages that count as a user's (`Rule.roles`).

    Returns:
        Index of that message, or -1 where the whole history is the running turn. It reads from the end, and no further
        than the message that it finds.
    """
    return next((i for i in range(len(messages) - 1, -1, -1) if is_boundary(messages[i], kind, roles)), -1)


def boundary_meant(messages: Sequence[Message], kind: Boundary = "user-message", roles: tuple[str, ...] = _USER) -> int:
    """Find the message that begins the running turn, as meant.

    A message of the author `harness` begins nothing, one of a `human` does. Where the author is `unknown` a message
    counts as a person's, unless it interrupts a tool loop (`interrupts`): whoever wrote it, the loop goes on.

    Args:
        messages: The history as sent.
        kind: The provider's way of telling.
        roles: Roles of messages that count as a user's (`Rule.roles`).

    Returns:
        Index of that message, or -1 where the whole history is the running turn.
    """
    found: _Input | None = None
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.author == "harness" or not is_boundary(message, kind, roles):
            continue
        if message.author == "human" or not is_user_input(message, roles):
            return at
        if found is None or at < found.first:
            found = _input_of(messages, at)
        if not found.interrupted_by(at):
            return at
    return -1


def is_boundary(message: Message, kind: Boundary, roles: tuple[str, ...] = _USER) -> bool:
    """Tell whether the running turn begins at a message, unless a later one begins another."""
    if kind in {"final-answer", "final-channel"}:
        return message.role in MODEL_ROLES and not any(isinstance(block, ToolCall) for block in message.blocks)
    return is_user_input(message, roles) and not (kind == "user-query" and _is_wrapped(message))


def is_user_input(message: Message, roles: tuple[str, ...] = _USER) -> bool:
    """Tell whether a message is a user's and not only the results of tools."""
    if message.role not in roles:
        return False
    return not message.blocks or not all(isinstance(block, ToolResult) for block in message.blocks)


def interrupts(messages: Sequence[Message], at: int, roles: tuple[str, ...] = _USER) -> bool:
    """Tell whether a user's message stands among the results of a tool loop, or right behind them.

    Args:
        messages: The history.
        at: Index of the message.
        roles: Roles of messages that count as a user's (`Rule.roles`).

    Returns:
        Whether the model called tools last, and results stand between its call and this message or in it. It reads back
        to the call.
    """
    if not is_user_input(messages[at], roles):
        return False
    return _input_of(messages, at).interrupted_by(at)


class _Input(NamedTuple):
    """What was said to the model between two of its messages.

    Attributes:
        first: Index of the first message of it.
        result: Index of the first message with a result, behind a message that calls tools; None where there is none.
    """

    first: int
    result: int | None

    def interrupted_by(self, at: int) -> bool:
        """Tell whether a message of it stands among the results of a loop, or behind them."""
        return self.result is not None and self.result <= at


def _input_of(messages: Sequence[Message], at: int) -> _Input:
    first = at
    while first > 0 and kind_of(messages[first - 1]) == "input":
        first -= 1
    if first == 0 or not any(isinstance(block, ToolCall) for block in messages[first - 1].blocks):
        return _Input(first, None)
    results = (i for i in range(first, at + 1) if any(isinstance(block, ToolResult) for block in messages[i].blocks))
    return _Input(first, next(results, None))


def _is_wrapped(message: Message) -> bool:
    if len(message.blocks) != 1 or not isinstance(block := message.blocks[0], Text):
        return False
    text = block.text.strip()
    return text.startswith(_WRAPPED[0]) and text.endswith(_WRAPPED[1])
