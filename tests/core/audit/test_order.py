"""A recording is judged oldest first, in whatever order its lines stand."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from keepthinking._reports import Finding
from keepthinking.audit import Report, audit, read
from keepthinking.audit._history import Step
from keepthinking.audit._order import Order, by_answers, by_time, in_order
from tests.core.audit.faults import drop
from tests.core.audit.places import Json, dump
from tests.core.audit.scripted import Recorded, exchange, lines_of, record, script, seal, thought
from tests.core.audit.wires import WIRES, Answer, Call, Thought, Wire

ALL = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
TIMES = pytest.mark.parametrize("timed", [True, False], ids=["with times", "without"])
START = 1_790_000_000


def judged(lines: list[Json]) -> Report:
    return audit(read([dump(line) for line in lines]))


def shuffled(lines: list[Json], seed: int) -> tuple[list[Json], dict[int, int]]:
    """Give lines in another order, and the old number of each new one."""
    order = list(range(len(lines)))
    Random(seed).shuffle(order)
    return [lines[n] for n in order], {new: old + 1 for new, old in enumerate(order, 1)}


def timed_lines(recorded: Recorded, *, timed: bool, start: int = START) -> list[Json]:
    return [{**line, "at": start + 10 * n} if timed else line for n, line in enumerate(recorded.lines())]


def lose(wire: Wire, message: Json) -> None:
    """Lose a thought."""
    if wire.inline:
        message["content"] = message["content"].partition("</think>\n\n")[2]
    else:
        drop(message, wire.thoughts(message)[0])


def told(finding: Finding, numbers: dict[int, int]) -> tuple[Any, ...]:
    response = numbers.get(finding.response) if isinstance(finding.response, int) else None
    here = (numbers[finding.request], response, finding.path, finding.requests)
    return (finding.check, finding.level, finding.fate, *here)


def compared(report: Report, numbers: dict[int, int] | None = None) -> tuple[Any, ...]:
    same = {n: n for n in range(report.exchanges + 1)} if numbers is None else numbers
    findings = sorted(told(finding, same) for finding in report.findings)
    return findings, report.fates, report.expected, report.unattributed, report.model_messages


@ALL
@TIMES
@pytest.mark.parametrize("seed", range(6))
def test_a_faithful_client_is_accused_of_nothing_in_any_order(wire: Wire, seed: int, *, timed: bool) -> None:
    lines = timed_lines(record(wire), timed=timed)

    report = judged(shuffled(lines, seed)[0])

    assert report.findings == ()
    assert (report.expected, report.unattributed, report.problems) == (28, 0, ())
    assert report.order == ("time" if timed else "answers")
    assert judged(lines).order == "recorded"


@ALL
@TIMES
@pytest.mark.parametrize("seed", range(4))
def test_what_is_lost_is_found_in_any_order(wire: Wire, seed: int, *, timed: bool) -> None:
    recorded = record(wire)
    for request in range(6, 9):
        wire.untext(recorded.answer(1, request))
        lose(wire, recorded.answer(5, request))
    lines = timed_lines(recorded, timed=timed)

    there, numbers = shuffled(lines, seed)

    assert judged(lines).findings
    assert compared(judged(there), numbers) == compared(judged(lines))


@ALL
@pytest.mark.parametrize("seed", range(4))
def test_conversations_that_are_mixed_up_are_told_apart(wire: Wire, seed: int) -> None:
    events: list[Answer | str] = [
        "Another question of the user, about a third thing.",
        Answer((Thought(thought(20), seal(20)),), "Nothing to look at, the answer is at hand already."),
        "And what then, after all of that has been said?",
        Answer((Thought(thought(21), seal(21)),), "Then there is nothing more to say, as I said before."),
    ]
    lines = [*record(wire).lines(), *record(wire, events).lines()]

    report = judged(shuffled(lines, seed)[0])

    assert (report.findings, report.expected, report.unattributed) == ((), 29, 0)


@ALL
@pytest.mark.parametrize("seed", range(3))
def test_retries_and_forks_are_normal_in_any_order(wire: Wire, seed: int) -> None:
    recorded = record(wire)
    retried = recorded.cut(4).exchanges[3]
    extra = Answer((Thought(thought(30), seal(30)),), "A branch.", (Call("call_branch_1", "look", "{}"),))
    branch = record(wire, [*script(wire)[:7], "Something else altogether.", extra, Answer(text="The end of it.")])
    lines = lines_of(wire, [*recorded.exchanges, retried, *branch.exchanges[6:]])

    report = judged(shuffled(lines, seed)[0])

    assert (report.findings, report.unattributed) == ((), 0)


def test_without_a_time_on_each_line_the_times_say_nothing() -> None:
    wire = WIRES["deepseek"]
    lines = timed_lines(record(wire), timed=True)
    for n, line in enumerate(lines):
        line["at"] = START - n
    del lines[3]["at"]

    assert judged(lines).order == "recorded"


def test_words_that_were_said_by_hand_before_they_were_ever_given_change_no_order() -> None:
    wire = WIRES["deepseek"]
    words = "The same long words, said by hand before the model ever said them."
    greeting = {"role": "assistant", "content": words}
    asked = [wire.as_text("Hello there, who are you?"), greeting, wire.as_text("Go on.")]
    first = exchange(wire, asked, Answer((Thought("Hm."),), "Yes."))
    last = exchange(wire, [*asked, {"role": "assistant", "content": "Yes."}, wire.as_text("More.")], Answer(text=words))

    report = judged(lines_of(wire, [first, last]))

    assert (report.order, report.unattributed) == ("recorded", 2)


def test_the_oldest_comes_first_and_equal_times_stay() -> None:
    assert by_time({1: 5.0, 2: 4.0, 3: 5.0, 4: 4.0}) == Order((2, 4, 1, 3), "time")
    assert by_time({1: 4.0, 2: 4.0, 3: 5.0}) is None


def test_exchanges_that_hold_each_others_answers_stay_as_they_were_recorded() -> None:
    one, other = Step(), Step()

    assert by_answers({1: one, 2: other, 3: None}, {one: 2, other: 1}) == Order((3, 1, 2), "answers")
    assert by_answers({1: one, 2: None}, {}) is None


def test_what_comes_too_early_is_held_back() -> None:
    assert list(in_order("abcd", Order((3, 1, 4, 2), "time"))) == [(3, "c"), (1, "a"), (4, "d"), (2, "b")]
    assert list(in_order("ab", None)) == [(1, "a"), (2, "b")]
    assert list(in_order("a", Order((2, 1), "time"))) == []
