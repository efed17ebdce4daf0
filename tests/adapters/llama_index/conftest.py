"""What the tests of LlamaIndex have in common."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from keepthinking_adapters.llama_index import KeepThinkingLLM
from keepthinking_conformance.provider import Provider, Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS

with warnings.catch_warnings():
    # llama-index-core 0.14.5 says so of its own fields when it is imported under pydantic 2.14.
    warnings.filterwarnings("ignore", "The 'validate_default' attribute")
    import llama_index.core  # noqa: F401 - before any test imports it

Open = Callable[..., Talk]

HERE: Final = Path(__file__).parent

FOREIGN: Final = (
    # Workflows look at all attributes of an agent, deprecated ones of pydantic among them (workflows 2.26.1).
    "ignore:The `__fields__` attribute is deprecated",
    "ignore:The `__fields_set__` attribute is deprecated",
    # Its agents that read text ask it in each step.
    "ignore:is_running called from within a step",
    # Older versions read attributes of models from an instance.
    "ignore:Accessing the 'model_.*' attribute on the instance is deprecated",
)
"""Warnings that LlamaIndex itself causes, and that none of its users can avoid."""


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Let what is not ours pass; warnings of our own are errors here, too."""
    for item in items:
        if HERE in item.path.parents:
            for warning in FOREIGN:
                item.add_marker(pytest.mark.filterwarnings(warning))


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
        served = PROVIDERS[profile]
        talk = provider.open(SCENARIOS[scenario], profile=profile, model=served.model, **{"seed": 7, **options})
        talks.append(talk)
        return talk

    yield open_
    for talk in talks:
        talk.close()
        assert not talk.problems


@pytest.fixture
def model_for() -> Callable[..., KeepThinkingLLM]:
    """Make our model for a conversation."""

    def make(talk: Talk, profile: str, **options: Any) -> KeepThinkingLLM:
        served = PROVIDERS[profile]
        given = {"extra_body": dict(served.extra_body), "profile": profile, "api_key": "sk-canary", **options}
        return KeepThinkingLLM(model=served.model, base_url=talk.base_url, **given)

    return make
