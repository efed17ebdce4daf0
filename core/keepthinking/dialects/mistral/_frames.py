"""A message as deltas, out: thinking as chunks, text as strings, as the vendor streams them (recorded 2025-11).

Rule 1: a chunk is cut only where what follows cannot be taken for another: see `dialects._grow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec import UNSET

from keepthinking.dialects._chunk_frames import call_deltas, pieces
from keepthinking.dialects._text import cut, is_dict, is_list
from keepthinking.dialects.mistral._names import CALLS, CONTENT, SIGNATURE, THINKING

_TEXT = frozenset({"type", "text"})
_THOUGHT = frozenset({"type", THINKING, SIGNATURE, "closed"})


def deltas(message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
    """Give a message, parsed, as deltas."""
    yield {"role": message.pop("role", "assistant")}
    content, calls = message.pop(CONTENT, UNSET), message.pop(CALLS, UNSET)
    if is_list(content) and content:
        yield from ({CONTENT: piece} for piece in _content(content, cuts))
    elif content is not UNSET:
        yield from ({CONTENT: piece} for piece in pieces(content, cuts))
    if calls is not UNSET:
        yield from call_deltas(calls, cuts)
    if message:
        yield message


def _content(parts: Sequence[Any], cuts: Random | None) -> Iterator[Any]:
    if any(is_dict(part) and ("index" in part or "id" in part) for part in parts):
        yield list(parts)  # a number or an id of its own might be taken for that of another chunk
        return
    begun = False
    for run in _runs(parts):
        part = run[0]
        if len(run) > 1 or not is_dict(part):
            yield run
        elif part.get("type") == "text" and part.keys() == _TEXT and isinstance(part["text"], str):
            for n, piece in enumerate(cut(part["text"], cuts)):
                # before a list there is no chunk that a string could go on with
                yield piece if piece and (n or begun) else [{"type": "text", "text": piece}]
        elif part.get("type") == THINKING and part.keys() <= _THOUGHT and is_list(part.get(THINKING)):
            yield from ([piece] for piece in _thought(part, cuts))
        else:
            yield run
        begun = True


def _runs(parts: Sequence[Any]) -> list[list[Any]]:
    """Put chunks together that would be taken for one if they came one after the other."""
    runs: list[list[Any]] = []
    for part in parts:
        if runs and not _differ(runs[-1][-1], part):
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _differ(one: Any, other: Any) -> bool:
    if not is_dict(one) or not is_dict(other):
        return True
    mine, theirs = one.get("type"), other.get("type")
    return isinstance(mine, str) and isinstance(theirs, str) and mine != "" and theirs not in {"", mine}


def _thought(part: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
    inner = part[THINKING]
    whole = any(len(run) > 1 for run in _runs(inner)) or not all(map(is_dict, inner))
    if whole or not inner or any("index" in piece or "id" in piece for piece in inner):
        yield part
        return
    found: list[Any] = []
    for piece in inner:
        plain = piece.get("type") == "text" and piece.keys() == _TEXT and isinstance(piece["text"], str)
        found += [{"type": "text", "text": words} for words in cut(piece["text"], cuts)] if plain else [piece]
    for n, piece in enumerate(found, 1):
        end = {key: value for key, value in part.items() if key not in {"type", THINKING}} if n == len(found) else {}
        yield {"type": THINKING, THINKING: [piece], **end}
