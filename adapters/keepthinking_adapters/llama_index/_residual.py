"""What a LlamaIndex message holds besides the message that it says, and the very message again.

Rule 1: a message that `to_native` would make anyway has no residual.
Rule 2: words stand in the blocks alone; the residual has holes in their places. An edited block is therefore an edited
message of LlamaIndex, and all else of it stays: its counts, what clients keep beside it, the shape of its blocks.
Rule 3: what JSON cannot hold is a loss, and named. Objects of a vendor's client are written by the name of their class,
and made again where that class is there without being imported; after LlamaIndex's own JSON they are dictionaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from llama_index.core.base.llms.types import ChatMessage, ContentBlock
from msgspec import UNSET, UnsetType
from pydantic import BaseModel

from keepthinking import EncodeError, Json, Loss, Message, Text
from keepthinking.carry import Entry, Hole, Pair, Path, Read, align, fingerprint, freeze, holes, leaves, thaw
from keepthinking_adapters.llama_index._blocks import read_block
from keepthinking_adapters.llama_index._plain import MODELS, SLOT, Plain, place_of_record
from keepthinking_adapters.llama_index._values import VALUES
from keepthinking_adapters.llama_index._witness import WITNESS, counted

__all__ = ["ADAPTER", "Template", "edited", "filled", "residual", "templates"]

ADAPTER: Final = "llama-index"
"""The key of `Message.native` that is ours."""
Template = dict[str, Any]

_RECORD: Final = Hole(-1, "record")
_WITNESS: Final = Hole(-1, "witness")


def residual(
    natives: Sequence[ChatMessage], plains: Sequence[Plain], reads: Sequence[Read], fresh: Sequence[bool], path: str
) -> tuple[Json | UnsetType, list[Loss]]:
    """Write what some messages of LlamaIndex hold besides what they say.

    Args:
        natives: The messages that are one of ours.
        plains: What LlamaIndex alone tells of each.
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
        return UNSET, [Loss(kind="content", path=path, what="what only LlamaIndex holds", why=why)]


def templates(message: Message) -> list[Template]:
    """Give the residual of a message by its parts; [] where there is none that can be read."""
    if message.native is UNSET:
        return []
    try:
        parts: object = message.native.value[ADAPTER]["parts"]
    except (KeyError, TypeError, ValueError):
        return []
    held = cast("list[Template]", parts) if isinstance(parts, list) else []
    return held if all(type(part) is dict and {"role", "fields", "blocks"} <= part.keys() for part in held) else []


def filled(template: Template, message: Message, carried: Mapping[str, object]) -> ChatMessage | None:
    """Make a message of LlamaIndex again; None where the blocks are not those that it was made of.

    Args:
        template: Its residual.
        message: The part of ours that it shows.
        carried: The `record` that it shall carry, and its `witness`.
    """
    if template["role"] != message.role:
        return None
    if [part["print"] for part in template["blocks"]] != [fingerprint(block) for block in message.blocks]:
        return None

    def fill(hole: Hole) -> object:
        return carried[hole.leaf] if hole.block < 0 else leaves(message.blocks[hole.block])[hole.leaf]

    native = VALUES.made(thaw(template["fields"], fill))
    return native if isinstance(native, ChatMessage) else None


def edited(template: Template, message: Message, fresh: ChatMessage) -> ChatMessage:
    """Give a message of LlamaIndex whose blocks were edited: what was not edited stands as it stood.

    Args:
        template: The residual of the message that it was.
        message: The part of ours that it shall show.
        fresh: What a new message would be; it is changed, and is the answer where nothing can be kept.
    """
    if template["role"] != message.role:
        return fresh
    old: list[dict[str, Any]] = template["blocks"]
    entries = [Entry(Text(text=""), {}, (str(part["print"]),)) for part in old]
    pairs = align(entries, [fingerprint(block) for block in message.blocks])
    fields: dict[str, Any] = template["fields"]["fields"]
    if len(fresh.blocks) == len(message.blocks):
        kept = (_blocks(pair, old, fields["blocks"], message, fresh.blocks) for pair in pairs if pair.new is not None)
        fresh.blocks = [block for blocks in kept for block in blocks]
    # What stood there for a block may hold what the edit took out, and the block shows anyway.
    gone = {str(owner[1]) for part in old for owner in part["owners"] if owner[0] == "additional_kwargs"}
    gone |= {SLOT, WITNESS}
    beside = {key: value for key, value in fields["additional_kwargs"].items() if key not in gone}
    fresh.additional_kwargs = {**_thaw(beside, message, -1, -1), **fresh.additional_kwargs}
    if fresh.role in MODELS:
        fresh.role = _thaw(fields["role"], message, -1, -1)
    return fresh


def _blocks(
    pair: Pair, old: Sequence[Mapping[str, Any]], was: Sequence[Any], message: Message, fresh: Sequence[ContentBlock]
) -> list[ContentBlock]:
    """Write a block as it was written before, with today's words; as a new one where that is not possible."""
    new = cast("int", pair.new)
    if pair.old is None:
        return [fresh[new]]
    places = [int(at[1]) for at in old[pair.old]["owners"] if at[0] == "blocks"]
    try:
        kept = [_thaw(_bare(was[at]), message, pair.old, new) for at in places]
    except KeyError:
        return [fresh[new]]
    return kept if kept and _seen(kept[0]) == _seen(fresh[new]) else [fresh[new]]


def _seen(block: object) -> str:
    return fingerprint(read_block(block).block)


def _bare(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a block without the record that it carried."""
    information = block["fields"].get("additional_information")
    if not isinstance(information, dict) or SLOT not in information:
        return block
    held = {key: value for key, value in cast("dict[str, Any]", information).items() if key != SLOT}
    return {**block, "fields": {**block["fields"], "additional_information": held}}


def _thaw(value: object, message: Message, old: int, new: int) -> Any:
    """Make a value again with the words that one block has today. Raises `KeyError` where it has no such words."""

    def fill(hole: Hole) -> object:
        if hole.block != old:
            raise KeyError(hole.leaf)
        return leaves(message.blocks[new])[hole.leaf]

    return VALUES.made(thaw(value, fill))


def _template(  # noqa: PLR0913 - one message of LlamaIndex on both sides
    native: ChatMessage, plain: Plain, read: Read, losses: list[Loss], path: str, *, is_fresh: bool
) -> Template:
    def lost(at: Path, value: object) -> None:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
        if isinstance(value, BaseModel):
            what, why = f"the class `{type(value).__name__}`", "only LlamaIndex's own classes are made again"
            losses.append(Loss(kind="foreign", path=path + where, what=what, why=why))
        else:
            what = f"a `{type(value).__name__}`"
            losses.append(Loss(kind="content", path=path + where, what=what, why="JSON has no word for it"))

    fields = VALUES.taken(native, lost)
    found: dict[Path, Hole] = {}
    blocks: list[dict[str, Any]] = []
    for number, (block, sight) in enumerate(zip(read.message.blocks, read.sights, strict=True)):
        owners = plain.owners[sight] if sight is not None else ()
        for owner in owners:
            found = {**holes(fields, ("fields", *owner), number, block), **found}
        blocks.append({"print": fingerprint(block), "owners": [list(owner) for owner in owners]})
    if is_fresh:
        found[("fields", *cast("Path", place_of_record(native)))] = _RECORD
        if native.additional_kwargs.get(WITNESS) == counted(read.message):
            found[("fields", "additional_kwargs", WITNESS)] = _WITNESS
    return {"role": read.message.role, "fields": freeze(fields, found, lost), "blocks": blocks}
