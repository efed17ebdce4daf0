"""What an audit found, and how it is gathered: one loss is one finding, however many requests show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable

from msgspec.structs import replace

from keepthinking._messages import Value
from keepthinking._reports import Finding
from keepthinking.audit._order import How


class Problem(Value, frozen=True, kw_only=True):
    """An exchange that could not be judged.

    Attributes:
        exchange: Its number, from 1; 0 where a line of the recording is no exchange.
        what: Why.
        source: Where it was recorded.
    """

    exchange: int
    what: str
    source: str = ""


class Stranger(Value, frozen=True, kw_only=True):
    """A model's message that no recorded answer explains: history from elsewhere, or written by hand.

    Attributes:
        request: Number of the first request that holds it, from 1.
        path: JSON path in that request's body.
        scope: The recording or conversation it belongs to.
    """

    request: int
    path: str
    scope: str = ""


class Report(Value, frozen=True, kw_only=True):
    """What an audit found.

    Attributes:
        findings: The findings, in the order of the recording.
        problems: Exchanges that could not be judged.
        strangers: Model messages that no recorded answer explains, each once.
        exchanges: How many exchanges were read.
        expected: How many answers were expected in later requests, each counted once a request.
        fates: How many thinking blocks had which fate, each counted once a request; seals on other blocks are counted
            where a rule lets them go.
        model_messages: How many model messages stood in the requests.
        unattributed: How many of these no recorded answer explains.
        order: The order in which they were judged: as `recorded`, by their `time`, or by which request holds which
            `answers`.
        expected_by: For each exchange that was read, by number, the numbers of those whose answers its request should
            hold.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    exchanges: int = 0
    expected: int = 0
    fates: dict[str, int] = {}
    model_messages: int = 0
    unattributed: int = 0
    order: How = "recorded"
    expected_by: dict[int, tuple[int, ...]] = {}


class Tally:
    """What was found so far.

    Args:
        notice: Called with each new finding.
    """

    def __init__(self, notice: Callable[[Finding], None] | None) -> None:
        self.problems: list[Problem] = []
        self.strangers: list[Stranger] = []
        self.fates: Counter[str] = Counter()
        self.exchanges = self.expected = self.model_messages = self.unattributed = 0
        self.expected_by: dict[int, tuple[int, ...]] = {}
        self._notice = notice
        self._findings: dict[Hashable, Finding] = {}
        self._shown: Counter[Hashable] = Counter()

    def again(self, key: Hashable) -> bool:
        """Count a finding once more if it is known."""
        if key not in self._findings:
            return False
        self._shown[key] += 1
        return True

    def add(self, key: Hashable, finding: Finding) -> None:
        """Add a new finding."""
        self._findings[key] = finding
        self._shown[key] = 1
        if self._notice is not None:
            self._notice(finding)

    def report(self) -> Report:
        """Give what was found so far."""
        return Report(
            findings=tuple(replace(found, requests=self._shown[key]) for key, found in self._findings.items()),
            problems=tuple(self.problems),
            strangers=tuple(self.strangers),
            exchanges=self.exchanges,
            expected=self.expected,
            fates={fate: count for fate, count in sorted(self.fates.items()) if count},
            model_messages=self.model_messages,
            unattributed=self.unattributed,
            expected_by=dict(self.expected_by),
        )
