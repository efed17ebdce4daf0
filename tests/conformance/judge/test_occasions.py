"""Occasions: what the script has is what a faithful run sees, for every check, scenario and provider."""

from __future__ import annotations

import pytest

from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._checks import only_found, said, unseen
from keepthinking_conformance.judge._facts import Fact, Held, Wants, scripted, seen
from keepthinking_conformance.judge._occasions import OCCASIONS, occasions
from keepthinking_conformance.plan import plan
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import MODEL_NAMES, PROVIDERS, SCENARIOS, misfit
from tests.conformance.judge.runs import case_of, cell_of
from tests.conformance.subjects import FAITHFUL, FORGETFUL

SEEN_ALONE = {"ids.paired", "ids.verbatim", "persist.unfinished.not-kept"}
"""Checks of which the script does not know all occasions: which calls have ids, and where a stream breaks off."""

pytestmark = pytest.mark.extras


def test_every_check_that_a_run_can_judge_has_a_row_and_no_other_has() -> None:
    judged = {check.id for check in CHECKS.values() if check.judged != "beside"}

    assert set(OCCASIONS) == judged


@pytest.mark.parametrize("check", OCCASIONS)
def test_where_nothing_was_answered_no_check_has_an_occasion(check: str) -> None:
    assert OCCASIONS[check](Fact(held=Held(), wants=Wants())) == 0


@pytest.mark.parametrize("check", OCCASIONS)
def test_an_answer_that_nothing_followed_is_no_occasion_to_send_it_back(check: str) -> None:
    held = Held(thoughts=2, redacted=1, empty=1, seals=3, texts=2, calls=2, ids=2, opaque=1)

    wants = Wants(never=True, forgets=True)
    counted = OCCASIONS[check](Fact(held=held, wants=wants, streamed=True, named=True, perturbed=True))

    assert counted == 0


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_faithful_run_sees_what_the_script_has(provider: Provider, profile: str) -> None:
    for cell in plan([FAITHFUL], providers=[profile]):
        if cell.skip:
            continue
        wanted = set(occasions(scripted(cell)))

        found = set(occasions(seen(case_of(provider, cell))))

        assert wanted - found == set(), cell.id
        assert found - wanted <= SEEN_ALONE, cell.id


def test_every_scenario_gives_the_occasions_that_it_is_made_for() -> None:
    for scenario in SCENARIOS.values():
        found: set[str] = set()
        for profile in PROVIDERS.values():
            for mode in ("plain", "stream"):
                for name in ("", *MODEL_NAMES):
                    if not misfit(scenario, profile):
                        cell = cell_of(profile.profile, scenario, mode=mode, name=name)
                        found |= set(occasions(scripted(cell)))
        assert set(scenario.checks) - found <= SEEN_ALONE | UNRULED, scenario.id


UNRULED = {"thinking.not-sent"}
"""Checks of rules that no provider is played under."""


def test_what_a_rule_lets_go_is_no_occasion() -> None:
    def of(profile: str) -> set[str]:
        return set(occasions(scripted(cell_of(profile, "second-turn"))))

    assert "thinking.kept.cross-turn" in of("deepseek")
    assert "thinking.kept.cross-turn" not in of("kimi")
    assert "thinking.kept.in-loop" in of("kimi")
    assert "inject.boundary" in of("kimi")
    assert "inject.boundary" not in of("deepseek")


# -- what a check says -------------------------------------------------------------------------------------------------


def test_a_check_that_should_have_seen_something_and_did_not_is_no_pass() -> None:
    found = said({"text.kept": 2, "call.kept": 1}, {"call.kept": 1}, ())

    assert found == {"text.kept": "harness-error", "call.kept": "pass"}
    assert unseen(found) == ("text.kept",)


def test_a_finding_without_an_occasion_is_shown(provider: Provider) -> None:
    from keepthinking_conformance.judge import judge
    from tests.conformance.judge.runs import played

    cell = cell_of("deepseek", "loop", FORGETFUL)
    result = judge(cell, played(provider, cell))
    grave = [finding for finding in result.findings if finding.level != "MAY"]

    assert said({}, {}, grave) == only_found(grave) == {"thinking.kept.in-loop": "fail"}


def test_where_no_thought_came_back_nothing_is_said_of_how_it_did(provider: Provider) -> None:
    from tests.conformance.judge.runs import judged

    result = judged(provider, cell_of("anthropic", "loop", FORGETFUL))

    assert result.checks["thinking.kept.in-loop"] == "fail"
    assert result.checks["call.kept"] == "pass"
    assert not {"thinking.unaltered", "thinking.place", "seal.kept", "seal.unaltered"} & set(result.checks)
