"""What the model will see, by each field of a rule that hides thinking."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import keepthinking as kt
from keepthinking._messages import Field, Inline, Message, Origin, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking._profiles import Profile, Tags
from keepthinking._turns import Spot
from keepthinking.retention import Rewrite, rules, visible
from tests.core.retention.histories import asked, history, ruled, thought

SEALED = Thinking.of("x", signature="s")


def thoughts(messages: list[Message] | tuple[Message, ...]) -> list[str]:
    return [block.text for m in messages for block in m.blocks if isinstance(block, Thinking)]


@pytest.mark.parametrize(
    ("plan", "tools", "rule", "kept", "reason"),
    [
        ("uTrAuTr", True, {}, [5], "boundary"),
        ("uTrAuTr", True, {"cross_turn": "must-not"}, [5], "must-not"),
        ("uTrAuTr", True, {"cross_turn": "should"}, [1, 3, 5], None),
        ("uTrAuTr", True, {"cross_turn": "unknown"}, [1, 3, 5], None),
        ("uTrAuTr", True, {"boundary": "never"}, [1, 3, 5], None),
        ("uTrh", True, {}, [], "boundary"),
        ("uTrw", True, {}, [], "boundary"),
        ("uTrw", True, {"boundary": "user-query"}, [1], None),
        ("uTrhTr", True, {"boundary": "final-answer"}, [1, 4], None),
        ("uTrAuTr", True, {"boundary": "final-answer"}, [5], "boundary"),
        ("uTrAu", True, {"boundary": "final-channel"}, [], "boundary"),
        ("uTrAuTr", True, {"boundary": "tools-absent"}, [1, 3, 5], None),
        ("uTrAuTr", False, {"boundary": "tools-absent"}, [], "tools-absent"),
        ("uTrAuTr", False, {"boundary": "tools-absent", "cross_turn": "must"}, [], "tools-absent"),
        ("uTrAuTr", True, {"in_loop": "must-not", "cross_turn": "should"}, [1, 3], "must-not"),
        ("uTrAuTr", True, {"unread": True, "boundary": "never"}, [], "unread"),
        ("uAuAuA", True, {"keep_last": 1}, [5], "keep_last"),
        ("uAuAuAu", True, {"keep_last": 1}, [5], "keep_last"),
        ("uAuTrAu", True, {"keep_last": 1}, [3, 5], "keep_last"),
        ("uAuTrAuPu", True, {"keep_last": 1, "cross_turn": "must"}, [3, 5], "keep_last"),
        ("uAuAuA", True, {"keep_last": 2}, [3, 5], "keep_last"),
        ("uAuAuA", True, {"keep_last": 9}, [1, 3, 5], None),
        ("Tr", True, {}, [0], None),
    ],
)
def test_a_rule_hides_what_it_says(
    plan: str, rule: dict[str, object], kept: list[int], reason: str | None, *, tools: bool
) -> None:
    request = asked(plan, tools=tools)
    seen = visible(request, ruled(**rule))

    assert thoughts(seen.conversation.messages) == [f"thought {n}" for n in kept]
    assert [hidden.spot for hidden in seen.hidden] == [
        Spot(n, 0) for n, letter in enumerate(plan) if letter in "TA" and n not in kept
    ]
    assert {hidden.reason for hidden in seen.hidden} == (set() if reason is None else {reason})


def test_nothing_but_thinking_is_hidden() -> None:
    request = asked("uTrAuTr")
    seen = visible(request, ruled()).conversation.messages

    assert [m.role for m in seen] == [m.role for m in request.messages]
    assert [[b for b in m.blocks if not isinstance(b, Thinking)] for m in request.messages[:4]] == [
        list(m.blocks) for m in seen[:4]
    ]
    assert all(now is then for now, then in zip(seen[4:], request.messages[4:], strict=True))


def test_a_message_of_thinking_alone_keeps_its_place() -> None:
    request = asked([*history("u"), Message.assistant(thought(1)), *history("u")])

    assert visible(request, ruled()).conversation.messages[1] == Message.assistant()


def test_a_reminder_moves_the_boundary_and_the_difference_tells() -> None:
    seen = visible(asked("uTrhTr"), ruled())

    assert (seen.boundary_served, seen.boundary_meant) == (3, 0)
    assert [hidden.spot.message for hidden in seen.hidden] == [1]


def test_the_client_may_say_how_many_turns_stay() -> None:
    rule = ruled(keep_from="$.keep.value", cross_turn="should")

    for value, kept in ((0, [5]), (1, [5]), (2, [3, 5]), (3, [1, 3, 5])):
        seen = visible(asked("uAuAuTr", keep={"value": value}), rule)
        assert thoughts(seen.conversation.messages) == [f"thought {n}" for n in kept]
    assert visible(asked("uAuAuTr", keep={"value": True}), rule).hidden == ()
    assert visible(asked("uAuAuTr"), rule).hidden == ()


def test_tools_that_are_turned_off_are_absent() -> None:
    rule = ruled(boundary="tools-absent", toolless={"$.tool_choice": '"none"'})

    assert visible(asked("uTr", tool_choice="auto"), rule).hidden == ()
    assert [h.reason for h in visible(asked("uTr", tool_choice="none"), rule).hidden] == ["tools-absent"]


@pytest.mark.parametrize(
    ("foreign", "provider", "gone"),
    [
        ("dropped", "google", True),
        ("refused", "google", True),
        ("read", "google", False),
        ("unknown", "google", False),
        ("dropped", "anthropic", False),
        ("dropped", "bedrock", False),
        ("dropped", "vllm", False),
    ],
)
def test_a_seal_of_another_domain_is_hidden_where_the_rule_drops_it(foreign: str, provider: str, *, gone: bool) -> None:
    sealed = Message.assistant(SEALED).replace(origin=Origin(provider=provider))
    rule = ruled(foreign=foreign, domain="anthropic", bound="block", boundary="never")
    seen = visible(asked([*history("u"), sealed, Message.assistant(SEALED)]), rule)

    assert [(h.spot, h.reason) for h in seen.hidden] == ([(Spot(1, 0), "foreign")] if gone else [])


def test_a_foreign_block_without_a_seal_is_read() -> None:
    plain = Message.assistant(thought(1)).replace(origin=Origin(provider="google"))
    rule = ruled(foreign="dropped", domain="anthropic", boundary="never")

    assert visible(asked([*history("u"), plain]), rule).hidden == ()


def test_only_the_channels_that_are_read_are_seen() -> None:
    both = Thinking(segments=(Segment(channel="summary", text="s"), Segment(text="r")))
    summary = Thinking(segments=(Segment(channel="summary", text="s"),))
    sealed = replace(SEALED, segments=())
    request = asked([*history("u"), Message.assistant(both, summary, sealed, thought(1))])
    seen = visible(request, ruled(channels=("raw",), boundary="never"))

    assert seen.conversation.messages[1].blocks == (Thinking(segments=(Segment(text="r"),)), thought(1))
    assert [(h.spot.block, h.reason) for h in seen.hidden] == [(b, "channels") for b in range(3)]


def test_a_block_that_is_refused_is_not_seen() -> None:
    seen = visible(asked([*history("u"), Message.assistant(SEALED, thought(1))]), ruled(refuses=("signature",)))

    assert [(h.spot.block, h.reason) for h in seen.hidden] == [(0, "refused")]


TAGS = Tags(open="<think>", close="</think>")


@pytest.mark.parametrize(
    ("place", "accepts", "tags", "left"),
    [
        (Field(name="reasoning_content"), ("reasoning_content",), None, "thinking"),
        (Field(name="reasoning"), ("reasoning_content",), None, "gone"),
        (Field(name="content"), ("content[].thinking",), None, "thinking"),
        (None, ("reasoning_content",), None, "thinking"),
        (None, (), None, "gone"),
        (Inline(open="<think>", close="</think>"), ("content",), TAGS, "thinking"),
        (Inline(open="", close="</think>"), ("content",), TAGS, "thinking"),
        (Inline(open="<mm>", close="</mm>", after="\n"), ("content",), TAGS, "text"),
        (Inline(open="<think>", close="</think>"), ("reasoning_content",), None, "text"),
        (Inline(open="<think>", close="</think>"), ("content[].text",), None, "thinking"),
    ],
)
def test_a_place_that_is_not_read_is_hidden_and_tags_there_are_text(
    place: Field | Inline | None, accepts: tuple[str, ...], tags: Tags | None, left: str
) -> None:
    block = Thinking(segments=(Segment(text="t"),), places=() if place is None else (place,))
    request = asked([*history("u"), Message.assistant(block)])
    profile = Profile(name="acme", dialect="openai-chat", provider="acme", accepts=accepts, tags=tags)
    seen = visible(request, ruled(), profile=profile)

    assert visible(request, ruled()).hidden == ()
    match left:
        case "thinking":
            assert seen.conversation == request.conversation
            assert seen.hidden == ()
        case "text":
            assert isinstance(place, Inline)
            assert seen.conversation.messages[1].blocks == (Text(text=place.wrap("t")),)
            assert [h.reason for h in seen.hidden] == ["place"]
        case _:
            assert seen.conversation.messages[1].blocks == ()
            assert [h.reason for h in seen.hidden] == ["place"]


@given(rule=st.sampled_from(rules()), plan=st.text("uhwsTCAPr", max_size=14), tools=st.booleans())
def test_of_every_rule_what_is_seen_and_what_is_hidden_are_all_there_is(
    rule: kt.Rule, plan: str, *, tools: bool
) -> None:
    request = asked(plan, tools=tools)
    seen = visible(request, rule)
    spots = {
        Spot(m, b)
        for m, held in enumerate(request.messages)
        for b, x in enumerate(held.blocks)
        if isinstance(x, Thinking)
    }

    assert {h.spot for h in seen.hidden} <= spots
    assert len(thoughts(seen.conversation.messages)) + len(seen.hidden) == len(thoughts(request.messages))
    assert visible(replace(request, conversation=seen.conversation), rule).conversation == seen.conversation


A, B = (ToolCall(id=id_, name="f", arguments="{}") for id_ in "ab")
CHANGED = ToolCall(id="a", name="f", arguments='{"all":"oops"}')


def results(*ids: str, **fields: Any) -> list[Message]:
    return [Message(role="tool", blocks=(ToolResult(call_id=i, content=i, **fields),)) for i in ids]


@pytest.mark.parametrize(
    ("rewrites", "before", "after", "spots"),
    [
        (
            [Rewrite(kind="thoughts-first")],
            [Message.assistant(Text(text="x"), A, thought(1), thought(2))],
            [Message.assistant(thought(1), thought(2), Text(text="x"), A)],
            [(0, 2), (0, 3)],
        ),
        (
            [Rewrite(kind="thoughts-joined", text="+")],
            [Message.assistant(thought(1), thought(2), Text(text="x"), SEALED, A)],
            [Message.assistant(Thinking.of("thought 1+thought 2"), Text(text="x"), SEALED, A)],
            [(0, 0), (0, 1)],
        ),
        (
            [Rewrite(kind="thoughts-joined", text="+")],
            [Message.assistant(Thinking(segments=(Segment(text="a"), Segment(text=None), Segment(text=""))))],
            [Message.assistant(Thinking.of("a+"))],
            [(0, 0)],
        ),
        (
            [Rewrite(kind="thoughts-first"), Rewrite(kind="thoughts-joined", text="+")],
            [Message.assistant(thought(1), A, thought(2))],
            [Message.assistant(Thinking.of("thought 1+thought 2"), A)],
            [(0, 0), (0, 2), (0, 2)],
        ),
        (
            [Rewrite(kind="results-ordered")],
            [Message.assistant(A, B), *results("b", "a"), Message.assistant(A, B), *results("a", "b")],
            [Message.assistant(A, B), *results("a", "b"), Message.assistant(A, B), *results("a", "b")],
            [(1, 0), (2, 0)],
        ),
        (
            [Rewrite(kind="results-ordered")],
            [Message.assistant(A, B), *results("b", "orphan", "a")],
            [Message.assistant(A, B), *results("a", "orphan", "b")],
            [(1, 0), (3, 0)],
        ),
        (
            [Rewrite(kind="status-dropped")],
            [*results("a", status="error"), *results("b")],
            results("a", "b"),
            [(0, 0)],
        ),
        (
            [Rewrite(kind="arguments-wrapped", text="all")],
            [Message.assistant(replace(A, arguments="oops"), B, replace(B, arguments="oops", kind="freeform"))],
            [Message.assistant(CHANGED, B, replace(B, arguments="oops", kind="freeform"))],
            [(0, 0)],
        ),
    ],
)
def test_what_is_rewritten_is_told_and_nothing_else_moves(
    rewrites: list[Rewrite], before: list[Message], after: list[Message], spots: list[tuple[int, int]]
) -> None:
    seen = visible(asked(before), ruled(boundary="never", rewrites=tuple(rewrites)))

    assert list(seen.conversation.messages) == after
    assert sorted(tuple(one.spot) for one in seen.rewritten) == spots
    assert {one.kind for one in seen.rewritten} == {one.kind for one in rewrites}
    assert seen.hidden == ()
    untouched = [m for m, (a, b) in enumerate(zip(before, after, strict=True)) if a == b]
    assert all(seen.conversation.messages[m] is before[m] for m in untouched)


def test_what_is_hidden_is_not_joined() -> None:
    rule = ruled(boundary="never", refuses=("data",), rewrites=(Rewrite(kind="thoughts-joined"),))
    redacted = Thinking(seals=(Seal(slot="data", wire="s"),))
    seen = visible(asked([Message.assistant(redacted, thought(1))]), rule)

    assert thoughts(seen.conversation.messages) == ["thought 1"]
    assert seen.rewritten == ()
    assert [hidden.spot for hidden in seen.hidden] == [Spot(0, 0)]


def test_what_nothing_is_said_of_stays_as_it_is() -> None:
    request = asked([Message.assistant(A, thought(1), thought(2)), *results("b", "a")])

    assert visible(request, ruled(boundary="never")).conversation is request.conversation
