"""Writing one message as the items that it is.

Rule 1: a block goes back as the item it came from; one that was never on this wire is written as the vendor writes it.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from keepthinking._grouping import RESULT_ROLES
from keepthinking._json import Json, dump_string, members
from keepthinking._messages import Block, Item, Media, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._cache import Written
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, put, write
from keepthinking.dialects.openai_responses._names import (
    ASSISTANT,
    CONTENT,
    FREEFORM_RESULT,
    INSTRUCTIONS,
    MESSAGE,
    RESULT,
    SYSTEM,
    TOOL_KINDS,
)
from keepthinking.dialects.openai_responses._plan import Element, is_easy, is_made, is_own, is_part, is_plain, plan
from keepthinking.dialects.openai_responses._write_parts import (
    lose,
    tag,
    write_call,
    write_opaque,
    write_part,
    write_result,
    write_thinking,
)


def write_message(messages: Sequence[Message], index: int) -> Written:
    """Write a message of a history as elements of `input`."""
    message = messages[index]
    writer = _Writer(message, messages[:index] if _wants_history(message) else ())
    parts = writer.write()
    if index and parts and is_made(message) and is_made(messages[index - 1]):
        why = "what the model says in a row is one run of items"
        lose(writer.losses, "spelling", "", "the border between two messages of the model", why)
    return Written(b",".join(parts), tuple(writer.losses))


def write_answer(message: Message) -> Written:
    """Write a message as elements of `output`."""
    writer = _Writer(message, (), answer=True)
    return Written(b",".join(writer.write()), tuple(writer.losses))


def write_instructions(message: Message) -> bytes | None:
    """Write a message as `instructions`, or give nothing where it has to stand in `input`."""
    bare = message.fields is UNSET and message.name is UNSET and not message.items
    if message.carrier != INSTRUCTIONS or message.role != SYSTEM or not bare:
        return None
    if not message.blocks:
        return NULL
    plain = len(message.blocks) == 1 and is_plain(message.blocks[0])
    return _string(message.blocks[0]) if plain else None


def _wants_history(message: Message) -> bool:
    return any(isinstance(block, ToolResult) and not tag(block.fields) for block in message.blocks)


class _Writer:
    """One message on its way out."""

    def __init__(self, message: Message, before: Sequence[Message], *, answer: bool = False) -> None:
        self.message = message
        self.losses: list[Loss] = []
        self._before = before
        self._answer = answer
        self._made = is_made(message)

    def write(self) -> list[bytes]:
        """Write the items of the message."""
        message = self.message
        elements = plan(message)
        said = any(not element.blocks or is_part(message.blocks[element.blocks[0]]) for element in elements)
        self._left(elements, said=said)
        parts = [self._element(element) for element in elements]
        return [part for part in parts if part]

    def _left(self, elements: Sequence[Element], *, said: bool) -> None:
        """Tell what the message held besides its blocks and has no place here."""
        message = self.message
        if isinstance(message.name, str):
            lose(self.losses, "content", "name", "the name of the participant", "messages have none here")
        if message.fields is not UNSET and (self._made or not said):
            kind: LossKind = "spelling" if _says_nothing(message.fields) else "content"
            lose(self.losses, kind, "fields", "members of the message", "its items stand alone here")
        if self._made and message.role != ASSISTANT:
            lose(self.losses, "spelling", "role", f"the role `{message.role}`", f"the model is `{ASSISTANT}` here")
        if not elements and not self._answer:
            lose(self.losses, "spelling", "", "a message that says nothing", "a message is its items here")
        if not self._made and len(elements) > 1:
            lose(self.losses, "grouping", "", "that parts are one message", "each of them is an item of its own here")
        used = {element.item for element in elements}
        for k, item in enumerate(message.items):
            if k not in used:
                what = f"the `{item.kind}` object around a block"
                lose(self.losses, "foreign", f"items[{k}]", what, "it is of another wire")

    def _element(self, element: Element) -> bytes | None:
        message = self.message
        item = UNSET if element.item is None else message.items[element.item]
        blocks = [(f"blocks[{i}]", message.blocks[i]) for i in element.blocks]
        if not self._made:
            return self._given(blocks)
        if not blocks or is_part(blocks[0][1]):
            return self._spoken(item, blocks)
        ((path, block),) = blocks[:1]
        for extra, _ in blocks[1:]:
            lose(self.losses, "content", extra, "a further block of one item", "an item of its kind holds one")
        return self._single(item, path, block)

    # -- what the model made --------------------------------------------------------------------------------------

    def _single(self, item: Item | UnsetType, path: str, block: Block) -> bytes | None:
        typed: dict[str, bytes | Tree] | None
        match block:
            case Thinking():
                typed = write_thinking(block, item, path, self.losses)
            case ToolCall():
                typed = write_call(block, item, path, self.losses)
            case ToolResult():
                typed = None if isinstance(item, UnsetType) else write_result(block, item.kind, path, self.losses)
                if typed is None:
                    why = "results are items of the caller here"
                    lose(self.losses, "foreign", path, "the result of a server's tool", why)
            case Opaque():
                typed = write_opaque(block, path, self.losses)
            case _:
                typed = None
        if typed is None:
            return None
        return _item(item, typed, block.body if isinstance(block, Opaque) else block.fields)

    def _spoken(self, item: Item | UnsetType, blocks: Sequence[tuple[str, Block]]) -> bytes | None:
        """Write a message of the model; of one that repeats the caller's words all stands in its fields."""
        typed: dict[str, bytes | Tree] = {"type": dump_string(MESSAGE)}
        if not isinstance(item, UnsetType) and not blocks and "role" in _keys(item.fields):
            return _item(item, typed, UNSET)
        typed["role"] = dump_string(ASSISTANT)
        if isinstance(item, UnsetType):
            if _is_string(blocks, "") and not self._answer:
                return _easy(ASSISTANT, blocks[0][1])
            parts = self._parts(blocks, ASSISTANT, new=True)
            if not parts:
                return None
            if self._answer:
                typed["status"] = b'"completed"'
            return write({**typed, CONTENT: array(parts)})
        how = Spelling(item.spelling).of(CONTENT, _usual(item, [block for _, block in blocks], answer=self._answer))
        if not blocks and how in {"absent", "null"}:
            if how == "null":
                typed[CONTENT] = NULL
        elif _is_string(blocks, how):
            typed[CONTENT] = _string(blocks[0][1])
        else:
            typed[CONTENT] = array(self._parts(blocks, ASSISTANT))
        return _item(item, typed, UNSET)

    def _parts(self, blocks: Sequence[tuple[str, Block]], role: str, *, new: bool = False) -> list[bytes]:
        written: list[bytes | None] = []
        for path, block in blocks:
            if new and isinstance(block, Media):
                why = "what the model says is text here"
                lose(self.losses, "content", path, f"media of the kind `{block.kind}`", why)
                continue
            written.append(write_part(block, role, path, self.losses, new=new))
        return [part for part in written if part is not None]

    # -- what the caller gave -------------------------------------------------------------------------------------

    def _given(self, blocks: Sequence[tuple[str, Block]]) -> bytes | None:
        if not blocks or is_part(blocks[0][1]):
            return self._said(blocks)
        ((path, block),) = blocks
        if isinstance(block, ToolResult):
            kind = tag(block.fields) or self._kind_of(block)
            return write(write_result(block, kind, path, self.losses), block.fields)
        if isinstance(block, Opaque):
            found = write_opaque(block, path, self.losses)
            return None if found is None else write(found, block.body)
        what = "thinking" if isinstance(block, Thinking) else "a call"
        lose(self.losses, "content", path, f"{what} in a message of the caller", "only the model's items are that here")
        return None

    def _kind_of(self, result: ToolResult) -> str:
        """Tell which kind of result answers a call: that of the nearest call before it with its id."""
        for message in reversed(self._before):
            for block in reversed(message.blocks):
                if isinstance(block, ToolCall) and isinstance(block.id, str) and block.id == result.call_id:
                    return FREEFORM_RESULT if block.kind == "freeform" else RESULT
        return RESULT

    def _said(self, blocks: Sequence[tuple[str, Block]]) -> bytes:
        message = self.message
        spelling = Spelling(message.spelling)
        role = message.role
        if role in RESULT_ROLES and not is_own(message):
            role = "user"
            lose(self.losses, "grouping", "role", f"the role `{message.role}`", "results are items of their own here")
        typed: dict[str, bytes | Tree] = {}
        if spelling.of("type", "") == MESSAGE:
            typed["type"] = dump_string(MESSAGE)
        typed["role"] = dump_string(role)
        how = spelling.of(CONTENT, "")
        if not blocks and how in {"absent", "null"}:
            if how == "null":
                typed[CONTENT] = NULL
        elif _is_string(blocks, how):
            typed[CONTENT] = _string(blocks[0][1])
        else:
            typed[CONTENT] = array(self._parts(blocks, role))
        return write(typed, message.fields)


def _item(item: Item | UnsetType, typed: dict[str, bytes | Tree], fields: Json | UnsetType) -> bytes:
    """Write an item: its own members, under them those of its block, under them what else it held."""
    if isinstance(item, UnsetType):
        return write(typed, fields)
    if Spelling(item.spelling).of("type", "") == "absent":
        typed.pop("type", None)
    put(typed, "id", item.id)
    put(typed, "phase", item.phase)
    put(typed, "status", item.status)
    if isinstance(item.fields, Json):
        below = members(item.fields.raw, "fields", "caller")
        above = {} if isinstance(fields, UnsetType) else members(fields.raw, "fields", "caller")
        typed = {**typed, **{key: bytes(raw) for key, raw in {**below, **above}.items() if key not in typed}}
        return write(typed)
    return write(typed, fields)


def _usual(item: Item, blocks: Sequence[Block], *, answer: bool) -> str:
    """Tell how the content of an item of the model is usually written."""
    return "string" if not answer and is_easy(item.id, item.status, blocks) else "list"


def is_string_content(message: Message, element: Element, *, answer: bool) -> bool:
    """Tell whether the content of an item is written as a string."""
    blocks = [message.blocks[i] for i in element.blocks]
    own = message.items[element.item] if is_made(message) and element.item is not None else None
    usual = "" if own is None else _usual(own, blocks, answer=answer)
    spelling = Spelling(message.spelling if own is None else own.spelling)
    return _is_string([("", block) for block in blocks], spelling.of(CONTENT, usual))


def _is_string(blocks: Sequence[tuple[str, Block]], how: str) -> bool:
    return how != "list" and len(blocks) == 1 and is_plain(blocks[0][1])


def _easy(role: str, block: Block) -> bytes:
    return write({"role": dump_string(role), CONTENT: _string(block)})


def _string(block: Block) -> bytes:
    return dump_string(block.text if isinstance(block, Text) else "")


def _keys(fields: Json | UnsetType) -> Sequence[str]:
    return () if isinstance(fields, UnsetType) else tuple(members(fields.raw, "fields", "caller"))


def _says_nothing(fields: Json | UnsetType) -> bool:
    empty = {b"null", b"[]", b"{}", b'""'}
    return isinstance(fields, Json) and all(
        bytes(raw) in empty for raw in members(fields.raw, "fields", "caller").values()
    )


_DATED = re.compile(r"_\d{8}$")
"""How Anthropic ends the types of its tools; OpenAI separates year, month and day."""


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    typed: dict[str, bytes | Tree] = {}
    if tool.kind == "server":
        type_ = tag(tool.fields)
        if _DATED.search(type_) or not (type_ or Spelling(tool.spelling).of("type", "") == "absent"):
            why = f"`{type_}` is not of this dialect"
            return Written(b"", (Loss(kind="foreign", path="", what="a tool that another provider runs", why=why),))
    else:
        typed["type"] = dump_string(next(word for word, kind in TOOL_KINDS.items() if kind == tool.kind))
    put(typed, "name", tool.name)
    put(typed, "description", tool.description)
    put(typed, "parameters", tool.parameters)
    return Written(write(typed, tool.fields))
