"""Blocks as LlamaIndex shows them: its content blocks.

Rule 1: LlamaIndex's own fields carry what they can express, so that its agents, its memories and stock clients see
text, thinking, calls and media where they expect them.
Rule 2: each block of a list shows as exactly one content block, in order. What LlamaIndex has no class for shows as a
*carrier*: a `ThinkingBlock` without content, which stock clients leave out of their requests (llama-index-llms-openai
0.8.3, -anthropic 0.12.3).
Rule 3: arguments are what the stock client of the same wire makes of them, and sends back: a string where the wire has
a string, a dictionary where the wire has an object.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from llama_index.core.base.llms.types import (
    AudioBlock,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from pydantic import AnyUrl, ValidationError

from keepthinking import Block, DecodeError, Json, Media, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._json import load
from keepthinking.carry import fingerprint

__all__ = [
    "EMPTY",
    "FORMATS",
    "MEDIA",
    "OPAQUE",
    "REDACTED",
    "SEALS",
    "SERVER_CALL",
    "SERVER_RESULT",
    "TITLE",
    "Shown",
    "called",
    "carrier",
    "identified",
    "show",
    "wire_id",
]

Shown: TypeAlias = dict[str, Any]

MEDIA: Final = frozenset({"image", "audio", "video", "file", "text-plain"})
"""Types of carriers that stand for media without anything that LlamaIndex has a field for."""
_ADDRESSED: Final = frozenset({"image", "audio", "video"})
"""Kinds of media whose address LlamaIndex takes apart and writes anew; that of a document is any text."""
EMPTY: Final = "empty_text"
"""A text that is there for its seal, as Gemini ends a stream. A `TextBlock` would put a line feed behind the answer:
LlamaIndex joins the words of its blocks by one (llama-index-core 0.14.25, `ChatMessage.content`)."""
REDACTED: Final = "redacted_thinking"
OPAQUE: Final = "opaque"
SERVER_CALL: Final = "server_tool_call"
SERVER_RESULT: Final = "server_tool_result"
SEALS: Final = ("signature", "encrypted_content", "thoughtSignature", "data")
"""Slots of seals that go to a block's `additional_information`; others are in the record alone."""
TITLE: Final = "input_document"
"""What LlamaIndex calls a document that has no title (llama-index-core 0.14.25)."""
FORMATS: Final[Mapping[str, str]] = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}
"""Media types of sounds whose `format` is not their last word."""

_NO_ID: Final = re.compile(r"keepthinking_(absent|null)_([0-9a-f]{8})_([0-9]+)_(.*)", re.DOTALL)
"""An id of ours for a call that had none: `ToolSelection.tool_id` is a string (llama-index-core 0.14.25). It has the
tool's name, since LlamaIndex's results have no other word of it, and where nobody has ids a wire goes by the name."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def show(block: Block) -> ContentBlock:  # noqa: PLR0911 - one row a kind of block
    """Give the content block that shows a block."""
    match block:
        case Text(text="") if block.seals:
            return carrier({"type": EMPTY, **_seals(block)})
        case Text():
            return TextBlock(text=block.text)
        case Thinking():
            return _thinking(block)
        case ToolCall(server=True):
            id_ = block.id if isinstance(block.id, str) else ""
            return carrier({"type": SERVER_CALL, "id": id_, "name": block.name, "args": _arguments(block)})
        case ToolCall():
            call_id = block.id if isinstance(block.id, str) else None
            return ToolCallBlock(tool_call_id=call_id, tool_name=block.name, tool_kwargs=_arguments(block))
        case ToolResult():
            shown = {
                "type": SERVER_RESULT,
                "tool_call_id": block.call_id if isinstance(block.call_id, str) else "",
                "status": "error" if block.status == "error" else "success",
                "output": _output(block),
            }
            return carrier(shown)
        case Media():
            return _media(block)
        case Opaque():
            return carrier({"type": OPAQUE, "value": _opaque(block)})


def carrier(held: Shown) -> ThinkingBlock:
    """Give a block that holds something, and that no stock client sends."""
    return ThinkingBlock(content=None, additional_information=held)


def identified(blocks: Sequence[Block]) -> list[Block]:
    """Give each call without an id one of ours, which says that there was none, and is no other's in the message."""
    found: list[Block] = []
    for number, block in enumerate(blocks):
        if isinstance(block, ToolCall) and not block.server and not isinstance(block.id, str):
            found.append(replace(block, id=_no_id(block, number)))
        else:
            found.append(block)
    return found


def _no_id(call: ToolCall, number: int) -> str:
    """Give an id of ours that says that there was none, and is no other's in the message."""
    return f"keepthinking_{'null' if call.id is None else 'absent'}_{fingerprint(call)[1:9]}_{number}_{call.name}"


def wire_id(shown: str) -> str | None | UnsetType:
    """Give the id that was on the wire: none where the one that shows is ours."""
    match = _NO_ID.fullmatch(shown)
    return shown if match is None else None if match[1] == "null" else UNSET


def called(shown: str) -> tuple[int, str] | None:
    """Give what an id of ours says of its call: which block of its message it is, and the tool; None for any other."""
    match = _NO_ID.fullmatch(shown)
    return None if match is None else (int(match[3]), match[4])


def _arguments(call: ToolCall) -> dict[str, Any] | str:
    if call.kind != "object":
        return call.arguments
    try:
        value = json.loads(call.arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return call.arguments
    held = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    return held if held is not None and _is_safe(held) else call.arguments


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _thinking(block: Thinking) -> ThinkingBlock:
    seals = _seals(block)
    has_words = any(isinstance(segment.text, str) for segment in block.segments)
    if "data" in seals and not has_words:
        return carrier({"type": REDACTED, "data": seals["data"]})
    return ThinkingBlock(content=block.text if has_words else None, additional_information=seals)


def _seals(block: Text | Thinking) -> Shown:
    """Give the seals that show; of several in one slot the first."""
    seals = {seal.slot: seal.wire for seal in reversed(block.seals) if seal.slot in SEALS}
    return dict(reversed(seals.items()))


def _output(block: ToolResult) -> str | list[Shown] | None:
    content = block.content
    if isinstance(content, tuple):
        dumped = (show(part).model_dump(mode="json") for part in content)
        return [{name: value for name, value in part.items() if value is not None} for part in dumped]
    return content if content is not UNSET else None


def _media(block: Media) -> ContentBlock:
    data, url = _bytes(block.data), _url(block.url, block.kind)
    mime = block.mime if isinstance(block.mime, str) else None
    if isinstance(block.text, str) or (data is None and not url):
        return carrier(_bare(block))
    # llama-index-core 0.14.5 takes no null for the address of a sound or a video, though it is the default.
    at: dict[str, Any] = {} if url is None else {"url": url}
    match block.kind:
        case "image":
            return ImageBlock(image=data, image_mimetype=mime, **at)
        case "audio":
            format_ = None if mime is None else FORMATS.get(mime, mime.removeprefix("audio/"))
            return AudioBlock(audio=data, format=format_, **at)
        case "video":
            return VideoBlock(video=data, video_mimetype=mime, **at)
        case _:
            title = block.filename if isinstance(block.filename, str) else TITLE
            return DocumentBlock(data=data, title=title, document_mimetype=mime, **at)


def _bare(block: Media) -> Shown:
    shown: Shown = {"type": block.kind if block.kind in MEDIA else "file"}
    if isinstance(block.text, str):
        shown = {"type": "text-plain", "text": block.text}
    named = {"url": block.url, "base64": block.data, "file_id": block.file_id, "mime_type": block.mime}
    return shown | {name: value for name, value in named.items() if isinstance(value, str)}


def _bytes(data: str | None | UnsetType) -> bytes | None:
    """Give base64 as LlamaIndex keeps it; None for what it would take for bytes that are not written yet."""
    if not isinstance(data, str) or data == "":
        return None
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data.encode()


def _url(url: str | None | UnsetType, kind: str) -> AnyUrl | str | None:
    """Give an address as LlamaIndex keeps it; None for what it refuses."""
    if not isinstance(url, str):
        return None
    try:
        return AnyUrl(url) if kind in _ADDRESSED else url
    except ValidationError:
        return None


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


def _is_safe(value: object) -> bool:
    """Tell whether pydantic writes a value as JSON and reads it back as it was."""
    match value:
        case str():
            return not _SURROGATE.search(value)
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_is_safe, cast("list[object]", value)))
        case dict():
            held = cast("Mapping[object, object]", value)
            return all(_is_safe(key) and _is_safe(item) for key, item in held.items())
        case _:
            return True
