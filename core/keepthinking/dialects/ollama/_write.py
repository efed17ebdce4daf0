"""Writing one wire message.

Rule 1: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from keepthinking._json import Json, dump_string, utf8
from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._alone import numbered
from keepthinking.dialects._cache import Written
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, put, write
from keepthinking.dialects.ollama._names import CALLS, CONTENT, FOREIGN_ROLES, ID, IMAGES, NAMES, THINKING, TOOL

_EMPTY = {"null": NULL, "empty": b"[]"}
_ORDER = (THINKING, CONTENT, IMAGES, CALLS)


def write_message(message: Message) -> Written:
    """Write a message as one element of `messages`, or as several where it holds several tool results."""
    results = [i for i, block in enumerate(message.blocks) if isinstance(block, ToolResult) and not block.server]
    if not results:
        return _Writer(message).done()
    losses: list[Loss] = []
    if len(message.blocks) == 1 and FOREIGN_ROLES.get(message.role, message.role) == TOOL:
        body = _result(message, 0, losses)
        _lose_around(message, losses)
        return Written(write({"role": dump_string(_role(message, losses)), **body}, message.fields), tuple(losses))
    why = "each tool result is a message of its own here"
    _lose(losses, "grouping", "", "one message of several parts", why)
    bodies = [write({"role": dump_string(TOOL), **_result(message, i, losses)}) for i in results]
    others = [i for i in range(len(message.blocks)) if i not in results]
    if others:
        written = _Writer(message.with_blocks([message.blocks[i] for i in others])).done()
        bodies.append(written.body)
        losses += numbered(written.losses, others)
    else:
        _lose_around(message, losses)
        _lose_fields(message.fields, "fields", "a message", losses)
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
        _lose(losses, "foreign", f"items[{i}]", what, "the members of a message stand alone here")


class _Members:
    """The members of a message that hold blocks, on their way out."""

    def __init__(self, losses: list[Loss]) -> None:
        self.losses = losses
        self.texts: dict[str, list[str]] = {THINKING: [], CONTENT: []}
        self.lists: dict[str, list[bytes]] = {IMAGES: [], CALLS: []}
        self._last = 0

    def add(self, block: Block, path: str) -> None:
        """Sort a block into the member that holds it."""
        for n, seal in enumerate(block.seals):
            what = f"the `{seal.slot}` of {_word(block)}"
            _lose(self.losses, "seal", f"{path}.seals[{n}]", what, "nothing is sealed here")
        if isinstance(block, Text):
            self._text(CONTENT, block.text, block, path)
        elif isinstance(block, Thinking):
            self._thought(block, path)
        elif isinstance(block, Media):
            self._media(block, path)
        elif isinstance(block, ToolCall):
            self._entry(CALLS, _call(block, path, self.losses), block, path)
        elif isinstance(block, Opaque):
            self._entry(block.slot, _opaque(block, path, self.losses), block, path)
        else:
            kind: LossKind = "foreign" if block.server else "content"
            _lose(self.losses, kind, path, "a result inside of another message", "results are messages here")

    def write(self, spelling: Spelling) -> dict[str, bytes | Tree]:
        """Give the members in the wire's order."""
        typed: dict[str, bytes | Tree] = {}
        for name in _ORDER:
            texts, entries = self.texts.get(name), self.lists.get(name)
            if texts:
                typed[name] = dump_string("".join(texts))
            elif entries:
                typed[name] = array(entries)
            elif texts is None or spelling.of(name, "") == "null":
                if (word := spelling.of(name, "")) in _EMPTY:
                    typed[name] = _EMPTY[word]
            elif name == CONTENT and spelling.of(name, "") == "empty":
                typed[name] = b'""'
        return typed

    def _place(self, name: str, block: Block, path: str) -> None:
        at = _ORDER.index(name)
        if at < self._last:
            why = "thinking, text, images and calls are separate members here, in this order"
            _lose(self.losses, "order", path, f"the place of {_word(block)} after later parts", why)
        self._last = max(self._last, at)

    def _text(self, name: str, text: str, block: Block, path: str) -> None:
        self._place(name, block, path)
        if self.texts[name]:
            _lose(self.losses, "grouping", path, f"the border before {_word(block)}", f"`{name}` is one string")
        _lose_fields(block.fields, f"{path}.fields", _word(block), self.losses)
        self.texts[name].append(text)

    def _entry(self, name: str, written: bytes | None, block: Block, path: str) -> None:
        if written is not None:
            self._place(name, block, path)
            self.lists[name].append(written)

    def _thought(self, block: Thinking, path: str) -> None:
        why = f"`{THINKING}` is one string"
        for n, place in enumerate(block.places):
            what = f"the place of a thought ({place.__struct_config__.tag})"
            _lose(self.losses, "spelling", f"{path}.places[{n}]", what, f"a thought stands in `{THINKING}` here")
        for n, segment in enumerate(block.segments):
            where = f"{path}.segments[{n}]"
            if segment.channel != "raw":
                _lose(self.losses, "spelling", f"{where}.channel", f"that a thought is a {segment.channel}", why)
            _lose_fields(segment.fields, f"{where}.fields", "a piece of a thought", self.losses)
        if len(block.segments) > 1:
            _lose(self.losses, "grouping", f"{path}.segments", "the pieces of a thought", why)
        if any(isinstance(segment.text, str) for segment in block.segments):
            self._text(THINKING, block.text, block, path)
        else:
            _lose(self.losses, "spelling", path, "a thought without words", "there is nothing to write of it")
            _lose_fields(block.fields, f"{path}.fields", _word(block), self.losses)

    def _media(self, block: Media, path: str) -> None:
        lose_name(block, path, self.losses)
        if block.kind == "file" and isinstance(block.text, str):
            _lose(self.losses, "spelling", path, "that a text is a file", "files are not texts here")
            self._text(CONTENT, block.text, block, path)
            return
        inline = isinstance(block.url, str) and block.url.startswith("data:") and ";base64," in block.url
        data = block.url.partition(";base64,")[2] if inline and isinstance(block.url, str) else block.data
        if block.kind != "image" or not isinstance(data, str):
            _lose(
                self.losses, "content", path, f"media of the kind `{block.kind}`", "images are base64 here, and alone"
            )
            return
        self._entry(IMAGES, dump_string(data), block, path)
        if inline:
            _lose(self.losses, "spelling", f"{path}.url", "a `data:` URL", "an image is its bytes alone")
        if isinstance(block.mime, str):
            _lose(self.losses, "spelling", f"{path}.mime", "the media type of an image", "its bytes say it")
        left = {"url": UNSET if inline else block.url, "file_id": block.file_id, "text": block.text}
        for name, value in {**left, "data": block.data if inline else UNSET}.items():
            if value is not UNSET:
                _lose(self.losses, "content", f"{path}.{name}", f"the `{name}` of media", "an image is its bytes alone")
        _lose_fields(block.fields, f"{path}.fields", "media", self.losses)


class _Writer:
    """One message on its way out."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.losses: list[Loss] = []
        self.role = _role(message, self.losses)
        _lose_around(message, self.losses)
        self.members = _Members(self.losses)
        own = Spelling(message.spelling).of("role", "") == "own"
        for i, block in enumerate(message.blocks):
            if self.role == TOOL and not own:
                why = "all of such a message is one result"
                _lose(self.losses, "grouping", f"blocks[{i}]", f"{_word(block)} in a tool message", why)
            self.members.add(block, f"blocks[{i}]")

    def done(self) -> Written:
        """Write the members."""
        typed = {"role": dump_string(self.role), **self.members.write(Spelling(self.message.spelling))}
        return Written(write(typed, self.message.fields), tuple(self.losses))


def _result(message: Message, index: int, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write the members of a tool message that belong to its result."""
    block, path = message.blocks[index], f"blocks[{index}]"
    typed: dict[str, bytes | Tree] = {}
    if not isinstance(block, ToolResult):
        return typed
    spelling = Spelling(message.spelling if len(message.blocks) == 1 else UNSET)
    put(typed, spelling.of(NAMES[0], NAMES[0]), block.name)
    put(typed, "tool_call_id", block.call_id)
    if isinstance(block.content, tuple):
        parts = _Members(losses)
        for n, part in enumerate(block.content):
            if isinstance(part, Text | Media) or (isinstance(part, Opaque) and part.slot == IMAGES):
                parts.add(part, f"{path}.content[{n}]")
            else:
                what = f"{_word(part)} in a result"
                _lose(losses, "content", f"{path}.content[{n}]", what, "results are a text and images here")
        typed.update(parts.write(spelling))
    else:
        put(typed, CONTENT, block.content)
        if (word := spelling.of(IMAGES, "")) in _EMPTY:
            typed[IMAGES] = _EMPTY[word]
    for n, seal in enumerate(block.seals):
        _lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a result", "nothing is sealed here")
    _lose_fields(block.fields, f"{path}.fields", "a result", losses)
    if not typed:
        _lose(losses, "content", path, "an empty result", "a tool message without any is none")
    if block.status != "unspecified":
        kind: LossKind = "content" if block.status == "error" else "spelling"
        _lose(losses, kind, f"{path}.status", "whether a tool failed", "tool messages have no such flag")
    return typed


def _call(block: ToolCall, path: str, losses: list[Loss]) -> bytes | None:
    """Write one call; one whose arguments are no JSON object has no home here and is left out, never mended."""
    if block.server:
        _lose(losses, "foreign", path, f"the server's call of `{block.name}`", "a provider runs no calls here")
        return None
    how = Spelling(block.spelling).of("arguments", "")
    raw = utf8(block.arguments).strip()
    inner: dict[str, bytes | Tree] = {"name": dump_string(block.name)}
    if how == "string" and block.kind == "json":
        inner["arguments"] = dump_string(block.arguments)
    elif block.arguments == "" and block.kind != "freeform":
        if how != "absent":
            inner["arguments"] = b"{}"
            what = "arguments that are the empty string"
            _lose(losses, "spelling", f"{path}.arguments", what, "`arguments` is an object")
    elif block.kind != "freeform" and is_json(raw) and is_object(raw):
        inner["arguments"] = raw
    else:
        why = "its arguments are no JSON object, as `arguments` is"
        _lose(losses, "content", path, f"the call of `{block.name}`", why)
        return None
    typed: dict[str, bytes | Tree] = {}
    put(typed, "id", block.id)
    typed["function"] = inner
    return write(typed, block.fields)


def _opaque(block: Opaque, path: str, losses: list[Loss]) -> bytes | None:
    if block.dialect != ID or block.slot not in {IMAGES, CALLS}:
        _lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")
        return None
    if not is_object(block.body.raw.lstrip()):
        if block.kind:
            _lose(losses, "content", path, "the type of a block", "its body is no object")
        return block.body.raw
    return write({"type": dump_string(block.kind)} if block.kind else {}, block.body)


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


def block_path(message: Message, index: int) -> str:
    """Give the path of a block from its wire message, for reports."""
    home = _home(message.blocks[index])
    if home in {THINKING, CONTENT}:
        return home
    return f"{home}[{sum(_home(earlier) == home for earlier in message.blocks[:index])}]"


def _home(block: Block) -> str:
    if isinstance(block, Opaque):
        return block.slot
    homes: Sequence[tuple[type, str]] = ((Thinking, THINKING), (Media, IMAGES), (ToolCall, CALLS))
    return next((name for type_, name in homes if isinstance(block, type_)), CONTENT)


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _lose_fields(fields: object, path: str, what: str, losses: list[Loss]) -> None:
    if fields is not UNSET:
        _lose(losses, "content", path, f"members of {what}", "the members of a message are flat here")


_WORDS = {
    "ToolCall": "a call",
    "Text": "a text",
    "Media": "media",
    "ToolResult": "a result",
    "Thinking": "thinking",
}


def _word(block: Block) -> str:
    return _WORDS.get(type(block).__name__, "a block")
