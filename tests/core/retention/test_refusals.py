"""What a provider will refuse, by each way in which it looks."""

import pytest
from msgspec import UnsetType
from msgspec.structs import replace

import keepthinking as kt
from keepthinking._json import Json
from keepthinking._messages import ArgumentsKind, Field, Message, Origin, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking._profiles import Profile
from keepthinking._turns import Spot
from keepthinking.retention import Flaw, Missing, Refusal, refusals, rule
from keepthinking.retention._forms import FlawKind
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


_ASKED: dict[str, tuple[str, ...]] = {
    "calling": (
        *("deepseek.v3-2.chat", "deepseek.v4.chat.called", "openrouter.gemini-3.chat"),
        *("moonshot.k2-6.chat.keep-all", "moonshot.k2-7-code.chat"),
    ),
    "message": (
        *("deepseek.v4.chat", "deepseek.v4.chat.enabled", "deepseek.v4.anthropic", "deepseek.v4-pro.anthropic"),
    ),
    "run": ("deepseek.v4.responses",),
    "turn": (
        *("openrouter.claude.chat", "anthropic.claude-4.messages", "anthropic.claude-kept.messages"),
        *("bedrock.claude-4.converse", "bedrock.claude-kept.converse"),
    ),
    "first-call": (
        *("google.gemini-3.chat", "google-vertex.gemini-3.chat"),
        *("google.gemini-3.native", "google-vertex.gemini-3.native"),
    ),
}
"""The rows of which sources say whom the provider asks for thinking, by the word for it."""

_REFUSED = {
    "calling": ([1], [], [], [3]),
    "message": ([1, 3], [3], [1], [3]),
    "run": ([1, 3], [3], [1], [3]),
    "turn": ([1], [], [1], []),
    "first-call": ([1], [1], [], [1, 3]),
}
"""The messages that lack thinking: of a bare call and bare words behind it, of bare words behind a call with a thought,
of bare words alone, and of a bare call behind one with a thought."""


@pytest.mark.parametrize(("asks", "row"), [(asks, row) for asks, rows in _ASKED.items() for row in rows])
def test_a_row_asks_those_of_whom_its_sources_speak(asks: str, row: str) -> None:
    found = [refusals(asked(plan), rule(row)) for plan in ("uCrP", "uTrP", "uP", "uTrCr")]

    assert rule(row).missing.asks == asks
    assert tuple([each.spot.message for each in one if each.clause == "missing"] for one in found) == _REFUSED[asks]


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
    unseen = [*messages[:2], Message.assistant(thought(1), Text(text="x"), Thinking.of(""), CALL)]
    assert refused(unseen, {"asks": "run"}, empty="missing") == []
    assert refused(
        [*messages[:1], Message.assistant(Thinking.of(""), CALL, thought(1))], {"asks": "run"}, empty="missing"
    ) == [(1, 0)]
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


def said(*blocks: kt.Block) -> list[Message]:
    return [*history("u"), Message.assistant(*blocks)]


def call(id_: str | None | UnsetType, arguments: str = "{}", kind: ArgumentsKind = "json") -> ToolCall:
    return ToolCall(id=id_, name="f", arguments=arguments, kind=kind)


def result(id_: str | None | UnsetType) -> Message:
    return Message(role="tool", blocks=(ToolResult(call_id=id_, content="r"),))


HALF = "\ud83d"


def written(how: str) -> ToolCall:
    """Give a call whose arguments stood otherwise on a wire that has an object there."""
    return replace(call(None), spelling=Json.of({"arguments": how}))


@pytest.mark.parametrize(
    ("kind", "messages", "expected"),
    [
        ("repeated-id", said(call("a"), call("b"), call("a")), [(1, 2, "a|a|1|2")]),
        ("repeated-id", [*said(call("a")), Message.assistant(call("a"))], []),
        ("repeated-id", said(call(None), call(None), call(kt.UNSET), call(kt.UNSET)), []),
        ("reused-id", [*said(call("a")), Message.assistant(call("a"))], [(2, 0, "a|a|2|0")]),
        ("said-after-call", said(call("a"), thought(1), call("b"), Text(text="")), [(1, 3, "b|a, b|1|3")]),
        ("said-after-call", said(Text(text="x"), call("a")), []),
        ("said-after-call", said(replace(call("a"), server=True), Text(text="x")), []),
        ("after-call", said(call("a"), call("b"), thought(1)), [(1, 2, "a|a|1|2"), (1, 2, "b|b|1|2")]),
        ("lone-result", [*said(call("a")), result("a"), result("b")], [(3, 0, "b|b|3|0")]),
        ("lone-result", [*said(call("a")), result("a"), Message.user("u"), result("a")], []),
        ("lone-result", [*said(call("a")), result(None), result(kt.UNSET)], []),
        ("lone-result", [result("a"), *said(call("a"))], [(0, 0, "a|a|0|0")]),
        ("arguments-text", said(written("string"), written("string")), [(1, 0, "||1|0"), (1, 1, "||1|1")]),
        ("arguments-text", said(call("a"), written("absent")), []),
        ("unanswered", [*said(call("a"), call("b")), result("b"), Message.user("u")], [(1, 0, "a|a|1|0")]),
        ("unanswered", [*said(call("a"), call("b")), Message.user("u")], [(1, 0, "b|a, b|1|0")]),
        ("unanswered", [*said(call("a")), Message.user("u"), result("a")], []),
        ("unanswered", said(call("a")), []),
        ("unanswered", [*said(replace(call("a"), server=True)), Message.user("u")], []),
        ("unanswered", [*said(call(None)), Message.user("u")], [(1, 0, "||1|0")]),
        ("last-thought", said(thought(1)), [(1, 0, "||1|0")]),
        ("last-thought", said(Text(text="x"), thought(1)), [(1, 1, "||1|1")]),
        ("last-thought", [*said(thought(1)), Message.user("u")], []),
        ("last-thought", [*said(thought(1)), Message.user("u"), Message.assistant(thought(1))], [(3, 0, "||3|0")]),
        ("last-thought", [*said(thought(1)), Message.assistant()], []),
        ("last-thought", [], []),
        ("last-thought", [*said(thought(1)), Message.assistant(Text(text="x"))], []),
        ("last-thought", said(thought(1), Text(text="x")), []),
        ("last-thought", said(Text(text="x"), Thinking()), []),
        ("surrogate", [Message.user(HALF)], [(0, 0, "||0|0")]),
        ("surrogate", [Message.user("\U0001f600 é")], []),
        ("surrogate", said(call("a", f'{{"x": "{HALF}"}}')), [(1, 0, "||1|0")]),
        ("surrogate", said(call("a", r'{"x": "\ud83d"}')), []),
        ("surrogate", said(call("a", r'{"x": "\ud83d"}', "object")), [(1, 0, "||1|0")]),
        ("surrogate", said(call("a", r'{"x": "\ud83d\ude00"}', "object")), []),
        ("surrogate", said(call("a", r'{"x": "\\ud83d"}', "object")), []),
        ("surrogate", [replace(Message.user("x"), name=HALF)], [(0, -1, "||0|-1")]),
        ("surrogate", [replace(Message.user("x"), fields=Json(rb'{"a": "\udc00"}'))], [(0, -1, "||0|-1")]),
        ("surrogate", [replace(Message.user("x"), fields=Json(rb'{"a": [1e999, "\ud83d\ude00"]}'))], []),
    ],
)
def test_a_flaw_is_refused_with_its_place_and_text(
    kind: FlawKind, messages: list[Message], expected: list[tuple[int, int, str]]
) -> None:
    rule = ruled(flaws=(Flaw(kind=kind, status=400, text="{id}|{ids}|{message}|{block}"),))

    assert [(*r.spot, r.text) for r in refusals(asked(messages), rule)] == expected
    assert {(r.clause, r.status, r.rule) for r in refusals(asked(messages), rule)} <= {("flaws", 400, rule.id)}
    assert refusals(asked(messages), ruled()) == ()


@pytest.mark.parametrize(
    ("row", "carriers", "expected"),
    [
        ("minimax.m2.chat", ["message"], []),
        ("minimax.m2.chat", ["message", "message", "message"], [1, 2]),
        ("minimax.m2.anthropic", ["system"], []),
        ("minimax.m2.anthropic", ["system", "message"], [1]),
        ("anthropic.claude-kept.messages", ["system", "message"], []),
    ],
)
def test_instructions_stand_where_the_provider_takes_them(row: str, carriers: list[str], expected: list[int]) -> None:
    heads = [replace(Message.system("s"), carrier=carrier) for carrier in carriers]

    found = refusals(asked([*heads, Message.user("u")]), rule(row))

    assert [(one.spot, one.clause, one.status) for one in found] == [(Spot(n, -1), "flaws", 400) for n in expected]
    assert all(isinstance(one.text, str) and one.text.endswith("(2013)") for one in found)


def test_a_result_may_answer_a_call_that_the_server_holds() -> None:
    rule = ruled(flaws=(Flaw(kind="lone-result"),))
    held = replace(asked([result("a")]), state={"previous_response_id": Json(b'"resp_1"')})

    assert refusals(held, rule) == ()
    assert [r.spot for r in refusals(replace(held, state=kt.UNSET), rule)] == [Spot(0, 0)]


def test_a_model_that_does_not_think_refuses_what_another_thought_before() -> None:
    row = rule("mistral.devstral-small.native")
    found = refusals(asked([*history("u"), Message.assistant(thought(1), Text(text="x")), Message.user("u")]), row)

    assert [(r.spot, r.clause, r.status, r.text) for r in found] == [
        (Spot(1, 0), "refused", 400, "Reasoning input is not enabled for this model")
    ]
    assert refusals(asked([*history("u"), Message.assistant(Text(text="x")), Message.user("u")]), row) == ()


def test_half_a_character_around_the_messages_is_found_too() -> None:
    rule = ruled(flaws=(Flaw(kind="surrogate"),))
    request = replace(asked("u"), params={"user": Json(rb'"\ud83d"')})

    assert [(r.spot, r.text) for r in refusals(request, rule)] == [(Spot(-1, -1), kt.UNSET)]
    assert refusals(replace(request, params={"user": Json(rb'"u"')}), rule) == ()


def test_messages_are_counted_as_the_wire_counts_them() -> None:
    rule = ruled(flaws=(Flaw(kind="repeated-id", text="{message}"),))
    head = replace(Message.system("s"), carrier="system")

    assert [r.text for r in refusals(asked([head, *said(call("a"), call("a"))]), rule)] == ["1"]
    assert [r.text for r in refusals(asked([Message.system("s"), *said(call("a"), call("a"))]), rule)] == ["2"]


@pytest.mark.parametrize("maker", ["minimax", "google"])
def test_claude_refuses_a_seal_that_claude_did_not_make_in_its_own_words(maker: str) -> None:
    message = Message.assistant(SIGNED, CALL).replace(origin=Origin(provider=maker))

    (found,) = refusals(asked([*history("u"), message]), rule("anthropic.claude-kept.messages"))

    assert (found.spot, found.clause, found.status) == (Spot(1, 0), "refused", 400)
    assert found.text == "messages.{index}.content.{block}: Invalid `signature` in `thinking` block"


@pytest.mark.parametrize("maker", ["anthropic", "vertex-claude", "openrouter", "unknown", "somebody"])
def test_what_may_be_claudes_own_seal_is_not_refused(maker: str) -> None:
    message = Message.assistant(SIGNED, CALL).replace(origin=Origin(provider=maker))

    assert refusals(asked([*history("u"), message]), rule("anthropic.claude-kept.messages")) == ()
