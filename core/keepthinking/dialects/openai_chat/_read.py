"""Reading one wire message.

Rule 1: what is known is taken, what is left stays in `fields`; an entry of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Slice, Slices, elements, string
from keepthinking._messages import (
    Block,
    Field,
    Inline,
    Item,
    Message,
    Segment,
    Text,
    Thinking,
    ToolResult,
)
from keepthinking._profiles import Profile
from keepthinking.dialects import _inline
from keepthinking.dialects._base import role_of
from keepthinking.dialects._choices import RESULT_ROLES
from keepthinking.dialects._wire import (
    Spelling,
    is_array,
    is_null,
    is_object,
    is_string,
    rest,
    take_nullable,
    take_string,
)
from keepthinking.dialects.openai_chat._names import (
    CALLS,
    CONTENT,
    DETAILS,
    FIELDS,
    FOREIGN_ROLES,
    VALUE,
)
from keepthinking.dialects.openai_chat._read_parts import read_call, read_detail, read_part


def read_message(left: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:
    role = role_of(left, path, culprit)
    spelling = Spelling()
    if role in FOREIGN_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    items: list[Item] = []
    if role in RESULT_ROLES:
        blocks: list[Block] = _result(left, path, culprit)
        if not blocks:
            spelling.note(CONTENT, "absent")
    else:
        blocks = _thoughts(left, path, items, spelling, culprit)
        content = _content(left, path, profile if role == "assistant" else None, spelling, culprit)
        blocks = _merge_mirrors(blocks, content)
        blocks += _calls(left, path, spelling, culprit)
    return Message(
        role=role,
        blocks=tuple(blocks),
        items=tuple(items),
        name=UNSET if role == "function" else take_nullable(left, "name", path),
        fields=rest(left),
        spelling=spelling.json(),
    )


def _result(left: Slices, path: str, culprit: Culprit) -> list[Block]:
    call_id = take_nullable(left, "tool_call_id", path)
    name = take_nullable(left, "name", path)
    raw = left.pop("content", None)
    content: str | tuple[Block, ...] | None | UnsetType = UNSET
    if raw is not None:
        if is_null(raw):
            content = None
        elif is_string(raw):
            content = string(raw, f"{path}.content", culprit)
        elif is_array(raw):
            content = tuple(_parts(raw, path, culprit))
        else:
            content = (_value(raw, path, culprit),)
    if call_id is UNSET and name is UNSET and content is UNSET:
        return []
    return [ToolResult(call_id=call_id, name=name, content=content)]


def _thoughts(left: Slices, path: str, items: list[Item], spelling: Spelling, culprit: Culprit) -> list[Block]:
    blocks = _details(left, path, items, spelling, culprit)
    for name in FIELDS:
        if (raw := left.get(name)) is not None and is_null(raw):
            del left[name]
            spelling.note(name, "null")
            continue
        text = take_string(left, name, path)
        if isinstance(text, UnsetType):
            continue
        mirrored = _mirrored(blocks, text)
        if mirrored:
            blocks = [
                replace(b, places=(*b.places, Field(name=name))) if i in mirrored and isinstance(b, Thinking) else b
                for i, b in enumerate(blocks)
            ]
        else:
            blocks.append(Thinking(segments=(Segment(text=text),), places=(Field(name=name),)))
    return blocks


def _details(left: Slices, path: str, items: list[Item], spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.get(DETAILS)
    if raw is None:
        return []
    if is_null(raw):
        del left[DETAILS]
        spelling.note(DETAILS, "null")
        return []
    if not is_array(raw):
        return []
    del left[DETAILS]
    entries = elements(raw, f"{path}.{DETAILS}", culprit)
    if not entries:
        spelling.note(DETAILS, "empty")
    return [read_detail(entry, f"{path}.{DETAILS}[{i}]", items, culprit) for i, entry in enumerate(entries)]


def _content(left: Slices, path: str, profile: Profile | None, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.pop(CONTENT, None)
    if raw is None:
        spelling.note(CONTENT, "absent")
        return []
    if is_null(raw):
        return []
    if is_string(raw):
        return _string(string(raw, f"{path}.{CONTENT}", culprit), profile, spelling)
    return _list(raw, path, profile, spelling, culprit) if is_array(raw) else [_value(raw, path, culprit)]


def _string(text: str, profile: Profile | None, spelling: Spelling) -> list[Block]:
    if profile is None or profile.tags is None or text == "":
        return [Text(text=text)]
    pieces = _inline.split(text, profile.tags)
    if len(pieces) > 1:
        spelling.note(CONTENT, "string")  # still one string when a piece is taken out
    return list(pieces)


def _list(raw: Slice, path: str, profile: Profile | None, spelling: Spelling, culprit: Culprit) -> list[Block]:
    spelling.note(CONTENT, "list")  # still a list when all but one of its parts are taken out
    parts = list(_parts(raw, path, culprit))
    if profile is not None and profile.tags is not None and len(parts) == 1 and _is_plain(part := parts[0]):
        # one part is one string in other words (smolagents and others write it so): tags count in it too
        pieces = _inline.split(part.text, profile.tags)
        if any(isinstance(piece, Thinking) for piece in pieces):
            spelling.note(CONTENT, "part")
            return list(pieces)
    return parts


def _value(raw: Slice, path: str, culprit: Culprit) -> Text:
    """Read content that is an object: its words are the object as it is written."""
    if not is_object(raw):
        what = "`content` is neither a string, an array, an object nor null"
        raise DecodeError(what, where=f"{path}.{CONTENT}", culprit=culprit)
    return Text(text=bytes(raw).decode(), spelling=VALUE)


def _is_plain(block: Block) -> TypeGuard[Text]:
    return isinstance(block, Text) and block.fields is UNSET


def _parts(raw: Slice, path: str, culprit: Culprit) -> Iterator[Block]:
    for i, slice_ in enumerate(elements(raw, f"{path}.{CONTENT}", culprit)):
        yield read_part(slice_, f"{path}.{CONTENT}[{i}]", culprit)


def _calls(left: Slices, path: str, spelling: Spelling, culprit: Culprit) -> list[Block]:
    raw = left.get(CALLS)
    if raw is None:
        return []
    if is_null(raw):
        del left[CALLS]
        spelling.note(CALLS, "null")
        return []
    if not is_array(raw):
        raise DecodeError("`tool_calls` is neither an array nor null", where=f"{path}.{CALLS}", culprit=culprit)
    del left[CALLS]
    entries = elements(raw, f"{path}.{CALLS}", culprit)
    if not entries:
        spelling.note(CALLS, "empty")
    return [read_call(entry, f"{path}.{CALLS}[{i}]", culprit) for i, entry in enumerate(entries)]


def _mirrored(blocks: Sequence[Block], text: str) -> set[int]:
    """Find the thoughts that a string field repeats: all of them that have words, or none."""
    wordy = {i for i, block in enumerate(blocks) if isinstance(block, Thinking) and block.text}
    said = "".join(block.text for i, block in enumerate(blocks) if i in wordy and isinstance(block, Thinking))
    return wordy if wordy and said == text else set()


def _merge_mirrors(thoughts: list[Block], content: list[Block]) -> list[Block]:
    """Join a thought that stands both in a field and between tags: it is one block with two places."""
    inline = [i for i, block in enumerate(content) if isinstance(block, Thinking) and _has_inline(block)]
    fielded = [i for i, block in enumerate(thoughts) if isinstance(block, Thinking)]
    if len(inline) != 1 or len(fielded) != 1 or fielded[0] != len(thoughts) - 1:
        return thoughts + content
    tagged, plain = content[inline[0]], thoughts[fielded[0]]
    if not (isinstance(tagged, Thinking) and isinstance(plain, Thinking)) or tagged.text != plain.text:
        return thoughts + content
    return [
        *thoughts[:-1],
        *content[: inline[0]],
        replace(plain, places=(*plain.places, *tagged.places)),
        *content[inline[0] + 1 :],
    ]


def _has_inline(block: Block) -> bool:
    return isinstance(block, Thinking) and any(isinstance(place, Inline) for place in block.places)
