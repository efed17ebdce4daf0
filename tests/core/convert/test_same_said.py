"""What was said is said again: by the same speakers, as often, in the same order, and nothing besides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keepthinking import Loss, Message, Text, Thinking, ToolCall, ToolResult, dialect
from keepthinking.audit import audit, read
from keepthinking.convert import Converter, policy
from keepthinking.convert._documents import Documents
from keepthinking.convert._translate import translate_request, translate_response
from tests.core.audit.places import dump
from tests.core.audit.scripted import record
from tests.core.audit.wires import WIRES, Wire
from tests.core.convert.streams import differences, said
from tests.core.convert.test_nothing_lost import EVERYWHERE, FROM, answers, requests


@FROM
@EVERYWHERE
@pytest.mark.parametrize("thinking", ["native", "drop"])
def test_a_recorded_request_says_the_same_but_for_its_losses(
    captures: Path, source: str, to: str, thinking: Any
) -> None:
    converter = Converter(policy(to, source=source, thinking=thinking))
    for name, request in requests(captures, source):
        encoded = translate_request(request, converter)
        back = dialect(to).decode_request(encoded.body)

        before = said(request.messages, encoded.losses, request.conversation.tools or ())
        assert differences(before, said(back.messages, tools=back.conversation.tools or ())) == [], name


@FROM
@EVERYWHERE
def test_a_recorded_answer_says_the_same_but_for_its_losses(captures: Path, source: str, to: str) -> None:
    converter = Converter(policy(to, source=source))
    for name, response in answers(captures, source):
        _, encoded = translate_response(response, converter)

        before = said(response.messages, encoded.losses)
        assert differences(before, said(dialect(to).decode_response(encoded.body).messages)) == [], name


HISTORY = (
    Message.user("go"),
    Message.assistant(Thinking.of("plan"), Text(text="one"), Text(text="two"), ToolCall.of("f", {"a": 1}, id="c1")),
    Message(role="tool", blocks=(ToolResult(call_id="c1", content="found", status="error"),)),
    Message.assistant(ToolCall.of("g", {}, id="c2")),
)


@dataclass
class Fault:
    """Something that a converter could do wrong."""

    message: int
    blocks: Callable[[Any], Any]
    stream: str


FAULTS = {
    "a text is gone": Fault(1, lambda b: (b[0], b[1], b[3]), "assistant text"),
    "two texts change places": Fault(1, lambda b: (b[0], b[2], b[1], b[3]), "assistant text"),
    "a text stands twice": Fault(1, lambda b: (*b, b[1]), "assistant text"),
    "thinking is visible text": Fault(1, lambda b: (Text(text=b[0].text), *b[1:]), "assistant text"),
    "thinking is gone": Fault(1, lambda b: b[1:], "thinking"),
    "a call is gone": Fault(3, lambda _: (), "call names"),
    "an argument is another one": Fault(1, lambda b: (*b[:3], ToolCall.of("f", {"a": 2}, id="c1")), "call arguments"),
    "an id is another one": Fault(1, lambda b: (*b[:3], ToolCall.of("f", {"a": 1}, id="c2")), "call ids"),
    "a result belongs to another call": Fault(2, lambda _: (ToolResult(call_id="c2", content="found"),), "result ids"),
    "a failure is none": Fault(2, lambda _: (ToolResult(call_id="c1", content="found"),), "failures"),
}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_the_judge_sees_each_fault(fault: Fault) -> None:
    changed = list(HISTORY)
    changed[fault.message] = HISTORY[fault.message].with_blocks(fault.blocks(HISTORY[fault.message].blocks))

    found = differences(said(HISTORY), said(changed))

    assert differences(said(HISTORY), said(HISTORY)) == []
    assert fault.stream in [one.partition(":")[0] for one in found]


def test_the_judge_sees_who_speaks_and_takes_a_loss_for_an_excuse() -> None:
    other = (HISTORY[0].replace(role="assistant"), *HISTORY[1:])
    told = Loss(kind="content", path="messages[1].blocks[0]", what="", why="")
    harmless = Loss(kind="spelling", path="messages[1].blocks[0]", what="", why="")
    gone = (HISTORY[0], HISTORY[1].with_blocks(HISTORY[1].blocks[1:]), *HISTORY[2:])

    assert len(differences(said(HISTORY), said(other))) == 2
    assert differences(said(HISTORY, [told]), said(gone)) == []
    assert differences(said(HISTORY, [harmless]), said(gone)) != []


# -- recordings --------------------------------------------------------------------------------------------------------


def without_ids(value: Any) -> Any:
    """Take the ids of calls away, as Gemini often gives none."""
    if isinstance(value, dict):
        named = {key: without_ids(inner) for key, inner in value.items()}
        for key in ("functionCall", "functionResponse"):
            if isinstance(inner := named.get(key), dict):
                named[key] = {name: kept for name, kept in inner.items() if name != "id"}
        return named
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value


def repeated_ids(value: Any) -> Any:
    """Give the calls of each answer the same ids, as some servers do."""
    if isinstance(value, dict):
        return {key: repeated_ids(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [repeated_ids(inner) for inner in value]
    return f"call_{value[6]}" if isinstance(value, str) and value.startswith("call_") else value


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("spelt", [without_ids, repeated_ids])
@EVERYWHERE
def test_a_faithful_recording_is_faithful_in_each_dialect(wire: Wire, to: str, spelt: Callable[[Any], Any]) -> None:
    lines = [dump(spelt(line)) for line in record(wire).lines()]
    documents = Documents(source="auto", to=to)

    report = audit(read([documents.convert(line.strip()).body for line in lines]))

    assert [(finding.check, finding.what) for finding in report.findings] == []
    assert (report.expected, report.unattributed, report.problems) == (28, 0, ())
