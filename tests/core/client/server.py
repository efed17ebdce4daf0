"""A real HTTP server on loopback that plays scripted replies, and what both dialects say."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from keepthinking import Conversation, Message, Request, Response, Text, Thinking, ToolCall, ToolResult, dialect

CHAT, ANTHROPIC = "openai-chat", "anthropic-messages"
DIALECTS = (CHAT, ANTHROPIC)
PATHS = {CHAT: "/v1/chat/completions", ANTHROPIC: "/v1/messages"}
KEY = "sk-not-a-real-key-0123456789"


@dataclass
class Reply:
    """One scripted reply.

    Attributes:
        parts: What is sent, piece by piece.
        status: The HTTP status.
        headers: Headers besides those of the framing.
        cut: Whether the connection ends without the end of the body.
        gate: What the reply waits for before its first byte.
        hold: What the reply waits for before its end.
    """

    parts: list[bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    gate: threading.Event | None = None
    hold: threading.Event | None = None


@dataclass
class Seen:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """Plays replies in order; the last one is played for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.seen: list[Seen] = []
        self.gone = threading.Event()
        """Set when a peer ended its connection before the reply did."""
        self._lock = threading.Lock()
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def base(self, dialect_id: str) -> str:
        """Give the base URL as the vendor's own client takes it."""
        return f"{self.root}/v1" if dialect_id == CHAT else self.root

    def play(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def next(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note a peer that went; anything else is told, as usual."""
        if isinstance(sys.exception(), OSError):
            self.owner.gone.set()
        else:
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self._play(self.server.owner.next(Seen(self.path, headers, body)))
        except OSError:
            self.server.owner.gone.set()
            self.close_connection = True

    def _play(self, reply: Reply) -> None:
        if reply.gate is not None:
            reply.gate.wait(10)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for part in reply.parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        if reply.hold is not None:
            self._hold(reply.hold)
        if reply.cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _hold(self, until: threading.Event) -> None:
        """Wait, and notice when the peer goes."""
        self.connection.settimeout(0.01)
        for _ in range(1_000):
            if until.is_set():
                break
            try:
                if not self.connection.recv(1):
                    raise ConnectionResetError
            except TimeoutError:
                continue
        self.connection.settimeout(None)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the standard library
        """Say nothing: a test's output is for its failures."""


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def closed_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def answer(dialect_id: str) -> Response:
    """What the scripted model says: a thought, a text with characters of several bytes, two calls."""
    sealed = dialect_id == ANTHROPIC
    message = Message.assistant(
        Thinking.of("First ü, then 🧠.", signature="c2VhbA==" if sealed else None),
        Text.of("Ja, schön 🙂."),
        ToolCall(id="c1", name="look", arguments='{"q":"ä"}', kind="object" if sealed else "json"),
        ToolCall(id="c2", name="look", arguments='{"q":"ö"}', kind="object" if sealed else "json"),
    )
    return Response(messages=(message,), stop_reason="tool_use" if sealed else "tool_calls")


def whole(dialect_id: str) -> bytes:
    body: dict[str, Any] = json.loads(dialect(dialect_id).encode_response(answer(dialect_id)).body)
    if dialect_id == ANTHROPIC:
        body |= {"id": "msg_1", "type": "message", "model": "m", "usage": {"input_tokens": 1, "output_tokens": 2}}
    else:
        body |= {"id": "c_1", "object": "chat.completion", "model": "m", "usage": {"total_tokens": 3}}
    return json.dumps(body, ensure_ascii=False).encode()


def frames(dialect_id: str) -> list[bytes]:
    spoken = dialect(dialect_id)
    return list(spoken.encode_stream(spoken.decode_response(whole(dialect_id))))


def streamed(dialect_id: str, size: int | None = None) -> list[bytes]:
    """Give the stream in its frames, or in pieces of a size, which cut frames and characters anywhere."""
    if size is None:
        return frames(dialect_id)
    joined = b"".join(frames(dialect_id))
    return [joined[n : n + size] for n in range(0, len(joined), size)]


SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


def asked(*messages: Message) -> Request:
    return Request(conversation=Conversation.of(*(messages or (Message.user("go"),))))


def history() -> tuple[Message, ...]:
    """A turn with two calls, as a framework holds it: one message a result, instructions at the head."""
    calls = (ToolCall.of("look", {"q": 1}, id="c1"), ToolCall.of("look", {"q": 2}, id="c2"))
    return (
        Message.system("Be brief."),
        Message.user("go"),
        Message.assistant(Thinking.of("hm"), *calls),
        Message(role="tool", blocks=(ToolResult(call_id="c1", content="one"),)),
        Message(role="tool", blocks=(ToolResult(call_id="c2", content="two"),)),
    )
