"""Faults of calls, their ids and arguments, and of visible text."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from tests.core.audit.faults import Expect, answering, call_id, drop, fault, of, origin
from tests.core.audit.places import Json, at, put
from tests.core.audit.scripted import Recorded


def _called(
    recorded: Recorded, request: int, change: Callable[[Json], None], check: str, fate: str, **more: Any
) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    change(at(message, place))
    return Expect(check, fate, of(recorded, 5, *place), 5, origin(recorded, *place), **more)


def _name(block: Json) -> Json:
    return block.get("function", block)


@fault()
def call_dropped(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    drop(message, place)
    implied = frozenset({"context.pairs.kept"})
    return Expect("call.kept", "dropped", of(recorded, 5), 5, origin(recorded, *place), implied)


@fault()
def call_invented(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[-1]
    block = copy.deepcopy(at(message, place)) | {"id": "call_invented"}
    _name(block)["name"] = "destroy"
    at(message, place[:-1]).append(block)
    here = of(recorded, 5, place[0], int(place[1]) + 1)
    return Expect("call.not-invented", "invented", here, 5)


@fault()
def call_doubled(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[0]
    at(message, place[:-1]).insert(int(place[1]) + 1, copy.deepcopy(at(message, place)))
    here = of(recorded, 5, place[0], int(place[1]) + 1)
    return Expect("block.once", "duplicated", here, 5, origin(recorded, *place))


@fault()
def call_of_another_tool(recorded: Recorded, request: int) -> Expect:
    def rename(block: Json) -> None:
        _name(block)["name"] = "renamed"

    return _called(recorded, request, rename, "call.name.unaltered", "altered")


def _argued(recorded: Recorded, request: int, change: Callable[[str], str], expected: tuple[str, str, str]) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.calls(message)[1]
    wire.set_arguments(message, 1, change(wire.arguments(message, 1)))
    check, fate, level = expected
    return Expect(check, fate, of(recorded, 5, *place), 5, origin(recorded, *place), level=level)


@fault()
def arguments_altered(recorded: Recorded, request: int) -> Expect:
    return _argued(recorded, request, lambda text: text.replace("10", "11"), ("arguments.equal", "altered", "MUST"))


@fault()
def arguments_of_another_type(recorded: Recorded, request: int) -> Expect:
    return _argued(recorded, request, lambda text: text.replace("10", '"10"'), ("arguments.equal", "altered", "MUST"))


@fault()
def arguments_with_another_number(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return text.replace("10", "10.0")

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault()
def arguments_sorted(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return json.dumps(json.loads(text), sort_keys=True)

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault("deepseek", "openrouter", "minimax")
def arguments_written_closer(recorded: Recorded, request: int) -> Expect:
    def change(text: str) -> str:
        return json.dumps(json.loads(text), separators=(",", ":"))

    return _argued(recorded, request, change, ("arguments.verbatim", "normalised", "SHOULD"))


@fault("openrouter", "deepseek", "minimax")
def parallel_calls_in_another_order(recorded: Recorded, request: int) -> Expect:
    calls = recorded.answer(5, request)["tool_calls"]
    calls.append(calls.pop(0))
    here = of(recorded, 5, "tool_calls", 2)
    return Expect("order.blocks", "reordered", here, 5, origin(recorded, "tool_calls", 0))


@fault()
def id_changed_in_the_call_alone(recorded: Recorded, request: int) -> Expect:
    def change(block: Json) -> None:
        block["id"] = "call_rewritten"

    return _called(recorded, request, change, "ids.paired", "altered")


@fault()
def id_changed_in_the_call_and_its_result(recorded: Recorded, request: int) -> Expect:
    result, key, _ = answering(recorded, request, call_id(recorded, 5, 1, request))
    result[key] = "call_rewritten"

    def change(block: Json) -> None:
        block["id"] = "call_rewritten"

    return _called(recorded, request, change, "ids.verbatim", "normalised", level="SHOULD")


@fault()
def id_changed_in_the_result_alone(recorded: Recorded, request: int) -> Expect:
    result, key, here = answering(recorded, request, call_id(recorded, 5, 1, request))
    result[key] = "call_rewritten"
    return Expect("ids.paired", "altered", here, None, implied=frozenset({"context.pairs.kept"}))


@fault()
def two_calls_with_one_id(recorded: Recorded, request: int) -> Expect:
    taken = call_id(recorded, 5, 0, request)

    def change(block: Json) -> None:
        block["id"] = taken

    return _called(recorded, request, change, "ids.paired", "altered", implied=frozenset({"context.pairs.kept"}))


@fault()
def ids_of_two_calls_swapped(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(5, request)
    first, second, _ = (at(message, place) for place in recorded.wire.calls(message))
    first["id"], second["id"] = second["id"], first["id"]
    place = recorded.wire.calls(message)[0]
    here, there = of(recorded, 5, *place), origin(recorded, *place)
    return Expect("ids.paired", "altered", here, 5, there, times=2)


@fault()
def id_taken_away(recorded: Recorded, request: int) -> Expect:
    return _called(recorded, request, lambda block: block.pop("id"), "ids.paired", "altered")


@fault("deepseek", "openrouter", "claude")
def text_altered(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(3, request)
    place = recorded.wire.text(message)
    value = at(message, place)
    put(message, place, value | {"text": "Reading off."} if isinstance(value, dict) else "Reading off.")
    here = of(recorded, 3, *place)
    return Expect("text.unaltered", "altered", here, 3, origin(recorded, *place), level="SHOULD")


@fault("deepseek", "openrouter", "claude")
def text_dropped(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(3, request)
    place = recorded.wire.text(message)
    drop(message, place) if isinstance(place[-1], int) else put(message, place, None)
    return Expect("text.kept", "dropped", of(recorded, 3), 3, origin(recorded, *place), level="SHOULD")


@fault("deepseek", "openrouter")
def text_invented(recorded: Recorded, request: int) -> Expect:
    recorded.answer(2, request)["content"] = "I am calling a tool."
    return Expect("text.not-invented", "invented", of(recorded, 2, "content"), 2, level="SHOULD")
