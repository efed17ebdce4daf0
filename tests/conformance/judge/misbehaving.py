"""Scaffolds that misbehave, and what is said of each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from keepthinking import Json, Message, Response, Tool, ToolCall
from keepthinking._adapter import Run, RunTool
from tests.conformance.subjects import CALLS_NO_TOOL, CALLS_OTHERWISE, TWICE, Miniature, Talk, makes_no_call


def anew(run: Run, **changes: object) -> Run:
    """Give a run with other members."""
    held = {name: getattr(run, name) for name in Run.__struct_fields__}
    return Run(**{**held, **changes})


@dataclass
class Otherwise(Miniature):
    """A miniature that begins with another run than it is given."""

    system: str | None = None
    extra: tuple[RunTool, ...] = ()
    without: str = ""
    model: str = ""

    async def start(self, run: Run) -> Talk:
        tools = tuple(tool for tool in (*run.tools, *self.extra) if tool.tool.name != self.without)
        endpoint = run.endpoint.replace(model=self.model or run.endpoint.model)
        system = run.system if self.system is None else self.system
        return Talk(self, anew(run, tools=tools, endpoint=endpoint, system=system))


async def shouts(arguments: str) -> str:
    return arguments.upper()


SHOUT = RunTool(tool=Tool(name="shout", description="Shout.", parameters=Json.of({"type": "object"})), call=shouts)


async def crashes(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise ZeroDivisionError("division by zero")


async def never_calls(talk: Talk) -> str:
    """Take every answer for the last one."""
    message = await talk.ask(talk.messages)
    talk.messages.append(message)
    return message.text


async def invents_a_call(talk: Talk) -> str:
    """Say that the model called a tool that nobody declared."""
    call = ToolCall(id="call_made_up_by_me", name="shout", arguments="{}", kind="json")
    message = await talk.ask(talk.messages)
    talk.messages += [message.with_blocks([*message.blocks, call])]
    talk.messages += [Message(role="tool", blocks=(talk.told(call, "LOUD"),))]
    for made in message.tool_calls:
        talk.messages.append(Message(role="tool", blocks=(await talk.call(made),)))
    return await talk.answer()


async def replays(talk: Talk) -> str:
    """Ask the first question again and again, and call what is asked each time."""
    first = list(talk.messages)
    for _ in range(200):
        message = await talk.ask(first)
        for call in message.tool_calls:
            await talk.call(call)
    return "done"


async def replays_in_silence(talk: Talk) -> str:
    first = list(talk.messages)
    for _ in range(200):
        try:
            await talk.ask(first)
        except RuntimeError:
            return "done"
    return "done"


async def replays_a_little(talk: Talk) -> str:
    first = list(talk.messages)
    for _ in range(5):
        await talk.ask(first)
    return "done"


async def floods(talk: Talk) -> str:
    """Ask many times at once, and mind no refusal."""
    await asyncio.gather(*(talk.ask(talk.messages) for _ in range(60)), return_exceptions=True)
    return await talk.answer()


@dataclass
class Wordless(Talk):
    """Leaves the instructions out from the second request on."""

    asked: int = 0

    def _post(self, messages: tuple[Message, ...]) -> Response:
        self.asked += 1
        if self.asked > 1:
            self.run = anew(self.run, system="")
        return super()._post(messages)


@dataclass
class Forgets(Miniature):
    async def start(self, run: Run) -> Talk:
        return Wordless(self, run)


MISBEHAVING = (
    (Miniature("mini.crashes", goes_on=crashes), "error", "ZeroDivisionError: division by zero"),
    (Miniature("mini.never-calls", goes_on=never_calls), "harness-error", "1 model calls in turn 1"),
    (Miniature("mini.makes-no-call", goes_on=makes_no_call), "harness-error", "0 model calls in turn 1"),
    (Miniature("mini.replays", goes_on=replays), "error", "turn 1"),
    (Miniature("mini.silent-replay", goes_on=replays_in_silence), "error", "one of them 26 times"),
    (
        Miniature("mini.some-replay", goes_on=replays_a_little),
        "harness-error",
        "requests 1, 2, 3, 4 and 5 are the same byte",
    ),
    (Miniature("mini.floods", goes_on=floods), "error", "turn 1"),
    (Otherwise("mini.other-model", model="gpt-oss"), "error", "asks for the model 'gpt-oss'"),
    (Otherwise("mini.no-system", system=""), "error", "does not hold the instructions"),
    (Otherwise("mini.own-system", system="Be kind."), "error", "does not hold the instructions"),
    (Forgets("mini.forgets-system"), "error", "request 2: other request: it holds no instructions any more"),
    (Otherwise("mini.more-tools", extra=(SHOUT,)), "error", "it offers `shout`, a tool that the run did not give"),
    (CALLS_NO_TOOL, "error", "was never called, which the model asked for in turn 1, answer 1"),
    (CALLS_OTHERWISE, "error", "tools: other call: a tool was called with arguments that the model never wrote"),
    (TWICE, "harness-error", "6 model calls in turn 1, where 5 were scripted"),
)
"""Each with the status of its run, and words of the reason."""
