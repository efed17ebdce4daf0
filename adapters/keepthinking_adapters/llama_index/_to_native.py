"""Messages as LlamaIndex's."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, MessageRole, TextBlock, ThinkingBlock
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Converted, FormatError, Message, ToolResult, dumps
from keepthinking._turns import MODEL_ROLES
from keepthinking.carry import Part, messages_of, pack, unpack
from keepthinking_adapters.llama_index._plain import CALL_ID, ERROR, RESULTS, SLOT, plain, records
from keepthinking_adapters.llama_index._residual import Template, edited, filled, templates
from keepthinking_adapters.llama_index._show import carrier, identified, show
from keepthinking_adapters.llama_index._witness import WITNESS, counted

__all__ = ["shown", "to_native"]

_ROLES = {role.value: role for role in MessageRole if role not in RESULTS}


def to_native(messages: Sequence[Message]) -> Converted[list[ChatMessage]]:
    """Turn messages into LlamaIndex's.

    Maps to: `ChatMessage`, one a message, and one a result. Text, thinking, calls and media are blocks of LlamaIndex's
        own classes; what it has no class for is a `ThinkingBlock` without content, which stock clients do not send.
        What no field holds stands in one record, without a word that shows elsewhere: in the first `ThinkingBlock` of
        what a model said (`additional_information["keepthinking"]`; where there is none, in one of its own at the
        end), since LlamaIndex's memories count `additional_kwargs` as tokens, and in
        `additional_kwargs["keepthinking"]` of any other message. Who takes that block out takes the record out; what it
        held is counted in `additional_kwargs["keepthinking_held"]`, so `from_native` tells. That a tool failed is
        `additional_kwargs["is_error"]`.
        A role that LlamaIndex has no word for is a user's.
        A call without an id shows one of ours, which stands for none also in what answers it.
    Cannot hold: nothing. Arguments that have a name twice, and fields of the wire such as citations, stand in the
        record as they are: a word that someone takes out of a stored message is to be looked for there, until the
        message has been read and written again. Half an emoji is held, and LlamaIndex's JSON refuses it.
    Version notes: `ToolCallBlock` needs llama-index-core 0.14.5. OpenAI's stock clients take these messages from
        llama-index-llms-openai 0.6.22 on: before, they refuse a `ThinkingBlock`, and before 0.6.5 they send all that
        stands in `additional_kwargs`.

    Args:
        messages: A history.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[ChatMessage] = []
    for message in messages_of(messages):
        found += _natives(message)
    return Converted(value=found)


def shown(message: Message) -> list[ContentBlock]:
    """Give the content blocks that show a message, in order, calls among them."""
    return [show(block) for block in identified(message.blocks)]


def _natives(message: Message) -> list[ChatMessage]:
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


def _native(message: Message, part: Part | None, template: Template | None) -> ChatMessage:
    made = _with_record(_build(message), message, part)
    if template is None:
        return made
    again = filled(template, message, {"record": next(iter(records(made)), None), "witness": counted(message)})
    if again is not None and _says(again, message, part):
        return again
    return _with_record(edited(template, message, _build(message)), message, part)


def _says(native: ChatMessage, message: Message, part: Part | None) -> bool:
    """Tell whether a message of LlamaIndex is read as this one."""
    try:
        held = records(native)
        read = unpack(held, plain(native, ours=bool(held)).message)
    except FormatError:
        return False
    return read.message == message and (read.part is None) is (part is None)


def _parts(message: Message) -> list[tuple[Block, ...]]:
    """Cut a message between results, which LlamaIndex holds in messages of their own."""
    if message.role in MODEL_ROLES:
        return [message.blocks]
    parts: list[list[Block]] = []
    for block in message.blocks:
        if isinstance(block, ToolResult) or not parts or isinstance(parts[-1][-1], ToolResult):
            parts.append([])
        parts[-1].append(block)
    return [tuple(part) for part in parts] or [()]


def _with_record(native: ChatMessage, message: Message, part: Part | None) -> ChatMessage:
    record = pack(message, plain(native, ours=True).message, part=part)
    if record is None and plain(native).message != replace(message, native=UNSET):
        record = pack(message, plain(native, ours=True).message, part=part, always=True)
    if record is None:
        return native
    if message.role not in MODEL_ROLES:
        native.additional_kwargs = {**native.additional_kwargs, SLOT: record}
        return native
    native.additional_kwargs = {**native.additional_kwargs, WITNESS: counted(message)}
    blocks = list(native.blocks)
    first = next((i for i, block in enumerate(blocks) if isinstance(block, ThinkingBlock)), None)
    if first is None:
        blocks.append(carrier({"type": SLOT, SLOT: record}))
    else:
        held = blocks[first]
        information: dict[str, Any] = {**getattr(held, "additional_information", {}), SLOT: record}
        blocks[first] = held.model_copy(update={"additional_information": information})
    native.blocks = blocks
    return native


def _build(message: Message) -> ChatMessage:
    if message.role in MODEL_ROLES:
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=shown(message))
    if len(message.blocks) == 1 and isinstance(result := message.blocks[0], ToolResult):
        role = MessageRole.FUNCTION if message.role == "function" else MessageRole.TOOL
        return _result(role, result)
    return ChatMessage(
        role=_ROLES.get(message.role, MessageRole.USER), blocks=[show(block) for block in message.blocks]
    )


def _result(role: MessageRole, block: ToolResult) -> ChatMessage:
    blocks: list[ContentBlock] = []
    if isinstance(block.content, str):
        blocks = [TextBlock(text=block.content)]
    elif isinstance(block.content, tuple):
        blocks = [show(part) for part in block.content]
    named: dict[str, Any] = {} if block.call_id is UNSET else {CALL_ID: block.call_id}
    if block.status == "error":
        named[ERROR] = True
    return ChatMessage(role=role, blocks=blocks, additional_kwargs=named)
