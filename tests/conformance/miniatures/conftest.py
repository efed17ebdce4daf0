"""The runs of the miniatures, once for all tests of a process."""

from __future__ import annotations

import pytest

from keepthinking_conformance.judge import Outcome
from keepthinking_conformance.miniatures import MINIATURES
from tests.conformance.miniatures.running import run


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    return run(row.cell for row in MINIATURES.values())
