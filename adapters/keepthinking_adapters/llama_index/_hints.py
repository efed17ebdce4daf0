"""What LlamaIndex says beside the content, in the words of a wire: how to look at media, where a cache ends.

Rule 1: how to look at media each wire says in its own way, and most not at all, so the canonical format has no word for
it. It is a `Loss` of `from_native`, and `to_native` still makes the block as it was.
Rule 2: a client knows its wire. It sends what the wire has a member for, and tells of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from llama_index.core.base.llms.types import CachePoint, ChatMessage, ImageBlock, VideoBlock
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Block, Json, Loss, Media, ToolResult
from keepthinking.carry import Read
from keepthinking_adapters.llama_index._plain import CACHE, Plain

__all__ = ["hinted", "unsaid"]

_HOMES: Final[Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]]] = {
    # `detail` of an `image_url`, and of an `input_image` (the vendor's types in openai 3.54.0, which name the page
    # https://developers.openai.com/api/docs/guides/images-vision#choose-an-image-detail-level; verified 2026-11-28);
    # stock clients send it there, too (llama-index-llms-openai 0.8.3, `utils.py`).
    "openai-chat": {("image", "detail"): ("image_url", "detail")},
    "openai-responses": {("image", "detail"): ("detail",)},
    # `fps` of the `videoMetadata` that stands in the part, beside the data (the vendor's types in google-genai 3.4.0;
    # https://googleapis.github.io/js-genai/release_docs/interfaces/types.VideoMetadata.html; verified 2026-11-28).
    "gemini": {("video", "fps"): ("videoMetadata", "fps")},
}
"""Where a wire has a member: below its part, by what the part is and what is said of it."""
_CACHES: Final = frozenset({"anthropic-messages", "openai-chat"})
"""Wires that know Anthropic's word for the end of a cache (on Chat Completions OpenRouter takes it in a part:
https://openrouter.ai/docs/features/prompt-caching, verified 2026-11-28); Gemini's refuses a member that it does not
know."""


def hinted(read: Read, seen: Plain, native: ChatMessage, wire: str) -> Read:
    """Say in a wire's members how media shall be looked at.

    Args:
        read: What a message was read as.
        seen: What LlamaIndex alone tells of it.
        native: The message.
        wire: The dialect that it will be written in.
    """
    if not any(isinstance(part, _SPECIAL) for part in native.blocks) and CACHE not in native.additional_kwargs:
        return read
    homes = _HOMES.get(wire, {})
    blocks: list[Block] = []
    for block, sight in zip(read.message.blocks, read.sights, strict=True):
        owners = () if sight is None else seen.owners[sight]
        parts = [native.blocks[int(at[1])] for at in owners if at[0] == "blocks"]
        media = [part for part in parts if not isinstance(part, CachePoint)]
        is_marked = len(media) < len(parts) or ("additional_kwargs", CACHE) in owners
        said = _said(block, media, homes)
        blocks.append(said if not is_marked or wire in _CACHES else _unmarked(said))
    return read._replace(message=replace(read.message, blocks=tuple(blocks)))


def unsaid(native: ChatMessage, path: str, wire: str | None = None) -> Iterator[Loss]:
    """Give what a wire has no word for.

    Args:
        native: A message.
        path: Where it stands.
        wire: The dialect; None for the canonical format, which has a word for none of it.
    """
    homes = {} if wire is None else _HOMES.get(wire, {})
    why = "each wire says it in its own way, or not at all" if wire is None else f"`{wire}` has no member for it"
    marks = [f"blocks[{i}]" for i, part in enumerate(native.blocks) if isinstance(part, CachePoint)]
    if isinstance(native.additional_kwargs.get(CACHE), dict):
        marks.append(f"additional_kwargs.{CACHE}")
    for at in marks if wire is not None and wire not in _CACHES else ():
        yield Loss(kind="spelling", path=f"{path}.{at}", what="the end of a cache", why=why)
    for i, part in enumerate(native.blocks):
        kind, whose = ("image", "an image") if isinstance(part, ImageBlock) else ("video", "a video")
        for name in _hints(part):
            if (kind, name) not in homes:
                what = f"the `{name}` of {whose}"
                yield Loss(kind="content", path=f"{path}.blocks[{i}].{name}", what=what, why=why)


_SPECIAL: Final = (CachePoint, ImageBlock, VideoBlock)


def _hints(part: object) -> dict[str, object]:
    if not isinstance(part, ImageBlock | VideoBlock):
        return {}
    return {name: value for name in ("detail", "fps") if (value := getattr(part, name, None)) is not None}


def _said(block: Block, parts: Sequence[Any], homes: Mapping[tuple[str, str], tuple[str, ...]]) -> Block:
    match block:
        case Media() if parts:
            fields = block.fields
            for name, value in _hints(parts[0]).items():
                if (block.kind, name) in homes:
                    fields = _put(fields, homes[block.kind, name], value)
            return block if fields is block.fields else replace(block, fields=fields)
        case ToolResult(content=content) if isinstance(content, tuple) and len(content) == len(parts):
            inner = (_said(one, [part], homes) for one, part in zip(content, parts, strict=True))
            return replace(block, content=tuple(inner))
        case _:
            return block


def _unmarked(block: Block) -> Block:
    members: Any = {} if block.fields is UNSET else block.fields.value
    if not isinstance(members, dict) or CACHE not in members:
        return block
    left = {name: value for name, value in cast("dict[str, Any]", members).items() if name != CACHE}
    return replace(block, fields=Json.of(left) if left else UNSET)


def _put(fields: Json | UnsetType, path: Sequence[str], said: object) -> Json:
    """Put a member beside others; LlamaIndex's own block is what its user wrote last."""
    value: object = {} if fields is UNSET else fields.value
    whole = dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
    held = whole
    for key in path[:-1]:
        inner: object = held.get(key)
        held[key] = dict(cast("dict[str, Any]", inner)) if isinstance(inner, dict) else {}
        held = held[key]
    held[path[-1]] = said
    return Json.of(whole)
