"""LangChain and LangGraph: their messages to ours and back, and a model class that speaks any dialect.

    from keepthinking_adapters.langchain import ChatKeepThinking

    model = ChatKeepThinking(model="deepseek-v4-pro", profile="deepseek")

What lives here: the mapping (`to_native`, `from_native`), the framework's own equality and persistence made exact
(`same_native`, `dump`, `load`), the model class, and the subjects that the examination runs. How a message is carried
through what LangChain does to it is in `keepthinking.carry`; what a provider wants on the wire is a dialect's matter.
"""

from keepthinking_adapters.langchain._adapter import ADAPTER, LangChain
from keepthinking_adapters.langchain._from_native import from_native
from keepthinking_adapters.langchain._model import ChatKeepThinking
from keepthinking_adapters.langchain._persist import dump, load
from keepthinking_adapters.langchain._same import same_native
from keepthinking_adapters.langchain._to_native import to_native

__all__ = [
    "ADAPTER",
    "ChatKeepThinking",
    "LangChain",
    "dump",
    "from_native",
    "load",
    "same_native",
    "to_native",
]
