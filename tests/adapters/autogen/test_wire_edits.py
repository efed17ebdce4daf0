"""What a scaffold changes on purpose stands on the wire, and is told; what it does to thinking is damage, and is told.

The judge reads the wire; the client's `on_finding` tells the user. Both have to name the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from autogen_core.models import AssistantMessage, FunctionExecutionResultMessage, LLMMessage

from keepthinking import Finding
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext
from tests.adapters.autogen.agents import agent_of, run, verdict

PROFILES = ["openrouter", "anthropic", "openai", "google-gemini"]


class Rewriting(KeepThinkingUnboundedContext):
    """Changes messages on their way to the model, as somebody's own context does."""

    component_provider_override = "tests.Rewriting"

    def __init__(self, change: Callable[[LLMMessage], dict[str, Any]]) -> None:
        super().__init__()
        self._change = change

    async def get_messages(self) -> list[LLMMessage]:
        return [one.model_copy(update=self._change(one)) for one in await super().get_messages()]


def told_and_judged(
    opened: Any, model_for: Any, profile: str, change: Callable[[LLMMessage], dict[str, Any]], **options: Any
) -> tuple[Any, set[str], set[str]]:
    """Run an agent with such a context; give the talk, and what the model told and the judge found."""
    talk = opened("second-turn", profile)
    told: list[Finding] = []
    model = model_for(talk, profile, on_finding=told.append, **options)
    run(agent_of(model, talk, model_context=Rewriting(change)), talk)
    return talk, {finding.check for finding in told}, {f.check for f in verdict(talk, profile).findings}


def shorter(one: LLMMessage) -> dict[str, Any]:
    said = isinstance(one, AssistantMessage) and isinstance(one.content, str)
    return {"content": f"Shortened: {one.content[:10]}"} if said else {}


def half_thought(one: LLMMessage) -> dict[str, Any]:
    if not isinstance(one, AssistantMessage) or one.thought is None:
        return {}
    return {"thought": one.thought[: len(one.thought) // 2]}


def no_thought(one: LLMMessage) -> dict[str, Any]:
    return {"thought": None} if isinstance(one, AssistantMessage) else {}


def cleared(one: LLMMessage) -> dict[str, Any]:
    if not isinstance(one, FunctionExecutionResultMessage):
        return {}
    return {"content": [result.model_copy(update={"content": "[cleared]"}) for result in one.content]}


@pytest.mark.parametrize("profile", PROFILES)
def test_somebodys_own_edit_of_a_text_stands(opened: Any, model_for: Any, profile: str) -> None:
    talk, told, judged = told_and_judged(opened, model_for, profile, shorter)

    assert "Shortened: " in talk.exchanges[-1].request.decode()
    assert told == {"text.unaltered"}
    assert "text.unaltered" in judged


@pytest.mark.parametrize("profile", PROFILES)
def test_thinking_that_was_altered_is_told_as_damage(opened: Any, model_for: Any, profile: str) -> None:
    _, told, judged = told_and_judged(opened, model_for, profile, half_thought)

    assert "thinking.unaltered" in told
    assert "thinking.unaltered" in judged


@pytest.mark.parametrize("profile", PROFILES)
def test_thinking_that_was_taken_out_is_told_as_damage(opened: Any, model_for: Any, profile: str) -> None:
    _, told, judged = told_and_judged(opened, model_for, profile, no_thought)

    assert "thinking.kept.in-loop" in told
    assert judged & {"thinking.kept.in-loop", "summary.kept", "thinking.unaltered"}


@pytest.mark.parametrize("profile", PROFILES)
def test_results_that_were_cleared_are_not_brought_back(opened: Any, model_for: Any, profile: str) -> None:
    talk, told, judged = told_and_judged(opened, model_for, profile, cleared)

    assert talk.script.calls[0].receipt not in talk.exchanges[-1].request.decode()
    # A result is the scaffold's own, and carries no record; and the wire has never had another.
    assert judged == told == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_an_edit_is_told_once_however_often_it_is_sent(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("second-turn", profile)
    told: list[Finding] = []
    model = model_for(talk, profile, on_finding=told.append)

    run(agent_of(model, talk, model_context=Rewriting(shorter)), talk)

    assert len(told) == 1
