"""Errors in the shapes of the vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


_STATUSES = {
    BAD_REQUEST: "INVALID_ARGUMENT",
    NOT_FOUND: "NOT_FOUND",
    TOO_MANY: "RESOURCE_EXHAUSTED",
    UNAVAILABLE: "UNAVAILABLE",
}


def _openai(status: int, text: str) -> dict[str, Any]:
    return {"error": {"message": text, "type": _TYPES[status], "param": None, "code": None}}


def _anthropic(status: int, text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": _TYPES[status], "message": text}}


def _google(status: int, text: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": text, "status": _STATUSES[status]}}


_BODIES: Mapping[str, Callable[[int, str], dict[str, Any]]] = {
    "openai-chat": _openai,
    "openai-responses": _openai,
    "anthropic-messages": _anthropic,
    "gemini": _google,
}


def error_body(dialect: str, status: int, text: str) -> bytes:
    """Write an error.

    Sources: openai 3.54.0, `types/shared/error_object.py`; anthropic 2.12.0, `types/shared/error_response.py`; the
    status 529: https://docs.llmgateway.io/troubleshooting/anthropic-529-overloaded (read 2026-11-24); google-genai
    3.4.0, `errors.py`; https://ai.google.dev/gemini-api/docs/troubleshooting (read 2026-11-24).
    """
    return dump(_BODIES[dialect](status, text))


def overloaded(dialect: str) -> int:
    """Give the status that says so: Anthropic has one of its own."""
    return OVERLOADED if dialect == "anthropic-messages" else UNAVAILABLE
