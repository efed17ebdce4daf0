"""From wire to wire: a value converted and written, with all that it lost by path from the source.

What a dialect cannot write it tells by path from what it was given, and that is the converted history, regrouped. Here
those paths are led back, so that each loss names a place of the value that the caller has.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._exchange import Encoded, Request, Response
from keepthinking._messages import Block, Media, Message, ToolResult
from keepthinking._reports import Loss
from keepthinking.convert._blocks import Made
from keepthinking.convert._convert import convert_request, convert_response
from keepthinking.convert._converter import Converter
from keepthinking.dialects import Dialect
from keepthinking.plugins import dialect as dialect_of

_PLACE = re.compile(r"messages\[(\d+)\](?:\.blocks\[(\d+)\])?")
_TOOL = re.compile(r"(?<=^tools\[)\d+")
_NUMBERED = re.compile(r"^\.(content|seals)\[\d+\].*")
_WHERE = {".url": ".data", ".data": ".url"}
_Spot: TypeAlias = tuple[int, int | None]


def translate_request(request: Request, converter: Converter) -> Encoded:
    """Convert a request and write it.

    Args:
        request: What to write.
        converter: For whom; see `policy`.

    Returns:
        The body, and everything that it has lost, by path from the request that was given.

    Raises:
        LossError: The policy refuses to lose thinking.
        EncodeError: The request cannot be written at all, or nobody says whose wire members it holds.
    """
    converted = convert_request(request, converter)
    encoded = _encoder(converter).encode_request(converted.value, converter.policy.profile, on_loss="report")
    carried = converter.carry(request.messages)
    places = _places(request.messages, carried.made, converted.value.messages)
    kept = [i for i, tool in enumerate(request.conversation.tools or ()) if tool.kind != "server"]
    if converted.value.conversation.tools is request.conversation.tools:
        kept = list(range(len(request.conversation.tools or ())))
    back = _Back(request.messages, converted.value.messages, places)
    told = tuple(back.loss(_tool(loss, kept)) for loss in encoded.losses)
    return Encoded(body=encoded.body, losses=(*converted.losses, *told, *_in_path(request, converter)))


def _in_path(request: Request, converter: Converter) -> Iterator[Loss]:
    """Tell what some wires say in the URL alone."""
    same = converter.policy.source == converter.policy.to
    if same or not getattr(_encoder(converter), "in_path", False):
        return
    for name, what in (("model", "the model's name"), ("stream", "whether the answer is streamed")):
        if getattr(request, name) is not UNSET:
            yield Loss(kind="spelling", path=name, what=what, why="the path of the URL says it here, no body")


def translate_response(
    response: Response, converter: Converter, after: tuple[Message, ...] = ()
) -> tuple[Response, Encoded]:
    """Convert an answer and write it; give also the converted answer, which can be written as a stream.

    Args:
        response: What to write.
        converter: For whom; see `policy`.
        after: The history that it answers, if the converter has carried it: calls get the ids that they have there.

    Raises:
        LossError: The policy refuses to lose thinking.
        EncodeError: The answer cannot be written at all.
    """
    converted, made = convert_response(response, converter, after)
    encoded = _encoder(converter).encode_response(converted.value, converter.policy.profile)
    places = _places(response.messages, made, converted.value.messages)
    back = _Back(response.messages, converted.value.messages, places)
    told = tuple(map(back.loss, encoded.losses))
    return converted.value, Encoded(body=encoded.body, losses=(*converted.losses, *told))


def _encoder(converter: Converter) -> Dialect:
    return dialect_of(converter.policy.to)


def _places(source: Sequence[Message], made: Sequence[Made], out: Sequence[Message]) -> Mapping[_Spot, _Spot]:
    """Tell for each message and block that is written where it stood in the source."""
    waiting: dict[Hashable, deque[_Spot]] = {}
    for i, one in enumerate(made):
        if one.message is None:
            continue
        for j, block in enumerate(one.message.blocks):
            number = int(one.sources[j].removeprefix("blocks[").removesuffix("]")) if one.sources else j
            waiting.setdefault(_key(block), deque()).append((i, number))
    whole = {id(one.message): i for i, one in enumerate(made) if one.message is not None}
    whole |= {id(message): i for i, message in enumerate(source)} if not made else {}
    found: dict[_Spot, _Spot] = {}
    for m, message in enumerate(out):
        spots: list[_Spot] = []
        for b, block in enumerate(message.blocks):
            queue = waiting.get(_key(block))
            spot = queue.popleft() if queue else (whole.get(id(message), m), b)
            found[m, b] = spot
            spots.append(spot)
        first = spots[0][0] if spots else whole.get(id(message), m)
        found[m, None] = (whole.get(id(message), first), None)
    return found


def _key(block: Block) -> Hashable:
    # grouping may give a result another object around it or a name, but never another content
    return ("result", block.call_id, id(block.content)) if isinstance(block, ToolResult) else id(block)


def _tool(loss: Loss, kept: Sequence[int]) -> Loss:
    return replace(loss, path=_TOOL.sub(lambda m: str(kept[int(m[0])]), loss.path))


class _Back:
    """Leads paths of what was written back to the source."""

    def __init__(self, source: Sequence[Message], out: Sequence[Message], places: Mapping[_Spot, _Spot]) -> None:
        self._source = source
        self._out = out
        self._places = places

    def loss(self, loss: Loss) -> Loss:
        """Give a loss with the path of the source."""
        found = _PLACE.match(loss.path)
        if found is None:
            return loss
        here = int(found[1]), None if found[2] is None else int(found[2])
        message, block = self._places.get(here, here)
        rest = loss.path[found.end() :]
        if block is None or here[1] is None:
            return replace(loss, path=f"messages[{message}]{rest}")
        a, b = self._out[here[0]].blocks[here[1]], self._source[message].blocks[block]
        if (numbered := _NUMBERED.match(rest)) is not None and _size(a, numbered[1]) != _size(b, numbered[1]):
            rest = f".{numbered[1]}"  # parts stayed behind, so the numbers are others in the source
        if isinstance(b, Media) and rest in _WHERE and getattr(b, rest[1:]) is UNSET:
            rest = _WHERE[rest]  # an address that stood where bytes stand, or the other way round
        return replace(loss, path=f"messages[{message}].blocks[{block}]{rest}")


def _size(block: Block, name: str) -> int:
    value: object = getattr(block, name, ())
    return len(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else -1
