"""`turns` and `pair`: the normal form of a history, whatever its wire groups."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from keepthinking._messages import Block, Conversation, Message, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import OpenCalls, Pair, Spot, pair, turns
from keepthinking_conformance import strategies as kts


def call(id_: str | None = None, name: str = "f", *, absent: bool = False, server: bool = False) -> ToolCall:
    return ToolCall(id=UNSET if absent else id_, name=name, arguments="{}", server=server)


def result(
    id_: str | None = None, *, name: str | None = None, absent: bool = False, server: bool = False
) -> ToolResult:
    return ToolResult(
        call_id=UNSET if absent else id_, name=UNSET if name is None else name, content="r", server=server
    )


def says(*blocks: Block) -> Message:
    return Message.assistant(*blocks)


def told(*blocks: Block, role: str = "tool") -> Message:
    return Message(role=role, blocks=blocks)


USER = Message.user("u")


# -- turns -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ("", []),
        ("s", [("system", 0, 1)]),
        ("sd", [("system", 0, 2)]),
        ("sus", [("system", 0, 1), ("input", 1, 2)]),
        ("us", [("input", 0, 2)]),
        ("a", [("response", 0, 1)]),
        ("saa", [("system", 0, 1), ("response", 1, 2)]),
        ("uaatu", [("input", 0, 1), ("response", 1, 2), ("input", 3, 2)]),
        ("uasa", [("input", 0, 1), ("response", 1, 1), ("input", 2, 1), ("response", 3, 1)]),
        ("umu", [("input", 0, 1), ("response", 1, 1), ("input", 2, 1)]),
    ],
)
def test_turns_group_by_who_speaks(roles: str, expected: list[tuple[str, int, int]]) -> None:
    names = {"s": "system", "d": "developer", "u": "user", "a": "assistant", "m": "model", "t": "tool"}
    history = [Message(role=names[letter]) for letter in roles]

    assert [(turn.kind, turn.first, len(turn.messages)) for turn in turns(history)] == expected
    assert turns(Conversation.of(*history)) == turns(history)


@given(kts.conversations())
def test_turns_hold_every_message_once_and_in_order(history: Conversation) -> None:
    found = turns(history)

    assert tuple(message for turn in found for message in turn.messages) == history.messages
    assert all(turn.first == sum(len(t.messages) for t in found[:i]) for i, turn in enumerate(found))
    assert all(a.kind != b.kind for a, b in pairwise(found))
    assert all(turn.kind != "system" for turn in found[1:])
    blocks = [(spot, block) for turn in found for spot, block in turn.blocks()]
    assert all(history.messages[spot.message].blocks[spot.block] is block for spot, block in blocks)
    assert len(blocks) == sum(len(message.blocks) for message in history)


# -- pairs -------------------------------------------------------------------------------------------------------------

Row = tuple[str, tuple[int, int] | None, tuple[int, int] | None]

PAIRS: list[tuple[str, list[Message], list[Row]]] = [
    ("nothing", [USER, says(Text(text="a"))], []),
    ("open", [says(call("a"))], [("open", (0, 0), None)]),
    ("answered", [says(Thinking.of("t"), call("a")), told(result("a"))], [("answered", (0, 1), (1, 0))]),
    (
        "out of order",
        [says(call("a"), call("b"), call("c")), told(result("c")), told(result("a")), told(result("b"))],
        [("answered", (0, 0), (2, 0)), ("answered", (0, 1), (3, 0)), ("answered", (0, 2), (1, 0))],
    ),
    (
        "several results and a text in one user message",
        [says(call("a"), call("b")), told(result("b"), result("a"), Text(text="and"), role="user")],
        [("answered", (0, 0), (1, 1)), ("answered", (0, 1), (1, 0))],
    ),
    (
        "one answer in two messages",
        [says(call("a")), says(call("b")), told(result("b")), told(result("a"))],
        [("answered", (0, 0), (3, 0)), ("answered", (1, 0), (2, 0))],
    ),
    (
        "an id that every answer repeats",
        [says(call("0")), told(result("0")), says(call("0")), told(result("0"))],
        [("answered", (0, 0), (1, 0)), ("answered", (2, 0), (3, 0))],
    ),
    (
        "an id twice in one answer",
        [says(call("0"), call("0")), told(result("0")), told(result("0"))],
        [("answered", (0, 0), (1, 0)), ("answered", (0, 1), (2, 0))],
    ),
    (
        "the nearest of two open calls",
        [says(call("0")), says(call("0")), USER, says(call("0")), told(result("0")), told(result("0"))],
        [("open", (0, 0), None), ("answered", (1, 0), (5, 0)), ("answered", (3, 0), (4, 0))],
    ),
    (
        "late",
        [says(call("a")), USER, says(call("b")), told(result("a")), told(result("b"))],
        [("answered", (0, 0), (3, 0)), ("answered", (2, 0), (4, 0))],
    ),
    (
        "null ids, in order",
        [says(call(None), call(None)), told(result(None)), told(result(None))],
        [("answered", (0, 0), (1, 0)), ("answered", (0, 1), (2, 0))],
    ),
    (
        "absent ids, by name",
        [says(call(name="f", absent=True), call(name="g", absent=True)), told(result(name="g", absent=True))],
        [("open", (0, 0), None), ("answered", (0, 1), (1, 0))],
    ),
    (
        "a result without an id prefers a call without one",
        [says(call("a"), call(absent=True)), told(result(absent=True))],
        [("open", (0, 0), None), ("answered", (0, 1), (1, 0))],
    ),
    (
        "a result without an id, where all calls have one",
        [says(call("a", "f"), call("b", "g")), told(result(name="g", absent=True)), told(result(absent=True))],
        [("answered", (0, 0), (2, 0)), ("answered", (0, 1), (1, 0))],
    ),
    (
        "an empty id is an id",
        [says(call(""), call("a")), told(result(""))],
        [("answered", (0, 0), (1, 0)), ("open", (0, 1), None)],
    ),
    ("without its call", [USER, told(result("a"))], [("orphan", None, (1, 0))]),
    ("without an id and without a call", [USER, told(result(absent=True))], [("orphan", None, (1, 0))]),
    (
        "before its call",
        [told(result("a")), says(call("a"))],
        [("orphan", None, (0, 0)), ("open", (1, 0), None)],
    ),
    (
        "twice",
        [says(call("a")), told(result("a")), told(result("a"))],
        [("answered", (0, 0), (1, 0)), ("orphan", None, (2, 0))],
    ),
    (
        "an absent id does not reach behind the last answer",
        [says(call(absent=True)), USER, says(Text(text="x")), told(result(absent=True))],
        [("open", (0, 0), None), ("orphan", None, (3, 0))],
    ),
    (
        "the provider's own tool, in one message",
        [says(call("a", server=True), result("a", server=True), call("b"))],
        [("answered", (0, 0), (0, 1)), ("open", (0, 2), None)],
    ),
    (
        "the provider's result is no scaffold's",
        [says(call("a")), told(result("a", server=True))],
        [("open", (0, 0), None), ("orphan", None, (1, 0))],
    ),
]


@pytest.mark.parametrize(("history", "expected"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS])
def test_pairs(history: list[Message], expected: list[Row]) -> None:
    def spot(found: Spot | object) -> tuple[int, int] | None:
        return (found.message, found.block) if isinstance(found, Spot) else None

    assert [(one.state, spot(one.call), spot(one.result)) for one in pair(history)] == expected


def test_a_lone_result_is_external_where_the_server_holds_history() -> None:
    history = [told(result("a"), result("b")), says(call("c")), told(result("c"))]

    assert [one.state for one in pair(history)] == ["orphan", "orphan", "answered"]
    assert [one.state for one in pair(history, server_held=True)] == ["external", "external", "answered"]


@given(kts.conversations(), st.booleans())
def test_every_call_and_every_result_stands_in_one_pair(history: Conversation, server_held: bool) -> None:  # noqa: FBT001
    found = pair(history, server_held=server_held)
    spots = {
        kind: [
            Spot(m, b) for m, one in enumerate(history) for b, block in enumerate(one.blocks) if isinstance(block, kind)
        ]
        for kind in (ToolCall, ToolResult)
    }

    assert sorted(one.call for one in found if isinstance(one.call, Spot)) == spots[ToolCall]
    assert sorted(one.result for one in found if isinstance(one.result, Spot)) == spots[ToolResult]
    order = [one.call if isinstance(one.call, Spot) else one.result for one in found]
    assert order == sorted(spot for spot in order if isinstance(spot, Spot))
    for one in found:
        assert one.state == _state(one, server_held=server_held)
        if isinstance(one.call, Spot) and isinstance(one.result, Spot):
            assert one.call < one.result


def _state(one: Pair, *, server_held: bool) -> str:
    if isinstance(one.call, Spot):
        return "answered" if isinstance(one.result, Spot) else "open"
    return "external" if server_held else "orphan"


def test_open_calls_are_a_value_that_forks_share() -> None:
    start, _ = OpenCalls().after(0, says(call("a"), call("b")))
    one, _ = start.after(1, told(result("a")))
    other, _ = start.after(1, told(result("b")))

    assert [held.id for _, held in start.recent] == ["a", "b"]
    assert [held.id for _, held in one.recent] == ["b"]
    assert [held.id for _, held in other.recent] == ["a"]
