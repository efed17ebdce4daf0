"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; a part of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Json, Slice, Slices, elements, members, string
from keepthinking._messages import Block, Field, Media, Message, Segment, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking.dialects._base import role_of, unknown
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
from keepthinking.dialects.cohere._names import (
    CALL,
    CALL_ID,
    CALLS,
    CONTENT,
    FOREIGN_ROLES,
    ID,
    IMAGE,
    PLAN,
    TEXT,
    THINKING,
    TOOL,
)


def read_message(left: Slices, path: str, culprit: Culprit) -> Message:
    role = role_of(left, path, culprit)
    spelling = Spelling()
    if role in FOREIGN_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    if role == TOOL:
        blocks = _result(left, path, culprit)
        if not blocks:
            spelling.note(CONTENT, "absent")
    else:
        blocks = _plan(left, path, spelling)
        blocks += _content(left, path, spelling, culprit)
        blocks += _calls(left, path, spelling, culprit)
    return Message(role=role, blocks=tuple(blocks), fields=rest(left), spelling=spelling.json())


def _result(left: Slices, path: str, culprit: Culprit) -> list[Block]:
    call_id = take_nullable(left, CALL_ID, path)
    raw = left.pop(CONTENT, None)
    content: str | tuple[Block, ...] | None | UnsetType = UNSET
    if raw is not None and is_null(raw):
        content = None
    elif raw is not None and is_string(raw):
        content = string(raw, f"{path}.{CONTENT}", culprit)
    elif raw is not None:
        content = tuple(_parts(raw, f"{path}.{CONTENT}", culprit))
    return [] if call_id is content is UNSET else [ToolResult(call_id=call_id, content=content)]


def _plan(left: Slices, path: str, spelling: Spelling) -> list[Block]:
    text = take_nullable(left, PLAN, path)
    if text is None:
        spelling.note(PLAN, "null")
    return [Thinking(segments=(Segment(text=text),), places=(Field(name=PLAN),))] if isinstance(text, str) else []


def _content(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(CONTENT, None)
    if raw is None:
        spelling.note(CONTENT, "absent")
        return []
    if is_null(raw):
        spelling.note(CONTENT, "null")
        return []
    if is_string(raw):
        return [Text(text=string(raw, f"{path}.{CONTENT}", culprit))]
    spelling.note(CONTENT, "list")  # still a list when all but one of its parts are taken out
    return list(_parts(raw, f"{path}.{CONTENT}", culprit))


def _parts(raw: Slice, path: str, culprit: Culprit) -> Iterator[Block]:
    if not is_array(raw):
        raise DecodeError("`content` is neither a string, an array nor null", where=path, culprit=culprit)
    for i, slice_ in enumerate(elements(raw, path, culprit)):
        yield _part(slice_, f"{path}[{i}]", culprit)


def _part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one part; documents in results, too, are kept whole: they are objects of the caller's own."""
    if not is_object(raw):
        return unknown(ID, raw, path)
    left = members(raw, path, culprit)
    type_ = take_string(left, "type", path)
    if isinstance(type_, str) and type_ in {TEXT, THINKING}:
        text = take_string(left, type_, path)
        if isinstance(text, str) and type_ == TEXT:
            return Text(text=text, fields=rest(left))
        if isinstance(text, str):
            return Thinking(segments=(Segment(text=text),), fields=rest(left))
    if type_ == IMAGE and IMAGE in left and is_object(left[IMAGE]):
        inner = members(left[IMAGE], f"{path}.{IMAGE}", culprit)
        url = take_string(inner, "url", f"{path}.{IMAGE}")
        if isinstance(url, str):
            del left[IMAGE]
            put_back(left, IMAGE, inner)
            return Media(kind="image", url=url, fields=rest(left))
    return unknown(ID, raw, path)


def _calls(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(CALLS, None)
    if raw is None:
        return []
    if is_null(raw):
        spelling.note(CALLS, "null")
        return []
    if not is_array(raw):
        raise DecodeError("`tool_calls` is neither an array nor null", where=f"{path}.{CALLS}", culprit=culprit)
    entries = elements(raw, f"{path}.{CALLS}", culprit)
    if not entries:
        spelling.note(CALLS, "empty")
    return [_call(entry, f"{path}.{CALLS}[{i}]", culprit) for i, entry in enumerate(entries)]


def _call(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one tool call; an entry that names no tool is kept whole, in place."""
    if not is_object(raw):
        return unknown(ID, raw, path, slot=CALLS)
    left = members(raw, path, culprit)
    type_ = left.pop("type", None)
    body = left.get(CALL)
    if body is None or not is_object(body) or (type_ is not None and bytes(type_) != b'"function"'):
        return unknown(ID, raw, path, slot=CALLS)
    inner = members(body, f"{path}.{CALL}", culprit)
    name = take_string(inner, "name", f"{path}.{CALL}")
    if isinstance(name, UnsetType):
        return unknown(ID, raw, path, slot=CALLS)
    spelling = Spelling()
    if type_ is None:
        spelling.note("type", "absent")
    arguments = take_string(inner, "arguments", f"{path}.{CALL}")
    if isinstance(arguments, UnsetType):
        spelling.note("arguments", "absent")  # also where something stays in `fields` that is no string
    del left[CALL]
    put_back(left, CALL, inner)
    return ToolCall(
        id=take_nullable(left, "id", path),
        name=name,
        arguments="" if isinstance(arguments, UnsetType) else arguments,
        fields=rest(left),
        spelling=spelling.json(),
    )


def read_tool(left: Slices, path: str, culprit: Culprit) -> Tool:
    raw = left.get(CALL)
    if raw is None or not is_object(raw) or bytes(left.get("type", b'"function"')) != b'"function"':
        return Tool(kind="server", fields=Json(write_members(left)))
    spelling = Spelling()
    if left.pop("type", None) is None:
        spelling.note("type", "absent")
    inner = members(raw, f"{path}.{CALL}", culprit)
    name, description = (take_nullable(inner, key, f"{path}.{CALL}") for key in ("name", "description"))
    parameters = take_json(inner, "parameters")
    del left[CALL]
    put_back(left, CALL, inner)
    return Tool(name=name, description=description, parameters=parameters, fields=rest(left), spelling=spelling.json())
