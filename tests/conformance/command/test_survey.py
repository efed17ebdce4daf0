"""What one request of a command tells: its model, the rule of that, and whether it asks for thinking at all."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking import Conversation, Json, Request
from keepthinking_conformance.command._survey import under_rule
from keepthinking_conformance.scenarios import PROVIDERS

CLAUDE = "anthropic/claude-sonnet-4.5"


def seen(profile: str, model: str, **params: Any) -> tuple[str, str]:
    """Give the rule that a request is judged by, and why it is not judged."""
    held = {name: Json.of(value) for name, value in params.items()}
    request = Request(conversation=Conversation.of(), model=model, params=held)
    found = under_rule(PROVIDERS[profile], request, model, streams=False)
    return found.served.rule, found.reason


@pytest.mark.parametrize(
    ("profile", "model", "params", "rule"),
    [
        ("deepseek", "deepseek-v4-pro", {}, "deepseek.v4.chat"),
        ("anthropic", "claude-opus-4-6", {"thinking": {"type": "adaptive"}}, "anthropic.claude-kept.messages.adaptive"),
        ("anthropic", "claude-sonnet-4-5", {"thinking": {"type": "enabled"}}, "anthropic.claude-4.messages"),
        ("anthropic", "claude-sonnet-4-5", {"thinking": {"type": "disabled"}}, "anthropic.claude-4.messages.disabled"),
        ("anthropic", "claude-opus-5-5", {}, "anthropic.claude-bound.messages"),
        ("minimax-split", "MiniMax-M2", {"reasoning_split": True}, "minimax.m2.split"),
        ("openrouter", CLAUDE, {"reasoning": {"effort": "high"}}, "openrouter.claude.chat"),
    ],
)
def test_a_command_is_judged_by_the_rule_of_what_it_asks_for(
    profile: str, model: str, params: dict[str, Any], rule: str
) -> None:
    assert seen(profile, model, **params) == (rule, "")


@pytest.mark.parametrize(
    ("profile", "model", "member"),
    [
        ("anthropic", "claude-sonnet-4-5-20250929", "thinking"),
        ("openrouter", CLAUDE, "reasoning"),
        ("minimax-split", "MiniMax-M2", "reasoning_split"),
    ],
)
def test_who_does_not_ask_for_thinking_is_not_accused_of_losing_it(profile: str, model: str, member: str) -> None:
    assert f"do not hold `{member}`" in seen(profile, model)[1]


def test_a_model_without_a_rule_is_told_with_what_to_do() -> None:
    reason = seen("kimi", "some-model-of-mine")[1]

    assert "no rule of `kimi` is known" in reason
    assert "{model}" in reason
