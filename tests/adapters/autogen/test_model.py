"""The model class by itself: answers, options, what AutoGen asks of every model, and what must not get out."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
from typing import Any

import pytest
from autogen_core import EVENT_LOGGER_NAME, CancellationToken
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    ModelInfo,
    UserMessage,
)
from autogen_core.tools import FunctionTool, ToolSchema
from pydantic import BaseModel

from keepthinking import Block, DecodeError, EncodeError, Message, Text, UnknownNameError, dialect, same
from keepthinking_adapters.autogen import KeepThinkingChatCompletionClient, from_native
from keepthinking_conformance.provider import Fault
from keepthinking_conformance.scenarios import PROVIDERS
from tests.adapters.autogen.agents import NativeTool, verdict
from tests.adapters.autogen.driven import KEPT
from tests.adapters.spoken import calls, says, spoken

KEY = "sk-canary-0123456789"
NOWHERE = "http://127.0.0.1:9/v1"


def look(at: str) -> str:
    return at


def client(**options: Any) -> KeepThinkingChatCompletionClient:
    return KeepThinkingChatCompletionClient("m", profile="deepseek", api_key=KEY, base_url=NOWHERE, **options)


def sent(talk: Any, index: int = -1) -> Any:
    return json.loads(talk.exchanges[index].request)


def asked(talk: Any) -> list[LLMMessage]:
    return [UserMessage(content=talk.turns[0], source="user")]


def read_of(result: CreateResult) -> Message:
    """Read an answer as an agent keeps it: it takes three values out of it, and nothing else."""
    (message,) = from_native([AssistantMessage(content=result.content, thought=result.thought, source="helper")]).value
    return message


async def last(stream: Any) -> tuple[str, CreateResult]:
    pieces = [one async for one in stream]
    assert isinstance(pieces[-1], CreateResult)
    return "".join(pieces[:-1]), pieces[-1]


# Answers


@pytest.mark.parametrize("scenario", ["parallel", "single"])
@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_is_the_same_message_however_it_comes(
    opened: Any, model_for: Any, profile: str, scenario: str
) -> None:
    talk = opened(scenario, profile)
    model = model_for(talk, profile)
    tools = [NativeTool(tool) for tool in talk.tools]

    async def both() -> tuple[CreateResult, str, CreateResult]:
        whole = await model.create(asked(talk), tools=tools)
        return whole, *await last(model.create_stream(asked(talk), tools=tools))

    whole, words, streamed = asyncio.run(both())

    first = read_of(whole)
    assert first.thinking
    assert whole.thought == streamed.thought == first.thinking
    assert same(read_of(streamed), first, dialect(PROVIDERS[profile].dialect).projection)
    assert words == first.text
    assert whole.finish_reason == streamed.finish_reason == ("function_calls" if scenario == "parallel" else "stop")
    for result in (whole, streamed):
        assert result.usage.prompt_tokens > 0
        assert result.usage.completion_tokens > 0
    total = model.total_usage()
    assert total.prompt_tokens == whole.usage.prompt_tokens + streamed.usage.prompt_tokens
    assert model.actual_usage() == streamed.usage


# Options


def test_options_are_on_the_wire_in_the_dialects_words(opened: Any, model_for: Any) -> None:
    talk = opened("single", "anthropic")
    model = model_for(talk, "anthropic", max_tokens=3000, stop=["END"])

    asyncio.run(model.create(asked(talk), extra_create_args={"top_k": 5}))

    body = sent(talk)
    assert (body["max_tokens"], body["stop_sequences"], body["top_k"]) == (3000, ["END"], 5)


def test_tools_and_choices_are_on_the_wire(opened: Any, model_for: Any) -> None:
    talk = opened("parallel", "openai")
    model = model_for(talk, "openai")
    tools = [NativeTool(tool) for tool in talk.tools]

    async def ask() -> None:
        await model.create(asked(talk), tools=[tool.schema for tool in tools], tool_choice="required")
        await model.create(asked(talk), tools=tools, tool_choice=tools[0])
        await model.create(asked(talk), tools=tools)

    asyncio.run(ask())

    bodies = [sent(talk, i) for i in range(3)]
    assert bodies[0]["tools"] == bodies[1]["tools"] == bodies[2]["tools"]
    assert bodies[0]["tool_choice"] == "required"
    assert bodies[1]["tool_choice"] == {"type": "function", "name": tools[0].name}
    assert "tool_choice" not in bodies[2]


class Answer(BaseModel):
    """The form of an answer."""

    word: str


def test_a_form_is_asked_for_in_the_dialects_words(opened: Any, model_for: Any) -> None:
    talk = opened("single", "openai")

    asyncio.run(model_for(talk, "openai").create(asked(talk), json_output=Answer))

    assert sent(talk)["text"]["format"]["schema"]["properties"] == {"word": {"title": "Word", "type": "string"}}


def test_a_form_that_a_dialect_has_no_words_for_is_refused() -> None:
    model = KeepThinkingChatCompletionClient("m", profile="anthropic", api_key=KEY)

    with pytest.raises(ValueError, match="anthropic-messages"):
        asyncio.run(model.create([UserMessage(content="x", source="u")], json_output=True))


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"tools": [5]}, "tools[0]"),
        ({"tools": [{"name": "f"}, {}]}, "tools[1]"),
        ({"tools": None}, "tools"),
        ({"tools": "f"}, "tools"),
        ({"tools": [{"name": "f"}], "tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": [{"name": "f"}], "tool_choice": ["f"]}, "tool_choice"),
        ({"tools": [{"name": "f"}], "tool_choice": FunctionTool(look, "Look.")}, "tool_choice"),
        ({"tool_choice": FunctionTool(look, "Look.")}, "tool_choice"),
        ({"extra_create_args": 3}, "extra_create_args"),
        ({"extra_create_args": {3: 3}}, "extra_create_args"),
        ({"json_output": "yes"}, "json_output"),
        ({"json_output": int}, "json_output"),
    ],
)
def test_what_autogen_has_no_name_for_is_an_error_that_says_where(asked: dict[str, Any], where: str) -> None:
    with pytest.raises(EncodeError) as caught:
        asyncio.run(client().create([UserMessage(content="x", source="u")], **asked))

    assert (caught.value.where, caught.value.culprit) == (where, "caller")
    assert caught.value.hint


def test_two_agents_with_one_client_and_tools_of_one_name_reflect_each_with_its_own() -> None:
    schemas: list[ToolSchema] = [ToolSchema(name="weather", description=words) for words in ("Ann's.", "Bob's.")]
    answers: list[tuple[Block, ...]] = [(says("Look."), *calls(("weather", "{}"))) for _ in schemas]
    answers += [(Text(text="Cold."),)] * 2
    with spoken("anthropic", answers) as provider:
        model = KEPT.client.make(provider.endpoint)

        async def plays() -> None:
            histories: list[list[LLMMessage]] = []
            for schema in schemas:
                history: list[LLMMessage] = [UserMessage(content="Is it warm?", source="user")]
                made = await model.create(history, tools=[schema])
                assert isinstance(made.content, list)
                told = [FunctionExecutionResult(content="4", name="weather", call_id=made.content[0].id)]
                answer = AssistantMessage(content=made.content, thought=made.thought, source="a")
                histories.append([*history, answer, FunctionExecutionResultMessage(content=told)])
            for history in histories:
                await model.create(history, tool_choice="none")

        asyncio.run(plays())

        tools = [json.loads(one.request)["tools"][0]["description"] for one in provider.exchanges()]
    assert tools == ["Ann's.", "Bob's."] * 2


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(UnknownNameError, match="nobody"):
        KeepThinkingChatCompletionClient("m", profile="nobody", api_key=KEY)


def test_what_autogen_believes_of_a_model_can_be_told() -> None:
    info = ModelInfo(vision=False, function_calling=True, json_output=False, family="x", structured_output=False)

    assert client().model_info["function_calling"] is True
    assert client(model_info=info).model_info == info
    with pytest.raises(ValueError, match="vision"):
        client(model_info={"family": "x"})


def test_tokens_are_counted_without_a_vendors_table() -> None:
    model = client(context_window=100)
    message = UserMessage(content="word " * 40, source="u")

    assert model.count_tokens([message]) == 50
    assert model.remaining_tokens([message]) == 50


@pytest.mark.parametrize(("given", "where"), [(None, "$"), ("x", "$"), ([None], "messages[0]")])
def test_of_what_is_no_history_no_tokens_are_counted(given: Any, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        client().remaining_tokens(given)

    assert (caught.value.where, caught.value.culprit) == (where, "framework")
    assert caught.value.hint


# Cancelling


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_token_cancels_a_call_and_nothing_after_it(opened: Any, model_for: Any, *, streamed: bool) -> None:
    talk = opened("single", "deepseek", faults=(Fault(kind="hang", at_request=1, times=1, seconds=5.0),))
    model = model_for(talk, "deepseek", max_retries=0)

    async def cancelled() -> None:
        token = CancellationToken()

        async def cancels() -> None:
            while talk.requests == 0:  # noqa: ASYNC110 - it is counted in the provider's thread
                await asyncio.sleep(0.01)
            token.cancel()

        cancelling = asyncio.create_task(cancels())
        try:
            if streamed:
                await last(model.create_stream(asked(talk), cancellation_token=token))
            else:
                await model.create(asked(talk), cancellation_token=token)
        finally:
            await cancelling

    async def after() -> CreateResult:
        token = CancellationToken()
        result: CreateResult = await model.create(asked(talk), cancellation_token=token)
        token.cancel()
        await asyncio.sleep(0.05)
        return result

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert asyncio.run(after()).finish_reason == "stop"


# Being stored, and what must not get out


def test_a_client_is_dumped_and_loaded_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    model = client(max_tokens=7, extra_body={"a": 1}, default_headers={"x-secret": "sk-canary-header"})
    dumped = model.dump_component().model_dump_json()
    monkeypatch.setenv("DEEPSEEK_API_KEY", "other")

    loaded = ChatCompletionClient.load_component(json.loads(dumped))
    pickled = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes

    assert isinstance(loaded, KeepThinkingChatCompletionClient)
    assert loaded.dump_component() == pickled.dump_component() == model.dump_component()
    for shown in (dumped, repr(model), str(model.dump_component()), pickle.dumps(model).decode("latin-1")):
        assert "sk-canary" not in shown


def test_a_copy_speaks_to_the_same_provider(opened: Any, model_for: Any) -> None:
    talk = opened("single", "deepseek")

    asyncio.run(copy.deepcopy(model_for(talk, "deepseek")).create(asked(talk)))

    assert verdict(talk, "deepseek").exchanges == 1


def test_autogens_own_log_hears_of_each_call(opened: Any, model_for: Any, caplog: pytest.LogCaptureFixture) -> None:
    talk = opened("single", "deepseek")
    model = model_for(talk, "deepseek")

    async def both() -> None:
        await model.create(asked(talk))
        await last(model.create_stream(asked(talk)))

    with caplog.at_level(logging.INFO, logger=EVENT_LOGGER_NAME):
        asyncio.run(both())

    heard = [type(record.msg).__name__ for record in caplog.records if record.name == EVENT_LOGGER_NAME]
    assert heard == ["LLMCallEvent", "LLMStreamStartEvent", "LLMStreamEndEvent"]
    assert "sk-canary" not in caplog.text
    assert "keepthinking-carry" not in caplog.text
