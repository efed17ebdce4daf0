"""What keeps the memory of a `Context`, where LlamaIndex itself skips it or puts it in another order.

A context is written and read between any two runs, and an agent that finds no memory in it makes a new one. From
pydantic 2.14 on `SimpleChatStore` raises when it is dumped, the context takes a memory that cannot be written for one
that need not be, and the agent has forgotten the conversation, with one warning (llama-index-core 0.14.5 to 0.14.25,
measured 2026-11-28).

While a run goes on, `FunctionAgent` and `CodeActAgent` keep its loop in a scratchpad beside the memory, and show the
model the memory first. A run that raises or is cancelled leaves it there, so that in the next run it stands behind the
user's new words, as if the model had been asked both things and done the old one afterwards (llama-index-core 0.14.5 to
0.14.25, measured 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.memory import BaseMemory
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.workflow import Context
from workflows.context.serializers import JsonSerializer

UNANSWERED: Final = "This tool was not run: the run ended before."
"""What the model is told of a call that a run left without a result."""


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


async def settle(context: Context[Any], *, scratchpad: str = "scratchpad", unanswered: str = UNANSWERED) -> int:
    """Put the loop that a run left behind into the memory, where it stands before the user's next words.

        try:
            await agent.run(question, ctx=context)
        except WorkflowRuntimeError:  # too many steps, a provider that is down, a cancelled run
            await settle(context)

    Where nothing is left behind it does nothing, so it may as well be called before each run.

    Args:
        context: The context, between two runs.
        scratchpad: Where the agents keep a loop: their `scratchpad_key`.
        unanswered: What the model is told of calls that have no result; providers refuse a history with such.

    Returns:
        How many messages were left behind, results that are told here among them.
    """
    left: list[ChatMessage] = await context.store.get(scratchpad, default=[])
    memory: BaseMemory | None = await context.store.get("memory", default=None)
    if not left or memory is None:
        return 0
    settled = [*left, *_told(left, unanswered)]
    await memory.aput_messages(settled)
    await context.store.set(scratchpad, [])
    return len(settled)


def _told(left: Sequence[ChatMessage], unanswered: str) -> Iterator[ChatMessage]:
    """Give a result for each call of the last answer that has none behind it; earlier ones may have had its ids."""
    last = max((n for n, message in enumerate(left) if message.role == "assistant"), default=0)
    answered = {message.additional_kwargs.get("tool_call_id") for message in left[last + 1 :]}
    for block in left[last].blocks:
        if isinstance(block, ToolCallBlock) and block.tool_call_id not in answered:
            kwargs = {"tool_call_id": block.tool_call_id}
            yield ChatMessage(role="tool", content=unanswered, additional_kwargs=kwargs)
