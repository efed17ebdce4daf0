"""Who is spoken to, what may travel there, and what becomes of a thought that may not.

Rule 1: a seal goes only where it is good. Whether two origins share seals is the rules' word (`seals_travel`).
Rule 2: whether a provider takes a thought without a seal is its rule's word (`bound`); where no rule is known, its
wire's usual answer.
Rule 3: thinking never becomes visible text unless the caller asks for just that.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._messages import Message, Origin, Value
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking.convert._wires import WireRow, wire
from keepthinking.dialects._base import ProfileLike
from keepthinking.retention._rules import rule_for, seals_travel

Thoughts = Literal["native", "drop", "text", "refuse"]
"""What becomes of thinking that goes to another wire or provider: see `convert`."""
Seals = Literal["domain", "keep", "drop"]
"""Which seals go along: see `convert`."""

UNKNOWN = "unknown"
"""The provider of a dialect's default profile: nobody in particular."""


class Policy(Value, frozen=True, kw_only=True):
    """Everything that a conversion depends on besides what is converted.

    Attributes:
        to: The target's dialect.
        profile: The target's way of speaking it.
        target: Who will read it.
        source: The dialect of messages that do not know where they came from; "" is not known.
        giver: Who made them, as far as `source` and its profile tell.
        thinking: What becomes of thinking of others.
        seals: Which seals go along.
        escape: Whether calls of others get the provider's own word for a missing seal.
        unsealed: Whether the target takes thinking without a seal.
    """

    to: str
    profile: Profile
    target: Origin
    source: str = ""
    giver: Origin = Origin()
    thinking: Thoughts = "native"
    seals: Seals = "domain"
    escape: bool = False
    unsealed: bool = True

    @property
    def row(self) -> WireRow:
        """What the target's wire can hold."""
        return wire(self.to)

    def origin(self, message: Message) -> Origin:
        """Tell where a message came from, by itself or by the caller's word."""
        found = message.origin
        if isinstance(found, UnsetType):
            return self.giver
        return found if found.dialect is not UNSET else Origin(dialect=self.source or UNSET, provider=found.provider)

    def native(self, origin: Origin) -> bool:
        """Tell whether the wire members of a message are the target's own."""
        return origin.dialect in {self.to, UNSET}

    def stranger(self, origin: Origin) -> bool:
        """Tell whether a message of the target's own wire was made by another provider, whose seals are no good."""
        ours, theirs = self.target.provider, origin.provider
        if not isinstance(theirs, str) or theirs == ours or UNKNOWN in {ours, theirs}:
            return False
        return seals_travel(origin, self.target) != "same" and self.seals != "keep"

    def travels(self, origin: Origin) -> str:
        """Tell why seals of an origin do not go along; "" if they do."""
        if self.seals == "drop":
            return "the caller wants no seals of others"
        found = seals_travel(origin, self.target)
        if found == "different":
            return "a seal is good only where it was made"
        if found == "unknown" and self.seals != "keep":
            return "nobody says that a seal of its provider is good here"
        return ""


def policy(  # noqa: PLR0913 - what a caller may say, each by name
    to: str,
    *,
    source: str | None = None,
    source_profile: ProfileLike = None,
    profile: ProfileLike = None,
    target: Origin | None = None,
    model: str | None | UnsetType = None,
    thinking: Thoughts = "native",
    seals: Seals = "domain",
    escape: bool = False,
) -> Policy:
    """Settle a policy; see `convert` for the arguments.

    Raises:
        UnknownNameError: No such profile.
    """
    speaks = profile_of(profile, to)
    named = model if isinstance(model, str) else None
    reader = Origin(dialect=to, provider=speaks.provider) if target is None else target
    if reader.model is UNSET and named is not None:
        reader = Origin(
            dialect=to, provider=reader.provider, endpoint=reader.endpoint, model=named, account=reader.account
        )
    giver = Origin()
    if source is not None:
        giver = Origin(dialect=source, provider=profile_of(source_profile, source).provider)
    return Policy(
        to=to,
        profile=speaks,
        target=reader,
        source=source or "",
        giver=giver,
        thinking=thinking,
        seals=seals,
        escape=escape,
        unsealed=_takes_unsealed(speaks, reader.model if isinstance(reader.model, str) else None),
    )


def _takes_unsealed(profile: Profile, model: str | None) -> bool:
    """Tell whether a provider takes a thought that has no seal."""
    row = wire(profile.dialect)
    rule = rule_for(profile, model=model)
    if rule is not None and rule.in_loop == "must-not":
        return False
    if rule is None or not row.sealed or (rule.standing == "unverified" and rule.bound == "nothing"):
        return row.unsealed
    return rule.bound == "nothing"
