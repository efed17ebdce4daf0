"""Writing one wire message.

Rule 1: a thought goes back to the place it came from, and into the content where it has none here.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from msgspec import UNSET

from keepthinking._json import Json, dump_string
from keepthinking._messages import Block, Field, Media, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._alone import numbered
from keepthinking.dialects._cache import Written
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_object, put, write
from keepthinking.dialects.cohere._names import (
    CALL,
    CALL_ID,
    CALLS,
    CONTENT,
    FOREIGN_ROLES,
    ID,
    IMAGE,
    PLAN,
    TEXT,
    THINKING,
    TOOL,
)

_EMPTY = {"null": NULL, "empty": b"[]"}
_RANK = {PLAN: 0, CONTENT: 1, CALLS: 2}


def write_message(message: Message, *, answer: bool = False) -> Written:
    """Write a message as one element of `messages`, or as several where it holds several tool results.

    Args:
        message: The message.
        answer: Whether it is what a model answers, whose content is a list (cohere 7.3.1,
            `types/assistant_message_response.py`, verified 2026-11-27).
    """
    results = [(i, block) for i, block in enumerate(message.blocks) if isinstance(block, ToolResult)]
    losses: list[Loss] = []
    if not results:
        return _Writer(message, answer=answer).done()
    if len(message.blocks) == 1 and message.role == TOOL:
        typed = _result(results[0][1], "blocks[0]", losses)
        _around(message, losses)
        return Written(write({"role": dump_string(TOOL), **typed}, message.fields), tuple(losses))
    _lose(losses, "grouping", "", "one message of several parts", "each tool result is a message of its own here")
    bodies = [write({"role": dump_string(TOOL), **_result(block, f"blocks[{i}]", losses)}) for i, block in results]
    others = [i for i, block in enumerate(message.blocks) if not isinstance(block, ToolResult)]
    written = _Writer(message.with_blocks([message.blocks[i] for i in others])).done()
    if others:
        bodies.append(written.body)
    elif message.fields is not UNSET:
        _lose(losses, "content", "fields", "members of the message", "no message is left to hold them")
    return Written(b",".join(bodies), (*losses, *numbered(written.losses, others)))


class _Writer:
    """One message on its way out: its blocks sorted into the members of the wire message."""

    def __init__(self, message: Message, *, answer: bool = False) -> None:
        self.message = message
        self.answer = answer
        self.losses: list[Loss] = []
        self.plans: list[str] = []
        self.content: list[tuple[Block, bytes]] = []
        self.calls: list[bytes] = []
        rank = 0
        for i, block in enumerate(message.blocks):
            slot = home(block)
            if _RANK.get(slot, 1) < rank:
                why = "the plan, the content and the calls are separate members here, in this order"
                _lose(self.losses, "order", f"blocks[{i}]", "the place of a part after later parts", why)
            rank = max(rank, _RANK.get(slot, 1))
            self._sort(block, slot, f"blocks[{i}]")

    def _sort(self, block: Block, slot: str, path: str) -> None:
        if isinstance(block, Thinking) and slot == PLAN:
            if self.plans:
                _lose(self.losses, "grouping", path, "the border between two thoughts", f"`{PLAN}` is one string")
            self.plans.append(_words(block, path, self.losses))
            if block.fields is not UNSET:
                _lose(self.losses, "content", f"{path}.fields", "members of a thought", f"`{PLAN}` is a string")
        elif isinstance(block, ToolCall):
            self.calls += _call(block, path, self.losses)
        elif slot == CALLS:
            self.calls += _part(block, path, self.losses)
        else:
            self.content += [(block, raw) for raw in _part(block, path, self.losses)]

    def done(self) -> Written:
        spelling = Spelling(self.message.spelling)
        typed: dict[str, bytes | Tree] = {"role": dump_string(_role(self.message, self.losses))}
        if self.plans:
            typed[PLAN] = dump_string("".join(self.plans))
        how = spelling.of(CONTENT, "list" if self.answer and self.content else "")
        if not self.content:
            if how != "absent" and (how or not (self.calls or self.plans)):
                typed[CONTENT] = NULL if how == "null" else b"[]"
        elif how != "list" and len(self.content) == 1 and _is_plain(block := self.content[0][0]):
            typed[CONTENT] = dump_string(block.text if isinstance(block, Text) else "")
        else:
            typed[CONTENT] = array([raw for _, raw in self.content])
        if self.calls:
            typed[CALLS] = array(self.calls)
        for name in (PLAN, CALLS):
            if name not in typed and (word := spelling.of(name, "")) in _EMPTY:
                typed[name] = _EMPTY[word]
        _around(self.message, self.losses)
        return Written(write(typed, self.message.fields), tuple(self.losses))


def _is_plain(block: Block) -> bool:
    return isinstance(block, Text) and block.fields is UNSET


def home(block: Block) -> str:
    """Name the member that holds a block."""
    if isinstance(block, ToolCall):
        return CALLS
    if isinstance(block, Opaque):
        return block.slot or CONTENT
    planned = isinstance(block, Thinking) and Field(name=PLAN) in block.places
    return PLAN if planned else CONTENT


def block_path(message: Message, index: int) -> str:
    """Give the path of a block from its wire message, for reports."""
    slot = home(message.blocks[index])
    here = [block for block in message.blocks if home(block) == slot]
    single = len(here) == 1 and Spelling(message.spelling).of(CONTENT, "") != "list" and _is_plain(here[0])
    if slot == PLAN or isinstance(message.blocks[index], ToolResult) or (slot == CONTENT and single):
        return slot
    return f"{slot}[{sum(home(earlier) == slot for earlier in message.blocks[:index])}]"


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _around(message: Message, losses: list[Loss]) -> None:
    if isinstance(message.name, str):
        _lose(losses, "content", "name", "the name of the participant", "messages have none here")
    for i, item in enumerate(message.items):
        what = f"the `{item.kind}` object around a block"
        _lose(losses, "foreign", f"items[{i}]", what, "parts stand alone here")


def _role(message: Message, losses: list[Loss]) -> str:
    role = FOREIGN_ROLES.get(message.role, message.role)
    if role == message.role or Spelling(message.spelling).of("role", "") == "own":
        return message.role
    _lose(losses, "spelling", "role", f"the role `{message.role}`", f"such messages are of the role `{role}` here")
    return role


def _seals(block: Block, path: str, losses: list[Loss]) -> None:
    for n, seal in enumerate(block.seals):
        _lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a block", "nothing is sealed here")


def _words(block: Thinking, path: str, losses: list[Loss]) -> str:
    """Give the words of a thought, and tell what it loses besides them."""
    _seals(block, path, losses)
    if len(block.segments) > 1:
        _lose(losses, "grouping", f"{path}.segments", "the pieces of a thought", "a thought is one text here")
    if not any(isinstance(segment.text, str) for segment in block.segments):
        why = "a thought is a text here"
        _lose(losses, "spelling", f"{path}.segments", "that a thought has no words", why)
    for n, segment in enumerate(block.segments):
        here, why = f"{path}.segments[{n}]", "a thought does not say what its words are"
        if segment.channel != "raw":
            _lose(losses, "spelling", f"{here}.channel", f"that a thought is a {segment.channel}", why)
        if segment.fields is not UNSET:
            _lose(losses, "content", f"{here}.fields", "members of a piece", "a thought is one text here")
    for n, place in enumerate(block.places):
        if place != Field(name=PLAN):
            what = f"the place of a thought ({place.__struct_config__.tag})"
            _lose(losses, "spelling", f"{path}.places[{n}]", what, "a thought is a part of the content here")
    return block.text


def _part(block: Block, path: str, losses: list[Loss]) -> list[bytes]:
    """Write one part; nothing where this wire has no home for it."""
    if isinstance(block, Thinking):
        words = dump_string(_words(block, path, losses))
        return [write({"type": dump_string(THINKING), THINKING: words}, block.fields)]
    _seals(block, path, losses)
    if isinstance(block, Text):
        return [write({"type": dump_string(TEXT), TEXT: dump_string(block.text)}, block.fields)]
    if isinstance(block, Media):
        return _media(block, path, losses)
    if isinstance(block, Opaque) and block.dialect == ID:
        tag: Tree = {"type": dump_string(block.kind)} if block.kind else {}
        return [write(tag, block.body) if is_object(block.body.raw.lstrip()) else block.body.raw]
    kind: LossKind = "foreign" if isinstance(block, Opaque) or block.server else "content"
    _lose(losses, kind, path, "a block of another kind", "parts are texts, thinking and images here")
    return []


def _media(block: Media, path: str, losses: list[Loss]) -> list[bytes]:
    lose_name(block, path, losses)
    url = block.url
    if not isinstance(url, str) and isinstance(block.data, str) and isinstance(block.mime, str):
        url = f"data:{block.mime};base64,{block.data}"
        _lose(losses, "spelling", f"{path}.data", "bytes beside an address", "they are its URL")
    if block.kind != "image" or not isinstance(url, str):
        _lose(losses, "content", path, f"media of the kind `{block.kind}`", "parts are texts, thinking and images here")
        return []
    return [write({"type": dump_string(IMAGE), IMAGE: {"url": dump_string(url)}}, block.fields)]


def _call(block: ToolCall, path: str, losses: list[Loss]) -> list[bytes]:
    if block.server or block.kind == "freeform":
        why = "a provider runs no calls here" if block.server else "arguments are JSON here"
        _lose(losses, "foreign" if block.server else "content", path, f"the call of `{block.name}`", why)
        return []
    _seals(block, path, losses)
    spelling = Spelling(block.spelling)
    inner: dict[str, bytes | Tree] = {"name": dump_string(block.name)}
    if block.arguments != "" or spelling.of("arguments", "") != "absent":
        inner["arguments"] = dump_string(block.arguments)
    typed: dict[str, bytes | Tree] = {}
    put(typed, "id", block.id)
    if spelling.of("type", "") != "absent":
        typed["type"] = dump_string(CALL)
    return [write({**typed, CALL: inner}, block.fields)]


def _result(block: ToolResult, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write the members of a tool message that belong to its result."""
    typed: dict[str, bytes | Tree] = {}
    if block.server:
        _lose(losses, "foreign", path, "that the provider ran a tool", "a provider runs no calls here")
    put(typed, CALL_ID, block.call_id)
    if isinstance(block.name, str):
        _lose(losses, "spelling", f"{path}.name", "the tool's name beside its result", "the id names the call here")
    if isinstance(block.content, tuple):
        parts = [_part(part, f"{path}.content[{n}]", losses) for n, part in enumerate(block.content)]
        typed[CONTENT] = array([raw for part in parts for raw in part])
    else:
        put(typed, CONTENT, block.content)
    _seals(block, path, losses)
    if block.fields is not UNSET:
        _lose(losses, "content", f"{path}.fields", "members of a result", "a tool message is its result")
    if block.status != "unspecified":
        kind: LossKind = "content" if block.status == "error" else "spelling"
        _lose(losses, kind, f"{path}.status", "whether a tool failed", "tool messages have no such flag")
    return typed


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    if tool.kind == "server" and tool.name is UNSET and isinstance(tool.fields, Json):
        return Written(tool.fields.raw)
    if tool.kind != "function":
        why = "a tool is a function here"
        kind: LossKind = "content" if tool.kind == "freeform" else "foreign"
        return Written(b"", (Loss(kind=kind, path="", what="a tool of another kind", why=why),))
    inner: dict[str, bytes | Tree] = {}
    put(inner, "name", tool.name)
    put(inner, "description", tool.description)
    put(inner, "parameters", tool.parameters)
    absent = Spelling(tool.spelling).of("type", "") == "absent"
    return Written(write({**({} if absent else {"type": dump_string(CALL)}), CALL: inner}, tool.fields))
