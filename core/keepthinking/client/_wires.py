"""What a request of each dialect needs besides its body: path, credential, version; and what its body needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from keepthinking._errors import EncodeError, UnknownNameError
from keepthinking._json import Json

MAX_TOKENS = 32_000
"""Sent as `max_tokens` where the API demands one and the request has none: the smallest output limit of the Claude
models that think (Opus 4 and 4.1, https://platform.claude.com/docs/en/about-claude/models/overview)."""

STREAM_OPTIONS = "stream_options"
NO_STREAM_OPTIONS = frozenset({"mistral"})
"""Providers that refuse `stream_options` and tell the usage without being asked
(https://github.com/openai/openai-agents-python/issues/442, https://github.com/avante-corp/avante.nvim/issues/2347)."""


_MODEL = "{model}"
_RESOURCES = ("models/", "tunedModels/", "projects/", "publishers/")
"""How the name of a model begins that is a whole resource's (google-genai 3.4.0, `_transformers.py`, `t_model`)."""
_VERSIONED = re.compile(r"/v\d+(?:(?:alpha|beta)\d*)?(?:/projects/[^/]+/locations/[^/]+)?(?:/publishers/[^/]+)?$")
"""How the path of a base URL of Google ends that names the version itself, and perhaps a project of Vertex AI."""
_LOCATION = re.compile(r"/locations/[^/]+$")


class Wire(NamedTuple):
    """How a dialect is spoken over HTTP.

    Attributes:
        version: The part of the path that the vendor's own client adds to the base URL.
        path: The path behind the version; `{model}` stands for the model, which is then in no body.
        credential: The header that holds the key, and what stands before the key in it.
        headers: Headers that every request has.
        needs: Parameters that the API demands, and what is sent where a request has none.
        streams: Parameters of a streamed request, unless the request has its own.
        ends: Whether a stream says that it is over; where it does not, more may come until the connection ends.
        streamed: Path and query of a streamed request, where they tell that it is one and its body does not.
        accepts: The media type of a stream.
        lines: Whether a stream is one JSON object a line, so that a whole answer is a stream of one line.
    """

    version: str
    path: str
    credential: tuple[str, str]
    headers: Mapping[str, str] = {}
    needs: Mapping[str, Json] = {}
    streams: Mapping[str, Json] = {}
    streamed: str = ""
    ends: bool = True
    accepts: str = "text/event-stream"
    lines: bool = False


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
    # openai 3.54.0: `resources/responses/responses.py`, `_client.py`.
    "openai-responses": Wire(version="", path="/responses", credential=("authorization", "Bearer ")),
    # google-genai 3.4.0: `models.py`, `_api_client.py` (the header, and `v1beta` behind `http_options.base_url`).
    "gemini": Wire(
        version="/v1beta",
        path=f"/{_MODEL}:generateContent",
        streamed=f"/{_MODEL}:streamGenerateContent?alt=sse",
        credential=("x-goog-api-key", ""),
        ends=False,
    ),
    # ollama 0.6.3: `_client.py` (the path, and `Authorization` from `OLLAMA_API_KEY`, which only ollama.com wants).
    "ollama": Wire(
        version="/api",
        path="/chat",
        credential=("authorization", "Bearer "),
        accepts="application/x-ndjson",
        lines=True,
    ),
}


def wire(dialect: str) -> Wire:
    """Give the row of a dialect. Raises `UnknownNameError` for one that is not spoken over HTTP here."""
    try:
        return WIRES[dialect]
    except KeyError:
        raise UnknownNameError("dialect that the client speaks", dialect, WIRES) from None


def url(row: Wire, base_url: str, *, model: str = "", stream: bool = False) -> str:
    """Give the URL to post to.

    Args:
        row: The dialect's row.
        base_url: What the vendor's own client takes. A closing slash, the version and the path itself may stand there
            already; none is doubled. A query stays. For Vertex AI it may name project and location.
        model: The model, where the path names it.
        stream: Whether the answer shall be streamed, where the path tells that.

    Raises:
        EncodeError: It is no URL of a server, or the model's name cannot stand in a path.
    """
    parts = split(base_url)
    base, tails = parts.path.rstrip("/"), [row.path, row.streamed]
    if _MODEL in row.path:
        named = _resource(model, base)
        tails = [tail.replace(_MODEL, named) for tail in tails]
    plain, streamed = (tail.partition("?") for tail in tails)
    base = base.removesuffix(plain[0]).removesuffix(streamed[0])
    if _MODEL in row.path:
        base += "" if _VERSIONED.search(base) else row.version
    else:
        base = base.removesuffix(row.version) + row.version
    path, _, query = streamed if stream and row.streamed else plain
    queries = "&".join(found for found in (parts.query, query) if found)
    return urlunsplit((parts.scheme, parts.netloc, f"{base}{path}", queries, ""))


def _resource(model: str, base: str) -> str:
    """Give a model's name as a path has it."""
    if not model or ".." in model:
        raise EncodeError(f"{model!r} is no model's name", hint="the path of the request names the model")
    if not model.startswith(_RESOURCES):
        model = f"publishers/google/models/{model}" if _LOCATION.search(base) else f"models/{model}"
    return quote(model, safe="/:@")


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
