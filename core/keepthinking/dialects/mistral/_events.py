"""What one choice of a stream shows to a user who watches it.

Rule 1: the words of all events of a kind, joined, are the words of the final blocks of that kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET

from keepthinking._exchange import Event
from keepthinking._json import dump
from keepthinking.dialects._grow import Entries, touched
from keepthinking.dialects._text import is_dict, is_list
from keepthinking.dialects.mistral._names import CALLS, CONTENT, SIGNATURE, THINKING


class Shown:
    """What of one choice was shown so far."""

    def __init__(self, choice: int) -> None:
        self._choice = choice
        self._named: set[int] = set()
        self._blocks: set[int] = set()

    def delta(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        """Give what a delta shows.

        Args:
            delta: What came.
            known: The message that has already grown by it.
        """
        content, held = delta.get(CONTENT), known.get(CONTENT)
        if isinstance(content, str) and content:
            # behind chunks a string goes on with the last text
            at = _number(held, held.touched[-1]) if isinstance(held, Entries) else 0
            yield Event(kind="text", choice=self._choice, index=at, text=content)
        elif is_list(content) and isinstance(held, Entries):
            for at, part in touched(delta, known, CONTENT):
                yield from self._part(part, held, at)
        yield from self._calls(delta, known)

    def end(self) -> Iterator[Event]:
        """Give what was held back, which is nothing."""
        return iter(())

    def _part(self, part: Mapping[str, Any], held: Entries, at: int) -> Iterator[Event]:
        type_ = held[at].get("type")
        if type_ == "text" and isinstance(text := part.get("text"), str):
            if text:
                yield Event(kind="text", choice=self._choice, index=_number(held, at), text=text)
        elif type_ == THINKING:
            thought = part.get(THINKING)
            for piece in thought if is_list(thought) else [{"text": thought}]:
                if is_dict(piece) and isinstance(words := piece.get("text"), str) and words:
                    yield Event(kind="thinking", choice=self._choice, index=_number(held, at), text=words)
            if isinstance(part.get(SIGNATURE), str):
                yield Event(kind="seal", choice=self._choice, index=_number(held, at), name=SIGNATURE)
        elif isinstance(type_, str) and type_ and at not in self._blocks:
            self._blocks.add(at)
            yield Event(kind="block", choice=self._choice, index=_number(held, at), name=type_)

    def _calls(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        for at, entry in touched(delta, known, CALLS):
            function = entry.get("function")
            if not is_dict(function):
                continue
            if at not in self._named and isinstance(name := function.get("name"), str) and name:
                self._named.add(at)
                id_ = entry.get("id")
                yield Event(
                    kind="tool_call",
                    choice=self._choice,
                    index=at,
                    name=name,
                    id=id_ if isinstance(id_, str) else UNSET,
                )
            text = function.get("arguments")
            if is_dict(text):
                text = dump(text).decode()
            if isinstance(text, str) and text:
                yield Event(kind="arguments", choice=self._choice, index=at, text=text)


def _number(held: Any, at: int) -> int:
    """Tell which of the blocks of its kind a chunk is."""
    mine = held[at].get("type")
    return sum(is_dict(part) and part.get("type") == mine for part in held[:at])
