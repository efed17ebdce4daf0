"""One conversation with an agent of LangChain, and all that an examination asks of it.

Everything is done as an app does it: `create_agent`, LangGraph's SQLite checkpointer, LangChain's own middleware for
approval and for summaries, and the same thread for whoever speaks next. `langchain` itself and the checkpointer are
imported when a run begins: a subject whose client is absent is listed, not broken.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, messages_to_dict
from langchain_core.tools import BaseTool, StructuredTool, ToolException

from keepthinking import Endpoint, Json
from keepthinking._adapter import Helper, Run, RunTool

_THREAD: Final[Mapping[str, Any]] = {"configurable": {"thread_id": "1"}}
_OTHER: Final = "other"
_KEPT: Final = 4
"""So many messages LangChain's middleware keeps when it summarises; it never separates a call from its result."""

Make = Callable[[Endpoint], BaseChatModel]
"""Makes the model of an endpoint."""


class AgentSession:
    """One thread of an agent, kept by LangGraph's SQLite checkpointer.

    Args:
        run: What is to be played.
        make: Makes the model of an endpoint.
    """

    def __init__(self, run: Run, make: Make) -> None:
        self._run = run
        self._make = make
        self._endpoint = run.endpoint
        self._file = run.directory / "checkpoints.sqlite"
        self._open: Any = None
        self._agents: dict[str, Any] = {}
        self._agent = ""
        self._running: asyncio.Task[None] | None = None
        self._interrupted = False
        self._compacting = False
        self._reminders: list[str] = []

    async def turn(self, text: str) -> str:
        """Give the agent a user's words and wait until it has answered them, or asks for approval."""
        return await self._go({"messages": [{"role": "user", "content": text}]})

    async def turn_with(self, text: str, image: bytes) -> str:
        """Give the agent a user's words with a picture beside them, as LangChain's own content block."""
        picture = {"type": "image", "base64": b64encode(image).decode(), "mime_type": "image/png"}
        content = [{"type": "text", "text": text}, picture]
        return await self._go({"messages": [{"role": "user", "content": content}]})

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Give the agent several messages of a user at once."""
        return await self._go({"messages": [{"role": "user", "content": text} for text in texts]})

    async def close(self) -> None:
        """Close the database."""
        if self._open is not None:
            await self._open.conn.close()
            self._open = None
            self._agents.clear()

    # -- saving --------------------------------------------------------------------------------------------------

    async def save(self) -> bytes:
        """Give the checkpointer's database, whole."""
        await self._checkpointer()
        copy = self._file.with_name("saved.sqlite")
        copy.unlink(missing_ok=True)
        await self._open.conn.execute("VACUUM INTO ?", (str(copy),))
        return copy.read_bytes()

    async def load(self, saved: bytes) -> None:
        """Go on from a saved database."""
        self._file.write_bytes(saved)

    async def memory(self) -> str:
        """Give every string of the messages in the state, private fields and all."""
        return "\n".join(_strings(messages_to_dict(await self._messages())))

    # -- what a user may do --------------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Cancel the running turn, as an app does when its user stops it; what was checkpointed stays."""
        if self._running is not None:
            self._interrupted = True
            self._running.cancel()

    async def approve(self, *, allow: bool) -> str:
        """Answer LangChain's middleware for approval, for all calls that wait."""
        state = await (await self._started()).aget_state(_THREAD)
        asked = [request for one in state.interrupts for request in one.value["action_requests"]]
        decision: dict[str, Any] = {"type": "approve"} if allow else {"type": "reject"}
        command = import_module("langgraph.types").Command
        return await self._go(command(resume={"decisions": [dict(decision) for _ in asked]}))

    async def compact(self) -> None:
        """Let LangChain's middleware summarise the history before the next model call."""
        self._compacting = True

    async def remind(self, text: str) -> None:
        """Let a middleware put words of the user into the state before the next model call."""
        self._reminders.append(text)

    async def handoff(self, to: str, text: str) -> str:
        """Let another agent answer on the same thread, as agents in one graph share its messages."""
        self._agent = to
        self._endpoint = self._other() if to == _OTHER else self._run.endpoint
        return await self.turn(text)

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Give the agent another model, as LangChain's dynamic model selection does."""
        self._endpoint = endpoint
        self._agents.clear()

    # -- driving -------------------------------------------------------------------------------------------------

    async def _go(self, given: Any) -> str:
        agent = await self._started()
        self._interrupted = False
        self._running = asyncio.ensure_future(self._drive(agent, given))
        try:
            await self._running
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
            return ""
        finally:
            self._running = None
        state = await agent.aget_state(_THREAD)
        return "" if state.next else str(cast("list[BaseMessage]", state.values["messages"])[-1].text)

    async def _drive(self, agent: Any, given: Any) -> None:
        # What summarises, the model and its tools are a step of LangGraph each, and so is what asks the user.
        config = {**_THREAD, "recursion_limit": (4 if self._run.approvals else 3) * self._run.max_steps}
        if self._run.stream:
            async for _ in agent.astream(given, config, stream_mode="messages"):
                pass
        elif self._run.sync:
            await asyncio.to_thread(agent.invoke, given, config)
        else:
            await agent.ainvoke(given, config)

    async def _messages(self) -> list[BaseMessage]:
        state = await (await self._started()).aget_state(_THREAD)
        return cast("list[BaseMessage]", state.values.get("messages", []))

    def _other(self) -> Endpoint:
        if self._run.other is None:
            raise ValueError("this run has no other model")
        return self._run.other

    async def _started(self) -> Any:
        if self._agent not in self._agents:
            saver = await self._checkpointer()
            run, model = self._run, self._make(self._endpoint)
            tools = [native_tool(tool) for tool in run.tools]
            if run.helper is not None:
                tools.append(self._helper(run.helper))
            self._agents[self._agent] = import_module("langchain.agents").create_agent(
                model,
                tools=tools,
                system_prompt=run.system if run.system != "" else None,
                middleware=[self._summaries(model), *self._approval(tools)],
                checkpointer=saver,
                name=self._agent or None,
            )
        return self._agents[self._agent]

    async def _checkpointer(self) -> Any:
        if self._open is None:
            saver = import_module("langgraph.checkpoint.sqlite.aio").AsyncSqliteSaver
            self._open = saver(await import_module("aiosqlite").connect(str(self._file)))
            await self._open.setup()
        return self._open

    def _approval(self, tools: list[BaseTool]) -> list[Any]:
        if not self._run.approvals:
            return []
        asks = import_module("langchain.agents.middleware").HumanInTheLoopMiddleware
        return [asks(interrupt_on={tool.name: {"allowed_decisions": ["approve", "reject"]} for tool in tools})]

    def _summaries(self, model: BaseChatModel) -> Any:
        """Give LangChain's middleware for summaries, which works once after `compact`; it puts reminders in, too."""
        base = import_module("langchain.agents.middleware").SummarizationMiddleware
        return _between(base, self._compacts, self._reminded, model)

    def _compacts(self) -> bool:
        asked, self._compacting = self._compacting, False
        return asked

    def _reminded(self) -> dict[str, Any] | None:
        said, self._reminders = self._reminders, []
        return {"messages": [{"role": "user", "content": text} for text in said]} if said else None

    def _helper(self, helper: Helper) -> BaseTool:
        """Give a sub-agent as a tool, as LangChain's guide to multi-agent systems does."""
        agent = import_module("langchain.agents").create_agent(
            self._make(self._run.endpoint),
            tools=[native_tool(tool) for tool in helper.tools],
            system_prompt=helper.system,
        )

        async def call(task: str) -> str:
            given: Any = {"messages": [{"role": "user", "content": task}]}
            if self._run.stream:
                async for said in agent.astream(given, stream_mode="values"):
                    given = said
            else:
                given = await agent.ainvoke(given)
            return str(given["messages"][-1].text)

        def blocks(task: str) -> str:
            # In no event loop of its own: the checkpointer is the outer agent's, and waits in that one's.
            given: Any = {"messages": [{"role": "user", "content": task}]}
            return str(agent.invoke(given)["messages"][-1].text)

        return StructuredTool(
            name=str(helper.tool.name),
            description=str(helper.tool.description),
            args_schema=_schema(helper.tool.parameters),
            coroutine=call,
            func=blocks,
        )


def _between(
    base: type[Any], wanted: Callable[[], bool], said: Callable[[], dict[str, Any] | None], model: BaseChatModel
) -> Any:
    """Make LangChain's middleware for summaries work when it was asked to; at other times it adds what is said."""

    def before_model(self: Any, state: Any, runtime: Any) -> Any:
        return base.before_model(self, state, runtime) if wanted() else said()

    async def abefore_model(self: Any, state: Any, runtime: Any) -> Any:
        return await base.abefore_model(self, state, runtime) if wanted() else said()

    between = type("Between", (base,), {"before_model": before_model, "abefore_model": abefore_model})
    return between(model, trigger=("messages", 1), keep=("messages", _KEPT))


def native_tool(given: RunTool) -> BaseTool:
    """Give a run's tool as LangChain has tools: one that fails says so to the model, and the agent goes on."""

    async def call(**arguments: Any) -> str:
        try:
            return await given.call(json.dumps(arguments, ensure_ascii=False))
        except Exception as error:  # what a tool raises is its own affair, whatever it is
            raise ToolException(str(error)) from error

    return StructuredTool(
        name=str(given.tool.name),
        description=str(given.tool.description),
        args_schema=_schema(given.tool.parameters),
        coroutine=call,
        func=_blocking(call),
        handle_tool_error=True,
    )


def _blocking(call: Callable[..., Awaitable[str]]) -> Callable[..., str]:
    """Give a tool for agents that are driven by calls that block, in threads that have no event loop."""

    def blocks(**arguments: Any) -> str:
        async def waits() -> str:
            return await call(**arguments)

        return asyncio.run(waits())

    return blocks


def _schema(parameters: object) -> dict[str, Any]:
    return cast("dict[str, Any]", parameters.value) if isinstance(parameters, Json) else {"type": "object"}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from _strings(held)
    elif isinstance(value, list | tuple):
        for held in cast("list[object]", value):
            yield from _strings(held)
