"""A strict provider that refuses: the check that the refusal is about fails, in the vendor's words."""

from __future__ import annotations

import json

import pytest

from keepthinking_conformance.judge import judge
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult, Incident
from keepthinking_conformance.run import Trace
from tests.conformance.judge.runs import cell_of, changed, checks, judged, played
from tests.conformance.subjects import FAITHFUL, FORGETFUL, Miniature, Talk

pytestmark = pytest.mark.extras

TEXT = "The `reasoning_content` in the thinking mode must be passed back to the API."
RAISED = Incident(kind="BadRequestError", message="Error code: 400", where="turn 1", culprit="scaffold")
BODIES = {
    "deepseek": {"error": {"message": TEXT, "type": "invalid_request_error", "param": None, "code": "bad"}},
    "openai": {"error": {"message": TEXT, "type": "invalid_request_error", "param": "input", "code": None}},
    "anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": TEXT}},
    "google-gemini": {"error": {"code": 400, "message": TEXT, "status": "INVALID_ARGUMENT"}},
}
"""How each vendor writes an error down."""


def refused(provider: Provider, profile: str, subject: Miniature, *, temper: str = "strict") -> CellResult:
    """Judge a run whose second request was refused, and that ended there."""
    cell = cell_of(profile, "loop", subject, temper=temper)
    trace: Trace = played(provider, cell)
    trace = changed(trace, 2, status=400, response=json.dumps(BODIES[profile]).encode())
    return judge(cell, trace._replace(exchanges=trace.exchanges[:2], incident=RAISED, called=trace.called[:1]))


@pytest.mark.parametrize("profile", BODIES)
def test_a_refusal_is_a_failure_of_what_it_is_about(provider: Provider, profile: str) -> None:
    found = refused(provider, profile, FORGETFUL)

    assert found.status == "fail"
    assert found.reason == f"request 2 was refused with HTTP 400: {TEXT}"
    assert found.incident == RAISED
    about = next(f for f in found.findings if f.request == 2 and f.status == "fail")
    assert about.check == ("seal.kept" if profile == "google-gemini" else "thinking.kept.in-loop")
    assert found.checks[about.check] == "fail"
    assert "pass" not in found.checks.values()
    assert (about.level, about.response) == ("MUST", 1)


@pytest.mark.parametrize("profile", BODIES)
def test_a_refusal_of_what_is_right_is_our_own_fault(provider: Provider, profile: str) -> None:
    found = refused(provider, profile, FAITHFUL)

    assert (found.status, checks(found)) == ("harness-error", set())
    assert found.reason.endswith(f"{TEXT}; the judge finds nothing wrong with it")


def test_what_the_rule_only_recommends_fails_where_the_provider_refuses_it(provider: Provider) -> None:
    cell = cell_of("anthropic", "second-turn", Miniature("mini.late", sends=FORGETFUL.sends), temper="strict")
    trace = played(provider, cell)
    body = json.dumps(BODIES["anthropic"]).encode()
    lenient = judge(cell._replace(temper="lenient"), trace)
    soft = next(f for f in lenient.findings if f.level == "SHOULD" or f.check == "thinking.kept.cross-turn")
    trace = changed(trace, soft.request, status=400, response=body)

    found = judge(cell, trace._replace(exchanges=trace.exchanges[: soft.request], incident=RAISED))

    assert found.status == "fail"
    assert "fail" in {f.status for f in found.findings if f.request == soft.request}


def test_a_request_that_a_lenient_provider_will_not_read_is_no_refusal(provider: Provider) -> None:
    found = refused(provider, "deepseek", FORGETFUL, temper="lenient")

    assert found.status == "error"
    assert found.reason == "turn 1: BadRequestError: Error code: 400"


async def asks_on(talk: Talk) -> str:
    """Ask again where an answer shows nothing, with no word of the user's."""
    return await talk.answer() or await talk.answer()


def test_a_thought_that_nothing_follows_is_a_failure_where_its_vendor_refuses_it(provider: Provider) -> None:
    cell = cell_of("anthropic", "thought-only", Miniature("mini.asks-on", goes_on=asks_on), temper="strict")
    found = judged(provider, cell)

    assert found.status == "fail"
    assert "The final block in an assistant message cannot be `thinking`." in found.reason
    blamed = found.findings[-1]  # before it stands that the run did not go on
    assert (blamed.check, blamed.fate, blamed.rule) == (
        "failed-turn.survived",
        "misplaced",
        "anthropic.claude-kept.messages.adaptive",
    )
    assert "2107" in str(blamed.source)


def test_a_thought_that_the_users_words_follow_is_taken(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "thought-only", temper="strict"))

    assert (found.status, found.checks["failed-turn.survived"]) == ("pass", "pass")
