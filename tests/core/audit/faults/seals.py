"""Faults of seals: dropped, cut, swapped, made up."""

from __future__ import annotations

from collections.abc import Callable

from tests.core.audit.faults import BESIDE, SEALED, SEALS, Expect, fault, of, origin
from tests.core.audit.places import Json, at
from tests.core.audit.scripted import Recorded


def _sealed(recorded: Recorded, request: int, change: Callable[[Json, str], None], check: str, fate: str) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.seals(message)[0]
    change(at(message, place), wire.seal(message, place))
    block = wire.block(place)
    level = wire.seal_wants[0]
    return Expect(check, fate, of(recorded, 2, *block), 2, origin(recorded, *block), level=level)


@fault(*SEALS)
def seal_dropped(recorded: Recorded, request: int) -> Expect:
    return _sealed(recorded, request, lambda block, slot: block.pop(slot), "seal.kept", "dropped")


@fault(*SEALS)
def seal_cut(recorded: Recorded, request: int) -> Expect:
    def cut(block: Json, slot: str) -> None:
        block[slot] = block[slot][:-4]

    return _sealed(recorded, request, cut, "seal.unaltered", "altered")


@fault(*SEALS)
def seal_with_white_space(recorded: Recorded, request: int) -> Expect:
    def pad(block: Json, slot: str) -> None:
        block[slot] += "\n"

    return _sealed(recorded, request, pad, "seal.unaltered", "altered")


@fault(*SEALED)
def seals_swapped_between_blocks(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    first, _, last = wire.seals(message)
    slot = wire.seal(message, first)
    one, other = at(message, first), at(message, last)
    one[slot], other[slot] = other[slot], one[slot]
    block = wire.block(first)
    here, there = of(recorded, 3, *block), origin(recorded, *block)
    return Expect("seal.on-its-block", "misplaced", here, 3, there, level=wire.seal_wants[0], times=2)


@fault(*SEALS)
def seal_of_another_turn(recorded: Recorded, request: int) -> Expect:
    wire = recorded.wire
    other = recorded.answer(5, request)
    wanted = at(other, wire.seals(other)[0])

    def swap(block: Json, slot: str) -> None:
        block[slot] = wanted[slot]

    return _sealed(recorded, request, swap, "seal.on-its-block", "misplaced")


@fault("openrouter")
def seal_on_a_block_that_had_none(recorded: Recorded, request: int) -> Expect:
    recorded.exchanges[1]["response"]["choices"][0]["message"]["reasoning_details"][0].pop("signature")
    for earlier in range(3, request):
        recorded.answer(2, earlier)["reasoning_details"][0].pop("signature")
    return _sealed(recorded, request, lambda block, slot: block.update({slot: "bmV3"}), "seal.not-invented", "invented")


@fault(*BESIDE)
def seal_moved_to_the_next_call(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place, other = wire.seals(message)[0], wire.calls(message)[1]
    slot = wire.seal(message, place)
    at(message, other)[slot] = at(message, place).pop(slot)
    here, there = of(recorded, 5, *other), origin(recorded, *place)
    return Expect("seal.on-its-block", "misplaced", here, 5, there, level=wire.seal_wants[0])


@fault(*BESIDE)
def seal_copied_to_all_calls(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place, *others = wire.calls(message)
    slot = wire.seal(message, place)
    for other in others:
        at(message, other)[slot] = at(message, place)[slot]
    here, there = of(recorded, 5, *others[0]), origin(recorded, *others[0])
    return Expect("seal.on-its-block", "misplaced", here, 5, there, level=wire.seal_wants[0], times=2)


@fault(*BESIDE)
def seal_on_a_call_that_had_none(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    other = wire.calls(message)[1]
    at(message, other)[wire.seal(message, other)] = "bmV3"
    here, there = of(recorded, 5, *other), origin(recorded, *other)
    return Expect("seal.not-invented", "invented", here, 5, there, level=wire.seal_wants[0])
