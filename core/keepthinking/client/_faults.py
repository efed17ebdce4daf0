"""What went wrong, as one of our errors.

Rule 1: no error of the HTTP library leaves, not even as a cause: its request holds the credential.
Rule 2: the credential is in no text, whoever wrote it: some servers repeat it in their answer.
Rule 3: the provider's own words are told, cut; nothing that the model said is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import httpx2
from msgspec import UNSET

from keepthinking._adapter import Endpoint
from keepthinking._errors import DecodeError, EncodeError, KeepthinkingError, ProviderError, TransportError
from keepthinking._exchange import Response
from keepthinking._json import load
from keepthinking.client._retry import asked_wait, is_worth_another
from keepthinking.client._vendors import variable_of
from keepthinking.client._wires import shown
from keepthinking.dialects._text import is_dict, is_list

Failure: TypeAlias = tuple[KeepthinkingError, bool]
"""An error, and whether the call may be tried again."""

FAILURES = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)
"""All that the HTTP library raises while it sends and reads."""

_CALLERS = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.StreamError)

ERROR_BYTES = 64 * 1024
"""How much of an error body is read."""

_WORDS = 300
_SECRET = 8
"""A header value that is shorter is no credential, and hiding it would riddle every text."""

_MESSAGES: tuple[tuple[str, ...], ...] = (
    ("error", "message"),
    ("error", "error", "message"),
    ("error",),
    ("message",),
    ("detail",),
    ("detail", "msg"),
    ("message", "detail", "msg"),
    ("base_resp", "status_msg"),
    ("errors", "message"),
)
"""Where servers put the words of an error, nearest first: OpenAI, Anthropic, Google; gateways that wrap; Ollama; vLLM
and SGLang; FastAPI, and Mistral around it; MiniMax."""

_HINTS: Mapping[int, str] = {
    402: "the account has no credit left",
    403: "the key may not use this model or this endpoint",
    404: "look at base_url and at the model's name",
    405: "look at base_url",
    413: "the request is too large: send media by reference or shorten the history",
    429: "too many requests, or no quota left: wait, or raise max_retries",
    529: "the provider is overloaded: try again later",
}
_WRONG = "the provider's words say what it does not take"
_BUSY = "the provider's side; try again later"
_AGAIN = "ask again; what came of it is not whole, and none of it is an answer"
_UNREACHED = "look at base_url, the network and the proxy settings"
_TIMEOUTS: Mapping[type[httpx2.TimeoutException], str] = {
    httpx2.ReadTimeout: "no answer",
    httpx2.WriteTimeout: "the request could not be sent",
    httpx2.PoolTimeout: "no free connection",
}


class Faults:
    """Makes the errors of one endpoint.

    Args:
        endpoint: Where the model is.
        url: Where requests go.
        provider: Who is spoken to: the profile's name.
        timeout: Seconds that are waited for the next bytes; None is for ever.
        connect: Seconds that are waited for a connection.
    """

    def __init__(
        self, endpoint: Endpoint, url: str, provider: str, *, timeout: float | None = None, connect: float | None = None
    ) -> None:
        self._place = f"{shown(url)} ({provider})"
        self._timeout = timeout
        self._connect = connect
        self._variable = variable_of(endpoint)
        self._has_key = endpoint.api_key is not None
        held = [endpoint.api_key or "", *endpoint.headers.values()]
        held += [value.rpartition(" ")[2] for value in endpoint.headers.values()]
        parts = urlsplit(url)
        held += [parts.password or "", *(value for _, value in parse_qsl(parts.query))]
        self._secrets = tuple(sorted({value for value in held if len(value) >= _SECRET}, key=len, reverse=True))

    def __repr__(self) -> str:
        return f"Faults({self._place!r})"

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """Make the error of an HTTP status that is no success."""
        hidden = self._hide(body)
        place = headers.get("location")
        if 300 <= status < 400 and place is not None:  # noqa: PLR2004 - the class of redirects (RFC 9110, section 15)
            what = f"{self._place} answers {status}: it redirects to {shown(place)}"
            hint = "redirects are not followed, for the credential must not travel; set base_url to where the API is"
            return ProviderError(self._hide_text(what), status=status, body=hidden, hint=hint), False
        said = _words(hidden) or "no words"
        error = ProviderError(
            f"{self._place} answers {status}: {said}",
            status=status,
            body=hidden,
            retry_after=asked_wait(headers, hidden),
            hint=self._hint(status),
        )
        return error, is_worth_another(status, headers, hidden)

    def failed(self, response: Response) -> ProviderError:
        """Make the error of an answer that came with a good status and says that it failed."""
        if response.error is not UNSET:
            body = b'{"error":%b}' % response.error.raw
        else:
            body = response.fields.raw if response.fields is not UNSET else b""
        hidden = self._hide(body)
        said = _words(hidden)
        if not said:
            said = f"it ended with `{response.stop_reason}`" if isinstance(response.stop_reason, str) else "no words"
        status = response.http_status
        what = f"{self._place} answers {status} and an error: {said}"
        return ProviderError(what, status=status, body=hidden, hint=_BUSY)

    def broken(self, error: Exception, *, begun: bool = False) -> Failure:
        """Make the error of a call without a whole answer.

        Args:
            error: What the HTTP library raised. It must not become the cause of what is made of it.
            begun: Whether an answer had begun.
        """
        if isinstance(error, httpx2.DecodingError):
            what = f"the answer of {self._place} is not compressed as its header says"
            return DecodeError(what, culprit="provider", hint="look at base_url, and at proxies on the way"), False
        if isinstance(error, _CALLERS):
            what = f"the request to {self._place} is not valid HTTP"
            return TransportError(what, culprit="caller", hint="look at base_url and the headers"), False
        late = isinstance(error, httpx2.TimeoutException)
        if begun:
            what = f"the answer of {self._place} ended early"
            what += f": nothing came within {_seconds(self._timeout)}" if late else ": the connection was lost"
            hint = f"raise `timeout`, and {_AGAIN}" if late else _AGAIN
        elif isinstance(error, httpx2.ConnectTimeout):
            what, hint = f"no connection to {self._place} within {_seconds(self._connect)}", _UNREACHED
        elif isinstance(error, httpx2.TimeoutException):
            words = next((text for kind, text in _TIMEOUTS.items() if isinstance(error, kind)), "no answer")
            what, hint = f"{words} within {_seconds(self._timeout)}: {self._place}", "raise `timeout`"
        elif isinstance(error, httpx2.ConnectError | httpx2.ProxyError):
            why = _cut(self._hide_text(str(error))) or type(error).__name__
            what, hint = f"no connection to {self._place}: {why}", _UNREACHED
        else:
            what = f"the connection to {self._place} was lost before an answer began"
            hint = "the server hung up, or a proxy on the way; raise max_retries, or ask again later"
        return TransportError(what, culprit="provider", hint=hint), True

    def cut(self) -> TransportError:
        """Make the error of a stream that ended without its end."""
        what = f"the stream of {self._place} ended early: its end never came"
        return TransportError(what, culprit="provider", hint=_AGAIN)

    def empty(self) -> TransportError:
        """Make the error of an answer with a good status and nothing in it."""
        what = f"the answer of {self._place} ended early: there is nothing in it"
        hint = "ask again; where it happens again look at base_url, and at proxies on the way"
        return TransportError(what, culprit="provider", hint=hint)

    def placed(self, error: DecodeError) -> DecodeError:
        """Say of an error whose answer it is about."""
        if self._place not in error.what:
            error.what = f"the answer of {self._place} cannot be read: {error.what}"
            error.hint = error.hint or "look at base_url, and at proxies on the way; if it is the provider's, tell us"
        return error

    def no_json(self, what: str) -> DecodeError:
        """Make the error of an answer that is something else."""
        hint = "look at base_url: a website answers there, or a proxy on the way"
        return DecodeError(f"{self._place} answers with {what}", where="byte 0", culprit="provider", hint=hint)

    def _hint(self, status: int) -> str:
        if status == 401:  # noqa: PLR2004 - "unauthorized"
            name = f"; its variable is {self._variable}" if self._variable else ""
            return f"the key is not accepted{name}" if self._has_key else f"it wants a key: pass api_key{name}"
        return _HINTS.get(status, _BUSY if status >= 500 else _WRONG)  # noqa: PLR2004 - the class of server errors

    def _hide(self, body: bytes) -> bytes:
        for secret in self._secrets:
            body = body.replace(secret.encode(), b"<hidden>")
        return body

    def _hide_text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "<hidden>")
        return text


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `EncodeError` for a header that HTTP cannot carry; the value is not shown."""
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable() or value != value.strip() or not name.isascii():
            raise EncodeError(
                f"the header `{name}` holds a character that HTTP cannot carry, or white space at an end",
                hint="a key that was read from a file may end with a line break",
            )


def _words(body: bytes) -> str:
    """Find the provider's own words in an error body, or "" where there are none."""
    text = body.decode("utf-8", "replace").strip()
    if not text.startswith(("{", "[")):
        if text[:1] == "<":
            return "an HTML page"
        return _cut(text)
    try:
        value: Any = load(body, "$", "provider")
    except DecodeError:
        return "broken JSON"  # a body that was cut may repeat what was sent, thinking and all
    for path in _MESSAGES:
        found = _first(value)
        for key in path:
            found = _first(found.get(key)) if is_dict(found) else None
        if isinstance(found, str) and found:
            return _cut(found)
    return ""


def _first(value: Any) -> Any:
    """Give the first of a list: Gemini's compatible endpoint wraps an error in one, FastAPI lists what is wrong."""
    return value[0] if is_list(value) and value else value


def _seconds(time: float | None) -> str:
    return "the limit of the HTTP client" if time is None else f"{time:g} seconds"


def _cut(text: str) -> str:
    return text if len(text) <= _WORDS else f"{text[:_WORDS]}…"
