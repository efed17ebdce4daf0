"""What AutoGen asks of a call, and its counts. What a dialect makes of them is in `keepthinking.options`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from autogen_core.models import FinishReasons, RequestUsage
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from keepthinking import Response
from keepthinking.options import JSON_MODES, counts_of

__all__ = ["bindable", "choice_of", "finish_of", "form_of", "usage_of"]

_FILTERS: Final = frozenset({"content_filter", "refusal", "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION"})
"""Words of providers for an answer that was kept back."""


def bindable(tool: Tool | ToolSchema) -> dict[str, Any]:
    """Give a tool in OpenAI's shape: workbenches hand over schemas, handoffs are tools (autogen-agentchat 0.7.5)."""
    held: dict[str, Any] = {**(tool.schema if isinstance(tool, Tool) else tool)}
    if not held.get("strict"):
        held.pop("strict", None)
    return {"type": "function", "function": held}


def choice_of(tool_choice: Tool | Literal["auto", "required", "none"]) -> str | None:
    """Give the choice among tools; None for what providers do anyway."""
    if isinstance(tool_choice, Tool):
        return tool_choice.schema["name"]
    return None if tool_choice == "auto" else "any" if tool_choice == "required" else tool_choice


def form_of(json_output: bool | type[BaseModel] | None, spoken: str) -> dict[str, Any] | None:  # noqa: FBT001 - AutoGen's
    """Give the form that an answer shall have, in OpenAI's words; None for any.

    Raises:
        ValueError: The dialect has no words for JSON of no schema.
    """
    if isinstance(json_output, type):
        return {
            "type": "json_schema",
            "json_schema": {"name": json_output.__name__, "schema": json_output.model_json_schema()},
        }
    if not json_output:
        return None
    if spoken not in JSON_MODES:
        raise ValueError(f"the dialect {spoken} has no mode for JSON: pass a pydantic model as json_output")
    return {"type": "json_object"}


def usage_of(responses: Iterable[Response]) -> RequestUsage:
    """Give the counts of some responses; 0 where the provider counted nothing."""
    counted = [one for response in responses if (one := counts_of(response)) is not None]
    return RequestUsage(
        prompt_tokens=sum(one.input or 0 for one in counted), completion_tokens=sum(one.output or 0 for one in counted)
    )


def finish_of(response: Response, *, calls: bool) -> FinishReasons:
    """Give in AutoGen's words why an answer ended."""
    if calls:
        return "function_calls"
    if response.stop_reason in _FILTERS:
        return "content_filter"
    return {"truncated": "length", "complete": "stop"}.get(response.outcome, "unknown")  # type: ignore[return-value] # the values are of that kind
