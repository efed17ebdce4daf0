"""One conversation with agents of smolagents, and all that an examination asks of it.

Everything is done as an app does it: `run(reset=False)` for each turn, the memory as what is saved, `managed_agents`
for a helper, and steps that an app takes out of the memory, or gives to another agent. Its agents are driven by calls
that block, and these wait in a thread.

An agent waits for its model where nobody can stop it but Ctrl-C (`MultiStepAgent.interrupt` is looked at before the
next step), and asks nobody before it calls a tool, so there is nothing here to interrupt or to approve.
"""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from io import BytesIO, StringIO
from typing import Any, Final, cast

from PIL import Image
from rich.console import Console
from smolagents import AgentLogger, LogLevel, Model, MultiStepAgent, Tool, ToolCallingAgent
from smolagents.memory import ActionStep, TaskStep

from keepthinking import Endpoint, Json
from keepthinking._adapter import Helper, Run, RunTool
from keepthinking_adapters.smolagents._agents import load_memory, save_memory

_FIRST: Final = "first"
_OTHER: Final = "other"

Make = Callable[[Endpoint], Model]
"""Makes the model of an endpoint."""

Agent = Callable[..., MultiStepAgent]
"""Makes an agent."""


class Persistence:
    """How a memory is saved: by pickle, since smolagents writes memories and reads none (1.26.0)."""

    def dump(self, agent: MultiStepAgent) -> bytes:
        """Write a memory."""
        return pickle.dumps(agent.memory.steps)

    def load(self, agent: MultiStepAgent, data: bytes) -> None:
        """Let an agent go on from it."""
        agent.memory.steps[:] = pickle.loads(data)  # noqa: S301 - what this session has written itself


class Kept(Persistence):
    """How ours is saved."""

    def dump(self, agent: MultiStepAgent) -> bytes:
        """Write a memory."""
        return save_memory(agent)

    def load(self, agent: MultiStepAgent, data: bytes) -> None:
        """Let an agent go on from it."""
        load_memory(agent, data)


class AgentSession:
    """One agent, or two of which each gets the other's steps.

    Args:
        run: What is to be played.
        make: Makes the model of an endpoint.
        agent: Makes an agent.
        persistence: Writes and reads a memory.
    """

    def __init__(
        self, run: Run, make: Make, agent: Agent = ToolCallingAgent, persistence: Persistence | None = None
    ) -> None:
        self._run = run
        self._make = make
        self._agent_of = agent
        self._persistence = Persistence() if persistence is None else persistence
        self._agents: dict[str, MultiStepAgent] = {}
        self._current = _FIRST
        self._reminders: list[str] = []

    async def turn(self, text: str) -> str:
        """Give the agent a user's words and wait until it has answered them."""
        return await self._go(text)

    async def turn_with(self, text: str, image: bytes) -> str:
        """Give the agent a user's words with a picture beside them."""
        return await self._go(text, images=[Image.open(BytesIO(image))])

    async def turn_of(self, texts: Sequence[str]) -> str:
        """Give the agent several messages of a user: all but the last are put into its memory."""
        *others, last = texts
        self._agent(self._current).memory.steps += [TaskStep(task=text) for text in others]
        return await self._go(last)

    async def remind(self, text: str) -> None:
        """Put words behind what the step that runs observes, as smolagents' guide lets a callback do."""
        self._reminders.append(text)

    async def close(self) -> None:
        """Do nothing: no agent of smolagents holds anything open."""

    # -- saving --------------------------------------------------------------------------------------------------

    async def save(self) -> bytes:
        """Give the memory."""
        return self._persistence.dump(self._agent(self._current))

    async def load(self, saved: bytes) -> None:
        """Go on from a saved memory."""
        self._persistence.load(self._agent(self._current), saved)

    async def memory(self) -> str:
        """Give every string of the steps in the agents' memories, attributes that are no fields and all."""
        return "\n".join(_strings([agent.memory.steps for agent in self._agents.values()], set()))

    # -- what a user may do --------------------------------------------------------------------------------------

    async def compact(self) -> None:
        """Take all but the last turn out of the memory, as smolagents' guide to memory lets an app do."""
        steps = self._agent(self._current).memory.steps
        del steps[: max(n for n, step in enumerate(steps) if isinstance(step, TaskStep))]

    async def handoff(self, to: str, text: str) -> str:
        """Let the other agent answer, with the steps that were taken so far."""
        steps = list(self._agent(self._current).memory.steps)
        self._current = _OTHER if to == _OTHER else _FIRST
        self._agent(self._current).memory.steps[:] = steps
        return await self.turn(text)

    async def switch_model(self, endpoint: Endpoint) -> None:
        """Give the agent another model."""
        self._agent(self._current).model = self._make(endpoint)

    # -- driving -------------------------------------------------------------------------------------------------

    async def _go(self, text: str, **more: Any) -> str:
        agent: Any = self._agent(self._current)
        return str(await asyncio.to_thread(agent.run, text, reset=False, **more))

    def _told(self, step: ActionStep) -> None:
        said, self._reminders[:] = list(self._reminders), []
        for text in said:
            step.observations = f"{step.observations or ''}\n{text}"

    def _agent(self, name: str) -> MultiStepAgent:
        if name not in self._agents:
            self._agents[name] = self._made(name, self._run.endpoint if name == _FIRST else self._other())
        return self._agents[name]

    def _other(self) -> Endpoint:
        if self._run.other is None:
            raise ValueError("this run has no other model")
        return self._run.other

    def _made(self, name: str, endpoint: Endpoint) -> MultiStepAgent:
        run = self._run
        return self._agent_of(
            tools=[NativeTool(tool) for tool in run.tools],
            model=self._make(endpoint),
            instructions=run.system if run.system != "" else None,
            managed_agents=[] if run.helper is None else [self._helper(run.helper)],
            name=name,
            step_callbacks=[self._told],
            **self._options(),
        )

    def _helper(self, helper: Helper) -> MultiStepAgent:
        """Give a sub-agent to be managed, as smolagents' guide to multi-agent systems does."""
        return self._agent_of(
            tools=[NativeTool(tool) for tool in helper.tools],
            model=self._make(self._run.endpoint),
            instructions=helper.system,
            name=str(helper.tool.name),
            description=str(helper.tool.description),
            **self._options(),
        )

    def _options(self) -> dict[str, Any]:
        # What is streamed is shown live at any level, so it needs a place to be shown.
        quiet = AgentLogger(LogLevel.OFF, Console(file=StringIO()))
        return {"max_steps": self._run.max_steps, "stream_outputs": self._run.stream, "logger": quiet}


class NativeTool(Tool):  # type: ignore[no-untyped-call] # smolagents has some annotations
    """A run's tool as smolagents has tools: of one that raises the model is told, and the agent goes on.

    It takes what a function with its parameters takes, arguments that are no JSON as its first one.

    Args:
        given: The tool.
    """

    skip_forward_signature_validation = True
    output_type = "string"

    def __init__(self, given: RunTool) -> None:
        self.name = str(given.tool.name)
        self.description = str(given.tool.description)
        self.inputs = _inputs(given.tool.parameters)
        self._given = given
        needs = {key: Parameter.empty if "nullable" not in held else None for key, held in self.inputs.items()}
        kind = Parameter.POSITIONAL_OR_KEYWORD
        self._takes = Signature(
            sorted(
                (Parameter(key, kind, default=default) for key, default in needs.items()),
                key=lambda one: one.default is None,
            )
        )
        super().__init__()  # type: ignore[no-untyped-call] # as above

    def forward(self, *args: Any, **arguments: Any) -> str:
        """Call the tool with what the model wrote."""
        written = json.dumps(self._takes.bind(*args, **arguments).arguments, ensure_ascii=False)

        async def call() -> str:
            return await self._given.call(written)

        return asyncio.run(call())


def _inputs(parameters: object) -> dict[str, Any]:
    """Give what a tool takes as smolagents declares it: its own words for JSON Schema."""
    schema = cast("dict[str, Any]", parameters.value) if isinstance(parameters, Json) else {}
    needed = schema.get("required", [])
    return {
        key: {"description": "", **held, **({} if key in needed else {"nullable": True})}
        for key, held in schema.get("properties", {}).items()
    }


def _strings(value: object, known: set[int]) -> Iterator[str]:
    if isinstance(value, str):
        yield from (value, str(getattr(value, "payload", "")))
        return
    if id(value) in known:
        return
    known.add(id(value))
    if isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from _strings(held, known)
    elif isinstance(value, list | tuple):
        for held in cast("list[object]", value):
            yield from _strings(held, known)
    elif hasattr(value, "__dict__") and not callable(value):
        # Not both in one list: it would be gone before the next, which may have its id.
        yield from _strings(vars(value), known)
        yield from _strings(getattr(value, "model_extra", None), known)
