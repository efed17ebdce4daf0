"""Content codings of request bodies: what a client has packed is unpacked before anything of it is read.

Clients pack what they send where they know that their vendor unpacks it: Codex with zstd, once its user has logged in
(https://github.com/openai/codex, `codex-rs/http-client/src/request.rs`, by https://github.com/BYK/loreai/pull/1049,
read 2026-11-28), others with gzip. What is recorded is what stood inside.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

MOST: Final = 64 * 1024 * 1024
"""So many bytes a body has at most when it is unpacked; few packed ones can make any number."""
_MALFORMED, _TOO_LARGE, _UNSUPPORTED = 400, 413, 415


class CodingError(Exception):
    """A body cannot be unpacked; the client is told.

    Attributes:
        status: The HTTP status (RFC 9110, 15.5).
        headers: What else the answer says.
    """

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers: Mapping[str, str] = headers or {}


class _Stream(Protocol):
    """One packed piece; the libraries agree on what it is like."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _BrokenError(Exception):
    """Bytes are not of the coding that is named."""


def _pieces(body: bytes, begin: Callable[[], _Stream], broken: type[Exception]) -> bytes:
    """Unpack one piece after another, as both gzip and zstd may have several.

    Raises:
        CodingError: There is more inside than is taken.
        _BrokenError: They are not of this coding, or end too early.
    """
    found = bytearray()
    while body:
        stream = begin()
        try:
            found += stream.decompress(body, MOST + 1 - len(found))
        except broken as error:
            raise _BrokenError(str(error)) from error
        if len(found) > MOST:
            raise CodingError(_TOO_LARGE, f"the body has more than {MOST} bytes when it is unpacked")
        if not stream.eof:
            raise _BrokenError("it ends too early")
        body = stream.unused_data
    return bytes(found)


def _gzip(body: bytes) -> bytes:
    return _pieces(body, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error)


def _deflate(body: bytes) -> bytes:
    """Unpack what is called deflate: with zlib's frame, as it should be, or without, as some send it.

    Source: RFC 9110, 8.4.1.2.
    """
    try:
        return _pieces(body, zlib.decompressobj, zlib.error)
    except _BrokenError:
        return _pieces(body, lambda: zlib.decompressobj(-zlib.MAX_WBITS), zlib.error)


def _zstd(body: bytes) -> bytes:
    # Loaded by whoever needs it: hardly anybody does.
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - see above
    else:
        from backports import zstd  # noqa: PLC0415 - see above
    return _pieces(body, zstd.ZstdDecompressor, zstd.ZstdError)


_CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "identity": bytes,
}
"""The codings by name (RFC 9110, 8.4.1; zstd: RFC 8878, 7.2). Brotli is not among them: no client is known that packs a
request with it, and who does is told what is taken."""
_TAKEN: Final = "gzip, deflate, zstd"


def unpacked(body: bytes, codings: str) -> bytes:
    """Unpack a body.

    Args:
        body: The bytes that came.
        codings: The value of `Content-Encoding`: the codings in the order in which they were applied; "" for none.

    Raises:
        CodingError: A coding is not known (415, with those that are), or the bytes are not of it (400), or too many
            are inside (413).
    """
    for name in reversed([one for part in codings.split(",") if (one := part.strip().lower())]):
        unpack = _CODINGS.get(name)
        if unpack is None:
            text = f"the content coding `{name}` is not taken; taken are {_TAKEN}"
            raise CodingError(_UNSUPPORTED, text, {"accept-encoding": _TAKEN})
        try:
            body = unpack(body)
        except _BrokenError as error:
            raise CodingError(_MALFORMED, f"the body is no {name}: {error}") from error
    return body
