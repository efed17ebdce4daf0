"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Message, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects._wire import is_object
from keepthinking.dialects.ollama._names import CONTENT
from keepthinking.dialects.ollama._read import read_message


class _Function(Struct, forbid_unknown_fields=True):
    name: str
    arguments: msgspec.Raw


class _Call(Struct, forbid_unknown_fields=True):
    function: _Function
    id: str | UnsetType = UNSET


class _Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant"):
    content: str | UnsetType = UNSET
    thinking: str | UnsetType = UNSET
    tool_calls: Annotated[list[_Call], Meta(min_length=1)] | UnsetType = UNSET


class _Tool(Struct, forbid_unknown_fields=True, tag_field="role", tag="tool"):
    content: str
    tool_name: str | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET


class _User(Struct, forbid_unknown_fields=True, tag_field="role", tag="user"):
    content: str


class _System(Struct, forbid_unknown_fields=True, tag_field="role", tag="system"):
    content: str


_Shape: TypeAlias = _Assistant | _Tool | _User | _System
_QUICK = Quick(_Shape)
_SAID_NOTHING = Json.of({CONTENT: "empty"})


def read_messages(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read the list of messages. Raises `DecodeError`."""

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, culprit)

    return _QUICK.read(raw, culprit, memo, _message, slow)


def _message(shape: _Shape) -> Message | None:
    if isinstance(shape, _Tool):
        result = ToolResult(call_id=shape.tool_call_id, name=shape.tool_name, content=shape.content)
        return Message(role="tool", blocks=(result,))
    if not isinstance(shape, _Assistant):
        return Message(role="user" if isinstance(shape, _User) else "system", blocks=(Text(text=shape.content),))
    blocks: list[Block] = []
    if isinstance(shape.thinking, str):
        blocks.append(Thinking(segments=(Segment(text=shape.thinking),)))
    is_empty = shape.content == "" and (bool(blocks) or isinstance(shape.tool_calls, list))
    if isinstance(shape.content, str) and not is_empty:
        blocks.append(Text(text=shape.content))
    if isinstance(shape.tool_calls, list):
        for call in shape.tool_calls:
            if not is_object(call.function.arguments):
                return None  # a string, as clients of other servers send it
            arguments = bytes(call.function.arguments).decode()
            blocks.append(ToolCall(id=call.id, name=call.function.name, arguments=arguments, kind="object"))
    return Message(role="assistant", blocks=tuple(blocks), spelling=_SAID_NOTHING if is_empty else UNSET)
