"""What a LangChain message holds besides the message that it says, and the very message again.

Rule 1: a message that `to_native` would make anyway has no residual.
Rule 2: words stand in the blocks alone; the residual has holes in their places. An edited block is therefore an edited
message of LangChain, and everything else of it stays: its id, its counts, its metadata, the shape of its blocks.
Rule 3: what JSON cannot hold is a loss, and named. Numbers keep their types, and tuples and bytes are kept, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import langchain_core.messages as lc
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from msgspec import UNSET, UnsetType

from keepthinking import EncodeError, Json, Loss, Message, Text, ToolCall
from keepthinking.carry import Entry, Hole, Pair, Path, Read, align, fingerprint, freeze, holes, leaves, thaw
from keepthinking_adapters.langchain._plain import SLOT, Plain
from keepthinking_adapters.langchain._show import REDACTED

__all__ = ["ADAPTER", "CLASSES", "Template", "edited", "filled", "residual", "templates"]

ADAPTER: Final = "langchain"
"""The key of `Message.native` that is ours."""
Template = dict[str, Any]

CLASSES: Final[Mapping[str, type[BaseMessage]]] = {
    name: cls
    for name in lc.__all__
    if isinstance(cls := getattr(lc, name), type) and issubclass(cls, BaseMessage) and cls is not BaseMessage
}
"""LangChain's own classes by name: no other class is ever made from data."""
_RECORD: Final = Hole(-1, "record")
_MERGED: Final = frozenset({"additional_kwargs", "response_metadata"})
"""Members in which a message has something of its own, and LangChain, too."""
_SAID: Final = frozenset({"content", "tool_calls", "invalid_tool_calls", "tool_call_chunks", "tool_call_id", "status"})
"""Members that say what the message says."""


def residual(
    natives: Sequence[BaseMessage], plains: Sequence[Plain], reads: Sequence[Read], fresh: Sequence[bool], path: str
) -> tuple[Json | UnsetType, list[Loss]]:
    """Write what some messages of LangChain hold besides what they say.

    Args:
        natives: The messages that are one of ours.
        plains: What LangChain alone tells of each.
        reads: What they were read as.
        fresh: Whether the record of each is the one that would be written again.
        path: Where they stand, for losses.
    """
    losses: list[Loss] = []
    parts: list[Template] = []
    for native, plain, read, is_fresh in zip(natives, plains, reads, fresh, strict=True):
        parts.append(_template(native, plain, read, losses, path, is_fresh=is_fresh))
    try:
        return Json.of({ADAPTER: {"parts": parts}}), losses
    except EncodeError:
        why = "JSON has no room for a value in it"
        return UNSET, [Loss(kind="content", path=path, what="what only LangChain holds", why=why)]


def templates(message: Message) -> list[Template]:
    """Give the residual of a message by its parts; [] where there is none that can be read."""
    if message.native is UNSET:
        return []
    try:
        parts: object = message.native.value[ADAPTER]["parts"]
    except (KeyError, TypeError, ValueError):
        return []
    held = cast("list[Template]", parts) if isinstance(parts, list) else []
    return held if all(type(part) is dict and part.get("class") in CLASSES for part in held) else []


def filled(template: Template, message: Message, record: object) -> BaseMessage | None:
    """Make a message of LangChain again; None where the blocks are not those that it was made of.

    Args:
        template: Its residual.
        message: The part of ours that it shows.
        record: The record that it shall carry.
    """
    if template.get("role") != message.role:
        return None
    if [part["print"] for part in template["blocks"]] != [fingerprint(block) for block in message.blocks]:
        return None
    return _make(template, _thaw(template["fields"], message, record), _thaw(template.get("extra"), message, record))


def edited(template: Template, message: Message, fresh: BaseMessage) -> BaseMessage:
    """Give a message of LangChain whose blocks were edited: what was not edited stands as it stood.

    Args:
        template: The residual of the message that it was.
        message: The part of ours that it shall show.
        fresh: What a new message would be; it is changed, and is the answer where nothing can be kept.
    """
    cls = CLASSES[template["class"]]
    if template.get("role") != message.role or not issubclass(cls, type(fresh)):
        return fresh
    old: list[dict[str, Any]] = template["blocks"]
    entries = [Entry(Text(text=""), {}, (str(part["print"]),)) for part in old]
    pairs = {pair.new: pair for pair in align(entries, [fingerprint(block) for block in message.blocks])}
    fields = template["fields"]
    made: dict[str, Any] = dict(fresh.__dict__)
    if isinstance(fresh.content, list) and isinstance(fields.get("content"), list):
        for new in range(len(message.blocks)):
            _keep_element(made["content"], new, fields["content"], old, pairs[new], message)
    for name in ("tool_calls", "invalid_tool_calls"):
        _keep_entries(made, name, fields, old, pairs, message)
    gone = {str(owner[1]) for part in old for owner in part["owners"] if owner[0] == "additional_kwargs"} | {SLOT}
    for name, value in fields.items():
        if name in _MERGED:
            kept = {key: item for key, item in value.items() if key not in gone and key != "output_version"}
            made[name] = {**_thaw(kept, message, None), **made[name]}
        elif name not in _SAID and name not in _own(fresh):
            made[name] = _thaw(value, message, None)
    if cls is AIMessageChunk:
        made["tool_call_chunks"] = []  # pieces of calls, which would be put together again over the calls
    return _make(template, made, _thaw(template.get("extra"), message, None))


def _own(fresh: BaseMessage) -> frozenset[str]:
    # The name of an assistant is LangChain's; that of anyone else is the message's own.
    return frozenset() if isinstance(fresh, AIMessage) else frozenset({"name"})


def _template(  # noqa: PLR0913 - one message of LangChain on both sides
    native: BaseMessage, plain: Plain, read: Read, losses: list[Loss], path: str, *, is_fresh: bool
) -> Template:
    fields = dict(native.__dict__)
    found: dict[Path, Hole] = {}
    blocks: list[dict[str, Any]] = []
    for number, (block, sight) in enumerate(zip(read.message.blocks, read.sights, strict=True)):
        owners = plain.owners[sight] if sight is not None else ()
        for owner in owners:
            found = {**holes(fields, owner, number, block), **found}
        blocks.append({"print": fingerprint(block), "owners": [list(owner) for owner in owners]})
    if is_fresh:
        found["additional_kwargs", SLOT] = _RECORD

    def lost(at: Path, value: object) -> None:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
        what = f"a `{type(value).__name__}`"
        losses.append(Loss(kind="content", path=path + where, what=what, why="JSON has no word for it"))

    cls = next(cls for cls in type(native).__mro__ if CLASSES.get(cls.__name__) is cls)
    if cls is not type(native):
        what, why = f"the class `{type(native).__name__}`", "only LangChain's own classes are made again"
        losses.append(Loss(kind="foreign", path=path, what=what, why=why))
    template: Template = {
        "class": cls.__name__,
        "role": read.message.role,
        "fields": freeze(fields, found, lost),
        "set": sorted(native.model_fields_set),
        "blocks": blocks,
    }
    if native.__pydantic_extra__:
        template["extra"] = freeze(native.__pydantic_extra__, {}, lost)
    return template


def _make(template: Template, fields: dict[str, Any], extra: dict[str, Any] | None) -> BaseMessage:
    # Not by the constructor: it rewrites what it is given (langchain-core 1.7.2: extras of calls are taken away).
    cls = CLASSES[template["class"]]
    return cls.model_construct(_fields_set=set(template["set"]), **fields, **(extra or {}))


def _thaw(value: object, message: Message, record: object) -> Any:
    def fill(hole: Hole) -> object:
        return [record] if hole.block < 0 else leaves(message.blocks[hole.block])[hole.leaf]

    return thaw(value, fill)


def _keep_element(  # noqa: PLR0913, PLR0917 - one block on both sides
    content: list[Any], new: int, was: list[Any], old: list[dict[str, Any]], pair: Pair, message: Message
) -> None:
    """Write a content block as it was written before, with today's words."""
    if pair.old is None:
        return
    at = _place(old[pair.old], "content")
    if at is not None and not _is_ambiguous(was[at]):
        kept = _refilled(was[at], pair.old, new, message)
        content[new] = content[new] if kept is None else kept


def _is_ambiguous(element: object) -> bool:
    # With a record such a block is one that nobody knows; without one, a vendor may have meant more by it.
    held = cast("dict[str, Any]", element) if isinstance(element, dict) else {}
    value = held.get("value")
    inner = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return held.get("type") == "non_standard" and inner.get("type") != REDACTED


def _keep_entries(  # noqa: PLR0913, PLR0917 - one list on both sides
    made: dict[str, Any],
    name: str,
    fields: Mapping[str, Any],
    old: list[dict[str, Any]],
    pairs: Mapping[int | None, Pair],
    message: Message,
) -> None:
    """Write the entries of calls as they were written before, with today's words."""
    if name not in made or not isinstance(fields.get(name), list):
        return
    entries: list[Any] = made[name]
    left = list(range(len(entries)))
    for new, block in enumerate(message.blocks):
        pair = pairs[new]
        at = None if pair.old is None else _place(old[pair.old], name)
        if at is None or pair.old is None or not isinstance(block, ToolCall):
            continue
        kept = _refilled(fields[name][at], pair.old, new, message)
        here = next((n for n in left if kept is not None and _is_entry(entries[n], kept)), None)
        if here is not None:
            left.remove(here)
            entries[here] = kept


def _place(part: Mapping[str, Any], name: str) -> int | None:
    """Give where in a list a block stood; None where it did not, or where the list was a string."""
    return next((owner[1] for owner in part["owners"] if owner[0] == name and len(owner) > 1), None)


def _is_entry(entry: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    return all(entry.get(key) == kept.get(key) for key in ("id", "args", "name"))


def _refilled(value: object, old: int, new: int, message: Message) -> Any:
    said = leaves(message.blocks[new])

    def fill(hole: Hole) -> object:
        if hole.block != old:
            raise KeyError(hole.leaf)
        return said[hole.leaf]

    try:
        return thaw(value, fill)
    except KeyError:
        return None
