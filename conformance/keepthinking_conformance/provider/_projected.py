"""What of a conversation is memory, as bytes: two spellings of the same history give the same ones.

A projection tells it (`keepthinking.dialects`): members that are memory count, and links, output and spelling do not.
How messages are grouped does not count either: who spoke, and what, in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from msgspec import UNSET, UnsetType

from keepthinking import Dialect
from keepthinking._exchange import Request
from keepthinking._json import Json, ordered
from keepthinking._messages import (
    Block,
    Item,
    Media,
    Message,
    Opaque,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._projection import Keep, Projection
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking.dialects._text import is_dict, is_list

_HOMES: Final[Mapping[type, str]] = {
    Text: "text",
    Thinking: "thinking",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    Media: "media",
}
_CACHE: Final = "cache_control"
"""Left out of the comparison (https://docs.litellm.ai/docs/providers/anthropic_preserved_thinking, read 2026-11-28)."""


class Prefix:
    """All that a request holds up to some place, as one number that grows with it.

    Args:
        speaks: The dialect: its projection says what counts.
    """

    def __init__(self, speaks: Dialect) -> None:
        self._projection = speaks.projection
        self._hash = sha256()

    @classmethod
    def of(cls, request: Request, speaks: Dialect) -> Prefix:
        """Take a whole request: what stands before the answer to it."""
        found = cls(speaks)
        found.head(request)
        for message in request.messages:
            for block in message.blocks:
                found.add(message, block)
        return found

    def head(self, request: Request) -> None:
        """Take the tools, which stand before all messages."""
        tools = request.conversation.tools
        for tool in () if isinstance(tools, UnsetType) or tools is None else tools:
            self._take(["tool", *_tool(tool)])

    def add(self, message: Message, block: Block) -> None:
        """Take the next block of a message. An empty text without a seal says nothing."""
        if _is_empty(block):
            return
        held = message.items[block.item] if isinstance(block.item, int) and block.item < len(message.items) else None
        self._take([_speaker(message.role), _block(block, held, self._projection)])

    def digest(self) -> bytes:
        """Give the number."""
        return self._hash.digest()

    def _take(self, value: object) -> None:
        raw = written(value)
        self._hash.update(len(raw).to_bytes(8, "big") + raw)


def written(value: object) -> bytes:
    """Write nested lists of texts and numbers as bytes, one way only; half a character is written as its escape."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def plain(text: str) -> object:
    """Give JSON text as a value in which white space and escapes do not count; other text stays as it is."""
    try:
        return ordered(text)
    except ValueError:
        return ["text", text]


def _speaker(role: str) -> str:
    return "model" if role in MODEL_ROLES else "system" if role in SYSTEM_ROLES else "user"


def _block(block: Block, item: Item | None, projection: Projection) -> list[Any]:
    seals = [[seal.slot, seal.wire] for seal in block.seals]
    home = projection.homes.get(_HOMES.get(type(block), ""), "")
    rest = _memory(block.fields, projection, home)
    told: list[Any]
    match block:
        case Text():
            told = ["text", block.text]
        case Thinking():
            told = ["thinking", [[segment.channel, _value(segment.text)] for segment in block.segments]]
            told += [] if item is None else [_memory(item.fields, projection, projection.homes.get("item", ""))]
        case ToolCall():
            arguments = plain(block.arguments) if block.kind == "object" else block.arguments
            id_ = _value(block.id) if projection.ids == "memory" else None
            told = ["call", id_, block.name, arguments, block.server]
        case ToolResult():
            id_ = _value(block.call_id) if projection.ids == "memory" else None
            told = ["result", id_, block.status == "error", _content(block, projection), block.server]
        case Media():
            told = ["media", block.kind, *map(_value, (block.url, block.data, block.file_id, block.text))]
        case Opaque():
            slot = f"{block.slot}[]" if block.slot else projection.homes.get("opaque", "")
            told = ["opaque", block.kind, block.slot, _memory(block.body, projection, slot, "memory")]
    return [*told, seals, rest]


def _content(block: ToolResult, projection: Projection) -> list[Any]:
    """Give what a tool said: words alone are the same as one part with them."""
    if block.content is None or isinstance(block.content, UnsetType):
        return [_value(block.content)]
    parts = (Text(text=block.content),) if isinstance(block.content, str) else block.content
    return [_block(part, None, projection) for part in parts if not _is_empty(part)]


def _is_empty(block: Block) -> bool:
    """Tell whether a block says nothing: an empty text without a seal."""
    return isinstance(block, Text) and block.text == "" and not block.seals


def _value(value: str | None | UnsetType) -> object:
    return ["absent"] if value is UNSET else value


def _tool(tool: Tool) -> list[Any]:
    parameters = plain(tool.parameters.raw.decode()) if isinstance(tool.parameters, Json) else _value(tool.parameters)
    rest: object = tool.fields.value if isinstance(tool.fields, Json) else {}
    known = rest.items() if is_dict(rest) else ()
    others = sorted((key, repr(value)) for key, value in known if key != _CACHE and value is not None)
    return [tool.kind, _value(tool.name), _value(tool.description), parameters, others]


def _memory(held: Json | UnsetType, projection: Projection, home: str, otherwise: Keep = "link") -> list[list[str]]:
    """Give the members that are memory, by path; null is as good as absent."""
    value: object = held.value if isinstance(held, Json) else None
    return sorted(_leaves(value, projection, home, "", otherwise))


def _leaves(value: object, projection: Projection, wire: str, path: str, otherwise: Keep) -> Iterator[list[str]]:
    if is_dict(value):
        for key, inner in value.items():
            yield from _leaves(inner, projection, f"{wire}.{key}" if wire else key, f"{path}.{key}", otherwise)
    elif is_list(value):
        for i, inner in enumerate(value):
            yield from _leaves(inner, projection, f"{wire}[]", f"{path}[{i}]", otherwise)
    elif value is not None and projection.keep(wire, otherwise) == "memory":
        yield [path, repr(value)]
