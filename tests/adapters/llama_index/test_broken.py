"""A server that breaks off is an error that says what happened, where, whose fault it is and what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from keepthinking_adapters.llama_index import KeepThinkingLLM
from tests.adapters.broken import CASES, OPTIONS, Say, expect_told

ASKED = [ChatMessage(role="user", content="x")]


def model_at(base_url: str) -> KeepThinkingLLM:
    return KeepThinkingLLM(base_url=base_url, **OPTIONS)


def chat(base_url: str, _: Say) -> Any:
    return model_at(base_url).chat(ASKED)


def achat(base_url: str, _: Say) -> Any:
    return asyncio.run(model_at(base_url).achat(ASKED))


def stream_chat(base_url: str, say: Say) -> None:
    for piece in model_at(base_url).stream_chat(ASKED):
        say(piece.delta or "")


def astream_chat(base_url: str, say: Say) -> None:
    async def go() -> None:
        async for piece in await model_at(base_url).astream_chat(ASKED):
            say(piece.delta or "")

    asyncio.run(go())


WAYS = {"chat": chat, "achat": achat, "stream_chat": stream_chat, "astream_chat": astream_chat}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_server_that_breaks_off_is_an_error_that_says_so(case: str, way: str) -> None:
    expect_told(CASES[case], WAYS[way], stream="stream" in way)
