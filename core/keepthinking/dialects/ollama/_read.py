"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; an entry of unknown shape is kept whole, in place.
Rule 2: the server writes `content` into each message, also where nothing is said beside thinking and calls. That empty
string is how the message is written, and no text of the model's.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Json, Slice, Slices, elements, members, string
from keepthinking._messages import Block, Media, Message, Segment, Text, Thinking, Tool, ToolCall, ToolResult
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
from keepthinking.dialects.ollama._names import (
    CALLS,
    CONTENT,
    FOREIGN_ROLES,
    ID,
    IMAGES,
    NAMES,
    THINKING,
    TOOL,
)


def read_message(left: Slices, path: str, culprit: Culprit) -> Message:
    role = role_of(left, path, culprit)
    spelling = Spelling()
    if role in FOREIGN_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    if role == TOOL:
        blocks = _result(left, path, spelling, culprit)
    else:
        blocks = _thinking(left, path, spelling)
        content = _content(left, path, culprit)
        others = [*_images(left, path, spelling, culprit), *_calls(left, path, spelling, culprit)]
        if content == "" and (blocks or others):
            spelling.note(CONTENT, "empty")
        elif isinstance(content, str):
            blocks.append(Text(text=content))
        elif content is None:
            spelling.note(CONTENT, "null")
        blocks += others
    return Message(role=role, blocks=tuple(blocks), fields=rest(left), spelling=spelling.json())


def _thinking(left: Slices, path: str, spelling: Spelling) -> list[Block]:
    text = take_nullable(left, THINKING, path)
    if text is None:
        spelling.note(THINKING, "null")
    return [Thinking(segments=(Segment(text=text),))] if isinstance(text, str) else []


def _content(left: Slices, path: str, culprit: Culprit) -> str | None | UnsetType:
    raw = left.pop(CONTENT, None)
    if raw is None:
        return UNSET
    if is_null(raw):
        return None
    if not is_string(raw):
        raise DecodeError("`content` is neither a string nor null", where=f"{path}.{CONTENT}", culprit=culprit)
    return string(raw, f"{path}.{CONTENT}", culprit)


def _images(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    return [
        Media(kind="image", data=string(entry, f"{path}.{IMAGES}[{i}]", culprit))
        if is_string(entry)
        else unknown(ID, entry, f"{path}.{IMAGES}[{i}]", slot=IMAGES)
        for i, entry in enumerate(_entries(left, IMAGES, path, spelling, culprit))
    ]


def _entries(left: Slices, key: str, path: str, spelling: Spelling, culprit: Culprit) -> list[Slice]:
    raw = left.pop(key, None)
    if raw is None:
        return []
    if is_null(raw):
        spelling.note(key, "null")
        return []
    if not is_array(raw):
        raise DecodeError(f"`{key}` is neither an array nor null", where=f"{path}.{key}", culprit=culprit)
    entries = elements(raw, f"{path}.{key}", culprit)
    if not entries:
        spelling.note(key, "empty")
    return entries


def _result(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    call_id = take_nullable(left, "tool_call_id", path)
    now, before = NAMES
    name = take_nullable(left, now, path)
    if name is UNSET and now not in left and (name := take_nullable(left, before, path)) is not UNSET:
        spelling.note(now, before)
    content: str | tuple[Block, ...] | None | UnsetType = _content(left, path, culprit)
    images = _images(left, path, spelling, culprit)
    if images:
        if content is None:
            spelling.note(CONTENT, "null")
        content = (*((Text(text=content),) if isinstance(content, str) else ()), *images)
    if call_id is UNSET and name is UNSET and content is UNSET:
        return []
    return [ToolResult(call_id=call_id, name=name, content=content)]


def _calls(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    entries = _entries(left, CALLS, path, spelling, culprit)
    return [read_call(entry, f"{path}.{CALLS}[{i}]", culprit) for i, entry in enumerate(entries)]


def read_call(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one tool call; an entry that names no tool is kept whole, in place."""
    body = members(raw, path, culprit).get("function") if is_object(raw) else None
    if body is None or not is_object(body):
        return unknown(ID, raw, path, slot=CALLS)
    left = members(raw, path, culprit)
    inner = members(body, f"{path}.function", culprit)
    name = take_string(inner, "name", f"{path}.function")
    if isinstance(name, UnsetType):
        return unknown(ID, raw, path, slot=CALLS)
    spelling = Spelling()
    arguments = inner.get("arguments")
    text = take_string(inner, "arguments", f"{path}.function")
    if isinstance(text, str):
        spelling.note("arguments", "string")  # what clients of other servers send
    elif arguments is not None and is_object(arguments):
        del inner["arguments"]
        text = bytes(arguments).decode()
    else:
        spelling.note("arguments", "absent")  # also where something stays in `fields` that is neither
        text = ""
    del left["function"]
    put_back(left, "function", inner)
    return ToolCall(
        id=take_nullable(left, "id", path),
        name=name,
        arguments=text,
        kind="json" if spelling.of("arguments", "") else "object",
        fields=rest(left),
        spelling=spelling.json(),
    )


def read_tool(left: Slices, path: str, culprit: Culprit) -> Tool:
    raw = left.get("function")
    if raw is None or not is_object(raw) or bytes(left.get("type", b'"function"')) != b'"function"':
        return Tool(kind="server", fields=Json(write_members(left)))
    spelling = Spelling()
    if left.pop("type", None) is None:
        spelling.note("type", "absent")
    inner = members(raw, f"{path}.function", culprit)
    name = take_nullable(inner, "name", f"{path}.function")
    description = take_nullable(inner, "description", f"{path}.function")
    parameters = take_json(inner, "parameters")
    del left["function"]
    put_back(left, "function", inner)
    return Tool(name=name, description=description, parameters=parameters, fields=rest(left), spelling=spelling.json())
