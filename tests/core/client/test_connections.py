"""Connections belong to a loop and a process, end when they are no more needed, and are shared where they may be."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from keepthinking import Endpoint
from tests.core.client.server import CHAT, JSON, SSE, Reply, Server, asked, streamed, whole

if TYPE_CHECKING:
    from keepthinking.client import Client

pytestmark = pytest.mark.extras


def connect(server: Server, **options: Any) -> "Client":
    from keepthinking.client import Client

    return Client(Endpoint(dialect=CHAT, base_url=server.base(CHAT), model="m"), **options)


def test_one_client_serves_several_loops_one_after_the_other(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))
    client = connect(server)

    for _ in range(3):
        assert asyncio.run(client.asend(asked())).outcome == "complete"
    gc.collect()  # a connection that outlived its loop would complain now, and warnings are errors

    assert len(server.seen) == 3


def test_one_client_serves_several_loops_at_the_same_time(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))
    client = connect(server)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: asyncio.run(client.asend(asked())).outcome, range(8)))

    assert found == ["complete"] * 8


def test_one_client_serves_several_threads(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))
    client = connect(server)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: client.send(asked()).outcome, range(12)))
    client.close()

    assert found == ["complete"] * 12


def test_calls_of_one_loop_share_a_client(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))
    client = connect(server)

    async def run() -> int:
        await asyncio.gather(*(client.asend(asked()) for _ in range(5)))
        return len(client._pool._loops)

    assert asyncio.run(run()) == 1


def test_a_client_works_again_after_it_was_closed(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))
    client = connect(server)

    async def run() -> None:
        await client.asend(asked())
        await client.aclose()
        await client.asend(asked())

    client.send(asked())
    client.close()
    client.send(asked())
    asyncio.run(run())
    client.close()

    assert len(server.seen) == 4


def test_a_client_that_is_dropped_leaves_no_connection(server: Server) -> None:
    server.play(Reply([whole(CHAT)], headers=JSON))

    connect(server).send(asked())
    gc.collect()

    assert len(server.seen) == 1


def test_a_client_that_was_passed_in_is_used_and_not_closed(server: Server) -> None:
    import httpx2

    server.play(Reply([whole(CHAT)], headers=JSON))

    async def run() -> bool:
        async with httpx2.AsyncClient(headers={"x-mine": "async"}) as http:
            client = connect(server, http_async_client=http)
            await client.asend(asked())
            await client.aclose()
            return http.is_closed

    with httpx2.Client(headers={"x-mine": "sync"}, follow_redirects=True) as http:
        client = connect(server, http_client=http)
        client.send(asked())
        client.close()
        assert not http.is_closed
    assert not asyncio.run(run())

    assert [seen.headers["x-mine"] for seen in server.seen] == ["sync", "async"]


def test_a_redirect_is_not_followed_by_a_client_that_would(server: Server) -> None:
    import httpx2

    from keepthinking import ProviderError

    server.play(Reply([b""], status=307, headers={"location": f"{server.root}/elsewhere"}))

    with httpx2.Client(follow_redirects=True) as http, pytest.raises(ProviderError, match="redirects to"):
        connect(server, http_client=http).send(asked())

    assert len(server.seen) == 1


def test_a_task_that_is_cancelled_ends_the_connection(server: Server) -> None:
    server.play(Reply(streamed(CHAT)[:3], headers=SSE, hold=threading.Event()))
    client = connect(server)

    async def run() -> list[str]:
        found: list[str] = []
        ready = asyncio.Event()

        async def ask() -> None:
            async with client.astream(asked()) as events:
                async for event in events:
                    found.append(event.kind)
                    ready.set()

        task = asyncio.create_task(ask())
        await ready.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Before the loop ends: it is the cancelled task that has to end it, not the end of the loop.
        assert await asyncio.to_thread(server.gone.wait, 5)
        return found

    assert "start" in asyncio.run(run())


@pytest.mark.parametrize("end", ["leave", "drop"])
def test_a_stream_that_is_left_ends_the_connection(server: Server, end: str) -> None:
    server.play(Reply(streamed(CHAT)[:3], headers=SSE, hold=threading.Event()))
    client = connect(server)

    events = client.stream(asked())
    next(events)
    if end == "leave":
        events.close()
    else:
        del events
        gc.collect()

    assert server.gone.wait(5)
    client.close()


def test_an_async_stream_that_is_dropped_ends_the_connection(server: Server) -> None:
    server.play(Reply(streamed(CHAT)[:3], headers=SSE, hold=threading.Event()))
    client = connect(server)

    async def run() -> bool:
        async for event in client.astream(asked()):
            assert event.kind == "start"
            break
        gc.collect()
        return await asyncio.to_thread(server.gone.wait, 5)

    assert asyncio.run(run())


def test_nothing_is_sent_before_the_first_event_is_asked_for(server: Server) -> None:
    server.play(Reply(streamed(CHAT), headers=SSE))
    client = connect(server)

    with client.stream(asked()) as events, pytest.raises(RuntimeError, match="last event"):
        _ = events.response
    client.close()

    assert server.seen == []
