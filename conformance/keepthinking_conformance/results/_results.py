"""The results of one examination, as data: what the JSON file holds, and what all views are made from.

Rule 1: of what was said a result holds short windows around a difference, and nothing else: the model is a script, so
what it thought is nobody's; what a framework holds besides stays out.
Rule 2: the order is that of the plan, so that two files of one seed can be compared line by line.
Rule 3: what may differ between two runs of one seed is marked `Volatile`, and only that.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, cast

from msgspec import UNSET, Meta, Struct, UnsetType

from keepthinking import Finding
from keepthinking._adapter import Variant
from keepthinking._reports import Status

T = TypeVar("T")

SCHEMA: Final = "keepthinking-results/1"
"""The name of the JSON file's format."""

Volatile: TypeAlias = Annotated[T, Meta(extra_json_schema={"volatile": True})]
"""A member that may differ between two runs of one seed."""

CellStatus: TypeAlias = Literal["pass", "not-wanted", "warn", "fail", "error", "harness-error", "unsupported", "absent"]
"""What became of a cell. `pass`: everything came back. `not-wanted`: no rule is broken, and nothing is proven: no
thinking came back, and the provider's rule lets all of it go, or its server holds the conversation. `warn`: only a
SHOULD is broken. `fail`: a MUST is broken. `error`: the scaffold raised, did not answer in time, or asked for something
else. `harness-error`: nothing can be said, and the examination is to blame or saw nothing. `unsupported`: the subject
cannot be asked for this. `absent`: what it needs is not installed."""

JUDGED: Final = frozenset({"pass", "not-wanted", "warn", "fail"})
"""The statuses of cells that ran to their end and were judged."""


_FREE: Final = frozenset({"legally-dropped", "removed-with-turn"})
"""Fates of thinking that says nothing of the scaffold where no rule was broken."""


def wanted(fates: Mapping[str, int]) -> int:
    """Count the thinking blocks of a run that broke no rule which prove something: each once a request."""
    return sum(count for fate, count in fates.items() if fate not in _FREE)


ENVIRONMENT: Final = "1"
"""The id of the environment of an examination."""


class Incident(Struct, frozen=True, kw_only=True, weakref=True):
    """Something that ended a run early.

    Attributes:
        kind: The exception's type, or `timeout`.
        message: Its first line, and those of what it was raised from; one that quotes the model is blanked.
        where: What was going on, such as `turn 2`, and the innermost function of the traceback.
        culprit: Whose fault it is, as far as one can tell: `scaffold` or `harness`.
    """

    kind: str
    message: Volatile[str]  # often names an address, a port or a temporary file
    where: str
    culprit: Literal["scaffold", "harness"]


LostIn: TypeAlias = Literal["framework", "client", "provider", "unknown"]
"""Where something went wrong: before or in the framework's own objects, when its client wrote the request, on the
provider's side, or nobody can tell: the subject does not show what its framework holds."""


class Found(Finding, frozen=True, kw_only=True):
    """A finding of a run, with what a recording alone does not tell.

    Attributes:
        lost_in: Where it went wrong.
        said: What the provider wrote, around the first difference, as the wire has it; absent where nothing of it has a
            place. Every word of it is the script's.
        sent: What stands in the request instead, likewise; absent where nothing does.
        fix: What to do about it, one sentence; "" where nobody knows.
    """

    lost_in: LostIn = "unknown"
    said: str | UnsetType = UNSET
    sent: Volatile[str | UnsetType] = UNSET  # may hold an id or a time that the scaffold draws anew
    fix: str = ""


class Difference(Struct, frozen=True, kw_only=True, weakref=True):
    """Where a cell differs from what was recorded of it.

    Attributes:
        what: `status`, `fates`, `findings` or `record`.
        recorded: What the scorecard says; "" where it says nothing.
        found: What was found.
    """

    what: str
    recorded: str
    found: str


class CellResult(Struct, frozen=True, kw_only=True, weakref=True):
    """What became of one cell.

    Attributes:
        id: `subject/profile/scenario/mode`, and behind it what is not usual, as in `Cell.id`.
        subject: The subject's id.
        title: Its name for a person: what it says of itself, else its id.
        framework: Its framework.
        variant: Whose model class it uses.
        dialect: The dialect's id.
        profile: The profile's name.
        provider: The provider's name for a person.
        model: The model's name.
        scenario: The scenario's id.
        mode: How the scaffold was driven.
        temper: What the provider made of requests that the vendor refuses.
        name: Which model name was asked for instead of the provider's own, by the name of the axis' value; "" where the
            provider's own was.
        perturbation: What was changed while the scaffold worked, by its id; "" where nothing was.
        environments: Ids of the environments in which it came out like this: one, or several of merged runs.
        status: What became of it.
        reason: Why it is `error`, `harness-error`, `unsupported` or `absent`.
        incident: What ended the run early.
        fates: How many thinking blocks had which fate, each counted once a request.
        findings: What the audit found, and what only a run can tell.
        checks: What each check says that the run had an occasion for, by id, in the order of the families.
        untold: Checks that are `unsupported` in a run that was judged, each with the reason: the language in which the
            subject's model speaks shows nothing of what they are about.
        held: How many blocks of each kind the answers held that had to come back: `thinking`, `seals`, `calls`,
            `texts`.
        requests: How many requests were made.
        seconds: How long it took.
        gate: What it is held to: the provider's `rule`, or the committed `scorecard`; `unrecorded` where it is one of a
            stock client on an axis that the scorecard leaves out, and so is held to nothing.
        differences: Where it differs from the scorecard.
        replay: The command that runs it again; "" where there is none.
    """

    id: str
    subject: str
    title: str
    framework: str
    variant: Variant
    dialect: str
    profile: str
    provider: str
    model: str
    scenario: str
    mode: Literal["plain", "stream", "sync"] = "plain"
    temper: Literal["lenient", "strict"] = "lenient"
    name: str = ""
    perturbation: str = ""
    environments: tuple[str, ...] = (ENVIRONMENT,)
    status: CellStatus
    reason: Volatile[str] = ""  # may quote an incident
    incident: Incident | UnsetType = UNSET
    fates: dict[str, int] = {}
    findings: tuple[Found, ...] = ()
    checks: dict[str, Status] = {}
    untold: dict[str, str] = {}
    held: dict[str, int] = {}
    requests: int = 0
    seconds: Volatile[float] = 0.0
    gate: Literal["rule", "scorecard", "unrecorded"] = "rule"
    differences: tuple[Difference, ...] = ()
    replay: str = ""

    @property
    def stream(self) -> bool:
        """Whether answers were streamed."""
        return self.mode == "stream"

    @property
    def run(self) -> str:
        """What was played, and how: the end of its id."""
        more = ("+strict" if self.temper == "strict" else "") + (f"@{self.name}" if self.name else "")
        more += f"~{self.perturbation}" if self.perturbation else ""
        return f"{self.scenario}/{self.mode}{more}"


class Control(Struct, frozen=True, kw_only=True, weakref=True):
    """A scaffold whose verdict is known before, examined in each run to prove that the examination can see.

    Attributes:
        id: The cell's id.
        expected: The status it has to have.
        status: The status it has.
        reason: Why it has another one.
        environments: Ids of the environments in which it came out like this.
    """

    id: str
    expected: CellStatus
    status: CellStatus
    reason: Volatile[str] = ""
    environments: tuple[str, ...] = (ENVIRONMENT,)

    @property
    def good(self) -> bool:
        """Whether it came out as it must."""
        return self.status == self.expected


class Environment(Struct, frozen=True, kw_only=True, weakref=True):
    """Where cells were run. A file that was written by one examination has one; a merged one has several.

    Attributes:
        id: What cells name it by: `1`, `2` and so on, in this file alone.
        python: Python's version.
        platform: The operating system and machine.
        distributions: Installed versions of what the subjects need, by name.
    """

    id: str = ENVIRONMENT
    python: str
    platform: Volatile[str]
    distributions: dict[str, str] = {}


class Summary(Struct, frozen=True, kw_only=True, weakref=True):
    """Totals.

    Attributes:
        cells: How many cells there are.
        statuses: How many have which status.
        differences: How many differ from the scorecard.
        requests: How many requests were made.
        seconds: How long all of it took, in seconds of the clock.
        interrupted: Whether somebody stopped it before its end.
        unplayed: How many runs that were asked for it had not come to by then.
        exit: The exit code.
    """

    cells: int
    statuses: dict[str, int]
    differences: int
    requests: int
    seconds: Volatile[float]
    interrupted: bool = False
    unplayed: int = 0
    exit: int = 0


class Results(Struct, frozen=True, kw_only=True, weakref=True):
    """One examination.

    Attributes:
        schema: The format's name.
        keepthinking: Our version.
        seed: The seed of the provider's answers.
        strict: Whether SHOULD findings fail, too.
        chosen: Which cells of the plan were chosen: the `core` set, the `full` one, or those that somebody `asked` for.
        environments: Where the cells were run.
        absent: Frameworks that are not installed anywhere, each with what to install.
        controls: The controls.
        cells: The cells, in the order of the plan.
        summary: Totals.
    """

    schema: Literal["keepthinking-results/1"] = SCHEMA
    keepthinking: str
    seed: int
    strict: bool = False
    chosen: Literal["core", "full", "asked"] = "asked"
    environments: tuple[Environment, ...]
    absent: dict[str, str] = {}
    controls: tuple[Control, ...] = ()
    cells: tuple[CellResult, ...] = ()
    summary: Summary


def summarise(
    cells: Iterable[CellResult], *, seconds: float, interrupted: bool, code: int, unplayed: int = 0
) -> Summary:
    """Add up cells."""
    found = list(cells)
    return Summary(
        cells=len(found),
        statuses=dict(sorted(Counter(cell.status for cell in found).items())),
        differences=sum(bool(cell.differences) for cell in found),
        requests=sum(cell.requests for cell in found),
        seconds=round(seconds, 3),
        interrupted=interrupted,
        unplayed=unplayed,
        exit=code,
    )


def as_json(results: Results) -> str:
    """Write results for a program: every member is always there, absent values are null, and all is ASCII."""
    return json.dumps(as_data(results), indent=2) + "\n"


def as_data(value: object) -> Any:
    """Give results, or a part of them, as `json.loads` gives what `as_json` writes."""
    if value is UNSET:
        return None
    if isinstance(value, Struct):
        # `extras` of a finding are members that a later version wrote; a fresh one has none.
        names = (name for name in value.__struct_fields__ if name != "extras")
        return {name: as_data(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {key: as_data(held) for key, held in cast("dict[str, object]", value).items()}
    if isinstance(value, tuple):
        return [as_data(held) for held in cast("tuple[object, ...]", value)]
    return value
