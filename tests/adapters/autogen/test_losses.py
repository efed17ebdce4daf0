"""What AutoGen's agents lose by themselves, whatever model class they have: each a few lines that show it.

With `KeepThinkingChatCompletionClient`, so that no loss is the client's. A test fails when AutoGen has mended what it
is about.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from autogen_agentchat.agents import CodeExecutorAgent, SocietyOfMindAgent
from autogen_agentchat.messages import ToolCallRequestEvent
from autogen_agentchat.teams import MagenticOneGroupChat, RoundRobinGroupChat
from autogen_core.model_context import HeadAndTailChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import AssistantMessage

from keepthinking import Block, Finding, Text, audit, dialect, pair
from keepthinking_adapters.autogen import (
    KeepThinkingBufferedContext,
    KeepThinkingChatCompletionClient,
    KeepThinkingTokenLimitedContext,
    KeepThinkingUnboundedContext,
)
from tests.adapters.autogen.driven import KEPT, agent_of, endpoint_of, roles, sent, verdict
from tests.adapters.autogen.test_teams import CODE, TO_ANN, TO_BOB, WEATHER, Counting, agent_spoken, swarm
from tests.adapters.spoken import Spoken, calls, says, spoken

PROFILE = "deepseek"


def test_a_buffer_forgets_the_question_in_the_middle_of_its_loop(opened: Any) -> None:
    talk = opened("loop", PROFILE)
    agent = agent_of(talk, model_context=KeepThinkingBufferedContext(3))

    asyncio.run(agent.run(task=talk.turns[0]))

    # From the third request on the user's words are gone; a thought that the running loop needs goes with its answer.
    assert roles(talk, 1) == ["system", "user", "assistant", "tool"]
    assert [roles(talk, number).count("user") for number in range(2, 5)] == [0, 0, 0]
    assert ("context.turn.kept.in-loop", "MUST", "removed-with-turn") in told(verdict(talk, PROFILE))


def told(report: audit.Report) -> list[tuple[str, str, str]]:
    """Give what the judge found, without the notes on new tools and inputs."""
    return [(found.check, found.level, found.fate) for found in report.findings if found.check != "prefix.unaltered"]


def test_a_limit_of_tokens_parts_a_call_from_its_result(opened: Any) -> None:
    talk = opened("loop", PROFILE)
    counter = KEPT.client.make(endpoint_of(talk))
    agent = agent_of(talk, model_context=KeepThinkingTokenLimitedContext(counter, token_limit=120))

    asyncio.run(agent.run(task=talk.turns[0]))

    assert parted(talk) == [1, 2, 3, 4]
    assert told(verdict(talk, PROFILE)) == [
        ("context.turn.kept.in-loop", "MUST", "removed-with-turn"),
        *[("context.pairs.kept", "MUST", "dropped")] * 4,
    ]


def parted(talk: Any) -> list[int]:
    """Give the requests in which a call has no result, or a result no call."""
    found: list[int] = []
    for number in range(len(talk.exchanges)):
        messages = sent(talk, number)
        called = {call["id"] for message in messages for call in message.get("tool_calls", ())}
        told = {message["tool_call_id"] for message in messages if message["role"] == "tool"}
        if called != told:
            found.append(number)
    return found


def test_head_and_tail_put_words_of_a_user_between(opened: Any) -> None:
    talk = opened("loop", PROFILE)
    agent = agent_of(talk, model_context=HeadAndTailChatCompletionContext(head_size=1, tail_size=2))

    asyncio.run(agent.run(task=talk.turns[0]))

    said = [message["content"] for message in sent(talk, 4) if message["role"] == "user"]
    assert said == [talk.turns[0], "Skipped 6 messages."]
    assert ("context.turn.kept.in-loop", "MUST", "removed-with-turn") in told(verdict(talk, PROFILE))


BOTH: tuple[Sequence[Sequence[Block]], Sequence[Sequence[Block]]] = (
    ((says("Bob knows."), *calls(TO_BOB)), (says("So it is."), Text(text="It is cold."))),
    ((says("Ann knows more."), *calls(TO_ANN)),),
)
"""What Ann and Bob say when they do nothing but hand over to each other."""


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
def test_a_handoff_makes_visible_text_of_the_thought_beside_it(profile: str) -> None:
    with spoken(profile, BOTH[0]) as ann, spoken(profile, BOTH[1]) as bob:
        asyncio.run(swarm(ann, bob))

        # Bob's request has Ann's thought among what was said, and as words of an assistant; so has Ann's later one.
        assert visible(bob.requests()[0]) == ["Bob knows."]
        assert visible(ann.requests()[1]) == ["Ann knows more."]
        assert (
            told(together(ann, bob))
            == [
                ("thinking.not-text", "MUST", "leaked-as-text"),
                ("call.kept", "MUST", "dropped"),
            ]
            * 2
        )


def together(ann: Spoken, bob: Spoken) -> audit.Report:
    """Let the judge read what both agents sent, as the one conversation that it was."""
    first, last = ann.exchanges()
    served = ann.served
    return audit.audit([first, *bob.exchanges(), last], dialect=served.dialect, profile=served.profile)


def visible(messages: list[dict[str, Any]]) -> list[str]:
    """Give what a request shows as words of assistants."""
    found: list[str] = []
    for message in messages:
        content = message.get("content") if message["role"] == "assistant" else None
        if isinstance(content, str):
            found.append(content)
        elif content is not None:
            found += [block["text"] for block in content if block["type"] == "text"]
    return [words for words in found if words]


def test_who_is_handed_over_to_is_told_that_a_thought_was_made_words() -> None:
    found: list[Finding] = []
    with spoken(PROFILE, BOTH[0]) as ann, spoken(PROFILE, BOTH[1]) as bob:
        endpoint = bob.endpoint
        model = KeepThinkingChatCompletionClient(
            endpoint.model, base_url=endpoint.base_url, api_key="k", profile=endpoint.profile, on_finding=found.append
        )
        asyncio.run(swarm(ann, bob, bobs=model))

    assert [(one.check, one.level, one.fate, one.path) for one in found] == [
        ("thinking.not-text", "MUST", "leaked-as-text", "messages[2]")
    ]


def test_a_mixed_handoff_leaves_a_call_out_and_its_thought_goes_along() -> None:
    anns: list[Sequence[Block]] = [(says("Look, then Bob."), *calls(WEATHER, TO_BOB)), *BOTH[0][1:]]
    with spoken(PROFILE, anns) as ann, spoken(PROFILE, BOTH[1]) as bob:
        asyncio.run(swarm(ann, bob))

        (handed,) = [message for message in bob.requests()[0] if message["role"] == "assistant"]
        assert [call["function"]["name"] for call in handed["tool_calls"]] == ["weather"]
        assert handed["reasoning_content"] == "Look, then Bob."
        (own,) = [message for message in ann.requests()[1] if message.get("tool_calls")]
        assert [call["function"]["name"] for call in own["tool_calls"]] == ["weather", "transfer_to_bob"]
        assert told(together(ann, bob))[0] == ("call.kept", "MUST", "dropped")


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        (UnboundedChatCompletionContext, {("seal.kept", "SHOULD", "dropped")}),
        (KeepThinkingUnboundedContext, set[tuple[str, str, str]]()),
    ],
)
def test_the_state_of_autogen_s_own_context_forgets_the_seals(
    opened: Any, kind: type[UnboundedChatCompletionContext], lost: set[tuple[str, str, str]]
) -> None:
    talk = opened("second-turn", "anthropic")

    async def plays() -> None:
        first = agent_of(talk, model_context=kind())
        await first.run(task=talk.turns[0])
        saved = json.loads(json.dumps(await first.save_state()))
        second = agent_of(talk, model_context=kind())
        await second.load_state(saved)
        await second.run(task=talk.turns[1])

    asyncio.run(plays())

    assert set(told(verdict(talk, "anthropic"))) == lost


@pytest.mark.filterwarnings("ignore:No approval function set")  # nothing is run that could do harm
def test_the_state_of_an_agent_that_runs_code_forgets_everything() -> None:
    answers: list[tuple[Block, ...]] = [
        (says("Code."), Text(text=CODE)),
        (says("Summed up."), Text(text="It printed.")),
        (says("Who?"), Text(text="Yes.")),
    ]
    with spoken(PROFILE, answers) as provider:

        def made() -> CodeExecutorAgent:
            model = KEPT.client.make(provider.endpoint)
            return CodeExecutorAgent(
                "coder", Counting(), model_client=model, model_context=KeepThinkingUnboundedContext()
            )

        async def plays() -> None:
            first = made()
            await first.run(task="Is it warm?")
            saved = json.loads(json.dumps(await first.save_state()))
            assert "llm_context" not in saved
            second = made()
            await second.load_state(saved)
            await second.run(task="Sure?")

        asyncio.run(plays())

        assert [message["role"] for message in provider.requests()[2]] == ["system", "user"]


def test_a_society_of_mind_forgets_its_own_answers() -> None:
    inner: list[tuple[Block, ...]] = [(says("Inside."), Text(text="It is cold.")), (says("Again."), Text(text="Yes."))]
    outer: list[tuple[Block, ...]] = [(says("I sum up."), Text(text="Cold.")), (says("Once more."), Text(text="Yes."))]
    with spoken(PROFILE, inner) as ann, spoken(PROFILE, outer) as mind:
        team = RoundRobinGroupChat([agent_spoken(ann, "ann")], max_turns=1)
        agent = SocietyOfMindAgent(
            "mind", team, KEPT.client.make(mind.endpoint), model_context=KeepThinkingUnboundedContext()
        )

        async def plays() -> None:
            await agent.run(task="Is it warm?")
            await agent.run(task="Sure?")

        asyncio.run(plays())

        # Nor does its team remember: it is reset after each turn.
        assert [message["role"] for message in mind.requests()[1]].count("assistant") == 0
        assert [message["role"] for message in ann.requests()[1]].count("assistant") == 0


def test_an_orchestrator_writes_messages_of_its_own() -> None:
    entry = {"reason": "r", "answer": "ann"}
    ledger = {
        "is_request_satisfied": {"reason": "r", "answer": False},
        "is_in_loop": {"reason": "r", "answer": False},
        "is_progress_being_made": {"reason": "r", "answer": True},
        "instruction_or_question": {"reason": "r", "answer": "Look."},
        "next_speaker": entry,
    }
    thoughts = ("The facts.", "The plan.", "Who is next?", "Who now?", "Summed up.")
    words = ("facts", "plan", json.dumps(ledger), json.dumps(ledger), "end")
    orchestrated: list[tuple[Block, ...]] = [
        (says(thought), Text(text=said)) for thought, said in zip(thoughts, words, strict=True)
    ]
    with spoken(PROFILE, orchestrated) as leader, spoken(PROFILE, [(says("I."), Text(text="Seen."))] * 2) as ann:
        team = MagenticOneGroupChat([agent_spoken(ann, "ann")], KEPT.client.make(leader.endpoint), max_turns=1)
        asyncio.run(team.run(task="Is it warm?"))

        # What the facts were written from goes back with them, and of the ledgers nothing but single members.
        assert ["The facts." in str(request) for request in leader.requests()[:3]] == [False, True, False]
        last = leader.requests()[-1]
        assert "assistant" in [message["role"] for message in last]
        assert not [thought for thought in thoughts if thought in str(last)]


def test_leaving_a_stream_at_a_call_leaves_the_call_without_a_result(opened: Any) -> None:
    talk = opened("loop", PROFILE)

    async def plays() -> list[Any]:
        agent = agent_of(talk)
        events = agent.run_stream(task=talk.turns[0])
        async for event in events:
            if isinstance(event, ToolCallRequestEvent):
                break
        await events.aclose()
        state = json.loads(json.dumps(await agent.save_state()))
        fresh = agent_of(talk)
        await fresh.load_state(state)
        held = list(await fresh.model_context.get_messages())
        await fresh.run(task="Sure?")
        return held

    held = asyncio.run(plays())

    assert [message.type for message in held] == ["UserMessage", "AssistantMessage"]
    assert isinstance(held[1], AssistantMessage)
    assert isinstance(held[1].content, list)
    # The thought went back; what the provider is sent is a call that nobody answered.
    again = dialect("openai-chat").decode_request(talk.exchanges[1].request)
    assert [one.state for one in pair(again.messages)] == ["open"]
    assert set(verdict(talk, PROFILE).fates) == {"preserved"}


def test_none_of_it_happens_where_nothing_is_left_out(opened: Any) -> None:
    talk = opened("second-turn", PROFILE)
    agent = agent_of(talk)

    async def plays() -> None:
        for words in talk.turns:
            await agent.run(task=words)

    asyncio.run(plays())

    assert parted(talk) == []
    assert not verdict(talk, PROFILE).findings
    assert set(verdict(talk, PROFILE).fates) == {"preserved"}
