"""A chat completion as a stream, out."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from msgspec import UNSET

from keepthinking._json import dump
from keepthinking.dialects._sse import frame
from keepthinking.dialects._text import cut, is_dict, is_list
from keepthinking.dialects.openai_chat._names import CALLS, CHUNK, CONTENT, DETAIL_SEALS, DETAILS, FIELDS, WHOLE

_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
"""What vendors repeat in each chunk; what else stands beside the choices is said once."""


_DETAIL_TEXTS = ("text", "summary")


def frames(body: dict[str, Any], cuts: Random | None, *, whole: bool) -> Iterator[bytes]:
    """Write a whole body as a stream.

    Args:
        body: The body, parsed; it is taken apart.
        cuts: Where given, texts are cut into random pieces by it.
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
        for delta in _deltas(message, cuts) if is_dict(message) else ():
            yield chunk(number, delta, going_on)
        yield chunk(number, {}, choice)
    if usage is not UNSET or body or (not choices and error is None):
        yield frame(dump({**head, **body, "choices": [], **({} if usage is UNSET else {"usage": usage})}))
    if error is not None:
        yield frame(dump({**head, "error": error}))
    if whole:
        yield b"data: [DONE]\n\n"


def _deltas(message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
    yield {"role": message.pop("role", "assistant")}
    calls, details, content = (message.pop(name, UNSET) for name in (CALLS, DETAILS, CONTENT))
    mirror = _mirror(message, details)
    for name in FIELDS:
        value = message.pop(name, UNSET)
        if value is not UNSET and name != mirror:
            yield from ({name: piece} for piece in _pieces(value, cuts))
    if details is not UNSET:
        for piece in _entries(DETAILS, details, _DETAIL_TEXTS, cuts):
            words = "".join(map(_words, piece[DETAILS])) if mirror is not None else ""
            yield {mirror: words, **piece} if mirror is not None and words != "" else piece
    if content is not UNSET:
        yield from ({CONTENT: piece} for piece in _pieces(content, cuts))
    if calls is not UNSET:
        yield from _calls(calls, cuts)
    if message:
        yield message


def _mirror(message: dict[str, Any], details: object) -> str | None:
    """Name the member that says the words of the entries once more: a provider states both in the same deltas."""
    if not is_list(details) or not details or not _are_told_apart(details):
        return None
    words = "".join(map(_words, details))
    return next((name for name in FIELDS if words != "" and message.get(name) == words), None)


def _words(entry: object) -> str:
    texts = [entry.get(name) for name in _DETAIL_TEXTS] if is_dict(entry) else []
    return next((text for text in texts if isinstance(text, str)), "")


def _pieces(value: object, cuts: Random | None) -> list[Any]:
    return list(cut(value, cuts)) if isinstance(value, str) else [value]


def _entries(name: str, entries: Any, texts: tuple[str, ...], cuts: Random | None) -> Iterator[dict[str, Any]]:
    if not is_list(entries) or not entries or not _are_told_apart(entries):
        yield {name: entries}
        return
    for entry in entries:
        member = next((text for text in texts if isinstance(entry.get(text), str)), None)
        if member is None:
            yield {name: [entry]}
            continue
        first, *more = cut(entry[member], cuts)
        seals = {slot: entry[slot] for slot in DETAIL_SEALS if slot in entry} if more else {}
        yield {name: [{**{k: v for k, v in entry.items() if k not in seals}, member: first}]}
        same = {key: entry[key] for key in ("type", "index", "id") if entry.get(key) is not None}
        yield from ({name: [{**same, member: piece}]} for piece in more)
        if seals:
            yield {name: [{**same, **seals}]}


def _are_told_apart(entries: list[Any]) -> bool:
    """Tell whether each entry has a number of its own: those that do not are sent together, or they would be joined."""
    numbers = [entry.get("index") if is_dict(entry) else None for entry in entries]
    return all(isinstance(number, int) for number in numbers) and len(set(numbers)) == len(numbers)


def _calls(calls: Any, cuts: Random | None) -> Iterator[dict[str, Any]]:
    if not is_list(calls) or not calls or not all(map(is_dict, calls)):
        yield {CALLS: calls}
        return
    own = _are_told_apart(calls)
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
