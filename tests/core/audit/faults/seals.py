"""Faults of seals: dropped, cut, swapped, made up."""

from __future__ import annotations

from collections.abc import Callable

from tests.core.audit.faults import SEALED, Expect, fault, of, origin
from tests.core.audit.places import Json, at
from tests.core.audit.scripted import Recorded


def _sealed(recorded: Recorded, request: int, change: Callable[[Json, str], None], check: str, fate: str) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.thoughts(message)[0]
    change(at(message, place), wire.seal(message, place))
    return Expect(check, fate, of(recorded, 2, *place), 2, origin(recorded, *place))


@fault(*SEALED)
def seal_dropped(recorded: Recorded, request: int) -> Expect:
    return _sealed(recorded, request, lambda block, slot: block.pop(slot), "seal.kept", "dropped")


@fault(*SEALED)
def seal_cut(recorded: Recorded, request: int) -> Expect:
    def cut(block: Json, slot: str) -> None:
        block[slot] = block[slot][:-4]

    return _sealed(recorded, request, cut, "seal.unaltered", "altered")


@fault(*SEALED)
def seal_with_white_space(recorded: Recorded, request: int) -> Expect:
    def pad(block: Json, slot: str) -> None:
        block[slot] += "\n"

    return _sealed(recorded, request, pad, "seal.unaltered", "altered")


@fault(*SEALED)
def seals_swapped_between_blocks(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    first, _, last = wire.thoughts(message)
    slot = wire.seal(message, first)
    one, other = at(message, first), at(message, last)
    one[slot], other[slot] = other[slot], one[slot]
    here, there = of(recorded, 3, *first), origin(recorded, *first)
    return Expect("seal.on-its-block", "misplaced", here, 3, there, times=2)


@fault(*SEALED)
def seal_of_another_turn(recorded: Recorded, request: int) -> Expect:
    wire = recorded.wire
    other = recorded.answer(5, request)
    wanted = at(other, wire.thoughts(other)[0])

    def swap(block: Json, slot: str) -> None:
        block[slot] = wanted[slot]

    return _sealed(recorded, request, swap, "seal.on-its-block", "misplaced")


@fault("openrouter")
def seal_on_a_block_that_had_none(recorded: Recorded, request: int) -> Expect:
    recorded.exchanges[1]["response"]["choices"][0]["message"]["reasoning_details"][0].pop("signature")
    for earlier in range(3, request):
        recorded.answer(2, earlier)["reasoning_details"][0].pop("signature")
    return _sealed(recorded, request, lambda block, slot: block.update({slot: "bmV3"}), "seal.not-invented", "invented")
