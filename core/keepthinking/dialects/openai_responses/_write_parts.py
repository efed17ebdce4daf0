"""Writing what an item holds: content, thinking, calls and results. Each gives the typed members of its wire object."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, Slices, dump_string, members, string, utf8
from keepthinking._messages import Block, Item, Media, Opaque, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import NULL, Spelling, Tree, array, is_json, is_object, is_string, put, write
from keepthinking.dialects.openai_responses._names import (
    ARGUMENTS,
    ASSISTANT,
    BUILT_IN,
    CALL,
    CALL_ENDS,
    CALLS,
    CONTENT,
    ENCRYPTED,
    FREEFORM_CALL,
    ID,
    MEDIA,
    OUTPUT,
    REASONING,
    REFUSAL,
    SEALS,
    SEGMENTS,
    text_type,
)

Typed: TypeAlias = "dict[str, bytes | Tree]"


def lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))


def tag(fields: Json | UnsetType) -> str:
    """Give the type that stayed in `fields` because it is not the usual one."""
    if isinstance(fields, UnsetType):
        return ""
    left: Slices = members(fields.raw, "fields", "caller")
    raw = left.get("type")
    return string(raw, "fields.type", "caller") if raw is not None and is_string(raw) else ""


# -- content ------------------------------------------------------------------------------------------------------


def write_part(block: Block, role: str, path: str, losses: list[Loss], *, new: bool = False) -> bytes | None:
    """Write one part of content; nothing where this wire has no home for it.

    Args:
        block: The part.
        role: The role of the message that it stands in; "" in a result.
        path: Where it stands, for losses.
        losses: Where to tell what is lost.
        new: Whether its item was never on this wire.
    """
    if isinstance(block, Opaque):
        return _opaque_part(block, path, losses)
    _no_seals(block, path, losses)
    if isinstance(block, Media):
        return _media(block, role, path, losses)
    if not isinstance(block, Text):
        what = {"Thinking": "a thought", "ToolCall": "a call"}.get(type(block).__name__, "a result")
        lose(losses, "content", path, f"{what} among parts of content", "parts are texts and media here")
        return None
    type_ = tag(block.fields)
    typed: Typed = {} if _has_type(block.fields) else {"type": dump_string(text_type(role))}
    typed[REFUSAL if type_ == REFUSAL else "text"] = dump_string(block.text)
    if new and role == ASSISTANT and not type_:
        typed["annotations"] = b"[]"  # required (`response_output_text.py`)
    return write(typed, block.fields)


def _has_type(fields: Json | UnsetType) -> bool:
    return "type" in _keys(fields)


def _keys(fields: Json | UnsetType) -> Slices:
    return {} if isinstance(fields, UnsetType) else members(fields.raw, "fields", "caller")


def _opaque_part(block: Opaque, path: str, losses: list[Loss]) -> bytes | None:
    if block.dialect != ID:
        _foreign(block, path, losses)
        return None
    _no_seals(block, path, losses)
    if not is_object(block.body.raw.lstrip()):
        if block.kind:
            lose(losses, "content", path, "the type of a block", "its body is no object")
        return block.body.raw
    return write({"type": dump_string(block.kind)} if block.kind else {}, block.body)


def _foreign(block: Opaque, path: str, losses: list[Loss]) -> None:
    lose(losses, "foreign", path, f"a `{block.kind}` block of `{block.dialect}`", "only its own dialect knows it")


def _no_seals(block: Block, path: str, losses: list[Loss]) -> None:
    what = {"Text": "a text", "ToolCall": "a call", "ToolResult": "a result"}.get(type(block).__name__, "a block")
    for n, seal in enumerate(block.seals):
        lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of {what}", "only thinking is sealed here")


def _media(block: Media, role: str, path: str, losses: list[Loss]) -> bytes | None:
    type_ = next((name for name, (kind, _) in MEDIA.items() if kind == block.kind), None)
    if type_ is None:
        lose(losses, "content", path, f"media of the kind `{block.kind}`", "parts are images and files here")
        return None
    if isinstance(block.text, str):
        if (block.url, block.data, block.file_id) == (UNSET, UNSET, UNSET):
            lose(losses, "spelling", path, "that a text is a file", "files are not texts here")
            lose_name(block, path, losses)
            return write({"type": dump_string(text_type(role)), "text": dump_string(block.text)}, block.fields)
        lose(losses, "content", f"{path}.text", "the words of a file", "a file has an address or bytes here")
    values = {"url": block.url, "data": _data(block), "file_id": block.file_id}
    members_ = MEDIA[type_][1]
    if "data" not in members_.values() and isinstance(values["data"], str):
        if values["url"] is UNSET:
            lose(losses, "spelling", f"{path}.data", "bytes beside an address", "they are its URL")
            values["url"] = values["data"]
        else:
            lose(losses, "content", f"{path}.data", "the bytes of media", "it has an address or bytes here")
    typed: Typed = {"type": dump_string(type_)}
    for member, attribute in members_.items():
        put(typed, member, values[attribute])
    spelling = Spelling(block.spelling)
    if (
        type_ == "input_image"
        and role
        and spelling.of("detail", "") != "absent"
        and "detail" not in _keys(block.fields)
    ):
        typed["detail"] = b'"auto"'  # required, and the default (`response_input_image_param.py`)
    if block.kind == "file":
        put(typed, "filename", block.filename)
    else:
        lose_name(block, path, losses)
    return write(typed, block.fields)


def _data(block: Media) -> str | None | UnsetType:
    """Give the bytes of media as a URL, as this wire has them, where their type is known."""
    data = block.data
    known = isinstance(block.mime, str) or block.kind == "image"
    if not isinstance(data, str) or data.startswith("data:") or not known:
        return data
    return f"data:{block.mime if isinstance(block.mime, str) else 'application/octet-stream'};base64,{data}"


# -- thinking -----------------------------------------------------------------------------------------------------


def write_thinking(block: Thinking, item: Item | UnsetType, path: str, losses: list[Loss]) -> Typed:
    """Write a reasoning item. Words that are no summary are the model's own: `reasoning_text`."""
    typed: Typed = {"type": dump_string(REASONING)}
    own = not isinstance(item, UnsetType)
    spelling = Spelling(block.spelling)
    for member, how in SEGMENTS.items():
        parts = [
            _segment(segment, how.type, spelling.of(f"{member}[{n}]", ""))
            for n, segment in enumerate(found for found in block.segments if _list_of(found) == member)
        ]
        written = "list" if parts else spelling.of(member, how.empty)
        if written != "absent":
            typed[member] = NULL if written == "null" else array(parts)
    _segment_losses(block, path, losses)
    for n, place in enumerate(block.places):
        what = f"the place of a thought ({place.__struct_config__.tag})"
        lose(losses, "spelling", f"{path}.places[{n}]", what, "a thought is an item here")
    for n, seal in enumerate(block.seals):
        if seal.slot in SEALS and seal.slot not in typed and (own or seal.slot == ENCRYPTED):
            typed[seal.slot] = dump_string(seal.wire)
        else:
            why = f"a reasoning item has one seal, `{ENCRYPTED}`"
            lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a thought", why)
    return typed


def _list_of(segment: Segment) -> str:
    return next((member for member, how in SEGMENTS.items() if how.channel == segment.channel), CONTENT)


def _segment(segment: Segment, type_: str, how: str) -> bytes:
    typed: Typed = {} if how == "untyped" or _has_type(segment.fields) else {"type": dump_string(type_)}
    put(typed, "text", segment.text)
    return write(typed, segment.fields)


def _segment_losses(block: Thinking, path: str, losses: list[Loss]) -> None:
    order = list(SEGMENTS)
    lists = [order.index(_list_of(segment)) for segment in block.segments]
    if lists != sorted(lists):
        lose(losses, "order", f"{path}.segments", "that own words stand before a summary", "they are two lists here")
    known = {how.channel for how in SEGMENTS.values()}
    for n, segment in enumerate(block.segments):
        if segment.channel not in known:
            what, why = f"that a thought is a {segment.channel}", "words are a summary or the model's own here"
            lose(losses, "spelling", f"{path}.segments[{n}].channel", what, why)


# -- calls and results --------------------------------------------------------------------------------------------


def write_call(block: ToolCall, item: Item | UnsetType, path: str, losses: list[Loss]) -> Typed | None:
    """Write a call; one that another provider ran has no home here."""
    _no_seals(block, path, losses)
    kind = item.kind if not isinstance(item, UnsetType) else FREEFORM_CALL if block.kind == "freeform" else CALL
    if isinstance(item, UnsetType) and block.server:
        why = "only this provider's own calls are known here"
        lose(losses, "foreign", path, f"the server's call of `{block.name}`", why)
        return None
    typed: Typed = {"type": dump_string(kind)}
    put(typed, "call_id", block.id)
    if isinstance(item, UnsetType) and not isinstance(block.id, str):
        lose(losses, "content", f"{path}.id", "a call that has no id", "`call_id` is what its result refers to")
    absent = block.arguments == "" and Spelling(block.spelling).of(ARGUMENTS, "") == "absent"
    if kind in CALLS:
        typed["name"] = dump_string(block.name)
        if not absent:
            typed[CALLS[kind][0]] = dump_string(block.arguments)
        return typed
    typed["type"] = dump_string(block.name + CALL_ENDS)
    raw = utf8(block.arguments)
    if is_json(raw) and is_object(raw.lstrip()):
        typed[BUILT_IN.get(kind, ARGUMENTS)] = raw
    elif not absent:
        lose(losses, "content", f"{path}.arguments", "the arguments of a call", "they are an object here")
    return typed


def write_result(block: ToolResult, kind: str, path: str, losses: list[Loss]) -> Typed:
    """Write a result, less its type where that stands in its fields."""
    _no_seals(block, path, losses)
    typed: Typed = {} if tag(block.fields) else {"type": dump_string(kind)}
    put(typed, "call_id", block.call_id)
    if not isinstance(block.call_id, str) and Spelling(block.spelling).of("call_id", "") != "absent":
        lose(losses, "content", f"{path}.call_id", "a result that has no id", "`call_id` says which call it answers")
    if isinstance(block.name, str):
        lose(losses, "spelling", f"{path}.name", "the tool's name beside its result", "the id names the call here")
    if block.status != "unspecified":
        kind_: LossKind = "content" if block.status == "error" else "spelling"
        lose(losses, kind_, f"{path}.status", "whether a tool failed", "results have no such flag here")
    if isinstance(block.content, tuple):
        written = [write_part(part, "", f"{path}.content[{n}]", losses) for n, part in enumerate(block.content)]
        typed[OUTPUT] = array([part for part in written if part is not None])
    else:
        put(typed, OUTPUT, block.content)
    return typed


def write_opaque(block: Opaque, path: str, losses: list[Loss]) -> Typed | None:
    """Write what else is an item; nothing where another dialect alone knows it."""
    if block.dialect != ID or not is_object(block.body.raw.lstrip()):
        _foreign(block, path, losses)
        return None
    typed: Typed = {"type": dump_string(block.kind)} if block.kind else {}
    for n, seal in enumerate(block.seals):
        if seal.slot == ENCRYPTED and ENCRYPTED not in typed:
            typed[ENCRYPTED] = dump_string(seal.wire)
        else:
            why = f"such an item has one seal, `{ENCRYPTED}`"
            lose(losses, "seal", f"{path}.seals[{n}]", f"the `{seal.slot}` of a block", why)
    return typed
