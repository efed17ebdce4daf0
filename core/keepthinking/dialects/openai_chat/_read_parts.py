"""Reading what a message holds: content parts, tool calls, entries of `reasoning_details`, and tools.

Rule 1: an entry of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices, elements, members, string
from keepthinking._messages import (
    Block,
    Field,
    Item,
    Media,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
)
from keepthinking.dialects._base import unknown
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    put_back,
    rest,
    take_json,
    take_nullable,
    take_string,
    write_members,
)
from keepthinking.dialects.openai_chat._names import (
    CALLS,
    CONTENT,
    DETAIL_SEALS,
    DETAIL_TEXT,
    DETAILS,
    GOOGLE_SEALS,
    ID,
    MEDIA,
)


def read_tool(left: Slices, path: str, culprit: Culprit) -> Tool:
    word = bytes(left.get("type", b'"function"'))
    inner = {b'"function"': "function", b'"custom"': "custom"}.get(word, "")
    raw = left.get(inner) if inner else None
    if raw is None or not is_object(raw):
        return Tool(kind="server", fields=Json(write_members(left)))
    del left[inner]
    spelling = Spelling()
    if left.pop("type", None) is None:
        spelling.note("type", "absent")
    body = members(raw, f"{path}.{inner}", culprit)
    name = take_nullable(body, "name", f"{path}.{inner}")
    description = take_nullable(body, "description", f"{path}.{inner}")
    parameters = take_json(body, "parameters") if inner == "function" else UNSET
    put_back(left, inner, body)
    if name is UNSET and description is UNSET and parameters is UNSET and inner not in left:
        left[inner] = b"{}"
    return Tool(
        name=name,
        description=description,
        parameters=parameters,
        kind="function" if inner == "function" else "freeform",
        fields=rest(left),
        spelling=spelling.json(),
    )


def read_part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one content part; a part of unknown shape is kept whole, in place."""
    if not is_object(raw):
        return unknown(ID, raw, path)
    left = members(raw, path, culprit)
    type_ = take_string(left, "type", path)
    if type_ == "text" and "text" in left and is_string(left["text"]):
        return Text(text=string(left.pop("text"), f"{path}.text", culprit), fields=rest(left))
    if type_ == "thinking" and "thinking" in left and (thinking := _thinking_part(left, path, culprit)) is not None:
        return thinking
    if isinstance(type_, str) and type_ in MEDIA and (media := _media_part(type_, left, path, culprit)) is not None:
        return media
    return unknown(ID, raw, path)


def _thinking_part(left: Slices, path: str, culprit: Culprit) -> Thinking | None:
    raw = left["thinking"]
    if is_string(raw):
        segments: tuple[Segment, ...] = (Segment(text=take_nullable(left, "thinking", path)),)
        spelling = Spelling()
        spelling.note("thinking", "string")
    elif is_array(raw):
        pieces = [
            (piece, members(piece, f"{path}.thinking[{i}]", culprit))
            for i, piece in enumerate(elements(raw, f"{path}.thinking", culprit))
            if is_object(piece)
        ]
        if len(pieces) != len(elements(raw, f"{path}.thinking", culprit)):
            return None
        segments = tuple(_segment(inner, f"{path}.thinking[{i}]") for i, (_, inner) in enumerate(pieces))
        spelling = Spelling()
        del left["thinking"]
    else:
        return None
    seals = _take_seals(left, ("signature",), path)
    return Thinking(
        segments=segments, seals=seals, places=(Field(name=CONTENT),), fields=rest(left), spelling=spelling.json()
    )


def _segment(left: Slices, path: str) -> Segment:
    text = take_nullable(left, "text", path)
    plain = bytes(left.get("type", b"")) == b'"text"'
    if plain:
        del left["type"]
    return Segment(channel="raw" if plain else "reference", text=text, fields=rest(left))


def _media_part(type_: str, left: Slices, path: str, culprit: Culprit) -> Media | None:
    kind, member = MEDIA[type_]
    raw = left.get(type_)
    if raw is None:
        return None
    spelling = Spelling()
    if is_string(raw) and member == "url":
        spelling.note(type_, "string")
        value = take_string(left, type_, path)
        return Media(kind=kind, url=value, fields=rest(left), spelling=_media_spelling(spelling, type_))
    if not is_object(raw):
        return None
    inner = members(raw, f"{path}.{type_}", culprit)
    url = take_nullable(inner, "url", f"{path}.{type_}") if member == "url" else UNSET
    data = take_nullable(inner, member, f"{path}.{type_}") if member != "url" else UNSET
    names = ("file_id", "filename") if kind == "file" else ()
    named = {name: take_nullable(inner, name, f"{path}.{type_}") for name in names}
    del left[type_]
    put_back(left, type_, inner)
    held = {"url": url, "data": data, **named}
    if all(value is UNSET for value in held.values()) and not inner:
        return None
    return replace(Media(kind=kind, fields=rest(left), spelling=_media_spelling(spelling, type_)), **held)


def _media_spelling(spelling: Spelling, type_: str) -> Json | UnsetType:
    # audio has two wire types: the one that the data alone would not give back is noted
    if type_ == "audio_url":
        spelling.note("type", type_)
    return spelling.json()


def read_detail(raw: Slice, path: str, items: list[Item], culprit: Culprit) -> Block:
    """Read one entry of `reasoning_details`."""
    if not is_object(raw):
        return unknown(ID, raw, path, slot=DETAILS)
    left = members(raw, path, culprit)
    type_ = take_string(left, "type", path)
    kind = "" if isinstance(type_, UnsetType) else type_
    untyped = type_ == "" or (kind == "" and ("text" not in left or "type" in left))
    if kind not in DETAIL_TEXT or untyped:
        return unknown(ID, raw, path, slot=DETAILS)
    member = DETAIL_TEXT[kind]
    text = take_nullable(left, member, path) if member else UNSET
    segments = (
        ()
        if isinstance(text, UnsetType)
        else (Segment(channel="summary" if member == "summary" else "raw", text=text),)
    )
    seals = _take_seals(left, DETAIL_SEALS, path)
    items.append(Item(kind=kind, id=take_nullable(left, "id", path), fields=rest(left)))
    return Thinking(item=len(items) - 1, segments=segments, seals=seals, places=(Field(name=DETAILS),))


def _take_seals(left: Slices, slots: Sequence[str], path: str) -> tuple[Seal, ...]:
    return tuple(Seal(slot=slot, wire=wire) for slot in slots if isinstance(wire := take_string(left, slot, path), str))


def read_call(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one tool call; an entry that names no tool is kept whole, in place."""
    left = members(raw, path, culprit)
    spelling = Spelling()
    type_ = take_string(left, "type", path)
    inner_name = "custom" if type_ == "custom" else "function"
    body = left.get(inner_name)
    if (
        (isinstance(type_, str) and type_ not in {"function", "custom"})
        or body is None
        or not is_object(body)
        or (type_ is UNSET and "type" in left)
    ):
        return unknown(ID, raw, path, slot=CALLS)
    inner = members(body, f"{path}.{inner_name}", culprit)
    name = take_string(inner, "name", f"{path}.{inner_name}")
    if isinstance(name, UnsetType):
        return unknown(ID, raw, path, slot=CALLS)
    if isinstance(type_, UnsetType):
        spelling.note("type", "absent")
    arguments = _take_arguments(
        inner, "input" if inner_name == "custom" else "arguments", f"{path}.{inner_name}", spelling
    )
    del left[inner_name]
    put_back(left, inner_name, inner)
    seals = _take_google_seal(left, path, culprit)
    return ToolCall(
        id=take_nullable(left, "id", path),
        name=name,
        arguments=arguments,
        kind="freeform" if inner_name == "custom" else "object" if spelling.of("arguments", "") == "object" else "json",
        seals=seals,
        fields=rest(left),
        spelling=spelling.json(),
    )


def _take_arguments(inner: Slices, key: str, path: str, spelling: Spelling) -> str:
    raw = inner.get(key)
    if raw is None:
        spelling.note("arguments", "absent")
        return ""
    if is_string(raw):
        del inner[key]
        return string(raw, f"{path}.{key}")
    if is_null(raw):
        del inner[key]
        spelling.note("arguments", "null")
        return ""
    del inner[key]
    spelling.note("arguments", "object")
    return bytes(raw).decode()


def _take_google_seal(left: Slices, path: str, culprit: Culprit) -> tuple[Seal, ...]:
    outer_name, _, slot = GOOGLE_SEALS[0]
    raw = left.get(outer_name)
    if raw is None or not is_object(raw):
        return ()
    outer = members(raw, f"{path}.{outer_name}", culprit)
    service = next((names[1] for names in GOOGLE_SEALS if names[1] in outer), "")
    google = outer.get(service)
    if google is None or not is_object(google):
        return ()
    inner = members(google, f"{path}.{outer_name}.{service}", culprit)
    wire = take_string(inner, slot, path)
    if isinstance(wire, UnsetType):
        return ()
    del left[outer_name], outer[service]
    put_back(outer, service, inner)
    put_back(left, outer_name, outer)
    return (Seal(slot=f"{outer_name}.{service}.{slot}", wire=wire, encoding="base64"),)
