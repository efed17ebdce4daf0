"""What has to be sent back: the duty of each block that holds memory, with the clause of the rule that says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from keepthinking._exchange import Request
from keepthinking._messages import Block, Message, Thinking, ToolCall, Value
from keepthinking._reports import Level
from keepthinking._turns import Spot
from keepthinking.retention._reading import Demand, Reading
from keepthinking.retention._rules import Keep, Rule

if TYPE_CHECKING:
    from keepthinking._profiles import Profile

_WEAKER: Final[dict[Keep, Keep]] = {"must": "should"}


class Duty(Value, frozen=True, kw_only=True):
    """What a rule demands of one block.

    Attributes:
        spot: Where the block stands.
        keep: The demand: it must, should, may or must not be sent, or nobody knows.
        level: How strong that is: a MUST needs a source that was read.
        clause: The field of the rule that says so: `in_loop`, `cross_turn`, `boundary`, `missing` (not shown to the
            model, but checked), `unread`, `refuses`, `foreign`, `carrier`, `channels` or `empty`.
        in_loop: Whether it is of the running loop, as served.
        rule: The rule's id.
    """

    spot: Spot
    keep: Keep
    level: Level
    clause: str
    in_loop: bool
    rule: str


def duties(request: Request, rule: Rule, *, profile: Profile | None = None) -> tuple[Duty, ...]:
    """Say which blocks of a request must, should, may and must not be sent.

    Asked are all thinking blocks of the model and all blocks that carry a seal its provider reads. The history need not
    be the one that will be sent: with the whole history, the answer is what may be left out of it. The cost is one pass
    over its messages.

    Args:
        request: The request, with the history so far.
        rule: The provider's rule (`rule_for`).
        profile: How the provider spells thinking; only what `channels` and `empty` mean depends on it.

    Returns:
        One duty a block, in the order of the request.
    """
    reading = Reading(request, rule, profile)
    return tuple(
        Duty(
            spot=Spot(index, b),
            keep=keep,
            level=rule.level_of(keep),
            clause=clause,
            in_loop=reading.in_loop(index),
            rule=rule.id,
        )
        for index, message in reading.spoken()
        for b, (keep, clause) in _demands(reading, message, reading.demand(index))
    )


def _demands(reading: Reading, message: Message, whole: Demand) -> Iterator[tuple[int, Demand]]:
    sealed = reading.rule.bound != "nothing" or reading.rule.carrier == "call"
    for b, block in enumerate(message.blocks):
        if isinstance(block, Thinking) or (sealed and block.seals):
            yield b, _of_block(reading, message, block, whole)


def _of_block(reading: Reading, message: Message, block: Block, whole: Demand) -> Demand:
    rule = reading.rule
    if reading.is_refused(block):
        return Demand("must-not", "refuses")
    if rule.foreign != "read" and reading.is_foreign(message, block):
        foreign: dict[str, Keep] = {"dropped": "may", "refused": "must-not", "unknown": "unknown"}
        return Demand(foreign[rule.foreign], "foreign")
    if whole.keep not in {"must", "should"}:
        return whole
    if rule.carrier == "call" and not (block.seals and isinstance(block, ToolCall)):
        return Demand(_WEAKER.get(whole.keep, whole.keep), "carrier")
    if isinstance(block, Thinking) and not reading.counts(block):
        segments = reading.segments(block)
        unread = len(segments) < len(block.segments) or bool(rule.channels and not segments)
        return Demand("may", "channels" if unread else "empty") if unread or rule.empty == "missing" else whole
    return whole
