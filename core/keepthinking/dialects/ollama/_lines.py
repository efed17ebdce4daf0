"""JSON, one value a line, sans-IO: bytes in, lines out; a line and a character may be cut anywhere.

JSON has no line break inside of a value but where it is spaced, so a line is a whole value.

Source: https://docs.ollama.com/api/streaming, "newline-delimited JSON" (read 2026-11-28).
"""

from __future__ import annotations

from keepthinking._errors import DecodeError
from keepthinking._json import MAX_BYTES


class LinesDecoder:
    """Bytes in, lines out; those without a word are left out."""

    def __init__(self, *, limit: int = MAX_BYTES) -> None:
        self._tail: list[bytes] = []
        self._size = 0
        self._limit = limit

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes and give the lines that they complete. Raises `DecodeError` for a stream that is too large."""
        self._size += len(chunk)
        if self._size > self._limit:
            what = f"the stream has more than {self._limit:,} bytes"
            raise DecodeError(what, where=f"byte {self._limit}", culprit="provider")
        if b"\n" not in chunk:
            self._tail.append(chunk)  # joined once, when the line ends
            return []
        *lines, last = b"".join((*self._tail, chunk)).split(b"\n")
        self._tail = [last]
        return [found for line in lines if (found := line.strip())]

    def rest(self) -> bytes:
        """Give what has come of a line that has not ended."""
        return b"".join(self._tail).strip()
