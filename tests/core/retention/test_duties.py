"""What has to be sent, with the clause that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import keepthinking as kt
from keepthinking._messages import Message, Origin, Segment, Text, Thinking, ToolCall
from keepthinking._turns import Spot
from keepthinking.retention import Duty, Missing, demand, duties, has_tools, is_asked, rules, visible
from tests.core.retention.histories import asked, history, ruled, thought

ERROR = Missing(status=400, checks="loop")
EACH = Missing(status=400, checks="loop", asks="message")
BARE = Missing(status=400, checks="loop", asks="message", asks_toolless="calling")


def said(plan: str | list[Message], *, tools: bool = True, **rule: object) -> list[tuple[int, str, str]]:
    return [(d.spot.message, d.keep, d.clause) for d in duties(asked(plan, tools=tools), ruled(**rule))]


def test_a_duty_says_which_block_how_strongly_and_by_which_clause() -> None:
    assert duties(asked("uAuTr"), ruled()) == (
        Duty(spot=Spot(1, 0), keep="may", level="MAY", clause="cross_turn", in_loop=False, rule="acme.one.chat"),
        Duty(spot=Spot(3, 0), keep="must", level="MUST", clause="in_loop", in_loop=True, rule="acme.one.chat"),
    )


@pytest.mark.parametrize(
    ("plan", "tools", "rule", "expected"),
    [
        ("uTrAuTr", True, {"cross_turn": "must"}, ["must", "must", "must"]),
        ("uTrh", True, {}, ["may"]),
        ("uTrhTr", True, {"boundary": "final-answer"}, ["must", "must"]),
        ("uTr", True, {"boundary": "tools-absent"}, ["must"]),
        ("uTr", False, {"boundary": "tools-absent"}, ["may"]),
        ("uTr", False, {"boundary": "tools-absent", "missing": ERROR}, ["must"]),
        ("uAuTr", False, {"boundary": "tools-absent", "cross_turn": "must", "missing": ERROR}, ["may", "must"]),
        ("uTrA", False, {"boundary": "tools-absent", "missing": ERROR}, ["must", "may"]),
        ("uTrA", False, {"boundary": "tools-absent", "missing": EACH}, ["must", "must"]),
        ("uTrA", False, {"boundary": "tools-absent", "missing": BARE}, ["must", "may"]),
        ("uTr", True, {"unread": True}, ["may"]),
        ("uAuTr", True, {"cross_turn": "must-not"}, ["must-not", "must"]),
        ("uAuTr", True, {"cross_turn": "must-not", "unread": True}, ["must-not", "may"]),
        ("uTr", True, {"in_loop": "unknown"}, ["unknown"]),
    ],
)
def test_the_demand_is_that_of_the_place(
    plan: str, rule: dict[str, object], expected: list[str], *, tools: bool
) -> None:
    assert [keep for _, keep, _ in said(plan, tools=tools, **rule)] == expected


@pytest.mark.parametrize(
    ("keep", "standing", "level"),
    [
        ("must", "executed", "MUST"),
        ("must", "observed", "MUST"),
        ("must", "unverified", "SHOULD"),
        ("must-not", "documented", "MUST"),
        ("must-not", "observed", "SHOULD"),
        ("must-not", "unverified", "SHOULD"),
        ("should", "executed", "SHOULD"),
        ("may", "executed", "MAY"),
        ("unknown", "executed", "MAY"),
    ],
)
def test_a_level_needs_a_source(keep: str, standing: str, level: str) -> None:
    assert [d.level for d in duties(asked("uTr"), ruled(in_loop=keep, standing=standing))] == [level]


def test_no_rule_that_is_unverified_raises_a_must() -> None:
    for row in rules():
        if row.standing == "unverified":
            assert "MUST" not in {d.level for d in duties(asked("uTrAuTr"), row)}, row.id


SEALED = Thinking.of("x", signature="s")
HOLLOW = Thinking(segments=(Segment(text=""),))


@pytest.mark.parametrize(
    ("block", "rule", "expected"),
    [
        (HOLLOW, {"empty": "missing"}, ("may", "empty")),
        (HOLLOW, {"empty": "accepted"}, ("must", "in_loop")),
        (HOLLOW, {}, ("must", "in_loop")),
        (Thinking(segments=(Segment(channel="summary", text="s"),)), {"channels": ("raw",)}, ("may", "channels")),
        (Thinking(), {"channels": ("raw",)}, ("may", "channels")),
        (SEALED, {"refuses": ("signature",)}, ("must-not", "refuses")),
        (SEALED, {"in_loop": "should"}, ("should", "in_loop")),
        (ToolCall(name="f", arguments="{}", seals=SEALED.seals), {"carrier": "call"}, ("must", "in_loop")),
        (Text(text="x", seals=SEALED.seals), {"carrier": "call"}, ("should", "carrier")),
        (thought(1), {"carrier": "call"}, ("should", "carrier")),
        (Text(text="x", seals=SEALED.seals), {"bound": "block"}, ("must", "in_loop")),
        (Text(text="x", seals=SEALED.seals), {}, None),
        (ToolCall(name="f", arguments="{}"), {"carrier": "call"}, None),
    ],
)
def test_the_demand_is_that_of_the_block(
    block: kt.Block, rule: dict[str, object], expected: tuple[str, str] | None
) -> None:
    request = asked([*history("u"), Message.assistant(block)])

    assert [(d.keep, d.clause) for d in duties(request, ruled(**rule))] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("foreign", "expected"),
    [("dropped", "may"), ("refused", "must-not"), ("unknown", "unknown"), ("read", "must")],
)
def test_a_seal_of_another_domain_is_under_a_clause_of_its_own(foreign: str, expected: str) -> None:
    sealed = Message.assistant(SEALED).replace(origin=Origin(provider="google"))
    rule = ruled(foreign=foreign, domain="anthropic", bound="block")

    assert [d.keep for d in duties(asked([*history("u"), sealed]), rule)] == [expected]


def test_thinking_of_a_user_is_nobodys_duty() -> None:
    assert duties(asked([Message(role="user", blocks=(SEALED, Text(text="x")))]), ruled()) == ()


@given(rule=st.sampled_from(rules()), plan=st.text("uhwsTCAPr", max_size=14), tools=st.booleans())
def test_of_every_rule_what_must_be_sent_is_seen_or_checked(rule: kt.Rule, plan: str, *, tools: bool) -> None:
    request = asked(plan, tools=tools)
    hidden = {h.spot for h in visible(request, rule).hidden}
    found = duties(request, rule)

    assert [d.spot for d in found] == sorted(
        Spot(m, b) for m, held in enumerate(request.messages) for b, x in enumerate(held.blocks) if type(x) is Thinking
    )
    for duty in found:
        checked = duty.clause == "missing" or rule.keep_last is not kt.UNSET or rule.keep_from is not kt.UNSET
        assert duty.keep not in {"must", "should"} or duty.spot not in hidden or checked
        assert duty.keep != "must-not" or duty.spot in hidden
        looked = is_asked(request, rule, request.messages[duty.spot.message])
        whole = demand(rule, in_loop=duty.in_loop, tools=has_tools(request, rule), asked=looked).keep
        assert duty.keep == ("should" if duty.clause == "carrier" else whole)
