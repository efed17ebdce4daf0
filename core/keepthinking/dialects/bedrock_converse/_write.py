"""Writing one wire message, and tools.

Rule 1: a block is one union object; members that nobody here knows stand in it as they came.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, dump_string, members, utf8
from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._cache import Written
from keepthinking.dialects._redacted import wrapped
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, put, write
from keepthinking.dialects.bedrock_converse._media import write_media
from keepthinking.dialects.bedrock_converse._names import (
    CALL,
    CALL_ID,
    CITED,
    CONTENT,
    DATA,
    FOREIGN_ROLES,
    ID,
    INPUT,
    JSON,
    OTHER_TOOLS,
    REDACTED,
    RESULT,
    SCHEMA,
    SERVER_CALL,
    SIGNATURE,
    STATUS,
    TEXT,
    THINKING,
    TOOL,
    WORDS,
)

_STATUS: Mapping[str, bytes] = {meaning: dump_string(word) for word, meaning in STATUS.items()}


def write_message(message: Message) -> Written:
    """Write a message as one element of `messages`."""
    writer = _Writer(message)
    typed: dict[str, bytes | Tree] = {"role": dump_string(_role(message, writer.losses))}
    if (content := writer.content()) is not None:
        typed[CONTENT] = content
    return Written(write(typed, message.fields), tuple(writer.losses))


def write_system(messages: Sequence[Message]) -> Written | None:
    """Write the instructions at the head as the top-level `system`; none where there are none to write."""
    writers = [_Writer(message, f"messages[{i}]") for i, message in enumerate(messages)]
    for i, (message, writer) in enumerate(zip(messages, writers, strict=True)):
        where = f"messages[{i}]"
        _role(message, writer.losses, where)
        if message.fields is not UNSET:
            why = "`system` holds blocks and nothing else"
            writer.losses.append(Loss(kind="content", path=f"{where}.fields", what="members of the message", why=why))
        if i:
            why = "`system` is one list of blocks"
            writer.losses.append(Loss(kind="grouping", path=where, what="the border between two messages", why=why))
    if len(writers) == 1:
        content = writers[0].content()
    else:
        content = array([part for writer in writers for part in writer.parts])
    return None if content is None else Written(content, tuple(loss for writer in writers for loss in writer.losses))


def _role(message: Message, losses: list[Loss], path: str = "") -> str:
    role = FOREIGN_ROLES.get(message.role, message.role)
    if Spelling(message.spelling).of("role", "") == "own":
        return message.role
    if role != message.role:
        kind: LossKind = "grouping" if role == "user" else "spelling"
        why = f"such messages are of the role `{role}` here"
        _lose(losses, kind, _under(path, "role"), f"the role `{message.role}`", why)
    return role


class _Writer:
    """The content of one message on its way out."""

    def __init__(self, message: Message, path: str = "") -> None:
        self.message = message
        self.losses: list[Loss] = []
        if isinstance(message.name, str):
            why = "messages have none here"
            _lose(self.losses, "content", _under(path, "name"), "the name of the participant", why)
        for i, item in enumerate(message.items):
            what, why = f"the `{item.kind}` object around a block", "content blocks stand alone here"
            _lose(self.losses, "foreign", _under(path, f"items[{i}]"), what, why)
        written = [_part(block, _under(path, f"blocks[{i}]"), self.losses) for i, block in enumerate(message.blocks)]
        self.parts = [part for part in written if part is not None]

    def content(self) -> bytes | None:
        """Write the content, or nothing where it was absent."""
        how = Spelling(self.message.spelling).of(CONTENT, "")
        if not self.message.blocks and how in {"absent", "null"}:
            return NULL if how == "null" else None
        return array(self.parts)


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _part(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    """Write one content block; nothing where this wire has no home for it."""
    if isinstance(block, Thinking):
        return _thought(block, path, losses)
    for n, seal in enumerate(block.seals):
        why = "only thinking is sealed here"
        _lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of {_word(block)}", why)
    if isinstance(block, Opaque):
        return _opaque(block, path, losses)
    if isinstance(block, Media):
        return write_media(block, path, losses)
    if isinstance(block, ToolCall):
        return _call(block, path, losses)
    if isinstance(block, ToolResult):
        return _result(block, path, losses)
    return _text(block)


def _text(block: Text) -> bytes:
    how, raw = Spelling(block.spelling).of("as", ""), utf8(block.text)
    if how == CITED or _has(block.fields, CITED):  # sources that are quoted have a place there alone
        return write({CITED: {CONTENT: array([write({TEXT: dump_string(block.text)})])}}, block.fields)
    if how == JSON and is_json(raw):
        return write({JSON: raw}, block.fields)
    return write({TEXT: dump_string(block.text)}, block.fields)


def _thought(block: Thinking, path: str, losses: list[Loss]) -> bytes | None:
    words: dict[str, bytes | Tree] = {}
    inner: dict[str, bytes | Tree] = {}
    if block.segments:
        put(words, TEXT, block.segments[0].text if len(block.segments) == 1 else block.text)
    _of_words(block, path, losses)
    for n, seal in enumerate(block.seals):
        here = f"{path}.seals[{n}]"
        if seal.slot == SIGNATURE and SIGNATURE not in words:
            words[SIGNATURE] = dump_string(seal.wire)
        elif seal.slot == REDACTED and REDACTED not in inner:
            inner[REDACTED] = dump_string(seal.wire)
        elif seal.slot == DATA and block.item is UNSET and not (block.places or block.segments or inner):
            # not that of an entry of `reasoning_details`, which has the same name and is another provider's
            inner[REDACTED] = dump_string(wrapped(seal.wire))
            why = "the same bytes are base64 here"
            _lose(losses, "spelling", here, f"the spelling of the `{DATA}` of a thought", why)
        else:
            why = f"a thought has `{SIGNATURE}` or `{REDACTED}` here"
            _lose(losses, "seal", here, f"the `{seal.slot}` of a thought", why)
    if words:
        inner[WORDS] = words
    if not inner and block.fields is UNSET:
        _lose(losses, "content", path, "a thought without words", "its text is required here")
        return None
    return write({THINKING: inner}, block.fields)


def _of_words(block: Thinking, path: str, losses: list[Loss]) -> None:
    """Tell what is lost of a thought besides its words and its seals."""
    why = "a thought is one text here"
    if len(block.segments) > 1:
        _lose(losses, "grouping", f"{path}.segments", "the pieces of a thought", why)
    for n, segment in enumerate(block.segments):
        here = f"{path}.segments[{n}]"
        if segment.channel != "raw":
            _lose(losses, "spelling", f"{here}.channel", f"that a thought is a {segment.channel}", why)
        if segment.fields is not UNSET:
            _lose(losses, "content", f"{here}.fields", "members of a piece", why)
    for n, place in enumerate(block.places):
        what = f"the place of a thought ({place.__struct_config__.tag})"
        _lose(losses, "spelling", f"{path}.places[{n}]", what, "a thought is a block here")


def _opaque(block: Opaque, path: str, losses: list[Loss]) -> bytes | None:
    if block.dialect != ID:
        _lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        return None
    if block.slot:
        _lose(losses, "grouping", path, f"the list `{block.slot}` that held a block", "content is the only list here")
    return write({block.kind: block.body.raw}) if block.kind else block.body.raw


def _call(block: ToolCall, path: str, losses: list[Loss]) -> bytes | None:
    """Write one call; one whose arguments are no JSON object has no home here and is left out, never mended."""
    if block.server and _has(block.fields, "type"):
        why = "it has a type of another wire"
        _lose(losses, "foreign", path, f"the server's call of `{block.name}`", why)
        return None
    inner: dict[str, bytes | Tree] = {}
    put(inner, CALL_ID, block.id)
    inner["name"] = dump_string(block.name)
    if block.server:
        inner["type"] = dump_string(SERVER_CALL)
    how = Spelling(block.spelling).of(INPUT, "")
    raw = utf8(block.arguments)
    if block.arguments == "" and how != "string":
        if how != "absent":
            inner[INPUT] = b"{}"
            why = f"`{INPUT}` is an object"
            _lose(losses, "spelling", f"{path}.arguments", "arguments that are the empty string", why)
    elif how == "string" and block.kind == "json":
        inner[INPUT] = dump_string(block.arguments)
    elif block.kind != "freeform" and is_json(raw) and (block.kind == "object" or is_object(raw.lstrip())):
        inner[INPUT] = raw
    else:
        why = f"its arguments are no JSON object, as `{INPUT}` is"
        _lose(losses, "content", path, f"the call of `{block.name}`", why)
        return None
    return write({CALL: inner}, block.fields)


def _result(block: ToolResult, path: str, losses: list[Loss]) -> bytes | None:
    """Write one result."""
    if block.server and not _has(block.fields, RESULT):
        why = "it has no type of this wire"
        _lose(losses, "foreign", path, "the result of a server's tool", why)
        return None
    inner: dict[str, bytes | Tree] = {}
    put(inner, CALL_ID, block.call_id)
    if isinstance(block.name, str):
        _lose(losses, "spelling", f"{path}.name", "the tool's name beside its result", "the id names the call here")
    if isinstance(block.content, tuple):
        written = [_part(part, f"{path}.content[{n}]", losses) for n, part in enumerate(block.content)]
        inner[CONTENT] = array([part for part in written if part is not None])
    elif isinstance(block.content, str):
        inner[CONTENT] = array([write({TEXT: dump_string(block.content)})])
    elif block.content is None:
        inner[CONTENT] = NULL
    if block.status in _STATUS:
        inner["status"] = _STATUS[block.status]
    return write({RESULT: inner}, block.fields)


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    if tool.kind == "freeform":
        why = "a tool takes a JSON object here, no free text"
        return Written(b"", (Loss(kind="content", path="", what=f"the tool `{tool.name}`", why=why),))
    if tool.kind == "server":
        own = Spelling(tool.spelling).of("tool", "") == "own" or any(_has(tool.fields, key) for key in OTHER_TOOLS)
        if own and tool.name is UNSET and isinstance(tool.fields, Json):
            return Written(tool.fields.raw)
        why = "it is no member of the union of tools here"
        return Written(b"", (Loss(kind="foreign", path="", what="a tool that another provider runs", why=why),))
    inner: dict[str, bytes | Tree] = {}
    put(inner, "name", tool.name)
    put(inner, "description", tool.description)
    if isinstance(tool.parameters, Json):
        inner[SCHEMA] = {JSON: tool.parameters.raw}
    return Written(write({TOOL: inner}, tool.fields))


def _has(fields: Json | UnsetType, key: str) -> bool:
    return isinstance(fields, Json) and key in members(fields.raw, "fields", "caller")


def _word(block: Block) -> str:
    words = {"ToolCall": "a call", "Text": "a text", "Media": "media", "ToolResult": "a result"}
    return words.get(type(block).__name__, "a block")
