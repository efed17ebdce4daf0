"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Message, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects.mistral._names import CONTENT, SIGNATURE
from keepthinking.dialects.mistral._read import read_message

_ABSENT = Json.of({CONTENT: "absent"})
_LIST = Json.of({CONTENT: "list"})


class _Words(Struct, forbid_unknown_fields=True):
    type: Literal["text"]
    text: str


class _Text(Struct, forbid_unknown_fields=True, tag_field="type", tag="text"):
    text: str


class _Thinking(Struct, forbid_unknown_fields=True, tag_field="type", tag="thinking"):
    thinking: list[_Words]
    signature: str | UnsetType = UNSET


class _Function(Struct, forbid_unknown_fields=True):
    name: str
    arguments: str


class _Call(Struct, forbid_unknown_fields=True):
    id: str
    type: Literal["function"]
    function: _Function


class _Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant"):
    content: str | None | UnsetType | list[_Text | _Thinking] = UNSET
    tool_calls: Annotated[list[_Call], Meta(min_length=1)] | UnsetType = UNSET


class _Tool(Struct, forbid_unknown_fields=True, tag_field="role", tag="tool"):
    tool_call_id: str
    content: str
    name: str | UnsetType = UNSET


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
        result = ToolResult(call_id=shape.tool_call_id, name=shape.name, content=shape.content)
        return Message(role="tool", blocks=(result,))
    if not isinstance(shape, _Assistant):
        return Message(role="user" if isinstance(shape, _User) else "system", blocks=(Text(text=shape.content),))
    blocks: list[Block] = []
    spelling: Json | UnsetType = UNSET
    if isinstance(shape.content, str):
        blocks.append(Text(text=shape.content))
    elif isinstance(shape.content, list):
        spelling = _LIST
        blocks += map(_block, shape.content)
    elif isinstance(shape.content, UnsetType):
        spelling = _ABSENT
    if isinstance(shape.tool_calls, list):
        blocks += [
            ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
            for call in shape.tool_calls
        ]
    return Message(role="assistant", blocks=tuple(blocks), spelling=spelling)


def _block(part: _Text | _Thinking) -> Block:
    if isinstance(part, _Text):
        return Text(text=part.text)
    seals = (Seal(slot=SIGNATURE, wire=part.signature),) if isinstance(part.signature, str) else ()
    return Thinking(segments=tuple(Segment(text=piece.text) for piece in part.thinking), seals=seals)
