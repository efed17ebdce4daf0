"""Server-sent events, sans-IO, as the WHATWG standard defines them.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (verified
2026-11-23). One departure, since servers do end without the last blank line: `finish` gives an event that is whole
but for it.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from keepthinking._errors import DecodeError
from keepthinking._json import MAX_BYTES

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


def frame(data: bytes, event: str = "") -> bytes:
    """Write one event whose data is one line of JSON."""
    return (b"event: " + event.encode() + b"\n" if event else b"") + b"data: " + data + b"\n\n"
