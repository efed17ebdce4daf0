"""The scenarios and the providers that play them, as data."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from keepthinking import Tags, rule_for
from keepthinking._profiles import profile
from keepthinking.checks import CHECKS
from keepthinking.retention import refusals
from keepthinking.retention._rules import rule
from keepthinking_conformance.judge._facts import scripted
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.miniatures import CORRECT
from keepthinking_conformance.plan import plan
from keepthinking_conformance.scenarios import (
    PROVIDERS,
    SCENARIOS,
    TOOLS,
    Call,
    Say,
    Scenario,
    Served,
    StepScript,
    Think,
    TurnScript,
    misfit,
)

ANSWER = StepScript((Think(), Say()))
LOOK = StepScript((Think(), Call(tool="look_up")))
ASKS = StepScript((Think(), Call(tool="ask_helper", helper=(ANSWER,))))
HANDOFF = {"needs": frozenset({"handoff", "switch-model"})}


@pytest.mark.parametrize("served", PROVIDERS.values(), ids=PROVIDERS)
def test_a_provider_is_played_under_the_rule_that_its_row_names(served: Served) -> None:
    found = rule_for(profile(served.profile, served.dialect), model=served.model, request_params=served.extra_body)

    assert found is not None
    assert found.id == served.rule


@pytest.mark.parametrize("served", PROVIDERS.values(), ids=PROVIDERS)
def test_every_provider_that_is_played_must_get_its_thinking_back_inside_the_loop(served: Served) -> None:
    row = rule(served.rule)

    assert row.level(in_loop=True) == "MUST"
    assert row.source
    assert row.verified


def test_some_provider_must_get_thinking_of_an_earlier_turn_back_and_some_lets_it_go() -> None:
    levels = {rule(served.rule).level(in_loop=False) for served in PROVIDERS.values()}

    assert levels == {"MUST", "SHOULD", "MAY"}


def test_the_providers_show_thinking_in_every_place_that_chat_has() -> None:
    rows = [profile(served.profile, served.dialect) for served in PROVIDERS.values()]
    chat = [row for row in rows if row.dialect == "openai-chat"]

    assert {name for row in chat for name in row.returns} == {
        "content",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
    }
    assert [row.tags for row in chat if row.tags] == [Tags(open="<think>", close="</think>")]
    assert any(len(row.returns) > 1 for row in chat)


def test_every_scenario_is_played_by_some_provider_and_every_provider_plays_the_loop() -> None:
    for scenario in SCENARIOS.values():
        assert [served.profile for served in PROVIDERS.values() if not misfit(scenario, served)], scenario.id
    for served in PROVIDERS.values():
        assert misfit(SCENARIOS["loop"], served) == ""


@pytest.mark.parametrize(
    ("scenario", "name", "why"),
    [
        ("redacted", "deepseek", "`openai-chat` has no such blocks"),
        ("redacted", "minimax-anthropic", "`minimax-anthropic` gives no redacted thoughts"),
        ("empty-sealed", "deepseek-anthropic", "`deepseek-anthropic` gives no empty-sealed thoughts"),
        ("interleaved", "kimi", "`kimi` gives one thought an answer"),
        ("interleaved", "openrouter", ""),
        ("provider-search", "minimax-anthropic", "`minimax-anthropic` runs no tools of its own"),
        ("provider-search", "anthropic", ""),
        ("thought-only", "deepseek", "`deepseek` is not known to answer with a thought alone"),
        ("thought-only", "vllm", ""),
        ("malformed-arguments", "google-gemini", "`gemini` has no such blocks"),
        ("no-thought", "kimi", "`kimi` takes no answer back that has no thought"),
        ("no-thought", "minimax", ""),
    ],
)
def test_what_a_provider_cannot_play_is_said_in_words(scenario: str, name: str, why: str) -> None:
    assert misfit(SCENARIOS[scenario], PROVIDERS[name]) == why


def calls_of(scenario: Scenario) -> list[Call]:
    """Give all calls of a scenario, those of its helpers among them."""
    own = [call for turn in scenario.turns for call in turn.calls]
    return own + [call for asked in own for step in asked.helper for call in step.calls]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_schema_of_a_tool_knows_every_argument_that_is_ever_sent(scenario: Scenario) -> None:
    for call in calls_of(scenario):
        assert call.arguments.count("$key") == 1
        if call.outcome != "malformed":
            schema = json.loads(TOOLS[call.tool].parameters)
            assert set(schema["required"]) <= set(json.loads(call.arguments)) <= set(schema["properties"])


def test_malformed_arguments_are_no_json_whoever_reads_them() -> None:
    broken = [call for row in SCENARIOS.values() for call in calls_of(row) if call.outcome == "malformed"]

    assert broken
    for call in broken:
        with pytest.raises(json.JSONDecodeError):
            json.loads(call.arguments)
        with pytest.raises(json.JSONDecodeError):
            json.loads(call.arguments + "}")  # nor are they cut off, which some clients mend


# -- what they are made for --------------------------------------------------------------------------------------------


PERTURBED = {"perturbed.history.unaltered"}
"""The purpose of the perturbations, which play the same scenarios."""

UNPLAYED = {"thinking.not-sent"}
"""Checks that no run gives an occasion for, since no provider that is played forbids thinking."""


def test_every_check_is_some_scenarios_purpose() -> None:
    judged = {check.id for check in CHECKS.values() if check.judged in {"recording", "run"}}

    assert {check for row in SCENARIOS.values() for check in row.checks} == judged - PERTURBED - UNPLAYED
    assert not any("must-not" in (rule(row.rule).in_loop, rule(row.rule).cross_turn) for row in PROVIDERS.values())


WHOSE = {"ids.paired", "ids.verbatim"}
"""Checks whose occasions the provider has, not the script: some give their calls no ids."""


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_has_an_occasion_for_whatever_it_is_made_for(scenario: Scenario) -> None:
    cells = plan([CORRECT], scenarios=[scenario.id], modes=["plain", "stream"], names=["", "claude"])
    found = {check for cell in cells if not cell.skip for check in occasions(scripted(cell))}

    assert set(scenario.checks) <= found | WHOSE


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_is_made_for_something_and_says_it_once(scenario: Scenario) -> None:
    assert scenario.checks
    assert len(set(scenario.checks)) == len(scenario.checks)


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        ("redacted.kept", lambda row: "redacted" in row.kinds),
        ("thinking.empty.kept", lambda row: "empty-sealed" in row.kinds),
        ("thinking.empty.not-invented", lambda row: any(not step.thoughts for step in steps_of(row))),
        ("opaque.kept", lambda row: row.hosted),
        ("parallel.together", lambda row: any(len(step.calls) > 1 for step in steps_of(row))),
        ("malformed-call.answered", lambda row: any(call.outcome == "malformed" for call in calls_of(row))),
        ("failed-turn.thinking.kept", lambda row: any(call.outcome == "error" for call in calls_of(row))),
        ("failed-turn.survived", lambda row: row.alone),
        ("retry.history.unaltered", lambda row: bool(row.faults)),
        ("persist.seal.kept", lambda row: any(turn.before == "resume" or turn.reopened for turn in row.turns)),
        ("persist.unfinished.not-kept", lambda row: any(turn.interrupted for turn in row.turns)),
        ("persist.open-call.kept", lambda row: any(turn.reopened for turn in row.turns)),
        ("handoff.foreign.not-sent", lambda row: before(row) == ["", "handoff", "hand-back"]),
        ("switch.thinking.kept", lambda row: before(row) == ["", "switch-model", "switch-back"]),
        ("context.turn.kept.cross-turn", lambda row: len(row.turns) > 1),
    ],
)
def test_what_a_check_is_about_occurs_where_it_is_the_purpose(check: str, holds: Callable[[Scenario], bool]) -> None:
    rows = [row for row in SCENARIOS.values() if check in row.checks]

    assert rows
    assert all(holds(row) for row in rows)


def steps_of(scenario: Scenario) -> list[StepScript]:
    return [step for turn in scenario.turns for step in turn.steps]


def before(scenario: Scenario) -> list[str]:
    return [turn.before for turn in scenario.turns]


def test_the_long_loop_is_long_and_uses_every_tool_that_answers() -> None:
    (turn,) = SCENARIOS["long-loop"].turns

    assert len(turn.calls) == 50
    assert {call.tool for call in turn.calls} == {"look_up", "read_note", "search", "browse", "python"}


@pytest.mark.extras
@pytest.mark.parametrize("served", PROVIDERS.values(), ids=PROVIDERS)
def test_who_thinks_before_every_answer_refuses_one_without_a_thought_and_the_others_do_not(served: Served) -> None:
    from keepthinking_conformance.provider import Script
    from tests.conformance.provider_client import ask, histories

    script = Script(SCENARIOS["no-thought"], served)
    _, _, messages = histories(script)[-1]

    refused = refusals(ask(script, messages), rule(served.rule), profile=profile(served.profile, served.dialect))

    assert bool(refused) == served.always


# -- the other model ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("served", PROVIDERS.values(), ids=PROVIDERS)
def test_the_other_model_speaks_the_same_dialect_and_does_not_read_the_ones_seals(served: Served) -> None:
    other = PROVIDERS[served.other]
    if served is other:  # nothing is sealed on that wire, so no other provider of it would be another one
        assert not any(row.sealed for row in PROVIDERS.values() if row.dialect == served.dialect)
        return

    assert other.profile != served.profile
    assert other.dialect == served.dialect
    assert served.sealed or other.sealed
    domains = [profile(row.profile, row.dialect).domain for row in (served, other)]
    assert domains[0] != domains[1]


def test_odd_arguments_are_not_as_a_json_library_would_write_them() -> None:
    calls = [call for step in SCENARIOS["odd-arguments"].turns[0].steps for call in step.calls]

    assert calls
    for call in calls:
        value = json.loads(call.arguments)
        assert call.arguments not in {
            json.dumps(value),
            json.dumps(value, ensure_ascii=False),
            json.dumps(value, separators=(",", ":")),
            json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        }
    assert calls[0].arguments == '{"key":"$key", "e":"\\u00e9","x":1e2,"esc":"\\/"}'


@pytest.mark.parametrize(
    ("turns", "more"),
    [
        ((), {}),
        ((TurnScript(()),), {}),
        ((TurnScript((LOOK,)),), {}),
        ((TurnScript((ANSWER, ANSWER)),), {}),
        ((TurnScript((ANSWER,), before="resume"),), {}),
        ((TurnScript((LOOK, ANSWER), approval="allow", reopened=True),), {"needs": frozenset({"approve"})}),
        ((TurnScript((ANSWER,), interrupted=True),), {"needs": frozenset({"interrupt"})}),
        ((TurnScript((LOOK, ANSWER), reopened=True),), {"needs": frozenset({"approve", "save"})}),
        ((TurnScript((LOOK, ANSWER), "", "allow"), TurnScript((LOOK, ANSWER))), {"needs": frozenset({"approve"})}),
        ((TurnScript((ANSWER,)), TurnScript((ANSWER,), "handoff"), TurnScript((ANSWER,))), HANDOFF),
        ((TurnScript((ANSWER,), "handoff"), TurnScript((ANSWER,), "switch-back")), HANDOFF),
        ((TurnScript((ASKS, ANSWER)),), {}),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused(turns: tuple[TurnScript, ...], more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="scenario 'x'"):
        Scenario(id="x", title="", turns=turns, **more)  # type: ignore[arg-type]  # a wrong one on purpose


def test_the_scenarios_are_those_that_are_named() -> None:
    assert list(SCENARIOS) == [
        "single",
        "loop",
        "long-loop",
        "research",
        "call-in-thought",
        "no-thought",
        "parallel",
        "interleaved",
        "redacted",
        "empty-sealed",
        "provider-search",
        "odd-arguments",
        "tool-error",
        "malformed-arguments",
        "thought-only",
        "retry",
        "retry-cut",
        "second-turn",
        "resume",
        "interrupt",
        "step-limit",
        "approval",
        "denial",
        "approval-resume",
        "compaction",
        "handoff",
        "model-switch",
        "sub-agent",
    ]
    assert before(SCENARIOS["resume"]) == ["", "resume"]
    assert before(SCENARIOS["compaction"]) == ["", "", "compact"]
