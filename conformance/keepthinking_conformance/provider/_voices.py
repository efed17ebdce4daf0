"""Who speaks in a run: a provider with its look, its rule and its seals."""

from __future__ import annotations

from functools import cached_property
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking.retention._rules import Rule, rule
from keepthinking_conformance.provider._looks import Look, look
from keepthinking_conformance.provider._seals import Mint
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import Served

VoiceName = Literal["", "other"]

OTHER: Final[VoiceName] = "other"
"""The name of the model that takes over; the run's own has the name ""."""


class Voice:
    """One model of a run, as it speaks.

    Attributes:
        name: "" for the run's own model, `other` for the one that takes over.
        served: The provider that is played.
        model: The model's name, as the run asks for it.
        words: Where the words come from; both voices share them.
        profile: How the provider speaks.
    """

    def __init__(self, name: VoiceName, served: Served, words: Words, *, model: str | None = None) -> None:
        self.name = name
        self.served = served
        self.model = served.model if model is None else model
        self.words = words
        self.profile: Profile = profile_of(served.profile, served.dialect)

    @property
    def dialect(self) -> str:
        """The dialect's id."""
        return self.served.dialect

    @property
    def look(self) -> Look:
        """How its answers look around the blocks."""
        return look(self.served.profile, self.served.dialect)

    @cached_property
    def rule(self) -> Rule:
        """The rule under which it is played."""
        return rule(self.served.rule)

    @cached_property
    def mint(self) -> Mint:
        """What makes its seals, and knows them again; providers of one domain make the same."""
        domain = self.rule.domain if isinstance(self.rule.domain, str) else self.profile.provider
        return Mint(self.words, domain, bound=self.rule.bound)

    def call_id(self, path: str, tool: str, n: int, total: int) -> str | UnsetType:
        """Name a call; absent where the provider names none."""
        code = self.words.code(f"{path}/id", 22)
        return self.look.call_id.format(code=code, n=n, total=total, tool=tool) or UNSET
