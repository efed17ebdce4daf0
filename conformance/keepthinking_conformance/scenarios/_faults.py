"""Faults: what a provider does wrong on purpose, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

FaultKind = Literal["rate-limit", "overloaded", "slow", "hang", "cut", "hold", "malformed"]


class Fault(Struct, frozen=True, kw_only=True):
    """One fault of a run.

    Attributes:
        kind: `rate-limit`: HTTP 429; `overloaded`: the vendor's status for that; `slow`: the answer
            comes after `seconds`; `hang`: silence, then the connection is closed; `cut`: the answer ends in its middle,
            and so does the connection; `malformed`: the answer is broken JSON; `hold`: the answer stops in the middle
            of its first thought, and so it ends after `seconds`, unless the client hangs up before.
        at_request: The first request of the run that meets it, from 1.
        times: How many requests in a row meet it.
        retry_after: Seconds that the answer asks to wait; None where it asks nothing.
        seconds: How long a `slow`, a `hang` or a `hold` is silent.

    Raises:
        ValueError: A number makes no sense.
    """

    kind: FaultKind
    at_request: int = 1
    times: int = 1
    retry_after: float | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.at_request < 1 or self.times < 1 or self.seconds < 0:
            raise ValueError("requests are counted from 1, and a hang lasts no negative time")

    @property
    def spoils(self) -> bool:
        """Whether a request that meets it has to be made again."""
        return self.kind not in {"hold", "slow"}

    def meets(self, number: int) -> bool:
        """Tell whether a request, by its number from 1, meets it."""
        return self.at_request <= number < self.at_request + self.times


def fault_of(faults: Sequence[Fault], number: int) -> Fault | None:
    """Give the fault that a request meets, the first of several."""
    return next((fault for fault in faults if fault.meets(number)), None)
