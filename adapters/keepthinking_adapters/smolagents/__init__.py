"""smolagents: its memory to ours and back, and a model class that speaks any dialect.

    from keepthinking_adapters.smolagents import KeepThinkingModel

    model = KeepThinkingModel(model="deepseek-v4-pro", profile="deepseek")

What lives here: the mapping of memories (`to_native`, `from_native`) and of what a model is given and gives
(`to_chat`, `from_chat`), equality and persistence made exact (`same_native`, `dump`, `load`), the model class, the
agents with what they leave out of their memory, and the subjects that the examination runs. How a message is carried
through what smolagents does to it is in `keepthinking.carry`; what a provider wants on the wire is a dialect's matter.
"""

from keepthinking_adapters.smolagents._adapter import ADAPTER, Smolagents
from keepthinking_adapters.smolagents._agents import (
    KeepThinkingCodeAgent,
    KeepThinkingToolCallingAgent,
    load_memory,
    save_memory,
)
from keepthinking_adapters.smolagents._chat import from_chat, to_chat
from keepthinking_adapters.smolagents._from_native import from_native
from keepthinking_adapters.smolagents._keep import keep_step
from keepthinking_adapters.smolagents._model import KeepThinkingModel
from keepthinking_adapters.smolagents._persist import dump, load
from keepthinking_adapters.smolagents._same import same_native
from keepthinking_adapters.smolagents._to_native import to_native

__all__ = [
    "ADAPTER",
    "KeepThinkingCodeAgent",
    "KeepThinkingModel",
    "KeepThinkingToolCallingAgent",
    "Smolagents",
    "dump",
    "from_chat",
    "from_native",
    "keep_step",
    "load",
    "load_memory",
    "same_native",
    "save_memory",
    "to_chat",
    "to_native",
]
