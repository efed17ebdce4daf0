"""What the requests of a run ask for: a history that the server holds, a search of the provider's, no tools at all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from keepthinking import Conversation, Json, Request, Subject, Tool
from keepthinking_conformance.judge import judge
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._judge import _is_held, _is_unasked, _offers_nothing, _verdict
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run import UNASKED
from keepthinking_conformance.scenarios import TurnScript
from keepthinking_conformance.subjects import subject
from tests.conformance.judge.recorded import (
    HELLO,
    LAST,
    LOOK,
    Speaks,
    answer,
    call,
    exchange,
    given_of,
    play,
    recorded,
    responses,
    trace_of,
    wanted,
)
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import FAITHFUL

pytestmark = pytest.mark.extras

PLAIN = Request(conversation=Conversation.of())
HELD = Request(conversation=Conversation.of(), state={"previous_response_id": Json.of("resp_1")})
SEARCHES = Request(conversation=Conversation.of(tools=[Tool(name="web_search", kind="server")]))
OWN = subject("mine", lambda run: run)  # type: ignore[arg-type, return-value]  # nothing begins it


def case(*requests: Request | None, hosted: bool = True, of: Any = OWN) -> Any:
    """Make a case of requests alone; None is one that nobody can read."""
    cell = SimpleNamespace(scenario=SimpleNamespace(hosted=hosted), subject=of)
    return SimpleNamespace(cell=cell, calls=list(range(len(requests))), request=lambda n: requests[n])


@pytest.mark.parametrize(
    ("requests", "held"),
    [
        ((PLAIN, HELD), True),
        ((HELD, HELD, HELD), True),
        ((PLAIN, PLAIN, HELD), False),
        ((PLAIN, HELD, PLAIN), False),
        ((PLAIN, None), False),
        ((PLAIN, HELD, None), False),
        ((HELD,), False),
        ((), False),
    ],
)
def test_a_conversation_is_held_where_each_request_but_the_first_names_what_was_before(
    requests: tuple[Request | None, ...], *, held: bool
) -> None:
    assert _is_held(case(*requests)) is held


@pytest.mark.parametrize(
    ("run", "unasked"),
    [
        (case(PLAIN, PLAIN), True),
        (case(None, PLAIN), True),
        (case(PLAIN, SEARCHES), False),
        (case(SEARCHES), False),
        (case(None), False),
        (case(), False),
        (case(PLAIN, hosted=False), False),
        (case(PLAIN, of=FAITHFUL), False),
    ],
)
def test_only_a_scaffold_of_ones_own_that_asks_for_no_search_is_spared_one(run: Any, *, unasked: bool) -> None:
    assert _is_unasked(run) is unasked


def test_who_is_spared_a_search_is_told_that_it_asks_for_none() -> None:
    cell = cell_of("openai", "provider-search", OWN)
    asked = exchange([HELLO], request=b'{"model": "gpt-5.6", "input": "What is in box 4?"}', response=b"{}")

    found = judge(cell, trace_of(asked))

    assert (found.status, found.reason) == ("unsupported", UNASKED)


BROKE = Incident(kind="ValueError", message="no answer", where="turn 1", culprit="scaffold")
TURN = TurnScript((LOOK, LAST))


def made(*, tools: bool, incident: Incident | None = BROKE, of: Subject = FAITHFUL) -> Case:
    cell = cell_of("deepseek", play(TURN), of)
    asked = exchange([HELLO], answer("Hm.", None, call("c1")), tools=tools)
    broken = {"wanted": (), "called": (), "incident": incident}
    return Case(cell, trace_of(asked, given=given_of(cell), **broken))


def test_who_declares_no_tool_is_told_of_languages_where_it_raised() -> None:
    assert _offers_nothing(made(tools=False))
    assert not _offers_nothing(made(tools=True))
    assert not _offers_nothing(made(tools=False, of=Speaks("mini.speaks", speech="react")))
    assert "`speech` says how" in _verdict(made(tools=False), (), {}).reason
    assert "`speech`" not in _verdict(made(tools=True), (), {}).reason
    bare = _verdict(made(tools=False, incident=None), (), {"preserved": 1})
    assert "`speech`" not in bare.reason


def test_only_where_nothing_came_back_it_is_the_server_that_holds_it() -> None:
    made = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look_up", "arguments": '{"key": "key-1"}'}
    told = {"type": "function_call_output", "call_id": "c1", "output": "It holds R-1."}
    part = {"type": "output_text", "text": "A lamp.", "annotations": []}
    last = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    tools = [{"type": "function", "name": "look_up", "parameters": {"type": "object"}}]

    def run(*items: Any, **held: str) -> Case:
        first = responses([HELLO], made, tools=tools)
        behind = responses([*items, told], last, id_="resp_2", tools=tools, **held)
        return recorded(play(TURN), first, behind, profile="openai", **BOTH)

    held = run(previous_response_id="resp_1")
    assert "no thinking had to come back" in _verdict(run(HELLO, made), (), {}).reason
    assert _verdict(held, (), {}).reason.startswith("the server holds the conversation")
    assert _verdict(held, (), {"preserved": 1}).reason == ""


BOTH: dict[str, Any] = {"wanted": (wanted(),), "called": (wanted(),)}
