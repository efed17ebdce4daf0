"""Two runs together: a loss is charged to an event or a name only where the run without it has none."""

from __future__ import annotations

import pytest

from keepthinking import Message
from keepthinking_conformance.judge import twins
from keepthinking_conformance.judge._causes import CAUSES
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import SCENARIOS
from tests.conformance.judge.runs import cell_of, checks, compared, judged, the
from tests.conformance.subjects import FAITHFUL, FORGETFUL, Miniature, Talk, without_thinking

pytestmark = pytest.mark.extras


def for_name(*names: str) -> Miniature:
    """Make a scaffold that keeps thinking of models whose name holds one of some words alone."""

    def sends(talk: Talk) -> list[Message]:
        known = any(name in talk.run.endpoint.model for name in names)
        return talk.messages if known else without_thinking(talk.messages)

    return Miniature(f"mini.for-{'-'.join(names)}", sends=sends)


def test_a_gate_that_another_name_shuts_is_named(provider: Provider) -> None:
    usual, other = (cell_of("deepseek", "loop", for_name("deepseek"), name=name) for name in ("", "neutral"))

    found = compared(provider, usual, other)

    assert found[usual.id].status == "pass"
    assert checks(found[other.id]) == {"thinking.kept.in-loop", "gate.not-by-name"}
    assert the(found[other.id], "gate.not-by-name").level == "SHOULD"
    assert found[other.id].checks["gate.not-by-name"] == "warn"
    assert found[usual.id].checks["gate.not-by-name"] == "pass"


def test_a_gate_that_the_providers_own_name_shuts_is_named_there(provider: Provider) -> None:
    usual, other = (cell_of("deepseek", "loop", for_name("model-a"), name=name) for name in ("", "neutral"))

    found = compared(provider, usual, other)

    assert found[other.id].status == "pass"
    assert "gate.not-by-name" in checks(found[usual.id])
    assert found[usual.id].checks["gate.not-by-name"] == "warn"


def test_who_loses_under_every_name_has_no_gate(provider: Provider) -> None:
    usual, other = (cell_of("deepseek", "loop", FORGETFUL, name=name) for name in ("", "gpt-5"))

    found = compared(provider, usual, other)

    for cell in (usual, other):
        assert checks(found[cell.id]) == {"thinking.kept.in-loop"}
        assert "gate.not-by-name" not in found[cell.id].checks


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini", "openrouter"])
@pytest.mark.parametrize("name", ["neutral", "deepseek", "claude", "gpt-5", "gemini"])
def test_behind_another_name_the_rule_is_the_same(provider: Provider, profile: str, name: str) -> None:
    kept = judged(provider, cell_of(profile, "loop", FAITHFUL, name=name))
    lost = judged(provider, cell_of(profile, "loop", FORGETFUL, name=name))
    usual = judged(provider, cell_of(profile, "loop", FORGETFUL))

    assert kept.status == "pass"
    assert {f.rule for f in lost.findings} == {f.rule for f in usual.findings}
    assert checks(lost) == checks(usual)


def test_a_twin_differs_in_one_thing_and_needs_nothing_more() -> None:
    assert twins([cell_of("deepseek", "loop")]) == ()
    assert [c.id for c in twins([cell_of("deepseek", "loop", mode="stream")])] == ["mini.faithful/deepseek/loop/plain"]
    assert [c.id for c in twins([cell_of("deepseek", "loop", name="gpt-5")])] == ["mini.faithful/deepseek/loop/plain"]
    (calm,) = twins([cell_of("deepseek", "resume", temper="strict")])
    assert calm.id == "mini.faithful/deepseek/second-turn/plain+strict"
    for cell in (cell_of("deepseek", scenario, mode="stream", name="gpt-5") for scenario in SCENARIOS):
        for twin in twins([cell]):
            assert twin.scenario.needs <= cell.scenario.needs
            assert twin.scenario.id in SCENARIOS


def test_a_twin_is_not_asked_for_twice() -> None:
    cells = [cell_of("deepseek", "loop", mode=mode) for mode in ("plain", "stream")]

    assert twins(cells) == ()
    assert len(CAUSES) == 6


def test_a_loss_that_saving_and_nothing_else_brings(provider: Provider) -> None:
    loses = Miniature("mini.loses", remembers=without_thinking)
    cell = cell_of("deepseek", "resume", loses)

    found = compared(provider, cell)[cell.id]

    assert found.checks["persist.thinking.kept"] == "fail"
    assert the(found, "persist.thinking.kept").fix.startswith("Write ")


def test_where_the_twin_could_not_be_judged_nothing_is_said_of_the_cause(provider: Provider) -> None:
    async def dies_plain(talk: Talk) -> str:
        if not talk.run.stream:
            raise RuntimeError("no streams, no answers")
        return await talk.answer()

    subject = Miniature("mini.plainless", goes_on=dies_plain, sends=FORGETFUL.sends)
    cell = cell_of("deepseek", "loop", subject, mode="stream")

    found = compared(provider, cell)[cell.id]

    assert checks(found) == {"thinking.kept.in-loop"}
    assert "stream.thinking.kept" not in found.checks
    assert found.checks["stream.answer.kept"] == "pass"
