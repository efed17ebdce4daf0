"""Failed turns, retries and malformed calls: a run goes on behind them, with the history that it had."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from keepthinking import Message, ToolCall, ToolResult
from keepthinking._turns import MODEL_ROLES
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import Call, Say, Scenario, StepScript, Think, TurnScript
from tests.conformance.judge.runs import cell_of, checks, compared, judged, the
from tests.conformance.subjects import FAITHFUL, Miniature, Talk, without_thinking
from tests.conformance.wires import grouped

pytestmark = pytest.mark.extras

_LOOK = StepScript((Think(), Call(tool="look_up")))
_BROKEN = StepScript((Think(), Call(tool="look_up", outcome="malformed")))
_FAILS = StepScript((Think(), Call(tool="look_up", outcome="error")))
_ANSWER = StepScript((Think(), Say()))
_ALONE = StepScript((Think(),))

MALFORMED = Scenario(id="broken", title="Broken arguments", turns=(TurnScript((_BROKEN, _LOOK, _ANSWER)),))
ALONE = Scenario(id="alone", title="A thought alone", turns=(TurnScript((_LOOK, _ALONE)), TurnScript((_LOOK, _ANSWER))))
FAILS = Scenario(id="fails", title="A tool that fails", turns=(TurnScript((_LOOK, _FAILS, _LOOK, _ANSWER)),))


# -- malformed calls ---------------------------------------------------------------------------------------------------


async def gives_up_on_malformed(talk: Talk) -> str:
    """End the turn without a word where the arguments are no JSON."""
    while True:
        message = await talk.ask(talk.messages)
        talk.messages.append(message)
        calls = message.tool_calls
        try:
            for call in calls:
                json.loads(call.arguments)
        except ValueError:
            return ""
        if not calls:
            return message.text
        talk.messages += [Message(role="tool", blocks=(await talk.call(call),)) for call in calls]


def without_malformed(talk: Talk) -> list[Message]:
    """Take the call and its answer out of the history."""
    found: list[Message] = []
    gone: set[object] = set()
    for message in talk.messages:
        bad = [b for b in message.blocks if isinstance(b, ToolCall) and not b.arguments.endswith("}")]
        gone |= {call.id for call in bad}
        kept = [b for b in message.blocks if b not in bad and getattr(b, "call_id", None) not in gone]
        found += [message.with_blocks(kept)] if kept else []
    return found


def without_its_result(talk: Talk) -> list[Message]:
    bad = {c.id for m in talk.messages for c in m.tool_calls if not c.arguments.endswith("}")}
    return [m for m in talk.messages if not any(getattr(b, "call_id", None) in bad for b in m.blocks)]


def test_a_malformed_call_that_is_answered_passes(provider: Provider) -> None:
    found = judged(provider, cell_of("deepseek", MALFORMED))

    assert (found.status, found.checks["malformed-call.answered"]) == ("pass", "pass")


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (Miniature("mini.gives-up", goes_on=gives_up_on_malformed), "ended the turn"),
        (Miniature("mini.forgets-it", sends=without_malformed), "is gone from the history"),
        (Miniature("mini.no-result", sends=without_its_result), "has no result"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
@pytest.mark.parametrize("profile", ["deepseek", "openai"])
def test_a_malformed_call_that_nobody_answers_is_found(
    provider: Provider, profile: str, subject: Miniature, said: str
) -> None:
    found = judged(provider, cell_of(profile, MALFORMED, subject))

    finding = the(found, "malformed-call.answered")
    assert said in finding.what
    assert (finding.level, finding.response) == ("SHOULD", 1)
    assert found.checks["malformed-call.answered"] == "warn"
    # Without its result the call is asked again, for ever.
    assert found.status == ("warn" if said == "ended the turn" else "error")


# -- an answer of thinking alone ---------------------------------------------------------------------------------------


def stops_for(reason: str) -> Callable[[Talk], Awaitable[str]]:
    async def goes(talk: Talk) -> str:
        if any(not m.tool_calls and m.thinking and not m.text for m in talk.messages if m.role in MODEL_ROLES):
            if reason:
                raise RuntimeError(reason)
            return ""
        return await talk.answer()

    return goes


@pytest.mark.parametrize("profile", ["minimax-split", "anthropic"])
def test_a_run_that_goes_on_behind_a_thought_alone_passes(provider: Provider, profile: str) -> None:
    found = judged(provider, cell_of(profile, ALONE))

    assert (found.status, found.checks["failed-turn.survived"]) == ("pass", "pass")


def test_a_run_that_stops_behind_a_thought_alone_is_found_and_is_no_fault_of_ours(provider: Provider) -> None:
    silent = judged(provider, cell_of("minimax-split", ALONE, Miniature("mini.stops", goes_on=stops_for(""))))
    loud = judged(provider, cell_of("minimax-split", ALONE, Miniature("mini.dies", goes_on=stops_for("empty answer"))))

    assert (silent.status, checks(silent)) == ("fail", {"failed-turn.survived"})
    assert (loud.status, checks(loud)) == ("error", {"failed-turn.survived"})
    assert "empty answer" in loud.reason
    assert silent.checks["failed-turn.survived"] == loud.checks["failed-turn.survived"] == "fail"
    assert the(silent, "failed-turn.survived").response == 2


def test_the_next_question_is_no_words_of_the_scaffold_where_the_answer_before_it_is_gone(provider: Provider) -> None:
    """The answer that ended the loop was left out, so the user's words stand right behind a result."""

    def without_the_thought_alone(talk: Talk) -> list[Message]:
        return [m for m in talk.messages if m.role not in MODEL_ROLES or m.text or m.tool_calls]

    def reminds(talk: Talk) -> list[Message]:
        waits = talk.messages[-1].role not in MODEL_ROLES and len(talk.messages) > 1
        return [*talk.messages, Message.user("Remember that you help with an archive.")] if waits else talk.messages

    forgets = Miniature("mini.forgets-thoughts-alone", sends=without_the_thought_alone)
    assert "inject.boundary" not in checks(judged(provider, cell_of("vllm", ALONE, forgets)))
    assert "inject.boundary" in checks(
        judged(provider, cell_of("vllm", ALONE, Miniature("mini.reminds", sends=reminds)))
    )


def test_a_scaffold_may_ask_again_for_words(provider: Provider) -> None:
    async def asks_again(talk: Talk) -> str:
        shown = await talk.answer()
        return shown or await talk.answer()

    subject = Miniature("mini.asks-again", goes_on=asks_again)
    found = judged(provider, cell_of("minimax-split", ALONE, subject))

    assert found.status == "pass"
    assert found.requests == 5


# -- what a tool said, in JSON ---


@pytest.mark.parametrize("profile", ["google-gemini", "deepseek"])
def test_a_result_may_stand_in_an_object_of_json_whatever_it_says(provider: Provider, profile: str) -> None:
    """The tools of this scenario answer with lines, quotes and tabs, which JSON escapes."""

    async def wraps(talk: Talk) -> str:
        while True:
            message = await talk.ask(talk.messages)
            talk.messages.append(message)
            if not message.tool_calls:
                return message.text
            for call in message.tool_calls:
                tool = next(tool for tool in talk.run.tools if tool.tool.name == call.name)
                boxed = json.dumps({"return_value": [await tool.call(call.arguments)]})
                talk.messages += grouped(talk.wire, [talk.told(call, boxed)])

    found = judged(provider, cell_of(profile, "long-loop", Miniature("mini.wraps", goes_on=wraps)))

    assert (found.status, found.checks["result.delivered"]) == ("pass", "pass")


# -- a tool that fails -------------------------------------------------------------------------------------------------


def forgets_failures(talk: Talk) -> list[Message]:
    """Drop the thinking of an answer whose tool failed."""
    results = [block for message in talk.messages for block in message.blocks if isinstance(block, ToolResult)]
    failed = {result.call_id for result in results if "out of reach" in str(result.content)}
    return [without_thinking([m])[0] if any(call.id in failed for call in m.tool_calls) else m for m in talk.messages]


def test_thinking_that_goes_with_a_failed_tool_is_named_by_it(provider: Provider) -> None:
    cell = cell_of("deepseek", FAILS, Miniature("mini.forgets-failures", sends=forgets_failures))

    found = compared(provider, cell)[cell.id]

    assert checks(found) == {"thinking.kept.in-loop", "failed-turn.thinking.kept"}
    assert the(found, "failed-turn.thinking.kept").response == 2
    assert found.checks["failed-turn.thinking.kept"] == "fail"


def test_thinking_that_goes_anyway_is_not_charged_to_the_tool(provider: Provider) -> None:
    always = Miniature("mini.always", sends=lambda talk: without_thinking(talk.messages))
    cell = cell_of("deepseek", FAILS, always)

    found = compared(provider, cell)[cell.id]

    assert checks(found) == {"thinking.kept.in-loop"}
    assert "failed-turn.thinking.kept" not in found.checks


def test_a_faithful_run_keeps_the_thinking_of_a_failed_turn(provider: Provider) -> None:
    cell = cell_of("deepseek", FAILS, FAITHFUL)

    assert compared(provider, cell)[cell.id].checks["failed-turn.thinking.kept"] == "pass"
