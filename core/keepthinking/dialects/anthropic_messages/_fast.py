"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Message, ResultStatus, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects._wire import is_object
from keepthinking.dialects.anthropic_messages._names import CONTENT, DATA, REDACTED, SIGNATURE
from keepthinking.dialects.anthropic_messages._read import read_message

_STRING = Json.of({CONTENT: "string"})


class _Text(Struct, forbid_unknown_fields=True, tag_field="type", tag="text"):
    text: str


class _Words(Struct, forbid_unknown_fields=True):
    """A text where nothing else may stand: outside a union msgspec takes a tag that is missing for the right one."""

    type: Literal["text"]
    text: str


class _Thinking(Struct, forbid_unknown_fields=True, tag_field="type", tag="thinking"):
    thinking: str
    signature: str | UnsetType = UNSET


class _Redacted(Struct, forbid_unknown_fields=True, tag_field="type", tag=REDACTED):
    data: str


class _Call(Struct, forbid_unknown_fields=True, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: msgspec.Raw


class _Result(Struct, forbid_unknown_fields=True, tag_field="type", tag="tool_result"):
    tool_use_id: str
    content: str | list[_Words]
    is_error: bool | UnsetType = UNSET


class _User(Struct, forbid_unknown_fields=True, tag_field="role", tag="user"):
    content: str | list[_Text | _Result]


class _Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant"):
    content: str | list[_Text | _Thinking | _Redacted | _Call]


_Part: TypeAlias = _Text | _Result | _Thinking | _Redacted | _Call
_QUICK = Quick(_User | _Assistant)


def read_messages(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read the list of messages. Raises `DecodeError`."""

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, culprit)

    return _QUICK.read(raw, culprit, memo, _message, slow)


def _message(shape: _User | _Assistant) -> Message | None:
    role = "user" if isinstance(shape, _User) else "assistant"
    if isinstance(shape.content, str):
        return Message(role=role, blocks=(Text(text=shape.content),), spelling=_STRING)
    blocks: list[Block] = []
    for part in shape.content:
        block = _block(part)
        if block is None:
            return None
        blocks.append(block)
    return Message(role=role, blocks=tuple(blocks))


def _block(part: _Part) -> Block | None:
    match part:
        case _Text():
            return Text(text=part.text)
        case _Thinking():
            seals = (Seal(slot=SIGNATURE, wire=part.signature),) if isinstance(part.signature, str) else ()
            return Thinking(segments=(Segment(text=part.thinking),), seals=seals)
        case _Redacted():
            return Thinking(seals=(Seal(slot=DATA, wire=part.data),))
        case _Call():
            if not is_object(part.input):
                return None  # arguments that are no object have a spelling of their own
            return ToolCall(id=part.id, name=part.name, arguments=bytes(part.input).decode(), kind="object")
        case _Result():
            content = part.content if isinstance(part.content, str) else tuple(Text(text=t.text) for t in part.content)
            status: ResultStatus = "unspecified"
            if isinstance(part.is_error, bool):
                status = "error" if part.is_error else "ok"
            return ToolResult(call_id=part.tool_use_id, status=status, content=content)
