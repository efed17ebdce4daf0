"""A LlamaIndex message as LlamaIndex alone tells it, whoever made it.

Rule 1: blocks are the truth about calls. What clients keep of them in `additional_kwargs` counts where no block does.
Rule 2: a place of Anthropic's cache, a block of its own here, is a member of the block before it on the wire.
Rule 3: nothing is changed: not the message, not what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, cast

from llama_index.core.base.llms.types import CachePoint, ChatMessage, MessageRole, ThinkingBlock, ToolCallBlock
from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from pydantic import BaseModel

from keepthinking import (
    Block,
    DecodeError,
    EncodeError,
    Field,
    Item,
    Json,
    KeepthinkingError,
    Message,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking.carry import History, broken
from keepthinking_adapters.llama_index._blocks import Sight, call, read_block
from keepthinking_adapters.llama_index._show import Shown, called, wire_id

__all__ = [
    "CACHE",
    "CALL_ID",
    "ERROR",
    "HISTORY",
    "MODELS",
    "RESULTS",
    "SLOT",
    "Path",
    "Plain",
    "checked",
    "is_carrier",
    "place_of_record",
    "plain",
    "records",
]

HISTORY: Final = History("LlamaIndex", (ChatMessage,), "give a list of `ChatMessage`")
"""What a history of LlamaIndex is."""
CACHE: Final = "cache_control"
"""Where a whole message asks for a place of Anthropic's cache, and how the wire says it."""
SLOT: Final = "keepthinking"
"""The key of `additional_information`, or of `additional_kwargs`, that holds the record, as a string."""
CALL_ID: Final = "tool_call_id"
"""Where LlamaIndex keeps which call a message answers."""
ERROR: Final = "is_error"
"""Where we keep that a tool failed, by LlamaIndex's own name for it outside of messages (`ToolOutput.is_error`)."""
MODELS: Final = frozenset({MessageRole.ASSISTANT, MessageRole.CHATBOT, MessageRole.MODEL})
"""Roles of what a model said: clients of some vendors have a word of their own."""
RESULTS: Final = frozenset({MessageRole.TOOL, MessageRole.FUNCTION})
_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_details")

Path: TypeAlias = tuple[str | int, ...]


class Plain(NamedTuple):
    """A message as LlamaIndex tells it.

    Attributes:
        message: The message.
        owners: For each block, the places of the native message that show it.
    """

    message: Message
    owners: tuple[tuple[Path, ...], ...] = ()


class _Held(NamedTuple):
    sight: Sight
    owners: tuple[Path, ...]


def records(native: ChatMessage) -> tuple[str, ...]:
    """Give the records that a message carries; several where blocks of several messages were put into one.

    Raises:
        DecodeError: It holds what LlamaIndex never puts there.
        FormatError: Something else stands where a record should.
    """
    message = checked(native)
    blocks = (block for block in message.blocks if isinstance(block, ThinkingBlock))
    held = [message.additional_kwargs, *(block.additional_information for block in blocks)]
    found = [one[SLOT] for one in held if SLOT in one]
    if not all(isinstance(text, str) for text in found):
        raise broken()
    return tuple(found)


def checked(native: ChatMessage) -> ChatMessage:
    """Give a message of LlamaIndex; pydantic looks at what a message is made of, and not at what is put in later.

    Raises:
        DecodeError: It is none.
    """
    held = vars(native)
    if not isinstance(held.get("blocks"), list) or not isinstance(held.get("additional_kwargs"), dict):
        what = "a message has no list of blocks, or no dictionary of `additional_kwargs`"
        raise DecodeError(what, where="$", culprit="framework", hint="make messages with `ChatMessage(...)`")
    if held.get("role") not in {role.value for role in MessageRole}:
        hint = "make messages with `ChatMessage(...)`"
        raise DecodeError("a message has no role of LlamaIndex", where="$", culprit="framework", hint=hint)
    return native


def place_of_record(native: ChatMessage) -> Path | None:
    """Give where a message carries its record; None where it carries none."""
    if SLOT in native.additional_kwargs:
        return ("additional_kwargs", SLOT)
    for i, block in enumerate(native.blocks):
        if isinstance(block, ThinkingBlock) and SLOT in block.additional_information:
            return ("blocks", i, "fields", "additional_information", SLOT)
    return None


def is_carrier(block: object) -> bool:
    """Tell whether a block holds a record and nothing else."""
    return isinstance(block, ThinkingBlock) and block.additional_information.get("type") == SLOT


def plain(native: ChatMessage, *, ours: bool = False) -> Plain:
    """Read a message without its record.

    Args:
        native: The message; it is not changed.
        ours: Whether it carries a record: what `to_native` never writes is then not read.

    Raises:
        DecodeError: A block is none of LlamaIndex, or names a file that cannot be read.
    """
    role, kwargs = MessageRole(native.role), native.additional_kwargs
    held = _content(native)
    if role in RESULTS:
        return _result(role.value, kwargs, held, ours=ours)
    if role not in MODELS:
        return _made(Message(role=role.value), held if ours else _cached(held, kwargs))
    fields: Json | UnsetType = UNSET
    if not ours:
        if not any(isinstance(block, ToolCallBlock) for block in native.blocks):
            held += _calls(kwargs.get("tool_calls"))
            fields = _legacy(kwargs)
        else:
            held = _mirrored(held, kwargs.get("tool_calls"))
        held = _cached(_with_fields(_thoughts(kwargs), held), kwargs)
    return _made(Message(role="assistant", fields=fields), held)


def _made(message: Message, held: list[_Held]) -> Plain:
    items: list[Item] = []
    blocks: list[Block] = []
    for sight, _ in held:
        block = sight.block
        if sight.item is not None:
            block = replace(block, item=len(items))
            items.append(sight.item)
        blocks.append(block)
    whole = replace(message, blocks=tuple(blocks), items=tuple(items))
    return Plain(whole, tuple(owners for _, owners in held))


def _result(role: str, kwargs: Mapping[str, Any], held: list[_Held], *, ours: bool) -> Plain:
    # Clients of the Responses API take the id under the wire's own name, too (llama-index-llms-openai 0.8.3).
    key = CALL_ID if ours or CALL_ID in kwargs else "call_id"
    call_id = kwargs.get(key, UNSET)
    name = UNSET if ours else kwargs.get("name", UNSET)
    if not ours and name is UNSET and isinstance(call_id, str) and (found := called(call_id)) is not None:
        name = found[1]
    content: str | tuple[Block, ...] | UnsetType = tuple(one.sight.block for one in held)
    if len(held) == 1 and isinstance(only := held[0].sight.block, Text) and only.fields is UNSET:
        content = only.text
    block = ToolResult(
        call_id=wire_id(call_id) if isinstance(call_id, str) else None if call_id is None else UNSET,
        name=name if isinstance(name, str) else UNSET,
        status="error" if kwargs.get(ERROR) is True else "unspecified",
        content=content if content != () else UNSET,
    )
    owners = [owner for one in held for owner in one.owners]
    owners += [("additional_kwargs", name) for name in (key, "name") if name in kwargs]
    if block.status == "error":
        owners.append(("additional_kwargs", ERROR))
    return _made(Message(role=role), [_Held(Sight(block), tuple(owners))])


def _content(native: ChatMessage) -> list[_Held]:
    held: list[_Held] = []
    for i, part in enumerate(native.blocks):
        if is_carrier(part):
            continue
        at: Path = ("blocks", i)
        if isinstance(part, CachePoint) and held:
            marked = _marked(held[-1], part.cache_control.model_dump(), at)
            if marked is not None:
                held[-1] = marked
                continue
        held.append(_Held(read_block(part), (at,)))
    return held


def _marked(one: _Held, control: object, at: Path) -> _Held | None:
    """Put a place of the cache on a block; None where it has one, or something else, already, or is no JSON."""
    block = one.sight.block
    if block.fields is not UNSET:
        return None
    try:
        marked = replace(block, fields=Json.of({CACHE: control}))
    except EncodeError:
        return None
    return _Held(one.sight._replace(block=marked), (*one.owners, at))


def _cached(held: list[_Held], kwargs: Mapping[str, Any]) -> list[_Held]:
    """Put the place of the cache that a whole message asks for where Anthropic's client puts it: on the last block."""
    control = kwargs.get(CACHE)
    if not held or not isinstance(control, dict) or control == {}:
        return held
    marked = _marked(held[-1], cast("Shown", control), ("additional_kwargs", CACHE))
    return held if marked is None else [*held[:-1], marked]


def _calls(entries: object) -> list[_Held]:
    """Read calls that no block shows, as clients kept them before there were blocks (llama-index-core below 0.14.5)."""
    found: list[_Held] = []
    for i, entry in enumerate(cast("Sequence[object]", entries) if isinstance(entries, list) else ()):
        said = _entry(entry)
        if said is not None:
            block = replace(call(*said), seals=_seals(entry))
            found.append(_Held(Sight(block), (("additional_kwargs", "tool_calls", i),)))
    return found


def _entry(entry: object) -> tuple[object, object, object] | None:
    """Give id, name and arguments of a call in the shape of some vendor; None where it is in none."""
    held = _members(entry)
    function = _members(held.get("function"))
    if "name" in function:
        return held.get("id"), function["name"], function.get("arguments")
    if "name" in held and ("arguments" in held or "input" in held):
        return held.get("call_id", held.get("id")), held["name"], held.get("arguments", held.get("input"))
    return None


def _members(value: object) -> Mapping[str, Any]:
    """Give the members of a vendor's object, alive or written down."""
    if isinstance(value, BaseModel):
        return {**value.__dict__, **(value.__pydantic_extra__ or {})}
    return cast("Shown", value) if isinstance(value, dict) else {}


def _seals(entry: object) -> tuple[Seal, ...]:
    """Give the seals of a call of Gemini's compatible endpoint, which a client keeps in the vendor's object alone."""
    extra = _members(entry).get("extra_content")
    if not isinstance(extra, dict):
        return ()
    one: Shown = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}, "extra_content": extra}
    body: Shown = {"model": "", "messages": [{"role": "assistant", "content": None, "tool_calls": [one]}]}
    try:
        message = dialect("openai-chat").decode_request(body).conversation.messages[0]
    except KeepthinkingError:
        return ()
    return tuple(seal for block in message.blocks for seal in block.seals)


def _mirrored(held: list[_Held], entries: object) -> list[_Held]:
    """Say of calls that `additional_kwargs` repeats where it does: an edit of a call is an edit of both."""
    left = list(enumerate(cast("Sequence[object]", entries))) if isinstance(entries, list) else []
    found: list[_Held] = []
    for one in held:
        block, owners = one.sight.block, one.owners
        for i, entry in left if isinstance(block, ToolCall) else ():
            said = _entry(entry)
            if said is not None and isinstance(block, ToolCall) and said[:2] == (block.id, block.name):
                owners = (*owners, ("additional_kwargs", "tool_calls", i))
                block = replace(block, seals=_seals(entry))
                left.remove((i, entry))
                break
        found.append(_Held(one.sight._replace(block=block), owners))
    return found


def _legacy(kwargs: Mapping[str, Any]) -> Json | UnsetType:
    """Give a call of the deprecated kind, where LlamaIndex's client keeps and sends it (llama-index-llms-openai 0.8.3).

    It counts where there are no others.
    """
    held = kwargs.get("function_call")
    if kwargs.get("tool_calls") or not isinstance(held, dict):
        return UNSET
    try:
        return Json.of({"function_call": cast("Shown", held)})
    except EncodeError:
        return UNSET


def _thoughts(kwargs: Mapping[str, Any]) -> list[_Held]:
    """Read thinking that stands beside the content, as the wire of the chat dialects has it."""
    found: list[_Held] = []
    wire = {
        name: kwargs[name]
        for name in _FIELDS
        if isinstance(kwargs.get(name), list if name == "reasoning_details" else str)
    }
    if not wire:
        return found
    body = {"model": "", "messages": [{"role": "assistant", "content": None, **wire}]}
    try:
        message = dialect("openai-chat").decode_request(body).conversation.messages[0]
    except KeepthinkingError:
        return found
    for block in message.blocks:
        names = [p.name for p in block.places if isinstance(p, Field)] if isinstance(block, Thinking) else []
        if block.item is not UNSET or not names:
            names.append("reasoning_details")
        owners: tuple[Path, ...] = tuple(("additional_kwargs", name) for name in dict.fromkeys(names))
        found.append(_Held(Sight(block, None if block.item is UNSET else message.items[block.item]), owners))
    return found


def _with_fields(fields: list[_Held], held: list[_Held]) -> list[_Held]:
    """Put thinking of fields before the content, unless the content shows the same."""
    inline = [i for i, one in enumerate(held) if isinstance(one.sight.block, Thinking)]
    if not fields or _words(held[i] for i in inline) != _words(fields) or not inline:
        return fields + held
    owners = tuple(owner for i in inline for owner in held[i].owners)
    first = fields[0]._replace(owners=(*fields[0].owners, *owners))
    rest = [one for i, one in enumerate(held) if i not in inline]
    return [*rest[: inline[0]], first, *fields[1:], *rest[inline[0] :]]


def _words(held: Any) -> str:
    return "".join(one.sight.block.text for one in held if isinstance(one.sight.block, Thinking))
