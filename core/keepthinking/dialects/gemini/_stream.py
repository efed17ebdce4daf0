"""A streamed answer, in.

Every chunk is a response of its own. Reading builds the body that the same answer would have had without streaming,
and hands it to the reader of whole responses: there is one decoder, not two.

A text goes on in the next chunk, so the first part of a chunk extends the last part before it, where both are texts,
or both thoughts, and nothing else: a part with a signature is not merged with one without, nor with another that has
one, and an empty text with a late signature stays (https://ai.google.dev/gemini-api/docs/thought-signatures, read
2026-11-24). Parts of one chunk are never joined. Arguments of a call that come in pieces are (`_pieces`). Of all other
members the newest statement wins, whole. No word ends a stream: `end` is shown once every candidate has said why it
ended, and what still comes after that is shown after it.

What differs from the vendor's own client on purpose: it joins nothing and keeps a content for each chunk (google-genai
3.4.0, `chats.py`, read 2026-11-24). The words and signatures are the same, and what was one part of an answer is one.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, EventKind, Response
from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string, utf8
from keepthinking._messages import Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking.dialects._sse import SSEDecoder
from keepthinking.dialects._text import Grow, Halves
from keepthinking.dialects._wire import array, is_array, is_null, is_object, is_string, write_members
from keepthinking.dialects.gemini._names import CANDIDATES, CONTENT, FEEDBACK, FINISH, PARTS, TEXT, THOUGHT, USAGE
from keepthinking.dialects.gemini._pieces import CallPieces, continuing, opening
from keepthinking.dialects.gemini._read import read_part
from keepthinking.dialects.gemini._spelt import key_of
from keepthinking.dialects.gemini._values import ValuesDecoder

_Kept: TypeAlias = dict[str, Slice]


class ContentStreamDecoder:
    """Bytes of one streamed answer in, events out."""

    def __init__(self, decode: Callable[[Slices], Response]) -> None:
        self._decode = decode
        self._frames: SSEDecoder | ValuesDecoder | None = None
        self._begin = b""
        self._halves = Halves()
        self._answer = Assembler()
        self._count = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        if self._frames is None:
            self._begin += chunk
            first = self._begin.removeprefix(BOM_UTF8).lstrip()[:1]
            if not first or (BOM_UTF8.startswith(self._begin)):
                return []
            self._frames = ValuesDecoder() if first in b"[{" else SSEDecoder()
            chunk, self._begin = self._begin, b""
        events = (event for data in self._data(chunk) for event in self._chunk(data))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Raises:
            DecodeError: The stream held no answer and no error, or a chunk of it is none.
        """
        if isinstance(self._frames, SSEDecoder):
            for found in self._frames.finish():
                for _ in self._chunk(utf8(found.data)):
                    pass
        if not self._answer.begun:
            raise DecodeError("the stream holds no chunk of an answer", where="byte 0", culprit="provider")
        return self._answer.judged(self._decode(self._answer.body()))

    def _data(self, chunk: bytes) -> list[bytes]:
        if isinstance(self._frames, SSEDecoder):
            return [utf8(found.data) for found in self._frames.feed(chunk)]
        return [] if self._frames is None else self._frames.feed(chunk)

    def _chunk(self, data: bytes) -> Iterator[Event]:
        if not data.strip() or data == b"[DONE]":  # some gateways end every stream as chat does
            return
        where = f"chunk {self._count}"
        self._count += 1
        yield from self._answer.chunk(data, where)


class Assembler:
    """An answer that grows by chunks.

    Attributes:
        begun: Whether a chunk has come.
    """

    def __init__(self) -> None:
        self.begun = False
        self._left: _Kept = {}
        self._candidates: dict[int, _Candidate] = {}
        self._ended = False

    def chunk(self, raw: Slice, where: str) -> Iterator[Event]:
        """Take a chunk and give the events that it means. Raises `DecodeError`."""
        left = members(raw, where, "provider")
        if not self.begun:
            self.begun = True
            yield Event(kind="start")
        candidates = left.pop(CANDIDATES, None)
        if candidates is not None and not is_null(candidates):
            here = f"{where}, $.{CANDIDATES}"
            for i, one in enumerate(elements(candidates, here, "provider")):
                candidate = members(one, f"{here}[{i}]", "provider")
                index = _index(candidate, i)
                grown = self._candidates.setdefault(index, _Candidate(index))
                yield from grown.chunk(candidate, f"{here}[{i}]")
        elif candidates is not None:
            self._left.setdefault(CANDIDATES, b"null")
        _merge(self._left, left)
        if "error" in left and not is_null(left["error"]):
            yield Event(kind="error")
        if key_of(left, USAGE) is not None:
            yield Event(kind="usage")
        if self.whole and not self._ended:
            self._ended = True
            yield Event(kind="end")

    @property
    def whole(self) -> bool:
        """Whether every candidate has said why it ended, or the prompt was blocked."""
        if not self._candidates:
            return key_of(self._left, FEEDBACK) is not None
        return all(candidate.finished for candidate in self._candidates.values())

    def body(self) -> Slices:
        """Give the members of the body so far."""
        if not self._candidates:
            return dict(self._left)
        ordered = [self._candidates[index].body() for index in sorted(self._candidates)]
        return {**self._left, CANDIDATES: array(ordered)}

    def judged(self, response: Response) -> Response:
        """Say of a response that was cut that it was."""
        cut = not self.whole and response.outcome == "complete"
        return replace(response, outcome="truncated") if cut else response


class _Candidate:
    """One candidate that grows."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._left: _Kept = {}
        self._content: _Kept | None = None
        self._parts: list[_Part] | None = None

    @property
    def finished(self) -> bool:
        key = key_of(self._left, FINISH)
        return key is not None and not is_null(self._left[key])

    def chunk(self, left: Slices, where: str) -> Iterator[Event]:
        raw = left.pop(CONTENT, None)
        _merge(self._left, left)
        if raw is not None and is_null(raw):
            self._left.setdefault(CONTENT, b"null")
        elif raw is not None:
            yield from self._grow(raw, where)
        if self.finished:
            for at, part in enumerate(self._parts or ()):
                if part.call is not None and part.call.open:
                    yield from self._arguments(part.call, at)

    def _grow(self, raw: Slice, where: str) -> Iterator[Event]:
        self._left.pop(CONTENT, None)
        content = members(raw, f"{where}.{CONTENT}", "provider")
        parts = content.pop(PARTS, None)
        if self._content is None:
            self._content = {}
        _merge(self._content, content)
        if parts is None:
            return
        if is_null(parts):
            self._content.setdefault(PARTS, b"null")
            return
        if not is_array(parts):
            what = "`parts` is neither an array nor null"
            raise DecodeError(what, where=f"{where}.{CONTENT}.{PARTS}", culprit="provider")
        self._content.pop(PARTS, None)
        if self._parts is None:
            self._parts = []
        here = f"{where}.{CONTENT}.{PARTS}"
        for n, one in enumerate(elements(parts, here, "provider")):
            part = _Part(one, f"{here}[{n}]")
            if n == 0 and self._parts and self._parts[-1].extend(part):
                yield from self._shown(part, len(self._parts) - 1)
            elif (at := self._goes_on(part, f"{here}[{n}]")) is not None:
                yield from self._piece(part, at)
            else:
                self._parts.append(part)
                yield from self._shown(part, len(self._parts) - 1)

    def _goes_on(self, part: _Part, where: str) -> int | None:
        """Let the newest call grow that has not ended and takes the part; give its place."""
        key = None if part.left is None else continuing(part.left, where)
        if key is None or part.left is None or self._parts is None:
            return None
        for at in range(len(self._parts) - 1, -1, -1):
            call = self._parts[at].call
            if call is not None and call.extend(part.left, key, where):
                return at
        return None

    def _piece(self, part: _Part, at: int) -> Iterator[Event]:
        """Give the events of a piece of a call: its arguments are shown when they are all there."""
        for seal in read_part(part.raw, "$", "provider").seals:
            yield Event(kind="seal", choice=self._number, index=at, name=seal.slot)
        call = None if self._parts is None else self._parts[at].call
        if call is not None and not call.open:
            yield from self._arguments(call, at)

    def _arguments(self, call: CallPieces, at: int) -> Iterator[Event]:
        if text := call.arguments():
            yield Event(kind="arguments", choice=self._number, index=at, text=text)

    def _shown(self, part: _Part, index: int) -> Iterator[Event]:
        """Give the events of a part that came."""
        block = read_part(part.body(ended=False), "$", "provider")
        number = self._number
        match block:
            case Text() | Thinking():
                if block.text:
                    kind: EventKind = "text" if isinstance(block, Text) else "thinking"
                    yield Event(kind=kind, choice=number, index=index, text=block.text)
            case ToolCall():
                yield Event(
                    kind="tool_call",
                    choice=number,
                    index=index,
                    id=block.id if isinstance(block.id, str) else UNSET,
                    name=block.name,
                    server=block.server,
                )
                if block.arguments:
                    yield Event(kind="arguments", choice=number, index=index, text=block.arguments)
            case Opaque():
                yield Event(kind="block", choice=number, index=index, name=block.kind)
            case ToolResult():
                yield Event(kind="block", choice=number, index=index, name="tool_result")
            case _:
                yield Event(kind="block", choice=number, index=index, name=block.kind)
        for seal in block.seals:
            yield Event(kind="seal", choice=number, index=index, name=seal.slot)

    def body(self) -> bytes:
        left = dict(self._left)
        if self._content is not None:
            content = dict(self._content)
            if self._parts is not None:
                content[PARTS] = array([part.body(ended=self.finished) for part in self._parts])
            left[CONTENT] = write_members(content)
        return write_members(left)


class _Part:
    """One part; a text that is nothing but a text may grow, and a call of which more is to come.

    Attributes:
        raw: The part as it came.
        left: Its members; None of what is no object.
        call: The call that grows.
    """

    __slots__ = ("_text", "_thought", "call", "left", "raw")

    def __init__(self, raw: Slice, where: str) -> None:
        self.raw = bytes(raw)
        self._text: Grow | None = None
        self._thought: bytes | None = None
        self.left: Slices | None = None
        self.call: CallPieces | None = None
        if not is_object(raw):
            return
        left = self.left = members(raw, where, "provider")
        self.call = opening(left, where)
        text = left.get(TEXT)
        if text is not None and is_string(text) and left.keys() <= {TEXT, THOUGHT}:
            self._text = Grow(string(text, f"{where}.{TEXT}", "provider"))
            self._thought = bytes(left[THOUGHT]) if THOUGHT in left else None

    def extend(self, other: _Part) -> bool:
        """Go on with another part, if it is the same text going on."""
        if self._text is None or other._text is None or self._thought != other._thought:
            return False
        self._text.add(str(other._text))
        return True

    def body(self, *, ended: bool) -> bytes:
        """Write the part, of an answer that has ended or has not."""
        if self.call is not None:
            return self.call.body(ended=ended)
        if self._text is None:
            return self.raw
        text = {TEXT: dump_string(join_surrogates(str(self._text)))}
        return write_members(text if self._thought is None else {**text, THOUGHT: self._thought})


def _merge(known: _Kept, newer: Slices) -> None:
    """Let newer statements win, whole; a null says nothing about what is known already."""
    for key, raw in newer.items():
        if not is_null(raw) or key not in known:
            known[key] = bytes(raw)


def _index(candidate: Slices, position: int) -> int:
    """Give the number of a candidate; a lone one mostly has none."""
    raw = bytes(candidate.get("index", b""))
    return int(raw) if raw.isdigit() and len(raw) <= _DIGITS else position


_DIGITS = 9
