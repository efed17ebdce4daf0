"""A streamed answer, in: one JSON object a line.

Reading builds the body that the same answer would have had without streaming, as the server itself does for those who
ask for it whole: what was thought and said is joined, calls are gathered, and of all else the last line counts. That
body is handed to the reader of whole responses: there is one decoder, not two. An answer that comes whole is a stream
of one line.

Source: https://github.com/ollama/ollama/blob/main/server/routes.go, `ChatHandler` (read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, EventKind, Response
from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string
from keepthinking._messages import ToolCall
from keepthinking.dialects._text import Grow, Halves
from keepthinking.dialects._wire import array, is_array, is_json, is_null, is_object, is_string, write_members
from keepthinking.dialects.ollama._lines import LinesDecoder
from keepthinking.dialects.ollama._names import CALLS, CONTENT, COUNTS, DONE, IMAGES, MESSAGE, THINKING
from keepthinking.dialects.ollama._read import read_call

_TEXTS: tuple[tuple[str, EventKind], ...] = ((THINKING, "thinking"), (CONTENT, "text"))
_LISTS = (IMAGES, CALLS)


class ChatStreamDecoder:
    """Bytes of one streamed answer in, events out."""

    def __init__(self, decode: Callable[[Slices], Response]) -> None:
        self._decode = decode
        self._lines = LinesDecoder()
        self._halves = Halves()
        self._body: dict[str, Slice] = {}
        self._message: _Message | None = None
        self._count = 0
        self._ended = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events = (event for line in self._lines.feed(chunk) for event in self._line(line))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Half a line at the end of a stream that was cut says nothing and is dropped.

        Raises:
            DecodeError: The stream held no line of an answer, or a line of it is none.
        """
        last = self._lines.rest()
        if last and (self._ended or is_json(last)):
            for _ in self._line(last):
                pass
        if not self._count:
            raise DecodeError("the stream holds no line of an answer", where="byte 0", culprit="provider")
        body = dict(self._body)
        if self._message is not None:
            body[MESSAGE] = self._message.body()
        response = self._decode(body)
        cut = not self._ended and response.outcome == "complete"
        return replace(response, outcome="truncated") if cut else response

    def _line(self, line: bytes) -> Iterator[Event]:
        where = f"line {self._count}"
        left = members(line, where, "provider")
        if not self._count:
            yield Event(kind="start")
        self._count += 1
        raw = left.pop(MESSAGE, None)
        if raw is not None and is_object(raw):
            self._message = self._message or _Message()
            yield from self._message.grow(members(raw, f"{where}, $.{MESSAGE}", "provider"), f"{where}, $.{MESSAGE}")
        elif raw is not None:
            left[MESSAGE] = raw  # the reader of whole answers says what is wrong with it
        _merge(self._body, left)
        if "error" in left and not is_null(left["error"]):
            yield Event(kind="error")
        if not COUNTS.isdisjoint(left):
            yield Event(kind="usage")
        if bytes(left.get(DONE, b"")) == b"true" and not self._ended:
            self._ended = True
            yield Event(kind="end")


class _Message:
    """The message, which grows."""

    def __init__(self) -> None:
        self._left: dict[str, Slice] = {}
        self._texts: dict[str, Grow] = {}
        self._lists: dict[str, list[bytes]] = {}

    def grow(self, left: Slices, where: str) -> Iterator[Event]:
        """Take what a line says of it, and give the events that this means."""
        for name, kind in _TEXTS:
            raw = left.get(name)
            if raw is None or not is_string(raw):
                continue
            text = string(left.pop(name), f"{where}.{name}", "provider")
            self._texts.setdefault(name, Grow()).add(text)
            if text:
                yield Event(kind=kind, text=text)
        for name in _LISTS:
            raw = left.get(name)
            if raw is None or not is_array(raw):
                continue
            known = self._lists.setdefault(name, [])
            here = f"{where}.{name}"
            for n, entry in enumerate(elements(left.pop(name), here, "provider")):
                if name == CALLS:
                    yield from _called(entry, len(known), f"{here}[{n}]")
                known.append(bytes(entry))
        _merge(self._left, left)

    def body(self) -> bytes:
        """Write it as it would have come whole."""
        texts = {name: dump_string(join_surrogates(str(text))) for name, text in self._texts.items()}
        lists = {name: array(entries) for name, entries in self._lists.items()}
        return write_members({**self._left, **texts, **lists})


def _called(entry: Slice, index: int, where: str) -> Iterator[Event]:
    """Give the events of a call, which comes whole."""
    block = read_call(entry, where, "provider")
    if not isinstance(block, ToolCall):
        yield Event(kind="block", index=index)
        return
    yield Event(kind="tool_call", index=index, id=block.id if isinstance(block.id, str) else UNSET, name=block.name)
    if block.arguments:
        yield Event(kind="arguments", index=index, text=block.arguments)


def _merge(known: dict[str, Slice], newer: Slices) -> None:
    """Let newer statements win, whole; a null says nothing about what is known already."""
    for key, raw in newer.items():
        if not is_null(raw) or key not in known:
            known[key] = bytes(raw)
