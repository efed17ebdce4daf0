"""Miniature scaffolds: a faithful one, and one for each way to be wrong that the examination has to see.

Each speaks real HTTP and is told nothing about the script. What one does with its history is a function.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import (
    Conversation,
    DecodeError,
    Json,
    Message,
    Request,
    Requirement,
    Response,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    TransportError,
    dialect,
    dumps,
    loads,
)
from keepthinking._adapter import Capability, Run, Variant
from keepthinking._turns import MODEL_ROLES
from tests.conformance.wires import WIRES, Wire, grouped


class BusyError(Exception):
    """The provider has too much to do."""


@dataclass
class Talk:
    """One conversation."""

    subject: Miniature
    run: Run
    messages: list[Message] = field(default_factory=list[Message])

    @property
    def wire(self) -> Wire:
        return WIRES[self.run.endpoint.dialect]

    async def turn(self, text: str) -> str:
        self.messages.append(Message.user(text))
        return await self.subject.goes_on(self)

    async def answer(self) -> str:
        """Call the model and the tools until the model calls nothing any more."""
        for _ in range(self.run.max_steps):
            message = await self.ask(self.subject.sends(self))
            self.messages.append(message)
            calls = message.tool_calls
            if not calls:
                return "".join(block.text for block in message.blocks if isinstance(block, Text))
            results = [await self.call(call) for call in calls]
            self.messages += grouped(self.wire, results)
        raise RuntimeError("the model goes on calling tools")

    async def ask(self, messages: Sequence[Message]) -> Message:
        return (await asyncio.to_thread(self._tried, tuple(messages))).message

    def _tried(self, messages: tuple[Message, ...]) -> Response:
        """Ask again where the provider says that it had too much to do, as vendors' clients do."""
        for _ in range(self.subject.retries):
            with suppress(BusyError):
                return self._post(messages)
        return self._post(messages)

    def _post(self, messages: tuple[Message, ...]) -> Response:
        endpoint = self.run.endpoint
        wire = dialect(endpoint.dialect)
        params = {**{name: Json.of(value) for name, value in endpoint.extra_body.items()}, **self.wire.params}
        head = Message(role="system", carrier=self.wire.carrier, blocks=(Text(text=self.run.system),))
        tools = tuple(tool.tool for tool in self.run.tools)
        conversation = Conversation.of(head, *messages, tools=tools) if tools else Conversation.of(head, *messages)
        request = Request(conversation=conversation, model=endpoint.model, stream=self.run.stream, params=params)
        body = wire.encode_request(request, endpoint.profile, on_loss="report").body
        url = urlsplit(endpoint.base_url)
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
        try:
            tail = (self.wire.streamed if self.run.stream else self.wire.path).format(model=endpoint.model)
            connection.request("POST", f"{url.path}{tail}", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        if answer.status in {429, 503, 529}:
            raise BusyError(answer.status)
        if answer.status != 200:
            raise RuntimeError(f"the provider said {answer.status}")
        if not self.run.stream:
            return wire.decode_response(raw, endpoint.profile)
        decoder = wire.stream_decoder(endpoint.profile)
        decoder.feed(raw)
        return decoder.finish()

    async def call(self, call: ToolCall) -> ToolResult:
        tool = next(tool for tool in self.run.tools if tool.tool.name == call.name)
        try:
            return self.told(call, await tool.call(call.arguments))
        except Exception as error:  # noqa: BLE001 - what a tool raises is told to the model
            return self.told(call, str(error), failed=True)

    def told(self, call: ToolCall, text: str, *, failed: bool = False) -> ToolResult:
        return ToolResult(
            call_id=call.id,
            name=call.name if self.wire.named else UNSET,
            content=text,
            status="error" if failed and self.wire.flags else "unspecified",
        )

    async def save(self) -> bytes:
        return dumps(Conversation.of(*self.messages))

    async def load(self, saved: bytes) -> None:
        self.messages += self.subject.remembers(list(loads(saved, Conversation).messages))

    async def close(self) -> None:
        self.subject.closed.append(self.run.id)


async def goes_on(talk: Talk) -> str:
    return await talk.answer()


def everything(talk: Talk) -> list[Message]:
    return talk.messages


@dataclass
class AsksOtherwise(Talk):
    """Sends what it likes instead of what its endpoint says, and drops thinking."""

    changes: dict[str, Any] = field(default_factory=dict[str, Any])

    def _post(self, messages: tuple[Message, ...]) -> Response:
        given = self.run
        self.run = replace(given, endpoint=given.endpoint.replace(**self.changes))
        try:
            return super()._post(messages)
        finally:
            self.run = given


@dataclass
class Miniature:
    """A scaffold of a few lines; `sends`, `remembers` and `goes_on` are where one goes wrong."""

    id: str
    title: str = ""
    framework: str = "miniature"
    variant: Variant = "kept"
    dialects: frozenset[str] = frozenset(WIRES)
    profiles: frozenset[str] = frozenset()
    requires: tuple[Requirement, ...] = ()
    capabilities: frozenset[Capability] = frozenset({"stream", "parallel", "system", "save"})
    sends: Callable[[Talk], list[Message]] = everything
    remembers: Callable[[list[Message]], list[Message]] = list
    goes_on: Callable[[Talk], Awaitable[str]] = goes_on
    retries: int = 2
    closed: list[str] = field(default_factory=list[str])

    async def start(self, run: Run) -> Talk:
        return Talk(self, run)


@dataclass
class Willful(Miniature):
    """A miniature that sends other parameters than it is given."""

    changes: dict[str, Any] = field(default_factory=dict[str, Any])

    async def start(self, run: Run) -> Talk:
        return AsksOtherwise(self, run, changes=self.changes)


@dataclass
class Lies(Talk):
    """Tells the model another result than the tool's, having called it with the arguments that it likes, or not."""

    calls_it: bool = True
    arguments: str = ""

    async def call(self, call: ToolCall) -> ToolResult:
        if self.calls_it:
            await super().call(replace(call, arguments=self.arguments or call.arguments))
        return self.told(call, "fine")


@dataclass
class Liar(Miniature):
    """A miniature that lies about its tools."""

    calls_it: bool = True
    arguments: str = ""

    async def start(self, run: Run) -> Talk:
        return Lies(self, run, calls_it=self.calls_it, arguments=self.arguments)


# -- ways to be wrong --------------------------------------------------------------------------------------------------


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """Keep neither thoughts nor what a provider sealed."""
    return [m.with_blocks([replace(b, seals=()) for b in m.blocks if not isinstance(b, Thinking)]) for m in messages]


def without_thinking_when_streamed(talk: Talk) -> list[Message]:
    return without_thinking(talk.messages) if talk.run.stream else talk.messages


def without_answers(talk: Talk) -> list[Message]:
    """Keep what the tools said, and nothing of what the model said."""
    return [message for message in talk.messages if message.role not in MODEL_ROLES]


def told_anew(talk: Talk) -> list[Message]:
    """Tell everything that was heard in one new message: no answer is left, and no input is the same twice."""
    words = [str(b.content) for m in talk.messages for b in m.blocks if isinstance(b, ToolResult)]
    asked = [b.text for m in talk.messages if m.role == "user" for b in m.blocks if isinstance(b, Text)]
    return [Message.user(f"This is message {len(talk.messages)}. {' '.join([*words, *asked])}")]


def running_loop_told_anew(talk: Talk) -> list[Message]:
    """Keep the first turn as it is, and tell the second one's running loop in its user message."""
    asked = [i for i, m in enumerate(talk.messages) if m.role == "user" and isinstance(m.blocks[0], Text)]
    last = asked[-1]
    if len(asked) == 1 or last == len(talk.messages) - 1:
        return talk.messages
    words = [str(b.content) for m in talk.messages[last:] for b in m.blocks if isinstance(b, ToolResult)]
    said = " ".join(b.text for b in talk.messages[last].blocks if isinstance(b, Text))
    return [*talk.messages[:last], Message.user(f"{said} Tools said: {' '.join(words)}")]


def without_last_turns_thinking(talk: Talk) -> list[Message]:
    """Drop the thinking of all turns but the running one, saved or not."""
    last = max(i for i, m in enumerate(talk.messages) if m.role == "user" and isinstance(m.blocks[0], Text))
    return [*without_thinking(talk.messages[:last]), *talk.messages[last:]]


async def raises_with_a_thought(talk: Talk) -> str:
    message = await talk.ask(talk.messages)
    thought = next(b for b in message.blocks if isinstance(b, Thinking))
    raise ValueError(f"cannot read {thought.text!r}")


def raises_with_a_piece(start: int) -> Callable[[Talk], Awaitable[str]]:
    async def raises(talk: Talk) -> str:
        message = await talk.ask(talk.messages)
        thought = next(b for b in message.blocks if isinstance(b, Thinking))
        raise ValueError(str(thought.text)[start : start + 14])

    return raises


async def raises(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise KeyError("reasoning")


async def exits(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise SystemExit(0)


async def gives_up(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise asyncio.CancelledError


async def blames_the_provider(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise DecodeError("broken JSON", culprit="provider")


async def wraps(talk: Talk) -> str:
    message = await talk.ask(talk.messages)
    thought = next(b for b in message.blocks if isinstance(b, Thinking))
    words = ValueError(thought.text)
    words.__cause__ = TransportError("the answer ended early", culprit="provider", hint="ask again")
    raise RuntimeError(f"while asking:\n{words}") from words


async def hangs(talk: Talk) -> str:
    await asyncio.to_thread(_mark, talk)
    await asyncio.sleep(3600)
    return "never"


async def hangs_in_a_thread(talk: Talk) -> str:
    _mark(talk)
    await asyncio.to_thread(time.sleep, 3600)
    return "never"


async def swallows(talk: Talk) -> str:
    _mark(talk)
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


def _mark(talk: Talk) -> None:
    """Note that a run has begun to hang, one line each."""
    if mark := os.environ.get("KEEPTHINKING_TEST_MARK"):
        with Path(mark).open("a", encoding="utf-8") as file:
            file.write(f"{talk.run.id}\n")


def raises_this(error: BaseException) -> Callable[[Talk], Awaitable[str]]:
    async def goes(talk: Talk) -> str:
        await talk.ask(talk.messages)
        raise error

    return goes


async def prints_past_python(talk: Talk) -> str:
    os.write(1, b"a scaffold that writes to the descriptor\n")
    return await talk.answer()


async def makes_no_call(talk: Talk) -> str:
    del talk
    return "I know already."


async def asks_twice(talk: Talk) -> str:
    await talk.ask(talk.messages)
    return await talk.answer()


async def asks_for_a_title(talk: Talk) -> str:
    answer = await talk.answer()
    await talk.ask([Message.user("Give this talk a title of three words.")])
    return answer


async def ends_the_process(talk: Talk) -> str:
    await talk.ask(talk.messages)
    os._exit(7)


async def prints(talk: Talk) -> str:
    sys.stdout.write("a scaffold that talks to the terminal\n")
    return await talk.answer()


async def logs(talk: Talk) -> str:
    logging.getLogger("mini").warning("a scaffold that logs")
    return await talk.answer()


async def breaks_its_tool(talk: Talk) -> str:
    for tool in talk.run.tools:
        await tool.call("{}")
    return await talk.answer()


FAITHFUL = Miniature("mini.faithful", title="Mini")
FORGETFUL = Miniature("mini.forgetful", sends=lambda talk: without_thinking(talk.messages))
FORGETS_STREAMED = Miniature("mini.forgets-streamed", sends=without_thinking_when_streamed)
FORGETS_ANSWERS = Miniature("mini.forgets-answers", sends=without_answers)
TELLS_ANEW = Miniature("mini.tells-anew", sends=told_anew)
TELLS_LOOP_ANEW = Miniature("mini.tells-loop-anew", sends=running_loop_told_anew)
FORGETS_TURNS = Miniature("mini.forgets-turns", sends=without_last_turns_thinking)
LOSES_THINKING = Miniature("mini.loses-thinking", remembers=without_thinking)
LOSES_ALL = Miniature("mini.loses-all", remembers=lambda messages: messages[:0])
WITHOUT_THINKING = Willful(
    "mini.without-thinking",
    sends=lambda talk: without_thinking(talk.messages),
    changes={"extra_body": {"thinking": {"type": "disabled"}}},
)
OTHER_MODEL = Willful(
    "mini.other-model", sends=lambda talk: without_thinking(talk.messages), changes={"model": "some-model"}
)
NO_PARAMETERS = Willful(
    "mini.no-parameters", sends=lambda talk: without_thinking(talk.messages), changes={"extra_body": {}}
)
FORGETS_EARLIER = Miniature("mini.forgets-earlier", sends=lambda talk: [talk.messages[-1]])
MAKES_RESULTS_UP = Liar("mini.makes-results-up")
CALLS_NO_TOOL = Liar("mini.calls-no-tool", calls_it=False)
CALLS_OTHERWISE = Liar("mini.calls-otherwise", arguments='{"key":"other"}')
RAISES = Miniature("mini.raises", goes_on=raises)
QUOTES = Miniature("mini.quotes", goes_on=raises_with_a_thought)
HANGS = Miniature("mini.hangs", goes_on=hangs)
HANGS_IN_A_THREAD = Miniature("mini.hangs-in-a-thread", goes_on=hangs_in_a_thread)
SWALLOWS = Miniature("mini.swallows", goes_on=swallows)
INTERRUPTS = Miniature("mini.interrupts", goes_on=raises_this(KeyboardInterrupt()))
ENDS_ITS_GENERATOR = Miniature("mini.ends-its-generator", goes_on=raises_this(GeneratorExit()))
PRINTS_PAST_PYTHON = Miniature("mini.prints-past-python", goes_on=prints_past_python)
EXITS = Miniature("mini.exits", goes_on=exits)
ENDS_THE_PROCESS = Miniature("mini.ends", goes_on=ends_the_process)
GIVES_UP = Miniature("mini.gives-up", goes_on=gives_up)
WRAPS = Miniature("mini.wraps", goes_on=wraps)
BLAMES = Miniature("mini.blames", goes_on=blames_the_provider)
SILENT = Miniature("mini.silent", goes_on=makes_no_call)
TWICE = Miniature("mini.twice", goes_on=asks_twice)
TITLES = Miniature("mini.titles", goes_on=asks_for_a_title)
PRINTS = Miniature("mini.prints", goes_on=prints)
LOGS = Miniature("mini.logs", goes_on=logs)
BREAKS_TOOL = Miniature("mini.breaks-tool", goes_on=breaks_its_tool)
PLAIN_ONLY = Miniature("mini.plain-only", capabilities=frozenset({"system"}))
ABSENT = Miniature("mini.absent", requires=(Requirement("no-such-distribution", ">=2", extra="nowhere"),))
STOCK = Miniature("mini.stock", variant="stock")
STOCK_FORGETFUL = Miniature("mini.stock", variant="stock", sends=lambda talk: without_thinking(talk.messages))
STOCK_STREAMED = Miniature("mini.stock", variant="stock", sends=without_thinking_when_streamed)
PAIR = (FAITHFUL, FORGETFUL)
NO_SUBJECT = "a text"


def faithful() -> Miniature:
    return FAITHFUL


def breaks() -> Miniature:
    raise RuntimeError("the factory is broken")


LIST_OF_CAPABILITIES = Miniature("mini.list", capabilities=["stream"])  # type: ignore[arg-type]  # wrong on purpose
TEXT_REQUIRES = Miniature("mini.requires", requires=("langchain",))  # type: ignore[arg-type]  # wrong on purpose
SLASHED = Miniature("mini/slashed")
UNKNOWN_CAPABILITY = Miniature("mini.cap", capabilities=frozenset({"steam"}))  # type: ignore[arg-type]  # wrong on purpose
UNKNOWN_PROFILE = Miniature("mini.profile", profiles=frozenset({"deepsek"}))
UNKNOWN_DIALECT = Miniature("mini.dialect", dialects=frozenset({"openai-chatt"}))
