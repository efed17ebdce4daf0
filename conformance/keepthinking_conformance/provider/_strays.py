"""Requests that ask the model for nothing: telemetry, paths that nobody serves, other methods, other protocols.

A client is told what a vendor's gateway would tell it, in the vendor's shape, so that it goes on as it does in earnest;
that it asked is noted (`Talk.strays`), and is no fault of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from keepthinking_conformance.provider._errors import NOT_ALLOWED, NOT_FOUND, UPGRADE_REQUIRED, Error

NO_CONTENT: Final = 204


class Stray(NamedTuple):
    """One such request.

    Attributes:
        method: The HTTP method, or `websocket` where a client wanted to speak that.
        path: The path behind the run.
        status: What it was answered.
    """

    method: str
    path: str
    status: int


class Told(NamedTuple):
    """What it is answered.

    Attributes:
        status: The status.
        error: The error; None where there is none.
        headers: What else is said.
    """

    status: int
    error: Error | None
    headers: Mapping[str, str]


def wants_websocket(headers: Mapping[str, str]) -> bool:
    """Tell whether a client wants to speak another protocol than HTTP.

    Those that would only rather speak another HTTP (`h2c`, as Java's and curl's offer) are answered in this one.
    """
    return "websocket" in headers.get("upgrade", "").lower()


def told(method: str, headers: Mapping[str, str], allowed: tuple[str, ...], text: str) -> Told:
    """Answer a request that asks for nothing.

    Args:
        method: The HTTP method.
        headers: The headers of the request.
        allowed: The methods that its path is served with; none where it is not served.
        text: What is served here.
    """
    if wants_websocket(headers):
        return _as_error(Error(UPGRADE_REQUIRED, "no websocket is spoken here; the same is served by HTTP"), _HTTP)
    if not allowed:
        return _as_error(Error(NOT_FOUND, text), {})
    with_ = {"allow": ", ".join((*allowed, "OPTIONS"))}
    if method == "OPTIONS":
        return Told(NO_CONTENT, None, with_ | _shared(headers, with_["allow"]))
    return _as_error(Error(NOT_ALLOWED, f"{method} is not served there, {with_['allow']} is"), with_)


_HTTP: Final = {"upgrade": "HTTP/1.1", "connection": "upgrade, close"}
"""Names the protocol that is spoken, as the status 426 has to (RFC 9110, 15.5.22).

Codex asks for a websocket first. With this status it goes on by HTTP at once, with any other after several attempts
(codex 0.171.0: seven in seven seconds; https://github.com/openai/codex/issues/43353, read 2026-11-28).
"""


def _as_error(error: Error, headers: Mapping[str, str]) -> Told:
    return Told(error.status, error, headers)


def _shared(headers: Mapping[str, str], allow: str) -> dict[str, str]:
    """Let a page of any origin ask, as scaffolds with a browser inside do (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    if "origin" not in headers:
        return {}
    return {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": allow,
        "access-control-allow-headers": headers.get("access-control-request-headers", "*"),
    }
