"""Parameters of a request in the words of each wire.

Rule 1: what has a word on both sides is translated; all else stays behind, and is told.
Rule 2: a value is written anew only where the wires differ in its shape.

Sources, all read 2026-11-24: openai 3.54.0 `types/chat/completion_create_params.py` and
`types/responses/response_create_params.py`; anthropic 2.12.0 `types/message_create_params.py`; google-genai 3.4.0
`types.py` (`GenerateContentConfig`, `FunctionCallingConfig`); botocore 1.44.5 bedrock-runtime
(`InferenceConfiguration`, `ToolChoice`); mistralai 3.7.0 `models/chatcompletionrequest.py`; cohere 7.3.1
`v2/client.py`; ollama 0.6.3 `_types.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from keepthinking._json import Json, dump, load
from keepthinking._reports import Loss, LossKind
from keepthinking.convert._codecs import (
    BARE,
    PLAIN,
    Codec,
    among,
    as_list,
    negated,
    read_claude,
    read_cohere,
    read_converse,
    read_flat,
    read_gemini,
    read_nested,
    read_typed,
    read_words,
    same,
    words,
    write_claude,
    write_cohere,
    write_converse,
    write_flat,
    write_gemini,
    write_nested,
    write_typed,
)
from keepthinking.convert._losses import WHY, loss, under
from keepthinking.convert._wires import CHAT, COHERE, CONVERSE, GEMINI, MESSAGES, MISTRAL, OLLAMA, RESPONSES
from keepthinking.dialects._text import is_dict

Path: TypeAlias = tuple[str, ...]
_GENERATION, _INFERENCE, _OPTIONS = "generationConfig", "inferenceConfig", "options"


class Param(NamedTuple):
    """One parameter, in each wire that has it.

    Attributes:
        paths: Dialect to the paths of the member, the one that is written first.
        codecs: Dialect to how its value is spelt, where it is spelt otherwise.
    """

    paths: Mapping[str, tuple[Path, ...]]
    codecs: Mapping[str, Codec] = {}


def _plain(name: str, *, gemini: str = "", converse: str = "", **others: str) -> Param:
    """Give a parameter of one name in most wires."""
    paths: dict[str, tuple[Path, ...]] = {}
    for dialect, word in (
        (CHAT, others.get("chat", name)),
        (RESPONSES, others.get("responses", name)),
        (MESSAGES, others.get("messages", name)),
        (MISTRAL, others.get("mistral", name)),
        (COHERE, others.get("cohere", name)),
    ):
        if word:
            paths[dialect] = ((word,),)
    if gemini:
        paths[GEMINI] = ((_GENERATION, gemini),)
    if converse:
        paths[CONVERSE] = ((_INFERENCE, converse),)
    if ollama := others.get("ollama", name):
        paths[OLLAMA] = ((_OPTIONS, ollama),)
    return Param(paths)


PARAMS: Mapping[str, Param] = {
    "max_tokens": Param(
        {
            CHAT: (("max_completion_tokens",), ("max_tokens",)),
            RESPONSES: (("max_output_tokens",),),
            MESSAGES: (("max_tokens",),),
            GEMINI: ((_GENERATION, "maxOutputTokens"),),
            CONVERSE: ((_INFERENCE, "maxTokens"),),
            MISTRAL: (("max_tokens",),),
            COHERE: (("max_tokens",),),
            OLLAMA: ((_OPTIONS, "num_predict"),),
        }
    ),
    "temperature": _plain("temperature", gemini="temperature", converse="temperature"),
    "top_p": _plain("top_p", gemini="topP", converse="topP", cohere="p"),
    "top_k": _plain("top_k", gemini="topK", chat="", responses="", mistral="", cohere="k"),
    "seed": _plain("seed", gemini="seed", responses="", messages="", mistral="random_seed"),
    "frequency_penalty": _plain("frequency_penalty", gemini="frequencyPenalty", responses="", messages=""),
    "presence_penalty": _plain("presence_penalty", gemini="presencePenalty", responses="", messages=""),
    "choices": _plain("n", gemini="candidateCount", responses="", messages="", cohere="", ollama=""),
    "stop": Param(
        {
            CHAT: (("stop",),),
            MESSAGES: (("stop_sequences",),),
            GEMINI: ((_GENERATION, "stopSequences"),),
            CONVERSE: ((_INFERENCE, "stopSequences"),),
            MISTRAL: (("stop",),),
            COHERE: (("stop_sequences",),),
            OLLAMA: ((_OPTIONS, "stop"),),
        },
        dict.fromkeys((CHAT, MISTRAL, OLLAMA), Codec(as_list, same)),
    ),
    "tool_choice": Param(
        {
            CHAT: (("tool_choice",),),
            RESPONSES: (("tool_choice",),),
            MESSAGES: (("tool_choice",),),
            GEMINI: (("toolConfig", "functionCallingConfig"),),
            CONVERSE: (("toolConfig", "toolChoice"),),
            MISTRAL: (("tool_choice",),),
            COHERE: (("tool_choice",),),
        },
        {
            CHAT: Codec(read_words, words("required", nested=True)),
            RESPONSES: Codec(read_words, words("required", nested=False)),
            MISTRAL: Codec(read_words, words("any", nested=True)),
            MESSAGES: Codec(read_typed, write_typed),
            GEMINI: Codec(read_gemini, write_gemini),
            CONVERSE: Codec(read_converse, write_converse),
            COHERE: Codec(read_cohere, write_cohere),
        },
    ),
    "parallel": Param(
        {
            CHAT: (("parallel_tool_calls",),),
            RESPONSES: (("parallel_tool_calls",),),
            MISTRAL: (("parallel_tool_calls",),),
            MESSAGES: (("tool_choice", "disable_parallel_tool_use"),),
        },
        {MESSAGES: Codec(negated, negated)},
    ),
    "schema": Param(
        {
            CHAT: (("response_format",),),
            MISTRAL: (("response_format",),),
            RESPONSES: (("text", "format"),),
            MESSAGES: (("output_config", "format"),),
            GEMINI: ((_GENERATION, "responseJsonSchema"),),
            OLLAMA: (("format",),),
        },
        {
            CHAT: Codec(read_nested, write_nested),
            MISTRAL: Codec(read_nested, write_nested),
            RESPONSES: Codec(read_flat, write_flat),
            MESSAGES: Codec(read_claude, write_claude),
            GEMINI: BARE,
            OLLAMA: BARE,
        },
    ),
    "effort": Param(
        {
            CHAT: (("reasoning_effort",),),
            RESPONSES: (("reasoning", "effort"),),
            MISTRAL: (("reasoning_effort",),),
            MESSAGES: (("output_config", "effort"),),
        },
        dict.fromkeys((CHAT, RESPONSES, MISTRAL), among("none", "minimal", "low", "medium", "high", "xhigh", "max"))
        | {MESSAGES: among("low", "medium", "high", "xhigh", "max")},
    ),
    "verbosity": Param({CHAT: (("verbosity",),), RESPONSES: (("text", "verbosity"),)}),
    "user": Param({CHAT: (("user",),), RESPONSES: (("user",),), MESSAGES: (("metadata", "user_id"),)}),
    "store": Param({CHAT: (("store",),), RESPONSES: (("store",),)}),
    "metadata": Param({CHAT: (("metadata",),), RESPONSES: (("metadata",),), MISTRAL: (("metadata",),)}),
    "prompt_cache_key": Param({CHAT: (("prompt_cache_key",),), RESPONSES: (("prompt_cache_key",),)}),
    "safety_identifier": Param({CHAT: (("safety_identifier",),), RESPONSES: (("safety_identifier",),)}),
    "service_tier": Param(
        {CHAT: (("service_tier",),), RESPONSES: (("service_tier",),)},
        dict.fromkeys((CHAT, RESPONSES), among("auto", "default", "flex", "scale", "priority", "fast")),
    ),
    "top_logprobs": Param({CHAT: (("top_logprobs",),), RESPONSES: (("top_logprobs",),)}),
}

IMPLIED: Mapping[tuple[str, str], tuple[Path, Any]] = {
    (GEMINI, "schema"): ((_GENERATION, "responseMimeType"), "application/json"),
    (MESSAGES, "parallel"): (("tool_choice", "type"), "auto"),
}
"""What a wire wants beside a parameter, unless it is there."""

OF_TOOLS = frozenset({"tool_choice", "parallel"})
"""Parameters that are refused where a request declares no tools (OpenAI: `'tool_choice' is only allowed when 'tools'
are specified`, https://github.com/writer/writer-framework/pull/1013; botocore 1.44.8: `ToolConfiguration` has at least
one tool; read 2026-11-27)."""

_CONFIGS = {"generation_config": _GENERATION, "tool_config": "toolConfig"}
_INNER = {"function_calling_config", "functionCallingConfig"}
_SNAKE = re.compile("_([a-z])")


def convert_params(
    params: Mapping[str, Json], source: str, to: str, *, tools: bool
) -> tuple[dict[str, Json], list[Loss]]:
    """Translate parameters.

    Args:
        params: Those of the source.
        source: Its dialect.
        to: The target's dialect.
        tools: Whether the request that is made declares tools.

    Returns:
        Those of the target, and what stays behind, by path from the request.
    """
    left = {key: load(value.raw) for key, value in params.items()}
    if source == GEMINI:
        left = _camel(left)
    found: dict[str, Any] = {}
    losses: list[Loss] = []
    for name, param in _deepest_first(source):
        for path in param.paths[source] if to in param.paths and (tools or name not in OF_TOOLS) else ():
            value = at(left, path)
            written = _translated(value, param, source, to)
            if written is None or at(found, param.paths[to][0]) is not None:
                continue
            take(left, path)
            losses += _left_inside(value, _translated(written, param, to, source), ".".join(("params", *path)))
            put(found, param.paths[to][0], written)
            _imply(found, left, name, source, to)
    for key, value in left.items():
        losses += _behind(value, under("params", key))
    return {key: Json(dump(value)) for key, value in found.items()}, losses


def _translated(value: Any, param: Param, source: str, to: str) -> Any:
    """Give a value as the target spells it; None where it has no word for it."""
    neutral = None if value is None else param.codecs.get(source, PLAIN).read(value)
    return None if neutral is None else param.codecs.get(to, PLAIN).write(neutral)


def _imply(found: dict[str, Any], left: dict[str, Any], name: str, source: str, to: str) -> None:
    """Put beside a parameter what its wire wants there, and take away what the other wire wanted."""
    if (to, name) in IMPLIED:
        path, value = IMPLIED[to, name]
        if at(found, path) is None:
            put(found, path, value)
    if (source, name) in IMPLIED:
        path, value = IMPLIED[source, name]
        if at(left, path) == value:
            take(left, path)


def _camel(params: dict[str, Any]) -> dict[str, Any]:
    """Spell the members of Gemini's two configurations in camel case; it takes snake case as well."""
    found: dict[str, Any] = {}
    for key, value in params.items():
        name = _CONFIGS.get(key, key)
        if name in _CONFIGS.values() and is_dict(value):
            found[name] = {_camel_name(k): _camel_members(v) if k in _INNER else v for k, v in value.items()}
        else:
            found[name] = value
    return found


def _camel_members(value: Any) -> Any:
    return {_camel_name(key): inner for key, inner in value.items()} if is_dict(value) else value


def _camel_name(name: str) -> str:
    return _SNAKE.sub(lambda m: m[1].upper(), name)


def _deepest_first(source: str) -> Iterator[tuple[str, Param]]:
    """Give the parameters of a wire; those inside the value of another one come before it."""
    known = [(name, param) for name, param in PARAMS.items() if source in param.paths]
    yield from sorted(known, key=lambda row: -max(map(len, row[1].paths[source])))


def _left_inside(value: Any, back: Any, path: str) -> Iterator[Loss]:
    """Tell what a value held that is not in it when it comes back from the target."""
    if not is_dict(value):
        return
    for key, inner in value.items():
        if not is_dict(back) or key not in back or (isinstance(inner, str) and _differ(inner, back[key])):
            yield from _behind(inner, under(path, key))
        else:
            yield from _left_inside(inner, back[key], under(path, key))


def _differ(one: str, other: Any) -> bool:
    return not isinstance(other, str) or one.casefold() != other.casefold()


def _behind(value: Any, path: str) -> Iterator[Loss]:
    if is_dict(value) and value:
        for key, inner in value.items():
            yield from _behind(inner, under(path, key))
        return
    kind: LossKind = "spelling" if value is None or value == {} else "foreign"
    yield loss(kind, path, f"the parameter `{path.removeprefix('params.')}`", WHY)


def at(value: Any, path: Path) -> Any:
    """Give a member, or None where there is none."""
    for key in path:
        if not is_dict(value) or key not in value:
            return None
        value = value[key]
    return value


def take(value: dict[str, Any], path: Path) -> None:
    """Take a member out, and the objects that are empty then."""
    *above, last = path
    chain = [value]
    for key in above:
        chain.append(chain[-1][key])
    del chain[-1][last]
    for parent, key in zip(reversed(chain[:-1]), reversed(above), strict=True):
        if not parent[key]:
            del parent[key]


def put(value: dict[str, Any], path: Path, leaf: Any) -> None:
    """Set a member, and the objects around it."""
    *above, last = path
    for key in above:
        value = value.setdefault(key, {})
    if is_dict(leaf) and is_dict(value.get(last)):
        value[last] = {**value[last], **leaf}
    else:
        value[last] = leaf
