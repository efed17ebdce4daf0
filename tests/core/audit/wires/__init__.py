"""The wires whose traffic the tests of the audit record, one for each way to write thinking down."""

from collections.abc import Mapping

from keepthinking.dialects._base import Dialect
from keepthinking.plugins import dialect, dialects
from tests.core.audit.wires.base import Answer, Call, Message, Place, Thought, Wire, mark, results_of
from tests.core.audit.wires.chats import Chat, Cohere, DeepSeek, MiniMax, Mistral, Ollama, OpenRouter
from tests.core.audit.wires.lists import Bedrock, Claude, Gemini, Listed, Responses

UNJUDGED: tuple[str, ...] = ()
"""Dialects whose findings in the recordings are not yet looked through."""

DIALECTS: Mapping[str, Dialect] = {name: dialect(name) for name in dialects() if name not in UNJUDGED}

_ALL: tuple[Wire, ...] = (
    *(DeepSeek(), OpenRouter(), Claude(), MiniMax()),
    *(Responses(), Gemini(), Bedrock(), Mistral(), Cohere(), Ollama()),
)
WIRES: dict[str, Wire] = {wire.name: wire for wire in _ALL if wire.dialect in DIALECTS}

__all__ = [
    "DIALECTS",
    "WIRES",
    "Answer",
    "Bedrock",
    "Call",
    "Chat",
    "Claude",
    "Cohere",
    "DeepSeek",
    "Gemini",
    "Listed",
    "Message",
    "MiniMax",
    "Mistral",
    "Ollama",
    "OpenRouter",
    "Place",
    "Responses",
    "Thought",
    "Wire",
    "mark",
    "results_of",
]
