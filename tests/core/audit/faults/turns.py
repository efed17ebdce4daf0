"""Faults of whole turns, of results, and of what was sent before."""

from __future__ import annotations

import copy
import json

from tests.core.audit.faults import ALL, CHATS, Expect, answering, fault, of, origin, wires
from tests.core.audit.places import Json, path
from tests.core.audit.scripted import Recorded
from tests.core.audit.wires import Answer

FLAGS = wires(lambda wire: wire.flags)
"""Results may say that their tool failed."""


def _gone(recorded: Recorded, answer: int, request: int, *, results: bool) -> int:
    """Take an answer out; give the index where it stood."""
    place = recorded.places[answer]
    messages = recorded.messages(request)
    messages.pop(place)
    while results and place < len(messages) and recorded.wire.heard(messages[place]):
        messages.pop(place)
    return place


@fault(*ALL)
def turn_gone_in_the_loop_with_its_results(recorded: Recorded, request: int) -> Expect:
    place = _gone(recorded, 2, request, results=True)
    return Expect("context.turn.kept.in-loop", "removed-with-turn", path("messages", place), 2)


@fault(*ALL)
def turn_gone_in_the_loop_without_its_results(recorded: Recorded, request: int) -> Expect:
    place = _gone(recorded, 2, request, results=False)
    implied = frozenset({"context.pairs.kept"})
    # the message that now stands in its place is a result; the next answer is one behind it
    return Expect("context.turn.kept.in-loop", "removed-with-turn", path("messages", place + 1), 2, implied=implied)


@fault(*ALL)
def first_turn_of_the_loop_gone(recorded: Recorded, request: int) -> Expect:
    place = _gone(recorded, 1, request, results=True)
    return Expect("context.turn.kept.in-loop", "removed-with-turn", path("messages", place), 1)


@fault(*ALL, request=8)
def turn_gone_behind_a_boundary(recorded: Recorded, request: int) -> Expect:
    place = _gone(recorded, 2, request, results=True)
    here = path("messages", place)
    return Expect("context.turn.kept.cross-turn", "removed-with-turn", here, 2, level="MAY")


@fault(*ALL, request=7)
def last_answer_gone_behind_a_boundary(recorded: Recorded, request: int) -> Expect:
    place = _gone(recorded, 6, request, results=True)
    here = path("messages", place)
    return Expect("context.turn.kept.cross-turn", "removed-with-turn", here, 6, level="MAY")


@fault(*ALL)
def every_answer_gone(recorded: Recorded, request: int) -> Expect:
    kept = [m for m in recorded.messages(request) if m["role"] != "assistant"]
    recorded.messages(request)[:] = kept
    last = recorded.wire.heard(kept[-1])[-1] if recorded.wire.flat else ()
    here = path("messages", len(kept) - 1, *last)
    implied = frozenset({"context.pairs.kept"})
    return Expect("context.turn.kept.in-loop", "removed-with-turn", here, 1, implied=implied, times=5)


@fault(*ALL)
def result_gone(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(2, request)
    place = recorded.wire.calls(message)[0]
    recorded.messages(request).pop(recorded.places[2] + 1)  # its one result
    return Expect("context.pairs.kept", "dropped", of(recorded, 2, *place), 2)


def _turn(recorded: Recorded, answer: int, request: int) -> list[Json]:
    place = recorded.places[answer]
    end = recorded.places.get(answer + 1, len(recorded.messages(request)))
    return recorded.messages(request)[place:end]


@fault(*ALL)
def turns_swapped_with_their_results(recorded: Recorded, request: int) -> Expect:
    one, other = _turn(recorded, 2, request), _turn(recorded, 4, request)
    place, behind = recorded.places[2], recorded.places[4]
    messages = recorded.messages(request)
    messages[behind : behind + len(other)] = one
    messages[place : place + len(one)] = other
    # the third answer now stands behind the fourth, too
    return Expect("order.turns", "reordered", of(recorded, 4), 2, times=2)


@fault(*ALL)
def answers_swapped_without_their_results(recorded: Recorded, request: int) -> Expect:
    messages = recorded.messages(request)
    one, other = recorded.places[2], recorded.places[4]
    messages[one], messages[other] = messages[other], messages[one]
    implied = frozenset({"order.turns", "order.results"})
    return Expect("order.turns", "reordered", of(recorded, 4), 2, implied=implied)


@fault(*ALL, request=8)
def new_words_before_the_loop_of_the_old_ones(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[1]
    messages = recorded.messages(request)
    asked = next(i for i, message in enumerate(messages) if "Second question" in json.dumps(message))
    messages.insert(place, messages.pop(asked))
    return Expect("order.turns", "reordered", path("messages", place + 1), 1, level="SHOULD")


ENOUGH = "This is enough. Answer with what you have found."


@fault("deepseek", "openrouter", "minimax", "mistral")
def an_early_stop_that_asks_without_the_loop(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[1]
    recorded.messages(request)[place:] = [{"role": "system", "content": ENOUGH}]
    return Expect("context.turn.kept.in-loop", "removed-with-turn", path("messages", place), 1)


@fault(*ALL)
def an_early_stop_in_words_of_a_user(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[1]
    recorded.messages(request)[place:] = [recorded.wire.as_text(ENOUGH)]
    # of a user who goes back to the question it would be the same request
    return Expect("context.turn.kept.cross-turn", "removed-with-turn", path("messages", place), 1, level="MAY")


@fault(*CHATS)
def result_before_its_call(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[2]
    messages = recorded.messages(request)
    messages[place], messages[place + 1] = messages[place + 1], messages[place]
    return Expect("order.results", "reordered", path("messages", place, "content"), 2)


@fault(*wires(lambda wire: wire.flat and wire.named))
def result_behind_a_later_answer_in_a_flat_list(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[2]
    messages = recorded.messages(request)
    messages.insert(place + 2, messages.pop(place + 1))
    here = path("messages", place + 2, *recorded.wire.heard(messages[place + 2])[0])
    return Expect("order.results", "reordered", here, 2)


@fault(*CHATS)
def result_behind_a_later_answer(recorded: Recorded, request: int) -> Expect:
    place = recorded.places[2]
    messages = recorded.messages(request)
    result = messages.pop(place + 1)
    messages.insert(place + 3, result)
    return Expect("order.results", "reordered", path("messages", place + 3, "content"), 2)


@fault(*ALL)
def turn_doubled(recorded: Recorded, request: int) -> Expect:
    messages = recorded.messages(request)
    place = recorded.places[2]
    message = copy.deepcopy(messages[place])
    messages.insert(place, message)
    call = recorded.wire.calls(message)[0]
    here = path("messages", place + 1, *call)
    return Expect("block.once", "duplicated", here, 2, origin(recorded, *call), times=2)


@fault(*wires(lambda wire: not wire.flat and not wire.inline and (wire.sealed or wire.blocks is None)))
def answer_split_into_two_messages(recorded: Recorded, request: int) -> Expect:
    wire, messages = recorded.wire, recorded.messages(request)
    place = recorded.places[1]
    message = messages[place]
    rest: Json
    if wire.blocks is not None:
        rest = {"role": "assistant", wire.blocks: message[wire.blocks][1:]}
        message[wire.blocks] = message[wire.blocks][:1]
        here = path("messages", place + 1, wire.blocks, 0)
    else:
        rest = {"role": "assistant", "content": None, "tool_calls": message.pop("tool_calls")}
        here = path("messages", place + 1, "tool_calls", 0)
    messages.insert(place + 1, rest)
    return Expect("grouping.not-split", "altered", here, 1)


@fault(*wires(lambda wire: wire.name in CHATS and not wire.inline))
def parallel_calls_in_two_turns(recorded: Recorded, request: int) -> Expect:
    messages = recorded.messages(request)
    place = recorded.places[1]
    message = messages[place]
    second = {"role": "assistant", "content": None, "tool_calls": [message["tool_calls"].pop()]}
    messages.insert(place + 2, second)
    return Expect("parallel.together", "altered", path("messages", place + 2, "tool_calls", 0), 1)


@fault(*wires(lambda wire: wire.several and not wire.flat))
def two_answers_in_one_message(recorded: Recorded, request: int) -> Expect:
    wire, messages = recorded.wire, recorded.messages(request)
    one, other = recorded.places[2], recorded.places[4]
    message = messages.pop(other)
    for name in (wire.blocks,) if wire.blocks is not None else ("reasoning_details", "tool_calls"):
        messages[one][name] += message[name]
    # results now stand behind another answer than before
    implied = frozenset({"order.results", "order.blocks"})
    return Expect("grouping.not-merged", "altered", path("messages", one), 4, implied=implied)


@fault(*ALL)
def result_altered_later(recorded: Recorded, request: int) -> Expect:
    result, here = answering(recorded, request, 2, 0)
    recorded.wire.retell(result, "[cleared]")
    return Expect("result.unaltered", "altered", here, 2, level="SHOULD")


@fault(*FLAGS)
def result_flagged_as_an_error_later(recorded: Recorded, request: int) -> Expect:
    result, here = answering(recorded, request, 2, 0)
    recorded.wire.fail(result)
    return Expect("result.unaltered", "altered", here, 2, level="SHOULD")


@fault(*CHATS)
def result_doubled(recorded: Recorded, request: int) -> Expect:
    result, _ = answering(recorded, request, 2, 0)
    messages = recorded.messages(request)
    place = messages.index(result) + 1
    messages.insert(place, copy.deepcopy(result))
    return Expect("block.once", "duplicated", path("messages", place, "content"), 2)


@fault(*ALL)
def user_message_altered_later(recorded: Recorded, request: int) -> Expect:
    wire, messages = recorded.wire, recorded.messages(request)
    place = next(i for i, message in enumerate(messages) if message["role"] == "user")
    wire.tell(messages[place], " And be quick.")
    here = path("messages", place, *wire.told(messages[place]))
    return Expect("prefix.unaltered", "altered", here, 5, level="MAY")


@fault(*ALL)
def instructions_altered_later(recorded: Recorded, request: int) -> Expect:
    body = recorded.exchanges[request - 1]["request"]
    if "system" in body:
        body["system"] += " It is Tuesday."
    else:
        body["messages"][0]["content"] += " It is Tuesday."
    return Expect("prefix.unaltered", "altered", "$", 5, level="MAY")


@fault(*ALL)
def tools_gone(recorded: Recorded, request: int) -> Expect:
    del recorded.exchanges[request - 1]["request"]["tools"]
    return Expect("tools.kept", "dropped", "$", 5, level=recorded.wire.tools_level)


@fault(*wires(lambda wire: not wire.inline))
def message_put_behind_an_answer(recorded: Recorded, request: int) -> Expect:
    wire, place = recorded.wire, recorded.places[2] + 1
    message = wire.said(Answer(text="I shall now wait for the tool."))
    recorded.messages(request).insert(place, message)
    here = path("messages", place, *wire.text(message))
    return Expect("text.not-invented", "invented", here, 2, level="SHOULD")
