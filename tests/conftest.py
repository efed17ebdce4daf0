"""What every test may rely on: Hypothesis profiles and the recorded provider traffic."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests import recordings

# A program that is started in the background is deaf to Ctrl-C, and so are all that it starts; tests of Ctrl-C are not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Programs are started as the tests were, and some look at what a user or a CI likes on a terminal. What is printed is
# what a test is about, so it says itself what differs from a plain terminal.
for _liked in ("CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PY_COLORS"):
    os.environ.pop(_liked, None)
for _liked in ("PYTHONUNBUFFERED", "PYTHON_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_liked, None)
os.environ["TERM"] = "xterm"
# No proxy leads to loopback, where all servers of the tests are.
for _direct in ("NO_PROXY", "no_proxy"):
    os.environ[_direct] = ",".join(filter(None, (os.environ.get(_direct), "127.0.0.1", "localhost")))

# No deadlines: two cores under xdist say nothing about speed, and benchmarks are not tests.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_report_header() -> str:
    """Say which recordings judge this run."""
    return f"captures: {recordings.directory()}"


@pytest.fixture(scope="session")
def captures() -> Path:
    """The directory of recorded provider traffic, one JSON Lines file a dialect."""
    return recordings.directory()


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say a number that the run prints at its end: a test that saw nothing must not look like one that passed."""
    return lambda line: record_property("counted", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted."""
    lines = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "counted" and getattr(report, "when", "") == "call"
    ]
    if lines:
        terminalreporter.section("counted")
        for line in sorted(lines):
            terminalreporter.write_line(line)
