"""Faults of thinking: dropped, altered, moved, doubled, made text, made up."""

from __future__ import annotations

import copy
from collections.abc import Callable

from tests.core.audit.faults import LISTS, SEALED, STRUCTURED, Expect, drop, fault, of, origin
from tests.core.audit.places import at, path, put
from tests.core.audit.scripted import Recorded


@fault(*STRUCTURED)
def thinking_dropped_in_the_loop(recorded: Recorded, request: int) -> Expect:
    place = recorded.wire.thoughts(recorded.answer(2, request))[0]
    drop(recorded.answer(2, request), place)
    level = recorded.wire.wants[0]
    return Expect("thinking.kept.in-loop", "dropped", of(recorded, 2), 2, origin(recorded, *place), level=level)


@fault(*STRUCTURED, request=8)
def thinking_dropped_of_an_earlier_turn(recorded: Recorded, request: int) -> Expect:
    place = recorded.wire.thoughts(recorded.answer(2, request))[0]
    drop(recorded.answer(2, request), place)
    level = recorded.wire.wants[1]
    here = origin(recorded, *place)
    return Expect("thinking.kept.cross-turn", "dropped", of(recorded, 2), 2, here, level=level)


@fault("minimax")
def inline_thinking_dropped(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(2, request)
    message["content"] = message["content"].partition("</think>\n\n")[2]
    return Expect("thinking.kept.in-loop", "dropped", of(recorded, 2), 2, origin(recorded, "content"))


@fault(*SEALED)
def one_of_several_thoughts_dropped(recorded: Recorded, request: int) -> Expect:
    place = recorded.wire.thoughts(recorded.answer(3, request))[2]
    drop(recorded.answer(3, request), place)
    level = recorded.wire.wants[0]
    return Expect("thinking.kept.in-loop", "dropped", of(recorded, 3), 3, origin(recorded, *place), level=level)


@fault(*SEALED)
def redacted_thinking_dropped(recorded: Recorded, request: int) -> Expect:
    place = recorded.wire.thoughts(recorded.answer(3, request))[1]
    drop(recorded.answer(3, request), place)
    level = recorded.wire.wants[0]
    return Expect("redacted.kept", "dropped", of(recorded, 3), 3, origin(recorded, *place), level=level)


@fault(*SEALED)
def thinking_that_is_empty_but_sealed_dropped(recorded: Recorded, request: int) -> Expect:
    place = recorded.wire.thoughts(recorded.answer(4, request))[0]
    drop(recorded.answer(4, request), place)
    check, level = recorded.wire.empty, recorded.wire.wants[0]
    return Expect(check, "dropped", of(recorded, 4), 4, origin(recorded, *place), level=level)


def _reworded(recorded: Recorded, request: int, change: Callable[[str], str]) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.thoughts(message)[0]
    words = wire.words(place)
    put(message, words, change(at(message, words)))
    level = wire.wants[0]
    return Expect("thinking.unaltered", "altered", of(recorded, 2, *place), 2, origin(recorded, *place), level=level)


@fault(*STRUCTURED)
def thinking_altered_by_one_byte(recorded: Recorded, request: int) -> Expect:
    return _reworded(recorded, request, lambda text: text.replace("plan", "plaN"))


@fault(*STRUCTURED)
def thinking_in_upper_case(recorded: Recorded, request: int) -> Expect:
    return _reworded(recorded, request, str.lower)


@fault(*STRUCTURED)
def thinking_with_white_space_added(recorded: Recorded, request: int) -> Expect:
    return _reworded(recorded, request, lambda text: text + "\n")


@fault(*STRUCTURED)
def thinking_cut_in_half(recorded: Recorded, request: int) -> Expect:
    return _reworded(recorded, request, lambda text: text[: len(text) // 2])


@fault("minimax")
def white_space_of_inline_tags_trimmed(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(2, request)
    message["content"] = message["content"].strip()
    here = of(recorded, 2, "content")
    return Expect("thinking.unaltered", "altered", here, 2, origin(recorded, "content"))


@fault("minimax")
def inline_thinking_altered(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(2, request)
    message["content"] = message["content"].replace("plan", "plaN")
    here = of(recorded, 2, "content")
    return Expect("thinking.unaltered", "altered", here, 2, origin(recorded, "content"))


@fault(*SEALED)
def words_of_sealed_thinking_emptied(recorded: Recorded, request: int) -> Expect:
    return _reworded(recorded, request, lambda _: "")


@fault("deepseek")
def words_of_thinking_emptied(recorded: Recorded, request: int) -> Expect:
    recorded.answer(2, request)["reasoning_content"] = ""
    here = of(recorded, 2, "reasoning_content")
    return Expect("thinking.kept.in-loop", "dropped", here, 2, origin(recorded, "reasoning_content"))


@fault("deepseek")
def thinking_replaced_by_a_placeholder(recorded: Recorded, request: int) -> Expect:
    recorded.answer(2, request)["reasoning_content"] = "(no content)"
    here = of(recorded, 2, "reasoning_content")
    return Expect("thinking.not-invented", "invented", here, 2, origin(recorded, "reasoning_content"))


@fault("openrouter")
def members_of_a_thinking_entry_dropped(recorded: Recorded, request: int) -> Expect:
    del recorded.answer(2, request)["reasoning_details"][0]["format"]
    here = of(recorded, 2, "reasoning_details", 0)
    return Expect("thinking.unaltered", "altered", here, 2, origin(recorded, "reasoning_details", 0))


@fault("deepseek")
def thinking_in_a_field_that_nobody_reads(recorded: Recorded, request: int) -> Expect:
    message = recorded.answer(2, request)
    message["reasoning"] = message.pop("reasoning_content")
    here = of(recorded, 2, "reasoning")
    return Expect("thinking.place", "misplaced", here, 2, origin(recorded, "reasoning_content"))


def _as_text(recorded: Recorded, request: int, frame: str, answer: int = 2) -> Expect:
    """Turn the thinking of an answer into text, in front of the text that it has."""
    wire, message = recorded.wire, recorded.answer(answer, request)
    place = wire.thoughts(message)[0]
    text = frame.format(at(message, wire.words(place)))
    drop(message, place)
    here = of(recorded, answer, *wire.front(message, text))
    level = "MUST" if wire.knows else "SHOULD"
    return Expect("thinking.not-text", "leaked-as-text", here, answer, origin(recorded, *place), level=level)


@fault(*STRUCTURED)
def thinking_as_bare_text(recorded: Recorded, request: int) -> Expect:
    return _as_text(recorded, request, "{}")


@fault(*STRUCTURED)
def thinking_as_tagged_text(recorded: Recorded, request: int) -> Expect:
    return _as_text(recorded, request, "<think>\n{}\n</think>\n\n")


@fault(*STRUCTURED)
def thinking_as_text_in_front_of_the_answer(recorded: Recorded, request: int) -> Expect:
    return _as_text(recorded, request, "<think>{}</think>", answer=1)


@fault(*STRUCTURED, request=8)
def thinking_as_text_of_an_earlier_turn(recorded: Recorded, request: int) -> Expect:
    return _as_text(recorded, request, "<thinking>{}</thinking>\n")


@fault(*STRUCTURED)
def thinking_as_text_of_a_user(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.thoughts(message)[0]
    text = at(message, wire.words(place))
    drop(message, place)
    told = wire.as_text(f"You thought: {text}")
    recorded.messages(request).append(told)
    here = path("messages", len(recorded.messages(request)) - 1, *wire.told(told))
    level = "MUST" if wire.knows else "SHOULD"
    return Expect("thinking.not-text", "leaked-as-text", here, 2, origin(recorded, *place), level=level)


@fault(*SEALED)
def thinking_doubled(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.thoughts(message)[0]
    at(message, place[:-1]).insert(1, copy.deepcopy(at(message, place)))
    here = of(recorded, 2, place[0], 1)
    return Expect("block.once", "duplicated", here, 2, origin(recorded, *place))


@fault(*SEALED)
def thoughts_in_another_order(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    first, _, last = wire.thoughts(message)
    one, other = copy.deepcopy(at(message, first)), copy.deepcopy(at(message, last))
    put(message, first, other)
    put(message, last, one)
    here = of(recorded, 3, *last)
    return Expect("order.blocks", "reordered", here, 3, origin(recorded, *first), times=2)


@fault(*LISTS)
def thinking_behind_the_calls(recorded: Recorded, request: int) -> Expect:
    name = str(recorded.wire.blocks)
    content = recorded.answer(1, request)[name]
    content.append(content.pop(0))
    here = of(recorded, 1, name, len(content) - 1)
    return Expect("order.blocks", "reordered", here, 1, origin(recorded, name, 0))


def _moved(recorded: Recorded, request: int, *, copied: bool) -> tuple[str, str]:
    wire = recorded.wire
    giver, taker = recorded.answer(2, request), recorded.answer(5, request)
    place, other = wire.thoughts(giver)[0], wire.thoughts(taker)[0]
    block = copy.deepcopy(at(giver, place))
    if not copied:
        drop(giver, place)
    if wire.several:
        at(taker, other[:-1]).insert(1, block)
        return of(recorded, 5, other[0], 1), origin(recorded, *place)
    put(taker, other, block)
    return of(recorded, 5, *other), origin(recorded, *place)


@fault(*SEALED)
def thinking_moved_to_another_turn(recorded: Recorded, request: int) -> Expect:
    here, there = _moved(recorded, request, copied=False)
    return Expect("thinking.own", "bled", here, 2, there)


@fault(*SEALED)
def thinking_copied_to_another_turn(recorded: Recorded, request: int) -> Expect:
    here, _ = _moved(recorded, request, copied=True)
    return Expect("thinking.own", "bled", here, 5)


@fault("deepseek")
def thinking_of_another_turn_in_its_place(recorded: Recorded, request: int) -> Expect:
    here, _ = _moved(recorded, request, copied=True)
    return Expect("thinking.own", "bled", here, 5, origin(recorded, "reasoning_content"))


@fault("deepseek")
def thinking_of_two_turns_swapped(recorded: Recorded, request: int) -> Expect:
    one, other = recorded.answer(2, request), recorded.answer(5, request)
    one["reasoning_content"], other["reasoning_content"] = other["reasoning_content"], one["reasoning_content"]
    here = of(recorded, 5, "reasoning_content")
    return Expect("thinking.own", "bled", here, 2, origin(recorded, "reasoning_content"), times=2)


@fault(*SEALED)
def thinking_invented(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(5, request)
    place = wire.thoughts(message)[0]
    block, sealed = copy.deepcopy(at(message, place)), wire.seals(message)[0]
    put(block, wire.words(place)[len(place) :], "Let me think about this step by step.")
    at(block, sealed[len(place) :])[wire.seal(message, sealed)] = "c2VhbA=="
    at(message, place[:-1]).insert(1, block)
    here = of(recorded, 5, place[0], 1)
    return Expect("thinking.not-invented", "invented", here, 5)


@fault(*SEALED)
def thinking_of_a_later_turn_in_its_place(recorded: Recorded, request: int) -> Expect:
    wire = recorded.wire
    giver, taker = recorded.answer(5, request), recorded.answer(2, request)
    place = wire.thoughts(taker)[0]
    put(taker, place, copy.deepcopy(at(giver, wire.thoughts(giver)[0])))
    return Expect("thinking.own", "bled", of(recorded, 2, *place), 2, origin(recorded, *place))


@fault(*SEALED)
def one_thought_as_two_blocks(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(2, request)
    place = wire.thoughts(message)[0]
    rest = copy.deepcopy(at(message, place))
    text = at(message, wire.words(place))
    put(message, wire.words(place), text[:30])
    put(rest, wire.words(place)[len(place) :], text[30:])
    at(message, place[:-1]).insert(int(place[-1]) + 1, rest)
    return Expect("grouping.not-split", "altered", of(recorded, 2, *place), 2, origin(recorded, *place))


@fault(*SEALED)
def two_thoughts_as_one_block(recorded: Recorded, request: int) -> Expect:
    wire, message = recorded.wire, recorded.answer(3, request)
    first, _, last = wire.thoughts(message)
    put(message, wire.words(last), at(message, wire.words(first)) + "\n\n" + at(message, wire.words(last)))
    drop(message, first)
    here = of(recorded, 3, *last[:-1], int(last[-1]) - 1)
    return Expect("grouping.not-merged", "altered", here, 3, origin(recorded, *first))


@fault("openrouter")
def thoughts_behind_each_other_that_a_text_repeats(recorded: Recorded, request: int) -> Expect:
    """The member that says all thoughts once more is no thought of its own, whatever becomes of the entries."""
    for exchange in recorded.exchanges:
        for choice in exchange["response"]["choices"]:
            said = choice["message"]
            if "reasoning_details" in said:
                said["reasoning"] = "".join(entry.get("text", "") for entry in said["reasoning_details"])
    for earlier in range(2, request + 1):
        for number in range(1, earlier):
            said = recorded.answer(number, earlier)
            if "reasoning_details" in said:
                said["reasoning"] = "".join(entry.get("text", "") for entry in said["reasoning_details"])
    details = recorded.answer(2, request)["reasoning_details"]
    details.insert(1, copy.deepcopy(details[0]))
    here, there = of(recorded, 2, "reasoning_details", 1), origin(recorded, "reasoning_details", 0)
    return Expect("block.once", "duplicated", here, 2, there)
