"""The plan of an examination: subjects x providers x scenarios x modes x tempers x model names, one agent run each.

Rule 1: what cannot be run stays in the plan, with a reason: a gap that nobody sees looks like a pass.
Rule 2: the order is fixed, and so are the ids: `langchain.chat-openai.stock/deepseek/loop/stream`; an axis that is not
at its usual value stands behind: `.../loop/stream+strict`, `.../loop/plain@gpt-5`, `.../resume/plain~tools.renamed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from keepthinking import Requirement, Subject
from keepthinking._adapter import Capability, Speech
from keepthinking._entry_points import installed
from keepthinking._profiles import Profile, profile
from keepthinking.retention._rules import rule_for
from keepthinking_conformance.perturbations import PERTURBATIONS, Perturbation, perturbed
from keepthinking_conformance.plan._own import BringsTools, Skip
from keepthinking_conformance.scenarios import (
    GRAMMARS,
    MODEL_NAMES,
    PROVIDERS,
    SCENARIOS,
    Binding,
    Grammar,
    Scenario,
    Served,
    misfit,
)

Mode = Literal["plain", "stream", "sync"]
"""How the scaffold is driven: by coroutines, with whole answers or streamed ones, or by its calls that block."""

Temper = Literal["lenient", "strict"]
"""Whether the provider records only, or refuses what the vendor refuses, in the vendor's words."""


MODES: Final[tuple[Mode, ...]] = ("plain", "stream", "sync")
TEMPERS: Final[tuple[Temper, ...]] = ("lenient", "strict")
NAMES: Final = ("", *MODEL_NAMES)

NAMED: Final = frozenset({"vllm", "openai", "minimax-anthropic", "google-gemini", "ollama-native"})
"""Profiles that are played under other model names, too: one of each dialect, so that gates by name can be seen."""


class Cell(NamedTuple):
    """One agent run.

    Attributes:
        subject: Who is examined.
        served: The provider that is played.
        scenario: What is played.
        mode: How the scaffold is driven.
        temper: What the provider makes of a request that the vendor refuses.
        name: The model name that is asked for instead of the provider's own, by the name of the axis' value; "" where
            the provider's own is.
        perturbation: Id of what is changed while the scaffold works; "" where nothing is. The scenario is the one that
            it plays, as it plays it.
        skip: Why it is not run; "" where it is.
        reason: The same in words.
        own: Whether the subject is a user's own, which no scorecard knows.
    """

    subject: Subject
    served: Served
    scenario: Scenario
    mode: Mode = "plain"
    temper: Temper = "lenient"
    name: str = ""
    perturbation: str = ""
    skip: Skip = ""
    reason: str = ""
    own: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        more = ("+strict" if self.temper == "strict" else "") + (f"@{self.name}" if self.name else "")
        more += f"~{self.perturbation}" if self.perturbation else ""
        return f"{self.subject.id}/{self.served.profile}/{self.scenario.id}/{self.mode}{more}"

    @property
    def stream(self) -> bool:
        """Whether answers are streamed."""
        return self.mode == "stream"

    @property
    def model(self) -> str:
        """The model's name as it is asked for."""
        return MODEL_NAMES[self.name] if self.name else self.served.model

    @property
    def speech(self) -> Speech:
        """How the subject's model has to speak."""
        said: Speech = getattr(self.subject, "speech", "native")
        return said

    @property
    def grammar(self) -> Grammar:
        """What the script becomes so."""
        return GRAMMARS[self.speech]

    @property
    def binding(self) -> Binding | None:
        """The tool of the scaffold's own that the script calls; None where the run gives the tools."""
        return self.subject.binding(self.served.profile) if isinstance(self.subject, BringsTools) else None

    @property
    def profile(self) -> Profile:
        """The provider's way of speaking."""
        return profile(self.served.profile, self.served.dialect)

    @property
    def rule(self) -> str:
        """Id of the rule that a request falls under which asks for just this; "" where no dated rule is known."""
        if not self.name:
            return self.served.rule
        found = rule_for(self.profile, model=self.model, request_params=self.served.extra_body)
        return "" if found is None else found.id

    @property
    def calls(self) -> int:
        """How many calls a faithful scaffold makes."""
        return sum(len(turn.steps) for turn in self.scenario.turns)

    @property
    def change(self) -> Perturbation | None:
        """What is changed while the scaffold works; None where nothing is."""
        return PERTURBATIONS[self.perturbation] if self.perturbation else None

    @property
    def needs(self) -> frozenset[Capability]:
        """What the subject has to be able to do."""
        return self.scenario.needs if self.change is None else self.scenario.needs | self.change.needs

    @property
    def title(self) -> str:
        """The subject's name for a person: what it says of itself, if it does."""
        said = getattr(self.subject, "title", "")
        return said if isinstance(said, str) and said else self.subject.id


Way: TypeAlias = tuple[Scenario, Mode, Temper, str, str]
"""How a cell is run: scenario, mode, temper, model name, perturbation."""


def plan(  # noqa: PLR0913 - one keyword an axis
    subjects: Iterable[Subject],
    *,
    providers: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    modes: Sequence[Mode] = ("plain", "stream"),
    tempers: Sequence[Temper] = ("lenient",),
    names: Sequence[str] = ("",),
    perturbations: Sequence[str] = (),
    own: bool = False,
) -> tuple[Cell, ...]:
    """Plan the cells of some subjects.

    Args:
        subjects: The subjects.
        providers: Names of the profiles to play; None is all.
        scenarios: Ids of the scenarios to play; None is all.
        modes: How the scaffolds are driven.
        tempers: What the provider makes of requests that the vendor refuses.
        names: Names of `MODEL_NAMES` to ask for, where a provider serves any; "" is the provider's own.
        perturbations: Ids of what is changed while a scaffold works, each in the scenario that it plays, with the usual
            temper and name. They come behind the others.
        own: Whether the subjects are a user's own.

    Raises:
        KeyError: No such profile or scenario is played, or there is no such perturbation.
    """
    rows = [PROVIDERS[name] for name in (PROVIDERS if providers is None else providers)]
    plays = [SCENARIOS[name] for name in (SCENARIOS if scenarios is None else scenarios)]
    calm: list[Way] = [
        (scenario, mode, temper, name, "")
        for scenario in plays
        for mode in modes
        for temper in tempers
        for name in names
    ]
    changed: list[Way] = [
        (perturbed(change), mode, _LENIENT, "", change)
        for change in perturbations
        if scenarios is None or PERTURBATIONS[change].plays in scenarios
        for mode in modes
    ]
    return tuple(
        _cell(Cell(subject, served, scenario, mode, temper, name, change, own=own), lacking)
        for subject in subjects
        for lacking in (missing(subject.requires),)
        for played in rows
        if speaks(subject, played)
        for served in (subject.served(played) if isinstance(subject, BringsTools) else played,)
        for scenario, mode, temper, name, change in (*calm, *changed)
        if not name or served.profile in NAMED
    )


_LENIENT: Final[Temper] = "lenient"


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


def _cell(cell: Cell, lacking: str) -> Cell:
    if lacking:
        return cell._replace(skip="absent", reason=lacking)
    if isinstance(cell.subject, BringsTools):
        skip, reason = cell.subject.unfit(cell)
        if skip:
            return cell._replace(skip=skip, reason=reason)
    if reason := misfit(cell.scenario, cell.served) or cell.grammar.misfit(cell.scenario) or _unfit(cell):
        return cell._replace(skip="unsupported", reason=reason)
    if cannot := sorted({*cell.needs, *_NEEDS[cell.mode]} - cell.subject.capabilities):
        return cell._replace(skip="unsupported", reason=f"the subject cannot {' or '.join(cannot)}")
    return cell


def _unfit(cell: Cell) -> str:
    """Tell why a scenario cannot be played in a mode, or with a client; "" where it can."""
    scenario, profiles = cell.scenario, cell.subject.profiles
    if scenario.modes and cell.mode not in scenario.modes:
        return f"it is played in the mode {' or '.join(sorted(scenario.modes))} only"
    if scenario.has_other and profiles and cell.served.other not in profiles:
        return f"the other model is one of `{cell.served.other}`, which the subject's client is not made for"
    if cell.change is not None and cell.change.hides and not cell.grammar.native:
        return "what a tool said is a user's message, and this one would not show that any tool was called"
    return ""


_NEEDS: Final[Mapping[Mode, frozenset[Capability]]] = {
    "plain": frozenset(),
    "stream": frozenset({"stream"}),
    "sync": frozenset({"sync"}),
}
"""What a subject has to be able to do for a mode."""
