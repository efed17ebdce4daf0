"""Blocks as LangChain shows them: v1 content blocks and tool calls.

Rule 1: LangChain's own fields carry what they can express, so that its middleware, its tracers and stock clients see
text, thinking, calls and media where they expect them.
Rule 2: each block of a list shows as exactly one content block, in order.
Rule 3: nothing is shown that a checkpoint would refuse or alter, except arguments: tools have to run.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from langchain_core.utils.json import parse_partial_json
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Block, DecodeError, Json, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._json import load
from keepthinking.carry import fingerprint

__all__ = [
    "ARGUMENT",
    "MEDIA",
    "REDACTED",
    "SEALS",
    "Shown",
    "arguments_of",
    "calls_of",
    "identified",
    "is_plain",
    "no_id",
    "show",
    "text_of",
    "variants",
    "wire_id",
]

Shown: TypeAlias = dict[str, Any]

ARGUMENT: Final = "__arg1"
"""Where LangChain keeps the one argument of a tool that takes plain text (langchain-openai 1.7.3, custom tools)."""
MEDIA: Final = frozenset({"image", "audio", "video", "file"})
REDACTED: Final = "redacted_thinking"
SEALS: Final = ("signature", "encrypted_content", "thoughtSignature", "data")
"""Slots of seals that go to a reasoning block's `extras`; others are in the record alone."""

_NO_ID: Final = re.compile(r"keepthinking_(absent|null)_[0-9a-f]{8}_[0-9]+")
"""An id of ours for a call that had none. LangChain's tools answer no call without one (langgraph 1.0, `ToolNode`)."""
_INTEGERS: Final = range(-(2**63), 2**64)
"""What msgpack, which writes LangGraph's checkpoints, holds (langgraph-checkpoint 4.3.2)."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def show(block: Block) -> Shown:  # noqa: PLR0911 - one row a kind of block
    """Give the content block that shows a block."""
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Thinking():
            return _thinking(block)
        case ToolCall(server=True):
            args = arguments_of(block)
            return {
                "type": "server_tool_call",
                "id": block.id if isinstance(block.id, str) else "",
                "name": block.name,
                "args": {} if args is None else args,
            }
        case ToolCall():
            return _call(block)
        case ToolResult():
            return {
                "type": "server_tool_result",
                "tool_call_id": block.call_id if isinstance(block.call_id, str) else "",
                "status": "error" if block.status == "error" else "success",
                "output": _output(block),
            }
        case Media():
            return _media(block)
        case Opaque():
            return {"type": "non_standard", "value": _opaque(block)}


def is_plain(message: Message) -> bool:
    """Tell whether a message is at most one text and then calls: its content is then a string."""
    rest = message.blocks[1:] if message.blocks and isinstance(message.blocks[0], Text) else message.blocks
    return all(isinstance(block, ToolCall) and not block.server for block in rest)


def text_of(message: Message) -> str:
    """Give the content of a plain message."""
    return message.blocks[0].text if message.blocks and isinstance(message.blocks[0], Text) else ""


def identified(blocks: Sequence[Block]) -> list[Block]:
    """Give each call without an id one of ours, which says that there was none, and is no other's in the message."""
    found: list[Block] = []
    for number, block in enumerate(blocks):
        if isinstance(block, ToolCall) and not block.server and not isinstance(block.id, str):
            found.append(replace(block, id=no_id(block.id, fingerprint(block)[1:9], number)))
        else:
            found.append(block)
    return found


def no_id(id_: None | UnsetType, code: str, number: int) -> str:
    """Give an id of ours that says that there was none.

    Args:
        id_: What stood in its place.
        code: Eight hexadecimal digits that no other message has.
        number: A number that no other call of the message has.
    """
    return f"keepthinking_{'null' if id_ is None else 'absent'}_{code}_{number}"


def wire_id(shown: str) -> str | None | UnsetType:
    """Give the id that was on the wire: none where the one that shows is ours."""
    match = _NO_ID.fullmatch(shown)
    return shown if match is None else None if match[1] == "null" else UNSET


def calls_of(blocks: Sequence[Block]) -> tuple[list[Shown], list[Shown]]:
    """Give the calls that LangChain can run, and those that it cannot."""
    shown = [_call(block) for block in identified(blocks) if isinstance(block, ToolCall) and not block.server]
    return (
        [call for call in shown if call["type"] == "tool_call"],
        [call for call in shown if call["type"] != "tool_call"],
    )


def arguments_of(call: ToolCall) -> dict[str, Any] | None:
    """Give arguments as LangChain wants them; None where they are no JSON object."""
    if call.kind == "freeform":
        return {ARGUMENT: call.arguments}
    if call.arguments == "":
        return {}  # as LangChain itself reads a call that was streamed without arguments
    try:
        value = json.loads(call.arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def variants(block: Block) -> tuple[Block, ...]:
    """Give what LangChain makes of a block by itself: it completes arguments that were cut off in a stream."""
    if not isinstance(block, ToolCall) or block.server:
        return ()
    try:
        json.loads(block.arguments)
    except (ValueError, RecursionError):
        pass
    else:
        return ()
    try:
        value = parse_partial_json(block.arguments)
    except (ValueError, RecursionError, IndexError):
        return ()
    return (replace(block, arguments=json.dumps(value, ensure_ascii=False)),) if isinstance(value, dict) else ()


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _call(block: ToolCall) -> Shown:
    id_ = block.id if isinstance(block.id, str) else None
    args = arguments_of(block)
    if args is None:
        return {"type": "invalid_tool_call", "name": block.name, "args": block.arguments, "id": id_, "error": None}
    return {"type": "tool_call", "name": block.name, "args": args, "id": id_}


def _thinking(block: Thinking) -> Shown:
    seals = {seal.slot: seal.wire for seal in reversed(block.seals) if seal.slot in SEALS}
    if "data" in seals and not any(isinstance(segment.text, str) for segment in block.segments):
        return {"type": "non_standard", "value": {"type": REDACTED, "data": seals["data"]}}
    shown: Shown = {"type": "reasoning", "reasoning": block.text}
    return {**shown, "extras": dict(reversed(seals.items()))} if seals else shown


def _output(block: ToolResult) -> str | list[Shown] | None:
    content = block.content
    return [show(part) for part in content] if isinstance(content, tuple) else content if content is not UNSET else None


def _media(block: Media) -> Shown:
    shown: Shown = {"type": block.kind if block.kind in MEDIA else "file"}
    if isinstance(block.text, str):
        shown = {"type": "text-plain", "text": block.text}
    named = {"url": block.url, "base64": block.data, "file_id": block.file_id, "mime_type": block.mime}
    shown |= {name: value for name, value in named.items() if isinstance(value, str)}
    return {**shown, "extras": {"filename": block.filename}} if isinstance(block.filename, str) else shown


def _opaque(block: Opaque) -> Shown:
    value = _value(block.body)
    body = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    is_whole = "type" not in body and _is_safe(body)
    return {"type": block.kind, **(body if is_whole else {})}


def _value(body: Json) -> object:
    try:
        return load(body.raw)
    except (DecodeError, ValueError):
        return None


def _is_safe(value: object) -> bool:  # noqa: PLR0911 - one row a type
    match value:
        case None | bool():
            return True
        case str():
            return not _SURROGATE.search(value)
        case int():
            return value in _INTEGERS
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_is_safe, cast("list[object]", value)))
        case dict():
            held = cast("Mapping[object, object]", value)
            return all(_is_safe(key) and _is_safe(item) for key, item in held.items())
        case _:
            return False
