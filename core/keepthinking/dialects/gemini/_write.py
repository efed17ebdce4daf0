"""Writing one wire content.

Rule 1: a block goes back as the part it came from; one that was never on a wire is written as the vendor writes it.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from msgspec import UNSET

from keepthinking._errors import DecodeError
from keepthinking._json import dump_string, members, utf8
from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._cache import Written
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_null, is_object, put, write
from keepthinking.dialects.gemini._names import (
    BOXES,
    CALL,
    CONTENT,
    ERROR,
    FILE,
    FOREIGN_ROLES,
    ID,
    INLINE,
    MIME,
    MODEL,
    OUTPUT,
    PARTS,
    RESULT,
    SEAL,
    SEALS,
    SERVER_CALL,
    SERVER_RESULT,
    SYSTEM_ROLES,
    TEXT,
    THOUGHT,
    TOOL_TYPE,
    URI,
    USER,
)
from keepthinking.dialects.gemini._read import is_own, media_kind
from keepthinking.dialects.gemini._spelt import key_for, write_spelt

_THOUGHTS = {"false": b"false", "null": NULL}


def write_message(message: Message, usual: str = USER) -> Written:
    """Write a message as one content.

    Args:
        message: The message.
        usual: The role of a content that names none.
    """
    writer = _Writer(message)
    spelling = Spelling(message.spelling)
    typed: dict[str, bytes | Tree] = {}
    role = _role(message, spelling, writer.losses)
    how = spelling.of("role", "") if role == usual else ""
    if how not in {"absent", "null"}:
        typed["role"] = dump_string(role)
    elif how == "null":
        typed["role"] = NULL
    writer.put_parts(typed)
    return Written(write(typed, message.fields), tuple(writer.losses))


def write_answer(message: Message) -> Written:
    """Write a message as the content of a candidate; an empty body where it has none."""
    how = Spelling(message.spelling).of(CONTENT, "")
    if message.blocks or message.fields is not UNSET or how not in {"absent", "null"}:
        return write_message(message, MODEL)
    return Written(NULL if how == "null" else b"")


def write_system(messages: Sequence[Message]) -> Written:
    """Write the instructions at the head as `systemInstruction`."""
    writers = [_Writer(message, f"messages[{i}]") for i, message in enumerate(messages)]
    losses: list[Loss] = []
    typed: dict[str, bytes | Tree] = {}
    for i, (message, writer) in enumerate(zip(messages, writers, strict=True)):
        where = f"messages[{i}]"
        losses += writer.losses
        if message.role != "system":
            _lose(losses, "spelling", f"{where}.role", f"the role `{message.role}`", "instructions have one place here")
        if i:
            why = "`systemInstruction` is one list of parts"
            _lose(losses, "grouping", where, "the border between two messages", why)
            if message.fields is not UNSET:
                _lose(losses, "content", f"{where}.fields", "members of the message", why)
    spelling = Spelling(messages[0].spelling)
    if spelling.of("role", "") == "null":
        typed["role"] = NULL
    elif (named := spelling.words.get("named")) is not None:
        typed["role"] = dump_string(named)
    if len(writers) == 1:
        writers[0].put_parts(typed)
    else:
        typed[PARTS] = array([part for writer in writers for part in writer.parts])
    return Written(write(typed, messages[0].fields), tuple(losses))


def _role(message: Message, spelling: Spelling, losses: list[Loss]) -> str:
    role = FOREIGN_ROLES.get(message.role, message.role)
    if role == message.role or spelling.of("role", "") == "own":
        return message.role
    if message.role in SYSTEM_ROLES:
        why = "instructions behind the first turn are the user's words here"
        _lose(losses, "grouping", "role", f"the role `{message.role}`", why)
    elif role != MODEL:  # only that is the same speaker under another name
        _lose(losses, "spelling", "role", f"the role `{message.role}`", f"its name is `{role}` here")
    return role


class _Writer:
    """The parts of one message on their way out."""

    def __init__(self, message: Message, path: str = "") -> None:
        self.message = message
        self.losses: list[Loss] = []
        if isinstance(message.name, str):
            why = "contents have none here"
            _lose(self.losses, "content", _under(path, "name"), "the name of the participant", why)
        for i, item in enumerate(message.items):
            what = f"the `{item.kind}` object around a block"
            _lose(self.losses, "foreign", _under(path, f"items[{i}]"), what, "parts stand alone here")
        written = [_part(block, _under(path, f"blocks[{i}]"), self.losses) for i, block in enumerate(message.blocks)]
        self.parts = [part for part in written if part is not None]

    def put_parts(self, typed: dict[str, bytes | Tree]) -> None:
        """Add the parts, unless they were absent."""
        how = "" if self.message.blocks else Spelling(self.message.spelling).of(PARTS, "")
        if how != "absent":
            typed[PARTS] = NULL if how == "null" else array(self.parts)


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _part(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    """Write one part; nothing where this wire has no home for it."""
    spelling = Spelling(block.spelling)
    seal = _seal(block, path, losses)
    if isinstance(block, Opaque):
        return _opaque(block, path, losses, seal)
    typed: Tree | None
    match block:
        case Text():
            typed = _text(block, spelling)
        case Thinking():
            typed = _thinking(block, spelling, path, losses)
        case ToolCall():
            typed = _call(block, spelling, path, losses)
        case ToolResult():
            typed = _result(block, spelling, path, losses)
        case Media():
            typed = _media(block, path, losses)
    return None if typed is None else write_spelt({**typed, **seal}, block.fields, spelling)


def _seal(block: Block, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    found: dict[str, bytes | Tree] = {}
    for n, seal in enumerate(block.seals):
        here = f"{path}.seals[{n}]"
        if seal.slot not in SEALS or found:
            _lose(losses, "seal", here, f"the `{seal.slot}` of a block", "a part has one seal, this provider's own")
            continue
        if seal.slot != SEAL:
            _lose(losses, "spelling", f"{here}.slot", f"the place `{seal.slot}`", f"the same seal is `{SEAL}` here")
        found[SEAL] = dump_string(seal.wire)
    return found


def _text(block: Text, spelling: Spelling) -> Tree:
    typed: dict[str, bytes | Tree] = {}
    how = "" if block.text else spelling.of(TEXT, "")
    if how != "absent":
        typed[TEXT] = NULL if how == "null" else dump_string(block.text)
    if word := _THOUGHTS.get(spelling.of(THOUGHT, "")):
        typed[THOUGHT] = word
    return typed


def _thinking(block: Thinking, spelling: Spelling, path: str, losses: list[Loss]) -> Tree:
    typed: dict[str, bytes | Tree] = {}
    if block.segments:
        put(typed, TEXT, block.segments[0].text if len(block.segments) == 1 else block.text)
    elif spelling.of(TEXT, "") == "null":
        typed[TEXT] = NULL
    typed[THOUGHT] = b"true"
    if len(block.segments) > 1:
        _lose(losses, "grouping", f"{path}.segments", "the pieces of a thought", "a part holds one text")
    for n, segment in enumerate(block.segments):
        if segment.channel != "summary":
            why = "all thoughts that this wire shows are summaries"
            _lose(losses, "spelling", f"{path}.segments[{n}].channel", f"that a thought is {segment.channel}", why)
        if segment.fields is not UNSET:
            _lose(losses, "content", f"{path}.segments[{n}].fields", "members of a piece", "a part holds one text")
    for n, place in enumerate(block.places):
        what = f"the place of a thought ({place.__struct_config__.tag})"
        _lose(losses, "spelling", f"{path}.places[{n}]", what, "a thought is a part here")
    return typed


def _call(block: ToolCall, spelling: Spelling, path: str, losses: list[Loss]) -> Tree | None:
    """Write one call; one whose arguments are no JSON object has no home here and is left out, never mended."""
    if block.server and not is_own(block.name):
        _lose(losses, "foreign", path, f"the server's call of `{block.name}`", "its provider is another one")
        return None
    raw = utf8(block.arguments)
    inner: dict[str, bytes | Tree] = {}
    put(inner, "id", block.id)
    inner[TOOL_TYPE if block.server else "name"] = dump_string(block.name)
    if not block.arguments and spelling.of("args", "") == "absent":
        pass  # they were still to come
    elif not block.arguments:
        why = "no arguments are an empty object here"
        _lose(losses, "spelling", f"{path}.arguments", "arguments that are the empty string", why)
    elif block.arguments != "{}" or block.kind == "freeform" or spelling.of("args", "") != "absent":
        if block.kind == "freeform" or not is_json(raw) or not (block.kind == "object" or is_object(raw.lstrip())):
            why = "its arguments are no JSON object, as `args` is"
            _lose(losses, "content", path, f"the call of `{block.name}`", why)
            return None
        inner["args"] = raw
    return {SERVER_CALL if block.server else CALL: inner}


def _result(block: ToolResult, spelling: Spelling, path: str, losses: list[Loss]) -> Tree | None:
    if block.server and not is_own(block.name):
        _lose(losses, "foreign", path, "the result of a server's tool", "its provider is another one")
        return None
    inner: dict[str, bytes | Tree] = {}
    put(inner, "id", block.call_id)
    put(inner, TOOL_TYPE if block.server else "name", block.name)
    content = block.content
    if content is None and block.status != "error":
        inner["response"] = NULL
    elif isinstance(content, str):
        inner["response"] = _response(content, block, spelling)
    elif isinstance(content, tuple):
        texts = [(n, part) for n, part in enumerate(content) if isinstance(part, Text)]
        others = [(n, part) for n, part in enumerate(content) if not isinstance(part, Text)]
        _told(texts, others, path, losses)
        if texts:
            inner["response"] = _response("".join(part.text for _, part in texts), block, spelling)
        written = [_inner(part, f"{path}.content[{n}]", losses) for n, part in others]
        parts = [part for part in written if part is not None]
        if parts or not texts or spelling.of(PARTS, "") == "empty":
            inner[PARTS] = array(parts)
    if block.status == "error" and "response" not in inner:
        _lose(losses, "content", f"{path}.status", "that a tool failed", "only a response can say so")
    elif block.status == "ok":
        _lose(losses, "spelling", f"{path}.status", "that a tool did not fail", "an `error` says when one did")
    return {SERVER_RESULT if block.server else RESULT: inner}


def _told(
    texts: Sequence[tuple[int, Text]], others: Sequence[tuple[int, Block]], path: str, losses: list[Loss]
) -> None:
    """Tell what is lost where words and media of a result part."""
    if len(texts) > 1:
        _lose(losses, "grouping", f"{path}.content", "the borders between texts", "a response has one text")
    if others and texts and texts[-1][0] > others[0][0]:
        _lose(losses, "order", f"{path}.content", "media before words", "media stand beside the response")
    for n, part in texts:
        for k, seal in enumerate(part.seals):
            why = "a response has none"
            _lose(losses, "seal", f"{path}.content[{n}].seals[{k}]", f"the `{seal.slot}` of a text", why)
        if part.fields is not UNSET:
            why = "a response has one text"
            _lose(losses, "content", f"{path}.content[{n}].fields", "members of a text", why)


def _inner(block: Block, path: str, losses: list[Loss]) -> bytes | None:
    if isinstance(block, Media | Opaque):
        return _part(block, path, losses)
    _lose(losses, "content", path, "a block inside a result", "beside its response a result holds media alone")
    return None


def _response(text: str, block: ToolResult, spelling: Spelling) -> bytes:
    """Write what a function answered: the object that it was, or its words in the member that says how it went."""
    how = spelling.of("response", "")
    if how == "object" and is_object(raw := utf8(text) or NULL):
        try:
            left = members(raw, "response")
        except DecodeError:
            left = None  # its words have changed
        if left is not None and (ERROR in left and not is_null(left[ERROR])) is (block.status == "error"):
            return raw
    key = ERROR if block.status == "error" else how if how in BOXES and how != ERROR else OUTPUT
    return b"{" + dump_string(key) + b":" + dump_string(text) + b"}"


def _media(block: Media, path: str, losses: list[Loss]) -> Tree | None:
    lose_name(block, path, losses)
    mime, url, data = block.mime, block.url, block.data
    if isinstance(url, str) and url.startswith("data:") and ";base64," in url:
        head, _, data = url.partition(";base64,")
        mime, url = head.removeprefix("data:"), UNSET
        _lose(losses, "spelling", f"{path}.url", "a `data:` URL", "bytes stand beside their type here")
    elif isinstance(block.text, str):
        _lose(
            losses,
            "spelling" if url is UNSET and data is UNSET else "content",
            f"{path}.text",
            "that a file is words",
            "files are bytes here",
        )
        data = base64.b64encode(utf8(block.text)).decode() if data is UNSET else data
        mime = "text/plain" if mime is UNSET else mime
    if isinstance(block.file_id, str):
        _lose(losses, "foreign", f"{path}.file_id", "the id of an uploaded file", "another provider holds it")
        if url is UNSET and data is UNSET:
            return None
    if media_kind(mime) != block.kind:
        why = "the media type alone says what media are"
        _lose(losses, "spelling", f"{path}.kind", f"that media are of the kind `{block.kind}`", why)
    inner: dict[str, bytes | Tree] = {}
    put(inner, MIME, mime)
    if url is not UNSET:
        put(inner, URI, url)
        if data is not UNSET:
            _lose(losses, "content", f"{path}.data", "the bytes of media", "a part has an address or bytes")
        return {FILE: inner}
    put(inner, "data", data)
    return {INLINE: inner}


def _opaque(block: Opaque, path: str, losses: list[Loss], seal: dict[str, bytes | Tree]) -> bytes | None:
    if block.dialect != ID:
        _lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        return None
    if block.slot:
        _lose(losses, "grouping", path, f"the list `{block.slot}` that held a block", "parts are the only list here")
    if not block.kind:
        if seal or block.fields is not UNSET:
            _lose(losses, "content", path, "the seal and the members of a block", "its kind is not known")
        return block.body.raw
    spelling = Spelling(block.spelling)
    key = key_for(spelling, block.kind)
    return write_spelt({key: block.body.raw, **seal}, block.fields, spelling)
