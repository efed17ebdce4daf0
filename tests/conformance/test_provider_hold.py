"""An answer that is held back in the middle of its first thought, so that the user may interrupt."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from keepthinking import Message, Thinking
from keepthinking_conformance.provider import Fault, Provider, Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Call, Say, Scenario, StepScript, Think, TurnScript
from tests.conformance.provider_client import ask, histories, opening, post, send, speaks
from tests.conformance.wires import WIRES

pytestmark = pytest.mark.extras

RUN = "held-run"
LOOK, ANSWER = StepScript((Think(), Call(tool="look_up"))), StepScript((Think(), Say()))
INTERRUPTED = Scenario(
    id="interrupted",
    title="The user interrupts, and asks something else",
    turns=(TurnScript((LOOK, ANSWER), interrupted=True), TurnScript((ANSWER,))),
    needs=frozenset({"interrupt", "stream"}),
)
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


class Held:
    """A client that reads until the answer is held back, and then hangs up."""

    def __init__(self, talk: Talk, messages: list[Message], *, stream: bool = True) -> None:
        wire, row = speaks(talk.script), WIRES[talk.script.served.dialect]
        where = urlsplit(talk.base_url + (row.streamed if stream else row.path).format(model=talk.script.model))
        body = wire.encode_request(ask(talk.script, messages, stream=stream), talk.script.profile).body
        self.connection = http.client.HTTPConnection(where.netloc, timeout=20)
        self.connection.request("POST", f"{where.path}?{where.query}", body)
        self.answer = self.connection.getresponse()
        assert talk.held.wait(20)
        self.read = talk.exchanges[-1].response

    def hang_up(self) -> None:
        self.answer.close()
        self.connection.close()


def thinking_in(talk: Talk, raw: object) -> str:
    """Give what a client has read of thinking so far."""
    assert isinstance(raw, bytes)
    decoder = speaks(talk.script).stream_decoder(talk.script.profile)
    events = decoder.feed(raw)
    return "".join(str(event.text) for event in events if event.kind == "thinking")


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_stream_is_held_in_the_middle_of_the_first_thought(provider: Provider, profile: str, number: int) -> None:
    talk = provider.open(SCENARIOS["single"], profile=profile, seed=number, faults=(Fault(kind="hold"),))
    held = Held(talk, [*opening(talk.script), Message.user(talk.turns[0])])
    (thought,) = (block for block in talk.script.answer(0, 0).blocks if isinstance(block, Thinking))
    read = thinking_in(talk, held.read)
    held.hang_up()

    assert read
    assert thought.text.startswith(read)
    assert read != thought.text
    (exchange,) = talk.exchanges
    assert (exchange.delivered, exchange.status, exchange.response) == (False, 200, held.read)
    assert talk.interrupted == (1,)
    assert talk.problems == []
    talk.close()


@pytest.mark.parametrize("scenario", ["redacted", "empty-sealed"])
def test_a_thought_without_words_is_held_where_the_answer_has_begun(provider: Provider, scenario: str) -> None:
    talk = provider.open(SCENARIOS[scenario], profile="anthropic", faults=(Fault(kind="hold"),))
    held = Held(talk, [*opening(talk.script), Message.user(talk.turns[0])])
    held.hang_up()

    assert isinstance(held.read, bytes)
    assert b"message_start" in held.read
    assert b"signature" not in held.read
    assert b'data":' not in held.read.replace(b"data: ", b"")


@BOTH
def test_an_answer_that_is_held_ends_without_its_rest_when_the_time_is_up(provider: Provider, *, stream: bool) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="hold", seconds=0.05),))
    held = Held(talk, [*opening(talk.script), Message.user(talk.turns[0])], stream=stream)
    with pytest.raises(http.client.IncompleteRead):
        held.answer.read()
    held.hang_up()

    (exchange,) = talk.exchanges
    assert (exchange.delivered, exchange.response) == (False, held.read)


def test_the_last_answer_of_a_turn_that_is_interrupted_is_held_and_the_next_turn_is_answered(
    provider: Provider,
) -> None:
    talk = provider.open(INTERRUPTED, profile="deepseek")
    (_, _, first), (_, _, second), _ = histories(talk.script)
    assert send(talk, ask(talk.script, first, stream=True)).message.tool_calls
    assert not talk.held.is_set()
    held = Held(talk, second)
    held.hang_up()
    talk.held.clear()
    after = [*second, Message.user(talk.turns[1])]
    said = send(talk, ask(talk.script, after, stream=True)).message

    assert said.blocks == talk.script.answer(1, 0).blocks
    assert [exchange.delivered for exchange in talk.exchanges] == [True, False, True]
    assert talk.interrupted == (2,)
    assert not talk.held.is_set()


def test_a_stream_that_is_held_is_the_same_in_every_run_of_one_token(provider: Provider) -> None:
    read = []
    for _ in range(2):
        talk = provider.open(SCENARIOS["single"], profile="openai", token=RUN, faults=(Fault(kind="hold"),))
        held = Held(talk, [*opening(talk.script), Message.user(talk.turns[0])])
        held.hang_up()
        talk.close()
        read.append(held.read)

    assert read[0] == read[1]


def test_other_requests_of_a_run_with_a_hold_are_answered_whole(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="minimax", faults=(Fault(kind="hold", at_request=2),))
    messages = [*opening(talk.script), Message.user(talk.turns[0])]
    first = send(talk, ask(talk.script, messages, stream=True)).message
    Held(talk, messages).hang_up()
    third = send(talk, ask(talk.script, messages, stream=True)).message

    assert first.blocks == third.blocks == talk.script.answer(0, 0).blocks


@pytest.mark.vendors
def test_the_clients_of_the_vendors_can_be_interrupted(provider: Provider) -> None:
    import anthropic
    import openai

    async def openais(talk: Talk) -> str:
        async with openai.AsyncOpenAI(base_url=talk.base_url, api_key="none") as client:
            asked: Any = [{"role": "user", "content": talk.turns[0]}]
            tools: Any = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
            stream = await client.chat.completions.create(
                model=talk.script.model, messages=asked, tools=tools, stream=True
            )
            return await _until_held(talk, stream, _reasoning)

    async def anthropics(talk: Talk) -> str:
        async with anthropic.AsyncAnthropic(base_url=talk.base_url, api_key="none") as client:
            asked: Any = [{"role": "user", "content": talk.turns[0]}]
            stream = await client.messages.create(model=talk.script.model, messages=asked, max_tokens=99, stream=True)
            return await _until_held(talk, stream, lambda event: getattr(getattr(event, "delta", None), "thinking", ""))

    for profile, run in (("deepseek", openais), ("anthropic", anthropics)):
        talk = provider.open(SCENARIOS["single"], profile=profile, faults=(Fault(kind="hold"),))
        thought = talk.script.answer(0, 0).thinking
        read = asyncio.run(run(talk))
        assert read
        assert thought.startswith(read)
        assert read != thought
        assert [exchange.delivered for exchange in talk.exchanges] == [False]
        assert talk.requests == 1


async def _until_held(talk: Talk, stream: Any, words: Any) -> str:
    """Read as a scaffold does whose user interrupts when the answer stands still."""
    seen: list[str] = []

    async def read() -> None:
        async for event in stream:
            seen.append(words(event) or "")  # noqa: PERF401 - a list that is extended at the end has nothing if it is cancelled

    reading = asyncio.create_task(read())
    assert await asyncio.to_thread(talk.held.wait, 20)
    async with asyncio.timeout(60):
        while not any(seen):  # noqa: ASYNC110 - it is held where some of the thought was sent
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # whatever else was sent may be read, too
    reading.cancel()
    await asyncio.wait({reading})
    await stream.close()
    return "".join(seen)


def _reasoning(chunk: Any) -> str:
    return str(getattr(chunk.choices[0].delta, "reasoning_content", "") or "") if chunk.choices else ""


@pytest.mark.vendors
@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic"])
@pytest.mark.parametrize("kind", ["rate-limit", "overloaded"])
def test_the_clients_of_the_vendors_come_again_in_milliseconds(
    provider: Provider, profile: str, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    import anthropic
    import openai

    fault = Fault(kind=kind, times=2, retry_after=0.002)
    talk = provider.open(SCENARIOS["single"], profile=profile, faults=(fault,))
    asked: Any = [{"role": "user", "content": talk.turns[0]}]
    with caplog.at_level("INFO"):
        if profile == "anthropic":
            with anthropic.Anthropic(base_url=talk.base_url, api_key="none") as client:
                client.messages.create(model=talk.script.model, messages=asked, max_tokens=99)
        else:
            with openai.OpenAI(base_url=talk.base_url, api_key="none") as other:
                if profile == "openai":
                    other.responses.create(model=talk.script.model, input=asked)
                else:
                    other.chat.completions.create(model=talk.script.model, messages=asked)

    busy = 429 if kind == "rate-limit" else _busy(profile)
    assert [exchange.status for exchange in talk.exchanges] == [busy, busy, 200]
    # They say how long they wait, and without a header it is half a second at least.
    waits = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Retrying request")]
    assert ["in 0.002000 seconds" in wait for wait in waits] == [True, True]


def _busy(profile: str) -> int:
    return 529 if profile == "anthropic" else 503


def test_a_hold_does_not_keep_a_provider_from_stopping() -> None:
    with Provider() as provider:
        talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="hold", seconds=60),))
        held = Held(talk, [*opening(talk.script), Message.user(talk.turns[0])])
    with pytest.raises(http.client.IncompleteRead):
        held.answer.read()
    held.hang_up()


def test_a_title_is_not_held(provider: Provider) -> None:
    talk = provider.open(INTERRUPTED, profile="deepseek")
    status, raw = post(
        f"{talk.base_url}/chat/completions", b'{"messages": [{"role": "user", "content": "Give this chat a title."}]}'
    )

    assert status == 200
    assert raw
    assert not talk.held.is_set()
