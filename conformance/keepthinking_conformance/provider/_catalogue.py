"""What a provider says of its models to those who ask before they talk: clients list them, and look up what one can do.

None of it is an exchange, and nothing is recorded of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from keepthinking._json import dump
from keepthinking_conformance.provider._line import JSON
from keepthinking_conformance.provider._voices import Voice

_WHEN: Final = "2026-01-01T00:00:00Z"


class Shown(NamedTuple):
    """What is told.

    Attributes:
        body: The body.
        kind: Its media type.
    """

    body: bytes
    kind: str = JSON


def catalogue(method: str, path: str, voice: Voice) -> Shown | None:
    """Answer a question about the models; None where the request is none.

    Sources: openai 3.54.0, anthropic 2.12.0 and google-genai 3.4.0 (`models`); ollama 0.6.3, `_client.py`, `_types.py`;
    Ollama's server tells at its root that it runs, to HEAD, too: https://github.com/ollama/ollama/blob/main/server/routes.go
    (read 2026-11-28).

    Args:
        method: The HTTP method; HEAD is asked what GET is.
        path: The path behind the run.
        voice: Who is asked.
    """
    asked = "GET" if method == "HEAD" else method
    if voice.dialect == "ollama":
        if (asked, path) == ("GET", "/"):
            return Shown(b"Ollama is running", "text/plain; charset=utf-8")
        told = _OLLAMA.get((asked, path))
        return None if told is None else Shown(dump(told(voice)))
    if asked != "GET":
        return None
    if path.endswith("/models"):
        return Shown(dump(_models(voice)))
    return Shown(dump(_model(voice))) if path.endswith(f"/models/{voice.model}") else None


def _models(voice: Voice) -> object:
    name, row = voice.model, _model(voice)
    if voice.dialect == "anthropic-messages":
        return {"data": [row], "has_more": False, "first_id": name, "last_id": name}
    return {"models": [row]} if voice.dialect == "gemini" else {"object": "list", "data": [row]}


def _model(voice: Voice) -> dict[str, object]:
    name = voice.model
    if voice.dialect == "anthropic-messages":
        return {"type": "model", "id": name, "display_name": name, "created_at": _WHEN}
    if voice.dialect == "gemini":
        methods = ["generateContent", "streamGenerateContent", "countTokens"]
        limits = {"inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536}
        shown: dict[str, object] = {"name": f"models/{name}", "displayName": name, **limits, "thinking": True}
        return {**shown, "supportedGenerationMethods": methods}
    return {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": voice.profile.provider}


_DETAILS: Final[Mapping[str, Any]] = {
    "parent_model": "",
    "format": "gguf",
    "family": "gptoss",
    "families": ["gptoss"],
    "parameter_size": "20.9B",
    "quantization_level": "MXFP4",
}


def _tags(voice: Voice) -> object:
    row = {"name": voice.model, "model": voice.model, "modified_at": _WHEN, "size": 13_793_441_244, "digest": "0" * 64}
    return {"models": [{**row, "details": _DETAILS}]}


def _shown(voice: Voice) -> object:
    """Tell what the model can do: `voice` plays one that thinks and calls tools."""
    del voice
    known = {"general.architecture": "gptoss", "gptoss.context_length": 131_072}
    return {
        "modified_at": _WHEN,
        "details": _DETAILS,
        "model_info": known,
        "capabilities": ["completion", "tools", "thinking"],
    }


def _running(voice: Voice) -> object:
    (row,) = cast("dict[str, list[dict[str, object]]]", _tags(voice))["models"]
    return {"models": [{**row, "expires_at": _WHEN, "size_vram": 13_793_441_244, "context_length": 131_072}]}


def _version(voice: Voice) -> object:
    del voice
    return {"version": "0.12.9"}


_OLLAMA: Final[Mapping[tuple[str, str], Callable[[Voice], object]]] = {
    ("GET", "/api/tags"): _tags,
    ("GET", "/api/ps"): _running,
    ("POST", "/api/show"): _shown,
    ("GET", "/api/version"): _version,
}
"""What is told, by method and path; the version is the last one without ids of calls (`_looks`)."""
