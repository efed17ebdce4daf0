"""What frameworks ask of a call, as parameters of a request: limits, tools, choices, forms of answers; and counts.

Frameworks ask in OpenAI's words whatever the provider's are. Rows by dialect; what is not named in a table goes to the
provider as the caller wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._exchange import Response
from keepthinking._json import Json
from keepthinking._messages import Tool
from keepthinking.dialects import Dialect
from keepthinking.plugins import dialect

__all__ = ["JSON_MODES", "NO_CHOICE", "Counts", "counts_of", "layered", "params", "tools_of"]

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "openai-chat": {},
    "openai-responses": {"max_tokens": "max_output_tokens", "reasoning_effort": "reasoning.effort"},
    "anthropic-messages": {"stop": "stop_sequences"},
    "gemini": {
        "max_tokens": "generationConfig.maxOutputTokens",
        "temperature": "generationConfig.temperature",
        "top_p": "generationConfig.topP",
        "top_k": "generationConfig.topK",
        "stop": "generationConfig.stopSequences",
        "seed": "generationConfig.seed",
        "tool_choice": "toolConfig.functionCallingConfig",
    },
    "ollama": {
        "max_tokens": "options.num_predict",
        **{name: f"options.{name}" for name in ("temperature", "top_p", "top_k", "stop", "seed")},
    },
}
"""What a dialect calls an option that OpenAI has another name for; a dot leads into an object."""

_CHOICES: Final[Mapping[str, Mapping[str, object]]] = {
    "openai-chat": {"auto": "auto", "none": "none", "any": "required"},
    "openai-responses": {"auto": "auto", "none": "none", "any": "required"},
    "anthropic-messages": {"auto": {"type": "auto"}, "none": {"type": "none"}, "any": {"type": "any"}},
    "gemini": {"auto": {"mode": "AUTO"}, "none": {"mode": "NONE"}, "any": {"mode": "ANY"}},
    "ollama": {"auto": "auto", "none": "none", "any": "required"},
}

NO_CHOICE: Final = frozenset({"ollama"})
"""Dialects that have no word for which tool is to be called: whoever wants no call offers no tool. What is sent says
nothing there (https://docs.ollama.com/api/chat, read 2026-11-28)."""
_ONE: Final[Mapping[str, Callable[[str], object]]] = {
    "openai-chat": lambda name: {"type": "function", "function": {"name": name}},
    "openai-responses": lambda name: {"type": "function", "name": name},
    "anthropic-messages": lambda name: {"type": "tool", "name": name},
    "gemini": lambda name: {"mode": "ANY", "allowedFunctionNames": [name]},
    "ollama": lambda name: {"type": "function", "function": {"name": name}},
}
_ANY: Final = frozenset({"any", "required", True})

_COUNTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "openai-chat": {
        "input": ("prompt_tokens",),
        "output": ("completion_tokens",),
        "cache_read": ("prompt_tokens_details.cached_tokens",),
        "reasoning": ("completion_tokens_details.reasoning_tokens",),
    },
    "openai-responses": {
        "input": ("input_tokens",),
        "output": ("output_tokens",),
        "cache_read": ("input_tokens_details.cached_tokens",),
        "reasoning": ("output_tokens_details.reasoning_tokens",),
    },
    "anthropic-messages": {
        "input": ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        "output": ("output_tokens",),
        "cache_read": ("cache_read_input_tokens",),
        "cache_creation": ("cache_creation_input_tokens",),
        "reasoning": ("output_tokens_details.thinking_tokens",),
    },
    "gemini": {
        "input": ("promptTokenCount", "toolUsePromptTokenCount"),
        "output": ("candidatesTokenCount", "thoughtsTokenCount"),
        "cache_read": ("cachedContentTokenCount",),
        "reasoning": ("thoughtsTokenCount",),
    },
    "ollama": {"input": ("prompt_eval_count",), "output": ("eval_count",)},
}
"""Where a dialect counts tokens. OpenAI's input count includes what the cache gave; Anthropic's own does not
(https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, verified 2026-11-23), so its three are added. Nor
does Gemini's count of an answer include what it thought (google-genai 3.4.0, `types.py`,
`GenerateContentResponseUsageMetadata`)."""

_BESIDE: Final = frozenset({"ollama"})
"""Dialects whose counts are members of the answer itself."""

_FUNCTIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "openai-chat": lambda held: {"type": "function", "function": {**held}},
    "openai-responses": lambda held: {"type": "function", "strict": False, **held},
    "anthropic-messages": lambda held: {("input_schema" if k == "parameters" else k): v for k, v in held.items()},
    "gemini": lambda held: {
        "functionDeclarations": [
            {("parametersJsonSchema" if k == "parameters" else k): v for k, v in held.items() if k != "strict"}
        ]
    },
    "ollama": lambda held: {"type": "function", "function": {k: v for k, v in held.items() if k != "strict"}},
}
"""How a dialect writes a function of OpenAI's shape. Gemini enforces schemas by the mode of its choice, not by tool.

A function that does not say `strict` is not enforced in the shape that frameworks bind, that of Chat Completions. On
Responses it would be: its schema would be changed, and arguments with a default would have to be given
(https://developers.openai.com/api/docs/guides/function-calling, "Strict mode", read 2026-11-28)."""

_ANSWERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, object]]]] = {
    "openai-responses": lambda asked: {"text.format": _flat(asked)},
    "anthropic-messages": lambda asked: {
        "output_config.format": {"type": "json_schema", "schema": _closed(_schema(asked))}
    },
    "gemini": lambda asked: {
        "generationConfig.responseMimeType": "application/json",
        **({"generationConfig.responseJsonSchema": _schema(asked)} if asked.get("type") == "json_schema" else {}),
    },
    "ollama": lambda asked: {"format": _schema(asked) if asked.get("type") == "json_schema" else "json"},
}
"""How a dialect asks for an answer of a form, for which agents ask in OpenAI's words whatever the provider's are."""

JSON_MODES: Final = frozenset({"openai-chat", "openai-responses", "gemini", "ollama"})
"""Dialects that can be asked for JSON of no schema."""


def tools_of(bound: Sequence[Mapping[str, Any]], spoken: Dialect) -> tuple[Tool, ...]:
    """Give the tools of a call as the format has them.

    Args:
        bound: Functions in OpenAI's shape, or a provider's own tools as its wire has them.
        spoken: The dialect that the provider's own tools are written in.
    """
    found: list[Tool] = []
    for tool in bound:
        shape = "anthropic-messages" if "input_schema" in tool else spoken.id
        held = cast("object", tool.get("function"))
        written = _FUNCTIONS[shape](cast("dict[str, Any]", held)) if isinstance(held, dict) else dict(tool)
        request = dialect(shape).decode_request({"model": "", _LISTS.get(shape, "messages"): [], "tools": [written]})
        # How a list of functions is cut into objects is the dialect's to say.
        found.extend(
            replace(made, spelling=UNSET) if isinstance(held, dict) else made
            for made in request.conversation.tools or ()
        )
    return tuple(found)


_LISTS: Final = {"openai-responses": "input", "gemini": "contents"}


def params(spoken: str, options: Mapping[str, Any]) -> dict[str, Json]:
    """Give options of a call as a request's parameters; what is None is not sent.

    Args:
        spoken: The dialect's id.
        options: The options, in order: where two speak of one thing the later stands.
    """
    names = _NAMES.get(spoken, {})
    found: dict[str, Any] = {}
    for name, value in options.items():
        if value is None or (name == "stop" and value == []):
            continue
        if name == "tool_choice":
            value = _choice(spoken, value)  # noqa: PLW2901 - the same option, as the wire says it
        if name == "parallel_tool_calls" and spoken in {"anthropic-messages", "gemini", "ollama"}:
            continue  # the first says it inside `tool_choice`, below; the others have no word for it
        if name == "response_format" and spoken in _ANSWERS:
            for path, asked in _ANSWERS[spoken](cast("dict[str, Any]", value)).items():
                _put(found, path, asked)
            continue
        _put(found, names.get(name, name), value)
    if spoken == "anthropic-messages" and options.get("parallel_tool_calls") is not None:
        choice: dict[str, Any] = found.get("tool_choice", {"type": "auto"})
        if choice["type"] != "none":
            found["tool_choice"] = {**choice, "disable_parallel_tool_use": not options["parallel_tool_calls"]}
    return {name: Json.of(value) for name, value in found.items()}


def _put(found: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a path; two objects at the same one are joined, and of two values the later stands."""
    *heads, last = path.split(".")
    for head in heads:
        held = found.get(head)
        found[head] = {**cast("dict[str, Any]", held)} if isinstance(held, dict) else {}
        found = found[head]
    if not heads and isinstance(found.get(last), dict) and isinstance(value, dict):
        value = {**found[last], **cast("dict[str, Any]", value)}
    found[last] = value


def _flat(asked: Mapping[str, Any]) -> object:
    """Give the form of an answer as the Responses API has it: the name and the schema stand beside the type."""
    held = asked.get("json_schema")
    return {"type": asked["type"], **cast("dict[str, Any]", held)} if isinstance(held, dict) else asked


def _schema(asked: Mapping[str, Any]) -> object:
    """Give the schema of an answer."""
    held = asked.get("json_schema")
    return cast("dict[str, Any]", held).get("schema") if isinstance(held, dict) else asked


def _closed(schema: object) -> object:
    """Say of each object of a schema that it has no other members, where the schema says nothing of them.

    Anthropic refuses it otherwise (https://platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON
    Schema limitations", and https://github.com/ax-llm/ax/issues/458, read 2026-11-28).
    """
    if isinstance(schema, list):
        return [_closed(one) for one in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, object] = {}
    for name, value in cast("dict[str, object]", schema).items():
        if name in _NAMED and isinstance(value, dict):
            found[name] = {key: _closed(one) for key, one in cast("dict[str, object]", value).items()}
        else:
            found[name] = value if name in _DATA else _closed(value)
    kind = found.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        found.setdefault("additionalProperties", False)
    return found


_DATA: Final = frozenset({"const", "default", "enum", "examples"})
"""Members of a schema that hold values, and no schemas."""
_NAMED: Final = frozenset({"properties", "$defs", "definitions"})
"""Members of a schema that hold schemas by names of the caller's own."""


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


class Counts(NamedTuple):
    """Tokens of a call; None where the provider does not count them.

    Attributes:
        input: Those of the request, with what a cache gave.
        output: Those of the answer, with what the model thought.
        cache_read: Those of the request that a cache gave.
        cache_creation: Those of the request that were put into a cache.
        reasoning: Those of the answer that the model thought.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_creation: int | None = None
    reasoning: int | None = None


def counts_of(response: Response) -> Counts | None:
    """Give a response's counts; None where the provider counted neither what it was given nor what it made."""
    origin = response.origin
    spoken = "" if origin is UNSET or origin.dialect is UNSET else str(origin.dialect)
    told = response.fields if spoken in _BESIDE else response.usage
    if not isinstance(told, Json) or not isinstance(held := told.value, dict):
        return None
    found = Counts(**{name: _sum(cast("dict[str, Any]", held), at) for name, at in _COUNTS.get(spoken, {}).items()})
    return None if found.input is None and found.output is None else found


def layered(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Join options; what a later layer names stands where that layer stands."""
    found: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            found.pop(name, None)
            found[name] = value
    return found


def _sum(counted: Mapping[str, Any], paths: Sequence[str]) -> int | None:
    """Add what stands at the paths; None where nothing does."""
    found = [value for path in paths if isinstance(value := _at(counted, path), int)]
    return sum(found) if found else None


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return value
