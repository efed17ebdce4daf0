"""The dialects that miniatures speak, by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.miniatures._chat import Chat
from keepthinking_conformance.miniatures._gemini import Gemini
from keepthinking_conformance.miniatures._messages import Messages
from keepthinking_conformance.miniatures._ollama import Ollama
from keepthinking_conformance.miniatures._responses import Responses
from keepthinking_conformance.miniatures._wire import Wire

WIRES: Final[Mapping[str, Wire]] = MappingProxyType(
    {
        "openai-chat": Chat(),
        "openai-responses": Responses(),
        "anthropic-messages": Messages(),
        "gemini": Gemini(),
        "ollama": Ollama(),
    }
)
"""The dialects that miniatures speak, by their ids."""
