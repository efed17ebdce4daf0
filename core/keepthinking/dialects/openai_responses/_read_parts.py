"""Reading what an item holds: content, thinking, calls and results."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._json import Slice, Slices, elements, members, string
from keepthinking._messages import Block, Media, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._base import unknown
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
from keepthinking.dialects.openai_responses._names import (
    ARGUMENTS,
    ASSISTANT,
    BUILT_IN,
    CALL_ENDS,
    CALLS,
    CONTENT,
    ID,
    MEDIA,
    OUTPUT,
    REFUSAL,
    SEALS,
    SEGMENTS,
    TEXTS,
    text_type,
)


def word(left: Slices, key: str) -> str:
    """Give a member that is a string, or ""."""
    raw = left.get(key)
    return string(raw, key) if raw is not None and is_string(raw) else ""


# -- content ------------------------------------------------------------------------------------------------------


def read_content(left: Slices, path: str, spelling: Spelling, culprit: Culprit, role: str) -> list[Block]:
    """Take the content of a message."""
    raw = left.pop(CONTENT, None)
    if raw is None:
        spelling.note(CONTENT, "absent")
        return []
    if is_null(raw):
        spelling.note(CONTENT, "null")
        return []
    here = f"{path}.{CONTENT}"
    if is_string(raw):
        if role == ASSISTANT:
            spelling.note(CONTENT, "string")
        return [Text(text=string(raw, here, culprit))]
    if not is_array(raw):
        raise DecodeError("`content` is neither a string, an array nor null", where=here, culprit=culprit)
    blocks = list(_parts(raw, here, culprit, text_type(role), CONTENT))
    if role != ASSISTANT:
        spelling.note(CONTENT, "list")  # one text alone is usually a string
    return blocks


def _parts(raw: Slice, path: str, culprit: Culprit, usual: str, slot: str) -> Iterator[Block]:
    for i, slice_ in enumerate(elements(raw, path, culprit)):
        here = f"{path}[{i}]"
        block = _part(members(slice_, here, culprit), here, usual) if is_object(slice_) else None
        yield unknown(ID, slice_, here, slot=slot) if block is None else block


def _part(left: Slices, path: str, usual: str) -> Block | None:
    type_ = word(left, "type")
    if type_ in TEXTS or type_ == REFUSAL:
        text = take_string(left, REFUSAL if type_ == REFUSAL else "text", path)
        if isinstance(text, UnsetType):
            return None
        if type_ == usual:
            del left["type"]
        return Text(text=text, fields=rest(left))
    if type_ in MEDIA:
        kind, names = MEDIA[type_]
        del left["type"]
        held = {attribute: take_nullable(left, member, path) for member, attribute in names.items()}
        spelling = Spelling()
        if kind == "file":
            held["filename"] = take_nullable(left, "filename", path)
        if type_ == "input_image" and "detail" not in left:
            spelling.note("detail", "absent")  # its type requires one, so what is made here has one
        return replace(Media(kind=kind, fields=rest(left), spelling=spelling.json()), **held)
    return None


# -- thinking -----------------------------------------------------------------------------------------------------


def read_thinking(left: Slices, path: str, culprit: Culprit) -> Thinking:
    """Take the thinking of a reasoning item: the parts of its summary, then its own words."""
    spelling = Spelling()
    segments: list[Segment] = []
    for member, how in SEGMENTS.items():
        raw = left.get(member)
        here = f"{path}.{member}"
        written = "absent"  # so is one of another type, which stays where it is
        if raw is not None and is_null(raw):
            written = "null"
            del left[member]
        elif raw is not None and is_array(raw) and all(map(is_object, slices := elements(raw, here, culprit))):
            written = "list"
            del left[member]
            for n, slice_ in enumerate(slices):
                part = members(slice_, f"{here}[{n}]", culprit)
                if "type" not in part:
                    spelling.note(f"{member}[{n}]", "untyped")
                elif word(part, "type") == how.type:
                    del part["type"]
                text = take_nullable(part, "text", f"{here}[{n}]")
                segments.append(Segment(channel=how.channel, text=text, fields=rest(part)))
        if written != how.empty and not any(segment.channel == how.channel for segment in segments):
            spelling.note(member, written)
    wires = [(slot, take_string(left, slot, path)) for slot in SEALS]
    seals = tuple(Seal(slot=slot, wire=wire) for slot, wire in wires if isinstance(wire, str))
    return Thinking(segments=tuple(segments), seals=seals, spelling=spelling.json())


# -- calls and results --------------------------------------------------------------------------------------------


def read_call(left: Slices, kind: str, path: str) -> ToolCall | None:
    """Take a call, or nothing where it names no tool."""
    spelling = Spelling()
    arguments: str | UnsetType
    if kind in CALLS:
        if "name" not in left or not is_string(left["name"]):
            return None
        name = take_string(left, "name", path)
        member, arguments_kind = CALLS[kind]
        arguments = take_string(left, member, path)
    else:  # its type is its name
        name, arguments_kind, arguments = kind.removesuffix(CALL_ENDS), "object", UNSET
        member = BUILT_IN.get(kind, ARGUMENTS)
        if (raw := left.get(member)) is not None and is_object(raw):
            arguments = bytes(left.pop(member)).decode()
    if isinstance(name, UnsetType):
        return None
    if isinstance(arguments, UnsetType):
        spelling.note(ARGUMENTS, "absent")
        arguments = ""
    return ToolCall(
        id=take_nullable(left, "call_id", path),
        name=name,
        arguments=arguments,
        kind=arguments_kind,
        spelling=spelling.json(),
    )


def read_result(left: Slices, path: str, culprit: Culprit) -> ToolResult:
    """Take a result; an output that is neither a string nor a list of parts stays where it is."""
    call_id = take_nullable(left, "call_id", path)
    spelling = Spelling()
    if not isinstance(call_id, str):
        spelling.note("call_id", "absent")  # it came so, thus it may go back so
    raw = left.get(OUTPUT)
    here = f"{path}.{OUTPUT}"
    content: str | tuple[Block, ...] | None | UnsetType = UNSET
    if raw is not None and is_null(raw):
        content = None
    elif raw is not None and is_string(raw):
        content = string(raw, here, culprit)
    elif raw is not None and is_array(raw):
        content = tuple(_parts(raw, here, culprit, text_type(""), OUTPUT))
    if content is not UNSET:
        del left[OUTPUT]
    return ToolResult(call_id=call_id, content=content, spelling=spelling.json())
