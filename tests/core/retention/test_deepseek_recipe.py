"""The rules of DeepSeek against its own code: `deepseek-recipe` refuses and shows what our data predicts.

The package converts requests of three routes to prompts and, told to reject, answers as the API does. Nothing here
knows what it should say of a case: the prediction is computed from the rule's fields alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UnsetType
from msgspec.structs import replace

import keepthinking as kt
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Field,
    Inline,
    Message,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._profiles import profile
from keepthinking.retention import Refusal, Visible, refusals, visible

if TYPE_CHECKING:
    import deepseek_recipe as recipe
else:
    recipe = pytest.importorskip("deepseek_recipe")

pytestmark = pytest.mark.vendors

TOKEN = re.compile(r"T\d+;")
MODELS: dict[str, Callable[[], recipe.DeepseekV4Encoding | recipe.DeepseekV41Encoding]] = {
    "DeepSeek-V4.1-Flash": recipe.DeepseekV41Encoding,
    "DeepSeek-V4-Pro": recipe.DeepseekV4Encoding,
}


class Route(NamedTuple):
    """One of the vendor's routes.

    Attributes:
        dialect: Our dialect's id.
        profile: Our profile of the vendor there.
        request: The vendor's type of its requests.
        thoughts: The states that thinking may be in, by name.
        needs: Parameters that the route needs.
        params: Parameters that may change what is read, each a choice.
        seal: The slot of a seal on thinking there; the vendor reads none.
    """

    dialect: str
    profile: str
    request: type
    thoughts: tuple[str, ...]
    needs: dict[str, object]
    params: tuple[dict[str, object], ...]
    seal: str = "signature"


EVERYWHERE = ("absent", "text", "empty", "two")
ROUTES = (
    Route(
        dialect="openai-chat",
        profile="deepseek",
        request=recipe.ChatCompletionRequest,
        thoughts=(*EVERYWHERE[:3], "null", "inline", "other field"),
        needs={},
        params=(
            {},
            {"tool_choice": "none"},
            {"tool_choice": "auto"},
            {"thinking": {"type": "enabled"}},
            {"thinking": {"type": "disabled"}},
            {"reasoning_effort": "none"},
            {"reasoning_effort": "high"},
            {"reasoning_effort": "none", "thinking": {"type": "enabled"}},
            {"reasoning_effort": "high", "thinking": {"type": "disabled"}},
        ),
    ),
    Route(
        dialect="anthropic-messages",
        profile="deepseek-anthropic",
        request=recipe.MessagesRequest,
        thoughts=(*EVERYWHERE, "unsigned", "redacted", "late"),
        needs={"max_tokens": 64},
        params=(
            {},
            {"tool_choice": {"type": "none"}},
            {"tool_choice": {"type": "auto"}},
            {"thinking": {"type": "adaptive"}},
            {"thinking": {"type": "disabled"}},
            {"output_config": {"effort": "none"}},
        ),
    ),
    Route(
        dialect="openai-responses",
        profile="deepseek-responses",
        request=recipe.ResponsesRequest,
        thoughts=(*EVERYWHERE, "summary", "sealed", "between"),
        needs={},
        params=(
            {},
            {"tool_choice": "none"},
            {"tool_choice": "auto"},
            {"reasoning": {"effort": "none"}},
            {"reasoning": {"effort": "high"}},
        ),
        seal="encrypted_content",
    ),
)

History: TypeAlias = tuple[Message, ...]
Verdict: TypeAlias = tuple[int | None, str] | list[str]
"""The status and the text of an error, or the thoughts that the prompt holds."""


def speak(number: int, thought: str, calls: int, *, text: bool) -> list[Message]:
    """Write what the model says, and the results of its calls."""
    words = f"T{number};"
    seals = (Seal(slot="signature", wire="s"),)
    sealed = Thinking(segments=(Segment(text=words),), seals=seals)
    plain = {
        "text": (Thinking(segments=(Segment(text=words),)),),
        "empty": (Thinking(segments=(Segment(text=""),)),),
        "two": (sealed, Thinking(segments=(Segment(text=f"T{number}00;"),), seals=seals)),
        "unsigned": (Thinking(segments=(Segment(text=words),)),),
        "redacted": (Thinking(seals=(Seal(slot="data", wire="s"),)),),
        "summary": (Thinking(segments=(Segment(channel="summary", text=words),)),),
        "sealed": (Thinking(seals=seals),),
        "inline": (
            Thinking(segments=(Segment(text="i"),), places=(Inline(open="<think>", close="</think>", trail="\n"),)),
        ),
        "other field": (Thinking(segments=(Segment(text=words),), places=(Field(name="reasoning"),)),),
    }
    ids = [f"c{number}-{n}" for n in range(calls)]
    said: list[Block] = [Text(text="words")] if text or not calls else []
    asked = [ToolCall(id=id_, name="f", arguments="{}") for id_ in ids]
    thinking = plain.get(thought, ())
    blocks = {"late": [*said, *asked, sealed], "between": [*said, sealed, *asked]}.get(
        thought, [*thinking, *said, *asked]
    )
    spelling = Json.of({"reasoning_content": "null"}) if thought == "null" else kt.UNSET
    return [
        Message(role="assistant", blocks=tuple(blocks), spelling=spelling),
        *(Message(role="tool", blocks=(ToolResult(call_id=id_, content="r"),)) for id_ in ids),
    ]


def request_of(
    route: Route, messages: Sequence[Message], *, tools: str = "some", params: dict[str, object] | None = None
) -> kt.Request:
    held: dict[str, tuple[kt.Tool, ...] | UnsetType] = {
        "some": (kt.Tool(name="f", parameters=Json.of({"type": "object"})),),
        "none": (),
        "absent": kt.UNSET,
    }
    return kt.Request(
        conversation=kt.Conversation.of(*map(_sealed(route), _grouped(route, messages)), tools=held[tools]),
        params={name: Json.of(value) for name, value in {**route.needs, **(params or {})}.items()},
    )


def _sealed(route: Route) -> Callable[[Message], Message]:
    """Put the seals of thinking into the slot of the route."""

    def moved(block: Block) -> Block:
        if not isinstance(block, Thinking) or any(seal.slot != "signature" for seal in block.seals):
            return block
        return replace(block, seals=tuple(replace(seal, slot=route.seal) for seal in block.seals))

    return lambda message: message.replace(blocks=tuple(map(moved, message.blocks)))


def _grouped(route: Route, messages: Sequence[Message]) -> list[Message]:
    """Put the results of a turn, and what a user says with them, into one message where the wire wants that."""
    if route.dialect != "anthropic-messages":
        return [message.replace(name=kt.UNSET) for message in messages]
    found: list[Message] = []
    for message in messages:
        if message.role == "tool" or (message.name == "beside" and found and found[-1].role == "user"):
            before = found.pop().blocks if found and found[-1].role == "user" else ()
            found.append(Message(role="user", blocks=(*before, *message.blocks)))
        else:
            found.append(message.replace(name=kt.UNSET))
    return found


def said_by_the_vendor(route: Route, model: str, body: bytes) -> Verdict:
    options = recipe.ConversionOptions(reasoning_content_behavior=recipe.ReasoningContentBehavior.Reject)
    try:
        converted = route.request(body).convert(options)
    except recipe.ConversionError as error:
        return error.status_code, str(error)
    except ValueError as error:
        return None, str(error)
    return TOKEN.findall(MODELS[model]().render_conversation(converted.conversation).prompt)


def said_by_the_rule(route: Route, model: str, request: kt.Request) -> tuple[tuple[Refusal, ...], Visible]:
    spoken = profile(route.profile, route.dialect)
    rule = kt.rule_for(spoken, model=model, request_params=request.params)
    assert rule is not None
    return refusals(request, rule, profile=spoken), visible(request, rule, profile=spoken)


def agree(route: Route, model: str, request: kt.Request) -> Verdict:
    """Hold the vendor's verdict against the rule's; give the vendor's."""
    # The dialect's default profile puts nothing right: what a scaffold has put into the wrong field stays there.
    spoken = kt.dialect(route.dialect)
    body = spoken.encode_request(replace(request, model=model)).body
    verdict = said_by_the_vendor(route, model, body)
    refused, seen = said_by_the_rule(route, model, spoken.decode_request(body))
    if isinstance(verdict, list):
        assert refused == ()
        shown = [
            token
            for message in seen.conversation.messages
            for block in message.blocks
            if isinstance(block, Thinking)
            for token in TOKEN.findall(block.text)
        ]
        assert verdict == shown
    else:
        status, text = verdict
        assert any(
            isinstance(r.text, str) and r.text in text and r.status == (kt.UNSET if status is None else status)
            for r in refused
        ), f"{verdict} is not among {refused}"
    return verdict


ASKED = Message.user("question")
BESIDE = Message(role="user", blocks=(Text(text="go on"),), name="beside")
SYSTEM = Message.system("s")


def loop(thought: str, number: int = 1) -> list[Message]:
    return speak(number, thought, 1, text=False)


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


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("route", [pytest.param(route, id=route.dialect) for route in ROUTES])
@pytest.mark.parametrize("tools", ["some", "none", "absent"])
def test_the_vendor_refuses_and_shows_what_the_rule_says(route: Route, model: str, tools: str) -> None:
    verdicts = [
        agree(route, model, request_of(route, case(thought), tools=tools, params=params))
        for case in CASES.values()
        for thought in route.thoughts
        for params in route.params
    ]

    assert any(isinstance(verdict, list) for verdict in verdicts)
    assert any(isinstance(verdict, tuple) for verdict in verdicts)


def histories(route: Route) -> st.SearchStrategy[list[Message]]:
    """Make histories of users, reminders, and a model that thinks, or not, in every state."""
    others = [[ASKED], [BESIDE], [SYSTEM]]
    parts = st.one_of(
        st.sampled_from(others),
        st.tuples(st.sampled_from(route.thoughts), st.integers(0, 2), st.booleans()),
    )

    def join(drawn: list[list[Message] | tuple[str, int, bool]]) -> list[Message]:
        found: list[Message] = [ASKED]
        for number, part in enumerate(drawn):
            found += part if isinstance(part, list) else speak(number, part[0], part[1], text=part[2])
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
