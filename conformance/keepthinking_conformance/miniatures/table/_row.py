"""What a row of the table is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from keepthinking._adapter import Speech
from keepthinking._reports import Fate, Level
from keepthinking_conformance.miniatures._scaffold import Scaffold
from keepthinking_conformance.miniatures.faults import Fault
from keepthinking_conformance.plan import Cell, Mode, Temper
from keepthinking_conformance.results._results import CellStatus, LostIn
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Scenario

MUST: Final[Level] = "MUST"
SHOULD: Final[Level] = "SHOULD"
MAY: Final[Level] = "MAY"

SAME: Final = "what the audit calls the same loss; the check of the run names it a second time"
"""The reason where a check of a run implies one of a recording, whose finding then comes first."""


class Miniature(Struct, frozen=True, kw_only=True):
    """A scaffold that is wrong in one way, and what the judge has to say of it.

    Attributes:
        check: The check that has to catch it: its finding comes first, but for those that it names a second time.
        fault: What the scaffold does.
        profile: The provider under which it is played.
        scenario: What is played.
        fate: The fate of what it hurts.
        level: The level of the finding, which the provider's rule sets.
        times: How many findings of this check there are: one for each block or turn that is hurt.
        request: Number of the first request that shows it.
        path: Where in that request.
        response: Number of the exchange whose answer is hurt; 0 where it is none.
        origin: Where in that answer; "" where no block of it is meant.
        lost_in: Who is said to have lost it: who did, or nobody where what travelled and the memory cannot tell.
        implies: Other checks that the same fault touches, each with the reason why it is no mistake of the judge.
        mode: How the scaffold is driven.
        temper: What the provider makes of a request that the vendor refuses.
        name: The name of another model that is asked for, by the axis' value; "" for the provider's own.
        status: What the run comes out as where the level does not say it: the scaffold raised, or asked for something
            else.
        speech: In which language the model says what it wants done.
    """

    check: str
    fault: Fault
    profile: str
    scenario: Scenario
    fate: Fate
    level: Level
    times: int
    request: int
    path: str
    response: int = 0
    origin: str = ""
    lost_in: LostIn
    implies: Mapping[str, str] = MappingProxyType({})
    mode: Mode = "plain"
    temper: Temper = "lenient"
    name: str = ""
    status: CellStatus | Literal[""] = ""
    speech: Speech = "native"

    @property
    def cell(self) -> Cell:
        """The run that shows it."""
        name = self.fault.name if self.speech == "native" else f"{self.fault.name}.{self.speech}"
        subject = Scaffold(id=f"miniature.{name}", title=self.fault.does, habits=self.fault.habits, speech=self.speech)
        return Cell(subject, PROVIDERS[self.profile], self.scenario, self.mode, self.temper, self.name)


class Shown(Struct, frozen=True):
    """Where and how gravely one provider's run shows a fault.

    Attributes:
        profile: The provider.
        level: The level.
        times: How many findings there are.
        sent: Number of the request and path in it.
        said: Number of the exchange and path in its answer.
        lost_in: Who is said to have lost it; "" for what the group says.
    """

    profile: str
    level: Level
    times: int
    sent: str
    said: str = ""
    lost_in: LostIn | Literal[""] = ""


def group(  # noqa: PLR0913 - one keyword an attribute of a row
    check: str,
    fault: Fault,
    scenario: str | Scenario,
    fate: Fate,
    *shown: Shown,
    implies: Mapping[str, str] = MappingProxyType({}),
    mode: Mode = "plain",
    temper: Temper = "lenient",
    name: str = "",
    status: CellStatus | Literal[""] = "",
    lost_in: LostIn | Literal[""] = "",
    speech: Speech = "native",
) -> Iterator[Miniature]:
    """Make the rows of one fault that one check has to catch.

    Args:
        check: The check.
        fault: The fault.
        scenario: What is played, by id where it is one of the suite's.
        fate: The fate of what it hurts.
        *shown: The providers, and what is shown there.
        implies: Other checks that it touches.
        mode: How the scaffold is driven.
        temper: What the provider makes of refused requests.
        name: The name of another model.
        status: What the runs come out as where the level does not say it.
        lost_in: Who is said to have lost it; by default who did.
        speech: In which language the model says what it wants done.
    """
    for one in shown:
        request, _, path = one.sent.partition(" ")
        response, _, origin = one.said.partition(" ")
        yield Miniature(
            check=check,
            fault=fault,
            profile=one.profile,
            scenario=SCENARIOS[scenario] if isinstance(scenario, str) else scenario,
            fate=fate,
            level=one.level,
            times=one.times,
            request=int(request),
            path=path,
            response=int(response or 0),
            origin=origin,
            lost_in=one.lost_in or lost_in or fault.lost_in,
            implies=implies,
            mode=mode,
            temper=temper,
            name=name,
            status=status,
            speech=speech,
        )
