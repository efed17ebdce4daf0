"""Seals on their way to another wire: the name changes, the value does not."""

from __future__ import annotations

import base64
import binascii

from msgspec import UnsetType

from keepthinking._messages import Origin, Seal
from keepthinking.convert._policy import Policy
from keepthinking.convert._wires import BASE64, BY_DOMAIN, BYTES, SEALS

NO_PLACE = "the wire has no place for it"


def carried(seals: tuple[Seal, ...], origin: Origin, policy: Policy) -> tuple[tuple[Seal, ...], list[tuple[int, str]]]:
    """Sort the seals of one block into those that go along and those that stay, with the reason.

    Args:
        seals: The seals.
        origin: Where they were made.
        policy: Where they would go.

    Returns:
        The seals as the target names them; and for each one that stays its index and why.
    """
    if not seals:
        return (), []
    why = policy.travels(origin)
    if why:
        return (), [(n, why) for n in range(len(seals))]
    kept: list[Seal] = []
    left: list[tuple[int, str]] = []
    for n, seal in enumerate(seals):
        renamed = _renamed(seal, origin, policy)
        if renamed is None:
            left.append((n, NO_PLACE))
        else:
            kept.append(renamed)
    return tuple(kept), left


def _renamed(seal: Seal, origin: Origin, policy: Policy) -> Seal | None:
    source = origin.dialect if isinstance(origin.dialect, str) else policy.to
    for names in SEALS.values():
        if seal.slot not in names.get(source, ()):
            continue
        wanted = names.get(policy.to, ())
        if not wanted:
            continue
        domain = policy.profile.domain
        usual = wanted[0] if isinstance(domain, UnsetType) else BY_DOMAIN.get((policy.to, domain), wanted[0])
        slot = seal.slot if seal.slot in wanted and usual == wanted[0] else usual if usual in wanted else wanted[0]
        wires = [_recoded(wire, seal.slot, slot) for wire in (seal.wire, *seal.alternates)]
        first, *others = wires
        if first is None:
            return None
        return Seal(
            slot=slot,
            wire=first,
            encoding="base64" if slot in BASE64 else "text",
            alternates=tuple(wire for wire in others if wire is not None),
        )
    return None


def _recoded(wire: str, before: str, after: str) -> str | None:
    """Spell a seal where one wire has bytes and the other the text that they are; None where they are none."""
    if (before in BYTES) == (after in BYTES):
        return wire
    if after in BYTES:
        return base64.b64encode(wire.encode()).decode()
    try:
        return base64.b64decode(wire, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
