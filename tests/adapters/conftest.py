"""A model to talk to: the scripted provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from keepthinking_conformance.provider import Provider, Talk
from keepthinking_conformance.scenarios import BESIDE, PROVIDERS, SCENARIOS

Open = Callable[..., Talk]


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """One provider for all tests of a worker: each conversation has a token of its own."""
    with Provider() as started:
        yield started


@pytest.fixture
def opened(provider: Provider) -> Iterator[Open]:
    """Begin a conversation by the names of its scenario and its profile; problems of the provider fail the test."""
    talks: list[Talk] = []

    def open_(scenario: str, profile: str, **options: Any) -> Talk:
        served = {**PROVIDERS, **BESIDE}[profile]
        talk = provider.open(SCENARIOS[scenario], profile=profile, model=served.model, **{"seed": 7, **options})
        talks.append(talk)
        return talk

    yield open_
    for talk in talks:
        talk.close()
        assert not talk.problems
