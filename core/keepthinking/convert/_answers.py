"""Answers in the words of each wire: why one ended, and what it cost.

Sources, all read 2026-11-24: openai 3.54.0 `types/chat/chat_completion.py`, `types/completion_usage.py`,
`types/responses/response.py` and `response_usage.py`; anthropic 2.12.0 `types/stop_reason.py`, `types/usage.py`;
google-genai 3.4.0 `types.py` (`FinishReason`, `GenerateContentResponseUsageMetadata`); botocore 1.44.5 bedrock-runtime
(`StopReason`, `TokenUsage`); mistralai 3.7.0 `models/`; cohere 7.3.1 `types/`; ollama 0.6.3 `_types.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from keepthinking._exchange import Response
from keepthinking._json import Json, load
from keepthinking._reports import Loss, LossKind
from keepthinking.convert._losses import WHY, loss, under
from keepthinking.convert._params import Path, at, put
from keepthinking.convert._wires import CHAT, COHERE, CONVERSE, GEMINI, MESSAGES, MISTRAL, OLLAMA, RESPONSES
from keepthinking.dialects._text import is_dict

STOPS: Mapping[str, Mapping[str, str]] = {
    CHAT: {"end": "stop", "length": "length", "tools": "tool_calls", "refused": "content_filter"},
    MISTRAL: {"end": "stop", "length": "length", "tools": "tool_calls", "error": "error"},
    MESSAGES: {
        "end": "end_turn",
        "length": "max_tokens",
        "tools": "tool_use",
        "sequence": "stop_sequence",
        "refused": "refusal",
    },
    CONVERSE: {
        "end": "end_turn",
        "length": "max_tokens",
        "tools": "tool_use",
        "sequence": "stop_sequence",
        "refused": "content_filtered",
    },
    GEMINI: {"end": "STOP", "length": "MAX_TOKENS", "refused": "SAFETY"},
    COHERE: {
        "end": "COMPLETE",
        "length": "MAX_TOKENS",
        "tools": "TOOL_CALL",
        "sequence": "STOP_SEQUENCE",
        "error": "ERROR",
    },
    OLLAMA: {"end": "stop", "length": "length"},
    RESPONSES: {},  # its `status` says it, and that is the response's outcome
}
"""Why an answer ended, in the words of each wire."""

CUTS: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "refused"}
"""What cut an answer of Responses short (`incomplete_details.reason`)."""

CLOSEST: Mapping[str, str] = {"tools": "end", "sequence": "end", "error": "end", "refused": "end"}
"""What is said where the wire has no word of its own; that calls were made is plain from the calls."""

EITHER = frozenset({CONVERSE, COHERE})
"""Wires whose body is an answer or an error: a stream ends with the error, a body has no member for it."""

USAGE: Mapping[str, Mapping[str, Path]] = {
    CHAT: {
        "input": ("prompt_tokens",),
        "output": ("completion_tokens",),
        "total": ("total_tokens",),
        "cached": ("prompt_tokens_details", "cached_tokens"),
        "thinking": ("completion_tokens_details", "reasoning_tokens"),
    },
    MISTRAL: {"input": ("prompt_tokens",), "output": ("completion_tokens",), "total": ("total_tokens",)},
    RESPONSES: {
        "input": ("input_tokens",),
        "output": ("output_tokens",),
        "total": ("total_tokens",),
        "cached": ("input_tokens_details", "cached_tokens"),
        "thinking": ("output_tokens_details", "reasoning_tokens"),
    },
    MESSAGES: {"input": ("input_tokens",), "output": ("output_tokens",), "read": ("cache_read_input_tokens",)},
    CONVERSE: {
        "input": ("inputTokens",),
        "output": ("outputTokens",),
        "total": ("totalTokens",),
        "read": ("cacheReadInputTokens",),
    },
    GEMINI: {
        "input": ("promptTokenCount",),
        "answer": ("candidatesTokenCount",),
        "total": ("totalTokenCount",),
        "cached": ("cachedContentTokenCount",),
        "thought": ("thoughtsTokenCount",),
    },
}
"""Token counts. `input` holds `cached`, `output` holds `thinking`; `read` stands beside `input`, `thought` beside
`answer`, as the vendors count."""


def convert_stop(response: Response, source: str, to: str) -> tuple[str | None | UnsetType, list[Loss]]:
    """Translate why an answer ended; a wire that has no word for a call tells it by the call alone."""
    stop, words, known = response.stop_reason, STOPS.get(to, {}), STOPS.get(source)
    wordless = known is not None and not known
    if wordless:
        meaning = _told(response)
    elif isinstance(stop, str):
        meaning = next((name for name, word in (known or {}).items() if word == stop), None)
    else:
        return stop if stop is None and words else UNSET, []
    if meaning == "end" and "tools" not in (known or {}) and any(one.tool_calls for one in response.messages[:1]):
        meaning = "tools"
    if meaning is not None and meaning in words:
        return words[meaning], []
    closest = words.get(CLOSEST.get(meaning or "", ""), UNSET)
    kind: LossKind = "foreign" if meaning is None or not words else "spelling"
    told = loss(kind, "stop_reason", f"why the answer ended (`{stop}`)", "the wire has no word for it")
    return closest, [] if wordless else [told]


def _told(response: Response) -> str | None:
    """Tell why an answer ended where the wire has no word for that: by its outcome, and what it was cut by."""
    fields = load(response.fields.raw) if isinstance(response.fields, Json) else None
    cut = at(fields, ("incomplete_details", "reason"))
    if response.outcome == "truncated":
        return CUTS.get(cut) if isinstance(cut, str) else None
    return "end" if response.outcome == "complete" else None


def convert_usage(usage: Json | UnsetType, source: str, to: str) -> tuple[Json | UnsetType, list[Loss]]:
    """Translate token counts."""
    if isinstance(usage, UnsetType):
        return UNSET, []
    value = load(usage.raw)
    before, after = USAGE.get(source, {}), USAGE.get(to, {})
    if not is_dict(value) or not before or not after:
        return UNSET, list(_behind(value, "usage"))
    counts = {name: count for name, path in before.items() if isinstance(count := at(value, path), int)}
    counts = _counted(counts)
    if "read" in after:
        counts = _besides(counts)
    found: dict[str, Any] = {}
    for name, path in after.items():
        if name in counts:
            put(found, path, counts[name])
    told = [path for name, path in before.items() if _known(name) in {_known(other) for other in after}]
    return Json.of(found), [one for one in _behind(value, "usage") if one.path not in {_dotted(p) for p in told}]


def _known(name: str) -> str:
    return {"read": "cached", "thought": "thinking", "answer": "output"}.get(name, name)


def _dotted(path: Path) -> str:
    return ".".join(("usage", *path))


def _counted(counts: dict[str, int]) -> dict[str, int]:
    """Give each count in both ways of counting."""
    found = dict(counts)
    if "read" in counts:
        found["cached"] = counts["read"]
        found["input"] = counts.get("input", 0) + counts["read"]
    if "answer" in counts or "thought" in counts:
        found["output"] = counts.get("answer", 0) + counts.get("thought", 0)
        if "thought" in counts:
            found["thinking"] = counts["thought"]
    if "output" in found and "answer" not in found:
        found["answer"] = found["output"] - found.get("thinking", 0)
        if "thinking" in found:
            found["thought"] = found["thinking"]
    if "cached" in found and "read" not in found:
        found["read"] = found["cached"]
    if {"input", "output"} <= found.keys():
        found.setdefault("total", found["input"] + found["output"])
    return found


def _besides(counts: dict[str, int]) -> dict[str, int]:
    """Take what was read from a cache out of the input, for wires that count it beside."""
    return counts | {"input": counts["input"] - counts["read"]} if {"input", "read"} <= counts.keys() else counts


def _behind(value: Any, path: str) -> Iterator[Loss]:
    if is_dict(value) and value:
        for key, inner in value.items():
            yield from _behind(inner, under(path, key))
        return
    # counts never come back, so nothing of the model's memory is in them
    yield loss("spelling", path, "a count of tokens", WHY)
