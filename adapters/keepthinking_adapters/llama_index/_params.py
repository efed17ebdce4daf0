"""What LlamaIndex asks of a call, and its counts. What a dialect makes of them is in `keepthinking.options`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from llama_index.core.tools.types import BaseTool

from keepthinking import EncodeError, Response
from keepthinking.options import counts_of


def bindable(tools: Sequence[BaseTool], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """Give tools in the shape that LlamaIndex hands on: OpenAI's.

    Raises:
        EncodeError: They are no list of tools; culprit `caller`.
    """
    given, hint = cast("object", tools), "give a list of LlamaIndex's tools, such as `FunctionTool.from_defaults(...)`"
    if not isinstance(given, list | tuple):
        what = f"{type(given).__name__} is no list of tools"
        raise EncodeError(what, where="tools", culprit="caller", hint=hint)
    found: list[dict[str, Any]] = []
    for i, tool in enumerate(cast("Sequence[object]", given)):
        if not isinstance(tool, BaseTool):
            what = f"{type(tool).__name__} is no tool of LlamaIndex"
            raise EncodeError(what, where=f"tools[{i}]", culprit="caller", hint=hint)
        made = tool.metadata.to_openai_tool(skip_length_check=True)
        if strict is not None:
            made["function"]["strict"] = strict
        found.append(made)
    return found


def choice_of(tool_choice: str | dict[str, Any] | None, *, tool_required: bool) -> str | dict[str, Any] | None:
    """Give the choice among tools; what the caller names goes before `tool_required`.

    Raises:
        EncodeError: It is neither a word, nor a tool's name, nor what the wire has; culprit `caller`.
    """
    asked = cast("object", tool_choice)
    if asked is not None and not isinstance(asked, str | dict):
        what, hint = f"{type(asked).__name__} is no choice among tools", "give 'auto', 'any', 'none' or a tool's name"
        raise EncodeError(what, where="tool_choice", culprit="caller", hint=hint)
    return tool_choice if tool_choice is not None else "any" if tool_required else None


def usage_of(response: Response) -> dict[str, int]:
    """Give a response's counts under the names by which LlamaIndex finds them; {} where the provider counted nothing.

    They are those of `llama_index.core.callbacks.token_counting` (llama-index-core 0.14.25).
    """
    counted = counts_of(response)
    if counted is None:
        return {}
    given, made = counted.input or 0, counted.output or 0
    usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    details = {
        "cache_read_tokens": counted.cache_read,
        "cache_creation_tokens": counted.cache_creation,
        "reasoning_tokens": counted.reasoning,
    }
    return usage | {name: count for name, count in details.items() if count is not None}
