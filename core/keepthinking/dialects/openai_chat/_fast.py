"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Field, Message, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking._profiles import Profile
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects.openai_chat._names import CONTENT, FIELDS
from keepthinking.dialects.openai_chat._read import read_message

_PLACES = {name: (Field(name=name),) for name in FIELDS}
_ABSENT = Json.of({CONTENT: "absent"})


class _Function(Struct, forbid_unknown_fields=True):
    name: str
    arguments: str


class _Call(Struct, forbid_unknown_fields=True):
    id: str
    type: Literal["function"]
    function: _Function


class _Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant"):
    content: str | None | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET
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


def read_messages(raw: Slice, profile: Profile, culprit: Culprit, memo: Memo | None = None) -> tuple[Message, ...]:
    """Read the list of messages. Raises `DecodeError`."""

    def quick(shape: _Shape) -> Message | None:
        return _message(shape, profile)

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, profile, culprit)

    return tuple(_QUICK.read(raw, culprit, memo, quick, slow))


def _message(shape: _Shape, profile: Profile) -> Message | None:
    """Give the message of a known shape, or None where the slow way has to look closer."""
    if isinstance(shape, _Tool):
        return Message(role="tool", blocks=(ToolResult(call_id=shape.tool_call_id, content=shape.content),))
    if isinstance(shape, _Assistant):
        return _assistant(shape, profile)
    return Message(role="user" if isinstance(shape, _User) else "system", blocks=(Text(text=shape.content),))


def _assistant(shape: _Assistant, profile: Profile) -> Message | None:
    content = shape.content
    if isinstance(shape.reasoning_content, str) and isinstance(shape.reasoning, str):
        return None  # the one may mirror the other
    if profile.tags is not None and content:
        return None  # thinking may stand between tags
    blocks: list[Block] = []
    for name, text in zip(FIELDS, (shape.reasoning_content, shape.reasoning), strict=True):
        if isinstance(text, str):
            blocks.append(Thinking(segments=(Segment(text=text),), places=_PLACES[name]))
    if isinstance(content, str):
        blocks.append(Text(text=content))
    if isinstance(shape.tool_calls, list):
        blocks += [
            ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
            for call in shape.tool_calls
        ]
    return Message(role="assistant", blocks=tuple(blocks), spelling=_ABSENT if content is UNSET else UNSET)
