"""What the model will see of a request: its history, less the thinking that its provider does not give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from keepthinking._exchange import Request
from keepthinking._messages import Block, Conversation, Inline, Message, Text, Thinking, Value
from keepthinking._turns import Spot
from keepthinking.retention._forms import RewriteKind
from keepthinking.retention._reading import Reading
from keepthinking.retention._rewrites import Held, rewrite
from keepthinking.retention._rules import Rule

if TYPE_CHECKING:
    from keepthinking._profiles import Profile

Reason = Literal[
    "unread", "must-not", "tools-absent", "keep_last", "boundary", "refused", "foreign", "channels", "place"
]


class Hidden(Value, frozen=True, kw_only=True):
    """A block that the model will not see.

    Attributes:
        spot: Where it stands in the request.
        reason: What hides it. `unread`: the provider reads no thinking here; `must-not`: none may stand here;
            `tools-absent`: the request is one without tools; `keep_last`: it is of a turn before those that are kept;
            `boundary`: it stands before the boundary; `refused`: no such block is taken; `foreign`: it is sealed by
            another domain; `channels`: it is, at least in part, of a channel that is not read; `place`: it stands in a
            place that is not read, and words between tags are seen as text.
    """

    spot: Spot
    reason: Reason


class Rewritten(Value, frozen=True, kw_only=True):
    """A block that the model will see otherwise than it was sent.

    Attributes:
        spot: Where it stands in the request.
        kind: What is done to it (`Rewrite`).
    """

    spot: Spot
    kind: RewriteKind


class Visible(Value, frozen=True, kw_only=True):
    """What the model will see.

    Attributes:
        conversation: The history without what is hidden, and as the provider rewrites it. Messages keep their places;
            those that nothing is done to are the same objects.
        hidden: What is hidden, in the order of the request.
        rewritten: What the provider changes in silence, in the order in which it does.
        boundary_served: Index of the message that begins the running turn for the provider; -1 if none does.
        boundary_meant: Index of the message that begins it for who wrote the history; -1 if none does. Where the two
            differ, a message of the scaffold has ended the turn.
    """

    conversation: Conversation
    hidden: tuple[Hidden, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    boundary_served: int = -1
    boundary_meant: int = -1


def visible(request: Request, rule: Rule, *, profile: Profile | None = None) -> Visible:
    """Say what the model will see of a request.

    By the rule's data alone: whether its provider reads thinking at all, where it drops it, how many turns it keeps,
    and what it joins, moves and drops besides. The request itself stays what it is. The cost is one pass over its
    messages, and one more for each rewrite.

    Args:
        request: The request.
        rule: The provider's rule (`rule_for`).
        profile: How the provider spells thinking: with it, thinking in a place that it does not read is hidden too.
    """
    reading = Reading(request, rule, profile)
    kept = reading.counted()
    hidden: list[Hidden] = []
    held = [[Held(Spot(m, b), block) for b, block in enumerate(x.blocks)] for m, x in enumerate(request.messages)]
    for index, message in reading.spoken():
        whole = _of_message(reading, index, kept)
        left: list[Held] = []
        for spot, block in held[index]:
            seen, reason = _of_block(reading, message, block, whole)
            if reason is not None:
                hidden.append(Hidden(spot=spot, reason=reason))
            if seen is not None:
                left.append(Held(spot, seen))
        held[index] = left
    done = rewrite(request.messages, held, rule)
    conversation = request.conversation
    if hidden or done:
        messages = (_with(message, blocks) for message, blocks in zip(request.messages, held, strict=True))
        conversation = msgspec.structs.replace(conversation, messages=tuple(messages))
    return Visible(
        conversation=conversation,
        hidden=tuple(hidden),
        rewritten=tuple(Rewritten(spot=one.spot, kind=one.kind) for one in done),
        boundary_served=reading.served,
        boundary_meant=reading.meant,
    )


def _with(message: Message, held: list[Held]) -> Message:
    same = len(held) == len(message.blocks) and all(
        one.block is block for one, block in zip(held, message.blocks, strict=True)
    )
    return message if same else message.with_blocks([one.block for one in held])


def _of_message(reading: Reading, index: int, kept: frozenset[int] | None) -> Reason | None:
    """Say what hides all thinking of a message, if anything does."""
    rule = reading.rule
    if rule.unread:
        return "unread"
    if reading.demand(index).keep == "must-not":
        return "must-not"
    if rule.boundary == "tools-absent" and not reading.tools:
        return "tools-absent"
    if kept is not None:
        return None if index in kept or reading.in_loop(index) else "keep_last"
    return "boundary" if reading.drops_before() and not reading.in_loop(index) else None


def _of_block(
    reading: Reading, message: Message, block: Block, whole: Reason | None
) -> tuple[Block | None, Reason | None]:
    """Give what is left of a block, and what hides the rest."""
    if not isinstance(block, Thinking):
        return block, None
    if not reading.is_read(block):
        # Between tags it is text like any other to a server that does not know the tags.
        return _as_text(block), "place"
    reason = whole or ("refused" if reading.is_refused(block) else None)
    if reason is None and reading.rule.foreign in {"dropped", "refused"} and reading.is_foreign(message, block):
        reason = "foreign"
    if reason is not None:
        return None, reason
    segments = reading.segments(block)
    if len(segments) == len(block.segments) and (segments or not reading.rule.channels):
        return block, None
    return (msgspec.structs.replace(block, segments=segments) if segments else None), "channels"


def _as_text(block: Thinking) -> Text | None:
    place = next((place for place in block.places if isinstance(place, Inline)), None)
    return None if place is None else Text(text=place.wrap(block.text), item=block.item)
