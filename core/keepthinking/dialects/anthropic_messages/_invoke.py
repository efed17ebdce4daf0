"""Streams of a message in binary frames, in and out: each event of the stream stands, base64, in a frame of its own.

Amazon Bedrock's InvokeModelWithResponseStream sends what a model streams so. A frame is `{"bytes": ..., "p": ...}`; `p`
is padding. An exception is a frame whose headers name it.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html; botocore 1.44.5
bedrock-runtime service-2.json, ResponseStream (read 2026-11-28).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

from msgspec import UNSET, UnsetType

from keepthinking._errors import DecodeError
from keepthinking._json import dump_string, members, string
from keepthinking.dialects import _sse
from keepthinking.dialects._eventstream import EventStreamDecoder, Frame, write_frame
from keepthinking.dialects._sse import SSEDecoder
from keepthinking.dialects._wire import is_json, is_object, is_string, take_string, write, write_members

_EXCEPTIONS: Final = frozenset(
    {
        "internalServerException",
        "modelStreamErrorException",
        "modelTimeoutException",
        "serviceUnavailableException",
        "throttlingException",
        "validationException",
    }
)
"""The service's own errors (`ResponseStream`). What the vendor says in its stream is an event like any other."""

_BINARY = 0
"""The first byte of a frame, a length of less than 16 MB. No text begins with it."""


class FrameDecoder:
    """Bytes in, events out, whether they come as text or in binary frames."""

    def __init__(self) -> None:
        self._text = SSEDecoder()
        self._binary: EventStreamDecoder | None = None
        self._begun = False
        self._count = 0

    def feed(self, chunk: bytes) -> list[_sse.Frame]:
        """Take bytes and give the events that they complete.

        Raises:
            DecodeError: They are no stream.
            MissingExtraError: The stream is binary, and botocore, which reads such streams, is not installed.
        """
        if chunk and not self._begun:
            self._begun = True
            self._binary = EventStreamDecoder() if chunk[0] == _BINARY else None
        if self._binary is None:
            return self._text.feed(chunk)
        return [frame for found in self._binary.feed(chunk) if (frame := self._frame(found)) is not None]

    def finish(self) -> list[_sse.Frame]:
        """End the stream and give the last event if only its closing blank line is missing."""
        return self._text.finish()

    def _frame(self, found: Frame) -> _sse.Frame | None:
        where = f"event {self._count}"
        self._count += 1
        if found.kind != "event":
            return _sse.Frame("error", _error(found))
        payload = members(found.payload, where, "provider")
        packed = take_string(payload, "bytes", where)
        if isinstance(packed, UnsetType):
            return None  # an event of a later version
        try:
            return _sse.Frame("", b64decode(packed, validate=True).decode())
        except ValueError as error:
            raise DecodeError("`bytes` is no base64 of a text", where=where, culprit="provider") from error


def _error(found: Frame) -> str:
    """Write an exception as the event that the same error is in a stream of text."""
    body = found.payload.strip()
    error = write({"type": dump_string(found.name)}, body if is_json(body) and is_object(body) else UNSET)
    return write({"type": b'"error"', "error": error}).decode()


def write_event(data: bytes, name: str) -> bytes:
    """Write one event in a frame; an error of the service as the exception that it is read from.

    Args:
        data: The event, JSON.
        name: What it is.
    """
    failed = _exception(data) if name == "error" else None
    packed = dump_string(b64encode(data).decode())
    return write_frame(failed or Frame("event", "chunk", write_members({"bytes": packed})))


def _exception(data: bytes) -> Frame | None:
    event = members(data, "error", "caller")
    raw = event["error"]
    if event.keys() != {"type", "error"} or not is_object(raw):
        return None
    error = members(raw, "error", "caller")
    kind = error.pop("type", b"null")
    named = string(kind, "error.type", "caller") if is_string(kind) else ""
    return Frame("exception", named, write_members(error)) if named in _EXCEPTIONS else None
