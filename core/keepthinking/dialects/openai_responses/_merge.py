"""What an answer holds: the items of the event that ended its stream, and those that were streamed before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from keepthinking._json import members
from keepthinking.dialects.openai_responses._fuller import fuller
from keepthinking.dialects.openai_responses._grow import Growing, text_of
from keepthinking.dialects.openai_responses._names import SEALS


class Merged(NamedTuple):
    """One item of an answer.

    Attributes:
        raw: The item.
        growing: The item as it was streamed, if it was.
        alternates: What else was stated of its seals, by slot.
        ids: What else was stated as its id.
    """

    raw: bytes
    growing: Growing | None
    alternates: dict[str, list[str]]
    ids: list[str]

    @classmethod
    def of(cls, last: bytes | None, growing: Growing | None) -> Merged:
        """Put two statements of one item together."""
        if growing is None:
            return cls(last or b"{}", None, {}, [])
        raw = growing.whole() if last is None else fuller(last, growing.whole())
        stands = text_of(members(raw, "$.output", "provider"), "id")
        return cls(raw, growing, _others(raw, growing), [id_ for id_ in growing.ids if id_ != stands])


class _Stated(NamedTuple):
    raw: bytes
    kind: str
    id: str
    call_id: str

    @classmethod
    def of(cls, raw: bytes, where: str) -> _Stated:
        left = members(raw, where, "provider")
        return cls(raw, text_of(left, "type"), text_of(left, "id"), text_of(left, "call_id"))


def merge(last: Sequence[bytes], streamed: Iterable[Growing], where: str = "$.output") -> list[Merged]:
    """Give the items of an answer.

    Args:
        last: The items of the event that ended the stream; none where it had none.
        streamed: The streamed items, in order.
        where: Where `last` stands, for errors.
    """
    held, grown = [_Stated.of(raw, f"{where}[{n}]") for n, raw in enumerate(last)], list(streamed)
    partner = _partners(held, grown)
    # An item that the last event left out stands all the same, behind the one before it.
    behind: dict[int, list[Merged]] = {}
    at = -1
    for item in grown:
        if item.key in partner:
            at = partner[item.key]
        else:
            behind.setdefault(at, []).append(Merged.of(None, item))
    by_place = {partner[item.key]: item for item in grown if item.key in partner}
    found = list(behind.get(-1, []))
    for n, known in enumerate(held):
        found += [Merged.of(known.raw, by_place.get(n)), *behind.get(n, [])]
    return found


def _partners(held: Sequence[_Stated], grown: Sequence[Growing]) -> dict[int, int]:
    """Tell which streamed item, by its key, is which of the last event: by id, else by place, else by type and order.

    Some gateways give an item another id in each event, and an item that was only moved does not stand twice.
    """
    found: dict[int, int] = {}
    free = dict(enumerate(held))
    names: dict[tuple[str, str], list[int]] = {}
    for n, known in reversed(free.items()):
        for name in filter(None, (known.id, known.call_id)):
            names.setdefault((known.kind, name), []).append(n)

    def take(item: Growing, n: int) -> bool:
        known = free.get(n)
        fits = known is not None and known.kind == item.kind
        if known is None or not fits or (known.call_id and item.call_id and known.call_id != item.call_id):
            return False
        found[item.key] = n
        del free[n]
        return True

    for item in grown:
        places = (n for name in item.names for n in reversed(names.get((item.kind, name), ())))
        any(take(item, n) for n in places)
    for item in grown:
        if item.key not in found:
            take(item, item.index)
    for item in grown:
        if item.key not in found and free:
            any(take(item, n) for n in list(free))
    return found


def _others(raw: bytes, growing: Growing) -> dict[str, list[str]]:
    """Give what complete statements of an item say of its seals that the one that stands does not."""
    stands = members(raw, "$.output", "provider")
    found: dict[str, list[str]] = {}
    for statement in growing.statements:
        left = members(statement, "$.output", "provider")
        for slot in SEALS:
            wire = text_of(left, slot)
            if wire and wire != text_of(stands, slot) and wire not in found.get(slot, []):
                found.setdefault(slot, []).append(wire)
    return found
