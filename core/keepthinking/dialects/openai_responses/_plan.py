"""Which blocks of a message make up which item of the flat list.

Rule 1: a block goes back into the item that it came from, in the order of the blocks; items that held no block stay
where they stood among the others.
Rule 2: a block without an item of this wire gets one of its own; texts that stand together share a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking._grouping import RESULT_ROLES
from keepthinking._messages import Block, Item, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES
from keepthinking.dialects._wire import Spelling
from keepthinking.dialects.openai_responses._names import (
    ASSISTANT,
    CALL_ENDS,
    CONTENT,
    ID,
    INPUT,
    MESSAGE,
    REASONING,
    RESULT_ENDS,
)


class Element(NamedTuple):
    """One item to write.

    Attributes:
        item: Index of the item that it was, or None for a new one.
        blocks: Indexes of its blocks.
    """

    item: int | None
    blocks: list[int]


def is_made(message: Message) -> bool:
    """Tell whether a message is the model's; a name that other wires have for it may stand on this one, too."""
    return message.role == ASSISTANT or (message.role in MODEL_ROLES and not is_own(message))


def is_own(message: Message) -> bool:
    """Tell whether a role that means something on other wires came from this one."""
    return Spelling(message.spelling).of("role", "") == "own"


def plan(message: Message) -> list[Element]:
    """Give the items of a message in order."""
    if is_made(message):
        return _made(message)
    results = message.role in RESULT_ROLES and not is_own(message)
    if not message.blocks and message.carrier != INPUT and not results:
        return [Element(None, [])]  # a message of the caller may be empty, an item without its block is none
    return _given(message)


def own_item(block: Block, items: Sequence[Item]) -> int | None:
    """Give the index of the item of this wire that held a block; None where there is none, or one of another wire."""
    if isinstance(block.item, UnsetType) or not 0 <= block.item < len(items):
        return None
    return block.item if _fits(items[block.item], block) else None


def is_part(block: Block) -> bool:
    """Tell whether a block stands in the content of a message."""
    return isinstance(block, Text | Media) or (isinstance(block, Opaque) and block.slot == CONTENT)


def is_plain(block: Block) -> bool:
    """Tell whether a block is words and nothing else."""
    return isinstance(block, Text) and block.fields is UNSET and not block.seals


def is_easy(id_: str | None | UnsetType, status: str | None | UnsetType, blocks: Sequence[Block]) -> bool:
    """Tell whether the content of the model's message is usually a string.

    That of one which its provider gave neither an id nor a status is: parts of content belong to a message that has
    both (openai 3.54.0, `types/responses/easy_input_message_param.py` and `response_output_message_param.py`, verified
    2026-11-27).
    """
    return id_ is status is UNSET and len(blocks) == 1 and is_plain(blocks[0])


def _fits(item: Item, block: Block) -> bool:
    if is_part(block):
        return item.kind == MESSAGE
    match block:
        case Thinking():
            return item.kind == REASONING
        case ToolCall():
            return item.kind.endswith(CALL_ENDS)
        case ToolResult():
            return item.kind.endswith(RESULT_ENDS[0])
        case _:
            return isinstance(block, Opaque) and block.dialect == ID and item.kind == block.kind


def _made(message: Message) -> list[Element]:
    elements: list[Element] = []
    at: dict[int, Element] = {}
    held = {block.item for block in message.blocks}
    empty = [k for k, item in enumerate(message.items) if k not in held and item.kind == MESSAGE]
    for i, block in enumerate(message.blocks):
        k = own_item(block, message.items)
        if k is None:
            last = elements[-1] if elements else None
            joins = (
                last is not None and last.item is None and is_part(block) and is_part(message.blocks[last.blocks[-1]])
            )
            if last is not None and joins:
                last.blocks.append(i)
            else:
                elements.append(Element(None, [i]))
        elif k in at:
            at[k].blocks.append(i)
        else:
            while empty and empty[0] < k:
                elements.append(Element(empty.pop(0), []))
            at[k] = Element(k, [i])
            elements.append(at[k])
    return elements + [Element(k, []) for k in empty]


def _given(message: Message) -> list[Element]:
    """Put what is said into one message, where its first part stands; all else is an item of its own."""
    elements: list[Element] = []
    said: Element | None = None
    for i, block in enumerate(message.blocks):
        if not is_part(block):
            elements.append(Element(None, [i]))
        elif said is None:
            said = Element(None, [i])
            elements.append(said)
        else:
            said.blocks.append(i)
    return elements
