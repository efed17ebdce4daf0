"""The plan of an examination: subjects x providers x scenarios x {plain, streamed}, one agent run each.

Rule 1: what cannot be run stays in the plan, with a reason: a gap that nobody sees looks like a pass.
Rule 2: the order is fixed, and so are the ids: `langchain.chat-openai.stock/deepseek/loop/stream`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from keepthinking import Requirement, Subject
from keepthinking._adapter import Capability
from keepthinking._entry_points import installed
from keepthinking._profiles import Profile, profile
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Scenario, Served, misfit

Skip = Literal["", "unsupported", "absent"]


class Cell(NamedTuple):
    """One agent run.

    Attributes:
        subject: Who is examined.
        served: The provider that is played.
        scenario: What is played.
        stream: Whether answers are streamed.
        skip: Why it is not run; "" where it is.
        reason: The same in words.
        own: Whether the subject is a user's own, which no scorecard knows.
    """

    subject: Subject
    served: Served
    scenario: Scenario
    stream: bool
    skip: Skip = ""
    reason: str = ""
    own: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        mode = "stream" if self.stream else "plain"
        return f"{self.subject.id}/{self.served.profile}/{self.scenario.id}/{mode}"

    @property
    def profile(self) -> Profile:
        """The provider's way of speaking."""
        return profile(self.served.profile, self.served.dialect)

    @property
    def calls(self) -> int:
        """How many calls a faithful scaffold makes."""
        return sum(len(turn.steps) for turn in self.scenario.turns)

    @property
    def title(self) -> str:
        """The subject's name for a person: what it says of itself, if it does."""
        said = getattr(self.subject, "title", "")
        return said if isinstance(said, str) and said else self.subject.id


def plan(
    subjects: Iterable[Subject],
    *,
    providers: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    own: bool = False,
) -> tuple[Cell, ...]:
    """Plan the cells of some subjects.

    Args:
        subjects: The subjects.
        providers: Names of the profiles to play; None is all.
        scenarios: Ids of the scenarios to play; None is all.
        own: Whether the subjects are a user's own.

    Raises:
        KeyError: No such profile or scenario is played.
    """
    rows = [PROVIDERS[name] for name in (PROVIDERS if providers is None else providers)]
    plays = [SCENARIOS[name] for name in (SCENARIOS if scenarios is None else scenarios)]
    return tuple(
        _cell(subject, served, scenario, stream=stream, lacking=lacking, own=own)
        for subject in subjects
        for lacking in (missing(subject.requires),)
        for served in rows
        if speaks(subject, served)
        for scenario in plays
        for stream in (False, True)
    )


def speaks(subject: Subject, served: Served) -> bool:
    """Tell whether a subject's client is made for a provider."""
    return served.dialect in subject.dialects and (not subject.profiles or served.profile in subject.profiles)


def missing(requires: Iterable[Requirement]) -> str:
    """Tell what has to be installed first; "" where nothing has."""
    lacking = [need for need in requires if installed(need.distribution) is None]
    old = [
        (need, version)
        for need in requires
        if (version := installed(need.distribution)) is not None and version and not need.allows(version)
    ]
    told = [f"install {_line(need)}" for need in lacking]
    told += [f"{need.distribution} {version} is installed, and {need} is needed" for need, version in old]
    return "; ".join(told)


def distributions(requires: Iterable[Requirement]) -> Mapping[str, str]:
    """Give the installed versions of what is needed, by name."""
    names = sorted({need.distribution for need in requires})
    return {name: version for name in names if (version := installed(name)) is not None}


def _line(need: Requirement) -> str:
    return f"'keepthinking[{need.extra}]'" if need.extra else f"'{need}'"


def _cell(  # noqa: PLR0913 - what a cell is made of
    subject: Subject, served: Served, scenario: Scenario, *, stream: bool, lacking: str, own: bool
) -> Cell:
    cell = Cell(subject, served, scenario, stream, own=own)
    if lacking:
        return cell._replace(skip="absent", reason=lacking)
    if reason := misfit(scenario, served):
        return cell._replace(skip="unsupported", reason=reason)
    needs: set[Capability] = {*scenario.needs, *({"stream"} if stream else ())}
    if cannot := sorted(needs - subject.capabilities):
        return cell._replace(skip="unsupported", reason=f"the subject cannot {' or '.join(cannot)}")
    return cell
