"""Scaffolds that misbehave: each comes out with a reason that a person understands, and none as a pass."""

from __future__ import annotations

import pytest

from keepthinking import Message
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import PROVIDERS
from tests.conformance.judge.misbehaving import MISBEHAVING, Otherwise, invents_a_call
from tests.conformance.judge.runs import cell_of, checks, judged
from tests.conformance.subjects import Miniature, Talk, hangs

pytestmark = pytest.mark.extras

DIALECTS = pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])


@DIALECTS
@pytest.mark.parametrize(
    ("subject", "status", "said"),
    MISBEHAVING,
    ids=lambda value: value.id if isinstance(value, Miniature) else "",
)
def test_a_scaffold_that_misbehaves_is_told_what_it_did(
    provider: Provider, subject: Miniature, status: str, said: str, profile: str
) -> None:
    found = judged(provider, cell_of(profile, "loop", subject))

    assert found.status == status
    assert said in found.reason
    assert "pass" not in found.checks.values()
    assert (found.incident.culprit == "scaffold") if status == "error" else True  # type: ignore[union-attr]  # there is one


def test_a_scaffold_that_hangs_ends_with_its_time(provider: Provider) -> None:
    found = judged(provider, cell_of("deepseek", "loop", Miniature("mini.hangs", goes_on=hangs)), seconds=0.2)

    assert (found.status, found.checks) == ("error", {})
    assert "timeout: no answer within 0.2 seconds" in found.reason


@pytest.mark.parametrize("profile", ["deepseek", "openai"])
def test_a_call_that_the_model_never_made_is_a_finding(provider: Provider, profile: str) -> None:
    found = judged(provider, cell_of(profile, "loop", Miniature("mini.invents", goes_on=invents_a_call)))

    assert found.status == "harness-error"  # its result was taken for that of another call
    assert "call.not-invented" in checks(found)
    assert found.checks["call.not-invented"] == "fail"


def test_a_tool_that_is_never_offered_is_told(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "single", Otherwise("mini.less-tools", without="look_up")))

    assert found.status == "error"
    assert "it does not offer `look_up`, a tool that the run gave" in found.reason


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_model_of_the_same_rule_is_another_model_all_the_same(provider: Provider, profile: str) -> None:
    model = f"{PROVIDERS[profile].model}-2"

    found = judged(provider, cell_of(profile, "loop", Otherwise("mini.near", model=model)))

    assert found.status == "error"
    assert f"it asks for the model {model!r}" in found.reason


def test_a_scaffold_that_asks_for_titles_is_no_flood(provider: Provider) -> None:
    async def titled(talk: Talk) -> str:
        answer = await talk.answer()
        for _ in range(5):
            await talk.ask([Message.user("Give this talk a title of three words.")])
        return answer

    found = judged(provider, cell_of("deepseek", "second-turn", Miniature("mini.titles", goes_on=titled)))

    assert found.status == "pass"
