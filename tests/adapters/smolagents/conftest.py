"""What the tests of smolagents have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keepthinking_adapters.smolagents import KeepThinkingModel
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS


@pytest.fixture
def model_for() -> Callable[..., KeepThinkingModel]:
    """Make our model for a conversation."""

    def make(talk: Talk, profile: str, **options: Any) -> KeepThinkingModel:
        served = PROVIDERS[profile]
        given = {"extra_body": dict(served.extra_body), "profile": profile, "api_key": "sk-canary", **options}
        return KeepThinkingModel(served.model, base_url=talk.base_url, **given)

    return make
