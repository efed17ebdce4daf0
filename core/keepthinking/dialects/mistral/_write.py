"""Writing one wire message.

Rule 1: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from msgspec import UNSET

from keepthinking._json import Json, dump_string, utf8
from keepthinking._messages import (
    Block,
    Media,
    Message,
    Opaque,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._alone import numbered
from keepthinking.dialects._cache import Written
from keepthinking.dialects._choices import RESULT_ROLES
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, put, write
from keepthinking.dialects.mistral._media import write_media
from keepthinking.dialects.mistral._names import CALLS, CONTENT, FOREIGN_ROLES, ID, SIGNATURE, THINKING, TOOL

_EMPTY = {"null": NULL, "empty": b"[]"}


def write_message(message: Message) -> Written:
    """Write a message as one element of `messages`, or as several where it holds several tool results."""
    results = [i for i, block in enumerate(message.blocks) if isinstance(block, ToolResult) and not block.server]
    if not results:
        return _Writer(message).done()
    losses: list[Loss] = []
    if len(message.blocks) == 1 and message.role in RESULT_ROLES:
        typed: dict[str, bytes | Tree] = {"role": dump_string(_role(message, losses))}
        typed.update(_result(message.blocks[0], "blocks[0]", losses))
        _lose_around(message, losses)
        return Written(write(typed, message.fields), tuple(losses))
    why = "each tool result is a message of its own here"
    _lose(losses, "grouping", "", "one message of several parts", why)
    bodies = [write({"role": b'"tool"', **_result(message.blocks[i], f"blocks[{i}]", losses)}) for i in results]
    others = [i for i in range(len(message.blocks)) if i not in results]
    if others:
        written = _Writer(message.with_blocks([message.blocks[i] for i in others])).done()
        bodies.append(written.body)
        losses += numbered(written.losses, others)
    else:
        _lose_around(message, losses)
        if message.fields is not UNSET:
            _lose(losses, "content", "fields", "members of the message", "no message is left to hold them")
    return Written(b",".join(bodies), tuple(losses))


def _role(message: Message, losses: list[Loss]) -> str:
    role = FOREIGN_ROLES.get(message.role, message.role)
    if role == message.role or Spelling(message.spelling).of("role", "") == "own":
        return message.role
    _lose(losses, "spelling", "role", f"the role `{message.role}`", f"such messages are of the role `{role}` here")
    return role


def _lose_around(message: Message, losses: list[Loss]) -> None:
    """Tell what a message holds around its blocks that has no place here."""
    if isinstance(message.name, str):
        _lose(losses, "content", "name", "the name of the participant", "messages have none here")
    for i, item in enumerate(message.items):
        what = f"the `{item.kind}` object around a block"
        _lose(losses, "foreign", f"items[{i}]", what, "content chunks stand alone here")


class _Writer:
    """One message on its way out: its blocks sorted into content and calls."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.losses: list[Loss] = []
        self.content: list[Block] = []
        self.parts: list[bytes] = []
        self.calls: list[bytes] = []
        self.role = _role(message, self.losses)
        _lose_around(message, self.losses)
        late = False
        for i, block in enumerate(message.blocks):
            path = f"blocks[{i}]"
            if message.role in RESULT_ROLES and self.role == TOOL:
                why = "all of such a message is one result"
                _lose(self.losses, "grouping", path, f"{_word(block)} in a tool message", why)
            if isinstance(block, ToolCall) or (isinstance(block, Opaque) and block.slot == CALLS):
                late = True
                written = _call(block, path, self.losses) if isinstance(block, ToolCall) else None
                written = _opaque(block, path, self.losses) if isinstance(block, Opaque) else written
                self.calls += [] if written is None else [written]
                continue
            part = _part(block, path, self.losses)
            if part is None:
                continue
            if late:
                why = "content and calls are separate members here, in this order"
                _lose(self.losses, "order", path, f"the place of {_word(block)} after a call", why)
            self.content.append(block)
            self.parts.append(part)

    def done(self) -> Written:
        """Write the members."""
        typed: dict[str, bytes | Tree] = {"role": dump_string(self.role)}
        spelling = Spelling(self.message.spelling)
        how = spelling.of(CONTENT, "")
        if not self.parts:
            if how != "absent" and self.role != TOOL:
                typed[CONTENT] = b"[]" if how == "list" else NULL
        elif is_string_content(self.message, self.content) and isinstance(self.content[0], Text):
            typed[CONTENT] = dump_string(self.content[0].text)
        else:
            typed[CONTENT] = array(self.parts)
        if self.calls:
            typed[CALLS] = array(self.calls)
        elif (word := spelling.of(CALLS, "")) in _EMPTY:
            typed[CALLS] = _EMPTY[word]
        return Written(write(typed, self.message.fields), tuple(self.losses))


def is_string_content(message: Message, content: list[Block]) -> bool:
    """Tell whether the content of a message is written as a string."""
    if len(content) != 1 or Spelling(message.spelling).of(CONTENT, "") == "list":
        return False
    return isinstance(content[0], Text) and content[0].fields is UNSET


def block_path(message: Message, index: int) -> str:
    """Give the path of a block from its wire message, for reports."""
    block = message.blocks[index]
    slot = _home(block)
    here = [other for other in message.blocks if _home(other) == slot]
    if isinstance(block, ToolResult) or (slot == CONTENT and is_string_content(message, here)):
        return CONTENT
    return f"{slot}[{sum(_home(earlier) == slot for earlier in message.blocks[:index])}]"


def _home(block: Block) -> str:
    if isinstance(block, ToolCall):
        return CALLS
    return (block.slot or CONTENT) if isinstance(block, Opaque) else CONTENT


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _part(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    """Write one content chunk; nothing where this wire has no home for it."""
    if isinstance(block, Opaque):
        return _opaque(block, path, losses)
    if isinstance(block, Thinking):
        return _thinking_part(block, path, losses)
    _lose_seals(block, path, losses)
    if isinstance(block, Media):
        return write_media(block, path, losses)
    if isinstance(block, ToolCall | ToolResult):
        kind: LossKind = "foreign" if block.server else "content"
        what = "the result of a server's tool" if block.server else f"{_word(block)} among content chunks"
        _lose(losses, kind, path, what, "chunks are texts, media and thinking here")
        return None
    bare = Spelling(block.spelling).of("type", "") == "absent"
    return write({**({} if bare else _TYPE), "text": dump_string(block.text)}, block.fields)


_TYPE: Tree = {"type": b'"text"'}


def _lose_seals(block: Block, path: str, losses: list[Loss]) -> None:
    for n, seal in enumerate(block.seals):
        what = f"the `{seal.slot}` of {_word(block)}"
        _lose(losses, "seal", f"{path}.seals[{n}]", what, "only thinking is sealed here")


def _thinking_part(block: Thinking, path: str, losses: list[Loss]) -> bytes | None:
    """Write a thought; nothing where all that it held has no home here: an empty chunk would be an invented one."""
    typed: dict[str, bytes | Tree] = {"type": dump_string(THINKING)}
    spelling = Spelling(block.spelling)
    if spelling.of(THINKING, "") == "string" and len(block.segments) == 1:
        put(typed, THINKING, block.segments[0].text)
    else:
        bare = [spelling.of(f"{n}.type", "") == "absent" for n in range(len(block.segments))]
        pieces = [_segment(s, f"{path}.segments[{n}]", losses, bare=bare[n]) for n, s in enumerate(block.segments)]
        typed[THINKING] = array(pieces)
    for n, place in enumerate(block.places):
        what = f"the place of a thought ({place.__struct_config__.tag})"
        _lose(losses, "spelling", f"{path}.places[{n}]", what, "a thought is a chunk of the content here")
    for n, seal in enumerate(block.seals):
        if seal.slot == SIGNATURE and SIGNATURE not in typed:
            typed[SIGNATURE] = dump_string(seal.wire)
        else:
            why = f"a thinking chunk has one seal, its `{SIGNATURE}`"
            _lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a thought", why)
    if block.seals and not block.segments and SIGNATURE not in typed:
        return None  # the losses of its seals are all that there was
    return write(typed, block.fields)


def _segment(segment: Segment, path: str, losses: list[Loss], *, bare: bool) -> bytes:
    typed: dict[str, bytes | Tree] = {}
    if bare and (segment.channel == "raw" or segment.fields is UNSET):
        pass  # it came without a type
    elif segment.channel != "reference" or segment.fields is UNSET:
        typed["type"] = b'"text"'
    if segment.channel not in {"raw", "reference"} or (segment.channel == "reference" and typed):
        why = "a thinking chunk does not say what its words are"
        _lose(losses, "spelling", f"{path}.channel", f"that a thought is a {segment.channel}", why)
    put(typed, "text", segment.text)
    return write(typed, segment.fields)


def _opaque(block: Opaque, path: str, losses: list[Loss]) -> bytes | None:
    if block.dialect != ID or block.slot not in {"", CALLS}:
        _lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        return None
    if not is_object(block.body.raw.lstrip()):
        if block.kind or block.seals:
            _lose(losses, "content", path, "the type and the seals of a block", "its body is no object")
        return block.body.raw
    typed: dict[str, bytes | Tree] = {"type": dump_string(block.kind)} if block.kind else {}
    for n, seal in enumerate(block.seals):
        if seal.slot == SIGNATURE and block.kind == THINKING and SIGNATURE not in typed:
            typed[SIGNATURE] = dump_string(seal.wire)
        else:
            why = f"`{block.kind}` has no such member"
            _lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a block", why)
    return write(typed, block.body)


def _call(block: ToolCall, path: str, losses: list[Loss]) -> bytes | None:
    """Write one call; one whose arguments are free text, or that a server runs, has no home here and is left out."""
    if block.server:
        _lose(losses, "foreign", path, f"the server's call of `{block.name}`", "a provider runs no calls here")
        return None
    if block.kind == "freeform":
        _lose(
            losses,
            "content",
            path,
            f"the call of `{block.name}`",
            "its arguments are free text, and here they are JSON",
        )
        return None
    _lose_seals(block, path, losses)
    spelling = Spelling(block.spelling)
    inner: dict[str, bytes | Tree] = {"name": dump_string(block.name)}
    raw = utf8(block.arguments).strip()
    if block.kind == "object" and is_json(raw) and is_object(raw):
        inner["arguments"] = raw
    elif block.arguments != "" or spelling.of("arguments", "") != "absent":
        inner["arguments"] = dump_string(block.arguments)
    typed: dict[str, bytes | Tree] = {}
    put(typed, "id", block.id)
    if spelling.of("type", "") != "absent":
        typed["type"] = b'"function"'
    typed["function"] = inner
    return write(typed, block.fields)


def _result(block: Block, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write the members of a tool message that belong to its result."""
    typed: dict[str, bytes | Tree] = {}
    if not isinstance(block, ToolResult):
        return typed
    put(typed, "tool_call_id", block.call_id)
    put(typed, "name", block.name)
    if isinstance(block.content, tuple):
        written = [_part(part, f"{path}.content[{n}]", losses) for n, part in enumerate(block.content)]
        typed[CONTENT] = array([part for part in written if part is not None])
    else:
        put(typed, CONTENT, block.content)
    _lose_seals(block, path, losses)
    if block.fields is not UNSET:
        _lose(losses, "content", f"{path}.fields", "members of a result", "a tool message is its result")
    if not typed:
        _lose(losses, "content", path, "an empty result", "a tool message without any is none")
    if block.status != "unspecified":
        kind: LossKind = "content" if block.status == "error" else "spelling"
        _lose(losses, kind, f"{path}.status", "whether a tool failed", "tool messages have no such flag")
    return typed


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    if tool.kind == "server":
        if tool.name is not UNSET or not isinstance(tool.fields, Json):
            why = "a tool of that kind has no name of its own here"
            return Written(b"", (Loss(kind="foreign", path="", what="a tool that another provider runs", why=why),))
        return Written(tool.fields.raw)
    if tool.kind == "freeform":
        why = "a tool takes a JSON object here, no free text"
        return Written(b"", (Loss(kind="content", path="", what=f"the tool `{tool.name}`", why=why),))
    inner: dict[str, bytes | Tree] = {}
    put(inner, "name", tool.name)
    put(inner, "description", tool.description)
    put(inner, "parameters", tool.parameters)
    typed: dict[str, bytes | Tree] = {}
    if Spelling(tool.spelling).of("type", "") != "absent":
        typed["type"] = b'"function"'
    typed["function"] = inner
    return Written(write(typed, tool.fields))


_WORDS = {
    "ToolCall": "a call",
    "Text": "a text",
    "Media": "media",
    "ToolResult": "a result",
    "Thinking": "thinking",
}


def _word(block: Block) -> str:
    return _WORDS.get(type(block).__name__, "a block")
