"""Messages as AutoGen's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from autogen_agentchat.messages import MessageFactory
from autogen_core import FunctionCall, Image
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResultMessage,
    LLMMessage,
    SystemMessage,
    UserMessage,
)
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Converted, Loss, Media, Message, Text, Thinking, ToolCall, ToolResult, dumps
from keepthinking._turns import MODEL_ROLES
from keepthinking.carry import Part, messages_of, pack
from keepthinking_adapters.autogen._carriers import put, put_on_call
from keepthinking_adapters.autogen._chat import Native, chat_of, from_chat
from keepthinking_adapters.autogen._chat import factory as known
from keepthinking_adapters.autogen._plain import PLACES, plain
from keepthinking_adapters.autogen._residual import Template, identify, templates
from keepthinking_adapters.autogen._show import Kind, Place, identified, image_of, places, show_call, show_result

__all__ = ["to_native"]

_SYSTEM = frozenset({"system", "developer"})
_TYPES: dict[str, Kind] = {
    "SystemMessage": "system",
    "UserMessage": "user",
    "AssistantMessage": "assistant",
    "FunctionExecutionResultMessage": "results",
}


def to_native(messages: Sequence[Message], *, factory: MessageFactory | None = None) -> Converted[list[Any]]:
    """Turn messages into AutoGen's.

    Maps to: `SystemMessage`, `UserMessage`, `AssistantMessage`, and one `FunctionExecutionResultMessage` for results
        that stand together. Words are `content`, thoughts are `thought`, calls and images are AutoGen's own. What no
        field holds stands in one record, an attribute of the message that is no field: copies and pickles keep it, and
        no stock client sends it. AutoGen's JSON drops it, so contexts of this room save it beside the messages.
        A call without an id shows one of ours, which stands for none also in what answers it.
        What was read from messages of agents becomes these again; without `Message.native` it is for a model.
    Cannot hold: nothing while the record is there. Words beside calls and a thought show nowhere; neither do blocks of
        a provider's own, nor media that are no picture. Classes of agents' messages that the factory does not know,
        and edits that they have no room for, become messages for a model.
    Version notes: autogen-core 0.6.2 and newer is tested.

    Args:
        messages: A history.
        factory: Makes messages of agents of their dumps; it has to know each `StructuredMessage` and each class of
            one's own. By default one that knows AutoGen's.

    Returns:
        Messages for a model (`LLMMessage`), or of agents where they were read from such.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[Any] = []
    losses: list[Loss] = []
    for i, message in enumerate(messages_of(messages)):
        natives: Sequence[Native] = (wholes := _natives(message))
        if from_chat(message):
            made = chat_of(message, wholes, known() if factory is None else factory)
            if isinstance(made, str):
                losses.append(Loss(kind="foreign", path=f"messages[{i}]", what="the messages of an agent", why=made))
            else:
                natives = made
        found += natives
    return Converted(value=found, losses=tuple(losses))


def _natives(message: Message) -> list[LLMMessage]:
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


def _parts(message: Message) -> list[tuple[Block, ...]]:
    """Cut a message where results begin or end, which AutoGen holds in messages of their own."""
    if message.role in MODEL_ROLES:
        return [message.blocks]
    parts: list[list[Block]] = []
    for block in message.blocks:
        if not parts or isinstance(parts[-1][-1], ToolResult) is not isinstance(block, ToolResult):
            parts.append([])
        parts[-1].append(block)
    return [tuple(part) for part in parts] or [()]


def _kind(message: Message) -> Kind:
    if message.role in MODEL_ROLES:
        return "assistant"
    if message.blocks and isinstance(message.blocks[0], ToolResult):
        return "results"
    if message.role in _SYSTEM:
        return "system"
    return "results" if message.role == "tool" and not message.blocks else "user"


def _native(message: Message, part: Part | None, template: Template | None) -> LLMMessage:
    kind = _kind(message)
    blocks = identified(message.blocks)
    where = places(blocks, kind)
    fits = template is not None and _TYPES.get(template["type"]) == kind
    native = _build(message, kind, blocks, where, template if fits else None)
    if template is not None and fits:
        identify(native, template)
    if part is None and plain(native) == message:
        return native
    record = pack(message, plain(native, where), part=part, always=True) or ""
    # One more member of the record: what reads records knows its own members, and leaves others alone.
    record = f'{record[:-1]},"{PLACES}":{json.dumps(where, separators=(",", ":"))}}}'
    put(native, record)
    if isinstance(native, AssistantMessage) and isinstance(native.content, list):
        for call in native.content:
            put_on_call(call, record, native.thought)
    return native


def _build(
    message: Message, kind: Kind, blocks: Sequence[Block], where: Sequence[Place], template: Template | None
) -> LLMMessage:
    pairs = list(zip(blocks, where, strict=True))
    words = "".join(_said(block) for block, place in pairs if place.slot == "content")
    items = [(block, place) for block, place in pairs if place.slot == "item"]
    is_list = template is not None and template.get("list") is True
    match kind:
        case "system":
            return SystemMessage(content=words)
        case "results":
            return FunctionExecutionResultMessage(
                content=[show_result(block, place) for block, place in items if isinstance(block, ToolResult)]
            )
        case "assistant":
            calls: list[FunctionCall] = [show_call(block) for block, _ in items if isinstance(block, ToolCall)]
            thoughts = [_said(block) for block, place in pairs if place.slot == "thought"]
            is_calls = bool(calls) or (is_list and not words)
            return AssistantMessage(
                content=calls if is_calls else words,
                source=_source(message, "assistant", template),
                thought="".join(thoughts) if thoughts else None,
            )
        case "user":
            shown = [_user_item(block) for block, _ in items]
            whole = shown[0] if len(shown) == 1 and isinstance(shown[0], str) else "" if not shown else None
            content = shown if whole is None or is_list else whole
            return UserMessage(content=content, source=_source(message, "user", template))


def _said(block: Block) -> str:
    return block.text if isinstance(block, Text | Thinking) else ""


def _user_item(block: Block) -> str | Image:
    image = image_of(block) if isinstance(block, Media) else None
    return _said(block) if image is None else image


def _source(message: Message, usual: str, template: Template | None) -> str:
    if template is not None and isinstance(template.get("source"), str):
        return str(template["source"])
    return message.name if isinstance(message.name, str) and message.name != "" else usual
