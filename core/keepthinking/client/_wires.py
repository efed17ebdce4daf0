"""What a request of each dialect needs besides its body: path, credential, version; and what its body needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from keepthinking._errors import EncodeError, UnknownNameError
from keepthinking._json import Json

MAX_TOKENS = 32_000
"""Sent as `max_tokens` where the API demands one and the request has none: the smallest output limit of the Claude
models that think (Opus 4 and 4.1, https://platform.claude.com/docs/en/about-claude/models/overview)."""

STREAM_OPTIONS = "stream_options"
NO_STREAM_OPTIONS = frozenset({"mistral"})
"""Providers that refuse `stream_options` and tell the usage without being asked
(https://github.com/openai/openai-agents-python/issues/442, https://github.com/avante-corp/avante.nvim/issues/2347)."""


class Wire(NamedTuple):
    """How a dialect is spoken over HTTP.

    Attributes:
        version: The part of the path that the vendor's own client adds to the base URL.
        path: The path behind the version.
        credential: The header that holds the key, and what stands before the key in it.
        headers: Headers that every request has.
        needs: Parameters that the API demands, and what is sent where a request has none.
        streams: Parameters of a streamed request, unless the request has its own.
    """

    version: str
    path: str
    credential: tuple[str, str]
    headers: Mapping[str, str] = {}
    needs: Mapping[str, Json] = {}
    streams: Mapping[str, Json] = {}


WIRES: Mapping[str, Wire] = {
    # openai 3.54.0: the version is part of the base URL; `resources/chat/completions/completions.py`, `_client.py`.
    "openai-chat": Wire(
        version="",
        path="/chat/completions",
        credential=("authorization", "Bearer "),
        streams={STREAM_OPTIONS: Json(b'{"include_usage":true}')},
    ),
    # anthropic 2.12.0: the version is not; `resources/messages/messages.py`, `_client.py`.
    "anthropic-messages": Wire(
        version="/v1",
        path="/messages",
        credential=("x-api-key", ""),
        headers={"anthropic-version": "2023-06-01"},
        needs={"max_tokens": Json.of(MAX_TOKENS)},
    ),
}


def wire(dialect: str) -> Wire:
    """Give the row of a dialect. Raises `UnknownNameError` for one that is not spoken over HTTP here."""
    try:
        return WIRES[dialect]
    except KeyError:
        raise UnknownNameError("dialect that the client speaks", dialect, WIRES) from None


def url(row: Wire, base_url: str) -> str:
    """Give the URL to post to.

    Args:
        row: The dialect's row.
        base_url: What the vendor's own client takes. A closing slash, the version and the path itself may stand there
            already; none is doubled. A query stays.

    Raises:
        EncodeError: It is no URL of a server.
    """
    parts = split(base_url)
    path = parts.path.rstrip("/").removesuffix(row.path)
    if row.version:
        path = path.removesuffix(row.version)
    return urlunsplit((parts.scheme, parts.netloc, f"{path}{row.version}{row.path}", parts.query, ""))


def split(address: str) -> SplitResult:
    """Take a base URL apart. Raises `EncodeError` where it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # read only when it is asked for
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EncodeError(f"{shown(address)!r} is no URL of a server", hint="base_url begins with https:// or http://")
    return parts


def shown(address: str) -> str:
    """Give a URL as it may stand in a text: without user, password, query and fragment, which may be credentials."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "the address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
