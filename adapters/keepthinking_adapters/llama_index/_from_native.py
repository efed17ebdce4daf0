"""LlamaIndex's messages as ours."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any, cast

from llama_index.core.base.llms.types import ChatMessage
from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from pydantic import AnyUrl, BaseModel

from keepthinking import Converted, Json, Loss, Message, carry
from keepthinking.carry import OnEdit, Read, unpack
from keepthinking_adapters.llama_index._hints import hinted, unsaid
from keepthinking_adapters.llama_index._plain import CALL_ID, HISTORY, place_of_record, plain, records
from keepthinking_adapters.llama_index._residual import residual
from keepthinking_adapters.llama_index._same import same_native
from keepthinking_adapters.llama_index._show import called
from keepthinking_adapters.llama_index._to_native import to_native
from keepthinking_adapters.llama_index._witness import missed

__all__ = ["Reader", "from_native"]


def from_native(native: Sequence[ChatMessage], *, on_edit: OnEdit = "keep") -> Converted[tuple[Message, ...]]:
    """Turn LlamaIndex's messages into ours.

    Maps to: see `to_native`. Messages of stock clients are read, too: thinking with Anthropic's signature, items of
        the Responses API, calls as older versions kept them in `additional_kwargs`, `reasoning_content` and
        `reasoning_details` beside the content. Bytes of a block that names a file are read from it; those of an
        address are not fetched.
    Cannot hold: an image's `detail` and a video's `fps`, which each wire says in its own way. They are `losses` here,
        and `to_native` makes the block as it was; `KeepThinkingLLM` sends them where its wire has a member for them.
    Version notes: parts of a summary that a client has joined (OpenAIResponses) cannot be taken apart.

    Args:
        native: A history; it is not changed.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: Something is no message of LlamaIndex, or carries a broken record (culprit `framework`), or names a
            file that cannot be read (culprit `caller`).
    """
    runs, losses, findings = Reader(on_edit=on_edit).runs(native)
    messages: list[Message] = []
    for at, run in runs:
        bare = run[0].message
        if run[0].part is not None:
            bare = replace(bare, blocks=tuple(block for read in run for block in read.message.blocks))
        held, lost = _residual_of([native[i] for i in at], run, bare, f"messages[{at[0]}]")
        messages.append(bare if held is UNSET else replace(bare, native=held))
        losses += lost
    for i, one in enumerate(native):
        losses += unsaid(one, f"messages[{i}]")
    return Converted(value=tuple(messages), losses=tuple(losses), findings=tuple(findings))


def _residual_of(
    natives: list[ChatMessage], reads: list[Read], message: Message, path: str
) -> tuple[Json | UnsetType, list[Loss]]:
    made = to_native((message,)).value
    if same_native(made, natives):
        return UNSET, []
    plains = [plain(one, ours=bool(records(one))) for one in natives]
    again = [records(one) for one in made] if len(made) == len(natives) else [()] * len(natives)
    fresh = [
        len(record) == 1 and records(one) == record and place_of_record(one) is not None
        for one, record in zip(natives, again, strict=True)
    ]
    return residual(natives, plains, reads, fresh, path)


class Reader(carry.Reader[ChatMessage]):
    """Reads a growing history, each message once; see `keepthinking.carry.Reader`.

    Args:
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.
        wire: The dialect that the messages will be written in, which has words for some of what only LlamaIndex says.
    """

    def __init__(self, *, on_edit: OnEdit = "keep", wire: str | None = None) -> None:
        super().__init__(partial(_read, on_edit, wire), _stamp, HISTORY)
        self._wire = wire

    def read(self, native: Sequence[ChatMessage]) -> Converted[tuple[Message, ...]]:
        """Read a history; results of calls that have no ids stand in the order of the calls, by which they are told."""
        found = super().read(_in_order(HISTORY.read(native)))
        losses = (loss for i, one in enumerate(native) for loss in unsaid(one, f"messages[{i}]", self._wire))
        return replace(found, losses=(*found.losses, *losses))


def _in_order(native: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    """Undo that LlamaIndex keeps results in the order in which the tools were done (llama-index-core 0.14.25)."""
    places = [_place(one) for one in native]
    if not any(places):
        return native
    found: list[ChatMessage] = []
    for has_none, run in groupby(range(len(native)), key=lambda i: places[i] is not None):
        found += (native[i] for i in (sorted(run, key=lambda i: places[i] or (0, "")) if has_none else run))
    return found


def _place(native: object) -> tuple[int, str] | None:
    held = native.additional_kwargs.get(CALL_ID) if isinstance(native, ChatMessage) else None
    return called(held) if isinstance(held, str) else None


def _read(on_edit: OnEdit, wire: str | None, native: ChatMessage) -> Read:
    held = records(native)
    seen = plain(native, ours=bool(held))
    read = unpack(held, seen.message, on_edit=on_edit)
    if not held:
        read = read._replace(findings=missed(native, read.message))
    return read if wire is None else hinted(read, seen, native, wire)


def _stamp(native: object) -> bytes:
    """Write down all that reading looks at; b"" where a value cannot be written, and is then read anew each time.

    Written bytes are compared, not a digest of them: that is faster, and proves more.
    """
    try:
        # Version 2 writes no references, so equal values give equal bytes, and types count.
        return marshal.dumps(cast("Any", _written(native)), 2)
    except ValueError:
        return b""


def _written(value: object) -> object:
    match value:
        case BaseModel():
            return (type(value).__name__, {key: _written(item) for key, item in value.__dict__.items()})
        case str() if type(value) is not str:
            return str(value)  # the role
        case AnyUrl():
            return str(value)
        case list():
            return [_written(item) for item in cast("list[object]", value)]
        case dict():
            return {key: _written(item) for key, item in cast("dict[object, object]", value).items()}
        case _:
            return value
