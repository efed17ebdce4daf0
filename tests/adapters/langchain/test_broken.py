"""A server that breaks off is an error that says what happened, where, whose fault it is and what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from keepthinking_adapters.langchain import ChatKeepThinking
from tests.adapters.broken import CASES, OPTIONS, Say, expect_told


def model_at(base_url: str) -> ChatKeepThinking:
    return ChatKeepThinking(base_url=base_url, **OPTIONS)


def invoke(base_url: str, _: Say) -> Any:
    return model_at(base_url).invoke("x")


def ainvoke(base_url: str, _: Say) -> Any:
    return asyncio.run(model_at(base_url).ainvoke("x"))


def stream(base_url: str, say: Say) -> None:
    for chunk in model_at(base_url).stream("x"):
        say(chunk.text)


def astream(base_url: str, say: Say) -> None:
    async def go() -> None:
        async for chunk in model_at(base_url).astream("x"):
            say(chunk.text)

    asyncio.run(go())


WAYS = {"invoke": invoke, "ainvoke": ainvoke, "stream": stream, "astream": astream}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_server_that_breaks_off_is_an_error_that_says_so(case: str, way: str) -> None:
    expect_told(CASES[case], WAYS[way], stream="stream" in way)
