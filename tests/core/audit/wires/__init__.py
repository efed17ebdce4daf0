"""The wires whose traffic the tests of the audit record, one for each way to write thinking down."""

from tests.core.audit.wires.base import Answer, Call, Message, Place, Thought, Wire, mark, results_of
from tests.core.audit.wires.chats import Chat, Cohere, DeepSeek, MiniMax, Mistral, Ollama, OpenRouter
from tests.core.audit.wires.lists import Bedrock, Claude, Gemini, Listed, Responses
from tests.core.dialects.wire import DIALECTS

_ALL: tuple[Wire, ...] = (
    *(DeepSeek(), OpenRouter(), Claude(), MiniMax()),
    *(Responses(), Gemini(), Bedrock(), Mistral(), Cohere(), Ollama()),
)
WIRES: dict[str, Wire] = {wire.name: wire for wire in _ALL if wire.dialect in DIALECTS}

__all__ = [
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
