"""The vendors' own clients, sync and async: each reads one stream of a server, and gives what it holds then as a body.

Nothing of a client is changed. What it accumulates is written by its own types, and read again by our dialect.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any, NamedTuple


class Held(NamedTuple):
    """What a client holds after a stream.

    Attributes:
        body: The answer, as a parsed body.
        shown: Pieces of text that it showed on the way, by kind.
        items: What it was told to be done on the way, where the wire says that.
    """

    body: Any
    shown: Mapping[str, str] = {}
    items: Sequence[Any] = ()


Read = Callable[[], Held]
ReadAsync = Callable[[], Awaitable[Held]]


class Client(NamedTuple):
    """One client, connected to one server; `read` and `wait` ask for a stream each time."""

    read: Read
    wait: ReadAsync


ASKED: Any = [{"role": "user", "content": "go"}]


def openai_chat(url: str, sync: ExitStack, asynchronous: AsyncExitStack) -> Client:
    from openai import AsyncOpenAI, OpenAI

    one = sync.enter_context(OpenAI(base_url=url, api_key="k", max_retries=0))
    other = AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
    asynchronous.push_async_callback(other.close)

    def held(stream: Any, texts: list[Any]) -> Held:
        # not `get_final_completion`, which raises where a limit cut the answer
        body = stream.current_completion_snapshot.to_dict(mode="json", warnings=False)
        plain = all(isinstance(text, str) for text in texts)  # Mistral's chunks are shown as lists
        return Held(body, {"text": "".join(texts)} if plain else {})

    def read() -> Held:
        with one.chat.completions.stream(model="m", messages=ASKED) as stream:
            texts = [event.delta for event in stream if event.type == "content.delta"]
            return held(stream, texts)

    async def wait() -> Held:
        async with other.chat.completions.stream(model="m", messages=ASKED) as stream:
            texts = [event.delta async for event in stream if event.type == "content.delta"]
            return held(stream, texts)

    return Client(read, wait)


def openai_responses(url: str, sync: ExitStack, asynchronous: AsyncExitStack) -> Client:
    from openai import AsyncOpenAI, OpenAI

    one = sync.enter_context(OpenAI(base_url=url, api_key="k", max_retries=0))
    other = AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
    asynchronous.push_async_callback(other.close)
    ends = {"response.completed", "response.incomplete", "response.failed"}
    deltas = {
        "response.output_text.delta": "text",
        "response.reasoning_summary_text.delta": "thinking",
        "response.reasoning_text.delta": "thinking",
        "response.function_call_arguments.delta": "arguments",
    }

    def held(events: Sequence[Any]) -> Held:
        shown = dict.fromkeys(deltas.values(), "")
        for event in events:
            if event.type in deltas:
                shown[deltas[event.type]] += event.delta
        done = [event.item.to_dict(mode="json", warnings=False) for event in events if event.type.endswith("item.done")]
        last = next((event.response for event in reversed(events) if event.type in ends), None)
        body = {} if last is None else last.to_dict(mode="json", warnings=False)
        return Held(body, shown, done)

    def read() -> Held:
        with one.responses.stream(model="m", input="go") as stream:
            return held(list(stream))

    async def wait() -> Held:
        async with other.responses.stream(model="m", input="go") as stream:
            return held([event async for event in stream])

    return Client(read, wait)


def anthropic_messages(url: str, sync: ExitStack, asynchronous: AsyncExitStack) -> Client:
    from anthropic import Anthropic, AsyncAnthropic

    one = sync.enter_context(Anthropic(base_url=url, api_key="k", max_retries=0))
    other = AsyncAnthropic(base_url=url, api_key="k", max_retries=0)
    asynchronous.push_async_callback(other.close)
    deltas = {"text": "text", "thinking": "thinking"}

    def held(events: Sequence[Any], final: Any) -> Held:
        shown = {kind: "".join(getattr(e, kind) for e in events if e.type == name) for name, kind in deltas.items()}
        return Held(final.to_dict(mode="json", warnings=False), shown)

    def read() -> Held:
        with one.beta.messages.stream(model="m", max_tokens=9, messages=ASKED) as stream:
            return held(list(stream), stream.get_final_message())

    async def wait() -> Held:
        async with other.beta.messages.stream(model="m", max_tokens=9, messages=ASKED) as stream:
            events = [event async for event in stream]
            return held(events, await stream.get_final_message())

    return Client(read, wait)


def gemini(url: str, sync: ExitStack, asynchronous: AsyncExitStack) -> Client:
    from google import genai

    client = sync.enter_context(genai.Client(api_key="k", http_options={"base_url": url}))
    asynchronous.push_async_callback(client.aio.aclose)

    def held(chunks: Sequence[Any]) -> Held:
        # the client adds nothing up: whoever reads it gets the chunks, by its types
        return Held([chunk.model_dump(mode="json", by_alias=True, exclude_unset=True) for chunk in chunks])

    def read() -> Held:
        return held(list(client.models.generate_content_stream(model="m", contents="go")))

    async def wait() -> Held:
        return held([one async for one in await client.aio.models.generate_content_stream(model="m", contents="go")])

    return Client(read, wait)


CLIENTS: Mapping[str, Callable[[str, ExitStack, AsyncExitStack], Client]] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic-messages": anthropic_messages,
    "gemini": gemini,
}


def read_all(id_: str, url: str, plays: Sequence[Sequence[Callable[[], None]]]) -> tuple[list[Held], list[Held]]:
    """Let a client read one answer after another, sync and async; a stream is played just before it is asked for."""

    async def run() -> tuple[list[Held], list[Held]]:
        one: list[Held] = []
        other: list[Held] = []
        with ExitStack() as sync:
            async with AsyncExitStack() as asynchronous:
                client = CLIENTS[id_](url, sync, asynchronous)
                for first, second in plays:
                    first()
                    one.append(client.read())
                    second()
                    other.append(await client.wait())
        return one, other

    with warnings.catch_warnings(action="ignore"):  # clients warn of values that are newer than their types
        return asyncio.run(run())
