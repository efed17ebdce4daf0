"""AutoGen: its messages to ours and back, a model class that speaks any dialect, and contexts that keep what was said.

    from keepthinking_adapters.autogen import KeepThinkingChatCompletionClient, KeepThinkingUnboundedContext

    client = KeepThinkingChatCompletionClient(model="deepseek-v4-pro", profile="deepseek")
    agent = AssistantAgent("helper", model_client=client, model_context=KeepThinkingUnboundedContext())

What lives here: the mapping (`to_native`, `from_native`), the framework's own equality and persistence made exact
(`same_native`, `dump`, `load`), the model class, and AutoGen's contexts that save what its messages have no field for.
How a message is carried through what AutoGen does to it is in `keepthinking.carry`; what a provider wants on the wire
is a dialect's matter.
"""

from keepthinking_adapters.autogen._adapter import ADAPTER, AutoGen
from keepthinking_adapters.autogen._context import (
    KeepThinkingBufferedContext,
    KeepThinkingContextMixin,
    KeepThinkingHeadAndTailContext,
    KeepThinkingTokenLimitedContext,
    KeepThinkingUnboundedContext,
)
from keepthinking_adapters.autogen._from_native import from_native
from keepthinking_adapters.autogen._model import KeepThinkingChatCompletionClient
from keepthinking_adapters.autogen._persist import dump, load
from keepthinking_adapters.autogen._same import same_native
from keepthinking_adapters.autogen._to_native import to_native

__all__ = [
    "ADAPTER",
    "AutoGen",
    "KeepThinkingBufferedContext",
    "KeepThinkingChatCompletionClient",
    "KeepThinkingContextMixin",
    "KeepThinkingHeadAndTailContext",
    "KeepThinkingTokenLimitedContext",
    "KeepThinkingUnboundedContext",
    "dump",
    "from_native",
    "load",
    "same_native",
    "to_native",
]
