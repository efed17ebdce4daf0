"""One endpoint, called: the only module that talks.

All that can be decided without a connection is elsewhere (`_wires`, `_body`, `_retry`, `_faults`, `_answer`), so the
two ways of talking, sync and async, are the same few lines twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from typing import NamedTuple, NoReturn

import httpx2

from keepthinking._adapter import Endpoint
from keepthinking._exchange import Event, Request, Response
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._version import __version__
from keepthinking.client import _wires
from keepthinking.client._answer import Answer
from keepthinking.client._body import Body, OnLosses
from keepthinking.client._faults import ERROR_BYTES, FAILURES, Failure, Faults, check_headers
from keepthinking.client._pool import Pool
from keepthinking.client._retry import Tries
from keepthinking.client._stream import AsyncStream, Stream
from keepthinking.dialects import Dialect
from keepthinking.plugins import dialect as dialect_of

_CONNECT = 5.0
"""Seconds for a connection, as in the vendors' own clients (openai 3.54.0, anthropic 2.12.0, `_constants.py`)."""


class _Call(NamedTuple):
    """What is posted.

    Attributes:
        url: Where to.
        body: The body.
        stream: Whether the answer shall be streamed.
    """

    url: str
    body: bytes
    stream: bool


class Client:
    """Calls the provider of one endpoint; safe to share between threads and event loops.

    Attributes:
        endpoint: Where the model is.
        dialect: How it is spoken to.
        profile: The provider's way of speaking it.
    """

    endpoint: Endpoint
    dialect: Dialect
    profile: Profile

    def __init__(  # noqa: PLR0913 - options of one call each, all by name
        self,
        endpoint: Endpoint,
        *,
        timeout: float | None = 600.0,
        max_retries: int = 2,
        http_client: httpx2.Client | None = None,
        http_async_client: httpx2.AsyncClient | None = None,
        on_losses: OnLosses | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            endpoint: Where the model is.
            timeout: Seconds to wait for the next bytes; None waits for ever. A connection that does not stand after
                five seconds is given up in any case.
            max_retries: How many times a call is tried again that was refused for now, or that got no answer.
            http_client: Used for sync calls, and never closed.
            http_async_client: Used for async calls, and never closed; it must belong to the loop that calls.
            on_losses: Receives what the wire cannot hold of a request, before it is sent; mere spelling is no loss.

        Raises:
            UnknownNameError: The endpoint names no dialect that is spoken here, or no profile of it.
            EncodeError: The base URL is none, or the key or a header holds what HTTP cannot carry.
        """
        row = _wires.wire(endpoint.dialect)
        self.endpoint = endpoint
        self.dialect = dialect_of(endpoint.dialect)
        self.profile = profile_of(endpoint.profile, endpoint.dialect)
        self._row = row
        place = _wires.url(row, endpoint.base_url, model=endpoint.model)
        connect = _CONNECT if timeout is None else min(timeout, _CONNECT)
        self._timeout = httpx2.Timeout(timeout, connect=connect)
        self._max_retries = max_retries
        self._on_losses = on_losses
        self._body = Body(self.dialect, self.profile, row, endpoint)
        self._faults = Faults(endpoint, place, self.profile.name, timeout=timeout, connect=connect)
        self._pool = Pool(http_client, http_async_client)
        name, before = row.credential
        key = {} if endpoint.api_key is None else {name: f"{before}{endpoint.api_key}"}
        own = {"content-type": "application/json", "user-agent": f"keepthinking/{__version__}", **row.headers, **key}
        # By lower-case name, so that the endpoint's own win however they are written.
        self._headers = own | {header.lower(): value for header, value in endpoint.headers.items()}
        check_headers(self._headers)
        check_headers({} if endpoint.api_key is None else {name: endpoint.api_key})

    # -- sync ----------------------------------------------------------------------------------------------------

    def send(self, request: Request) -> Response:
        """Ask, and wait for the whole answer.

        An answer that comes as a stream all the same is read as one.

        Raises:
            ProviderError: The provider answers with an error, also inside a good status.
            TransportError: No whole answer came.
            DecodeError: The answer is not of this dialect.
            EncodeError: The request cannot be written.
        """
        call = self._call(request, stream=False)
        tries = Tries(self._max_retries)
        while True:
            answer = self._answer(stream=False)
            http: httpx2.Response | None = None
            try:
                http = self._post(call)
                failure = None if http.is_success else self._refused(http, _read(http))
                if failure is None:
                    for chunk in http.iter_bytes():
                        answer.feed(chunk)
                        if answer.done:
                            break
            except FAILURES as error:
                failure = self._faults.broken(error, begun=http is not None)
            finally:
                if http is not None:
                    http.close()
            if failure is None:
                answer.finish()
                return answer.response
            time.sleep(tries.wait_after(failure[0], again=failure[1]))

    def stream(self, request: Request) -> Stream:
        """Ask, and give the events of the answer as they come.

        An answer that comes whole all the same gives the events that it would have given as a stream.

        Raises:
            EncodeError: The request cannot be written.
        """
        call = self._call(request, stream=True)
        return Stream(self._answer(stream=True), lambda answer: self._events(call, answer))

    def _events(self, call: _Call, answer: Answer) -> Generator[Event]:
        http = self._open(call)
        try:
            chunks = http.iter_bytes()
            while not answer.done:
                failure: Failure | None = None
                chunk: bytes | None = None
                try:
                    chunk = next(chunks, None)
                except FAILURES as error:
                    failure = self._faults.broken(error, begun=True)
                if failure is not None:
                    raise failure[0]
                if chunk is None:
                    break
                yield from answer.feed(chunk)
            yield from answer.finish()
        finally:
            http.close()

    def _open(self, call: _Call) -> httpx2.Response:
        tries = Tries(self._max_retries)
        while True:
            try:
                http = self._post(call)
                if http.is_success:
                    return http
                failure = self._refused(http, _read(http))
            except FAILURES as error:
                failure = self._faults.broken(error)
            time.sleep(tries.wait_after(failure[0], again=failure[1]))

    def _post(self, call: _Call) -> httpx2.Response:
        client = self._pool.sync()
        return client.send(self._request(client, call), stream=True, follow_redirects=False)

    def close(self) -> None:
        """Close the connections of sync calls; those of a client that was passed in stay. A later call opens new."""
        self._pool.close()

    # -- async ---------------------------------------------------------------------------------------------------

    async def asend(self, request: Request) -> Response:
        """Ask, and wait for the whole answer. Raises as `send`."""
        call = self._call(request, stream=False)
        tries = Tries(self._max_retries)
        while True:
            answer = self._answer(stream=False)
            http: httpx2.Response | None = None
            try:
                http = await self._apost(call)
                failure = None if http.is_success else self._refused(http, await _aread(http))
                if failure is None:
                    async for chunk in http.aiter_bytes():
                        answer.feed(chunk)
                        if answer.done:
                            break
            except FAILURES as error:
                failure = self._faults.broken(error, begun=http is not None)
            finally:
                if http is not None:
                    await http.aclose()
            if failure is None:
                answer.finish()
                return answer.response
            await asyncio.sleep(tries.wait_after(failure[0], again=failure[1]))

    def astream(self, request: Request) -> AsyncStream:
        """Ask, and give the events of the answer as they come; see `stream`."""
        call = self._call(request, stream=True)
        return AsyncStream(self._answer(stream=True), lambda answer: self._aevents(call, answer))

    async def _aevents(self, call: _Call, answer: Answer) -> AsyncGenerator[Event]:
        http = await self._aopen(call)
        try:
            chunks = http.aiter_bytes()
            while not answer.done:
                failure: Failure | None = None
                chunk: bytes | None = None
                try:
                    chunk = await anext(chunks, None)
                except FAILURES as error:
                    failure = self._faults.broken(error, begun=True)
                if failure is not None:
                    raise failure[0]
                if chunk is None:
                    break
                for event in answer.feed(chunk):
                    yield event
            for event in answer.finish():
                yield event
        finally:
            await http.aclose()

    async def _aopen(self, call: _Call) -> httpx2.Response:
        tries = Tries(self._max_retries)
        while True:
            try:
                http = await self._apost(call)
                if http.is_success:
                    return http
                failure = self._refused(http, await _aread(http))
            except FAILURES as error:
                failure = self._faults.broken(error)
            await asyncio.sleep(tries.wait_after(failure[0], again=failure[1]))

    async def _apost(self, call: _Call) -> httpx2.Response:
        client = await self._pool.of_loop()
        return await client.send(self._request(client, call), stream=True, follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connections of async calls in this loop, and those of sync calls; see `close`."""
        await self._pool.aclose()

    # -- both ----------------------------------------------------------------------------------------------------

    def _answer(self, *, stream: bool) -> Answer:
        row = self._row
        return Answer(self.dialect, self.profile, self._faults, stream=stream, ends=row.ends, lines=row.lines)

    def _call(self, request: Request, *, stream: bool) -> _Call:
        body = self._body.write(request, stream=stream, on_losses=self._on_losses)
        model = request.model if isinstance(request.model, str) else self.endpoint.model
        return _Call(_wires.url(self._row, self.endpoint.base_url, model=model, stream=stream), body, stream)

    def _request(self, client: httpx2.Client | httpx2.AsyncClient, call: _Call) -> httpx2.Request:
        headers = {"accept": self._row.accepts if call.stream else "application/json", **self._headers}
        return client.build_request("POST", call.url, content=call.body, headers=headers, timeout=self._timeout)

    def _refused(self, http: httpx2.Response, body: bytes) -> Failure:
        return self._faults.refused(http.status_code, http.headers, body)

    def __repr__(self) -> str:
        return f"Client({self.endpoint!r})"

    def __copy__(self) -> Client:
        return self

    def __deepcopy__(self, memo: object) -> Client:
        # Frameworks copy agents deeply; connections and locks cannot be copied, and a client may be shared.
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client holds a credential and is never pickled; make it again on the other side")


def _read(http: httpx2.Response) -> bytes:
    """Read an error body as far as it is told, and end the connection."""
    body = b""
    try:
        for chunk in http.iter_bytes():
            body += chunk
            if len(body) >= ERROR_BYTES:
                break
    except FAILURES:
        pass  # the status stands, whatever becomes of its words
    finally:
        http.close()
    return body[:ERROR_BYTES]


async def _aread(http: httpx2.Response) -> bytes:
    """Read an error body as far as it is told, and end the connection."""
    body = b""
    try:
        async for chunk in http.aiter_bytes():
            body += chunk
            if len(body) >= ERROR_BYTES:
                break
    except FAILURES:
        pass  # the status stands, whatever becomes of its words
    finally:
        await http.aclose()
    return body[:ERROR_BYTES]
