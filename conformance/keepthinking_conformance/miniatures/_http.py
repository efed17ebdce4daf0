"""HTTP through the standard library: one request at a time, sent again where that may help."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

from keepthinking_conformance.miniatures._values import load
from keepthinking_conformance.miniatures._wire import Json

T = TypeVar("T")

Streamed = Literal["", "events", "lines"]
"""What an answer is a stream of: server-sent events, or one JSON object a line; "" where it is none."""

_TRIES: Final = 4
"""So often one request is sent."""

_AGAIN: Final = frozenset({429, 500, 502, 503, 504, 529})
"""Statuses after which it is sent again: too many requests, overloaded, out of order."""

_PAUSE: Final = 0.02
"""So long, in seconds, the first pause is where the server asks for none; each further one is twice as long."""

_FAILURES: Final = (OSError, http.client.HTTPException, ValueError, EOFError)
"""No answer, one that ends early, that is no JSON, that has no end."""

_SECONDS: Final = 30.0
"""So long, in seconds, a connection may be silent."""


class RefusedError(Exception):
    """The provider refused a request.

    Attributes:
        status: The HTTP status.
        wait: How long, in seconds, it asks to wait; None where it asks nothing.
    """

    def __init__(self, status: int, wait: float | None) -> None:
        self.status = status
        self.wait = wait
        super().__init__(f"HTTP {status}")


class HungUpError(Exception):
    """Somebody ended the request."""


class Line:
    """Where requests go out. `hang_up` may be called from another thread.

    Attributes:
        heard: The events of the last streamed answer, as far as they came.
        refused: How often nobody took the connection.
        slowest: Seconds that the slowest answer took.
    """

    def __init__(self) -> None:
        self.refused = 0
        self.slowest = 0.0
        self.heard: list[Json] = []
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._ended = False

    def hang_up(self) -> None:
        """End the request that goes on."""
        with self._lock:
            self._ended = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def ask(
        self,
        url: str,
        headers: Mapping[str, str],
        bodies: Sequence[bytes],
        take: Callable[[Json], T],
        *,
        stream: Streamed,
    ) -> T:
        """Send a request, again where that may help, and give what is made of its answer.

        Args:
            url: Where to.
            headers: Its headers.
            bodies: What is sent, try by try; the last one from then on.
            take: Makes something of the answer: of a body, or of a list of events.
            stream: What the answer is a stream of: "" where it is none.

        Raises:
            RefusedError: The provider refused it.
            HungUpError: `hang_up` was called.
            OSError: There is no answer.
            http.client.HTTPException: It ended early.
            ValueError: It is no JSON.
            EOFError: It has no end.
        """
        self._ended = False
        for again in range(_TRIES):
            try:
                return take(self._once(url, headers, bodies[min(again, len(bodies) - 1)], stream=stream))
            except (RefusedError, *_FAILURES) as error:
                if self._ended:
                    raise HungUpError from None
                self.refused += isinstance(error, ConnectionRefusedError)
                wait: float | None = None
                if isinstance(error, RefusedError):
                    if error.status not in _AGAIN:
                        raise
                    wait = error.wait
                if again == _TRIES - 1:
                    raise
                time.sleep(_PAUSE * 2**again if wait is None else wait)
        raise AssertionError  # the last try has returned or raised

    def _once(self, url: str, headers: Mapping[str, str], body: bytes, *, stream: Streamed) -> Json:
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
        began = time.monotonic()
        try:
            connection.connect()
            with self._lock:
                self._socket = connection.sock
            path = f"{place.path}?{place.query}" if place.query else place.path
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                wait = response.getheader("retry-after")
                response.read()
                raise RefusedError(response.status, None if wait is None else float(wait))
            if not stream:
                return load(response.read())
            return self._events(response) if stream == "events" else self._lines(response)
        finally:
            with self._lock:
                self._socket = None
            connection.close()
            self.slowest = max(self.slowest, time.monotonic() - began)

    def _lines(self, response: http.client.HTTPResponse) -> list[Json]:
        """Read lines of JSON."""
        self.heard = []
        for line in response:
            self.heard.append(load(line))
        return self.heard

    def _events(self, response: http.client.HTTPResponse) -> list[Json]:
        """Read server-sent events; comments and names of events say nothing that their data does not."""
        self.heard = []
        data: list[bytes] = []
        for line in response:
            field, _, value = line.rstrip(b"\r\n").partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" "))
            elif not line.strip() and data:
                text, data = b"\n".join(data), []
                if text != b"[DONE]":
                    self.heard.append(load(text))
        return self.heard
