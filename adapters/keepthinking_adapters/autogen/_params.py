"""What AutoGen asks of a call, and its counts. What a dialect makes of them is in `keepthinking.options`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, cast

from autogen_core.models import FinishReasons, RequestUsage
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from keepthinking import EncodeError, Message, Request, Response, ToolCall
from keepthinking import Tool as KnownTool
from keepthinking.options import JSON_MODES, counts_of

__all__ = ["KnownTools", "bindable", "choice_of", "extras_of", "finish_of", "form_of", "usage_of"]

_FILTERS: Final = frozenset({"content_filter", "refusal", "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION"})
"""Words of providers for an answer that was kept back."""
_CHOICES: Final[Mapping[object, str | None]] = {"auto": None, "required": "any", "none": "none"}


def bindable(tools: Sequence[Tool | ToolSchema]) -> list[dict[str, Any]]:
    """Give tools in OpenAI's shape: workbenches hand over schemas, handoffs are tools (autogen-agentchat 0.7.5).

    Raises:
        EncodeError: They are no list, or something is no tool; culprit `caller`.
    """
    given = cast("object", tools)
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        what, hint = f"{type(given).__name__} is no list of tools", "give a list of `Tool`s, or of schemas with a name"
        raise EncodeError(what, where="tools", culprit="caller", hint=hint)
    found: list[dict[str, Any]] = []
    for number, tool in enumerate(tools):
        schema = cast("object", tool.schema if isinstance(tool, Tool) else tool)
        held = {**cast("Mapping[str, Any]", schema)} if isinstance(schema, Mapping) else {}
        if not isinstance(held.get("name"), str):
            what, hint = f"{type(tool).__name__} is no tool of AutoGen", "give `Tool`s, or schemas with a name"
            raise EncodeError(what, where=f"tools[{number}]", culprit="caller", hint=hint)
        if not held.get("strict"):
            held.pop("strict", None)
        found.append({"type": "function", "function": held})
    return found


class KnownTools:
    """The tools of earlier requests, by the calls that were made with them.

    Two agents may have one client, and tools of one name. Of a call that was loaded from a state the name is known.

    Args:
        most: So many calls are remembered; the oldest go first.
    """

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._by_call: OrderedDict[tuple[str, str], KnownTool] = OrderedDict()
        self._by_name: dict[str, KnownTool] = {}

    def note(self, request: Request, answer: Message) -> None:
        """Remember the tools of a request, and which of them an answer calls."""
        tools = {str(tool.name): tool for tool in request.conversation.tools or ()}
        self._by_name |= tools
        for call in _calls([answer]):
            if call.name in tools:
                self._by_call[str(call.id), call.name] = tools[call.name]
        while len(self._by_call) > self._most:
            self._by_call.popitem(last=False)

    def of(self, messages: Iterable[Message]) -> tuple[KnownTool, ...]:
        """Give the tools that a history has calls of, by name, as the last call had them."""
        found: dict[str, KnownTool] = {}
        for call in _calls(messages):
            tool = self._by_call.get((str(call.id), call.name), self._by_name.get(call.name))
            found |= {} if tool is None else {call.name: tool}
        return tuple(found.values())


def _calls(messages: Iterable[Message]) -> Iterator[ToolCall]:
    for message in messages:
        yield from (block for block in message.blocks if isinstance(block, ToolCall) and not block.server)


def choice_of(
    tool_choice: Tool | Literal["auto", "required", "none"], offered: Iterable[Mapping[str, Any]]
) -> str | None:
    """Give the choice among tools; None for what providers do anyway.

    Args:
        tool_choice: The choice.
        offered: The tools of the call, as `bindable` gives them.

    Raises:
        EncodeError: AutoGen has no such choice, or it is a tool that is not offered; culprit `caller`.
    """
    if isinstance(tool_choice, Tool):
        name = tool_choice.schema["name"]
        if all(tool["function"]["name"] != name for tool in offered):
            what, hint = f"{name!r} is not among the tools of the call", "name it in `tools`, too"
            raise EncodeError(what, where="tool_choice", culprit="caller", hint=hint)
        return name
    asked = cast("object", tool_choice)
    if isinstance(asked, str) and asked in _CHOICES:
        return _CHOICES[asked]
    what, hint = f"{tool_choice!r} is no choice among tools", "give a `Tool`, or 'auto', 'required' or 'none'"
    raise EncodeError(what, where="tool_choice", culprit="caller", hint=hint)


def form_of(json_output: bool | type[BaseModel] | None, spoken: str) -> dict[str, Any] | None:  # noqa: FBT001 - AutoGen's
    """Give the form that an answer shall have, in OpenAI's words; None for any.

    Raises:
        EncodeError: It is no form, or the dialect has no words for JSON of no schema; culprit `caller`.
    """
    hint = "pass a pydantic model as json_output"
    asked: Any = json_output
    if isinstance(asked, type) and issubclass(asked, BaseModel):
        schema = {"name": asked.__name__, "schema": asked.model_json_schema()}
        return {"type": "json_schema", "json_schema": schema}
    if asked is None or asked is False:
        return None
    if asked is not True:
        raise EncodeError("it is no form of an answer", where="json_output", culprit="caller", hint=hint)
    if spoken not in JSON_MODES:
        what = f"the dialect {spoken} has no mode for JSON"
        raise EncodeError(what, where="json_output", culprit="caller", hint=hint)
    return {"type": "json_object"}


def extras_of(extra_create_args: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Give the parameters that a caller adds to a call.

    Raises:
        EncodeError: They are none; culprit `caller`.
    """
    given = cast("object", extra_create_args)
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in cast("Mapping[object, Any]", given)):
        what, hint = "it holds no parameters by name", "give a dictionary, such as `{'top_k': 5}`"
        raise EncodeError(what, where="extra_create_args", culprit="caller", hint=hint)
    return cast("Mapping[str, Any]", given)


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
