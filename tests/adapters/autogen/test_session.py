"""What an examination asks of an agent: each act happens in AutoGen's own way, and keeps what the model thought."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from autogen_core.models import LLMMessage
from autogen_core.tools import StaticWorkbench
from msgspec.structs import replace

from keepthinking import Json
from keepthinking._adapter import POWERS, Run
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext
from keepthinking_adapters.autogen._session import AgentSession, NativeTool
from keepthinking_adapters.autogen._subjects import SUBJECTS
from keepthinking_conformance.provider import Talk
from tests.adapters.autogen.driven import KEPT, driven, faults, run_of, sent, verdict

Act = Callable[[AgentSession, Run, Talk], Awaitable[list[str]]]


def kept(run: Run) -> AgentSession:
    """Begin a conversation with our model class and our context."""
    return AgentSession(run, KEPT.client.make, KeepThinkingUnboundedContext)


async def takes_both(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    return [await session.turn(text) for text in talk.turns]


async def reopens(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    fresh: Any = await KEPT.start(run)
    await fresh.load(await session.save())
    said = [first, await fresh.turn(talk.turns[1])]
    await fresh.close()
    return said


async def compacts(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    await session.compact()
    return [first, await session.turn(talk.turns[1])]


async def hands_off(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    del run
    first = await session.turn(talk.turns[0])
    return [first, await session.handoff("other", talk.turns[1])]


async def switches(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    await session.switch_model(run.endpoint)
    return [first, await session.turn(talk.turns[1])]


ACTS = [
    (takes_both, False),
    (takes_both, True),
    (reopens, False),
    (reopens, True),
    (compacts, False),
    (hands_off, False),
    (switches, False),
]


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini"])
@pytest.mark.parametrize(("act", "stream"), ACTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_an_act_happens_and_nothing_that_was_thought_is_lost(
    opened: Any, tmp_path: Path, profile: str, act: Act, *, stream: bool
) -> None:
    talk = opened("second-turn", profile)
    run = run_of(talk, tmp_path, stream=stream)
    run = replace(run, other=run.endpoint) if act is hands_off else run

    async def plays(session: Any) -> tuple[list[str], str]:
        return await act(session, run, talk), await session.memory()

    said, memory = driven(kept(run), plays)

    assert all(said)
    assert sum(call is not None for call in talk.called) == 4
    assert faults(verdict(talk, profile)) == []
    assert set(verdict(talk, profile).fates) == {"preserved"}
    assert talk.system not in memory
    assert "sk-canary" not in memory


def test_two_agents_hand_over_and_back_without_saying_anything_twice(opened: Any, tmp_path: Path) -> None:
    talk = opened("compaction", "deepseek")
    run = run_of(talk, tmp_path)

    async def plays(session: Any) -> None:
        await session.turn(talk.turns[0])
        await session.handoff("other", talk.turns[1])
        await session.handoff("", talk.turns[2])

    driven(kept(replace(run, other=run.endpoint)), plays)

    words = [message["content"] for message in sent(talk, 8) if message["role"] == "user"]
    assert words == list(talk.turns)
    assert faults(verdict(talk, "deepseek")) == []


def test_a_handoff_needs_another_model(opened: Any, tmp_path: Path) -> None:
    talk = opened("single", "deepseek")

    async def plays(session: Any) -> None:
        await session.handoff("other", talk.turns[0])

    with pytest.raises(ValueError, match="no other model"):
        driven(kept(run_of(talk, tmp_path)), plays)


def test_compaction_forgets_all_but_the_last_turn(opened: Any, tmp_path: Path) -> None:
    talk = opened("compaction", "anthropic")

    async def plays(session: Any) -> None:
        await session.turn(talk.turns[0])
        await session.turn(talk.turns[1])
        await session.compact()
        await session.turn(talk.turns[2])

    driven(kept(run_of(talk, tmp_path)), plays)

    report = verdict(talk, "anthropic")
    assert set(report.fates) == {"preserved", "removed-with-turn"}
    assert not [finding for finding in report.findings if finding.level == "MUST"]
    assert talk.turns[0] not in str(sent(talk, 6))
    assert talk.turns[1] in str(sent(talk, 6))


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
def test_an_interrupted_turn_ends_and_the_next_one_is_answered(opened: Any, tmp_path: Path, profile: str) -> None:
    talk = opened("interrupt", profile)

    async def plays(session: Any) -> list[str]:
        async def stops() -> None:
            while not talk.held.is_set():  # noqa: ASYNC110 - it is set in the provider's thread
                await asyncio.sleep(0.01)
            await session.interrupt()

        stopping = asyncio.create_task(stops())
        shown = await session.turn(talk.turns[0])
        await stopping
        return [shown, await session.turn(talk.turns[1])]

    shown = driven(kept(run_of(talk, tmp_path, stream=True)), plays)

    assert shown[0] == ""
    assert shown[1]
    assert faults(verdict(talk, profile)) == []


def test_a_turn_that_is_cancelled_by_others_is_not_taken_for_an_interrupted_one(opened: Any, tmp_path: Path) -> None:
    talk = opened("interrupt", "deepseek")

    async def plays(session: Any) -> None:
        turning = asyncio.create_task(session.turn(talk.turns[0]))
        while not talk.held.is_set():  # noqa: ASYNC110 - it is set in the provider's thread
            await asyncio.sleep(0.01)
        turning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turning

    driven(kept(run_of(talk, tmp_path, stream=True)), plays)


def test_the_memory_holds_what_was_thought_and_its_seal(opened: Any, tmp_path: Path) -> None:
    talk = opened("second-turn", "anthropic")

    async def plays(session: Any) -> str:
        await session.turn(talk.turns[0])
        return str(await session.memory())

    held = driven(kept(run_of(talk, tmp_path)), plays)

    thinking = [block for message in sent(talk, 2) for block in message["content"] if block["type"] == "thinking"]
    assert len(thinking) == 2
    for block in thinking:
        assert block["thinking"] in held
        assert block["signature"] in held


def test_nothing_of_ours_reaches_a_wire(opened: Any, tmp_path: Path) -> None:
    for profile in ("deepseek", "openai", "anthropic", "google-gemini"):
        talk = opened("second-turn", profile)
        run = run_of(talk, tmp_path, stream=True)
        driven(kept(run), partial(takes_both, run=run, talk=talk))
        written = b"".join(exchange.request for exchange in talk.exchanges)
        for word in (b"keepthinking", b"FunctionCall", b"call_id=", b"sk-canary"):
            assert word not in written


def test_a_tool_is_told_by_its_own_schema(opened: Any) -> None:
    for given in opened("second-turn", "deepseek").tools:
        assert isinstance(given.tool.parameters, Json)
        assert NativeTool(given).schema == {
            "name": given.tool.name,
            "description": given.tool.description,
            "parameters": given.tool.parameters.value,
        }


def test_a_call_without_what_a_tool_requires_is_answered_with_an_error(opened: Any) -> None:
    talk = opened("loop", "deepseek")
    bench = StaticWorkbench([NativeTool(tool) for tool in talk.tools])

    for given in talk.tools:
        result = asyncio.run(bench.call_tool(str(given.tool.name), {}))
        assert result.is_error
        assert "missing a required" in result.to_text()
    assert not any(talk.called)


def test_a_history_is_no_message_twice(opened: Any, tmp_path: Path) -> None:
    talk = opened("second-turn", "deepseek")

    async def plays(session: Any) -> list[LLMMessage]:
        for words in talk.turns:
            await session.turn(words)
        held: list[LLMMessage] = await session._agent("first").model_context.get_messages()
        return held

    user, said, told = "UserMessage", "AssistantMessage", "FunctionExecutionResultMessage"
    held = driven(kept(run_of(talk, tmp_path)), plays)
    assert [message.type for message in held] == [user, said, told, said, told, said] * 2


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.id)
def test_a_session_has_each_power_that_its_subject_names(opened: Any, tmp_path: Path, subject: Any) -> None:
    run = run_of(opened("single", "deepseek"), tmp_path)
    session = subject.session(run, subject.client.make, subject.context)

    assert {name for name, power in POWERS.items() if isinstance(session, power)} == subject.capabilities & set(POWERS)
