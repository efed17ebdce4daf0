"""What a scaffold changes on purpose stands on the wire, and is told; what it does to thinking is damage.

The judge reads the wire; the model's `on_finding` tells the user. Both have to name the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from smolagents import ToolCallingAgent
from smolagents.memory import ActionStep, MemoryStep

from keepthinking import Finding
from tests.adapters.smolagents.agents import agent_of, run, verdict

PROFILES = ["openrouter", "anthropic", "openai", "google-gemini"]
Edit = Callable[[ActionStep], None]


def told_and_judged(
    opened: Any, model_for: Any, profile: str, edit: Edit, agent: Any = None, **options: Any
) -> tuple[Any, list[Finding], set[str]]:
    """Run an agent with a callback that edits its steps; give the talk, and what was told and judged."""
    talk = opened("second-turn", profile)
    told: list[Finding] = []
    model = model_for(talk, profile, on_finding=told.append, **options)

    def edits(step: MemoryStep) -> None:
        if isinstance(step, ActionStep) and not step.is_final_answer:
            edit(step)

    kind = {} if agent is None else {"agent": agent}
    run(agent_of(model, talk, step_callbacks={MemoryStep: edits}, **kind), talk)
    return talk, told, {finding.check for finding in verdict(talk, profile).findings}


def shorter(step: ActionStep) -> None:
    step.model_output = "[REDACTED]"


def thoughtless(step: ActionStep) -> None:
    step.model_output = str(step.model_output)
    if step.model_output_message is not None:
        step.model_output_message.raw = None
        step.model_output_message.content = str(step.model_output_message.content)


def cleared(step: ActionStep) -> None:
    step.observations = "[cleared]"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_text_that_was_redacted_stays_redacted_and_the_thinking_stays(
    opened: Any, model_for: Any, profile: str
) -> None:
    talk, told, judged = told_and_judged(opened, model_for, profile, shorter)

    assert b"[REDACTED]" in talk.exchanges[-1].request
    assert {one.check for one in told} <= {"text.unaltered", "text.not-invented"}
    assert told
    assert judged <= {"text.unaltered", "text.not-invented"}
    assert "dropped" not in verdict(talk, profile).fates
    assert "altered" not in verdict(talk, profile).fates


@pytest.mark.parametrize("profile", PROFILES)
def test_a_stock_agent_tells_the_edited_words_and_nothing_of_what_they_carried(
    opened: Any, model_for: Any, profile: str
) -> None:
    talk, _, judged = told_and_judged(opened, model_for, profile, shorter, ToolCallingAgent)

    assert b"[REDACTED]" in talk.exchanges[-1].request
    assert "thinking.kept.in-loop" in judged


@pytest.mark.parametrize("profile", PROFILES)
def test_whoever_wants_no_thinking_beside_an_edit_gets_none(opened: Any, model_for: Any, profile: str) -> None:
    talk, _, judged = told_and_judged(opened, model_for, profile, shorter, on_edit="drop")

    assert "thinking.kept.in-loop" in judged
    assert verdict(talk, profile).fates["dropped"] > 0


@pytest.mark.parametrize("profile", PROFILES)
def test_thinking_that_was_taken_out_is_missed_by_the_judge(opened: Any, model_for: Any, profile: str) -> None:
    """The record stands with the words, so that the model cannot tell an answer without any from one that lost it."""
    _, _, judged = told_and_judged(opened, model_for, profile, thoughtless)

    assert "thinking.kept.in-loop" in judged


@pytest.mark.parametrize("profile", PROFILES)
def test_results_that_were_cleared_are_not_brought_back(opened: Any, model_for: Any, profile: str) -> None:
    talk, told, judged = told_and_judged(opened, model_for, profile, cleared)

    assert talk.script.calls[0].receipt not in talk.exchanges[-1].request.decode()
    # The wire has never had another result, so there is nothing to judge.
    assert judged == set()
    assert {one.check for one in told} <= {"result.unaltered"}


@pytest.mark.parametrize("profile", PROFILES)
def test_an_edit_is_told_once_however_often_it_is_sent(opened: Any, model_for: Any, profile: str) -> None:
    talk, told, _ = told_and_judged(opened, model_for, profile, shorter)

    # Each of the steps before the last is sent again with every request behind it.
    assert 0 < len(told) < len(talk.exchanges) * (len(talk.exchanges) - 1) // 2
    assert len({(one.check, one.path, one.what) for one in told}) == len(told)
