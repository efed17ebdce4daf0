"""Agents that read their actions out of text, over real HTTP: ours send back what was said, LlamaIndex's own do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from llama_index.core.agent.react.formatter import ReActChatFormatter
from llama_index.core.agent.react.types import ActionReasoningStep
from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock, ThinkingBlock
from llama_index.core.llms import LLM
from llama_index.core.workflow import Context
from pydantic import ValidationError
from workflows.context.serializers import JsonSerializer

from keepthinking import Endpoint
from keepthinking_adapters.llama_index._agents import (
    Action,
    KeepThinkingCodeActAgent,
    KeepThinkingFormatter,
    KeepThinkingReActAgent,
)
from keepthinking_adapters.llama_index._context import MessageSerializer
from keepthinking_adapters.llama_index._subjects import SUBJECTS
from tests.adapters.llama_index.agents import ask, faults
from tests.adapters.spoken import Spoken, in_words, spoken

pytestmark = pytest.mark.apart

ASKED = ("Which is warmer?", "Sure?")
REACT = (
    in_words("First Oslo.", 'Thought: I need Oslo.\nAction: weather\nAction Input: {"city":  "Oslo", "x": true}'),
    in_words("Then Rome.", 'Thought: Now Rome.\n  Action: weather\nAction Input: {"city": "Rome"}'),  # cannot be read
    in_words("In the right form.", 'Thought: Now Rome.\nAction: weather\nAction Input: {"city": "Rome"}'),
    in_words("Compare.", "Thought: I can answer.\nAnswer: Rome is."),
    in_words("Again.", "Thought: (easy)\nAnswer: Yes."),
)
CODE = (
    in_words("First Oslo.", "I look.\n<execute>\nprint(weather('Oslo'))\n</execute>"),
    in_words("Then Rome.", "<execute>print(weather('Rome'))</execute>\n"),
    in_words("Compare.", "Rome is."),
    in_words("Again.", "Yes."),
)
STOCK = next(subject for subject in SUBJECTS if subject.id == "llama-index.openai-like.stock").client.make


async def weather(city: str, *, x: bool = False) -> str:
    """Tell the weather."""
    return f"4 degrees in {city}{x}"


async def execute(code: str) -> str:
    return f"ran {len(code)}"


def react(cls: type[ReActAgent], llm: LLM, **options: Any) -> ReActAgent:
    return cls(llm=llm, tools=[weather], system_prompt="Be brief.", **options)


def codeact(cls: type[CodeActAgent], llm: LLM, **options: Any) -> CodeActAgent:
    return cls(llm=llm, tools=[weather], code_execute_fn=execute, **options)


def play(agent: Any, *asked: str) -> tuple[list[str], list[ChatMessage]]:
    """Ask each question in one context, and give what was shown, and the memory."""

    async def plays() -> tuple[list[str], list[ChatMessage]]:
        context: Context[Any] = Context(agent, serializer=MessageSerializer())
        shown = [await ask(agent, words, ctx=context) for words in asked]
        memory = await context.store.get("memory")
        return shown, await memory.aget_all()

    return asyncio.run(plays())


OURS = next(subject for subject in SUBJECTS if subject.variant == "kept").client.make
PROFILES = ("deepseek", "minimax", "minimax-split", "openrouter", "anthropic", "openai")
MODELS: dict[str, tuple[Callable[[Endpoint], LLM], str]] = {
    "openai-like-minimax": (STOCK, "minimax"),
    **{f"keepthinking-{profile}": (OURS, profile) for profile in PROFILES},
}
"""A model class, and the provider that it talks to: stock clients keep thinking that stands in the text alone."""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_react_agent_sends_back_what_was_said(model: str, *, stream: bool) -> None:
    make, profile = MODELS[model]
    with spoken(profile, REACT, stream=stream) as provider:
        shown, memory = play(react(KeepThinkingReActAgent, make(provider.endpoint), streaming=stream), *ASKED)

        assert [words.rpartition(">")[2].strip() for words in shown] == ["Rome is.", "Yes."]
        assert faults(provider.report()) == []
        assert set(provider.report().fates) == {"preserved"}
        assert grows(provider)
    said = [message for message in memory if message.role == "assistant"]
    assert [message.content.rpartition("</think>")[2].strip() for message in said if message.content] == [
        words.text.strip() for _, words in REACT
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_codeact_agent_sends_back_what_was_said(model: str, *, stream: bool) -> None:
    make, profile = MODELS[model]
    with spoken(profile, CODE, stream=stream) as provider:
        agent = codeact(KeepThinkingCodeActAgent, make(provider.endpoint), streaming=stream)
        shown, _ = play(agent, *ASKED)

        assert [words.rpartition(">")[2].strip() for words in shown] == ["Rome is.", "Yes."]
        assert faults(provider.report()) == []
        assert set(provider.report().fates) == {"preserved"}
        assert grows(provider)


def grows(provider: Spoken) -> bool:
    """Tell whether each request begins with the whole of the one before."""
    requests = provider.requests()
    return all(later[: len(sooner)] == sooner for sooner, later in pairwise(requests))


@pytest.mark.parametrize("stream", [False, True])
def test_llama_index_s_own_react_agent_writes_messages_of_its_own(*, stream: bool) -> None:
    with spoken("minimax", REACT, stream=stream) as provider:
        play(react(ReActAgent, STOCK(provider.endpoint), streaming=stream), *ASKED)

        found = {finding.check: finding.fate for finding in provider.report().findings}
        assert found["thinking.not-text"] == "leaked-as-text"
        assert found["text.unaltered"] == "altered"
        assert not grows(provider)


def test_an_answer_that_could_not_be_read_stands_where_it_was() -> None:
    with spoken("minimax", REACT) as provider:
        play(react(KeepThinkingReActAgent, STOCK(provider.endpoint), streaming=False), *ASKED)
        retried = provider.requests()[2]

    assert [message["role"] for message in retried] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "Action: weather" in retried[4]["content"]
    assert "Could not" in retried[5]["content"]


def test_a_failed_run_leaves_no_count_behind() -> None:
    with spoken("minimax", [REACT[1], REACT[3]]) as provider:
        agent = react(KeepThinkingReActAgent, STOCK(provider.endpoint), streaming=False)

        async def plays() -> None:
            context: Context[Any] = Context(agent, serializer=MessageSerializer())
            with pytest.raises(Exception, match="Max iterations"):
                await ask(agent, ASKED[0], ctx=context, max_iterations=1)
            await context.store.set("max_iterations", 9)
            await ask(agent, ASKED[1], ctx=context)

        asyncio.run(plays())
        users = [message["content"] for message in provider.requests()[1] if message["role"] == "user"]

    assert set(ASKED) <= set(users)


def test_two_react_agents_hand_over() -> None:
    answers = (
        REACT[0],
        in_words(
            "Ann knows better.", 'Thought: Ann.\nAction: handoff\nAction Input: {"to_agent": "ann", "reason": "Rome"}'
        ),
        REACT[2],
        REACT[3],
    )
    with spoken("minimax", answers) as provider:
        llm = STOCK(provider.endpoint)
        agents = [
            KeepThinkingReActAgent(name=name, description=name, llm=llm, tools=[weather], streaming=False)
            for name in ("bob", "ann")
        ]
        shown, _ = play(AgentWorkflow(agents=list(agents), root_agent="bob"), ASKED[0])

        assert shown[0].endswith("Rome is.")
        assert set(provider.report().fates) == {"preserved"}


def test_a_step_survives_a_saved_context() -> None:
    native = ChatMessage(
        role="assistant",
        blocks=[ThinkingBlock(content="", additional_information={"signature": "EqQB"}), TextBlock(text="Thought: x")],
    )
    step = Action(thought="x", action="weather", action_input={"city": "Oslo"}, native=native)

    for serializer in (JsonSerializer(), MessageSerializer()):
        assert serializer.deserialize(serializer.serialize({"current_reasoning": [step]})) == {
            "current_reasoning": [step]
        }


def test_a_formatter_that_writes_anew_is_refused() -> None:
    class Own(ReActChatFormatter):
        """A formatter of one's own."""

    class Kept(KeepThinkingFormatter):
        """One that writes as ours does."""

    given = ReActChatFormatter.from_defaults(observation_role=MessageRole.TOOL)
    made = KeepThinkingReActAgent(llm=STOCK(_NOWHERE), formatter=given)

    assert isinstance(made.formatter, KeepThinkingFormatter)
    assert made.formatter.observation_role == "tool"
    assert type(KeepThinkingReActAgent(llm=STOCK(_NOWHERE), formatter=Kept()).formatter) is Kept
    with pytest.raises(ValidationError, match="subclass KeepThinkingFormatter"):
        KeepThinkingReActAgent(llm=STOCK(_NOWHERE), formatter=Own())


def test_a_step_without_a_message_is_written_as_llama_index_does() -> None:
    step = ActionReasoningStep(thought="x", action="weather", action_input={})

    assert KeepThinkingFormatter().format([], [], [step]) == ReActChatFormatter().format([], [], [step])


_NOWHERE = Endpoint(dialect="openai-chat", base_url="http://127.0.0.1:9/v1", model="m", api_key="none")
