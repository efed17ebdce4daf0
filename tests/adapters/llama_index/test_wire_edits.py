"""What a scaffold changes on purpose stands on the wire, and is told; what it does to thinking is damage, and is told.

The judge reads the wire; the model's `on_finding` tells the user. Both have to name the same thing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ContentBlock, MessageRole, TextBlock, ThinkingBlock

from keepthinking import Finding
from keepthinking_adapters.llama_index._session import native_tool
from tests.adapters.llama_index.agents import verdict

BLOCKS = ["openrouter", "anthropic", "openai"]
PROFILE = pytest.mark.parametrize("profile", BLOCKS)

Edit = Callable[[ContentBlock], ContentBlock | None]


def played(model: Any, talk: Any, edit: Edit) -> list[ChatMessage]:
    """Play a turn by hand, as a scaffold does that edits the model's messages before each call; give what it holds."""
    tools = {tool.tool.name: tool for tool in talk.tools}
    history = [ChatMessage(role=MessageRole.USER, content=talk.turns[0])]
    while True:
        history = [edited(message, edit) for message in history]
        given: list[Any] = [native_tool(tool) for tool in talk.tools]
        answer = model.chat_with_tools(given, chat_history=history, allow_parallel_tool_calls=True)
        history.append(answer.message)
        calls = model.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
        if not calls:
            return history
        for call in calls:
            said = asyncio.run(tools[call.tool_name].call(json.dumps(call.tool_kwargs)))
            kwargs = {"tool_call_id": call.tool_id}
            history.append(ChatMessage(role=MessageRole.TOOL, content=said, additional_kwargs=kwargs))


def edited(message: ChatMessage, edit: Edit) -> ChatMessage:
    if message.role != MessageRole.ASSISTANT:
        return message
    blocks = [block for held in message.blocks if (block := edit(held)) is not None]
    return message.model_copy(update={"blocks": blocks})


def told_and_judged(
    opened: Any, model_for: Any, profile: str, edit: Edit, **options: Any
) -> tuple[Any, list[ChatMessage], set[str], set[str]]:
    """Play a turn; give the talk, what the scaffold holds, and what the model told and the judge found."""
    talk = opened("interleaved", profile)
    told: list[Finding] = []
    held = played(model_for(talk, profile, on_finding=told.append, **options), talk, edit)
    return talk, held, {finding.check for finding in told}, {f.check for f in verdict(talk, profile).findings}


def redacted(block: ContentBlock) -> ContentBlock:
    return TextBlock(text="[REDACTED]") if isinstance(block, TextBlock) else block


def shortened(block: ContentBlock) -> ContentBlock:
    if isinstance(block, ThinkingBlock) and block.content:
        return block.model_copy(update={"content": block.content[: len(block.content) // 2]})
    return block


def without(block: ContentBlock) -> ContentBlock | None:
    return None if isinstance(block, ThinkingBlock) else block


@PROFILE
def test_a_text_that_was_redacted_stays_redacted_and_the_thinking_stays(
    opened: Any, model_for: Any, profile: str
) -> None:
    talk, held, told, judged = told_and_judged(opened, model_for, profile, redacted)

    assert b"[REDACTED]" in talk.exchanges[-1].request
    assert judged == told == {"text.unaltered"}
    assert verdict(talk, profile).fates.keys() == {"preserved"}
    said = [talk.script.answer(0, step).text for step in range(talk.expected[0] - 1)]
    assert all(said)
    assert not any(text in str([message.model_dump() for message in held]) for text in said)


@PROFILE
def test_whoever_wants_no_thinking_beside_an_edit_gets_none(opened: Any, model_for: Any, profile: str) -> None:
    talk, _, told, judged = told_and_judged(opened, model_for, profile, redacted, on_edit="drop")

    assert "text.unaltered" in told & judged
    assert "thinking.kept.in-loop" in judged
    assert verdict(talk, profile).fates["dropped"] > 0


@PROFILE
def test_thinking_that_was_altered_is_told_as_damage(opened: Any, model_for: Any, profile: str) -> None:
    _, _, told, judged = told_and_judged(opened, model_for, profile, shortened)

    assert "thinking.unaltered" in told & judged


@PROFILE
def test_thinking_that_was_taken_out_is_told_and_missed_by_the_judge(opened: Any, model_for: Any, profile: str) -> None:
    """The record stands in the thinking, and goes with it; what it held is counted beside it."""
    _, _, told, judged = told_and_judged(opened, model_for, profile, without)

    assert "thinking.kept.in-loop" in told & judged


def test_an_edit_is_told_once_for_a_message_however_often_it_is_sent(opened: Any, model_for: Any) -> None:
    told: list[Finding] = []
    talk = opened("interleaved", "anthropic")
    model = model_for(talk, "anthropic", on_finding=told.append)
    held = played(model, talk, redacted)
    spoken = [message for message in held if message.role == MessageRole.ASSISTANT]

    count = len(told)
    model.chat([message.model_copy(deep=True) for message in held])

    assert count == len(spoken) - 1
    assert len(told) == count
