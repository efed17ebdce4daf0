"""One conversation with agents of AutoGen, and all that an examination asks of it.

Everything is done as an app does it: `AssistantAgent` with several tool iterations, a `HandoffMessage` with the model's
messages where another agent goes on, the state's dict as what is saved, a `CancellationToken` where a user stops it,
and AutoGen's own buffer where a history is trimmed. Its agents are driven by coroutines alone: there are no calls that
block.

Teams are not played here: what one agent of a team says the others get as a user's words, so each has a conversation
of its own. The tests of teams judge each by itself.

A tool's call waits for nobody: AutoGen asks a user for code (`approval_func`) and between turns (`UserProxyAgent`,
handoffs), so there is nothing here to approve.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Final, TypeAlias, cast

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskResult, TaskRunner
from autogen_agentchat.messages import BaseChatMessage, HandoffMessage, MultiModalMessage, TextMessage
from autogen_agentchat.tools import AgentTool
from autogen_core import CancellationToken, FunctionCall, Image
from autogen_core.model_context import (
    BufferedChatCompletionContext,
    ChatCompletionContext,
    UnboundedChatCompletionContext,
)
from autogen_core.models import AssistantMessage, ChatCompletionClient, LLMMessage, UserMessage
from autogen_core.tools import BaseTool, ParametersSchema, ToolSchema
from pydantic import BaseModel, ConfigDict

from keepthinking import Endpoint, Json, Tool
from keepthinking._adapter import Helper, Run, RunTool

_USER: Final = "user"
"""Who speaks where a task is a string (autogen-agentchat 0.7.5, `BaseChatAgent.run`)."""
_FIRST: Final = "first"
_OTHER: Final = "other"
_OTHERS: Final = Parameter("others", Parameter.VAR_KEYWORD)

Make = Callable[[Endpoint], ChatCompletionClient]
"""Makes the model client of an endpoint."""

Task: TypeAlias = str | BaseChatMessage | Sequence[BaseChatMessage]
"""What an agent is given."""

Context = Callable[[], ChatCompletionContext]
"""Makes what holds an agent's messages."""


class AgentSession:
    """One agent, or two that hand over to each other.

    Args:
        run: What is to be played.
        make: Makes the model client of an endpoint.
        context: Makes what holds an agent's messages; AutoGen's own by default.
    """

    def __init__(self, run: Run, make: Make, context: Context = UnboundedChatCompletionContext) -> None:
        self._run = run
        self._make = make
        self._context = context
        self._clients: list[ChatCompletionClient] = []
        self._agents: dict[str, AssistantAgent] = {}
        self._current = _FIRST
        self._token: CancellationToken | None = None
        self._reminders: list[str] = []

    async def turn(self, text: str) -> str:
        """Give the agent a user's words and wait until it has answered them."""
        return await self._go(text)

    async def turn_with(self, text: str, image: bytes) -> str:
        """Give the agent a user's words with a picture beside them."""
        picture = Image.from_base64(b64encode(image).decode())
        return await self._go(MultiModalMessage(content=[text, picture], source="user"))

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Give the agent several messages of a user at once."""
        return await self._go([TextMessage(content=text, source="user") for text in texts])

    async def remind(self, text: str) -> None:
        """Put words of the user behind the results of the step that runs."""
        self._reminders.append(text)

    async def close(self) -> None:
        """Cancel what still runs, and close the clients."""
        await self.interrupt()
        for client in self._clients:
            await client.close()

    # -- saving --------------------------------------------------------------------------------------------------

    async def save(self) -> bytes:
        """Give the state of each agent as JSON, with who speaks, which an app has to know."""
        states = {name: await agent.save_state() for name, agent in self._agents.items()}
        return json.dumps({"agents": states, "current": self._current}).encode()

    async def load(self, saved: bytes) -> None:
        """Go on from saved states."""
        held = json.loads(saved)
        self._current = held["current"]
        for name, state in held["agents"].items():
            await self._agent(name).load_state(state)

    async def memory(self) -> str:
        """Give every string of the messages in the agents' contexts, attributes that are no fields and all."""
        contexts = [agent.model_context for agent in self._agents.values()]
        return "\n".join(_strings([await context.get_messages() for context in contexts]))

    # -- what a user may do --------------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Cancel the running turn by its token, as an app does when its user stops it."""
        if self._token is not None:
            self._token.cancel()

    async def compact(self) -> None:
        """Let AutoGen's buffer forget all but the last turn.

        The buffer is asked once, between two turns: as an agent's own context it would also cut a running loop.
        """
        context = self._agent(self._current).model_context
        messages = list(await context.get_messages())
        asked = max(n for n, one in enumerate(messages) if isinstance(one, UserMessage) and one.source == _USER)
        buffer = BufferedChatCompletionContext(len(messages) - asked, initial_messages=messages)
        await context.clear()
        for message in await buffer.get_messages():
            await context.add_message(message)

    async def handoff(self, to: str, text: str) -> str:
        """Let the other agent answer, with the messages that it does not have yet.

        They go where AutoGen puts the messages of an agent that hands over: into the message's `context`.
        """
        before = await self._agent(self._current).model_context.get_messages()
        self._current = _OTHER if to == _OTHER else _FIRST
        known = await self._agent(self._current).model_context.get_messages()
        handed = HandoffMessage(source=_USER, target=self._current, content=text, context=before[len(known) :])
        return await self._go(handed)

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Make the agent anew with another model, and give it the state of the old one."""
        state = await self._agent(self._current).save_state()
        self._agents[self._current] = self._made(self._current, endpoint)
        await self._agents[self._current].load_state(state)

    # -- driving -------------------------------------------------------------------------------------------------

    async def _go(self, task: Task) -> str:
        agent, token = self._agent(self._current), CancellationToken()
        self._token = token
        try:
            result = await self._answered(agent, task, token)
        except asyncio.CancelledError:
            if not token.is_cancelled():
                raise
            return ""
        finally:
            self._token = None
        last = result.messages[-1]
        return last.to_model_text() if isinstance(last, BaseChatMessage) else ""

    async def _answered(self, agent: AssistantAgent, task: Task, token: CancellationToken) -> TaskResult:
        return await self._finished(agent, task, token)

    async def _finished(self, who: TaskRunner, task: Task, token: CancellationToken) -> TaskResult:
        """Let an agent or a team work on a task to its end, whole or streamed."""
        if not self._run.stream:
            return await who.run(task=task, cancellation_token=token)
        async for event in who.run_stream(task=task, cancellation_token=token):
            if isinstance(event, TaskResult):
                return event
        raise RuntimeError("AutoGen ended a stream without its result")

    def _agent(self, name: str) -> AssistantAgent:
        if name not in self._agents:
            self._agents[name] = self._made(name, self._run.endpoint if name == _FIRST else self._other())
        return self._agents[name]

    def _other(self) -> Endpoint:
        if self._run.other is None:
            raise ValueError("this run has no other model")
        return self._run.other

    def _made(self, name: str, endpoint: Endpoint) -> AssistantAgent:
        run = self._run
        tools: list[Any] = [NativeTool(tool) for tool in run.tools]
        if run.helper is not None:
            tools.append(self._helper(run.helper))
        own: dict[str, Any] = {"system_message": run.system} if run.system != "" else {}
        return AssistantAgent(
            name,
            self._client(endpoint),
            description=f"The {name} of two agents.",
            tools=tools,
            model_context=self._reminded(),
            model_client_stream=run.stream,
            max_tool_iterations=run.max_steps,
            **own,
        )

    def _reminded(self) -> ChatCompletionContext:
        """Make what holds an agent's messages, and what its user says within a turn."""
        return _reminding(self._context(), self._reminders)

    def _helper(self, helper: Helper) -> AgentTool:
        """Give a sub-agent as a tool, as AutoGen's guide to agents does."""
        agent = AssistantAgent(
            str(helper.tool.name),
            self._client(self._run.endpoint),
            description=str(helper.tool.description),
            tools=[NativeTool(tool) for tool in helper.tools],
            model_context=self._context(),
            system_message=helper.system,
            model_client_stream=self._run.stream,
            max_tool_iterations=self._run.max_steps,
        )
        return AgentTool(agent, return_value_as_last_message=True)

    def _client(self, endpoint: Endpoint) -> ChatCompletionClient:
        client = self._make(endpoint)
        self._clients.append(client)
        return client


def _reminding(context: ChatCompletionContext, reminders: list[str]) -> ChatCompletionContext:
    """Let what holds an agent's messages put in, behind what a step gave, what its user said meanwhile."""
    base: Any = type(context)

    async def add_message(self: Any, message: LLMMessage) -> None:
        await base.add_message(self, message)
        while reminders and not isinstance(message, AssistantMessage):
            await base.add_message(self, UserMessage(content=reminders.pop(0), source="user"))

    context.__class__ = type("Reminded", (base,), {"add_message": add_message})
    return context


class _Arguments(BaseModel):
    """What a tool takes: all that the model wrote, in its order. The schema is the tool's own."""

    model_config = ConfigDict(extra="allow")


class NativeTool(BaseTool[_Arguments, Any]):
    """A run's tool as AutoGen has tools: of one that raises the model is told, and the agent goes on.

    It takes what a function with its parameters takes: a call without one that is required raises `TypeError`.

    Args:
        given: The tool.
    """

    def __init__(self, given: RunTool) -> None:
        super().__init__(_Arguments, str, str(given.tool.name), str(given.tool.description))
        self._given = given
        required = parameters_of(given.tool).get("required", [])
        self._takes = Signature([*(Parameter(name, Parameter.KEYWORD_ONLY) for name in required), _OTHERS])

    @property
    def schema(self) -> ToolSchema:
        """The tool as it was given."""
        parameters = cast("ParametersSchema", parameters_of(self._given.tool))
        return ToolSchema(name=self.name, description=self.description, parameters=parameters)

    async def run(self, args: _Arguments, cancellation_token: CancellationToken) -> str:
        """Call the tool with what the model wrote."""
        del cancellation_token  # the agent waits for a task that the token is linked to
        arguments = args.model_extra or {}
        self._takes.bind(**arguments)
        return await self._given.call(json.dumps(arguments, ensure_ascii=False))


def parameters_of(tool: Tool) -> dict[str, Any]:
    """Give the schema of what a tool takes."""
    if isinstance(tool.parameters, Json):
        return cast("dict[str, Any]", tool.parameters.value)
    return {"type": "object", "properties": {}}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from _strings(held)
    elif isinstance(value, list | tuple):
        for held in cast("list[object]", value):
            yield from _strings(held)
    elif isinstance(value, BaseModel | FunctionCall):
        yield from _strings(vars(value))
