"""What the tests of LlamaIndex have in common."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest

with warnings.catch_warnings():
    # llama-index-core 0.14.5 says so of its own fields when it is imported under pydantic 2.14.
    warnings.filterwarnings("ignore", "The 'validate_default' attribute")
    from keepthinking_adapters.llama_index import KeepThinkingLLM  # before any test imports it

from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS

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


@pytest.fixture
def model_for() -> Callable[..., KeepThinkingLLM]:
    """Make our model for a conversation."""

    def make(talk: Talk, profile: str, **options: Any) -> KeepThinkingLLM:
        served = PROVIDERS[profile]
        given = {"extra_body": dict(served.extra_body), "profile": profile, "api_key": "sk-canary", **options}
        return KeepThinkingLLM(model=served.model, base_url=talk.base_url, **given)

    return make
