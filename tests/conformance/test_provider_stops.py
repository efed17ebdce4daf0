"""Stop sequences: an answer ends before the first one that its request names, and says so where its wire can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Conversation, Json, Request
from keepthinking.options import params
from keepthinking_conformance.provider import Provider, Script, Talk, reply
from keepthinking_conformance.provider._bodies import Spoken
from keepthinking_conformance.provider._stops import Stopped, stopped, stops_of
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Call, Part, Say, Think
from tests.conformance.provider_client import ask, histories, send, speaks

pytestmark = pytest.mark.extras

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


# -- over the wire -----------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_is_cut_where_its_request_says_and_its_thought_is_whole(
    provider: Provider, profile: str, *, stream: bool
) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    turn, step, messages = histories(talk.script)[-1]
    whole, dialect = talk.script.answer(turn, step), talk.script.served.dialect
    stop = whole.text[9:14]
    end = whole.text.index(stop)  # the same letters may stand before
    request = ask(talk.script, messages, stream=stream)
    named = params(dialect, {"stop": ["never said", stop]})

    found = send(talk, replace(request, params={**request.params, **named}))

    ends = dialect != "openai-responses"  # which has no such parameter
    assert found.message.text == (whole.text[:end] if ends else whole.text)
    assert found.message.thinking == whole.thinking
    if dialect == "anthropic-messages":
        assert (found.stop_reason, stop_named(found.fields)) == ("stop_sequence", stop)
    elif dialect == "openai-chat":
        assert found.stop_reason == "stop"
    assert found.outcome == "complete"
    assert talk.problems == []
    talk.close()


def stop_named(fields: object) -> object:
    assert isinstance(fields, Json)
    held: Any = fields.value
    return held["stop_sequence"]


@BOTH
@pytest.mark.vendors
def test_the_vendors_client_is_told_at_which_it_was(provider: Provider, *, stream: bool) -> None:
    import anthropic

    talk = provider.open(SCENARIOS["loop"], profile="anthropic")
    with anthropic.Anthropic(base_url=talk.base_url, api_key="none", max_retries=0) as client:
        body, stop = body_of(talk)
        if stream:
            with client.messages.stream(**body) as events:
                got = events.get_final_message()
        else:
            got = client.messages.create(**body)
    talk.close()

    assert (got.stop_reason, got.stop_sequence) == ("stop_sequence", stop)
    said = "".join(block.text for block in got.content if block.type == "text")
    assert stop not in said  # a thought may have the same words by chance


def body_of(talk: Talk) -> tuple[dict[str, Any], str]:
    turn, step, messages = histories(talk.script)[-1]
    stop = talk.script.answer(turn, step).text[-8:]
    request = ask(talk.script, messages)
    request = replace(request, params={**request.params, "stop_sequences": Json.of([stop])})
    body: dict[str, Any] = json.loads(speaks(talk.script).encode_request(request, talk.script.profile).body)
    body.pop("stream", None)
    return body, stop


def test_an_answer_that_is_not_stopped_comes_to_its_own_end() -> None:
    script = Script(SCENARIOS["loop"], PROVIDERS["anthropic"], seed=1, token="t")  # noqa: S106 - a run's name
    turn, step, messages = histories(script)[-1]
    request = ask(script, messages)

    found = reply(replace(request, params={**request.params, "stop_sequences": Json.of(["never said"])}), script)

    assert found.message.blocks == script.answer(turn, step).blocks
    assert (found.stop_reason, stop_named(found.fields)) == ("end_turn", None)


# -- where it ends -----------------------------------------------------------------------------------------------------


def one(part: Part, text: str = "") -> Spoken:
    return Spoken(part, "path", text)


THOUGHT, SAID, CALL = one(Think(), "so END it"), one(Say(), "first END then STOP"), one(Call(tool="look_up"))


@pytest.mark.parametrize(
    ("spoken", "stops", "left", "at"),
    [
        ([THOUGHT, SAID, CALL], ["STOP", "END"], [THOUGHT, one(Say(), "first ")], "END"),
        ([SAID], ["END", "END then"], [one(Say(), "first ")], "END then"),
        ([SAID, THOUGHT, SAID], ["STOP"], [one(Say(), "first END then ")], "STOP"),
        ([THOUGHT, SAID], ["first"], [THOUGHT], "first"),
        ([SAID], ["first"], [one(Say(), "")], "first"),
        ([THOUGHT, CALL], ["END"], [THOUGHT, CALL], None),
        ([THOUGHT, SAID], ["end"], [THOUGHT, SAID], None),
        ([THOUGHT, SAID], [], [THOUGHT, SAID], None),
        ([], ["END"], [], None),
    ],
)
def test_the_first_sequence_in_what_is_said_ends_it(
    spoken: list[Spoken], stops: list[str], left: list[Spoken], at: str | None
) -> None:
    assert stopped(spoken, stops) == Stopped(tuple(left), at)


@pytest.mark.parametrize(
    ("dialect", "held", "named"),
    [
        ("openai-chat", {"stop": "END"}, ("END",)),
        ("openai-chat", {"stop": ["END", "", 1, None, "STOP"]}, ("END", "STOP")),
        ("openai-chat", {"stop": None}, ()),
        ("openai-chat", {"stop": ""}, ()),
        ("openai-chat", {"stop_sequences": ["END"]}, ()),
        ("openai-chat", {}, ()),
        ("anthropic-messages", {"stop_sequences": ["END"]}, ("END",)),
        ("anthropic-messages", {"stop": ["END"]}, ()),
        ("gemini", {"generationConfig": {"stopSequences": ["END"]}}, ("END",)),
        ("gemini", {"generationConfig": {}}, ()),
        ("gemini", {"generationConfig": None}, ()),
        ("ollama", {"options": {"stop": "END"}}, ("END",)),
        ("ollama", {"options": ["stop"]}, ()),
        ("openai-responses", {"stop": ["END"], "": "END"}, ()),
    ],
)
def test_sequences_stand_where_the_dialect_has_them(dialect: str, held: dict[str, Any], named: tuple[str, ...]) -> None:
    asked = {name: Json.of(value) for name, value in held.items()}

    assert stops_of(Request(conversation=Conversation.of(), model=UNSET, params=asked), dialect) == named
