"""What one choice of a stream shows to a user who watches it.

Rule 1: the words of all events of a kind, joined, are the words of the final blocks of that kind. So a thought that a
provider states in two members at once is shown once, and white space around inline tags is not shown.
Rule 2: words are shown as soon as nothing that may still come can change what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET

from keepthinking._exchange import Event
from keepthinking._json import dump
from keepthinking._profiles import Profile
from keepthinking.dialects._grow import touched
from keepthinking.dialects._inline import Splitter
from keepthinking.dialects._text import Grow, Snapshots, is_dict, is_list
from keepthinking.dialects.openai_chat._names import CALLS, CONTENT, DETAIL_SEALS, DETAILS, FIELDS

_INLINE = "inline"


class Shown:
    """What of one choice was shown so far."""

    def __init__(self, choice: int, profile: Profile) -> None:
        self._choice = choice
        self._cumulative = profile.cumulative
        self._splitter = None if profile.tags is None else Splitter(profile.tags)
        self._wholes: dict[tuple[str, int], Snapshots] = {}
        self._named: set[int] = set()
        self._mirrors = _Mirrors()

    def delta(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        """Give what a delta shows.

        Args:
            delta: What came.
            known: The message that has already grown by it.
        """
        # Entries come before the fields that mirror them, since an entry tells which thought it is. But what mirrors
        # must never be ahead: whoever was first stays first, and a growing whole, which is shown late, never is.
        leads = self._mirrors.first in FIELDS or f"{DETAILS}[].text" in self._cumulative
        if not leads:
            yield from self._details(delta, known)
        for name in FIELDS:
            if isinstance(text := delta.get(name), str):
                yield from self._thinking(name, 0, self._new(name, 0, text))
        if leads:
            yield from self._details(delta, known)
        content = delta.get(CONTENT)
        if isinstance(content, str):
            yield from self._visible(self._new(CONTENT, 0, content))
        elif is_list(content):
            yield from self._parts(content)
        yield from self._calls(delta, known)

    def end(self) -> Iterator[Event]:
        """Give what was held back, when nothing more comes."""
        for (name, index), text in self._wholes.items():
            if name == CONTENT:
                yield from self._visible(text.end())
            else:
                yield from self._thinking(name, index, text.end())
        if self._splitter is not None:
            yield from self._pieces(self._splitter.finish())
        yield from (self._event("thinking", index, text) for index, text in self._mirrors.end())

    def _event(self, kind: Any, index: int, text: str) -> Event:
        return Event(kind=kind, choice=self._choice, index=index, text=text)

    def _new(self, name: str, index: int, text: str) -> str:
        """Give the words of a text that are new, where it may be a growing whole."""
        if (f"{name}[].text" if name == DETAILS else name) not in self._cumulative:
            return text
        return self._wholes.setdefault((name, index), Snapshots()).show(text)

    def _thinking(self, source: str, index: int, text: str) -> Iterator[Event]:
        if text:
            yield from (self._event("thinking", i, words) for i, words in self._mirrors.say(source, index, text))

    def _visible(self, text: str) -> Iterator[Event]:
        if self._splitter is not None:
            yield from self._pieces(self._splitter.feed(text))
        elif text:
            yield self._event("text", 0, text)

    def _pieces(self, pieces: Iterator[tuple[bool, str]]) -> Iterator[Event]:
        for thinks, text in pieces:
            if thinks:
                yield from self._thinking(_INLINE, 0, text)
            else:
                yield self._event("text", 0, text)

    def _details(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        for at, entry in touched(delta, known, DETAILS):
            text = entry.get("text", entry.get("summary"))
            if isinstance(text, str):
                yield from self._thinking(DETAILS, at, self._new(DETAILS, at, text))
            for slot in DETAIL_SEALS:
                if isinstance(entry.get(slot), str):
                    yield Event(kind="seal", choice=self._choice, index=at, name=slot)

    def _parts(self, content: list[Any]) -> Iterator[Event]:
        for part in content:
            if not is_dict(part):
                continue
            type_, text, thought = part.get("type"), part.get("text"), part.get("thinking")
            if type_ == "text" and isinstance(text, str) and text:
                yield self._event("text", 0, text)
            elif type_ == "thinking":
                for piece in thought if is_list(thought) else [{"text": thought}]:
                    if is_dict(piece) and isinstance(words := piece.get("text"), str) and words:
                        yield self._event("thinking", 0, words)
                if isinstance(part.get("signature"), str):
                    yield Event(kind="seal", choice=self._choice, name="signature")
            elif isinstance(type_, str) and type_:
                yield Event(kind="block", choice=self._choice, name=type_)

    def _calls(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        for at, entry in touched(delta, known, CALLS):
            function = entry.get("custom") if entry.get("type") == "custom" else entry.get("function")
            function = function if is_dict(function) else entry.get("custom")
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
                    freeform="arguments" not in function and function is entry.get("custom"),
                )
            text = function.get("arguments", function.get("input"))
            if is_dict(text):
                text = dump(text).decode()
            if isinstance(text, str) and text:
                yield self._event("arguments", at, text)


class _Mirrors:
    """Thinking that one stream states in several members: the first of them is shown, the others if they differ.

    Attributes:
        first: The member that spoke first; "" before any did.
    """

    def __init__(self) -> None:
        self.first = ""
        self._text = Grow()
        self._others: dict[str, _Mirror] = {}

    def say(self, source: str, index: int, text: str) -> Iterator[tuple[int, str]]:
        """Take new words of one member and give what is to be shown, with its index."""
        if not self.first:
            self.first = source
        if source == self.first:
            self._text.add(text)
            yield index, text
            return
        yield from self._others.setdefault(source, _Mirror()).say(index, text, self._text)

    def end(self) -> Iterator[tuple[int, str]]:
        """Give the words of members that turned out to say less than the first."""
        for other in self._others.values():
            yield from other.end(self._text)


class _Mirror:
    def __init__(self) -> None:
        self._said: list[tuple[int, str]] = []
        self._size = 0
        self._differs = False

    def say(self, index: int, text: str, first: Grow) -> Iterator[tuple[int, str]]:
        self._said.append((index, text))
        self._size += len(text)
        # A member that is ahead of the first one cannot mirror it; whether it says the same is looked at once, at the
        # end, or where it is ahead.
        if self._differs or self._size > first.size:
            yield from self._show()

    def end(self, first: Grow) -> Iterator[tuple[int, str]]:
        if "".join(text for _, text in self._said) != str(first):
            yield from self._show()

    def _show(self) -> Iterator[tuple[int, str]]:
        self._differs = True
        said, self._said = self._said, []
        yield from said
