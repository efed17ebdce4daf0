"""What keeps the memory of a `Context`, where LlamaIndex itself skips it or puts it in another order.

A context is written and read between any two runs, and an agent that finds no memory in it makes a new one. From
pydantic 2.14 on `SimpleChatStore` raises when it is dumped, the context takes a memory that cannot be written for one
that need not be, and the agent has forgotten the conversation, with one warning (llama-index-core 0.14.5 to 0.14.25,
measured 2026-11-28).

While a run goes on, `FunctionAgent` and `CodeActAgent` keep its loop in a scratchpad beside the memory, `ReActAgent` as
steps of its reasoning, and each shows the model the memory first. A run that raises or is cancelled leaves it there, so
that in the next run it stands behind the user's new words, as if the model had been asked both things and done the old
one afterwards (llama-index-core 0.14.5 to 0.14.25, measured 2026-11-28).

The steps of a cancelled run stay in the context, too, and go on beside the next run: both ask the model in turn, and
write into one scratchpad (llama-index-workflows 2.26.1, measured 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from llama_index.core.agent.react.formatter import ReActChatFormatter
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ObservationReasoningStep
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.memory import BaseMemory
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.workflow import Context, Workflow
from workflows.context.serializers import BaseSerializer, JsonSerializer

from keepthinking_adapters.llama_index._agents import KeepThinkingFormatter

_CODE: Final = "<execute>"
"""How `CodeActAgent`'s model begins its code; what the agent tells of a result is told here in its words."""
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
        """Make JSON of a value; a `SimpleChatStore`, or a memory over one, is written here, all else by LlamaIndex."""
        if isinstance(value, SimpleChatStore):
            return _component(value, _stored(value))
        store = getattr(value, "chat_store", None)
        if not (isinstance(value, BaseMemory) and isinstance(store, SimpleChatStore)):
            return super().serialize_value(value)
        held = value.model_dump(mode="json", exclude={"chat_store", "llm"})
        return _component(value, {**held, "chat_store": _stored(store)})


def _stored(store: SimpleChatStore) -> dict[str, Any]:
    held = {key: [message.model_dump(mode="json") for message in told] for key, told in store.store.items()}
    return {"store": held, "class_name": store.class_name()}


def _component(value: object, held: dict[str, Any]) -> dict[str, Any]:
    """Give what LlamaIndex's own serializer writes of a component."""
    name = f"{type(value).__module__}.{type(value).__name__}"
    return {"__is_component": True, "value": held, "qualified_name": name}


async def settle(
    context: Context[Any],
    *,
    scratchpad: str = "scratchpad",
    reasoning: str = "current_reasoning",
    formatter: ReActChatFormatter | None = None,
    unanswered: str = UNANSWERED,
) -> int:
    """Put the loop that a run left behind into the memory, where it stands before the user's next words.

        try:
            await agent.run(question, ctx=context)
        except WorkflowRuntimeError:  # too many steps, a provider that is down, a cancelled run
            await settle(context)

    Where nothing is left behind it does nothing, so it may as well be called before each run.

    Args:
        context: The context, between two runs.
        scratchpad: Where `FunctionAgent` and `CodeActAgent` keep a loop: their `scratchpad_key`.
        reasoning: Where `ReActAgent` keeps one: its `reasoning_key`.
        formatter: What writes the steps of a `ReActAgent`: its `formatter`; by default a `KeepThinkingFormatter`.
        unanswered: What the model is told of calls that have no result; providers refuse a history with such, and in
            text the model would take them for done.

    Returns:
        How many messages were left behind, results that are told here among them.
    """
    memory: BaseMemory | None = await context.store.get("memory", default=None)
    if memory is None:
        return 0
    left: list[ChatMessage] = await context.store.get(scratchpad, default=[])
    steps: list[BaseReasoningStep] = await context.store.get(reasoning, default=[])
    if steps:
        if isinstance(steps[-1], ActionReasoningStep):
            steps = [*steps, ObservationReasoningStep(observation=unanswered)]
        left = [*left, *(formatter or KeepThinkingFormatter()).format([], [], steps)[1:]]
        await context.store.set(reasoning, [])
    elif left:
        left = [*left, *_told(left, unanswered)]
    if left:
        await memory.aput_messages(left)
        await context.store.set(scratchpad, [])
    return len(left)


def ended(context: Context[Any], workflow: Workflow, serializer: BaseSerializer) -> Context[Any]:
    """Give a context that holds what one does, and nothing of the run in it that was cancelled.

        await handler.cancel_run()
        context = ended(context, agent, MessageSerializer())

    Args:
        context: The context, behind a run that was cancelled.
        workflow: The agent, or the workflow of several.
        serializer: Writes and reads what the context holds.
    """
    held = context.to_dict(serializer=serializer)
    kept: dict[str, Any] = {name: held[name] for name in ("version", "state") if name in held}
    return Context.from_dict(workflow, kept, serializer=serializer)


def _told(left: Sequence[ChatMessage], unanswered: str) -> Iterator[ChatMessage]:
    """Give a result for each call of the last answer that has none behind it; earlier ones may have had its ids."""
    last = max((n for n, message in enumerate(left) if message.role == "assistant"), default=0)
    answered = {message.additional_kwargs.get("tool_call_id") for message in left[last + 1 :]}
    for block in left[last].blocks:
        if isinstance(block, ToolCallBlock) and block.tool_call_id not in answered:
            kwargs = {"tool_call_id": block.tool_call_id}
            yield ChatMessage(role="tool", content=unanswered, additional_kwargs=kwargs)
    if last == len(left) - 1 and _CODE in (left[last].content or ""):
        yield ChatMessage(role="user", content=f"Result of executing the code given:\n\n{unanswered}")
