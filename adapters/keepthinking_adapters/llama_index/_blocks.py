"""LlamaIndex's content blocks as blocks: ours, and those of the stock clients.

Rule 1: a block of a vendor's own kind is read by that vendor's dialect, so that it can be sent on.
Rule 2: what is LlamaIndex's alone (`num_tokens`) is in no `fields`: it must not reach a wire. What wires say each in
their own way is in `_hints`.
Rule 3: a block that no wire has is kept whole, in place.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from io import IOBase
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    CitableBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.base.llms.types import CitationBlock as Citation
from msgspec import UNSET, UnsetType
from pydantic import BaseModel, ValidationError

from keepthinking import (
    Block,
    DecodeError,
    Item,
    Json,
    KeepthinkingError,
    Media,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking_adapters.llama_index._show import (
    EMPTY,
    MEDIA,
    OPAQUE,
    REDACTED,
    SEALS,
    SERVER_CALL,
    SERVER_RESULT,
    TITLE,
    Shown,
    wire_id,
)

__all__ = ["BLOCKS", "Sight", "call", "read_block"]

LLAMA_INDEX: Final = "llama-index"
"""The dialect of a block that nobody but LlamaIndex knows."""
BLOCKS: Final[Mapping[str, type[BaseModel]]] = {
    cls.__name__: cls
    for cls in (
        *(TextBlock, ThinkingBlock, ToolCallBlock, ImageBlock, AudioBlock, VideoBlock, DocumentBlock),
        *(CachePoint, CitableBlock, Citation),
    )
}
"""LlamaIndex's own classes of blocks by name."""
_TYPES: Final = {str(cls.model_fields["block_type"].default): cls for cls in BLOCKS.values()}
_REASONING: Final = "reasoning"
"""The type of an item of the Responses API, which its client keeps (llama-index-llms-openai 0.8.3)."""
_MIMES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}


class Sight(NamedTuple):
    """A block and the item that it belongs to."""

    block: Block
    item: Item | None = None


def read_block(part: object) -> Sight:  # noqa: PLR0911 - one row a kind of block
    """Read one content block.

    Raises:
        DecodeError: It is no block of LlamaIndex, or names a file that cannot be read; culprit `framework` or `caller`.
    """
    match part:
        case TextBlock():
            return Sight(Text(text=part.text))
        case ThinkingBlock():
            return _thinking(part)
        case ToolCallBlock():
            return Sight(call(part.tool_call_id, part.tool_name, part.tool_kwargs))
        case ImageBlock():
            return _media("image", part.image_mimetype, part.image, part)
        case AudioBlock():
            mime = None if part.format is None else _MIMES.get(part.format, f"audio/{part.format}")
            return _media("audio", mime, part.audio, part)
        case VideoBlock():
            return _media("video", part.video_mimetype, part.video, part)
        case DocumentBlock():
            return _media("file", part.document_mimetype, part.data, part, part.title)
        case CitableBlock():
            return _citable(part)
        case Citation() | CachePoint():
            body = part.model_dump(mode="json", exclude={"block_type"})
            return Sight(Opaque(dialect=LLAMA_INDEX, kind=part.block_type, body=_json(body)))
        case _:
            what = f"{type(part).__name__} is no content block of LlamaIndex"
            raise DecodeError(what, where="$", culprit="framework", hint="put it into a `TextBlock`, or take it out")


def call(id_: object, name: object, arguments: object) -> ToolCall:
    """Read a call.

    Args:
        id_: Its id as it shows.
        name: The tool's name.
        arguments: A string as the wire had it, or a dictionary where the wire had an object.
    """
    return ToolCall(
        id=wire_id(id_) if isinstance(id_, str) else None,
        name=name if isinstance(name, str) else "",
        arguments=arguments if isinstance(arguments, str) else _write(arguments),
        kind="json" if isinstance(arguments, str) else "object",
    )


def _write(value: object) -> str:
    """Write arguments as LlamaIndex's clients do (llama-index-llms-openai 0.8.3), without escapes."""
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=repr)


def _thinking(block: ThinkingBlock) -> Sight:
    held, text = block.additional_information, block.content
    if text is None and (read := _CARRIERS.get(str(held.get("type", "")))) and (found := read(held)) is not None:
        return Sight(found)
    is_item = held.get("type") == _REASONING
    segments = () if text is None else (Segment(channel="summary" if is_item else "raw", text=text),)
    seals = tuple(Seal(slot=slot, wire=held[slot]) for slot in SEALS if isinstance(held.get(slot), str))
    item = None
    if is_item and isinstance(id_ := held.get("id"), str):
        # Its status stays here: the client writes null where none was stated, and OpenAI refuses the member
        # (https://github.com/BerriAI/litellm/issues/13420, verified 2026-11-28).
        item = Item(kind=_REASONING, id=id_)
    return Sight(Thinking(segments=segments, seals=seals, item=UNSET if item is None else 0), item)


def _empty(held: Shown) -> Block | None:
    seals = tuple(Seal(slot=slot, wire=held[slot]) for slot in SEALS if isinstance(held.get(slot), str))
    return Text(text="", seals=seals)


def _redacted(held: Shown) -> Block | None:
    data = held.get("data")
    return Thinking(seals=(Seal(slot="data", wire=data),)) if isinstance(data, str) else None


def _opaque(held: Shown) -> Block | None:
    value = held.get("value")
    if not isinstance(value, dict):
        return None
    body = cast("Shown", value)
    rest = {key: item for key, item in body.items() if key != "type"}
    return Opaque(dialect=LLAMA_INDEX, kind=str(body.get("type", "")), body=_json(rest))


def _server_call(held: Shown) -> Block | None:
    made = call(held.get("id"), held.get("name"), held.get("args"))
    return ToolCall(id=made.id, name=made.name, arguments=made.arguments, kind=made.kind, server=True)


def _server_result(held: Shown) -> Block | None:
    call_id, output = held.get("tool_call_id"), held.get("output")
    content: str | tuple[Block, ...] | UnsetType = output if isinstance(output, str) else UNSET
    if isinstance(output, list):
        content = tuple(_nested(part) for part in cast("list[object]", output))
    return ToolResult(
        call_id=call_id if isinstance(call_id, str) else None,
        status="error" if held.get("status") == "error" else "unspecified",
        content=content,
        server=True,
    )


def _nested(part: Any) -> Block:
    """Read a block that stands written inside another."""
    held = cast("Shown", part) if isinstance(part, dict) else {}
    cls = _TYPES.get(str(held.get("block_type", "")))
    try:
        if cls is not None:
            return read_block(cls(**held)).block
    except ValidationError:
        pass  # somebody changed it: it is kept as it stands
    return Opaque(dialect=LLAMA_INDEX, kind="", body=_json(cast("object", part)))


def _bare_media(held: Shown) -> Block | None:
    names = {"url": "url", "data": "base64", "file_id": "file_id", "mime": "mime_type", "text": "text"}
    found = {name: held[key] for name, key in names.items() if isinstance(held.get(key), str)}
    kind = str(held["type"])
    return Media(kind="file" if kind == "text-plain" else kind, **found)


_CARRIERS: Final[Mapping[str, Callable[[Shown], Block | None]]] = {
    EMPTY: _empty,
    REDACTED: _redacted,
    OPAQUE: _opaque,
    SERVER_CALL: _server_call,
    SERVER_RESULT: _server_result,
    **dict.fromkeys(MEDIA, _bare_media),
}
"""What a `ThinkingBlock` without content may stand for, by the type that it holds."""


def _media(
    kind: str,
    mime: str | None,
    held: object,
    block: ImageBlock | AudioBlock | VideoBlock | DocumentBlock,
    title: Any = None,
) -> Sight:
    url = UNSET if block.url is None else str(block.url)
    return Sight(
        Media(
            kind=kind,
            mime=UNSET if mime is None else mime,
            url=url,
            data=_data(held, None if isinstance(url, str) else block.path),
            filename=title if isinstance(title, str) and title != TITLE else UNSET,
        )
    )


def _data(held: object, path: Path | str | None) -> str | UnsetType:
    """Give bytes in base64, as LlamaIndex keeps them, also where it would fetch them when it needs them."""
    if isinstance(held, bytes):
        try:
            base64.b64decode(held, validate=True)
            return held.decode("ascii")
        except (binascii.Error, ValueError):
            return base64.b64encode(held).decode()
    if isinstance(held, IOBase):
        stream = cast("Any", held)
        at = stream.tell()
        stream.seek(0)
        raw = stream.read()
        stream.seek(at)
        return base64.b64encode(raw if isinstance(raw, bytes) else str(raw).encode()).decode()
    if path is None:
        return UNSET
    try:
        return base64.b64encode(Path(path).read_bytes()).decode()
    except OSError as error:
        what = f"a block names a file that cannot be read: {error.strerror}"
        raise DecodeError(what, where="$", culprit="caller", hint="keep the bytes in the block") from error


def _citable(block: CitableBlock) -> Sight:
    """Have Anthropic's dialect read what its client makes of such a block (llama-index-llms-anthropic 0.12.3)."""
    content = [{"type": "text", "text": part.text} for part in block.content if isinstance(part, TextBlock)]
    body: Shown = {"type": "search_result", "source": block.source, "title": block.title, "content": content}
    body["citations"] = {"enabled": True}
    request = {"model": "", "max_tokens": 1, "messages": [{"role": "user", "content": [body]}]}
    try:
        return Sight(dialect("anthropic-messages").decode_request(request).conversation.messages[0].blocks[0])
    except KeepthinkingError:
        return Sight(Opaque(dialect=LLAMA_INDEX, kind=block.block_type, body=_json(block.model_dump(mode="json"))))


def _json(value: object) -> Json:
    try:
        return Json.of(value)
    except KeepthinkingError:
        return Json.of(repr(value))
