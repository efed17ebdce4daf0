"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; a block of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Slice, Slices, elements, members, string
from keepthinking._messages import (
    Block,
    Media,
    Message,
    Opaque,
    ResultStatus,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking.dialects._base import role_of, unknown
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    put_back,
    rest,
    take_bool,
    take_json,
    take_nullable,
    take_string,
)
from keepthinking.dialects.anthropic_messages._names import (
    CALL,
    CLIENT_TOOLS,
    CONTENT,
    DATA,
    FETCHED,
    FOREIGN_ROLES,
    ID,
    LISTED,
    MEDIA,
    OPAQUE_SEALS,
    REDACTED,
    RESULT,
    SERVER_CALL,
    SERVER_CALLS,
    SERVER_RESULTS,
    SIGNATURE,
    SOURCES,
    SYSTEM,
    THINKING,
    UPLOAD,
    WORDS,
)


def read_message(left: Slices, path: str, culprit: Culprit) -> Message:
    role = role_of(left, path, culprit)
    spelling = Spelling()
    if role in FOREIGN_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    blocks = _content(left, CONTENT, path, spelling, culprit)
    return Message(role=role, blocks=tuple(blocks), fields=rest(left), spelling=spelling.json())


def read_system(left: Slices, culprit: Culprit) -> Message:
    """Read the top-level `system`, which is there."""
    spelling = Spelling()
    blocks = _content(left, SYSTEM, "$", spelling, culprit)
    return Message(role=SYSTEM, blocks=tuple(blocks), carrier=SYSTEM, spelling=spelling.json())


def _content(left: Slices, key: str, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(key, None)
    if raw is None:
        spelling.note(CONTENT, "absent")
        return []
    if is_null(raw):
        spelling.note(CONTENT, "null")
        return []
    if is_string(raw):
        spelling.note(CONTENT, "string")
        return [Text(text=string(raw, f"{path}.{key}", culprit))]
    return list(_parts(raw, f"{path}.{key}", culprit))


def _parts(raw: Slice, path: str, culprit: Culprit, *, inner: bool = False) -> Iterator[Block]:
    if not is_array(raw):
        what = f"`{path.rpartition('.')[2]}` is neither a string, an array nor null"
        raise DecodeError(what, where=path, culprit=culprit)
    for i, slice_ in enumerate(elements(raw, path, culprit)):
        yield _part(slice_, f"{path}[{i}]", culprit, inner=inner)


def read_tool(left: Slices, path: str) -> Tool:
    raw = left.get("type")
    type_ = string(raw, f"{path}.type") if raw is not None and is_string(raw) else ""
    spelling = Spelling()
    if type_ == "custom" or (raw is not None and is_null(raw)):
        spelling.note("type", type_ or "null")
        type_ = ""
        del left["type"]
    kind: Literal["function", "server"] = "server" if type_ and not type_.startswith(CLIENT_TOOLS) else "function"
    name = take_nullable(left, "name", path)
    if kind == "server" and name is UNSET:
        spelling.note("name", "absent")  # what tells it from a tool of another wire
    return Tool(
        name=name,
        description=take_nullable(left, "description", path),
        parameters=take_json(left, "input_schema"),
        kind=kind,
        fields=rest(left),
        spelling=spelling.json(),
    )


def _part(raw: Slice, path: str, culprit: Culprit, *, inner: bool = False) -> Block:
    """Read one content block; `inner` ones stand in the result of a tool that the provider ran."""
    if not is_object(raw):
        return unknown(ID, raw, path)
    left = members(raw, path, culprit)
    tag = left.get("type")
    type_ = string(tag, f"{path}.type", culprit) if tag is not None and is_string(tag) else ""
    read = _READERS.get(type_)
    if read is None and type_.endswith(SERVER_CALLS):
        read = _call
    elif read is None and type_.endswith(SERVER_RESULTS):
        read = _result
    elif read is None and inner and type_ not in OPAQUE_SEALS:
        read = _text
    block = None if read is None else read(left, type_, path, culprit)
    return unknown(ID, raw, path, seals=OPAQUE_SEALS.get(type_, ())) if block is None else block


def _text(left: Slices, type_: str, path: str, _: Culprit) -> Text | None:
    """Read a text, or what a server's tool returns under a type of its own with nothing but a text in it."""
    text = take_string(left, "text", path)
    if isinstance(text, UnsetType):
        return None
    if type_ == "text":
        del left["type"]
    return Text(text=text, fields=rest(left))


def _thinking_part(left: Slices, _type: str, path: str, _: Culprit) -> Thinking:
    text = take_nullable(left, THINKING, path)
    # The block does not say whether its words are a summary: that is in the request's `thinking.display`.
    segments = () if isinstance(text, UnsetType) else (Segment(text=text),)
    seals = _take_seals(left, (SIGNATURE,), path)
    del left["type"]
    return Thinking(segments=segments, seals=seals, fields=rest(left))


def _redacted_part(left: Slices, _type: str, path: str, _: Culprit) -> Thinking | None:
    seals = _take_seals(left, (DATA,), path)
    if not seals:
        return None
    del left["type"]
    return Thinking(seals=seals, fields=rest(left))


def _take_seals(left: Slices, slots: Sequence[str], path: str) -> tuple[Seal, ...]:
    # Text, not base64: the vendor documents no bytes ("should not be interpreted or parsed", types/thinking_block.py).
    return tuple(Seal(slot=slot, wire=wire) for slot in slots if isinstance(wire := take_string(left, slot, path), str))


def _call(left: Slices, type_: str, path: str, _: Culprit) -> ToolCall | None:
    name = take_string(left, "name", path)
    if isinstance(name, UnsetType):
        return None
    if type_ in {CALL, SERVER_CALL}:
        del left["type"]
    spelling = Spelling()
    raw = left.pop("input", None)
    if raw is None:
        spelling.note("input", "absent")
    elif is_string(raw):
        # Arguments that are no JSON, as a stream leaves them that was cut: see `_stream`.
        spelling.note("input", "string")
    text = "" if raw is None else string(raw, f"{path}.input") if is_string(raw) else bytes(raw).decode()
    return ToolCall(
        id=take_nullable(left, "id", path),
        name=name,
        arguments=text,
        kind="json" if raw is not None and is_string(raw) else "object",
        server=type_ != CALL,
        fields=rest(left),
        spelling=spelling.json(),
    )


def _result(left: Slices, type_: str, path: str, culprit: Culprit) -> ToolResult:
    server = type_ != RESULT
    spelling = Spelling()
    content = _take_result(left, type_, path, spelling, culprit)
    failed = take_bool(left, "is_error")
    if failed is None:
        spelling.note("is_error", "null")
    status: ResultStatus = (
        "unspecified" if isinstance(failed, UnsetType) or failed is None else "error" if failed else "ok"
    )
    call_id = take_nullable(left, "tool_use_id", path)
    if not server:
        del left["type"]
    return ToolResult(
        call_id=call_id, status=status, content=content, server=server, fields=rest(left), spelling=spelling.json()
    )


def _take_result(
    left: Slices, type_: str, path: str, spelling: Spelling, culprit: Culprit
) -> str | tuple[Block, ...] | None | UnsetType:
    raw = left.get(CONTENT)
    if raw is None:
        return UNSET
    here, inner = f"{path}.{CONTENT}", type_ != RESULT
    content: str | tuple[Block, ...] | None
    if is_null(raw):
        content = None
    elif is_string(raw):
        content = string(raw, here, culprit)
    elif is_array(raw):
        content = tuple(_parts(raw, here, culprit, inner=inner))
    elif is_object(raw):
        content = (_part(raw, here, culprit, inner=inner),)
    else:
        return UNSET
    del left[CONTENT]
    if isinstance(content, tuple) and len(content) == 1 and is_object(raw) != is_single(type_, content[0]):
        spelling.note(CONTENT, "object" if is_object(raw) else "list")
    return content


def is_single(type_: str, block: Block) -> bool:
    """Tell whether the only block of a result is usually written as an object, not as a list of one."""
    return type_ not in LISTED or (isinstance(block, Opaque) and block.kind == f"{type_}_error")


def _media_part(left: Slices, type_: str, path: str, culprit: Culprit) -> Media | None:
    if type_ == UPLOAD:  # its type stays in `fields`: it is what tells it from a document
        return Media(kind=MEDIA[type_], file_id=take_nullable(left, "file_id", path), fields=rest(left))
    raw = left.get("source")
    if raw is None or not is_object(raw):
        return None
    here = f"{path}.source"
    source = members(raw, here, culprit)
    tag = source.get("type")
    known = SOURCES.get(string(tag, f"{here}.type", culprit)) if tag is not None and is_string(tag) else None
    value = take_string(source, known[0], here) if known is not None else UNSET
    if isinstance(value, str):
        del source["type"]
    # what lies elsewhere has no media type here; one that stands there all the same stays in `fields`
    mime = take_nullable(source, "media_type", here) if known is None or known[0] == DATA else UNSET
    spelling = Spelling()
    if known == SOURCES[WORDS] and mime is UNSET:
        spelling.note("media_type", "absent")
    del left["type"], left["source"]
    put_back(left, "source", source)
    media = Media(kind=MEDIA[type_], mime=mime, fields=rest(left), spelling=spelling.json())
    return media if known is None else replace(media, **{known[1]: value})


def _fetched(left: Slices, type_: str, path: str, culprit: Culprit) -> Media | None:
    """Read a fetched page: a document inside an object that says where it is; its type stays in `fields`."""
    raw, here = left.get(CONTENT), f"{path}.{CONTENT}"
    if raw is None or not is_object(raw):
        return None
    inner = members(raw, here, culprit)
    document = _media_part(inner, type_, here, culprit) if bytes(inner.get("type", b"")) == b'"document"' else None
    if document is None or not isinstance(document.url, UnsetType):
        return None
    url = take_nullable(left, "url", path)
    del left[CONTENT]
    put_back(left, CONTENT, inner)
    return replace(document, url=url, fields=rest(left))


_Reader = Callable[[Slices, str, str, Culprit], Block | None]
_READERS: Mapping[str, _Reader] = {
    "text": _text,
    THINKING: _thinking_part,
    REDACTED: _redacted_part,
    CALL: _call,
    RESULT: _result,
    **dict.fromkeys(MEDIA, _media_part),
    FETCHED: _fetched,
}
