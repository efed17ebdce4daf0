"""How a rule reads a request: where its turns begin, what it demands of each, and what it takes for thinking.

All of it depends on the request and the rule alone. One pass over the messages; nothing is kept between requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET

from keepthinking._exchange import Request
from keepthinking._messages import Block, Field, Inline, Message, Segment, Thinking, ToolCall
from keepthinking._turns import MODEL_ROLES
from keepthinking.retention._boundary import boundary, boundary_meant, is_boundary
from keepthinking.retention._paths import count, meets
from keepthinking.retention._rules import Asks, Keep, Rule, is_strange

if TYPE_CHECKING:
    from keepthinking._profiles import Profile

_BY_PLACE: Final = frozenset({"user-message", "user-query", "final-answer", "final-channel"})
"""Boundaries that stand at a message; the others drop nothing by position."""

_OF_ALL: Final = frozenset[Asks]({"message", "run", "turn"})
"""What is asked of messages whether they call tools or not."""

LET_GO: Final = frozenset[Keep]({"may", "must-not"})
"""Demands under which the provider itself lets go of thinking."""


class Demand(NamedTuple):
    """What a rule demands of the thinking in one place.

    Attributes:
        keep: The demand.
        clause: The field of the rule that says so.
    """

    keep: Keep
    clause: str


def has_tools(request: Request, rule: Rule) -> bool:
    """Tell whether the provider takes a request for one with tools: it declares some, and does not turn them off."""
    return _declares(request) and not any(meets(request.params, path, text) for path, text in rule.toolless.items())


def asks(request: Request, rule: Rule) -> Asks:
    """Say which of the model's messages the provider asks for thinking (`Missing.asks`)."""
    bare = rule.missing.asks_toolless
    return rule.missing.asks if bare is UNSET or _declares(request) else bare


def is_asked(request: Request, rule: Rule, message: Message) -> bool:
    """Tell whether a message without thinking would be refused where the provider looks."""
    if rule.missing.status is UNSET:
        return False
    asked = asks(request, rule)
    if asked in _OF_ALL or asked == "nothing":
        return asked != "nothing"
    return any(isinstance(b, ToolCall) and not b.server for b in message.blocks)


def demand(rule: Rule, *, in_loop: bool, tools: bool, asked: bool) -> Demand:
    """Say what a rule demands of the thinking of a message.

    Args:
        rule: The provider's rule.
        in_loop: Whether the message is of the running loop, as served.
        tools: Whether the request is one with tools (`has_tools`).
        asked: Whether the provider looks at this message (`is_asked`): it may check what it will not show to the model.
    """
    keep, clause = (rule.in_loop, "in_loop") if in_loop else (rule.cross_turn, "cross_turn")
    if rule.unread and keep != "must-not":
        return Demand("may", "unread")
    if rule.boundary == "tools-absent" and not tools:
        looks = in_loop or rule.missing.checks == "history"
        return Demand(keep, "missing") if asked and looks else Demand("may", "boundary")
    return Demand(keep, clause)


def _declares(request: Request) -> bool:
    tools = request.conversation.tools
    return tools is not UNSET and bool(tools)


class Reading:
    """One request, as one rule reads it.

    Args:
        request: The request.
        rule: The provider's rule.
        profile: How the provider spells thinking, where that shall count: a place that it does not read is as good as
            none.
    """

    def __init__(self, request: Request, rule: Rule, profile: Profile | None = None) -> None:
        self.request = request
        self.rule = rule
        self.profile = profile
        self.messages = request.messages
        self.served = boundary(self.messages, rule.boundary, rule.roles)
        self.meant = boundary_meant(self.messages, rule.boundary, rule.roles)
        self.tools = has_tools(request, rule)
        self._domains: dict[object, bool] = {}

    def spoken(self) -> Iterator[tuple[int, Message]]:
        """Give the model's messages with their indices."""
        return ((i, message) for i, message in enumerate(self.messages) if message.role in MODEL_ROLES)

    def in_loop(self, index: int) -> bool:
        """Tell whether a message is of the running loop, as served."""
        return index > self.served

    def demand(self, index: int) -> Demand:
        """Say what the rule demands of the thinking of a message."""
        asked = is_asked(self.request, self.rule, self.messages[index])
        return demand(self.rule, in_loop=self.in_loop(index), tools=self.tools, asked=asked)

    def drops_before(self) -> bool:
        """Tell whether the provider drops thinking by its position before the boundary."""
        return self.rule.boundary in _BY_PLACE and self.rule.cross_turn in LET_GO

    def counted(self) -> frozenset[int] | None:
        """Give the messages of the last turns with thinking that the provider keeps; None where it does not count."""
        rule = self.rule
        limit = count(self.request.params, rule.keep_from) if rule.keep_from is not UNSET else None
        if limit is None:
            if rule.keep_last is UNSET:
                return None
            limit = rule.keep_last
        turns: list[list[int]] = [[]]
        thinks = False
        for index, message in enumerate(self.messages):
            if is_boundary(message, rule.boundary, rule.roles) and thinks:
                turns.append([])
                thinks = False
            if message.role in MODEL_ROLES:
                turns[-1].append(index)
                thinks = thinks or any(isinstance(block, Thinking) for block in message.blocks)
        if not thinks:
            turns.pop()
        kept = turns[max(0, len(turns) - limit) :] if limit > 0 else []
        return frozenset(index for turn in kept for index in turn)

    def is_foreign(self, message: Message, block: Block) -> bool:
        """Tell whether a seal of a block is of another domain than the rule's; where nobody says, it is not."""
        origin = message.origin
        if not block.seals or origin is UNSET:
            return False
        if origin.provider not in self._domains:
            self._domains[origin.provider] = is_strange(origin, self.rule)
        return self._domains[origin.provider]

    def is_refused(self, block: Block) -> bool:
        """Tell whether the provider takes a block nowhere."""
        return any(seal.slot in self.rule.refuses for seal in block.seals)

    def segments(self, block: Thinking) -> tuple[Segment, ...]:
        """Give the pieces of a thinking block that the provider reads."""
        channels = self.rule.channels
        return tuple(s for s in block.segments if s.channel in channels) if channels else block.segments

    def is_read(self, block: Thinking) -> bool:
        """Tell whether the provider reads thinking in the place where a block stands."""
        profile = self.profile
        if profile is None:
            return True
        accepts = profile.accepts
        for place in block.places:
            if isinstance(place, Field):
                names = {place.name, "content[].thinking"} if place.name == "content" else {place.name}
                if names & set(accepts):
                    return True
            elif _is_tagged(place, profile) or "content[].text" in accepts:
                return True
        return not block.places and bool(accepts)

    def counts(self, block: Block) -> bool:
        """Tell whether the provider takes a block for thinking that came back."""
        if not isinstance(block, Thinking) or self.is_refused(block) or not self.is_read(block):
            return False
        if block.seals and self.rule.bound != "nothing":
            return True
        empty = self.rule.empty == "missing"
        return any(isinstance(s.text, str) and not (empty and s.text == "") for s in self.segments(block))


def _is_tagged(place: Inline, profile: Profile) -> bool:
    tags = profile.tags
    return tags is not None and (place.open or tags.open, place.close or tags.close) == (tags.open, tags.close)
