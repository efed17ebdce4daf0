"""Steps as agents make them with stock clients, one a shape, and what they say.

They are what smolagents 1.26.0 made of a provider's answers: OpenAIModel (openai 3.57.0), LiteLLMModel (litellm
1.110.2) and InferenceClientModel (huggingface_hub 2.4.0), whole and streamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huggingface_hub import ChatCompletionOutput
from litellm import ModelResponse
from openai.types.chat import ChatCompletion
from PIL import Image
from smolagents.memory import ActionStep, MemoryStep, PlanningStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole
from smolagents.monitoring import Timing, TokenUsage
from smolagents.utils import AgentParsingError, AgentToolExecutionError

from tests.adapters.smolagents.scripted import quiet

_CALL: Final[dict[str, Any]] = {
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"a": "[1]"}'},
}
_DETAILS: Final = [
    {"type": "reasoning.text", "text": "plan", "signature": "sig", "format": "f-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "enc", "index": 1},
]


def _body(**said: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "hi", "tool_calls": [_CALL], **said}
    return {
        "id": "r1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }


def _openai(**said: Any) -> Any:
    return ChatCompletion.model_validate(_body(**said))


def _litellm(**said: Any) -> Any:
    return ModelResponse(**_body(**said))


def _hugging_face(**said: Any) -> Any:
    return ChatCompletionOutput.parse_obj_as_instance(_body(**said))


def _calls(*ids: str) -> list[ChatMessageToolCall]:
    return [
        ChatMessageToolCall(
            function=ChatMessageToolCallFunction(arguments={"a": "[1]"}, name="f"), id=one, type="function"
        )
        for one in ids
    ]


def _step(content: str | None = "hi", raw: Any = None, ids: tuple[str, ...] = ("c1",), **more: Any) -> ActionStep:
    calls = _calls(*ids) or None
    said = ChatMessage(MessageRole.ASSISTANT, content=content, tool_calls=calls, raw=raw, token_usage=TokenUsage(1, 2))
    ran = [ToolCall("f", {"a": "[1]"}, one) for one in sorted(ids)] or None
    held = {"observations": "r", "tool_calls": ran, **more}
    return ActionStep(
        step_number=1,
        timing=Timing(1.5, 2.5),
        model_output_message=said,
        model_output=content,
        token_usage=TokenUsage(1, 2),
        **held,
    )


SHAPES: Final[Mapping[str, tuple[MemoryStep, str]]] = {
    "instructions": (SystemPromptStep("be brief"), "text"),
    "a task": (TaskStep("look"), "text"),
    "a task with a picture": (TaskStep("look", [Image.new("RGB", (1, 2))]), "text media"),
    "OpenAIModel": (_step(raw=_openai()), "text tool_call / tool_result"),
    "OpenAIModel, reasoning_content": (
        _step(raw=_openai(reasoning_content="plan")),
        "thinking text tool_call / tool_result",
    ),
    "OpenAIModel, reasoning_details": (
        _step(raw=_openai(reasoning="plan", reasoning_details=_DETAILS)),
        "thinking thinking text tool_call / tool_result",
    ),
    "OpenAIModel, no words": (_step(None, _openai(content=None, reasoning="plan")), "thinking tool_call / tool_result"),
    "LiteLLMModel, reasoning_content": (
        _step(raw=_litellm(reasoning_content="plan")),
        "thinking text tool_call / tool_result",
    ),
    "LiteLLMModel, thinking of Claude": (
        _step(
            raw=_litellm(
                reasoning_content="plan",
                thinking_blocks=[
                    {"type": "thinking", "thinking": "plan", "signature": "sig"},
                    {"type": "redacted_thinking", "data": "enc"},
                ],
            )
        ),
        "thinking thinking text tool_call / tool_result",
    ),
    "InferenceClientModel": (
        _step(raw=_hugging_face(reasoning="plan")),
        "thinking text tool_call / tool_result",
    ),
    "streamed": (_step(), "text tool_call / tool_result"),
    "streamed, no words": (_step(""), "tool_call / tool_result"),
    "several calls": (_step(ids=("c2", "c1")), "text tool_call tool_call / tool_result / tool_result"),
    "a tool that failed": (
        _step(tool_calls=None, observations=None, error=AgentToolExecutionError("no", quiet())),
        "text tool_call / tool_result",
    ),
    "an answer without a call": (
        _step(ids=(), observations=None, error=AgentParsingError("no", quiet())),
        "text / text",
    ),
    "code": (
        _step(
            "I look.\n<code>\nprint(1)\n</code>",
            ids=(),
            code_action="print(1)",
            tool_calls=[ToolCall("python_interpreter", "print(1)", "call_2")],
            observations="Execution logs:\n1\nLast output from code snippet:\nNone",
        ),
        "text / text",
    ),
    "a picture in every step": (
        _step(observations_images=[Image.new("L", (2, 2))]),
        "text tool_call / tool_result / media",
    ),
    "an answer at the last step": (
        ActionStep(
            step_number=3, timing=Timing(1.0, 2.0), action_output="so far", error=AgentParsingError("no", quiet())
        ),
        "text",
    ),
    "a plan": (
        PlanningStep(
            model_input_messages=[ChatMessage(MessageRole.USER, content=[{"type": "text", "text": "plan it"}])],
            model_output_message=ChatMessage(MessageRole.ASSISTANT, content="1. look"),
            plan="Here are the facts I know:\n```\n1. look\n```",
            timing=Timing(1.0, 2.0),
            token_usage=TokenUsage(1, 2),
        ),
        "text / text",
    ),
}
"""Each shape with the kinds of blocks that it says, message by message."""
