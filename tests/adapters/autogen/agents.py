"""How a user drives an agent of AutoGen: whole and streamed; and what the judge says of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_core import CancellationToken
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import BaseTool, ToolSchema
from pydantic import BaseModel, ConfigDict

from keepthinking import Json, audit
from keepthinking._adapter import RunTool
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from keepthinking_conformance.scenarios import misfit as misfit_of

WAYS = ("whole", "streamed")
APART = {"long-loop", "malformed-arguments", "thought-only"}
"""Scenarios that ask more of an agent than its turns; the examination plays them."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="allow")


class NativeTool(BaseTool[_Arguments, Any]):
    """A tool of a run as AutoGen has tools; one that raises says so to the model, and the agent goes on."""

    def __init__(self, given: RunTool) -> None:
        super().__init__(_Arguments, str, str(given.tool.name), str(given.tool.description))
        self._given = given

    @property
    def schema(self) -> ToolSchema:
        held = self._given.tool.parameters
        parameters: Any = held.value if isinstance(held, Json) else {"type": "object", "properties": {}}
        return ToolSchema(name=self.name, description=self.description, parameters=parameters)

    async def run(self, args: _Arguments, cancellation_token: CancellationToken) -> str:
        del cancellation_token
        return await self._given.call(json.dumps(args.model_dump(), ensure_ascii=False))


def plays(scenario: str, profile: str) -> bool:
    row = SCENARIOS[scenario]
    talks = row.needs <= {"parallel", "save"} and not row.faults and scenario not in APART
    return talks and misfit_of(row, PROVIDERS[profile]) == ""


def agent_of(model: ChatCompletionClient, talk: Talk, **options: Any) -> AssistantAgent:
    given: Mapping[str, Any] = {
        "name": "asker",
        "tools": [NativeTool(tool) for tool in talk.tools],
        "system_message": talk.system or None,
        "max_tool_iterations": 20,
        **options,
    }
    return AssistantAgent(model_client=model, **given)


async def turn(agent: AssistantAgent, text: str) -> list[Any]:
    """Let the agent answer, and give what it showed."""
    return [one async for one in agent.run_stream(task=text)]


def run(agent: AssistantAgent, talk: Talk) -> list[Any]:
    """Let the agent answer each turn of a conversation, in one event loop; give what it showed."""

    async def all_turns() -> list[Any]:
        return [one for text in talk.turns for one in await turn(agent, text)]

    return asyncio.run(all_turns())


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
    report = verdict(talk, profile)
    assert faults(report) == []
    assert report.exchanges == sum(talk.expected)
    assert report.fates.get("preserved", 0) > 0
    assert set(report.fates) == {"preserved"}
