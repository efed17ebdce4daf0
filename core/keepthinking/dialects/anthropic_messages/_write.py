"""Writing one wire message.

Rule 1: a block goes back as the block it came from; one that was never on a wire is written as the vendor writes it.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, Slices, dump_string, members, string, utf8
from keepthinking._messages import (
    Block,
    Media,
    Message,
    Opaque,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._cache import Written
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._redacted import unwrapped
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, is_string, put, write
from keepthinking.dialects.anthropic_messages._names import (
    CALL,
    CONTENT,
    DATA,
    ELSEWHERE,
    FETCHED,
    FOREIGN_ROLES,
    ID,
    MEDIA,
    OPAQUE_SEALS,
    REDACTED,
    RESULT,
    SERVER_CALL,
    SERVER_CALLS,
    SERVER_RESULTS,
    SIGNATURE,
    SOURCES,
    THINKING,
    TOOLSET,
    UPLOAD,
    WORDS,
    WRAPPED,
)
from keepthinking.dialects.anthropic_messages._read import is_single

_STATUS: dict[str, bytes] = {"error": b"true", "ok": b"false"}


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
        losses.append(Loss(kind=kind, path=_under(path, "role"), what=f"the role `{message.role}`", why=why))
    return role


class _Writer:
    """The content of one message on its way out."""

    def __init__(self, message: Message, path: str = "") -> None:
        self.message = message
        self.losses: list[Loss] = []
        if isinstance(message.name, str):
            _lose(
                self.losses, "content", _under(path, "name"), "the name of the participant", "messages have none here"
            )
        for i, item in enumerate(message.items):
            where = _under(path, f"items[{i}]")
            _lose(
                self.losses,
                "foreign",
                where,
                f"the `{item.kind}` object around a block",
                "content blocks stand alone here",
            )
        written = [_part(block, _under(path, f"blocks[{i}]"), self.losses) for i, block in enumerate(message.blocks)]
        self.parts = [part for part in written if part is not None]

    def content(self) -> bytes | None:
        """Write the content, or nothing where it was absent."""
        how = Spelling(self.message.spelling).of(CONTENT, "")
        blocks = self.message.blocks
        if not blocks and how in {"absent", "null"}:
            return NULL if how == "null" else None
        if how == "string" and len(blocks) == 1 and isinstance(blocks[0], Text) and blocks[0].fields is UNSET:
            return dump_string(blocks[0].text)
        return array(self.parts)


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _part(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    """Write one content block; nothing where this wire has no home for it."""
    if isinstance(block, Opaque):
        return _opaque(block, path, losses)
    if isinstance(block, Thinking):
        return _thinking_part(block, path, losses)
    for n, seal in enumerate(block.seals):
        _lose(
            losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of {_word(block)}", "only thinking is sealed here"
        )
    if isinstance(block, Media):
        return _media(block, path, losses)
    if isinstance(block, ToolCall):
        return _call(block, path, losses)
    if isinstance(block, ToolResult):
        return _result(block, path, losses)
    typed: dict[str, bytes | Tree] = {} if _tag(block.fields) else {"type": b'"text"'}
    return write({**typed, "text": dump_string(block.text)}, block.fields)


def _lose_pieces(block: Thinking, path: str, losses: list[Loss]) -> None:
    """Tell what is lost of the pieces of a thought besides their words."""
    for n, segment in enumerate(block.segments):
        if segment.channel != "raw":
            why = "a thinking block does not say what its words are"
            _lose(losses, "spelling", f"{path}.segments[{n}].channel", f"that a thought is a {segment.channel}", why)
        if segment.fields is not UNSET:
            _lose(
                losses,
                "content",
                f"{path}.segments[{n}].fields",
                "members of a piece",
                "a thinking block holds one text",
            )


def _thinking_part(block: Thinking, path: str, losses: list[Loss]) -> bytes | None:
    """Write a thought; nothing where all that it held has no home here: an empty block would be an invented one."""
    redacted = not block.segments and any(seal.slot in {DATA, WRAPPED} for seal in block.seals)
    slot = DATA if redacted else SIGNATURE
    typed: dict[str, bytes | Tree] = {"type": dump_string(REDACTED if redacted else THINKING)}
    if block.segments:
        put(typed, THINKING, block.segments[0].text if len(block.segments) == 1 else block.text)
    if len(block.segments) > 1:
        _lose(losses, "grouping", f"{path}.segments", "the pieces of a thought", "a thinking block holds one text")
    _lose_pieces(block, path, losses)
    for n, place in enumerate(block.places):
        _lose(
            losses,
            "spelling",
            f"{path}.places[{n}]",
            f"the place of a thought ({place.__struct_config__.tag})",
            "a thought is a block here",
        )
    for n, seal in enumerate(block.seals):
        data = unwrapped(seal.wire) if redacted and seal.slot == WRAPPED and slot not in typed else None
        if seal.slot == slot and slot not in typed:
            typed[slot] = dump_string(seal.wire)
        elif data is not None:
            typed[slot] = dump_string(data)
            why = "the same bytes are a text here"
            _lose(losses, "spelling", f"{path}.seals[{n}]", f"the spelling of the `{WRAPPED}` of a thought", why)
        else:
            _lose(
                losses,
                "seal",
                f"{path}.seals[{n}]",
                f"the `{seal.slot}` of a thought",
                "its block has one seal of another name",
            )
    if len(typed) == 1 and (block.seals or block.segments):
        return None  # the losses of its seals and its pieces are all that there was
    return write(typed, block.fields)


def _media(block: Media, path: str, losses: list[Loss]) -> bytes | None:
    if block.kind not in MEDIA.values():
        why = "content blocks are images and documents here"
        _lose(losses, "content", path, f"media of the kind `{block.kind}`", why)
        return None
    lose_name(block, path, losses)
    typed: dict[str, bytes | Tree] = {}
    tag = _tag(block.fields)
    if tag == UPLOAD:
        put(typed, "file_id", block.file_id)
        return write(typed, block.fields)
    fetched = tag == FETCHED
    mime, url, data = _bytes(block, path, losses)
    values = {"data": data, "url": UNSET if fetched else url, "file_id": block.file_id, "text": block.text}
    source: dict[str, bytes | Tree] = {}
    chosen = ""
    for type_, (member, attribute) in SOURCES.items():
        value = values[attribute]
        if not isinstance(value, str):
            continue
        if chosen:
            _lose(losses, "content", f"{path}.{attribute}", f"the `{attribute}` of media", "a source is one of several")
            continue
        chosen = type_
        source.update({"type": dump_string(type_), member: dump_string(value)})
    if chosen in ELSEWHERE:
        if isinstance(mime, str):
            why = "what lies elsewhere says itself what it is"
            _lose(losses, "spelling", f"{path}.mime", "the media type of media", why)
    elif chosen == WORDS and mime is UNSET and Spelling(block.spelling).of("media_type", "") != "absent":
        source["media_type"] = b'"text/plain"'  # required, and the only one
    else:
        put(source, "media_type", mime)
    document: Tree = {"type": b'"image"' if block.kind == "image" else b'"document"', "source": source}
    if not fetched:
        return write(document, block.fields)
    put(typed, "url", block.url)
    return write({**typed, CONTENT: document}, block.fields)


def _bytes(
    block: Media, path: str, losses: list[Loss]
) -> tuple[str | None | UnsetType, str | None | UnsetType, str | None | UnsetType]:
    """Give type, address and bytes of media; a `data:` URL of another dialect is taken apart."""
    for member, value in (("url", block.url), ("data", block.data)):
        if isinstance(value, str) and value.startswith("data:") and ";base64," in value:
            head, _, data = value.partition(";base64,")
            _lose(losses, "spelling", f"{path}.{member}", "a `data:` URL", "bytes stand beside their type here")
            return head.removeprefix("data:") or block.mime, UNSET, data
    return block.mime, block.url, block.data


def _opaque(block: Opaque, path: str, losses: list[Loss]) -> bytes | None:
    if block.dialect != ID:
        _lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        return None
    if block.slot:
        _lose(losses, "grouping", path, f"the list `{block.slot}` that held a block", "content is the only list here")
    if not is_object(block.body.raw):
        if block.kind or block.seals:
            _lose(losses, "content", path, "the type and the seals of a block", "its body is no object")
        return block.body.raw
    typed: dict[str, bytes | Tree] = {"type": dump_string(block.kind)} if block.kind else {}
    for n, seal in enumerate(block.seals):
        if seal.slot in OPAQUE_SEALS.get(block.kind, ()):
            typed[seal.slot] = dump_string(seal.wire)
        else:
            _lose(
                losses,
                "seal",
                f"{path}.seals[{n}]",
                f"the `{seal.slot}` of a block",
                f"`{block.kind}` has no such member",
            )
    return write(typed, block.body)


def _call(block: ToolCall, path: str, losses: list[Loss]) -> bytes | None:
    """Write one call; one whose arguments are no JSON object has no home here and is left out, never mended."""
    tag = _tag(block.fields)
    if block.server and tag and not tag.endswith(SERVER_CALLS):
        _lose(losses, "foreign", path, f"the server's call of `{block.name}`", "its provider is another one")
        return None
    typed: dict[str, bytes | Tree] = {}
    if not (block.server and tag):
        typed["type"] = dump_string(SERVER_CALL if block.server else CALL)
    put(typed, "id", block.id)
    typed["name"] = dump_string(block.name)
    how = Spelling(block.spelling).of("input", "")
    raw = utf8(block.arguments)
    if block.arguments == "" and how != "string":
        if how != "absent":
            typed["input"] = b"{}"
            _lose(
                losses, "spelling", f"{path}.arguments", "arguments that are the empty string", "`input` is an object"
            )
    elif how == "string" and block.kind == "json":
        typed["input"] = dump_string(block.arguments)
    elif block.kind != "freeform" and is_json(raw) and (block.kind == "object" or is_object(raw.lstrip())):
        typed["input"] = raw
    else:
        _lose(losses, "content", path, f"the call of `{block.name}`", "its arguments are no JSON object, as `input` is")
        return None
    return write(typed, block.fields)


def _result(block: ToolResult, path: str, losses: list[Loss]) -> bytes | None:
    """Write one result."""
    tag = _tag(block.fields)
    if block.server and not tag.endswith(SERVER_RESULTS):
        _lose(losses, "foreign", path, "the result of a server's tool", "its provider is another one")
        return None
    spelling = Spelling(block.spelling)
    typed: dict[str, bytes | Tree] = {} if block.server else {"type": dump_string(RESULT)}
    put(typed, "tool_use_id", block.call_id)
    if isinstance(block.name, str):
        _lose(losses, "spelling", f"{path}.name", "the tool's name beside its result", "the id names the call here")
    if isinstance(block.content, tuple):
        written = [(part, _part(part, f"{path}.content[{n}]", losses)) for n, part in enumerate(block.content)]
        parts = [(part, raw) for part, raw in written if raw is not None]
        usual = "object" if len(parts) == 1 and is_single(tag or RESULT, parts[0][0]) else "list"
        single = len(parts) == 1 and spelling.of(CONTENT, usual) == "object"
        typed[CONTENT] = parts[0][1] if single else array([raw for _, raw in parts])
    else:
        put(typed, CONTENT, block.content)
    if block.status in _STATUS:
        typed["is_error"] = _STATUS[block.status]
    elif spelling.of("is_error", "") == "null":
        typed["is_error"] = NULL
    return write(typed, block.fields)


def write_tool(tool: Tool) -> Written:
    """Write one tool as an element of `tools`; nothing where this wire has no home for it."""
    tag = _tag(tool.fields)
    if tool.kind == "freeform":
        why = "a tool takes a JSON object here, no free text"
        return Written(b"", (Loss(kind="content", path="", what=f"the tool `{tool.name}`", why=why),))
    how = Spelling(tool.spelling)
    own = tool.name is not UNSET or tag == TOOLSET or how.of("name", "") == "absent"
    if tool.kind == "server" and not (tag and own):
        why = f"`{tag}` is not of this dialect"
        return Written(b"", (Loss(kind="foreign", path="", what="a tool that another provider runs", why=why),))
    typed: dict[str, bytes | Tree] = {}
    if word := how.of("type", ""):
        typed["type"] = NULL if word == "null" else dump_string(word)
    put(typed, "name", tool.name)
    put(typed, "description", tool.description)
    put(typed, "input_schema", tool.parameters)
    return Written(write(typed, tool.fields))


def _tag(fields: Json | UnsetType) -> str:
    """Give the type that stayed in `fields` because it is not the usual one."""
    if isinstance(fields, UnsetType):
        return ""
    left: Slices = members(fields.raw, "fields", "caller")
    raw = left.get("type")
    return string(raw, "fields.type", "caller") if raw is not None and is_string(raw) else ""


def _word(block: Block) -> str:
    return {"ToolCall": "a call", "Text": "a text", "Media": "media", "ToolResult": "a result"}.get(
        type(block).__name__, "a block"
    )
