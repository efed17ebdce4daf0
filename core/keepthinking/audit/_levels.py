"""How grave a verdict is: the law's own level, or that of the provider's dated rule.

Rule 1: what a rule lets go is counted, not accused. It excuses absence alone, never words put into other places.
Rule 2: where no dated rule of the provider is known, nothing is a MUST that only a provider could demand.
Rule 3: a finding cites the rule that set its level, and no other.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from keepthinking._reports import Level
from keepthinking.audit._verdict import BLANK, GIVEN, MEMBER, OVERTAKEN, PHASE, RUN, Verdict
from keepthinking.checks import CHECKS
from keepthinking.retention._reading import LET_GO, demand
from keepthinking.retention._rules import Rule

_GONE: Final = frozenset({"thinking.kept", "redacted.kept", "thinking.empty.kept", "seal.kept"})
"""Checks that a rule may excuse: the provider itself lets go of what is missing."""

_BACK: Final = (
    _GONE
    | {"thinking.unaltered", "thinking.place", "thinking.not-invented"}
    | {"seal.unaltered", "seal.on-its-block", "seal.not-invented"}
)
"""Checks that ask how thinking comes back: as strongly as the provider wants it back."""

_SEALED: Final = frozenset({"seal.kept", "seal.unaltered", "seal.on-its-block", "seal.not-invented"})

_LAW: Final = frozenset({"thinking.not-text", "thinking.own", "foreign.not-sent", "opaque.kept", "opaque.unaltered"})
"""Checks of the law itself that need a provider who is known to care."""


class Ground(NamedTuple):
    """What a verdict stands on.

    Attributes:
        rule: The provider's rule, if one is known.
        in_loop: Whether the turn is of the running loop, as the provider sees it.
        tools: Whether the provider takes the request for one with tools.
        asked: Whether it looks for thinking in this answer, and refuses the request where it finds none.
        foreign: Whether another provider gave the answer.
        switched: Whether another model was asked for it.
    """

    rule: Rule | None
    in_loop: bool
    tools: bool = True
    asked: bool = False
    foreign: bool = False
    switched: bool = False

    @property
    def is_unread(self) -> bool:
        """Whether the provider reads no thinking of this turn at all, whatever is sent, and asks for none."""
        if self.foreign or self.rule is None:
            return self.foreign
        return demand(self.rule, in_loop=self.in_loop, tools=self.tools, asked=self.asked).clause == "boundary"


def check_id(verdict: Verdict, ground: Ground) -> str:
    """Give the check's full id: two of them depend on where the turn stands."""
    if verdict.check in {"thinking.kept", "context.turn.kept"}:
        return f"{verdict.check}.{'in-loop' if ground.in_loop else 'cross-turn'}"
    return verdict.check


def is_excused(verdict: Verdict, ground: Ground) -> bool:
    """Tell whether the provider itself lets go of what is missing."""
    if verdict.check not in _GONE or verdict.fate != "dropped":
        return False
    rule = ground.rule
    if ground.is_unread:
        return True
    if rule is None:
        return False
    keep, _ = demand(rule, in_loop=ground.in_loop, tools=ground.tools, asked=ground.asked)
    return keep in LET_GO or (verdict.empty and rule.empty == "missing")


def level_of(verdict: Verdict, ground: Ground) -> tuple[Level, Rule | None]:  # noqa: C901, PLR0911 - a table
    """Give the level of a verdict, and the rule that sets it."""
    check, rule = verdict.check, ground.rule
    own = CHECKS[check_id(verdict, ground)].level
    if verdict.part in {GIVEN, BLANK}:
        return "MAY", None
    if verdict.part == OVERTAKEN:
        return "SHOULD", None
    if verdict.part == PHASE:
        return own, rule
    if check in _BACK:
        return _as_wanted(verdict, ground)
    if check in _LAW or verdict.part == RUN:
        read = check == "foreign.not-sent" or not ground.foreign  # no rule says where another's thinking has to stand
        if rule is None or rule.standing == "unverified" or not read:
            return _most(own, "SHOULD"), None
        return own, rule
    if rule is not None:
        verified = rule.standing != "unverified"
        if check == "prefix.unaltered" and rule.bound == "prefix" and verified and not ground.foreign:
            return "MUST", rule
        if check == "tools.kept" and rule.boundary == "tools-absent":
            return ("MUST" if rule.in_loop == "must" and verified else own), rule
        if check == "thinking.empty.not-invented" and rule.empty == "accepted":
            return "MAY", rule
        if check == "thinking.not-sent":
            return ("MUST" if rule.standing in {"executed", "read", "documented"} else "SHOULD"), rule
        if check == "inject.boundary":
            return own, rule
    return own, None


def _as_wanted(verdict: Verdict, ground: Ground) -> tuple[Level, Rule | None]:
    rule = ground.rule
    if rule is None:
        return ("MAY" if ground.is_unread else "SHOULD"), None
    if ground.is_unread:
        return "MAY", rule
    level = rule.level(in_loop=ground.in_loop)
    unsealed = rule.carrier == "call" and verdict.check not in _SEALED
    # the words are what such a provider reads: MiniMax's own agent sends `reasoning_details` of nothing else
    # (https://github.com/MiniMax-AI/Mini-Agent, read 2026-11-23)
    beside = verdict.part == MEMBER and rule.bound == "nothing"
    if ground.switched or unsealed or beside or (verdict.check in _SEALED and rule.bound == "nothing"):
        level = _most(level, "SHOULD")
    if verdict.empty and rule.empty != "accepted":
        level = _most(level, "SHOULD" if rule.empty == "unknown" else "MAY")
    return level, rule


def _most(level: Level, most: Level) -> Level:
    order: tuple[Level, ...] = ("MAY", "SHOULD", "MUST")
    return order[min(order.index(level), order.index(most))]
