"""LlamaIndex: its messages to ours and back, and a model class that speaks any dialect.

    from keepthinking_adapters.llama_index import KeepThinkingLLM

    llm = KeepThinkingLLM(model="deepseek-v4-pro", profile="deepseek")

What lives here: the mapping (`to_native`, `from_native`), the framework's own equality and persistence made exact
(`same_native`, `dump`, `load`), the model class, the agents that read text made faithful, the serializer that writes a
context's memory, what puts a loop that a run left behind in its place, and the subjects that the examination runs. How
a message is carried through what LlamaIndex does to it is in `keepthinking.carry`; what a provider wants on the wire is
a dialect's matter.
"""

from keepthinking_adapters.llama_index._adapter import ADAPTER, LlamaIndex
from keepthinking_adapters.llama_index._agents import (
    KeepThinkingCodeActAgent,
    KeepThinkingFormatter,
    KeepThinkingReActAgent,
)
from keepthinking_adapters.llama_index._context import MessageSerializer, ended, settle
from keepthinking_adapters.llama_index._from_native import from_native
from keepthinking_adapters.llama_index._model import KeepThinkingLLM
from keepthinking_adapters.llama_index._persist import dump, load
from keepthinking_adapters.llama_index._same import same_native
from keepthinking_adapters.llama_index._to_native import to_native

__all__ = [
    "ADAPTER",
    "KeepThinkingCodeActAgent",
    "KeepThinkingFormatter",
    "KeepThinkingLLM",
    "KeepThinkingReActAgent",
    "LlamaIndex",
    "MessageSerializer",
    "dump",
    "ended",
    "from_native",
    "load",
    "same_native",
    "settle",
    "to_native",
]
