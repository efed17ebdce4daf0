"""What LlamaIndex does to messages that nobody wants to change: copies, stores, dumps, one turn of an agent."""

import asyncio
import copy
import json
import pickle
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pydantic
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import ChatResponse, ChatResponseAsyncGen, LLMMetadata
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.storage.chat_store import SimpleChatStore
from packaging.version import Version
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import create_async_engine

from keepthinking_adapters.llama_index import dump, load

Messages = list[ChatMessage]
Operation = Callable[[Messages], Messages]

_ANY: TypeAdapter[Messages] = TypeAdapter(Messages)

STORES_WRITE = Version(pydantic.VERSION) < Version("2.14")
"""Whether `SimpleChatStore` can be written down (llama-index-core 0.14.25: not under pydantic 2.14)."""


def _python(messages: Messages) -> Messages:
    return [ChatMessage.model_validate(one.model_dump()) for one in messages]


def _json_of_each(messages: Messages) -> Messages:
    return [ChatMessage.model_validate_json(one.model_dump_json()) for one in messages]


def _as_sql_does(messages: Messages) -> Messages:
    return [ChatMessage.model_validate(json.loads(json.dumps(one.model_dump(mode="json")))) for one in messages]


def _simple(messages: Messages) -> Messages:
    store = SimpleChatStore()
    store.set_messages("key", messages)
    return store.get_messages("key")


def _buffer(messages: Messages) -> Messages:
    memory = ChatMemoryBuffer.from_defaults(token_limit=10**9)
    for message in messages:
        memory.put(message)
    return memory.get_all()


def _persisted(messages: Messages) -> Messages:
    store = SimpleChatStore()
    store.set_messages("key", messages)
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "store.json")
        store.persist(path)
        return SimpleChatStore.from_persist_path(path).get_messages("key")


def _string(messages: Messages) -> Messages:
    memory = ChatMemoryBuffer.from_defaults(chat_history=copy.deepcopy(messages), token_limit=10**9)
    return ChatMemoryBuffer.from_string(memory.to_string()).get_all()


def _sql(messages: Messages) -> Messages:
    """Put messages into the memory that LlamaIndex recommends, and read them back out of its database."""

    async def run() -> Messages:
        engine = create_async_engine("sqlite+aiosqlite:///:memory:")
        try:
            memory = Memory.from_defaults(session_id="key", token_limit=10**9, async_engine=engine)
            await memory.aput_messages(messages)
            return await memory.aget_all()
        finally:
            await engine.dispose()

    return asyncio.run(run())


class _Silent(FunctionCallingLLM):
    """A model that says nothing; what is under test is what an agent does to the history that it is given."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, is_function_calling_model=True, context_window=10**9)

    def _prepare_chat_with_tools(self, *_: Any, **given: Any) -> dict[str, Any]:
        return {"messages": given.get("chat_history") or []}

    def get_tool_calls_from_response(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def chat(self, *_: Any, **__: Any) -> ChatResponse:
        return ChatResponse(message=ChatMessage(role="assistant", content=""))

    async def achat(self, *_: Any, **__: Any) -> ChatResponse:
        return self.chat()

    def stream_chat(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def astream_chat(self, *_: Any, **__: Any) -> ChatResponseAsyncGen:
        raise NotImplementedError

    def complete(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    stream_complete = acomplete = astream_complete = complete


def _agent(messages: Messages) -> Messages:
    """Give messages to an agent as its history, and take them out of its memory after a turn."""

    async def run() -> Messages:
        memory = ChatMemoryBuffer.from_defaults(token_limit=10**9)
        agent: Any = FunctionAgent(llm=_Silent(), tools=[], streaming=False)
        await agent.run(user_msg="go on", chat_history=copy.deepcopy(messages), memory=memory)
        return memory.get_all()[: len(messages)]

    return asyncio.run(run())


COPIES: Mapping[str, Operation] = {
    "nothing": lambda messages: messages,
    "deepcopy": copy.deepcopy,
    "pickle": lambda messages: pickle.loads(pickle.dumps(messages)),  # noqa: S301 - our own bytes
    "model_copy": lambda messages: [one.model_copy(deep=True) for one in messages],
    "SimpleChatStore": _simple,
    "ChatMemoryBuffer": _buffer,
}
"""Operations that never look into a value."""

STORES: Mapping[str, Operation] = {
    "python": _python,
    "json": lambda messages: _ANY.validate_json(_ANY.dump_json(messages)),
    "json of each": _json_of_each,
    "json of each, as the SQL store has it": _as_sql_does,
    "dump": lambda messages: load(dump(messages)),
    **({"SimpleChatStore.persist": _persisted, "ChatMemoryBuffer.to_string": _string} if STORES_WRITE else {}),
}
"""Operations that write values down; some refuse half an emoji."""

TURNS: Mapping[str, Operation] = {"Memory": _sql, "FunctionAgent": _agent}
"""Operations that a test can afford less often."""

REFUSALS = (TypeError, ValueError, OverflowError)
"""What those raise where they refuse; pydantic's own errors are among them."""

__all__ = ["COPIES", "REFUSALS", "STORES", "STORES_WRITE", "TURNS", "Messages", "Operation"]
