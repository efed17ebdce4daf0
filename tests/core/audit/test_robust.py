"""Whatever stands in a recording, the audit ends with a report; and a growing one costs what is new."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepthinking._errors import DecodeError
from keepthinking.audit import Auditor, audit, read
from keepthinking.checks import CHECKS
from tests.core.audit.places import Json, dump, resolve
from tests.core.audit.scripted import Recorded, record
from tests.core.audit.test_captures import audited
from tests.core.audit.wires import DIALECTS, WIRES, Answer, Call, Thought, Wire
from tests.core.dialects.wire import leaves

STRANGE: list[Json] = [
    *(None, True, 0, -1.5, 1e308, "", "\ud83d", "<think>", "\x00", [], {}, [[]], [None], {"": None}),
    *({"type": "thinking"}, {"type": "text", "text": None}, {"role": "assistant"}, [{"type": "tool_use"}]),
    *([{"id": None, "function": {"name": "f", "arguments": {}}}], {"type": "tool_result", "content": [{}]}),
]


def judged(lines: list[Json]) -> None:
    report = audit(read([dump(line) for line in lines]))
    bodies = {n: line["request"] for n, line in enumerate(lines, 1)}
    assert report.exchanges == len(lines)
    for finding in report.findings:
        assert finding.check in CHECKS
        assert CHECKS[finding.check].judged == "recording"
        resolve(bodies[finding.request], finding.path)
        if isinstance(finding.origin, str) and isinstance(finding.response, int):
            response = lines[finding.response - 1]["response"]
            if not isinstance(response, str):
                resolve(response, finding.origin)
    assert sum(report.fates.values()) >= 0


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_any_leaf_may_be_anything(wire: Wire) -> None:
    random = Random(wire.name)
    recorded = record(wire)
    for _ in range(100):
        lines = copy.deepcopy(recorded.lines())
        for _ in range(random.randint(1, 4)):
            line = random.choice(lines)
            body = line[random.choice(["request", "response"])]
            place, _ = random.choice(list(leaves(body)))
            if not place:
                continue
            parent = body
            for step in place[:-1]:
                parent = parent[step]
            parent[place[-1]] = copy.deepcopy(random.choice(STRANGE))
        judged(lines)


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_any_message_may_be_gone_doubled_or_elsewhere(wire: Wire) -> None:
    random = Random(wire.name)
    recorded = record(wire)
    for _ in range(100):
        lines = copy.deepcopy(recorded.lines())
        for _ in range(random.randint(1, 5)):
            messages = random.choice(lines)["request"][wire.history]
            if not messages:
                continue
            at, to = random.randrange(len(messages)), random.randrange(len(messages))
            match random.randrange(4):
                case 0:
                    messages.pop(at)
                case 1:
                    messages.insert(to, copy.deepcopy(messages[at]))
                case 2:
                    messages.insert(to, messages.pop(at))
                case _:
                    random.choice(lines)["request"][wire.history].insert(0, copy.deepcopy(messages[at]))
        judged(lines)


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_exchanges_may_come_in_any_order(wire: Wire) -> None:
    random = Random(wire.name)
    one, two = record(wire), record(wire, scope="two")
    for _ in range(20):
        lines = [*one.lines(), *two.lines()]
        random.shuffle(lines)
        judged(lines[: random.randint(1, len(lines))])


@pytest.mark.parametrize("id_", [name for name in DIALECTS if name != "ollama"])  # of which none is recorded
def test_any_leaf_of_recorded_traffic_may_be_anything(id_: str, captures: Path) -> None:
    random = Random(id_)
    rows = [row for _, row in audited(captures).of(id_)]
    for _ in range(3):
        auditor = Auditor()
        for row in rows:
            changed = copy.deepcopy(row)
            bodies = [changed["request"], *([changed["response"]] if isinstance(changed["response"], dict) else [])]
            for body in bodies:
                place, _ = random.choice(list(leaves(body)))
                parent = body
                for step in place[:-1]:
                    parent = parent[step]
                parent[place[-1]] = copy.deepcopy(random.choice(STRANGE))
            for exchange in read([dump(changed)]):
                auditor.add(exchange)
        assert auditor.report().exchanges == len(rows) > 0


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_line_is_an_exchange_or_a_typed_error(line: bytes) -> None:
    errors: list[DecodeError] = []
    for exchange in read([line], on_error=errors.append):
        Auditor().add(exchange)
    assert all(error.where.startswith("line ") for error in errors)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"request": _JSON},
        optional={
            **dict.fromkeys(("response", "status", "at", "scope", "source", "delivered", "host", "endpoint"), _JSON),
            "dialect": st.sampled_from(["openai-chat", "anthropic-messages", "", None, "other"]),
        },
    )
)
@settings(max_examples=100)
def test_any_members_are_an_exchange_or_a_typed_error(line: dict[str, Any]) -> None:
    errors: list[DecodeError] = []
    auditor = Auditor(dialect="openai-chat")
    for exchange in read([json.dumps(line).encode()], on_error=errors.append):
        auditor.add(exchange)
    assert len(errors) + auditor.report().exchanges == 1


# -- cost --------------------------------------------------------------------------------------------------------------


def loop(wire: Wire, steps: int) -> Recorded:
    def answer(number: int) -> Answer:
        words = Thought(f"Thought number {number}, which nobody had before.", f"c2VhbA{number}")
        return Answer((words,), "", (Call(f"call_number_{number}", "look", json.dumps({"n": number})),))

    return record(wire, ["Look.", *map(answer, range(steps)), Answer(text="Done.")])


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("lossy", [False, True])
def test_a_growing_conversation_costs_what_is_new(wire: Wire, *, lossy: bool) -> None:
    """Counted, not timed: what is read, placed and compared is each message once, whatever repeats it."""
    recorded = loop(wire, 40)
    if lossy:
        for one in recorded.exchanges:
            for message in one["request"]["messages"]:
                for place in reversed(wire.thoughts(message) if message["role"] == "assistant" else []):
                    wire.without_words(message, place)
    auditor = Auditor()
    for exchange in read([dump(one) for one in recorded.lines()]):
        auditor.add(exchange)
    report = auditor.report()
    scope = auditor._scopes[""]
    last = recorded.messages(41)
    messages = {json.dumps(message) for message in last}

    assert report.expected == 41 * 40 // 2
    assert len(report.findings) == (40 if lossy else 0)
    for (_, profile), memo in auditor._memos.items():
        assert len(memo._known) + len(memo._runs) == len(messages), profile
    assert len(scope.views) == 40
    assert len(scope.outcomes) == (40 if lossy else 0)
    steps = 0
    node = scope.lineage._root
    while node.next:
        (node,) = node.next.values()
        steps += 1
    assert steps == sum(message["role"] != "system" for message in last)


def test_a_date_in_the_instructions_costs_nothing_but_itself() -> None:
    recorded = loop(WIRES["deepseek"], 20)
    for n, one in enumerate(recorded.exchanges):
        one["request"]["messages"][0]["content"] += f" It is {n} o'clock."
    auditor = Auditor()
    for exchange in read([dump(one) for one in recorded.exchanges]):
        auditor.add(exchange)

    (finding,) = auditor.report().findings

    assert (finding.check, finding.level, finding.requests) == ("prefix.unaltered", "MAY", 20)
    assert len(auditor._scopes[""].lineage._root.next) == 1
