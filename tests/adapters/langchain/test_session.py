"""What an examination asks of an agent: each act happens in LangChain's own way, and keeps what the model thought."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking import Endpoint
from keepthinking._adapter import Run
from keepthinking.audit import audit
from keepthinking_adapters.langchain._session import AgentSession
from keepthinking_adapters.langchain._subjects import SUBJECTS
from keepthinking_conformance.provider import Talk

KEPT = next(subject for subject in SUBJECTS if subject.variant == "kept")
Act = Callable[[AgentSession, Run, Talk], Awaitable[list[str]]]


async def approves(session: AgentSession, run: Run, talk: Talk, *, allow: bool = True) -> list[str]:
    del run
    return [await session.turn(talk.turns[0]), *[await session.approve(allow=allow) for _ in range(2)]]


async def denies(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    return await approves(session, run, talk, allow=False)


async def reopens(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    saved = await session.save()
    (run.directory / "fresh").mkdir()
    fresh: Any = await KEPT.start(replace(run, directory=run.directory / "fresh"))
    await fresh.load(saved)
    said = [first, *[await fresh.approve(allow=True) for _ in range(2)]]
    await fresh.close()
    return said


async def takes_both(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    return [await session.turn(text) for text in talk.turns]


async def compacts(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    await session.compact()
    return [first, await session.turn(talk.turns[1])]


async def hands_off_and_back(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    return [first, await session.handoff("other", talk.turns[1])]


async def switches(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    await session.switch_model(run.endpoint)
    return [first, await session.turn(talk.turns[1])]


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini", "ollama-native"])
@pytest.mark.parametrize(
    ("act", "more", "called", "asides"),
    [
        (approves, {"approvals": True}, 2, 0),
        (denies, {"approvals": True}, 0, 0),
        (reopens, {"approvals": True}, 2, 0),
        (takes_both, {}, 4, 0),
        (takes_both, {"stream": True}, 4, 0),
        (takes_both, {"sync": True}, 4, 0),
        (compacts, {}, 4, 1),
        (hands_off_and_back, {}, 4, 0),
        (switches, {}, 4, 0),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)) if not isinstance(value, int) else "",
)
def test_an_act_happens_and_nothing_that_was_thought_is_lost(  # noqa: PLR0913, PLR0917 - one argument a column
    opened: Any, tmp_path: Path, profile: str, act: Act, more: dict[str, bool], called: int, asides: int
) -> None:
    talk = opened("second-turn", profile)
    served = talk.script.served
    endpoint = Endpoint(
        dialect=served.dialect,
        base_url=talk.base_url,
        model=served.model,
        profile=profile,
        extra_body=served.extra_body,
    )
    tools = tuple(talk.tools)
    run = Run(id="x", endpoint=endpoint, other=endpoint, directory=tmp_path, tools=tools, system=talk.system, **more)  # type: ignore[arg-type]  # all are flags

    async def plays() -> tuple[list[str], str]:
        session: Any = await KEPT.start(run)
        try:
            return await act(session, run, talk), await session.memory()
        finally:
            await session.close()

    said, memory = asyncio.run(plays())

    assert said[-1]
    assert all(word == "" for word in said[:-1]) == ("approvals" in more)
    assert sum(call is not None for call in talk.called) == called
    assert sum(exchange.scope.endswith("/side") for exchange in talk.exchanges) == asides
    report = audit(talk.exchanges, profile=profile)
    assert set(report.fates) <= {"preserved", "removed-with-turn"}
    assert "removed-with-turn" not in report.fates or asides
    assert not [finding for finding in report.findings if finding.level == "MUST"]
    assert talk.system not in memory
