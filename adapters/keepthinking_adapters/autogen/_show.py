"""Blocks as AutoGen shows them: words, one thought, calls, images and results, and nothing else.

Rule 1: AutoGen's own fields carry what they can express, so that its agents, its events and stock clients see words,
thoughts, calls and images where they expect them.
Rule 2: AutoGen joins: all words are one `content`, all thoughts are one `thought`. So each block has a *place*, which
says where it shows and how long it is there; the places travel with the record.
Rule 3: beside calls AutoGen has no field for words. They show as the `thought`, as its OpenAI client has it, where the
model thought nothing; else only the record has them (autogen-core 0.7.5, `AssistantMessage`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from autogen_core import FunctionCall, Image
from autogen_core.models import FunctionExecutionResult
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Block, Media, Text, Thinking, ToolCall, ToolResult
from keepthinking.carry import fingerprint

__all__ = ["Kind", "Place", "Slot", "identified", "image_of", "places", "show_call", "show_result", "wire_id"]

Kind: TypeAlias = Literal["assistant", "system", "user", "results"]
"""Which class of AutoGen a message becomes."""
Slot: TypeAlias = Literal["thought", "content", "item", ""]
"""Where a block shows: in one of the two texts, as an item of a list, or not at all."""

_NO_ID: Final = re.compile(r"keepthinking_(absent|null)_([0-9a-f]{8})_([0-9]+)")
"""An id of ours for a call that had none: `FunctionCall.id` is a string (autogen-core 0.7.5)."""


class Place(NamedTuple):
    """Where a block shows.

    Attributes:
        kind: The first letter of the block's fingerprint, which says its kind.
        slot: Where it shows.
        length: How many characters of a text it is.
        parts: Of a result that is no text: kind and length of each of its parts, -1 for one that does not show.
    """

    kind: str
    slot: Slot
    length: int = 0
    parts: tuple[tuple[str, int], ...] | None = None


def places(blocks: Sequence[Block], kind: Kind) -> list[Place]:
    """Say where each block of a message shows."""
    calls = any(isinstance(block, ToolCall) and not block.server for block in blocks)
    thinks = any(_has_words(block) for block in blocks)
    return [_place(block, kind, calls=calls, thinks=thinks) for block in blocks]


def _place(block: Block, kind: Kind, *, calls: bool, thinks: bool) -> Place:  # noqa: PLR0911 - one row a kind of block
    letter = fingerprint(block)[0]
    match kind, block:
        case "assistant", Thinking() if _has_words(block):
            return Place(letter, "thought", len(block.text))
        case "assistant", Text() if not (calls and thinks):
            return Place(letter, "thought" if calls else "content", len(block.text))
        case "assistant", ToolCall(server=False):
            return Place(letter, "item")
        case "system", Text():
            return Place(letter, "content", len(block.text))
        case "user", Text():
            return Place(letter, "item")
        case "user", Media() if image_of(block) is not None:
            return Place(letter, "item")
        case "results", ToolResult(content=tuple(content)):
            parts = ((fingerprint(part)[0], len(part.text) if isinstance(part, Text) else -1) for part in content)
            return Place(letter, "item", parts=tuple(parts))
        case "results", ToolResult():
            return Place(letter, "item")
        case _:
            return Place(letter, "")


def _has_words(block: Block) -> bool:
    return isinstance(block, Thinking) and any(isinstance(segment.text, str) for segment in block.segments)


def image_of(block: Media) -> Image | None:
    """Give an image as AutoGen has it; None for what it could not show."""
    if block.kind != "image" or not isinstance(block.data, str):
        return None
    try:
        return Image.from_base64(block.data)
    except Exception:  # noqa: BLE001 - Pillow raises what it likes for bytes that are no picture
        return None


def show_call(call: ToolCall) -> FunctionCall:
    """Give a call as AutoGen has it: arguments are text there as on most wires, so no spelling is lost."""
    return FunctionCall(id=call.id if isinstance(call.id, str) else "", arguments=call.arguments, name=call.name)


def show_result(block: ToolResult, place: Place) -> FunctionExecutionResult:
    """Give a result as AutoGen has it: its words, and what it says of an error."""
    if isinstance(block.content, tuple):
        content = _words(block.content, place.parts or ())
    else:
        content = block.content if isinstance(block.content, str) else ""
    return FunctionExecutionResult(
        content=content,
        name=block.name if isinstance(block.name, str) else "",
        call_id=block.call_id if isinstance(block.call_id, str) else "",
        is_error={"ok": False, "error": True, "unspecified": None}[block.status],
    )


def _words(content: Iterable[Block], parts: Iterable[tuple[str, int]]) -> str:
    return "".join(one.text for one, (_, n) in zip(content, parts, strict=True) if n >= 0 and isinstance(one, Text))


def identified(blocks: Sequence[Block]) -> list[Block]:
    """Give each call without an id one of ours, which says that there was none, and is no other's in the message."""
    found: list[Block] = []
    for number, block in enumerate(blocks):
        if isinstance(block, ToolCall) and not block.server and not isinstance(block.id, str):
            how = "null" if block.id is None else "absent"
            found.append(replace(block, id=f"keepthinking_{how}_{fingerprint(block)[1:9]}_{number}"))
        else:
            found.append(block)
    return found


def wire_id(shown: str) -> str | None | UnsetType:
    """Give the id that was on the wire: none where the one that shows is ours."""
    match = _NO_ID.fullmatch(shown)
    return shown if match is None else None if match[1] == "null" else UNSET
