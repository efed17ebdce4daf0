"""What LangChain binds to a call, and its counts. What a dialect makes of them is in `keepthinking.options`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeGuard

from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from keepthinking import Response
from keepthinking.options import counts_of

ToolLike = dict[str, Any] | type | Callable[..., Any] | BaseTool
"""What LangChain takes for a tool: a wire's own dictionary, a class, a function, or a tool."""


def bindable(tool: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Give a tool in the shape that LangChain binds and traces: OpenAI's, or the wire's own for a provider's tool."""
    if _is_written(tool):
        is_vendors = "input_schema" in tool or tool.get("type", "function") != "function"
        if is_vendors or _NAMED.isdisjoint(tool):
            return tool
    return convert_to_openai_tool(tool, strict=strict)


_NAMED: Final = frozenset({"name", "title", "function", "$schema"})
"""One of these is in every dictionary that LangChain takes for a function; without any it is a provider's own tool."""


def _is_written(tool: ToolLike) -> TypeGuard[dict[str, Any]]:
    return isinstance(tool, dict)


def usage_of(response: Response) -> UsageMetadata | None:
    """Give a response's counts as LangChain has them; None where the provider counted nothing."""
    counted = counts_of(response)
    if counted is None:
        return None
    given, made = counted.input or 0, counted.output or 0
    usage = UsageMetadata(input_tokens=given, output_tokens=made, total_tokens=given + made)
    details = InputTokenDetails()
    if counted.cache_read is not None:
        details["cache_read"] = counted.cache_read
    if counted.cache_creation is not None:
        details["cache_creation"] = counted.cache_creation
    if details:
        usage["input_token_details"] = details
    if counted.reasoning is not None:
        usage["output_token_details"] = {"reasoning": counted.reasoning}
    return usage
