"""What smolagents does to its memory that nobody wants to change: copies, pickles, dumps, one turn of an agent."""

import copy
import io
import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from smolagents import CodeAgent, LogLevel, ToolCallingAgent
from smolagents.memory import AgentMemory, MemoryStep
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole, Model
from smolagents.monitoring import AgentLogger

from keepthinking_adapters.smolagents import dump, load

Steps = list[MemoryStep]
Operation = Callable[[Steps], Steps]


def _memory(steps: Steps) -> Steps:
    """Put steps into a memory, and take them out again."""
    memory = AgentMemory("")
    memory.steps = [*steps]  # type: ignore[list-item] # smolagents itself puts any step there
    return [*copy.deepcopy(memory).steps]


class _Silent(Model):
    """A model that says nothing; what is under test is what an agent does to the memory that it has."""

    def generate(self, *_: Any, **given: Any) -> ChatMessage:
        if not given.get("tools_to_call_from"):
            return ChatMessage(MessageRole.ASSISTANT, content="<code>final_answer('x')</code>")
        function = ChatMessageToolCallFunction(name="final_answer", arguments={"answer": "x"})
        call = ChatMessageToolCall(function=function, id="x", type="function")
        return ChatMessage(MessageRole.ASSISTANT, content="", tool_calls=[call])


def _turn(cls: type[Any]) -> Operation:
    """Give steps to an agent as its memory, and take them out after a turn."""

    def run(steps: Steps) -> Steps:
        quiet = AgentLogger(LogLevel.OFF, console=Console(file=io.StringIO()))
        agent = cls(tools=[], model=_Silent(), logger=quiet, verbosity_level=LogLevel.OFF, max_steps=1)
        agent.memory.steps = [*steps]
        agent.run("go on", reset=False)
        return list(agent.memory.steps[: len(steps)])

    return run


COPIES: Mapping[str, Operation] = {
    "nothing": lambda steps: steps,
    "deepcopy": copy.deepcopy,
    "pickle": lambda steps: pickle.loads(pickle.dumps(steps)),  # noqa: S301 - our own bytes
    "a copy of a memory": _memory,
}
"""Operations that never look into a value."""

STORES: Mapping[str, Operation] = {
    "dump, load": lambda steps: load(dump(steps)),
    "dump, load, twice": lambda steps: load(dump(load(dump(steps)))),
}
"""Operations that write steps down."""

TURNS: Mapping[str, Operation] = {"a tool calling agent": _turn(ToolCallingAgent), "a code agent": _turn(CodeAgent)}


def written_by_smolagents(steps: Steps) -> Steps:
    """Write steps as smolagents itself does, and read what it wrote."""
    memory: Any = AgentMemory("")
    memory.steps = steps
    return load(json.dumps(memory.get_succinct_steps()).encode())
