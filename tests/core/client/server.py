"""A real HTTP server on loopback that plays scripted replies, and what each dialect says."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from keepthinking import Conversation, Message, Request, Thinking, ToolCall, ToolResult, dialect

CHAT, RESPONSES, ANTHROPIC, GEMINI = "openai-chat", "openai-responses", "anthropic-messages", "gemini"
OLLAMA = "ollama"
_GENERATE = "/v1beta/models/m:generateContent"


class Wire(NamedTuple):
    """What a dialect says.

    Attributes:
        base: What the vendor's own client takes as its base URL, behind the host.
        path: Where a whole answer is asked for.
        streamed: Where a stream is asked for.
        usage: The member of an answer that counts; "" where several do.
        cut: What to replace in a stream, so that a limit has cut the answer.
        error: A frame of a stream that says that the model is overloaded.
        results: How many results stand in each message that has some, of two turns with two calls each.
    """

    base: str
    path: str
    streamed: str
    usage: str
    cut: tuple[tuple[bytes, bytes], ...]
    error: bytes
    results: tuple[int, ...]


WIRES: Mapping[str, Wire] = {
    CHAT: Wire(
        base="/v1",
        path="/v1/chat/completions",
        streamed="/v1/chat/completions",
        usage="usage",
        cut=((b'"finish_reason":"tool_calls"', b'"finish_reason":"length"'),),
        error=b'data: {"error":{"message":"the model is overloaded","code":502}}\n\n',
        results=(1, 1, 1, 1),
    ),
    RESPONSES: Wire(
        base="/v1",
        path="/v1/responses",
        streamed="/v1/responses",
        usage="usage",
        cut=((b"response.completed", b"response.incomplete"), (b'"status":"completed"', b'"status":"incomplete"')),
        error=b'event: error\ndata: {"type":"error","code":"server_error","message":"the model is overloaded",'
        b'"param":null,"sequence_number":3}\n\n',
        results=(1, 1, 1, 1),
    ),
    ANTHROPIC: Wire(
        base="",
        path="/v1/messages",
        streamed="/v1/messages",
        usage="usage",
        cut=((b'"stop_reason":"tool_use"', b'"stop_reason":"max_tokens"'),),
        error=b"event: error\n"
        b'data: {"type":"error","error":{"type":"overloaded_error","message":"the model is overloaded"}}\n\n',
        results=(2, 2),
    ),
    GEMINI: Wire(
        base="",
        path=_GENERATE,
        streamed="/v1beta/models/m:streamGenerateContent?alt=sse",
        usage="usageMetadata",
        cut=((b'"finishReason":"STOP"', b'"finishReason":"MAX_TOKENS"'),),
        error=b'data: {"error":{"code":503,"message":"the model is overloaded","status":"UNAVAILABLE"}}\n\n',
        results=(2, 2),
    ),
    OLLAMA: Wire(
        base="",
        path="/api/chat",
        streamed="/api/chat",
        usage="",
        cut=((b'"done_reason":"stop"', b'"done_reason":"length"'),),
        error=b'{"error":"the model is overloaded"}\n',
        results=(1, 1, 1, 1),
    ),
}
DIALECTS = tuple(WIRES)
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
        return f"{self.root}{WIRES[dialect_id].base}"

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


THOUGHT, SAID = "First ü, then 🧠.", "Ja, schön 🙂."
_ASKED = (("c1", "ä"), ("c2", "ö"))


def _chat() -> dict[str, Any]:
    calls = [
        {"id": id_, "type": "function", "function": {"name": "look", "arguments": f'{{"q":"{q}"}}'}}
        for id_, q in _ASKED
    ]
    message = {"role": "assistant", "content": SAID, "reasoning_content": THOUGHT, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return {"id": "c_1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": {"total_tokens": 3}}


def _responses() -> dict[str, Any]:
    content = [{"type": "output_text", "text": SAID, "annotations": []}]
    output: list[dict[str, Any]] = [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": THOUGHT}],
            "encrypted_content": "c2VhbA==",
        },
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content},
    ]
    output += [
        {
            "id": f"fc_{id_}",
            "type": "function_call",
            "status": "completed",
            "call_id": id_,
            "name": "look",
            "arguments": f'{{"q":"{q}"}}',
        }
        for id_, q in _ASKED
    ]
    head = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "error": None}
    return {**head, "output": output, "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}


def _anthropic() -> dict[str, Any]:
    content: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": THOUGHT, "signature": "c2VhbA=="},
        {"type": "text", "text": SAID},
        *({"type": "tool_use", "id": id_, "name": "look", "input": {"q": q}} for id_, q in _ASKED),
    ]
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content}
    return {**head, "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 2}}


def _gemini() -> dict[str, Any]:
    first, second = ({"functionCall": {"id": id_, "name": "look", "args": {"q": q}}} for id_, q in _ASKED)
    parts = [{"text": THOUGHT, "thought": True}, {"text": SAID}, {**first, "thoughtSignature": "c2VhbA=="}, second]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r_1"}


def _ollama() -> dict[str, Any]:
    calls = [{"id": id_, "function": {"name": "look", "arguments": {"q": q}}} for id_, q in _ASKED]
    message = {"role": "assistant", "content": SAID, "thinking": THOUGHT, "tool_calls": calls}
    head = {"model": "m", "created_at": "2026-09-19T10:00:00Z", "message": message}
    return {**head, "done_reason": "stop", "done": True, "prompt_eval_count": 1, "eval_count": 2}


_BODIES = {CHAT: _chat, RESPONSES: _responses, ANTHROPIC: _anthropic, GEMINI: _gemini, OLLAMA: _ollama}


def whole(dialect_id: str) -> bytes:
    """What the scripted model says: a thought, a text with characters of several bytes, two calls."""
    return json.dumps(_BODIES[dialect_id](), ensure_ascii=False).encode()


def frames(dialect_id: str) -> list[bytes]:
    spoken = dialect(dialect_id)
    return list(spoken.encode_stream(spoken.decode_response(whole(dialect_id))))


def begun(dialect_id: str) -> bytes:
    """Give a stream until its thought has come."""
    found = frames(dialect_id)
    return b"".join(found[: 1 + next(n for n, frame in enumerate(found) if THOUGHT.encode() in frame)])


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
