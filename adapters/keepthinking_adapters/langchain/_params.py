"""What LangChain binds to a call, as parameters of a request: tools, the choice among them, limits, counts.

Rows by dialect; what is not named in a table goes to the provider as the caller wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeGuard, cast

from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from keepthinking import UNSET, Dialect, Json, Response, Tool, dialect

ToolLike = dict[str, Any] | type | Callable[..., Any] | BaseTool
"""What LangChain takes for a tool: a wire's own dictionary, a class, a function, or a tool."""

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "openai-chat": {},
    "anthropic-messages": {"stop": "stop_sequences"},
}
"""What a dialect calls an option that LangChain has another name for."""

_CHOICES: Final[Mapping[str, Mapping[str, object]]] = {
    "openai-chat": {"auto": "auto", "none": "none", "any": "required"},
    "anthropic-messages": {"auto": {"type": "auto"}, "none": {"type": "none"}, "any": {"type": "any"}},
}
_ONE: Final[Mapping[str, Callable[[str], object]]] = {
    "openai-chat": lambda name: {"type": "function", "function": {"name": name}},
    "anthropic-messages": lambda name: {"type": "tool", "name": name},
}
_ANY: Final = frozenset({"any", "required", True})

_COUNTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "openai-chat": {
        "input": ("prompt_tokens",),
        "output": ("completion_tokens",),
        "cache_read": ("prompt_tokens_details.cached_tokens",),
        "reasoning": ("completion_tokens_details.reasoning_tokens",),
    },
    "anthropic-messages": {
        "input": ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        "output": ("output_tokens",),
        "cache_read": ("cache_read_input_tokens",),
        "cache_creation": ("cache_creation_input_tokens",),
        "reasoning": ("output_tokens_details.thinking_tokens",),
    },
}
"""Where a dialect counts tokens. LangChain's input count includes what the cache gave; Anthropic's own does not
(https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, verified 2026-11-23), so its three are added."""


def bindable(tool: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Give a tool in the shape that LangChain binds and traces: OpenAI's, or the wire's own for a provider's tool."""
    if _is_written(tool) and ("input_schema" in tool or tool.get("type", "function") != "function"):
        return tool
    return convert_to_openai_tool(tool, strict=strict)


def _is_written(tool: ToolLike) -> TypeGuard[dict[str, Any]]:
    return isinstance(tool, dict)


def canonical_tools(bound: Sequence[Mapping[str, Any]], spoken: Dialect) -> tuple[Tool, ...]:
    """Give bound tools as the format has them.

    Args:
        bound: What `bindable` gave.
        spoken: The dialect that the provider's own tools are written in.
    """
    found: list[Tool] = []
    for tool in bound:
        shape = "openai-chat" if "function" in tool else "anthropic-messages" if "input_schema" in tool else spoken.id
        reader = dialect(shape)
        request = reader.decode_request({"model": "", "messages": [], "tools": [tool]})
        found.extend(request.conversation.tools or ())
    return tuple(found)


def params(spoken: str, options: Mapping[str, Any]) -> dict[str, Json]:
    """Give options of a call as a request's parameters; what is None is not sent."""
    names = _NAMES.get(spoken, {})
    found: dict[str, Json] = {}
    for name, value in options.items():
        if value is None or (name == "stop" and value == []):
            continue
        if name == "tool_choice":
            value = _choice(spoken, value)  # noqa: PLW2901 - the same option, as the wire says it
        if name == "parallel_tool_calls" and spoken == "anthropic-messages":
            continue  # said inside `tool_choice` there, below
        found[names.get(name, name)] = Json.of(value)
    if spoken == "anthropic-messages" and "response_format" in found:
        asked = _schema(found.pop("response_format").value)
        config: dict[str, Any] = found["output_config"].value if "output_config" in found else {}
        found["output_config"] = Json.of({**config, "format": {"type": "json_schema", "schema": asked}})
    if spoken == "anthropic-messages" and options.get("parallel_tool_calls") is not None:
        choice: dict[str, Any] = found["tool_choice"].value if "tool_choice" in found else {"type": "auto"}
        if choice["type"] != "none":
            choice["disable_parallel_tool_use"] = not options["parallel_tool_calls"]
        found["tool_choice"] = Json.of(choice)
    return found


def _schema(asked: Any) -> Any:
    """Give the schema of an answer, which agents ask for in OpenAI's words whatever the provider's are."""
    held: Any = cast("dict[str, Any]", asked).get("json_schema") if isinstance(asked, dict) else None
    return cast("dict[str, Any]", held).get("schema") if isinstance(held, dict) else cast("Any", asked)


def _choice(spoken: str, choice: object) -> object:
    """Say in a dialect's words which tool the model has to call."""
    if isinstance(choice, dict):
        return cast("object", choice)
    if choice is False:
        choice = "none"
    if isinstance(choice, str | bool):
        word = "any" if choice in _ANY else str(choice)
        return _CHOICES[spoken][word] if word in _CHOICES[spoken] else _ONE[spoken](word)
    return choice


def usage_of(response: Response) -> UsageMetadata | None:
    """Give a response's counts as LangChain has them; None where the provider counted nothing."""
    origin = response.origin
    spoken = "" if origin is UNSET or origin.dialect is UNSET else str(origin.dialect)
    if isinstance(response.usage, Json) and isinstance(counted := response.usage.value, dict):
        table = _COUNTS.get(spoken, {})
        sums = {name: _sum(cast("dict[str, Any]", counted), paths) for name, paths in table.items()}
        given, made = sums.get("input"), sums.get("output")
        if given is None and made is None:
            return None
        usage = UsageMetadata(input_tokens=given or 0, output_tokens=made or 0, total_tokens=(given or 0) + (made or 0))
        read, written, thought = sums.get("cache_read"), sums.get("cache_creation"), sums.get("reasoning")
        given_details = InputTokenDetails()
        if read is not None:
            given_details["cache_read"] = read
        if written is not None:
            given_details["cache_creation"] = written
        if given_details:
            usage["input_token_details"] = given_details
        if thought is not None:
            usage["output_token_details"] = {"reasoning": thought}
        return usage
    return None


def _sum(counted: Mapping[str, Any], paths: Sequence[str]) -> int | None:
    """Add what stands at the paths; None where nothing does."""
    found = [value for path in paths if isinstance(value := _at(counted, path), int)]
    return sum(found) if found else None


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return value
