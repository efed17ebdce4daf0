"""Two models in one run: each has its own address, and speaks in its own way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace

from keepthinking import Json, Message, Thinking, ToolResult, UnknownNameError
from keepthinking.audit import Auditor
from keepthinking_conformance.provider import Provider, Script, Talk, reply
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, Call, Say, Scenario, StepScript, Think, TurnScript
from tests.conformance.provider_client import ask, opening, post, run_tool, speaks
from tests.conformance.wires import WIRES, grouped

pytestmark = pytest.mark.extras

RUN = "two-voices"
LOOK, READ = StepScript((Think(), Call(tool="look_up"))), StepScript((Think(), Call(tool="read_note")))
ANSWER = StepScript((Think(), Say()))
SWITCH = Scenario(
    id="switch",
    title="Another model takes over, and hands back",
    turns=tuple(TurnScript((LOOK, READ, ANSWER), before=before) for before in ("", "switch-model", "switch-back")),
    needs=frozenset({"switch-model"}),
)
PAIRS = [(name, row.other) for name, row in PROVIDERS.items() if row.other]
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
PAIRED = pytest.mark.parametrize(("profile", "other"), PAIRS, ids=map("-".join, PAIRS))


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def say(talk: Talk, voice: Voice, messages: Sequence[Message], *, stream: bool) -> Message:
    """Ask one of the two, in its own way of speaking; what has no place there stays behind."""
    wire, row = speaks(talk.script), WIRES[voice.dialect]
    request = ask(talk.script, messages, stream=stream)
    own = {key: Json.of(value) for key, value in voice.served.extra_body.items()}
    params = {key: value for key, value in request.params.items() if key not in talk.script.served.extra_body}
    request = replace(request, model=voice.model, params={**params, **own})
    url = talk.base_url_of(voice.name) + (row.streamed if stream else row.path).format(model=voice.model)
    status, raw = post(url, wire.encode_request(request, voice.profile, on_loss="report").body)
    assert status == 200, raw
    if not stream:
        return wire.decode_response(raw, voice.profile).message
    decoder = wire.stream_decoder(voice.profile)
    decoder.feed(raw)
    return decoder.finish().message


def converse(talk: Talk, *, stream: bool) -> list[Message]:
    row, tools = WIRES[talk.script.served.dialect], {tool.tool.name: tool for tool in talk.tools}
    messages = opening(talk.script)
    for turn, words in enumerate(talk.turns):
        messages.append(Message.user(words))
        while True:
            said = say(talk, talk.script.voice_of(turn), messages, stream=stream)
            messages.append(said)
            if not said.tool_calls:
                break
            messages += grouped(
                row,
                [
                    ToolResult(call_id=call.id, name=call.name, content=run_tool(tools[call.name], call.arguments))
                    if row.named
                    else ToolResult(call_id=call.id, content=run_tool(tools[call.name], call.arguments))
                    for call in said.tool_calls
                ],
            )
    return messages


@BOTH
@PAIRED
def test_each_turn_is_spoken_by_its_own_voice(provider: Provider, profile: str, other: str, *, stream: bool) -> None:
    talk = provider.open(SWITCH, profile=profile, other=other)
    messages = converse(talk, stream=stream)
    talk.close()

    assert talk.problems == []
    assert [voice.name for voice in talk.voices] == [*[""] * 3, *["other"] * 3, *[""] * 3]
    assert [voice.served.profile for voice in talk.voices] == [*[profile] * 3, *[other] * 3, *[profile] * 3]
    assert {exchange.scope for exchange in talk.exchanges} == {talk.token}
    hosts = [exchange.host for exchange in talk.exchanges]
    assert hosts[:3] == hosts[6:]
    said = [message for message in messages if message.role in {"assistant", "model"}]
    for number, (message, voice) in enumerate(zip(said, talk.voices, strict=True)):
        wanted = talk.script.answer(number // 3, number % 3)
        assert [type(block) for block in message.blocks] == [type(block) for block in wanted.blocks]
        assert message.thinking == wanted.thinking
        assert [call.id for call in message.tool_calls] == [call.id for call in wanted.tool_calls]
        assert [block.places for block in message.blocks if isinstance(block, Thinking)] == [
            block.places for block in wanted.blocks if isinstance(block, Thinking)
        ]
        assert bool([s for b in message.blocks for s in b.seals]) == voice.served.sealed or voice.dialect == "gemini"
    auditor = Auditor(dialect=talk.script.served.dialect)
    for exchange, voice in zip(talk.exchanges, talk.voices, strict=True):
        auditor.add(exchange, profile=voice.profile)
    assert auditor.report().problems == ()


@PAIRED
def test_the_calls_of_a_turn_have_the_ids_of_who_speaks_in_it(profile: str, other: str) -> None:
    script = Script(SWITCH, PROVIDERS[profile], token=RUN, other=PROVIDERS[other])
    forms = {
        name: re.sub(r"\d+", "0", str(Script(SWITCH, PROVIDERS[name], token=RUN, other=PROVIDERS[name]).calls[0].id))[
            :4
        ]
        for name in (profile, other)
    }

    for called in script.calls:
        voice = script.voice_of(called.turn)
        if voice.look.call_id[:1].isalpha():
            assert re.sub(r"\d+", "0", str(called.id))[:4] == forms[voice.served.profile]
    assert script.voice_of(1) is script.voices[1]
    assert script.voice_of(0) is script.voice_of(2) is script.voices[0]


def test_who_is_asked_answers_as_itself_even_in_the_turn_of_the_other(provider: Provider) -> None:
    talk = provider.open(SWITCH, profile="minimax-split", other="openrouter")
    messages = [*opening(talk.script), Message.user(talk.turns[1])]
    own, others = (say(talk, voice, messages, stream=False) for voice in talk.script.voices)

    assert own.thinking == others.thinking == talk.script.answer(1, 0).thinking
    assert (own.blocks[0].seals, len(others.blocks[0].seals)) == ((), 1)
    assert [exchange.source for exchange in talk.exchanges] == ["minimax-split/switch", "openrouter/switch"]


def test_each_voice_lists_its_own_model(provider: Provider) -> None:
    talk = provider.open(SWITCH, profile="deepseek", other="openrouter", model="model-a")
    named = [voice.model for voice in talk.script.voices]

    assert named == ["model-a", PROVIDERS["openrouter"].model]
    assert talk.base_url_of("") == talk.base_url
    assert talk.base_url_of("other") == talk.base_url.replace(talk.token, f"{talk.token}~other")
    assert {reply(ask(talk.script, [Message.user("x")]), talk.script, v).origin.model for v in talk.script.voices} == {  # type: ignore[union-attr]  # answers have one
        "model-a"
    }


@pytest.mark.parametrize("name", ["~other", "~third", "~", "~other~other"])
def test_a_voice_that_a_run_does_not_have_is_not_found(provider: Provider, name: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    url = talk.base_url.replace(talk.token, talk.token + name)
    status, raw = post(f"{url}/chat/completions", b"{}")

    assert status == (404 if name != "~" else 400)
    assert "error" in json.loads(raw)
    with pytest.raises(ValueError, match="without another one"):
        talk.base_url_of("other")


def test_a_scenario_of_two_models_needs_both(provider: Provider) -> None:
    with pytest.raises(ValueError, match="turns of another model"):
        provider.open(SWITCH, profile="deepseek")
    with pytest.raises(UnknownNameError, match="did you mean 'openrouter'"):
        provider.open(SWITCH, profile="deepseek", other="openruoter")


@BOTH
def test_a_restart_between_two_voices_changes_nothing(*, stream: bool) -> None:
    said = []
    for _ in range(2):
        with Provider() as provider:
            talk = provider.open(SWITCH, profile="google-gemini", other="vertex-gemini", seed=3, token=RUN)
            said.append(converse(talk, stream=stream))

    assert said[0] == said[1]
