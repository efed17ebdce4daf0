"""What LlamaIndex's agents lose by themselves, whatever model class they have: each a few lines that show it.

With `KeepThinkingLLM`, so that no loss is the client's. A test fails when LlamaIndex has mended what it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import AudioBlock, ChatMessage
from llama_index.core.chat_engine import CondensePlusContextChatEngine, ContextChatEngine, SimpleChatEngine
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, WorkflowRuntimeError
from msgspec.structs import replace
from packaging.version import Version
from pydantic import BaseModel

from keepthinking import Block, Text
from keepthinking._adapter import Run
from keepthinking.audit import audit
from keepthinking_adapters.llama_index import dump, load
from keepthinking_adapters.llama_index._context import MessageSerializer, ended, settle
from keepthinking_adapters.llama_index._session import AgentSession, native_tool
from keepthinking_adapters.llama_index._subjects import SUBJECTS
from keepthinking_conformance.provider import Provider, Talk
from tests.adapters.llama_index.agents import ask, database, driven, examined, run_of, sent, verdict
from tests.adapters.llama_index.operations import TURNS
from tests.adapters.spoken import calls, says, spoken

KEPT = next(subject for subject in SUBJECTS if subject.variant == "kept")
PROFILE = "deepseek"
STREAMS = pytest.mark.skipif(
    Version(version("llama-index-core")) < Version("0.14.6"),
    reason="a chat engine that streams raises a ValueError where an answer has more than one block",
)
READS_SOUND = Version(version("llama-index-core")) >= Version("0.14.16")
STOPS_EARLY = pytest.mark.skipif(
    "early_stopping_method" not in FunctionAgent.model_fields, reason="older versions know no other way than to raise"
)


def agent_of(talk: Talk, tools: list[Any] | None = None, **options: Any) -> tuple[FunctionAgent, Context[Any]]:
    agent = FunctionAgent(
        llm=KEPT.client.make(run_of(talk, Path()).endpoint),
        tools=[native_tool(tool) for tool in tools or talk.tools],
        system_prompt=talk.system,
        streaming=True,  # before llama-index-core 0.14.6 a whole answer has one call
        **options,
    )
    return agent, Context(agent, serializer=MessageSerializer())


def roles(messages: list[dict[str, Any]]) -> list[str]:
    return [message["role"] for message in messages]


def blamed(talk: Talk, profile: str = PROFILE) -> list[tuple[str, str, str, str]]:
    """Say what the judge holds against a run: check, level, fate and where."""
    return [(f.check, f.level, f.fate, f.path) for f in verdict(talk, profile).findings]


@STOPS_EARLY
def test_an_early_stop_forgets_the_turn_that_it_stops(opened: Any) -> None:
    talk = opened("loop", PROFILE)
    agent, context = agent_of(talk)

    asyncio.run(ask(agent, talk.turns[0], ctx=context, max_iterations=3, early_stopping_method="generate"))

    # The last answer is asked for without a thought, a call or a result of the turn that it is to sum up.
    assert roles(sent(talk, 2)) == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert roles(sent(talk, 3)) == ["system", "user", "system"]
    # The provider takes it for a request beside the loop, since no tool is offered. Whoever knows that it is the answer
    # to the user's question judges it with the rest.
    one = [replace(exchange, scope="") for exchange in talk.exchanges]
    found = {(f.check, f.level, f.fate, f.request) for f in audit(one, profile=PROFILE).findings if f.level != "MAY"}
    assert found == {("context.turn.kept.in-loop", "MUST", "removed-with-turn", 4)}


class StopsEarly(AgentSession):
    """Asks for a last answer where the agent may take no more steps."""

    async def _go(self, **given: Any) -> str:
        return await super()._go(early_stopping_method="generate", **given)


@STOPS_EARLY
@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini"])
def test_an_early_stop_is_a_finding(provider: Provider, profile: str) -> None:
    def start(run: Run) -> AgentSession:
        return StopsEarly(run, KEPT.client.make, MessageSerializer(), settle)

    result = examined(provider, "step-limit", profile, start, stream=True)

    gone = [found for found in result.findings if found.check == "context.turn.kept.in-loop"]
    assert result.status == "fail"
    assert {found.level for found in gone} == {"MUST"}
    assert {found.request for found in gone} == {5}
    assert gone[-1].what == "the request holds nothing of 3 of the 4 answers of its tool loop"


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini"])
def test_a_loop_behind_the_next_user_s_words_is_a_finding_unless_it_is_settled(
    provider: Provider, profile: str
) -> None:
    def found(settles: Callable[[Any], Awaitable[object]] | None) -> list[tuple[str, str, str]]:
        def start(run: Run) -> AgentSession:
            return AgentSession(run, KEPT.client.make, MessageSerializer(), settles)

        result = examined(provider, "step-limit", profile, start, stream=True)
        return [(found.check, found.level, found.fate) for found in result.findings if found.check == "order.turns"]

    assert found(None) == [("order.turns", "SHOULD", "reordered")]
    assert found(settle) == []


def test_a_failed_run_leaves_its_loop_behind_the_next_user_s_words(opened: Any) -> None:
    talk = opened("second-turn", PROFILE)
    agent, context = agent_of(talk)

    async def plays() -> None:
        with pytest.raises(WorkflowRuntimeError, match="Max iterations of 3 reached"):
            await ask(agent, talk.turns[0], ctx=context, max_iterations=3)
        # The first run's limit would stay.
        await context.store.set("max_iterations", 9)
        await ask(agent, talk.turns[1], ctx=context)

    asyncio.run(plays())

    words = [message["content"] for message in sent(talk, 3) if message["role"] == "user"]
    assert words == list(talk.turns)
    assert roles(sent(talk, 3))[:4] == ["system", "user", "user", "assistant"]
    assert blamed(talk) == [("order.turns", "SHOULD", "reordered", "$.messages[3]")]


async def interrupted(session: Any, talk: Any) -> None:
    """Give the first turn, which is interrupted, and the second."""

    async def stops() -> None:
        while not talk.held.is_set():  # noqa: ASYNC110 - it is set in the provider's thread
            await asyncio.sleep(0.01)
        await session.interrupt()

    stopping = asyncio.create_task(stops())
    assert await session.turn(talk.turns[0]) == ""
    await stopping
    await session.turn(talk.turns[1])


def test_a_cancelled_step_is_taken_up_again_beside_the_next_run(opened: Any, tmp_path: Path) -> None:
    talk = opened("interrupt", PROFILE)
    session = AgentSession(run_of(talk, tmp_path, stream=True), KEPT.client.make, MessageSerializer())

    driven(session, lambda session: interrupted(session, talk))

    # The request that was cancelled is made once more, and the new words stand before the loop that it was part of.
    assert sent(talk, 3) == sent(talk, 2)
    assert roles(sent(talk, 4))[:4] == ["system", "user", "user", "assistant"]
    assert ("order.turns", "SHOULD", "reordered", "$.messages[3]") in blamed(talk)


def test_of_a_run_that_was_ended_nothing_is_taken_up_again(opened: Any, tmp_path: Path) -> None:
    talk = opened("interrupt", PROFILE)
    run = run_of(talk, tmp_path, stream=True)
    session = AgentSession(run, KEPT.client.make, MessageSerializer(), settle, ends=ended)

    driven(session, lambda session: interrupted(session, talk))

    loop = ["assistant", "tool"]
    assert roles(sent(talk, 3)) == ["system", "user", *loop, *loop, "user"]
    assert len(talk.exchanges) == 6
    assert blamed(talk) == []


@pytest.mark.parametrize(
    ("profile", "level", "path"),
    [
        (PROFILE, "MAY", "$.messages[1].content"),
        # Its seals are good behind the very words that stood before them.
        ("anthropic-bound", "MUST", "$.messages[0].content[0]"),
    ],
)
def test_a_state_changes_what_was_sent_in_the_middle_of_a_turn(
    opened: Any, tmp_path: Path, profile: str, level: str, path: str
) -> None:
    talk = opened("loop", profile)
    agent, context = agent_of(talk, initial_state={"mood": "calm"})

    async def plays() -> None:
        async with database(tmp_path) as memory:
            await ask(agent, talk.turns[0], ctx=context, memory=memory)

    asyncio.run(plays())

    assert "mood" in str(sent(talk, 0))
    assert "mood" not in str(sent(talk, 1))
    assert blamed(talk, profile) == [("prefix.unaltered", level, "altered", path)]


def test_results_stand_in_the_order_in_which_the_tools_were_done(opened: Any) -> None:
    talk = opened("parallel", PROFILE)
    started: list[str] = []
    done = asyncio.Event()

    def slow(call: Callable[[str], Awaitable[str]]) -> Callable[[str], Awaitable[str]]:
        async def later(arguments: str) -> str:
            started.append(arguments)
            if len(started) == 1:
                await done.wait()
                await asyncio.sleep(0.2)  # and told
            found = await call(arguments)
            done.set()
            return found

        return later

    agent, context = agent_of(talk, [replace(tool, call=slow(tool.call)) for tool in talk.tools])

    asyncio.run(ask(agent, talk.turns[0], ctx=context))

    said = [call["id"] for call in sent(talk, 1)[2]["tool_calls"]]
    told = [result["tool_call_id"] for result in sent(talk, 1)[3:]]
    assert told == said[::-1]
    # Each has the id of its call, and no provider that pairs by ids asks for an order.
    assert set(verdict(talk, PROFILE).fates) == {"preserved"}
    assert blamed(talk) == []


class Answer(BaseModel):
    """An answer."""

    key: str


def test_an_answer_of_a_form_is_asked_for_without_what_was_thought() -> None:
    answers: list[tuple[Block, ...]] = [
        (says("Look first."), *calls(("look", '{"at": "x"}'))),
        (says("It is k."), Text(text="It is k.")),
        (says("In a form."), *calls(("Answer", '{"key": "k"}'))),
    ]
    with spoken(PROFILE, answers) as provider:
        agent = FunctionAgent(
            llm=KEPT.client.make(provider.endpoint),
            tools=[FunctionTool.from_defaults(look)],
            output_cls=Answer,
            streaming=False,
        )
        asyncio.run(ask(agent, "Which key?"))

        # The conversation is written into one message, of its visible words.
        assert roles(provider.requests()[2]) == ["user"]
        assert "It is k." in str(provider.requests()[2])
        assert "Look first." in str(provider.requests()[1])
        assert "Look first." not in str(provider.requests()[2])


def look(at: str) -> str:
    """Look at something."""
    return at


class Finds(BaseRetriever):
    """Finds one text, whatever is asked."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        del query_bundle
        return [NodeWithScore(node=TextNode(text="It is so."))]


@pytest.mark.parametrize(
    ("engine", "kept"),
    [
        (SimpleChatEngine.from_defaults, True),
        (partial(ContextChatEngine.from_defaults, Finds()), False),
        (partial(CondensePlusContextChatEngine.from_defaults, Finds(), skip_condense=True), False),
    ],
    ids=["simple", "context", "condense plus context"],
)
def test_chat_engines_that_look_something_up_keep_the_visible_words(engine: Callable[..., Any], *, kept: bool) -> None:
    answers: list[tuple[Block, ...]] = [(says("Warm."), Text(text="Rome.")), (says("Cold."), Text(text="Oslo."))]
    with spoken(PROFILE, answers) as provider:
        llm, memory = KEPT.client.make(provider.endpoint), ChatMemoryBuffer.from_defaults(token_limit=100_000)
        talks = engine(llm=llm, memory=memory)
        talks.chat("Where is it warm?")
        talks.chat("And where is it cold?")

        assert "Rome." in str(provider.requests()[1])
        assert ("Warm." in str(provider.requests()[1])) is kept


@STREAMS
def test_a_chat_engine_that_streams_puts_words_in_the_place_of_the_answer() -> None:
    found: list[str] = []
    answers: list[tuple[Block, ...]] = [(says("Warm."), Text(text="Rome.")), (says("Cold."), Text(text="Oslo."))]
    with spoken(PROFILE, answers, stream=True) as provider:
        llm = KEPT.client.make(provider.endpoint).model_copy(update={"on_finding": lambda one: found.append(one.check)})
        talks = SimpleChatEngine.from_defaults(llm=llm, memory=ChatMemoryBuffer.from_defaults(token_limit=100_000))
        assert "".join(talks.stream_chat("Where is it warm?").response_gen) == "Rome."
        "".join(talks.stream_chat("And where is it cold?").response_gen)

        assert "Rome." in str(provider.requests()[1])
        assert "Warm." not in str(provider.requests()[1])
    assert "thinking.kept.in-loop" in found


def test_a_sound_that_is_given_as_bytes_cannot_be_read_out_of_a_memory_by_older_versions() -> None:
    natives = [ChatMessage(role="user", blocks=[AudioBlock(audio=b"aGVsbG8=", format="mp3")])]

    with nullcontext() if READS_SOUND else pytest.raises(ValueError, match="URL input should be a string or URL"):
        assert TURNS["Memory"](natives) == natives
    assert load(dump(natives)) == natives


def test_none_of_it_happens_where_nothing_goes_wrong(opened: Any) -> None:
    talk = opened("second-turn", PROFILE)
    agent, context = agent_of(talk)

    async def plays() -> None:
        for words in talk.turns:
            await ask(agent, words, ctx=context)

    asyncio.run(plays())

    fates: Mapping[str, int] = verdict(talk, PROFILE).fates
    assert set(fates) == {"preserved"}
    assert blamed(talk) == []
