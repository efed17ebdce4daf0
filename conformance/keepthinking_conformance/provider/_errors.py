"""Errors in the shapes of the vendors."""

from __future__ import annotations

from typing import Any

from keepthinking._json import dump

BAD_REQUEST, NOT_FOUND, TOO_MANY, UNAVAILABLE, OVERLOADED = 400, 404, 429, 503, 529

_TYPES = {
    BAD_REQUEST: "invalid_request_error",
    NOT_FOUND: "not_found_error",
    TOO_MANY: "rate_limit_error",
    UNAVAILABLE: "overloaded_error",
    OVERLOADED: "overloaded_error",
}


def error_body(dialect: str, status: int, text: str) -> bytes:
    """Write an error.

    Sources: openai 3.54.0, `types/shared/error_object.py`; anthropic 2.12.0, `types/shared/error_response.py`; the
    status 529: https://docs.llmgateway.io/troubleshooting/anthropic-529-overloaded (read 2026-11-24).
    """
    type_ = _TYPES[status]
    body: dict[str, Any] = {"error": {"message": text, "type": type_, "param": None, "code": None}}
    if dialect == "anthropic-messages":
        body = {"type": "error", "error": {"type": type_, "message": text}}
    return dump(body)


def overloaded(dialect: str) -> int:
    """Give the status that says so: Anthropic has one of its own."""
    return OVERLOADED if dialect == "anthropic-messages" else UNAVAILABLE
