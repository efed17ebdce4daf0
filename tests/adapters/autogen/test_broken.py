"""A server that breaks off is an error that says what happened, where, whose fault it is and what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from autogen_core.models import UserMessage

from keepthinking_adapters.autogen import KeepThinkingChatCompletionClient
from tests.adapters.broken import CASES, OPTIONS, Say, expect_told

ASKED = [UserMessage(content="x", source="user")]


def model_at(base_url: str) -> KeepThinkingChatCompletionClient:
    return KeepThinkingChatCompletionClient(base_url=base_url, **OPTIONS)


def create(base_url: str, _: Say) -> Any:
    return asyncio.run(model_at(base_url).create(ASKED))


def create_stream(base_url: str, say: Say) -> None:
    async def go() -> None:
        async for piece in model_at(base_url).create_stream(ASKED):
            if isinstance(piece, str):
                say(piece)

    asyncio.run(go())


WAYS = {"create": create, "create_stream": create_stream}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_server_that_breaks_off_is_an_error_that_says_so(case: str, way: str) -> None:
    expect_told(CASES[case], WAYS[way], stream="stream" in way)
