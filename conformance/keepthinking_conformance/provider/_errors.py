"""Errors in the shapes of the vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from keepthinking._json import dump

BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, TOO_LARGE, UNSUPPORTED, UPGRADE_REQUIRED = 400, 404, 405, 413, 415, 426
TOO_MANY, UNAVAILABLE, OVERLOADED = 429, 503, 529

_TYPES = {
    BAD_REQUEST: "invalid_request_error",
    NOT_FOUND: "not_found_error",
    NOT_ALLOWED: "invalid_request_error",
    TOO_LARGE: "request_too_large",
    UNSUPPORTED: "invalid_request_error",
    UPGRADE_REQUIRED: "invalid_request_error",
    TOO_MANY: "rate_limit_error",
    UNAVAILABLE: "overloaded_error",
    OVERLOADED: "overloaded_error",
}


_STATUSES = {
    BAD_REQUEST: "INVALID_ARGUMENT",
    NOT_FOUND: "NOT_FOUND",
    NOT_ALLOWED: "UNIMPLEMENTED",
    TOO_LARGE: "INVALID_ARGUMENT",
    UNSUPPORTED: "INVALID_ARGUMENT",
    UPGRADE_REQUIRED: "FAILED_PRECONDITION",
    TOO_MANY: "RESOURCE_EXHAUSTED",
    UNAVAILABLE: "UNAVAILABLE",
}


class Error(NamedTuple):
    """An error, in words that all vendors have.

    Attributes:
        status: The HTTP status.
        text: The text.
        code: A code besides the type.
        param: The member of the request that it is about.
        provider: Who says it.
    """

    status: int
    text: str
    code: str | None = None
    param: str | None = None
    provider: str = ""


def _openai(error: Error) -> dict[str, Any]:
    told = {"message": error.text, "type": _TYPES[error.status]}
    if error.provider == "moonshot":
        return {"error": told}
    if error.provider == "minimax":
        kind = "bad_request_error" if error.status == BAD_REQUEST else _TYPES[error.status]
        return {"type": "error", "error": {**told, "type": kind, "http_code": str(error.status)}}
    code = _TYPES[error.status] if error.provider == "deepseek" else error.code
    return {"error": {**told, "param": error.param, "code": code}}


def _anthropic(error: Error) -> dict[str, Any]:
    return {"type": "error", "error": {"type": _TYPES[error.status], "message": error.text}}


def _google(error: Error) -> dict[str, Any]:
    return {"error": {"code": error.status, "message": error.text, "status": _STATUSES[error.status]}}


def _ollama(error: Error) -> dict[str, Any]:
    return {"error": error.text}


def _quoted(error: Error) -> dict[str, Any]:
    """Quote the error of the vendor behind a gateway."""
    raw = dump(_anthropic(error)).decode()
    held = {"raw": raw, "provider_name": "Anthropic", "is_byok": False}
    return {"error": {"message": "Provider returned error", "code": error.status, "metadata": held}}


_BODIES: Mapping[str, Callable[[Error], dict[str, Any]]] = {
    "openai-chat": _openai,
    "openai-responses": _openai,
    "anthropic-messages": _anthropic,
    "gemini": _google,
    "ollama": _ollama,
}


def error_body(dialect: str, error: Error) -> bytes:
    """Write an error.

    Sources: openai 3.54.0, `types/shared/error_object.py`; anthropic 2.12.0, `types/shared/error_response.py`; the
    status 529: https://docs.llmgateway.io/troubleshooting/anthropic-529-overloaded (read 2026-11-24); google-genai
    3.4.0, `errors.py`; https://ai.google.dev/gemini-api/docs/troubleshooting (read 2026-11-24); DeepSeek's code:
    deepseek-recipe 0.2.0; Moonshot's, which has no code: https://platform.kimi.com/docs/api/errors; OpenRouter's around
    the vendor's: https://github.com/Chevey339/kelivo/issues/481 (read 2026-11-28); MiniMax's on its OpenAI route:
    https://github.com/madebyaris/advance-minimax-m3-cursor-rules/issues/2 (read 2026-11-28); Ollama's:
    https://docs.ollama.com/api/errors (read 2026-11-28).
    """
    if error.provider == "openrouter" and error.status == BAD_REQUEST:
        return dump(_quoted(error))
    # DeepSeek's own code writes the same error on all of its routes.
    return dump((_openai if error.provider == "deepseek" else _BODIES[dialect])(error))


def overloaded(dialect: str) -> int:
    """Give the status that says so: Anthropic has one of its own."""
    return OVERLOADED if dialect == "anthropic-messages" else UNAVAILABLE
