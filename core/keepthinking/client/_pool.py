"""The HTTP clients behind one `Client`: made when they are needed, where they are needed, and closed again.

One for all threads of a process; a forked process makes its own, for two processes must not share a connection. One for
each running event loop: connections belong to the loop that opened them, and an agent may be driven by several
`asyncio.run` one after the other.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import weakref
from collections.abc import AsyncGenerator

import httpx2


class Pool:
    """HTTP clients; those that the caller brought are never closed."""

    def __init__(self, http: httpx2.Client | None, async_http: httpx2.AsyncClient | None) -> None:
        self._given = http
        self._async_given = async_http
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._own: tuple[int, httpx2.Client] | None = None
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Held] = weakref.WeakKeyDictionary()

    def sync(self) -> httpx2.Client:
        """Give the client of this process."""
        if self._given is not None:
            return self._given
        with self._lock:
            if self._own is None or self._own[0] != os.getpid():
                client = httpx2.Client(verify=self._context())
                self._own = (os.getpid(), client)
                # Nobody has to close a client that is merely dropped; its sockets would complain if it stayed open.
                weakref.finalize(self, _close, os.getpid(), client)
            return self._own[1]

    async def of_loop(self) -> httpx2.AsyncClient:
        """Give the client of the running loop."""
        if self._async_given is not None:
            return self._async_given
        loop = asyncio.get_running_loop()
        with self._lock:
            held = self._loops.get(loop)
            if held is None or held.client.is_closed:
                client = httpx2.AsyncClient(verify=self._context())
                held = self._loops[loop] = _Held(client, _until_the_loop_ends(client))
                new = True
            else:
                new = False
        if new:
            await anext(held.end)
        return held.client

    def close(self) -> None:
        """Close the client of this process, if it was made here."""
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            _close(*own)

    async def aclose(self) -> None:
        """Close the client of the running loop, if it was made here, and that of this process."""
        self.close()
        with self._lock:
            held = self._loops.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held.end.aclose()

    def _context(self) -> ssl.SSLContext:
        # Reading the certificates takes longer than all else of a client, so they are read once.
        if self._tls is None:
            self._tls = httpx2.create_ssl_context()
        return self._tls


def _close(pid: int, client: httpx2.Client) -> None:
    if pid == os.getpid():  # the connections of a forked process are its parent's
        client.close()


class _Held:
    __slots__ = ("client", "end")

    def __init__(self, client: httpx2.AsyncClient, end: AsyncGenerator[None]) -> None:
        self.client = client
        self.end = end


async def _until_the_loop_ends(client: httpx2.AsyncClient) -> AsyncGenerator[None]:
    """Close a client when its loop ends: `asyncio.run` closes the generators that still wait, before the loop."""
    try:
        yield
    finally:
        await client.aclose()
