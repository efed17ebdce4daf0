"""Results by name: a function's response says which function it is of, where other wires say the id of the call.

Source: google-genai 3.4.0, `types.py`, `FunctionResponse.name` (read 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from keepthinking._messages import Block, Message, ToolCall, ToolResult
from keepthinking._reports import Loss
from keepthinking.dialects._wire import Spelling


def name_results(messages: Sequence[Message], index: int) -> tuple[Message, tuple[Loss, ...]]:
    """Give each result of a message the name of the call that it answers, if it has none of its own.

    Args:
        messages: The history. What stands behind the message is not looked at, and of what stands before it no more
            than it takes to find the calls.
        index: Which message.

    Returns:
        The message, the very same where nothing was to be named; and what could not be named.
    """
    message = messages[index]
    blocks: list[Block] = list(message.blocks)
    losses: list[Loss] = []
    for n, block in enumerate(message.blocks):
        if not isinstance(block, ToolResult) or not _wants(block):
            continue
        name = _name(block, messages, index)
        if name is None:
            what = "the name of the function that a result is of"
            why = "no call with its id stands before it"
            losses.append(Loss(kind="content", path=f"blocks[{n}].name", what=what, why=why))
        else:
            blocks[n] = replace(block, name=name)
    same = all(old is new for old, new in zip(message.blocks, blocks, strict=True))
    return message if same else message.replace(blocks=tuple(blocks)), tuple(losses)


def _wants(block: ToolResult) -> bool:
    # one that came without a name from this wire goes back without one
    return not block.server and not isinstance(block.name, str) and not Spelling(block.spelling).of("name", "")


def _name(result: ToolResult, messages: Sequence[Message], index: int) -> str | None:
    if not isinstance(result.call_id, str):
        return None
    for at in range(index - 1, -1, -1):
        for block in messages[at].blocks:
            if isinstance(block, ToolCall) and not block.server and block.id == result.call_id:
                return block.name
    return None
