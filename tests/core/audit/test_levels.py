"""How grave a verdict is: row by row, under a rule of which everything but what a row names is plain."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking._reports import Fate, Level
from keepthinking.audit._levels import Ground, check_id, is_excused, level_of
from keepthinking.audit._verdict import BLANK, GIVEN, RUN, Verdict
from keepthinking.retention._rules import Missing, Rule

KEPT = ("thinking.kept", "redacted.kept", "thinking.empty.kept", "seal.kept")
"""What a provider may let go."""

BACK = (*KEPT, "thinking.unaltered", "thinking.place", "thinking.not-invented")
SEALS = ("seal.kept", "seal.unaltered", "seal.on-its-block", "seal.not-invented")
LAW = ("thinking.not-text", "thinking.own", "opaque.kept", "opaque.unaltered")


def ruled(**more: Any) -> Rule:
    """Give a rule that wants all thinking back."""
    plain: dict[str, Any] = {
        "id": "some.rule",
        "provider": "some",
        "dialects": ("openai-chat",),
        "in_loop": "must",
        "cross_turn": "must",
        "boundary": "never",
        "bound": "block",
        "standing": "documented",
        "source": "https://example.org/docs",
        "verified": "2026-11-01",
    }
    return Rule(**(plain | more))


def ground(rule: Rule | None, **more: bool) -> Ground:
    return Ground(rule, **({"in_loop": True} | more))


def lost(check: str = "thinking.kept", fate: Fate = "dropped", *, part: str = "", empty: bool = False) -> Verdict:
    return Verdict(check, fate, "it is gone", 0, part=part, empty=empty)


def test_what_is_not_said_of_a_ground_is_that_nothing_is_special() -> None:
    found = Ground(ruled(), in_loop=True)

    assert (found.tools, found.asked, found.foreign, found.switched) == (True, False, False, False)


# -- what is let go ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", KEPT)
@pytest.mark.parametrize(
    ("keep", "excused"), [("may", True), ("must-not", True), ("unknown", False), ("should", False), ("must", False)]
)
def test_a_rule_lets_go_what_it_does_not_want_back(check: str, keep: str, excused: bool) -> None:  # noqa: FBT001 - a row
    earlier = ground(ruled(cross_turn=keep), in_loop=False)
    running = ground(ruled(in_loop=keep))

    assert is_excused(lost(check), earlier) is excused
    assert is_excused(lost(check), running) is excused
    assert is_excused(lost(check), earlier._replace(in_loop=True)) is False
    assert is_excused(lost(check, fate="altered"), earlier) is False


@pytest.mark.parametrize("check", ["call.kept", "thinking.unaltered", "seal.unaltered", "text.kept", "opaque.kept"])
def test_a_rule_lets_nothing_else_go(check: str) -> None:
    assert is_excused(lost(check), ground(ruled(in_loop="may"))) is False
    assert is_excused(lost(check), ground(ruled(), foreign=True)) is False


@pytest.mark.parametrize("check", KEPT)
def test_what_another_provider_thought_is_let_go_and_nothing_where_no_rule_is_known(check: str) -> None:
    assert is_excused(lost(check), ground(None)) is False
    assert is_excused(lost(check), ground(None, foreign=True)) is True
    assert is_excused(lost(check), ground(ruled(), foreign=True)) is True
    assert is_excused(lost(check), ground(ruled())) is False


@pytest.mark.parametrize(
    ("empty", "rule", "excused"),
    [(True, "missing", True), (False, "missing", False), (True, "accepted", False), (True, "unknown", False)],
)
def test_thinking_without_words_is_let_go_where_it_counts_as_none(
    empty: bool,  # noqa: FBT001 - a row
    rule: str,
    excused: bool,  # noqa: FBT001 - a row
) -> None:
    assert is_excused(lost("thinking.empty.kept", empty=empty), ground(ruled(empty=rule))) is excused


def test_what_is_not_read_without_tools_is_let_go_unless_it_is_asked_for() -> None:
    rule = ruled(boundary="tools-absent", missing=Missing(status=400, asks="message", checks="loop"))
    everywhere = ruled(boundary="tools-absent", missing=Missing(status=400, asks="message", checks="history"))

    assert is_excused(lost(), ground(rule)) is False
    assert is_excused(lost(), ground(rule, tools=False)) is True
    assert is_excused(lost(), ground(rule, tools=False, asked=True)) is False
    assert is_excused(lost(), ground(rule, tools=False, asked=True, in_loop=False)) is True
    assert is_excused(lost(), ground(everywhere, tools=False, asked=True, in_loop=False)) is False


def test_two_checks_are_named_by_where_the_turn_stands() -> None:
    for check in ("thinking.kept", "context.turn.kept"):
        assert check_id(lost(check), ground(None)) == f"{check}.in-loop"
        assert check_id(lost(check), ground(None, in_loop=False)) == f"{check}.cross-turn"
    assert check_id(lost("seal.kept"), ground(None)) == "seal.kept"


# -- how grave it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", dict.fromkeys((*BACK, *SEALS)))
def test_thinking_comes_back_as_strongly_as_the_rule_wants_it(check: str) -> None:
    rule, may = ruled(cross_turn="should"), ruled(cross_turn="may")

    assert level_of(lost(check), ground(rule)) == ("MUST", rule)
    assert level_of(lost(check), ground(rule, in_loop=False)) == ("SHOULD", rule)
    assert level_of(lost(check), ground(may, in_loop=False)) == ("MAY", may)
    assert level_of(lost(check), ground(None)) == ("SHOULD", None)
    assert level_of(lost(check), ground(None, foreign=True)) == ("MAY", None)
    assert level_of(lost(check), ground(rule, foreign=True)) == ("MAY", rule)
    assert level_of(lost(check), ground(rule, switched=True)) == ("SHOULD", rule)
    assert level_of(lost(check), ground(may, switched=True, in_loop=False)) == ("MAY", may)


@pytest.mark.parametrize("check", dict.fromkeys((*BACK, *SEALS)))
def test_seals_are_wanted_where_they_are_bound_and_thoughts_where_they_carry(check: str) -> None:
    on_calls, unbound = ruled(carrier="call"), ruled(bound="nothing")

    assert level_of(lost(check), ground(on_calls)) == ("MUST" if check in SEALS else "SHOULD", on_calls)
    assert level_of(lost(check), ground(unbound)) == ("SHOULD" if check in SEALS else "MUST", unbound)


@pytest.mark.parametrize(("empty", "level"), [("accepted", "MUST"), ("unknown", "SHOULD"), ("missing", "MAY")])
def test_thinking_without_words_is_wanted_where_it_counts(empty: str, level: Level) -> None:
    rule = ruled(empty=empty)

    assert level_of(lost("thinking.empty.kept", empty=True), ground(rule)) == (level, rule)
    assert level_of(lost("thinking.empty.kept"), ground(rule)) == ("MUST", rule)


def test_what_is_not_read_at_all_may_be_changed() -> None:
    rule = ruled(boundary="tools-absent")

    assert level_of(lost("thinking.unaltered"), ground(rule, tools=False)) == ("MAY", rule)


@pytest.mark.parametrize("check", [*LAW, "foreign.not-sent"])
def test_the_law_is_a_must_to_a_provider_who_is_known_to_care(check: str) -> None:
    known, unverified = ruled(), ruled(standing="unverified")
    here = ("MUST", known) if check == "foreign.not-sent" else ("SHOULD", None)

    assert level_of(lost(check), ground(known)) == ("MUST", known)
    assert level_of(lost(check), ground(None)) == ("SHOULD", None)
    assert level_of(lost(check), ground(unverified)) == ("SHOULD", None)
    assert level_of(lost(check), ground(known, foreign=True)) == here


def test_of_a_call_that_the_provider_ran_its_rule_speaks() -> None:
    rule = ruled()

    assert level_of(lost("call.kept", part=RUN), ground(rule)) == ("MUST", rule)
    assert level_of(lost("call.kept", part=RUN), ground(None)) == ("SHOULD", None)
    assert level_of(lost("call.kept"), ground(rule)) == ("MUST", None)
    assert level_of(lost("call.kept"), ground(None)) == ("MUST", None)


def test_what_was_added_to_nothing_or_was_blank_is_no_loss() -> None:
    for rule in (None, ruled()):
        for check in ("ids.verbatim", "arguments.verbatim"):
            assert level_of(lost(check, part=GIVEN), ground(rule)) == ("MAY", None)
            assert level_of(lost(check), ground(rule)) == ("SHOULD", None)
        assert level_of(lost("text.kept", part=BLANK), ground(rule)) == ("MAY", None)
        assert level_of(lost("text.kept"), ground(rule)) == ("SHOULD", None)


def test_what_stands_before_a_seal_must_stay_where_the_seal_is_bound_to_it() -> None:
    bound, unverified = ruled(bound="prefix"), ruled(bound="prefix", standing="unverified")

    assert level_of(lost("prefix.unaltered"), ground(bound)) == ("MUST", bound)
    assert level_of(lost("prefix.unaltered"), ground(bound, foreign=True)) == ("MAY", None)
    assert level_of(lost("prefix.unaltered"), ground(unverified)) == ("MAY", None)
    assert level_of(lost("prefix.unaltered"), ground(ruled())) == ("MAY", None)
    assert level_of(lost("prefix.unaltered"), ground(None)) == ("MAY", None)
    assert level_of(lost("text.unaltered"), ground(bound)) == ("SHOULD", None)


def test_tools_must_stay_declared_where_thinking_hangs_on_them() -> None:
    rule = ruled(boundary="tools-absent")
    weak, unverified = (
        ruled(boundary="tools-absent", in_loop="should"),
        ruled(boundary="tools-absent", standing="unverified"),
    )

    assert level_of(lost("tools.kept"), ground(rule)) == ("MUST", rule)
    assert level_of(lost("tools.kept"), ground(weak)) == ("SHOULD", weak)
    assert level_of(lost("tools.kept"), ground(unverified)) == ("SHOULD", unverified)
    assert level_of(lost("tools.kept"), ground(ruled())) == ("SHOULD", None)
    assert level_of(lost("tools.kept"), ground(None)) == ("SHOULD", None)
    assert level_of(lost("text.kept"), ground(rule)) == ("SHOULD", None)


def test_empty_thinking_is_harmless_where_it_is_accepted() -> None:
    rule = ruled(empty="accepted")

    assert level_of(lost("thinking.empty.not-invented"), ground(rule)) == ("MAY", rule)
    assert level_of(lost("thinking.empty.not-invented"), ground(ruled())) == ("SHOULD", None)
    assert level_of(lost("text.not-invented"), ground(rule)) == ("SHOULD", None)


@pytest.mark.parametrize(
    ("standing", "level"),
    [
        *((name, "MUST") for name in ("executed", "read", "documented")),
        ("observed", "SHOULD"),
        ("unverified", "SHOULD"),
    ],
)
def test_thinking_must_stay_away_where_that_was_read(standing: str, level: Level) -> None:
    rule = ruled(in_loop="must-not", standing=standing)

    assert level_of(lost("thinking.not-sent"), ground(rule)) == (level, rule)


def test_an_injection_cites_the_rule_that_makes_it_one() -> None:
    rule = ruled()

    assert level_of(lost("inject.boundary"), ground(rule)) == ("SHOULD", rule)
    assert level_of(lost("inject.boundary"), ground(None)) == ("SHOULD", None)
    assert level_of(lost("call.unaltered"), ground(rule)) == ("MUST", None)
