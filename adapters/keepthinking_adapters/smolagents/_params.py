"""What smolagents asks of a call, and its counts. What a dialect makes of them is in `keepthinking.options`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from smolagents import TokenUsage, Tool, models

from keepthinking import Response
from keepthinking.options import counts_of

__all__ = ["bindable", "stops_of", "usage_of"]

_NO_STOPS: Final = frozenset({"openai-responses"})
"""Dialects without a word for sequences that end an answer
(https://platform.openai.com/docs/api-reference/responses/create, read 2026-11-28)."""

_UNTYPED: Any = models
"""smolagents exports neither of the two functions of it that are used here, and both are what its own clients use."""


def bindable(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Give tools in the shape that smolagents' own clients send: OpenAI's. Managed agents are tools, too."""
    return [cast("dict[str, Any]", _UNTYPED.get_tool_json_schema(tool)) for tool in tools]


def stops_of(asked: Sequence[str], model: str, spoken: str) -> list[str] | None:
    """Give the sequences that a provider shall stop at; None where it has no word for them.

    Args:
        asked: What the agent asks for.
        model: The model's name; smolagents knows some that refuse them.
        spoken: The dialect's id.
    """
    if spoken in _NO_STOPS or not _UNTYPED.supports_stop_parameter(model):
        return None
    return list(asked)


def usage_of(response: Response) -> TokenUsage:
    """Give a response's counts; 0 where the provider counted nothing, since smolagents adds them up unseen (1.21.0)."""
    counted = counts_of(response)
    given, made = (0, 0) if counted is None else (counted.input or 0, counted.output or 0)
    return TokenUsage(input_tokens=given, output_tokens=made)
