"""LangChain's messages as ours."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from operator import itemgetter
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Converted, Json, Loss, Message, carry
from keepthinking.carry import OnEdit, Read, unpack
from keepthinking_adapters.langchain._plain import HISTORY, SLOT, checked, plain, records
from keepthinking_adapters.langchain._residual import residual
from keepthinking_adapters.langchain._same import same_native
from keepthinking_adapters.langchain._to_native import to_native

__all__ = ["Reader", "from_native"]


def from_native(native: Sequence[BaseMessage], *, on_edit: OnEdit = "keep") -> Converted[tuple[Message, ...]]:
    """Turn LangChain's messages into ours.

    Maps to: see `to_native`. Messages of stock clients are read, too: content blocks of Anthropic, of the Responses API
        in all its output versions, v1 blocks, `reasoning_content` and `reasoning_details`, streamed or not.
    Cannot hold: `RemoveMessage`, which is a command and no message.
    Version notes: what ChatOpenAI (Responses, `output_version="v0"`) has already joined cannot be taken apart.

    Args:
        native: A history; it is not changed.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: It is no list, something is no message of LangChain, or carries a broken record; culprit
            `framework`.
    """
    runs, losses, findings = Reader(on_edit=on_edit).runs(native)
    messages: list[Message] = []
    for at, run in runs:
        bare = run[0].message
        if run[0].part is not None:
            bare = replace(bare, blocks=tuple(block for read in run for block in read.message.blocks))
        held, lost = _residual_of([native[i] for i in at], run, bare, f"messages[{at[0]}]")
        messages.append(bare if held is UNSET else replace(bare, native=held))
        losses += lost
    return Converted(value=tuple(messages), losses=tuple(losses), findings=tuple(findings))


def _residual_of(
    natives: list[BaseMessage], reads: list[Read], message: Message, path: str
) -> tuple[Json | UnsetType, list[Loss]]:
    made = to_native((message,)).value
    if same_native(made, natives):
        return UNSET, []
    plains = [plain(one, ours=bool(records(one))) for one in natives]
    again = [records(one) for one in made] if len(made) == len(natives) else [()] * len(natives)
    fresh = [
        len(record) == 1 and one.additional_kwargs.get(SLOT) == [*record]
        for one, record in zip(natives, again, strict=True)
    ]
    return residual(natives, plains, reads, fresh, path)


class Reader(carry.Reader[BaseMessage]):
    """Reads a growing history, each message once; see `keepthinking.carry.Reader`."""

    def __init__(self, *, on_edit: OnEdit = "keep") -> None:
        super().__init__(partial(_read, on_edit), _stamp, HISTORY)


def _read(on_edit: OnEdit, native: BaseMessage) -> Read | Loss:
    if isinstance(native, RemoveMessage):
        why = "it is a command to LangGraph, not a message"
        return Loss(kind="content", path="", what="a `RemoveMessage`", why=why)
    held = records(checked(native))
    return unpack(held, plain(native, ours=bool(held)).message, on_edit=on_edit)


def _stamp(native: BaseMessage) -> bytes:
    """Write down all that reading looks at; b"" where a value cannot be written, and is then read anew each time.

    Written bytes are compared, not a digest of them: that is faster, and proves more.
    """
    try:
        # Version 2 writes no references, so equal values give equal bytes, and types count.
        return marshal.dumps((type(native).__name__, _looked_at(type(native))(vars(native))), 2)
    except (ValueError, KeyError):
        return b""


@cache
def _looked_at(cls: type[BaseMessage]) -> Callable[[Mapping[str, Any]], Any]:
    return itemgetter(*(name for name in _READ if name in cls.model_fields))


_READ = (
    "content",
    "additional_kwargs",
    "response_metadata",
    "name",
    "role",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
)
"""The members of LangChain's messages that reading looks at."""
