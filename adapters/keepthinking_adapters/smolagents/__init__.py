"""smolagents: its memory to ours and back, and a model class that speaks any dialect."""

from keepthinking_adapters.smolagents._chat import from_chat, to_chat
from keepthinking_adapters.smolagents._from_native import from_native
from keepthinking_adapters.smolagents._persist import dump, load
from keepthinking_adapters.smolagents._same import same_native
from keepthinking_adapters.smolagents._to_native import to_native

__all__ = ["dump", "from_chat", "from_native", "load", "same_native", "to_chat", "to_native"]
