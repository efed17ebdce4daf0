"""smolagents' agents, with what they leave out of their memory; and memories written down and read again.

The model class alone keeps what the model thought in both agents, as long as they run. Four things are lost on the way
into the memory, and need public hooks of the agents (smolagents 1.26.0):

- which observation belongs to which of several calls, and all of them where one tool fails (`process_tool_calls`);
- what was thought about a plan, and the answer behind the last step, since neither becomes words of a step
  (`step_callbacks`);
- the record of a streamed answer in JSON that smolagents itself writes (`step_callbacks`);
- the record of words that somebody has edited, of which the model is told the words alone (`write_memory_to_messages`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from typing import Any, Final, NamedTuple, cast

from smolagents import ChatMessage, CodeAgent, MultiStepAgent, ToolCallingAgent, agents
from smolagents.agents import ToolOutput
from smolagents.memory import ActionStep, MemoryStep, SystemPromptStep, ToolCall
from smolagents.models import ChatMessageToolCall, MessageRole
from smolagents.utils import AgentError

from keepthinking_adapters.smolagents._keep import carry_on, keep_results, keep_step
from keepthinking_adapters.smolagents._model import KeepThinkingModel
from keepthinking_adapters.smolagents._payload import payload_of
from keepthinking_adapters.smolagents._persist import dump, load
from keepthinking_adapters.smolagents._steps import is_answer

__all__ = ["KeepThinkingCodeAgent", "KeepThinkingToolCallingAgent", "load_memory", "save_memory"]


_STOPPED: Final = "The run was stopped before this call had given its result."
"""What a model is told of such a call: providers refuse a history in which one has no result."""


def _untyped(value: object) -> Any:
    """Give a value of smolagents, which has some annotations and not all."""
    return value


class _Outcome(NamedTuple):
    """What became of a call.

    Attributes:
        call: The call.
        outputs: What smolagents gave for it.
        error: What it raised.
    """

    call: ChatMessageToolCall
    outputs: Sequence[ToolOutput]
    error: AgentError | None

    @property
    def text(self) -> str:
        """What the model is told, and where it is text all of it: smolagents strips white space."""
        if self.error is not None:
            return str(self.error)
        made, shown = (self.outputs[-1].output, self.outputs[-1].observation) if self.outputs else ("", "")
        return str(made) if isinstance(made, str) else shown  # smolagents has a text of its own, which is a `str`


class KeepThinkingToolCallingAgent(ToolCallingAgent):
    """smolagents' `ToolCallingAgent`, which tells the model the result of each call by itself.

    Where a tool fails the results of the others stay, and the model is told of the error as the result of its call.
    Where somebody stops the run meanwhile (Ctrl-C, or a stream that is left) it is told that. With other models it does
    what its parent does.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make an agent; see `ToolCallingAgent`."""
        _untyped(super()).__init__(*args, **options)
        _untyped(self).step_callbacks.register(MemoryStep, keep_step)

    def write_memory_to_messages(self, summary_mode: bool = False) -> list[ChatMessage]:  # noqa: FBT001, FBT002 - smolagents' own signature
        """Say to the model what the memory holds, also of steps whose words somebody has edited."""
        for step in self.memory.steps:
            carry_on(step)
        return super().write_memory_to_messages(summary_mode)

    def process_tool_calls(
        self, chat_message: ChatMessage, memory_step: ActionStep
    ) -> Generator[ToolCall | ToolOutput, None, None]:
        """Call the tools, in threads where there are several, and keep each result with its call."""
        calls = list(chat_message.tool_calls or ())
        payload = payload_of(chat_message.raw, chat_message.content)
        if payload is None or is_answer([call.id for call in calls]):
            yield from super().process_tool_calls(chat_message, memory_step)
            return
        made = [ToolCall(call.function.name, call.function.arguments, call.id) for call in calls]
        outcomes: dict[str, _Outcome] = {}
        error: AgentError | None = None
        try:
            yield from made
            for outcome in self._outcomes(calls, memory_step):
                outcomes[outcome.call.id] = outcome
                error = error or outcome.error
                yield from outcome.outputs
        finally:
            # Also where the agent refuses to go on, or somebody stops it: what was called was called.
            memory_step.tool_calls = sorted(made, key=lambda one: one.id)
            # Of several that failed smolagents tells the first; the others tell themselves.
            told = {id_: one.text for id_, one in outcomes.items() if one.error is None or one.error is not error}
            told |= {call.id: _STOPPED for call in calls if call.id not in outcomes}
            keep_results(memory_step, told, error)
        if error is not None:
            raise error

    def _outcomes(self, calls: Sequence[ChatMessageToolCall], memory_step: ActionStep) -> Iterator[_Outcome]:
        if len(calls) == 1:
            yield self._outcome(calls[0], memory_step)
            return
        with ThreadPoolExecutor(self.max_tool_threads) as executor:
            futures = [executor.submit(copy_context().run, self._outcome, call, memory_step) for call in calls]
            for future in as_completed(futures):
                yield future.result()

    def _outcome(self, call: ChatMessageToolCall, memory_step: ActionStep) -> _Outcome:
        """Let smolagents make one call."""
        alone = ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[call])
        step = ActionStep(step_number=memory_step.step_number, timing=memory_step.timing)
        outputs: list[ToolOutput] = []
        try:
            outputs += [one for one in super().process_tool_calls(alone, step) if isinstance(one, ToolOutput)]
        except AgentError as error:
            return _Outcome(call, outputs, error)
        return _Outcome(call, outputs, None)


class KeepThinkingCodeAgent(CodeAgent):
    """smolagents' `CodeAgent`, which keeps what was thought about plans and the answer behind the last step, too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make an agent; see `CodeAgent`."""
        _untyped(super()).__init__(*args, **options)
        _untyped(self).step_callbacks.register(MemoryStep, keep_step)

    def write_memory_to_messages(self, summary_mode: bool = False) -> list[ChatMessage]:  # noqa: FBT001, FBT002 - smolagents' own signature
        """Say to the model what the memory holds, also of steps whose words somebody has edited."""
        for step in self.memory.steps:
            carry_on(step)
        return super().write_memory_to_messages(summary_mode)


def save_memory(agent: MultiStepAgent) -> bytes:
    """Write an agent's memory, as ASCII JSON. Variables of code that has run are not in it.

    Raises:
        EncodeError: A step holds what JSON has no room for; culprit `framework`.
    """
    return dump(agent.memory)


def load_memory(agent: MultiStepAgent, data: bytes) -> None:
    """Let an agent go on from a memory: the next `run(reset=False)` stands behind its steps.

    Args:
        agent: The agent; steps that it has are gone.
        data: What `save_memory` wrote, or JSON of what smolagents itself wrote (`get_full_steps`).

    Raises:
        DecodeError: It is neither; culprit `data`.
    """
    steps = load(data)
    for step in steps:
        carry_on(step)
    if steps and isinstance(steps[0], SystemPromptStep):
        agent.memory.system_prompt = steps[0]
        steps = steps[1:]
    agent.memory.steps[:] = cast("Any", steps)
    if isinstance(agent.model, KeepThinkingModel):
        known = _untyped(agent)
        tools = [*known.tools.values(), *known.managed_agents.values()]
        agent.model.offer(tools, list(_ids(steps)))


def _ids(steps: Sequence[MemoryStep]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, ActionStep):
            said = step.model_output_message
            yield from (call.id for call in (None if said is None else said.tool_calls) or ())
            yield from (call.id for call in step.tool_calls or ())


_REGISTRY: Final = cast("dict[str, Any] | None", getattr(agents, "AGENT_REGISTRY", None))
"""The agents that managers are made again with, from smolagents 1.25 on."""
if _REGISTRY is not None:
    _REGISTRY.update({cls.__name__: cls for cls in (KeepThinkingToolCallingAgent, KeepThinkingCodeAgent)})
