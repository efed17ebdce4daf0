"""What blocks are known by, and what inputs say.

Rule 1: an anchor is a whole value (a seal, a thought, a call's id), never a likeness.
Rule 2: what an input says is compared without how it is written, grouped into messages, or marked for caching.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeGuard, cast

from keepthinking._compare import seal_statements, visible_blocks
from keepthinking._errors import DecodeError
from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult

Kind = Literal["seal", "thinking", "item", "id", "run", "call", "text", "held", "leak"]
"""Kinds of anchors; `run` is the id of a call that the provider ran itself, which no client gives another; `held` is
a text inside of what is neither words nor a call: of a picture, of a summary that the provider wrote."""


class Anchor(NamedTuple):
    """Something that tells who said a block."""

    kind: Kind
    value: str | bytes

    @property
    def is_own(self) -> bool:
        """Whether nobody else can have said it, and nothing is like it: a seal or an id that is not short."""
        return self.kind in {"seal", "item", "id", "run"} and len(self.value) >= (LONG if self.kind == "seal" else _ID)

    @property
    def weight(self) -> float:
        """How much it tells, if only one answer has it."""
        size = len(self.value)
        match self.kind:
            case "seal":
                return 8.0 if size >= LONG else 2.0
            case "thinking":
                return 8.0 if size >= LONG else 2.0
            case "item" | "id" | "run":
                return 6.0 if size >= _ID else 1.0
            case "call":
                return 3.0 if size >= _SENTENCE else 2.0 if size >= LONG else 1.0
            case "text" | "held":
                return 4.0 if size >= _SENTENCE else 2.0 if size >= LONG else 0.5
            case "leak":
                return 2.0 if size >= LONG else 0.5


LONG, _ID, _SENTENCE = 12, 8, 40
"""Below these lengths a value may be the same by chance: "Okay.", `call_0`, `ls {}`."""


def anchors(message: Message) -> set[Anchor]:
    """Give all that a message is known by."""
    found = {anchor for block in message.blocks for anchor in _anchors(block)}
    thoughts = {block.item for block in message.blocks if isinstance(block, Thinking)}
    for i, item in enumerate(message.items):
        if isinstance(item.id, str) and item.id:
            found.add(Anchor("item" if i in thoughts else "id", item.id))
    return found


def _anchors(block: Block) -> Iterator[Anchor]:
    for seal in block.seals:
        for statement in seal_statements(seal):
            yield Anchor("seal", statement)
    match block:
        case Thinking() if block.text:
            yield Anchor("thinking", block.text)
            yield Anchor("leak", block.text.strip())  # the same words as visible text, less their framing white space
        case Text() if block.text:
            yield Anchor("text", block.text)
            yield Anchor("leak", block.text.strip())
        case ToolCall():
            if isinstance(block.id, str) and block.id:
                yield Anchor("run" if block.server else "id", block.id)
            yield Anchor("call", f"{block.name}\0{_asked(block)}")
        case Media():
            yield from (Anchor("held", text) for text in (block.url, block.data, block.file_id) if _is_long(text))
        case Opaque():
            yield from (Anchor("held", text) for text in texts_in(block) if len(text) >= _SENTENCE)
        case _:
            pass


def texts_in(block: Opaque) -> Iterator[str]:
    """Give all texts inside of a block that nobody here knows; markers that a client adds do not hide them."""
    left: list[object] = [_decoded(block)]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += cast("dict[str, object]", value).values()
        elif isinstance(value, list):
            left += cast("list[object]", value)


def _decoded(block: Opaque) -> object:
    try:
        return block.body.value
    except DecodeError:
        return None


def _is_long(text: object) -> TypeGuard[str]:
    return isinstance(text, str) and len(text) >= LONG


def _asked(call: ToolCall) -> str:
    """Give what a call asks, however its arguments are spaced: wires that hold them as objects write them anew."""
    if call.kind == "freeform":
        return call.arguments
    try:
        return json.dumps(json.loads(call.arguments))
    except (ValueError, RecursionError):
        return call.arguments


class Utterance(NamedTuple):
    """One thing that was said to the model.

    Attributes:
        block: Index of its block in the message; 0 for a message without blocks.
        result: Whether it is a tool's result.
        says: One number for what it says.
    """

    block: int
    result: bool
    says: int


def utterances(message: Message) -> Iterator[Utterance]:
    """List what an input message says, block by block: how wires group blocks into messages does not count."""
    blocks = visible_blocks(message.blocks)
    if not blocks:
        yield Utterance(0, result=False, says=hash((message.role,)))
    for b, block in blocks:
        if isinstance(block, ToolResult):
            yield Utterance(b, result=True, says=result_says(block))
        else:
            yield Utterance(b, result=False, says=hash((message.role, *_says((block,)))))


def result_says(block: ToolResult) -> int:
    """Give one number for what a result says; the call's id is not part of it."""
    return hash(("result", block.status == "error", *_says_result(block)))


def message_says(messages: Iterable[Message]) -> int:
    """Give one number for what instructions say."""
    return hash(tuple(utterance.says for message in messages for utterance in utterances(message)))


def _says(blocks: Iterable[Block]) -> Iterator[object]:
    for block in blocks:
        match block:
            case Text():
                yield ("text", block.text)
            case ToolResult():
                yield ("result", *_says_result(block))
            case Media():
                yield (
                    "media",
                    block.kind,
                    *(v if isinstance(v, str) else "" for v in (block.url, block.data, block.file_id)),
                )
            case Opaque():
                yield ("opaque", block.kind, block.body.raw)
            case _:
                yield type(block).__name__


def _says_result(block: ToolResult) -> Iterator[object]:
    if isinstance(block.content, str):
        yield ("text", block.content)
    elif isinstance(block.content, tuple):
        yield from _says(block.content)
