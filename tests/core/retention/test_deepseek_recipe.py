"""The rules of DeepSeek against its own code: `deepseek-recipe` refuses and shows what our data predicts.

Each row below is a row of what is known of the vendor's routes, with bodies on both sides. Which side a body is on is
said by the vendor, and has to be said by the rule; the row only says what we take it to show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import keepthinking as kt
from keepthinking._messages import Message, Text, Thinking, ToolCall, ToolResult
from tests.core.retention.recipe import BROKEN, MODELS, ROUTES, Error, Route, Shown, agree, request_of, speak

pytestmark = pytest.mark.vendors

CHAT, MESSAGES, RESPONSES = ROUTES
ASKED = Message.user("question")
BESIDE = Message(role="user", blocks=(Text(text="go on"),), name="beside")
SYSTEM = Message.system("s")


def loop(thought: str, number: int = 1, form: str = "plain") -> list[Message]:
    return speak(number, thought, 1, text=False, form=form)


CASES: dict[str, Callable[[str], list[Message]]] = {
    "a loop, {thought}": lambda t: [ASKED, *loop(t)],
    "a loop, {thought}, then a call with thinking": lambda t: [ASKED, *loop(t), *loop("text", 2)],
    "a call with thinking, then {thought}": lambda t: [ASKED, *loop("text"), *loop(t, 2)],
    "an earlier turn, {thought}": lambda t: [
        ASKED,
        *loop(t),
        *speak(2, "text", 0, text=True),
        ASKED,
        *loop("text", 3),
    ],
    "an earlier turn without a call, {thought}": lambda t: [ASKED, *speak(1, t, 0, text=True), ASKED],
    "a turn that ends with an answer, {thought}": lambda t: [ASKED, *speak(1, t, 0, text=True)],
    "a user's message behind the results, {thought}": lambda t: [ASKED, *loop(t), ASKED],
    "a user's words beside the results, {thought}": lambda t: [ASKED, *loop(t), BESIDE],
    "a system message behind the results, {thought}": lambda t: [ASKED, *loop(t), SYSTEM],
    "parallel calls, {thought}": lambda t: [ASKED, *speak(1, t, 2, text=True)],
}


class Row(NamedTuple):
    """One row of what is known.

    Attributes:
        route: The vendor's route.
        accepted: Histories that it takes.
        refused: Histories that it does not.
        shows: The thoughts that the prompts of all accepted histories hold, where the row is about that.
        rewrites: What is changed in silence in one of them or another.
        tools: Which tools the requests declare.
    """

    route: Route
    accepted: tuple[list[Message], ...]
    refused: tuple[list[Message], ...] = ()
    shows: list[str] | None = None
    rewrites: frozenset[str] = frozenset()
    tools: str = "some"


def turn(thought: str = "text", calls: int = 1, form: str = "plain", number: int = 1) -> list[Message]:
    return [ASKED, *speak(number, thought, calls, text=False, form=form)]


def spelt(arguments: str) -> list[Message]:
    call = ToolCall(id="c", name="f", arguments=arguments)
    return [
        ASKED,
        Message.assistant(Thinking.of("T1;"), call),
        Message(role="tool", blocks=(ToolResult(call_id="c", content="r"),)),
    ]


EARLIER = [*loop("text", 2), *speak(3, "text", 0, text=True), ASKED, *loop("text", 4)]
ROWS = {
    "thinking that is absent or null in the loop is refused": Row(
        CHAT, (turn(),), (turn("absent"), turn("null")), shows=["T1;"]
    ),
    "an empty string passes, and nothing is shown": Row(CHAT, (turn("empty"),), shows=[]),
    "thinking in the content or in another field is not read": Row(
        CHAT, (turn(),), (turn("inline"), turn("other field"))
    ),
    "missing on earlier turns only it is not missed": Row(
        CHAT, ([*turn("absent"), *EARLIER[-3:]],), ([*EARLIER, *loop("absent", 5)],), shows=["T4;"]
    ),
    "a user's message behind the results turns the check off": Row(
        CHAT, ([*turn("absent"), ASKED],), (turn("absent"),), shows=[]
    ),
    "with tools all turns are shown": Row(CHAT, ([*turn(), *EARLIER],), shows=["T1;", "T2;", "T3;", "T4;"]),
    "without tools nothing is shown, even of the running loop": Row(
        CHAT, ([*turn(), *EARLIER], turn()), (turn("absent"),), shows=[], tools="absent"
    ),
    "on the route of Anthropic a block has to be there": Row(MESSAGES, (turn(),), (turn("absent"),), shows=["T1;"]),
    "a signature is optional": Row(MESSAGES, (turn("unsigned"), turn("text")), shows=["T1;"]),
    "a redacted block is refused": Row(MESSAGES, (turn(),), (turn("redacted"),)),
    "several blocks are joined": Row(
        MESSAGES, (turn("two"),), shows=["T1;\n\nT100;"], rewrites=frozenset({"thoughts-joined"})
    ),
    "thinking behind a call moves before it": Row(
        MESSAGES, (turn("late"), turn("late", 2)), shows=["T1;"], rewrites=frozenset({"thoughts-first"})
    ),
    "the flag of an error is dropped": Row(MESSAGES, (turn(form="error"),), rewrites=frozenset({"status-dropped"})),
    "text behind a call is refused": Row(
        MESSAGES, (turn(),), (turn(form="behind"), turn("two", 2, "behind"), [SYSTEM, *turn("late", 2, "behind")])
    ),
    "on the route of Responses only its text counts": Row(
        RESPONSES, (turn(),), (turn("absent"), turn("summary"), turn("sealed")), shows=["T1;"]
    ),
    "an id may stand once in a message, and again in a later one": Row(
        CHAT,
        (turn(calls=2), [*turn(form="reused"), *loop("text", 2, "reused")]),
        (turn(calls=2, form="repeated"), [SYSTEM, *turn(), *turn("text", 3, "repeated", 2)]),
    ),
    "on the route of Anthropic too": Row(
        MESSAGES,
        (turn(calls=2), [*turn(form="reused"), *loop("text", 2, "reused")]),
        (turn(calls=2, form="repeated"), [*turn(), *turn("two", 3, "repeated", 2)]),
    ),
    "on the route of Responses an id stands once": Row(
        RESPONSES,
        (turn(calls=2), [*turn(), *loop("text", 2)]),
        (turn(calls=2, form="repeated"), [*turn(form="reused"), *loop("text", 2, "reused")]),
    ),
    "results out of order are put in order": Row(
        CHAT, (turn(calls=3, form="reversed"),), shows=["T1;"], rewrites=frozenset({"results-ordered"})
    ),
    "in one message too": Row(
        MESSAGES, (turn(calls=3, form="reversed"),), shows=["T1;"], rewrites=frozenset({"results-ordered"})
    ),
    "arguments that are no object are wrapped": Row(
        CHAT,
        (turn(form="arguments"), spelt("[1]"), spelt(""), spelt('{"x": 1e999}'), spelt('{"x": NaN}')),
        rewrites=frozenset({"arguments-wrapped"}),
    ),
    "arguments that are one keep their values": Row(CHAT, (spelt('{"x": 1e3, "y": "\\u00e9\\/", "x": [2]}'), turn())),
    "half a character makes the whole body unreadable": Row(
        CHAT,
        (turn(), [Message.user("all of one: \U0001f600")]),
        (
            turn(form="surrogate"),
            [Message.user(BROKEN)],
            [Message.user("\udc00")],
            [*turn(), SYSTEM, Message.user(BROKEN)],
        ),
    ),
    "inside the JSON text of arguments it only makes them broken": Row(
        CHAT, (spelt('{"x": "\\ud83d"}'),), (spelt('{"x": "\ud83d"}'),), rewrites=frozenset({"arguments-wrapped"})
    ),
    "where arguments are an object it makes the body unreadable": Row(
        MESSAGES, (spelt('{"x": "\\ud83d\\ude00"}'),), (spelt('{"x": "\\ud83d"}'), spelt('{"x": "\ud83d"}'))
    ),
    "a plain answer without thinking is missed as well": Row(
        CHAT, ([ASKED, *speak(1, "text", 0, text=True)],), ([ASKED, *speak(1, "absent", 0, text=True)],)
    ),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_each_row_of_what_is_known_holds_on_both_sides(row: Row, model: str) -> None:
    rewrites: set[str] = set()
    for history in row.accepted:
        verdict, seen = agree(row.route, model, request_of(row.route, history, tools=row.tools))
        assert isinstance(verdict, Shown), verdict
        assert row.shows is None or verdict.thoughts == row.shows
        rewrites |= {one.kind for one in seen.rewritten}
    for history in row.refused:
        verdict, _ = agree(row.route, model, request_of(row.route, history, tools=row.tools))
        assert isinstance(verdict, Error), verdict
    assert rewrites == row.rewrites


@pytest.mark.parametrize("route", [pytest.param(route, id=route.dialect) for route in ROUTES])
def test_half_a_character_is_written_as_its_escape_and_comes_back(route: Route) -> None:
    dialect = kt.dialect(route.dialect)
    request = request_of(route, [Message.user(BROKEN)])
    body = dialect.encode_request(request).body

    assert b"\\ud83d" in body
    assert body.decode("utf-8").isascii()
    (message,) = dialect.decode_request(body).messages
    assert message.text == BROKEN


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("route", [pytest.param(route, id=route.dialect) for route in ROUTES])
@pytest.mark.parametrize("tools", ["some", "none", "absent"])
def test_the_vendor_refuses_and_shows_what_the_rule_says(route: Route, model: str, tools: str) -> None:
    verdicts = [
        agree(route, model, request_of(route, case(thought), tools=tools, params=params))[0]
        for case in CASES.values()
        for thought in route.thoughts
        for params in route.params
    ]

    assert any(isinstance(verdict, Shown) for verdict in verdicts)
    assert any(isinstance(verdict, Error) for verdict in verdicts)


def histories(route: Route) -> st.SearchStrategy[list[Message]]:
    """Make histories of users, reminders, and a model that thinks, or not, in every state, and says odd things."""
    others = [[ASKED], [BESIDE], [SYSTEM]]
    parts = st.one_of(
        st.sampled_from(others),
        st.tuples(
            st.sampled_from(route.thoughts),
            st.integers(0, 3),
            st.booleans(),
            # What makes most requests unreadable would hide the rest if it came as often.
            st.sampled_from(("plain",) * 8 + route.forms * 2).filter(lambda form: form != "surrogate")
            | st.sampled_from(("plain", "plain", "surrogate")),
        ),
    )

    def join(drawn: list[list[Message] | tuple[str, int, bool, str]]) -> list[Message]:
        found: list[Message] = [ASKED]
        for number, part in enumerate(drawn):
            found += part if isinstance(part, list) else speak(number, part[0], part[1], text=part[2], form=part[3])
        return found

    return st.lists(parts, max_size=8).map(join)


@pytest.mark.parametrize("route", [pytest.param(route, id=route.dialect) for route in ROUTES])
@given(data=st.data())
def test_of_random_histories_too(route: Route, data: st.DataObject) -> None:
    request = request_of(
        route,
        data.draw(histories(route)),
        tools=data.draw(st.sampled_from(["some", "none", "absent"])),
        params=data.draw(st.sampled_from(route.params)),
    )

    agree(route, data.draw(st.sampled_from(list(MODELS))), request)
