"""The shapes of the contents that agents really send, and the messages they are."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, Slices
from keepthinking._messages import Block, Message, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._quick import Memo, Quick
from keepthinking.dialects._wire import is_object
from keepthinking.dialects.gemini._names import CONTENTS, OUTPUT, SEAL
from keepthinking.dialects.gemini._read import read_message, read_response


class _Call(Struct, forbid_unknown_fields=True):
    name: str
    id: str | UnsetType = UNSET
    args: msgspec.Raw | UnsetType = UNSET


class _Result(Struct, forbid_unknown_fields=True):
    name: str
    response: msgspec.Raw
    id: str | UnsetType = UNSET


class _Part(Struct, forbid_unknown_fields=True, rename="camel"):
    text: str | UnsetType = UNSET
    thought: bool | UnsetType = UNSET
    thought_signature: str | UnsetType = UNSET
    function_call: _Call | UnsetType = UNSET
    function_response: _Result | UnsetType = UNSET


class _Content(Struct, forbid_unknown_fields=True):
    role: Literal["user", "model"]
    parts: list[_Part]


_QUICK = Quick(_Content, f"$.{CONTENTS}")


def read_messages(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read the list of contents. Raises `DecodeError`."""

    def slow(left: Slices, path: str) -> Message:
        return read_message(left, path, culprit)

    return _QUICK.read(raw, culprit, memo, _message, slow)


def _message(shape: _Content) -> Message | None:
    blocks: list[Block] = []
    for part in shape.parts:
        block = _block(part)
        if block is None:
            return None
        blocks.append(block)
    return Message(role=shape.role, blocks=tuple(blocks))


def _block(part: _Part) -> Block | None:
    wire = part.thought_signature
    seals = () if isinstance(wire, UnsetType) else (Seal(slot=SEAL, wire=wire, encoding="base64"),)
    text, call, result = part.text, part.function_call, part.function_response
    if part.thought is False:
        return None  # that it is said at all is a spelling
    if (text is UNSET) + (call is UNSET) + (result is UNSET) != _OTHERS:
        return None  # one of several kinds stays in `fields`
    if isinstance(text, str):
        if part.thought is True:
            return Thinking(segments=(Segment(channel="summary", text=text),), seals=seals)
        return Text(text=text, seals=seals)
    if part.thought is not UNSET:
        return None
    return _call(call, seals) if isinstance(call, _Call) else _result(result, seals)


_OTHERS = 2
"""How many of the kinds of a part it is not."""


def _call(call: _Call, seals: tuple[Seal, ...]) -> ToolCall:
    if isinstance(call.args, UnsetType):
        return ToolCall(id=call.id, name=call.name, arguments="{}", kind="object", seals=seals, spelling=_NO_ARGS)
    return ToolCall(id=call.id, name=call.name, arguments=bytes(call.args).decode(), kind="object", seals=seals)


_NO_ARGS = Json.of({"args": "absent"})


def _result(result: _Result | UnsetType, seals: tuple[Seal, ...]) -> ToolResult | None:
    if isinstance(result, UnsetType) or not is_object(result.response):
        return None
    content, box, status = read_response(result.response, "$")
    spelling = UNSET if box == OUTPUT else Json.of({"response": box})
    return ToolResult(
        call_id=result.id, name=result.name, status=status, content=content, seals=seals, spelling=spelling
    )
