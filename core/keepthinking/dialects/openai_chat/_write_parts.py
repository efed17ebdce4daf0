"""Writing what a message holds: content parts, tool calls, entries of `reasoning_details`, and tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, dump_string, members, utf8
from keepthinking._messages import (
    Block,
    Inline,
    Item,
    Media,
    Opaque,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._reports import Loss
from keepthinking.dialects import _inline
from keepthinking.dialects._cache import Written
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    array,
    is_json,
    is_null,
    is_object,
    is_string,
    nullable,
    put,
    write,
)
from keepthinking.dialects.openai_chat._names import (
    DETAIL_SEALS,
    DETAIL_TEXT,
    GOOGLE_SEALS,
    ID,
    MEDIA,
)

_MEDIA_TYPES = {"image": "image_url", "video": "video_url", "audio": "input_audio", "file": "file"}


_AUDIO = {
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
"""What `input_audio.format` calls a media type; it knows wav and mp3 (openai 3.54,
`ChatCompletionContentPartInputAudioParam`, verified 2026-11-24)."""


def is_piece(block: Block) -> TypeGuard[Text | Thinking]:
    """Tell whether a block can be a piece of a content string."""
    if isinstance(block, Text):
        return block.fields is UNSET and not block.seals
    return isinstance(block, Thinking) and any(isinstance(place, Inline) for place in block.places)


def value_of(blocks: Sequence[Block]) -> bytes | None:
    """Give the object that stands in place of content, where the words are one."""
    if len(blocks) != 1 or not isinstance(block := blocks[0], Text) or block.fields is not UNSET:
        return None
    raw = utf8(block.text)
    own = Spelling(block.spelling).of("as", "") == "value"
    return raw if own and is_json(raw) and is_object(raw.lstrip()) else None


def write_parts(blocks: Sequence[tuple[str, Block]], losses: list[Loss]) -> bytes:
    """Write a list of content parts, each with its path; what cannot be one is left out."""
    written = [_part(block, path, losses) for path, block in blocks]
    return array([part for part in written if part is not None])


def _part(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    if isinstance(block, Opaque) and block.dialect != ID:
        losses.append(foreign(block, path))
        return None
    if isinstance(block, Opaque):
        return write_opaque(block, path, losses)
    if isinstance(block, Media):
        return _text_file(block, path, losses) if _is_text_file(block) else _media(block, path, losses)
    if isinstance(block, Thinking) and not is_piece(block):
        return _thinking_part(block, path, losses)
    if isinstance(block, ToolCall | ToolResult):
        what = f"a {'call' if isinstance(block, ToolCall) else 'result'} among content parts"
        losses.append(Loss(kind="content", path=path, what=what, why="parts are texts, media and thinking here"))
        return None
    fields = UNSET if isinstance(block, Thinking) else block.fields
    return write({"type": b'"text"', "text": dump_string(_inline.piece(block))}, fields)


def _thinking_part(block: Thinking, path: str, losses: list[Loss]) -> bytes:
    typed: dict[str, bytes | Tree] = {"type": b'"thinking"'}
    if Spelling(block.spelling).of("thinking", "") == "string" and len(block.segments) == 1:
        put(typed, "thinking", block.segments[0].text)
    else:
        pieces: list[bytes] = []
        for segment in block.segments:
            piece: dict[str, bytes | Tree] = {} if segment.channel == "reference" else {"type": b'"text"'}
            put(piece, "text", segment.text)
            pieces.append(write(piece, segment.fields))
        typed["thinking"] = array(pieces)
    _put_seals(typed, block.seals, path, losses)
    return write(typed, block.fields)


def _media(block: Media, path: str, losses: list[Loss]) -> bytes | None:
    spelling = Spelling(block.spelling)
    usual = _MEDIA_TYPES.get(block.kind, "file")
    if usual == "input_audio" and block.data is UNSET and block.url is not UNSET:
        usual = "audio_url"
    type_ = spelling.of("type", usual)
    type_ = type_ if type_ in MEDIA else usual
    if spelling.of(type_, "") == "string" and not isinstance(block.url, UnsetType):
        lose_name(block, path, losses)
        return write({"type": dump_string(type_), type_: nullable(block.url)}, block.fields)
    kind, member = MEDIA[type_]
    inner: dict[str, bytes | Tree] = {}
    url, data = block.url, _data(block, type_)
    if member == "url" and isinstance(url, UnsetType) and isinstance(data, str):
        url = f"data:{block.mime if isinstance(block.mime, str) else 'application/octet-stream'};base64,{data}"
        data = UNSET
        losses.append(
            Loss(kind="spelling", path=f"{path}.data", what="bytes beside an address", why="they are its URL")
        )
    put(inner, member, url if member == "url" else data)
    _name(block, type_, inner, path, losses)
    if kind == "file":
        put(inner, "file_id", block.file_id)
    left = {"url": UNSET if member == "url" else url, "data": data if member == "url" else UNSET, "text": block.text}
    for name, value in {**left, "file_id": UNSET if kind == "file" else block.file_id}.items():
        if value is not UNSET:
            why = f"`{type_}` has no member for it"
            losses.append(Loss(kind="content", path=f"{path}.{name}", what=f"the `{name}` of media", why=why))
    if not inner and not (isinstance(block.fields, Json) and type_ in members(block.fields.raw, "fields")):
        why = f"a `{type_}` without any is refused"
        losses.append(Loss(kind="content", path=path, what="media that say nothing", why=why))
        return None
    if kind != block.kind:
        what = f"media of the kind `{block.kind}`"
        losses.append(Loss(kind="content", path=path, what=what, why=f"`{type_}` is the closest part"))
    if not inner and block.fields is UNSET:
        return None  # the losses of its members are all that there was
    return write({"type": dump_string(type_), type_: inner}, block.fields)


def _is_text_file(block: Media) -> bool:
    return block.kind == "file" and isinstance(block.text, str) and block.data is block.url is block.file_id is UNSET


def _text_file(block: Media, path: str, losses: list[Loss]) -> bytes:
    # "read the file in your application and send its contents as a text content part"
    # (https://developers.openai.com/api/docs/guides/file-inputs, verified 2026-11-24)
    losses.append(Loss(kind="spelling", path=path, what="that a text is a file", why="files are not texts here"))
    lose_name(block, path, losses)
    return write(
        {"type": b'"text"', "text": dump_string(block.text if isinstance(block.text, str) else "")}, block.fields
    )


def _data(block: Media, type_: str) -> str | None | UnsetType:
    """Give the bytes of media; those of a file are a URL here, as what was read on this wire already is."""
    data = block.data
    if type_ == "file" and isinstance(block.mime, str) and isinstance(data, str) and not data.startswith("data:"):
        return f"data:{block.mime};base64,{data}"
    return data


def _name(block: Media, type_: str, inner: dict[str, bytes | Tree], path: str, losses: list[Loss]) -> None:
    """Write the format of a sound and the name of a file."""
    if type_ == "input_audio" and isinstance(block.mime, str):
        if block.mime in _AUDIO:
            inner["format"] = dump_string(_AUDIO[block.mime])
        else:
            why = "`format` is wav or mp3"
            losses.append(Loss(kind="content", path=f"{path}.mime", what="the media type of audio", why=why))
    if type_ == "file":
        put(inner, "filename", block.filename)
    else:
        lose_name(block, path, losses)


def write_detail(block: Thinking, index: int, items: Sequence[Item], number: int, losses: list[Loss]) -> bytes:
    """Write one entry of `reasoning_details`."""
    item = UNSET if isinstance(block.item, UnsetType) or block.item >= len(items) else items[block.item]
    if isinstance(item, UnsetType) or item.kind not in DETAIL_TEXT:
        encrypted = any(seal.slot == "data" for seal in block.seals) and not block.segments
        summary = any(segment.channel == "summary" for segment in block.segments)
        kind = "reasoning.encrypted" if encrypted else "reasoning.summary" if summary else "reasoning.text"
        item = Item(kind=kind, fields=Json.of({"index": number}))
    typed: dict[str, bytes | Tree] = {}
    if item.kind:
        typed["type"] = dump_string(item.kind)
    put(typed, "id", item.id)
    member = DETAIL_TEXT[item.kind]
    if member and block.segments:
        put(typed, member, block.segments[0].text if len(block.segments) == 1 else block.text)
    if len(block.segments) > 1:
        path = f"blocks[{index}].segments"
        losses.append(Loss(kind="grouping", path=path, what="the pieces of a thought", why="an entry holds one text"))
    _put_seals(typed, block.seals, f"blocks[{index}]", losses)
    return write(typed, item.fields)


def _put_seals(typed: dict[str, bytes | Tree], seals: Sequence[Seal], path: str, losses: list[Loss]) -> None:
    for n, seal in enumerate(seals):
        if seal.slot in DETAIL_SEALS and seal.slot not in typed:
            typed[seal.slot] = dump_string(seal.wire)
        else:
            why = "an entry has one place for each of " + ", ".join(f"`{slot}`" for slot in DETAIL_SEALS)
            losses.append(Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a thought", why=why))


def foreign(block: Opaque, path: str) -> Loss:
    what = f"a `{block.kind}` block of `{block.dialect}`"
    return Loss(kind="foreign", path=path, what=what, why="only its own dialect knows it")


def write_opaque(block: Opaque, path: str, losses: list[Loss]) -> bytes:
    for n, seal in enumerate(block.seals):
        why = "what is unknown here keeps its seals inside"
        losses.append(Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a block", why=why))
    if is_object(block.body.raw.lstrip()):
        return write({"type": dump_string(block.kind)} if block.kind else {}, block.body)
    if block.kind:
        losses.append(Loss(kind="content", path=path, what="the type of a block", why="its body is no object"))
    return block.body.raw


def as_text(block: Thinking, path: str, why: str) -> Iterator[Loss]:
    """Tell what a thought loses where only its words can stand."""
    for n, seal in enumerate(block.seals):
        yield Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a thinking block", why=why)
    if len(block.segments) > 1:
        yield Loss(kind="grouping", path=f"{path}.segments", what="the pieces of a thought", why=why)
    if not any(isinstance(segment.text, str) for segment in block.segments) and (block.segments or not block.seals):
        yield Loss(kind="spelling", path=f"{path}.segments", what="that a thought has no words", why=why)
    yield from of_segments(block, path, why)


def of_segments(block: Thinking, path: str, why: str) -> Iterator[Loss]:
    """Tell what is lost of the pieces of a thought besides their words."""
    for n, segment in enumerate(block.segments):
        if segment.channel != "raw":
            what = f"that a thought is a {segment.channel}"
            yield Loss(kind="spelling", path=f"{path}.segments[{n}].channel", what=what, why=why)
        if segment.fields is not UNSET:
            yield Loss(kind="content", path=f"{path}.segments[{n}].fields", what="members of a piece", why=why)


def write_call(block: ToolCall, path: str, losses: list[Loss]) -> bytes:
    """Write one tool call."""
    spelling = Spelling(block.spelling)
    inner_name, key = ("custom", "input") if block.kind == "freeform" else ("function", "arguments")
    inner: dict[str, bytes | Tree] = {"name": dump_string(block.name)}
    how = spelling.of("arguments", "")
    if how == "object" and is_json(raw := utf8(block.arguments).strip()) and not (is_string(raw) or is_null(raw)):
        inner[key] = raw
    elif how == "null" and block.arguments == "":
        inner[key] = NULL
    elif how != "absent" or block.arguments != "":
        inner[key] = dump_string(block.arguments)
    typed: dict[str, bytes | Tree] = {}
    put(typed, "id", block.id)
    if spelling.of("type", "") != "absent":
        typed["type"] = dump_string(inner_name)
    typed[inner_name] = inner
    for n, seal in enumerate(block.seals):
        place = next((names for names in GOOGLE_SEALS if ".".join(names) == seal.slot), None)
        if seal.slot == "thoughtSignature":
            place = GOOGLE_SEALS[0]
        if place is not None and place[0] not in typed:
            outer, service, slot = place
            typed[outer] = {service: {slot: dump_string(seal.wire)}}
        else:
            why = "tool calls have no place for it here"
            losses.append(Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a call", why=why))
    return write(typed, block.fields)


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    if tool.kind == "server":
        if tool.name is not UNSET or not isinstance(tool.fields, Json):
            why = "a tool of that kind has no name of its own here"
            return Written(b"", (Loss(kind="foreign", path="", what="a tool that another provider runs", why=why),))
        return Written(tool.fields.raw)
    inner_name = "function" if tool.kind == "function" else "custom"
    inner: dict[str, bytes | Tree] = {}
    put(inner, "name", tool.name)
    put(inner, "description", tool.description)
    losses: tuple[Loss, ...] = ()
    if tool.kind == "function":
        put(inner, "parameters", tool.parameters)
    elif tool.parameters is not UNSET:
        why = "a tool that takes text has none"
        losses = (Loss(kind="content", path="parameters", what="the schema of a tool", why=why),)
    typed: dict[str, bytes | Tree] = {inner_name: inner}
    if Spelling(tool.spelling).of("type", "") != "absent":
        typed = {"type": dump_string(inner_name), **typed}
    return Written(write(typed, tool.fields), losses)
