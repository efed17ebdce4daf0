"""How a user drives agents of AutoGen, and what the judge says of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from autogen_agentchat.agents import AssistantAgent

from keepthinking import Endpoint, audit
from keepthinking._adapter import Run
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext
from keepthinking_adapters.autogen._session import NativeTool
from keepthinking_adapters.autogen._subjects import SUBJECTS
from keepthinking_conformance.provider import Talk
from keepthinking_conformance.scenarios import PROVIDERS

T = TypeVar("T")

KEPT = next(subject for subject in SUBJECTS if subject.variant == "kept")


def endpoint_of(talk: Talk) -> Endpoint:
    """Give where the model of a conversation is."""
    served = talk.script.served
    return Endpoint(
        dialect=served.dialect,
        base_url=talk.base_url,
        model=served.model,
        api_key="sk-canary",
        profile=served.profile,
        extra_body=served.extra_body,
    )


def run_of(talk: Talk, directory: Path, **options: Any) -> Run:
    """Give a session what a run gives it."""
    given = {"tools": tuple(talk.tools), "system": talk.system, **options}
    return Run(id="x", endpoint=endpoint_of(talk), directory=directory, **given)


def driven(session: Any, act: Callable[[Any], Awaitable[T]]) -> T:
    """Do something with a session, in one event loop, and close it."""

    async def plays() -> T:
        try:
            return await act(session)
        finally:
            await session.close()

    return asyncio.run(plays())


def agent_of(talk: Talk, name: str = "first", **options: Any) -> AssistantAgent:
    """Make an agent with our model class and our context; options replace what it is made of."""
    given: dict[str, Any] = {
        "tools": [NativeTool(tool) for tool in talk.tools],
        "system_message": talk.system,
        "model_context": KeepThinkingUnboundedContext(),
        "max_tool_iterations": 60,
        **options,
    }
    return AssistantAgent(name, KEPT.client.make(endpoint_of(talk)), **given)


def sent(talk: Talk, number: int) -> list[dict[str, Any]]:
    """Give the messages of a request, counted from 0."""
    body = json.loads(talk.exchanges[number].request)
    messages: list[dict[str, Any]] = body["input" if "input" in body else "messages"]
    return messages


def roles(talk: Talk, number: int) -> list[str]:
    """Give who speaks in a request, in order."""
    return [message["role"] for message in sent(talk, number)]


def verdict(talk: Talk, profile: str) -> audit.Report:
    """Let the judge read the wire."""
    return audit.audit(talk.exchanges, dialect=PROVIDERS[profile].dialect, profile=profile)


def faults(report: audit.Report) -> list[str]:
    """Give everything that the judge holds against a run: a faithful one has nothing, not even a note."""
    found = [f"{f.check}: {f.fate}: {f.what} ({f.path})" for f in report.findings]
    found += [problem.what for problem in report.problems]
    found += [f"stranger at {stranger.path} of request {stranger.request}" for stranger in report.strangers]
    return found
