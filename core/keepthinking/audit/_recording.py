"""Reading recordings: one exchange a line, as JSON.

A line holds `request` and `response`, each the parsed body or its text (an event stream is a text), and as much as the
recorder knew of `dialect`, `endpoint` or `path`, `host`, `status`, `source`, `scope`, `at`, `delivered`. Where
`encoding` is `base64`, a response that is a string holds the bytes of a binary stream in base64.
"""

from __future__ import annotations

import re
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import IO, cast
from zlib import crc32

from msgspec import UNSET, UnsetType

from keepthinking._errors import DecodeError
from keepthinking._exchange import Exchange, Request
from keepthinking._json import Slice, Slices, load, members, string
from keepthinking._profiles import Profile, profile_for
from keepthinking.dialects._base import Dialect, JsonDialect
from keepthinking.dialects._wire import is_null, is_string

_PATHS = tuple(
    (re.compile(pattern), dialect)
    for pattern, dialect in {
        r"mistral\.ai/v1/chat/completions$": "mistral",
        r"/publishers/mistralai/models/[^/]+:(streamR|r)awPredict$": "mistral",
        r"/chat/completions$": "openai-chat",
        r"^(?!.*/threads/).*/messages$": "anthropic-messages",
        r"/responses(/compact)?$": "openai-responses",
        r":(g|streamG)enerateContent$": "gemini",
        r"/converse(-stream)?$": "bedrock-converse",
        r"/v2/chat$": "cohere",
        r"/api/chat$": "ollama",
        r"/publishers/anthropic/models/[^/]+:(streamR|r)awPredict$": "anthropic-messages",
        r"/model/[^/]*anthropic\.[^/]+/invoke(-with-response-stream)?$": "anthropic-messages",
    }.items()
)
"""How host and path of an endpoint end: the dialect it speaks. The first one that fits counts."""


def read(
    lines: Iterable[bytes] | IO[bytes],
    progress: Callable[[int], None] | None = None,
    *,
    on_error: Callable[[DecodeError], None] | None = None,
) -> Iterator[Exchange]:
    """Read exchanges from JSON lines.

    Args:
        lines: The lines, or a binary file.
        progress: Called with the number of bytes of each line that was read.
        on_error: Called with the error of a line that is no exchange, which is then left out: a recorder that was
            stopped leaves half a line. Without it the first such line ends the reading.

    Raises:
        DecodeError: A line is not an exchange; the error names the line.
    """
    for number, line in enumerate(lines, 1):
        if progress is not None:
            progress(len(line))
        text = (line.removeprefix(BOM_UTF8) if number == 1 else line).strip()
        if not text:
            continue
        where = f"line {number}"
        try:
            exchange = exchange_of(members(text, where), where)
        except DecodeError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            yield exchange


def exchange_of(left: Slices, where: str) -> Exchange:
    """Read one exchange from the members of a line. Raises `DecodeError`."""
    request = left.get("request")
    if request is None:
        raise DecodeError(
            "the line holds no `request`", where=where, hint="each line is one object with `request` and `response`"
        )
    response = left.get("response")
    dialect = _text(left, "dialect", where)
    delivered = bytes(left.get("delivered", b"true")) != b"false"
    return Exchange(
        request=_body(request, f"{where}, $.request"),
        response=_answer(response, _text(left, "encoding", where), f"{where}, $.response"),
        status=_number(left, "status", where) or 200,
        path=_text(left, "endpoint", where) or _text(left, "path", where),
        host=_text(left, "host", where),
        scope=_text(left, "scope", where) or _text(left, "source", where),
        at=_time(left, where),
        source=_text(left, "source", where),
        dialect=dialect or UNSET,
        delivered=delivered,
    )


def _body(raw: Slice, where: str) -> bytes:
    return string(raw, where).encode("utf-8", "surrogatepass") if is_string(raw) else bytes(raw)


def _answer(raw: Slice | None, encoding: str, where: str) -> bytes | UnsetType:
    if raw is None or is_null(raw):
        return UNSET
    body = _body(raw, where)
    if encoding != "base64" or not is_string(raw):
        return body
    try:
        return b64decode(body, validate=True)
    except ValueError as error:
        hint = "`encoding` says that it is base64; leave that member out where the response is text"
        raise DecodeError("the response is no base64", where=where, hint=hint) from error


def _text(left: Slices, key: str, where: str) -> str:
    raw = left.get(key)
    return string(raw, f"{where}, $.{key}") if raw is not None and is_string(raw) else ""


def _number(left: Slices, key: str, where: str) -> int:
    raw = left.get(key)
    value = 0 if raw is None else load(raw, f"{where}, $.{key}")
    return value if isinstance(value, int) else 0


_MILLISECONDS = 1e11
"""A larger number counts milliseconds: in seconds it would be past the year 5000."""


def _time(left: Slices, where: str) -> float | UnsetType:
    """Read a time: seconds or milliseconds since the epoch, or an ISO 8601 text."""
    raw = left.get("at")
    value = None if raw is None else load(raw, f"{where}, $.at")
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > _MILLISECONDS else float(value)
            datetime.fromtimestamp(seconds, UTC)
            return seconds
    except (ValueError, OverflowError, OSError) as error:
        raise DecodeError("`at` is no time", where=where, hint="write seconds since 1970, or ISO 8601") from error
    return UNSET


def day_of(exchange: Exchange) -> date | None:
    """Give the day of an exchange, on which rules depend; none where the recorder did not know it."""
    return None if isinstance(exchange.at, UnsetType) else datetime.fromtimestamp(exchange.at, UTC).date()


def dialect_of(exchange: Exchange, known: Container[str]) -> str | None:
    """Tell which dialect an exchange speaks, from what the recorder wrote or from the path.

    Args:
        exchange: The exchange.
        known: The dialects that there are: where the recorder had a name of its own, the path tells.
    """
    place = _place(exchange)
    told = next((dialect for pattern, dialect in _PATHS if pattern.search(place)), None)
    if isinstance(exchange.dialect, UnsetType):
        return told
    return told if told is not None and exchange.dialect not in known else exchange.dialect


def is_counting(exchange: Exchange) -> bool:
    """Tell whether an exchange asks no model for an answer: clients count tokens, embed, upload and list on the way.

    Sources: anthropic 2.12.0, `resources/messages/messages.py`; openai 3.54.0, `resources`; google-genai 3.4.0,
    `models.py` (read 2026-11-27); ollama 0.6.3, `_client.py` (read 2026-11-28).
    """
    return _COUNTING.search(_place(exchange)) is not None


_COUNTING = re.compile(
    r"/(count_tokens|input_tokens|count-tokens|embeddings|moderations|files|models|batches)(/[^/:]+)?$"
    r"|:(countTokens|computeTokens|embedContent|batchEmbedContents|batchGenerateContent)$"
    r"|/api/(show|tags|ps|version|embed)$"
)


def profile_of(exchange: Exchange, dialect: Dialect, request: Request) -> Profile:
    """Tell who served an exchange, by its host, its model and its parameters; the dialect's default if nothing tells.

    Args:
        exchange: The exchange.
        dialect: The dialect that it speaks.
        request: Its request, as read by the default profile.
    """
    url = f"{exchange.host}{exchange.path}" if exchange.host else None
    model = model_of(exchange, dialect, request) or None
    return profile_for(dialect.id, host=url, model=model, request_params=request.params)


def model_of(exchange: Exchange, dialect: Dialect, request: Request) -> str:
    """Give the model that was asked for, "" where nothing tells: some wires name it in the path."""
    model: object = request.model
    if isinstance(model, UnsetType) and isinstance(dialect, JsonDialect):
        model = cast("JsonDialect", dialect).model_in(exchange.path)
    return model if isinstance(model, str) else ""


def is_aside(exchange: Exchange) -> bool:
    """Tell whether an exchange asks for something about the history instead of going on with it.

    Source: openai 3.54.0, `types/responses/response_compact_params.py`: the route takes no tools, and instructions of
    its own (read 2026-11-24).
    """
    return _place(exchange).endswith("/responses/compact")


def _place(exchange: Exchange) -> str:
    return f"{exchange.host}{exchange.path.partition('?')[0].partition('#')[0].rstrip('/')}"


def is_stream(body: bytes) -> bool:
    """Tell whether a response body is a stream: of events, of lines, of binary frames, or an array of its pieces."""
    head = body.lstrip()[:6]
    if head.startswith((*_EVENTS, b"[")) or _is_framed(body):
        return True
    return head.startswith(b"{") and _LINES.search(body) is not None


def events_of(body: bytes) -> bytes:
    """Give the events of a stream that came whole, where the stream broke off; another body as it is.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (read
    2026-11-28): what stands behind the last blank line when a stream ends is thrown away.
    """
    if not body.lstrip().startswith(_EVENTS):
        return body
    return body[: max((match.end() for match in _BLANK.finditer(body)), default=0)]


def _is_framed(body: bytes) -> bool:
    """Tell whether a body begins with a frame of Amazon's event streams: two lengths and their checksum.

    Source: botocore 1.44.5, `eventstream.py` (read 2026-11-23): the prelude is two big-endian numbers of four bytes,
    then their CRC32.
    """
    return len(body) >= _PRELUDE and crc32(body[:8]) == int.from_bytes(body[8:_PRELUDE], "big")


_PRELUDE = 12
_EVENTS = (b"data:", b"event:", b":", b"id:", b"retry:")
_LINES = re.compile(rb"\}[ \t]*\r?\n[ \t]*\{")
"""Where one object ends and the next begins with no comma between them; inside of a text JSON has no line's end."""
_BLANK = re.compile(rb"(\r\n|\r|\n)(?:\r\n|\r|\n)")
