"""A context between two runs, and saved: LlamaIndex's own serializer forgets the memory with newer pydantic.

Stock agents over real HTTP, so that what is forgotten is seen where it counts: in the next request.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.react.types import ActionReasoningStep, ObservationReasoningStep
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.memory import ChatMemoryBuffer, ChatSummaryMemoryBuffer
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.workflow import Context
from packaging.version import Version
from workflows.context.serializers import BaseSerializer, JsonSerializer

from keepthinking import Endpoint
from keepthinking_adapters.llama_index._agents import Action
from keepthinking_adapters.llama_index._context import MessageSerializer, settle
from keepthinking_adapters.llama_index._session import AgentSession
from keepthinking_adapters.llama_index._subjects import SUBJECTS
from tests.adapters.llama_index.agents import ask, database, driven, run_of, sent

pytestmark = [
    pytest.mark.apart,
    pytest.mark.filterwarnings("ignore:Skipping serialization of known unserializable key. memory"),
]

FORGETS = Version(version("pydantic")) >= Version("2.14")
"""Whether LlamaIndex's own serializer skips the memory here."""

STOCK = next(subject for subject in SUBJECTS if subject.id == "llama-index.openai-like.stock")
HISTORY = [
    ChatMessage(role="user", content="Which is warmer?"),
    ChatMessage(
        role="assistant",
        blocks=[
            ThinkingBlock(content="Oslo first.", additional_information={"signature": "EqQB", "deep": [{"a": None}]}),
            TextBlock(text=""),
            ToolCallBlock(tool_call_id="c1", tool_name="weather", tool_kwargs='{"city":  "Oslo"}'),
        ],
        additional_kwargs={"kept": [1, 1.0, True, None, {"x": ""}]},
    ),
    ChatMessage(role="tool", content="4", additional_kwargs={"tool_call_id": "c1"}),
]


def users_words(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"] for message in messages if message["role"] == "user"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("ours", [False, True])
def test_a_second_turn_in_the_same_context(opened: Any, tmp_path: Path, *, ours: bool, stream: bool) -> None:
    talk = opened("second-turn", "deepseek")
    serializer = MessageSerializer() if ours else JsonSerializer()
    session = AgentSession(run_of(talk, tmp_path, stream=stream), STOCK.client.make, serializer=serializer)

    async def both(session: AgentSession) -> None:
        for words in talk.turns:
            await session.turn(words)

    driven(session, both)

    keeps = ours or not FORGETS
    assert users_words(sent(talk, 3)) == (list(talk.turns) if keeps else [talk.turns[1]])
    assert len(sent(talk, 3)) == (8 if keeps else 2)


@pytest.mark.parametrize("ours", [False, True])
def test_a_saved_context_in_a_fresh_agent(opened: Any, tmp_path: Path, *, ours: bool) -> None:
    talk = opened("second-turn", "deepseek")
    serializer = MessageSerializer() if ours else JsonSerializer()
    sessions = [AgentSession(run_of(talk, tmp_path), STOCK.client.make, serializer=serializer) for _ in range(2)]

    async def saves(session: AgentSession) -> bytes:
        await session.turn(talk.turns[0])
        return await session.save()

    async def loads(session: AgentSession) -> None:
        await session.load(saved)
        await session.turn(talk.turns[1])

    saved = driven(sessions[0], saves)
    driven(sessions[1], loads)

    assert b"sk-canary" not in saved
    assert len(sent(talk, 3)) == (8 if ours or not FORGETS else 2)


@pytest.mark.skipif(
    Version(version("llama-index-core")) < Version("0.14.7"),
    reason="before 0.14.7 an agent takes a tool that waits for the user for one that failed",
)
def test_a_call_that_waits_in_a_saved_context(opened: Any, tmp_path: Path) -> None:
    talk = opened("approval-resume", "deepseek")
    run = run_of(talk, tmp_path, approvals=True)
    first, second = [AgentSession(run, STOCK.client.make, serializer=MessageSerializer()) for _ in range(2)]

    async def waits(session: AgentSession) -> bytes:
        assert await session.turn(talk.turns[0]) == ""
        return await session.save()

    async def goes_on(session: AgentSession) -> str:
        await session.load(saved)
        assert await session.approve(allow=True) == ""
        return await session.approve(allow=True)

    saved = driven(first, waits)
    shown = driven(second, goes_on)

    assert shown
    assert len(talk.exchanges) == sum(talk.expected)
    assert [message["role"] for message in sent(talk, 2)] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]


@pytest.mark.parametrize("make", [ChatMemoryBuffer, ChatSummaryMemoryBuffer])
def test_every_field_of_every_message_comes_back(make: Any) -> None:
    memory = make.from_defaults(chat_history=list(HISTORY), token_limit=999)
    serializer = MessageSerializer()

    text = serializer.serialize({"memory": memory, "more": [1, memory]})
    back = serializer.deserialize(text)

    assert type(back["memory"]) is make
    assert back["memory"].token_limit == 999
    assert back["memory"].get_all() == HISTORY
    assert back["more"][1].get_all() == HISTORY
    # LlamaIndex's own reads what ours writes: a session may be moved to an app without keepthinking.
    assert JsonSerializer().deserialize(text)["memory"].get_all() == HISTORY
    assert memory.get_all() == HISTORY


def test_a_store_is_written_by_itself() -> None:
    store = SimpleChatStore(store={"ann": list(HISTORY), "bob": []})

    text = MessageSerializer().serialize(store)

    back = MessageSerializer().deserialize(text)
    assert type(back) is SimpleChatStore
    assert back.store == store.store
    if not FORGETS:
        assert json.loads(JsonSerializer().serialize(store)) == json.loads(text)


def test_ours_writes_what_llama_index_writes_where_that_can() -> None:
    memory = ChatMemoryBuffer.from_defaults(chat_history=list(HISTORY), token_limit=999)
    ours = json.loads(MessageSerializer().serialize(memory))

    if FORGETS:
        with pytest.raises(ValueError, match="Failed to serialize value"):
            JsonSerializer().serialize(memory)
    else:
        assert json.loads(JsonSerializer().serialize(memory)) == ours
    assert MessageSerializer().serialize({"x": [1, None]}) == JsonSerializer().serialize({"x": [1, None]})


def test_a_summary_memory_is_written_without_its_model() -> None:
    model = STOCK.client.make(Endpoint(dialect="openai-chat", base_url="http://x", model="m", api_key="sk-canary"))
    memory = ChatSummaryMemoryBuffer.from_defaults(chat_history=list(HISTORY), llm=model)

    text = MessageSerializer().serialize(memory)

    assert "sk-canary" not in text
    assert MessageSerializer().deserialize(text).get_all() == HISTORY


@pytest.mark.parametrize("held", ["memory", "store"])
def test_a_memory_that_is_given_to_each_run_needs_no_serializer(opened: Any, tmp_path: Path, held: str) -> None:
    talk = opened("second-turn", "deepseek")
    run = run_of(talk, tmp_path)

    async def both() -> None:
        async with database(tmp_path) as memory:
            store = ChatMemoryBuffer.from_defaults(token_limit=100_000, chat_store=SimpleChatStore())
            for words in talk.turns:
                agent = AgentSession(run, STOCK.client.make)._made("asker", run.endpoint)
                await ask(agent, words, memory=memory if held == "memory" else store)

    asyncio.run(both())

    assert len(sent(talk, 3)) == 8


@pytest.mark.parametrize("serializer", [JsonSerializer(), MessageSerializer()], ids=["stock", "ours"])
def test_a_database_is_no_part_of_a_context(opened: Any, tmp_path: Path, serializer: BaseSerializer) -> None:
    talk = opened("second-turn", "deepseek")
    run = run_of(talk, tmp_path)
    agent = AgentSession(run, STOCK.client.make)._made("asker", run.endpoint)

    async def both() -> None:
        context: Context[Any] = Context(agent, serializer=serializer)
        async with database(tmp_path) as memory:
            await ask(agent, talk.turns[0], memory=memory, ctx=context)
            await ask(agent, talk.turns[1], ctx=context)

    asyncio.run(both())

    # The rule that `MessageSerializer` states: who gives a `Memory` once has no history in the second run.
    assert len(sent(talk, 3)) == 2


def test_the_warning_is_all_that_tells(opened: Any) -> None:
    talk = opened("second-turn", "deepseek")
    run = run_of(talk, Path())
    agent = AgentSession(run, STOCK.client.make)._made("asker", run.endpoint)
    assert isinstance(agent, FunctionAgent)

    async def once() -> list[str]:
        context: Context[Any] = Context(agent)
        await ask(agent, talk.turns[0], ctx=context)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            written = context.to_dict()
        told = [str(warning.message) for warning in caught if "memory" in str(warning.message)]
        assert ("memory" in json.dumps(written["state"]["state_data"]["_data"])) is not FORGETS
        return told

    assert bool(asyncio.run(once())) is FORGETS


def test_a_loop_that_a_run_left_behind_is_put_into_the_memory() -> None:
    async def plays() -> None:
        agent = FunctionAgent(llm=STOCK.client.make(Endpoint(dialect="openai-chat", base_url="http://x", model="m")))
        context: Context[Any] = Context(agent, serializer=MessageSerializer())
        assert await settle(context) == 0  # nothing was ever said
        memory = ChatMemoryBuffer.from_defaults(token_limit=1000)
        await context.store.set("memory", memory)
        assert await settle(context) == 0  # nothing was left behind
        await context.store.set("scratchpad", [*HISTORY[1:], *HISTORY[1:2]])

        assert await settle(context) == 4

        *kept, told = memory.get_all()
        assert kept == [*HISTORY[1:], HISTORY[1]]
        assert told.additional_kwargs == {"tool_call_id": "c1"}
        assert await context.store.get("scratchpad") == []

    asyncio.run(plays())


def test_a_call_that_a_run_left_without_a_result_is_told_so() -> None:
    left = [HISTORY[1]]

    async def plays() -> list[ChatMessage]:
        agent = FunctionAgent(llm=STOCK.client.make(Endpoint(dialect="openai-chat", base_url="http://x", model="m")))
        context: Context[Any] = Context(agent, serializer=MessageSerializer())
        memory = ChatMemoryBuffer.from_defaults(token_limit=1000)
        await context.store.set("memory", memory)
        await context.store.set("scratchpad", left)
        assert await settle(context, unanswered="Not run.") == 2
        return memory.get_all()

    assert asyncio.run(plays()) == [
        *left,
        ChatMessage(role="tool", content="Not run.", additional_kwargs={"tool_call_id": "c1"}),
    ]


def settled(left: Mapping[str, list[Any]], **options: Any) -> list[ChatMessage]:
    """Give what a memory holds when a loop that stands in a context has been settled."""

    async def plays() -> list[ChatMessage]:
        agent = FunctionAgent(llm=STOCK.client.make(Endpoint(dialect="openai-chat", base_url="http://x", model="m")))
        context: Context[Any] = Context(agent, serializer=MessageSerializer())
        memory = ChatMemoryBuffer.from_defaults(token_limit=1000)
        await context.store.set("memory", memory)
        for key, held in left.items():
            await context.store.set(key, held)
        count = await settle(context, **options)
        assert await settle(context, **options) == 0
        assert len(memory.get_all()) == count
        return memory.get_all()

    return asyncio.run(plays())


def test_steps_that_a_run_left_behind_are_the_messages_that_they_were_read_from() -> None:
    said = ChatMessage(role="assistant", content="Thought: Oslo.\nAction: f\nAction Input: {}")
    step = Action(thought="Oslo.", action="f", action_input={}, native=said)

    done = settled({"current_reasoning": [step, ObservationReasoningStep(observation="4")]})
    cut = settled({"current_reasoning": [step]}, unanswered="Not run.")
    stock = settled({"current_reasoning": [ActionReasoningStep(thought="Oslo.", action="f", action_input={})]})

    assert done == [said, ChatMessage(role="user", content="Observation: 4")]
    assert cut == [said, ChatMessage(role="user", content="Observation: Not run.")]
    assert [one.role.value for one in stock] == ["assistant", "user"]


def test_code_that_a_run_did_not_come_to_is_told_so() -> None:
    code = ChatMessage(role="assistant", content="I look.\n<execute>\nf()\n</execute>")
    ran = ChatMessage(role="user", content="Result of executing the code given:\n\n4")

    assert settled({"scratchpad": [code, ran]}) == [code, ran]
    assert settled({"scratchpad": [code]}, unanswered="4") == [code, ran]
    assert settled({"mine": [code]}, scratchpad="mine", unanswered="4") == [code, ran]
