"""Servers that break off, for every room alike: a real socket each, and what an error has to say of it."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import traceback
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import httpx2
import pytest

from keepthinking import DecodeError, KeepthinkingError, TransportError

KEY: Final = "sk-canary-0123456789"
PASSWORD: Final = "hidden-0123456789"  # noqa: S105 - of nobody
TIMEOUT: Final = 2.0
"""Seconds that a client waits for the next bytes: more than a thread of a busy machine takes to send some."""
OPTIONS: Final[dict[str, Any]] = {
    "model": "deepseek-v4-pro",
    "profile": "deepseek",
    "api_key": KEY,
    "timeout": TIMEOUT,
    "max_retries": 1,
}
"""How a room makes its model, its address aside."""

_ANSWER: Final = {
    "id": "r1",
    "object": "chat.completion",
    "created": 1,
    "model": "deepseek-v4-pro",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "reasoning_content": "First Oslo.",
                "content": "Oslo is colder than Rome.",
            },
        }
    ],
}
_WHOLE: Final = json.dumps(_ANSWER).encode()


def _frame(delta: dict[str, str], *, ends: bool = False) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if ends else None}
    chunk = {**_ANSWER, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: %b\n\n" % json.dumps(chunk).encode()


_SAID: Final = ("Oslo ", "is ", "colder ")
"""The words of a stream that breaks off."""
_FRAMES: Final = (
    _frame({"role": "assistant", "reasoning_content": "First Oslo."}),
    *(_frame({"content": words}) for words in _SAID),
)
_REST: Final = (_frame({"content": "than Rome."}), _frame({}, ends=True), b"data: [DONE]\n\n")

Serve = Callable[[socket.socket, threading.Event], None]
"""Answers one request; the event is set when the test is over."""


Say = Callable[[str], None]
"""Takes words that a model has handed out."""


class Case(NamedTuple):
    """A server that breaks off.

    Attributes:
        serve: What it does; None is where nobody listens.
        error: What a model raises.
        says: What the error says of it.
        hints: What it says is to be done.
        asked: How often the server is asked for a whole answer, with one retry.
        streamed: How often it is asked for a stream.
        begins: Whether words of a stream come before it breaks.
    """

    serve: Serve | None
    error: type[KeepthinkingError]
    says: str
    hints: str
    asked: int = 2
    streamed: int = 1
    begins: bool = False


def _head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_JSON: Final = "content-type: application/json"
_EVENTS: Final = ("content-type: text/event-stream", "transfer-encoding: chunked")
_GZIP: Final = "content-encoding: gzip"
_HTML: Final = b"<!doctype html><title>Sign in</title>"


def _sends(*data: bytes) -> Serve:
    def serve(peer: socket.socket, _: threading.Event) -> None:
        peer.sendall(b"".join(data))

    return serve


def _stays(*data: bytes) -> Serve:
    def serve(peer: socket.socket, over: threading.Event) -> None:
        peer.sendall(b"".join(data))
        over.wait(60)

    return serve


def _resets(*data: bytes) -> Serve:
    def serve(peer: socket.socket, over: threading.Event) -> None:
        peer.sendall(b"".join(data))
        # What waits to be read would be lost with a reset, so the peer gets its time.
        over.wait(0.5)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return serve


_BEGUN: Final = (_head("200 OK", *_EVENTS), *map(_chunk, _FRAMES))
_BODY: Final = (_head("200 OK", _JSON, f"content-length: {len(_WHOLE)}"), _WHOLE[: len(_WHOLE) // 2])
_HALF: Final = gzip.compress(_WHOLE)[:-40]


def _squeezed(data: bytes) -> bytes:
    """Give the beginning of a gzip that holds at least this."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


_LOST: Final = ("was lost before an answer began", "raise max_retries")
_LATE: Final = (f"within {TIMEOUT:g} seconds", "raise `timeout`")
_EARLY: Final = ("ended early", "ask again")

CASES: Final[dict[str, Case]] = {
    "nobody listens": Case(None, TransportError, "no connection to", "look at base_url", streamed=2),
    "never answers": Case(_stays(), TransportError, *_LATE, streamed=2),
    "closes before the answer": Case(_sends(), TransportError, *_LOST, streamed=2),
    "resets before the answer": Case(_resets(), TransportError, *_LOST, streamed=2),
    "closes in the status line": Case(_sends(b"HTTP/1.1 20"), TransportError, *_LOST, streamed=2),
    "speaks no HTTP": Case(_sends(b"SSH-2.0-OpenSSH_9.9\r\n"), TransportError, *_LOST, streamed=2),
    "closes in the body": Case(_sends(*_BODY), TransportError, *_EARLY),
    "resets in the body": Case(_resets(*_BODY), TransportError, *_EARLY),
    "stops in the body": Case(_stays(*_BODY), TransportError, *_LATE),
    "closes in the stream": Case(_sends(*_BEGUN), TransportError, *_EARLY, begins=True),
    "resets in the stream": Case(_resets(*_BEGUN), TransportError, *_EARLY, begins=True),
    "stops in the stream": Case(_stays(*_BEGUN), TransportError, *_LATE, begins=True),
    "ends the stream in order": Case(_sends(*_BEGUN, b"0\r\n\r\n"), TransportError, *_EARLY, asked=1, begins=True),
    "ends the stream in a word": Case(
        _sends(*_BEGUN, _chunk(_REST[0][:-9]), b"0\r\n\r\n"), TransportError, *_EARLY, asked=1, begins=True
    ),
    "half a gzip": Case(
        _sends(_head("200 OK", _JSON, _GZIP, f"content-length: {len(_HALF)}"), _HALF),
        DecodeError,
        "cannot be read",
        "proxies",
        asked=1,
    ),
    "half a gzip of a stream": Case(
        _sends(_head("200 OK", *_EVENTS, _GZIP), _chunk(_squeezed(b"".join(_FRAMES))), b"0\r\n\r\n"),
        TransportError,
        *_EARLY,
        asked=1,
        begins=True,
    ),
    "no gzip": Case(
        _sends(_head("200 OK", _JSON, _GZIP, f"content-length: {len(_WHOLE)}"), _WHOLE),
        DecodeError,
        "is not compressed as its header says",
        "look at base_url",
        asked=1,
    ),
    "a website": Case(
        _sends(_head("200 OK", "content-type: text/html", f"content-length: {len(_HTML)}"), _HTML),
        DecodeError,
        "answers with an HTML page",
        "look at base_url",
        asked=1,
    ),
    "nothing": Case(_sends(_head("200 OK", _JSON, "content-length: 0")), TransportError, *_EARLY, asked=1),
    "an empty object": Case(
        _sends(_head("200 OK", _JSON, "content-length: 2"), b"{}"), DecodeError, "cannot be read", "proxies", asked=1
    ),
}
"""What every room is answered, and what it has to say of it."""


class Server:
    """Listens on loopback, and does one thing to whoever asks.

    Attributes:
        base_url: Where, with a password in it.
        asked: How often a request came.
    """

    def __init__(self, serve: Serve | None) -> None:
        self._serve = serve
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked = 0
        self.place = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.base_url = self.place.replace("//", f"//user:{PASSWORD}@")
        self._threads: list[threading.Thread] = []
        if serve is None:
            self._listener.close()
        else:
            self._begin(self._accept)

    def _begin(self, doing: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=doing, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            peer, _ = self._listener.accept()
            self._begin(self._talk, peer)

    def _talk(self, peer: socket.socket) -> None:
        with peer:
            peer.settimeout(30)
            if _read(peer) and self._serve is not None:
                self.asked += 1
                self._serve(peer, self._over)

    def stop(self) -> None:
        self._over.set()
        if self._serve is not None:
            socket.create_connection(self._listener.getsockname()).close()  # wakes who waits for the next
        for thread in self._threads:
            thread.join()
        self._listener.close()


def _read(peer: socket.socket) -> bool:
    """Read one request, and tell whether there was one."""
    held = b""
    while b"\r\n\r\n" not in held:
        more = peer.recv(65_536)
        if not more:
            return False
        held += more
    head, _, body = held.partition(b"\r\n\r\n")
    size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < size:
        body += peer.recv(65_536)
    return True


@contextmanager
def serving(serve: Serve | None) -> Generator[Server]:
    server = Server(serve)
    try:
        yield server
    finally:
        server.stop()


def expect_told(case: Case, ask: Callable[[str, Say], object], *, stream: bool) -> None:
    """Let a model of a room ask a server that breaks off, and look at what it says.

    Args:
        case: What the server does.
        ask: Asks a model at a base URL that is made with `OPTIONS`, and hands on its words as they come.
        stream: Whether it asks for a stream.
    """
    said: list[str] = []
    with serving(case.serve) as server, pytest.raises(Exception) as caught:  # noqa: PT011 - which is looked at below
        ask(server.base_url, said.append)

    error = _ours(caught.value)
    assert type(error) is case.error
    assert case.says in error.what
    assert case.hints in error.hint
    assert error.hint
    assert error.culprit == "provider"
    assert str(error) in str(caught.value)  # a framework that raises its own says ours
    asked = case.streamed if stream else case.asked
    assert f"{server.place}/chat/completions (deepseek)" in error.what
    assert ("(after 2 attempts)" in error.what) == (asked > 1)
    assert server.asked == (asked if case.serve is not None else 0)
    assert "".join(said) == ("".join(_SAID) if stream and case.begins else "")
    for held in _chain(caught.value):
        assert not isinstance(held, httpx2.HTTPError)  # its request has the key
        assert KEY not in f"{held!r} {held}"
        assert PASSWORD not in f"{held!r} {held}"
    assert KEY not in "".join(traceback.format_exception(caught.value))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from _chain(error.__cause__)
        yield from _chain(error.__context__)


def _ours(error: BaseException) -> KeepthinkingError:
    return next(held for held in _chain(error) if isinstance(held, KeepthinkingError))
