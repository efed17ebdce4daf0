"""The values of a JSON array that comes piece by piece: a stream without `alt=sse`.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent (read 2026-11-24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepthinking._errors import DecodeError
from keepthinking._json import MAX_BYTES

_MARK = re.compile(rb'[][{}"\\]')


class ValuesDecoder:
    """Bytes in, the objects of one array out; a lone object is an array of one."""

    def __init__(self, *, limit: int = MAX_BYTES) -> None:
        self._held = bytearray()
        self._at = 0  # where to look on
        self._begin = -1  # where the object begins that is open
        self._depth = 0
        self._quoted = False
        self._size = 0
        self._limit = limit

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes and give the objects that they complete. Raises `DecodeError` for a stream that is too large."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise DecodeError(
                f"the stream has more than {self._limit:,} bytes", where=f"byte {self._limit}", culprit="provider"
            )
        self._held += chunk
        found = list(self._scan())
        if self._begin < 0:
            self._held.clear()
            self._at = 0
        return found

    def _scan(self) -> Iterator[bytes]:
        while (mark := _MARK.search(self._held, self._at)) is not None:
            self._at = mark.end()
            sign = mark[0]
            if sign == b"\\" and self._quoted:
                if self._at == len(self._held):  # what it escapes has not come yet
                    self._at -= 1
                    return
                self._at += 1
            elif sign == b'"':
                self._quoted = not self._quoted
            elif self._quoted:
                continue
            elif sign in b"{[" and (sign == b"{" or self._begin >= 0):
                if self._begin < 0:
                    self._begin = mark.start()
                self._depth += 1
            elif sign in b"}]" and self._begin >= 0:
                self._depth -= 1
                if self._depth == 0:
                    yield bytes(self._held[self._begin : self._at])
                    del self._held[: self._at]
                    self._at, self._begin = 0, -1
        self._at = len(self._held)
