"""Reading the list of items: fast where the shapes are known, and a growing list at the cost of what is new.

Most items of a tool loop have one of few shapes. They are decoded typed, in one pass; a list that holds an item with
one member more, or of another type, goes the slow way, which gives the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keepthinking._errors import Culprit
from keepthinking._json import Json, Slice, elements, members
from keepthinking._messages import (
    Block,
    Item,
    Message,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking.dialects._quick import Memo
from keepthinking.dialects._wire import rest
from keepthinking.dialects.openai_responses._names import (
    ASSISTANT,
    CALL,
    CONTENT,
    ENCRYPTED,
    INPUT,
    MESSAGE,
    REASONING,
    RESULT,
    SEGMENTS,
    SUMMARY,
    TOOL,
)
from keepthinking.dialects.openai_responses._plan import is_easy
from keepthinking.dialects.openai_responses._read import Sort, read_items, read_run, runs, sort

_AT = f"$.{INPUT}"
_LISTED = Json.of({CONTENT: "list"})
_TYPED = Json.of({"type": MESSAGE})
_TYPED_LIST = Json.of({"type": MESSAGE, CONTENT: "list"})


class _Part(Struct, forbid_unknown_fields=True):
    type: Literal["output_text", "input_text", "summary_text", "reasoning_text"]
    text: str
    annotations: msgspec.Raw | UnsetType = UNSET
    logprobs: msgspec.Raw | UnsetType = UNSET


class _Item(Struct, forbid_unknown_fields=True):
    """One item of any known shape: easy messages have no type, so they cannot be told apart by one."""

    type: Literal["message", "reasoning", "function_call", "function_call_output"] | UnsetType = UNSET
    role: Literal["user", "assistant"] | UnsetType = UNSET
    id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    phase: str | None | UnsetType = UNSET
    content: str | list[_Part] | UnsetType = UNSET
    summary: list[_Part] | UnsetType = UNSET
    encrypted_content: str | UnsetType = UNSET
    call_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET
    output: str | UnsetType = UNSET


_decode = msgspec.json.Decoder(list[_Item]).decode


def read_input(raw: Slice, culprit: Culprit, memo: Memo | None = None) -> list[Message]:
    """Read `input`, which is a list. Raises `DecodeError`."""
    if memo is not None:
        return _remembered(raw, culprit, memo)
    messages = _quick(raw)
    return read_items(elements(raw, _AT, culprit), _AT, culprit) if messages is None else messages


def _remembered(raw: Slice, culprit: Culprit, memo: Memo) -> list[Message]:
    """Read only runs that are new: the same bytes of all items of a run give the very same message."""
    slices = [bytes(slice_) for slice_ in elements(raw, _AT, culprit)]
    sorts: list[Sort] = []
    for i, slice_ in enumerate(slices):
        known: Sort | None = memo.notes.get(slice_)
        if known is None:
            path = f"{_AT}[{i}]"
            known = memo.notes[slice_] = sort(members(slice_, path, culprit), path, culprit)
        sorts.append(known)
    found = list(runs(sorts))

    def one(number: int) -> Message:
        run = found[number]
        held = [members(slices[i], f"{_AT}[{i}]", culprit) for i in range(run.start, run.end)]
        return read_run(run, held, _AT, culprit)

    return memo.read_runs([tuple(slices[run.start : run.end]) for run in found], one)


# -- known shapes -------------------------------------------------------------------------------------------------


def _quick(raw: Slice) -> list[Message] | None:
    try:
        shapes = _decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    messages: list[Message] = []
    items: list[Item] = []
    blocks: list[Block] = []
    for shape in shapes:
        if shape.type == RESULT or shape.role == "user":
            if items:
                messages.append(Message(role=ASSISTANT, blocks=tuple(blocks), items=tuple(items)))
                items, blocks = [], []
            given = _result(shape) if shape.type == RESULT else _user(shape)
            if given is None:
                return None
            messages.append(given)
        elif not _made(shape, items, blocks):
            return None
    if items:
        messages.append(Message(role=ASSISTANT, blocks=tuple(blocks), items=tuple(items)))
    return messages


def _user(shape: _Item) -> Message | None:
    lone = (
        shape.summary
        is shape.encrypted_content
        is shape.call_id
        is shape.name
        is shape.arguments
        is shape.output
        is shape.id
        is shape.status
        is shape.phase
        is UNSET
    )
    if not lone or isinstance(shape.content, UnsetType) or shape.type not in {UNSET, MESSAGE}:
        return None
    typed = shape.type is not UNSET
    if isinstance(shape.content, str):
        return Message(role="user", blocks=(Text(text=shape.content),), spelling=_TYPED if typed else UNSET)
    if any(part.type != "input_text" or not _plain(part) for part in shape.content):
        return None
    blocks = tuple(Text(text=part.text) for part in shape.content)
    return Message(role="user", blocks=blocks, spelling=_TYPED_LIST if typed else _LISTED)


def _result(shape: _Item) -> Message | None:
    lone = (
        shape.role
        is shape.content
        is shape.summary
        is shape.encrypted_content
        is shape.name
        is shape.arguments
        is shape.id
        is shape.status
        is shape.phase
        is UNSET
    )
    if not lone or not isinstance(shape.output, str) or not isinstance(shape.call_id, str):
        return None
    return Message(role=TOOL, blocks=(ToolResult(call_id=shape.call_id, content=shape.output),))


def _made(shape: _Item, items: list[Item], blocks: list[Block]) -> bool:
    """Add an item that the model made; nothing is added where the slow way has to look closer."""
    read = _READERS.get(shape.type) if isinstance(shape.type, str) else None
    found = None if read is None or shape.output is not UNSET else read(shape, len(items))
    if found is None or not isinstance(shape.type, str):
        return False
    items.append(Item(kind=shape.type, id=shape.id, phase=shape.phase, status=shape.status))
    blocks += found
    return True


def _call(shape: _Item, index: int) -> list[Block] | None:
    lone = shape.role is shape.content is shape.summary is shape.encrypted_content is UNSET
    whole = isinstance(shape.name, str) and isinstance(shape.arguments, str)
    if not lone or not whole or isinstance(shape.name, UnsetType) or isinstance(shape.arguments, UnsetType):
        return None
    return [ToolCall(item=index, id=shape.call_id, name=shape.name, arguments=shape.arguments)]


def _thinking(shape: _Item, index: int) -> list[Block] | None:
    lone = shape.role is shape.call_id is shape.name is shape.arguments is UNSET
    if not lone or isinstance(shape.summary, UnsetType) or isinstance(shape.content, str) or shape.content == []:
        return None
    segments: list[Segment] = []
    for parts, how in ((shape.summary, SEGMENTS[SUMMARY]), (shape.content, SEGMENTS[CONTENT])):
        for part in () if isinstance(parts, UnsetType) else parts:
            if part.type != how.type or not _plain(part):
                return None
            segments.append(Segment(channel=how.channel, text=part.text))
    wire = shape.encrypted_content
    seals = (Seal(slot=ENCRYPTED, wire=wire),) if isinstance(wire, str) else ()
    return [Thinking(item=index, segments=tuple(segments), seals=seals)]


def _message(shape: _Item, index: int) -> list[Block] | None:
    lone = shape.summary is shape.encrypted_content is shape.call_id is shape.name is shape.arguments is UNSET
    if not lone or shape.role != ASSISTANT or isinstance(shape.content, str | UnsetType):
        return None
    found: list[Block] = []
    for part in shape.content:
        if part.type != "output_text":
            return None
        held = {"annotations": part.annotations, "logprobs": part.logprobs}
        left = {key: bytes(raw) for key, raw in held.items() if not isinstance(raw, UnsetType)}
        found.append(Text(item=index, text=part.text, fields=rest(left)))
    return None if is_easy(shape.id, shape.status, found) else found  # that it is a list has to be noted


def _plain(part: _Part) -> bool:
    return part.annotations is part.logprobs is UNSET


_READERS: Mapping[str, Callable[[_Item, int], list[Block] | None]] = {
    CALL: _call,
    REASONING: _thinking,
    MESSAGE: _message,
}
