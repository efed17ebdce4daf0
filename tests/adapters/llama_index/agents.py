"""How a user drives an agent of LlamaIndex, and what the judge says of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from llama_index.core.memory import Memory
from sqlalchemy.ext.asyncio import create_async_engine

from keepthinking import Endpoint, audit
from keepthinking._adapter import Run
from keepthinking_adapters.llama_index._session import AgentSession
from keepthinking_conformance.judge import judge
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.provider import Provider, Talk
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.run import run_cell
from keepthinking_conformance.scenarios import BESIDE, PROVIDERS, SCENARIOS
from keepthinking_conformance.subjects import subject

T = TypeVar("T")


def run_of(talk: Talk, directory: Path, **options: Any) -> Run:
    """Give a session what a run gives it."""
    served = talk.script.served
    endpoint = Endpoint(
        dialect=served.dialect,
        base_url=talk.base_url,
        model=served.model,
        api_key="sk-canary",
        profile=served.profile,
        extra_body=served.extra_body,
    )
    tools = tuple(talk.tools)
    return Run(id="x", endpoint=endpoint, directory=directory, tools=tools, system=talk.system, **options)


def driven(session: AgentSession, act: Callable[[Any], Awaitable[T]]) -> T:
    """Do something with a session, in one event loop, and close it."""

    async def plays() -> T:
        try:
            return await act(session)
        finally:
            await session.close()

    return asyncio.run(plays())


async def ask(agent: Any, words: str, **options: Any) -> str:
    """Let an agent, or a workflow of some, answer."""
    return str(await agent.run(user_msg=words, **options))


@asynccontextmanager
async def database(directory: Path) -> AsyncIterator[Memory]:
    """Give LlamaIndex's memory over a database, which it never closes itself."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{directory / 'memory.sqlite'}")
    try:
        yield Memory.from_defaults(token_limit=100_000, async_engine=engine)
    finally:
        await engine.dispose()


def sent(talk: Talk, number: int) -> list[dict[str, Any]]:
    """Give the messages of a request, counted from 0."""
    body = json.loads(talk.exchanges[number].request)
    messages: list[dict[str, Any]] = body["input" if "input" in body else "messages"]
    return messages


def verdict(talk: Talk, profile: str) -> audit.Report:
    """Let the judge read the wire."""
    served = {**PROVIDERS, **BESIDE}[profile]
    return audit.audit(talk.exchanges, dialect=served.dialect, profile=served.profile)


def faults(report: audit.Report) -> list[str]:
    """Give everything that the judge holds against a run: a faithful one has nothing, not even a note."""
    found = [f"{f.check}: {f.fate}: {f.what} ({f.path})" for f in report.findings]
    found += [problem.what for problem in report.problems]
    found += [f"stranger at {stranger.path} of request {stranger.request}" for stranger in report.strangers]
    return found


def examined(
    provider: Provider, scenario: str, profile: str, start: Callable[[Run], AgentSession], *, stream: bool
) -> CellResult:
    """Run a cell of the examination with a session that a test makes, and let the suite judge it."""
    served = PROVIDERS[profile]
    made = subject("own", start, capabilities=("stream", "system", "step-limit"), dialects=(served.dialect,))
    cell = Cell(made, served, SCENARIOS[scenario], "stream" if stream else "plain")
    return judge(cell, asyncio.run(run_cell(cell, provider, seed=7)))
