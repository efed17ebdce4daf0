"""What episodes say together: counts with intervals, and the closed forms they are compared with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from keepthinking_conformance.amnesia._episodes import Episode
from keepthinking_conformance.scenarios import FAMILIES, Family

Z: Final = 1.959963984540054
"""The quantile of the normal distribution that 95 % intervals take."""


class Figure(NamedTuple):
    """What the episodes of one subject, family and axis say.

    Attributes:
        subject: The subject's id.
        variant: Whose model class it uses.
        framework: Its framework.
        profile: The provider's profile.
        family: The family.
        axis: The axis; "" for no change.
        n: How many episodes there are.
        successes: How many of them succeeded.
        low: The lower end of the 95 % interval (Wilson) of the chance of success.
        high: Its upper end.
        calls: Lookups in an episode, on average.
        repeats: Of them those that had been made before.
        tokens: Tokens of an episode, on average.
        wasted: Of them those of lookups that brought nothing on.
        errors: How many episodes ended early.
    """

    subject: str
    variant: str
    framework: str
    profile: str
    family: Family
    axis: str
    n: int
    successes: int
    low: float
    high: float
    calls: float
    repeats: float
    tokens: float
    wasted: float
    errors: int

    @property
    def success(self) -> float:
        """The share of those that succeeded."""
        return self.successes / self.n

    @property
    def is_chance(self) -> bool:
        """Whether the chance of a model that remembers nothing lies in the interval."""
        return self.low <= self.family.success <= self.high


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Give the 95 % interval of a share by Wilson's score.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Raises:
        ValueError: There are no trials, or more successes than trials.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} of {n} is no share")
    share, square = successes / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At the ends the interval begins or ends exactly there, whatever the arithmetic of machines makes of it.
    return middle - half if successes else 0.0, middle + half if successes < n else 1.0


def figures(episodes: Iterable[Episode]) -> tuple[Figure, ...]:
    """Gather episodes, in their order."""
    groups: dict[tuple[str, str, str, str], list[Episode]] = {}
    for one in episodes:
        groups.setdefault((one.subject, one.profile, one.family, one.axis), []).append(one)
    return tuple(_figure(held) for held in groups.values())


def _figure(held: list[Episode]) -> Figure:
    first, n = held[0], len(held)
    successes = sum(one.success for one in held)
    low, high = wilson(successes, n)
    return Figure(
        subject=first.subject,
        variant=first.variant,
        framework=first.framework,
        profile=first.profile,
        family=FAMILIES[first.family],
        axis=first.axis,
        n=n,
        successes=successes,
        low=low,
        high=high,
        calls=sum(one.calls for one in held) / n,
        repeats=sum(one.repeats for one in held) / n,
        tokens=sum(one.tokens for one in held) / n,
        wasted=sum(one.wasted for one in held) / n,
        errors=sum(one.error != "" for one in held),
    )
