"""How a check of a run says what it found: where, how gravely, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Finding, Message, Request, Thinking
from keepthinking._reports import Fate, Level
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking.audit._fates import MESSAGE
from keepthinking.audit._levels import Ground, level_of
from keepthinking.audit._verdict import Verdict
from keepthinking.checks import CHECKS
from keepthinking.retention._rules import Rule
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case

ENOUGH: Final = 16
"""Fewer characters may be the same by chance."""

BESIDE: Final = MESSAGE
"""A block index beyond every block: the message itself."""


class Seen(NamedTuple):
    """What was seen where.

    Attributes:
        request: The call whose request shows it; none where no request does.
        response: The call whose answer is meant.
        spot: Where in that request.
        block: Which block of that answer.
    """

    request: Call | None
    response: Call | None = None
    spot: Spot | None = None
    block: int | None = None


def found(  # noqa: PLR0913 - one keyword a member of a finding
    case: Case,
    check: str,
    seen: Seen,
    *,
    fate: Fate,
    what: str,
    level: Level | None = None,
    rule: Rule | None = None,
) -> Finding:
    """Make a finding.

    Args:
        case: The run.
        check: The check.
        seen: Where it shows.
        fate: What became of the block.
        what: One sentence without thinking.
        level: How grave it is; by default as grave as the law itself says.
        rule: The rule that sets the level.
    """
    level = CHECKS[check].level if level is None else level
    request = None if seen.request is None else case.request(seen.request)
    shown = seen.response if seen.request is None else seen.request  # where none followed, the last one shows it
    origin: str | UnsetType = UNSET
    if seen.response is not None and seen.block is not None:
        origin = case.dialect.response_path(seen.response.messages[0], seen.block, 0)
    return Finding(
        check=check,
        status="fail" if level == "MUST" else "warn",
        level=level,
        fate=fate,
        what=what,
        request=shown.number if shown is not None else 0,
        response=UNSET if seen.response is None else seen.response.number,
        path="$" if request is None or seen.spot is None else path_of(case, request, seen.spot),
        origin=origin,
        rule=UNSET if rule is None else rule.id,
        source=UNSET if rule is None else rule.source,
        verified=UNSET if rule is None else rule.verified,
    )


def path_of(case: Case, request: Request, spot: Spot) -> str:
    """Give the JSON path in a request of a block."""
    return case.dialect.request_path(request.conversation, spot)


def level_for(case: Case, request: Call, response: Call, check: str) -> tuple[Level, Rule | None]:
    """Give the level that a check of the audit has for an answer, as a request stands.

    Args:
        case: The run.
        request: The call that sends the answer back.
        response: The call that was answered.
        check: A check of the audit whose level the rule decides.
    """
    foreign = case.profile(request).provider != case.profile(response).provider
    ground = Ground(
        rule=case.rule(request),
        in_loop=request.turn == response.turn,
        foreign=foreign,
        switched=case.model(request.number) != case.model(response.number),
    )
    return level_of(Verdict(check, "altered", ""), ground)


def thoughts_in(messages: Iterable[Message]) -> Iterator[tuple[Spot, Thinking]]:
    """List the thinking that the model is said to have thought, with places."""
    for m, message in enumerate(messages):
        if message.role in MODEL_ROLES:
            yield from ((Spot(m, b), block) for b, block in enumerate(message.blocks) if isinstance(block, Thinking))


def letters(text: str) -> str:
    """Give a text without white space, which a scaffold may put between pieces."""
    return "".join(text.split())


def first_of(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the first of some findings of one kind, which says how many requests show it."""
    all_ = list(findings)
    if all_:
        requests = {finding.request for finding in all_}
        yield replace(all_[0], requests=len(requests))
