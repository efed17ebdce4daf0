"""What an examination asks of an agent: each act happens in smolagents' own way, and keeps what the model thought."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Endpoint, audit
from keepthinking._adapter import Run
from keepthinking_adapters.smolagents._session import AgentSession, NativeTool
from keepthinking_adapters.smolagents._subjects import SUBJECTS
from keepthinking_conformance.provider import Talk
from tests.adapters.smolagents.agents import sent

KEPT = next(subject for subject in SUBJECTS if subject.id == "smolagents.plain.keepthinking.kept")
Act = Callable[[Any, Run, Talk], Awaitable[list[str]]]


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


async def takes_both(session: Any, run: Run, talk: Talk) -> list[str]:
    del run
    return [await session.turn(text) for text in talk.turns]


async def reopens(session: Any, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    fresh: Any = await KEPT.start(run)
    await fresh.load(await session.save())
    said = [first, await fresh.turn(talk.turns[1])]
    await fresh.close()
    return said


async def compacts(session: Any, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    await session.compact()
    return [first, await session.turn(talk.turns[1])]


async def hands_off(session: Any, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    return [first, await session.handoff("other", talk.turns[1])]


async def switches(session: Any, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    await session.switch_model(run.endpoint)
    return [first, await session.turn(talk.turns[1])]


def driven(run: Run, act: Act, talk: Talk) -> tuple[list[str], str]:
    """Do something with a session; give what was said and what the memory holds."""

    async def plays() -> tuple[list[str], str]:
        session: Any = await KEPT.start(run)
        assert isinstance(session, AgentSession)
        said = await act(session, run, talk)
        held = await session.memory()
        await session.close()
        return said, held

    return asyncio.run(plays())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini", "ollama-native"])
@pytest.mark.parametrize("act", [takes_both, reopens, compacts, hands_off, switches])
def test_an_act_happens_and_nothing_that_was_thought_is_lost(
    opened: Any, tmp_path: Path, profile: str, act: Act, *, stream: bool
) -> None:
    talk = opened("second-turn", profile)
    run = run_of(talk, tmp_path, stream=stream)
    run = replace(run, other=run.endpoint) if act is hands_off else run

    said, memory = driven(run, act, talk)

    assert all(said)
    assert sum(call is not None for call in talk.called) == 4
    report = audit.audit(talk.exchanges, profile=profile)
    assert set(report.fates) <= {"preserved", "removed-with-turn"}
    assert ("removed-with-turn" in report.fates) <= (act is compacts)
    assert not [finding for finding in report.findings if finding.level == "MUST"]
    assert "sk-canary" not in memory


def test_the_memory_holds_what_was_thought_and_its_seal(opened: Any, tmp_path: Path) -> None:
    talk = opened("second-turn", "anthropic")

    _, held = driven(run_of(talk, tmp_path), takes_both, talk)

    sealed = [block for message in sent(talk, 2)["messages"] for block in blocks(message)]
    thinking = [block for block in sealed if block["type"] == "thinking"]
    assert len(thinking) == 2
    for block in thinking:
        words = re.match("[A-Za-z ]+", block["thinking"])  # what is no letter may be escaped in a record
        assert words is not None
        assert words[0] in held
        assert block["signature"] in held


def blocks(message: Any) -> list[dict[str, Any]]:
    found = message["content"]
    return found if isinstance(found, list) else []


def test_a_tool_is_told_by_its_own_schema(opened: Any) -> None:
    talk = opened("second-turn", "deepseek")
    for given in talk.tools:
        told = NativeTool(given)
        assert told.inputs.keys() == given.tool.parameters.value["properties"].keys()
