"""Doing to a history what its provider does to it in silence (`Rule.rewrites`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from keepthinking._json import Json
from keepthinking._messages import Block, Message, Segment, Thinking, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES, Spot, pair
from keepthinking.retention._forms import Rewrite, RewriteKind
from keepthinking.retention._rules import Rule


class Held(NamedTuple):
    """A block that is left, and where it stood in the request."""

    spot: Spot
    block: Block


class Done(NamedTuple):
    """What was done to which block of the request."""

    spot: Spot
    kind: RewriteKind


_Lists = list[list[Held]]


def rewrite(messages: Iterable[Message], held: _Lists, rule: Rule) -> list[Done]:
    """Rewrite the blocks of a history.

    Args:
        messages: The messages of the request.
        held: What is left of their blocks, one list a message; the lists change.
        rule: The provider's rule.

    Returns:
        What was done, rewrite by rewrite, in the order of the request.
    """
    heads = tuple(messages)
    done: list[Done] = []
    for what in rule.rewrites:
        before = len(done)
        done += (Done(spot, what.kind) for spot in _DOERS[what.kind](heads, held, rule, what))
        done[before:] = sorted(done[before:])
    return done


def _first(heads: tuple[Message, ...], held: _Lists, _rule: Rule, _what: Rewrite) -> list[Spot]:
    moved: list[Spot] = []
    for m in _spoken(heads):
        ahead = [one for one in held[m] if isinstance(one.block, Thinking)]
        moved += [one.spot for one, other in zip(ahead, held[m], strict=False) if one is not other]
        held[m] = [*ahead, *(one for one in held[m] if not isinstance(one.block, Thinking))]
    return moved


def _joined(heads: tuple[Message, ...], held: _Lists, rule: Rule, what: Rewrite) -> list[Spot]:
    joined: list[Spot] = []
    for m in _spoken(heads):
        left: list[Held] = []
        for thinks, run in groupby(held[m], key=lambda one: isinstance(one.block, Thinking)):
            blocks = list(run)
            left += [_one(blocks, rule, what.text)] if thinks and _is_several(blocks) else blocks
            joined += [one.spot for one in blocks] if thinks and _is_several(blocks) else []
        held[m] = left
    return joined


def _is_several(run: list[Held]) -> bool:
    return len(run) > 1 or sum(len(one.block.segments) for one in run if isinstance(one.block, Thinking)) > 1


def _one(run: list[Held], rule: Rule, between: str) -> Held:
    """Join thoughts; their seals are gone, as none of them fits the whole."""
    words = [
        between.join(segment.text for segment in one.block.segments if isinstance(segment.text, str))
        for one in run
        if isinstance(one.block, Thinking)
    ]
    first = run[0]
    kept = (text for text in words if text != "" or rule.empty != "missing")
    whole = Thinking(segments=(Segment(text=between.join(kept)),), item=first.block.item)
    return Held(first.spot, whole)


def _ordered(heads: tuple[Message, ...], held: _Lists, _rule: Rule, _what: Rewrite) -> list[Spot]:
    calls = {
        found.result: found.call
        for found in pair(heads)
        if isinstance(found.result, Spot) and isinstance(found.call, Spot)
    }
    moved: list[Spot] = []
    ends = [*_spoken(heads), len(heads)]
    for start, end in zip([-1, *ends], ends, strict=False):
        places = [
            (m, i)
            for m in range(start + 1, end)
            for i, one in enumerate(held[m])
            if isinstance(one.block, ToolResult) and one.spot in calls
        ]
        results = [held[m][i] for m, i in places]
        for (m, i), now in zip(places, sorted(results, key=lambda one: calls[one.spot]), strict=True):
            if held[m][i] is not now:
                moved.append(now.spot)
            held[m][i] = now
    return moved


def _without_status(_heads: tuple[Message, ...], held: _Lists, _rule: Rule, _what: Rewrite) -> list[Spot]:
    def done(block: Block) -> Block | None:
        told = isinstance(block, ToolResult) and block.status != "unspecified"
        return replace(block, status="unspecified") if told else None

    return _each(held, done)


def _wrapped(_heads: tuple[Message, ...], held: _Lists, _rule: Rule, what: Rewrite) -> list[Spot]:
    def done(block: Block) -> Block | None:
        if not isinstance(block, ToolCall) or block.kind != "json" or _is_object(block.arguments):
            return None
        return replace(block, arguments=Json.of({what.text: block.arguments}).raw.decode())

    return _each(held, done)


def _is_object(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _each(held: _Lists, done: Callable[[Block], Block | None]) -> list[Spot]:
    changed: list[Spot] = []
    for blocks in held:
        for i, one in enumerate(blocks):
            now = done(one.block)
            if now is not None:
                changed.append(one.spot)
                blocks[i] = Held(one.spot, now)
    return changed


def _spoken(heads: tuple[Message, ...]) -> list[int]:
    return [m for m, message in enumerate(heads) if message.role in MODEL_ROLES]


_DOERS: Final[dict[RewriteKind, Callable[[tuple[Message, ...], _Lists, Rule, Rewrite], list[Spot]]]] = {
    "thoughts-first": _first,
    "thoughts-joined": _joined,
    "results-ordered": _ordered,
    "status-dropped": _without_status,
    "arguments-wrapped": _wrapped,
}
