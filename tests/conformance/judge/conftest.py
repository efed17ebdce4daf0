"""The provider, once for all runs of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepthinking_conformance.provider import Provider


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running
