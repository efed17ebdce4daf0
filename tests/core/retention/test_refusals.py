"""What a provider will refuse, by each way in which it looks."""

import pytest

import keepthinking as kt
from keepthinking._messages import Field, Message, Origin, Segment, Text, Thinking, ToolCall
from keepthinking._profiles import Profile
from keepthinking._turns import Spot
from keepthinking.retention import Missing, Refusal, refusals
from tests.core.retention.histories import asked, calls, history, ruled, thought

CALL = ToolCall(id="c", name="f", arguments="{}")
SIGNED = Thinking.of("x", signature="s")


def refused(plan: str | list[Message], missing: dict[str, object], **rule: object) -> list[tuple[int, int]]:
    row = ruled(missing=Missing(**{"status": 400, "checks": "loop", **missing}), **rule)  # type: ignore[arg-type]  # by name
    return [(found.spot.message, found.spot.block) for found in refusals(asked(plan), row)]


@pytest.mark.parametrize(
    ("plan", "missing", "expected"),
    [
        ("uTr", {"asks": "calling"}, []),
        ("uCr", {"asks": "calling"}, [1]),
        ("uCrTrCr", {"asks": "calling"}, [1, 5]),
        ("uCrP", {"asks": "calling"}, [1]),
        ("uCrP", {"asks": "message"}, [1, 3]),
        ("uCrPuTr", {"asks": "message"}, []),
        ("uCrPuTr", {"asks": "message", "checks": "history"}, [1, 3]),
        ("uCrh", {"asks": "calling"}, []),
        ("uCrs", {"asks": "calling"}, [1]),
        ("Cr", {"asks": "calling"}, [0]),
        ("uCrTr", {"asks": "turn"}, [1]),
        ("uTrCr", {"asks": "turn"}, []),
        ("uPuTrCr", {"asks": "turn"}, []),
        ("uCrP", {"asks": "nothing", "checks": "history"}, []),
        ("uCr", {}, [1]),
        ("uP", {}, []),
    ],
)
def test_a_gap_is_found_where_the_server_looks(plan: str, missing: dict[str, object], expected: list[int]) -> None:
    assert refused(plan, missing) == [(n, 0) for n in expected]


def test_a_silent_loss_is_no_refusal() -> None:
    assert refused("uCr", {"status": kt.UNSET, "effect": "worse"}) == []


def test_a_refusal_cites_the_rule_and_its_error() -> None:
    rule = ruled(missing=Missing(status=400, text="none at {index}", checks="loop"))

    assert refusals(asked("uCr"), rule) == (
        Refusal(spot=Spot(1, 0), clause="missing", status=400, text="none at {index}", rule=rule.id),
    )


def test_in_a_flat_list_thinking_behind_something_else_begins_a_new_run() -> None:
    messages = [
        *history("u"),
        Message.assistant(thought(1), Text(text="x"), CALL),
        Message.assistant(Text(text="x"), thought(1), thought(2), CALL),
    ]

    assert refused(messages, {"asks": "run"}) == [(2, 0)]
    assert refused(messages, {"asks": "message"}) == []
    assert refused([*history("u"), Message.assistant()], {"asks": "run"}) == []


def test_a_seal_has_to_stand_on_the_first_call() -> None:
    sealed = ToolCall(id="d", name="f", arguments="{}", seals=SIGNED.seals)
    messages = [*history("u"), Message.assistant(sealed, CALL), Message.assistant(Text(text="x"), CALL, sealed)]

    assert refused(messages, {"asks": "first-call"}) == [(2, 1)]
    assert refused("uP", {"asks": "first-call"}) == []


def test_a_call_that_the_provider_runs_is_not_asked_for() -> None:
    own = ToolCall(id="c", name="f", arguments="{}", server=True)

    assert refused([*history("u"), Message.assistant(own)], {"asks": "calling"}) == []


@pytest.mark.parametrize(
    ("block", "rule", "counts"),
    [
        (Thinking(segments=(Segment(text=""),)), {"empty": "accepted"}, True),
        (Thinking(segments=(Segment(text=""),)), {"empty": "missing"}, False),
        (Thinking(segments=(Segment(text=""),)), {}, True),
        (Thinking(segments=(Segment(text=None),)), {}, False),
        (Thinking(segments=(Segment(),)), {}, False),
        (Thinking(), {}, False),
        (Thinking(seals=SIGNED.seals), {}, False),
        (Thinking(seals=SIGNED.seals), {"bound": "block"}, True),
        (Thinking(segments=(Segment(text=""),), seals=SIGNED.seals), {"bound": "block", "empty": "missing"}, True),
        (Thinking(segments=(Segment(channel="summary", text="s"),)), {"channels": ("raw",)}, False),
        (Text(text="<think>x</think>"), {}, False),
    ],
)
def test_what_counts_as_thinking(block: kt.Block, rule: dict[str, object], *, counts: bool) -> None:
    assert (refused([*history("u"), calls(block)], {}, **rule) == []) is counts


def test_thinking_in_a_field_that_is_not_read_is_missing() -> None:
    profile = Profile(name="acme", dialect="openai-chat", provider="acme", accepts=("reasoning_content",))
    rule = ruled(missing=Missing(status=400))
    block = Thinking(segments=(Segment(text="t"),), places=(Field(name="reasoning"),))
    request = asked([*history("u"), calls(block)])

    assert refusals(request, rule) == ()
    assert [r.spot for r in refusals(request, rule, profile=profile)] == [Spot(1, 1)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"in_loop": "must-not"}, [(1, 0)]),
        ({"cross_turn": "must-not"}, []),
        ({"in_loop": "must-not", "refused": Missing(effect="dropped")}, []),
        ({"refuses": ("signature",)}, [(1, 0)]),
        ({"refuses": ("data",)}, []),
        ({"foreign": "refused", "domain": "anthropic"}, [(1, 0)]),
        ({"foreign": "dropped", "domain": "anthropic"}, []),
    ],
)
def test_what_may_not_be_sent_is_refused(rule: dict[str, object], expected: list[tuple[int, int]]) -> None:
    foreign = Message.assistant(SIGNED, CALL).replace(origin=Origin(provider="google"))
    row = ruled(**{"refused": Missing(text="no"), **rule})
    found = refusals(asked([*history("u"), foreign]), row)

    assert [(r.spot.message, r.spot.block) for r in found] == expected
    assert {(r.clause, r.text) for r in found} <= {("refused", "no")}
