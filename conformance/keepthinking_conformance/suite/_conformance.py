"""The class that a project's tests inherit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

import pytest

from keepthinking import Subject
from keepthinking_conformance.examine import CONTROLS, control_cells, run_cells, run_unjoined
from keepthinking_conformance.judge import expected_checks, twins, with_twins
from keepthinking_conformance.plan import MODES, NAMES, TEMPERS, Cell, core, is_usual, pairwise, plan
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.suite._words import explain

F = TypeVar("F", bound=Callable[..., Any])

_REASON: Final = "_keepthinking_overrides"


def overrides(reason: str) -> Callable[[F], F]:
    """Mark a test that a class has of its own instead of an inherited one. Raises `ValueError` without a reason."""
    if not reason.strip():
        raise ValueError("say why the inherited test does not fit; a single check is better waived in `waived`")

    def mark(test: F) -> F:
        setattr(test, _REASON, reason)
        return test

    return mark


class ScaffoldConformance:
    """Examines one scaffold: does it send back what the model thought?

    Attributes:
        subject: The scaffold; has to be given. `keepthinking_conformance.subjects.subject` makes one of a function.
        profiles: Providers to play; empty means all that the subject speaks to.
        scenarios: Scenarios to play; empty means all.
        set: Which runs: `core`, `every` or `full`, as `keepthinking check --set`; "" is `every` where providers or
            scenarios are named, else `core`.
        seed: The seed of what the model says.
        strict: Whether SHOULD findings fail, too.
        waived: Findings that are known: `CHECK` or `CHECK CELL`, with `*` for anything, and why. A waiver that nothing
            fails by fails itself, so that none outlives its reason.
        turn_seconds: How long one turn may take, in seconds.
    """

    subject: ClassVar[Subject]
    profiles: ClassVar[Sequence[str]] = ()
    scenarios: ClassVar[Sequence[str]] = ()
    set: ClassVar[str] = ""
    seed: ClassVar[int] = 1
    strict: ClassVar[bool] = False
    waived: ClassVar[Mapping[str, str]] = {}
    turn_seconds: ClassVar[float] = 60.0

    def __init_subclass__(cls, **more: Any) -> None:
        """Hold a class to the inherited tests: none is silently replaced or taken away."""
        super().__init_subclass__(**more)
        for name, value in vars(cls).items():
            inherited = name.startswith("test_") and hasattr(ScaffoldConformance, name)
            if inherited and not getattr(value, _REASON, ""):
                raise TypeError(
                    f"{cls.__name__} replaces the inherited {name!r} without a reason: waive single checks in "
                    f"`waived`, or mark it @overrides('why')"
                )
        for pattern, reason in cls.waived.items():
            if not reason.strip():
                raise TypeError(f"{cls.__name__} waives {pattern!r} without a reason")

    @classmethod
    def cells(cls) -> tuple[Cell, ...]:
        """Give the runs.

        Raises:
            UsageError: The class names no subject, or a set that there is not.
            KeyError: No such provider or scenario is played.
        """
        if not isinstance(getattr(cls, "subject", None), Subject):
            raise pytest.UsageError(f"{cls.__name__} needs `subject = ...`, the scaffold that is examined")
        axes: dict[str, Any] = {"modes": MODES, "tempers": TEMPERS, "names": NAMES}
        all_ = plan((cls.subject,), providers=cls.profiles or None, scenarios=cls.scenarios or None, own=True, **axes)
        match cls.set or ("every" if cls.profiles or cls.scenarios else "core"):
            case "every":
                return tuple(cell for cell in all_ if is_usual(cell))
            case "core":
                return core(all_)
            case "full":
                return pairwise(all_, cls.seed)
            case other:
                raise pytest.UsageError(f"{cls.__name__} asks for the set {other!r}: it is `core`, `every` or `full`")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each test its runs, and each run its checks, by their ids."""
        if {"cell", "check"} <= set(metafunc.fixturenames):
            pairs = [(cell, check) for cell in self.cells() if not cell.skip for check in expected_checks(cell)]
            metafunc.parametrize(("cell", "check"), pairs, ids=[f"{check}-{_short(cell)}" for cell, check in pairs])
        elif "cell" in metafunc.fixturenames:
            runs = [cell for cell in self.cells() if not cell.skip]
            metafunc.parametrize("cell", runs, ids=map(_short, runs))

    def test_controls(self) -> None:
        """The examination can see: of two scaffolds whose verdict is known, one passes and one fails."""
        for cell in control_cells():
            assert verdict(cell, self.seed, self.turn_seconds).status == CONTROLS[cell.subject.id], cell.id

    def test_runs(self) -> None:
        """Something is examined, and what cannot be says why."""
        runs = [cell for cell in self.cells() if not cell.skip]
        reasons = {cell.reason for cell in self.cells() if cell.skip}
        assert runs, f"nothing can be run: {'; '.join(sorted(reasons)) or 'the subject speaks to no provider of these'}"

    def test_check(self, cell: Cell, check: str) -> None:
        """One check of one run holds."""
        found = verdict(cell, self.seed, self.turn_seconds)
        status = found.checks.get(check)
        if status is None:
            pytest.skip(f"nothing came back that {check} could look at; test_run and other checks say why")
        failed = status in {"fail", "harness-error"} or (self.strict and status == "warn")
        reason = self._waiver(check, cell)
        if failed and reason:
            pytest.xfail(reason)
        assert not failed, explain(found, check)

    def test_run(self, cell: Cell) -> None:
        """A run came to its end, could be judged, and broke nothing besides the checks that it was made for."""
        found = verdict(cell, self.seed, self.turn_seconds)
        assert found.status not in {"error", "harness-error"}, explain(found)
        strange = {
            finding.check
            for finding in found.findings
            if finding.check not in expected_checks(cell)
            and (finding.status == "fail" or (self.strict and finding.level == "SHOULD"))
            and not self._waiver(finding.check, cell)
        }
        assert not strange, explain(found, *sorted(strange))

    def test_waivers(self) -> None:
        """Every waiver is needed."""
        broken = {
            f"{finding.check} {_short(cell)}"
            for cell in self.cells()
            if self.waived and not cell.skip
            for finding in verdict(cell, self.seed, self.turn_seconds).findings
            if finding.status == "fail" or (self.strict and finding.level == "SHOULD")
        }
        stale = [pattern for pattern in self.waived if not any(_fits(pattern, name) for name in broken)]
        assert not stale, f"nothing fails any more by: {', '.join(stale)}; take these waivers out"

    def _waiver(self, check: str, cell: Cell) -> str:
        name = f"{check} {_short(cell)}"
        return next((reason for pattern, reason in self.waived.items() if _fits(pattern, name)), "")


def _fits(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern if " " in pattern else f"{pattern} *")


def _short(cell: Cell) -> str:
    """Name a cell without its subject, which the class names."""
    return cell.id.partition("/")[2]


@cache
def _provider() -> Provider:
    """Give the provider of this process; its thread is a daemon's and ends with it."""
    made = Provider()
    made.start()
    return made


_verdicts: dict[tuple[int, str, int], CellResult] = {}


def verdict(cell: Cell, seed: int, turn_seconds: float) -> CellResult:
    """Run a cell, with those that it is compared with, and judge it; once in a process."""
    key = (id(cell.subject), cell.id, seed)
    if key not in _verdicts:
        cells = (cell, *twins((cell,)))
        found, _ = run_unjoined(run_cells(cells, _provider(), seed=seed, turn_seconds=turn_seconds))
        for name, outcome in with_twins(found).items():
            if name == cell.id:
                _verdicts[key] = outcome.result
    return _verdicts[key]
