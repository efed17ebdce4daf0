"""Agents that write code into their words: by a team whose other agent runs it, and with a model of their own.

The examination plays the first (`_coder`), since only that is a loop. What code may be run is ours alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from autogen_agentchat.agents import CodeExecutorAgent
from autogen_agentchat.messages import CodeGenerationEvent, ThoughtEvent
from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult
from autogen_core.model_context import UnboundedChatCompletionContext
from autogen_core.models import AssistantMessage, UserMessage
from msgspec.structs import replace

from keepthinking_adapters.autogen import KeepThinkingUnboundedContext
from keepthinking_adapters.autogen._subjects import SUBJECTS
from keepthinking_conformance.tools import interpreter
from tests.adapters.autogen.driven import KEPT, driven, faults, run_of, sent, verdict
from tests.adapters.spoken import Spoken, in_words, spoken

PROFILES = ["deepseek", "anthropic", "openai", "google-gemini", "minimax"]
CODERS = [subject for subject in SUBJECTS if subject.speech == "code-block"]
CODER = next(subject for subject in CODERS if subject.variant == "kept")


# In a team, as the examination plays it


async def plays(session: Any, turns: Sequence[str]) -> tuple[list[str], str]:
    return [await session.turn(text) for text in turns], await session.memory()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_model_s_code_is_run_step_by_step_and_all_that_it_thought_goes_back(
    opened: Any, tmp_path: Path, profile: str, *, stream: bool
) -> None:
    talk = opened("second-turn", profile, speech="code-block")
    run = run_of(talk, tmp_path, stream=stream, execute=interpreter(talk.tools))

    shown, memory = driven(asyncio.run(CODER.start(run)), lambda session: plays(session, talk.turns))

    assert all(shown)
    assert sum(call is not None for call in talk.called) == 4
    assert len(talk.exchanges) == 6
    assert faults(verdict(talk, profile)) == []
    assert set(verdict(talk, profile).fates) == {"preserved"}
    assert talk.system not in memory
    assert b"keepthinking" not in b"".join(exchange.request for exchange in talk.exchanges)


@pytest.mark.parametrize("profile", PROFILES)
def test_code_in_a_thought_is_not_run(opened: Any, tmp_path: Path, profile: str) -> None:
    talk = opened("call-in-thought", profile, speech="code-block")
    run = run_of(talk, tmp_path, execute=interpreter(talk.tools))

    driven(asyncio.run(CODER.start(run)), lambda session: plays(session, talk.turns))

    # Two steps say that a tool shall be called; the thoughts before them hold other calls.
    assert len([call for call in talk.called if call is not None]) == 2
    assert faults(verdict(talk, profile)) == []


def test_a_limit_of_steps_stops_the_team_behind_code_that_is_not_run(opened: Any, tmp_path: Path) -> None:
    talk = opened("step-limit", "deepseek", speech="code-block")
    run = run_of(talk, tmp_path, execute=interpreter(talk.tools), max_steps=3)

    driven(asyncio.run(CODER.start(run)), lambda session: plays(session, talk.turns[:1]))

    assert len(talk.exchanges) == 3
    assert len([call for call in talk.called if call is not None]) == 2


def test_trimming_counts_the_turns_of_the_user_and_not_what_code_printed(opened: Any, tmp_path: Path) -> None:
    talk = opened("compaction", "anthropic", speech="code-block")

    async def trims(session: Any) -> None:
        for text in talk.turns[:2]:
            await session.turn(text)
        await session.compact()
        await session.turn(talk.turns[2])

    run = run_of(talk, tmp_path, execute=interpreter(talk.tools))
    driven(asyncio.run(CODER.start(run)), trims)

    assert talk.turns[0] not in str(sent(talk, 6))
    assert str(sent(talk, 6)[0]["content"]).count(talk.turns[1]) == 1


@pytest.mark.parametrize("subject", CODERS, ids=lambda subject: subject.id)
def test_code_needs_an_interpreter(opened: Any, tmp_path: Path, subject: Any) -> None:
    talk = opened("single", next(iter(subject.profiles)), speech="code-block")

    with pytest.raises(ValueError, match="no interpreter"):
        driven(asyncio.run(CODER.start(run_of(talk, tmp_path))), lambda session: session.turn("Is it warm?"))


# With a model of its own


class Told(CodeExecutor):
    """Runs nothing, and says what a test tells it.

    Args:
        codes: How each run ends.
    """

    component_type = "code_executor"

    def __init__(self, *codes: int) -> None:
        self._codes = iter(codes)
        self.ran: list[str] = []

    async def execute_code_blocks(
        self, code_blocks: list[CodeBlock], cancellation_token: CancellationToken
    ) -> CodeResult:
        del cancellation_token
        self.ran += [block.code for block in code_blocks]
        return CodeResult(exit_code=next(self._codes, 0), output=f"{len(self.ran)} degrees")

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def restart(self) -> None:
        """Nothing to start again."""


def code(words: str, number: int) -> str:
    return f"{words}\n```python\nprint({number})\n```\n"


def coder(provider: Spoken, executor: Told, **options: Any) -> CodeExecutorAgent:
    given: dict[str, Any] = {"model_context": KeepThinkingUnboundedContext(), **options}
    return CodeExecutorAgent("coder", executor, model_client=KEPT.client.make(provider.endpoint), **given)


@pytest.mark.filterwarnings("ignore:No approval function set")  # nothing is run
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [KeepThinkingUnboundedContext, UnboundedChatCompletionContext])
@pytest.mark.parametrize("profile", PROFILES)
def test_an_agent_that_runs_code_by_itself_sends_back_what_it_thought(
    profile: str, kind: type[UnboundedChatCompletionContext], *, stream: bool
) -> None:
    answers = [
        in_words(code("Not this:", 7) + "I rather look.", code("I look.", 1)),
        in_words("It printed.", "So it is."),
        in_words(code("Nor this:", 8) + "Once more.", code("Again.", 2)),
        in_words("It printed again.", "Still."),
        in_words("No code.", "Yes."),
    ]
    executor = Told()
    with spoken(profile, answers, stream=stream) as provider:
        agent = coder(provider, executor, model_context=kind(), model_client_stream=stream)

        async def runs() -> list[Any]:
            return [one for task in ("Warm?", "And now?", "Sure?") async for one in agent.run_stream(task=task)]

        events = asyncio.run(runs())

        assert executor.ran == ["print(1)\n", "print(2)\n"]  # code in a thought was never run
        assert len(provider.requests()) == 5
        assert faults(provider.report()) == []
        assert set(provider.report().fates) == {"preserved"}
    thoughts = [event.content for event in events if isinstance(event, ThoughtEvent)]
    assert thoughts == [answer[0].text for answer in answers]
    assert not any(event.content in thoughts for event in events if isinstance(event, CodeGenerationEvent))


@pytest.mark.filterwarnings("ignore:No approval function set")  # nothing is run
@pytest.mark.parametrize("profile", PROFILES)
def test_code_that_fails_is_written_again_and_the_thoughts_of_all_tries_go_back(profile: str) -> None:
    again = json.dumps({"reason": "a slip", "retry": True})
    answers = [
        in_words("First try.", code("I look.", 1)),
        in_words("Worth it.", again),
        in_words("Second try.", code("Once more.", 2)),
        in_words("It printed.", "So it is."),
        in_words("Easy.", "Yes."),
    ]
    executor = Told(1, 0)
    with spoken(profile, answers) as provider:
        agent = coder(provider, executor, max_retries_on_error=1)

        async def runs() -> list[Any]:
            for task in ("Warm?", "Sure?"):
                await agent.run(task=task)
            return list(await agent.model_context.get_messages())

        held = asyncio.run(runs())
        report = provider.report()

    assert executor.ran == ["print(1)\n", "print(2)\n"]
    assert [finding.check for finding in report.findings if finding.level == "MUST"] == []
    # AutoGen says the user's words again before each try, and forgets what it asked the model about trying.
    said = [message.content for message in held if isinstance(message, UserMessage) and message.source == "user"]
    assert said == ["Warm?", "Warm?", "Sure?"]
    thoughts = [message.thought for message in held if isinstance(message, AssistantMessage)]
    assert thoughts == ["First try.", "Second try.", "It printed.", "Easy."]
    assert all(str(thought) in str(provider.requests()[4]) for thought in thoughts[:3])


def test_the_interpreter_holds_no_process(tmp_path: Path, opened: Any) -> None:
    talk = opened("second-turn", "deepseek", speech="code-block")
    run = replace(run_of(talk, tmp_path), execute=interpreter(talk.tools))

    async def asks() -> str:
        session: Any = await CODER.start(run)
        shown: str = await session.turn(talk.turns[0])
        await session.close()
        return shown

    assert asyncio.run(asks())
    assert list(tmp_path.iterdir()) == []
