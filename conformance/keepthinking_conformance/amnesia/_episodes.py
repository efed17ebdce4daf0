"""Episodes: one task, done by one subject with one seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from keepthinking import Subject
from keepthinking.retention import rule
from keepthinking_conformance.perturbations import PERTURBATIONS
from keepthinking_conformance.plan import Cell, missing, speaks
from keepthinking_conformance.run import TURN_SECONDS, quiet_surroundings, run_task
from keepthinking_conformance.scenarios import FAMILIES, PROVIDERS, FamilyName, Served

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server
    from keepthinking_conformance.provider import Provider, Talk

AXIS_ROWS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "tools": ("tools.decoy", "tools.hundred"),
        "system": ("system.persona", "system.emptied", "system.long", "system.moved"),
        "user": ("user.paraphrased", "user.language"),
        "environment": ("environment.rate-limit",),
        "results": ("results.binary", "results.duplicated", "results.think-tags", "results.instructions"),
    }
)
"""The perturbations of each axis that act within one turn and leave in results what a task needs; seeds take turns."""


PROVIDER: Final = "the provider"
"""How the error of an episode begins that is the provider's fault."""


class Step(NamedTuple):
    """One episode before it is played.

    Attributes:
        subject: Who does it.
        served: Who plays the model.
        family: The family of its task.
        axis: The axis on which something is changed; "" for none.
        seed: Its seed.
    """

    subject: Subject
    served: Served
    family: FamilyName
    axis: str
    seed: int

    @property
    def perturbation(self) -> str:
        """What is changed."""
        rows = AXIS_ROWS.get(self.axis, ())
        return rows[self.seed % len(rows)] if rows else ""

    @property
    def id(self) -> str:
        """Its id."""
        change = f"~{self.perturbation}" if self.perturbation else ""
        return f"{self.subject.id}/{self.served.profile}/{self.family}{change}#{self.seed}"

    @property
    def cell(self) -> Cell:
        """The run."""
        scenario = FAMILIES[self.family].scenario
        if self.perturbation:
            scenario = PERTURBATIONS[self.perturbation].script(scenario)
        return Cell(self.subject, self.served, scenario, perturbation=self.perturbation)


class Episode(Struct, frozen=True, kw_only=True):
    """What became of one.

    Attributes:
        id: Its id.
        subject: The subject's id.
        variant: Whose model class it uses.
        framework: Its framework.
        profile: The provider's profile.
        family: The family.
        axis: The axis on which something was changed; "" for none.
        seed: The seed.
        success: Whether the task was done as it was asked.
        calls: How many lookups were made.
        repeats: How many of them had been made before.
        tokens: How many tokens were sent and said, about: a quarter of the characters.
        wasted: How many of them belong to lookups that brought nothing on.
        error: What ended it early; "" for nothing.
    """

    id: str
    subject: str
    variant: str
    framework: str
    profile: str
    family: FamilyName
    axis: str
    seed: int
    success: bool
    calls: int
    repeats: int
    tokens: int
    wasted: int
    error: str = ""


def planned(
    subjects: Iterable[Subject],
    *,
    seeds: int,
    profiles: Sequence[str] = (),
    families: Sequence[FamilyName] = tuple(FAMILIES),
    axes: Sequence[str] = ("", *AXIS_ROWS),
) -> tuple[Step, ...]:
    """Plan the episodes of some subjects.

    Args:
        subjects: The subjects; those that lack something are left out.
        seeds: How many episodes each combination gets.
        profiles: Names of the profiles to play; by default one of each dialect at which the model sees its thoughts.
        families: The families.
        axes: The axes; "" is no change.
    """
    return tuple(
        step
        for subject in subjects
        if not missing(subject.requires)
        for served in _served(subject, profiles)
        for family in families
        for axis in axes
        for seed in range(seeds)
        for step in (Step(subject, served, family, axis, seed),)
        if not step.perturbation or PERTURBATIONS[step.perturbation].needs <= subject.capabilities
    )


def _served(subject: Subject, profiles: Sequence[str]) -> Iterator[Served]:
    known: set[str] = set()
    for served in PROVIDERS.values():
        if not speaks(subject, served) or (profiles and served.profile not in profiles):
            continue
        if profiles or (served.dialect not in known and _is_shown(subject, served)):
            known.add(served.dialect)
            yield served


def _is_shown(subject: Subject, served: Served) -> bool:
    """Tell whether the provider shows a model its thoughts: some let go of them where results are words of the user."""
    declares = Cell(subject, served, FAMILIES["commitment"].scenario).grammar.native
    held = rule(served.rule)
    return declares or (held.boundary != "tools-absent" and held.cross_turn in {"must", "should"})


async def run_episodes(
    steps: Iterable[Step],
    provider: Provider,
    done: Callable[[Episode], None],
    *,
    at_once: int = 4,
    turn_seconds: float = TURN_SECONDS,
) -> None:
    """Play episodes, and give each as soon as it is known.

    Args:
        steps: The episodes.
        provider: The provider, running.
        done: Called with each.
        at_once: How many are played at the same time.
        turn_seconds: So long one may take.
    """
    places = asyncio.Semaphore(at_once)

    async def one(step: Step) -> None:
        async with places:
            talk, incident = await run_task(step.cell, provider, step.family, seed=step.seed, turn_seconds=turn_seconds)
            error = "" if incident is None else f"{incident.where}: {incident.kind}"
            ours = f"{PROVIDER}: {talk.problems[0]}" if talk.problems else ""
            done(_episode(step, talk, ours or error))

    with quiet_surroundings():
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(one(step))


def _episode(step: Step, talk: Talk, error: str) -> Episode:
    task = talk.script.task
    if task is None:
        raise ValueError("this run has no task")
    made = talk.made
    spent = [record.tokens for record in talk.records if record.tokens and not record.scope]
    idle = [not task.is_due(made[:n], key) for n, key in enumerate(made)]
    return Episode(
        id=step.id,
        subject=step.subject.id,
        variant=step.subject.variant,
        framework=step.subject.framework,
        profile=step.served.profile,
        family=step.family,
        axis=step.axis,
        seed=step.seed,
        success=not error and task.is_done(made),
        calls=len(made),
        repeats=len(made) - len(set(made)),
        tokens=sum(spent),
        wasted=sum(tokens for tokens, is_idle in zip(spent, idle, strict=False) if is_idle),
        error=error,
    )
