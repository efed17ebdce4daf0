"""What an examination asks of an agent: each act happens in LlamaIndex's own way, and keeps what the model thought."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import ToolMetadata
from msgspec.structs import replace

from keepthinking._adapter import Run
from keepthinking.audit import audit
from keepthinking_adapters.llama_index._context import MessageSerializer
from keepthinking_adapters.llama_index._session import AgentSession, native_tool
from keepthinking_adapters.llama_index._subjects import SUBJECTS
from keepthinking_conformance.provider import Talk
from tests.adapters.llama_index.agents import driven, run_of, sent

KEPT = next(subject for subject in SUBJECTS if subject.variant == "kept")
Act = Callable[[AgentSession, Run, Talk], Awaitable[list[str]]]


def kept(run: Run) -> AgentSession:
    """Begin a conversation with our model class, in the event loop that will drive it."""
    return AgentSession(run, KEPT.client.make, MessageSerializer())


async def approves(session: AgentSession, run: Run, talk: Talk, *, allow: bool = True) -> list[str]:
    del run
    return [await session.turn(talk.turns[0]), *[await session.approve(allow=allow) for _ in range(2)]]


async def denies(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    return await approves(session, run, talk, allow=False)


async def reopens(session: AgentSession, run: Run, talk: Talk) -> list[str]:
    first = await session.turn(talk.turns[0])
    saved = await session.save()
    fresh: Any = await KEPT.start(run)
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


ACTS = [
    (approves, {"approvals": True}, 2),
    (denies, {"approvals": True}, 0),
    (reopens, {"approvals": True}, 2),
    (takes_both, {}, 4),
    (takes_both, {"stream": True}, 4),
    (compacts, {}, 4),
    (hands_off_and_back, {}, 4),
    (switches, {}, 4),
]
"""An act, options of the run, and how often a tool is called."""


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini", "ollama-native"])
@pytest.mark.parametrize(
    ("act", "more", "called"),
    [case for case in ACTS if "approve" in KEPT.capabilities or "approvals" not in case[1]],
    ids=lambda value: getattr(value, "__name__", str(value)) if not isinstance(value, int) else "",
)
def test_an_act_happens_and_nothing_that_was_thought_is_lost(  # noqa: PLR0913, PLR0917 - one argument a column
    opened: Any, tmp_path: Path, profile: str, act: Act, more: dict[str, bool], called: int
) -> None:
    talk = opened("second-turn", profile)
    run = run_of(talk, tmp_path, **more)
    run = replace(run, other=run.endpoint) if act is hands_off_and_back else run

    async def plays(session: Any) -> tuple[list[str], str]:
        return await act(session, run, talk), await session.memory()

    said, memory = driven(kept(run), plays)

    assert said[-1]
    assert all(word == "" for word in said[:-1]) == ("approvals" in more)
    assert sum(call is not None for call in talk.called) == called
    report = audit(talk.exchanges, profile=profile)
    assert set(report.fates) <= {"preserved", "removed-with-turn"}
    assert not [finding for finding in report.findings if finding.level == "MUST"]
    assert talk.system not in memory
    assert "sk-canary" not in memory


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


@pytest.mark.skipif("approve" not in KEPT.capabilities, reason="llama-index-core before 0.14.7 cannot ask")
def test_a_denied_call_is_answered(opened: Any, tmp_path: Path) -> None:
    talk = opened("denial", "deepseek")

    async def plays(session: Any) -> None:
        await session.turn(talk.turns[0])
        await session.approve(allow=False)

    driven(kept(run_of(talk, tmp_path, approvals=True)), plays)

    assert sent(talk, 1)[-1]["role"] == "tool"
    assert "does not allow" in sent(talk, 1)[-1]["content"]


def test_no_carrier_and_no_name_of_ours_reaches_the_wire(opened: Any, tmp_path: Path) -> None:
    for profile in ("deepseek", "openrouter", "anthropic", "openai", "google-gemini"):
        talk = opened("second-turn", profile)

        run = run_of(talk, tmp_path, stream=True)
        driven(kept(run), partial(takes_both, run=run, talk=talk))
        written = b"".join(exchange.request for exchange in talk.exchanges)
        for word in (b"keepthinking", b"additional_", b"block_type", b"ThinkingBlock", b"sk-canary"):
            assert word not in written


def test_a_tool_is_told_by_its_own_schema(opened: Any) -> None:
    talk = opened("second-turn", "deepseek")
    for given in talk.tools:
        told = native_tool(given).metadata
        assert isinstance(told, ToolMetadata)
        assert told.get_parameters_dict()["properties"] == given.tool.parameters.value["properties"]


def test_a_history_is_no_message_twice(opened: Any, tmp_path: Path) -> None:
    talk = opened("second-turn", "deepseek")

    async def plays(session: Any) -> list[ChatMessage]:
        for words in talk.turns:
            await session.turn(words)
        held: list[ChatMessage] = await session._messages()
        return held

    assert [message.role.value for message in driven(kept(run_of(talk, tmp_path)), plays)] == [
        *("user", "assistant", "tool", "assistant", "tool", "assistant"),
    ] * 2
