"""How an item grows while it is streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from keepthinking._errors import DecodeError
from keepthinking._exchange import EventKind
from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string
from keepthinking.dialects._text import Grow
from keepthinking.dialects._wire import array, is_array, is_null, is_object, is_string, write_members
from keepthinking.dialects.openai_responses._fuller import fuller
from keepthinking.dialects.openai_responses._names import (
    CALLS,
    CONTENT,
    LISTS,
    MESSAGE,
    PARTS,
    REASONING,
    SEALS,
    STRINGS,
    SUMMARY,
)


class How(NamedTuple):
    """What the events of one kind grow.

    Attributes:
        kind: The type of the item.
        list: The list of the item that holds the part, or "" where a member of the item itself grows.
        number: The member of the event that numbers the part.
        part: The type of the part.
        member: The member that grows.
        shows: The kind of event that shows it.
    """

    kind: str
    list: str
    number: str
    part: str
    member: str
    shows: EventKind | None


THOUGHTS = frozenset({"reasoning_text", "summary_text"})
"""Parts that are thinking."""


def _rows() -> Mapping[str, How]:
    rows: dict[str, How] = {}
    for kind, strings in STRINGS.items():
        for member, base in strings.items():
            rows[base] = How(kind, "", "", "", member, "arguments" if kind in CALLS else None)
    for part, (base, member) in PARTS.items():
        thinks = part in THOUGHTS
        kind, name = (REASONING if thinks else MESSAGE), (SUMMARY if part == "summary_text" else CONTENT)
        number = LISTS[kind][name][0]
        rows[base] = How(kind, name, number, part, member, "thinking" if thinks else "text")
    for kind, lists in LISTS.items():
        for name, (number, added, _) in lists.items():
            rows.setdefault(added.rpartition(".")[0], How(kind, name, number, "", "part", None))
    annotation = rows["response.output_text"]._replace(member="annotation", shows=None)
    return {**rows, "response.output_text.annotation": annotation}


GROWING: Mapping[str, How] = _rows()
"""How the type of an event begins, to what it grows; it ends with `added`, `delta` or `done`."""

_DIGITS = 9


def number(event: Slices, key: str, where: str) -> int | None:
    """Give a number of an event; nothing where it has none. Raises `DecodeError`.

    llama.cpp's server numbers neither items nor parts (`tools/server/server-task.cpp`, read 2026-11-24).
    """
    raw = bytes(event.get(key, b"null"))
    if is_null(raw):
        return None
    if not raw.isdigit() or len(raw) > _DIGITS:
        raise DecodeError(f"`{key}` of an event is not a number", where=where, culprit="provider")
    return int(raw)


class Words(NamedTuple):
    """What one event said.

    Attributes:
        part: The number of the part that it belongs to.
        text: The words.
        whole: Whether they are all words of the part, and not new ones alone.
    """

    part: int
    text: str
    whole: bool


class Growing:
    """One item that grows.

    Attributes:
        key: What tells it from the other items of its stream.
        index: Its place in the answer.
        kind: Its type.
        start: Its members when it began.
        names: What events may call it: its ids, and that of its call.
        ids: Its ids, each as one event or another stated it.
        call_id: The id of the call, or "".
        statements: What was said of it as a whole, last one last.
    """

    def __init__(self, key: int, index: int, start: Slices) -> None:
        self.key = key
        self.index = index
        self.start: Slices = {}
        self.kind = text_of(start, "type")
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.call_id = ""
        self.statements: list[bytes] = []
        self._strings: dict[str, Grow] = {}
        self._parts: dict[str, dict[int, _Part]] = {}
        self.begin(start)

    def begin(self, start: Slices) -> None:
        """Take the members with which an item begins; what is known of it already stands."""
        self.start = {key: bytes(raw) for key, raw in {**start, **self.start}.items()}
        self.name(start)
        for name in LISTS.get(self.kind, {}):
            known = self.start.get(name)
            if name not in self._parts and known is not None and is_array(known):
                found = enumerate(elements(known, name))
                self._parts[name] = {n: _Part(members(part, name)) for n, part in found if is_object(part)}

    def name(self, left: Slices) -> None:
        """Learn the ids that a statement of the item has."""
        self.call_id = self.call_id or text_of(left, "call_id")
        self.names.update(filter(None, (text_of(left, "id"), text_of(left, "call_id"))))
        if (id_ := text_of(left, "id")) and id_ not in self.ids:
            self.ids.append(id_)

    def state(self, raw: bytes, left: Slices) -> None:
        """Take the item as it is when it is done."""
        self.kind = text_of(left, "type")
        self.name(left)
        self.statements.append(raw)

    def grow(self, how: How, verb: str, event: Slices, where: str) -> Words:
        """Take one event and give its words."""
        if not how.list:
            return _add(self._strings, how.member, verb, event, where, 0)
        parts = self._parts.setdefault(how.list, {})
        raw = event.get("part")
        stated = members(raw, f"{where}, $.part", "provider") if raw is not None and is_object(raw) else {}
        at = number(event, how.number, where)
        if at is None:
            at = _place(parts, how, verb, text_of(stated, "type"))
        if how.member == "part":
            if at not in parts:
                parts[at] = _Part(stated)
            elif verb == "done":
                parts[at].state(stated)
            return Words(at, "", whole=False)
        part = parts.setdefault(at, _Part({"type": dump_string(how.part)}))
        if how.member == "annotation":
            if "annotation" in event:
                part.annotations.append(bytes(event["annotation"]))
            return Words(at, "", whole=False)
        return part.add(how.member, verb, event, where, at)

    def whole(self) -> bytes:
        """Write the item as it was stated last, or as it has grown: then without a seal, which is not complete."""
        if not self.statements:
            start: Slices = {key: raw for key, raw in self.start.items() if key not in SEALS}
            return write_members({**start, **self._grown()})
        stands, *earlier = reversed(self.statements)
        for statement in (*earlier, write_members(self._grown())):
            stands = fuller(stands, statement)
        return stands

    def _grown(self) -> Slices:
        body: Slices = {key: dump_string(join_surrogates(str(text))) for key, text in self._strings.items()}
        for name, parts in self._parts.items():
            if parts:
                body[name] = array([parts[n].whole() for n in sorted(parts)])
        return body


class _Part:
    """One part of a list of an item."""

    def __init__(self, left: Slices) -> None:
        self.left = {key: bytes(raw) for key, raw in left.items()}
        self._texts: dict[str, Grow] = {}
        self.annotations: list[bytes] = []

    def state(self, left: Slices) -> None:
        """Take the part as it is when it is done."""
        stated = fuller(write_members(left), self.whole())
        self.left = {key: bytes(raw) for key, raw in members(stated, "part", "provider").items()}
        self._texts, self.annotations = {}, []

    def add(self, member: str, verb: str, event: Slices, where: str, at: int) -> Words:
        if member not in self._texts:
            self._texts[member] = Grow(text_of(self.left, member))
        return _add(self._texts, member, verb, event, where, at)

    def whole(self) -> bytes:
        body: Slices = dict(self.left)
        body.update({key: dump_string(join_surrogates(str(text))) for key, text in self._texts.items()})
        if self.annotations:
            body["annotations"] = array(self.annotations)
        return write_members(body)


def _place(parts: Mapping[int, _Part], how: How, verb: str, type_: str) -> int:
    """Find the part of an event that numbers none: one begins behind the last, all else is about the last."""
    last = max(parts, default=-1)
    same = last >= 0 and text_of(parts[last].left, "type") in {"", type_ or how.part}
    return last if same and not (how.member == "part" and verb == "added") else last + 1


def _add(texts: dict[str, Grow], member: str, verb: str, event: Slices, where: str, at: int) -> Words:  # noqa: PLR0913, PLR0917 - an event, and where it belongs
    raw = event.get("delta" if verb == "delta" else member)
    if raw is None or not is_string(raw):
        return Words(at, "", whole=False)
    text = string(raw, where, "provider")
    if verb == "delta":
        texts.setdefault(member, Grow()).add(text)
    elif text:  # the whole text, stated once more
        texts[member] = Grow(text)
    return Words(at, text, whole=verb != "delta")


def text_of(left: Slices, key: str) -> str:
    """Give a member that is a string, or ""."""
    raw: Slice | None = left.get(key)
    return string(raw, key) if raw is not None and is_string(raw) else ""


def flat(event: Slices) -> bytes:
    """Give the error of an `error` event, whose members it is."""
    return write_members({key: raw for key, raw in event.items() if key != "sequence_number"})
