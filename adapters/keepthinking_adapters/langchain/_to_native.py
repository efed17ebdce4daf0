"""Messages as LangChain's."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Converted, FormatError, Message, ToolResult, dumps
from keepthinking._turns import MODEL_ROLES
from keepthinking.carry import Part, messages_of, pack, unpack
from keepthinking_adapters.langchain._plain import DEVELOPER, SLOT, plain, records
from keepthinking_adapters.langchain._residual import Template, edited, filled, templates
from keepthinking_adapters.langchain._show import Shown, calls_of, identified, is_plain, show, text_of, variants

__all__ = ["calls", "carried", "shown", "to_native"]

_V1 = {"output_version": "v1"}


def to_native(messages: Sequence[Message]) -> Converted[list[BaseMessage]]:
    """Turn messages into LangChain's.

    Maps to: `AIMessage`, `HumanMessage`, `SystemMessage` (a developer's with `__openai_role__`), one `ToolMessage` a
        result, `ChatMessage` for any other role. An assistant's text and calls are a string and `tool_calls`, as stock
        clients have them; anything else are v1 content blocks. What no field holds stands in one record,
        `additional_kwargs["keepthinking"]`, without a word that shows elsewhere. A call without
        an id shows one of ours, which stands for none also in what answers it.
    Cannot hold: nothing. Arguments that were cut off or have a name twice, and fields of the wire such as citations,
        stand in the record as they are: a word that someone takes out of a stored message is to be looked for there,
        until the message has been read and written again. Arguments with integers beyond 64 bits are held, and
        LangGraph's checkpoints refuse them.
    Version notes: v1 content blocks need langchain-core 1.0.

    Args:
        messages: A history.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[BaseMessage] = []
    for message in messages_of(messages):
        found += _natives(message)
    return Converted(value=found)


def shown(message: Message) -> list[Shown]:
    """Give the v1 content blocks that show a message, in order, calls among them."""
    return [show(block) for block in identified(message.blocks)]


def calls(message: Message) -> tuple[list[Shown], list[Shown]]:
    """Give `tool_calls` and `invalid_tool_calls` of a message."""
    return calls_of(message.blocks)


def carried(message: Message, content: list[Shown] | None = None) -> dict[str, Any]:
    """Give the `additional_kwargs` that an AIMessage showing this message needs; {} where it says everything.

    Args:
        message: The message.
        content: The v1 content blocks that show it, where they are not those of `shown`.
    """
    made = _assistant(message)
    if content is not None:
        made = made.model_copy(update={"content": content, "response_metadata": {**made.response_metadata, **_V1}})
    return dict(_with_record(made, message, None).additional_kwargs)


def _natives(message: Message) -> list[BaseMessage]:
    bare = replace(message, native=UNSET)
    parts = _parts(message)
    held = templates(message)
    if len(parts) == 1:
        return [_native(bare, None, held[0] if len(held) == 1 else None)]
    group = blake2b(dumps(bare), digest_size=6).hexdigest()
    pieces = [replace(bare, blocks=blocks) for blocks in parts]
    kept: Sequence[Template | None] = held if len(held) == len(parts) else [None] * len(parts)
    return [
        _native(piece, Part(group, i, len(pieces)), template)
        for i, (piece, template) in enumerate(zip(pieces, kept, strict=True))
    ]


def _native(message: Message, part: Part | None, template: Template | None) -> BaseMessage:
    made = _with_record(_build(message), message, part)
    if template is None:
        return made
    again = filled(template, message, next(iter(records(made)), None))
    if again is not None and _says(again, message, part):
        return again
    return _with_record(edited(template, message, _build(message)), message, part)


def _says(native: BaseMessage, message: Message, part: Part | None) -> bool:
    """Tell whether a message of LangChain is read as this one."""
    held = records(native)
    try:
        read = unpack(held, plain(native, ours=bool(held)).message)
    except FormatError:
        return False
    return read.message == message and (read.part is None) is (part is None)


def _parts(message: Message) -> list[tuple[Block, ...]]:
    """Cut a message between results, which LangChain holds in messages of their own."""
    if message.role in MODEL_ROLES:
        return [message.blocks]
    parts: list[list[Block]] = []
    for block in message.blocks:
        if isinstance(block, ToolResult) or not parts or isinstance(parts[-1][-1], ToolResult):
            parts.append([])
        parts[-1].append(block)
    return [tuple(part) for part in parts] or [()]


def _with_record(native: BaseMessage, message: Message, part: Part | None) -> BaseMessage:
    record = pack(message, plain(native, ours=True).message, part=part, variants=variants)
    if record is None and plain(native).message != replace(message, native=UNSET):
        record = pack(message, plain(native, ours=True).message, part=part, variants=variants, always=True)
    if record is not None:
        native.additional_kwargs = {**native.additional_kwargs, SLOT: [record]}
    return native


def _build(message: Message) -> BaseMessage:
    if message.role in MODEL_ROLES:
        return _assistant(message)
    if len(message.blocks) == 1 and isinstance(result := message.blocks[0], ToolResult):
        return _result(result)
    named: dict[str, Any] = {"name": message.name} if isinstance(message.name, str) else {}
    content: Any = [show(block) for block in message.blocks]
    if len(content) == 1 and content[0]["type"] == "text":
        content = content[0]["text"]
    match message.role:
        case "system":
            return SystemMessage(content=content, **named)
        case "developer":
            return SystemMessage(content=content, **named, additional_kwargs={DEVELOPER: "developer"})
        case "user" | "tool" | "function":
            return HumanMessage(content=content, **named)
        case role:
            return ChatMessage(role=role, content=content, **named)


def _assistant(message: Message) -> AIMessage:
    valid, invalid = calls_of(message.blocks)
    metadata: dict[str, Any] = {}
    if message.origin is not UNSET and isinstance(message.origin.provider, str):
        metadata["model_provider"] = message.origin.provider
    content: Any = text_of(message)
    if not is_plain(message):
        content = shown(message)
        metadata |= _V1
    return AIMessage(content=content, tool_calls=valid, invalid_tool_calls=invalid, response_metadata=metadata)


def _result(block: ToolResult) -> ToolMessage:
    content: Any = ""
    if isinstance(block.content, str):
        content = block.content
    elif isinstance(block.content, tuple):
        content = [show(part) for part in block.content]
    return ToolMessage(
        content=content,
        tool_call_id=block.call_id if isinstance(block.call_id, str) else "",
        name=block.name if isinstance(block.name, str) else None,
        status="error" if block.status == "error" else "success",
    )
