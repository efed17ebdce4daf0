"""How a user drives an agent of smolagents: whole and streamed; and what the judge says of the wire."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from rich.console import Console
from smolagents import AgentLogger, LogLevel, Model, MultiStepAgent, Tool, ToolCallingAgent

from keepthinking import audit
from keepthinking_adapters.smolagents import KeepThinkingToolCallingAgent
from keepthinking_adapters.smolagents._session import NativeTool
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from keepthinking_conformance.scenarios import misfit as misfit_of

WAYS = ("whole", "streamed")
APART = {"long-loop", "malformed-arguments", "thought-only"}
"""Scenarios that ask more of an agent than its turns; the examination plays them."""


def plays(scenario: str, profile: str) -> bool:
    row = SCENARIOS[scenario]
    talks = row.needs <= {"parallel", "save"} and not row.faults and scenario not in APART
    return talks and misfit_of(row, PROVIDERS[profile]) == ""


def quiet() -> dict[str, Any]:
    """Give options by which an agent shows nothing: what is streamed is shown live at any level."""
    return {"logger": AgentLogger(LogLevel.OFF, Console(file=StringIO()))}


def agent_of(
    model: Model,
    talk: Talk,
    way: str = "whole",
    agent: type[ToolCallingAgent] = KeepThinkingToolCallingAgent,
    **options: Any,
) -> ToolCallingAgent:
    """Make an agent with the tools of a conversation."""
    tools: list[Tool] = [NativeTool(tool) for tool in talk.tools]
    given = {"instructions": talk.system or None, "stream_outputs": way == "streamed", **quiet(), **options}
    return agent(tools=tools, model=model, **given)


def run(agent: MultiStepAgent, talk: Talk) -> list[str]:
    """Let the agent answer each turn of a conversation."""
    return [str(agent.run(text, reset=False)) for text in talk.turns]


def sent(talk: Talk, number: int) -> Any:
    """Give the body of a request, counted from 0."""
    return json.loads(talk.exchanges[number].request)


def verdict(talk: Talk, profile: str) -> audit.Report:
    """Let the judge read the wire."""
    return audit.audit(talk.exchanges, dialect=PROVIDERS[profile].dialect, profile=profile)


def faults(report: audit.Report) -> list[str]:
    """Give everything that the judge holds against a run: a faithful one has nothing, not even a note."""
    found = [f"{f.check}: {f.fate}: {f.what} ({f.path})" for f in report.findings]
    found += [problem.what for problem in report.problems]
    found += [f"stranger at {stranger.path} of request {stranger.request}" for stranger in report.strangers]
    return found


def expect_all(talk: Talk, profile: str) -> None:
    """Expect every thought back, equal and in order, and everything played that the script has."""
    report = verdict(talk, profile)
    assert faults(report) == []
    assert report.exchanges == sum(talk.expected)
    assert set(report.fates) <= {"preserved"}
