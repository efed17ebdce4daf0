"""Answers as the wire has them, for dialects whose messages are no list of blocks.

The shapes are those of recorded traffic (OpenAI's Responses API with several models, DeepSeek's of the same shape,
Gemini with the Gemini API and with Vertex AI), and for Ollama those of the server's own code. What the format makes of
them is the dialect's matter: a script reads its own words by the dialect, so a defect of reading shows as a difference
from what was sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw

from keepthinking_conformance.provider._hosted import HOSTED
from keepthinking_conformance.provider._projected import plain, written
from keepthinking_conformance.scenarios import Call, Hosted, Part, Say, Think

if TYPE_CHECKING:
    from keepthinking_conformance.provider._threads import Called
    from keepthinking_conformance.provider._voices import Voice


class Spoken(NamedTuple):
    """One part of an answer with its words.

    Attributes:
        part: What the scenario says.
        path: Where its words come from.
        text: Its words; "" for a call.
        called: The call.
        edge: White space at both ends of a thought that has a field of its own.
        sealed: Whether it may carry a seal where the provider makes some.
    """

    part: Part
    path: str
    text: str = ""
    called: Called | None = None
    edge: str = ""
    sealed: bool = True


class Frame(NamedTuple):
    """What stands around the content of an answer.

    Attributes:
        id: The answer's id.
        model: The model's name.
        created: Seconds since the epoch.
        envelope: What else stands there.
        asked: How many tokens were sent.
        thought: How many of the answer's tokens are thinking.
        said: How many are not.
    """

    id: str
    model: str
    created: int
    envelope: Mapping[str, Any]
    asked: int
    thought: int
    said: int


class Shape(NamedTuple):
    """How a dialect writes an answer.

    Attributes:
        content: Writes the parts.
        body: Writes the whole around them.
    """

    content: Callable[[Voice, Sequence[Spoken]], list[Any]]
    body: Callable[[list[Any], Frame], dict[str, Any]]


# -- the Responses API -------------------------------------------------------------------------------------------------


def _items(voice: Voice, spoken: Sequence[Spoken]) -> list[Any]:
    phase = "commentary" if any(one.called for one in spoken) else "final_answer"
    return [item for one in spoken for item in _written(voice, one, phase)]


def _written(voice: Voice, one: Spoken, phase: str) -> list[dict[str, Any]]:
    if isinstance(one.part, Hosted):
        return HOSTED[voice.dialect](voice.words, one.path)
    return [_item(voice, one, one.part, phase)]


def _item(voice: Voice, one: Spoken, part: Think | Say | Call, phase: str) -> dict[str, Any]:
    id_ = voice.words.code(f"{one.path}/item", 24)
    match part:
        case Think(kind=kind):
            id_ = voice.mint.item_id(one.path) if voice.served.sealed else f"rs_{id_}"
            item: dict[str, Any] = {"id": id_, "type": "reasoning", "summary": []}
            paragraphs = [] if kind == "redacted" else one.text.split("\n\n")
            if voice.served.raw:
                item["content"] = [{"type": "reasoning_text", "text": one.text}]
                item["status"] = "completed"
            else:
                item["summary"] = [{"type": "summary_text", "text": text} for text in paragraphs]
            seal = voice.mint.seal(one.path, written([]), b"") if voice.served.sealed else ""
            return {**item, "encrypted_content": seal} if seal else item
        case Say():
            text: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": one.text}
            told: dict[str, Any] = {"status": "completed", "role": "assistant", "content": [text]}
            return {"id": f"msg_{id_}", "type": "message", "phase": phase, **told}
        case Call(tool=tool):
            made = {"status": "completed", "arguments": _arguments(one), "call_id": _id(one), "name": tool}
            return {"id": f"fc_{id_}", "type": "function_call", **made}


def _response(content: list[Any], frame: Frame) -> dict[str, Any]:
    return {
        "id": frame.id,
        "created_at": frame.created,
        **frame.envelope,
        "model": frame.model,
        "output": content,
        "usage": {
            "input_tokens": frame.asked,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
            "output_tokens": frame.thought + frame.said,
            "output_tokens_details": {"reasoning_tokens": frame.thought},
            "total_tokens": frame.asked + frame.thought + frame.said,
        },
    }


# -- Gemini ------------------------------------------------------------------------------------------------------------


def _parts(voice: Voice, spoken: Sequence[Spoken]) -> list[Any]:
    """Write parts, with the seal where the model seals: on the first call, sometimes on each, else on the last text.

    A seal of a text may come behind it, on an empty one, as it does at the end of streams.
    """
    calls = [one for one in spoken if one.called]
    sealed = calls if _chance(voice, spoken, "each") else calls[:1]
    parts: list[Any] = []
    for one in spoken:
        is_sealed = one.sealed and voice.served.sealed and (one in sealed or (not calls and one is spoken[-1]))
        seal = {"thoughtSignature": _seal(voice, one)} if is_sealed else {}
        if isinstance(one.part, Call):
            id_ = _id(one)
            made = {} if id_ is None else {"id": id_}
            held = {"name": one.part.tool, "args": Raw(_arguments(one).encode())}
            parts.append({"functionCall": {**made, **held}, **seal})
        elif isinstance(one.part, Think):
            parts.append({"text": one.text, "thought": True})
        elif seal and _chance(voice, spoken, "behind"):
            parts += [{"text": one.text}, {"text": "", **seal}]
        else:
            parts.append({"text": one.text, **seal})
    return parts


def _seal(voice: Voice, one: Spoken) -> str:
    held = [] if one.called is None else [one.called.call.tool, plain(one.called.arguments)]
    return voice.mint.seal(one.path, written(held), b"")


def _chance(voice: Voice, spoken: Sequence[Spoken], what: str) -> bool:
    return bool(voice.words.number(f"{spoken[0].path}/{what}", 2))


def _candidate(content: list[Any], frame: Frame) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"parts": content, "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": frame.asked,
            "candidatesTokenCount": frame.said,
            "totalTokenCount": frame.asked + frame.thought + frame.said,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": frame.asked}],
            "thoughtsTokenCount": frame.thought,
        },
        **frame.envelope,
        "modelVersion": frame.model,
        "responseId": frame.id,
    }


# -- Ollama ------------------------------------------------------------------------------------------------------------


def _message(voice: Voice, spoken: Sequence[Spoken]) -> list[Any]:
    """Write the one message: a member for each kind of thing; `content` is there in any case.

    Source: https://github.com/ollama/ollama/blob/main/api/types.go, `Message` (read 2026-11-28).
    """
    del voice
    thought = "\n\n".join(one.text for one in spoken if isinstance(one.part, Think))
    said = " ".join(one.text for one in spoken if isinstance(one.part, Say))
    calls = [
        {"function": {"name": one.part.tool, "arguments": Raw(_arguments(one).encode())}}
        for one in spoken
        if isinstance(one.part, Call)
    ]
    held = {"thinking": thought, "tool_calls": calls}
    return [{"role": "assistant", "content": said, **{name: value for name, value in held.items() if value}}]


def _chat(content: list[Any], frame: Frame) -> dict[str, Any]:
    """Write what stands around it; the durations are so many nanoseconds a token."""
    made = frame.thought + frame.said
    return {
        "model": frame.model,
        "created_at": f"{dt.datetime.fromtimestamp(frame.created, dt.UTC):%Y-%m-%dT%H:%M:%S}.114086Z",
        "message": content[0],
        "done_reason": "stop",
        "done": True,
        "total_duration": (frame.asked + made) * 1_000_001,
        "load_duration": 1_000_000,
        "prompt_eval_count": frame.asked,
        "prompt_eval_duration": frame.asked * 1_000_000,
        "eval_count": made,
        "eval_duration": made * 1_000_000,
        **frame.envelope,
    }


def _arguments(one: Spoken) -> str:
    return "" if one.called is None else one.called.arguments


def _id(one: Spoken) -> str | None:
    return None if one.called is None or not isinstance(one.called.id, str) else one.called.id


SHAPES: Final[Mapping[str, Shape]] = {
    "openai-responses": Shape(_items, _response),
    "gemini": Shape(_parts, _candidate),
    "ollama": Shape(_message, _chat),
}
"""The shapes by dialect; the other dialects' messages are made as values."""
