"""Writing one wire message.

Rule 1: a block goes back to the place it came from; one that was never on a wire goes where the profile says.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import EncodeError
from keepthinking._json import Json, dump_string, utf8
from keepthinking._messages import (
    Block,
    Field,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._profiles import Profile
from keepthinking._reports import Loss
from keepthinking.dialects import _inline
from keepthinking.dialects._cache import Written
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, nullable, put, write
from keepthinking.dialects.openai_chat._names import (
    CALLS,
    CONTENT,
    DETAIL_SEALS,
    DETAIL_TEXT,
    DETAILS,
    FIELDS,
    GOOGLE_SEAL,
    ID,
    MEDIA,
    RESULT_ROLES,
)

_RANK = {FIELDS[0]: 0, DETAILS: 0, CONTENT: 1, CALLS: 2}
_EMPTY = {"null": NULL, "empty": b"[]"}
_MEDIA_TYPES = {"image": "image_url", "video": "video_url", "audio": "input_audio", "file": "file"}


def write_message(message: Message, profile: Profile) -> Written:
    """Write a message as one element of `messages`, or as several where it holds several tool results."""
    results = [block for block in message.blocks if isinstance(block, ToolResult) and not block.server]
    if not results:
        return _Writer(message, profile).done()
    if len(message.blocks) == 1 and message.role in RESULT_ROLES:
        losses: list[Loss] = []
        typed: dict[str, bytes | Tree] = {"role": dump_string(message.role)}
        typed.update(_result(results[0], "blocks[0]", losses))
        return Written(write(typed, message.fields), tuple(losses))
    return _split(message, profile)


def _split(message: Message, profile: Profile) -> Written:
    """Give each tool result a message of its own, and the rest one after them."""
    bodies: list[bytes] = []
    others: list[Block] = []
    why = "each tool result is a message of its own here"
    losses = [Loss(kind="grouping", path="", what="one message of several parts", why=why)]
    for i, block in enumerate(message.blocks):
        if isinstance(block, ToolResult) and not block.server:
            typed: dict[str, bytes | Tree] = {"role": b'"tool"'}
            typed.update(_result(block, f"blocks[{i}]", losses))
            bodies.append(write(typed))
        else:
            others.append(block)
    if others:
        written = _Writer(message.with_blocks(others), profile).done()
        bodies.append(written.body)
        losses += written.losses
    elif message.fields is not UNSET:
        why = "no message is left to hold them"
        losses.append(Loss(kind="content", path="fields", what="members of the message", why=why))
    return Written(b",".join(bodies), tuple(losses))


class _Writer:
    """One message on its way out: its blocks sorted into the members of the wire message."""

    def __init__(self, message: Message, profile: Profile) -> None:
        self.message = message
        self.profile = profile
        self.losses: list[Loss] = []
        self.fields: dict[str, list[tuple[int, Thinking]]] = {}
        self.details: list[bytes] = []
        self.content: list[tuple[int, Block]] = []
        self.calls: list[bytes] = []
        rank = 0
        for i, found in enumerate(message.blocks):
            block = self._placed(found)
            slots = self._slots(block)
            now = min(_RANK.get(slot, 0) for slot in slots)
            if now < rank:
                why = "thinking, text and calls are separate members here, in this order"
                self._lose("order", i, f"the place of {_word(block)} after later parts", why)
            rank = max(rank, now)
            for slot in slots:
                self._sort(i, block, slot)

    def done(self) -> Written:
        """Write the members in the order in which providers write them."""
        typed: dict[str, bytes | Tree] = {"role": dump_string(self.message.role)}
        spelling = Spelling(self.message.spelling)
        put(typed, "name", self.message.name)
        self._write_content(typed, spelling)
        for name, thoughts in self.fields.items():
            typed[name] = dump_string("".join(block.text for _, block in thoughts))
            for i, block in thoughts[1:]:
                if len(self._slots(block)) == 1:
                    self._lose("grouping", i, "the border between two thoughts", f"`{name}` is one string")
        if self.details:
            typed[DETAILS] = array(self.details)
        if self.calls:
            typed[CALLS] = array(self.calls)
        for name in (*FIELDS, DETAILS, CALLS):
            if name not in typed and (word := spelling.of(name, "")):
                typed[name] = _EMPTY[word]
        return Written(write(typed, self.message.fields), tuple(self.losses))

    def _lose(self, kind: str, index: int, what: str, why: str) -> None:
        self.losses.append(Loss(kind=kind, path=f"blocks[{index}]", what=what, why=why))  # type: ignore[arg-type]  # a literal at each call

    def _placed(self, block: Block) -> Block:
        """Give thinking that was never on a wire its place between the profile's tags, if that is where it goes."""
        tags = self.profile.tags
        if isinstance(block, Thinking) and not block.places and self.profile.writes == CONTENT and tags is not None:
            return replace(block, places=(_inline.framed(tags),))
        return block

    def _slots(self, block: Block) -> tuple[str, ...]:
        """Tell which members of the wire message hold a block; several where a thought is mirrored."""
        if isinstance(block, ToolCall):
            return (CALLS,)
        if isinstance(block, Opaque):
            return (block.slot or CONTENT,)
        if isinstance(block, Thinking):
            if not block.places:
                return (self.profile.writes,)
            return tuple(CONTENT if isinstance(place, Inline) else place.name for place in block.places)
        return (CONTENT,)

    def _sort(self, i: int, block: Block, slot: str) -> None:
        if isinstance(block, Opaque) and block.dialect != ID:
            self._lose("foreign", i, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        elif isinstance(block, ToolCall | ToolResult) and block.server:
            why = "chat completions have no calls that the provider runs"
            self._lose("foreign", i, f"the server's call of `{block.name}`" if slot == CALLS else "its result", why)
        elif isinstance(block, ToolCall):
            self.calls.append(_call(block, f"blocks[{i}]", self.losses))
        elif slot == CONTENT:
            self._tagged_late(i, block)
            self.content.append((i, block))
        elif isinstance(block, Opaque):
            (self.calls if slot == CALLS else self.details).append(_opaque(block))
        elif isinstance(block, Thinking) and slot == DETAILS:
            self.details.append(_detail(block, i, self.message.items, len(self.details), self.losses))
        elif isinstance(block, Thinking):
            self.fields.setdefault(slot, []).append((i, block))
            if DETAILS not in self._slots(block):
                for seal in block.seals:
                    self._lose("seal", i, f"the `{seal.slot}` of a thinking block", f"`{slot}` is a plain string")

    def _tagged_late(self, i: int, block: Block) -> None:
        if self.content and _is_piece(block) and isinstance(block, Thinking):
            tags = self.profile.tags
            if tags is None or tags.where == "head":
                self._lose("order", i, "the place of thinking behind visible text", "tags count only at the head here")

    def _write_content(self, typed: dict[str, bytes | Tree], spelling: Spelling) -> None:
        how = spelling.of(CONTENT, "")
        blocks = [block for _, block in self.content]
        if not blocks:
            if how != "absent":
                typed[CONTENT] = b"[]" if how == "list" else NULL
            return
        pieces = [block for block in blocks if _is_piece(block)]
        tagged = any(isinstance(block, Thinking) for block in pieces)
        if len(pieces) == len(blocks) and how != "list" and (len(blocks) == 1 or tagged or how == "string"):
            typed[CONTENT] = dump_string(_inline.join(pieces))
        else:
            typed[CONTENT] = array([_part(block, f"blocks[{i}]", self.losses) for i, block in self.content])
        for i, block in self.content:
            if block.seals and not isinstance(block, Thinking):
                self._lose("seal", i, f"the seal of {_word(block)}", "content parts have no place for it")


def _is_piece(block: Block) -> TypeGuard[Text | Thinking]:
    """Tell whether a block can be a piece of a content string."""
    if isinstance(block, Text):
        return block.fields is UNSET and not block.seals
    return isinstance(block, Thinking) and any(isinstance(place, Inline) for place in block.places)


def _part(block: Block, path: str, losses: list[Loss]) -> bytes:
    """Write one content part."""
    if isinstance(block, Opaque):
        return _opaque(block)
    if isinstance(block, Media):
        return _media(block, path, losses)
    if isinstance(block, Thinking) and not _is_piece(block):
        return _thinking_part(block, path, losses)
    if not isinstance(block, Text | Thinking):
        raise EncodeError(f"a {type(block).__name__} cannot be a content part", where=path)
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


def _media(block: Media, path: str, losses: list[Loss]) -> bytes:
    spelling = Spelling(block.spelling)
    type_ = spelling.of("type", _MEDIA_TYPES.get(block.kind, "file"))
    if spelling.of(type_, "") == "string" and not isinstance(block.url, UnsetType):
        return write({"type": dump_string(type_), type_: nullable(block.url)}, block.fields)
    member = MEDIA[type_][1]
    inner: dict[str, bytes | Tree] = {}
    if member == "url":
        url = block.url
        if isinstance(url, UnsetType) and isinstance(block.data, str):
            url = (
                f"data:{block.mime if isinstance(block.mime, str) else 'application/octet-stream'};base64,{block.data}"
            )
        put(inner, member, url)
    else:
        put(inner, member, block.data)
        if not isinstance(block.url, UnsetType):
            losses.append(
                Loss(kind="content", path=path, what=f"the URL of a {block.kind}", why=f"`{type_}` has no URL")
            )
    put(inner, "file_id", block.file_id)
    if isinstance(block.text, str):
        losses.append(Loss(kind="content", path=path, what="the words of a file", why="files are bytes here"))
    return write({"type": dump_string(type_), type_: inner}, block.fields)


def _detail(block: Thinking, index: int, items: Sequence[Item], number: int, losses: list[Loss]) -> bytes:
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


def _opaque(block: Opaque) -> bytes:
    if not block.kind or not is_object(block.body.raw):
        return block.body.raw
    return write({"type": dump_string(block.kind)}, block.body)


def _call(block: ToolCall, path: str, losses: list[Loss]) -> bytes:
    """Write one tool call."""
    spelling = Spelling(block.spelling)
    inner_name, key = ("custom", "input") if block.kind == "freeform" else ("function", "arguments")
    inner: dict[str, bytes | Tree] = {"name": dump_string(block.name)}
    how = spelling.of("arguments", "")
    if how == "object" and is_json(raw := utf8(block.arguments)):
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
        if seal.slot == ".".join(GOOGLE_SEAL) or seal.slot == "thoughtSignature":
            outer, google, slot = GOOGLE_SEAL
            typed[outer] = {google: {slot: dump_string(seal.wire)}}
        else:
            why = "tool calls have no place for it here"
            losses.append(Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a call", why=why))
    return write(typed, block.fields)


def _result(block: ToolResult, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write the members of a tool message that belong to its result."""
    typed: dict[str, bytes | Tree] = {}
    put(typed, "tool_call_id", block.call_id)
    put(typed, "name", block.name)
    if isinstance(block.content, tuple):
        typed[CONTENT] = array([_part(part, f"{path}.content[{n}]", losses) for n, part in enumerate(block.content)])
    else:
        put(typed, CONTENT, block.content)
    if block.status == "error":
        losses.append(
            Loss(kind="content", path=path, what="the flag of a failed tool", why="tool messages have no such flag")
        )
    return typed


def block_path(message: Message, index: int) -> str:
    """Give the path of a block from its wire message, for reports."""
    block = message.blocks[index]
    if isinstance(block, ToolResult):
        return CONTENT
    slot = _home(block)
    if slot in FIELDS:
        return slot
    number = sum(_home(earlier) == slot for earlier in message.blocks[:index])
    if slot == CONTENT and all(_is_piece(other) for other in message.blocks if _home(other) == CONTENT):
        return CONTENT
    return f"{slot}[{number}]"


def _home(block: Block) -> str:
    """Name the member that holds a block, as it came."""
    if isinstance(block, ToolCall):
        return CALLS
    if isinstance(block, Opaque):
        return block.slot or CONTENT
    if isinstance(block, Thinking):
        place = block.places[0] if block.places else Field(name=FIELDS[0])
        return CONTENT if isinstance(place, Inline) else place.name
    return CONTENT


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
    put(inner, "parameters", tool.parameters)
    typed: dict[str, bytes | Tree] = {inner_name: inner}
    if Spelling(tool.spelling).of("type", "") != "absent":
        typed = {"type": dump_string(inner_name), **typed}
    return Written(write(typed, tool.fields))


def _word(block: Block) -> str:
    return {"Thinking": "thinking", "Text": "a text", "Media": "media"}.get(type(block).__name__, "a block")
