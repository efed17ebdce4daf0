"""The model class by itself: answers, options, what smolagents asks of every model, and what must not get out."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from packaging.version import Version
from smolagents import MessageRole, __version__
from smolagents.models import ChatMessage, agglomerate_stream_deltas

from keepthinking import UnknownNameError, dialect, same
from keepthinking_adapters.smolagents import KeepThinkingModel, KeepThinkingToolCallingAgent, from_chat
from keepthinking_adapters.smolagents._session import NativeTool
from keepthinking_conformance.scenarios import PROVIDERS
from tests.adapters.smolagents.agents import quiet, sent, verdict

KEY = "sk-canary-0123456789"
NOWHERE = "http://127.0.0.1:9/v1"


def model(**options: Any) -> KeepThinkingModel:
    return KeepThinkingModel("m", profile="deepseek", api_key=KEY, base_url=NOWHERE, **options)


def asked(talk: Any) -> list[ChatMessage]:
    return [ChatMessage(MessageRole.USER, talk.turns[0])]


@pytest.mark.parametrize("scenario", ["parallel", "single"])
@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_is_the_same_message_however_it_comes(
    opened: Any, model_for: Any, profile: str, scenario: str
) -> None:
    talk = opened(scenario, profile)
    ours = model_for(talk, profile)
    tools = [NativeTool(tool) for tool in talk.tools]

    whole = ours.generate(asked(talk), tools_to_call_from=tools)
    pieces = list(ours.generate_stream(asked(talk), tools_to_call_from=tools))
    streamed = agglomerate_stream_deltas(pieces)

    (first,), (second,) = from_chat([whole]).value, from_chat([streamed]).value
    assert first.thinking
    assert same(first, second, dialect(PROVIDERS[profile].dialect).projection)
    assert whole.content == streamed.content == first.text
    assert not any(first.thinking in str(piece.content) for piece in pieces)
    for message in (whole, streamed):
        assert message.token_usage is not None
        assert message.token_usage.output_tokens > 0


def test_options_are_on_the_wire_in_the_dialects_words(opened: Any, model_for: Any) -> None:
    talk = opened("single", "anthropic")

    model_for(talk, "anthropic", max_tokens=3000, stop=["END"]).generate(asked(talk), top_k=5)

    body = sent(talk, -1)
    assert (body["max_tokens"], body["stop_sequences"], body["top_k"]) == (3000, ["END"], 5)


@pytest.mark.parametrize(("profile", "word"), [("deepseek", "stop"), ("anthropic", "stop_sequences"), ("openai", "")])
def test_stops_are_sent_where_a_wire_has_a_word_and_no_tools_are_offered(
    opened: Any, model_for: Any, profile: str, word: str
) -> None:
    talk = opened("parallel", profile)
    ours = model_for(talk, profile)
    tools = [NativeTool(tool) for tool in talk.tools]

    ours.generate(asked(talk), stop_sequences=["</code>"])
    ours.generate(asked(talk), stop_sequences=["</code>"], tools_to_call_from=tools)

    assert sent(talk, 0).get(word) == (["</code>"] if word else None)
    assert "</code>" not in json.dumps(sent(talk, 1))


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(UnknownNameError, match="nobody"):
        KeepThinkingModel("m", profile="nobody", api_key=KEY)


def test_a_model_is_made_again_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = model(max_tokens=7, extra_body={"a": 1}, default_headers={"x-secret": "sk-canary-header"})
    dumped = json.dumps(ours.to_dict())
    monkeypatch.setenv("DEEPSEEK_API_KEY", "other")

    again = KeepThinkingModel.from_dict(json.loads(dumped))
    pickled = pickle.loads(pickle.dumps(ours))  # noqa: S301 - our own bytes

    assert again.to_dict() == pickled.to_dict() == ours.to_dict()
    for shown in (dumped, repr(ours), repr(vars(ours)), pickle.dumps(ours).decode("latin-1")):
        assert "sk-canary" not in shown


@pytest.mark.skipif(Version(__version__) < Version("1.25"), reason="before, agents make models of smolagents alone")
def test_an_agent_is_made_again_with_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = KeepThinkingToolCallingAgent(tools=[], model=model(max_tokens=7), **quiet())
    dumped = json.dumps(agent.to_dict())
    monkeypatch.setenv("DEEPSEEK_API_KEY", "other")

    again = KeepThinkingToolCallingAgent.from_dict(json.loads(dumped))

    assert "sk-canary" not in dumped
    assert isinstance(again.model, KeepThinkingModel)
    assert again.model.to_dict() == agent.model.to_dict()


def test_a_copy_speaks_to_the_same_provider(opened: Any, model_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = opened("single", "deepseek")
    monkeypatch.setenv("DEEPSEEK_API_KEY", "other")

    copy.deepcopy(model_for(talk, "deepseek")).generate(asked(talk))

    assert verdict(talk, "deepseek").exchanges == 1
