"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; a block of unknown shape is kept whole, in place.
Rule 2: a block is a union: its one member says what it is, and stands in `kind` where nobody here knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Json, Slice, Slices, elements, members, string
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
from keepthinking.dialects._base import role_of
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    put_back,
    rest,
    take_json,
    take_nullable,
    take_string,
)
from keepthinking.dialects.bedrock_converse._names import (
    ADDRESS,
    BUCKET,
    CALL,
    CALL_ID,
    CITED,
    CONTENT,
    DOCUMENT,
    FOREIGN_ROLES,
    FORMATS,
    ID,
    INPUT,
    JSON,
    MEDIA,
    NAME,
    OTHER_TOOLS,
    REDACTED,
    RESULT,
    S3,
    SCHEMA,
    SERVER_CALL,
    SIGNATURE,
    SOURCES,
    STATUS,
    SYSTEM,
    TEXT,
    THINKING,
    TOOL,
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
    if not is_array(raw):
        raise DecodeError(f"`{key}` is neither an array nor null", where=f"{path}.{key}", culprit=culprit)
    return list(_parts(raw, f"{path}.{key}", culprit))


def _parts(raw: Slice, path: str, culprit: Culprit) -> Iterator[Block]:
    for i, slice_ in enumerate(elements(raw, path, culprit)):
        yield _part(slice_, f"{path}[{i}]", culprit)


def read_tool(raw: Slice, path: str, culprit: Culprit) -> Tool:
    """Read one element of `tools`. Raises `DecodeError` where it is no object."""
    left = members(raw, path, culprit)
    spec = left.get(TOOL)
    if spec is None or not is_object(spec):
        spelling = Spelling()
        if not (left.keys() & OTHER_TOOLS):
            spelling.note("tool", "own")  # what tells it from a tool of another wire
        return Tool(kind="server", fields=Json(bytes(raw)), spelling=spelling.json())
    inner = members(spec, f"{path}.{TOOL}", culprit)
    name, description = (take_nullable(inner, key, f"{path}.{TOOL}") for key in ("name", "description"))
    parameters = _take_schema(inner, f"{path}.{TOOL}.{SCHEMA}", culprit)
    del left[TOOL]
    put_back(left, TOOL, inner)
    return Tool(name=name, description=description, parameters=parameters, fields=rest(left))


def _take_schema(left: Slices, path: str, culprit: Culprit) -> Json | UnsetType:
    raw = left.get(SCHEMA)
    inner = members(raw, path, culprit) if raw is not None and is_object(raw) else {}
    schema = take_json(inner, JSON)
    if schema is not UNSET:
        del left[SCHEMA]
        put_back(left, SCHEMA, inner)
    return schema


def _part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one content block."""
    if not is_object(raw):
        return Opaque(dialect=ID, kind="", body=Json(bytes(raw)))
    left = members(raw, path, culprit)
    known = [key for key in left if key in _READERS]
    block = _READERS[known[0]](left, known[0], path, culprit) if len(known) == 1 else None
    return _unknown(raw, members(raw, path, culprit)) if block is None else block


def _unknown(raw: Slice, left: Slices) -> Opaque:
    """Keep a block whole; of a union with one member, as it should be, the member's name is the kind."""
    if len(left) == 1 and "" not in left:
        ((kind, body),) = left.items()
        return Opaque(dialect=ID, kind=kind, body=Json(bytes(body)))
    return Opaque(dialect=ID, kind="", body=Json(bytes(raw)))


def _text(left: Slices, key: str, path: str, _: Culprit) -> Text | None:
    text = take_string(left, key, path)
    return None if isinstance(text, UnsetType) else Text(text=text, fields=rest(left))


def _json(left: Slices, key: str, _path: str, _: Culprit) -> Text:
    """Read a JSON value in a result: it is the words that the model reads, written exactly so."""
    spelling = Spelling()
    spelling.note("as", JSON)
    return Text(text=bytes(left.pop(key)).decode(), fields=rest(left), spelling=spelling.json())


def _thought(left: Slices, key: str, path: str, culprit: Culprit) -> Thinking | None:
    if not is_object(left[key]):
        return None
    here = f"{path}.{key}"
    inner = members(left[key], here, culprit)
    raw = inner.get(WORDS)
    words = members(raw, f"{here}.{WORDS}", culprit) if raw is not None and is_object(raw) else {}
    text = take_nullable(words, TEXT, f"{here}.{WORDS}")
    segments = () if isinstance(text, UnsetType) else (Segment(text=text),)
    signature = take_string(words, SIGNATURE, f"{here}.{WORDS}")
    redacted = take_string(inner, REDACTED, here)
    seals: list[Seal] = []
    if isinstance(signature, str):
        seals.append(Seal(slot=SIGNATURE, wire=signature))
    if isinstance(redacted, str):
        seals.append(Seal(slot=REDACTED, wire=redacted, encoding="base64"))
    if not segments and not seals:
        return None
    if segments or isinstance(signature, str):
        del inner[WORDS]
        put_back(inner, WORDS, words)
    del left[key]
    put_back(left, key, inner)
    return Thinking(segments=segments, seals=tuple(seals), fields=rest(left))


def _call(left: Slices, key: str, path: str, culprit: Culprit) -> ToolCall | None:
    if not is_object(left[key]):
        return None
    inner = members(left[key], f"{path}.{key}", culprit)
    name = take_string(inner, "name", f"{path}.{key}")
    if isinstance(name, UnsetType):
        return None
    server = bytes(inner.get("type", b"")) == _SERVER
    if server:
        del inner["type"]
    spelling = Spelling()
    raw = inner.pop(INPUT, None)
    if raw is None:
        spelling.note(INPUT, "absent")
    elif is_string(raw):
        # Arguments that are no JSON, as a stream leaves them that was cut: see `_stream`.
        spelling.note(INPUT, "string")
    text = "" if raw is None else string(raw, f"{path}.{key}.{INPUT}") if is_string(raw) else bytes(raw).decode()
    call_id = take_nullable(inner, CALL_ID, f"{path}.{key}")
    del left[key]
    put_back(left, key, inner)
    return ToolCall(
        id=call_id,
        name=name,
        arguments=text,
        kind="json" if raw is not None and is_string(raw) else "object",
        server=server,
        fields=rest(left),
        spelling=spelling.json(),
    )


_SERVER = b'"' + SERVER_CALL.encode() + b'"'


def _result(left: Slices, key: str, path: str, culprit: Culprit) -> ToolResult | None:
    if not is_object(left[key]):
        return None
    here = f"{path}.{key}"
    inner = members(left[key], here, culprit)
    status: ResultStatus = "unspecified"
    for word, meaning in STATUS.items():
        if bytes(inner.get("status", b"")) == b'"%s"' % word.encode():
            status = "error" if meaning == "error" else "ok"
            del inner["status"]
    raw = inner.get(CONTENT)
    content: tuple[Block, ...] | None | UnsetType = UNSET
    if raw is not None and (is_null(raw) or is_array(raw)):
        content = None if is_null(raw) else tuple(_parts(raw, f"{here}.{CONTENT}", culprit))
        del inner[CONTENT]
    call_id = take_nullable(inner, CALL_ID, here)
    server = "type" in inner and is_string(inner["type"])  # it stays in `fields`: it names the provider's tool
    del left[key]
    put_back(left, key, inner)
    return ToolResult(call_id=call_id, status=status, content=content, server=server, fields=rest(left))


def _media(left: Slices, key: str, path: str, culprit: Culprit) -> Media | None:
    if not is_object(left[key]):
        return None
    here = f"{path}.{key}"
    inner = members(left[key], here, culprit)
    raw = inner.get("source")
    if raw is None or not is_object(raw):
        return None
    source = members(raw, f"{here}.source", culprit)
    media = _take_source(source, f"{here}.source", MEDIA[key], culprit)
    if media is None:
        return None
    format_ = inner.get("format")
    word = string(format_, here, culprit) if format_ is not None and is_string(format_) else ""
    if word in FORMATS[key]:
        media = replace(media, mime=FORMATS[key][word])
        del inner["format"]
    spelling = Spelling()
    if key == DOCUMENT and NAME not in inner:
        spelling.note(NAME, "absent")  # it came so, so it may go back so
    del inner["source"], left[key]
    put_back(inner, "source", source)
    put_back(left, key, inner)
    return replace(media, fields=rest(left), spelling=spelling.json())


def _take_source(source: Slices, path: str, kind: str, culprit: Culprit) -> Media | None:
    """Take what a source holds; None where it is not exactly one thing that is known."""
    if len(source) != 1:
        return None
    for member, attribute in SOURCES.items():
        value = take_string(source, member, path)
        if isinstance(value, str):
            return replace(Media(kind=kind), **{attribute: value})
    raw = source.get(BUCKET)
    if raw is None or not is_object(raw):
        return None
    bucket = members(raw, f"{path}.{BUCKET}", culprit)
    address = take_string(bucket, ADDRESS, f"{path}.{BUCKET}")
    if isinstance(address, UnsetType) or not address.startswith(S3):
        return None
    del source[BUCKET]
    put_back(source, BUCKET, bucket)
    return Media(kind=kind, url=address)


def _cited(left: Slices, key: str, path: str, culprit: Culprit) -> Text | None:
    """Read words with the sources that they quote; several pieces of them are kept whole."""
    if not is_object(left[key]):
        return None
    inner = members(left[key], f"{path}.{key}", culprit)
    raw = inner.get(CONTENT)
    pieces = elements(raw, f"{path}.{key}.{CONTENT}", culprit) if raw is not None and is_array(raw) else []
    if len(pieces) != 1 or not is_object(pieces[0]):
        return None
    piece = members(pieces[0], f"{path}.{key}.{CONTENT}[0]", culprit)
    text = take_string(piece, TEXT, f"{path}.{key}.{CONTENT}[0]")
    if isinstance(text, UnsetType) or piece:
        return None
    del left[key], inner[CONTENT]
    put_back(left, key, inner)
    spelling = Spelling()
    spelling.note("as", key)
    return Text(text=text, fields=rest(left), spelling=spelling.json())


_Reader = Callable[[Slices, str, str, Culprit], Block | None]
_READERS: Mapping[str, _Reader] = {
    TEXT: _text,
    JSON: _json,
    THINKING: _thought,
    CALL: _call,
    RESULT: _result,
    CITED: _cited,
    **dict.fromkeys(MEDIA, _media),
}
