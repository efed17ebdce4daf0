"""The correct scaffold's conversation.

It keeps what was said as the wire has it, and sends it as it is. What else it does, somebody's agent does, too: it
saves, is interrupted, asks before it runs a tool, trims, hands over to another model and back.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar

from msgspec import UnsetType
from msgspec.structs import replace

from keepthinking import Endpoint, Tool
from keepthinking._adapter import Run, Speech
from keepthinking_conformance.miniatures._habits import Habits, Sent, copied
from keepthinking_conformance.miniatures._http import HungUpError, Line, Streamed
from keepthinking_conformance.miniatures._tongues import TONGUES, Tongue
from keepthinking_conformance.miniatures._values import dump, load
from keepthinking_conformance.miniatures._wire import Asked, Entry, Json, Told, Wire
from keepthinking_conformance.miniatures._wires import WIRES

T = TypeVar("T")

DENIED: Final = "The user did not allow this call."
"""What the model is told of a call that may not run."""

BROKEN: Final = "The arguments of this call are no JSON."
"""What the model is told of a call that cannot run."""


class Talk:
    """One conversation, with all powers of `keepthinking._adapter`.

    Attributes:
        run: What it was given.
        habits: Where it goes wrong.
        speech: In which language its model says what it wants done.
        endpoint: Where its model is now.
        history: What was said.
        line: Where its requests go out.
        asked: How many requests it has made.
        closing: Whether it asks for a last answer, since it may take no more steps.
        reminders: What is to be said behind the next results.
        heard: What its user said, in order.
        pictures: How many pictures its user sent.
        loaded: How many entries of its history were loaded.
        told: What its tools said, in order.
        began: Where and when it began: the working directory, and the clock's distance from UTC in seconds.
    """

    def __init__(self, run: Run, habits: Habits, speech: Speech = "native") -> None:
        self.run = run
        self.habits = habits
        self.speech: Speech = speech
        self.endpoint = run.endpoint
        self.history: list[Entry] = []
        self.line = Line()
        self.asked = 0
        self.closing = False
        self.reminders: list[str] = []
        self.heard: list[str] = []
        self.pictures = 0
        self.loaded = 0
        self.told: list[Told] = []
        self.began = here_and_now()

    @property
    def wire(self) -> Wire:
        """The dialect."""
        return WIRES[self.endpoint.dialect]

    @property
    def tongue(self) -> Tongue:
        """How its model is understood."""
        return TONGUES[self.speech]

    @property
    def origin(self) -> str:
        """Who gives and takes seals where its model is."""
        profile = self.endpoint.profile
        return profile if isinstance(profile, str) else self.endpoint.dialect if profile is None else profile.name

    # -- turns -----------------------------------------------------------------------------------------------------

    async def turn(self, text: str) -> str:
        """Take the user's words, and go on until the model calls nothing any more."""
        self.heard.append(text)
        self.history.append(Entry("user", self.wire.user(text)))
        return await self._driven(self._go_on())

    async def turn_with(self, text: str, image: bytes) -> str:
        """Take the user's words, and a picture beside them."""
        self.heard.append(text)
        self.pictures += 1
        self.history.append(Entry("user", self.wire.pictured(text, image)))
        return await self._driven(self._go_on())

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Take several messages of the user, and answer the last one."""
        *others, last = texts
        self.history += [Entry("words", self.wire.user(text)) for text in others]
        return await self.turn(last)

    async def remind(self, text: str) -> None:
        """Put words behind the results that come next."""
        self.reminders.append(text)

    async def approve(self, *, allow: bool) -> str:
        """Run the calls that wait, or tell the model that it may not."""
        return await self._driven(self._go_on(allow=allow))

    async def interrupt(self) -> None:
        """Hang up; what has come of the answer is forgotten."""
        self.line.hang_up()

    async def close(self) -> None:
        """Hang up, if anything still goes on."""
        self.line.hang_up()

    async def _driven(self, going: Coroutine[Any, Any, T]) -> T:
        """Go on here, or in a thread where the caller wants calls that block."""
        return await (asyncio.to_thread(asyncio.run, going) if self.run.sync else going)

    async def _go_on(self, *, allow: bool | None = None) -> str:
        for _ in range(self.run.max_steps):
            if waiting := self._waiting():
                if self.run.approvals and allow is None:
                    return ""
                await self._tell(waiting, allow=allow)
                allow = None
            try:
                answer = await self._answer()
            except HungUpError:
                self.habits.stops(self)
                return ""
            self.history.append(answer)
            if (early := self.habits.ends(answer, self)) is not None:
                return early
            if not self._waiting():
                return self.tongue.shown(self.wire, answer.wire)
        await self._tell(self._waiting(), allow=None)
        if not self.habits.closes:
            raise RuntimeError("the model goes on calling tools")
        self.closing = True
        self.history.append(await self._answer())
        self.closing = False
        return self.tongue.shown(self.wire, self.history[-1].wire)

    def _waiting(self) -> list[Asked]:
        """List the calls of the last answer; they wait for their results."""
        last = self.history[-1]
        if last.kind != "answer":
            return []
        return self.habits.reads(self.tongue.calls(self.wire, last.wire), last, self)

    # -- the model -------------------------------------------------------------------------------------------------

    async def _answer(self) -> Entry:
        endpoint, wire, stream = self.endpoint, self.wire, self.run.stream
        self.asked += 1
        bodies = [dump(self.request(again=again)) for again in (False, True)]
        url = endpoint.base_url + (wire.streamed if stream else wire.path).format(model=endpoint.model)
        headers = {**wire.credential(endpoint.api_key or ""), **endpoint.headers}

        def ask() -> list[Json]:
            streamed: Streamed = "" if not stream else "lines" if wire.lines else "events"
            return self.line.ask(url, headers, bodies, self._taken, stream=streamed)

        answer = Entry("answer", ask() if self.run.sync else await asyncio.to_thread(ask), self.origin)
        self.habits.takes(answer, self)
        return answer

    def _taken(self, heard: Json) -> list[Json]:
        wire = self.wire
        return wire.gathered(self.habits.hears(heard)) if self.run.stream else wire.answer(heard)

    def request(self, *, again: bool = False) -> Json:
        """Write a request.

        Args:
            again: Whether it is sent again.
        """
        wire, run = self.wire, self.run
        declared = [tool.tool for tool in run.tools] + ([] if run.helper is None else [run.helper.tool])
        offered = self.tongue.native and not self.closing
        tools = [wire.tool(tool.name, tool.description, _schema(tool)) for tool in declared if offered]
        system = self.tongue.system(run)
        history = copied(self.history)
        for entry in history:
            if entry.kind == "answer" and entry.by != self.origin:
                self.habits.lends(entry, self)
        head = wire.head(self.endpoint, system, tools, stream=run.stream)
        sent = Sent(self, head, [Entry("instructions", wire.instructions(system)), *history], again=again)
        self.habits.sends(sent)
        return sent.body()

    # -- tools -----------------------------------------------------------------------------------------------------

    async def _tell(self, waiting: Iterable[Asked], *, allow: bool | None) -> None:
        """Put the results of calls into the history."""
        told = [await self._told(call, allow=allow) for call in waiting]
        self.told += told
        failed = any(one.failed for one in told)
        self.history.append(Entry("results", self.tongue.results(self.wire, told), failed=failed))
        self.history += [Entry("words", self.wire.user(text)) for text in self.reminders]
        self.reminders.clear()

    async def _told(self, call: Asked, *, allow: bool | None) -> Told:
        return self.habits.tells(Told(call, DENIED, failed=True) if allow is False else await self._called(call))

    async def _called(self, call: Asked) -> Told:
        try:
            arguments = load(call.arguments)
        except ValueError:
            return Told(call, BROKEN, failed=True)
        helper = self.run.helper
        if helper is not None and call.name == helper.tool.name:
            run = replace(self.run, system=helper.system, tools=helper.tools, helper=None, approvals=False, sync=False)
            return Told(call, await Talk(run, self.habits, self.speech).turn(arguments["task"]))
        tools = {tool.tool.name: tool.call for tool in self.run.tools}
        if call.name not in tools:
            return Told(call, f"There is no tool {call.name!r}.", failed=True)
        try:
            return Told(call, await tools[call.name](call.arguments))
        except Exception as error:  # noqa: BLE001 - a tool may raise what it likes; the model is told
            return Told(call, str(error), failed=True)

    # -- what else -------------------------------------------------------------------------------------------------

    async def save(self) -> bytes:
        """Write the history."""
        kept = copied(self.history)
        self.habits.saves(kept, self)
        return dump(kept)

    async def load(self, saved: bytes) -> None:
        """Go on from a history."""
        self.history = [Entry(**held) for held in load(saved)]
        self.loaded = len(self.history)
        self.habits.loads(self.history, self)

    async def memory(self) -> str:
        """Give the history as text."""
        return (await self.save()).decode()

    async def compact(self) -> None:
        """Forget all turns but the newest one."""
        self.history = self.habits.trims(self.history)

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Let another model take the following turns."""
        self.endpoint = endpoint

    async def handoff(self, to: str, text: str) -> str:
        """Let another agent take the next turn, or the first one again: each has its own model."""
        if to and self.run.other is None:
            raise ValueError("this run has no other agent")
        await self.switch_model(self.run.other if to and self.run.other is not None else self.run.endpoint)
        return await self.turn(text)


def here_and_now() -> tuple[str, int]:
    """Give the working directory, and the clock's distance from UTC in seconds."""
    return os.getcwd(), time.localtime().tm_gmtoff  # noqa: PTH109 - a name to compare, no path to go on with


def _schema(tool: Tool) -> Json:
    return {} if isinstance(tool.parameters, UnsetType) else load(tool.parameters.raw)
