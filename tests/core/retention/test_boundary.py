"""Where a turn begins: as the provider sees it, and as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._messages import Message, Text
from keepthinking.retention import boundary, boundary_meant, interrupts, is_boundary, is_user_input
from tests.core.retention.histories import WRAPPED, answers, calls, history

KINDS = ("user-message", "user-query", "final-answer", "final-channel", "tools-absent", "never")
MIXED = answers("c", Text(text="go"), role="user")


@pytest.mark.parametrize(
    ("kind", "messages", "expected"),
    [
        ("user-message", history("uTrPuTw"), 6),
        ("user-query", history("uTrPuTw"), 4),
        ("final-answer", history("uTrPuTw"), 3),
        ("final-channel", history("uTrPuTw"), 3),
        ("never", history("uTrPuTw"), 6),
        ("tools-absent", history("uTrPuTw"), 6),
        ("user-message", history("Tr"), -1),
        ("final-answer", history("uTr"), -1),
        ("user-message", [*history("uT"), answers("c", role="user")], 0),
        ("user-message", [*history("uT"), MIXED], 2),
        ("user-query", [*history("uT"), Message.user("<tool_response>r</tool_response> and")], 2),
        ("user-message", [], -1),
    ],
)
def test_where_a_turn_begins_as_served(kind: str, messages: list[Message], expected: int) -> None:
    assert boundary(messages, kind) == expected  # type: ignore[arg-type]  # one of the six kinds


@pytest.mark.parametrize(
    ("kind", "messages", "served", "meant"),
    [
        ("user-message", history("uTrPuTr"), 4, 4),
        ("user-message", history("uTrh"), 3, 0),
        ("user-message", history("uTrhTrh"), 6, 0),
        ("user-message", history("uTru"), 3, 0),
        ("user-message", history("uTrPu"), 4, 4),
        ("user-message", history("uTrPh"), 4, 0),
        ("user-message", history("hTr"), 0, -1),
        ("user-message", [*history("uT"), MIXED], 2, 0),
        ("user-message", [*history("uTr"), Message.user("stop").replace(author="human")], 3, 3),
        ("user-message", [*history("uTr"), Message.user("a"), Message.user("b")], 4, 0),
        ("user-query", history("uTw"), 0, 0),
        ("final-answer", history("uTrPhTrh"), 3, 3),
        ("tools-absent", history("uTrh"), 3, 0),
        ("never", history("uTrh"), 3, 0),
    ],
)
def test_a_turn_begins_where_a_person_began_it(kind: str, messages: list[Message], served: int, meant: int) -> None:
    assert boundary(messages, kind) == served  # type: ignore[arg-type]  # one of the six kinds
    assert boundary_meant(messages, kind) == meant  # type: ignore[arg-type]  # one of the six kinds


@pytest.mark.parametrize(
    ("messages", "at", "expected"),
    [
        (history("uTru"), 3, True),
        (history("uTur"), 2, False),
        ([*history("uT"), MIXED], 2, True),
        (history("uTrsu"), 4, True),
        (history("uPu"), 2, False),
        (history("u"), 0, False),
        (history("uTr"), 2, False),
        (history("ru"), 1, False),
    ],
)
def test_a_message_interrupts_a_loop_where_results_stand_before_or_in_it(
    messages: list[Message], at: int, *, expected: bool
) -> None:
    assert interrupts(messages, at) is expected


def test_a_message_of_results_alone_is_no_user_input() -> None:
    assert is_user_input(Message.user("u"))
    assert is_user_input(Message(role="user"))
    assert is_user_input(MIXED)
    assert not is_user_input(answers("c", role="user"))
    assert not is_user_input(answers("c"))
    assert not is_user_input(Message.system("s"))
    assert not is_user_input(calls())


@given(st.text("uhwsTCAPr", max_size=12), st.sampled_from(KINDS))
def test_the_turn_that_was_meant_begins_no_later_than_the_one_that_is_served(plan: str, kind: str) -> None:
    messages = history(plan)
    served, meant = boundary(messages, kind), boundary_meant(messages, kind)  # type: ignore[arg-type]  # one of six

    assert meant <= served
    assert served == -1 or is_boundary(messages[served], kind)  # type: ignore[arg-type]  # one of six
    assert not any(is_boundary(message, kind) for message in messages[served + 1 :])  # type: ignore[arg-type]  # one of six
    assert meant == -1 or messages[meant].author != "harness"
    assert WRAPPED.author == "unknown"
