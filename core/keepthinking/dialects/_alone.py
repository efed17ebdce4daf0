"""Writing messages without the results that stand in them, where results of tools are messages of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from keepthinking._grouping import RESULT_ROLES
from keepthinking._messages import Message, ToolResult
from keepthinking._reports import Loss
from keepthinking.dialects._cache import Written

_NUMBER: Final = re.compile(r"(?<=^blocks\[)\d+")


def write_alone(message: Message, write: Callable[[Message], Written], *, server: bool = True) -> Written:
    """Write an answer, which is one message, and tell of each result that stands in it.

    Args:
        message: The answer.
        write: Writes a message, each of its results as one of its own.
        server: Whether that is so of the results of calls that the provider ran, too.
    """
    kept = [i for i, block in enumerate(message.blocks) if not isinstance(block, ToolResult) or block.server > server]
    if len(kept) == len(message.blocks) or (len(message.blocks) == 1 and message.role in RESULT_ROLES):
        return write(message)
    written = write(message.with_blocks([message.blocks[i] for i in kept]))
    losses = [
        Loss(kind="content", path=f"blocks[{i}]", what="a result in an answer", why="an answer is one message here")
        for i in range(len(message.blocks))
        if i not in kept
    ]
    return Written(written.body, (*losses, *numbered(written.losses, kept)))


def numbered(losses: Iterable[Loss], kept: Sequence[int]) -> list[Loss]:
    """Name places by the whole message where only some of its blocks were written.

    Args:
        losses: Losses by path from the message of the blocks that were written.
        kept: The indexes of these in the whole message.
    """
    return [replace(loss, path=_NUMBER.sub(lambda m: str(kept[int(m[0])]), loss.path)) for loss in losses]
