"""One conversation, several dialects: the history goes on, and what the new wire cannot hold is not demanded of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from keepthinking.audit import Report, audit, read
from tests.core.audit.places import Json, dump
from tests.core.audit.scripted import script
from tests.core.audit.wires import WIRES, Answer, Message, Thought, Wire, results_of

PAIRS = [
    pytest.param(one, other, id=f"{one.name}-{other.name}")
    for one in WIRES.values()
    for other in WIRES.values()
    if one.dialect != other.dialect
]
BOTH = pytest.mark.parametrize(("one", "other"), PAIRS)
Foreign = Callable[[Answer], Answer]


def without(answer: Answer) -> Answer:
    """Leave out what another model thought."""
    return replace(answer, thoughts=())


def unsealed(answer: Answer) -> Answer:
    """Send what another model thought as thinking, without its seal."""
    return replace(answer, thoughts=tuple(Thought(t.text) for t in answer.thoughts if t.text))


def asked(wires: list[Wire], foreign: Foreign = without) -> list[Json]:
    """Record the script, each answer on the wire of its place in the list; the last wire gives the rest."""
    lines: list[Json] = []
    events: list[tuple[Answer | str, Wire]] = []
    number = 0
    for event in script(WIRES["deepseek"]):
        if isinstance(event, str):
            events.append((event, wires[0]))
            continue
        wire = wires[min(number, len(wires) - 1)]
        number += 1
        body = wire.body(wire.request(written(wire, events, foreign)))
        head = {"dialect": wire.dialect, "host": wire.host, "endpoint": wire.endpoint}
        lines.append({**head, "request": body, "response": wire.response(event, number)})
        events.append((event, wire))
    return lines


def written(wire: Wire, events: list[tuple[Answer | str, Wire]], foreign: Foreign) -> list[Message]:
    messages: list[Message] = [{"role": "system", "content": "Be brief."}]
    number = 0
    for event, spoken in events:
        if isinstance(event, str):
            messages.append(wire.as_text(event))
            continue
        number += 1
        mine = event if spoken is wire else foreign(event)
        messages += [wire.said(mine), *wire.results(event.calls, number)]
    return messages


def judged(lines: list[Json]) -> Report:
    report = audit(read([dump(line) for line in lines]))
    assert report.problems == ()
    return report


def accused(report: Report) -> list[tuple[str, str, str, int]]:
    return [(finding.check, finding.level, finding.what, finding.request) for finding in report.findings]


@BOTH
def test_a_switch_that_leaves_foreign_thinking_out_is_lawful(one: Wire, other: Wire) -> None:
    report = judged(asked([one, one, one, other]))

    assert accused(report) == []
    assert report.unattributed == 0
    assert report.expected == 28


@BOTH
def test_a_switch_and_back_keeps_what_is_the_wires_own(one: Wire, other: Wire) -> None:
    report = judged(asked([one, one, other, other, one]))

    assert accused(report) == []
    assert report.unattributed == 0
    assert report.fates["preserved"] > 0


@BOTH
def test_a_call_that_a_switch_changes_is_found(one: Wire, other: Wire) -> None:
    lines = asked([one, one, one, other])
    plain = judged(lines)
    wires = [one, one, one, other]
    events = list(script(WIRES["deepseek"]))
    answers = [n for n, event in enumerate(events) if isinstance(event, Answer)]
    second = events[answers[1]]
    assert isinstance(second, Answer)
    events[answers[1]] = replace(second, calls=(replace(second.calls[0], arguments='{"q": "another"}'),))
    history = [(event, wires[0]) for event in events[: answers[3]]]
    lines = copy.deepcopy(lines[:4])
    lines[3]["request"] = other.body(other.request(written(other, history, without)))

    report = judged(lines)

    assert accused(plain) == []
    assert [(f.check, f.level, f.request, f.response) for f in report.findings] == [("arguments.equal", "MUST", 4, 2)]


@BOTH
def test_a_turn_that_a_switch_loses_is_found(one: Wire, other: Wire) -> None:
    lines = asked([one, one, one, other])[:4]
    messages = written(other, [(event, one) for event in script(WIRES["deepseek"])[:4]], without)
    start = next(i for i, message in enumerate(messages) if message["role"] == "assistant")
    behind = [m for m, _ in results_of(other, messages, start)]
    del messages[start : behind[-1] + 1]
    lines[3]["request"] = other.body(other.request(messages))

    report = judged(lines)

    assert ("context.turn.kept.in-loop", "MUST") in {(f.check, f.level) for f in report.findings}


@BOTH
def test_foreign_thinking_as_visible_text_is_found(one: Wire, other: Wire) -> None:
    def spoken(answer: Answer) -> Answer:
        words = "".join(f"<think>{thought.text}</think>" for thought in answer.thoughts)
        return replace(answer, thoughts=(), text=words + answer.text)

    if other.inline:
        return  # text between these tags is how it writes thinking
    report = judged(asked([one, one, one, other], spoken)[:4])

    assert {finding.check for finding in report.findings if finding.level != "MAY"} == {"thinking.not-text"}
