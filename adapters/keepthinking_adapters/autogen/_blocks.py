"""What AutoGen's messages hold as blocks, and what stands for a block that does not show.

Rule 1: an image is what AutoGen's clients send of it, a PNG of its pixels (autogen-core 0.7.5, `Image.to_base64`).
Rule 2: a block that does not show has a placeholder of its kind, always the same, so that the blocks of a record and
those that are told are as many: a hidden call is never taken for one that shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autogen_core import FunctionCall, Image
from autogen_core.models import FunctionExecutionResult
from msgspec import UNSET

from keepthinking import Block, DecodeError, Json, Media, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.autogen._show import Place, wire_id

__all__ = ["HIDDEN", "read_call", "read_item", "read_result"]

HIDDEN: Final[Mapping[str, Callable[[], Block]]] = {
    "x": lambda: Text(text=""),
    "t": Thinking,
    "c": lambda: ToolCall(name="", arguments="hidden"),
    "r": ToolResult,
    "m": lambda: Media(kind=""),
    "o": lambda: Opaque(dialect="", kind="", body=Json(b"null")),
}
"""What stands for a block that does not show, by the letter of its kind."""


def read_item(part: object, place: Place | None = None) -> Block:
    """Read one part of what a user said.

    Raises:
        DecodeError: AutoGen has no such part; culprit `framework`.
    """
    del place
    if isinstance(part, str):
        return Text(text=part)
    if isinstance(part, Image):
        return Media(kind="image", mime="image/png", data=part.to_base64())
    what = f"{type(part).__name__} is no part of a message of AutoGen"
    raise DecodeError(what, where="$", culprit="framework", hint="give strings and `Image`s")


def read_call(call: object, place: Place | None = None) -> ToolCall:
    """Read a call. Raises `DecodeError` for what is none."""
    del place
    if not isinstance(call, FunctionCall):
        what = f"{type(call).__name__} is no call of AutoGen"
        raise DecodeError(what, where="$", culprit="framework", hint="give `FunctionCall`s")
    return ToolCall(id=wire_id(call.id), name=call.name, arguments=call.arguments, kind="json")


def read_result(result: FunctionExecutionResult, place: Place | None) -> ToolResult:
    """Read a result.

    Args:
        result: What AutoGen has of it.
        place: Where it shows, and of which parts its words were made.
    """
    content: str | tuple[Block, ...] = result.content
    if place is not None and place.parts is not None:
        content = _apart(result.content, place.parts)
    return ToolResult(
        call_id=wire_id(result.call_id),
        name=UNSET if result.name == "" else result.name,
        status="unspecified" if result.is_error is None else "error" if result.is_error else "ok",
        content=content,
    )


def _apart(words: str, parts: tuple[tuple[str, int], ...]) -> str | tuple[Block, ...]:
    """Take the words of a result apart; give them whole where somebody made them longer or shorter."""
    if sum(length for _, length in parts if length > 0) != len(words):
        return words
    found: list[Block] = []
    at = 0
    for kind, length in parts:
        if length < 0:
            found.append(HIDDEN[kind]())
            continue
        found.append(Text(text=words[at : at + length]))
        at += length
    return tuple(found)
