"""What every test may rely on: Hypothesis profiles and the recorded provider traffic."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import recordings

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
