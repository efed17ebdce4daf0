"""LlamaIndex's values as plain ones, and the values again: addresses, paths, bytes, and objects of vendors' clients."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import IOBase
from pathlib import Path, PurePath
from typing import Any, Final, cast

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from pydantic import AnyUrl

from keepthinking.carry import Kind, Lost, Values
from keepthinking.carry import Path as At
from keepthinking_adapters.llama_index._blocks import BLOCKS

__all__ = ["VALUES"]

_KNOWN: Final = frozenset({"anthropic", "llama_index", "openai"})
"""Packages whose objects stand in messages: clients leave theirs in `tool_calls` (llama-index-llms-openai 0.8.3)."""


def _bytes(value: bytes, lost: Lost, at: At) -> dict[str, Any] | None:
    del lost, at
    return {"v": value.decode("ascii")} if value.isascii() else None


def _stream(value: IOBase, lost: Lost, at: At) -> dict[str, Any]:
    lost(at, value)  # the bytes are kept, as LlamaIndex itself keeps them when it writes a message down
    held = cast("Any", value)
    was = held.tell()
    held.seek(0)
    raw = held.read()
    held.seek(was)
    return {"v": base64.b64encode(raw if isinstance(raw, bytes) else str(raw).encode()).decode()}


def _ascii(held: Mapping[str, Any]) -> bytes:
    text: str = held["v"]
    return text.encode("ascii")


VALUES: Final[Values] = Values(
    own={**BLOCKS, "ChatMessage": ChatMessage},
    vendors=_KNOWN,
    kinds=(
        Kind.of_one("role", MessageRole, lambda value: value.value, MessageRole),
        Kind.of_one("url", AnyUrl, str, AnyUrl),
        Kind.of_one("path", PurePath, str, Path),
        Kind("ascii", bytes, _bytes, _ascii),
        Kind("ascii", IOBase, _stream, _ascii),
    ),
)
"""Takes what a message holds apart, and makes it again."""
