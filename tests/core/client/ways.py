"""The four ways to ask, as one table: plain and streamed, sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from keepthinking import Request, Response
from keepthinking._exchange import Event

if TYPE_CHECKING:
    from keepthinking.client import Client


class Got(NamedTuple):
    """What an answer gave."""

    response: Response
    events: list[Event]


def send(client: Client, request: Request) -> Got:
    try:
        return Got(client.send(request), [])
    finally:
        client.close()


def stream(client: Client, request: Request) -> Got:
    try:
        with client.stream(request) as events:
            found = list(events)
        return Got(events.response, found)
    finally:
        client.close()


def asend(client: Client, request: Request) -> Got:
    async def run() -> Got:
        return Got(await client.asend(request), [])

    return asyncio.run(run())


def astream(client: Client, request: Request) -> Got:
    async def run() -> Got:
        async with client.astream(request) as events:
            found = [event async for event in events]
        return Got(events.response, found)

    return asyncio.run(run())


Way = Callable[["Client", Request], Got]
PLAIN: tuple[Way, ...] = (send, asend)
STREAMED: tuple[Way, ...] = (stream, astream)
WAYS: tuple[Way, ...] = (*PLAIN, *STREAMED)
