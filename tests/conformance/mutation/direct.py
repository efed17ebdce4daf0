"""The fast tests of the packages that are mutated: collected once, then run in forks with a mistake made.

A mistake in a function is made where it is; for one that the import of a module makes, and for one that no test shows
so, all of our modules are imported anew.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from tests.conformance.mutation.forks import allow
from tests.conformance.mutation.mutants import Mutant, modules
from tests.conformance.mutation.planted import Planted
from tests.conformance.mutation.swapped import swap

_AUDIT: Final = (
    *("levels", "meaning", "steps", "fates"),
    *("again", "pairs", "prefix", "gone", "voices", "partial", "held", "lawful", "surroundings"),
    *("faithful", "faults"),
)
"""Tests of the audit: of blocks alone, then of recordings."""

_JUDGE: Final = (
    *("acted", "answers", "asked", "bound", "causes", "changed", "counts", "facts", "found", "lost"),
    *("retries", "runs", "said", "shown", "turns", "verdicts"),
)
"""Tests of the judge, of runs that are written down by hand."""

TESTS: Final[Mapping[str, Sequence[str]]] = {
    "keepthinking.audit": [f"tests/core/audit/test_{name}.py" for name in _AUDIT],
    "keepthinking_conformance.judge": [f"tests/conformance/judge/test_direct_{name}.py" for name in _JUDGE],
}
"""The tests that may show a mistake, by the package that it is in."""

ROOT: Final = Path(__file__).parents[3]

_OPTIONS: Final = ("-x", "-s", "-o", "addopts=", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminal")
"""What pytest is told: nothing is written, and no module is read in another way than Python does."""

_OURS: Final = {"keepthinking", "keepthinking_conformance", "tests"}
"""What is imported anew, but for what runs the tests."""

_HERE: Final = "tests.conformance.mutation"

Lines = frozenset[tuple[str, int]]
"""Lines of the modules that are mutated."""


class Measured(NamedTuple):
    """A test without a mistake.

    Attributes:
        failed: Whether it failed.
        seconds: Time of the processor; it is watched meanwhile, which takes several times as long.
        lines: What it reached.
    """

    failed: bool
    seconds: float
    lines: Lines


class Direct:
    """The tests, as a plugin of pytest that runs something else in their place.

    Args:
        packages: The packages that are mutated.
        do: What is done once they are collected.
    """

    def __init__(self, packages: Collection[str], do: Callable[[Direct], None]) -> None:
        self.items: dict[str, pytest.Item] = {}
        self.everywhere: set[tuple[str, int]] = set()
        self.collecting = 0.0
        self.measured: dict[str, Measured] = {}
        self.trouble = ""
        self._do = do
        self.files = [file for package, files in TESTS.items() if package in packages for file in files]
        self._known = Counter[str]()

    def collect(self) -> None:
        """Collect the tests, and do what was to be done."""
        os.environ |= {"CI": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the same examples each time
        pytest.main([*_OPTIONS, *self.files], plugins=[self])

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Note what is reached while the tests are imported."""
        began = time.process_time()
        with traced(self.everywhere):
            found = yield
        self.collecting = time.process_time() - began
        return found

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a module cannot be imported."""
        if report.failed:
            self.trouble = f"{report.nodeid}: {report.longreprtext}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do something else."""
        self.items = {item.nodeid: item for item in session.items}
        if not session.testsfailed:
            self._do(self)
        return True

    def measure(self, file: str) -> dict[str, Measured]:
        """Run the tests of a file as they are, in a fork."""
        found: dict[str, Measured] = {}
        for name, item in self.items.items():
            if file_of(name) == file:
                lines = set[tuple[str, int]]()
                began = time.process_time()
                with traced(lines):
                    failed = _fails(item, None)
                found[name] = Measured(failed, time.process_time() - began, frozenset(lines))
        return found

    def reaching(self, mutant: Mutant) -> list[str]:
        """List the tests that may show a mistake: first those that showed many, then those that are fast."""
        found = [
            name for name, one in self.measured.items() if needs(mutant, one.lines) or needs(mutant, self.everywhere)
        ]
        return sorted(found, key=lambda name: (-self._known[name], self.measured[name].seconds))

    def shown(self, test: str) -> None:
        """Note that a test showed a mistake: it may show the next one, too."""
        self._known[test] += 1

    def in_place(self, mutant: Mutant) -> str:
        """Make a mistake where it is, in a fork, and name the test that shows it; "" where none does."""
        tests = self.reaching(mutant)
        if not tests or not swap(mutant):
            return ""
        for name, following in zip(tests, [*tests[1:], None], strict=True):
            allow(self.measured[name].seconds)
            if _fails(self.items[name], None if following is None else self.items[following]):
                return name
        return ""

    def anew(self, mutant: Mutant | None) -> str:
        """Import everything anew in a fork, with a mistake in it, and name the test that shows it; "" for none."""
        reaching = [*self.items] if mutant is None else self.reaching(mutant)
        if not reaching:
            return ""
        # One that was run before another may have kept for it what the mistake changes.
        files = dict.fromkeys(map(file_of, reaching))
        tests = dict.fromkeys([*reaching, *(name for name in self.items if file_of(name) in files)])
        for name in [name for name in sys.modules if name.partition(".")[0] in _OURS and not name.startswith(_HERE)]:
            del sys.modules[name]
        if mutant is not None:
            sys.meta_path.insert(0, Planted(mutant))
        allow(self.collecting)
        watch = _Watch({name: self.measured[name].seconds for name in tests})
        ended = pytest.main([*_OPTIONS, *files], plugins=[watch])
        return watch.failed or ("" if ended == pytest.ExitCode.OK else f"pytest ends with {ended!r}")


class _Watch:
    """Runs some of the tests, in an order.

    Args:
        seconds: How long each takes.
    """

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self.failed = ""
        self._seconds = seconds
        self._order = {name: number for number, name in enumerate(seconds)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(wanted, key=lambda item: self._order[item.nodeid])

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        allow(self._seconds[item.nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report)

    def _look(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def file_of(test: str) -> str:
    """Give the file that a test is in."""
    return test.partition("::")[0]


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def needs(mutant: Mutant, reached: AbstractSet[tuple[str, int]]) -> bool:
    """Tell whether a mistake is in what was reached."""
    first, last = mutant.lines
    return not first or any((mutant.module, line) in reached for line in range(first, last + 1))


@contextmanager
def traced(seen: set[tuple[str, int]]) -> Generator[None]:
    """Note which lines of the modules that are mutated are reached."""
    files = {str(path): name for name, path in modules().items()}

    def line(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            seen.add((files[frame.f_code.co_filename], frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        del event
        return line if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
