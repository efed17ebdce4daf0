"""Blocks as smolagents shows them: words, calls, pictures and observations, and nothing else.

Rule 1: smolagents' own fields carry what they can express, so that its agents, its logs and stock clients see words,
calls, pictures and observations where they expect them. Thinking shows nowhere: smolagents has no field for it.
Rule 2: smolagents joins: all words are one text, all results are one observation. So each block has a *place*, which
says where it shows and how long it is there; the places travel with the record.
Rule 3: arguments are the values that smolagents makes of them. Their source stands in the record.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from PIL import Image
from smolagents import models
from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction

from keepthinking import Block, Media, Text, Thinking, ToolCall, ToolResult
from keepthinking.carry import fingerprint

__all__ = [
    "Kind",
    "Parts",
    "Picture",
    "Place",
    "Slot",
    "identified",
    "looked_at",
    "picture_of",
    "places",
    "print_of",
    "show_call",
    "wire_id",
]

Kind: TypeAlias = Literal["assistant", "system", "user", "results"]
"""What a message is to smolagents."""
Slot: TypeAlias = Literal["text", "call", "observation", "error", "picture", ""]
"""Where a block shows: in the words, as a call, in an observation or an error, as a picture, or not at all."""
Picture: TypeAlias = Image.Image
Parts: TypeAlias = tuple[tuple[str, int, str], ...]
"""Of a result that is no text, for each part: kind, length, print. A length of -1 does not show, of -2 is a picture."""

HIDDEN_PART: Final = -1
PICTURE_PART: Final = -2
_NO_ID: Final = re.compile(r"keepthinking_(absent|null|again)_[0-9a-f]{8}_[0-9]+_(.*)", re.DOTALL)
"""An id of ours for a call whose own is none, empty or another's: smolagents sorts calls by id, and takes calls of one
id for one call (smolagents 1.26.0, `process_tool_calls`)."""


class Place(NamedTuple):
    """Where a block shows.

    Attributes:
        kind: The first letter of the block's fingerprint, which says its kind.
        slot: Where it shows.
        length: How many characters of a text it is.
        print: A digest of these.
        parts: Of a result that is no text: its parts.
    """

    kind: str
    slot: Slot
    length: int = 0
    print: str = ""
    parts: Parts | None = None


def print_of(text: str) -> str:
    """Give a short digest of a piece of a text."""
    return fingerprint(Text(text=text))[1:9]


def places(blocks: Sequence[Block], kind: Kind) -> list[Place]:
    """Say where each block of a message shows."""
    return [_place(block, kind) for block in blocks]


def _place(block: Block, kind: Kind) -> Place:
    letter = fingerprint(block)[0]
    match kind, block:
        case (("assistant" | "system" | "user"), Text()):
            return Place(letter, "text", len(block.text), print_of(block.text))
        case "assistant", ToolCall(server=False):
            return Place(letter, "call")
        case "user", Media() if picture_of(block) is not None:
            return Place(letter, "picture")
        case "results", ToolResult(content=tuple(content)):
            return Place(letter, "observation", parts=tuple(_part(part) for part in content))
        case "results", ToolResult():
            words = block.content if isinstance(block.content, str) else ""
            return Place(letter, "observation", len(words), print_of(words))
        case _:
            return Place(letter, "")


def _part(part: Block) -> tuple[str, int, str]:
    letter = fingerprint(part)[0]
    if isinstance(part, Text):
        return letter, len(part.text), print_of(part.text)
    is_picture = isinstance(part, Media) and picture_of(part) is not None
    return letter, PICTURE_PART if is_picture else HIDDEN_PART, ""


def picture_of(block: Media) -> Picture | None:
    """Give an image as smolagents has it; None for what it could not show."""
    if block.kind != "image" or not isinstance(block.data, str):
        return None
    try:
        found = Image.open(BytesIO(base64.b64decode(block.data, validate=True)))
        found.load()
    except Exception:  # noqa: BLE001 - Pillow raises what it likes for bytes that are no picture
        return None
    # Its pixels, and not a view of a file: that is what copies and pickles keep.
    return found.copy()


def show_call(call: ToolCall, *, parse: bool) -> ChatMessageToolCall:
    """Give a call as smolagents has it.

    Args:
        call: A call with an id.
        parse: Whether to give the arguments as they are once an agent has looked at them.
    """
    arguments = looked_at(call.arguments) if parse else call.arguments
    function = ChatMessageToolCallFunction(name=call.name, arguments=arguments)
    return ChatMessageToolCall(function=function, id=cast("str", call.id), type="function")


def looked_at(arguments: str) -> Any:
    """Give arguments as an agent of smolagents makes them: values, and the text itself where it is no JSON."""
    return cast("Any", models).parse_json_if_needed(arguments)


def identified(blocks: Sequence[Block]) -> list[Block]:
    """Give each call that has no id of its own one of ours, which says what there was."""
    found: list[Block] = []
    taken: set[str] = set()
    for number, block in enumerate(blocks):
        if not isinstance(block, ToolCall) or block.server:
            found.append(block)
            continue
        if not isinstance(block.id, str):
            how, was = "null" if block.id is None else "absent", ""
        elif block.id == "" or block.id in taken or _NO_ID.fullmatch(block.id):
            how, was = "again", block.id
        else:
            taken.add(block.id)
            found.append(block)
            continue
        found.append(replace(block, id=f"keepthinking_{how}_{fingerprint(block)[1:9]}_{number}_{was}"))
    return found


def wire_id(shown: str) -> str | None | UnsetType:
    """Give the id that was on the wire: none where the one that shows is ours."""
    match = _NO_ID.fullmatch(shown)
    if match is None:
        return shown
    return {"null": None, "absent": UNSET}.get(match[1], match[2])


def said(block: Block) -> str:
    """Give the words of a block that shows as text."""
    return block.text if isinstance(block, Text | Thinking) else ""
