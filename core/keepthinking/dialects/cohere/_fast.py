"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Field, Message, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects.cohere._names import CONTENT, PLAN
from keepthinking.dialects.cohere._read import read_message

_ABSENT = Json.of({CONTENT: "absent"})
_LIST = Json.of({CONTENT: "list"})


class _Text(Struct, forbid_unknown_fields=True, tag_field="type", tag="text"):
    text: str


class _Thinking(Struct, forbid_unknown_fields=True, tag_field="type", tag="thinking"):
    thinking: str


class _Function(Struct, forbid_unknown_fields=True):
    name: str
    arguments: str


class _Call(Struct, forbid_unknown_fields=True):
    id: str
    type: Literal["function"]
    function: _Function


class _Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant"):
    content: str | UnsetType | list[_Text | _Thinking] = UNSET
    tool_plan: str | UnsetType = UNSET
    tool_calls: Annotated[list[_Call], Meta(min_length=1)] | UnsetType = UNSET


class _Tool(Struct, forbid_unknown_fields=True, tag_field="role", tag="tool"):
    tool_call_id: str
    content: str


class _User(Struct, forbid_unknown_fields=True, tag_field="role", tag="user"):
    content: str


class _System(Struct, forbid_unknown_fields=True, tag_field="role", tag="system"):
    content: str


_Shape: TypeAlias = _Assistant | _Tool | _User | _System
_QUICK = Quick(_Shape)


def read_messages(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read the list of messages. Raises `DecodeError`."""

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, culprit)

    return _QUICK.read(raw, culprit, memo, _message, slow)


def _message(shape: _Shape) -> Message:
    if isinstance(shape, _Tool):
        return Message(role="tool", blocks=(ToolResult(call_id=shape.tool_call_id, content=shape.content),))
    if not isinstance(shape, _Assistant):
        return Message(role="user" if isinstance(shape, _User) else "system", blocks=(Text(text=shape.content),))
    blocks: list[Block] = []
    spelling: Json | UnsetType = UNSET
    if isinstance(shape.tool_plan, str):
        blocks.append(Thinking(segments=(Segment(text=shape.tool_plan),), places=(Field(name=PLAN),)))
    if isinstance(shape.content, str):
        blocks.append(Text(text=shape.content))
    elif isinstance(shape.content, list):
        spelling = _LIST
        blocks += [
            Text(text=part.text) if isinstance(part, _Text) else Thinking(segments=(Segment(text=part.thinking),))
            for part in shape.content
        ]
    else:
        spelling = _ABSENT
    if isinstance(shape.tool_calls, list):
        blocks += [
            ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
            for call in shape.tool_calls
        ]
    return Message(role="assistant", blocks=tuple(blocks), spelling=spelling)
