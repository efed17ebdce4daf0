"""Binary event streams (`application/vnd.amazon.eventstream`): frames in and out.

A frame is a prelude (its length, the length of its headers, a CRC of both), headers, a payload, and a CRC of all.
Reading is botocore's work; nothing of it is needed to write.

Source: botocore 1.44.5, `eventstream.py`; https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html (read
2026-11-24).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple
from zlib import crc32

from keepthinking._errors import DecodeError, MissingExtraError
from keepthinking._json import MAX_BYTES, dump_string
from keepthinking.dialects._wire import is_json, is_object, write

_STRING = 7
"""The type of a header whose value is a string."""


class Frame(NamedTuple):
    """One event.

    Attributes:
        kind: Its `:message-type`: `event`, `exception` or `error`.
        name: What it is: its `:event-type`, `:exception-type` or `:error-code`.
        payload: Its body, JSON; of an error, whose headers say all that is promised, its code and its message and what
            else its body holds.
    """

    kind: str
    name: str
    payload: bytes


_NAMES: Mapping[str, str] = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}


class EventStreamDecoder:
    """Bytes in, frames out; a frame may be cut anywhere.

    Raises:
        MissingExtraError: botocore is not installed.
    """

    def __init__(self, *, limit: int = MAX_BYTES) -> None:
        try:
            eventstream: Any = import_module("botocore.eventstream")  # an extra, wanted only where a stream is read
        except ImportError as error:
            raise MissingExtraError("botocore, which reads binary event streams,", "bedrock") from error
        self._buffer: Any = eventstream.EventStreamBuffer()
        self._limit = limit
        self._size = 0
        self._read = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Take bytes and give the frames that they complete.

        Raises:
            DecodeError: A checksum is wrong, a frame is none, or the stream is larger than the limit.
        """
        self._size += len(chunk)
        if self._size > self._limit:
            what = f"the stream has more than {self._limit:,} bytes"
            raise DecodeError(what, where=f"byte {self._limit}", culprit="provider")
        self._buffer.add_data(chunk)
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        where = f"byte {self._read}"
        try:
            message = next(self._buffer)
        except StopIteration:
            return None
        except Exception as error:
            # botocore's own errors, and KeyError, struct.error or UnicodeDecodeError out of its header parser
            raise DecodeError(
                f"broken event stream: {type(error).__name__}", where=where, culprit="provider"
            ) from error
        self._read += message.prelude.total_length
        headers = message.headers
        kind = str(headers.get(":message-type", "event"))
        name = str(headers.get(_NAMES.get(kind, ""), ""))
        payload = message.payload
        if kind == "error":
            payload = _error(name, str(headers.get(":error-message", "")), payload)
        return Frame(kind, name, payload)


def _error(code: str, message: str, payload: bytes) -> bytes:
    """Give the body of an error: the protocol promises none, and what one holds all the same is kept."""
    said = {"code": dump_string(code), "message": dump_string(message)}
    if is_json(payload) and is_object(payload.lstrip()):
        return write(said, payload.strip())
    return write({**said, "payload": dump_string(payload.decode("utf-8", "replace"))} if payload else said)


def write_frame(frame: Frame) -> bytes:
    """Write one event or exception."""
    headers = {":message-type": frame.kind, _NAMES[frame.kind]: frame.name}
    headers[":content-type"] = "application/json"
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 12 + len(head) + len(frame.payload) + 4, len(head))
    framed = prelude + struct.pack("!I", crc32(prelude)) + head + frame.payload
    return framed + struct.pack("!I", crc32(framed))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _STRING, len(text)) + text
