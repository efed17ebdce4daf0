"""`ReActAgent` and `CodeActAgent` that send back what the model said, and not what was read out of it.

LlamaIndex's own read thought, action and code out of the text of an answer, and write an assistant message of their own
from them: no model's thinking comes back, and not even the text as it was. These keep the message itself. They work
with every model class; what of a message reaches the wire is then the model class's matter.

Where they hook in: `take_step`, `finalize` and the formatter are what LlamaIndex documents for agents of one's own.
`_get_response` and `_get_streaming_response` of `CodeActAgent` are not, but the answer leaves them for nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Final, cast

from llama_index.core.agent.react.formatter import ReActChatFormatter
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ResponseReasoningStep
from llama_index.core.agent.workflow import AgentOutput, CodeActAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock
from llama_index.core.memory import BaseMemory
from llama_index.core.tools import AsyncBaseTool, BaseTool
from pydantic import Field, field_validator

_RETRIED: Final = "keepthinking_retried"
"""Where a context holds the messages that LlamaIndex will put behind the history, since an answer could not be read."""


class Action(ActionReasoningStep):
    """A step that calls a tool, with the message that it was read from."""

    native: ChatMessage


class Response(ResponseReasoningStep):
    """The last step, with the message that it was read from."""

    native: ChatMessage


class Plain(BaseReasoningStep):
    """A message that nothing was read from: an answer in no known form, or what the model is told of it."""

    native: ChatMessage

    def get_content(self) -> str:
        """Give its text."""
        return self.native.content or ""

    @property
    def is_done(self) -> bool:
        """Say that the agent goes on."""
        return False


class KeepThinkingFormatter(ReActChatFormatter):
    """Writes a step as the message that it was read from; observations as LlamaIndex does.

    A formatter of one's own goes with `KeepThinkingReActAgent` if it is a subclass of this one.
    """

    def format(
        self,
        tools: Sequence[BaseTool],
        chat_history: list[ChatMessage],
        current_reasoning: list[BaseReasoningStep] | None = None,
    ) -> list[ChatMessage]:
        """Give the messages of a request."""
        steps = current_reasoning or []
        messages = super().format(tools, chat_history, steps)
        # One message a step, behind the history.
        head, tail = messages[: len(messages) - len(steps)], messages[len(messages) - len(steps) :]
        return [*head, *(getattr(step, "native", written) for step, written in zip(steps, tail, strict=True))]


class KeepThinkingReActAgent(ReActAgent):
    """LlamaIndex's `ReActAgent`, whose answers go back as they came.

    An answer that could not be read stays where it was, and what the model was told of it behind it; LlamaIndex's own
    puts both before the steps of the run, behind a second copy of the user's words. Observations are messages of the
    user unless the formatter's `observation_role` says otherwise, so to a provider that drops thinking of earlier turns
    each of them begins a new turn.
    """

    formatter: ReActChatFormatter = Field(default_factory=KeepThinkingFormatter)

    @field_validator("formatter")
    @classmethod
    def _keeps(cls, given: ReActChatFormatter) -> ReActChatFormatter:
        if isinstance(given, KeepThinkingFormatter):
            return given
        if type(given) is ReActChatFormatter:
            return KeepThinkingFormatter(**dict(given))
        raise ValueError(f"a {type(given).__name__} writes the model's messages anew: subclass KeepThinkingFormatter")

    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: BaseMemory
    ) -> AgentOutput:
        """Let LlamaIndex take the step, and note the message that it was read from."""
        retried = cast("list[ChatMessage]", await ctx.store.get(_RETRIED, default=[]))
        if retried and llm_input[-len(retried) :] == retried:
            # They are steps here, and the user's words before them stand in the history.
            llm_input = llm_input[: -len(retried) - 1]
        output = await super().take_step(ctx, llm_input, tools, memory)
        steps = cast("list[BaseReasoningStep]", await ctx.store.get(self.reasoning_key, default=[]))
        if output.retry_messages:
            steps.extend(Plain(native=message.model_copy(deep=True)) for message in output.retry_messages)
        else:
            # A copy: LlamaIndex cuts the answer out of the text of the one that it shows.
            steps[-1] = _noted(steps[-1], output.response.model_copy(deep=True))
        await ctx.store.set(self.reasoning_key, steps)
        await ctx.store.set(_RETRIED, output.retry_messages)
        return output

    async def finalize(self, ctx: Any, output: AgentOutput, memory: BaseMemory) -> AgentOutput:
        """Store each message of the run as it was sent, and show the answer without what stands before it."""
        steps = cast("list[BaseReasoningStep]", await ctx.store.get(self.reasoning_key, default=[]))
        await memory.aput_messages(self.formatter.format([], [], steps)[1:])
        await ctx.store.set(self.reasoning_key, [])
        if steps and isinstance(steps[-1], Response):
            output.response = _shown(steps[-1])
        return output


def _noted(step: BaseReasoningStep, native: ChatMessage) -> BaseReasoningStep:
    match step:
        case ActionReasoningStep():
            return Action(**dict(step), native=native)
        case ResponseReasoningStep():
            return Response(**dict(step), native=native)
        case _:
            return Plain(native=native)


def _shown(step: Response) -> ChatMessage:
    """Give the answer's message with nothing but the answer as its text."""
    others = [block for block in step.native.blocks if not isinstance(block, TextBlock)]
    return step.native.model_copy(update={"blocks": [*others, TextBlock(text=step.response)]})


_SAID: Final = ContextVar[ChatMessage]("keepthinking_said")
"""The message of the step that is being taken; a task takes one at a time."""


class KeepThinkingCodeActAgent(CodeActAgent):
    """LlamaIndex's `CodeActAgent`, whose answers go back as they came.

    What the code printed is a message of the user, so to a provider that drops thinking of earlier turns each of them
    begins a new turn.
    """

    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[BaseTool], memory: BaseMemory
    ) -> AgentOutput:
        """Let LlamaIndex take the step, and put the message itself where it put the text."""
        output = await super().take_step(ctx, llm_input, tools, memory)
        said = _SAID.get()
        scratchpad = cast("list[ChatMessage]", await ctx.store.get(self.scratchpad_key))
        await ctx.store.set(self.scratchpad_key, [*scratchpad[:-1], said])
        output.response = said
        return output

    async def _get_response(self, current_llm_input: list[ChatMessage], tools: Sequence[BaseTool]) -> ChatResponse:
        response = await super()._get_response(current_llm_input, tools)
        _SAID.set(response.message)
        return response

    async def _get_streaming_response(
        self, ctx: Any, current_llm_input: list[ChatMessage], tools: Sequence[BaseTool]
    ) -> tuple[ChatResponse, str]:
        response, text = await super()._get_streaming_response(ctx, current_llm_input, tools)
        _SAID.set(response.message)
        return response, text
