"""Our model class, pointed at the scripted provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keepthinking_adapters.autogen import KeepThinkingChatCompletionClient
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS


@pytest.fixture
def model_for() -> Callable[..., KeepThinkingChatCompletionClient]:
    """Make our model for a conversation."""

    def make(talk: Talk, profile: str, **options: Any) -> KeepThinkingChatCompletionClient:
        served = PROVIDERS[profile]
        given = {"extra_body": dict(served.extra_body), "profile": profile, "api_key": "sk-canary", **options}
        return KeepThinkingChatCompletionClient(model=served.model, base_url=talk.base_url, **given)

    return make
