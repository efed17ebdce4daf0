"""The table of checks: ids are stable for ever, so a change here is a change of the promise."""

import re

import pytest

from keepthinking.checks import CHECKS, FAMILIES, Check

STABLE = [
    "arguments.equal",
    "arguments.verbatim",
    "block.once",
    "call.kept",
    "call.name.unaltered",
    "call.not-invented",
    "call.unaltered",
    "context.pairs.kept",
    "context.turn.kept.cross-turn",
    "context.turn.kept.in-loop",
    "failed-turn.survived",
    "failed-turn.thinking.kept",
    "foreign.not-sent",
    "gate.not-by-name",
    "gateway.thinking.kept",
    "grouping.not-merged",
    "grouping.not-split",
    "handoff.foreign.not-sent",
    "handoff.thinking.kept",
    "ids.paired",
    "ids.verbatim",
    "inject.boundary",
    "malformed-call.answered",
    "opaque.kept",
    "opaque.unaltered",
    "order.blocks",
    "order.results",
    "order.turns",
    "parallel.together",
    "persist.open-call.kept",
    "persist.seal.kept",
    "persist.thinking.kept",
    "persist.unfinished.not-kept",
    "perturbed.history.unaltered",
    "prefix.unaltered",
    "redacted.kept",
    "result.delivered",
    "result.unaltered",
    "retry.history.unaltered",
    "seal.kept",
    "seal.not-invented",
    "seal.on-its-block",
    "seal.unaltered",
    "stream.answer.kept",
    "stream.seal.kept",
    "stream.thinking.kept",
    "stream.thinking.once",
    "stream.thinking.whole",
    "switch.thinking.kept",
    "text.kept",
    "text.not-invented",
    "text.unaltered",
    "thinking.empty.kept",
    "thinking.empty.not-invented",
    "thinking.kept.cross-turn",
    "thinking.kept.in-loop",
    "thinking.not-executed",
    "thinking.not-invented",
    "thinking.not-sent",
    "thinking.not-text",
    "thinking.own",
    "thinking.place",
    "thinking.unaltered",
    "tools.kept",
    "trace.thinking.kept",
]
"""Every id that was ever given. One may be added; none may go, and none may come to mean another thing."""


def test_ids_are_stable() -> None:
    assert sorted(CHECKS) == STABLE


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_row_is_a_sentence_about_one_subject(check: Check) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*){1,3}", check.id)
    assert check.family in FAMILIES
    assert check.title.endswith(".")
    assert check.title[0].isupper()
    assert len(check.title) <= 80
    assert check.level in {"MUST", "SHOULD", "MAY"}
    assert check.judged in {"recording", "run", "beside"}


def test_every_family_has_a_check_and_they_stand_in_order() -> None:
    families = [check.family for check in CHECKS.values()]

    assert list(dict.fromkeys(families)) == [f"D{n}" for n in range(1, 23)]
    assert list(FAMILIES) == [f"D{n}" for n in range(1, 23)]


def test_titles_are_unique() -> None:
    assert len({check.title for check in CHECKS.values()}) == len(CHECKS)


def test_what_never_reaches_a_provider_is_judged_beside_a_run() -> None:
    beside = {check.id for check in CHECKS.values() if check.judged == "beside"}

    assert beside == {"gateway.thinking.kept", "trace.thinking.kept"}
