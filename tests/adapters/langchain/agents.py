"""How a user drives an agent of LangChain: every way of it, in one table; and what the judge says of the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langgraph.graph.state import CompiledStateGraph

from keepthinking import audit
from keepthinking_adapters.langchain._session import native_tool
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from keepthinking_conformance.scenarios import misfit as misfit_of

Agent = CompiledStateGraph[Any, Any, Any, Any]
CONFIG: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 60}


async def ainvoke(agent: Agent, given: Any) -> None:
    await agent.ainvoke(given, CONFIG)


async def astream_values(agent: Agent, given: Any) -> None:
    async for _ in agent.astream(given, CONFIG, stream_mode="values"):
        pass


async def astream_messages(agent: Agent, given: Any) -> None:
    async for _ in agent.astream(given, CONFIG, stream_mode="messages"):
        pass


async def astream_events_v2(agent: Agent, given: Any) -> None:
    async for _ in agent.astream_events(given, CONFIG, version="v2"):
        pass


async def astream_events_v3(agent: Agent, given: Any) -> None:
    stream = await agent.astream_events(given, CONFIG, version="v3")
    async for message in stream.messages:
        async for _ in message.reasoning:
            pass


WAYS: Mapping[str, Callable[[Agent, Any], Awaitable[None]]] = {
    "ainvoke": ainvoke,
    "astream-values": astream_values,
    "astream-messages": astream_messages,
    "astream-events-v2": astream_events_v2,
    "astream-events-v3": astream_events_v3,
}


APART = {"long-loop", "malformed-arguments", "thought-only"}
"""Scenarios that ask more of an agent than its turns; the examination plays them."""


def plays(scenario: str, profile: str) -> bool:
    row = SCENARIOS[scenario]
    talks = row.needs <= {"parallel", "save"} and not row.faults and scenario not in APART
    return talks and misfit_of(row, PROVIDERS[profile]) == ""


def agent_of(model: BaseChatModel, talk: Talk, **options: Any) -> Agent:
    tools = [native_tool(tool) for tool in talk.tools]
    return create_agent(model, tools=tools, system_prompt=talk.system, **options)


def run(agent: Agent, talk: Talk, way: str = "ainvoke") -> None:
    """Let the agent answer each turn of a conversation, in one event loop; the agent has a checkpointer."""

    async def all_turns() -> None:
        for turn in talk.turns:
            await WAYS[way](agent, {"messages": [{"role": "user", "content": turn}]})

    asyncio.run(all_turns())


def verdict(talk: Talk, profile: str) -> audit.Report:
    """Let the judge read the wire."""
    return audit.audit(talk.exchanges, dialect=PROVIDERS[profile].dialect, profile=profile)


def faults(report: audit.Report) -> list[str]:
    """Give everything that the judge holds against a run: a faithful one has nothing, not even a note."""
    found = [f"{f.check}: {f.fate}: {f.what} ({f.path})" for f in report.findings]
    found += [problem.what for problem in report.problems]
    found += [f"stranger at {stranger.path} of request {stranger.request}" for stranger in report.strangers]
    return found
