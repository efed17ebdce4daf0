"""What a framework shows of a block, as a short digest.

Rule 1: a digest says whether a scaffold edited what it saw, and nothing else. Words of a record would outlive their
own redaction; a digest of a few bytes does not bring them back, unless they are short enough to be guessed.
Rule 2: what a framework's own store does to a value is no edit. Stores write half an emoji as `?`, infinity as null,
and sort keys; a digest is taken over values that are normalised in the same way.
Rule 3: thinking has two digests, of its words and of its seals, so that a lost seal is not taken for changed words.
"""

from __future__ import annotations

import json
import math
from hashlib import blake2b
from typing import Any, Final, cast

from msgspec import UnsetType

from keepthinking._messages import Block, Media, Opaque, Text, Thinking, ToolCall, ToolResult

__all__ = ["KINDS", "fingerprint", "normal", "stored_as", "value_of", "words"]

KINDS: Final[dict[type[Block], str]] = {
    Text: "x",
    Thinking: "t",
    ToolCall: "c",
    ToolResult: "r",
    Media: "m",
    Opaque: "o",
}
"""The first letter of a fingerprint: only blocks of one kind can be an edit of each other."""

_BYTES: Final = 8


def fingerprint(block: Block) -> str:
    """Give the fingerprint of a block as a framework alone tells it."""
    letter = KINDS[type(block)]
    if isinstance(block, Thinking):
        seals = sorted((seal.slot, seal.wire) for seal in block.seals)
        return f"{letter}{_digest(block.text)}.{_digest(seals) if seals else ''}"
    return letter + _digest(_shown(block))


def words(print_: str) -> str:
    """Give the part of a fingerprint that is about the words."""
    return print_.partition(".")[0]


def normal(text: str) -> str:
    """Give a text as a store that knows no lone surrogates keeps it."""
    return text.encode("utf-8", "replace").decode()


def value_of(arguments: str) -> Any:
    """Decode arguments; give the text itself where it is no JSON."""
    try:
        return json.loads(arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return arguments


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _digest(value: object) -> str:
    try:
        text = json.dumps(stored_as(value), ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return blake2b(text.encode("utf-8", "replace"), digest_size=_BYTES).hexdigest()


def stored_as(value: object) -> object:
    """Give a JSON value as the least able store keeps it."""
    match value:
        case str():
            return normal(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {normal(str(key)): stored_as(item) for key, item in cast("dict[object, object]", value).items()}
        case list() | tuple():
            return [stored_as(item) for item in cast("list[object]", value)]
        case UnsetType():
            return None
        case _:
            return value


def _shown(block: Text | ToolCall | ToolResult | Media | Opaque) -> object:
    match block:
        case Text():
            return block.text
        case ToolCall():
            return [block.id, block.name, value_of(block.arguments)]
        case ToolResult(content=content):
            inner = [fingerprint(part) for part in content] if isinstance(content, tuple) else content
            return [block.call_id, block.status == "error", inner]
        case Media():
            return [block.kind, block.mime, block.url, block.data, block.file_id, block.text, block.filename]
        case Opaque():
            return [block.kind, [[seal.slot, seal.wire] for seal in block.seals], value_of(block.body.raw.decode())]
