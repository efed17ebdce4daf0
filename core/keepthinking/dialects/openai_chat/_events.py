"""What one delta shows to a user who watches the stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET

from keepthinking._exchange import Event
from keepthinking.dialects._text import is_dict, is_list
from keepthinking.dialects.openai_chat._names import CALLS, DETAIL_SEALS, DETAILS, FIELDS


def thoughts(delta: Mapping[str, Any], choice: int) -> Iterator[Event]:
    """Give the thinking in a delta, once, though a provider may state it in several members."""
    said = next((text for name in FIELDS if isinstance(text := delta.get(name), str) and text), None)
    if said is not None:
        yield Event(kind="thinking", choice=choice, text=said)
    for entry in _entries(delta, DETAILS):
        index = _index(entry)
        text = entry.get("text", entry.get("summary"))
        if said is None and isinstance(text, str) and text:
            yield Event(kind="thinking", choice=choice, index=index, text=text)
        yield from (
            Event(kind="seal", choice=choice, index=index, name=slot)
            for slot in DETAIL_SEALS
            if isinstance(entry.get(slot), str)
        )


def calls(delta: Mapping[str, Any], choice: int) -> Iterator[Event]:
    """Give the tool calls in a delta: a call when it gets its name, its arguments as they come."""
    for entry in _entries(delta, CALLS):
        function = entry.get("function") or entry.get("custom")
        if not is_dict(function):
            continue
        index = _index(entry)
        if isinstance(name := function.get("name"), str) and name:
            id_ = entry.get("id")
            yield Event(
                kind="tool_call", choice=choice, index=index, name=name, id=id_ if isinstance(id_, str) else UNSET
            )
        text = function.get("arguments", function.get("input"))
        if isinstance(text, str) and text:
            yield Event(kind="arguments", choice=choice, index=index, text=text)


def _entries(delta: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    found = delta.get(name)
    if is_list(found):
        yield from (entry for entry in found if is_dict(entry))


def _index(entry: Mapping[str, Any]) -> int:
    index = entry.get("index")
    return index if isinstance(index, int) else 0
