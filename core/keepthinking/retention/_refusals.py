"""What the provider will refuse of a request, as far as its rule tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from keepthinking._exchange import Request
from keepthinking._messages import Block, Message, Thinking, ToolCall, Value
from keepthinking._turns import Spot
from keepthinking.retention._flaws import find
from keepthinking.retention._reading import Reading, asks
from keepthinking.retention._rules import Missing, Rule

if TYPE_CHECKING:
    from keepthinking._profiles import Profile


class Refusal(Value, frozen=True, kw_only=True):
    """Why the provider will answer a request with an error.

    Attributes:
        spot: The block that it will not take, or the place where it looks for thinking and finds none: the block before
            which the thinking should stand. The block -1 is the message around its blocks, the message -1 the request
            around its messages.
        clause: The field of the rule that says so: `missing`, `refused` or `flaws`.
        status: The HTTP status; absent where it is not known.
        text: The error text, with the marks of `Missing`, those of a `Flaw` filled in; absent where it is not known.
        rule: The rule's id.
    """

    spot: Spot
    clause: str
    status: int | UnsetType = UNSET
    text: str | UnsetType = UNSET
    rule: str


def refusals(request: Request, rule: Rule, *, profile: Profile | None = None) -> tuple[Refusal, ...]:
    """Say what the provider will refuse of a request: for its thinking, and for the flaws that its rule names.

    By the rule's data alone. What else may be wrong with a request, such as a call without its result, is not asked;
    nor is whether a seal is genuine. Where a rule has no error, nothing is refused: the loss is silent (`visible`). The
    cost is one pass over the messages, and one more for each flaw.

    Args:
        request: The request, as its dialect decodes it: how arguments are written decides whether half a character in
            them is one for the provider.
        rule: The provider's rule (`rule_for`).
        profile: How the provider spells thinking: with it, thinking in a place that it does not read counts as missing.

    Returns:
        All that it could refuse, in the order of the request, flaws behind the rest; a provider names one.
    """
    reading = Reading(request, rule, profile)
    found: list[Refusal] = []
    first = True
    for index, message in reading.spoken():
        found += (_refusal(rule, Spot(index, b), "refused", what) for b, what in _unwanted(reading, index, message))
        if reading.in_loop(index) or rule.missing.checks == "history":
            found += (
                _refusal(rule, Spot(index, b), "missing", rule.missing) for b in _gaps(reading, message, first=first)
            )
            first = False
    found += (
        Refusal(spot=spot, clause="flaws", status=flaw.status, text=text, rule=rule.id)
        for spot, flaw, text in find(request, rule.flaws)
    )
    return tuple(found)


def _refusal(rule: Rule, spot: Spot, clause: str, what: Missing) -> Refusal:
    return Refusal(spot=spot, clause=clause, status=what.status, text=what.text, rule=rule.id)


def _is_error(what: Missing) -> bool:
    return not (what.status is UNSET and what.text is UNSET)


def _unwanted(reading: Reading, index: int, message: Message) -> Iterator[tuple[int, Missing]]:
    """Give the blocks that the server will not take, each with what it says of it."""
    rule = reading.rule
    barred = reading.demand(index).keep == "must-not"
    for b, block in enumerate(message.blocks):
        what: Missing | None = None
        if (isinstance(block, Thinking) and barred) or reading.is_refused(block):
            what = rule.refused
        elif rule.foreign == "refused" and reading.is_foreign(message, block):
            what = rule.foreign_refused if _is_error(rule.foreign_refused) else rule.refused
        if what is not None and _is_error(what):
            yield b, what


def _gaps(reading: Reading, message: Message, *, first: bool) -> Iterator[int]:
    """Give the blocks before which a server that asks for thinking finds none."""
    asked, blocks = asks(reading.request, reading.rule), message.blocks
    if not _is_error(reading.rule.missing):
        return
    call = next((b for b, block in enumerate(blocks) if isinstance(block, ToolCall) and not block.server), None)
    parts: list[tuple[int, Sequence[Block]]] = []
    if asked == "run":
        parts = _runs(blocks, reading.counts)
    elif asked == "message" or (asked == "turn" and first):
        parts = [(0, blocks[:1] if asked == "turn" else blocks)]
    elif call is not None and asked == "first-call":
        parts = [] if blocks[call].seals else [(call, ())]
    elif call is not None and asked in {"calling", "unknown"}:
        parts = [(call, blocks)]
    yield from (start for start, part in parts if not any(map(reading.counts, part)))


def _runs(blocks: Sequence[Block], counts: Callable[[Block], bool]) -> list[tuple[int, Sequence[Block]]]:
    """Cut a message before thinking that stands behind something else; what is not taken for thinking is not there."""
    starts = [0]
    before: bool | None = None
    for b, block in enumerate(blocks):
        thinks = counts(block)
        if thinks and before is False:
            starts.append(b)
        if thinks or not isinstance(block, Thinking):
            before = thinks
    return [(a, blocks[a:z]) for a, z in pairwise([*starts, len(blocks)])] if blocks else []
