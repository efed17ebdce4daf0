"""Reading one wire content.

Rule 1: what is known is taken, what is left stays in `fields`; a part of unknown kind is kept whole, in place.
Rule 2: no two parts are joined, and none is left out: an empty text may carry a seal.
Rule 3: a null is read as absence, as proto JSON does (https://protobuf.dev/programming-guides/json/#null-values, read
2026-11-24); it stays in `fields`, so that it goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

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
    ToolCall,
    ToolResult,
)
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    put_back,
    rest,
    take_bool,
    take_nullable,
    take_string,
)
from keepthinking.dialects.gemini._names import (
    BESIDE,
    BOXES,
    CALL,
    CODE,
    CODE_RESULT,
    CONTENT,
    CONTENTS,
    ERROR,
    FILE,
    FOREIGN_ROLES,
    ID,
    INLINE,
    MIME,
    MODEL,
    MORE,
    OUTPUT,
    PARTS,
    PIECES,
    RESULT,
    SEAL,
    SERVER_CALL,
    SERVER_RESULT,
    SYSTEM,
    SYSTEM_ROLES,
    TEXT,
    THOUGHT,
    TOOL_TYPE,
    URI,
    USER,
    camel,
    snake,
)
from keepthinking.dialects.gemini._spelt import key_of, note, take

Found = tuple[Block, Slices]
"""A block, and what of its inner object was not taken."""


def read_message(left: Slices, path: str, culprit: Culprit, usual: str = USER) -> Message:
    """Read a content.

    Args:
        left: Its members.
        path: Where it stands.
        culprit: Who wrote it.
        usual: The role that it has where it names none.
    """
    spelling = Spelling()
    role = usual
    raw = left.pop("role", None)
    if raw is None or is_null(raw):
        spelling.note("role", "absent" if raw is None else "null")
    else:
        role = string(raw, f"{path}.role", culprit)
        if role in FOREIGN_ROLES:
            spelling.note("role", "own")  # it came from this wire, so it may go back to it
    blocks = _parts(left, path, spelling, culprit)
    return Message(role=role, blocks=blocks, fields=rest(left), spelling=spelling.json())


def read_system(raw: Slice, key: str, culprit: Culprit) -> Message:
    """Read the instructions beside the contents; their role says nothing, whatever it is."""
    path = f"$.{key}"
    left = members(raw, path, culprit)
    spelling = Spelling()
    note(spelling, SYSTEM, key)
    role = take_nullable(left, "role", path)
    if role is None:
        spelling.note("role", "null")
    elif isinstance(role, str):
        spelling.note("named", role)
    blocks = _parts(left, path, spelling, culprit)
    return Message(role="system", blocks=blocks, carrier=SYSTEM, fields=rest(left), spelling=spelling.json())


def read_answer(candidate: Slices, path: str, culprit: Culprit) -> Message:
    """Read the content of a candidate, which may have none."""
    raw = candidate.pop(CONTENT, None)
    if raw is None or is_null(raw):
        spelling = Spelling()
        spelling.note(CONTENT, "absent" if raw is None else "null")
        return Message(role=MODEL, spelling=spelling.json())
    here = f"{path}.{CONTENT}"
    return read_message(members(raw, here, culprit), here, culprit, MODEL)


def in_contents(message: Message) -> Message:
    """Note that instructions at the head stood among the contents."""
    if message.role not in SYSTEM_ROLES:
        return message
    spelling = Spelling(message.spelling)
    spelling.note("carrier", CONTENTS)
    return message.replace(spelling=spelling.json())


def _parts(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> tuple[Block, ...]:
    raw = left.pop(PARTS, None)
    if raw is None or is_null(raw):
        spelling.note(PARTS, "absent" if raw is None else "null")
        return ()
    here = f"{path}.{PARTS}"
    if not is_array(raw):
        raise DecodeError("`parts` is neither an array nor null", where=here, culprit=culprit)
    return tuple(read_part(one, f"{here}[{i}]", culprit) for i, one in enumerate(elements(raw, here, culprit)))


def read_part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read one part."""
    if not is_object(raw):
        return Opaque(dialect=ID, kind="", body=Json(bytes(raw)))
    left = members(raw, path, culprit)
    spelling = Spelling()
    wire = take(left, SEAL, path, spelling, take_string)
    seals = (Seal(slot=SEAL, wire=wire, encoding="base64"),) if isinstance(wire, str) else ()
    block = _known(left, path, spelling, culprit) or _words(left, path, spelling) or _unknown(left, spelling)
    if block is None:  # its only member has no name
        return Opaque(dialect=ID, kind="", body=Json(bytes(raw)))
    return replace(block, seals=seals, fields=rest(left), spelling=spelling.json())


def _known(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> Block | None:
    for name, reader in _READERS.items():
        key = key_of(left, name)
        if key is None or not is_object(left[key]):
            continue
        here = f"{path}.{key}"
        inner = members(left[key], here, culprit)
        words = Spelling(spelling.json())
        block = reader(inner, here, words, culprit)
        if block is None:
            continue
        note(words, name, key)
        spelling.words = words.words
        del left[key]
        put_back(left, name, inner)
        return block
    return None


def _words(left: Slices, path: str, spelling: Spelling) -> Block | None:
    """Read a text or a thought; a part without any words may be there for its seal."""
    raw = left.get(TEXT)
    if (raw is None or not is_string(raw)) and _kinds(left):
        return None
    text = take_nullable(left, TEXT, path)
    thought = take_bool(left, THOUGHT)
    if thought is True:
        if text is None:
            spelling.note(TEXT, "null")  # proto JSON reads a null as absence
        return Thinking(segments=(Segment(channel="summary", text=text),) if isinstance(text, str) else ())
    if not isinstance(thought, UnsetType):
        spelling.note(THOUGHT, "false" if thought is False else "null")
    if isinstance(text, str):
        return Text(text=text)
    spelling.note(TEXT, "null" if text is None else "absent")
    return Text(text="")


def _kinds(left: Slices) -> list[str]:
    """Give the members that may say what a part is."""
    return sorted(key for key, raw in left.items() if key not in _NO_KIND and not is_null(raw))


_NO_KIND = BESIDE | {SEAL, snake(SEAL)}


def _unknown(left: Slices, spelling: Spelling) -> Block | None:
    kinds = _kinds(left)
    key = next((known for name in (CODE, CODE_RESULT) if (known := key_of(left, name)) in kinds), kinds[0])
    if not key:
        return None
    kind = camel(key)
    note(spelling, kind, key)
    return Opaque(dialect=ID, kind=kind, body=Json(bytes(left.pop(key))))


def _call(left: Slices, path: str, spelling: Spelling, _: Culprit, *, server: bool) -> ToolCall | None:
    name = take(left, TOOL_TYPE if server else "name", path, spelling, take_string)
    if not isinstance(name, str) or (server and not is_own(name)):
        return None
    raw = left.get("args")
    if raw is None or is_null(raw):
        spelling.note("args", "absent")  # no arguments, as an empty object says as well
        arguments = "" if _is_unfinished(left) else "{}"
    else:
        arguments = bytes(left.pop("args")).decode()
    return ToolCall(
        id=take_string(left, "id", path),
        name=name,
        arguments=arguments,
        kind="object",
        server=server,
    )


def _is_unfinished(left: Slices) -> bool:
    """Tell whether the arguments of a call are still to come: then there are none, and no empty object."""
    pieces, more = key_of(left, PIECES), key_of(left, MORE)
    come = pieces is not None and not is_null(left[pieces])
    return come or (more is not None and bytes(left[more]) == b"true")


def is_own(name: object) -> bool:
    """Tell whether a tool that a provider runs is one of this wire, which are named in capitals (`GOOGLE_MAPS`)."""
    return isinstance(name, str) and name.isupper()


def _result(left: Slices, path: str, spelling: Spelling, culprit: Culprit, *, server: bool) -> ToolResult | None:
    name = take(left, TOOL_TYPE, path, spelling) if server else take_string(left, "name", path)
    if server and not is_own(name):
        return None
    if not isinstance(name, str):
        spelling.note("name", "absent")
    status: ResultStatus = "unspecified"
    content: str | tuple[Block, ...] | UnsetType = UNSET
    raw = left.get("response")
    if raw is not None and is_object(raw):
        content, box, status = read_response(raw, path)
        if box != OUTPUT:
            spelling.note("response", box)
        del left["response"]
    media = left.get(PARTS)
    if media is not None and is_array(media):
        here = f"{path}.{PARTS}"
        del left[PARTS]
        parts = [_media_part(one, f"{here}[{i}]", culprit) for i, one in enumerate(elements(media, here, culprit))]
        if not parts:
            spelling.note(PARTS, "empty")
        content = (*((Text(text=content),) if isinstance(content, str) else ()), *parts)
    return ToolResult(
        call_id=take_string(left, "id", path),
        name=name,
        status=status,
        content=content,
        server=server,
    )


def read_response(raw: Slice, path: str) -> tuple[str, str, ResultStatus]:
    """Read what a function answered: its words, the member that holds them, and whether it failed.

    `output` and `error` are the vendor's words for the two; an object without either is the output as a whole
    (google-genai 3.4.0, `types.py`, `FunctionResponse.response`, read 2026-11-24). Its words are then its JSON.
    """
    left = members(raw, f"{path}.response")
    failed = ERROR in left and not is_null(left[ERROR])
    status: ResultStatus = "error" if failed else "unspecified"
    if len(left) == 1:
        ((key, value),) = left.items()
        if key in BOXES and is_string(value):
            # `error` holds the words of what failed, so it is the usual box of a failure
            return string(value, f"{path}.response.{key}"), OUTPUT if key == ERROR else key, status
    return bytes(raw).decode(), "object", status


def _media_part(raw: Slice, path: str, culprit: Culprit) -> Block:
    """Read a part inside a result: media, or kept whole; its words are in `response`."""
    block = read_part(raw, path, culprit)
    return block if isinstance(block, Media | Opaque) else Opaque(dialect=ID, kind="", body=Json(bytes(raw)))


def _inline(left: Slices, path: str, spelling: Spelling, _: Culprit) -> Media:
    mime = take(left, MIME, path, spelling)
    return Media(kind=media_kind(mime), mime=mime, data=take_nullable(left, "data", path))


def _file(left: Slices, path: str, spelling: Spelling, _: Culprit) -> Media | None:
    url = take(left, URI, path, spelling)
    if isinstance(url, UnsetType):
        return None
    mime = take(left, MIME, path, spelling)
    return Media(kind=media_kind(mime), mime=mime, url=url)


def media_kind(mime: str | None | UnsetType) -> str:
    """Tell what media are: this wire says so by their media type alone."""
    kind = mime.partition("/")[0] if isinstance(mime, str) else ""
    return kind if kind in {"image", "audio", "video"} else "file"


_Reader = Callable[[Slices, str, Spelling, Culprit], Block | None]
_READERS: Mapping[str, _Reader] = {
    CALL: partial(_call, server=False),
    RESULT: partial(_result, server=False),
    SERVER_CALL: partial(_call, server=True),
    SERVER_RESULT: partial(_result, server=True),
    INLINE: _inline,
    FILE: _file,
}
"""What a part may be, by the member that says so; of several the first one counts, the others stay in `fields`."""
