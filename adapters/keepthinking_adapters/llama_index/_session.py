"""One conversation with an agent of LlamaIndex, and all that an examination asks of it.

Everything is done as an app does it: an agent with a `Context` that is given to each run, `AgentWorkflow` where
two agents share one conversation, the context's dict as what is saved, tools that wait for an event of the user, and
LlamaIndex's own memory for summaries. Its agents are driven by coroutines alone: there are no calls that block.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Final, cast

from llama_index.core import utils
from llama_index.core.agent.workflow import AgentOutput, AgentWorkflow, FunctionAgent, ToolCallResult
from llama_index.core.agent.workflow.base_agent import BaseWorkflowAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.llms import LLM
from llama_index.core.memory import BaseMemory, ChatSummaryMemoryBuffer
from llama_index.core.tools import BaseTool, FunctionTool, ToolMetadata
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from pydantic import BaseModel
from workflows.context.serializers import BaseSerializer, JsonSerializer
from workflows.errors import WorkflowCancelledByUser

from keepthinking import Endpoint, Json, Tool
from keepthinking._adapter import CodeFunction, Helper, Run, RunTool

_FIRST: Final = "first"
_OTHER: Final = "other"
_OTHERS: Final = Parameter("others", Parameter.VAR_KEYWORD)
_DENIED: Final = "The user does not allow this call."

_UNTYPED: Any = (utils, ChatSummaryMemoryBuffer)
"""LlamaIndex's own of these have no complete types."""

Make = Callable[[Endpoint], LLM]
"""Makes the model of an endpoint."""

Agent = Callable[..., BaseWorkflowAgent]
"""Makes an agent: one of LlamaIndex's classes, or one of ours."""


class Question(InputRequiredEvent):
    """A tool asks whether it may be called; `key` tells which call."""

    key: str


class Answer(HumanResponseEvent):
    """What the user says to it."""

    key: str
    allowed: bool


class AgentSession:
    """One context of an agent, or of a workflow of two.

    Args:
        run: What is to be played.
        make: Makes the model of an endpoint.
        serializer: Writes and reads the context, between two runs and when it is saved; LlamaIndex's own by default.
        settles: What is done with the context before the user's words are given; nothing by default.
        agent: Makes the agent.
        ends: Gives the context behind a run that was cancelled; the same by default.
    """

    def __init__(  # noqa: PLR0913 - one parameter a way in which agents are driven
        self,
        run: Run,
        make: Make,
        serializer: BaseSerializer | None = None,
        settles: Callable[[Any], Awaitable[object]] | None = None,
        *,
        agent: Agent = FunctionAgent,
        ends: Callable[[Any, Any, BaseSerializer], Any] | None = None,
    ) -> None:
        self._run = run
        self._settles = settles
        self._ends = ends
        self._make = make
        self._agent = agent
        self._serializer = JsonSerializer() if serializer is None else serializer
        self._agents: dict[str, BaseWorkflowAgent] = {}
        self._workflow: Any = None
        self._context: Any = None
        self._handler: Any = None
        self._events: AsyncIterator[Any] | None = None
        self._current = _FIRST
        self._waiting: list[str] = []
        self._interrupted = False
        self._reminders: list[str] = []

    async def turn(self, text: str) -> str:
        """Give the agent a user's words and wait until it has answered them, or asks for approval."""
        if self._settles is not None:
            await self._settles(self._started())
        return await self._go(user_msg=text)

    async def turn_with(self, text: str, image: bytes) -> str:
        """Give the agent a user's words with a picture beside them."""
        blocks = [TextBlock(text=text), ImageBlock(image=image, image_mimetype="image/png")]
        if self._settles is not None:
            await self._settles(self._started())
        return await self._go(user_msg=ChatMessage(role="user", blocks=blocks))

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Give the agent several messages of a user: all but the last go into the history that it is given."""
        *others, last = texts
        if self._settles is not None:
            await self._settles(self._started())
        said = [ChatMessage(role="user", content=text) for text in others]
        return await self._go(user_msg=last, chat_history=[*await self._messages(), *said])

    async def remind(self, text: str) -> None:
        """Put words of the user behind the results of the step that runs."""
        self._reminders.append(text)

    async def close(self) -> None:
        """Cancel what still runs."""
        if self._handler is not None:
            await self._cancelled()

    # -- saving --------------------------------------------------------------------------------------------------

    async def save(self) -> bytes:
        """Give the context's dict as JSON, with the calls that wait, which an app has to know."""
        held = self._started().to_dict(serializer=self._serializer)
        return json.dumps({"context": held, "waiting": self._waiting}).encode()

    async def load(self, saved: bytes) -> None:
        """Go on from a saved context."""
        self._started()
        held = json.loads(saved)
        self._waiting = held["waiting"]
        self._context = Context.from_dict(self._workflow, held["context"], serializer=self._serializer)

    async def memory(self) -> str:
        """Give every string of the messages in the context, private fields and all."""
        steps = [*await self._store("scratchpad", []), *await self._store("current_reasoning", [])]
        held = [*await self._messages(), *steps]
        return "\n".join(_strings([message.model_dump() for message in held]))

    # -- what a user may do --------------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Cancel the running turn, as an app does when its user stops it."""
        if self._handler is not None:
            self._interrupted = True
            await self._cancelled()
            if self._ends is not None:
                self._context = self._ends(self._context, self._workflow, self._serializer)

    async def approve(self, *, allow: bool) -> str:
        """Answer the event that each waiting tool has sent."""
        handler = self._handler or self._begin()  # saved while a call waited: the run is taken up again
        asked, self._waiting = self._waiting, []
        for key in asked:
            handler.ctx.send_event(Answer(key=key, allowed=allow))
        return await self._follow()

    async def compact(self) -> None:
        """Let LlamaIndex's memory for summaries write one of all but the last turn, and go on with that."""
        messages = await self._messages()
        asked = max(n for n, message in enumerate(messages) if message.role == "user")
        kept = " ".join(str(message.content) for message in messages[asked:])
        helps, buffer = _UNTYPED
        summarises = buffer.from_defaults(
            chat_history=list(messages),
            llm=self._agents[self._current].llm,
            # Message by message, which may count one more each; it never separates a call from its result.
            token_limit=len(helps.get_tokenizer()(kept)) + len(messages),
        )
        memory = cast("BaseMemory", await self._store("memory", None))
        # The buffer asks its model by calls that block.
        await memory.aset(await asyncio.to_thread(summarises.get))

    async def handoff(self, to: str, text: str) -> str:
        """Let the other agent of the workflow answer, as LlamaIndex's tool for handoffs does when a model calls it."""
        self._current = _OTHER if to == _OTHER else _FIRST
        await self._started().store.set("current_agent_name", self._current)
        return await self.turn(text)

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Give the agent another model."""
        self._started()
        self._agents[self._current].llm = self._make(endpoint)

    # -- driving -------------------------------------------------------------------------------------------------

    async def _go(self, **given: Any) -> str:
        self._begin(**given)
        return await self._follow()

    def _begin(self, **given: Any) -> Any:
        self._interrupted = False
        # An agent gives up when it has taken so many steps, also where the last one is the answer.
        steps = self._run.max_steps + 1
        context = self._started()
        self._handler = self._workflow.run(ctx=context, max_iterations=steps, **given)
        self._events = self._handler.stream_events()
        return self._handler

    async def _follow(self) -> str:
        """Follow the run until it ends, or until all calls of a step wait for the user."""
        handler, calls = self._handler, max(len(self._waiting), 1)
        try:
            async for event in self._events or _none():
                if isinstance(event, AgentOutput):
                    calls = len(event.tool_calls)
                elif isinstance(event, Question) and event.key not in self._waiting:
                    self._waiting.append(event.key)
                    if len(self._waiting) == calls:
                        return ""
            said = await handler
        except WorkflowCancelledByUser:
            if not self._interrupted:
                raise
            return ""
        finally:
            if handler.is_done():
                self._handler = None
        return str(said)

    async def _cancelled(self) -> None:
        handler, self._handler = self._handler, None
        await handler.cancel_run()

    async def _store(self, name: str, default: Any) -> Any:
        return await self._started().store.get(name, default=default)

    async def _messages(self) -> list[ChatMessage]:
        memory = await self._store("memory", None)
        return [] if memory is None else await memory.aget_all()

    def _other(self) -> Endpoint:
        if self._run.other is None:
            raise ValueError("this run has no other model")
        return self._run.other

    def _started(self) -> Any:
        if self._context is None:
            self._agents[_FIRST] = self._made(_FIRST, self._run.endpoint)
            self._workflow = self._agents[_FIRST]
            if self._run.other is not None:
                self._agents[_OTHER] = self._made(_OTHER, self._run.other)
                self._workflow = AgentWorkflow(agents=list(self._agents.values()), root_agent=_FIRST)
            self._context = Context(self._workflow, serializer=self._serializer)
        return self._context

    def _made(self, name: str, endpoint: Endpoint) -> BaseWorkflowAgent:
        run = self._run
        tools: list[BaseTool | Callable[..., Any]] = [native_tool(tool, asks=run.approvals) for tool in run.tools]
        if run.helper is not None:
            tools.append(self._helper(run.helper))
        return self._reminded(
            name=name,
            description=f"The {name} of two agents.",
            llm=self._make(endpoint),
            tools=tools,
            system_prompt=run.system if run.system != "" else None,
            streaming=run.stream,
            can_handoff_to=[],  # who answers next is the user's choice here, so the model has no tool for it
            **({} if run.execute is None else {"code_execute_fn": _interpreter(run.execute)}),
        )

    def _reminded(self, **options: Any) -> BaseWorkflowAgent:
        """Make an agent that is told, behind the results of a step, what its user said meanwhile."""
        if self._agent is not FunctionAgent:
            return self._agent(**options)
        reminders = self._reminders

        class Reminded(FunctionAgent):
            async def handle_tool_call_results(
                self, ctx: Context[Any], results: list[ToolCallResult], memory: BaseMemory
            ) -> None:
                await super().handle_tool_call_results(ctx, results, memory)
                if reminders:
                    held = await ctx.store.get(self.scratchpad_key, default=[])
                    said = [ChatMessage(role="user", content=text) for text in reminders]
                    await ctx.store.set(self.scratchpad_key, [*held, *said])
                    reminders.clear()

        return Reminded(**options)

    def _helper(self, helper: Helper) -> BaseTool:
        """Give a sub-agent as a tool, as LlamaIndex's guide to multi-agent patterns does."""
        agent: Any = self._agent(
            name="helper",
            llm=self._make(self._run.endpoint),
            tools=[native_tool(tool) for tool in helper.tools],
            system_prompt=helper.system,
            streaming=self._run.stream,
        )

        async def call(task: str) -> str:
            return str(await agent.run(user_msg=task))

        return FunctionTool(async_fn=call, metadata=_metadata(helper.tool))


def _interpreter(execute: CodeFunction) -> CodeFunction:
    """Give an interpreter as `CodeActAgent` takes one: it reads the names and types of what it takes."""

    async def runs(code: str) -> str:
        return await execute(code)

    return runs


async def _none() -> AsyncIterator[Any]:
    return
    yield


def native_tool(given: RunTool, *, asks: bool = False) -> BaseTool:
    """Give a run's tool as LlamaIndex has tools: of one that raises the model is told, and the agent goes on.

    It takes what a function with its parameters takes: a call without one that is required raises `TypeError`.

    Args:
        given: The tool.
        asks: Whether it waits for the user, as LlamaIndex's guide to humans in the loop does.
    """
    required = _schema(given.tool).get("required", [])
    takes = Signature([*(Parameter(name, Parameter.KEYWORD_ONLY) for name in required), _OTHERS])

    async def call(**arguments: Any) -> str:
        takes.bind(**arguments)
        return await given.call(json.dumps(arguments, ensure_ascii=False))

    async def ask(context: Context, **arguments: Any) -> str:
        key = json.dumps([given.tool.name, arguments], ensure_ascii=False)
        answer = await context.wait_for_event(
            Answer, waiter_id=key, waiter_event=Question(key=key), requirements={"key": key}
        )
        return await call(**arguments) if answer.allowed else _DENIED

    # LlamaIndex looks for the class itself among the annotations, and with `annotations` from the future they are text.
    ask.__annotations__["context"] = Context
    # `CodeActAgent` tells its model of a function by its name, what it takes and its docstring.
    call.__name__, call.__doc__ = str(given.tool.name), str(given.tool.description)
    vars(call)["__signature__"] = takes
    return FunctionTool(async_fn=ask if asks else call, metadata=_metadata(given.tool))


def _schema(tool: Tool) -> dict[str, Any]:
    if isinstance(tool.parameters, Json):
        return cast("dict[str, Any]", tool.parameters.value)
    return {"type": "object", "properties": {}}


def _metadata(tool: Tool) -> ToolMetadata:
    class Arguments(BaseModel):
        """What the tool takes, told by a schema."""

        @classmethod
        def model_json_schema(cls, *_args: Any, **_options: Any) -> dict[str, Any]:
            """Give the tool's own schema."""
            return _schema(tool)

    return ToolMetadata(name=str(tool.name), description=str(tool.description), fn_schema=Arguments)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from _strings(held)
    elif isinstance(value, list | tuple):
        for held in cast("list[object]", value):
            yield from _strings(held)
