"""What writes the memory of a `Context`, where LlamaIndex's own serializer skips it.

A context is written and read between any two runs, and an agent that finds no memory in it makes a new one. From
pydantic 2.14 on `SimpleChatStore` raises when it is dumped, the context takes a memory that cannot be written for one
that need not be, and the agent has forgotten the conversation, with one warning (llama-index-core 0.14.5 to 0.14.25,
measured 2026-11-28).
"""

from __future__ import annotations

from typing import Any

from llama_index.core.memory import BaseMemory
from llama_index.core.storage.chat_store import SimpleChatStore
from workflows.context.serializers import JsonSerializer


class MessageSerializer(JsonSerializer):
    """Writes a memory message by message, in the shape in which LlamaIndex's own serializer does and reads it.

        context = Context(agent, serializer=MessageSerializer())

    A context that is loaded needs it again: `Context.from_dict(agent, data, serializer=MessageSerializer())`. What is
    written holds no model, and so no key: a `ChatSummaryMemoryBuffer` trims from then on, as with LlamaIndex's own
    serializer. `Memory` keeps its messages in a database and is no part of a context: give it to each run.
    """

    def serialize_value(self, value: Any) -> Any:
        """Make JSON of a value; a memory over a `SimpleChatStore` is written here, all else by LlamaIndex."""
        store = getattr(value, "chat_store", None)
        if not (isinstance(value, BaseMemory) and isinstance(store, SimpleChatStore)):
            return super().serialize_value(value)
        held = {key: [message.model_dump(mode="json") for message in told] for key, told in store.store.items()}
        return {
            "__is_component": True,
            "value": {
                **value.model_dump(mode="json", exclude={"chat_store", "llm"}),
                "chat_store": {"store": held, "class_name": store.class_name()},
            },
            "qualified_name": f"{type(value).__module__}.{type(value).__name__}",
        }
