"""A body with choices as a stream of `chat.completion.chunk`s, out. What the deltas hold is each room's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from msgspec import UNSET

from keepthinking._json import dump
from keepthinking.dialects._chunks import CHUNK, WHOLE
from keepthinking.dialects._grow import CALLS
from keepthinking.dialects._sse import frame
from keepthinking.dialects._text import cut, is_dict, is_list

_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
"""What vendors repeat in each chunk; what else stands beside the choices is said once."""


def frames(
    body: dict[str, Any],
    cuts: Random | None,
    deltas: Callable[[dict[str, Any], Random | None], Iterator[dict[str, Any]]],
    *,
    whole: bool,
) -> Iterator[bytes]:
    """Write a whole body as a stream.

    Args:
        body: The body, parsed; it is taken apart.
        cuts: Where given, texts are cut into random pieces by it.
        deltas: Gives the deltas of a message, which it may take apart.
        whole: Whether the stream ends with `[DONE]`.

    Raises:
        EncodeError: The body holds a number that Python cannot hold.
    """
    choices: list[dict[str, Any]] = body.pop("choices", None) or []
    usage = body.pop("usage", UNSET)
    error = body.pop("error", None)
    if body.get("object") == WHOLE:
        body["object"] = CHUNK
    head = {key: body.pop(key) for key in _HEAD if key in body}

    def chunk(number: object, delta: dict[str, Any], more: dict[str, Any]) -> bytes:
        return frame(dump({**head, "choices": [{"index": number, "delta": delta, **more}]}))

    for n, choice in enumerate(choices):
        message = choice.pop("message", None)
        choice.pop("delta", None)  # null or empty beside a whole message; here it is the member that speaks
        number = choice.pop("index", None)
        number = n if number is None else number
        # vendors say in each chunk that there is no reason yet, and the client of Mistral insists on it (3.7.0)
        going_on = {"finish_reason": None} if "finish_reason" in choice else {}
        for delta in deltas(message, cuts) if is_dict(message) else ():
            yield chunk(number, delta, going_on)
        yield chunk(number, {}, choice)
    if usage is not UNSET or body or (not choices and error is None):
        yield frame(dump({**head, **body, "choices": [], **({} if usage is UNSET else {"usage": usage})}))
    if error is not None:
        yield frame(dump({**head, "error": error}))
    if whole:
        yield b"data: [DONE]\n\n"


def pieces(value: object, cuts: Random | None) -> list[Any]:
    """Cut a value into pieces if it is a text; another one is one piece."""
    return list(cut(value, cuts)) if isinstance(value, str) else [value]


def told_apart(entries: list[Any]) -> bool:
    """Tell whether each entry has a number of its own: those that do not are sent together, or they would be joined."""
    numbers = [entry.get("index") if is_dict(entry) else None for entry in entries]
    return all(isinstance(number, int) for number in numbers) and len(set(numbers)) == len(numbers)


def call_deltas(calls: Any, cuts: Random | None) -> Iterator[dict[str, Any]]:
    """Give tool calls as deltas."""
    if not is_list(calls) or not calls or not all(map(is_dict, calls)):
        yield {CALLS: calls}
        return
    own = told_apart(calls)
    for n, call in enumerate(calls):
        numbered = {**call, "index": call["index"] if own else n}
        inner_name = "custom" if call.get("type") == "custom" or "function" not in call else "function"
        inner = call.get(inner_name)
        key = "input" if inner_name == "custom" else "arguments"
        if not is_dict(inner) or not isinstance(inner.get(key), str):
            yield {CALLS: [numbered]}
            continue
        first, *more = cut(inner[key], cuts)
        yield {CALLS: [{**numbered, inner_name: {**inner, key: first}}]}
        yield from ({CALLS: [{"index": numbered["index"], inner_name: {key: piece}}]} for piece in more)
