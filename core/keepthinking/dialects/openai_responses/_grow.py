"""How an item grows while it is streamed, and what of several statements of it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from keepthinking._errors import DecodeError
from keepthinking._exchange import EventKind
from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string
from keepthinking.dialects._text import Grow
from keepthinking.dialects._wire import array, is_array, is_object, is_string, write_members
from keepthinking.dialects.openai_responses._names import (
    ASSISTANT,
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


def _rows() -> Mapping[str, How]:
    rows: dict[str, How] = {}
    for kind, strings in STRINGS.items():
        for member, base in strings.items():
            rows[base] = How(kind, "", "", "", member, "arguments" if kind in CALLS else None)
    for part, (base, member) in PARTS.items():
        thinks = part in {"reasoning_text", "summary_text"}
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


def number(event: Slices, key: str, where: str) -> int:
    """Give a number of an event. Raises `DecodeError`."""
    raw = bytes(event.get(key, b""))
    if not raw.isdigit() or len(raw) > _DIGITS:
        raise DecodeError(f"`{key}` of an event is not a number", where=where, culprit="provider")
    return int(raw)


class Growing:
    """One item that grows."""

    def __init__(self, start: Slices) -> None:
        self.start = {key: bytes(raw) for key, raw in start.items()}
        self.statements: list[bytes] = []
        self._strings: dict[str, Grow] = {}
        self._parts: dict[tuple[str, int], _Part] = {}
        raw = self.start.get("type", b"")
        self.kind = string(raw, "type") if raw and is_string(raw) else ""
        for name in LISTS.get(self.kind, {}):
            known = self.start.get(name)
            for n, part in enumerate(elements(known, name) if known is not None and is_array(known) else []):
                if is_object(part):
                    self._parts[name, n] = _Part(members(part, name))

    @classmethod
    def of(cls, how: How) -> Growing:
        """Begin with an item that no event began."""
        start: Slices = {"type": dump_string(how.kind)}
        return cls({**start, "role": dump_string(ASSISTANT)} if how.kind == MESSAGE else start)

    def grow(self, how: How, verb: str, event: Slices, where: str) -> str:
        """Take one event, and give the words that are new by it."""
        if not how.list:
            return _add(self._strings, how.member, verb, event, where)
        place = (how.list, number(event, how.number, where))
        part = self._parts.get(place)
        if how.member == "part":
            raw = event.get("part")
            if raw is not None and is_object(raw):
                self._parts[place] = _Part(members(raw, f"{where}, $.part", "provider"))
            return ""
        if part is None:
            part = self._parts[place] = _Part({"type": dump_string(how.part)})
        if how.member == "annotation":
            if "annotation" in event:
                part.annotations.append(bytes(event["annotation"]))
            return ""
        return part.add(how.member, verb, event, where)

    def whole(self) -> bytes:
        """Write the item as it was stated last, or as it has grown: then without a seal, which is not complete."""
        if self.statements:
            return self.statements[-1]
        body: Slices = {key: raw for key, raw in self.start.items() if key not in SEALS}
        body.update({key: dump_string(join_surrogates(str(text))) for key, text in self._strings.items()})
        for name in {name for name, _ in self._parts}:
            parts = sorted((n, part) for (held, n), part in self._parts.items() if held == name)
            body[name] = array([part.whole() for _, part in parts])
        return write_members(body)


class _Part:
    """One part of a list of an item."""

    def __init__(self, left: Slices) -> None:
        self._left = {key: bytes(raw) for key, raw in left.items()}
        self._texts: dict[str, Grow] = {}
        self.annotations: list[bytes] = []

    def __lt__(self, other: object) -> bool:
        return False

    def add(self, member: str, verb: str, event: Slices, where: str) -> str:
        if member not in self._texts:
            raw = self._left.get(member)
            self._texts[member] = Grow(string(raw, member) if raw is not None and is_string(raw) else "")
        return _add(self._texts, member, verb, event, where)

    def whole(self) -> bytes:
        body: Slices = dict(self._left)
        body.update({key: dump_string(join_surrogates(str(text))) for key, text in self._texts.items()})
        if self.annotations:
            body["annotations"] = array(self.annotations)
        return write_members(body)


def _add(texts: dict[str, Grow], member: str, verb: str, event: Slices, where: str) -> str:
    raw = event.get("delta" if verb == "delta" else member)
    if raw is None or not is_string(raw):
        return ""
    text = string(raw, where, "provider")
    if verb != "delta":  # the whole text, stated once more
        texts[member] = Grow(text)
        return ""
    texts.setdefault(member, Grow()).add(text)
    return text


def flat(event: Slices) -> bytes:
    """Give the error of an `error` event, whose members it is."""
    return write_members({key: raw for key, raw in event.items() if key != "sequence_number"})


# -- several statements -------------------------------------------------------------------------------------------


class Merged(NamedTuple):
    """The items of an answer.

    Attributes:
        items: Each item, in order.
        alternates: Index of an item to what else was stated of its seals, by slot.
    """

    items: list[bytes]
    alternates: dict[int, dict[str, list[str]]]


class _Stated(NamedTuple):
    raw: bytes
    kind: str
    id: str

    @classmethod
    def of(cls, raw: bytes) -> _Stated:
        left = members(raw, "$.output", "provider")
        return cls(raw, _text(left, "type"), _text(left, "id"))


def merge(last: Sequence[bytes], grown: Mapping[int, Growing]) -> Merged:
    """Put the items of the last event and those that were streamed before it together.

    Args:
        last: The items of the event that ended the stream; none where it had none.
        grown: The streamed items, by their index in the answer.
    """
    held = [_Stated.of(raw) for raw in last]
    if not held:
        order = sorted(grown)
        alternates = {at: _others(grown[index].whole(), grown[index]) for at, index in enumerate(order)}
        return Merged([grown[index].whole() for index in order], _some(alternates))
    partner: dict[int, Growing] = {}
    left: list[tuple[int, Growing, _Stated]] = []
    for index in sorted(grown):
        one = _Stated.of(grown[index].whole())
        at = next((n for n, known in enumerate(held) if one.id and known.id == one.id and n not in partner), None)
        if at is None and index < len(held) and held[index].kind == one.kind and index not in partner:
            at = index  # some gateways give an item another id in each event
        if at is None:
            left.append((index, grown[index], one))
        else:
            partner[at] = grown[index]
    # An item that the last event left out stands all the same; one that it only moved does not stand twice.
    spare = Counter(known.kind for n, known in enumerate(held) if n not in partner)
    items: list[tuple[_Stated, Growing | None]] = [(known, partner.get(n)) for n, known in enumerate(held)]
    for index, growing, one in left:
        if spare[one.kind]:
            spare[one.kind] -= 1
        else:
            items.insert(min(index, len(items)), (one, growing))
    alternates = {at: _others(one.raw, growing) for at, (one, growing) in enumerate(items) if growing is not None}
    return Merged([one.raw for one, _ in items], _some(alternates))


def _others(raw: bytes, growing: Growing) -> dict[str, list[str]]:
    """Give what complete statements of an item say of its seals that the one that stands does not."""
    stands = members(raw, "$.output", "provider")
    found: dict[str, list[str]] = {}
    for statement in growing.statements:
        left = members(statement, "$.output", "provider")
        for slot in SEALS:
            wire = _text(left, slot)
            if wire and wire != _text(stands, slot) and wire not in found.get(slot, []):
                found.setdefault(slot, []).append(wire)
    return found


def _some(alternates: dict[int, dict[str, list[str]]]) -> dict[int, dict[str, list[str]]]:
    return {at: found for at, found in alternates.items() if found}


def _text(left: Slices, key: str) -> str:
    raw: Slice | None = left.get(key)
    return string(raw, key) if raw is not None and is_string(raw) else ""


__all__ = ["GROWING", "Growing", "How", "Merged", "flat", "merge", "number"]
