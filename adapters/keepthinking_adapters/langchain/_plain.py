"""A LangChain message as LangChain alone tells it, whoever made it.

Rule 1: `tool_calls` and `invalid_tool_calls` are the truth about calls; content blocks say where they stand.
Rule 2: a thought that shows twice (in `additional_kwargs` and as a content block) is one thought.
Rule 3: nothing is changed: not the message, not what it holds. `content_blocks` is not read, since reading it removes
keys from the content of some messages (langchain-core 1.7.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import (
    Block,
    Conversation,
    DecodeError,
    EncodeError,
    Field,
    Item,
    Json,
    KeepthinkingError,
    Message,
    Origin,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking.carry import History, has_shape
from keepthinking_adapters.langchain._blocks import (
    CALLS,
    Sight,
    call,
    content_of,
    google_seal,
    read_block,
    reasoning_item,
)
from keepthinking_adapters.langchain._show import Shown, wire_id

__all__ = ["DEVELOPER", "HISTORY", "SLOT", "Path", "Plain", "checked", "plain", "records"]

HISTORY: Final = History("LangChain", (BaseMessage,), "give a list of `BaseMessage`")
"""What a history of LangChain is."""
SLOT: Final = "keepthinking"
"""The key of `additional_kwargs` that holds the record, in a list: lists are joined whole when messages are added up,
while the values of dictionaries are added to each other (langchain-core 1.7.2, `utils/_merge.py`)."""
DEVELOPER: Final = "__openai_role__"
"""Where LangChain keeps that a system message is a developer's (langchain-openai 1.7.3)."""
HARNESS: Final = "lc_source"
"""What LangChain puts on a human message that no human wrote (langchain-core 1.7.2)."""
GOOGLE: Final = "google_genai"
_SIGNATURES: Final = "__gemini_function_call_thought_signatures__"
"""What Gemini's client calls itself, and where it keeps the seals of calls (langchain-google-genai 4.4.2)."""
_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_details")

Path: TypeAlias = tuple[str | int, ...]


class Plain(NamedTuple):
    """A message as LangChain tells it.

    Attributes:
        message: The message.
        owners: For each block, the places of the native message that show it.
    """

    message: Message
    owners: tuple[tuple[Path, ...], ...] = ()


class _Held(NamedTuple):
    sight: Sight
    owners: tuple[Path, ...]


_SHAPES: Final[Mapping[type, Mapping[str, tuple[type, ...]]]] = {
    BaseMessage: {"content": (str, list), "additional_kwargs": (dict,), "response_metadata": (dict,)},
    AIMessage: {"tool_calls": (list,), "invalid_tool_calls": (list,)},
    ChatMessage: {"role": (str,)},
    ToolMessage: {"tool_call_id": (str,)},
}
"""What LangChain's constructors see to (langchain-core 1.7.2)."""


def checked(native: BaseMessage) -> BaseMessage:
    """Give a message of LangChain; pydantic looks at what a message is made of, and not at what is put in later.

    Raises:
        DecodeError: It holds what LangChain never puts there.
    """
    is_sound = has_shape(native, _SHAPES)
    if is_sound and isinstance(native, AIMessage):
        calls: list[object] = [*native.tool_calls, *native.invalid_tool_calls]
        is_sound = all(isinstance(call, dict) for call in calls)
    if not is_sound:
        what = "a message holds what LangChain never puts there"
        raise DecodeError(what, where="$", culprit="framework", hint="make messages with their constructors")
    return native


def records(native: BaseMessage) -> tuple[str, ...]:
    """Give the records that a message carries; several where LangChain has joined messages."""
    held = native.additional_kwargs.get(SLOT)
    return tuple(text for text in cast("list[object]", held) if isinstance(text, str)) if isinstance(held, list) else ()


def plain(native: BaseMessage, *, ours: bool = False) -> Plain:
    """Read a message without its record.

    Args:
        native: The message; it is not changed.
        ours: Whether it carries a record: what `to_native` never writes is then not read.

    Raises:
        DecodeError: LangChain makes no such message.
    """
    match native:
        case AIMessage():
            held = _assistant(native, ours=ours)
            if not ours and native.response_metadata.get("model_provider") == GOOGLE:
                held = [_googles(one, native.additional_kwargs) for one in held]
            origin = UNSET if ours else _origin(native.response_metadata)
            fields = UNSET if ours else _legacy(native)
            if not ours and not held and native.content == "" and fields is UNSET:
                held = [_Held(Sight(Text(text="")), (("content",),))]  # said, and empty: not the same as nothing said
            return _made(Message(role="assistant", origin=origin, fields=fields), held)
        case ToolMessage():
            return _result(native, "tool", wire_id(native.tool_call_id), native.status, ours=ours)
        case FunctionMessage():
            return _result(native, "function", UNSET, "", ours=ours)
        case HumanMessage():
            role = "user"
        case SystemMessage():
            role = "developer" if native.additional_kwargs.get(DEVELOPER) == "developer" else "system"
        case ChatMessage():
            role = native.role
        case _:
            what = f"{type(native).__name__} is no message of a history"
            raise DecodeError(what, where="$", culprit="framework", hint="give what a model said or was told")
    message = Message(
        role=role,
        name=UNSET if native.name is None else native.name,
        author="harness" if HARNESS in native.additional_kwargs else "unknown",
    )
    return _made(message, _content(native, ours=ours, empty=True))


def _googles(one: _Held, kwargs: Mapping[str, Any]) -> _Held:
    """Give a block the seal that Gemini's client keeps for it: a call's beside the content, by the call's id."""
    block, owners = one.sight.block, one.owners
    if isinstance(block, Thinking):
        block = replace(block, seals=tuple(google_seal(seal.wire) for seal in block.seals))
    elif isinstance(block, ToolCall) and isinstance(id_ := block.id, str) and isinstance(kwargs.get(_SIGNATURES), dict):
        wire = cast("Shown", kwargs[_SIGNATURES]).get(id_)
        if isinstance(wire, str):
            block = replace(block, seals=(google_seal(wire),))
            owners = (*owners, ("additional_kwargs", _SIGNATURES, id_))
    return _Held(one.sight._replace(block=block), owners)


def _legacy(native: AIMessage) -> Json | UnsetType:
    """Give a call of the deprecated kind, where LangChain's clients keep it and the chat dialect's messages have it.

    It counts where there are no others, as in LangChain's own client (langchain-openai 1.7.3).
    """
    held = native.additional_kwargs.get("function_call")
    if native.tool_calls or native.invalid_tool_calls or not isinstance(held, dict):
        return UNSET
    try:
        return Json.of({"function_call": cast("Shown", held)})
    except EncodeError:
        return UNSET


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


def _result(native: BaseMessage, role: str, call_id: Any, status: str, *, ours: bool) -> Plain:
    block = ToolResult(
        call_id=call_id,
        name=UNSET if native.name is None else native.name,
        status="error" if status == "error" else "unspecified",
        content=content_of(native.content, ours=ours),
    )
    return _made(Message(role=role), [_Held(Sight(block), (("content",),))])


def _content(native: BaseMessage, *, ours: bool, empty: bool) -> list[_Held]:
    content = native.content
    if isinstance(content, str):
        return [_Held(Sight(Text(text=content)), (("content",),))] if content != "" or empty else []
    return [_Held(read_block(part, ours=ours), (("content", i),)) for i, part in enumerate(content)]


def _assistant(native: AIMessage, *, ours: bool) -> list[_Held]:
    held = _content(native, ours=ours, empty=False) if isinstance(native.content, str) else []
    left: list[tuple[Path, Mapping[str, Any]]] = [
        *((("tool_calls", i), entry) for i, entry in enumerate(cast("list[Shown]", native.tool_calls))),
        *((("invalid_tool_calls", i), entry) for i, entry in enumerate(cast("list[Shown]", native.invalid_tool_calls))),
    ]
    # Content that a user wrote may have calls that no field repeats. Where a field or a record speaks of calls, a
    # content block without its entry is a call that was taken out.
    lonely = not left and not ours
    for i, part in enumerate(native.content if isinstance(native.content, list) else ()):
        at: tuple[Path, ...] = (("content", i),)
        if isinstance(part, dict) and part.get("type") in CALLS:
            found = _entry(part, left)
            if found is None:
                held += [_Held(call(part), at)] if lonely else []
                continue
            left.remove(found)
            held.append(_Held(call(part, found[1]), (*at, found[0])))
            continue
        held.append(_Held(read_block(part, ours=ours), at))
    held += [_Held(call(dict(entry), entry), (path,)) for path, entry in left]
    return held if ours else _with_fields(_thoughts(native.additional_kwargs), held)


def _entry(
    part: Mapping[str, Any], left: list[tuple[Path, Mapping[str, Any]]]
) -> tuple[Path, Mapping[str, Any]] | None:
    """Find the entry of a content block: by id, and among equal ids the first."""
    ids = [id_ for id_ in (part.get("id"), part.get("call_id")) if id_ is not None]
    by_id = (found for found in left if (found[1].get("id") in ids if ids else found[1].get("id") is None))
    return next(by_id, None)


def _thoughts(kwargs: Mapping[str, Any]) -> list[_Held]:
    """Read thinking that stands beside the content, as the wire of the chat dialects has it."""
    found: list[_Held] = []
    if isinstance(item := kwargs.get("reasoning"), dict):
        found.append(_Held(reasoning_item(cast("Shown", item)), (("additional_kwargs", "reasoning"),)))
    wire = {
        name: kwargs[name]
        for name in _FIELDS
        if isinstance(kwargs.get(name), list if name == "reasoning_details" else str)
    }
    if not wire:
        return found
    body = {"model": "", "messages": [{"role": "assistant", "content": None, **wire}]}
    try:
        conversation: Conversation = dialect("openai-chat").decode_request(body).conversation
    except KeepthinkingError:
        return found
    message = conversation.messages[0]
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


def _origin(metadata: Mapping[str, Any]) -> Any:
    provider = metadata.get("model_provider")
    if not isinstance(provider, str):
        return UNSET
    model = metadata.get("model_name", metadata.get("model"))
    response_id = metadata.get("id")
    return Origin(
        provider=provider,
        model=model if isinstance(model, str) else UNSET,
        response_id=response_id if isinstance(response_id, str) else UNSET,
    )
