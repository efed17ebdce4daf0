"""An answer as a voice says it: which blocks and items its words become, and with which seals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._exchange import Response
from keepthinking._json import Json
from keepthinking._messages import (
    ArgumentsKind,
    Block,
    Field,
    Item,
    Message,
    Place,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
)
from keepthinking.dialects import _inline
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._bodies import SHAPES, Frame, Spoken
from keepthinking_conformance.provider._hosted import HOSTED
from keepthinking_conformance.provider._projected import Prefix
from keepthinking_conformance.provider._seals import covered
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.scenarios import Call, Hosted, Say, Think

_DETAILS: Final = "reasoning_details"
_CHAT: Final = "openai-chat"
_NOTHING: Final = Frame(id="", model="", created=0, envelope={}, asked=0, thought=0, said=0)


def message_of(voice: Voice, spoken: Sequence[Spoken], before: Prefix | None = None) -> Message:
    """Give an answer in the shape in which the dialect's decoder gives it.

    Args:
        voice: Who says it.
        spoken: Its parts with their words.
        before: All that stands before it, to which seals are bound that are bound to it; it takes in what is said.
    """
    if voice.dialect in SHAPES:
        return whole(voice, spoken, _NOTHING).message.replace(origin=UNSET)
    blocks: list[Block] = []
    items: list[Item] = []
    for one in _ordered(voice, spoken):
        for block in _blocks(voice, one, items):
            sealed = _sealed(voice, one, block, before)
            blocks.append(sealed)
            if before is not None:
                before.add(Message(role="assistant", items=tuple(items)), sealed)
    return Message(role="assistant", blocks=tuple(blocks), items=tuple(items))


def whole(voice: Voice, spoken: Sequence[Spoken], frame: Frame) -> Response:
    """Give a whole answer as its dialect reads it, for a dialect of `SHAPES`."""
    shape = SHAPES[voice.dialect]
    body = msgspec.json.encode(shape.body(shape.content(voice, spoken), frame))
    return dialect_of(voice.dialect).decode_response(body, voice.profile)


def _ordered(voice: Voice, spoken: Sequence[Spoken]) -> list[Spoken]:
    """Put parts in the order that the wire can hold: chat has one member for each kind, in this order."""
    if voice.dialect != _CHAT:
        return list(spoken)
    return sorted(spoken, key=lambda one: (Think, Say, Call).index(type(one.part)))


def _blocks(voice: Voice, one: Spoken, items: list[Item]) -> tuple[Block, ...]:
    if isinstance(one.part, Think):
        return (_thought(voice, one.part, one, items),)
    if isinstance(one.part, Hosted):
        body = {"role": "assistant", "content": HOSTED[voice.dialect](voice.words, one.path)}
        return dialect_of(voice.dialect).decode_response(msgspec.json.encode(body)).message.blocks
    if one.called is not None:
        kind: ArgumentsKind = "json" if voice.dialect == _CHAT else "object"
        return (ToolCall(id=one.called.id, name=one.called.call.tool, arguments=one.called.arguments, kind=kind),)
    return (Text(text=one.text),)


def _sealed(voice: Voice, one: Spoken, block: Block, before: Prefix | None) -> Block:
    """Put a seal on a thought, where the provider seals its thoughts."""
    if not isinstance(block, Thinking) or not (voice.served.sealed or not block.segments):
        return block
    prefix = b"" if before is None else before.digest()
    slot = "signature" if block.segments else "data"
    wire = voice.mint.seal(one.path, covered(voice.dialect, block), prefix)
    return replace(block, seals=(Seal(slot=slot, wire=wire),))


def _thought(voice: Voice, think: Think, one: Spoken, items: list[Item]) -> Thinking:
    """Make a thought; where it is an entry of a list, the items of its message get another one."""
    if think.kind == "redacted":
        return Thinking()
    words = "" if think.kind == "empty-sealed" else one.text
    if voice.dialect != _CHAT:
        return Thinking(segments=(Segment(text=words),))
    tags = voice.profile.tags
    if tags is not None:
        return Thinking(segments=(Segment(text=words),), places=(_inline.framed(tags),))
    words = f"{one.edge}{words}{one.edge}"
    places: tuple[Place, ...] = tuple(Field(name=name) for name in voice.profile.returns)
    if Field(name=_DETAILS) not in places:
        return Thinking(segments=(Segment(text=words),), places=places)
    # The decoder names the entry first, then the fields that repeat it.
    places = (Field(name=_DETAILS), *(place for place in places if place != Field(name=_DETAILS)))
    number = len(items)
    look = voice.look
    items.append(
        Item(
            kind="reasoning.text",
            id=look.detail_id.format(n=number + 1) if look.detail_id else UNSET,
            fields=Json.of({**look.detail, "index": number}),
        )
    )
    return Thinking(item=number, segments=(Segment(text=words),), places=places)
