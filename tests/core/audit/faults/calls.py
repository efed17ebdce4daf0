"""Faults of calls, their ids and arguments, and of visible text."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from tests.core.audit.faults import ALL, CHATS, NAMED, STRUCTURED, Expect, answering, drop, fault, of, origin, wires
from tests.core.audit.places import Json, at
from tests.core.audit.scripted import Recorded


def _called(
    recorded: Recorded, request: int, change: Callable[[Json], None], check: str, fate: str, **more: Any
) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    change(at(message, place))
    return Expect(check, fate, of(recorded, 5, *place), 5, origin(recorded, *place), **more)


@fault(*ALL)
def call_dropped(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    drop(message, place)
    implied = frozenset({"context.pairs.kept"})
    return Expect("call.kept", "dropped", of(recorded, 5), 5, origin(recorded, *place), implied)


@fault(*ALL)
def call_invented(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[-1]
    block = copy.deepcopy(at(message, place))
    if wire.named:
        wire.id_of(block)[wire.id_key] = "call_invented"
    wire.inner(block)["name"] = "destroy"
    at(message, place[:-1]).append(block)
    here = of(recorded, 5, place[0], int(place[1]) + 1)
    return Expect("call.not-invented", "invented", here, 5)


@fault(*NAMED)
def call_invented_among_others(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    block = copy.deepcopy(at(message, place))
    wire.id_of(block)[wire.id_key] = "call_invented"
    wire.inner(block)["name"] = "destroy"
    at(message, place[:-1]).insert(int(place[-1]), block)
    return Expect("call.not-invented", "invented", of(recorded, 5, *place), 5)


@fault(*ALL)
def call_doubled(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[0]
    at(message, place[:-1]).insert(int(place[1]) + 1, copy.deepcopy(at(message, place)))
    here = of(recorded, 5, place[0], int(place[1]) + 1)
    return Expect("block.once", "duplicated", here, 5, origin(recorded, *place))


@fault(*ALL)
def call_of_another_tool(recorded: Recorded, request: int) -> Expect:
    def rename(block: Json) -> None:
        recorded.wire.inner(block)["name"] = "renamed"

    return _called(recorded, request, rename, "call.name.unaltered", "altered")


def _argued(recorded: Recorded, request: int, change: Callable[[str], str], expected: tuple[str, str, str]) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    wire.set_arguments(message, 1, change(wire.arguments(message, 1)))
    check, fate, level = expected
    return Expect(check, fate, of(recorded, 5, *place), 5, origin(recorded, *place), level=level)


@fault(*ALL)
def arguments_altered(recorded: Recorded, request: int) -> Expect:
    return _argued(recorded, request, lambda text: text.replace("10", "11"), ("arguments.equal", "altered", "MUST"))


@fault(*ALL)
def arguments_of_another_type(recorded: Recorded, request: int) -> Expect:
    return _argued(recorded, request, lambda text: text.replace("10", '"10"'), ("arguments.equal", "altered", "MUST"))


@fault(*ALL)
def arguments_with_another_number(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return text.replace("10", "10.0")

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault(*ALL)
def arguments_sorted(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return json.dumps(json.loads(text), sort_keys=True)

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault(*wires(lambda wire: not wire.objects))
def arguments_written_closer(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return json.dumps(json.loads(text), separators=(",", ":"))

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault(*CHATS)
def parallel_calls_in_another_order(recorded: Recorded, request: int) -> Expect:
    calls = recorded.answer(5, request)["tool_calls"]
    calls.append(calls.pop(0))
    here = of(recorded, 5, "tool_calls", 2)
    return Expect("order.blocks", "reordered", here, 5, origin(recorded, "tool_calls", 0))


def _renamed(recorded: Recorded, request: int, id_: Json, check: str, fate: str, **more: Any) -> Expect:
    wire = recorded.wire

    def change(block: Json) -> None:
        wire.id_of(block)[wire.id_key] = id_

    return _called(recorded, request, change, check, fate, **more)


@fault(*NAMED)
def id_changed_in_the_call_alone(recorded: Recorded, request: int) -> Expect:
    return _renamed(recorded, request, "call_rewritten", "ids.paired", "altered")


@fault(*NAMED)
def id_changed_in_the_call_and_its_result(recorded: Recorded, request: int) -> Expect:
    result, _ = answering(recorded, request, 5, 1)
    recorded.wire.result(result)[recorded.wire.result_key] = "call_rewritten"
    return _renamed(recorded, request, "call_rewritten", "ids.verbatim", "normalised", level="SHOULD")


@fault(*NAMED)
def id_changed_in_the_result_alone(recorded: Recorded, request: int) -> Expect:
    result, here = answering(recorded, request, 5, 1)
    recorded.wire.result(result)[recorded.wire.result_key] = "call_rewritten"
    return Expect("ids.paired", "altered", here, None, implied=frozenset({"context.pairs.kept"}))


@fault(*NAMED)
def two_calls_with_one_id(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    taken = wire.id_of(at(message, wire.calls(message)[0]))[wire.id_key]
    implied = frozenset({"context.pairs.kept"})
    return _renamed(recorded, request, taken, "ids.paired", "altered", implied=implied)


@fault(*NAMED)
def ids_of_two_calls_swapped(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    first, second, _ = (wire.id_of(at(message, place)) for place in wire.calls(message))
    first[wire.id_key], second[wire.id_key] = second[wire.id_key], first[wire.id_key]
    place = wire.calls(message)[0]
    here, there = of(recorded, 5, *place), origin(recorded, *place)
    return Expect("ids.paired", "altered", here, 5, there, times=2)


@fault(*NAMED)
def id_taken_away(recorded: Recorded, request: int) -> Expect:
    wire = recorded.wire

    def take(block: Json) -> None:
        del wire.id_of(block)[wire.id_key]

    return _called(recorded, request, take, "ids.paired", "altered")


@fault(*STRUCTURED)
def text_altered(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    place = wire.text(message)
    wire.reword(message, "Reading off.")
    here = of(recorded, 3, *place)
    return Expect("text.unaltered", "altered", here, 3, origin(recorded, *place), level="SHOULD")


@fault(*STRUCTURED)
def text_dropped(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    place = wire.text(message)
    wire.untext(message)
    return Expect("text.kept", "dropped", of(recorded, 3), 3, origin(recorded, *place), level="SHOULD")


@fault(*STRUCTURED)
def text_invented(recorded: Recorded, request: int) -> Expect:
    here = recorded.wire.front(recorded.answer(2, request), "I am calling a tool.")
    return Expect("text.not-invented", "invented", of(recorded, 2, *here), 2, level="SHOULD")
