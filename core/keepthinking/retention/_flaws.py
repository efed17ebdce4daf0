"""Finding what a provider refuses besides thinking (`Rule.flaws`)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple, cast

import msgspec

from keepthinking._errors import DecodeError
from keepthinking._exchange import Request
from keepthinking._json import Json, load
from keepthinking._messages import Block, Message, Thinking, ToolCall, ToolResult, Value
from keepthinking._turns import MODEL_ROLES, Spot, pair
from keepthinking.retention._forms import Flaw, FlawKind

_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]").search
_SURROGATE: Final = re.compile("[\ud800-\udfff]").search
_OFF_THE_WIRE: Final = frozenset({"origin", "native", "author", "carrier"})


class Found(NamedTuple):
    """A flaw, its place, and its error text with the marks filled in."""

    spot: Spot
    flaw: Flaw
    text: str | msgspec.UnsetType


class _Hit(NamedTuple):
    """A place, and the ids of the calls that the error is about."""

    spot: Spot
    ids: tuple[str, ...] = ()


def find(request: Request, flaws: tuple[Flaw, ...]) -> Iterator[Found]:
    """Give the flaws of a request, kind by kind. The cost is one pass over the messages for each kind."""
    numbers = _numbers(request.messages) if flaws else []
    for flaw in flaws:
        for hit in _FINDERS[flaw.kind](request):
            yield Found(hit.spot, flaw, _text(flaw, hit, numbers))


def _text(flaw: Flaw, hit: _Hit, numbers: list[int]) -> str | msgspec.UnsetType:
    if not isinstance(flaw.text, str):
        return flaw.text
    known = {
        "{id}": hit.ids[-1] if hit.ids else "",
        "{ids}": ", ".join(hit.ids),
        "{message}": str(numbers[hit.spot.message]) if hit.spot.message >= 0 else "",
        "{block}": str(hit.spot.block),
    }
    return re.sub(r"\{(?:ids?|message|block)\}", lambda mark: known[mark[0]], flaw.text)


def _numbers(messages: tuple[Message, ...]) -> list[int]:
    """Count messages as the wire does: those of each part of the request for themselves."""
    seen: Counter[str] = Counter()
    found: list[int] = []
    for message in messages:
        found.append(seen[message.carrier])
        seen[message.carrier] += 1
    return found


def _repeated(request: Request, *, everywhere: bool) -> Iterator[_Hit]:
    seen: set[str] = set()
    for m, message in enumerate(request.messages):
        if not everywhere:
            seen = set()
        for b, block in _calls(message):
            if isinstance(block.id, str):
                if block.id in seen:
                    yield _Hit(Spot(m, b), (block.id,))
                seen.add(block.id)


def _each_after_call(request: Request) -> Iterator[_Hit]:
    for hit in _after_call(request, (ToolCall,)):
        yield from (_Hit(hit.spot, (id_,)) for id_ in hit.ids)


def _after_call(request: Request, allowed: tuple[type[Block], ...]) -> Iterator[_Hit]:
    for m, message in enumerate(request.messages):
        if message.role not in MODEL_ROLES:
            continue
        before: list[str] = []
        called = False
        for b, block in enumerate(message.blocks):
            if isinstance(block, ToolCall):
                called = called or not block.server
                before += [block.id] if isinstance(block.id, str) and not block.server else []
            elif called and not isinstance(block, allowed):
                yield _Hit(Spot(m, b), tuple(before))


def _lone_results(request: Request) -> Iterator[_Hit]:
    """Find results whose call is gone. Where the server holds earlier history, it may hold the call."""
    if request.state is not msgspec.UNSET:
        return
    made: set[str] = set()
    for m, message in enumerate(request.messages):
        for b, block in enumerate(message.blocks):
            if isinstance(block, ToolCall) and isinstance(block.id, str):
                made.add(block.id)
            elif isinstance(block, ToolResult) and isinstance(block.call_id, str) and block.call_id not in made:
                yield _Hit(Spot(m, b), (block.call_id,))


def _unanswered(request: Request) -> Iterator[_Hit]:
    """Find calls without a result that are no longer the last word, each message's with all of its ids."""
    open_: dict[int, list[Spot]] = {}
    for held in pair(request.conversation):
        if held.state == "open" and isinstance(held.call, Spot):
            open_.setdefault(held.call.message, []).append(held.call)
    last = len(request.messages) - 1
    for m, spots in open_.items():
        blocks = request.messages[m].blocks
        calls = [(spot, blocks[spot.block]) for spot in spots]
        ids = tuple(
            call.id for _, call in calls if isinstance(call, ToolCall) and not call.server and isinstance(call.id, str)
        )
        mine = [spot for spot, call in calls if isinstance(call, ToolCall) and not call.server]
        if m < last and mine:
            yield _Hit(mine[0], ids)


def _last_thought(request: Request) -> Iterator[_Hit]:
    """Find the thought that a history ends in; opaque ones are of another type."""
    for message in request.messages[-1:]:
        if message.role in MODEL_ROLES and message.blocks:
            last = message.blocks[-1]
            if isinstance(last, Thinking) and last.segments:
                yield _Hit(Spot(len(request.messages) - 1, len(message.blocks) - 1))


def _instructions(request: Request, allowed: int) -> Iterator[_Hit]:
    """Find messages of instructions beyond the allowed ones; what the wire has a place for outside is none."""
    listed = (
        m for m, message in enumerate(request.messages) if message.role == "system" and message.carrier == "message"
    )
    return (_Hit(Spot(m, -1)) for m in islice(listed, allowed, None))


def _calls(message: Message) -> Iterator[tuple[int, ToolCall]]:
    return ((b, block) for b, block in enumerate(message.blocks) if isinstance(block, ToolCall) and not block.server)


def _written_arguments(request: Request) -> Iterator[_Hit]:
    """Find arguments that stand as a text on a wire that has an object there: its dialect notes the difference."""
    for m, message in enumerate(request.messages):
        for b, block in _calls(message):
            noted: object = block.spelling.value if isinstance(block.spelling, Json) else None
            if isinstance(noted, dict) and cast("dict[str, object]", noted).get("arguments") == "string":
                yield _Hit(Spot(m, b))


def _surrogates(request: Request) -> Iterator[_Hit]:
    """Find halves of surrogate pairs; `Spot(m, -1)` is the message around its blocks, `Spot(-1, -1)` the request."""
    for m, message in enumerate(request.messages):
        yield from (_Hit(Spot(m, b)) for b, block in enumerate(message.blocks) if _is_broken(block))
        if _is_broken(message.with_blocks(())):
            yield _Hit(Spot(m, -1))
    conversation = request.conversation
    rest = (conversation.tools, conversation.extras, request.model, request.state, request.params)
    if any(map(_is_broken, rest)):
        yield _Hit(Spot(-1, -1))


def _is_broken(value: object) -> bool:
    """Tell whether a lone surrogate stands anywhere inside a value."""
    if isinstance(value, str):
        return not value.isascii() and _SURROGATE(value) is not None
    if isinstance(value, Json):
        return _is_broken_json(value.raw.decode("utf-8", "replace"))
    if isinstance(value, ToolCall) and value.kind == "object" and _is_broken_json(value.arguments):
        return True
    return any(map(_is_broken, _inside(value)))


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Value):
        return (getattr(value, name) for name in value.__struct_fields__ if name not in _OFF_THE_WIRE)
    if isinstance(value, Mapping):
        held = cast("Mapping[object, object]", value)
        return (*held, *held.values())
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()


def _is_broken_json(text: str) -> bool:
    if _SURROGATE(text) is not None:
        return True
    if _ESCAPE(text) is None:
        return False
    try:
        # Pairs of escapes become one character here; only halves stay.
        return _SURROGATE(json.dumps(load(text.encode()), ensure_ascii=False)) is not None
    except DecodeError:
        return False


_FINDERS: Final[dict[FlawKind, Callable[[Request], Iterator[_Hit]]]] = {
    "repeated-id": lambda request: _repeated(request, everywhere=False),
    "reused-id": lambda request: _repeated(request, everywhere=True),
    "said-after-call": lambda request: _after_call(request, (ToolCall, Thinking)),
    "after-call": _each_after_call,
    "lone-result": _lone_results,
    "unanswered": _unanswered,
    "last-thought": _last_thought,
    "surrogate": _surrogates,
    "inner-instructions": lambda request: _instructions(request, 0),
    "second-instructions": lambda request: _instructions(request, 1),
    "arguments-text": _written_arguments,
}
