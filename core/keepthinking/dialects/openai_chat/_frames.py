"""The message of a chat completion as deltas, out."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from msgspec import UNSET

from keepthinking.dialects._chunk_frames import call_deltas, pieces, told_apart
from keepthinking.dialects._text import cut, is_dict, is_list
from keepthinking.dialects.openai_chat._names import CALLS, CONTENT, DETAIL_SEALS, DETAILS, FIELDS

_DETAIL_TEXTS = ("text", "summary")


def deltas(message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
    yield {"role": message.pop("role", "assistant")}
    calls, details, content = (message.pop(name, UNSET) for name in (CALLS, DETAILS, CONTENT))
    mirror = _mirror(message, details)
    for name in FIELDS:
        value = message.pop(name, UNSET)
        if value is not UNSET and name != mirror:
            yield from ({name: piece} for piece in pieces(value, cuts))
    if details is not UNSET:
        for piece in _entries(DETAILS, details, _DETAIL_TEXTS, cuts):
            words = "".join(map(_words, piece[DETAILS])) if mirror is not None else ""
            yield {mirror: words, **piece} if mirror is not None and words != "" else piece
    if content is not UNSET:
        yield from ({CONTENT: piece} for piece in pieces(content, cuts))
    if calls is not UNSET:
        yield from call_deltas(calls, cuts)
    if message:
        yield message


def _mirror(message: dict[str, Any], details: object) -> str | None:
    """Name the member that says the words of the entries once more: a provider states both in the same deltas."""
    if not is_list(details) or not details or not told_apart(details):
        return None
    words = "".join(map(_words, details))
    return next((name for name in FIELDS if words != "" and message.get(name) == words), None)


def _words(entry: object) -> str:
    texts = [entry.get(name) for name in _DETAIL_TEXTS] if is_dict(entry) else []
    return next((text for text in texts if isinstance(text, str)), "")


_REPEATED = ("type", "index", "id", "format")
"""Members that every piece of an entry states, the one with the seal alone, too
(https://github.com/earendil-works/pi/issues/9534, OpenRouter's own stream; read 2026-11-29)."""


def _entries(name: str, entries: Any, texts: tuple[str, ...], cuts: Random | None) -> Iterator[dict[str, Any]]:
    if not is_list(entries) or not entries or not told_apart(entries):
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
        same = {key: entry[key] for key in _REPEATED if entry.get(key) is not None}
        yield from ({name: [{**same, member: piece}]} for piece in more)
        if seals:
            yield {name: [{**same, **seals}]}
