"""Server-sent events, sans-IO, as the WHATWG standard defines them.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (verified
2026-11-23). One departure, since servers do end without the last blank line: `finish` gives an event that is whole
but for it.
"""

from __future__ import annotations

import codecs
import re
from codecs import BOM_UTF8
from typing import NamedTuple

from keepthinking._errors import DecodeError
from keepthinking._json import MAX_BYTES
from keepthinking.dialects._wire import is_json

_LINE_END = re.compile("\r\n|\r|\n")


class Frame(NamedTuple):
    """One event.

    Attributes:
        event: Its name, or "".
        data: Its data lines joined with newlines.
    """

    event: str
    data: str


class SSEDecoder:
    """Bytes in, frames out; a frame, a line and a character may be cut anywhere."""

    def __init__(self, *, limit: int = MAX_BYTES) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._tail: list[str] = []
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._begun = False
        self._size = 0
        self._limit = limit

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes and give the frames that they complete.

        Raises:
            DecodeError: Not UTF-8, or a stream larger than the limit.
        """
        self._size += len(chunk)
        if self._size > self._limit:
            raise DecodeError(
                f"the stream has more than {self._limit:,} bytes", where=f"byte {self._limit}", culprit="provider"
            )
        held = len(self._utf8.getstate()[0])
        try:
            text = self._utf8.decode(chunk)
        except UnicodeDecodeError as error:
            where = f"byte {self._size - len(chunk) - held + error.start}"
            raise DecodeError("the stream is not UTF-8", where=where, culprit="provider") from error
        if not text:
            return []
        if not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
        self._after_cr = text.endswith("\r")
        if not ("\n" in text or "\r" in text):
            self._tail.append(text)
            return []
        # Joining only when a line ends keeps a line that arrives in many chunks from costing its length each time.
        lines = _LINE_END.split("".join((*self._tail, text)))
        self._tail = [lines.pop()]
        return [frame for line in lines if (frame := self._line(line)) is not None]

    def finish(self) -> list[Frame]:
        """End the stream and give the last frame if only its closing blank line is missing."""
        line = "".join(self._tail)
        self._tail = []
        return [frame for text in (line, "") if (frame := self._line(text)) is not None]

    def _line(self, line: str) -> Frame | None:
        if not line:
            frame = Frame(self._event, "\n".join(self._data)) if self._data else None
            self._event, self._data = "", []
            return frame
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        return None


class Whole:
    """Finds out whether what came instead of a stream is one JSON object."""

    def __init__(self) -> None:
        self._pieces: list[bytes] | None = []
        self._begun = False
        self._depth = 0

    def feed(self, chunk: bytes) -> bool:
        """Take bytes and tell whether they seem to complete an object; of a stream nothing is kept."""
        if self._pieces is None:
            return False
        self._pieces.append(chunk)
        self._depth += chunk.count(b"{") - chunk.count(b"}")
        if not self._begun:
            raw = b"".join(self._pieces)
            first = raw.removeprefix(BOM_UTF8).lstrip()[:1]
            if not first or BOM_UTF8.startswith(raw):
                return False
            self._begun = first == b"{"
            if not self._begun:
                self._pieces = None
                return False
        # Braces inside strings may deceive, so `raw` is asked once more at the end; trying at each brace costs squares.
        return not self._depth and is_json(self.raw())

    def raw(self) -> bytes:
        """Give what has come of an object, less a byte order mark; of a stream nothing."""
        if not self._begun or self._pieces is None:
            return b""
        self._pieces = [b"".join(self._pieces)]
        return self._pieces[0].removeprefix(BOM_UTF8)


def frame(data: bytes, event: str = "") -> bytes:
    """Write one event whose data is JSON, on one line.

    A body that came with line breaks keeps them in its slices. Between the tokens of JSON a line break is white space,
    and inside a token there is none, so a blank says the same; several `data` lines would say the same, too, but not to
    every reader.
    """
    line = data.translate(_ONE_LINE)
    return (b"event: " + event.encode() + b"\n" if event else b"") + b"data: " + line + b"\n\n"


_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
