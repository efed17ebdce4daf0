"""The vendor's own code as a judge of the rules of DeepSeek: `deepseek-recipe` refuses and shows, the rule predicts.

The package converts requests of three routes to prompts and, told to reject, answers as the API does. Nothing here
knows what it should say of a case: the prediction is computed from the rule's fields alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest
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

USER = recipe.SpecialToken.User.default_str()
THOUGHT = re.compile(recipe.SpecialToken.Assistant.default_str() + "<think>(.*?)</think>", re.DOTALL)
RESULT = re.compile("<tool_result>(.*?)</tool_result>", re.DOTALL)
CALL = re.compile('invoke name="(.*?)">(.*?)</[^<]*invoke>', re.DOTALL)
PARAMETER = re.compile('parameter name="(.*?)" string="(true|false)">(.*?)</[^<]*parameter>', re.DOTALL)
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
        forms: What else may be said on the route, by name (`speak`).
        seal: The slot of a seal on thinking there; the vendor reads none.
    """

    dialect: str
    profile: str
    request: type
    thoughts: tuple[str, ...]
    needs: dict[str, object]
    params: tuple[dict[str, object], ...]
    forms: tuple[str, ...]
    seal: str = "signature"


FORMS = ("repeated", "reused", "reversed", "surrogate")
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
        forms=(*FORMS, "arguments"),
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
        forms=(*FORMS, "behind", "error"),
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
        forms=(*FORMS, "arguments", "behind"),
        seal="encrypted_content",
    ),
)

BROKEN = "half of one: \ud83d"


class Shown(NamedTuple):
    """What a prompt holds: thoughts that are more than nothing, results, and calls with their arguments."""

    thoughts: list[str]
    results: list[str]
    calls: list[tuple[str, object]]


class Error(NamedTuple):
    """An error: its HTTP status, if it has one, and its text."""

    status: int | None
    text: str


Verdict: TypeAlias = Error | Shown


def speak(number: int, thought: str, calls: int, *, text: bool, form: str = "plain") -> list[Message]:
    """Write what the model says, and the results of its calls.

    Args:
        number: What tells it from others.
        thought: The state of its thinking.
        calls: How many tools it calls.
        text: Whether it says something; without calls it always does.
        form: What is odd: ids that are `repeated` in the message or `reused` from others, results that are `reversed`,
            fail (`error`) or hold half a character (`surrogate`), broken `arguments`, words `behind` the calls.
    """
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
    own = "" if form == "reused" else number
    ids = [f"c{own}-{0 if form == 'repeated' else n}" for n in range(calls)]
    arguments = '{"broken": oops' if form == "arguments" else f'{{"n": {number}}}'
    said: list[Block] = [Text(text="words")] if text or not calls else []
    asked = [ToolCall(id=id_, name="f", arguments=arguments) for id_ in ids]
    behind = [Text(text="words")] if form == "behind" else []
    thinking = plain.get(thought, ())
    blocks = {"late": [*said, *asked, sealed], "between": [*said, sealed, *asked]}.get(
        thought, [*thinking, *said, *asked]
    )
    spelling = Json.of({"reasoning_content": "null"}) if thought == "null" else kt.UNSET
    results = [
        ToolResult(
            call_id=id_,
            content=BROKEN if form == "surrogate" else f"R{number}-{n}",
            status="error" if form == "error" else "unspecified",
        )
        for n, id_ in enumerate(ids)
    ]
    return [
        Message(role="assistant", blocks=(*blocks, *behind), spelling=spelling),
        *(Message(role="tool", blocks=(r,)) for r in (reversed(results) if form == "reversed" else results)),
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


REJECTING = recipe.ConversionOptions(reasoning_content_behavior=recipe.ReasoningContentBehavior.Reject)


def said_by_the_vendor(route: Route, model: str, body: bytes) -> Verdict:
    try:
        converted = route.request(body).convert(REJECTING)
    except recipe.ConversionError as error:
        return Error(error.status_code, str(error))
    except ValueError as error:
        return Error(None, str(error))
    # Before the first question it explains how tools are called, by examples.
    _, _, prompt = MODELS[model]().render_conversation(converted.conversation).prompt.partition(USER)
    calls: list[tuple[str, object]] = [
        (
            name,
            {key: value if plain == "true" else json.loads(value) for key, plain, value in PARAMETER.findall(inside)},
        )
        for name, inside in CALL.findall(prompt)
    ]
    return Shown([words for words in THOUGHT.findall(prompt) if words], RESULT.findall(prompt), calls)


def said_by_the_rule(route: Route, model: str, request: kt.Request) -> tuple[tuple[Refusal, ...], Visible]:
    spoken = profile(route.profile, route.dialect)
    rule = kt.rule_for(spoken, model=model, request_params=request.params)
    assert rule is not None
    return refusals(request, rule, profile=spoken), visible(request, rule, profile=spoken)


def shown_by(seen: Visible) -> Shown:
    blocks = [block for message in seen.conversation.messages for block in message.blocks]
    return Shown(
        [block.text for block in blocks if isinstance(block, Thinking) and block.text],
        [str(block.content) for block in blocks if isinstance(block, ToolResult)],
        [(block.name, json.loads(block.arguments)) for block in blocks if isinstance(block, ToolCall)],
    )


def agree(route: Route, model: str, request: kt.Request) -> tuple[Verdict, Visible]:
    """Hold the vendor's verdict against the rule's; give the vendor's, and what the rule says that the model sees."""
    # The dialect's default profile puts nothing right: what a scaffold has put into the wrong field stays there.
    spoken = kt.dialect(route.dialect)
    body = spoken.encode_request(replace(request, model=model)).body
    verdict = said_by_the_vendor(route, model, body)
    refused, seen = said_by_the_rule(route, model, spoken.decode_request(body))
    if isinstance(verdict, Shown):
        assert refused == (), f"it takes what the rule refuses: {refused}"
        assert verdict == shown_by(seen), f"{verdict} is not {shown_by(seen)}"
    else:
        assert any(_is_it(verdict, one) for one in refused), f"{verdict} is not among {refused}"
    return verdict, seen


def _is_it(error: Error, refusal: Refusal) -> bool:
    # Where the body cannot be read there is no status, and the text goes on with a list or a place.
    status = kt.UNSET if error.status is None else error.status
    if refusal.status != status or not isinstance(refusal.text, str):
        return False
    return error.text.startswith(refusal.text) if error.status is None else error.text == refusal.text


def body_of_refusal(route: Route, body: bytes) -> Json:
    """Give what the vendor's API answers when it refuses a body."""
    with pytest.raises(recipe.ConversionError) as caught:
        route.request(body).convert(REJECTING)
    refusal: Json = json.loads(caught.value.body)
    return refusal
