"""What a scaffold changes on purpose stands on the wire, and is told; what it does to thinking is damage, and is told.

The judge reads the wire; the model's `on_finding` tells the user. Both have to name the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    ModelRequest,
    PIIMiddleware,
)
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from keepthinking import Finding
from keepthinking_adapters.langchain._session import native_tool
from tests.adapters.langchain.agents import CONFIG, agent_of, run, verdict

FIRST_WORD = r"\A\w+"
BLOCKS = ["openrouter", "anthropic", "openai"]


def told_and_judged(
    opened: Any, model_for: Any, profile: str, middleware: AgentMiddleware[Any, Any], **options: Any
) -> tuple[Any, Any, set[str], set[str]]:
    """Run an agent with a middleware; give the talk, the agent, and what the model told and the judge found."""
    talk = opened("interleaved", profile)
    told: list[Finding] = []
    model = model_for(talk, profile, on_finding=told.append, **options)
    agent = agent_of(model, talk, checkpointer=InMemorySaver(), middleware=[middleware])
    run(agent, talk)
    return talk, agent, {finding.check for finding in told}, {f.check for f in verdict(talk, profile).findings}


def last_request(talk: Any) -> str:
    return str(talk.exchanges[-1].request.decode())


@pytest.mark.parametrize("profile", BLOCKS)
def test_a_word_that_was_redacted_stays_redacted_and_the_thinking_stays(
    opened: Any, model_for: Any, profile: str
) -> None:
    middleware: Any = PIIMiddleware("word", detector=FIRST_WORD, strategy="redact", apply_to_output=True)
    talk, _, told, judged = told_and_judged(opened, model_for, profile, middleware)

    assert "[REDACTED_WORD]" in last_request(talk)
    assert judged == {"text.unaltered"}
    assert told == {"text.unaltered"}
    assert verdict(talk, profile).fates.keys() == {"preserved"}


@pytest.mark.parametrize("profile", BLOCKS)
def test_a_word_that_was_redacted_is_in_nothing_that_is_stored(opened: Any, model_for: Any, profile: str) -> None:
    middleware: Any = PIIMiddleware("word", detector=r"\A.*\Z", strategy="redact", apply_to_output=True)
    talk, agent, _, _ = told_and_judged(opened, model_for, profile, middleware)

    steps = talk.expected[0]
    said = [talk.script.answer(0, step).text for step in range(steps)]
    assert all(said)
    stored = str([message.model_dump() for message in agent.get_state(CONFIG).values["messages"]])
    assert not any(text in stored for text in said)


@pytest.mark.parametrize("profile", BLOCKS)
def test_whoever_wants_no_thinking_beside_an_edit_gets_none(opened: Any, model_for: Any, profile: str) -> None:
    middleware: Any = PIIMiddleware("word", detector=FIRST_WORD, strategy="redact", apply_to_output=True)
    talk, _, told, judged = told_and_judged(opened, model_for, profile, middleware, on_edit="drop")

    assert "text.unaltered" in told & judged
    assert "thinking.kept.in-loop" in judged
    assert verdict(talk, profile).fates["dropped"] > 0


@pytest.mark.parametrize("profile", BLOCKS)
def test_arguments_that_were_cleared_are_not_brought_back(opened: Any, model_for: Any, profile: str) -> None:
    edit = ClearToolUsesEdit(trigger=1, keep=1, clear_tool_inputs=True)
    talk, _, told, judged = told_and_judged(opened, model_for, profile, ContextEditingMiddleware(edits=[edit]))

    first = talk.script.calls[0]
    assert first.key not in last_request(talk)
    assert first.receipt not in last_request(talk)
    assert "[cleared]" in last_request(talk)
    assert judged == {"arguments.equal", "result.unaltered"}
    assert told == {"arguments.equal"}  # a result is the scaffold's own
    assert verdict(talk, profile).fates.keys() == {"preserved"}


class Rewrite(AgentMiddleware[Any, Any]):
    """Changes messages on their way to the model, as somebody's own middleware does."""

    def __init__(self, change: Callable[[AIMessage], AIMessage]) -> None:
        self._change = change

    async def awrap_model_call(self, request: ModelRequest[Any], handler: Any) -> Any:
        messages: list[AnyMessage] = [
            self._change(message) if isinstance(message, AIMessage) else message for message in request.messages
        ]
        return await handler(request.override(messages=messages))


def in_blocks(type_: str, key: str, change: Callable[[str], str]) -> Callable[[AIMessage], AIMessage]:
    def changed(message: AIMessage) -> AIMessage:
        if isinstance(message.content, str):
            return message
        content = [
            {**block, key: change(block[key])} if isinstance(block, dict) and block.get("type") == type_ else block
            for block in message.content
        ]
        return message.model_copy(update={"content": content})

    return changed


@pytest.mark.parametrize("profile", BLOCKS)
def test_somebodys_own_edit_of_a_text_stands(opened: Any, model_for: Any, profile: str) -> None:
    middleware = Rewrite(in_blocks("text", "text", lambda text: f"Shortened: {text[:10]}"))
    talk, _, told, judged = told_and_judged(opened, model_for, profile, middleware)

    assert "Shortened: " in last_request(talk)
    assert judged == told == {"text.unaltered"}


@pytest.mark.parametrize("profile", BLOCKS)
def test_thinking_that_was_altered_is_told_as_damage(opened: Any, model_for: Any, profile: str) -> None:
    middleware = Rewrite(in_blocks("reasoning", "reasoning", lambda text: text[: len(text) // 2]))
    _, _, told, judged = told_and_judged(opened, model_for, profile, middleware)

    assert "thinking.unaltered" in told
    assert "thinking.unaltered" in judged


@pytest.mark.parametrize("profile", BLOCKS)
def test_thinking_that_was_taken_out_is_told_as_damage(opened: Any, model_for: Any, profile: str) -> None:
    def without(message: AIMessage) -> AIMessage:
        content = [b for b in message.content if not (isinstance(b, dict) and b.get("type") == "reasoning")]
        return message.model_copy(update={"content": content})

    _, _, told, judged = told_and_judged(opened, model_for, profile, Rewrite(without))

    assert "thinking.kept.in-loop" in told
    assert "thinking.kept.in-loop" in judged


def test_each_conversation_is_told_of_its_own_edits(opened: Any, model_for: Any) -> None:
    told: list[Finding] = []
    talk = opened("interleaved", "anthropic")
    model = model_for(talk, "anthropic", on_finding=told.append)
    middleware: Any = PIIMiddleware("word", detector=FIRST_WORD, strategy="redact", apply_to_output=True)
    counts: list[int] = []
    for _ in range(2):
        run(agent_of(model, talk, checkpointer=InMemorySaver(), middleware=[middleware]), talk)
        counts.append(len(told))

    assert counts[0] > 0
    assert counts[1] == 2 * counts[0]


def test_what_becomes_of_thinking_beside_an_edit_may_be_changed_at_any_time(opened: Any, model_for: Any) -> None:
    talk = opened("interleaved", "anthropic")
    model = model_for(talk, "anthropic")
    answer = model.bind_tools([native_tool(tool) for tool in talk.tools]).invoke(talk.turns[0])
    edited = in_blocks("text", "text", lambda text: f"{text}!")(answer)
    results = [ToolMessage("r", tool_call_id=call["id"]) for call in answer.tool_calls]
    history = [HumanMessage(talk.turns[0]), edited, *results]

    model.invoke(history)
    model.model_copy(update={"on_edit": "drop"}).invoke(history)

    kept, dropped = (exchange.request.count(b'"signature"') for exchange in talk.exchanges[-2:])
    assert kept > 0
    assert dropped == 0
