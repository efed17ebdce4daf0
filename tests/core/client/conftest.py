"""The server that plays the provider."""

from collections.abc import Iterator

import pytest

from tests.core.client.server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    """A provider on loopback that plays what a test scripts."""
    with serving() as running:
        yield running
