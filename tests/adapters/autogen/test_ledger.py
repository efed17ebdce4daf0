"""Which answer a message was made of: its own, or none; never another's, however equal the words are."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import threading
import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_core import AgentId, CancellationToken, FunctionCall, SingleThreadedAgentRuntime
from autogen_core.model_context import ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import AssistantMessage, ChatCompletionClient, LLMMessage, UserMessage
from autogen_core.tool_agent import ToolAgent, tool_agent_caller_loop
from autogen_core.tools import FunctionTool

from keepthinking import Block, Message, Seal, Text, Thinking
from keepthinking_adapters.autogen import KeepThinkingUnboundedContext, dump, from_native, load, to_native
from keepthinking_adapters.autogen._carriers import put, record_of
from keepthinking_adapters.autogen._ledger import Ledger, attach
from tests.adapters.autogen.driven import KEPT, faults
from tests.adapters.spoken import Spoken, calls, says, spoken

SAID: dict[str, tuple[Block, ...]] = {
    "a thought and words": (says("Hm."), Text(text="Done.")),
    "a thought without words": (says(""), Text(text="Done.")),
    "one letter": (says("Hm."), Text(text="4")),
    "one letter and a thought without words": (says(""), Text(text="4")),
    "a thought alone": (says("Hm."), Text(text="")),
    "no word at all": (says(""), Text(text="")),
}
"""What two answers say alike; each has a seal of its own."""

WORDLESS = {"one letter and a thought without words", "no word at all"}
"""Those that only a context of ours keeps: Python has their strings once."""


def agent_of(model: ChatCompletionClient, context: ChatCompletionContext) -> AssistantAgent:
    return AssistantAgent("helper", model, model_context=context)


def seals_sent(provider: Spoken) -> list[list[str]]:
    """Give the seals of each request."""
    return [
        [block["signature"] for message in request for block in blocks_of(message) if "signature" in block]
        for request in provider.requests()
    ]


def blocks_of(message: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return message["content"] if isinstance(message["content"], list) else ()


def sealed(number: int) -> str:
    return f"RXFRQ2dCQ{number}=="


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [KeepThinkingUnboundedContext, UnboundedChatCompletionContext])
@pytest.mark.parametrize("said", SAID)
def test_two_conversations_with_the_same_words_keep_their_own_seals(
    said: str, kind: type[ChatCompletionContext], *, stream: bool
) -> None:
    with spoken("anthropic", [SAID[said]] * 4, stream=stream) as provider:

        async def plays() -> None:
            model = KEPT.client.make(provider.endpoint)
            one, other = (
                AssistantAgent("helper", model, model_context=kind(), model_client_stream=stream) for _ in range(2)
            )
            for task in ("first", "second"):
                for agent in (one, other):
                    await agent.run(task=task)

        asyncio.run(plays())

        sent = seals_sent(provider)
        assert sent[:2] == [[], []]
        assert sent[2:] == ([[], []] if kind is not KEPT.context and said in WORDLESS else [[sealed(0)], [sealed(1)]])


@pytest.mark.parametrize("said", SAID)
def test_the_same_words_out_of_a_file_have_no_seal_of_an_answer(said: str) -> None:
    with spoken("anthropic", [SAID[said]] * 2) as provider:

        async def plays() -> None:
            model = KEPT.client.make(provider.endpoint)
            agent = agent_of(model, UnboundedChatCompletionContext())
            await agent.run(task="first")
            saved = json.dumps(await agent.save_state())  # stock: it forgets the seals, as another process would
            other = agent_of(model, UnboundedChatCompletionContext())
            await other.load_state(json.loads(saved))
            await other.run(task="second")

        asyncio.run(plays())

        assert seals_sent(provider) == [[], []]


def test_answers_without_words_go_to_who_asked_for_them_however_many_ask_at_once() -> None:
    many = 12
    with spoken("anthropic", [SAID["no word at all"]] * 2 * many) as provider:

        async def plays() -> list[list[LLMMessage]]:
            model = KEPT.client.make(provider.endpoint)
            agents = [agent_of(model, KeepThinkingUnboundedContext()) for _ in range(many)]
            for task in ("first", "second"):
                await asyncio.gather(*(agent.run(task=task) for agent in agents))
            return [list(await agent.model_context.get_messages()) for agent in agents]

        held = asyncio.run(plays())

        kept = [[seal.wire for message in from_native(one).value for seal in seals_of(message)] for one in held]
        assert all(len(seals) == 2 for seals in kept)
        assert len({seal for seals in kept for seal in seals}) == 2 * many


def seals_of(message: Message) -> list[Seal]:
    return [seal for block in message.blocks for seal in block.seals]


@pytest.mark.parametrize("profile", ["anthropic", "deepseek", "openai"])
def test_the_words_that_end_the_loop_of_autogen_s_core_have_their_thought(profile: str) -> None:
    answers: list[tuple[Block, ...]] = [
        (says("I look."), *calls(("weather", "{}"))),
        (says("So it is."), Text(text="It is cold.")),
        (says("Yes."), Text(text="Yes.")),
    ]

    async def weather() -> str:
        """Tell the weather."""
        return "4 degrees"

    with spoken(profile, answers) as provider:

        async def plays() -> None:
            model = KEPT.client.make(provider.endpoint)
            runtime = SingleThreadedAgentRuntime()
            tool = FunctionTool(weather, description="Tells the weather.")
            await ToolAgent.register(runtime, "tools", lambda: ToolAgent("Tools.", [tool]))
            runtime.start()
            history: list[LLMMessage] = [UserMessage(content="Is it warm?", source="user")]
            history += await tool_agent_caller_loop(
                runtime,
                tool_agent_id=AgentId("tools", "default"),
                model_client=model,
                input_messages=history,
                tool_schema=list[Any]([tool]),
            )
            await runtime.stop()
            again = load(dump([*history, UserMessage(content="Sure?", source="user")]))
            await model.create(again, tools=[tool])

        asyncio.run(plays())

        assert faults(provider.report()) == []
        assert set(provider.report().fates) == {"preserved"}


# By itself


def answer(content: str = "Done.", thought: str | None = None, record: str | None = "1") -> AssistantMessage:
    native = AssistantMessage(content=content, thought=thought, source="helper")
    if record is not None:
        put(native, record)
    return native


def made(answered: AssistantMessage, **more: Any) -> AssistantMessage:
    """Give the message that an agent makes of an answer."""
    given: dict[str, Any] = {"content": answered.content, "thought": answered.thought, "source": "ann", **more}
    return AssistantMessage(**given)


def record_in(ledger: Ledger, native: AssistantMessage) -> str | None:
    found = ledger.of(native)
    return None if found is None else found.record


def test_an_answer_is_known_by_its_very_strings() -> None:
    ledger = Ledger()
    one, other, plain = (ledger.keep(answer(record=record)) for record in ("1", "2", None))

    assert one == other
    assert [record_in(ledger, made(of)) for of in (one, other, plain)] == ["1", "2", None]
    assert ledger.of(made(plain)) is not None
    assert ledger.of(answer("Done.")) is None


def test_either_string_is_enough() -> None:
    ledger = Ledger()
    kept = ledger.keep(answer("Done.", "Hm."))

    assert record_in(ledger, made(kept, content="[redacted]")) == "1"
    assert record_in(ledger, made(kept, thought=None)) == "1"
    assert record_in(ledger, made(kept, content="[redacted]", thought=None)) is None


def test_a_thought_is_known_where_it_is_shown_as_words() -> None:
    ledger = Ledger()
    kept = ledger.keep(AssistantMessage(content=[FunctionCall("c", "{}", "f")], thought="Bob knows.", source="ann"))

    assert ledger.is_thought(kept.thought)
    assert not ledger.is_thought("Bob knows.")
    assert ledger.of(AssistantMessage(content=str(kept.thought), source="ann")) is None


def test_copies_are_known_and_what_was_written_down_is_not() -> None:
    ledger = Ledger()
    native = made(ledger.keep(answer("Done.", "Hm.")))

    assert record_in(ledger, copy.deepcopy(native)) == "1"
    assert record_in(ledger, native.model_copy()) == "1"
    assert ledger.of(pickle.loads(pickle.dumps(native))) is None  # noqa: S301 - our own bytes
    assert ledger.of(AssistantMessage.model_validate_json(native.model_dump_json())) is None


def test_nothing_that_comes_later_is_taken_for_an_answer_that_is_gone() -> None:
    ledger = Ledger(answers=3)
    for number in range(2000):
        ledger.keep(answer(f"answer {number}", record=str(number)))
    gc.collect()

    assert not any(ledger.of(answer(f"answer {number}", record=None)) for number in range(2000))


def test_a_ledger_remembers_so_many_answers() -> None:
    ledger = Ledger(answers=2)
    kept = [ledger.keep(answer(record=str(i))) for i in range(3)]

    assert [record_in(ledger, made(one)) for one in kept] == [None, "1", "2"]


def test_a_ledger_remembers_so_many_characters_and_the_last_answer_always() -> None:
    ledger = Ledger(characters=10)
    short = [ledger.keep(answer("Done", record=str(i))) for i in range(3)]
    assert [record_in(ledger, made(one)) for one in short] == [None, "1", "2"]

    long = ledger.keep(answer("x" * 11))

    assert [record_in(ledger, made(one)) for one in (*short, long)] == [None, None, None, "1"]


def test_ten_thousand_answers_take_no_more_memory_than_the_limit() -> None:
    ledger = Ledger(answers=100)
    tracemalloc.start()
    try:
        for number in range(10_000):
            ledger.keep(answer("Done." * 20, "Hm." * 20, f"{number:0500}"))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert used < 1_000_000


def test_threads_share_a_ledger() -> None:
    ledger = Ledger()
    wrong: list[str] = []

    def asks(name: str) -> None:
        async def plays() -> None:
            for number in range(200):
                kept = ledger.keep(answer("Done.", "Hm.", f"{name} {number}"))
                await asyncio.sleep(0)
                if record_in(ledger, made(kept)) != f"{name} {number}":
                    wrong.append(name)

        asyncio.run(plays())

    threads = [threading.Thread(target=asks, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_the_last_answer_is_taken_once_and_by_the_next_message() -> None:
    ledger = Ledger()
    natives = [AssistantMessage(content="", source="ann") for _ in range(3)]

    ledger.keep(answer(""))
    for native in natives[:2]:
        attach(native, is_next=True)
    ledger.keep(answer(""))
    attach(UserMessage(content="more", source="user"), is_next=True)
    attach(natives[2], is_next=True)

    assert [record_of(native) for native in natives[:1]] == ["1"]
    assert not any("keepthinking" in vars(native) for native in natives[1:])


def test_a_conversation_that_is_begun_anew_has_nothing_of_the_old_one() -> None:
    with spoken("anthropic", [SAID["a thought and words"]] * 3) as provider:

        async def plays() -> None:
            agent = agent_of(KEPT.client.make(provider.endpoint), KeepThinkingUnboundedContext())
            for _ in range(2):
                await agent.run(task="Is it warm?")
                await agent.on_reset(CancellationToken())
            await agent.model_context.add_message(UserMessage(content="Is it warm?", source="user"))
            await agent.model_context.add_message(AssistantMessage(content="Done.", thought="Hm.", source="helper"))
            await agent.run(task="Sure?")

        asyncio.run(plays())

        assert seals_sent(provider) == [[], [], []]


def test_a_call_that_was_made_anew_has_no_record() -> None:
    (native,) = to_native([Message.assistant(Thinking.of("Hm.", signature="1"), *calls(("f", "{}")))]).value
    assert isinstance(native, AssistantMessage)
    call = native.content[0]
    assert isinstance(call, FunctionCall)
    anew = AssistantMessage(
        content=[FunctionCall(id=call.id, arguments=call.arguments, name=call.name)], thought="Hm.", source="ann"
    )

    assert not seals_of(from_native([anew]).value[0])
    assert [seal.wire for seal in seals_of(from_native([native]).value[0])] == ["1"]
