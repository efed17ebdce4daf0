"""The shapes of the messages that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Slice, Slices
from keepthinking._messages import Block, Message, ResultStatus, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects._wire import is_object
from keepthinking.dialects.bedrock_converse._names import REDACTED, SIGNATURE
from keepthinking.dialects.bedrock_converse._read import read_message

# ruff: noqa: N815 - the wire's own words


class _Words(Struct, forbid_unknown_fields=True):
    text: str


class _Said(Struct, forbid_unknown_fields=True):
    text: str
    signature: str | UnsetType = UNSET


class _Thought(Struct, forbid_unknown_fields=True):
    reasoningText: _Said | UnsetType = UNSET
    redactedContent: str | UnsetType = UNSET


class _Call(Struct, forbid_unknown_fields=True):
    toolUseId: str
    name: str
    input: msgspec.Raw


class _Result(Struct, forbid_unknown_fields=True):
    toolUseId: str
    content: list[_Words]
    status: Literal["success", "error"] | UnsetType = UNSET


class _Part(Struct, forbid_unknown_fields=True):
    """One block; a union by key has no tag, so all members stand here and exactly one may be there."""

    text: str | UnsetType = UNSET
    reasoningContent: _Thought | UnsetType = UNSET
    toolUse: _Call | UnsetType = UNSET
    toolResult: _Result | UnsetType = UNSET


class _Message(Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: list[_Part]


_QUICK = Quick(_Message)


def read_messages(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read the list of messages. Raises `DecodeError`."""

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, culprit)

    return _QUICK.read(raw, culprit, memo, _message, slow)


def _message(shape: _Message) -> Message | None:
    blocks: list[Block] = []
    for part in shape.content:
        block = _block(part)
        if block is None:
            return None
        blocks.append(block)
    return Message(role=shape.role, blocks=tuple(blocks))


def _block(part: _Part) -> Block | None:
    held = [value for value in (part.text, part.reasoningContent, part.toolUse, part.toolResult) if value is not UNSET]
    if len(held) != 1:
        return None
    match held[0]:
        case str() as text:
            return Text(text=text)
        case _Thought() as thought:
            return _thought(thought)
        case _Call() as call if is_object(call.input):  # what is no object has a spelling of its own
            return ToolCall(id=call.toolUseId, name=call.name, arguments=bytes(call.input).decode(), kind="object")
        case _Result() as result:
            return _result(result)
        case _:
            return None


def _thought(thought: _Thought) -> Thinking | None:
    said, redacted = thought.reasoningText, thought.redactedContent
    if isinstance(said, _Said) and isinstance(redacted, UnsetType):
        seals = (Seal(slot=SIGNATURE, wire=said.signature),) if isinstance(said.signature, str) else ()
        return Thinking(segments=(Segment(text=said.text),), seals=seals)
    if isinstance(redacted, str) and isinstance(said, UnsetType):
        return Thinking(seals=(Seal(slot=REDACTED, wire=redacted, encoding="base64"),))
    return None


def _result(result: _Result) -> ToolResult:
    status: ResultStatus = "unspecified"
    if isinstance(result.status, str):
        status = "error" if result.status == "error" else "ok"
    content = tuple(Text(text=words.text) for words in result.content)
    return ToolResult(call_id=result.toolUseId, status=status, content=content)
