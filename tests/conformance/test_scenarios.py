"""The scenarios and the providers that play them, as data."""

from __future__ import annotations

import json

import pytest

from keepthinking import Tags, rule_for
from keepthinking._profiles import profile
from keepthinking.retention._rules import rule
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
    ],
)
def test_what_a_provider_cannot_play_is_said_in_words(scenario: str, name: str, why: str) -> None:
    assert misfit(SCENARIOS[scenario], PROVIDERS[name]) == why


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_schema_of_a_tool_knows_every_argument_that_is_ever_sent(scenario: Scenario) -> None:
    for call in (call for turn in scenario.turns for step in turn.steps for call in step.calls):
        schema = json.loads(TOOLS[call.tool].parameters)
        assert set(json.loads(call.arguments)) <= set(schema["properties"])
        assert call.arguments.count("$key") == 1


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
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused(turns: tuple[TurnScript, ...], more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="scenario 'x'"):
        Scenario(id="x", title="", turns=turns, **more)  # type: ignore[arg-type]  # a wrong one on purpose


def test_the_scenarios_are_those_that_are_named() -> None:
    assert list(SCENARIOS) == [
        "single",
        "loop",
        "parallel",
        "interleaved",
        "redacted",
        "empty-sealed",
        "odd-arguments",
        "tool-error",
        "second-turn",
        "resume",
    ]
    assert [turn.before for turn in SCENARIOS["resume"].turns] == ["", "resume"]
